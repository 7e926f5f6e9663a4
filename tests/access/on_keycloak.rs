//! A realm of a real Keycloak server, read over its Admin API, against the file that it was made of.
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

const KITCHEN: &str = "/staff/kitchen";

struct Server {
    agent: ureq::Agent,
    url: String,
}

impl Server {
    fn new() -> Self {
        let url = std::env::var("TRUEUP_TEST_KEYCLOAK")
            .expect("TRUEUP_TEST_KEYCLOAK is not set: run `bash tests/run`, which starts what tests need");
        Self { agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(), url }
    }

    /// A token of its own for each request: they end after a minute.
    fn bearer(&self) -> String {
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", "admin"),
            ("password", "admin"),
        ];
        let path = format!("{}/realms/master/protocol/openid-connect/token", self.url);
        let answer: Value = self.agent.post(path).send_form(form).unwrap().body_mut().read_json().unwrap();
        format!("Bearer {}", answer["access_token"].as_str().unwrap())
    }

    /// Makes a realm, of which an earlier run may have left another one.
    fn make(&self, realm: &Value) {
        let name = realm["realm"].as_str().unwrap().replace(' ', "%20");
        let request = self.agent.delete(format!("{}/admin/realms/{name}", self.url));
        request.header("authorization", self.bearer()).call().unwrap();
        self.send(false, "", realm);
    }

    fn send(&self, put: bool, path: &str, body: &Value) {
        let url = format!("{}/admin/realms{path}", self.url);
        let request = if put { self.agent.put(url) } else { self.agent.post(url) };
        let mut answer = request.header("authorization", self.bearer()).send_json(body).unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.body_mut().read_to_string().unwrap());
    }

    fn get(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}/admin/realms{path}", self.url));
        request.header("authorization", self.bearer()).call().unwrap().body_mut().read_json().unwrap()
    }

    fn delete(&self, path: &str) {
        let request = self.agent.delete(format!("{}/admin/realms{path}", self.url));
        let answer = request.header("authorization", self.bearer()).call().unwrap();
        assert!(answer.status().is_success(), "{path}");
    }
}

/// Ids are one server's, whatever the realm: each realm has its own.
fn id(realm: u8, number: usize) -> String {
    format!("{realm:08x}-0000-4000-8000-{number:012x}")
}

fn realm(number: u8) -> Value {
    let id = |of: usize| id(number, of);
    let argon = json!({"type": "password", "secretData": "{\"value\":\"YQ==\",\"salt\":\"YQ==\"}",
        "credentialData": "{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{}}"});
    let otp = json!({"type": "otp", "secretData": "{\"value\":\"abc\"}",
        "credentialData": "{\"subType\":\"totp\",\"digits\":6,\"period\":30,\"algorithm\":\"HmacSHA1\"}"});
    let key = json!({"type": "webauthn", "secretData": "{}",
        "credentialData": "{\"aaguid\":\"00000000-0000-0000-0000-000000000000\",\"credentialId\":\"abc\",\"counter\":0}"});
    let mut users: Vec<Value> = (0..220)
        .map(|of| json!({"id": id(of), "username": format!("kim{of:03}"), "enabled": true, "credentials": [argon]}))
        .collect();
    users[0]["groups"] = json!([KITCHEN]);
    users[0]["email"] = json!("kim@example.org");
    users[0]["realmRoles"] = json!(["cook"]);
    users[0]["clientRoles"] = json!({"app": ["reader"]});
    users[1]["credentials"] = json!([argon, otp]);
    users[2]["credentials"] = json!([argon, key]);
    users[3]["enabled"] = json!(false);
    let many: Vec<Value> =
        (0..130).map(|of| json!({"id": id(2_000 + of), "name": format!("hot {of}")})).collect();
    json!({"realm": format!("kea {number}"), "enabled": true, "users": users,
        "groups": [{"id": id(1_000), "name": "staff", "path": "/staff", "realmRoles": ["cook"], "subGroups": [
            {"id": id(1_001), "name": "kitchen", "path": KITCHEN, "clientRoles": {"app": ["reader"]}, "subGroups": many}]}],
        "roles": {"realm": [
                {"id": id(3_000), "name": "cook", "composite": true, "composites": {"realm": ["eater"], "client": {"app": ["reader"]}}},
                {"id": id(3_001), "name": "eater"}],
            "client": {"app": [{"id": id(3_002), "name": "reader"}]}},
        "clients": [{"id": id(4_000), "clientId": "app", "serviceAccountsEnabled": false, "publicClient": false}]})
}

const EXCEPT: &str = "except = [{ part = \"clients\", what = \"extra\", of = \"*\", reason = \"made with each realm\" },\n\
    { part = \"roles\", what = \"extra\", of = \"*\", reason = \"made with each realm\" }]";

fn verify(
    server: &Server,
    number: u8,
    file: &Value,
    password: &str,
    more: &[&str],
) -> (i32, String, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[endpoints.kc]\nkind = \"keycloak\"\nurl = \"{url}/\"\nrealm = \"kea {number}\"\n\
         client = {{ id = \"admin-cli\", user = \"admin\", password = \"${{PASSWORD:?}}\", token_url = \"{url}/realms/master/protocol/openid-connect/token\" }}\n\
         [[verify.realm]]\nname = \"the realm\"\nsource = {{ path = \"realm.json\" }}\ntarget = {{ on = \"kc\" }}\n{EXCEPT}\n",
        url = server.url
    );
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("realm.json"), file.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["verify", "--format", "concise"])
        .args(more)
        .current_dir(folder.path())
        .env("PASSWORD", password)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said, folder)
}

#[test]
fn a_realm_is_what_it_was_made_of() {
    let server = Server::new();
    let file = realm(1);
    server.make(&file);
    let (code, said, _) = verify(&server, 1, &file, "admin", &[]);
    assert_eq!((code, said.as_str()), (0, ""));

    let user = id(1, 0);
    let group = server.get("/kea%201/group-by-path/staff/kitchen")["id"].as_str().unwrap().to_owned();
    server.delete(&format!("/kea%201/users/{user}/groups/{group}"));
    let mut changed = server.get(&format!("/kea%201/users/{}", id(1, 3)));
    changed["enabled"] = json!(true);
    server.send(true, &format!("/kea%201/users/{}", id(1, 3)), &changed);
    let credentials = server.get(&format!("/kea%201/users/{}/credentials", id(1, 2)));
    let key = credentials.as_array().unwrap().iter().find(|one| one["type"] == "webauthn").unwrap();
    server.delete(&format!("/kea%201/users/{}/credentials/{}", id(1, 2), key["id"].as_str().unwrap()));
    server.delete(&format!("/kea%201/users/{}", id(1, 219)));
    let cook = server.get("/kea%201/roles/cook");
    server.send(false, &format!("/kea%201/users/{}/role-mappings/realm", id(1, 218)), &json!([cook]));
    let more = json!({"clientId": "app2", "serviceAccountsEnabled": true, "publicClient": false});
    server.send(false, "/kea%201/clients", &more);

    let rows = tempfile::tempdir().unwrap();
    let rows = rows.path().join("rows");
    let (code, said, _) = verify(&server, 1, &file, "admin", &["--rows-out", rows.to_str().unwrap()]);
    assert_eq!(code, 1, "{said}");
    for expected in [
        "1 user without group `/staff/kitchen`: kim000 (",
        "1 user enabled in the target, and disabled in the source: kim003 (",
        "1 user without `webauthn`: kim002 (",
        "1 user in the source alone: kim219 (",
        "1 user in the target alone: service-account-app2 (",
        "1 user with role `cook` added: kim218 (",
    ] {
        assert!(said.contains(&format!("error[access/realm-differs] {expected}")), "{expected}: {said}");
    }
    assert_eq!(said.lines().count(), 6, "{said}");
    let told = std::fs::read_to_string(&rows).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_told = |kind: &str, name: &str, part: &str, way: &str| {
        let is = |one: &Value, key: &str, word: &str| one[key] == word;
        told.iter().any(|one| {
            is(one, "kind", kind) && is(one, "name", name) && is(one, "part", part) && is(one, "way", way)
        })
    };
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(
        is_told("user", "kim219", "users", "missing") && is_told("user", "kim002", "credentials", "missing"),
        "{told:?}"
    );
    assert!(is_told("user", "kim218", "memberships", "extra"), "{told:?}");
}

#[test]
fn whoever_may_not_look_sees_nothing_equal() {
    let server = Server::new();
    let file = realm(2);
    server.make(&file);
    let (code, said, _) = verify(&server, 2, &file, "wrong", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no token can be had") && !said.contains("wrong\""), "{said}");
    let (code, said, _) = verify(&server, 77, &file, "admin", &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("kc: the realm: the server answers 404"), "{said}");
}
