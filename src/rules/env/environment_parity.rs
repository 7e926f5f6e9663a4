use std::collections::BTreeMap;

use super::EnvFacts;
use crate::manifest::glob;
use crate::model::{EnvFile, Looked};
use crate::rules::Sink;

pub(super) fn environment_parity(facts: &EnvFacts, out: &mut Sink<'_>) {
    if facts.environments.len() < 2 {
        return;
    }
    let mut read = Vec::new();
    for environment in &facts.environments {
        if let Some(file) = out.look(environment.file.object(), &environment.file.file) {
            read.push((environment, file));
        }
    }
    // Each key, with the first environment that has it.
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, (_, file)) in read.iter().enumerate() {
        for assignment in file.live() {
            keys.entry(&assignment.key).or_insert(index);
        }
    }
    let exceptions: Vec<Vec<_>> = read
        .iter()
        .map(|(environment, _)| {
            environment.declared.except.iter().filter_map(|glob_of| glob(glob_of).ok()).collect()
        })
        .collect();
    let is_excepted = |index: usize, key: &str| {
        exceptions
            .get(index)
            .is_some_and(|globs: &Vec<globset::GlobMatcher>| globs.iter().any(|glob| glob.is_match(key)))
    };
    for (index, (environment, file)) in read.iter().enumerate() {
        let mut check = out.check(environment.file.object(), Looked::at(keys.len(), "key"));
        for (key, first) in &keys {
            if has(file, key) || is_excepted(index, key) || is_excepted(*first, key) {
                continue;
            }
            let Some((other, other_file)) = read.get(*first) else { continue };
            let place =
                other_file.live().find(|assignment| assignment.key == *key).map(|a| other.file.place(a));
            let message =
                format!("{} lacks `{key}`, which {} has", *environment.declared.name, *other.declared.name);
            check
                .find(*key, message)
                .at(facts.source.place_of(&environment.declared.file))
                .related(place, "it has it here")
                .help("set it there too, or declare it under `except`");
        }
    }
}

fn has(file: &EnvFile, key: &str) -> bool {
    file.live().any(|assignment| assignment.key == key)
}
