//! Gates on Postgres: what each refuses, and that nothing is written then.
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::world::World;

const TABLES: &str = "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL);";
const ROWS: &str = "INSERT INTO t SELECT n, repeat('v', 50) || n FROM generate_series(1, 300) AS n;";

/// The key of RFC 8032, 7.1, test 1, its public half, and a key that nobody lists.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
pub(crate) const PUBLIC: &str = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const OTHER: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";

/// A folder with a manifest, and the program in it.
struct Desk<'w> {
    world: &'w World,
    folder: tempfile::TempDir,
    with: Vec<(String, String)>,
}

impl<'w> Desk<'w> {
    fn of(world: &'w World, manifest: &str) -> Self {
        Self { world, folder: World::folder(manifest), with: Vec::new() }
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    /// Both streams, and the exit code.
    fn run(&self, line: &str) -> (String, i32) {
        let args: Vec<&str> = line.split_whitespace().collect();
        let output = self.world.command(self.folder.path(), &args).envs(self.with.clone()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    }

    fn done(&self, line: &str) {
        let (said, exit) = self.run(line);
        assert_eq!(exit, 0, "{line}: {said}");
    }

    /// A run that is refused with these words, and leaves the target as it was.
    async fn refused(&self, line: &str, exit: i32, words: &str) {
        let (said, code) = self.run(&format!("{line} --format concise"));
        assert_eq!(code, exit, "{line}: {said}");
        assert!(said.contains(words), "{line} should say {words}: {said}");
        assert_eq!(written(self.world).await, "0", "{line} wrote, and said {said}");
    }
}

/// How many rows the target has, and its ledger where there is one.
async fn written(world: &World) -> String {
    world
        .ask("SELECT (SELECT count(*) FROM t)::text || coalesce(to_regnamespace('trueup_ledger')::text, '')")
        .await
        .concat()
}

const RUN: &str = "copy run rows --yes";

#[tokio::test]
async fn a_survey_that_is_old_failed_or_of_another_database() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let desk = Desk::of(&world, "[copy.gates]\nsurvey = { report = \"survey.json\", within = \"2h\" }\n");
    desk.refused(RUN, 3, "survey.json cannot be read").await;
    desk.done("survey target --output survey.json");
    desk.refused(RUN, 1, "is no survey of the database that is copied").await;
    desk.done("survey source --output survey.json");
    let good = desk.read("survey.json");
    let at = good
        .split("\"started_at\": \"")
        .find(|part| part.starts_with("20") && part.contains("\"duration_ms\""))
        .unwrap();
    let at = at.split('"').next().unwrap();
    desk.write("survey.json", &good.replace(at, "2020-01-01T00:00:00Z"));
    desk.refused(RUN, 1, "old, and may be 2 h at the most").await;
    desk.write("survey.json", &good.replace(at, "2999-01-01T00:00:00Z"));
    desk.refused(RUN, 1, "is from the future").await;
    desk.write("survey.json", &good.replace("\"verdict\"", "\"verdikt\""));
    desk.refused(RUN, 3, "is no report to trust").await;
    desk.write("survey.json", "{}");
    desk.refused(RUN, 3, "is no report to trust").await;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plan = words(&desk.run("copy plan").0);
    assert!(plan.contains("stale-survey could not look"), "{plan}");
    desk.write("survey.json", &good);
    let (plan, exit) = desk.run("copy plan");
    let plan = words(&plan);
    assert!(exit == 0 && plan.contains("stale-survey holds"), "{plan}");
    assert!(plan.contains("unconfirmed not asked"), "{plan}");
    desk.done(RUN);
    assert_eq!(written(&world).await, "300trueup_ledger");
    world.remove().await;
}

#[tokio::test]
async fn a_plan_that_changed_since_it_was_reviewed() {
    let world = World::of(
        &format!("{TABLES}{ROWS}CREATE TABLE u (id int PRIMARY KEY)"),
        &format!("{TABLES}CREATE TABLE u (id int PRIMARY KEY)"),
    )
    .await;
    let desk = Desk::of(&world, "[copy.gates]\nreviewed = { report = \"plan.json\" }\n");
    desk.done("copy plan --table t --output plan.json");
    desk.refused(RUN, 1, "`plan.json` did not look at everything").await;
    desk.done("copy plan --output plan.json");
    world.load("", "ALTER TABLE u ADD COLUMN note text").await;
    let manifest = desk.read("trueup.toml");
    let owned = "[[table]]\nfrom = \"u\"\ntarget_owned = [\"note\"]\n[[table]]\nfrom = \"t\"\n";
    desk.write("trueup.toml", &format!("{manifest}{owned}"));
    desk.refused(RUN, 1, "error[copy/stale-review] `plan.json` is of plan").await;
    desk.refused(&format!("{RUN} --reviewed other.json"), 3, "other.json cannot be read").await;
    desk.refused(&format!("{RUN} --plan 0123456789abcdef"), 1, "was reviewed, and this is plan").await;
    desk.done("copy plan --output plan.json");
    desk.refused("copy run rows", 1, "nobody confirmed that `target` may be written").await;
    desk.done(RUN);
    world.remove().await;
}

#[tokio::test]
async fn production_is_written_with_an_approval_alone() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let marked = "environment = \"production\"\n";
    let desk = Desk::of(&world, marked);
    desk.refused(RUN, 1, "the manifest lists nobody who may approve").await;
    let manifest = desk.read("trueup.toml");
    desk.write("trueup.toml", &format!("{manifest}[[copy.approver]]\nname = \"ana\"\nkey = \"{PUBLIC}\"\n"));
    for (file, text) in [("key.pem", KEY), ("other.pem", OTHER)] {
        desk.write(file, text);
    }
    desk.refused(RUN, 1, "nobody approved plan").await;
    desk.refused(&format!("{RUN} --approval none.json"), 1, "`none.json` is no approval").await;
    desk.done("copy plan --output plan.json");
    desk.done("copy confirm plan.json --key other.pem --output other.json");
    desk.refused(&format!("{RUN} --approval other.json"), 1, "`other.json` was signed by none of ana").await;
    desk.done("copy confirm --key key.pem --for 1ns --output ended.json");
    desk.refused(&format!("{RUN} --approval ended.json"), 1, "`ended.json` ended").await;
    desk.done("copy confirm plan.json --key key.pem --output good.json");
    let good = desk.read("good.json");
    desk.write("later.json", &good.replace("\"expires_at\": \"20", "\"expires_at\": \"21"));
    desk.refused(&format!("{RUN} --approval later.json"), 1, "or was changed since").await;
    let approve = format!("{RUN} --approval good.json");
    // Another plan, and the same one into another database.
    desk.write("trueup.toml", &(desk.read("trueup.toml") + "[copy]\norder = [\"t\"]\n"));
    desk.refused(&approve, 1, "`good.json` approves plan").await;
    let elsewhere = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let other =
        Desk::of(&elsewhere, &format!("{marked}[[copy.approver]]\nname = \"ana\"\nkey = \"{PUBLIC}\"\n"));
    other.write("good.json", &good);
    other.refused(&approve, 1, "`good.json` approves another database").await;
    elsewhere.remove().await;
    desk.write("trueup.toml", &desk.read("trueup.toml").replace("[copy]\norder = [\"t\"]\n", ""));
    // What a flag names is production too.
    let by_flag = format!("{RUN} --source {} --target {}", world.source_url(), world.target_url());
    desk.refused(&by_flag, 1, "is production").await;
    let (said, exit) = desk.run("copy reset --yes");
    assert!(exit == 1 && said.contains("never emptied"), "{said}");
    desk.done(&approve);
    assert_eq!(written(&world).await, "300trueup_ledger");
    assert_eq!(world.ask("SELECT evidence FROM trueup_ledger.copy_run").await, ["approved by ana"]);
    world.remove().await;
}

#[tokio::test]
async fn a_rehearsal_is_of_the_same_plan_and_of_another_database() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let third = World::of("", TABLES).await;
    let manifest = "[endpoints.stage]\nurl = \"${STAGE}\"\naccess = \"read-write\"\nenvironment = \"rehearsal\"\n\
        [copy.gates]\nrehearsal = { report = \"rehearsal.json\" }\n";
    let mut desk = Desk::of(&world, manifest);
    desk.with = vec![("STAGE".into(), third.target_url())];
    desk.done("copy plan --rehearse stage --output rehearsal.json");
    desk.refused(RUN, 1, "is a report of `copy plan`, not of `copy run rows`").await;
    desk.refused("copy run rows --yes --rehearse target", 1, "is no database to rehearse on").await;
    let (said, exit) = desk.run("copy run rows --rehearse stage --output rehearsal.json");
    assert!(exit == 1 && said.contains("nobody confirmed"), "{said}");
    desk.refused(RUN, 1, "`rehearsal.json` did not hold").await;
    desk.done("copy run rows --yes --rehearse stage --output rehearsal.json");
    assert_eq!(written(&third).await, "300trueup_ledger");
    let good = desk.read("rehearsal.json");
    // The run itself is no rehearsal of itself.
    let (plan, _) = desk.run("copy plan --format json");
    let id =
        |text: &str| text.split("\"database\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(id(&plan), id(&good));
    desk.done(RUN);
    desk.done("copy reset --yes --rehearse stage");
    assert_eq!(written(&third).await, "0");
    world.remove().await;
    third.remove().await;
}

fn pg_dump(args: &[&str], url: &str, file: &Path) {
    let bin = std::env::var("TRUEUP_TEST_POSTGRES_BIN").unwrap_or_default();
    let program = if bin.is_empty() { "pg_dump".to_owned() } else { format!("{bin}/pg_dump") };
    let dumped = Command::new(program).args(args).arg("--file").arg(file).arg(url).output().unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
}

#[tokio::test]
async fn a_backup_is_whole_fresh_and_of_the_target() {
    let world = World::of(
        &format!("{TABLES}{ROWS}"),
        &format!("{TABLES}CREATE TABLE kept AS SELECT n, md5(n::text) FROM generate_series(1, 9000) AS n"),
    )
    .await;
    let bin = std::env::var("TRUEUP_TEST_POSTGRES_BIN").unwrap_or_default();
    let restore = if bin.is_empty() { "pg_restore".to_owned() } else { format!("{bin}/pg_restore") };
    let manifest = format!(
        "[[skip]]\ntable = \"kept\"\nreason = \"the target's own\"\n[copy.gates]\nbackup = {{ dump = \"b.dump\", within = \"2h\", pg_restore = \"{restore}\" }}\n"
    );
    let desk = Desk::of(&world, &manifest);
    let file = desk.path("b.dump");
    desk.refused(RUN, 3, "no such file").await;
    desk.write("b.dump", "");
    desk.refused(RUN, 1, "`b.dump` cannot be restored").await;
    pg_dump(&["--format=plain"], &world.target_url(), &file);
    desk.refused(RUN, 1, "text format dump").await;
    pg_dump(&["--format=tar"], &world.target_url(), &file);
    desk.refused(RUN, 1, "this version reads the custom one alone").await;
    pg_dump(&["--format=custom", "--table=t"], &world.target_url(), &file);
    desk.refused(RUN, 1, "`b.dump` has no rows of kept").await;
    pg_dump(&["--format=custom", "--schema-only"], &world.target_url(), &file);
    desk.refused(RUN, 1, "`b.dump` has no rows of").await;
    pg_dump(&["--format=custom"], &world.source_url(), &file);
    desk.refused(RUN, 1, "`b.dump` is a dump of").await;
    pg_dump(&["--format=custom"], &world.target_url(), &file);
    let whole = std::fs::read(&file).unwrap();
    for cut in [1, 100, whole.len() / 2] {
        std::fs::write(&file, &whole[..whole.len() - cut]).unwrap();
        desk.refused(RUN, 1, "`b.dump` cannot be restored").await;
    }
    std::fs::write(&file, &whole).unwrap();
    let day_ago = SystemTime::now() - Duration::from_hours(24);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(day_ago).unwrap();
    desk.refused(RUN, 1, "`b.dump` is 1 d old").await;
    std::fs::write(&file, &whole).unwrap();
    desk.done(&format!("{RUN} --output run.json"));
    let evidence = world.ask("SELECT evidence FROM trueup_ledger.copy_run").await.concat();
    assert!(
        evidence.starts_with("backup b.dump sha256 ")
            && desk.read("run.json").contains(evidence.rsplit(' ').next().unwrap()),
        "{evidence}"
    );
    world.remove().await;
}

/// A chain of two revisions.
fn chain(desk: &Desk<'_>) {
    desk.write("alembic.ini", "[alembic]\nscript_location = migrations\n");
    std::fs::create_dir_all(desk.path("migrations/versions")).unwrap();
    desk.write("migrations/env.py", "");
    for (id, down) in [("0001", "None"), ("0002", "\"0001\"")] {
        let text = format!(
            "revision = \"{id}\"\ndown_revision = {down}\n\n\ndef upgrade():\n    op.execute(\"SELECT 1\")\n\n\ndef downgrade():\n    pass\n"
        );
        desk.write(&format!("migrations/versions/{id}_step.py"), &text);
    }
}

#[tokio::test]
async fn the_target_is_at_the_head_has_room_and_lint_holds() {
    let world = World::of(&format!("{TABLES}{ROWS}"), TABLES).await;
    let alembic = "[[alembic]]\nname = \"app\"\nini = \"alembic.ini\"\n[[skip]]\ntable = \"alembic_version\"\nreason = \"the target's own\"\n";
    let desk = Desk::of(&world, &format!("{alembic}[copy.gates]\nhead = \"app\"\n"));
    desk.refused(RUN, 3, "copy/wrong-head").await;
    chain(&desk);
    desk.refused(RUN, 1, "`target` is at no revision of `app`, and the head is 0002").await;
    world.load("", "CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('0001')").await;
    desk.refused(RUN, 1, "`target` is at 0001 of `app`").await;
    world.load("", "UPDATE alembic_version SET version_num = '0002'").await;
    let with = |gates: &str| {
        desk.write("trueup.toml", &(World::manifest() + alembic + "[copy.gates]\nhead = \"app\"\n" + gates));
    };
    with("space = { free = \"1kB\" }\n");
    desk.refused(RUN, 1, "1000 bytes are free, says the manifest").await;
    with("space = {}\n");
    desk.refused(RUN, 3, "Postgres does not tell what is free on its disk").await;
    with("space = { command = { run = [\"echo\", \"much\"] } }\n");
    desk.refused(RUN, 3, "its last line is no number of bytes").await;
    with("lint = [\"env\"]\n");
    desk.refused(RUN, 1, "copy/unclean-lint").await;
    with("quiet = \"3s\"\n");
    let (said, exit) = {
        let mut running =
            world.command(desk.folder.path(), &["copy", "run", "rows", "--yes", "--format", "concise"]);
        let child = running
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let waiting = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        while !waiting.is_finished() {
            world.load("CREATE TABLE IF NOT EXISTS pulse (n int); DROP TABLE pulse", "").await;
        }
        let output = waiting.await.unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    assert!(exit != Some(0), "{said}");
    assert_eq!(written(&world).await, "0", "{said}");
    with("space = { command = { run = [\"echo\", \"999999999999\"] } }\nlint = [\"alembic\"]\n");
    desk.done(RUN);
    assert_eq!(written(&world).await, "300trueup_ledger");
    world.remove().await;
}
