//! What there is, by name.
use std::collections::BTreeMap;

use crate::chain::naming::{is_kept_as, made_by_postgres};
use crate::model::LiveChain;
use crate::model::naming::Name;
use crate::model::operation::{Asked, Constraint, ConstraintKind, Index, TableName, Thing};
use crate::model::schema::{self, Schema, System, Table};
use crate::parse::python::index_columns;

/// A schema, with its parts by name.
pub(super) struct Facts<'s> {
    pub(super) schema: &'s Schema,
    /// Where a name may be found that comes without a schema, in order.
    places: Vec<&'s str>,
    tables: BTreeMap<String, Vec<&'s Table>>,
    indexes: BTreeMap<String, Vec<(&'s Table, Indexed<'s>)>>,
}

/// How a constraint is found.
pub(super) enum Stands {
    /// As it should be.
    There,
    /// One like it, by another name.
    Otherwise(String),
    /// There, and never held to the rows that were there before it.
    NotValid,
    /// There by its name, and about something else.
    About(String),
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
    pub(super) fn new(live: &'s LiveChain) -> Self {
        let schema = &live.schema;
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
        Self { schema, places: live.places(), tables, indexes }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.schema.system == System::Sqlite
    }

    /// How far behind a schema is looked in for what has this schema or none; `None` where it is not looked for.
    fn rank(&self, schema: Option<&str>, namespace: &str) -> Option<usize> {
        match schema {
            Some(schema) => (namespace == schema || (namespace.is_empty() && schema == "main")).then_some(0),
            None => self.places.iter().position(|place| *place == namespace),
        }
    }

    /// The table of that name: exactly, or else as the only one that differs in case. Without a schema it is looked for where
    /// the database would.
    pub(super) fn table(&self, name: &TableName) -> Option<&'s Table> {
        let alike = self.tables.get(&name.name.to_lowercase())?;
        let ranked = |table: &&'s Table| Some((self.rank(name.schema.as_deref(), &table.namespace)?, *table));
        let found = || alike.iter().filter_map(ranked);
        let exact = found().filter(|(_, table)| table.name == name.name).min_by_key(|(rank, _)| *rank);
        if let Some((_, table)) = exact {
            return Some(table);
        }
        let mut others = found();
        match (others.next(), others.next()) {
            (Some((_, only)), None) => Some(only),
            _ => None,
        }
    }

    /// What to say of a table that is not there: a namesake in another schema is none.
    pub(super) fn absent(&self, name: &TableName) -> String {
        let alike = self.tables.get(&name.name.to_lowercase()).into_iter().flatten();
        let mut elsewhere = alike.filter(|table| table.name == name.name).map(|table| &table.namespace);
        match elsewhere.next() {
            Some(other) => format!("table `{name}` is not there, only one in schema `{other}`"),
            None => format!("table `{name}` is not there"),
        }
    }

    /// An index by its name; of a constraint nothing but that it is there.
    pub(super) fn index(&self, table: Option<&TableName>, name: &str) -> Option<Indexed<'s>> {
        let own = table.and_then(|table| self.table(table)).map(Table::id);
        let is_its = |of: &Table| match &own {
            Some(own) => of.id() == *own,
            None => self.rank(table.and_then(|table| table.schema.as_deref()), &of.namespace).is_some(),
        };
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
        let stands = |one: &schema::Constraint| match otherwise(one, wanted) {
            Some(other) => Stands::About(other),
            None if one.not_valid && !wanted.not_valid => Stands::NotValid,
            None => Stands::There,
        };
        if let Some(own) = of_kind().find(|one| !one.name.is_empty() && is_named(&one.name)) {
            return stands(own);
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
            return if is_other { Stands::Otherwise(like.name.clone()) } else { stands(like) };
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

    /// Whether there is something that is no column, index or constraint; `None` when this sort is not told. What hangs on a
    /// table is looked for there, when that is said.
    pub(super) fn other(&self, kind: &str, name: &str, table: Option<&TableName>) -> Option<bool> {
        let (place, bare) = name.rsplit_once('.').map_or((None, name), |(place, bare)| (Some(place), bare));
        let schema = self.schema;
        let is_it = |own: &str| own == bare || own.eq_ignore_ascii_case(bare);
        let is_there = |namespace: &str, own: &str| is_it(own) && self.rank(place, namespace).is_some();
        let of = || {
            let own = table.map(|table| self.table(table));
            schema.tables.iter().filter(move |one| match own {
                Some(own) => own.is_some_and(|own| std::ptr::eq(own, *one)),
                None => true,
            })
        };
        Some(match kind {
            "view" => schema.tables.iter().any(|one| is_there(&one.namespace, &one.name)),
            "trigger" => of().any(|one| one.triggers.iter().any(|one| is_it(&one.name))),
            _ if self.is_sqlite() => return None,
            "type" | "domain" => schema.types.iter().any(|one| is_there(&one.namespace, &one.name)),
            "extension" => schema.extensions.iter().any(|one| is_it(&one.name)),
            "sequence" => schema.sequences.iter().any(|one| is_there(&one.namespace, &one.name)),
            "schema" => schema.namespaces.iter().any(|one| is_it(&one.name)),
            "policy" => of().any(|one| one.policies.iter().any(|one| is_it(&one.name))),
            "function" | "procedure" | "aggregate" => schema
                .functions
                .iter()
                .any(|one| is_there(&one.namespace, one.name.split('(').next().unwrap_or(&one.name))),
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
            Thing::Other(kind, name) => return self.other(kind, name, None),
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

    /// What an index is over, where it is certainly not over these columns.
    pub(super) fn over_others(
        &self,
        live: Option<Indexed<'_>>,
        columns: &[Option<String>],
    ) -> Option<String> {
        let Some(Indexed::Own(live)) = live else { return None };
        let wanted: Option<Vec<&String>> = columns.iter().map(Option::as_ref).collect();
        let wanted = wanted.filter(|wanted| !wanted.is_empty())?;
        let own = index_columns(&live.definition)?;
        // SQLite keeps what somebody wrote, with quotes of all sorts.
        if self.is_sqlite() && own.iter().any(Option::is_none) {
            return None;
        }
        let is_it = |(own, wanted): (&Option<String>, &&String)| {
            own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        let is_same = own.len() == wanted.len() && own.iter().zip(&wanted).all(is_it);
        (!is_same).then(|| format!("is another one: {}", live.definition))
    }

    /// What an index is, where it certainly has another method. SQLite has one alone.
    pub(super) fn by_other(&self, live: Option<Indexed<'_>>, method: Option<&str>) -> Option<String> {
        let (Some(Indexed::Own(live)), Some(method), false) = (live, method, self.is_sqlite()) else {
            return None;
        };
        let own = live.definition.split([' ', '(']).next().unwrap_or_default();
        (!own.eq_ignore_ascii_case(method)).then(|| format!("is another one: {}", live.definition))
    }

    /// Whether an index without a name is there and holds; `None` when one cannot be told from another.
    pub(super) fn nameless(&self, wanted: &Index) -> Option<bool> {
        let columns: Option<Vec<&String>> = wanted.columns.iter().map(Option::as_ref).collect();
        let columns = columns.filter(|columns| !columns.is_empty())?;
        let table = self.table(wanted.table.as_ref()?)?;
        let list: Vec<&str> = columns.iter().map(|column| column.as_str()).collect();
        let list = format!("({})", list.join(", "));
        let is_it = |index: &schema::Index| {
            index.definition.contains(&list) && !index.invalid && (index.unique || !wanted.unique)
        };
        table.indexes.iter().any(is_it).then_some(true)
    }
}

/// What a constraint is about, where it is certainly not about what was wanted: of a list that was told in part, what was told
/// must be there.
fn otherwise(live: &schema::Constraint, wanted: &Constraint) -> Option<String> {
    let is_check = matches!(live.kind, schema::ConstraintKind::Check | schema::ConstraintKind::Exclude);
    let is_there = |column: &String| live.columns.iter().any(|own| own.eq_ignore_ascii_case(column));
    let is_over = is_check || live.columns.is_empty() || wanted.columns.iter().all(is_there);
    (!is_over).then(|| format!("is another one: {}", live.definition))
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
