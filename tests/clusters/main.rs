//! `fixtures/clusters`: who may do what, before and behind the two moves of a cluster, with one thing wrong at a time.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test it is how it fails")]
mod world;

use serde_json::{Value, json};

use world::World;

#[test]
fn what_was_moved_decides_alike() {
    let world = World::new(500);
    let (code, said) = world.verify(&["--format", "markdown"]);
    assert_eq!(code, 0, "{said}");
    // What was merged, left out, and not compared is told.
    assert!(said.contains("500 names of the target were several of the source"), "{said}");
    assert!(said.contains("agents of the platform are seeded anew"), "{said}");
    let (code, said) = world.lint();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_lost_membership_is_one_finding() {
    let mut world = World::new(60);
    let lost = world
        .moved
        .iter()
        .position(|tuple| tuple["relation"] == "member" && tuple["object"] == world::team(40))
        .unwrap();
    let lost = world.moved.remove(lost);
    let (code, said) = world.verify(&["--check", "kea as it was moved"]);
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    let user = lost["user"].as_str().unwrap();
    assert!(said.contains(&format!("{user} can_read ")) && said.contains("access/lost-permission"), "{said}");
    assert!(said.contains("of the source is not in the target"), "{said}");
}

#[test]
fn a_gained_admin_is_one_finding() {
    let mut world = World::new(60);
    let user = format!("user:{}", world::id(7));
    world.moved.push(json!({"user": user, "relation": "admin", "object": "organization:fred"}));
    let (code, said) = world.verify(&["--check", "kea as it was moved"]);
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    let cause = format!("`{user} admin organization:fred` of the target is not in the source");
    assert!(said.contains("access/gained-permission") && said.contains(&cause), "{said}");
}

#[test]
fn a_user_without_a_personal_team_is_named() {
    let mut world = World::new(60);
    let user = format!("user:{}", world::id(9));
    let own = |tuple: &Value| {
        tuple["user"] == user && tuple["object"].as_str().unwrap().starts_with("team:personal-")
    };
    world.swift.retain(|tuple| !own(tuple));
    let (code, said) = world.verify(&["--check", "one personal team for each"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&format!("`{user}` has 0, expected 1")), "{said}");
    let (code, said) = world.verify(&["--check", "kea into swift"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&format!("{user} can_read team:personal-")), "{said}");
    // One whom the application gave no team at all, and who is therefore in no list.
    let mut world = World::new(60);
    world.personal.retain(|(user, _)| *user != world::id(9));
    let (code, said) = world.verify(&["--check", "access/unmapped-name"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("no object of their own") && said.contains(&user), "{said}");
}

#[test]
fn a_group_whose_id_changed_is_named() {
    let mut world = World::new(60);
    world.moved_realm["groups"][3]["id"] = json!("00000000-0000-4000-8000-000000009999");
    let (code, said) = world.lint();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("acl/group-id-mismatch"), "{said}");
}

#[test]
fn a_partial_export_is_no_realm() {
    let mut world = World::new(60);
    world.moved_realm.as_object_mut().unwrap().remove("users");
    let (code, said) = world.lint();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("acl/realm-without-users"), "{said}");
    // Without its users the realm has no names either, and nothing is called equal by them.
    world.kea_realm.as_object_mut().unwrap().remove("users");
    let (code, said) = world.verify(&["--check", "kea as it was moved"]);
    assert_eq!(code, 3, "{said}");
}

#[test]
fn who_signs_in_with_a_passkey_is_named() {
    let mut world = World::new(60);
    for user in [4, 5, 41] {
        let key = json!({"type": "webauthn", "credentialData": "{}"});
        world.moved_realm["users"][user]["credentials"].as_array_mut().unwrap().push(key);
    }
    let (_, said) = world.lint();
    assert_eq!(said.matches("[acl/webauthn-reenrol]").count(), 3, "{said}");
    assert!([4, 5, 41].iter().all(|user| said.contains(&world::id(*user))), "{said}");
}

#[test]
fn an_agent_of_the_shared_team_needs_an_owner_of_its_own() {
    let mut world = World::new(60);
    let shared = json!({"user": "team:personal", "relation": "owner", "object": format!("agent:{}", world::id(1 << 20))});
    world.moved.push(shared);
    let (code, said) = world.verify(&["--check", "kea into swift"]);
    assert_eq!(code, 1, "{said}");
}

type Drift = fn(&mut Value, &mut Value);

/// Each thing that an import may lose or change, and how the two realms are then told apart.
#[test]
fn a_realm_is_moved_with_its_ids() {
    let drifts: [(Drift, &str); 13] = [
        (
            |_, moved| drop(moved["users"].as_array_mut().unwrap().remove(3)),
            "1 user in the source alone: kim3 ",
        ),
        (|kea, _| drop(kea["users"].as_array_mut().unwrap().remove(3)), "1 user in the target alone: kim3 "),
        (|_, moved| moved["users"][3]["id"] = json!("other"), "1 user under another id: kim3 ("),
        (
            |_, moved| moved["users"][3]["username"] = json!("kim3x"),
            "1 user under another name: kim3 -> kim3x",
        ),
        (|_, moved| moved["users"][3]["enabled"] = json!(false), "1 user disabled in the target: kim3"),
        (|_, moved| moved["users"][3]["groups"] = json!([]), "1 user without group `/team3`: kim3"),
        (
            |_, moved| moved["users"][3]["realmRoles"] = json!(["admin"]),
            "1 user with role `admin` added: kim3",
        ),
        (|_, moved| moved["users"][3]["credentials"] = json!([]), "1 user without `password` (argon2): kim3"),
        (|_, moved| moved["groups"][3]["id"] = json!("other"), "1 group under another id: /team3 ("),
        (
            |_, moved| drop(moved["groups"].as_array_mut().unwrap().remove(3)),
            "1 group in the source alone: /team3 ",
        ),
        (
            |_, moved| moved["roles"]["realm"][1]["name"] = json!("boss"),
            "1 role under another name: admin -> boss",
        ),
        (|_, moved| moved["clients"][0]["id"] = json!("other"), "1 client under another id: fred ("),
        (
            |_, moved| moved["groups"][3]["realmRoles"] = json!(["admin"]),
            "1 group with role `admin` added: /team3",
        ),
    ];
    for (drift, expected) in drifts {
        let mut world = World::new(60);
        drift(&mut world.kea_realm, &mut world.moved_realm);
        let (code, said) = world.verify(&["--check", "the realm as it was moved"]);
        assert_eq!(code, 1, "{expected}: {said}");
        assert!(said.contains(&format!("error[access/realm-differs] {expected}")), "{expected}: {said}");
    }
}

/// What a partial export leaves out is never equal, whichever side it is of.
#[test]
fn a_partial_realm_is_unknown() {
    let drifts: [Drift; 5] = [
        |_, moved| drop(moved.as_object_mut().unwrap().remove("users")),
        |kea, _| drop(kea.as_object_mut().unwrap().remove("users")),
        |kea, moved| {
            for realm in [kea, moved] {
                realm.as_object_mut().unwrap().remove("users");
            }
        },
        |_, moved| moved["clients"][0]["secret"] = json!("**********"),
        |kea, moved| {
            for realm in [kea, moved] {
                for user in realm["users"].as_array_mut().unwrap() {
                    user.as_object_mut().unwrap().remove("credentials");
                }
            }
        },
    ];
    for drift in drifts {
        let mut world = World::new(20);
        drift(&mut world.kea_realm, &mut world.moved_realm);
        let (code, said) = world.verify(&["--check", "the realm as it was moved"]);
        assert_eq!(code, 3, "{said}");
    }
}

/// Names of people are printed as keys are.
#[test]
fn names_are_hidden_where_keys_are() {
    let mut world = World::new(20);
    world.moved.retain(|tuple| tuple["relation"] != "manager");
    world.moved_realm["users"][3]["id"] = json!("other");
    world.moved_realm["users"][4]["groups"] = json!([]);
    world.moved_realm["users"][5]["username"] = json!("kim5x");
    for keys in ["hidden", "hashed"] {
        let (code, said) = world.verify(&["--keys", keys]);
        assert_eq!(code, 1, "{said}");
        for user in 0..20 {
            assert!(!said.contains(&world::id(user)) && !said.contains(&world::name(user)), "{said}");
        }
    }
}
