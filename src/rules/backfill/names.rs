//! What the files are called.
use std::collections::BTreeMap;

use super::BackfillFacts;
use crate::model::{Looked, Place, Span};
use crate::rules::Sink;

pub(super) fn file_name(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for (set, file) in facts.files() {
        if out.look(file.object(), &file.script).is_none() {
            continue;
        }
        let (written, pattern) = set.pattern();
        let fits = pattern.is_some_and(|pattern| pattern.number(file.name()).is_some());
        let declared = set.declared.pattern.as_ref().and(file.declared.clone());
        let mut check = out.check(file.object(), Looked::at(1, "name"));
        if !fits {
            check
                .find(file.name(), format!("`{}` is not named `{written}`", file.name()))
                .at(first_line(&file.path))
                .related(declared, "declared here")
                .help("rename it, or declare the `pattern` that the files are named by");
        }
    }
}

/// More digits than this are a day or a time, and days have gaps.
const MOST_DIGITS: usize = 6;

pub(super) fn sequence_gap(facts: &BackfillFacts, out: &mut Sink<'_>) {
    for set in &facts.sets {
        let (_, Some(pattern)) = set.pattern() else { continue };
        // Each folder has numbers of its own.
        let mut folders: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for file in &set.files {
            let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if let Some(number) = pattern.number(file.name()) {
                folders.entry(folder).or_default().push((number, &file.path));
            }
        }
        for files in folders.values_mut() {
            files.sort_unstable();
            let mut before: Option<(&str, &str)> = None;
            for (number, path) in files.iter().copied() {
                let mut check = out.check(crate::model::Object::file(path), Looked::at(1, "number"));
                if let Some((last, other)) = before {
                    if last == number {
                        check
                            .find(number, format!("the number {number} is taken by `{}` too", name(other)))
                            .at(first_line(path))
                            .related(Some(first_line(other)), "the other one")
                            .help("give the younger file the next free number");
                    } else if pattern.digits() <= MOST_DIGITS && !follows(last, number) {
                        check
                            .find(
                                number,
                                format!("{last} is followed by {number}: a file between them is missing"),
                            )
                            .at(first_line(path))
                            .related(Some(first_line(other)), "the one before")
                            .help("restore the missing file, or renumber this one if it never ran");
                    }
                }
                before = Some((number, path));
            }
        }
    }
}

fn follows(last: &str, number: &str) -> bool {
    match (last.parse::<u64>(), number.parse::<u64>()) {
        (Ok(last), Ok(number)) => last + 1 == number,
        _ => true,
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn first_line(path: &str) -> Place {
    Place::new(path, Span::on_line(1, 1, 1))
}
