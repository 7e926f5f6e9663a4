//! Slugs and ids that say what the body contradicts.
use std::collections::BTreeSet;

use super::AlembicFacts;
use super::revisions::Files;
use super::template::slug;
use crate::model::chain::Revision;
use crate::model::operation::{Action, Operation, TypeSpec};
use crate::model::{Looked, Place, Span};
use crate::rules::Sink;

/// What is wrong with a name, and where the body says otherwise.
type Lie = Option<(String, Span)>;

pub(super) fn name_lies(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let mut check = out.check(chain.object(), Looked::at(files.revisions().count(), "file"));
        let tables = tables(files);
        for (file, revision) in files.revisions() {
            let name = file.name().trim_end_matches(".py");
            for said in [slug(name, &revision.id.text), revision.id.text.clone()] {
                let words: Vec<&str> = said.split(['_', '-']).filter(|word| !word.is_empty()).collect();
                let lie = dimension_lie(&said, &words, revision)
                    .or_else(|| table_lie(&said, revision))
                    .or_else(|| rename_lie(&words, revision))
                    .or_else(|| place_lie(&words, revision, &tables));
                if let Some((message, span)) = lie {
                    check
                        .find(&revision.id.text, format!("`{said}` lies: {message}"))
                        .at(Place::new(&file.path, span))
                        .help("name it for what it does; an applied revision keeps its id, so say it in the docstring");
                    break;
                }
            }
        }
    }
}

fn upgrade(revision: &Revision) -> impl Iterator<Item = &Operation> {
    revision.upgrade.iter().flat_map(|body| &body.operations)
}

/// The tables that the revisions of a chain work on.
fn tables(files: &Files) -> BTreeSet<String> {
    let all = files.revisions().flat_map(|(_, revision)| upgrade(revision));
    all.flat_map(|operation| touched(&operation.action)).map(str::to_lowercase).collect()
}

/// The dimensions of the vectors in a body, with the first place where it gives one.
fn dimensions(revision: &Revision) -> (Vec<i64>, Option<Span>) {
    let (mut actual, mut span) = (Vec::new(), None);
    for operation in upgrade(revision) {
        let kinds: Vec<&TypeSpec> = match &operation.action {
            Action::CreateTable { columns, .. } => {
                columns.iter().filter_map(|column| column.kind.as_ref()).collect()
            }
            Action::AddColumn { column, .. } => column.kind.iter().collect(),
            Action::AlterColumn { change, .. } => change.kind.iter().collect(),
            _ => Vec::new(),
        };
        for kind in kinds.into_iter().filter(|kind| is_vector(kind)) {
            span.get_or_insert(operation.span);
            actual.extend(kind.numbers.first().copied());
        }
    }
    actual.sort_unstable();
    actual.dedup();
    (actual, span)
}

pub(super) fn is_vector(kind: &TypeSpec) -> bool {
    ["vector", "halfvec", "sparsevec"].contains(&kind.name.as_str())
}

/// `..._to_3072`, `resize_1536`, while every vector in the body has another dimension.
fn dimension_lie(said: &str, words: &[&str], revision: &Revision) -> Lie {
    let after = said.rsplit_once("to_").and_then(|(_, after)| {
        after.split('_').next()?.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i64>().ok()
    });
    let wanted: Vec<i64> = match after {
        Some(number) => vec![number],
        None if words.iter().any(|word| VECTOR_WORDS.contains(word)) => {
            (0..words.len()).filter_map(|index| dimension(words, index)).collect()
        }
        None => return None,
    };
    let (actual, span) = dimensions(revision);
    if wanted.is_empty() || actual.is_empty() || wanted.iter().any(|number| actual.contains(number)) {
        return None;
    }
    let actual: Vec<String> = actual.iter().map(ToString::to_string).collect();
    Some((format!("the columns get {} dimensions", actual.join(" and ")), span?))
}

/// Words beside which a number is a dimension.
const VECTOR_WORDS: &[&str] = &[
    "dim",
    "dims",
    "dimension",
    "dimensions",
    "embedding",
    "embeddings",
    "halfvec",
    "resize",
    "vector",
    "vectors",
];

/// A word that is a number such as models have dimensions: not a year, and not the number of an issue.
fn dimension(words: &[&str], index: usize) -> Option<i64> {
    let number: i64 = words.get(index)?.parse().ok()?;
    let before = index.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
    let is_numbered =
        ["issue", "pr", "gh", "ticket", "bug", "v", "version", "release", "fix", "part", "step"]
            .contains(&before);
    let is_usual = (64..=16_384).contains(&number) && number % 32 == 0 && !(1990..=2040).contains(&number);
    (is_usual && !is_numbered).then_some(number)
}

/// `create_x_table` and `drop_x_table`, while the body makes or drops other tables alone.
fn table_lie(said: &str, revision: &Revision) -> Lie {
    let inner = said.strip_suffix("_table")?;
    let (verb, table) = inner.split_once('_')?;
    let creates = match verb {
        "create" | "add" | "new" => true,
        "drop" | "remove" | "delete" => false,
        _ => return None,
    };
    let mut actual = Vec::new();
    let mut span = None;
    for operation in upgrade(revision) {
        match &operation.action {
            Action::CreateTable { table, .. } if creates => actual.push(table.name.as_str()),
            Action::DropTable { table } if !creates => actual.push(table.name.as_str()),
            Action::RenameTable { to, .. } => actual.push(to),
            Action::Opaque { .. } => return None,
            _ => continue,
        }
        span.get_or_insert(operation.span);
    }
    if actual.is_empty() || actual.iter().any(|name| is_alike(name, table)) {
        return None;
    }
    let word = if creates { "makes" } else { "drops" };
    Some((format!("it {word} `{}`", actual.join("`, `")), span?))
}

/// `rename_x_to_y`, while the body gives only other names, and to other things.
fn rename_lie(words: &[&str], revision: &Revision) -> Lie {
    let ["rename", rest @ ..] = words else { return None };
    let at = rest.iter().position(|word| *word == "to").filter(|at| *at > 0)?;
    let (from, to) = (rest.get(..at)?.join("_"), rest.get(at + 1..)?.join("_"));
    if to.is_empty() {
        return None;
    }
    let (mut actual, mut span) = (Vec::new(), None);
    for operation in upgrade(revision) {
        let renamed = match &operation.action {
            Action::RenameTable { table, to } => (table.name.as_str(), to.as_str()),
            Action::AlterColumn { column, change, .. } => match &change.rename {
                Some(to) => (column.as_str(), to.as_str()),
                None => continue,
            },
            Action::RenameIndex { name, to } | Action::RenameConstraint { name, to, .. } => {
                (name.as_str(), to.as_str())
            }
            Action::Opaque { .. } => return None,
            _ => continue,
        };
        span.get_or_insert(operation.span);
        actual.push(renamed);
    }
    // Whoever renames several things names the revision for what they are together.
    let [(old, new)] = actual.as_slice() else { return None };
    // One end may be shortened, or be named for what it means: both ends fit, or the one that fits shows which was meant.
    if is_alike(new, &to) || (!is_alike(old, &from) && !is_alike(old, &to)) {
        return None;
    }
    Some((format!("it renames `{old}` to `{new}`"), span?))
}

/// `drop_x`, `add_y_to_x`, where `x` is a table of the chain, while the body works on other tables alone.
fn place_lie(words: &[&str], revision: &Revision, tables: &BTreeSet<String>) -> Lie {
    let wanted = match words {
        ["drop" | "remove" | "delete", rest @ ..] => {
            rest.strip_suffix(["table"].as_slice()).unwrap_or(rest).join("_")
        }
        ["add" | "create", ..] => String::new(),
        _ => return None,
    };
    let behind = words.iter().rposition(|word| ["to", "from", "on"].contains(word));
    let behind = behind.and_then(|at| words.get(at + 1..)).unwrap_or_default();
    let behind = behind.strip_suffix(["table"].as_slice()).unwrap_or(behind).join("_");
    let wanted = [wanted, behind].into_iter().find(|name| tables.contains(&name.to_lowercase()))?;
    let (mut actual, mut span) = (BTreeSet::new(), None);
    for operation in upgrade(revision) {
        let own = touched(&operation.action);
        match &operation.action {
            // Rows are brought along from anywhere, and what has no table may be named like one.
            Action::Opaque { .. }
            | Action::DropIndex { table: None, .. }
            | Action::Rows { .. }
            | Action::CreateOther { .. }
            | Action::DropOther { .. } => return None,
            _ if own.is_empty() => continue,
            _ => {}
        }
        span.get_or_insert(operation.span);
        if names(&operation.action).into_iter().any(|name| is_alike(name, &wanted)) {
            return None;
        }
        actual.extend(own);
    }
    if actual.is_empty() || actual.iter().any(|name| is_alike(name, &wanted)) {
        return None;
    }
    let actual: Vec<&str> = actual.into_iter().collect();
    Some((format!("it works on `{}`, and `{wanted}` is another table", actual.join("`, `")), span?))
}

/// The tables that an action works on or refers to.
fn touched(action: &Action) -> Vec<&str> {
    match action {
        Action::CreateTable { table, constraints, .. } | Action::AddColumn { table, constraints, .. } => {
            let referred = constraints.iter().filter_map(|one| one.refers_to.as_ref());
            std::iter::once(table).chain(referred).map(|table| table.name.as_str()).collect()
        }
        Action::AddConstraint { table, constraint } => {
            std::iter::once(table).chain(&constraint.refers_to).map(|table| table.name.as_str()).collect()
        }
        Action::RenameTable { table, to } => vec![&table.name, to],
        Action::DropTable { table }
        | Action::DropColumn { table, .. }
        | Action::AlterColumn { table, .. }
        | Action::DropConstraint { table, .. }
        | Action::RenameConstraint { table, .. }
        | Action::NameConstraints { table, .. } => vec![&table.name],
        Action::CreateIndex(index) => index.table.iter().map(|table| table.name.as_str()).collect(),
        Action::DropIndex { table, .. } => table.iter().map(|table| table.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// The other names in an action: a column or a constraint may be called like a table.
fn names(action: &Action) -> Vec<&str> {
    match action {
        Action::CreateTable { columns, .. } => columns.iter().map(|column| column.name.as_str()).collect(),
        Action::AddColumn { column, .. } => vec![&column.name],
        Action::DropColumn { column, .. } => vec![column],
        Action::AlterColumn { column, change, .. } => {
            std::iter::once(column).chain(&change.rename).map(String::as_str).collect()
        }
        Action::CreateIndex(index) => {
            index.name.text().into_iter().chain(index.columns.iter().flatten().map(String::as_str)).collect()
        }
        Action::DropIndex { name, .. } | Action::DropConstraint { name, .. } => {
            name.text().into_iter().collect()
        }
        Action::AddConstraint { constraint, .. } => {
            constraint.name.text().into_iter().chain(constraint.columns.iter().map(String::as_str)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether two names may be meant for one: in the plural, or in part.
fn is_alike(one: &str, other: &str) -> bool {
    let bare = |name: &str| name.to_lowercase().replace(['_', '-'], "");
    let stem = |name: &str| {
        let name = bare(name);
        let name = name.strip_suffix("ies").or_else(|| name.strip_suffix('y')).unwrap_or(&name);
        name.strip_suffix("es").or_else(|| name.strip_suffix('s')).unwrap_or(name).to_owned()
    };
    let (one, other) = (stem(one), stem(other));
    one.contains(&other) || other.contains(&one)
}
