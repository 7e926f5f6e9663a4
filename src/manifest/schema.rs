//! `[schema]`: the schema that a live database is held to.
use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Command, Patterns};

/// The schema that a live database is held to. Judged by `trueup lint schema`, and by `trueup lint --live`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The endpoint that is judged.
    pub live: At<String>,
    /// What it is held to: exactly one thing, never inferred.
    pub expect: Expect,
    /// Globs of the Postgres schemas that are compared; without them all but the server's own.
    #[serde(default)]
    pub schemas: Vec<At<String>>,
    /// Whether the names of constraints and indexes count.
    #[serde(default = "yes")]
    pub names: bool,
    /// Types that mean the same here, expected to live, such as `"json" = "jsonb"`; one may stand for several. Between two systems
    /// what is declared of a type stands instead of what trueup takes for the same.
    #[serde(default)]
    pub types: BTreeMap<String, Patterns>,
    /// What may differ.
    #[serde(default)]
    pub ignore: Vec<IgnoreEntry>,
}

fn yes() -> bool {
    true
}

/// What a live schema is held to: one of these.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Another endpoint.
    pub endpoint: Option<At<String>>,
    /// A snapshot that `trueup fingerprint --schema` saved.
    pub snapshot: Option<At<String>>,
    /// A SQL file that builds it in an empty database.
    pub sql: Option<At<String>>,
    /// The revision that the snapshot or the SQL file is of, where it does not say so itself.
    pub revision: Option<At<String>>,
    /// A chain by its name: what its own `command` makes in an empty database, up to what the live one has applied.
    pub chain: Option<At<String>>,
    /// A program that builds it in an empty database, such as one that calls `create_all`.
    pub command: Option<Command>,
    /// Where that database is made, when it is one of Postgres: an endpoint with `access = "scratch"`. Without it, a SQLite
    /// file that goes again.
    pub scratch: Option<At<String>>,
}

impl Expect {
    /// Where every expectation stands that is declared.
    pub fn all(&self) -> Vec<Option<Range<usize>>> {
        let named = [&self.endpoint, &self.snapshot, &self.sql, &self.chain].into_iter().flatten();
        named.map(At::range).chain(self.command.iter().map(|command| command.run.range())).collect()
    }
}

/// Something that may differ.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreEntry {
    /// A glob of objects and their parts: `users`, `users.email`, `users: ix_email`, `audit.*`.
    pub object: At<String>,
    /// Why.
    pub reason: At<String>,
}
