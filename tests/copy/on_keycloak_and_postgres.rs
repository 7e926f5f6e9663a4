//! Users of a live realm, staged in a database.
use serde_json::{Value, json};

use crate::world::World;

const REALM: &str = "kea staged";

/// Makes the realm anew on the server of the tests.
fn make(url: &str, users: usize) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let form = [
        ("grant_type", "password"),
        ("client_id", "admin-cli"),
        ("username", "admin"),
        ("password", "admin"),
    ];
    let token = format!("{url}/realms/master/protocol/openid-connect/token");
    let token: Value = agent.post(token).send_form(form).unwrap().body_mut().read_json().unwrap();
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let path = format!("{url}/admin/realms/{}", REALM.replace(' ', "%20"));
    agent.delete(path).header("authorization", &bearer).call().unwrap();
    let user = |n| json!({"id": format!("0000abcd-0000-4000-8000-{n:012}"), "username": format!("kim{n}"), "enabled": n != 3, "email": format!("kim{n}@example.org")});
    let realm = json!({"realm": REALM, "enabled": true, "users": (0..users).map(user).collect::<Vec<_>>()});
    let made = agent.post(format!("{url}/admin/realms")).header("authorization", &bearer).send_json(&realm);
    let mut made = made.unwrap();
    assert!(made.status().is_success(), "{}", made.body_mut().read_to_string().unwrap());
}

#[tokio::test]
async fn users_of_a_live_realm_are_staged() {
    let url = std::env::var("TRUEUP_TEST_KEYCLOAK")
        .unwrap_or_else(|_| panic!("TRUEUP_TEST_KEYCLOAK is not set: run `bash tests/run`"));
    make(&url, 130);
    let world = World::of(
        "CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)",
        "CREATE TABLE notes (id int PRIMARY KEY); CREATE TABLE users (id uuid PRIMARY KEY, name text, email text, enabled bool)",
    )
    .await;
    let manifest = |rows: usize| {
        format!(
            "[endpoints.kc]\nkind = \"keycloak\"\nurl = \"{url}\"\nrealm = \"{REALM}\"\n\
             client = {{ id = \"admin-cli\", user = \"admin\", password = \"admin\", token_url = \"{url}/realms/master/protocol/openid-connect/token\" }}\n\
             [[skip]]\ntable = \"users\"\nside = \"target\"\nreason = \"of the realm\"\n\
             [[copy.stage]]\nname = \"people\"\non = \"kc\"\nrows = {rows}\n\
             [[copy.sql]]\nname = \"users\"\nstages = [\"people\"]\n\
             sql = \"insert into users select id::uuid, username, email, enabled from stage_people\"\n"
        )
    };
    let run = ["copy", "run", "rows", "--yes", "--format", "concise"];
    let (said, exit) = world.trueup(&manifest(131), &run);
    assert!(exit == 1 && said.contains("`people` has 130 rows, expected 131"), "{said}");
    assert_eq!(world.trueup(&manifest(131), &["copy", "reset", "--yes"]).1, 0);
    for _ in 0..2 {
        let (said, exit) = world.trueup(&manifest(130), &run);
        assert_eq!(exit, 0, "{said}");
    }
    let kept = "SELECT count(*) || ' ' || count(*) FILTER (WHERE NOT enabled) || ' ' || max(email) FILTER (WHERE name = 'kim7') FROM users";
    assert_eq!(world.ask(kept).await, ["130 1 kim7@example.org"]);
    // Another password is nobody's: nothing is copied.
    let wrong = manifest(130).replace("password = \"admin\"", "password = \"wrong-secret\"");
    let (said, exit) = world.trueup(&wrong, &run);
    assert!(exit != 0 && !said.contains("wrong-secret"), "{said}");
    world.remove().await;
}
