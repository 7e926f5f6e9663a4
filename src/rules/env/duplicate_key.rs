use std::collections::BTreeMap;

use super::EnvFacts;
use crate::model::Looked;
use crate::rules::Sink;

pub(super) fn duplicate_key(facts: &EnvFacts, out: &mut Sink<'_>) {
    for source in facts.files() {
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let mut check = out.check(source.object(), Looked::at(file.assignments.len(), "key"));
        let mut seen = BTreeMap::new();
        for assignment in file.live() {
            let first = *seen.entry(&assignment.key).or_insert(assignment);
            if first.span != assignment.span {
                let message = format!("`{}` is set twice", assignment.key);
                check
                    .find(&assignment.key, message)
                    .at(source.place(assignment))
                    .related(Some(source.place(first)), "first set here")
                    .help("keep one: readers differ about which of the two wins");
            }
        }
    }
}
