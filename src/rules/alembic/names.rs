//! File names and slugs: whether they say what is inside.
use super::AlembicFacts;
use super::facts::place;
use super::past::{Told, tell};
use super::revisions::Files;
use super::template::Template;
use crate::model::chain::{Revision, RevisionFile};
use crate::model::{Looked, Place, Span};
use crate::rules::Sink;

/// As many misnamed files are told one by one.
const SOME: usize = 5;

/// Why names are not judged.
const UNKNOWN_TEMPLATE: &str = "`file_template` has a part that is not known";

fn looked(files: &Files) -> Option<Looked> {
    Looked::at(files.revisions().count(), "file")
}

fn start(file: &RevisionFile) -> Place {
    Place::new(&file.path, Span::on_line(1, 1, 1))
}

pub(super) fn file_name_mismatch(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let Some(Ok(said)) = chain.settings.got().map(|settings| &settings.outcome) else { continue };
        let Some(template) = Template::read(&said.file_template) else {
            out.skip(chain.object(), UNKNOWN_TEMPLATE);
            continue;
        };
        let mut check = out.check(chain.object(), looked(files));
        let config = || said.script_span.and_then(|span| Some(chain.settings.got()?.place(span, false)));
        let is_other = |(file, revision): &(&RevisionFile, &Revision)| {
            template.find(&file.path, &revision.id.text).is_none()
        };
        let others: Vec<_> = files.revisions().filter(is_other).collect();
        let all = files.revisions().count();
        if others.len() > SOME && others.len() * 2 > all {
            // Whoever names them so has another template: one fact, not a hundred.
            let message =
                format!("{} of {all} files are not named as `{}` says", others.len(), said.file_template);
            check
                .find("file_template", message)
                .at(config().or_else(|| others.first().map(|(file, revision)| place(file, &revision.id))))
                .help("set `file_template` to what you do: the next `alembic revision` goes by it");
        } else {
            for (file, revision) in others {
                check
                    .find(
                        &revision.id.text,
                        format!(
                            "the file of `{}` is not named as `{}` says",
                            revision.id.text, said.file_template
                        ),
                    )
                    .at(place(file, &revision.id))
                    .related(config(), "the configuration")
                    .help("rename the file, or mend the id: one of them is of another revision");
            }
        }
        let numbered = chain.declared.numbered;
        if !(numbered || chain.declared.listed_in_order) || chain.collides() {
            continue;
        }
        let (declared, help) = if numbered {
            ("declared numbered", "begin the file names with the ids")
        } else {
            (
                "declared to be listed in order",
                "begin the file name with what comes after the name of its parent's",
            )
        };
        let order: Vec<_> = files.graph.order().iter().filter_map(|node| files.at_node(*node)).collect();
        for pair in order.windows(2) {
            let [(before, earlier), (file, revision)] = pair else { continue };
            // Ids that are no numbers are found for that.
            let is_numbered = |id: &str| id.chars().all(|c| c.is_ascii_digit());
            let is_held = !numbered || is_numbered(&earlier.id.text) && is_numbered(&revision.id.text);
            if file.name() < before.name() && is_held {
                check
                    .find(
                        &revision.id.text,
                        format!("{} is listed before {}, and runs after it", file.name(), before.name()),
                    )
                    .at(start(file))
                    .related(chain.place.clone(), declared)
                    .help(help);
            }
        }
    }
}

pub(super) fn slug_too_long(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let Some(Ok(said)) = chain.settings.got().map(|settings| &settings.outcome) else { continue };
        let Some(template) = Template::read(&said.file_template) else {
            out.skip(chain.object(), UNKNOWN_TEMPLATE);
            continue;
        };
        let mut check = out.check(chain.object(), looked(files));
        let mut all = Vec::new();
        for (file, revision) in chain.fresh(files) {
            let named = template.find(&file.path, &revision.id.text);
            let Some(slug) = named.and_then(|named| named.slug) else { continue };
            let count = slug.chars().count();
            // Alembic cuts at a word and puts one `_` behind it.
            if count > said.slug_characters + 1 {
                all.push(Told {
                    id: revision.id.text.clone(),
                    message: format!(
                        "the slug of `{}` has {count} characters, and Alembic would cut it at {}",
                        revision.id.text, said.slug_characters
                    ),
                    place: start(file),
                    help: "shorten the file's name, or raise `truncate_slug_length`",
                });
            }
        }
        tell(chain, &mut check, all, "have a slug that Alembic would cut");
    }
}
