//! The rules' own Markdown: metadata, explanation and examples.
use std::sync::OnceLock;

use crate::model::{RuleId, Severity};

/// `(id, text)` of every file under `rules/`, sorted by id.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rule_docs.rs"));

/// What a rule's Markdown says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDoc {
    /// The rule.
    pub id: RuleId,
    /// How bad its findings are unless the manifest says otherwise.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// The version that brought it.
    pub since: String,
    /// Whether it keeps a run that proves nothing from passing, so that no manifest may turn it off or down.
    pub always: bool,
    /// The Markdown below the metadata.
    pub body: &'static str,
}

/// Every rule's documentation, sorted by id.
pub fn docs() -> &'static [RuleDoc] {
    static DOCS: OnceLock<Vec<RuleDoc>> = OnceLock::new();
    DOCS.get_or_init(|| FILES.iter().map(|(id, text)| read(id, text)).collect())
}

/// One rule's documentation.
pub fn doc(id: &RuleId) -> Option<&'static RuleDoc> {
    let docs = docs();
    docs.binary_search_by(|doc| doc.id.cmp(id)).ok().and_then(|index| docs.get(index))
}

/// A test holds every file to this form, so that what it lacks shows there and not here.
fn read(id: &str, text: &'static str) -> RuleDoc {
    let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let (front, body) = front.unwrap_or(("", text));
    let field = |name: &str| {
        let lines = front.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value.trim().to_owned())
            .next()
            .unwrap_or_default()
    };
    let severity = if field("severity") == "warn" { Severity::Warning } else { Severity::Error };
    let always = field("always") == "true";
    RuleDoc {
        id: RuleId::written(id),
        severity,
        summary: field("summary"),
        since: field("since"),
        always,
        body,
    }
}
