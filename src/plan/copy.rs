//! What a copy would do, of what mapping and schemas say.
//!
//! It decides the order of the tables, how rows travel, and which values have to be counted because the target may refuse or
//! change them. It counts nothing itself.
use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::order::{Edge, Order, Wait, order};
use super::steps::shape;
use crate::manifest::{Foreach, Triggers};
use crate::mapping::{Mapping, Pair, PairColumn, Resolved};
use crate::model::copy::{Doubt, Fit, ForeignKey, Form, LateReference};
use crate::model::schema::{System, Trigger};
use crate::model::{Cause, Column, ColumnRole, Look, Schema, Table, TableKind, TableName};

/// What is known before anything is counted.
pub struct Known<'k> {
    /// The mapping, and how it met both schemas.
    pub mapping: &'k Mapping,
    /// How it met both schemas.
    pub resolved: &'k Resolved,
    /// The pairs of all tables, whatever this plan is narrowed to.
    pub all: &'k [Pair],
    /// The source's.
    pub source: &'k Schema,
    /// The target's.
    pub target: &'k Schema,
    /// The target's.
    pub keys: &'k [ForeignKey],
    /// Target tables that are declared to come first.
    pub first: &'k [String],
    /// What is declared to become of triggers.
    pub triggers: Option<Triggers>,
    /// The entities that are one transaction each, where there are some.
    pub foreach: Option<&'k Foreach>,
    /// All that decides what steps do.
    pub steps: &'k str,
    /// Whether rows that the source no longer has are removed.
    pub is_mirror: bool,
}

/// A plan without its counts.
#[derive(Debug, Default)]
pub struct Draft {
    /// The tables in their order.
    pub tables: Vec<DraftTable>,
    /// References that are filled when all tables are.
    pub second_pass: Vec<LateReference>,
    /// Target tables that one transaction fills.
    pub together: Vec<Vec<String>>,
    /// Target tables none of which can come first.
    pub cycles: Vec<Vec<String>>,
    /// Names of `first` that are no target table of the mapping.
    pub unmet: Vec<String>,
    /// See [`crate::model::copy::CopyPlan`].
    pub hash: String,
}

/// One source table of it.
#[derive(Debug)]
pub struct DraftTable {
    /// Its place among the resolved pairs.
    pub pair: usize,
    /// How rows travel.
    pub form: Form,
    /// What else is to be known of it.
    pub notes: Vec<String>,
    /// Columns of which types alone do not tell whether their values fit, with the source's and the target's type.
    pub untold: Vec<(String, String, String)>,
    /// Columns to be counted, and what their values must be.
    pub doubts: Vec<(String, Fit, Doubt)>,
    /// Triggers of the target table that would fire.
    pub triggers: Vec<String>,
    /// Those of them that fire even where triggers are left out.
    pub stubborn: Vec<String>,
    /// Whether its rows refer to each other.
    pub is_at_once: bool,
    /// The target tables that are filled before it begins.
    pub after: BTreeSet<String>,
    /// Why no row can be written there.
    pub unwritable: Option<String>,
}

/// Decides. Costs tables x columns, and what the order of the tables costs.
pub fn draft(known: &Known<'_>) -> Draft {
    let mut targets: Vec<&TableName> = Vec::new();
    let mut unmet = Vec::new();
    for name in known.first {
        let table = known.target.table(name).map(Table::full_name);
        match known
            .resolved
            .pairs
            .iter()
            .map(|pair| &pair.target)
            .find(|target| Some(*target) == table.as_ref())
        {
            Some(target) => targets.push(target),
            None => unmet.push(name.clone()),
        }
    }
    let declared = targets.len();
    let mut seen: BTreeSet<&TableName> = targets.iter().copied().collect();
    targets.extend(known.resolved.pairs.iter().map(|pair| &pair.target).filter(|target| seen.insert(target)));
    let references = references(known, &targets);
    let edges: Vec<Edge> = references.iter().map(|(edge, _)| *edge).collect();
    let found = order(targets.len(), &edges);
    let name = |place: &usize| targets.get(*place).map(ToString::to_string).unwrap_or_default();
    let names = |places: &Vec<usize>| places.iter().map(name).collect::<Vec<String>>();
    let late = found.second_pass.iter().filter_map(|place| references.get(*place)).map(|(edge, columns)| {
        LateReference { table: name(&edge.from), columns: columns.clone(), to: name(&edge.to) }
    });
    let mut draft = Draft {
        tables: Vec::new(),
        second_pass: late.collect(),
        together: found.together.iter().map(names).collect(),
        cycles: found.cycles.iter().map(names).collect(),
        unmet,
        hash: hash(known),
    };
    // What is declared to come first is waited for by all that follows.
    let mut before = BTreeSet::new();
    for place in &found.tables {
        let Some(target) = targets.get(*place) else { continue };
        let held = edges.iter().enumerate().filter(|(number, edge)| {
            edge.from == *place && edge.to != *place && !found.second_pass.contains(number)
        });
        let after: BTreeSet<String> =
            held.map(|(_, edge)| name(&edge.to)).chain(before.iter().cloned()).collect();
        for (pair, one) in known.resolved.pairs.iter().enumerate().filter(|(_, one)| one.target == **target) {
            let drafted = table(known, (pair, one), &found, *place);
            draft.tables.push(DraftTable { after: after.clone(), ..drafted });
        }
        if *place < declared {
            before.insert(name(place));
        }
    }
    draft
}

/// References between the tables that are filled, and the columns that may be NULL at first.
fn references(known: &Known<'_>, targets: &[&TableName]) -> Vec<(Edge, Vec<String>)> {
    let place = |name: &TableName| targets.iter().position(|target| *target == name);
    let mut all = Vec::new();
    for key in known.keys {
        // SQLite finds tables whatever the case of their names.
        let to = known.target.table(&key.to.to_string()).map_or_else(|| key.to.clone(), Table::full_name);
        let (Some(from), Some(to)) = (place(&key.table), place(&to)) else { continue };
        let table = known.target.tables.iter().find(|table| table.full_name() == key.table);
        let pairs: Vec<&Pair> = known.resolved.pairs.iter().filter(|pair| pair.target == key.table).collect();
        // What the mapping does not fill holds nothing back.
        let is_filled =
            |name: &String| pairs.iter().any(|pair| pair.columns.iter().any(|one| one.target == *name));
        if !key.columns.iter().all(is_filled) {
            continue;
        }
        let may_be_null = |name: &&String| {
            table.and_then(|table| table.column(name)).is_some_and(|column| !column.not_null)
        };
        let nullable: Vec<String> = key.columns.iter().filter(may_be_null).cloned().collect();
        let is_free = if key.is_full { nullable.len() == key.columns.len() } else { !nullable.is_empty() };
        let wait = match (is_free, key.is_deferrable) {
            (true, _) => Wait::SecondPass,
            (false, true) => Wait::Commit,
            (false, false) => Wait::Never,
        };
        all.push((Edge { from, to, wait }, nullable));
    }
    all
}

fn table(known: &Known<'_>, (place, pair): (usize, &Pair), order: &Order, target: usize) -> DraftTable {
    let of = |schema: &'_ Schema, name: &TableName| -> Table {
        schema.tables.iter().find(|table| table.full_name() == *name).cloned().unwrap_or_default()
    };
    let (from, to) = (of(known.source, &pair.source), of(known.target, &pair.target));
    let mut notes = Vec::new();
    let is_at_once = order.at_once.contains(&target);
    if is_at_once {
        notes.push("in one statement, for its rows refer to each other".to_owned());
    }
    let (mut form, mut doubts, mut untold) = (Form::Binary, Vec::new(), Vec::new());
    let both_typed = known.source.system == System::Postgres && known.target.system == System::Postgres;
    for column in &pair.columns {
        let Some(wants) = to.column(&column.target) else { continue };
        if wants.role != ColumnRole::Stored {
            notes.push(format!("`{}` is computed by the target", wants.name));
            continue;
        }
        let has = column.source.as_ref().and_then(|name| from.column(name));
        let is_plain = column.compute.is_none() && column.default.is_none();
        let is_same = both_typed && is_plain && has.is_some_and(|has| has.declared == wants.declared);
        if !is_same || !is_portable(&wants.declared, known.target) {
            form = Form::Text;
        }
        if let (Some(has), None) = (has, &column.compute) {
            let found = doubtful(&to, column, [has, wants], both_typed);
            let is_counted = found.iter().any(|(_, fit, _)| *fit != Fit::Present);
            // What is of an own type may be of another make under the same name.
            let is_own =
                !is_portable(&wants.declared, known.target) || is_enum(&wants.declared, known.target);
            if !is_counted && (!is_same && !is_wider(&has.declared, &wants.declared) || is_own) {
                let name = format!("{}.{}", to.id(), wants.name);
                untold.push((name, has.declared.clone(), wants.declared.clone()));
            }
            doubts.extend(found);
        }
    }
    notes.extend(lost(pair, &from, &to));
    let fires = to.triggers.iter().filter(|trigger| trigger.fires.as_deref() != Some("DISABLED"));
    // A row that is there already is updated when the copy goes on.
    let fires: Vec<&Trigger> = fires
        .filter(|trigger| {
            let head = trigger.definition.to_ascii_uppercase();
            let head = head.split(" ON ").next().unwrap_or_default();
            head.contains("INSERT") || head.contains("UPDATE")
        })
        .collect();
    let triggers = fires.iter().map(|trigger| trigger.name.clone()).collect();
    // SQLite leaves none out.
    let is_lean = known.target.system == System::Sqlite;
    let stubborn = fires.iter().filter(|trigger| trigger.fires.is_some() || is_lean);
    let stubborn = stubborn.map(|trigger| trigger.name.clone()).collect();
    let (twice, with) = inherited(known, pair, (&from, &to));
    notes.extend(with);
    let unwritable = match (to.kind, twice) {
        (TableKind::Table | TableKind::Partitioned, None) => None,
        (TableKind::Table | TableKind::Partitioned, Some(heir)) => Some(format!(
            "rows of `{heir}`, which inherits from it in the source, are rows of it as well, and would come twice"
        )),
        (other, _) => Some(format!("it is a {}", other.word())),
    };
    let after = BTreeSet::new();
    DraftTable { pair: place, form, notes, untold, doubts, triggers, stubborn, is_at_once, after, unwritable }
}

/// The tables whose rows are read with those of a table, and that are no partitions of it.
fn heirs(schema: &Schema, of: &Table) -> Vec<TableName> {
    let mut found: Vec<&Table> = if of.kind == TableKind::Partitioned { Vec::new() } else { vec![of] };
    let mut at = 0;
    while let Some(one) = found.get(at).copied() {
        let is_new = |table: &&Table| {
            !table.parents.is_empty()
                && table.is_child_of(one)
                && !found.iter().any(|known| known.full_name() == table.full_name())
        };
        let more: Vec<&Table> = schema.tables.iter().filter(is_new).collect();
        found.extend(more);
        at += 1;
    }
    found.iter().skip(1).map(|table| table.full_name()).collect()
}

/// A table whose rows would come twice, for it is copied as well; and what is to be said of those that come with this one alone.
fn inherited(
    known: &Known<'_>,
    pair: &Pair,
    (from, to): (&Table, &Table),
) -> (Option<TableName>, Vec<String>) {
    let there = heirs(known.target, to);
    let targets_of = |heir: &TableName| {
        let pairs = known.all.iter().filter(|other| other.source == *heir);
        pairs.map(|other| other.target.clone()).collect::<Vec<_>>()
    };
    let is_read_again = |target: &TableName| *target == pair.target || there.contains(target);
    let (mut twice, mut notes) = (None, Vec::new());
    for heir in heirs(known.source, from) {
        let targets = targets_of(&heir);
        if targets.is_empty() {
            let how = if pair.source_where.is_some() { ", as far as the condition takes them" } else { "" };
            notes.push(format!("with the rows of `{heir}`, which inherits from it{how}"));
        } else if pair.source_where.is_none() && targets.iter().any(is_read_again) {
            twice = twice.or(Some(heir));
        }
    }
    (twice, notes)
}

/// What somebody may miss behind a copy: columns that nothing fills, and columns that nothing takes.
fn lost(pair: &Pair, from: &Table, to: &Table) -> Vec<String> {
    let is_filled = |one: &&Column| pair.columns.iter().any(|column| column.target == one.name);
    let empty = to.columns.iter().filter(|one| one.role == ColumnRole::Stored && !is_filled(one));
    let is_taken =
        |one: &&Column| pair.columns.iter().any(|column| column.source.as_ref() == Some(&one.name));
    let left = from.columns.iter().filter(|one| one.role == ColumnRole::Stored && !is_taken(one));
    let becomes = |one: &Column| match (&one.default, &one.identity) {
        (None, None) => format!("`{}` becomes NULL", one.name),
        _ => format!("`{}` gets the target's default", one.name),
    };
    empty.map(becomes).chain(left.map(|one| format!("`{}` is not taken over", one.name))).collect()
}

/// Whether the binary form of a type is the same in every database: arrays and composites of own types hold their numbers.
fn is_portable(declared: &str, schema: &Schema) -> bool {
    let Some(item) = declared.strip_suffix("[]") else {
        let base = declared.split('(').next().unwrap_or_default().trim();
        return !schema.types.iter().any(|own| {
            (own.name == base || format!("{}.{}", own.namespace, own.name) == base)
                && own.kind != crate::model::schema::TypeKind::Enum
        });
    };
    let base = item.trim_end_matches("[]").split('(').next().unwrap_or_default().trim();
    BUILT_IN.contains(&base)
}

fn is_enum(declared: &str, schema: &Schema) -> bool {
    let is_it = |own: &crate::model::schema::TypeDef| {
        own.name == declared || format!("{}.{}", own.namespace, own.name) == declared
    };
    schema.types.iter().any(is_it)
}

/// Whether every value of one built-in type is one of the other.
fn is_wider(has: &str, wants: &str) -> bool {
    let ((own, own_size), (base, size)) = (parts(has), parts(wants));
    let is_text = |base: &str| base == "text" || base == "character varying";
    match (own.as_str(), base.as_str()) {
        ("smallint", "integer" | "bigint" | "numeric")
        | ("integer", "bigint" | "numeric")
        | ("bigint", "numeric") => size.is_empty(),
        ("real", "double precision") => true,
        (own, base) if is_text(own) && is_text(base) => {
            let most = |size: &[&str]| size.first().and_then(|size| size.parse::<u32>().ok());
            most(&size).is_none_or(|most_of| most(&own_size).is_some_and(|own| own <= most_of))
        }
        (own, base) => own == base && size.is_empty() && !has.is_empty(),
    }
}

/// Types whose number is the same in every Postgres, as its catalog writes them.
const BUILT_IN: &[&str] = &[
    "bigint",
    "boolean",
    "bytea",
    "character varying",
    "character",
    "date",
    "double precision",
    "inet",
    "integer",
    "interval",
    "json",
    "jsonb",
    "numeric",
    "real",
    "smallint",
    "text",
    "timestamp with time zone",
    "timestamp without time zone",
    "uuid",
];

/// What of a column has to be counted.
fn doubtful(
    table: &Table,
    column: &PairColumn,
    [has, wants]: [&Column; 2],
    both_typed: bool,
) -> Vec<(String, Fit, Doubt)> {
    let mut all = Vec::new();
    let mut doubt = |fit: Fit, asked: &str, given: &str| {
        let doubt = Doubt {
            column: format!("{}.{}", table.id(), wants.name),
            wants: asked.to_owned(),
            has: given.to_owned(),
            rows: Look::Failed(Cause::new("it was not counted")),
        };
        all.push((has.name.clone(), fit, doubt));
    };
    if wants.not_null && !has.not_null && column.default.is_none() {
        doubt(Fit::Present, "not null", "a column that may be null");
    }
    if has.declared != wants.declared
        && let Some(fit) = narrower(&has.declared, &wants.declared, both_typed)
    {
        let given = if has.declared.is_empty() { "no type" } else { &has.declared };
        doubt(fit, &wants.declared, given);
    }
    all
}

/// What a value must be to be the same as `wants`; nothing where every value is, or where types alone can't tell.
fn narrower(has: &str, wants: &str, both_typed: bool) -> Option<Fit> {
    let ((own, own_size), (base, size)) = (parts(has), parts(wants));
    let (own, base) = (own.as_str(), base.as_str());
    let whole = |name: &str| match name {
        "smallint" => Some((2, i64::from(i16::MIN), i64::from(i16::MAX))),
        "integer" => Some((4, i64::from(i32::MIN), i64::from(i32::MAX))),
        "bigint" => Some((8, i64::MIN, i64::MAX)),
        _ => None,
    };
    if let "character varying" | "character" = base {
        let most: u32 = size.first()?.parse().ok()?;
        let own_most = own_size.first().and_then(|size| size.parse::<u32>().ok());
        let fits = own.starts_with("character") && own_most.is_some_and(|own| own <= most);
        return (!fits).then_some(Fit::Length(most));
    }
    if let Some((width, least, most)) = whole(base) {
        return match whole(own) {
            Some((own, ..)) => (own > width).then_some(Fit::Within(least, most)),
            // Without types a number may be of any width.
            None => (matches!(own, "numeric" | "real" | "double precision") || !both_typed)
                .then_some(Fit::Within(least, most)),
        };
    }
    if matches!(base, "vector" | "halfvec" | "sparsevec") && own == base {
        return (!own_size.is_empty() && !size.is_empty()).then_some(Fit::Absent);
    }
    let is_measured = matches!(base, "numeric" | "real" | "double precision") || base.starts_with("time");
    let is_kin = own == base || is_number(own) && is_number(base);
    let is_wider =
        size.is_empty() && (own == base || base == "numeric" || base == "double precision" && own == "real");
    (both_typed && is_measured && is_kin && !is_wider).then(|| Fit::As(wants.to_owned()))
}

fn is_number(base: &str) -> bool {
    matches!(base, "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
}

/// `timestamp(3) with time zone` as `timestamp with time zone`, and its numbers.
fn parts(declared: &str) -> (String, Vec<&str>) {
    let Some((base, rest)) = declared.split_once('(') else { return (declared.to_owned(), Vec::new()) };
    let (inner, behind) = rest.split_once(')').unwrap_or((rest, ""));
    (format!("{}{behind}", base.trim_end()), inner.split(',').map(str::trim).collect())
}

/// All that decides what would be written.
fn hash(known: &Known<'_>) -> String {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    part(env!("CARGO_PKG_VERSION").as_bytes());
    part(known.mapping.identity().as_bytes());
    for schema in [known.source, known.target] {
        part(&shape(schema, known.foreach));
    }
    if !known.steps.is_empty() {
        part(known.steps.as_bytes());
    }
    for name in known.first {
        part(name.as_bytes());
    }
    part(match known.triggers {
        None => b"",
        Some(Triggers::Fire) => b"fire",
        Some(Triggers::Skip) => b"skip",
    });
    if known.is_mirror {
        part(b"mirror");
    }
    let digest: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digest.get(..16).unwrap_or_default().to_owned()
}
