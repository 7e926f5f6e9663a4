//! A Keycloak server that goes wrong, where a real one cannot be asked to; what a sound one says is held to a real one in
//! `on_keycloak`.
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::faults::{Deed, Request, serve};

const USERS: usize = 150;

fn users() -> Vec<Value> {
    (0..USERS)
        .map(|of| json!({"id": format!("u{of}"), "username": format!("kim{of}"), "enabled": true}))
        .collect()
}

/// The path within the realm, and from where a page is asked.
fn asked(request: &Request) -> Option<(&str, usize)> {
    let path = request.line.strip_prefix("GET /admin/realms/kea")?.split(' ').next()?;
    let from = path.split("first=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok());
    Some((path.split('?').next()?, from.unwrap_or(0)))
}

fn sound(request: &Request) -> Deed {
    let Some((path, from)) = asked(request) else { return Deed::Answer(404, "{}".to_owned()) };
    let list = match path {
        "" => return Deed::Answer(200, json!({"realm": "kea", "enabled": true}).to_string()),
        "/users/count" => return Deed::Answer(200, USERS.to_string()),
        "/clients" => vec![json!({"id": "c", "clientId": "app"})],
        "/roles" => vec![json!({"id": "r", "name": "cook"})],
        "/users" => users(),
        path if path.ends_with("/role-mappings") => {
            return Deed::Answer(200, json!({"realmMappings": [{"name": "cook"}]}).to_string());
        }
        path if path.ends_with("/credentials") => {
            let data = "{\"algorithm\":\"argon2\"}";
            return Deed::Answer(200, json!([{"type": "password", "credentialData": data}]).to_string());
        }
        "/groups" | "/clients/c/roles" => Vec::new(),
        path if path.starts_with("/users/") && path.ends_with("/groups") => Vec::new(),
        _ => return Deed::Answer(404, "{}".to_owned()),
    };
    let page: Vec<Value> = list.into_iter().skip(from).take(100).collect();
    Deed::Answer(200, json!(page).to_string())
}

fn compared(url: &str, more: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[endpoints.kc]\nkind = \"keycloak\"\nurl = \"{url}\"\nrealm = \"kea\"\n{more}\n\
         [[verify.realm]]\nname = \"realm\"\nsource = {{ path = \"realm.json\" }}\ntarget = {{ on = \"kc\" }}\n"
    );
    let mut all = users();
    for user in &mut all {
        user["realmRoles"] = json!(["cook"]);
        user["credentials"] = json!([{"type": "password", "algorithm": "argon2"}]);
    }
    let file = json!({"realm": "kea", "users": all, "roles": {"realm": [{"id": "r", "name": "cook"}]},
        "clients": [{"id": "c", "clientId": "app"}]});
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    std::fs::write(folder.path().join("realm.json"), file.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["verify", "--format", "concise"])
        .current_dir(folder.path())
        .env("KC_PASSWORD", "hunter2")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

#[test]
fn a_sound_realm_is_equal() {
    let (code, said) = compared(&serve(sound), "");
    assert_eq!((code, said.as_str()), (0, ""));
}

/// What is missing is never a smaller realm.
#[test]
fn a_part_that_fails_fails_the_whole() {
    type Fault = fn() -> Deed;
    let faults: [(&str, usize, &str, Fault); 8] = [
        ("/users", 100, "users: the server answers 503", || Deed::Answer(503, "hunter2".to_owned())),
        ("/users", 100, "users: u0 came before", || Deed::Answer(200, json!([users()[0]]).to_string())),
        ("/users", 100, "the server counts 150, and tells 100", || Deed::Answer(200, "[]".to_owned())),
        ("/users", 0, "users: this is no answer of Keycloak", || {
            Deed::Answer(200, "{\"error\": \"x\"}".to_owned())
        }),
        ("", 0, "its name alone is told", || Deed::Answer(200, json!({"realm": "kea"}).to_string())),
        ("/users/u7/credentials", 0, "credentials of a user: the server answers 403", || {
            Deed::Answer(403, json!({"error": "HTTP 403 Forbidden"}).to_string())
        }),
        ("/users/u149/groups", 0, "groups of a user: the connection", || Deed::HangUp),
        ("/roles", 0, "is of a client that is not told", || {
            Deed::Answer(
                200,
                json!([{"id": "r", "name": "cook", "clientRole": true, "containerId": "x"}]).to_string(),
            )
        }),
    ];
    // Side by side, for those that are tried again take their time.
    std::thread::scope(|scope| {
        for (path, from, words, fault) in faults {
            scope.spawn(move || {
                let url = serve(
                    move |request| {
                        if asked(request) == Some((path, from)) { fault() } else { sound(request) }
                    },
                );
                let (code, said) = compared(&url, "");
                assert_eq!(code, 3, "{words}: {said}");
                assert!(said.contains("target: kc: ") && said.contains(words), "{words}: {said}");
                assert!(!said.contains("hunter2"), "{said}");
            });
        }
    });
}

/// The tokens of an administrator end after a minute.
#[test]
fn a_token_that_ends_is_had_anew() {
    let (issued, left) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let url = serve(move |request| {
        if request.line.starts_with("POST /token ") {
            assert_eq!(
                request.body,
                "grant_type=password&username=admin&password=hunter2&client_id=admin-cli"
            );
            left.store(40, Ordering::SeqCst);
            let token = format!("t{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            return Deed::Answer(200, json!({"access_token": token}).to_string());
        }
        let token = format!("authorization: bearer t{}\r\n", issued.load(Ordering::SeqCst));
        if !request.head.contains(&token) || left.load(Ordering::SeqCst) == 0 {
            return Deed::Answer(401, json!({"error": "HTTP 401 Unauthorized"}).to_string());
        }
        left.fetch_sub(1, Ordering::SeqCst);
        sound(request)
    });
    let client = format!(
        "client = {{ id = \"admin-cli\", user = \"admin\", password = \"${{KC_PASSWORD:?}}\", token_url = \"{url}/token\" }}"
    );
    let (code, said) = compared(&url, &client);
    assert_eq!((code, said.as_str()), (0, ""));
}
