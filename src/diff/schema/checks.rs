//! Checks of one table in two systems: compared where both are plain enough to be understood, and listed where not.
use std::collections::{BTreeMap, BTreeSet};

use crate::model::schema::{ConstraintKind, Schema, System, Table, TypeDef, TypeKind};
use crate::parse::condition::{Condition, condition};
use crate::parse::sqlite_table::checks;

/// One check.
#[derive(Clone)]
pub(super) struct Check {
    /// Empty where it has none.
    pub(super) name: String,
    /// As its own system writes it.
    pub(super) text: String,
    plain: Option<Condition>,
}

/// What became of the checks that are not the same on both sides.
#[derive(Default)]
pub(super) struct Compared {
    /// Expected alone.
    pub(super) missing: Vec<Check>,
    /// Live alone.
    pub(super) extra: Vec<Check>,
    /// Expected and live, about the same columns or of one name.
    pub(super) differ: Vec<(Check, Check)>,
    /// What cannot be compared, in words.
    pub(super) untold: Vec<String>,
}

/// The types of Postgres whose own conditions may say what a check of the other system says.
pub(super) fn conditions_of_types(expected: &Schema, live: &Schema) -> BTreeMap<String, TypeDef> {
    let all = expected.types.iter().chain(&live.types);
    let own = all.filter(|one| matches!(one.kind, TypeKind::Enum | TypeKind::Domain));
    own.map(|one| (one.id(), one.clone())).collect()
}

/// Compares the checks of two tables, one in either system.
pub(super) fn compare(sides: [(&Table, System); 2], types: &BTreeMap<String, TypeDef>) -> Compared {
    let mut compared = Compared::default();
    let is_boolean = |name: &str| {
        let mut columns = sides.iter().flat_map(|(table, _)| &table.columns);
        columns.any(|column| column.name == name && column.declared.eq_ignore_ascii_case("boolean"))
    };
    let all = sides.map(|(table, system)| {
        of(table, system, &is_boolean).unwrap_or_else(|| {
            compared.untold.push(format!("the checks of `{}`, whose statement cannot be read", table.id()));
            Vec::new()
        })
    });
    if !compared.untold.is_empty() {
        return compared;
    }
    let [mut expected, mut live] = all;
    for (all, own, (postgres, _)) in
        [(&mut expected, sides[0].1, sides[1]), (&mut live, sides[1].1, sides[0])]
    {
        if own == System::Sqlite {
            all.retain(|check| !is_of_type(check, postgres, types, &is_boolean, &mut compared.untold));
        }
    }
    expected.retain(|one| {
        let same = live.iter().position(|other| one.plain.is_some() && text(one) == text(other));
        same.map(|at| live.remove(at)).is_none()
    });
    // One name is one check.
    expected.retain(|one| {
        let same = live.iter().position(|other| {
            !one.name.is_empty()
                && one.name.eq_ignore_ascii_case(&other.name)
                && is_simple(one)
                && is_simple(other)
        });
        same.map(|at| compared.differ.push((one.clone(), live.remove(at)))).is_none()
    });
    let on = sides[0].0.id();
    let mut tell = |check: &Check| compared.untold.push(format!("check `{}` of `{on}`", check.text));
    let clear = |check: &Check, others: &[Check]| {
        is_simple(check) && !others.iter().any(|other| !is_simple(other) && is_about(check, other))
    };
    let (clear_expected, left): (Vec<Check>, Vec<Check>) =
        expected.iter().cloned().partition(|check| clear(check, &live));
    left.iter().for_each(&mut tell);
    let (mut clear_live, left): (Vec<Check>, Vec<Check>) =
        live.iter().cloned().partition(|check| clear(check, &expected));
    left.iter().for_each(&mut tell);
    for one in clear_expected {
        match clear_live.iter().position(|other| columns(&one) == columns(other)) {
            Some(at) => compared.differ.push((one, clear_live.remove(at))),
            None => compared.missing.push(one),
        }
    }
    compared.extra = clear_live;
    compared
}

fn text(check: &Check) -> Option<&str> {
    check.plain.as_ref().map(|plain| plain.text.as_str())
}

fn is_simple(check: &Check) -> bool {
    check.plain.as_ref().is_some_and(|plain| plain.is_simple)
}

fn columns(check: &Check) -> Option<&BTreeSet<String>> {
    check.plain.as_ref().map(|plain| &plain.columns)
}

/// Whether two may be about one thing: they share a column, or one cannot be read.
fn is_about(one: &Check, other: &Check) -> bool {
    match (columns(one), columns(other)) {
        (Some(one), Some(other)) => !one.is_disjoint(other),
        _ => true,
    }
}

fn of(table: &Table, system: System, is_boolean: &dyn Fn(&str) -> bool) -> Option<Vec<Check>> {
    let check = |name: &str, text: &str| Check {
        name: name.to_owned(),
        text: text.to_owned(),
        plain: condition(text, is_boolean),
    };
    if system == System::Sqlite {
        let all = checks(table.definition.as_deref().unwrap_or_default())?;
        return Some(
            all.iter().map(|(name, text)| check(name.as_deref().unwrap_or_default(), text)).collect(),
        );
    }
    let own = table.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::Check);
    let bare = |definition: &str| {
        let text = definition.strip_prefix("CHECK ").unwrap_or(definition);
        [" NO INHERIT", " NOT ENFORCED"]
            .iter()
            .fold(text, |text, end| text.strip_suffix(end).unwrap_or(text))
            .to_owned()
    };
    Some(own.map(|constraint| check(&constraint.name, &bare(&constraint.definition))).collect())
}

/// Whether a check of SQLite says what the column's type says in Postgres: true or false, a label of an enum, a domain.
fn is_of_type(
    check: &Check,
    postgres: &Table,
    types: &BTreeMap<String, TypeDef>,
    is_boolean: &dyn Fn(&str) -> bool,
    untold: &mut Vec<String>,
) -> bool {
    let Some(plain) = &check.plain else { return false };
    let mut names = plain.columns.iter();
    let (Some(name), None) = (names.next(), names.next()) else { return false };
    let truth: BTreeSet<String> = ["0", "1"].map(str::to_owned).into();
    if is_boolean(name) && plain.members.as_ref() == Some(&truth) {
        return true;
    }
    let column = postgres.columns.iter().find(|column| column.name == *name);
    let Some(of) = column.and_then(|column| types.get(column.declared.trim_start_matches("public."))) else {
        return false;
    };
    if of.kind == TypeKind::Domain {
        untold.push(format!(
            "check `{}` of `{}`, whose column is of domain `{}`",
            check.text,
            postgres.id(),
            of.id()
        ));
        return true;
    }
    let labels: BTreeSet<String> = of.definition.split(", ").map(str::to_owned).collect();
    plain.members.as_ref() == Some(&labels)
}
