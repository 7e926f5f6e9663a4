//! Follows the operations of revisions, and keeps what they leave behind.
mod columns;
mod named;
mod renames;
mod switches;

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use super::facts::Facts;
use crate::model::Span;
use crate::model::operation::{Action, Asked, ConstraintKind, Operation, TableName};

/// What is left behind, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Table(TableName),
    Column(TableName, String),
    /// The type of a column, once it was said.
    Type(TableName, String),
    /// Whether a column may be NULL, once that was said.
    Null(TableName, String),
    /// Whether a column has a default, once that was said.
    Default(TableName, String),
    Index(String),
    /// An index or a constraint without a name, by the place of its operation and its columns.
    Nameless(TableName, usize, usize, String),
    Constraint(TableName, String),
    Other(String, String),
    /// What hangs on a table, by its kind and its name.
    Of(TableName, String, String),
    /// What of a table holds or does not, once that was said.
    Switch(TableName, String),
}

/// Something that a step leaves behind.
pub(super) struct Demand {
    /// The step.
    pub(super) step: usize,
    pub(super) span: Span,
    pub(super) status: Status,
    part: Option<Part>,
    leaves: Leaves,
}

/// What an index or a constraint is part of.
struct Part {
    table: TableName,
    /// Its columns; of an expression nothing.
    columns: Vec<Option<String>>,
    /// Of what sort a constraint is.
    kind: Option<ConstraintKind>,
    /// The table that it refers to.
    refers_to: Option<TableName>,
    /// Whether the revision itself says its name.
    is_written: bool,
    /// Whether what has its name is over other columns.
    is_over_others: bool,
}

/// How it stands.
pub(super) enum Status {
    Held,
    /// It is not as it should be.
    Missing(String),
    /// It is not, and by the step's own conditions nothing was to be done.
    Rightly(String),
    /// It is not, and for the second reason nobody can tell whether it should be.
    Unknown(String, String),
}

impl Status {
    pub(super) fn what(&self) -> &str {
        match self {
            Self::Held => "",
            Self::Missing(what) | Self::Rightly(what) | Self::Unknown(what, _) => what,
        }
    }

    fn is_bad(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Unknown(..))
    }
}

/// What an operation leaves of the thing that it is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Nothing: it takes it away.
    Nothing,
    /// It is there, made here or found: it was done under a condition.
    Guarded,
    /// It is there, and as it was made here.
    Firm,
}

/// Whether an operation was to be done, as far as the schema of today tells.
#[derive(Clone, Copy)]
enum Gate {
    Sure,
    Rightly,
    Perhaps,
}

/// What a step does that leaves nothing to look for.
#[derive(Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a step may do any of them")]
struct Aside {
    rows: bool,
    opaque: bool,
    schema: bool,
    elsewhere: bool,
    /// What it would do under a condition is done already, or was not to be done.
    done: bool,
}

/// The steps so far.
pub(super) struct Walk<'f, 's> {
    facts: &'f Facts<'s>,
    demands: BTreeMap<Key, Demand>,
    /// What is not looked at, of what is there, by the step that makes it so.
    unseen: BTreeSet<(usize, TableName, String)>,
    asides: Vec<Aside>,
    /// The step that is followed.
    step: usize,
    /// What was done so far, by the names that tables have now.
    log: Vec<renames::Logged>,
    /// How many operations may still be followed once more.
    replays: usize,
    /// How many demands are not held, and not rightly so.
    bad: usize,
}

impl<'f, 's> Walk<'f, 's> {
    pub(super) fn new(facts: &'f Facts<'s>) -> Self {
        Self {
            facts,
            demands: BTreeMap::new(),
            unseen: BTreeSet::new(),
            asides: Vec::new(),
            step: 0,
            log: Vec::new(),
            replays: renames::REPLAYS,
            bad: 0,
        }
    }

    pub(super) fn demands(&self) -> impl Iterator<Item = &Demand> {
        self.demands.values()
    }

    /// What is not looked at, of what is there, each with its step.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (usize, &str)> {
        self.unseen.iter().map(|(step, _, what)| (*step, what.as_str()))
    }

    /// Whether a step does something that only running it would tell.
    pub(super) fn is_opaque(&self, step: usize) -> bool {
        self.asides.get(step).is_some_and(|aside| aside.opaque)
    }

    fn leave_unseen(&mut self, of: &TableName, what: String) {
        self.unseen.insert((self.step, of.clone(), what));
    }

    /// Whether everything is as the steps so far would leave it.
    pub(super) fn is_whole(&self) -> bool {
        self.bad == 0
    }

    /// Whether the last step is shown by something that is there.
    pub(super) fn shows_last(&self) -> bool {
        self.demands().any(|demand| demand.step == self.step && matches!(demand.status, Status::Held))
    }

    /// Whether nobody can tell of the last step, or of a part of it, that it ran.
    pub(super) fn leaves_last_open(&self) -> bool {
        let aside = self.asides.get(self.step).copied().unwrap_or_default();
        let is_told = || aside.done || self.demands().any(|demand| demand.step == self.step);
        aside.opaque || ((aside.schema || aside.rows) && !is_told())
    }

    /// Why a step left nothing to look for.
    pub(super) fn why_nothing(&self, step: usize) -> &'static str {
        let aside = self.asides.get(step).copied().unwrap_or_default();
        if aside.opaque {
            "only running it would tell what it does"
        } else if aside.schema && !aside.done {
            "later revisions take back what it does"
        } else if aside.done {
            "what it would make stands by then, so that by its own condition it does nothing"
        } else if aside.rows {
            "it writes rows, and no schema shows whether it did"
        } else if aside.elsewhere {
            "by its own word it does nothing on this system"
        } else {
            "it changes no schema"
        }
    }

    /// Whether a step certainly does nothing on this system.
    pub(super) fn does_nothing(&self, step: usize) -> bool {
        let aside = self.asides.get(step).copied().unwrap_or_default();
        !(aside.opaque || aside.schema || aside.rows)
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        self.step = self.asides.len();
        self.asides.push(Aside::default());
        for operation in step.upgrade.iter().flat_map(|body| &body.operations) {
            self.operation(operation, step.id);
        }
    }

    fn aside(&mut self) -> Option<&mut Aside> {
        self.asides.get_mut(self.step)
    }

    fn operation(&mut self, operation: &Operation, id: &str) {
        let asks = || operation.guards.iter().map(|guard| &guard.asks);
        if asks().any(|asked| self.facts.holds_by_dialect(asked) == Some(false)) {
            self.aside().iter_mut().for_each(|aside| aside.elsewhere = true);
            return;
        }
        if self.stands_already(operation) {
            self.aside().iter_mut().for_each(|aside| aside.done = true);
            return;
        }
        let touches = operation.action.changes_schema();
        if let Some(aside) = self.aside() {
            aside.schema |= touches;
            aside.rows |= matches!(operation.action, Action::Rows { .. });
            aside.opaque |= matches!(operation.action, Action::Opaque { .. });
        }
        self.act(operation, id);
        self.log(operation, id);
    }

    /// Whether it may be left out for another reason than the dialect.
    fn is_guarded(&self, operation: &Operation) -> bool {
        operation.guards.iter().any(|guard| self.facts.holds_by_dialect(&guard.asks) != Some(true))
            || operation.guards.iter().any(|guard| guard.asks == Asked::Undone)
    }

    /// Whether it would make, under a condition, what an earlier operation made and nothing took away: then it does nothing, and
    /// what the earlier one made is still as that one made it.
    fn stands_already(&self, operation: &Operation) -> bool {
        if !self.is_guarded(operation) {
            return false;
        }
        let leaves = |key: &Key| self.demands.get(key).map_or(Leaves::Nothing, |demand| demand.leaves);
        let key = match &operation.action {
            Action::CreateTable { table, .. } => {
                let table = usual(table);
                let is_found = self.facts.table(&table).is_some();
                let leaves = leaves(&Key::Table(table));
                return leaves == Leaves::Firm || (leaves == Leaves::Guarded && is_found);
            }
            Action::AddColumn { table, column, .. } => Key::Column(usual(table), column.name.clone()),
            Action::CreateIndex(index) => match index.name.text() {
                Some(name) => Key::Index(name.to_owned()),
                None => return false,
            },
            Action::AddConstraint { table, constraint } => match constraint.name.text() {
                Some(name) => Key::Constraint(usual(table), name.to_owned()),
                None => return false,
            },
            _ => return false,
        };
        leaves(&key) == Leaves::Firm
    }

    /// Follows an operation.
    fn act(&mut self, operation: &Operation, id: &str) {
        let asks = || operation.guards.iter().map(|guard| &guard.asks);
        let mut gate = Gate::Sure;
        for asked in asks() {
            match (self.facts.holds(asked), gate) {
                (Some(false), _) => gate = Gate::Rightly,
                (None, Gate::Sure) => gate = Gate::Perhaps,
                _ => {}
            }
        }
        let leaves = if self.is_guarded(operation) { Leaves::Guarded } else { Leaves::Firm };
        let at =
            At { span: operation.span, gate, is_undone: asks().any(|asked| *asked == Asked::Undone), leaves };
        self.action(&operation.action, at, id);
    }

    fn action(&mut self, action: &Action, at: At, id: &str) {
        match action {
            Action::CreateTable { table, columns, constraints, indexes, .. } => {
                let table = usual(table);
                self.forget_table(&table);
                let is_there = self.facts.table(&table).is_some();
                let facts = self.facts;
                self.want(Key::Table(table.clone()), at, is_there, || facts.absent(&table));
                if !is_there {
                    return;
                }
                // A table that was there already may have been of another shape.
                let inner = At { gate: if at.is_undone { Gate::Rightly } else { at.gate }, ..at };
                for column in columns {
                    self.column(&table, &column.name, inner);
                    self.described(&table, column, inner);
                }
                self.beside(&table, constraints, indexes, inner);
            }
            Action::DropTable { table } => {
                let (table, at) = (usual(table), at.takes());
                self.forget_table(&table);
                let is_gone = self.facts.table(&table).is_none();
                self.want(Key::Table(table.clone()), at, is_gone, || {
                    format!("table `{table}` is still there")
                });
            }
            Action::RenameTable { table, to } => self.rename_table(&usual(table), to, at),
            Action::AddColumn { table, column, constraints, indexes } => {
                let table = usual(table);
                self.column(&table, &column.name, at);
                let is_there =
                    self.facts.table(&table).is_some_and(|live| live.column(&column.name).is_some());
                if is_there {
                    let inner = At { gate: if at.is_undone { Gate::Rightly } else { at.gate }, ..at };
                    self.described(&table, column, inner);
                    self.beside(&table, constraints, indexes, inner);
                }
            }
            Action::DropColumn { table, column } => self.drop_column(&usual(table), column, at),
            Action::AlterColumn { table, column, change } => {
                self.alter_column(&usual(table), column, change, at);
            }
            Action::CreateOther { kind, name, table } => self.other(kind, name, table.as_ref(), true, at),
            Action::DropOther { kind, name, table } => self.other(kind, name, table.as_ref(), false, at),
            Action::Switch { table, what, is_on } => self.switch(&usual(table), what, *is_on, at),
            Action::Opaque { table, .. } => self.cloud(table.as_ref().map(usual).as_ref(), id),
            named => self.named(named, at, id),
        }
    }

    /// Keeps what is left behind, instead of what an earlier step left of it.
    fn want(&mut self, key: Key, at: At, is_held: bool, lack: impl FnOnce() -> String) {
        self.want_part(key, at, is_held, lack, None);
    }

    fn want_part(
        &mut self,
        key: Key,
        at: At,
        is_held: bool,
        lack: impl FnOnce() -> String,
        part: Option<Part>,
    ) {
        // What was rightly not done leaves what was there before.
        if !is_held
            && matches!(at.gate, Gate::Rightly)
            && let Some(old) = self.demands.get_mut(&key)
        {
            if at.leaves == Leaves::Nothing {
                old.leaves = Leaves::Nothing;
            }
            self.aside().iter_mut().for_each(|aside| aside.done = true);
            return;
        }
        let status = match (is_held, at.gate) {
            (true, _) => Status::Held,
            (false, Gate::Sure) => Status::Missing(lack()),
            (false, Gate::Rightly) => Status::Rightly(lack()),
            (false, Gate::Perhaps) => {
                Status::Unknown(lack(), "it is done only under a condition that cannot be told".to_owned())
            }
        };
        self.forget(&key);
        self.bad += usize::from(status.is_bad());
        let (step, leaves) = (self.step, at.leaves);
        self.demands.insert(key, Demand { step, span: at.span, status, part, leaves });
    }

    fn forget(&mut self, key: &Key) {
        if let Some(old) = self.demands.remove(key) {
            self.bad -= usize::from(old.status.is_bad());
        }
    }

    fn forget_all(&mut self, is_it: impl Fn(&Key, &Demand) -> bool) {
        let bad = &mut self.bad;
        self.demands.retain(|key, demand| {
            let goes = is_it(key, demand);
            *bad -= usize::from(goes && demand.status.is_bad());
            !goes
        });
    }

    fn forget_table(&mut self, table: &TableName) {
        self.unseen.retain(|(_, of, _)| of != table);
        self.forget_all(|key, demand| {
            let part = demand.part.as_ref();
            // What refers to a table goes with it.
            let is_its = |part: &Part| part.table == *table || part.refers_to.as_ref() == Some(table);
            key.table() == Some(table) || part.is_some_and(is_its)
        });
    }

    /// What something that cannot be told may have changed is not missed any more for sure.
    fn cloud(&mut self, table: Option<&TableName>, id: &str) {
        for (key, demand) in &mut self.demands {
            let own = key.table().or(demand.part.as_ref().map(|part| &part.table));
            let is_touched = table.is_none() || own.is_none() || own == table;
            if let Status::Missing(what) = &demand.status
                && is_touched
            {
                let why = format!("`{id}` does something that only running it would tell");
                demand.status = Status::Unknown(what.clone(), why);
            }
        }
    }
}

/// Where and when something is done.
#[derive(Clone, Copy)]
struct At {
    span: Span,
    gate: Gate,
    /// Whether it says itself that it may find nothing to do.
    is_undone: bool,
    leaves: Leaves,
}

impl At {
    /// The same of something that is taken away.
    fn takes(self) -> Self {
        Self { leaves: Leaves::Nothing, ..self }
    }
}

impl Key {
    fn nameless(table: TableName, at: At, what: String) -> Self {
        Self::Nameless(table, at.span.start.line as usize, at.span.start.column as usize, what)
    }

    fn table(&self) -> Option<&TableName> {
        match self {
            Self::Table(table)
            | Self::Column(table, _)
            | Self::Type(table, _)
            | Self::Null(table, _)
            | Self::Default(table, _)
            | Self::Of(table, ..)
            | Self::Switch(table, _)
            | Self::Nameless(table, ..)
            | Self::Constraint(table, _) => Some(table),
            Self::Index(_) | Self::Other(..) => None,
        }
    }
}

/// The usual schema is the one that nobody names.
fn usual(table: &TableName) -> TableName {
    let schema = table.schema.clone().filter(|schema| schema != "public");
    TableName { schema, name: table.name.clone() }
}
