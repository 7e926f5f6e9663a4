//! The `fred` database, states that somebody planted, roles that may not see it all, and SQL that means no good.
use std::path::Path;

use sqlx::Connection;

use crate::server::{Database, found, holds, is_kept, run, survey};

const HEAD: &str = "[endpoints.app]\nurl = \"${APP_DATABASE_URL}\"\n";

#[tokio::test]
async fn fred_is_as_its_notes_say() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.fixture("clusters/source.sql").await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let url = database.url();
    let arguments = ["--manifest", "fixtures/clusters/trueup.toml", "--estimate"];
    let (page, exit) = survey(root, &arguments, &[("KEA_DATABASE_URL", &url)]);
    assert_eq!(exit, 0, "{page}");
    is_kept(&page, "clusters/survey.txt");
    // 12 rows of 90 KB, x125; 4 rows of 120 KB, for 3,000 documents: 88 MB and not 45.
    holds(&page, &["agent 12 125 11.0 MiB", "metadata 4 750 87.9 MiB"]);
    let markdown =
        survey(root, &[&arguments[..], &["--format", "markdown"]].concat(), &[("KEA_DATABASE_URL", &url)]).0;
    holds(&markdown, &["| metadata | 4 | 750 | 87.9 MiB |", "## kea: expectations", "Evidence: `sha256:"]);

    database
        .load(
            "UPDATE metadata SET tag_ids = tag_ids || '{gone,gone}'; DELETE FROM tag WHERE tag_id = 'tag-5'",
        )
        .await;
    let (said, exit) =
        survey(root, &[&arguments[..], &["--format", "concise"]].concat(), &[("KEA_DATABASE_URL", &url)]);
    assert_eq!(exit, 1);
    let lines: Vec<&str> = said.lines().map(|line| line.split_once("] ").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "`metadata.doc at $.tags[*].id`: 1 of 8 reference(s) lead to 1 value(s) that `tag.tag_id` does not hold",
            "`metadata.tag_ids`: 9 of 16 reference(s) lead to 2 value(s) that `tag.tag_id` does not hold",
            "`resource.library_tag_id`: 1 of 5 reference(s) lead to 1 value(s) that `tag.tag_id` does not hold",
            "rows of tag: expected 6, found 5",
        ]
    );
    database.remove().await;
}

const PLANTED: &str = "
CREATE TABLE users (id bigint PRIMARY KEY, email text, org bigint, born date);
INSERT INTO users SELECT n, 'user' || (n / 2), n, date '2000-01-01' + n::integer FROM generate_series(1, 9) AS n;
UPDATE users SET email = NULL WHERE id = 9;
CREATE TABLE pairs (a bigint, b text, PRIMARY KEY (a, b));
INSERT INTO pairs VALUES (1, 'x'), (2, 'y');
CREATE TABLE pointers (a bigint, b text, ids bigint[], doc json);
INSERT INTO pointers VALUES (1, 'x', '{1,2}', '[1, 99]'), (1, 'y', '{3,NULL,77}', '5'), (NULL, 'y', NULL, NULL);
CREATE UNLOGGED TABLE cache (k text PRIMARY KEY);
CREATE INDEX users_email ON users (email);
ALTER TABLE users ADD CONSTRAINT users_old CHECK (org < 5) NOT VALID;
SELECT lo_create(0);
SET allow_system_table_mods = on;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email'::regclass;
CREATE TABLE parts (at integer, v integer) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts SELECT n, n FROM generate_series(0, 19) AS n;
CREATE TABLE parent (v integer); CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3);
CREATE VIEW adults AS SELECT * FROM users WHERE born < date '2000-01-06';
";

#[tokio::test]
async fn what_is_planted_is_found() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.load(PLANTED).await;
    let manifest = format!(
        "{HEAD}[[survey.table]]\ntable = \"users\"\nkey = [\"email\"]\nrange = [\"born\", \"email\"]\n\
         [[survey.table]]\ntable = \"adults\"\nrows = 4\n\
         [[survey.table]]\ntable = \"parts\"\nrows = 20\n\
         [[survey.table]]\ntable = \"gone\"\n\
         [[survey.reference]]\ntable = \"pointers\"\ncolumns = [\"a\", \"b\"]\nto = \"pairs\"\n\
         [[survey.reference]]\ntable = \"pointers\"\ncolumns = [\"ids\"]\nto = \"users\"\n\
         [[survey.reference]]\ntable = \"pointers\"\ncolumns = [\"doc\"]\nto = \"users\"\n"
    );
    let (said, exit) = found(&manifest, &database.url());
    let lines: Vec<&str> = said.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "error[survey/invalid-index] index `users_email` of `users` is invalid: the build that made it failed",
            "warning[survey/large-object] there are 1 large object(s), which no table holds",
            "warning[survey/not-valid-constraint] constraint `users_old` of `users` is NOT VALID: older rows may break it",
            "error[survey/stale-declaration] there is no table `gone`",
            "warning[survey/unlogged-table] `cache` is unlogged: a crash empties it, and no replica has its rows",
            "error[survey/orphan] `pointers.a, b`: 1 of 2 reference(s) lead to 1 value(s) that `pairs.a, b` does not hold",
            "error[survey/orphan] `pointers.doc`: 1 of 3 reference(s) lead to 1 value(s) that `users.id` does not hold",
            "error[survey/orphan] `pointers.ids`: 1 of 4 reference(s) lead to 1 value(s) that `users.id` does not hold",
            "error[survey/duplicate-key] `users` (email): 3 row(s) have a key that another row has already",
            "error[survey/duplicate-key] `users` (email): 1 row(s) lack a part of the key",
        ],
        "{said}"
    );
    assert_eq!(exit, 1);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    let url = database.url();
    let (page, _) = survey(folder.path(), &[], &[("APP_DATABASE_URL", &url)]);
    holds(
        &page,
        &[
            "users.born date 0 2000-01-02 2000-01-10",
            "users.email text 1 (11.1 %) (hidden) (hidden)",
            "parts 20 counted",
            "parent 1 counted",
            "child 2 counted",
            "adults 4 counted -",
        ],
    );
    assert!(!page.contains("parts_1"), "a partition counts with its table:\n{page}");
    let (page, _) = survey(folder.path(), &["--show-values"], &[("APP_DATABASE_URL", &url)]);
    holds(&page, &["users.email text 1 (11.1 %) user0 user4"]);
    database.remove().await;
}

#[tokio::test]
async fn what_others_do_is_told() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.load("CREATE TABLE t (id integer); INSERT INTO t VALUES (1)").await;
    let manifest = format!(
        "{HEAD}[survey]\nlong_transaction = \"1ms\"\nstatement_timeout = \"300ms\"\n\
         [[survey.expect]]\nname = \"nobody else\"\nfact = \"connections\"\nexpect = 0\n\
         [[survey.expect]]\nname = \"no locks\"\nfact = \"strong-locks\"\nexpect = 0\n"
    );
    assert_eq!(found(&manifest, &database.url()), (String::new(), 0));
    let mut other = database.connect().await;
    run(&mut other, "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await;
    let (said, exit) = found(&manifest, &database.url());
    assert_eq!(exit, 1, "{said}");
    holds(
        &said,
        &[
            "error[survey/expect] nobody else: expected 0, found 1",
            "error[survey/expect] no locks: expected 0, found 1",
            "warning[survey/long-transaction] a transaction of `trueup` is open since",
            "app: t: unknown[survey/unreadable] another session keeps readers out of it",
        ],
    );
    other.close().await.unwrap();
    database.remove().await;
}

/// A role that may not see it all never gets a smaller number.
#[tokio::test]
async fn a_small_role_is_told_what_it_cannot_see() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    let role = format!("reader_{}", std::process::id());
    database
        .load(&format!(
            "CREATE TABLE seen (id integer PRIMARY KEY); INSERT INTO seen VALUES (1), (2);
             CREATE TABLE hidden (id integer, owner text); INSERT INTO hidden VALUES (1, 'a'), (2, 'b');
             CREATE TABLE refused (id integer REFERENCES seen);
             ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON hidden USING (owner = current_user);
             CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT SELECT ON seen, hidden TO {role}"
        ))
        .await;
    let url = database.url_as(&role, "p");
    let manifest = format!(
        "{HEAD}[[survey.table]]\ntable = \"hidden\"\nrows = 0\n\
         [[survey.reference]]\ntable = \"refused\"\ncolumns = [\"id\"]\nto = \"seen\"\n\
         [[survey.expect]]\nname = \"may not write\"\nfact = \"may-write\"\nexpect = 0\n\
         [[survey.expect]]\nname = \"reads it all\"\nfact = \"unreadable\"\nexpect = 0\n\
         [[survey.expect]]\nname = \"own\"\nsql = \"select count(*) from hidden\"\nexpect = 0\n"
    );
    let (said, exit) = found(&manifest, &url);
    assert_eq!(exit, 1);
    holds(
        &said,
        &[
            "error[survey/expect] reads it all: expected 0, found 2",
            "app: hidden: unknown[survey/unreadable] row-level security would hide rows from the role",
            "app: refused: unknown[survey/unreadable] the role may not read it",
            "app: rows of hidden: unknown[survey/expect] `hidden`: row-level security would hide rows",
            "app: own: unknown[survey/expect] it cannot be read: query would be affected by row-level security policy",
            "app: refused.id -> seen.id: unknown[survey/orphan] `refused`: the role may not read it",
        ],
    );
    assert!(!said.contains("may not write"), "{said}");
    let mut admin = database.connect().await;
    run(&mut admin, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    admin.close().await.unwrap();
    database.remove().await;
}

/// Declared SQL is one query in a read-only transaction, and what it fails on leaves the rest as it is.
#[tokio::test]
async fn declared_sql_never_writes() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.load("CREATE TABLE t (id integer); INSERT INTO t VALUES (1); CREATE SEQUENCE s").await;
    for (sql, says) in [
        ("insert into t values (2) returning 1", "syntax error"),
        ("with w as (insert into t values (2) returning 1) select * from w", "data-modifying statement"),
        ("select nextval('s')", "cannot execute nextval() in a read-only transaction"),
        ("commit", "syntax error"),
        ("select set_config('transaction_read_only', 'off', true)", "cannot set transaction read-write mode"),
        ("select pg_sleep(9)", "canceling statement due to statement timeout"),
        ("select 1 / 0", "division by zero"),
    ] {
        let manifest = format!(
            "{HEAD}[survey]\nstatement_timeout = \"300ms\"\n\
             [[survey.expect]]\nname = \"a\"\nsql = \"{sql}\"\nexpect = 1\n\
             [[survey.expect]]\nname = \"b\"\nsql = \"select count(*) from t\"\nexpect = 1\n"
        );
        let (said, exit) = found(&manifest, &database.url());
        assert_eq!((said.lines().count(), exit), (1, 3), "{sql}:\n{said}");
        assert!(said.contains("app: a: unknown[survey/expect] it cannot be read: "), "{said}");
        assert!(said.contains(says), "{sql}: {said}");
    }
    // Before version 16 a read-only transaction lets large objects be made: what a question does is rolled back.
    let manifest = format!(
        "{HEAD}[[survey.expect]]\nname = \"a\"\nsql = \"select lo_create(0)\"\nexpect = 1\n\
         [[survey.expect]]\nname = \"b\"\nsql = \"select count(*) from pg_largeobject_metadata\"\nexpect = 0\n"
    );
    for _ in 0..2 {
        let (said, _) = found(&manifest, &database.url());
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // Two statements in one do not even leave the manifest.
    let manifest = format!(
        "{HEAD}[[survey.expect]]\nname = \"a\"\nsql = \"select 1) q; commit; insert into t values (2)\"\nexpect = 1\n"
    );
    let (said, exit) = found(&manifest, &database.url());
    assert_eq!(exit, 2);
    assert!(said.contains("this is no query"), "{said}");
    let answers = format!(
        "{HEAD}[[survey.expect]]\nname = \"truth\"\nsql = \"select true\"\nexpect = true\n\
         [[survey.expect]]\nname = \"number\"\nsql = \"select 1.50::numeric\"\nexpect = 1.5\n\
         [[survey.expect]]\nname = \"range\"\nsql = \"select -3\"\nexpect = {{ min = -3.5, max = 0 }}\n\
         [[survey.expect]]\nname = \"text\"\nsql = \"values ('a')\"\nexpect = \"a\"\n\
         [[survey.expect]]\nname = \"big\"\nsql = \"select 9007199254740993\"\nexpect = 9007199254740993\n\
         [[survey.expect]]\nname = \"rows\"\nsql = \"table t\"\nexpect = \"no rows\"\n\
         [[survey.expect]]\nname = \"null\"\nsql = \"select null::integer\"\nexpect = 0\n"
    );
    let (said, _) = found(&answers, &database.url());
    let lines: Vec<&str> = said.lines().map(|line| line.split_once("] ").unwrap().1).collect();
    assert_eq!(
        lines,
        ["null: expected 0, found a row without one value", "rows: expected no rows, found 1 row"]
    );
    database.remove().await;
}
