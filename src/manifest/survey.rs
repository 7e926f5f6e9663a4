//! `[survey]`: what `trueup survey` looks at, and what it should find.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::{mistake, once};
use super::{At, Manifest, Mistake, Quantity, Scalar, condition, glob};
use crate::model::survey::Wanted;

/// What `trueup survey` looks at, and what it should find. Without any of it a survey tells what there is.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Survey {
    /// The endpoints that are surveyed; without them all that are declared, but those for scratch databases and stores of tuples.
    pub endpoints: Vec<At<String>>,
    /// Endpoints that must be on clusters of their own, each.
    pub distinct_clusters: Vec<At<String>>,
    /// Tables up to this size are counted and looked through; of larger ones the server's estimate is told.
    pub exact_below: At<String>,
    /// How long one statement may take.
    pub statement_timeout: At<String>,
    /// A transaction that has been open for longer is reported.
    pub long_transaction: At<String>,
    /// Tables, and what they should hold.
    pub table: Vec<SurveyTable>,
    /// References that must hold, also where no foreign key says so.
    pub reference: Vec<SurveyReference>,
    /// Questions, and what they should answer.
    pub expect: Vec<SurveyExpect>,
    /// What an estimate reckons with.
    pub estimate: SurveyEstimate,
}

impl Default for Survey {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            distinct_clusters: Vec::new(),
            exact_below: "1GiB".to_owned().into(),
            statement_timeout: "120s".to_owned().into(),
            long_transaction: "5min".to_owned().into(),
            table: Vec::new(),
            reference: Vec::new(),
            expect: Vec::new(),
            estimate: SurveyEstimate::default(),
        }
    }
}

/// A table, or several with one glob, such as `me_*.memory` for one schema per customer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyTable {
    /// The endpoint that has it; without it, each surveyed one.
    pub endpoint: Option<At<String>>,
    /// Its name, with the schema where that is not `public`; may be a glob.
    pub table: At<String>,
    /// Columns that identify a row: duplicates and NULLs in them are found.
    #[serde(default)]
    pub key: Vec<At<String>>,
    /// Columns whose smallest and largest values are told, with `--show-values` when they are no numbers or times.
    #[serde(default)]
    pub range: Vec<At<String>>,
    /// How many rows; of several tables, together.
    pub rows: Option<At<Expected>>,
    /// How many rows each of several tables has.
    pub rows_each: Option<At<Expected>>,
    /// How many dimensions the vectors of a column have, each of them.
    #[serde(default)]
    pub dimensions: BTreeMap<At<String>, u32>,
    /// For an estimate: how many times as many rows there will be.
    pub scale: Option<At<u32>>,
}

/// A reference that must hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyReference {
    /// The endpoint; without it, each surveyed one.
    pub endpoint: Option<At<String>>,
    /// The table that refers; may be a glob.
    pub table: At<String>,
    /// Its columns. One that is an array refers with each of its elements.
    pub columns: Vec<At<String>>,
    /// Where in the JSON document of the one column the values are, such as `$.tags[*].id`.
    pub path: Option<At<String>>,
    /// The table that is referred to. Without a schema it is in that of the other table.
    pub to: At<String>,
    /// Its columns; without them its primary key.
    #[serde(default)]
    pub to_columns: Vec<At<String>>,
}

/// A question and its answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyExpect {
    /// What is asked for, such as `identities`.
    pub name: At<String>,
    /// The endpoint; without it, each surveyed one.
    pub endpoint: Option<At<String>>,
    /// One query, in the endpoint's own SQL.
    pub sql: Option<At<String>>,
    /// Instead of a query: something that every survey tells.
    pub fact: Option<At<Fact>>,
    /// A glob of schemas: the query is asked for each of them, `{schema}` in it being the schema's name.
    pub schemas: Option<At<String>>,
    /// What it should answer: a value, `no rows`, or a range; for several schemas, the sum.
    pub expect: Option<At<Expected>>,
    /// What it should answer for each schema.
    pub each: Option<At<Expected>>,
}

/// What a survey tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// Connections of clients other than ours.
    Connections,
    /// Connected replicas.
    Replicas,
    /// Locks that somebody waits for.
    WaitingLocks,
    /// Tables on which others hold locks that keep readers or writers out.
    StrongLocks,
    /// Whether our role could write anything, were the transaction not read-only: 0 or 1.
    MayWrite,
    /// Tables that our role cannot read all rows of.
    Unreadable,
    /// Bytes of the database.
    DatabaseBytes,
}

/// What is expected: a value, a range or a list.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Expected {
    /// This value; the text `no rows` says that there is none.
    Is(Scalar),
    /// Rows of one value each: these, in any order.
    These(Vec<Scalar>),
    /// A number within limits.
    Between(Limits),
}

impl From<&Expected> for Wanted {
    fn from(expected: &Expected) -> Self {
        match expected {
            Expected::Is(Scalar::Text(text)) if text == "no rows" => Self::NoRows,
            Expected::Is(scalar) => Self::Exactly(scalar.to_string()),
            Expected::These(all) => Self::These(all.iter().map(ToString::to_string).collect()),
            Expected::Between(limits) => Self::Between {
                min: limits.min.map(|number| number.to_string()),
                max: limits.max.map(|number| number.to_string()),
            },
        }
    }
}

/// A number within limits, both included.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

/// What an estimate reckons with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SurveyEstimate {
    /// What the link carries, such as `6MB/s` or `50Mbit/s`.
    pub bandwidth: Option<At<String>>,
    /// What is in object storage and goes along, such as `3GB`.
    pub objects: Option<At<String>>,
    /// Whether one machine reaches both sides, so that rows can go through its memory.
    pub sees_both_sides: bool,
    /// How long the move may take.
    pub window: Option<At<String>>,
    /// With more objects than this an archive is slow.
    pub archive_objects: At<String>,
}

impl Default for SurveyEstimate {
    fn default() -> Self {
        Self {
            bandwidth: None,
            objects: None,
            sees_both_sides: true,
            window: None,
            archive_objects: "5GB".to_owned().into(),
        }
    }
}

/// Bytes a second of a written bandwidth.
pub fn bandwidth(text: &str) -> Option<u64> {
    let rest = text.trim().strip_suffix("/s")?;
    if let Some(bits) = rest.strip_suffix("bit") {
        let (digits, unit) = bits.split_at(bits.trim_end_matches(char::is_alphabetic).len());
        let unit = match unit {
            "" => 1,
            "k" => 1_000,
            "M" => 1_000_000,
            "G" => 1_000_000_000,
            _ => return None,
        };
        return digits
            .trim()
            .parse::<u64>()
            .ok()?
            .checked_mul(unit)
            .map(|bits| bits / 8)
            .filter(|rate| *rate > 0);
    }
    Quantity::parse(rest)?.bytes().filter(|rate| *rate > 0)
}

/// The steps of a JSON path: names, and `None` for `[*]`. `None` when it is none that both systems know.
pub fn json_path(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("[*]") {
            steps.push(None);
            rest = behind;
        } else {
            let name = rest.strip_prefix('.')?;
            let length = name.find(['.', '[']).unwrap_or(name.len());
            let (name, behind) = name.split_at(length);
            let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
            if name.is_empty() || !is_name {
                return None;
            }
            steps.push(Some(name.to_owned()));
            rest = behind;
        }
    }
    Some(steps)
}

pub(super) fn mistakes(manifest: &Manifest, found: &mut Vec<Mistake>) {
    let Some(survey) = &manifest.survey else { return };
    let of_tables = survey.table.iter().filter_map(|table| table.endpoint.as_ref());
    let of_references = survey.reference.iter().filter_map(|reference| reference.endpoint.as_ref());
    let of_expects = survey.expect.iter().filter_map(|expect| expect.endpoint.as_ref());
    let named = survey.endpoints.iter().chain(&survey.distinct_clusters);
    for name in named.chain(of_tables).chain(of_references).chain(of_expects) {
        if !manifest.endpoints.contains_key(name.as_str()) {
            let message = format!("there is no endpoint `{}`", **name);
            found.push(mistake(name, message, Some("declare it under `[endpoints]`")));
        }
    }
    quantities(survey, found);
    once(survey.expect.iter().map(|expect| &expect.name), "the expectation", found);
    let globs = survey.table.iter().map(|table| &table.table);
    let globs = globs.chain(survey.reference.iter().map(|reference| &reference.table));
    for pattern in globs.chain(survey.expect.iter().filter_map(|expect| expect.schemas.as_ref())) {
        if let Err(why) = glob(pattern) {
            found.push(mistake(pattern, format!("`{}` is no glob: {why}", **pattern), None));
        }
    }
    survey.reference.iter().for_each(|reference| reference_mistakes(reference, found));
    survey.expect.iter().for_each(|expect| expect_mistakes(expect, found));
}

fn quantities(survey: &Survey, found: &mut Vec<Mistake>) {
    let is_size = |text: &At<String>| Quantity::parse(text).and_then(Quantity::bytes).is_some();
    let is_time = |text: &At<String>| {
        Quantity::parse(text).and_then(Quantity::duration).is_some_and(|time| !time.is_zero())
    };
    let estimate = &survey.estimate;
    for size in [Some(&survey.exact_below), estimate.objects.as_ref(), Some(&estimate.archive_objects)] {
        if let Some(size) = size.filter(|size| !is_size(size)) {
            found.push(mistake(
                size,
                format!("`{}` is no size", **size),
                Some("write it as \"512MiB\" or \"3GB\""),
            ));
        }
    }
    for time in [Some(&survey.statement_timeout), Some(&survey.long_transaction), estimate.window.as_ref()] {
        if let Some(time) = time.filter(|time| !is_time(time)) {
            found.push(mistake(
                time,
                format!("`{}` is no duration", **time),
                Some("write it as \"120s\" or \"5min\""),
            ));
        }
    }
    if let Some(rate) = estimate.bandwidth.as_ref().filter(|rate| bandwidth(rate).is_none()) {
        found.push(mistake(
            rate,
            format!("`{}` is no bandwidth", **rate),
            Some("write it as \"6MB/s\" or \"50Mbit/s\""),
        ));
    }
}

fn reference_mistakes(reference: &SurveyReference, found: &mut Vec<Mistake>) {
    let Some(first) = reference.columns.first() else {
        let help = Some("name the columns that refer, such as `columns = [\"user_id\"]`");
        found.push(mistake(&reference.table, "the reference has no columns".into(), help));
        return;
    };
    let (own, other) = (reference.columns.len(), reference.to_columns.len());
    if other > 0 && own != other {
        found.push(mistake(
            first,
            format!("{own} column(s) refer to {other}"),
            Some("name as many on both sides"),
        ));
    }
    if let Some(path) = &reference.path {
        if own != 1 {
            found.push(mistake(path, "a path is of one column".into(), Some("name that column alone")));
        }
        if json_path(path).is_none() {
            let message = format!("`{}` is no path that can be followed", **path);
            found.push(mistake(path, message, Some("write names and `[*]`, such as `$.tags[*].id`")));
        }
    }
}

fn expect_mistakes(expect: &SurveyExpect, found: &mut Vec<Mistake>) {
    if expect.sql.is_some() == expect.fact.is_some() {
        let message = format!("`{}` asks nothing, or two things", *expect.name);
        found.push(mistake(&expect.name, message, Some("give it `sql` or `fact`, one of the two")));
    }
    if expect.expect.is_none() && expect.each.is_none() {
        let message = format!("`{}` expects nothing", *expect.name);
        found.push(mistake(
            &expect.name,
            message,
            Some("say `expect = 32`, `expect = \"no rows\"` or `expect = { min = 1 }`"),
        ));
    }
    if let Some(sql) = &expect.sql {
        if let Some(why) = condition::problem(sql) {
            let help = "write one query, without `;` and comments";
            found.push(mistake(sql, format!("this is no query: {why}"), Some(help)));
        }
        if expect.schemas.is_some() != sql.contains("{schema}") {
            let help = "`schemas` and `{schema}` belong together: the query is asked for each of them";
            found.push(mistake(
                sql,
                format!("`{}` has only one of `schemas` and `{{schema}}`", *expect.name),
                Some(help),
            ));
        }
    }
    if let Some(each) = expect.each.as_ref().filter(|_| expect.schemas.is_none()) {
        found.push(mistake(
            each,
            "`each` is for several schemas".into(),
            Some("name them as `schemas`, or say `expect`"),
        ));
    }
    for wanted in [&expect.expect, &expect.each].into_iter().flatten() {
        if **wanted == Expected::Between(Limits::default()) {
            found.push(mistake(
                wanted,
                "the range has no limit".into(),
                Some("give it `min`, `max` or both"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bandwidth, json_path};

    #[test]
    fn bandwidths() {
        for (text, bytes) in
            [("6MB/s", 6_000_000), ("50Mbit/s", 6_250_000), ("1Gbit/s", 125_000_000), ("512KiB/s", 524_288)]
        {
            assert_eq!(bandwidth(text), Some(bytes), "{text}");
        }
        for text in ["", "6MB", "6/s", "0MB/s", "x/s", "1Tbit/s", "5s/s", "/s", "bit/s"] {
            assert_eq!(bandwidth(text), None, "{text}");
        }
    }

    #[test]
    fn paths() {
        let name = |name: &str| Some(name.to_owned());
        assert_eq!(json_path("$"), Some(vec![]));
        assert_eq!(json_path("$.a[*].b-c"), Some(vec![name("a"), None, name("b-c")]));
        assert_eq!(json_path("$[*]"), Some(vec![None]));
        for text in ["", "a", "$a", "$..a", "$.a[0]", "$.", "$.a'b", "$.a ? (@ > 1)"] {
            assert_eq!(json_path(text), None, "{text}");
        }
    }
}
