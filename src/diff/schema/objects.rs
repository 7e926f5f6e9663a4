//! What a schema holds beside tables, and whose everything is.
use super::names::{key, pair};
use super::tables::comment;
use super::{Found, Kind, LEAVES_UNLOGGED, normal, unmaintained};
use crate::model::schema::{
    Extension, Function, Held, Namespace, Other, Schema, Sequence, TypeDef, TypeKind,
};

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
    others(expected, live, found);
}

/// One side alone has it: missing, then not expected. `name` answers its sort, its name and its text.
fn alone<T>(
    kind: impl Fn(&T) -> Kind,
    name: impl Fn(&T) -> (&'static str, String, String),
    missing: &[&T],
    extra: &[&T],
    found: &mut Found<'_>,
) {
    for (all, says) in [(missing, "is missing"), (extra, "is not expected")] {
        for one in all {
            let (word, id, text) = name(one);
            let text = format!("{word} {id} {text}");
            let texts = if says == "is missing" { [text.trim(), ""] } else { ["", text.trim()] };
            found.differ(kind(one), &id, &id, format!("{word} `{id}` {says}"), texts);
        }
    }
}

fn namespaces(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let key = |one: &Namespace| Some(one.name.clone());
    let (pairs, missing, extra) = pair(&expected.namespaces, &live.namespaces, &[&key]);
    alone(
        |_| Kind::NamespaceDiffers,
        |one: &Namespace| ("schema", one.name.clone(), String::new()),
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
    let name = |one: &Extension| {
        ("extension", one.name.clone(), format!("{} in schema {}", one.version, one.namespace))
    };
    alone(|_| Kind::ExtensionMissing, name, &missing, &[], found);
    alone(|_| Kind::ExtraExtension, name, &[], &extra, found);
    for (one, other) in pairs {
        let facts = [
            ("has version", &one.version, &other.version),
            ("is in schema", &one.namespace, &other.namespace),
        ];
        for (word, expected, live) in facts.into_iter().filter(|(_, expected, live)| expected != live) {
            let message = format!("extension `{}` {word} {live}, expected {expected}", one.name);
            found.differ(Kind::ExtensionVersion, &one.name, &one.name, message, [expected, live]);
        }
        // Each version brings a comment of its own.
        if one.version == other.version {
            comment(&one.name, &one.name, [&one.comment, &other.comment], found);
        }
    }
}

fn types(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let (pairs, missing, extra) =
        pair(&expected.types, &live.types, &[&|one: &TypeDef| Some(key(&one.namespace, &one.name))]);
    let kind = |one: &TypeDef| if one.kind == TypeKind::Enum { Kind::EnumDiffers } else { Kind::TypeDiffers };
    alone(kind, |one: &TypeDef| (one.kind.word(), one.id(), one.definition.clone()), &missing, &extra, found);
    for (one, other) in pairs {
        let on = one.id();
        if one.kind != other.kind {
            let message = format!("`{on}` is a {}, expected a {}", other.kind.word(), one.kind.word());
            found.differ(kind(one), &on, &on, message, [&one.definition, &other.definition]);
        } else if normal::literals(&one.definition) != normal::literals(&other.definition) {
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
    let name = |one: &Sequence| ("sequence", one.id(), one.definition.clone());
    alone(|_| Kind::SequenceDiffers, name, &missing, &extra, found);
    for (one, other) in pairs {
        let on = one.id();
        let texts = [one, other].map(|one| {
            let by = one.owned_by.as_ref().map(|by| format!(" OWNED BY {by}"));
            // Of an unlogged table's, where no other could be before.
            let logged = one.definition.strip_suffix(" LOGGED").filter(|_| found.is_between(LEAVES_UNLOGGED));
            format!("{}{}", logged.unwrap_or(&one.definition), by.unwrap_or_default())
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
    let name = |one: &Function| ("function", one.id(), lines(&one.definition));
    alone(|_| Kind::FunctionDiffers, name, &missing, &extra, found);
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

fn others(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let by_name = |one: &Other| Some(format!("{} {}", one.kind, key(&one.namespace, &one.name)));
    let (pairs, missing, extra) = pair(&expected.others, &live.others, &[&by_name]);
    // What hangs on a table that is missing is missing with it.
    let lacks = |schema: &Schema, one: &Other| {
        !one.hangs_on.is_empty()
            && !schema
                .tables
                .iter()
                .any(|table| format!("{}.{}", table.namespace, table.name) == one.hangs_on)
    };
    let missing = missing.into_iter().filter(|one| !lacks(live, one)).map(|one| (one, true));
    let extra = extra.into_iter().filter(|one| !lacks(expected, one)).map(|one| (one, false));
    for (one, is_missing) in missing.chain(extra) {
        let (on, text) = (named(one), unmaintained(&one.definition, found));
        let are = if is_plural(one) { "are" } else { "is" };
        let (says, texts) =
            if is_missing { ("missing", [text.as_str(), ""]) } else { ("not expected", ["", text.as_str()]) };
        found.differ(kind_of(one), &on, &on, format!("`{on}` {are} {says}"), texts);
    }
    for (one, other) in pairs {
        let on = named(one);
        let [text, other_text] =
            [one, other].map(|one| unmaintained(&normal::literals(&one.definition), found));
        if text != other_text {
            let says = if is_plural(one) { "differ" } else { "differs" };
            found.differ(kind_of(one), &on, &on, format!("`{on}` {says}"), [&text, &other_text]);
        }
        held(&on, [&one.held, &other.held], found);
    }
}

fn named(one: &Other) -> String {
    format!("{} {}", one.kind, one.id())
}

fn is_plural(one: &Other) -> bool {
    one.kind.ends_with("privileges")
}

fn kind_of(one: &Other) -> Kind {
    if is_plural(one) { Kind::Grant } else { Kind::ObjectDiffers }
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
    grants(on, on, [&expected.grants, &live.grants], found);
    comment(on, on, [&expected.comment, &live.comment], found);
}

/// Who may do what with something that both have.
pub(super) fn grants(on: &str, about: &str, sides: [&Vec<String>; 2], found: &mut Found<'_>) {
    let [expected, live] =
        sides.map(|lines| lines.iter().map(|line| unmaintained(line, found)).collect::<Vec<String>>());
    if expected == live {
        return;
    }
    let part = |word: &str, these: &[String], those: &[String]| {
        let alone: Vec<&str> =
            these.iter().filter(|line| !those.contains(line)).map(String::as_str).collect();
        if alone.is_empty() { String::new() } else { format!("; {word} {}", alone.join("; ")) }
    };
    let (lost, new) = (part("missing", &expected, &live), part("not expected", &live, &expected));
    let message = format!("the grants on `{about}` differ{lost}{new}");
    found.differ(Kind::Grant, on, about, message, [&expected.join("\n"), &live.join("\n")]);
}
