//! A target made ready by a command of its own, or by a script, which an approval speaks for.
use std::path::Path;

use crate::on_postgres_backfill::{FILE, TABLES};
use crate::on_postgres_gates::{KEY, PUBLIC};
use crate::world::World;

const SCHEMA: [&str; 6] = ["copy", "run", "schema", "--yes", "--format", "concise"];

fn run(world: &World, folder: &Path, args: &[&str]) -> (String, i32) {
    let output = world.command(folder, args).output().unwrap();
    (
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

fn psql() -> String {
    match std::env::var("TRUEUP_TEST_POSTGRES_BIN") {
        Ok(bin) if !bin.is_empty() => format!("{bin}/psql"),
        _ => "psql".to_owned(),
    }
}

#[tokio::test]
async fn a_command_makes_the_target_ready_if_its_check_holds() {
    let world = World::of("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)", "").await;
    let manifest = "[[skip]]\ntable = \"ran\"\nreason = \"the command's own\"\n\
        [[copy.provision]]\nname = \"tables\"\ncommand = { run = [\"sh\", \"make.sh\", \"t\"], timeout = \"30s\" }\n\
        check = \"select to_regclass('t') is not null\"\n";
    let folder = World::folder(manifest);
    let script = |made: &str| {
        let text = format!(
            "set -e\n'{}' -qAtX -v ON_ERROR_STOP=1 \"$DATABASE_URL\" -c 'CREATE TABLE IF NOT EXISTS ran (at timestamptz)' -c 'INSERT INTO ran VALUES (now())' -c \"{made}\" >&2\n",
            psql()
        );
        std::fs::write(folder.path().join("make.sh"), text).unwrap();
    };
    let rows = ["copy", "run", "rows", "--yes", "--format", "concise"];
    // Nothing of it ran, it fails, it ends well and has done half.
    let (said, exit) = run(&world, folder.path(), &rows);
    assert!(exit == 1 && said.contains("copy/unprovisioned"), "{said}");
    script("SELECT no_such_function()");
    let (said, exit) = run(&world, folder.path(), &SCHEMA);
    assert!(exit == 1 && said.contains("`sh` ended with"), "{said}");
    script("SELECT 1");
    let (said, exit) = run(&world, folder.path(), &SCHEMA);
    assert!(exit == 1 && said.contains("its check does not hold behind it"), "{said}");
    let (said, exit) = run(&world, folder.path(), &rows);
    assert!(exit == 1 && said.contains("copy/unprovisioned"), "{said}");
    script("CREATE TABLE $1 (id int PRIMARY KEY)");
    for _ in 0..2 {
        let (said, exit) = run(&world, folder.path(), &SCHEMA);
        assert_eq!(exit, 0, "{said}");
    }
    // What failed was rolled back by psql's own transactions alone: a command may be run again until it is done, and not after.
    assert_eq!(world.ask("SELECT count(*)::text FROM ran").await, ["3"]);
    let (said, exit) = run(&world, folder.path(), &rows);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(world.ask("SELECT id::text FROM t").await, ["1"]);
    world.remove().await;
}

#[tokio::test]
async fn an_approval_of_a_script_is_one_of_its_text() {
    let world = World::of("CREATE TABLE t (id int PRIMARY KEY)", "").await;
    let manifest = format!(
        "environment = \"production\"\n[[copy.approver]]\nname = \"ana\"\nkey = \"{PUBLIC}\"\n\
         [[copy.provision]]\nname = \"tables\"\nfile = \"make.sql\"\n"
    );
    let folder = World::folder(&manifest);
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("key.pem", KEY);
    let untouched = async |said: &str| {
        let left =
            world.ask("SELECT count(*)::text FROM pg_class WHERE relname IN ('t', 'u', 'copy_run')").await;
        assert_eq!(left, ["0"], "{said}");
    };
    let (said, exit) = run(&world, folder.path(), &SCHEMA);
    assert!(exit == 3 && said.contains("make.sql"), "no script: {said}");
    write("make.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    let (said, exit) = run(&world, folder.path(), &SCHEMA);
    assert!(exit == 1 && said.contains("`target` is production, and nobody approved plan "), "{said}");
    untouched(&said).await;
    let plan = said.split("nobody approved plan ").nth(1).unwrap().split_whitespace().next().unwrap();
    let sign = ["copy", "confirm", "--plan", plan, "--key", "key.pem", "-o", "approval.json"];
    let (signed, exit) = run(&world, folder.path(), &sign);
    assert_eq!(exit, 0, "{signed}");
    let approved = [&SCHEMA[..], &["--approval", "approval.json"]].concat();
    write("make.sql", "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int);");
    let (said, exit) = run(&world, folder.path(), &approved);
    assert!(exit == 1 && said.contains("`approval.json` approves plan "), "{said}");
    untouched(&said).await;
    write("make.sql", "CREATE TABLE t (id int PRIMARY KEY);");
    let (said, exit) = run(&world, folder.path(), &approved);
    assert_eq!(exit, 0, "{said}");
    // It ran once; another text under its name is told.
    write("make.sql", "CREATE TABLE u (id int);");
    let (said, exit) = run(&world, folder.path(), &SCHEMA);
    assert!(exit == 1, "{said}");
    assert_eq!(world.ask("SELECT coalesce(to_regclass('u')::text, 'none')").await, ["none"]);
    world.remove().await;
}

#[tokio::test]
async fn a_backfill_of_production_needs_an_approval_of_its_text_and_a_fresh_backup() {
    let world = World::of("", TABLES).await;
    let restore = psql().replace("psql", "pg_restore");
    let manifest = format!(
        "environment = \"production\"\n[[copy.approver]]\nname = \"ana\"\nkey = \"{PUBLIC}\"\n\
         [copy.gates]\nbackup = {{ dump = \"before.dump\", within = \"1h\", pg_restore = \"{restore}\" }}\n\
         [[copy.backfill]]\nname = \"slugs\"\nfile = \"0001_slugs.sql\"\n"
    );
    let folder = World::folder(&manifest);
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("key.pem", KEY);
    write("0001_slugs.sql", FILE);
    let backfill = ["copy", "run", "backfill", "--yes", "--format", "concise"];
    let refused = async |args: &[&str], words: &str| {
        let (said, exit) = run(&world, folder.path(), args);
        assert!(exit != 0 && said.contains(words), "{words}: {said}");
        let left = "SELECT count(slug) || coalesce(to_regnamespace('trueup_ledger')::text, '') FROM spaces";
        assert_eq!(world.ask(left).await, ["0"], "{said}");
        said
    };
    refused(&backfill, "no such file").await;
    let dumped = std::process::Command::new(psql().replace("psql", "pg_dump"))
        .args(["--format=custom", "--file", folder.path().join("before.dump").to_str().unwrap()])
        .arg(world.target_url())
        .output()
        .unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let said = refused(&backfill, "`target` is production, and nobody approved plan ").await;
    let plan = said.split("nobody approved plan ").nth(1).unwrap().split_whitespace().next().unwrap();
    let sign = ["copy", "confirm", "--plan", plan, "--key", "key.pem", "-o", "approval.json"];
    let (signed, exit) = run(&world, folder.path(), &sign);
    assert_eq!(exit, 0, "{signed}");
    let approved = [&backfill[..], &["--approval", "approval.json"]].concat();
    write("0001_slugs.sql", &FILE.replace("lower(", "upper("));
    refused(&approved, "`approval.json` approves plan ").await;
    write("0001_slugs.sql", FILE);
    let (said, exit) = run(&world, folder.path(), &approved);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(
        world.ask("SELECT string_agg(slug, ' ' ORDER BY id) FROM spaces").await,
        ["space-1 space-2 space-3 space-4"]
    );
    world.remove().await;
}
