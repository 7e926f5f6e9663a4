use super::AlembicFacts;
use super::bodies::own_tables;
use super::rewrites::{Types, is_rewrite};
use crate::model::chain::{Revision, RevisionFile};
use crate::model::operation::{
    Action, Asked, Constraint, ConstraintKind, Filled, GuardKind, Index, Operation, Switched, TableName,
    TypeSpec,
};
use crate::model::{Looked, Place, Span};
use crate::rules::Sink;

pub(super) fn unsafe_operation(facts: &AlembicFacts, out: &mut Sink<'_>) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        if chain.is_elsewhere_than_postgres() {
            out.skip(chain.object(), "the configured database is not Postgres");
            continue;
        }
        let is_old =
            |revision: &Revision| facts.is_locked(chain, &revision.id.text) || chain.stands_already(revision);
        let open: Vec<_> = files.in_order().into_iter().filter(|(_, revision)| !is_old(revision)).collect();
        // Without a record of what is applied, only a revision's own tables are known to be new.
        let is_recorded = facts.has_lock() || chain.sides.got().is_some();
        let mut shared: Vec<TableName> = Vec::new();
        let is_dark = |(_, revision): &&(_, &Revision)| {
            let mut operations = revision.upgrade.iter().flat_map(|body| &body.operations);
            operations.any(|operation| matches!(operation.action, Action::Opaque { .. }))
        };
        let dark = open.iter().filter(is_dark).count();
        if dark > 0 {
            out.skip(
                chain.object(),
                format!("what {dark} of {} revisions do, in part, only running them would tell", open.len()),
            );
        }
        let mut check = out.check(chain.object(), Looked::at(open.len(), "revision"));
        let changes = |(_, revision): &(&RevisionFile, &Revision)| {
            let mut operations = revision.upgrade.iter().flat_map(|body| &body.operations);
            operations.any(|operation| matches!(&operation.action, Action::AlterColumn { change, .. } if change.changes_type && change.was.is_none()))
        };
        let types = if open.iter().any(changes) { Types::new(files) } else { Types::default() };
        let autocommits = chain.env.got().is_some_and(|env| env.autocommits);
        let mut found: Vec<(&RevisionFile, &Revision, Danger)> = Vec::new();
        for (file, revision) in &open {
            let own = own_tables(revision);
            let is_new = |table: &TableName| own.contains(table) || shared.contains(table);
            let around = Around { is_new: &is_new, types: &types, autocommits };
            let here = dangers(revision, &around).into_iter().chain(refused_back(revision, autocommits));
            found.extend(here.map(|danger| (*file, *revision, danger)));
            if is_recorded {
                // What takes the place of a table that was there holds its rows.
                let dropped = dropped(revision);
                shared.extend(own);
                shared.retain(|table| !dropped.contains(&table));
            }
        }
        // What was applied long ago is nobody's worry, and without a record nobody knows what was.
        if !is_recorded && found.len() > SOME {
            let count = found.len();
            let Some((file, _, danger)) = found.pop() else { continue };
            check
                .find("all", format!("{count} operations take long locks, rewrite tables or lose data, unless they were applied already"))
                .at(Place::new(&file.path, danger.span))
                .help("`trueup lock` records what is applied: from then on only new revisions are judged, line by line; so does `--against REF`");
            continue;
        }
        for (file, revision, Danger { span, what, help, on, is_back }) in found {
            let way = if is_back { "the downgrade of " } else { "" };
            let message = format!("{way}`{}` {}", revision.id.text, what.replace("{}", &on.join(", ")));
            check.find(&revision.id.text, message).at(Place::new(&file.path, span)).help(help);
        }
    }
}

fn dropped(revision: &Revision) -> Vec<&TableName> {
    let operations = revision.upgrade.iter().flat_map(|body| &body.operations);
    operations
        .filter_map(|operation| match &operation.action {
            Action::DropTable { table } => Some(table),
            _ => None,
        })
        .collect()
}

/// As many dangerous operations are told one by one where nobody knows what is applied.
const SOME: usize = 5;

/// One line that does something dangerous, to one table or, in a loop, to several.
struct Danger {
    span: Span,
    /// What it does; `{}` are the tables or columns.
    what: &'static str,
    /// What to do instead.
    help: &'static str,
    on: Vec<String>,
    /// Whether it is on the way back.
    is_back: bool,
}

/// What is known beside a revision's own operations.
struct Around<'a> {
    is_new: &'a dyn Fn(&TableName) -> bool,
    types: &'a Types,
    /// Whether each statement is committed by itself.
    autocommits: bool,
}

fn dangers(revision: &Revision, around: &Around<'_>) -> Vec<Danger> {
    let mut found: Vec<Danger> = Vec::new();
    let all: Vec<&Operation> = revision.upgrade.iter().flat_map(|body| &body.operations).collect();
    for (index, operation) in all.iter().enumerate().filter(|(_, operation)| runs_on_postgres(operation)) {
        let was = around.types.before(&revision.id.text, index);
        let (is_inside, before) = (!operation.autocommit && !around.autocommits, all.get(..index));
        let sole = danger(operation, was);
        let found_here = match sole {
            _ if is_inside && is_concurrent(operation) => inside(operation),
            Some((Some(table), ..)) if (around.is_new)(table) => None,
            sole => sole.filter(|_| !is_proven(operation, before.unwrap_or_default())),
        };
        let late = is_inside.then(|| validates_at_once(operation, before.unwrap_or_default())).flatten();
        let Some((table, what, help)) =
            found_here.or(late.filter(|(table, ..)| !table.is_some_and(around.is_new)))
        else {
            continue;
        };
        add(&mut found, operation, (table, what, help), false);
    }
    found
}

/// Adds what is dangerous about an operation: one line for all that a loop does.
fn add(found: &mut Vec<Danger>, operation: &Operation, (table, what, help): Told<'_>, is_back: bool) {
    let column = match &operation.action {
        Action::AlterColumn { column, .. } | Action::DropColumn { column, .. } => format!(".{column}"),
        _ => String::new(),
    };
    let on = table.map_or_else(|| "a table".to_owned(), |table| format!("`{table}{column}`"));
    match found.iter_mut().find(|known| known.span == operation.span && known.what == what) {
        Some(known) if known.on.contains(&on) => {}
        Some(known) => known.on.push(on),
        None => found.push(Danger { span: operation.span, what, help, on: vec![on], is_back }),
    }
}

/// What Postgres refuses on the way back, which nobody notices before it is needed.
fn refused_back(revision: &Revision, autocommits: bool) -> Vec<Danger> {
    let mut found = Vec::new();
    for operation in revision.downgrade.iter().flat_map(|body| &body.operations) {
        let is_inside = !operation.autocommit && !autocommits && runs_on_postgres(operation);
        if let Some(told) = inside(operation).filter(|_| is_inside && is_concurrent(operation)) {
            add(&mut found, operation, told, true);
        }
    }
    found
}

fn is_concurrent(operation: &Operation) -> bool {
    matches!(
        &operation.action,
        Action::CreateIndex(Index { concurrently: true, .. }) | Action::DropIndex { concurrently: true, .. }
    )
}

fn inside(operation: &Operation) -> Option<Told<'_>> {
    let (table, what) = match &operation.action {
        Action::CreateIndex(index) => (
            index.table.as_ref(),
            "builds an index on {} concurrently inside a transaction, which Postgres refuses",
        ),
        Action::DropIndex { table, .. } => {
            (table.as_ref(), "drops an index of {} concurrently inside a transaction, which Postgres refuses")
        }
        _ => return None,
    };
    Some((table, what, "put it into `with op.get_context().autocommit_block():`"))
}

/// Whether NOT NULL needs no look at the rows: a constraint of the table was validated right before.
fn is_proven(operation: &Operation, before: &[&Operation]) -> bool {
    let Action::AlterColumn { table, change, .. } = &operation.action else { return false };
    let is_validated = |other: &&Operation| matches!(&other.action, Action::Switch { table: own, what: Switched::Constraint(_), is_on: true } if own == table);
    !change.changes_type && before.iter().any(is_validated)
}

/// A constraint that is added without a look at the rows, and checked before its lock is let go.
fn validates_at_once<'o>(operation: &'o Operation, before: &[&Operation]) -> Option<Told<'o>> {
    let Action::Switch { table, what: Switched::Constraint(name), is_on: true } = &operation.action else {
        return None;
    };
    let adds = |other: &&Operation| {
        matches!(&other.action, Action::AddConstraint { table: own, constraint }
            if own == table && constraint.name.text() == Some(name) && !other.autocommit)
    };
    before.iter().any(adds).then_some((
        Some(table),
        "validates a constraint of {} in the transaction that adds it, whose lock is held meanwhile",
        "validate it in a later revision, or in an `autocommit_block()`",
    ))
}

fn runs_on_postgres(operation: &Operation) -> bool {
    operation.guards.iter().all(|guard| {
        let is_kind = match &guard.kind {
            GuardKind::Dialect(name, is) => name.starts_with("postgres") == *is,
            _ => true,
        };
        is_kind && holds_on_postgres(&guard.asks) != Some(false)
    })
}

/// Whether a condition holds on Postgres, when that alone tells.
fn holds_on_postgres(asked: &Asked) -> Option<bool> {
    match asked {
        Asked::Always(truth) => Some(*truth),
        Asked::Dialect(name) => Some(name.starts_with("postgres")),
        Asked::Not(inner) => holds_on_postgres(inner).map(|holds| !holds),
        Asked::All(all) => all.iter().any(|one| holds_on_postgres(one) == Some(false)).then_some(false),
        Asked::Any(all) => all.iter().all(|one| holds_on_postgres(one) == Some(false)).then_some(false),
        Asked::Unknown | Asked::Undone | Asked::Has(_) => None,
    }
}

/// A table, what is done to it, and what to do instead.
type Told<'o> = (Option<&'o TableName>, &'static str, &'static str);

/// What is dangerous about an operation on a table that is in use: the table, what it does (`{}` is the table or its column), and what to
/// do instead.
fn danger<'o>(operation: &'o Operation, was: Option<&TypeSpec>) -> Option<Told<'o>> {
    match &operation.action {
        Action::AddColumn { table, column, constraints, indexes } => {
            let is_filled = column.filled != Filled::Not || column.nullable != Some(false);
            let help = "give it a `server_default`, or add it nullable, fill it, and set NOT NULL later";
            if column.filled == Filled::ByRow {
                return Some((
                    Some(table),
                    "gives each row of {} a value of its own, and rewrites the table under an exclusive lock",
                    "add the column nullable and without it, set the default later, and fill the rows in steps",
                ));
            }
            if is_filled {
                return brought(table, constraints, indexes);
            }
            Some((
                Some(table),
                "adds a NOT NULL column without a default to {}, which fails on any row",
                help,
            ))
        }
        Action::AlterColumn { table, change, .. } if change.changes_type && is_rewrite(change, was) => {
            let help =
                "add a new column, fill it, and switch; or plan the time in which nobody reads the table";
            Some((
                Some(table),
                "changes the type of {}, which may rewrite the table under an exclusive lock",
                help,
            ))
        }
        Action::AlterColumn { table, change, .. } if change.nullable == Some(false) && !change.was_filled => {
            let help =
                "add a CHECK (... IS NOT NULL) NOT VALID first and validate it: then this needs no scan";
            Some((Some(table), "makes {} NOT NULL, and reads the whole table under an exclusive lock", help))
        }
        Action::CreateIndex(index) if !index.concurrently => Some((index.table.as_ref(), INDEX.0, INDEX.1)),
        Action::AddConstraint { table, constraint } => added(table, constraint),
        Action::DropColumn { table, .. } => {
            let help = "deploy code that no longer reads it first; what is in it is gone";
            Some((Some(table), "drops {}", help))
        }
        _ => None,
    }
}

const INDEX: (&str, &str) = (
    "builds an index on {}, and nobody can write to it meanwhile",
    "use `postgresql_concurrently=True` in an `autocommit_block()`",
);

/// What is dangerous about a constraint that is added to a table in use.
fn added<'a>(table: &'a TableName, constraint: &Constraint) -> Option<Told<'a>> {
    match constraint.kind {
        _ if constraint.not_valid => None,
        ConstraintKind::ForeignKey | ConstraintKind::Check => Some((
            Some(table),
            "adds a constraint to {}, and checks every row at once",
            "add it with `postgresql_not_valid=True`, and validate it in a later revision",
        )),
        ConstraintKind::Unique | ConstraintKind::PrimaryKey => Some((
            Some(table),
            "adds a unique constraint to {}, and nobody can write to it while its index is built",
            "build a unique index concurrently, then add the constraint with `USING INDEX`",
        )),
        ConstraintKind::Exclude => Some((
            Some(table),
            "adds an exclusion constraint to {}, and nobody can use it while its index is built",
            "plan the time in which nobody uses the table",
        )),
    }
}

/// What a new column brings along: its index is built, its constraints are checked.
fn brought<'a>(table: &'a TableName, constraints: &[Constraint], indexes: &[Index]) -> Option<Told<'a>> {
    let index = indexes.first().map(|_| (Some(table), INDEX.0, INDEX.1));
    index.or_else(|| constraints.iter().find_map(|constraint| added(table, constraint)))
}
