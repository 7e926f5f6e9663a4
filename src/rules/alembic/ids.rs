//! Revision ids: what Alembic and its table take, and what people and tools make up.
use super::AlembicFacts;
use super::facts::{NOT_ASKED_FOR, place};
use super::revisions::Files;
use crate::model::Looked;
use crate::model::chain::{Revision, RevisionFile};
use crate::rules::Sink;

/// The width of `alembic_version.version_num`.
const WIDTH: usize = 32;

pub(super) fn illegal_id(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "id"));
        for (file, revision) in files.revisions() {
            let id = &revision.id;
            let what = if id.text.is_empty() {
                "the id is empty".to_owned()
            } else if let Some(sign) = id.text.chars().find(|c| "@-+:".contains(*c)) {
                format!("the id `{}` has a `{sign}`, which Alembic keeps for relative names", id.text)
            } else if ["head", "heads", "base", "current"].contains(&id.text.as_str()) {
                format!("`{}` is a word of Alembic's own", id.text)
            } else {
                continue;
            };
            check.find(&id.text, what).at(place(file, id)).help("use letters, digits and `_`");
        }
    }
}

pub(super) fn id_too_long(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let declared = chain.declared.id_width.as_ref();
        let width = declared.map_or(WIDTH, |width| **width);
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "id"));
        for (file, revision) in files.revisions() {
            let count = revision.id.text.chars().count();
            if count > width {
                check
                    .find(&revision.id.text, format!("the id `{}` has {count} characters, and `alembic_version.version_num` takes {width}", revision.id.text))
                    .at(place(file, &revision.id))
                    .related(declared.and_then(|width| facts.source.place_of(width)), "declared here")
                    .help("SQLite takes it and Postgres refuses; shorten it, or widen the column and declare `id_width`");
            }
        }
    }
}

pub(super) fn placeholder_id(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "id"));
        for (file, revision) in files.revisions() {
            let id = revision.id.text.as_str();
            if is_placeholder(id) {
                check
                    .find(id, format!("the id `{id}` looks made up"))
                    .at(place(file, &revision.id))
                    .help("a made-up id is made up twice: let `alembic revision` choose one, before it is applied anywhere");
            }
        }
    }
}

/// Ids that people and language models type: `a1b2c3d4e5f6`, `123456789abc`, `abcdef123456`, `xxxx`.
fn is_placeholder(id: &str) -> bool {
    let lower = id.to_lowercase();
    let letters: Vec<char> = lower.chars().collect();
    let is_hex = letters.len() >= 8 && letters.iter().all(char::is_ascii_alphanumeric);
    let next = |a: char, b: char| {
        u32::from(b) == u32::from(a) + 1 || (a == '9' && (b == '0' || b == 'a')) || (a == 'f' && b == '0')
    };
    let runs = |letters: &[char]| letters.windows(2).all(|pair| matches!(pair, [a, b] if next(*a, *b)));
    let same = letters.len() >= 6
        && letters.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
        && !lower.starts_with('0');
    let every_other = |start: usize| letters.iter().skip(start).step_by(2).copied().collect::<Vec<char>>();
    let (even, odd) = (every_other(0), every_other(1));
    // Two runs plaited, of which one is letters: a1b2c3.
    let is_plait = even.len() >= 4
        && odd.len() >= 4
        && runs(&even)
        && runs(&odd)
        && letters.iter().any(char::is_ascii_alphabetic);
    let is_letters_then_digits = {
        let digits = lower.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let words = lower.len() - digits.len();
        words >= 4
            && digits.len() >= 4
            && runs(letters.get(..words).unwrap_or_default())
            && runs(letters.get(words..).unwrap_or_default())
    };
    let is_digits_then_letters = {
        let words = lower.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = lower.len() - words.len();
        digits >= 4
            && words.len() >= 3
            && runs(letters.get(..digits).unwrap_or_default())
            && runs(letters.get(digits..).unwrap_or_default())
    };
    let words =
        ["changeme", "placeholder", "your_revision_id", "revision_id", "todo", "example", "deadbeef", "xxxx"];
    same || words.contains(&lower.as_str())
        || (is_hex
            && (is_plait
                || is_letters_then_digits
                || is_digits_then_letters
                || (runs(&letters) && letters.iter().any(char::is_ascii_alphabetic))))
}

pub(super) fn sequence_gap(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        if !chain.declared.numbered {
            out.skip(chain.object(), NOT_ASKED_FOR);
            continue;
        }
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "id"));
        let mut numbers = Vec::new();
        for (file, revision) in files.revisions() {
            let id = &revision.id;
            match id.text.parse::<u64>().ok().filter(|_| id.text.chars().all(|c| c.is_ascii_digit())) {
                Some(number) => numbers.push((number, file, id)),
                None => check
                    .find(&id.text, format!("the id `{}` is no number", id.text))
                    .at(place(file, id))
                    .related(chain.place.clone(), "declared numbered")
                    .help("take the next number of the sequence"),
            }
        }
        numbers.sort_by_key(|(number, ..)| *number);
        let width = numbers.first().map_or(0, |(_, _, id)| id.text.len());
        for pair in numbers.windows(2) {
            let [(before, ..), (number, file, id)] = pair else { continue };
            if *number > before + 1 {
                check
                    .find(
                        &id.text,
                        format!(
                            "`{}` follows {before:0width$}: the numbers between them are missing",
                            id.text
                        ),
                    )
                    .at(place(file, id))
                    .related(chain.place.clone(), "declared numbered")
                    .help("take the next number of the sequence, or bring back what was removed");
            }
        }
        for (_, file, id) in numbers.iter().filter(|(_, _, id)| id.text.len() != width) {
            check
                .find(
                    &id.text,
                    format!(
                        "`{}` has not as many digits as the others, so a listing sorts it elsewhere",
                        id.text
                    ),
                )
                .at(place(file, id))
                .related(chain.place.clone(), "declared numbered")
                .help(format!("write {width} digits"));
        }
        for (file, revision, parent) in backwards(files) {
            check
                .find(
                    &revision.id.text,
                    format!("`{}` runs after `{parent}`, and its number says before", revision.id.text),
                )
                .at(place(file, &revision.id))
                .related(chain.place.clone(), "declared numbered")
                .help("number revisions in the order in which they run");
        }
    }
}

/// Revisions whose number is not greater than that of a parent, which is named.
fn backwards(files: &Files) -> Vec<(&RevisionFile, &Revision, &str)> {
    let mut found = Vec::new();
    for node in &files.graph.nodes {
        let Some((file, revision)) = files.revision(node.revision) else { continue };
        for (_, parent) in node.parents.iter().filter_map(|parent| files.at_node(*parent)) {
            if let (Ok(own), Ok(before)) = (revision.id.text.parse::<u64>(), parent.id.text.parse::<u64>())
                && before >= own
            {
                found.push((file, revision, parent.id.text.as_str()));
            }
        }
    }
    found
}
