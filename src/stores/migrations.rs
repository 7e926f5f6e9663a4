//! The project's own Alembic, run on a scratch database.
use std::hash::{BuildHasher, Hasher, RandomState};

use super::endpoint::Address;
use super::files;
use super::postgres::Postgres;
use super::scratch::{Program, Scratch};
use super::sqlite::Sqlite;
use crate::model::Cause;
use crate::model::schema::VersionTable;

/// How a project runs its own Alembic, and what a database is given before.
#[derive(Debug, Clone)]
pub struct Migrations {
    /// The program; Alembic's words follow its own arguments.
    pub program: Program,
    /// What a database is given first.
    pub seed: Option<Seed>,
    /// The revision that the seed is stamped with.
    pub stamp: Option<String>,
    /// Where what is applied is kept.
    pub table: VersionTable,
}

/// What a database is given before a chain runs on it.
#[derive(Debug, Clone)]
pub enum Seed {
    /// A SQL file, by its path.
    Sql(String),
    /// A program.
    Program(Program),
}

impl Migrations {
    /// Gives an empty database what is declared, and stamps it. `elsewhere` are revisions of another database: the
    /// program that tells one of them of an empty database does not look at that one, and is not let loose.
    ///
    /// # Errors
    /// When the program fails, or looks at another database.
    pub async fn begin(&self, scratch: &Scratch, elsewhere: &[String]) -> Result<(), Cause> {
        let current = scratch.run(&self.program, &["current"]).await?;
        let mut words = current.stdout.split_whitespace();
        if words.any(|word| elsewhere.iter().any(|id| id == word)) {
            let variable = &self.program.variable;
            let cause =
                Cause::new("the chain's command looks at another database than the one that it was given");
            return Err(cause.hint(format!("it is given the URL in {variable}; declare its `variable`")));
        }
        match &self.seed {
            Some(Seed::Sql(path)) => scratch.load(&files::needed(path)?).await?,
            Some(Seed::Program(program)) => drop(scratch.run(program, &[]).await?),
            None => {}
        }
        if let Some(stamp) = &self.stamp {
            scratch.run(&self.program, &["stamp", stamp]).await?;
            self.landed(scratch, std::slice::from_ref(stamp)).await?;
        }
        Ok(())
    }

    /// Has the program say where it looks, before it may write anything: what an empty database is marked with, it must
    /// tell. A program that looks elsewhere would change a database that is none of ours.
    ///
    /// # Errors
    /// When it tells something else, or cannot be run.
    pub async fn looks_at(&self, scratch: &Scratch) -> Result<(), Cause> {
        let marker = format!("trueup{:016x}", RandomState::new().build_hasher().finish());
        let (table, schema) = (self.table_name(scratch), self.table.namespace.as_deref().map(quoted));
        let schema = schema.filter(|_| matches!(scratch, Scratch::Postgres(_)));
        let make =
            schema.as_ref().map_or(String::new(), |schema| format!("CREATE SCHEMA IF NOT EXISTS {schema};"));
        let columns = "version_num varchar(32) NOT NULL PRIMARY KEY";
        scratch
            .load(&format!(
                "{make} CREATE TABLE {table} ({columns}); INSERT INTO {table} VALUES ('{marker}')"
            ))
            .await?;
        // No file has such a revision, and Alembic says so.
        let said = match scratch.run(&self.program, &["current"]).await {
            Ok(said) => format!("{}\n{}", said.stdout, said.stderr),
            Err(Cause { message, hint }) => format!("{message}; {}", hint.unwrap_or_default()),
        };
        // Alembic makes its table before any revision runs, and no schema for it: without a seed nobody else would.
        let unmake = schema.filter(|schema| schema != "\"public\"" && self.seed.is_some());
        let unmake = unmake.map_or(String::new(), |schema| format!("DROP SCHEMA {schema}"));
        scratch.load(&format!("DROP TABLE {table}; {unmake}")).await?;
        if said.contains(&marker) {
            return Ok(());
        }
        let message = "the chain's command does not tell what the scratch database was marked with, so it is not let loose";
        let variable = &self.program.variable;
        Err(Cause::new(message).hint(format!(
            "does `env.py` read the URL from {variable}, and keep its place in `{}`? `current` said: {}",
            self.table.name,
            said.split_whitespace().collect::<Vec<_>>().join(" ")
        )))
    }

    fn table_name(&self, scratch: &Scratch) -> String {
        let name = quoted(&self.table.name);
        match (scratch, &self.table.namespace) {
            (Scratch::Postgres(_), Some(schema)) => format!("{}.{name}", quoted(schema)),
            _ => name,
        }
    }

    /// Has the database name these revisions, whatever its schema holds.
    ///
    /// # Errors
    /// When its version table cannot be written.
    pub async fn name(&self, scratch: &Scratch, rows: &[String]) -> Result<(), Cause> {
        let table = self.table_name(scratch);
        let insert = |id: &String| format!("INSERT INTO {table} VALUES ('{}')", id.replace('\'', "''"));
        let mut script = vec![format!("DELETE FROM {table}")];
        script.extend(rows.iter().map(insert));
        scratch.load(&script.join(";\n")).await
    }

    /// Downgrades to a revision, or to `base`.
    ///
    /// # Errors
    /// When the program fails.
    pub async fn downgrade(&self, scratch: &Scratch, to: &str) -> Result<(), Cause> {
        scratch.run(&self.program, &["downgrade", to]).await.map(drop)
    }

    /// Upgrades to a revision, or to `heads`.
    ///
    /// # Errors
    /// When the program fails.
    pub async fn upgrade(&self, scratch: &Scratch, to: &str) -> Result<(), Cause> {
        scratch.run(&self.program, &["upgrade", to]).await.map(drop)
    }

    /// Holds the database to what should be applied now.
    ///
    /// # Errors
    /// When something else is, or nothing.
    pub async fn landed(&self, scratch: &Scratch, on: &[String]) -> Result<(), Cause> {
        let applied = applied(&scratch.address(), &self.table).await?;
        let list = |all: &[String]| if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
        if applied.as_deref() == Some(on) {
            return Ok(());
        }
        let is = applied.map_or_else(|| "no revision".to_owned(), |applied| list(&applied));
        let message =
            format!("the chain's command left the scratch database with {is}, expected {}", list(on));
        let variable = &self.program.variable;
        let hint = format!("does it read the URL from {variable}, and is `version_table` the right one?");
        Err(Cause::new(message).hint(hint))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The ids of the revisions that a database has, sorted; `None` where it has no such table.
///
/// # Errors
/// When it cannot be read.
pub async fn applied(at: &Address, table: &VersionTable) -> Result<Option<Vec<String>>, Cause> {
    match at {
        Address::Postgres(url) => Postgres::open(url).await?.applied(table).await,
        Address::Sqlite(file) => Sqlite::open(file).await?.applied(table).await,
    }
}
