//! The names that constraints and indexes get: SQLAlchemy's by a convention, and those that Postgres makes up.
use md5::{Digest, Md5};

use crate::model::naming::{Convention, Name};
use crate::model::operation::{Action, Body, Constraint, ConstraintKind, Index, TableName};

/// Postgres keeps no longer names.
const LONGEST_BYTES: usize = 63;

/// Gives every constraint and index of a body the name that Alembic gives it. Without a convention, when none can be told,
/// what depends on one stays open.
pub fn settle(body: &mut Body, convention: Option<&Convention>) {
    for operation in &mut body.operations {
        match &mut operation.action {
            Action::CreateTable { table, constraints, indexes, .. }
            | Action::AddColumn { table, constraints, indexes, .. } => {
                for one in constraints {
                    constrain(one, table, convention);
                }
                for one in indexes {
                    self::index(one, convention);
                }
            }
            Action::AddConstraint { table, constraint } => constrain(constraint, table, convention),
            Action::CreateIndex(index) => self::index(index, convention),
            Action::DropIndex { name, table, .. } => {
                let on = On { table: table.as_ref(), columns: Some(&[]), refers: None };
                set(name, "ix", &on, convention);
            }
            Action::DropConstraint { table, name, kind } => {
                let on = On { table: Some(table), columns: Some(&[]), refers: None };
                match kind {
                    Some(kind) => {
                        let was = name.clone();
                        set(name, word(*kind), &on, convention);
                        // What nobody named cannot be dropped, unless the convention names it.
                        if was == Name::Unsaid && *name == Name::Made {
                            *name = Name::Unsaid;
                        }
                    }
                    // Without a sort no convention is asked.
                    None if let Name::Said(said) = name => *name = Name::Exact(std::mem::take(said)),
                    None => {}
                }
            }
            _ => {}
        }
    }
}

fn constrain(constraint: &mut Constraint, table: &TableName, convention: Option<&Convention>) {
    let is_told = !constraint.columns.is_empty();
    let columns = is_told.then_some(constraint.columns.as_slice());
    let refers = constraint.refers_to.as_ref().map(|to| (to, constraint.refers_columns.as_slice()));
    let on = On { table: Some(table), columns, refers };
    set(&mut constraint.name, word(constraint.kind), &on, convention);
}

fn index(index: &mut Index, convention: Option<&Convention>) {
    let columns: Option<Vec<String>> = index.columns.iter().cloned().collect();
    let columns = columns.filter(|columns| !columns.is_empty());
    let on = On { table: index.table.as_ref(), columns: columns.as_deref(), refers: None };
    set(&mut index.name, "ix", &on, convention);
    if index.name == Name::Made {
        // SQLAlchemy makes no index without a name.
        index.name = Name::Untold;
    }
}

fn word(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "pk",
        ConstraintKind::Unique => "uq",
        ConstraintKind::ForeignKey => "fk",
        ConstraintKind::Check => "ck",
        // A class of its own, for which no convention has a word.
        ConstraintKind::Exclude => "",
    }
}

fn set(name: &mut Name, word: &str, on: &On<'_>, convention: Option<&Convention>) {
    let Some(convention) = convention else {
        if *name == Name::Unsaid {
            *name = Name::Untold;
        }
        return;
    };
    let said = match name {
        Name::Unsaid => None,
        Name::Said(said) => Some(std::mem::take(said)),
        _ => return,
    };
    *name = match (convention.templates.get(word), said) {
        (Some(None), _) => Name::Untold,
        (Some(Some(template)), said) if said.is_none() || template.contains("constraint_name") => {
            on.filled(template, said.as_deref(), convention).map_or(Name::Untold, Name::Convention)
        }
        (_, Some(said)) => Name::Exact(said),
        (None, None) => Name::Made,
        (Some(Some(_)), None) => Name::Untold,
    };
}

/// What a template is filled with.
struct On<'o> {
    table: Option<&'o TableName>,
    columns: Option<&'o [String]>,
    refers: Option<(&'o TableName, &'o [String])>,
}

impl On<'_> {
    /// A template, filled as Python's `%` fills it; none where a token cannot be told.
    fn filled(&self, template: &str, said: Option<&str>, convention: &Convention) -> Option<String> {
        let (mut whole, mut rest) = (String::new(), template);
        while let Some((before, after)) = rest.split_once('%') {
            whole.push_str(before);
            rest = if let Some(after) = after.strip_prefix('%') {
                whole.push('%');
                after
            } else {
                let (token, after) = after.strip_prefix('(')?.split_once(")s")?;
                // Its own tokens are functions.
                if convention.templates.contains_key(token) {
                    return None;
                }
                whole.push_str(&self.token(token, said)?);
                after
            };
        }
        whole.push_str(rest);
        Some(whole)
    }

    fn token(&self, token: &str, said: Option<&str>) -> Option<String> {
        match token {
            "constraint_name" => return said.map(str::to_owned),
            "table_name" => return Some(self.table?.name.clone()),
            "referred_table_name" => return Some(self.refers?.0.name.clone()),
            _ => {}
        }
        let (columns, after) = match token.strip_prefix("referred_") {
            Some(after) => (self.refers?.1, after),
            None => (self.columns?, token),
        };
        let after = after.strip_prefix("column_")?;
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, kind) = after.split_at_checked(digits)?;
        let (joint, kind) = if let Some(kind) = kind.strip_prefix("_N_") {
            (Some("_"), kind)
        } else if let Some(kind) = kind.strip_prefix("N_") {
            (Some(""), kind)
        } else {
            (None, kind.strip_prefix('_')?)
        };
        let is_referred = token.starts_with("referred_");
        let one = |column: &String| match kind {
            "name" => Some(column.clone()),
            "key" if !is_referred => Some(column.clone()),
            "label" if !is_referred => {
                let table = self.table?;
                let schema = table.schema.as_ref().map(|schema| schema.replace('.', "_") + "_");
                Some(format!("{}{}_{column}", schema.unwrap_or_default(), table.name))
            }
            _ => None,
        };
        match joint {
            Some(joint) if number == "0" => {
                Some(columns.iter().map(one).collect::<Option<Vec<_>>>()?.join(joint))
            }
            Some(_) => None,
            None => match columns.get(number.parse::<usize>().ok()?) {
                Some(column) => one(column),
                // A column that is not there is an empty word; what it would refer to is an error.
                None => (!is_referred).then(String::new),
            },
        }
    }
}

/// The name that a constraint without one gets where its table is built anew by a convention.
pub fn named_anew(constraint: &Constraint, table: &TableName, convention: Option<&Convention>) -> Name {
    let mut constraint = Constraint { name: Name::Unsaid, ..constraint.clone() };
    constrain(&mut constraint, table, convention);
    constraint.name
}

/// Whether a live name is what has become of a name: SQLAlchemy and Postgres each shorten what is too long, in ways of
/// their own.
pub fn is_kept_as(name: &str, live: &str) -> bool {
    // Both ways leave the beginning, and it takes no hash to see that most names are others.
    let is_alike = || live.len() >= 50 && name.as_bytes().get(..50) == live.as_bytes().get(..50);
    name == live
        || (name.len() > LONGEST_BYTES && is_alike() && (hashed(name) == live || clipped(name) == live))
}

/// A long name as SQLAlchemy shortens it for Postgres: one that a convention made, or that `op.f` says.
pub fn hashed(name: &str) -> String {
    if name.chars().count() <= LONGEST_BYTES {
        return name.to_owned();
    }
    let hash: String = Md5::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let start: String = name.chars().take(LONGEST_BYTES - 8).collect();
    format!("{start}_{}", hash.get(hash.len() - 4..).unwrap_or_default())
}

/// A name as Postgres cuts it.
fn clipped(name: &str) -> &str {
    name.get(..name.floor_char_boundary(LONGEST_BYTES)).unwrap_or(name)
}

/// The name that Postgres makes up for a constraint that has none; nothing where its columns are not told.
pub fn made_by_postgres(table: &str, constraint: &Constraint) -> Option<String> {
    let label = match constraint.kind {
        ConstraintKind::PrimaryKey => return Some(object_name(table, "", "pkey")),
        ConstraintKind::Unique => "key",
        ConstraintKind::ForeignKey => "fkey",
        ConstraintKind::Check | ConstraintKind::Exclude => return None,
    };
    if constraint.columns.is_empty() {
        return None;
    }
    let mut columns = String::new();
    for column in &constraint.columns {
        if !columns.is_empty() {
            columns.push('_');
        }
        columns.push_str(column);
        if columns.len() > LONGEST_BYTES {
            break;
        }
    }
    Some(object_name(table, &columns, label))
}

/// `makeObjectName` of Postgres: the longer of the two first parts gives way.
fn object_name(first: &str, second: &str, label: &str) -> String {
    let room = LONGEST_BYTES - label.len() - 1 - usize::from(!second.is_empty());
    let (mut one, mut two) = (first.len(), second.len());
    while one + two > room {
        if one > two {
            one -= 1;
        } else {
            two -= 1;
        }
    }
    let part =
        |text: &str, bytes: usize| text.get(..text.floor_char_boundary(bytes)).unwrap_or(text).to_owned();
    let mut name = part(first, one);
    if !second.is_empty() {
        name = format!("{name}_{}", part(second, two));
    }
    format!("{name}_{label}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_postgres_makes_up() {
        let constraint = |kind, columns: &[&str]| Constraint {
            kind,
            name: Name::Made,
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            refers_to: None,
            refers_columns: Vec::new(),
            not_valid: false,
        };
        let unique = constraint(ConstraintKind::Unique, &["a", "b"]);
        assert_eq!(made_by_postgres("t", &unique).as_deref(), Some("t_a_b_key"));
        let key = constraint(ConstraintKind::PrimaryKey, &["a"]);
        assert_eq!(made_by_postgres(&"t".repeat(70), &key), Some(format!("{}_pkey", "t".repeat(58))));
        let long = constraint(ConstraintKind::ForeignKey, &[&"c".repeat(60)]);
        let name = made_by_postgres(&"t".repeat(40), &long).unwrap_or_default();
        assert_eq!(name, format!("{}_{}_fkey", "t".repeat(29), "c".repeat(28)));
    }
}
