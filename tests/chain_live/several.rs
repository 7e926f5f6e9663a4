//! Two chains with branches, a merge and dependencies in one database, run by an `env.py` that does not block.
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::Scratch;

use crate::project::{Project, Stands};

const NONE: (Vec<String>, Option<i32>) = (Vec::new(), Some(0));

fn failed(lines: &[&str]) -> (Vec<String>, Option<i32>) {
    (lines.iter().map(|&line| line.to_owned()).collect(), Some(1))
}

/// Where a database may stand between its branches.
fn positions(project: &Project) {
    let live = |expected: &[&str]| assert_eq!(project.found(&["--live"]), failed(expected));
    let fresh =
        "trueup.toml:TWO:12: error[alembic/behind-head] 4 revisions did not run yet: `x1`, `x2`, `y1`, `y2`";
    let manifest = std::fs::read_to_string(project.path().join("trueup.toml")).unwrap();
    let row_of = |chain: &str| {
        let at = manifest.find(&format!("ini = \"{chain}/")).unwrap();
        manifest[..at].lines().count() + 2
    };
    let fresh = fresh.replace("TWO", &row_of("two").to_string());
    let one = |text: &str| format!("trueup.toml:{}:12: error[alembic/{text}", row_of("one"));
    project.alembic("one", &["upgrade", "heads"]);
    // The other chain's tables are none of its own.
    live(&[&fresh]);
    project.alembic("two", &["upgrade", "heads"]);
    assert_eq!(project.found(&["--live"]), NONE);
    // Stamped back: its tables are there.
    project.alembic("one", &["stamp", "--purge", "a1"]);
    live(&[&one("behind-head] 6 revisions did not run yet: `b1`, `c1`, `c2`, `b2`, `m1`, `d1`")]);
    let (said, _) = project.said(&["--live"]);
    assert!(said.contains("what `b1` makes is there already") && said.contains("stamped `d1`"), "{said}");
    project.alembic("one", &["stamp", "--purge", "heads"]);
    // Several heads are applied.
    project.alembic("one", &["downgrade", "a1"]);
    project.alembic("one", &["upgrade", "b2"]);
    project.alembic("one", &["upgrade", "c1"]);
    live(&[&one("behind-head] 3 revisions did not run yet: `c2`, `m1`, `d1`")]);
    // Stamped ahead: what was skipped is told.
    project.alembic("one", &["stamp", "heads"]);
    live(&[
        "one/versions/c2.py:11:5: error[alembic/ghost-skip] `c2` is stamped as applied, and table `t_c2` is not there",
        "one/versions/d1.py:11:5: error[alembic/ghost-skip] `d1` is stamped as applied, and column `t_a1.note` is not there",
    ]);
    let (said, _) = project.said(&["--live"]);
    assert!(said.contains("5 of 7 applied revisions") || !said.contains("applied revision "), "{said}");
    project.alembic("one", &["stamp", "--purge", "b2"]);
    // A row that no file knows.
    project.execute(&["INSERT INTO one_version VALUES ('zz9')"]);
    let (found, code) = project.found(&["--live"]);
    assert_eq!(found[0], one("unknown-revision] the database is stamped `zz9`, and no file has that id"));
    assert!(found[1].contains("unknown[alembic/behind-head +1]") && found.len() == 2, "{found:?}");
    assert_eq!(code, Some(1));
    project.execute(&["DELETE FROM one_version WHERE version_num = 'zz9'", "DROP TABLE two_version"]);
    let (found, _) = project.found(&["--live"]);
    let own = "error[alembic/not-stamped] the database has 4 tables and no version table";
    assert!(found.iter().any(|line| line.contains(own)), "{found:?}");
}

/// Old revisions run up alone; of the new ones what is planted is found.
fn new_ones(project: &Project) {
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-qm", "base"]);
    let child = |id, parents| Stands { chain: "one", id, parents, more: "" };
    project.revision(
        &child("e1", "'d1'"),
        "op.create_table('t_e1', sa.Column('id', sa.Integer()))",
        "op.get_bind()",
    );
    project.makes_table(&child("e2", "'d1'"));
    project.revision(&child("m2", "('e1', 'e2')"), "pass", "pass");
    let (found, code) = project.found(&["--round-trip", "--against", "HEAD"]);
    let expected = [
        "one/versions/e1.py:14:5: error[alembic/irreversible] `downgrade()` of `e1` does not lead back: table `t_e1` is not expected",
        "one/versions/e1.py:10:5: error[alembic/round-trip-differs] `upgrade()` of `e1` fails after a downgrade",
    ];
    let of = |rule: &str| found.iter().find(|line| line.contains(rule)).cloned().unwrap_or_default();
    assert_eq!([of("irreversible"), of("round-trip-differs")], expected, "{found:?}");
    assert_eq!(code, Some(1));
}

/// What must hold of the data, before and after it does.
fn preconditions(project: &Project) {
    let manifest = std::fs::read_to_string(project.path().join("trueup.toml")).unwrap();
    let wanted = "\n[[alembic.precondition]]\nrevision = \"y1\"\ntable = \"notes\"\ncolumn = \"old\"\nexpect = \"all null\"\n\
        [[alembic.precondition]]\nrevision = \"y2\"\ntable = \"notes\"\ncolumn = \"at\"\nexpect = \"iso-8601\"\n\
        [[alembic.precondition]]\nrevision = \"x2\"\ntable = \"notes\"\ncolumn = \"at\"\nexpect = \"no null\"\n";
    project.write("trueup.toml", &(manifest + wanted));
    let asked = || {
        let (found, _) = project.found(&["--live"]);
        found.into_iter().filter(|line| line.contains("alembic/precondition")).collect::<Vec<_>>()
    };
    // Without the table nobody can tell.
    let found = asked();
    assert!(found.len() == 3 && found.iter().all(|line| line.contains("unknown[")), "{found:?}");
    project.execute(&[
        "CREATE TABLE notes (old text, at text)",
        "INSERT INTO notes VALUES (NULL, '2024-02-29T12:00:00Z')",
    ]);
    assert_eq!(asked(), Vec::<String>::new());
    project.execute(&["INSERT INTO notes VALUES ('x', '2023-02-29'), (NULL, NULL)"]);
    let found = asked();
    let says = ["1 row is not NULL", "1 row holds no ISO 8601", "1 row is NULL"];
    assert!(says.iter().all(|says| found.iter().any(|line| line.contains(says))), "{found:?}");
    assert_eq!(found.len(), 3, "{found:?}");
    project.alembic("two", &["upgrade", "x2"]);
    assert_eq!(asked().len(), 2);
}

mod on_alembic_and_sqlite {
    use super::*;

    fn project() -> (Project, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite+aiosqlite:///{}/app.db", folder.path().display());
        (Project::new(&url, None, ""), folder)
    }

    #[test]
    fn branches_merges_and_dependencies() {
        let (project, _folder) = project();
        assert_eq!(project.found(&["--round-trip"]), NONE);
    }

    #[test]
    fn wherever_it_stands() {
        positions(&project().0);
    }

    #[test]
    fn only_what_is_new() {
        new_ones(&project().0);
    }

    #[test]
    fn data_are_as_they_must_be() {
        let (project, _folder) = project();
        project.alembic("one", &["upgrade", "a1"]);
        preconditions(&project);
    }
}

/// What is the same on every version.
async fn on_server(variable: &str, options: &'static str, play: impl FnOnce(&Project) + Send + 'static) {
    let server = std::env::var(variable).expect("run `bash tests/run`, which starts the servers");
    let Address::Postgres(url) = Endpoint::new("test", &server, false).unwrap().address else {
        unreachable!()
    };
    let scratch = Scratch::create(&url).await.unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    let url = format!("{}/{}", before.replace("postgres://", "postgresql+asyncpg://"), scratch.name());
    let project = Project::new(&url, Some(&server), options);
    tokio::task::spawn_blocking(move || play(&project)).await.unwrap();
    scratch.remove().await.unwrap();
}

/// The version table is in a schema of its own, or somebody holds it.
fn elsewhere(project: &Project) {
    project.execute(&["CREATE SCHEMA meta"]);
    project.alembic("one", &["upgrade", "heads"]);
    project.alembic("two", &["upgrade", "heads"]);
    assert_eq!(project.found(&["--live"]), NONE);
    project.execute(&["CREATE TABLE two_version (version_num varchar(32))"]);
    let (found, code) = project.found(&["--live"]);
    assert!(found[0].contains("several tables say what is applied") && code == Some(3), "{found:?}");
    let manifest = std::fs::read_to_string(project.path().join("trueup.toml")).unwrap();
    let declared = "version_table = \"two_version\"\nversion_table_schema = \"meta\"";
    project.write("trueup.toml", &manifest.replace("version_table = \"two_version\"", declared));
    assert_eq!(project.found(&["--live"]), NONE);
    assert_eq!(project.found(&["--round-trip"]), NONE);
}

mod on_alembic_and_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn wherever_it_stands() {
        on_server("TRUEUP_TEST_POSTGRES", "", positions).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn data_are_as_they_must_be() {
        on_server("TRUEUP_TEST_POSTGRES", "", preconditions).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_version_table_in_another_schema() {
        on_server("TRUEUP_TEST_POSTGRES", "version_table_schema=\"meta\"", elsewhere).await;
    }
}

mod on_alembic_and_postgres13 {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn wherever_it_stands() {
        on_server("TRUEUP_TEST_POSTGRES13", "", positions).await;
    }
}

mod on_alembic_and_postgres18 {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn wherever_it_stands() {
        on_server("TRUEUP_TEST_POSTGRES18", "", positions).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_what_is_new() {
        on_server("TRUEUP_TEST_POSTGRES18", "", new_ones).await;
    }
}
