//! Stores of a real server, read over its API.
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trueup::model::access::{AccessModel, Tuple};
use trueup::parse::access::{model as read_model, tuples as read_tuples};
use trueup::stores::entry::Entry;
use trueup::stores::openfga::OpenFga;

use crate::command::{MODEL, verify};
use crate::server::{Store, model_json, tuple_json};

/// Tuples as JSON, some with a condition, some with a context of every sort.
fn written(count: usize) -> Value {
    let tuple = |number: usize| {
        let (user, doc) = (format!("user:u{}", number % 700), format!("doc:d{number}"));
        match number % 6 {
            0 => json!({ "user": user, "relation": "reader", "object": doc, "condition": {
                "name": "at_work", "context": { "from": 8, "to": number } } }),
            1 => json!({ "user": user, "relation": "reader", "object": doc, "condition": {
                "name": "known", "context": { "names": ["ann", "b\"ö\\", format!("n{number}")],
                "since": "2026-01-01T00:00:00Z" } } }),
            2 => json!({ "user": format!("team:t{number}#member"), "relation": "owner", "object": doc }),
            3 => json!({ "user": user, "relation": "member", "object": format!("team:t{}", number - 1) }),
            4 => json!({ "user": "user:*", "relation": "member", "object": format!("team:x|{number}@é/="),
                "condition": { "name": "at_work", "context": {} } }),
            _ => json!({ "user": user, "relation": "owner", "object": doc }),
        }
    };
    (0..count).map(tuple).collect()
}

fn given(count: usize) -> (AccessModel, String, Vec<Tuple>) {
    let model = read_model("model.fga", MODEL);
    assert!(model.problems.is_empty(), "{:?}", model.problems);
    let text = written(count).to_string();
    let file = read_tuples("tuples.json", &text);
    assert!(file.problems.is_empty() && file.tuples.len() == count, "{:?}", file.problems);
    (model, text, file.tuples)
}

fn server() -> String {
    std::env::var("TRUEUP_TEST_OPENFGA").expect("TRUEUP_TEST_OPENFGA is not set: run `bash tests/run`")
}

fn endpoint(url: &str, id: &str, more: &str) -> String {
    format!("url = \"{url}\"\nstore = \"{id}\"\n{more}")
}

#[test]
fn what_is_read_is_what_was_written() {
    let (model, _, tuples) = given(3_000);
    let store = Store::open("read back", &model).unwrap();
    store.write(&tuples);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let live = OpenFga::new("fga", &server(), (&store.id, None), Entry::Open).unwrap();
    let (read, file) = runtime.block_on(live.read()).unwrap_or_else(|cause| panic!("{cause:?}"));
    assert_eq!(model_json(&read), model_json(&model));
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let sorted = |tuples: &[Tuple]| {
        let mut all: Vec<Value> = tuples.iter().map(tuple_json).collect();
        all.sort_by_key(|one| {
            ["user", "relation", "object"].map(|key| one[key].as_str().unwrap().to_owned())
        });
        all
    };
    assert_eq!(sorted(&file.tuples), sorted(&tuples));
}

#[test]
fn a_store_is_held_to_a_file() {
    let (model, text, tuples) = given(600);
    let store = Store::open("held to a file", &model).unwrap();
    store.write(&tuples);
    let fga = endpoint("${FGA_URL}/", &store.id, "");
    let url = [("FGA_URL", &*server())];
    let (code, said) = verify(&fga, &text, &url);
    assert_eq!(code, 0, "{said}");
    let gone =
        tuples.iter().find(|tuple| tuple.relation == "owner" && tuple.subject.relation.is_none()).unwrap();
    store.delete(gone);
    let (code, said) = verify(&fga, &text, &url);
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    assert!(said.contains("access/lost-permission") && said.contains(&gone.to_string()), "{said}");
}

/// A context is a part of what a tuple grants.
#[test]
fn a_condition_that_says_less_is_a_loss() {
    let (model, text, mut tuples) = given(60);
    let store = Store::open("other context", &model).unwrap();
    let condition = tuples.iter_mut().find_map(|tuple| tuple.condition.as_mut()).unwrap();
    condition.context.insert("to".into(), json!(7));
    store.write(&tuples);
    let (code, said) = verify(&endpoint(&server(), &store.id, ""), &text, &[]);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn a_store_that_is_not_there_is_unknown() {
    let (model, text, tuples) = given(60);
    let store = Store::open("left alone", &model).unwrap();
    store.write(&tuples);
    let (url, nobody) = (server(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    for fga in [
        endpoint(&url, nobody, ""),
        endpoint(&url, "nonsense", ""),
        endpoint(&url, &store.id, &format!("model = \"{nobody}\"")),
        endpoint(&format!("{url}/other"), &store.id, ""),
    ] {
        let (code, said) = verify(&fga, &text, &[]);
        assert_eq!(code, 3, "{fga}\n{said}");
        assert!(said.contains("unknown") && said.contains("fga: the"), "{fga}\n{said}");
    }
}

/// A server that asks for a token.
struct Keyed {
    process: Child,
    url: String,
}

impl Keyed {
    fn start(key: &str) -> Self {
        let services = std::env::var("TRUEUP_TEST_SERVICES").expect("TRUEUP_TEST_SERVICES is not set");
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (http, grpc) = (free(), free());
        let process = Command::new(format!("{services}/openfga/openfga"))
            .args(["run", "--datastore-engine", "memory", "--metrics-enabled=false", "--log-level", "error"])
            .args(["--playground-enabled=false", "--http-addr", &http, "--grpc-addr", &grpc])
            .args([
                "--max-tuples-per-write",
                "2000",
                "--authn-method",
                "preshared",
                "--authn-preshared-keys",
                key,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { process, url: format!("http://{http}") };
        let patience = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(&http).is_err() {
            assert!(Instant::now() < patience, "the server with a key does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_token_is_asked_for() {
    let (model, text, tuples) = given(60);
    let keyed = Keyed::start("the-right-key");
    let store = Store::on(keyed.url.clone(), "the-right-key", "keyed", &model).unwrap();
    store.write(&tuples);
    let fga = endpoint(&keyed.url, &store.id, "token = \"${FGA_TOKEN:?}\"");
    let (code, said) = verify(&fga, &text, &[("FGA_TOKEN", "the-right-key")]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify(&fga, &text, &[("FGA_TOKEN", "hunter2-is-wrong")]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("the server answers 401") && !said.contains("hunter2"), "{said}");
    let (code, said) = verify(&endpoint(&keyed.url, &store.id, ""), &text, &[]);
    assert_eq!(code, 3, "{said}");
    // An unset variable is told by its name.
    let (code, said) = verify(&fga, &text, &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("FGA_TOKEN is not set"), "{said}");
}

/// A store and the ids of a database, judged where they are.
#[test]
fn a_store_is_linted_where_it_is() {
    let (model, _, _) = given(0);
    let store = Store::open("linted", &model).unwrap();
    let text = r#"[{"user": "user:u1", "relation": "owner", "object": "doc:a"},
        {"user": "team:t#member", "relation": "owner", "object": "doc:b"},
        {"user": "user:u2", "relation": "owner", "object": "doc:b"}]"#;
    store.write(&read_tuples("tuples.json", text).tuples);
    let folder = tempfile::tempdir().unwrap();
    crate::alone::grants(&folder, "app.db", &[["u1", "", "a"], ["u2", "", "a"]]);
    let manifest = format!(
        "[endpoints.fga]\nkind = \"openfga\"\nurl = \"{}\"\nstore = \"{}\"\n[endpoints.app]\nurl = \"sqlite://app.db\"\n\
         [[acl]]\non = \"fga\"\nunique = [\"doc#owner\"]\n\
         exists.doc = {{ sql = \"select which from may\", on = \"app\" }}\nexists.user = {{ sql = \"select who from may\", on = \"app\" }}\n",
        server(),
        store.id
    );
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["lint", "acl", "--format", "concise"])
            .args(more)
            .current_dir(folder.path())
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = run(&["--live"]);
    assert_eq!(code, 1, "{said}");
    for expected in [
        "error[acl/dangling-object] `doc:b` is none of the ids of `doc`, and 2 tuples name it",
        "error[acl/owner-not-unique] `doc:b` has 2 tuples of `owner`",
        "[acl/unreachable-tuple]",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("dangling-subject"), "{said}");
    // Without being asked it proves nothing.
    let (code, said) = run(&[]);
    assert_eq!(code, 3, "{said}");
}
