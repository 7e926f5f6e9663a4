use std::collections::BTreeSet;

use super::EnvFacts;
use crate::model::{Assignment, Hidden, Looked};
use crate::rules::Sink;
use crate::rules::globs::Globs;

pub(super) fn missing_owner(facts: &EnvFacts, out: &mut Sink<'_>) {
    let (Some(owner), Some(template)) = (&facts.declared.owner, &facts.template) else { return };
    let Some(file) = out.look(template.object(), &template.file) else { return };
    let globs = Globs::new([owner]);
    // What `--fix` writes asks for an owner, and names none.
    let is_open = |comment: &str| comment.contains("TODO") || comment.contains("FIXME");
    let names_one = |comment: &Hidden| globs.of(comment.reveal()).is_some() && !is_open(comment.reveal());
    let owners: Vec<usize> = (0_usize..)
        .zip(&file.comments)
        .filter_map(|(index, comment)| names_one(comment).then_some(index))
        .collect();
    let is_owned = |assignment: &Assignment| {
        let next = owners.partition_point(|index| *index < assignment.above.start);
        owners.get(next).is_some_and(|index| assignment.above.contains(index))
            || assignment.behind.as_ref().is_some_and(names_one)
    };
    // A key that is documented again, as in `# A=another value`, has its owner where it stands first.
    let mut seen = BTreeSet::new();
    let keys: Vec<_> = file.assignments.iter().filter(|assignment| seen.insert(&assignment.key)).collect();
    let mut check = out.check(template.object(), Looked::at(keys.len(), "key"));
    for assignment in keys.into_iter().filter(|assignment| !is_owned(assignment)) {
        check
            .find(&assignment.key, format!("`{}` has no owner", assignment.key))
            .at(template.place(assignment))
            .related(facts.source.place_of(owner), "what names an owner")
            .help(format!("write a comment that matches `{}` above it", **owner));
    }
}
