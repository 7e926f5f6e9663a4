use super::{EnvFacts, EnvSource};
use crate::manifest::{At, glob};
use crate::model::{EnvFile, Looked, Object};
use crate::rules::Sink;

pub(super) fn stale_allowlist_entry(facts: &EnvFacts, out: &mut Sink<'_>) {
    let all: Vec<&EnvSource> = facts.services.iter().map(|service| &service.template).collect();
    // Services that one glob found share one list.
    let mut own: Vec<(&Vec<At<String>>, Vec<&EnvSource>)> = Vec::new();
    for service in &facts.services {
        let list = &service.declared.local_only;
        let place = |list: &[At<String>]| list.first().and_then(At::range);
        match own.iter_mut().find(|(known, _)| place(known) == place(list)) {
            Some((_, sources)) => sources.push(&service.template),
            None => own.push((list, vec![&service.template])),
        }
    }
    let lists: Vec<_> = std::iter::once((&facts.declared.local_only, all)).chain(own).collect();
    for (globs, sources) in lists.into_iter().filter(|(globs, _)| !globs.is_empty()) {
        let mut files = Vec::new();
        for source in sources {
            if let Some(file) = out.look(source.object(), &source.file) {
                files.push(file);
            }
        }
        let mut check =
            out.check(Object::file(&facts.source.path), Looked::at(globs.len(), "allowlist glob"));
        for pattern in globs.iter().filter(|pattern| !is_used(pattern, &files)) {
            check
                .find(pattern.as_str(), format!("`{}` allows no key that there is", **pattern))
                .at(facts.source.place_of(pattern))
                .help("remove it: left there, it would hide the next key of that name");
        }
    }
}

fn is_used(pattern: &At<String>, files: &[&EnvFile]) -> bool {
    let Ok(glob) = glob(pattern) else { return true };
    files.iter().any(|file| file.assignments.iter().any(|assignment| glob.is_match(&assignment.key)))
}
