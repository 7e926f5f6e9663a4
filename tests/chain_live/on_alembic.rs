//! With the real Alembic, on SQLite and on three versions of Postgres.
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::Scratch;

use crate::museum::Museum;

const NONE: (Vec<String>, Option<i32>) = (Vec::new(), Some(0));

/// Plants a revision that does nothing, one that does not lead back, and one that cannot run twice.
fn plant(museum: &Museum) {
    museum.cut("0004");
    let versions = "migrations/versions";
    museum.edit(&format!("{versions}/0002_utm_ticket_active.py"), |text| {
        text.replace("TABLE = \"user_ticket_mappings\"", "TABLE = \"user_ticket_mapping\"")
    });
    museum.edit(&format!("{versions}/0003_messages_conv_seq.py"), |text| {
        let (up, down) = text.split_once("def downgrade").unwrap();
        format!(
            "{up}def downgrade{}",
            down.replace(
                "has_index(\"messages\", \"ix_messages_conv_seq\")",
                "has_index(\"messages\", \"ix_messages_conv\")"
            )
        )
    });
    museum.edit(&format!("{versions}/0004_users_email_lower.py"), |text| {
        text.replace("IF NOT EXISTS ", "").replace(
            "    op.execute(\n",
            "    if sa.inspect(op.get_bind()).has_table(\"user\"):\n        return\n    op.execute(\n",
        )
    });
}

fn planted() -> Vec<String> {
    [
        "0003_messages_conv_seq.py:27:9: error[alembic/unguarded-operation] `0003` drops the index `ix_messages_conv_seq` without looking whether that is done",
        "0004_users_email_lower.py:18:5: error[alembic/unguarded-operation] `0004` creates the index `ix_users_email_lower` without looking whether that is done",
        "0003_messages_conv_seq.py:25:5: error[alembic/irreversible] `downgrade()` of `0003` does not lead back: `messages` has index `ix_messages_conv_seq`, which is not expected: UNIQUE btree (conversation_id, seq)",
        "0004_users_email_lower.py:15:5: error[alembic/not-idempotent] `upgrade()` of `0004` fails where it ran already",
        "0002_utm_ticket_active.py:28:5: error[alembic/round-trip-vacuous] `0002` changes nothing, so that its round trip proves nothing",
    ]
    .map(|line| format!("migrations/versions/{line}"))
    .to_vec()
}

/// From what `create_all` made to the head, and then without a table that a revision made.
fn live_proof(museum: &Museum, lose: impl FnOnce()) {
    let not_stamped = museum.trueup(&["lint", "alembic", "--live"]);
    let said = String::from_utf8(not_stamped.stdout).unwrap();
    assert!(said.contains("error[alembic/not-stamped]"), "{said}");
    assert!(said.contains("it may safely be stamped `0001`, no further: `0002` is not shown"), "{said}");
    museum.alembic(&["stamp", "0001"]);
    let (behind, code) = museum.found(&["--live"]);
    assert_eq!(code, Some(1));
    assert!(behind[0].ends_with("9 revisions did not run yet: `0002` to `0010`"), "{behind:?}");
    museum.alembic(&["upgrade", "head"]);
    assert_eq!(museum.found(&["--live"]), NONE);
    lose();
    let gone = "migrations/versions/0009_runs.py:29:5: error[alembic/ghost-skip] `0009` is stamped as applied, and table `runs` is not there";
    assert_eq!(museum.found(&["--live"]), (vec![gone.to_owned()], Some(1)));
}

mod on_sqlite {
    use super::*;

    fn museum() -> Museum {
        let museum = Museum::new("sqlite+pysqlite:///app.db", None);
        execute(&museum, &std::fs::read_to_string(museum.path().join("schema.sql")).unwrap());
        museum
    }

    fn execute(museum: &Museum, script: &str) {
        let path = museum.path().join("app.db");
        let run = async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
            let script = sqlx::AssertSqlSafe(script.to_owned());
            sqlx::raw_sql(sqlx::SqlSafeStr::into_sql_str(script)).execute(&mut connection).await.unwrap();
            sqlx::Connection::close(connection).await.unwrap();
        };
        tokio::runtime::Runtime::new().unwrap().block_on(run);
    }

    #[test]
    fn what_is_said_to_have_run_is_held_to_what_is_there() {
        let museum = museum();
        live_proof(&museum, || execute(&museum, "DROP TABLE runs"));
    }

    #[test]
    fn up_down_and_up_again() {
        assert_eq!(museum().found(&["--round-trip"]), NONE);
    }

    #[test]
    fn what_is_planted_is_found() {
        let museum = museum();
        plant(&museum);
        assert_eq!(museum.found(&["--round-trip"]), (planted(), Some(1)));
    }

    /// A program that looks at another database than it was given is not let loose.
    #[test]
    fn another_database_is_left_alone() {
        let museum = museum();
        museum.alembic(&["stamp", "0001"]);
        museum.edit("migrations/env.py", |text| {
            text.replace("os.environ[\"DATABASE_URL\"]", "\"sqlite:///app.db\"")
        });
        let (found, code) = museum.found(&["--round-trip"]);
        assert_eq!(code, Some(3), "{found:?}");
        assert!(found.iter().all(|line| line.contains("so it is not let loose")), "{found:?}");
        museum.edit("migrations/env.py", |text| {
            text.replace("\"sqlite:///app.db\"", "os.environ[\"DATABASE_URL\"]")
        });
        let (behind, _) = museum.found(&["--live"]);
        assert!(behind[0].ends_with("9 revisions did not run yet: `0002` to `0010`"), "{behind:?}");
    }

    /// What only a live database tells of the data.
    #[test]
    fn preconditions_are_asked_while_their_revision_is_still_to_run() {
        let museum = museum();
        museum.alembic(&["stamp", "0001"]);
        museum.edit("trueup.toml", |text| {
            let (chain, rest) = text.split_once("\n[endpoints").unwrap();
            format!(
                "{chain}\n[[alembic.precondition]]\nrevision = \"0005\"\ntable = \"messages\"\ncolumn = \"event\"\nexpect = \"all null\"\n\
                 [[alembic.precondition]]\nrevision = \"0006\"\ntable = \"messages\"\ncolumn = \"created_at\"\nexpect = \"iso-8601\"\n\
                 [[alembic.precondition]]\nrevision = \"0003\"\nsql = \"SELECT conversation_id FROM messages GROUP BY conversation_id, seq HAVING count(*) > 1\"\nexpect = \"no rows\"\n\n[endpoints{rest}"
            )
        });
        let precondition = |museum: &Museum| {
            let (found, _) = museum.found(&["--live"]);
            found.into_iter().filter(|line| line.contains("alembic/precondition")).collect::<Vec<_>>()
        };
        assert_eq!(precondition(&museum), Vec::<String>::new());
        execute(
            &museum,
            "INSERT INTO users VALUES (1, NULL, NULL); INSERT INTO conversations VALUES (1, 1, NULL, NULL, NULL); \
             INSERT INTO messages VALUES (1, 1, 1, NULL, '', 'x', 'yesterday'), (2, 1, 1, NULL, '', NULL, '2024-02-29T12:00:00Z')",
        );
        let found = precondition(&museum);
        let says =
            ["`0005` must not run yet: 1 row is not NULL", "1 row holds no ISO 8601", "the query has rows"];
        assert!(says.iter().all(|says| found.iter().any(|line| line.contains(says))), "{found:?}");
        assert_eq!(found.len(), 3, "{found:?}");
        museum.alembic(&["stamp", "0010"]);
        assert_eq!(precondition(&museum), Vec::<String>::new());
    }
}

/// What is the same on every version.
async fn on_server(variable: &str, play: impl FnOnce(Museum, Scratch) + Send + 'static) {
    let server = std::env::var(variable).expect("run `bash tests/run`, which starts the servers");
    let Address::Postgres(url) = Endpoint::new("test", &server, false).unwrap().address else {
        unreachable!()
    };
    let scratch = Scratch::create(&url).await.unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    // SQLAlchemy knows the longer word alone.
    let before = before.replace("postgres://", "postgresql://");
    let museum = Museum::new(&format!("{before}/{}", scratch.name()), Some(&server));
    let schema = std::fs::read_to_string(museum.path().join("schema.sql")).unwrap();
    scratch.load(&schema).await.unwrap();
    tokio::task::spawn_blocking(move || play(museum, scratch)).await.unwrap();
}

fn proof(museum: &Museum, scratch: Scratch) {
    let runtime = tokio::runtime::Handle::current();
    live_proof(museum, || runtime.block_on(scratch.load("DROP TABLE runs")).unwrap());
    runtime.block_on(scratch.remove()).unwrap();
}

mod on_postgres {
    use super::*;

    const SERVER: &str = "TRUEUP_TEST_POSTGRES";

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_said_to_have_run_is_held_to_what_is_there() {
        on_server(SERVER, |museum, scratch| proof(&museum, scratch)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn up_down_and_up_again() {
        on_server(SERVER, |museum, scratch| {
            assert_eq!(museum.found(&["--round-trip"]), NONE);
            tokio::runtime::Handle::current().block_on(scratch.remove()).unwrap();
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_planted_is_found() {
        on_server(SERVER, |museum, scratch| {
            plant(&museum);
            assert_eq!(museum.found(&["--round-trip"]), (planted(), Some(1)));
            tokio::runtime::Handle::current().block_on(scratch.remove()).unwrap();
        })
        .await;
    }

    /// Who may not read the version table is told so; so is who finds it locked.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_version_table_that_cannot_be_read_is_unknown() {
        on_server(SERVER, |museum, scratch| {
            museum.alembic(&["stamp", "0001"]);
            let runtime = tokio::runtime::Handle::current();
            let role = format!("poor_{}", scratch.name());
            let make =
                format!("CREATE ROLE {role} LOGIN PASSWORD 'word'; GRANT SELECT ON messages TO {role}");
            runtime.block_on(scratch.load(&make)).unwrap();
            let url = std::env::var(SERVER).unwrap();
            let host = url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0;
            let live = format!("postgresql+asyncpg://{role}:word@{host}/{}", scratch.name());
            let (found, code) = museum.found(&["--live", &live]);
            runtime.block_on(scratch.load(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))).unwrap();
            runtime.block_on(scratch.remove()).unwrap();
            assert_eq!(code, Some(3), "{found:?}");
            assert!(
                found.iter().all(|line| line.contains("permission denied") && !line.contains("word@")),
                "{found:?}"
            );
        })
        .await;
    }
}

mod on_postgres18 {
    use super::*;

    const SERVER: &str = "TRUEUP_TEST_POSTGRES18";

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_said_to_have_run_is_held_to_what_is_there() {
        on_server(SERVER, |museum, scratch| proof(&museum, scratch)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_planted_is_found() {
        on_server(SERVER, |museum, scratch| {
            plant(&museum);
            assert_eq!(museum.found(&["--round-trip"]), (planted(), Some(1)));
            tokio::runtime::Handle::current().block_on(scratch.remove()).unwrap();
        })
        .await;
    }
}

mod on_postgres13 {
    use super::*;

    const SERVER: &str = "TRUEUP_TEST_POSTGRES13";

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_said_to_have_run_is_held_to_what_is_there() {
        on_server(SERVER, |museum, scratch| proof(&museum, scratch)).await;
    }
}
