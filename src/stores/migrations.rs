//! The project's own Alembic, run on a scratch database.
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
