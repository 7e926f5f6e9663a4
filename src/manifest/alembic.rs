//! `[[alembic]]`: chains of migrations, and what is expected of them.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Command, Precondition, Seed};

/// A chain of Alembic revisions.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one expectation that a manifest may state")]
pub struct Alembic {
    /// A name for it.
    pub name: At<String>,
    /// Its configuration: `alembic.ini`, or a `pyproject.toml` with `[tool.alembic]`.
    pub ini: At<String>,
    /// The section of the ini file, as `alembic --name` takes it; `alembic` without it.
    pub section: Option<At<String>>,
    /// The folder that Alembic is started in, for paths relative to it. Without it, the configuration's own folder, else
    /// the nearest one above in which the path exists.
    pub run_in: Option<At<String>>,
    /// The script folder, where only code says it.
    pub script_location: Option<At<String>>,
    /// The folders of the revisions, where only code says them.
    #[serde(default)]
    pub version_locations: Vec<At<String>>,
    /// The id that its one head should have.
    pub head: Option<At<String>>,
    /// Whether `trueup.lock` must be there: without it nobody knows what is applied.
    #[serde(default)]
    pub locked: bool,
    /// Whether branches and merges are mistakes.
    #[serde(default)]
    pub linear: bool,
    /// Whether ids are consecutive numbers, so that a listing of the folder shows the order of the chain.
    #[serde(default)]
    pub numbered: bool,
    /// Whether a listing of the folder shows the order of the chain, whatever the ids: where names begin with a day.
    #[serde(default)]
    pub listed_in_order: bool,
    /// Whether each revision must look before it creates or drops anything, so that it can be run again.
    #[serde(default)]
    pub idempotent: bool,
    /// Whether each draft of autogenerate must be edited by hand.
    #[serde(default)]
    pub hand_edited: bool,
    /// Whether `env.py` must have autogenerate compare types and server defaults.
    #[serde(default)]
    pub compare: bool,
    /// Whether upgrading is a step of its own, so that nothing may upgrade when it starts.
    #[serde(default)]
    pub explicit_upgrade: bool,
    /// Globs of application code, which must leave the schema to the chain.
    #[serde(default)]
    pub code: Vec<At<String>>,
    /// Ids of revisions whose `upgrade()` is rightly empty.
    #[serde(default)]
    pub baseline: Vec<At<String>>,
    /// A squash and the ids that it stands for: those are gone on purpose.
    #[serde(default)]
    pub replaces: BTreeMap<At<String>, Vec<At<String>>>,
    /// How many characters an id may have: the width of `alembic_version.version_num`, 32 without it.
    pub id_width: Option<At<usize>>,
    /// The endpoint of the live database that the chain is applied to.
    pub endpoint: Option<At<String>>,
    /// The table in which Alembic keeps what is applied; `alembic_version` without it.
    pub version_table: Option<At<String>>,
    /// The Postgres schema of that table; the one that the role finds first without it.
    pub version_table_schema: Option<At<String>>,
    /// The project's own Alembic, to run the chain on a scratch database: the program alone, such as
    /// `run = ["alembic"]`, for words like `upgrade 0010` follow.
    pub command: Option<Command>,
    /// What a scratch database is given before the chain runs on it, where the chain does not begin with nothing.
    pub seed: Option<Seed>,
    /// The revision that the seed is stamped with.
    pub stamp: Option<At<String>>,
    /// Where scratch databases are made for `trueup lint alembic --round-trip`: an endpoint with `access = "scratch"`.
    /// Without it, a SQLite file that goes again.
    pub scratch: Option<At<String>>,
    /// Ids of revisions that rightly change no schema.
    #[serde(default)]
    pub data_only: Vec<At<String>>,
    /// What must hold of the data before revisions run.
    #[serde(default)]
    pub precondition: Vec<Precondition>,
}
