//! On the oldest server that the tests have, and what the command says there.
mod on_alembic;

use std::process::{Command, Output};

use trueup::diff::schema::{Options, compare, uncompared};
use trueup::model::schema::Column;
use trueup::stores::rows::Catalog;
use trueup::stores::sqlite::{ScratchFile, Sqlite};

use crate::server::{Server, round_trips, schema, scratch};

#[tokio::test]
async fn what_is_dumped_and_loaded_reads_the_same() {
    round_trips("TRUEUP_TEST_POSTGRES", |case| !case.wants_pgvector(), 63).await;
}

#[tokio::test]
async fn whatever_changes_something_is_found() {
    crate::mutations::each_is_found("TRUEUP_TEST_POSTGRES", &["TRUEUP_TEST_POSTGRES18"]).await;
}

fn lint(live: &str, arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["lint", "schema", "--format", "concise", "--live", live])
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output, String::from_utf8(said).unwrap())
}

const SCRIPT: &str = "create table t (id serial primary key, a text);\ncreate index t_a on t (lower(a));\n";

#[tokio::test]
async fn a_sql_file_is_held_against_a_live_database() {
    let server = Server::of("TRUEUP_TEST_POSTGRES");
    let live = scratch(&server).await;
    live.load(&format!("{SCRIPT} insert into t values (1), (2);")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.sql");
    let file = file.to_str().unwrap();
    std::fs::write(file, SCRIPT).unwrap();
    let (base, _) = server.url.rsplit_once('/').unwrap();
    // As an application of SQLAlchemy writes it.
    let url = format!("{base}/{}", live.name()).replace("postgres://", "postgresql+asyncpg://");
    let (output, said) = lint(&url, &["--expect", file, "--scratch", &server.url]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let behind = format!(
        "live against {file}: error[schema/sequence-behind] sequence `public.t_id_seq` gives 1 next, and `public.t.id` already holds 2\n"
    );
    assert_eq!(said, behind);
    live.load("select setval('t_id_seq', 2)").await.unwrap();
    let (output, said) = lint(&url, &["--expect", file, "--scratch", &server.url]);
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));

    std::fs::write(file, "create table t (id nonsense);").unwrap();
    let (output, said) = lint(&url, &["--expect", file, "--scratch", &server.url]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("line 1: type \"nonsense\" does not exist"), "{said}");
    // Where the server names no place, the statement that failed is told; rows for psql get a hint of their own.
    for (script, says) in [
        (
            "create table t (a int);\n\\restrict x\n-- é\ncreate table u (a int);\n\ncreate table\n t (b int);",
            "line 6: relation \"t\"",
        ),
        ("create table t (a int);\n\n-- é\ncreate index i on t (b);", "line 4: column \"b\""),
        (
            "create table t (a int);\nCOPY public.t (a) FROM stdin;\n1\n\\.\n",
            "line 2 has rows that only psql sends",
        ),
    ] {
        std::fs::write(file, script).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["lint", "schema", "--live", &url, "--expect", file, "--scratch", &server.url])
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.code() == Some(3) && said.contains(says), "{said}");
    }
    let (output, said) = lint(&url, &["--expect", file]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    live.remove().await.unwrap();
}

#[tokio::test]
async fn a_server_that_refuses_is_unknown_and_nothing_secret_is_said() {
    let server = Server::of("TRUEUP_TEST_POSTGRES");
    let (_, at) = server.url.rsplit_once('@').unwrap();
    for (url, says) in [
        (format!("postgres://trueup:hunter2@{at}"), "password authentication failed"),
        (format!("{}_there_is_none", server.url), "does not exist"),
        (format!("postgres://trueup:hunter2@{at}?sslmode=require"), "unknown["),
        ("postgres://trueup:hunter2@nowhere.invalid/x".to_owned(), "unknown["),
    ] {
        let (output, said) = lint(&url, &["--expect", &server.url]);
        assert_eq!(output.status.code(), Some(3), "{said}");
        let password = server.url.split([':', '@']).nth(2).unwrap();
        assert!(said.contains(says) && !said.contains("hunter2") && !said.contains(password), "{said}");
    }
}

/// What an application's models make on SQLite, against what its migrations make on Postgres.
#[tokio::test]
async fn two_systems_agree_through_declared_types() {
    let server = Server::of("TRUEUP_TEST_POSTGRES");
    let chain = scratch(&server).await;
    let made = "create table users (id {key}, email varchar(320), created_at {time} default {now} not null, data {json}, active boolean not null);\n\
        create table posts (id {key}, user_id integer not null, title varchar, foreign key (user_id) references users (id) on delete cascade, unique (user_id, title));\n\
        create unique index ix_users_email_lower on users (lower(email)) where email is not null;\n";
    let spell = |words: [&str; 4]| {
        ["{key}", "{time}", "{now}", "{json}"]
            .iter()
            .zip(words)
            .fold(made.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    chain.load(&spell(["serial primary key", "timestamptz", "now()", "jsonb"])).await.unwrap();
    let models = ScratchFile::create(&spell([
        "integer not null primary key",
        "datetime",
        "current_timestamp",
        "json",
    ]))
    .await
    .unwrap();
    let expected = Sqlite::open(models.file()).await.unwrap().schema().await.unwrap();
    let live = schema(&chain.url()).await;
    chain.remove().await.unwrap();
    let options = Options { names: true, ..Options::default() };
    let types: Vec<String> =
        compare(&expected, &live, &options).iter().map(|one| one.about.clone()).collect();
    assert_eq!(types, ["users.created_at", "users.data"]);
    let declared = [("DATETIME", "timestamptz"), ("json", "jsonb")];
    let types = declared.map(|(from, to)| (from.to_owned(), vec![to.to_owned()])).into();
    let options = Options { types, ..options };
    assert_eq!(compare(&expected, &live, &options), []);
    let altered = |alter: &dyn Fn(&mut Column)| {
        let mut live = live.clone();
        live.tables.iter_mut().flat_map(|table| &mut table.columns).for_each(alter);
        compare(&expected, &live, &options).into_iter().map(|one| one.message).collect::<Vec<_>>()
    };
    // What is declared stands instead of what would be the same without it.
    let plain = altered(&|column| column.declared = column.declared.replace("with time", "without time"));
    assert_eq!(plain, ["`users.created_at` is of type timestamp without time zone, expected datetime"]);
    // SQLite's key counts by itself.
    let keys =
        altered(&|column| column.default = column.default.take().filter(|text| !text.contains("nextval")));
    let counts = "has no default, expected that it counts by itself as in SQLite";
    assert_eq!(keys, [format!("`posts.id` {counts}"), format!("`users.id` {counts}")]);
    // Without its sequence nobody can tell whether it should.
    let mut bare = live.clone();
    bare.sequences.clear();
    bare.tables
        .iter_mut()
        .flat_map(|table| &mut table.columns)
        .filter(|one| one.name == "id")
        .for_each(|one| one.default = None);
    assert_eq!(compare(&expected, &bare, &options), []);
    let untold = uncompared(&expected, &bare).join("; ");
    assert!(untold.contains("whether `users.id` counts by itself"), "{untold}");
    assert!(!uncompared(&expected, &live).join("; ").contains("counts by itself"));
}

/// Checks are compared where both sides are plain, listed where they are not, and what a type says needs none.
#[tokio::test]
async fn checks_of_two_systems_are_compared() {
    let server = Server::of("TRUEUP_TEST_POSTGRES");
    let chain = scratch(&server).await;
    let made = "create table t (id int primary key, a varchar(9), n int, score numeric, active {bool}, mood {mood}, \
        constraint kinds check (a in ('y', 'x')), check (n between 1 and 5), check (score > -1.5 and n != 3), \
        check (0 < id){more});";
    let spell = |bool: &str, mood: &str, more: &str| {
        made.replace("{bool}", bool).replace("{mood}", mood).replace("{more}", more)
    };
    let mood = "create type mood as enum ('sad', 'ok');";
    let pattern = ", check (a ~ '^[xy]'), check (length(a) < 5)";
    chain.load(&(mood.to_owned() + &spell("boolean", "mood", pattern))).await.unwrap();
    let live = schema(&chain.url()).await;
    chain.remove().await.unwrap();
    let own = ", check (active in (0, 1)), check (mood in ('ok', 'sad')), check (length(a) < 5)";
    for (from, to, finding) in [
        ("", "", ""),
        ("'y', 'x'", "'y', 'z'", "constraint-differs t: kinds"),
        ("1 and 5", "1 and 6", "constraint-differs t: n BETWEEN 1 AND 6"),
        ("(0 < id)", "(0 < n)", "missing-constraint t: 0 < n and extra-constraint t: t_id_check"),
        ("check (n between 1 and 5), ", "", "extra-constraint t: t_n_check"),
        ("'ok', 'sad'", "'ok', 'glad'", "missing-constraint t: mood in ( 'ok' , 'glad' )"),
    ] {
        let script = spell("boolean", "varchar", own).replace(from, to);
        let models = ScratchFile::create(&script).await.unwrap();
        let expected = Sqlite::open(models.file()).await.unwrap().schema().await.unwrap();
        let types = [("varchar".to_owned(), vec!["public.mood".to_owned()])].into();
        let options = Options { names: true, types };
        let mut found: Vec<String> =
            compare(&expected, &live, &options).iter().map(crate::case::line).collect();
        let mut wanted: Vec<String> =
            finding.split(" and ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
        if finding.contains("BETWEEN") {
            wanted = vec![finding.to_owned()];
        }
        found.sort_by_key(|line| line.to_lowercase());
        wanted.sort_by_key(|line| line.to_lowercase());
        let same = |all: &[String]| all.join("; ").to_lowercase();
        assert_eq!(same(&found), same(&wanted), "{from} -> {to}");
        let untold = trueup::diff::schema::uncompared(&expected, &live).join("; ");
        assert!(untold.contains("check `(((a)::text ~ '^[xy]'::text))` of `t`"), "{untold}");
        assert!(!untold.contains("length"), "{untold}");
    }
}

/// A process that was killed leaves its database behind; the next one drops it, and nobody else's.
#[tokio::test]
async fn what_was_left_behind_is_dropped_by_the_next() {
    let server = Server::of("TRUEUP_TEST_POSTGRES18");
    let (needed, killed) = (scratch(&server).await, scratch(&server).await);
    let names = [needed.name().to_owned(), killed.name().to_owned()];
    // Of the right name, but not marked: somebody else's.
    let foreign = "trueup_scratch_00000000000000ff";
    needed.load(&format!("create database {foreign}")).await.unwrap();
    drop(killed);
    let there = async |name: &str| {
        let sql = format!(
            "do $$ begin if not exists (select from pg_database where datname = '{name}') then raise 'gone'; end if; end $$"
        );
        needed.load(&sql).await.is_ok()
    };
    // The server takes a moment to see that its client went away.
    let mut tries = 0;
    while there(&names[1]).await {
        scratch(&server).await.remove().await.unwrap();
        tries += 1;
        assert!(tries < 50, "{} is still there", names[1]);
    }
    assert!(there(&names[0]).await && there(foreign).await);
    needed.load(&format!("drop database {foreign}")).await.unwrap();
    needed.remove().await.unwrap();
}

/// What a URL's own options say about patience is not overruled.
#[tokio::test]
async fn a_limit_of_the_url_holds() {
    let server = Server::of("TRUEUP_TEST_POSTGRES");
    let limited = format!("{}?options=-c%20statement_timeout%3D1", server.url);
    let (output, said) = lint(&limited, &["--expect", &limited]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    // A limit that strikes just as a statement ends is told by the server as a user's request.
    assert!(said.contains("canceling statement due to"), "{said}");
}

/// A role without any rights reads what its owner reads; a table as wide as can be, and nothing at all, are read too.
#[tokio::test]
async fn odd_databases_and_poor_roles_are_read() {
    let server = Server::of("TRUEUP_TEST_POSTGRES18");
    let (odd, empty) = (scratch(&server).await, scratch(&server).await);
    let columns: Vec<String> = (0..1600).map(|n| format!("c{n} int default {n}")).collect();
    let role = odd.name().replace("scratch", "role");
    let script = format!(
        "create table wide ({}); create schema hidden; create table hidden.t (id serial primary key, a text); \
         alter table hidden.t enable row level security; create view hidden.v as select a from hidden.t; \
         create materialized view m as select 1 as one with no data; \
         revoke all on schema hidden from public; create role {role} login password 'poor'; \
         alter database {} set search_path = hidden, public",
        columns.join(", "),
        odd.name()
    );
    odd.load(&script).await.unwrap();
    let (base, _) = server.url.rsplit_once('/').unwrap();
    let (_, at) = base.rsplit_once('@').unwrap();
    let own = format!("{base}/{}", odd.name());
    let poor = format!("postgresql+psycopg2://{role}:poor@{at}/{}?connect_timeout=5", odd.name());
    assert_eq!(schema(&odd.url()).await, schema(&crate::server::url(&poor)).await);
    assert_eq!(schema(&odd.url()).await.table("wide").unwrap().columns.len(), 1600);
    let (output, said) = lint(&poor, &["--expect", &own]);
    let same = "error[schema/same-database] the expectation is the live database itself";
    assert!(said.contains(same), "{said}");
    assert!(said.contains("warning[schema/unpopulated-view] materialized view `public.m`"), "{said}");
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 2), "{said}");
    let nothing = format!("{base}/{}", empty.name());
    let (output, said) = lint(&nothing, &["--expect", &own]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.matches("schema/missing-table").count(), 4, "{said}");
    odd.load(&format!("drop role {role}")).await.unwrap();
    odd.remove().await.unwrap();
    empty.remove().await.unwrap();
}
