//! What `trueup.toml` may say. The JSON Schema and the check for unknown keys are both made from these types.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backfill::Backfill;
use super::copy::Copy;
use super::env::Env;
use super::guard::Guard;
use super::pins::{Pin, Pins};
use super::schema::Schema;
use super::survey::{Expected, Survey};
use super::vector::Vector;
use super::verify::Verify;
use super::zone::Zone;
use super::{Acl, Alembic, At, Day};
use crate::model::Mode;

/// `trueup.toml`: the declared expectations. Paths are relative to its folder.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Manifest {
    /// The versions of trueup that may read this manifest, such as `>=0.1`.
    pub requires: Option<At<String>>,
    /// What this repository is.
    pub project: Project,
    /// Live systems by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Env templates.
    pub env: Option<Env>,
    /// Chains of Alembic revisions.
    pub alembic: Vec<Alembic>,
    /// Authorization models and the tuples under them.
    pub acl: Vec<Acl>,
    /// Services that may reach and be given only some things.
    pub zone: Vec<Zone>,
    /// The boot contract that `trueup guard` holds an environment to.
    pub guard: Option<Guard>,
    /// One-shot SQL files.
    pub backfill: Vec<Backfill>,
    /// Where ids are looked for, and which go away when.
    pub pins: Option<Pins>,
    /// Ids that are one and the same everywhere.
    pub pin: Vec<Pin>,
    /// How source tables become target tables; read by every command that moves or compares rows.
    pub table: Vec<TableEntry>,
    /// Tables that are rightly left alone.
    pub skip: Vec<SkipEntry>,
    /// Columns of embeddings, and what they must hold.
    pub vector: Vec<Vector>,
    /// How `trueup copy` copies.
    pub copy: Copy,
    /// How `trueup verify` compares.
    pub verify: Verify,
    /// The schema that a live database is held to.
    pub schema: Option<Schema>,
    /// What `trueup survey` looks at, and what it should find.
    pub survey: Option<Survey>,
    /// Severity by rule id.
    pub rules: BTreeMap<At<String>, Level>,
    /// Findings that may stand.
    pub allow: Vec<AllowEntry>,
}

impl Manifest {
    /// Whether an endpoint is declared as a store of tuples.
    pub fn is_openfga(&self, name: &str) -> bool {
        self.endpoints.get(name).is_some_and(Endpoint::is_openfga)
    }

    /// Whether an endpoint is declared as a database.
    pub fn is_database(&self, name: &str) -> bool {
        self.endpoints.get(name).is_some_and(Endpoint::is_database)
    }
}

/// What this repository is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Project {
    /// A name for reports.
    pub name: Option<String>,
}

/// A live system.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What sort of system; else the URL says it.
    pub kind: Option<EndpointKind>,
    /// Where it is. `${NAME}` and `${NAME:?}` are read from the environment or from `.env` beside the manifest.
    pub url: At<String>,
    /// SQLite alone: promises that nobody has the file open for writing. Without a lock a reader of a file that is
    /// being written sees rows that were never committed.
    #[serde(default)]
    pub immutable: bool,
    /// What trueup may do there.
    #[serde(default)]
    pub access: Access,
    /// What it serves, such as `production` or `rehearsal`. What is `production` is never emptied.
    pub environment: Option<String>,
    /// OpenFGA alone: the id of the store.
    pub store: Option<At<String>>,
    /// OpenFGA alone: the id of the authorization model; the latest one without it.
    pub model: Option<At<String>>,
    /// Keycloak alone: the name of the realm.
    pub realm: Option<At<String>>,
    /// OpenFGA and Keycloak: the bearer token (preshared key), as `${NAME:?}`.
    pub token: Option<At<String>>,
    /// OpenFGA and Keycloak: the OAuth client that a token is asked for with.
    pub client: Option<OauthClient>,
}

impl Endpoint {
    /// Whether it is a store of tuples, and no database.
    pub fn is_openfga(&self) -> bool {
        self.kind == Some(EndpointKind::Openfga)
    }

    /// Whether it is a realm, and no database.
    pub fn is_keycloak(&self) -> bool {
        self.kind == Some(EndpointKind::Keycloak)
    }

    /// Whether it answers queries.
    pub fn is_database(&self) -> bool {
        !self.is_openfga() && !self.is_keycloak()
    }
}

/// An OAuth client that gets its tokens with its own credentials, or with those of a user.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthClient {
    /// The client's id.
    pub id: At<String>,
    /// Its secret, as `${NAME:?}`; a public client such as `admin-cli` has none.
    pub secret: Option<At<String>>,
    /// The user who signs in with it; without, the client itself enters.
    pub user: Option<At<String>>,
    /// Their password, as `${NAME:?}`.
    pub password: Option<At<String>>,
    /// Where tokens are had: the whole URL, such as `https://issuer.example/oauth/token`.
    pub token_url: At<String>,
    /// What the token is for, where the issuer asks that.
    pub audience: Option<At<String>>,
    /// The scopes, separated by blanks, where the issuer asks for them.
    pub scope: Option<At<String>>,
}

/// What trueup may do on an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Read.
    #[default]
    ReadOnly,
    /// Read, and write what `trueup copy run` copies.
    ReadWrite,
    /// Make databases of its own beside those that are there, and drop them again. Of the others it touches none.
    Scratch,
}

/// The sorts of systems that this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// A SQLite 3 file.
    Sqlite,
    /// A Postgres database.
    Postgres,
    /// A store of an OpenFGA server. Its `url` is the server's, over HTTP.
    Openfga,
    /// A realm of a Keycloak server, read over its Admin API. Its `url` is the server's, without `/realms` or `/admin`.
    Keycloak,
}

/// How a source table becomes a target table.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// The source table, in Postgres behind its schema unless that is `public`. `me_{slug}.notes` speaks for every table of
    /// such a name; `{slug}` may then stand in `to`, in conditions and in defaults.
    pub from: At<String>,
    /// The target table, when it has another name.
    pub to: Option<At<String>>,
    /// Source column to target column, for those with another name.
    #[serde(default)]
    pub rename: BTreeMap<At<String>, At<String>>,
    /// Source columns that the target rightly lacks.
    #[serde(default)]
    pub drop: Vec<At<String>>,
    /// Target column to the value it has where the source has no such column or NULL in it.
    #[serde(default)]
    pub default: BTreeMap<At<String>, Scalar>,
    /// Target column to the SQL expression over a source row that it holds, in the words of the source's database.
    #[serde(default)]
    pub compute: BTreeMap<At<String>, At<String>>,
    /// Target columns that the target itself writes.
    #[serde(default)]
    pub target_owned: Vec<At<String>>,
    /// An SQL condition: the source rows that were to be moved.
    #[serde(rename = "where")]
    pub filter: Option<At<String>>,
    /// An SQL condition: the target rows that this mapping speaks for.
    pub target_where: Option<At<String>>,
    /// Target columns that identify a row, when that is not the primary key.
    #[serde(default)]
    pub key: Vec<At<String>>,
    /// What an empty source table means.
    pub if_empty: Option<IfEmpty>,
    /// How many rows the target must have of it, whatever the source has; of the tables of a pattern, together.
    #[serde(skip_serializing)]
    pub rows: Option<At<Expected>>,
    /// Strict or semantic, when not as the rest.
    pub mode: Option<Mode>,
}

/// What an empty source table means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IfEmpty {
    /// Nothing to move: the target need not have the table.
    Skip,
}

/// A plain value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false; SQLite keeps it as 1 or 0.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(truth) => truth.fmt(out),
            Self::Int(number) => number.fmt(out),
            Self::Real(number) => number.fmt(out),
            Self::Text(text) => text.fmt(out),
        }
    }
}

/// Tables that are rightly left alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipEntry {
    /// A glob of table names.
    pub table: At<String>,
    /// Why.
    pub reason: At<String>,
    /// One side alone, else both.
    pub side: Option<Side>,
}

/// One of the two sides of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Where the data comes from.
    Source,
    /// Where it goes.
    Target,
}

/// How keys are printed; they are often personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// As they are.
    #[default]
    Plain,
    /// The first 12 hex digits of their SHA-256.
    Hashed,
    /// Not at all.
    Hidden,
}

impl Keys {
    /// The word for it in a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Hashed => "hashed",
            Self::Hidden => "hidden",
        }
    }
}

/// The severity of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Not judged, and reported as skipped.
    Off,
    /// Findings warn.
    Warn,
    /// Findings fail.
    Error,
}

/// Findings that may stand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowEntry {
    /// The rule.
    pub rule: At<String>,
    /// A glob of objects: a path relative to the manifest, a table. Without it, all.
    pub on: Option<At<String>>,
    /// A glob of what the finding is about: a key, a column. Without it, anything.
    pub about: Option<At<String>>,
    /// Why it may stand.
    pub reason: At<String>,
    /// The last day on which it may, `YYYY-MM-DD`, with quotes or without.
    pub expires: Option<At<Day>>,
}
