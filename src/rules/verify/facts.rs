//! What the rules over the two sides judge.
use serde::Deserialize;

use crate::mapping::{Problem, ProblemKind};
use crate::model::{Looked, Object};
use crate::rules::Sink;

/// The two sides as wholes: who they are, and where mapping and schemas disagree.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SidesFacts {
    /// The source's name.
    pub source: String,
    /// The target's name.
    pub target: String,
    /// Whether both are one database.
    pub is_same: bool,
    /// How many tables the two sides have together.
    pub tables: usize,
    /// Where mapping and schemas disagree.
    pub problems: Vec<Problem>,
}

impl SidesFacts {
    /// Both are one database, and nothing else is known of them.
    pub fn of_one(source: &str, target: &str) -> Self {
        Self { source: source.to_owned(), target: target.to_owned(), is_same: true, ..Self::default() }
    }

    pub(super) fn on(&self) -> Object {
        Object::endpoint(format!("{} -> {}", self.source, self.target))
    }

    /// One check over both schemas, with a finding for each problem of that kind.
    pub(super) fn problems(&self, kind: ProblemKind, out: &mut Sink<'_>) {
        let mut check = out.check(self.on(), Looked::at(self.tables, "table"));
        for problem in self.problems.iter().filter(|problem| problem.kind == kind) {
            check
                .find(format!("{}.{}", problem.table, problem.about), &problem.message)
                .at(problem.place.clone())
                .help(&problem.help);
        }
    }
}
