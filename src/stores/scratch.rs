//! A database that trueup made for itself, whatever the system, and programs of the project's own that work on it.
use std::time::Duration;

use super::endpoint::Address;
use super::environment::variables;
use super::postgres::{self, Postgres};
use super::process::{Said, Surroundings, ask_in};
use super::rows::Catalog;
use super::sqlite::{ScratchFile, Sqlite};
use crate::model::schema::Schema;
use crate::model::{Cause, Hidden};
use crate::rules::guard::Masks;

/// A database that this process made, and that it drops again.
pub enum Scratch {
    /// On a server that was declared for it.
    Postgres(Box<postgres::Scratch>),
    /// A file in the system's folder for temporary ones.
    Sqlite(ScratchFile),
}

/// A declared program that works on a scratch database. There is no shell in between unless one is declared.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// The folder that it starts in.
    pub folder: String,
    /// The variable in which it finds the database's URL.
    pub variable: String,
    /// What that URL begins with, such as `postgresql+asyncpg`; without it the system's own word.
    pub scheme: Option<String>,
    /// Variables that it needs besides.
    pub environment: Vec<(String, String)>,
    /// How long it may take.
    pub patience: Duration,
}

impl Scratch {
    /// Makes an empty database on a server, or without one a file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn create(server: Option<&Address>) -> Result<Self, Cause> {
        match server {
            Some(Address::Postgres(url)) => {
                Ok(Self::Postgres(Box::new(postgres::Scratch::create(url).await?)))
            }
            Some(Address::Sqlite(_)) | None => Ok(Self::Sqlite(ScratchFile::create("").await?)),
        }
    }

    /// Runs a SQL script in it.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn load(&self, script: &str) -> Result<(), Cause> {
        match self {
            Self::Postgres(scratch) => scratch.load(script).await,
            Self::Sqlite(scratch) => scratch.load(script).await,
        }
    }

    /// Where it is.
    pub fn address(&self) -> Address {
        match self {
            Self::Postgres(scratch) => Address::Postgres(Box::new(scratch.url())),
            Self::Sqlite(scratch) => Address::Sqlite(scratch.file().clone()),
        }
    }

    /// Its URL as an application would be given it, beginning with `scheme` where that is one of its system, else with the
    /// system's own word.
    pub fn url(&self, scheme: Option<&str>) -> Hidden {
        let of = |systems: &[&str]| {
            scheme.filter(|scheme| systems.contains(&scheme.split('+').next().unwrap_or_default()))
        };
        match self {
            Self::Postgres(scratch) => {
                scratch.url().spelled(of(&["postgresql", "postgres"]).unwrap_or("postgresql"))
            }
            Self::Sqlite(scratch) => Hidden::new(scratch.spelled(of(&["sqlite"]).unwrap_or("sqlite"))),
        }
    }

    /// Its schema as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn schema(&self) -> Result<Schema, Cause> {
        match self {
            Self::Postgres(scratch) => Postgres::open(&scratch.url()).await?.schema().await,
            Self::Sqlite(scratch) => Sqlite::open(scratch.file()).await?.schema().await,
        }
    }

    /// Runs a program on it, with `more` arguments, and waits for its end. The program gets this process's environment
    /// without any variable that names another database, so that it cannot take the wrong one for the right one.
    ///
    /// # Errors
    /// When it could not be run, took too long, or ended with another code than 0; then its last words are told, without
    /// the URL's secrets.
    pub async fn run(&self, program: &Program, more: &[&str]) -> Result<Said, Cause> {
        let url = self.url(program.scheme.as_deref());
        let own = if let Self::Postgres(scratch) = self { scratch.url().variables() } else { Vec::new() };
        let (around, masks) = program.surroundings(Some(url), own);
        let command: Vec<String> =
            program.run.iter().cloned().chain(more.iter().map(|&word| word.to_owned())).collect();
        let patience = program.patience;
        let asked = tokio::task::spawn_blocking(move || ask_in(&around, &command, patience)).await;
        let mut said = asked.map_err(|_| Cause::new("the program could not be waited for"))??;
        said.stdout = masks.mask(&said.stdout);
        said.stderr = masks.mask(&said.stderr);
        if said.code == 0 { Ok(said) } else { Err(failed(program, more, &said)) }
    }

    /// Drops it.
    ///
    /// # Errors
    /// When the server does not let go of it; the message names it.
    pub async fn remove(self) -> Result<(), Cause> {
        match self {
            Self::Postgres(scratch) => scratch.remove().await,
            Self::Sqlite(_) => Ok(()),
        }
    }
}

impl Program {
    /// This process's environment without what names another database, with the program's own variables and the URL that it is
    /// given; and what masks those of them that are secret in what it says.
    pub(super) fn surroundings(
        &self,
        url: Option<Hidden>,
        own: Vec<(String, Hidden)>,
    ) -> (Surroundings, Masks) {
        let all = variables();
        let names_database =
            |(name, value): &&(String, String)| WHERE.contains(&name.as_str()) || is_database(value);
        let masks = Masks::new(
            all.iter()
                .map(|(_, value)| value.as_str())
                .filter(|value| is_database(value))
                .chain(self.environment.iter().map(|(_, value)| value.as_str()))
                .chain(url.iter().map(Hidden::reveal)),
        );
        let mut with = own;
        with.extend(self.environment.iter().map(|(name, value)| (name.clone(), Hidden::new(value))));
        with.extend(url.map(|url| (self.variable.clone(), url)));
        let around = Surroundings {
            folder: Some(self.folder.clone()).filter(|folder| !folder.is_empty()),
            without: all.iter().filter(names_database).map(|(name, _)| name.clone()).collect(),
            with,
        };
        (around, masks)
    }
}

/// Variables by which `libpq` finds a database that no URL names.
const WHERE: &[&str] =
    &["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE", "PGSERVICEFILE"];

/// Systems whose URLs a program may take for that of its database.
const DATABASES: &[&str] =
    &["postgres", "postgresql", "sqlite", "mysql", "mariadb", "mssql", "oracle", "cockroachdb"];

fn is_database(value: &str) -> bool {
    let scheme = value.trim().split_once("://").map_or("", |(scheme, _)| scheme);
    DATABASES.contains(&scheme.split('+').next().unwrap_or_default())
}

/// Longer lines are cut: some programs repeat a whole statement in one.
const WIDTH: usize = 240;

/// The line that says what went wrong: the last one that an exception or `FAILED` begins, else the last.
fn telling(lines: &[&str]) -> Option<String> {
    let begins = |line: &&&str| {
        let word = line.split_once(':').map_or("", |(word, _)| word);
        let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        is_name && ["Error", "Exception", "Exit", "FAILED"].iter().any(|end| word.ends_with(end))
    };
    let line = lines.iter().rev().find(begins).or(lines.last())?;
    let cut: String = line.chars().take(WIDTH).collect();
    Some(if cut.len() < line.len() { cut + "..." } else { cut })
}

/// So many lines of what a program said last are told.
const LINES: usize = 8;

pub(super) fn failed(program: &Program, more: &[&str], said: &Said) -> Cause {
    let name = program.run.first().map_or("", String::as_str);
    let words: Vec<&str> = [name].into_iter().chain(more.iter().copied()).collect();
    let spoken = if said.stderr.trim().is_empty() { &said.stdout } else { &said.stderr };
    let lines: Vec<&str> = spoken.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    let why = telling(&lines).map_or(String::new(), |line| format!(": {line}"));
    let cause = Cause::new(format!("`{}` ended with {}{why}", words.join(" "), said.code));
    if last.is_empty() {
        cause.hint("it said nothing; run it by hand on an empty database")
    } else {
        cause.hint(format!("it said: {}", last.join(" | ")))
    }
}
