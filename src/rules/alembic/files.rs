//! The files of the version locations: what is a revision, and what is not.
use std::collections::BTreeSet;

use super::AlembicFacts;
use super::facts::place;
use super::revisions::Files;
use crate::model::chain::{Declares, Revision, RevisionFile, Written};
use crate::model::{Cause, Looked, Object, Place, Span};
use crate::rules::Sink;

/// The revisions that Alembic passes over and that follow one that it loads, be it through others. An archive, which nothing that
/// is loaded leads to, is passed over on purpose.
fn lost(files: &Files) -> Vec<(&RevisionFile, &Revision)> {
    let mut open: Vec<_> =
        files.passed_over.iter().filter_map(|file| Some((file, file.revision()?))).collect();
    let mut lost = Vec::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    loop {
        let follows =
            |parent: &Written| known.contains(parent.text.as_str()) || files.of_id(&parent.text).is_some();
        let (new, rest): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(_, revision)| revision.parents.iter().any(follows));
        if new.is_empty() {
            return lost;
        }
        known.extend(new.iter().map(|(_, revision)| revision.id.text.as_str()));
        lost.extend(new);
        open = rest;
    }
}

pub(super) fn stray_file(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let count = files.all.len() + files.passed_over.len();
        let lost = lost(files);
        let apart = files.passed_over.iter().filter(|file| file.revision().is_some()).count() - lost.len();
        if apart > 0 {
            let reason = format!(
                "{apart} revision(s) lie below the version location, and nothing that Alembic loads leads to them"
            );
            out.skip(chain.object(), reason);
        }
        let mut check = out.check(chain.object(), Looked::at(count, "file"));
        let start = Span::on_line(1, 1, 1);
        for file in &files.all {
            let Declares::Incomplete(lacks) = &file.declares else { continue };
            check
                .find(
                    file.name(),
                    format!("this file declares no `{lacks}`, and Alembic refuses the whole folder for it"),
                )
                .at(Place::new(&file.path, start))
                .help("move it out of the version folder, or begin its name with `__init__`");
        }
        for (file, revision) in lost {
            check
                .find(
                    &revision.id.text,
                    "Alembic passes over this revision: it lies in a folder below the version location",
                )
                .at(place(file, &revision.id))
                .help("move it up, or set `recursive_version_locations = true`");
        }
    }
}

pub(super) fn not_static(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        for file in &files.all {
            let what = match &file.declares {
                Declares::NotStatic(what) => Some(what),
                Declares::Revision(revision) => revision.untold_labels.as_ref(),
                Declares::Unread(cause) => {
                    out.unknown(Object::file(&file.path), cause.clone());
                    None
                }
                Declares::Incomplete(_) | Declares::Unparsable(_) => None,
            };
            if let Some(what) = what {
                let line = what.span.start.line;
                let message = format!("line {line}: {}, so only running it would tell", what.text);
                out.unknown(Object::file(&file.path), Cause::new(message).hint("write it as a literal"));
            }
        }
        out.check(chain.object(), Looked::at(files.revisions().count(), "revision"));
    }
}

pub(super) fn unparsable_revision(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.all.len(), "file"));
        for file in &files.all {
            let Declares::Unparsable(why) = &file.declares else { continue };
            check
                .find(file.name(), format!("this is no Python: {}", why.text))
                .at(place(file, why))
                .help("Alembic loads every file of the folder, and stops at this one");
        }
    }
}
