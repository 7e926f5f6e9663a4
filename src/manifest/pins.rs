//! `[pins]` and `[[pin]]`: ids that are one and the same everywhere, and ids with a day of removal.
use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::DeTable;

use super::{At, Day, Mistake, day, shape, syntax};

/// Where ids are looked for, and which go away when.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pins {
    /// Globs of the files that ids stand in: `*` stays inside a folder, `**` crosses folders. A pin may name its own.
    pub files: Vec<At<String>>,
    /// Globs of ids: every id of such a form is listed by a pin or a removal.
    pub families: Vec<At<String>>,
    /// Files of removals, which several repositories may share.
    pub calendars: Vec<At<String>>,
    /// Ids that go away.
    pub removal: Vec<Removal>,
}

/// An id that is one and the same everywhere.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What it is the id of.
    pub name: At<String>,
    /// The id.
    pub value: At<String>,
    /// Globs of the keys that hold it: variables, fields, arguments.
    pub keys: Vec<At<String>>,
    /// What may stand before the id, such as `google-gla:`.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Globs of the files that it stands in; without them, those of `[pins]`.
    #[serde(default)]
    pub files: Vec<At<String>>,
    /// The id to go back to when this one fails.
    pub rollback: Option<At<String>>,
}

/// Ids that go away on a day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Removal {
    /// The ids.
    pub ids: Vec<At<String>>,
    /// The first day without them, `YYYY-MM-DD`, with quotes or without.
    pub removed: At<Day>,
    /// The id to use instead.
    pub replacement: Option<At<String>>,
}

/// A file of removals.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// Its removals.
    pub removal: Vec<Removal>,
}

impl Calendar {
    /// Reads a calendar.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.iter().map(syntax).collect());
        }
        let mistakes = shape::mistakes(schemars::schema_for!(Self).as_value(), &table);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let calendar: Self = toml::from_str(text).map_err(|error| vec![syntax(&error)])?;
        let mistakes: Vec<_> =
            calendar.removal.iter().filter_map(|removal| day::mistake(&removal.removed)).collect();
        if mistakes.is_empty() { Ok(calendar) } else { Err(mistakes) }
    }
}
