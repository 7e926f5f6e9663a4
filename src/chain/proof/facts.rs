//! What there is, by name.
use std::collections::BTreeMap;

use crate::model::operation::{Asked, Constraint, ConstraintKind, Index, TableName, Thing};
use crate::model::schema::{self, Schema, System, Table};

/// Postgres cuts longer names.
const LONGEST_NAME_BYTES: usize = 63;

/// A schema, with its parts by name.
pub(super) struct Facts<'s> {
    pub(super) schema: &'s Schema,
    tables: BTreeMap<String, Vec<&'s Table>>,
    indexes: BTreeMap<String, Vec<(&'s Table, Indexed<'s>)>>,
}

/// What has the name of an index.
#[derive(Clone, Copy)]
pub(super) enum Indexed<'s> {
    /// An index.
    Own(&'s schema::Index),
    /// A constraint, of which nothing more is told.
    OfConstraint,
}

impl<'s> Facts<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        let (mut tables, mut indexes): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
        for table in &schema.tables {
            tables.entry(table.name.to_lowercase()).or_default().push(table);
            for index in &table.indexes {
                indexes.entry(index.name.clone()).or_default().push((table, Indexed::Own(index)));
            }
            // A unique constraint is an index too, by the same name.
            for constraint in table.constraints.iter().filter(|constraint| !constraint.name.is_empty()) {
                indexes.entry(constraint.name.clone()).or_default().push((table, Indexed::OfConstraint));
            }
        }
        Self { schema, tables, indexes }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.schema.system == System::Sqlite
    }

    /// The table of that name: exactly, or else as the only one that differs in case. Without a schema that of the usual
    /// one comes first.
    pub(super) fn table(&self, name: &TableName) -> Option<&'s Table> {
        let alike = self.tables.get(&name.name.to_lowercase())?;
        let is_there = |table: &&&Table| match &name.schema {
            Some(schema) => table.namespace == *schema || (table.namespace.is_empty() && schema == "main"),
            None => true,
        };
        let mut exact = alike.iter().filter(is_there).filter(|table| table.name == name.name);
        let usual = exact.clone().find(|table| matches!(table.namespace.as_str(), "" | "public"));
        if let Some(table) = usual.or_else(|| exact.next()) {
            return Some(table);
        }
        let mut others = alike.iter().filter(is_there);
        match (others.next(), others.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// An index by its name; of a constraint nothing but that it is there.
    pub(super) fn index(&self, table: Option<&TableName>, name: &str) -> Option<Indexed<'s>> {
        let own = table.and_then(|table| self.table(table)).map(Table::id);
        let found = self.indexes.get(&cut(name))?;
        let is_its = |of: &Table| own.as_ref().is_none_or(|own| of.id() == *own);
        found.iter().find(|(of, _)| is_its(of)).map(|(_, index)| *index)
    }

    /// A constraint: by its name, which a naming convention may have put something before, or as the only one of its sort
    /// over the same columns. Where names or checks are not told, nobody knows.
    pub(super) fn constraint(&self, table: &Table, wanted: &Constraint) -> Option<bool> {
        let kind = kind(wanted.kind);
        let of_kind = || table.constraints.iter().filter(|one| one.kind == kind);
        if let Some(name) = &wanted.name
            && of_kind().any(|one| one.name == cut(name) || one.name.ends_with(&format!("_{name}")))
        {
            return Some(true);
        }
        let mut columns: Vec<&String> = wanted.columns.iter().collect();
        columns.sort();
        let is_over = |one: &&schema::Constraint| {
            let mut own: Vec<&String> = one.columns.iter().collect();
            own.sort();
            own == columns
        };
        if !columns.is_empty() && kind != schema::ConstraintKind::Check && of_kind().any(|one| is_over(&one))
        {
            return Some(true);
        }
        let is_told = !self.is_sqlite()
            || matches!(
                kind,
                schema::ConstraintKind::Primary
                    | schema::ConstraintKind::Unique
                    | schema::ConstraintKind::Foreign
            );
        let is_described = !columns.is_empty() || (wanted.name.is_some() && !self.is_sqlite());
        (is_told && is_described).then_some(false)
    }

    /// Whether there is something that is no part of a table; `None` when this sort is not told.
    pub(super) fn other(&self, kind: &str, name: &str) -> Option<bool> {
        let bare = name.rsplit('.').next().unwrap_or(name);
        let schema = self.schema;
        let is_it = |own: &str| own == bare || own.eq_ignore_ascii_case(bare);
        Some(match kind {
            "view" => schema.tables.iter().any(|one| is_it(&one.name)),
            "trigger" => schema.tables.iter().any(|one| one.triggers.iter().any(|one| is_it(&one.name))),
            _ if self.is_sqlite() => return None,
            "type" | "domain" => schema.types.iter().any(|one| is_it(&one.name)),
            "extension" => schema.extensions.iter().any(|one| is_it(&one.name)),
            "sequence" => schema.sequences.iter().any(|one| is_it(&one.name)),
            "schema" => schema.namespaces.iter().any(|one| is_it(&one.name)),
            "policy" => schema.tables.iter().any(|one| one.policies.iter().any(|one| is_it(&one.name))),
            "function" | "procedure" | "aggregate" => {
                schema.functions.iter().any(|one| is_it(one.name.split('(').next().unwrap_or(&one.name)))
            }
            _ => return None,
        })
    }

    fn has(&self, thing: &Thing) -> Option<bool> {
        Some(match thing {
            Thing::Table(table) => self.table(table).is_some(),
            Thing::Column(table, column) => {
                self.table(table).is_some_and(|table| table.column(column).is_some())
            }
            Thing::Index(table, name) => {
                // An index of a table that is not there is nowhere.
                let is_lost = table.as_ref().is_some_and(|table| self.table(table).is_none());
                !is_lost && self.index(table.as_ref(), name).is_some()
            }
            Thing::Constraint(table, name) => match self.table(table) {
                Some(_) if self.is_sqlite() => return None,
                Some(table) => table.constraints.iter().any(|one| one.name == cut(name)),
                None => false,
            },
            Thing::Other(kind, name) => return self.other(kind, name),
        })
    }

    /// Whether a condition would hold now; `None` when nobody can tell.
    pub(super) fn holds(&self, asked: &Asked) -> Option<bool> {
        self.decide(asked, &|thing| self.has(thing))
    }

    /// The same as far as the dialect alone settles it.
    pub(super) fn holds_by_dialect(&self, asked: &Asked) -> Option<bool> {
        self.decide(asked, &|_| None)
    }

    fn decide(&self, asked: &Asked, has: &dyn Fn(&Thing) -> Option<bool>) -> Option<bool> {
        let all = |all: &[Asked], settles: bool| {
            let mut is_sure = true;
            for one in all {
                match self.decide(one, has) {
                    Some(truth) if truth == settles => return Some(settles),
                    Some(_) => {}
                    None => is_sure = false,
                }
            }
            is_sure.then_some(!settles)
        };
        match asked {
            Asked::Unknown => None,
            Asked::Always(truth) => Some(*truth),
            Asked::Undone => Some(true),
            Asked::Has(thing) => has(thing),
            Asked::Dialect(name) => Some(self.is_dialect(name)),
            Asked::Not(inner) => self.decide(inner, has).map(|truth| !truth),
            Asked::All(every) => all(every, false),
            Asked::Any(some) => all(some, true),
        }
    }

    fn is_dialect(&self, name: &str) -> bool {
        match self.schema.system {
            System::Sqlite => name == "sqlite",
            System::Postgres => matches!(name, "postgresql" | "postgres"),
        }
    }

    /// Whether an index without a name is there; `None` when one cannot be told from another.
    pub(super) fn nameless(&self, wanted: &Index) -> Option<bool> {
        let columns: Option<Vec<&String>> = wanted.columns.iter().map(Option::as_ref).collect();
        let columns = columns.filter(|columns| !columns.is_empty())?;
        let table = self.table(wanted.table.as_ref()?)?;
        let list: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
        let list = format!("({})", list.join(", "));
        table.indexes.iter().any(|index| index.definition.contains(&list)).then_some(true)
    }
}

fn kind(kind: ConstraintKind) -> schema::ConstraintKind {
    match kind {
        ConstraintKind::PrimaryKey => schema::ConstraintKind::Primary,
        ConstraintKind::Unique => schema::ConstraintKind::Unique,
        ConstraintKind::ForeignKey => schema::ConstraintKind::Foreign,
        ConstraintKind::Check => schema::ConstraintKind::Check,
        ConstraintKind::Exclude => schema::ConstraintKind::Exclude,
    }
}

/// A name as Postgres keeps it.
fn cut(name: &str) -> String {
    let end = name.floor_char_boundary(LONGEST_NAME_BYTES);
    name.get(..end).unwrap_or(name).to_owned()
}
