use super::EnvFacts;
use crate::model::{Looked, Place};
use crate::rules::Sink;

pub(super) fn unparsable_line(facts: &EnvFacts, out: &mut Sink<'_>) {
    for source in facts.files() {
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let looked = Looked::at(file.assignments.len() + file.unparsable.len(), "line");
        let mut check = out.check(source.object(), looked);
        for line in &file.unparsable {
            // The line's text may be half a secret: it is named by its number alone.
            check
                .find(line.problem, format!("this line is no assignment: {}", line.problem))
                .at(Place::new(&source.path, line.span))
                .help("write `KEY=value`, or make it a comment with `#`");
        }
    }
}
