//! Days, which TOML can write with quotes and without.
use std::borrow::Cow;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use toml::value::Datetime;

use super::{At, Mistake, date};

/// A day as it was written, `2027-01-31`; [`mistake()`] says whether it is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day(String);

impl Deref for Day {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Day {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Quoted(String),
            Bare(Datetime),
        }
        Ok(Self(match Written::deserialize(source)? {
            Written::Quoted(text) => text,
            Written::Bare(day) => day.to_string(),
        }))
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// What is wrong with a day.
pub(super) fn mistake(day: &At<Day>) -> Option<Mistake> {
    date(day).is_none().then(|| Mistake {
        range: day.range().unwrap_or_default(),
        message: format!("`{}` is no date", &***day),
        help: Some("write it as 2027-01-31".to_owned()),
    })
}
