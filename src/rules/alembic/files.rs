//! The files of the version locations: what is a revision, and what is not.
use super::AlembicFacts;
use super::facts::place;
use crate::model::chain::Declares;
use crate::model::{Cause, Looked, Object, Place, Span};
use crate::rules::Sink;

pub(super) fn stray_file(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let count = files.all.len() + files.passed_over.len();
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
        for file in &files.passed_over {
            let Some(revision) = file.revision() else { continue };
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
            match &file.declares {
                Declares::NotStatic(what) => {
                    let message = format!(
                        "line {}: {}, so only running it would tell",
                        what.span.start.line, what.text
                    );
                    out.unknown(Object::file(&file.path), Cause::new(message).hint("write it as a literal"));
                }
                Declares::Unread(cause) => out.unknown(Object::file(&file.path), cause.clone()),
                _ => {}
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
