use super::EnvFacts;
use crate::model::{Looked, Object, Place, Span};
use crate::rules::Sink;

pub(super) fn undeclared_template(facts: &EnvFacts, out: &mut Sink<'_>) {
    for cause in &facts.unseen {
        out.unknown(Object::run("lint"), cause.clone());
    }
    if facts.source.path.is_empty() {
        return;
    }
    let looked = facts.files().len() + facts.undeclared.len();
    let mut check = out.check(Object::file(&facts.source.path), Looked::at(looked, "template"));
    for path in &facts.undeclared {
        check
            .find(path, format!("{path} is a template that {} does not name", facts.source.path))
            .at(Place::new(path, Span::on_line(1, 1, 1)))
            .help("declare it under `[[env.service]]`, or allow it with the reason");
    }
}
