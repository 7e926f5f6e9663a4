//! What a schema holds beside tables, and whose everything is.
use super::names::{key, pair};
use super::tables::comment;
use super::{Found, Kind};
use crate::model::schema::{Extension, Function, Held, Namespace, Schema, Sequence, TypeDef, TypeKind};

pub(super) fn compare(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    // A file of SQLite has none of these.
    if found.is_between_systems {
        return;
    }
    namespaces(expected, live, found);
    extensions(expected, live, found);
    types(expected, live, found);
    sequences(expected, live, found);
    functions(expected, live, found);
}

/// One side alone has it: missing, then not expected.
fn alone<T>(
    kind: impl Fn(&T) -> Kind,
    name: impl Fn(&T) -> (&'static str, String),
    missing: &[&T],
    extra: &[&T],
    found: &mut Found<'_>,
) {
    for (all, says) in [(missing, "is missing"), (extra, "is not expected")] {
        for one in all {
            let (word, id) = name(one);
            found.say(kind(one), &id, &id, format!("{word} `{id}` {says}"));
        }
    }
}

fn namespaces(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let key = |one: &Namespace| Some(one.name.clone());
    let (pairs, missing, extra) = pair(&expected.namespaces, &live.namespaces, &[&key]);
    alone(
        |_| Kind::NamespaceDiffers,
        |one: &Namespace| ("schema", one.name.clone()),
        &missing,
        &extra,
        found,
    );
    for (one, other) in pairs {
        held(&one.name, [&one.held, &other.held], found);
    }
}

fn extensions(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let key = |one: &Extension| Some(one.name.clone());
    let (pairs, missing, extra) = pair(&expected.extensions, &live.extensions, &[&key]);
    let name = |one: &Extension| ("extension", one.name.clone());
    alone(|_| Kind::ExtensionMissing, name, &missing, &[], found);
    alone(|_| Kind::ExtraExtension, name, &[], &extra, found);
    for (one, other) in pairs {
        let facts = [
            ("has version", &one.version, &other.version),
            ("is in schema", &one.namespace, &other.namespace),
        ];
        for (word, expected, live) in facts.into_iter().filter(|(_, expected, live)| expected != live) {
            let message = format!("extension `{}` {word} {live}, expected {expected}", one.name);
            found.say(Kind::ExtensionVersion, &one.name, &one.name, message);
        }
    }
}

fn types(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let (pairs, missing, extra) =
        pair(&expected.types, &live.types, &[&|one: &TypeDef| Some(key(&one.namespace, &one.name))]);
    let kind = |one: &TypeDef| if one.kind == TypeKind::Enum { Kind::EnumDiffers } else { Kind::TypeDiffers };
    alone(kind, |one: &TypeDef| (one.kind.word(), one.id()), &missing, &extra, found);
    for (one, other) in pairs {
        let on = one.id();
        if one.kind != other.kind {
            let message = format!("`{on}` is a {}, expected a {}", other.kind.word(), one.kind.word());
            found.say(kind(one), &on, &on, message);
        } else if one.definition != other.definition {
            let message = format!("{} `{on}` differs", one.kind.word());
            found.differ(kind(one), &on, &on, message, [&one.definition, &other.definition]);
        }
        held(&on, [&one.held, &other.held], found);
    }
}

fn sequences(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let (pairs, missing, extra) =
        pair(&expected.sequences, &live.sequences, &[&|one: &Sequence| Some(key(&one.namespace, &one.name))]);
    // One that belongs to a column comes and goes with it, and is told there.
    let told = |all: Vec<_>, of: &Schema| -> Vec<_> {
        all.into_iter()
            .filter(|one: &&Sequence| one.owned_by.as_deref().is_none_or(|by| column(of, by)))
            .collect()
    };
    let (missing, extra) = (told(missing, live), told(extra, expected));
    alone(|_| Kind::SequenceDiffers, |one: &Sequence| ("sequence", one.id()), &missing, &extra, found);
    for (one, other) in pairs {
        let on = one.id();
        let texts = [one, other].map(|one| {
            let by = one.owned_by.as_ref().map(|by| format!(" OWNED BY {by}"));
            format!("{}{}", one.definition, by.unwrap_or_default())
        });
        if texts[0] != texts[1] {
            found.differ(
                Kind::SequenceDiffers,
                &on,
                &on,
                format!("sequence `{on}` differs"),
                [&texts[0], &texts[1]],
            );
        }
        held(&on, [&one.held, &other.held], found);
    }
}

/// Whether a schema has the column that a sequence names, and counts by another sequence or none.
fn column(schema: &Schema, path: &str) -> bool {
    let bare = path.replace('"', "");
    schema.tables.iter().any(|table| {
        let prefix = format!("{}.{}.", table.namespace, table.name);
        bare.strip_prefix(&prefix).is_some_and(|name| {
            table
                .columns
                .iter()
                .any(|column| column.name == name && column.identity.is_none() && column.default.is_some())
        })
    })
}

fn functions(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let (pairs, missing, extra) =
        pair(&expected.functions, &live.functions, &[&|one: &Function| Some(key(&one.namespace, &one.name))]);
    alone(|_| Kind::FunctionDiffers, |one: &Function| ("function", one.id()), &missing, &extra, found);
    for (one, other) in pairs {
        let on = one.id();
        let [text, other_text] = [one, other].map(|one| lines(&one.definition));
        if text != other_text {
            found.differ(
                Kind::FunctionDiffers,
                &on,
                &on,
                format!("function `{on}` differs"),
                [&text, &other_text],
            );
        }
        held(&on, [&one.held, &other.held], found);
    }
}

/// Line ends and what stands before them say nothing.
fn lines(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Owner, grants and comment of something that both have.
pub(super) fn held(on: &str, sides: [&Held; 2], found: &mut Found<'_>) {
    let [expected, live] = sides;
    if expected.owner != live.owner {
        let message = format!("`{on}` is owned by `{}`, expected `{}`", live.owner, expected.owner);
        found.say(Kind::Owner, on, on, message);
    }
    if expected.grants != live.grants {
        let texts = [expected, live].map(|held| held.grants.join("\n"));
        let lost: Vec<&str> =
            expected.grants.iter().filter(|line| !live.grants.contains(line)).map(String::as_str).collect();
        let new: Vec<&str> =
            live.grants.iter().filter(|line| !expected.grants.contains(line)).map(String::as_str).collect();
        let part = |word: &str, all: &[&str]| {
            if all.is_empty() { String::new() } else { format!("; {word} {}", all.join("; ")) }
        };
        let message =
            format!("the grants on `{on}` differ{}{}", part("missing", &lost), part("not expected", &new));
        found.differ(Kind::Grant, on, on, message, [&texts[0], &texts[1]]);
    }
    comment(on, on, [&expected.comment, &live.comment], found);
}
