//! The museum's chain, run by Alembic itself, and its models, made by `create_all`.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use trueup::stores::postgres::Scratch;

use crate::server::{Server, scratch};

/// A copy of the agent's repository, with its own live database.
struct Museum {
    folder: tempfile::TempDir,
    server: Server,
    live: Scratch,
    live_url: String,
}

fn programs() -> PathBuf {
    let readers = std::env::var("TRUEUP_TEST_READERS").expect("run `bash tests/run`");
    Path::new(&readers).join("alembic/bin")
}

const TYPES: &str = "types = { DATETIME = \"timestamptz\" }";

impl Museum {
    /// Its live database: what was there before the chain, stamped and upgraded to a revision.
    async fn at(revision: &str) -> Self {
        let server = Server::of("TRUEUP_TEST_POSTGRES");
        let live = scratch(&server).await;
        let (base, _) = server.url.rsplit_once('/').unwrap();
        let live_url = format!("{base}/{}", live.name());
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("fixtures/museum/clean/agent"), folder.path());
        let models = root.join("tests/schema_drift/museum/create_all.py");
        std::fs::copy(models, folder.path().join("create_all.py")).unwrap();
        let museum = Self { folder, server, live, live_url };
        let seed = std::fs::read_to_string(museum.folder.path().join("schema.sql")).unwrap();
        museum.live.load(&seed).await.unwrap();
        museum.alembic(&["stamp", "0001"]);
        museum.alembic(&["upgrade", revision]);
        museum
    }

    fn alembic(&self, words: &[&str]) {
        let url = self.live_url.replace("postgres://", "postgresql://");
        let mut command = Command::new(programs().join("alembic"));
        let output =
            command.args(words).current_dir(self.folder.path()).env("DATABASE_URL", url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn declare(&self, chain: &str, schema: &str) {
        let text = format!(
            "[endpoints.app]\nurl = \"${{LIVE:?}}\"\n\n[endpoints.scratch]\nurl = \"${{SCRATCH:?}}\"\naccess = \"scratch\"\n\n\
             [[alembic]]\nname = \"agent\"\nini = \"alembic.ini\"\nendpoint = \"app\"\nseed = {{ sql = \"schema.sql\" }}\n\
             stamp = \"0001\"\n{chain}\n\n[schema]\nlive = \"app\"\n{schema}\n"
        );
        std::fs::write(self.folder.path().join("trueup.toml"), text).unwrap();
    }

    /// What `trueup` says and how it ends; the variable that the application reads names the live database.
    fn trueup(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap());
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("LIVE", &self.live_url)
            .env("DATABASE_URL", &self.live_url)
            .env("SCRATCH", &self.server.url)
            .output()
            .unwrap();
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        let password = self.server.url.split([':', '@']).nth(2).unwrap();
        assert!(!said.contains(password), "{said}");
        (status.code(), said)
    }

    fn lint(&self) -> (Option<i32>, String) {
        self.trueup(&["lint", "schema", "--format", "concise"])
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

const ALEMBIC: &str = "command = { run = [\"alembic\"], scheme = \"postgresql+asyncpg\" }";
const CHAIN: &str = "expect = { chain = \"agent\", scratch = \"scratch\" }";

#[tokio::test]
async fn drift_is_judged_at_the_applied_revision() {
    let museum = Museum::at("0008").await;
    museum.declare(ALEMBIC, CHAIN);
    assert_eq!(museum.lint(), (Some(0), String::new()));
    let (_, said) = museum.trueup(&["lint", "schema", "--format", "json"]);
    assert!(
        said.contains("2 revisions are pending on the live database, which is at 0008: 0009, 0010"),
        "{said}"
    );
    museum
        .live
        .load("alter table users add column nick text; drop index ix_messages_conv_seq")
        .await
        .unwrap();
    let (code, said) = museum.lint();
    assert_eq!(code, Some(1));
    for finding in ["error[schema/extra-column] `users.nick`", "error[schema/missing-index] `messages`"] {
        assert!(said.contains(finding), "{said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");
    museum.live.remove().await.unwrap();
}

/// Production took another way than a new database: models and chain must end equal all the same, on either system.
#[tokio::test]
async fn create_all_agrees_with_the_chain() {
    let museum = Museum::at("head").await;
    let program = "command = { run = [\"python\", \"create_all.py\"], scheme = \"postgresql+psycopg2\" }";
    museum.declare("", &format!("expect = {{ {program}, scratch = \"scratch\" }}"));
    assert_eq!(museum.lint(), (Some(0), String::new()));
    let on_sqlite = format!("expect = {{ {program} }}\n{TYPES}");
    museum.declare("", &on_sqlite);
    assert_eq!(museum.lint(), (Some(0), String::new()));
    let (_, said) = museum.trueup(&["lint", "schema", "--format", "json"]);
    assert!(said.contains("triggers, views, enums"), "{said}");
    // The two that autogenerate misses: one over a function, one of a part.
    museum
        .live
        .load(
            "drop index ix_users_email_lower, ix_utm_ticket_active; \
        create unique index ix_users_email_lower on users (lower(email)); \
        create unique index ix_utm_ticket_active on user_ticket_mappings (ticket_id) where not active",
        )
        .await
        .unwrap();
    for schema in [on_sqlite, format!("expect = {{ {program}, scratch = \"scratch\" }}")] {
        museum.declare("", &schema);
        let (code, said) = museum.lint();
        assert_eq!((code, said.lines().count()), (Some(1), 2), "{said}");
        assert!(said.contains("`ix_users_email_lower` of `users` differs"), "{said}");
    }
    museum.live.remove().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_built_is_unknown() {
    let museum = Museum::at("0008").await;
    let cases = [
        (
            "run = [\"python\", \"-c\", \"import os, sys; sys.exit('no ' + os.environ['DATABASE_URL'])\"]",
            "ended with 1",
        ),
        ("run = [\"python\", \"-c\", \"pass\"]", "nothing was built"),
        (
            "run = [\"python\", \"-c\", \"import time; time.sleep(60)\"], timeout = \"1s\"",
            "no answer within 1 s",
        ),
        ("run = [\"no-such-program\"]", "cannot be run"),
        ("run = [\"python\", \"create_all.py\"], run_in = \"nowhere\"", "cannot be run"),
    ];
    for (command, says) in cases {
        museum.declare("", &format!("expect = {{ command = {{ {command} }}, scratch = \"scratch\" }}"));
        let (code, said) = museum.trueup(&["lint", "schema"]);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(says), "{said}");
    }
    // What it reads is not what it was given: it would upgrade the live database.
    let elsewhere = format!(
        "command = {{ run = [\"alembic\"], variable = \"OTHER\", environment = {{ DATABASE_URL = \"{}\" }} }}",
        museum.live_url.replace("postgres:", "postgresql:")
    );
    museum.declare(&elsewhere, CHAIN);
    let (code, said) = museum.lint();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("looks at another database"), "{said}");
    museum.declare(ALEMBIC, CHAIN);
    assert_eq!(museum.lint(), (Some(0), String::new()), "the live database is as it was");
    museum.live.remove().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_cut_is_no_drift_where_migrations_are_pending() {
    let museum = Museum::at("head").await;
    museum.declare(ALEMBIC, "expect = { snapshot = \"head.json\" }");
    let (code, said) = museum.trueup(&["fingerprint", "app", "--schema", "-o", "head.json"]);
    assert!(code == Some(0) && said.contains("at revision 0010"), "{said}");
    assert_eq!(museum.lint(), (Some(0), String::new()));
    museum.alembic(&["downgrade", "0008"]);
    let (code, said) = museum.lint();
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the expectation is of 0010, the live database at 0008"), "{said}");
    let (_, said) = museum.trueup(&["lint", "schema", "--format", "json"]);
    assert!(said.contains("table `runs` is missing: it may be a pending migration"), "{said}");
    // A SQL file does not say which revision it is of, unless somebody does.
    let dump = "create table more (id int); ";
    let seed = std::fs::read_to_string(museum.folder.path().join("schema.sql")).unwrap();
    std::fs::write(museum.folder.path().join("other.sql"), format!("{seed}{dump}")).unwrap();
    museum.declare(ALEMBIC, "expect = { sql = \"other.sql\", scratch = \"scratch\" }");
    let (code, said) = museum.lint();
    assert!(code == Some(3) && said.contains("2 revisions are pending"), "{said}");
    museum.declare(ALEMBIC, "expect = { sql = \"other.sql\", revision = \"0008\", scratch = \"scratch\" }");
    let (code, said) = museum.lint();
    assert!(code == Some(1) && said.contains("table `more` is missing"), "{said}");
    // A stamp that no file has: what is pending cannot be told, and that is.
    museum.live.load("update alembic_version set version_num = 'zz9'").await.unwrap();
    museum.declare(ALEMBIC, "expect = { snapshot = \"head.json\" }");
    let (code, said) = museum.lint();
    assert!(code == Some(3) && said.contains("the live database at zz9"), "{said}");
    museum.declare(ALEMBIC, "expect = { sql = \"other.sql\", scratch = \"scratch\" }");
    let (_, said) = museum.trueup(&["lint", "schema", "--format", "json"]);
    assert!(said.contains("what is pending on the live database cannot be told: "), "{said}");
    museum.declare(ALEMBIC, CHAIN);
    let (code, said) = museum.lint();
    assert!(code == Some(3) && said.contains("zz9"), "{said}");
    museum.live.remove().await.unwrap();
}

#[tokio::test]
async fn a_chain_on_sqlite_is_run_in_a_file_of_its_own() {
    let museum = Museum::at("0001").await;
    museum.declare("command = { run = [\"alembic\"] }", "expect = { chain = \"agent\" }");
    let path = museum.folder.path().join("app.db");
    let seed = std::fs::read_to_string(museum.folder.path().join("schema.sql")).unwrap();
    trueup::stores::sqlite::create(path.to_str().unwrap(), seed).await.unwrap();
    let museum = Museum { live_url: format!("sqlite:///{}", path.display()), ..museum };
    museum.alembic(&["stamp", "0001"]);
    museum.alembic(&["upgrade", "0009"]);
    let lint = |live: &str| {
        let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap());
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["lint", "schema", "--format", "concise"])
            .current_dir(museum.folder.path())
            .env("PATH", path)
            .env("LIVE", live)
            .env("SCRATCH", &museum.server.url)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(lint(path.to_str().unwrap()), (Some(0), String::new()));
    museum.live.remove().await.unwrap();
}
