//! `[[alembic.precondition]]`: what must hold of the data before a revision runs.
use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Mistake, Scalar};

/// What must hold of the data before a revision runs. It is asked only while that revision is still to run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Precondition {
    /// The id of the revision.
    pub revision: At<String>,
    /// The table of a column that is looked at.
    pub table: Option<At<String>>,
    /// That column.
    pub column: Option<At<String>>,
    /// A query that is asked instead.
    pub sql: Option<At<String>>,
    /// Of a column `all null`, `no null` or `iso-8601`; of a query `no rows`, or the value of its one column and row.
    pub expect: At<Scalar>,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// Every value of the column is NULL.
    AllNull,
    /// None is.
    NoNull,
    /// Every value that is not NULL is a date, with or without a time and an offset, as ISO 8601 writes it.
    Iso8601,
    /// The query has no row.
    NoRows,
    /// The query has this one value.
    Value(String),
}

impl Precondition {
    /// What is asked, in words: `messages.event`, or the query.
    pub fn on(&self) -> String {
        match (&self.table, &self.column, &self.sql) {
            (Some(table), Some(column), _) => format!("{}.{}", **table, **column),
            (.., Some(sql)) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
            _ => String::new(),
        }
    }

    /// What is expected; `None` where that does not go with what is asked.
    pub fn expectation(&self) -> Option<Expectation> {
        let text = match &*self.expect {
            Scalar::Text(text) => text.clone(),
            Scalar::Bool(truth) => truth.to_string(),
            Scalar::Int(number) => number.to_string(),
            Scalar::Real(number) => number.to_string(),
        };
        match (&self.table, &self.column, &self.sql) {
            (Some(_), Some(_), None) => match text.as_str() {
                "all null" => Some(Expectation::AllNull),
                "no null" => Some(Expectation::NoNull),
                "iso-8601" => Some(Expectation::Iso8601),
                _ => None,
            },
            (None, None, Some(_)) if text == "no rows" => Some(Expectation::NoRows),
            (None, None, Some(_)) => Some(Expectation::Value(text)),
            _ => None,
        }
    }

    pub(super) fn mistake(&self) -> Option<Mistake> {
        if self.expectation().is_some() {
            return None;
        }
        let message = "this says neither what to ask nor what to expect of it".to_owned();
        let help = "write `table` and `column` with \"all null\", \"no null\" or \"iso-8601\", or `sql` with \"no rows\" or a value";
        Some(Mistake { range: self.expect.range().unwrap_or_default(), message, help: Some(help.to_owned()) })
    }
}
