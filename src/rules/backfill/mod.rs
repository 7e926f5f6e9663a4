//! One-shot SQL files: what runs once on production and has no undo.
mod facts;
mod guard;
mod names;
mod transaction;
mod writes;

pub use facts::{BackfillFacts, BackfillFile, BackfillSet};
use guard::{guard_cannot_fail, no_guard, no_postcheck};
use names::{file_name, sequence_gap};
use transaction::not_transactional;
use writes::{missing_where, not_idempotent};

use super::{Rule, Sink, rules};
use crate::manifest::glob;
use crate::model::{Looked, Object};

/// The rules over one-shot SQL files.
pub const RULES: &[Rule<BackfillFacts>] = rules![
    "backfill":
    broken_file,
    file_name,
    guard_cannot_fail,
    missing_where,
    no_guard,
    no_postcheck,
    not_idempotent,
    not_transactional,
    sequence_gap,
    unset_variable,
];

fn broken_file(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for cause in &facts.absent {
        let on =
            if facts.declared_in.is_empty() { Object::run("lint") } else { Object::file(&facts.declared_in) };
        out.unknown(on, cause.clone());
    }
    for (_, file) in facts.files() {
        let Some(script) = out.look(file.object(), &file.script) else { continue };
        let mut check = out.check(file.object(), Looked::at(script.statements.len(), "statement"));
        for problem in &script.problems {
            check
                .find(&problem.message, &problem.message)
                .at(file.place(&problem.range))
                .help("mend the file: until then psql takes it for something else, or stops here");
        }
    }
}

fn unset_variable(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        let Some(script) = file.whole(out) else { continue };
        let declared: Vec<_> =
            set.declared.variables.iter().filter_map(|pattern| glob(pattern).ok()).collect();
        let mut check = out.check(file.object(), Looked::at(script.statements.len(), "statement"));
        for used in &script.unset {
            let name = &used.name;
            if declared.iter().any(|glob| glob.is_match(name)) {
                continue;
            }
            check
                .find(name, format!("the variable `{name}` is used here, and nothing sets it before"))
                .at(file.place(&used.range))
                .help(format!(
                    "set it with `\\set`, test it with `\\if :{{?{name}}}`, or declare it under `variables`"
                ));
        }
    }
}
