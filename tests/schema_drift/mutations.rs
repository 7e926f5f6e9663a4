//! One statement after the other in one database: whatever changes something is found, and nothing else is.
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use trueup::diff::schema::uncompared;

use crate::case::told;
use crate::server::{Server, schema, scratch};

const UNDUMPED: &str = "update pg_index set indisvalid = true where indexrelid = 'app.posts_open'::regclass; \
    comment on extension plpgsql is 'PL/pgSQL procedural language'; drop language old; \
    delete from pg_seclabel; drop subscription inward";

struct Mutation {
    /// What the schema's differences are, each `rule about`.
    finds: Vec<String>,
    /// What is newly listed as not compared.
    tells: Option<String>,
    sql: String,
}

fn read(text: &str) -> (String, Vec<Mutation>) {
    let starts = ["-- finds: ", "-- tells: ", "-- changes nothing"];
    let mut lines = text.lines().peekable();
    let mut base = String::new();
    while let Some(line) =
        lines.next_if(|line| !starts.iter().any(|start| line.starts_with(start)) || line.starts_with("-- `"))
    {
        base += line;
        base.push('\n');
    }
    let mut all = Vec::new();
    while let (Some(head), Some(sql)) = (lines.next(), lines.next()) {
        let mut finds: Vec<String> = head
            .strip_prefix(starts[0])
            .map(|list| list.split(" and ").map(|one| one.replace(" public.", " ")).collect())
            .unwrap_or_default();
        finds.sort();
        all.push(Mutation {
            finds,
            tells: head.strip_prefix(starts[1]).map(str::to_owned),
            sql: sql.to_owned(),
        });
    }
    (base, all)
}

async fn administer(url: &str, statements: &[String]) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        let sql = sqlx::AssertSqlSafe(statement.clone());
        sqlx::raw_sql(sqlx::SqlSafeStr::into_sql_str(sql))
            .execute(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    connection.close().await.unwrap();
}

/// At the end, what was changed more than a hundred times is dumped, loaded, and is the same: here and on the other server.
pub(crate) async fn each_is_found(name: &str, others: &[&str]) {
    let server = Server::of(name);
    let one = scratch(&server).await;
    let role = one.name().replace("scratch", "role");
    let space = one.name().replace("scratch", "space");
    let own = "set allow_in_place_tablespaces = on".to_owned();
    let make = [own.clone(), format!("create role {role}"), format!("create tablespace {space} location ''")];
    administer(&server.url, &make).await;
    let me = server.url.split(['/', ':', '@']).nth(3).unwrap().to_owned();
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema_drift/mutations.sql"))
            .unwrap()
            .replace("$ROLE", &role)
            .replace("$SPACE", &space)
            .replace("$ME", &me);
    let (base, mutations) = read(&text);
    one.load(&base).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    let mut before = schema(&one.url()).await;
    let mut wrong = Vec::new();
    for mutation in &mutations {
        if let Err(cause) = one.load(&mutation.sql).await {
            wrong.push(format!(
                "{}
  {}",
                mutation.sql, cause.message
            ));
            continue;
        }
        let after = schema(&one.url()).await;
        let mut found = told(&before, &after);
        found.sort();
        let [old, new] = [&before, &after].map(|schema| uncompared(schema, schema));
        let is_told = mutation.tells.as_ref().is_none_or(|tells| new.contains(tells) && !old.contains(tells));
        let found_alike = mutation.tells.is_some() || found == mutation.finds;
        if !is_told || !found_alike {
            let listed: Vec<&String> = new.iter().filter(|one| !old.contains(one)).collect();
            wrong.push(format!("{}\n  found {found:?}, not compared {listed:?}", mutation.sql));
        }
        before = after;
    }
    // A dump keeps neither what is invalid nor what is said about the language that is always there.
    one.load(UNDUMPED).await.unwrap();
    let rich = schema(&one.url()).await;
    let dump = server.dump(one.name());
    for other in std::iter::once(&name).chain(others) {
        let other = Server::of(other);
        let copy = scratch(&other).await;
        if other.url != server.url {
            administer(&other.url, &make).await;
        }
        copy.load(&dump).await.unwrap_or_else(|cause| panic!("{cause:?}\n{}", wrong.join("\n")));
        wrong.extend(
            told(&rich, &schema(&copy.url()).await)
                .into_iter()
                .map(|line| format!("copy on {}: {line}", other.url.len())),
        );
        copy.load(&format!("drop owned by {role} cascade")).await.unwrap();
        copy.remove().await.unwrap();
        if other.url != server.url {
            administer(&other.url, &[format!("drop role {role}"), format!("drop tablespace {space}")]).await;
        }
    }
    one.load(&format!("drop owned by {role} cascade")).await.unwrap();
    one.remove().await.unwrap();
    administer(&server.url, &[format!("drop role {role}"), format!("drop tablespace {space}")]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mutations.len() >= 150, "{}", mutations.len());
}
