//! A schema being made: declared scripts in one transaction, and a note of which ones they were beside the ledger.
use super::scratch::{each, unloaded};
use super::{Fail, MARK, PostgresUrl, all, connect, run, said};
use crate::model::Cause;

/// The digest of the scripts that a schema was made of.
const NOTED: &str = "SELECT digest FROM trueup.copy_schema";

/// Of which scripts the database was made; none where nobody noted any.
///
/// # Errors
/// When it cannot be read.
pub async fn built(url: &PostgresUrl) -> Result<Option<String>, Cause> {
    let fail = |error: sqlx::Error| Cause::from(Fail::Ledger(said(&error)));
    let mut connection = connect(url).await?;
    let there = "SELECT 'yes' WHERE to_regclass('trueup.copy_schema') IS NOT NULL AND obj_description(to_regnamespace('trueup')::oid, 'pg_namespace') = ";
    let there = all(&mut connection, format!("{there}'{MARK}'")).await.map_err(fail)?;
    let noted =
        if there.is_empty() { Vec::new() } else { all(&mut connection, NOTED).await.map_err(fail)? };
    let _ = sqlx::Connection::close(connection).await;
    Ok(noted.into_iter().next())
}

/// Runs scripts, each with its name, and notes their digest: all of it or nothing, as long as no script commits by itself.
///
/// # Errors
/// When a statement fails.
pub async fn build(url: &PostgresUrl, scripts: &[(String, String)], digest: &str) -> Result<(), Cause> {
    let fail = |error: sqlx::Error| Cause::from(Fail::Ledger(said(&error)));
    let mut connection = connect(url).await?;
    run(&mut connection, "SET application_name = 'trueup copy'; BEGIN").await.map_err(fail)?;
    for (name, script) in scripts {
        let loaded = each(&mut connection, script).await;
        loaded.map_err(|(done, error)| {
            let cause = unloaded(script, done, &error);
            Cause { message: format!("{name}: {}", cause.message), hint: cause.hint }
        })?;
    }
    let there = all(
        &mut connection,
        "SELECT to_regnamespace('trueup')::text WHERE to_regnamespace('trueup') IS NOT NULL",
    );
    if there.await.map_err(fail)?.is_empty() {
        let make = include_str!("sql/ledger_make.sql").replace("$MARK", MARK);
        run(&mut connection, make).await.map_err(fail)?;
    }
    let digest = digest.replace('\'', "''");
    let note = format!("INSERT INTO trueup.copy_schema (digest) VALUES ('{digest}'); COMMIT");
    run(&mut connection, note).await.map_err(fail)?;
    let _ = sqlx::Connection::close(connection).await;
    Ok(())
}
