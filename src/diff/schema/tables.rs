//! Tables, their columns, and what a table is as a whole.
use super::names::{key, pair};
use super::objects::grants;
use super::{Found, Kind, WRITES_SHORT, counting, normal, parts, text};
use crate::model::schema::{Column, ColumnRole, RowSecurity, Schema, System, Table, TableKind};

pub(super) fn compare(expected: &Schema, live: &Schema, found: &mut Found<'_>) {
    let (pairs, missing, extra) =
        pair(&expected.tables, &live.tables, &[&|table: &Table| Some(key(&table.namespace, &table.name))]);
    for table in missing {
        let message = format!("{} `{}` is missing", table.kind.word(), table.id());
        found.differ(Kind::MissingTable, &table.id(), &table.id(), message, [&text::table(table), ""]);
    }
    for table in extra {
        let message = format!("{} `{}` is not expected", table.kind.word(), table.id());
        found.differ(Kind::ExtraTable, &table.id(), &table.id(), message, ["", &text::table(table)]);
    }
    for (one, other) in pairs {
        if kind(one.kind) == kind(other.kind) {
            columns(one, other, [expected.system, live.system], found);
            whole(one, other, found);
            parts::compare(one, other, [expected.system, live.system], found);
            if !found.is_between_systems {
                definition(one, other, found);
            }
        } else {
            let (is, should) = (other.kind.word(), one.kind.word());
            let message = format!("`{}` is a {is}, expected a {should}", one.id());
            found.differ(Kind::TableDiffers, &one.id(), &one.id(), message, [should, is]);
        }
    }
}

/// A shadow table is the business of its virtual table.
fn kind(kind: TableKind) -> TableKind {
    if kind == TableKind::Shadow { TableKind::Table } else { kind }
}

fn columns(expected: &Table, live: &Table, systems: [System; 2], found: &mut Found<'_>) {
    let on = expected.id();
    let key = |column: &Column| Some(column.name.clone());
    let (pairs, missing, extra) = pair(&expected.columns, &live.columns, &[&key]);
    // The columns of a view follow from its query and from those of its tables, and are told there.
    let is_view = matches!(expected.kind, TableKind::View | TableKind::MaterializedView);
    for column in missing.into_iter().filter(|_| !is_view) {
        let about = format!("{on}.{}", column.name);
        let message = format!("`{about}` is missing");
        found.differ(Kind::MissingColumn, &on, &about, message, [&text::column(column), ""]);
    }
    for column in extra.into_iter().filter(|_| !is_view) {
        let about = format!("{on}.{}", column.name);
        let message = format!("`{about}` is not expected");
        found.differ(Kind::ExtraColumn, &on, &about, message, ["", &text::column(column)]);
    }
    for (one, other) in pairs {
        let about = format!("{on}.{}", one.name);
        let texts = [text::column(one), text::column(other)];
        let mut facts = column(&about, [(expected, one), (live, other)], systems, found);
        facts.retain(|(kind, _)| !is_view || *kind == Kind::Default);
        for (kind, message) in facts {
            found.differ(kind, &on, &about, message, [&texts[0], &texts[1]]);
        }
        if !found.is_between_systems {
            if one.options != other.options {
                let (is, should) = (listed(&other.options), listed(&one.options));
                let message = format!("`{about}` has the options {is}, expected {should}");
                found.differ(Kind::TableDiffers, &on, &about, message, [&texts[0], &texts[1]]);
            }
            grants(&on, &about, [&one.grants, &other.grants], found);
            comment(&on, &about, [&one.comment, &other.comment], found);
        }
    }
}

fn listed(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// What is to say about one column, in the order of its own text.
fn column(
    about: &str,
    sides: [(&Table, &Column); 2],
    systems: [System; 2],
    found: &Found<'_>,
) -> Vec<(Kind, String)> {
    let [(one_of, one), (other_of, other)] = sides;
    let mut facts = Vec::new();
    let types = [normal::type_of(&one.declared, systems[0]), normal::type_of(&other.declared, systems[1])];
    if !is_same_type(&types, systems, found) {
        let message =
            format!("`{about}` is of type {}, expected {}", or_none(&other.declared), or_none(&one.declared));
        facts.push((Kind::TypeMismatch, message));
    } else if one.collation != other.collation && !found.is_between_systems {
        let name = |column: &Column| column.collation.clone().unwrap_or_else(|| "that of its type".into());
        facts.push((
            Kind::TypeMismatch,
            format!("the collation of `{about}` is {}, expected {}", name(other), name(one)),
        ));
    }
    // SQLite does not say of a key's columns that they refuse NULL.
    let refuses = |of: &Table, column: &Column| column.not_null || of.key().contains(&column.name);
    let refuse = [refuses(one_of, one), refuses(other_of, other)];
    if refuse[0] != refuse[1] {
        let word = |refuses: bool| if refuses { "refuses NULL" } else { "takes NULL" };
        let message = format!("`{about}` {}, expected that it {}", word(refuse[1]), word(refuse[0]));
        facts.push((Kind::Nullability, message));
    }
    let sources = [source(one), source(other)];
    // A key that counts by itself is spelled in each system's own way, which SQLite's catalog does not tell.
    let counts = found.is_between_systems && one_of.key() == [one.name.clone()] && types[0].contains("int");
    if counts {
        facts.extend(counting::lost(about, sides, systems, &found.owned));
    }
    // SQLite's catalog tells no expressions.
    let is_untold = found.is_between_systems
        && one.role == other.role
        && one.role != ColumnRole::Stored
        && (one.default.is_none() || other.default.is_none());
    if sources[0] != sources[1] && !counts && !is_untold {
        let message = format!("`{about}` has {}, expected {}", sources[1], sources[0]);
        facts.push((Kind::Default, message));
    }
    facts
}

/// Whether two types are one. What is declared of a type stands instead of what would be the same between two systems; within
/// one, every type is itself too.
fn is_same_type(types: &[String; 2], systems: [System; 2], found: &Found<'_>) -> bool {
    let of = |(from, _): &(&String, &Vec<String>)| normal::type_of(from, systems[0]) == types[0];
    let mut declared = found.options.types.iter().filter(of).map(|(_, to)| to).peekable();
    let is_usual = types[0] == types[1] && (declared.peek().is_none() || !found.is_between_systems);
    is_usual || declared.flatten().any(|to| normal::type_of(to, systems[1]) == types[1])
}

/// Where the value of a column comes from when nobody gives one.
fn source(column: &Column) -> String {
    let value = normal::default(column);
    match (&column.identity, column.role, value) {
        (Some(identity), ..) => format!("an identity generated {}", identity.to_lowercase()),
        (None, ColumnRole::Generated, Some(value)) => format!("a stored expression {value}"),
        (None, ColumnRole::Generated, None) => "a stored expression".to_owned(),
        (None, ColumnRole::GeneratedVirtual, Some(value)) => format!("a virtual expression {value}"),
        (None, ColumnRole::GeneratedVirtual, None) => "a virtual expression".to_owned(),
        (None, _, Some(value)) => format!("the default {value}"),
        (None, _, None) => "no default".to_owned(),
    }
}

fn or_none(name: &str) -> &str {
    if name.is_empty() { "none" } else { name }
}

pub(super) fn comment(on: &str, about: &str, texts: [&Option<String>; 2], found: &mut Found<'_>) {
    let [expected, live] = texts.map(|text| text.as_deref().unwrap_or_default());
    if expected != live {
        let word = match (expected.is_empty(), live.is_empty()) {
            (false, true) => "is missing",
            (true, _) => "is not expected",
            (false, false) => "differs",
        };
        found.differ(Kind::Comment, on, about, format!("the comment on `{about}` {word}"), [expected, live]);
    }
}

/// What a table is besides its parts.
fn whole(expected: &Table, live: &Table, found: &mut Found<'_>) {
    if found.is_between_systems {
        return;
    }
    let on = expected.id();
    let persistence = |table: &Table| if table.unlogged { "unlogged" } else { "logged" }.to_owned();
    let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".into());
    let facts = [
        ("is", persistence(expected), persistence(live)),
        ("is partitioned by", some(&expected.partition_by), some(&live.partition_by)),
        ("has the parents", listed(&expected.parents), listed(&live.parents)),
        ("has the bounds", some(&expected.bound), some(&live.bound)),
        ("has the options", listed(&expected.options), listed(&live.options)),
    ];
    for (word, expected, live) in facts {
        // What was detached has no bounds either.
        let is_told = word == "has the bounds" && (expected == "nothing" || live == "nothing");
        if expected != live && !is_told {
            let message = format!("`{on}` {word} {live}, expected {expected}");
            found.differ(Kind::TableDiffers, &on, &on, message, [&expected, &live]);
        }
    }
    if expected.row_security != live.row_security {
        let word = |table: &Table| match table.row_security {
            RowSecurity::Off => "off",
            RowSecurity::On => "on",
            RowSecurity::Forced => "forced",
        };
        let message = format!("row security of `{on}` is {}, expected {}", word(live), word(expected));
        found.say(Kind::PolicyDiffers, &on, &on, message);
    }
    super::objects::held(&on, [&expected.held, &live.held], found);
}

/// A view's query, or the statement of a `SQLite` table, which alone tells its checks.
fn definition(expected: &Table, live: &Table, found: &mut Found<'_>) {
    let on = expected.id();
    let [one, other] = [expected, live].map(|table| table.definition.as_deref().unwrap_or_default());
    let is_view = matches!(expected.kind, TableKind::View | TableKind::MaterializedView);
    let same = if is_view {
        normal::view(one, found.is_between(WRITES_SHORT))
            == normal::view(other, found.is_between(WRITES_SHORT))
    } else {
        normal::text(one).replace(['"', '`', '[', ']'], "")
            == normal::text(other).replace(['"', '`', '[', ']'], "")
    };
    // A table whose parts differ already has its findings.
    let told = found.all.iter().any(|difference| difference.on == on);
    if !same && is_view {
        let message = format!("the query of `{on}` differs");
        found.differ(Kind::ViewDiffers, &on, &on, message, [one, other]);
    } else if !same && !told {
        let message = format!("the statement that made `{on}` differs");
        found.differ(Kind::TableDiffers, &on, &on, message, [one, other]);
    }
}
