//! Tuples of one store in another one, on a real server.
use std::path::Path;

use serde_json::{Value, json};

use crate::world::{World, trueup};

const MODEL: &str = include_str!("../../fixtures/clusters/access/kea.fga");

struct Folder {
    folder: tempfile::TempDir,
    server: String,
}

impl Folder {
    fn of(more: &str) -> Self {
        let server = std::env::var("TRUEUP_TEST_OPENFGA")
            .unwrap_or_else(|_| panic!("TRUEUP_TEST_OPENFGA is not set: run `bash tests/run`"));
        let folder = tempfile::tempdir().unwrap();
        for name in ["kea-tuples.jsonl", "kea-realm.json"] {
            std::fs::copy(Path::new("fixtures/clusters/copy").join(name), folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("kea.fga"), MODEL).unwrap();
        let manifest = format!(
            "[endpoints.moved]\nkind = \"openfga\"\nurl = \"${{FGA}}\"\ntoken = \"none\"\naccess = \"read-write\"\n\
             [endpoints.behind]\nkind = \"openfga\"\nurl = \"${{FGA}}\"\ntoken = \"none\"\nstore = \"${{OPENFGA_STORE_ID:?}}\"\n\
             [[copy.tuples]]\nname = \"kea\"\nto = \"moved\"\nmodel = \"kea.fga\"\nstore_file = \"store.env\"\n\
             from = [{{ files = [\"kea-tuples.jsonl\"] }}]\nids = [{{ type = \"user\", from = {{ realm = \"kea-realm.json\" }} }}]\n{more}\n\
             [[verify.access]]\nname = \"as it was moved\"\nsource = {{ model = \"kea.fga\", tuples = [\"kea-tuples.jsonl\"] }}\n\
             target = {{ on = \"behind\" }}\nids = [{{ type = \"user\", from = {{ realm = \"kea-realm.json\" }} }}]\nmerges = [\"user\"]\n"
        );
        std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
        Self { folder, server }
    }

    fn run(&self, args: &[&str]) -> (String, i32) {
        let id = self.ids().map(|(id, _)| id).unwrap_or_default();
        trueup(self.folder.path(), &[("FGA", &self.server), ("OPENFGA_STORE_ID", &id)], args)
    }

    fn ids(&self) -> Option<(String, String)> {
        let text = std::fs::read_to_string(self.folder.path().join("store.env")).ok()?;
        let value = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.to_owned()));
        Some((value("OPENFGA_STORE_ID=")?, value("OPENFGA_MODEL_ID=")?))
    }

    fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join(file);
        std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
    }

    /// Sends something to the store.
    fn post(&self, path: &str, body: &Value) {
        let (store, _) = self.ids().unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let sent = agent.post(format!("{}/stores/{store}{path}", self.server));
        let mut answer = sent.header("authorization", "Bearer none").send_json(body).unwrap();
        assert!(answer.status().is_success(), "{}", answer.body_mut().read_to_string().unwrap());
    }
}

const RUN: [&str; 6] = ["copy", "run", "tuples", "--yes", "--format", "concise"];

#[test]
fn tuples_are_moved_once_and_decide_alike() {
    let world = Folder::of("");
    let (said, exit) = world.run(&["copy", "run", "tuples"]);
    assert!(exit == 1 && said.contains("copy/unconfirmed") && world.ids().is_none(), "{said}");
    let (said, exit) = world.run(&RUN);
    assert_eq!(exit, 0, "{said}");
    let ids = world.ids().unwrap();
    assert!(!ids.0.is_empty() && !ids.1.is_empty());
    let (said, exit) = world.run(&["verify", "--format", "concise"]);
    assert_eq!(exit, 0, "{said}");
    // Again: the same store, and nothing more to write.
    let (said, exit) = world.run(&RUN);
    assert!(exit == 0 && !said.contains("tuples\n"), "{said}");
    assert_eq!(world.ids().unwrap(), ids);
    // A run that was killed in the middle goes on.
    let lost = json!({"deletes": {"tuple_keys": [{"user": "organization:fred", "relation": "organization", "object": "team:team-2"}]}});
    world.post("/write", &lost);
    let (said, exit) = world.run(&["verify", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    let (said, exit) = world.run(&RUN);
    assert!(exit == 0 && said.contains("kea: 1 of 1 tuples"), "{said}");
    assert_eq!(world.run(&["verify"]).1, 0);
    // Somebody else's tuple is told, and not taken away.
    let eve = json!({"writes": {"tuple_keys": [{"user": "user:eve", "relation": "admin", "object": "organization:fred"}]}});
    world.post("/write", &eve);
    let (said, exit) = world.run(&RUN);
    assert!(
        exit == 1 && said.contains("copy/foreign-tuple") && said.contains("user:eve admin organization:fred"),
        "{said}"
    );
}

#[test]
fn a_run_that_was_killed_before_its_model_goes_on() {
    let world = Folder::of("");
    assert_eq!(world.run(&RUN).1, 0);
    let (store, _) = world.ids().unwrap();
    std::fs::write(
        world.folder.path().join("store.env"),
        format!("OPENFGA_STORE_ID={store}\nOPENFGA_MODEL_ID=\n"),
    )
    .unwrap();
    let (said, exit) = world.run(&RUN);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ids().unwrap().0, store);
    // Another model is another store.
    world.change("kea.fga", |text| {
        text.replace("define can_use: owner or member from owner", "define can_use: owner")
    });
    let (said, exit) = world.run(&RUN);
    assert!(exit == 1 && said.contains("another model"), "{said}");
    // A file that is somebody else's is not written over.
    std::fs::write(world.folder.path().join("store.env"), "SECRET=1\n").unwrap();
    let (said, exit) = world.run(&RUN);
    assert!(exit == 1 && said.contains("is not what a run of this command writes"), "{said}");
    assert_eq!(std::fs::read_to_string(world.folder.path().join("store.env")).unwrap(), "SECRET=1\n");
}

#[test]
fn nothing_is_written_that_would_be_lost_or_refused() {
    type Drift = (&'static str, fn(String) -> String, &'static str);
    let drifts: [Drift; 5] = [
        (
            "kea-realm.json",
            |text| text.replace("\"jean-paul\"", "\"jean-jacques\""),
            "copy/unlisted-id] kea: 1 of its ids in no list: user:jean-paul",
        ),
        (
            "kea-tuples.jsonl",
            |text| {
                text + "{\"user\": \"team:team-1\", \"relation\": \"boss\", \"object\": \"team:team-2\"}\n"
            },
            "copy/refused-tuple] kea: 1 not taken by the model: `team:team-1 boss team:team-2`",
        ),
        ("kea-tuples.jsonl", |_| String::new(), "holds no tuple"),
        ("kea-tuples.jsonl", |text| text + "{\"user\": \"team\"}\n", "copy/unfinished-step"),
        (
            "kea.fga",
            |text| text.replace("define member: [user] or admin", "define member: [user] or nobody"),
            "copy/unfinished-step",
        ),
    ];
    for (file, change, expected) in drifts {
        let world = Folder::of("");
        world.change(file, change);
        let (said, exit) = world.run(&RUN);
        assert_eq!(exit, 1, "{file}\n{said}");
        assert!(said.contains(expected), "{file}: {expected}\n{said}");
        assert!(world.ids().is_none(), "{said}");
    }
    let world = Folder::of(
        "rows = 1000\n[[copy.tuples.drop]]\nobject = \"agent:{rags,sql,web}\"\nreason = \"agents of the platform are seeded anew\"",
    );
    let (said, exit) = world.run(&RUN);
    assert!(exit == 1 && said.contains("rows, expected 1000") && world.ids().is_none(), "{said}");
}

#[test]
fn a_server_that_is_production_needs_an_approval_of_these_very_tuples() {
    let marked = "[endpoints.behind]\nenvironment = \"production\"";
    let world = Folder::of(&format!(
        "[[copy.approver]]\nname = \"ana\"\nkey = \"{}\"\n",
        crate::on_postgres_gates::PUBLIC
    ));
    // Another name of the server is marked.
    world.change("trueup.toml", |text| text.replace("[endpoints.behind]", marked));
    std::fs::write(world.folder.path().join("key.pem"), crate::on_postgres_gates::KEY).unwrap();
    let (said, exit) = world.run(&RUN);
    assert!(exit == 1 && said.contains("`moved` is production, and nobody approved plan "), "{said}");
    let plan = said.split("nobody approved plan ").nth(1).unwrap().split_whitespace().next().unwrap();
    let sign =
        ["copy", "confirm", "--plan", plan, "--on", "moved", "--key", "key.pem", "-o", "approval.json"];
    let (signed, exit) = world.run(&sign);
    assert_eq!(exit, 0, "{signed}");
    let approved = [&RUN[..], &["--approval", "approval.json"]].concat();
    // One tuple less is another plan.
    let all = std::fs::read_to_string(world.folder.path().join("kea-tuples.jsonl")).unwrap();
    world.change("kea-tuples.jsonl", |text| text.split_once('\n').unwrap().1.to_owned());
    let (said, exit) = world.run(&approved);
    assert!(exit == 1 && said.contains("`approval.json` approves plan "), "{said}");
    assert!(world.ids().is_none(), "a store was made");
    world.change("kea-tuples.jsonl", |_| all);
    let (said, exit) = world.run(&approved);
    assert_eq!(exit, 0, "{said}");
    assert!(world.ids().is_some());
}

#[tokio::test]
async fn tuples_of_a_live_store_are_staged() {
    let store = Folder::of("");
    assert_eq!(store.run(&RUN).1, 0);
    let world = World::of(
        "CREATE TABLE notes (id int PRIMARY KEY)",
        "CREATE TABLE notes (id int PRIMARY KEY); CREATE TABLE owners (team text PRIMARY KEY, who text)",
    )
    .await;
    let manifest = format!(
        "[endpoints.fga]\nkind = \"openfga\"\nurl = \"{}\"\ntoken = \"none\"\nstore = \"{}\"\n\
         [[skip]]\ntable = \"owners\"\nside = \"target\"\nreason = \"of the store\"\n\
         [[copy.stage]]\nname = \"tuples\"\non = \"fga\"\n\
         [[copy.sql]]\nname = \"owners\"\nstages = [\"tuples\"]\nrows = \"select count(distinct object) from stage_tuples where object_type = 'team' and relation = 'organization'\"\n\
         sql = \"insert into owners select object_id, min(subject_id) from stage_tuples where object_type = 'team' and relation = 'organization' group by 1\"\n",
        store.server,
        store.ids().unwrap().0
    );
    for _ in 0..2 {
        let (said, exit) = world.trueup(&manifest, &["copy", "run", "rows", "--yes", "--format", "concise"]);
        assert_eq!(exit, 0, "{said}");
    }
    assert_eq!(world.ask("SELECT who FROM owners WHERE team = 'team-2'").await, ["fred"]);
    world.remove().await;
}
