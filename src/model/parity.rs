//! What two sides of a move decide, compared.
use serde::{Deserialize, Serialize};

use super::Place;

/// How the decisions of two sides differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parity {
    /// How many permissions the source gives: subjects with a relation to an object, anyone of a type being one of them.
    pub source: u64,
    /// How many the target gives.
    pub target: u64,
    /// What the source gives and the target does not.
    pub lost: Vec<PermissionGroup>,
    /// What the target gives and the source does not.
    pub gained: Vec<PermissionGroup>,
    /// What one side can't decide, by the reason.
    pub undecided: Vec<PermissionGroup>,
    /// What the target has no name for, by what is missing.
    pub unmapped: Vec<PermissionGroup>,
    /// Names that become one in the target.
    pub merged: Vec<Merged>,
    /// How many differences each declared exception took, in their order.
    pub left_out: Vec<u64>,
    /// Usersets that stand in tuples as subjects, on either side: who is in them is compared, they themselves are not.
    pub usersets: std::collections::BTreeSet<String>,
    /// Relations of the target that were not compared, because the comparison is declared for others.
    pub passed_over: Vec<String>,
}

/// Permissions of one cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PermissionGroup {
    /// The tuple or the rewrite that gives them, or why there is no answer.
    pub cause: String,
    /// How many.
    pub count: u64,
    /// The first of them, word by word: subject, relation, object.
    pub sample: Vec<Vec<String>>,
    /// Where the cause is written.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// Names of the source that are one name of the target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merged {
    /// The name in the target.
    pub into: String,
    /// The names in the source.
    pub of: Vec<String>,
    /// Whether the manifest says that they may be one.
    #[serde(default)]
    pub is_declared: bool,
}

/// A permission that only one side gives, as a line of a file of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferingPermission {
    /// The declared comparison.
    pub access: String,
    /// `lost`, `gained` or `undecided`.
    pub way: &'static str,
    /// Who, in the target's words; `user:*` for anyone.
    pub subject: String,
    /// The relation.
    pub relation: String,
    /// To what.
    pub object: String,
    /// When the source gives it: `never`, `always`, or the conditions.
    pub source: String,
    /// When the target gives it.
    pub target: String,
}
