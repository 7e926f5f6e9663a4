//! What earlier revisions made is still asked for after a rename, and after a guarded revision that found it there.
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::Scratch;

use crate::project::{Project, Stands};

const NONE: (Vec<String>, Option<i32>) = (Vec::new(), Some(0));

const MAKE: &str = "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('email', sa.String(50)), sa.Column('org', sa.Integer))\n    op.create_index('ix_org', 'users', ['org'])";

/// The chain `one` of these bodies: `a1`, `a2` and so on.
fn chain(project: &Project, bodies: &[&str]) {
    let _ = std::fs::remove_dir_all(project.path().join("one/versions"));
    let mut parents = "None".to_owned();
    for (index, body) in bodies.iter().enumerate() {
        let id: &'static str = ["a1", "a2", "a3"][index];
        project.revision(
            &Stands { chain: "one", id, parents: Box::leak(parents.into_boxed_str()), more: "" },
            body,
            "raise",
        );
        parents = format!("'{id}'");
    }
}

/// What is found over the chain `one`, without where.
fn found(project: &Project) -> Vec<String> {
    let (found, _) = project.found(&["--live"]);
    let own = found.iter().filter(|line| line.contains("ghost-skip"));
    own.map(|line| line.split("ghost-skip] ").nth(1).unwrap_or(line).to_owned()).collect()
}

/// Puts the database where a chain is said to have run on statements of our own.
fn put(project: &Project, statements: &[&str], stamp: Option<&str>) {
    project.execute(&[
        "DROP TABLE IF EXISTS users",
        "DROP TABLE IF EXISTS people",
        "DROP TABLE IF EXISTS one_version",
    ]);
    project.execute(statements);
    if let Some(stamp) = stamp {
        project.alembic("one", &["stamp", stamp]);
    }
}

fn advice(project: &Project) -> String {
    project.execute(&["DROP TABLE IF EXISTS one_version"]);
    project.said(&["--live"]).0
}

fn followed(project: &Project) {
    let lost = ["`a1` is stamped as applied, and column `people.email` is not there, and 2 more"];
    chain(project, &[MAKE, "op.rename_table('users', 'people')"]);
    put(project, &["CREATE TABLE people (id integer PRIMARY KEY)"], Some("a2"));
    assert_eq!(found(project), lost);
    let said = advice(project);
    assert!(said.contains("stamp nothing") && !said.contains("the whole chain is shown"), "{said}");
    put(project, &[], None);
    project.alembic("one", &["upgrade", "a2"]);
    assert_eq!(found(project), NONE.0);
    let said = advice(project);
    assert!(said.contains("safely be stamped `a2`, the whole chain is shown"), "{said}");
    // Only the rename is missing.
    put(
        project,
        &[
            "CREATE TABLE users (id integer PRIMARY KEY, email varchar(50), org integer)",
            "CREATE INDEX ix_org ON users (org)",
        ],
        Some("a2"),
    );
    let said = found(project);
    assert!(said.len() == 1 && said[0].starts_with("`a2` is stamped as applied, and table"), "{said:?}");
    // The usual way to build a table anew.
    let anew = "op.create_table('users_new', sa.Column('id', sa.Integer, primary_key=True), sa.Column('mail', sa.String(50)))\n    op.execute('INSERT INTO users_new SELECT id, email FROM users')\n    op.drop_table('users')\n    op.rename_table('users_new', 'users')";
    chain(project, &[MAKE, anew, "op.create_index('ix_mail', 'users', ['mail'])"]);
    put(project, &[], None);
    project.alembic("one", &["upgrade", "a3"]);
    assert_eq!(found(project), NONE.0);
    project.execute(&["ALTER TABLE users RENAME COLUMN mail TO post"]);
    assert!(
        found(project)
            .iter()
            .any(|line| line.contains("`a2` is stamped as applied, and column `users.mail`"))
    );
}

fn guarded(project: &Project) {
    let again = [
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), if_not_exists=True)",
        "op.execute('CREATE TABLE IF NOT EXISTS users (id integer primary key)')",
        "inspector = sa.inspect(op.get_bind())\n    if not inspector.has_table('users'):\n        op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))",
    ];
    for again in again {
        chain(project, &[MAKE, again]);
        put(project, &["CREATE TABLE users (id integer PRIMARY KEY)"], Some("a2"));
        let lost = "`a1` is stamped as applied, and column `users.email` is not there, and 2 more";
        assert_eq!(found(project), [lost], "{again}");
        let said = advice(project);
        assert!(said.contains("stamp nothing"), "{said}");
        put(project, &[], None);
        project.alembic("one", &["upgrade", "a2"]);
        assert_eq!(found(project), NONE.0);
        let said = advice(project);
        assert!(said.contains("safely be stamped `a2`, the whole chain is shown"), "{said}");
    }
    chain(project, &[MAKE, "op.create_index('ix_org', 'users', ['org'], if_not_exists=True)"]);
    let other = [
        "CREATE TABLE users (id integer PRIMARY KEY, email varchar(50), org integer)",
        "CREATE INDEX ix_org ON users (email)",
    ];
    put(project, &other, Some("a2"));
    let said = found(project);
    assert!(said.len() == 1 && said[0].contains("index `ix_org` is another one"), "{said:?}");
}

/// An index by its method, where there are several.
fn methods(project: &Project) {
    chain(project, &[&MAKE.replace("['org']", "['org'], postgresql_using='hash'")]);
    put(project, &[], None);
    project.alembic("one", &["upgrade", "a1"]);
    assert_eq!(found(project), NONE.0);
    project.execute(&["DROP INDEX ix_org", "CREATE INDEX ix_org ON users (org)"]);
    let said = found(project);
    assert!(said.len() == 1 && said[0].contains("index `ix_org` is another one: btree (org)"), "{said:?}");
}

/// Nobody is told to stamp what nobody could see.
fn unseen(project: &Project) {
    let rows = "op.execute(\"UPDATE users SET org = 1\")";
    chain(project, &[MAKE, rows, "op.create_index('ix_email', 'users', ['email'])"]);
    put(project, &[], None);
    project.alembic("one", &["upgrade", "a3"]);
    assert_eq!(found(project), NONE.0);
    let said = advice(project);
    assert!(
        said.contains("safely be stamped `a1`, no further: `a2` is not shown, for it writes rows"),
        "{said}"
    );
}

fn all(project: &Project) {
    followed(project);
    guarded(project);
    unseen(project);
}

mod on_alembic_and_sqlite {
    use super::*;

    #[test]
    fn what_was_made_stays_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite+aiosqlite:///{}/app.db", folder.path().display());
        all(&Project::new(&url, None, ""));
    }
}

mod on_alembic_and_postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_made_stays_asked_for() {
        let server =
            std::env::var("TRUEUP_TEST_POSTGRES").expect("run `bash tests/run`, which starts the servers");
        let Address::Postgres(url) = Endpoint::new("test", &server, false).unwrap().address else {
            unreachable!()
        };
        let scratch = Scratch::create(&url).await.unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        let url = format!("{}/{}", before.replace("postgres://", "postgresql+asyncpg://"), scratch.name());
        let project = Project::new(&url, Some(&server), "");
        tokio::task::spawn_blocking(move || {
            all(&project);
            methods(&project);
        })
        .await
        .unwrap();
        scratch.remove().await.unwrap();
    }
}
