//! What there is, by name.
use std::collections::BTreeMap;

use crate::chain::naming::{is_kept_as, made_by_postgres};
use crate::model::naming::Name;
use crate::model::operation::{Asked, Constraint, ConstraintKind, Index, TableName, Thing};
use crate::model::schema::{self, Schema, System, Table};

/// A schema, with its parts by name.
pub(super) struct Facts<'s> {
    pub(super) schema: &'s Schema,
    tables: BTreeMap<String, Vec<&'s Table>>,
    indexes: BTreeMap<String, Vec<(&'s Table, Indexed<'s>)>>,
}

/// How a constraint is found.
pub(super) enum Stands {
    /// As it should be.
    There,
    /// One like it, by another name.
    Otherwise(String),
    /// Not at all.
    Gone,
    /// Nobody can tell.
    Untold,
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
        let is_its = |of: &Table| own.as_ref().is_none_or(|own| of.id() == *own);
        let of = |name: &str| {
            let found = self.indexes.get(name)?;
            found.iter().find(|(of, _)| is_its(of)).map(|(_, index)| *index)
        };
        let shortened = || {
            // Only what is too long may be kept by another name.
            let mut kept = self.indexes.keys().filter(|live| is_kept_as(name, live));
            kept.find_map(|live| of(live))
        };
        of(name).or_else(|| if name.len() > 60 { shortened() } else { None })
    }

    /// A constraint: by its name. One that is not written in a revision may have another, where the convention came later:
    /// it is looked for over its columns too. Where names or checks are not told, nobody knows.
    pub(super) fn constraint(&self, table: &Table, wanted: &Constraint) -> Stands {
        let kind = kind(wanted.kind);
        let of_kind = || table.constraints.iter().filter(|one| one.kind == kind);
        let made = self.made(table, wanted);
        let is_named = |live: &str| match &wanted.name {
            Name::Exact(name) => is_kept_as(name, live),
            // With a convention that cannot be told, or that came later, a part of the name is missing.
            Name::Said(name) | Name::Convention(name) => {
                is_kept_as(name, live)
                    || live.ends_with(&format!("_{name}"))
                    || name.ends_with(&format!("_{live}"))
            }
            Name::Made => made.as_deref() == Some(live),
            Name::Unsaid | Name::Untold => false,
        };
        if of_kind().any(|one| !one.name.is_empty() && is_named(&one.name)) {
            return Stands::There;
        }
        let mut columns: Vec<&String> = wanted.columns.iter().collect();
        columns.sort();
        let is_over = |one: &&schema::Constraint| {
            let mut own: Vec<&String> = one.columns.iter().collect();
            own.sort();
            own == columns
        };
        let is_check = kind == schema::ConstraintKind::Check;
        if !columns.is_empty()
            && !is_check
            && let Some(like) = of_kind().find(is_over)
        {
            let is_written = matches!(wanted.name, Name::Exact(_));
            let is_other = is_written && !like.name.is_empty() && !self.is_sqlite();
            return if is_other { Stands::Otherwise(like.name.clone()) } else { Stands::There };
        }
        // Without its name a check is any, and one by a convention that came later is another.
        let is_open = is_check && !matches!(wanted.name, Name::Exact(_));
        let is_told = !self.is_sqlite()
            || (wanted.name.text().is_some() && !is_check && kind != schema::ConstraintKind::Exclude);
        let is_described = !columns.is_empty() || (wanted.name.text().is_some() && !self.is_sqlite());
        if is_told && is_described && !is_open { Stands::Gone } else { Stands::Untold }
    }

    /// The name that the database makes up.
    pub(super) fn made(&self, table: &Table, wanted: &Constraint) -> Option<String> {
        if self.is_sqlite() { None } else { made_by_postgres(&table.name, wanted) }
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
                Some(table) => table.constraints.iter().any(|one| is_kept_as(name, &one.name)),
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
