//! Two clusters become one new database: made ready by its own code, copied with all that is more than rows, and verified.
use std::path::Path;

use crate::world::{Database, trueup};

const MANIFEST: &str = "fixtures/multiplayer/verify.toml";

struct Clusters {
    accounts: Database,
    shard: Database,
    new: Database,
}

impl Clusters {
    async fn of(settings: &str) -> Self {
        let read = |name: &str| std::fs::read_to_string(format!("fixtures/multiplayer/{name}")).unwrap();
        Self {
            accounts: Database::of(&read("source-accounts.sql")).await,
            shard: Database::of(&format!("{settings}{}", read("source-shard.sql"))).await,
            new: Database::of("").await,
        }
    }

    fn run(&self, args: &[&str]) -> (String, i32) {
        let urls = [
            ("ACCOUNTS_DATABASE_URL", self.accounts.url.as_str()),
            ("SHARD_DATABASE_URL", &self.shard.url),
            ("NEW_DATABASE_URL", &self.new.url),
        ];
        let args: Vec<&str> = args.iter().copied().chain(["--manifest", MANIFEST]).collect();
        trueup(Path::new("."), &urls, &args)
    }

    fn held(&self, args: &[&str]) -> String {
        let (said, exit) = self.run(args);
        assert_eq!(exit, 0, "{args:?}\n{said}");
        said
    }

    async fn remove(self) {
        self.accounts.remove().await;
        self.shard.remove().await;
        self.new.remove().await;
    }
}

/// All that is there, but for the ledger.
const SHAPE: &str = "select coalesce(md5(string_agg(line, '' order by line)), '') from (
    select format('%s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname ~ '^(auth|core|me_)' and a.attnum > 0
    union all select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
    union all select pg_get_functiondef(p.oid) from pg_proc p where pronamespace = 'core'::regnamespace
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal) s";

#[tokio::test]
async fn two_clusters_become_one_database() {
    let world = Clusters::of("").await;
    // Nothing is planned for a target that is not ready, and nothing is written there.
    let (said, exit) = world.run(&["copy", "plan", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("[copy/unprovisioned] `schema of the new code` has not run"), "{said}");
    let missing = "[copy/unprovisioned] `space` has not run for 34 entities, `e01` to `e34`";
    assert!(said.contains(missing), "{said}");
    let (said, exit) = world.run(&["copy", "run", "schema"]);
    assert!(exit == 1 && said.contains("copy/unconfirmed"), "{said}");
    assert_eq!(
        world
            .new
            .ask("select count(*)::text from pg_namespace where nspname in ('core', 'trueup_ledger')")
            .await,
        ["0"]
    );

    // A smoke test of two spaces; one name is of an engine that was deleted, one of none.
    let (said, exit) =
        world.run(&["copy", "run", "schema", "--yes", "--entity", "e01,e02,nobody", "--format", "concise"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("narrowed to the entity `nobody`, of which the source has no table"), "{said}");
    world.held(&["copy", "run", "schema", "--yes", "--entity", "e01,e02"]);
    let said =
        world.held(&["copy", "run", "rows", "--yes", "--entity", "e01,e02,gone", "--format", "markdown"]);
    // Markdown sets a backslash before what would be markup.
    let plain = said.replace('\\', "");
    assert!(plain.contains("narrowed to the entities `e01`, `e02`: others are not copied"), "{said}");
    assert_eq!(world.new.ask("select count(*)::text from me_e01.memory union all select count(*)::text from core.space union all select count(*)::text from auth.users").await, ["209", "2", "32"]);
    let (said, exit) = world.run(&["copy", "status"]);
    assert!(exit == 0 && said.contains("stopped before its end"), "{said}");
    world.held(&[
        "verify",
        "--entity",
        "e01",
        "--entity",
        "e02",
        "--check",
        "verify/row-content",
        "--check",
        "nobody lost access",
        "--check",
        "identities became users",
        "--check",
        "live sessions",
        "--check",
        "an owner has owner at the root",
    ]);

    // All of them, under the same plan.
    world.held(&["copy", "run", "schema", "--yes"]);
    for _ in 0..2 {
        let said = world.held(&["copy", "run", "rows", "--yes", "--format", "markdown"]);
        assert!(!said.contains("narrowed"), "{said}");
        let (json, exit) = world.run(&["verify", "--format", "json"]);
        assert_eq!(exit, 0, "{json}");
        let report: serde_json::Value = serde_json::from_str(
            json.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").as_str(),
        )
        .unwrap();
        let passed =
            report["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "pass").count();
        assert!(passed > 114, "{passed}");
    }
    let (said, _) = world.run(&["copy", "status"]);
    assert!(said.contains("finished"), "{said}");

    // The application boots, and has nothing to do.
    let before = world.new.ask(SHAPE).await;
    world.new.load(&std::fs::read_to_string("fixtures/multiplayer/provision.sql").unwrap()).await;
    assert_eq!(world.new.ask(SHAPE).await, before);
    world.held(&["verify"]);
    world.remove().await;
}
