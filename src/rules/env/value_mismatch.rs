use super::EnvFacts;
use crate::manifest::glob;
use crate::model::{Assignment, Looked};
use crate::rules::Sink;

pub(super) fn value_mismatch(facts: &EnvFacts, out: &mut Sink<'_>) {
    let Some(template) = &facts.template else { return };
    let shared: Vec<_> = facts.declared.shared.iter().filter_map(|pattern| glob(pattern).ok()).collect();
    if shared.is_empty() {
        return;
    }
    let Some(canonical) = out.look(template.object(), &template.file) else { return };
    for service in &facts.services {
        let source = &service.template;
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let given = |a: &&Assignment| shared.iter().any(|glob| glob.is_match(&a.key)) && !value(a).is_empty();
        let keys: Vec<_> = file.live().filter(given).collect();
        let mut check = out.check(source.object(), Looked::at(keys.len(), "shared key"));
        for assignment in keys {
            let other =
                canonical.live().find(|other| other.key == assignment.key && !value(other).is_empty());
            let Some(other) = other.filter(|other| value(other) != value(assignment)) else { continue };
            check
                .find(
                    &assignment.key,
                    format!("`{}` has another default than in {}", assignment.key, template.path),
                )
                .at(source.place(assignment))
                .related(Some(template.place(other)), "the canonical default")
                .help("give both the same value, or take the key out of `shared`");
        }
    }
}

fn value(assignment: &Assignment) -> &str {
    assignment.value.as_ref().map_or("", |value| value.reveal().trim())
}
