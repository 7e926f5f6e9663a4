//! What hangs on a table: constraints, indexes, triggers, policies.
use super::checks::{self, Check};
use super::names::pair;
use super::tables::comment;
use super::{Found, Kind, normal, text};
use crate::model::schema::{
    ColumnRole, Constraint, ConstraintKind, Index, Policy, Schema, System, Table, Trigger,
};
use crate::parse::expression::plain_index;

pub(super) fn compare(expected: &Table, live: &Table, systems: [System; 2], found: &mut Found<'_>) {
    constraints(expected, live, found);
    if found.is_between_systems {
        checks_between(expected, live, systems, found);
    }
    indexes(expected, live, found);
    if !found.is_between_systems {
        triggers(expected, live, found);
        policies(expected, live, found);
    }
}

/// The definition in the one spelling that this comparison needs.
fn spelled(definition: &str, found: &Found<'_>) -> String {
    if found.is_between_systems { normal::between_systems(definition) } else { normal::text(definition) }
}

/// A name, where names count and there is one.
fn counted(name: &str, found: &Found<'_>) -> Option<String> {
    (found.options.names && !name.is_empty()).then(|| name.to_owned())
}

/// What is to say about a constraint that only the live side has.
fn unexpected(on: &str, constraint: &Constraint) -> Told {
    let about = format!("{on}: {}", named(constraint));
    let what = described(constraint);
    // A column that refuses NULL has no constraint here, unless rows were never held to it.
    if constraint.kind == ConstraintKind::NotNull {
        let message = format!("{what} of `{on}` is NOT VALID: rows that were there may break it");
        return (Kind::NotValidConstraint, about, message, None);
    }
    let texts = Some([String::new(), text::constraint(constraint)]);
    (Kind::ExtraConstraint, about, format!("`{on}` has {what}, which is not expected"), texts)
}

fn constraints(expected: &Table, live: &Table, found: &mut Found<'_>) {
    let on = expected.id();
    // SQLite's catalog tells no checks, so that they are held to each other by themselves.
    let told = |constraint: &&Constraint| {
        !found.is_between_systems
            || !matches!(constraint.kind, ConstraintKind::Check | ConstraintKind::Exclude)
    };
    let sides = [expected, live]
        .map(|table| table.constraints.iter().filter(told).cloned().collect::<Vec<Constraint>>());
    let whole = |one: &Constraint| Some(format!("{} {}", one.name, spelled(&one.definition, found)));
    let by_name = |one: &Constraint| counted(&one.name, found);
    let by_definition = |one: &Constraint| Some(spelled(&one.definition, found));
    let by_any_name = |one: &Constraint| (!one.name.is_empty()).then(|| one.name.clone());
    let by_place = |one: &Constraint| {
        (!one.columns.is_empty() && one.kind != ConstraintKind::Check)
            .then(|| format!("{:?} {:?}", one.kind, one.columns))
    };
    let (pairs, missing, extra) =
        pair(&sides[0], &sides[1], &[&whole, &by_name, &by_definition, &by_any_name, &by_place]);
    let (mut told, mut comments) = (Vec::new(), Vec::new());
    for constraint in missing {
        let about = format!("{on}: {}", named(constraint));
        let texts = Some([text::constraint(constraint), String::new()]);
        told.push((Kind::MissingConstraint, about, format!("`{on}` lacks {}", described(constraint)), texts));
    }
    told.extend(extra.into_iter().map(|constraint| unexpected(&on, constraint)));
    for (one, other) in pairs {
        let about = format!("{on}: {}", named(one));
        let texts = [text::constraint(one), text::constraint(other)];
        if spelled(&one.definition, found) != spelled(&other.definition, found) {
            told.push((
                Kind::ConstraintDiffers,
                about.clone(),
                format!("{} of `{on}` differs", named(one)),
                Some(texts.clone()),
            ));
        } else if counted(&one.name, found).is_some()
            && counted(&other.name, found).is_some()
            && one.name != other.name
        {
            let message =
                format!("{} of `{on}` is named `{}`, expected `{}`", kind(one.kind), other.name, one.name);
            told.push((Kind::ConstraintDiffers, about.clone(), message, Some(texts.clone())));
        }
        match (one.not_valid, other.not_valid) {
            (false, true) => {
                let message = format!(
                    "{} of `{on}` is NOT VALID: rows that were there before it may break it",
                    named(other)
                );
                told.push((Kind::NotValidConstraint, about.clone(), message, Some(texts)));
            }
            (true, false) => {
                let message = format!("{} of `{on}` is valid, expected NOT VALID", named(one));
                told.push((Kind::ConstraintDiffers, about.clone(), message, Some(texts)));
            }
            _ => {}
        }
        comments.push((about, [&one.comment, &other.comment]));
    }
    tell(&on, told, &comments, found);
}

type Told = (Kind, String, String, Option<[String; 2]>);

fn tell(on: &str, told: Vec<Told>, comments: &[(String, [&Option<String>; 2])], found: &mut Found<'_>) {
    for (kind, about, message, texts) in told {
        match texts {
            Some([expected, live]) => found.differ(kind, on, &about, message, [expected.trim(), live.trim()]),
            None => found.say(kind, on, &about, message),
        }
    }
    if !found.is_between_systems {
        for (about, texts) in comments {
            comment(on, about, *texts, found);
        }
    }
}

fn named(constraint: &Constraint) -> String {
    if constraint.name.is_empty() {
        constraint.definition.clone()
    } else {
        format!("constraint `{}`", constraint.name)
    }
}

fn described(constraint: &Constraint) -> String {
    if constraint.name.is_empty() {
        constraint.definition.clone()
    } else {
        format!("constraint `{}`: {}", constraint.name, constraint.definition)
    }
}

fn kind(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::Check => "a check",
        ConstraintKind::Primary => "the primary key",
        ConstraintKind::Unique => "a unique constraint",
        ConstraintKind::Foreign => "a foreign key",
        ConstraintKind::Exclude => "an exclusion constraint",
        ConstraintKind::NotNull => "a NOT NULL constraint",
    }
}

fn indexes(expected: &Table, live: &Table, found: &mut Found<'_>) {
    let on = expected.id();
    let is_boolean = |name: &str| is_boolean([expected, live], name);
    let key = |one: &Index| {
        let plain = if found.is_between_systems { plain_index(&one.definition, &is_boolean) } else { None };
        let text = plain.map_or_else(|| spelled(&one.definition, found), |plain| normal::text(&plain.text));
        format!("{} {text}", one.unique)
    };
    let whole = |one: &Index| Some(format!("{} {}", one.name, key(one)));
    let by_name = |one: &Index| counted(&one.name, found);
    let by_definition = |one: &Index| Some(key(one));
    let by_any_name = |one: &Index| Some(one.name.clone());
    let (pairs, missing, extra) =
        pair(&expected.indexes, &live.indexes, &[&whole, &by_name, &by_definition, &by_any_name]);
    let (mut told, mut comments) = (Vec::<Told>::new(), Vec::new());
    let about = |index: &Index| format!("{on}: {}", index.name);
    for index in missing {
        let message = format!("`{on}` lacks index `{}`: {}", index.name, text::index(index));
        let texts = Some([index_line(index), String::new()]);
        told.push((Kind::MissingIndex, about(index), message, texts));
    }
    for index in extra {
        let message =
            format!("`{on}` has index `{}`, which is not expected: {}", index.name, text::index(index));
        let texts = Some([String::new(), index_line(index)]);
        told.push((Kind::ExtraIndex, about(index), message, texts));
        if index.invalid {
            told.push((Kind::InvalidIndex, about(index), invalid(&on, index), None));
        }
    }
    for (one, other) in pairs {
        let texts = [one, other].map(index_line);
        if key(one) != key(other) {
            let message = format!("index `{}` of `{on}` differs", one.name);
            told.push((Kind::IndexDiffers, about(one), message, Some(texts)));
        } else if one.name != other.name && found.options.names {
            let message = format!("an index of `{on}` is named `{}`, expected `{}`", other.name, one.name);
            told.push((Kind::IndexDiffers, about(one), message, Some(texts)));
        }
        if other.invalid && !one.invalid {
            told.push((Kind::InvalidIndex, about(other), invalid(&on, other), None));
        }
        comments.push((about(one), [&one.comment, &other.comment]));
    }
    tell(&on, told, &comments, found);
}

/// What checks of two systems say differently, as far as both can be understood.
fn checks_between(expected: &Table, live: &Table, systems: [System; 2], found: &mut Found<'_>) {
    let on = expected.id();
    let compared = checks::compare([(expected, systems[0]), (live, systems[1])], &found.types);
    let about = |check: &Check| {
        let name = if check.name.is_empty() { &check.text } else { &check.name };
        format!("{on}: {name}")
    };
    for one in &compared.missing {
        let message = format!("`{on}` lacks the check `{}`", one.text);
        found.differ(Kind::MissingConstraint, &on, &about(one), message, [&one.text, ""]);
    }
    for one in &compared.extra {
        let message = format!("`{on}` has the check `{}`, which is not expected", one.text);
        found.differ(Kind::ExtraConstraint, &on, &about(one), message, ["", &one.text]);
    }
    for (one, other) in &compared.differ {
        let message = format!("`{on}` checks `{}`, expected `{}`", other.text, one.text);
        found.differ(Kind::ConstraintDiffers, &on, &about(one), message, [&one.text, &other.text]);
    }
}

/// Checks of two systems that cannot be compared, in words.
pub(super) fn untold_checks(expected: &Schema, live: &Schema) -> Vec<String> {
    let types = checks::conditions_of_types(expected, live);
    let mate = |table: &Table| live.tables.iter().find(|other| other.name == table.name);
    let pairs = expected.tables.iter().filter_map(|table| Some((table, mate(table)?)));
    pairs
        .flat_map(|(one, other)| {
            checks::compare([(one, expected.system), (other, live.system)], &types).untold
        })
        .collect()
}

fn is_boolean(sides: [&Table; 2], name: &str) -> bool {
    let of = |table: &Table| {
        let column = table.columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| column.declared.eq_ignore_ascii_case("boolean"))
    };
    sides.into_iter().any(of)
}

/// What indexes and columns of Postgres have that SQLite cannot have, or does not tell, where both have them.
pub(super) fn own_to_postgres(postgres: &Schema, sqlite: &Schema) -> Vec<String> {
    let mut all = Vec::new();
    for table in &postgres.tables {
        let Some(other) = sqlite.tables.iter().find(|other| other.name == table.name) else { continue };
        for index in &table.indexes {
            let plain = plain_index(&index.definition, &|name| is_boolean([table, other], name));
            let own = plain.map(|plain| plain.own).unwrap_or_default();
            if !own.is_empty() {
                all.push(format!("{} of index `{}` of `{}`", own.join(", "), index.name, table.id()));
            }
        }
        let mut own = table.options.clone();
        own.extend(table.unlogged.then(|| "UNLOGGED".to_owned()));
        own.extend(table.partition_by.iter().map(|by| format!("PARTITION BY {by}")));
        if !own.is_empty() {
            all.push(format!("{} of `{}`", own.join(", "), table.id()));
        }
        let generated = table.columns.iter().filter(|column| column.role != ColumnRole::Stored);
        all.extend(generated.map(|column| format!("the expression of `{}.{}`", table.id(), column.name)));
    }
    all
}

fn index_line(index: &Index) -> String {
    format!("{} {}", index.name, text::index(index))
}

fn invalid(on: &str, index: &Index) -> String {
    format!("index `{}` of `{on}` is invalid: no query uses it, and what it refuses may be there", index.name)
}

fn triggers(expected: &Table, live: &Table, found: &mut Found<'_>) {
    let on = expected.id();
    let name = |trigger: &Trigger| Some(trigger.name.clone());
    let (pairs, missing, extra) = pair(&expected.triggers, &live.triggers, &[&name]);
    for (trigger, is_missing) in sides(missing, extra) {
        let one = [&trigger.name, &text::trigger(trigger)];
        alone(Kind::TriggerDiffers, "trigger", &on, one, is_missing, found);
    }
    for (one, other) in pairs {
        let about = format!("{on}: {}", one.name);
        let texts = [text::trigger(one), text::trigger(other)];
        if normal::text(&one.definition) != normal::text(&other.definition) {
            let message = format!("trigger `{}` of `{on}` differs", one.name);
            found.differ(Kind::TriggerDiffers, &on, &about, message, [&texts[0], &texts[1]]);
        }
        if one.fires != other.fires {
            let word =
                |trigger: &Trigger| trigger.fires.clone().unwrap_or_else(|| "enabled".into()).to_lowercase();
            let message =
                format!("trigger `{}` of `{on}` is {}, expected {}", one.name, word(other), word(one));
            found.differ(Kind::TriggerDiffers, &on, &about, message, [&texts[0], &texts[1]]);
        }
        comment(&on, &about, [&one.comment, &other.comment], found);
    }
}

fn policies(expected: &Table, live: &Table, found: &mut Found<'_>) {
    let on = expected.id();
    let name = |policy: &Policy| Some(policy.name.clone());
    let (pairs, missing, extra) = pair(&expected.policies, &live.policies, &[&name]);
    for (policy, is_missing) in sides(missing, extra) {
        alone(Kind::PolicyDiffers, "policy", &on, [&policy.name, &policy.definition], is_missing, found);
    }
    for (one, other) in pairs {
        let about = format!("{on}: {}", one.name);
        if normal::literals(&one.definition) != normal::literals(&other.definition) {
            let message = format!("policy `{}` of `{on}` differs", one.name);
            found.differ(Kind::PolicyDiffers, &on, &about, message, [&one.definition, &other.definition]);
        }
        comment(&on, &about, [&one.comment, &other.comment], found);
    }
}

/// What one side alone has, and whether it is missing.
fn sides<'t, T>(missing: Vec<&'t T>, extra: Vec<&'t T>) -> impl Iterator<Item = (&'t T, bool)> {
    missing.into_iter().map(|one| (one, true)).chain(extra.into_iter().map(|one| (one, false)))
}

/// A part with its name and its text that one side alone has.
fn alone(kind: Kind, word: &str, on: &str, part: [&String; 2], is_missing: bool, found: &mut Found<'_>) {
    let [name, text] = part;
    let (says, texts) = if is_missing {
        ("is missing", [text.as_str(), ""])
    } else {
        ("is not expected", ["", text.as_str()])
    };
    let message = format!("{word} `{name}` of `{on}` {says}");
    found.differ(kind, on, &format!("{on}: {name}"), message, texts);
}
