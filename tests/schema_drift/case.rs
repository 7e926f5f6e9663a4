//! The cases, and what is expected of one.
use std::path::Path;

use trueup::diff::schema::{Difference, Options, compare};
use trueup::model::schema::Schema;

pub(crate) struct Case {
    pub(crate) name: String,
    /// What the server must have beyond the usual: `pgvector`, or the version from which it works.
    needs: Option<String>,
    pub(crate) schema: String,
    /// The findings of the change, each `rule about`.
    pub(crate) findings: Vec<String>,
    pub(crate) change: String,
}

pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema_drift/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let needs = text.strip_prefix("-- needs ").map(|rest| rest.lines().next().unwrap().to_owned());
    let (schema, planted) = text.split_once("-- planted: ").unwrap();
    let (findings, change) = planted.split_once('\n').unwrap();
    Case {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        needs,
        schema: schema.to_owned(),
        findings: findings.split(" and ").map(str::to_owned).collect(),
        change: change.to_owned(),
    }
}

impl Case {
    pub(crate) fn wants_pgvector(&self) -> bool {
        self.needs.as_deref() == Some("pgvector")
    }

    /// Whether a server of that major version can make it.
    pub(crate) fn runs_on(&self, major: u32) -> bool {
        let least = self.needs.as_ref().and_then(|needs| needs.parse::<u32>().ok());
        least.is_none_or(|least| least <= major)
    }

    /// Says what is wrong, if anything is.
    pub(crate) fn judge(&self, expected: &Schema, live: &Schema) -> Result<(), String> {
        let found: Vec<String> = told(expected, live);
        if found == self.findings { Ok(()) } else { Err(format!("{}: {found:#?}", self.name)) }
    }
}

/// Differences as `rule about`.
pub(crate) fn told(expected: &Schema, live: &Schema) -> Vec<String> {
    compare(expected, live, &Options::default()).iter().map(line).collect()
}

pub(crate) fn line(difference: &Difference) -> String {
    let mut rule = String::new();
    for c in format!("{:?}", difference.kind).chars() {
        if c.is_uppercase() && !rule.is_empty() {
            rule.push('-');
        }
        rule.extend(c.to_lowercase());
    }
    format!("{rule} {}", difference.about)
}
