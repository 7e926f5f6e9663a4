//! Databases that trueup makes for itself on a server that was declared for it, and drops again.
use std::hash::{BuildHasher, Hasher};

use sqlx::Connection;

use super::{Fail, PostgresUrl, connect, run, said};
use crate::model::Cause;

/// A database that this process made. Only such a one can be dropped, because nothing else makes this value.
#[derive(Debug)]
pub struct Scratch {
    server: PostgresUrl,
    name: String,
}

impl Scratch {
    /// Makes an empty database with a name that nobody has.
    ///
    /// # Errors
    /// When the server cannot be reached, or the role may not make databases.
    pub async fn create(server: &PostgresUrl) -> Result<Self, Cause> {
        let random = std::hash::RandomState::new().build_hasher().finish();
        let scratch = Self { server: server.clone(), name: format!("trueup_scratch_{random:016x}") };
        let mut connection = connect(server).await?;
        // It fails when there is one of that name: never is a database taken that was there before.
        let made = run(&mut connection, format!("CREATE DATABASE {} TEMPLATE template0", scratch.name)).await;
        made.map_err(|error| Fail::Scratch(said(&error)))?;
        let _ = connection.close().await;
        Ok(scratch)
    }

    /// Its name on that server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn url(&self) -> PostgresUrl {
        self.server.with_database(&self.name)
    }

    /// Runs a script in it. Of `psql`'s own commands only those are passed over that `pg_dump` writes around its output.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn load(&self, script: &str) -> Result<(), Cause> {
        let fence = |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
        let script: Vec<&str> = script.lines().filter(fence).collect();
        let mut connection = connect(&self.url()).await?;
        let loaded = run(&mut connection, script.join("\n")).await;
        let _ = connection.close().await;
        loaded.map_err(|error| Fail::Load(said(&error)).into())
    }

    /// Drops it, whoever is still connected.
    ///
    /// # Errors
    /// When the server does not let go of it; the message names it.
    pub async fn remove(self) -> Result<(), Cause> {
        let mut connection = connect(&self.server).await?;
        let dropped = run(&mut connection, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        let _ = connection.close().await;
        dropped.map_err(|error| {
            Cause::new(format!("the scratch database {} is left behind: {}", self.name, said(&error)))
                .hint("drop it by hand")
        })
    }
}
