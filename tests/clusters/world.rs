//! The stores of both clusters as files, for any number of users.
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

/// What the stores told, before and behind the moves.
pub(crate) struct World {
    pub(crate) kea: Vec<Value>,
    pub(crate) moved: Vec<Value>,
    pub(crate) swift: Vec<Value>,
    pub(crate) kea_realm: Value,
    pub(crate) moved_realm: Value,
    /// The team that the application gave each user, by their ids.
    pub(crate) personal: Vec<(String, String)>,
}

const TEAMS: usize = 10;

/// The id of a user, or of anything of that number.
pub(crate) fn id(number: usize) -> String {
    format!("{:08x}-0000-4000-8000-{number:012x}", (number * 2_654_435_761) % (1 << 32))
}

/// What a user signs in with; some names have a hyphen, as ids have.
pub(crate) fn name(number: usize) -> String {
    if number.is_multiple_of(7) { format!("jean-paul-{number}") } else { format!("kim{number}") }
}

/// The team of a user, as an object.
pub(crate) fn team(number: usize) -> String {
    format!("team:{}", id(100_000 + number % TEAMS))
}

fn tuple(user: &str, relation: &str, object: &str) -> Value {
    json!({"user": user, "relation": relation, "object": object})
}

impl World {
    pub(crate) fn new(users: usize) -> Self {
        let (mut moved, mut swift, mut personal) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..TEAMS {
            moved.push(tuple("organization:fred", "organization", &team(number)));
        }
        for number in 0..users {
            let user = format!("user:{}", id(number));
            let team = team(number);
            let role = ["owner", "manager", "member", "member"][(number / TEAMS).min(3)];
            moved.push(tuple(&user, "member", "organization:fred"));
            moved.push(tuple(&user, role, &team));
            // A team of their own has none in the organization above it, so its owner alone may read.
            moved.push(tuple(&user, "member", "team:personal"));
            let own = format!("personal-{:06x}", number * 7919 % (1 << 24));
            swift.push(tuple(&user, "owner", &format!("team:{own}")));
            for agent in 0..3 {
                let agent = id(200_000 + number * 3 + agent);
                moved.push(tuple(&user, "owner", &format!("agent:{agent}")));
                swift.push(tuple(&format!("team:{own}"), "owner", &format!("agent_instance:{agent}")));
            }
            if number.is_multiple_of(5) {
                let tag = format!("tag:{}", id(400_000 + number));
                moved.push(tuple(&team, "owner", &tag));
                moved.push(tuple(&format!("user:{}", id((number + 1) % users)), "editor", &tag));
            }
            personal.push((id(number), own));
        }
        moved.push(tuple(&format!("user:{}", id(0)), "admin", "organization:fred"));
        let shared = ["agent:", "team:personal"];
        let is_kept =
            |tuple: &&Value| shared.iter().all(|start| !tuple["object"].as_str().unwrap().starts_with(start));
        swift.extend(moved.iter().filter(is_kept).cloned().collect::<Vec<_>>());
        for agent in ["sys-help", "sys-search"] {
            moved.push(tuple(&format!("user:{}", id(0)), "owner", &format!("agent:{agent}")));
        }
        let realm = realm(users);
        Self {
            kea: twice(&moved, users),
            moved,
            swift,
            kea_realm: realm.clone(),
            moved_realm: realm,
            personal,
        }
    }

    fn write(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in ["kea.fga", "swift.fga", "trueup.toml"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clusters/access").join(file);
            std::fs::copy(from, folder.path().join(file)).unwrap();
        }
        let write = |file: &str, text: String| std::fs::write(folder.path().join(file), text).unwrap();
        write("kea.json", json!(self.kea).to_string());
        write("moved.json", json!(self.moved).to_string());
        write("swift.json", json!(self.swift).to_string());
        write("kea-realm.json", self.kea_realm.to_string());
        write("moved-realm.json", self.moved_realm.to_string());
        let pairs = self.personal.iter().map(|(user, team)| format!("{user},{team}\n"));
        write("personal-teams.csv", pairs.collect());
        folder
    }

    /// Runs a command, and gives its exit code and what it printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let folder = self.write();
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), said)
    }

    pub(crate) fn verify(&self, more: &[&str]) -> (i32, String) {
        let format: &[&str] =
            if more.contains(&"--format") { &["verify"] } else { &["verify", "--format", "concise"] };
        self.run(&[format, more].concat())
    }

    pub(crate) fn lint(&self) -> (i32, String) {
        self.run(&["lint", "acl", "--format", "concise"])
    }
}

/// Everybody as kea writes them: by name and by id.
fn twice(tuples: &[Value], users: usize) -> Vec<Value> {
    let names: std::collections::HashMap<String, String> =
        (0..users).map(|number| (format!("user:{}", id(number)), format!("user:{}", name(number)))).collect();
    let mut all = Vec::new();
    for tuple in tuples {
        all.push(tuple.clone());
        if let Some(name) = names.get(tuple["user"].as_str().unwrap()) {
            let mut other = tuple.clone();
            other["user"] = json!(name);
            all.push(other);
        }
    }
    all
}

fn realm(users: usize) -> Value {
    let groups: Vec<Value> = (0..TEAMS)
        .map(|number| json!({"id": id(100_000 + number), "name": format!("team{number}"), "path": format!("/team{number}"), "subGroups": []}))
        .collect();
    let users: Vec<Value> = (0..users)
        .map(|number| {
            let credentials = json!([{"type": "password", "secretData": "{\"value\": \"x\"}", "credentialData": "{\"algorithm\": \"argon2\"}"}]);
            json!({"id": id(number), "username": name(number), "enabled": true, "groups": [format!("/team{}", number % TEAMS)], "realmRoles": ["default-roles-kea"], "credentials": credentials})
        })
        .collect();
    json!({"realm": "kea", "users": users, "groups": groups,
        "roles": {"realm": [{"id": id(500_000), "name": "default-roles-kea"}, {"id": id(500_001), "name": "admin"}]},
        "clients": [{"id": id(600_000), "clientId": "fred"}, {"id": id(600_001), "clientId": "account"}]})
}
