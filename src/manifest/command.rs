//! Programs of the project's own that build or move a schema in a scratch database.
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard::patience;
use super::{At, Mistake};

/// A program of the project's own that works on a scratch database. It is run without a shell, in this process's environment
/// without the variables that name another database.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The program and its arguments.
    pub run: At<Vec<String>>,
    /// The folder that it is started in; the manifest's own without it.
    pub run_in: Option<At<String>>,
    /// The environment variable in which it is given the database's URL; `DATABASE_URL` without it.
    pub variable: Option<At<String>>,
    /// What that URL begins with, such as `postgresql+asyncpg`; `postgresql` or `sqlite` without it, and where it is of
    /// the other system.
    pub scheme: Option<At<String>>,
    /// Variables that it needs besides. `${NAME}` and `${NAME:?}` are read as in an endpoint's `url`.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How long it may take, such as `90s`; five minutes without it.
    pub timeout: Option<At<String>>,
}

/// What a database is given before a chain runs on it: one of these.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// A SQL file.
    pub sql: Option<At<String>>,
    /// A program.
    pub command: Option<Command>,
}

impl Command {
    /// The variable in which it is given the URL.
    pub fn variable(&self) -> &str {
        self.variable.as_ref().map_or("DATABASE_URL", |name| name.as_str())
    }

    /// How long it may take.
    pub fn patience(&self) -> Duration {
        self.timeout.as_ref().and_then(|text| patience(text)).unwrap_or(Duration::from_mins(5))
    }

    /// What its shape cannot say.
    pub(super) fn mistakes(&self, found: &mut Vec<Mistake>) {
        let mut say = |range: Option<std::ops::Range<usize>>, message: String, help: &str| {
            found.push(Mistake { range: range.unwrap_or_default(), message, help: Some(help.to_owned()) });
        };
        if self.run.first().is_none_or(|program| program.trim().is_empty()) {
            let help = "write the program and its arguments as a list";
            say(self.run.range(), "`run` names no program".into(), help);
        }
        if let Some(timeout) = self.timeout.as_ref().filter(|text| patience(text).is_none()) {
            say(timeout.range(), format!("`{}` is no duration", **timeout), "write it as \"60s\" or \"2m\"");
        }
        let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
        if let Some(variable) = self.variable.as_ref().filter(|name| !is_name(name)) {
            say(variable.range(), "this is no name of a variable".into(), "name one, such as DATABASE_URL");
        }
        let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c));
        if let Some(scheme) = self.scheme.as_ref().filter(|text| text.is_empty() || !is_scheme(text)) {
            let help = "write what stands before `://`, such as \"postgresql+psycopg2\"";
            say(scheme.range(), format!("`{}` begins no URL", **scheme), help);
        }
    }
}
