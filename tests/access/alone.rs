//! `trueup verify` over decisions alone, in a folder of its own.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};
use tempfile::TempDir;

const MODEL: &str = "model\n  schema 1.1\ntype user\ntype team\n  relations\n    define member: [user]\n    define guest: [user]\n";
const ANNE: &str = r#"[{"user": "user:anne", "relation": "member", "object": "team:a"}]"#;
const SIDES: &str = r#"
[[verify.access]]
name = "who may do what"
source = { model = "model.fga", tuples = ["source.json"] }
target = { model = "model.fga", tuples = ["target.json"] }
"#;

fn folder(manifest: &str, source: &str, target: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in
        [("trueup.toml", manifest), ("model.fga", MODEL), ("source.json", source), ("target.json", target)]
    {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    folder
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.arg("verify").args(arguments).current_dir(folder.path());
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String) {
    let output = command(folder, arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

/// A database of grants: a table for each side.
pub(crate) fn grants(folder: &TempDir, name: &str, rows: &[[&str; 3]]) {
    let path = folder.path().join(name);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut connection: SqliteConnection = options.connect().await.unwrap();
        connection.execute("create table may (who text, what text, which text)").await.unwrap();
        for [who, what, which] in rows {
            let row = sqlx::query("insert into may values (?, ?, ?)").bind(*who).bind(*what).bind(*which);
            connection.execute(row).await.unwrap();
        }
    });
}

fn verdicts(folder: &TempDir) -> Vec<(String, String)> {
    let output = command(folder, &["--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(&check["rule"]), text(&check["verdict"])))
        .collect()
}

/// Names say nothing where nobody of the source has a permission.
#[test]
fn names_of_nobody_are_skipped() {
    let folder = folder(&format!("{SIDES}policy = \"no-gain\"\n"), "[]", ANNE);
    let all = verdicts(&folder);
    for rule in ["access/undeclared-merge", "access/unmapped-name"] {
        assert!(all.contains(&(rule.to_owned(), "skip".to_owned())), "{all:?}");
    }
}

/// Whatever else is asked needs its endpoints, and is not passed over for want of them.
#[test]
fn what_is_asked_beside_decisions_is_asked() {
    let equal =
        "[[verify.equal]]\nname = \"x\"\nsource = \"select 1\"\ntarget = \"select 1\"\nkey = [\"1\"]\n";
    let asked = [
        "[[verify.invariant]]\nname = \"x\"\non = \"target\"\nsql = \"select 1\"\nexpect = \"no rows\"\n",
        equal,
        "[[verify.count]]\nname = \"x\"\non = \"target\"\nsql = \"select 1\"\nexpect = 1\n",
        "[verify.entities]\non = \"target\"\nsql = \"select 'a', true\"\n",
        "[[vector]]\ntable = \"a\"\ncolumn = \"b\"\n",
    ];
    for asked in asked {
        let folder = folder(&format!("{asked}{SIDES}"), ANNE, ANNE);
        let (code, said) = run(&folder, &["--format", "concise"]);
        assert_eq!(code, 2, "{asked}{said}");
    }
    assert_eq!(run(&folder(SIDES, ANNE, ANNE), &[]).0, 0);
}

#[test]
fn a_watch_goes_on() {
    let folder = folder(SIDES, ANNE, "[]");
    let mut child =
        command(&folder, &["--watch", "1", "--format", "concise"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.map(Result::unwrap).filter(|line| line.contains("access/lost-permission")).take(2);
    assert_eq!(told.count(), 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A query of grants names no relation that nobody has.
#[test]
fn a_relation_that_nobody_has_is_no_missing_name() {
    type Case = (&'static str, &'static str, &'static [[&'static str; 3]], i32, &'static str);
    const ONE: &[[&str; 3]] = &[["user:anne", "member", "team:a"]];
    let by_query = |policy: &str, more: &str| {
        format!(
            "[endpoints.new]\nurl = \"sqlite://new.db\"\n[[verify.access]]\nname = \"x\"\npolicy = \"{policy}\"\n\
             source = {{ model = \"model.fga\", tuples = [\"source.json\"] }}\n\
             target = {{ grants = \"select who, what, which from may\", on = \"new\" }}\n{more}"
        )
    };
    let both = r#"[{"user": "user:anne", "relation": "member", "object": "team:a"},
                   {"user": "user:ben", "relation": "guest", "object": "team:a"}]"#;
    let cases: [Case; 5] = [
        ("no-gain", "", ONE, 0, ""),
        ("no-loss", "", ONE, 1, "access/lost-permission] 1 permission lost (user:ben guest team:a)"),
        ("equal", "relations = [\"team#member\"]", ONE, 0, ""),
        ("equal", "rename = { \"team#guest\" = \"team#visitor\" }", ONE, 1, "(user:ben visitor team:a)"),
        // A name that is another in the target is lost under the one and gained under the other.
        ("no-gain", "", &[["user:anne", "members", "team:a"]], 1, "access/gained-permission"),
    ];
    for (policy, more, rows, expected, words) in cases {
        let folder = folder(&by_query(policy, more), both, "[]");
        grants(&folder, "new.db", rows);
        let (code, said) = run(&folder, &["--format", "concise"]);
        assert_eq!(code, expected, "{policy} {more}: {said}");
        assert!(said.contains(words) && !said.contains("unmapped-name"), "{policy} {more}: {said}");
    }
}
