use super::AlembicFacts;
use super::bodies::own_tables;
use crate::model::chain::{Revision, RevisionFile};
use crate::model::operation::{
    Action, ColumnChange, Constraint, ConstraintKind, GuardKind, Index, Operation, ServerDefault, TableName,
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
        let open: Vec<_> = files.revisions().filter(|(_, revision)| !is_old(revision)).collect();
        // Without a record of what is applied, only a revision's own tables are known to be new.
        let is_recorded = facts.has_lock() || chain.sides.got().is_some();
        let shared: Vec<&TableName> = if is_recorded {
            open.iter().flat_map(|(_, revision)| own_tables(revision)).collect()
        } else {
            Vec::new()
        };
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
        let mut found: Vec<(&RevisionFile, &Revision, Danger)> = Vec::new();
        for (file, revision) in &open {
            let own = own_tables(revision);
            let is_new = |table: &TableName| own.contains(&table) || shared.contains(&table);
            found.extend(dangers(revision, &is_new).into_iter().map(|danger| (*file, *revision, danger)));
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
        for (file, revision, Danger { span, what, help, on }) in found {
            let message = format!("`{}` {}", revision.id.text, what.replace("{}", &on.join(", ")));
            check.find(&revision.id.text, message).at(Place::new(&file.path, span)).help(help);
        }
    }
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
}

fn dangers(revision: &Revision, is_new: &dyn Fn(&TableName) -> bool) -> Vec<Danger> {
    let mut found: Vec<Danger> = Vec::new();
    let operations = revision.upgrade.iter().flat_map(|body| &body.operations);
    for operation in operations.filter(|operation| runs_on_postgres(operation)) {
        let Some((table, what, help)) = danger(operation) else { continue };
        if table.is_some_and(is_new) {
            continue;
        }
        let column = match &operation.action {
            Action::AlterColumn { column, .. } | Action::DropColumn { column, .. } => format!(".{column}"),
            _ => String::new(),
        };
        let on = table.map_or_else(|| "a table".to_owned(), |table| format!("`{table}{column}`"));
        match found.iter_mut().find(|known| known.span == operation.span && known.what == what) {
            Some(known) if known.on.contains(&on) => {}
            Some(known) => known.on.push(on),
            None => found.push(Danger { span: operation.span, what, help, on: vec![on] }),
        }
    }
    found
}

fn runs_on_postgres(operation: &Operation) -> bool {
    operation.guards.iter().all(|guard| match &guard.kind {
        GuardKind::Dialect(name, is) => name.starts_with("postgres") == *is,
        _ => true,
    })
}

/// What is dangerous about an operation on a table that is in use: the table, what it does (`{}` is the table or its column), and what to
/// do instead.
fn danger(operation: &Operation) -> Option<(Option<&TableName>, &'static str, &'static str)> {
    match &operation.action {
        Action::AddColumn { table, column, constraints, indexes } => {
            let is_filled = column.default != ServerDefault::None
                || column.is_generated
                || column.nullable != Some(false);
            let help = "give it a `server_default`, or add it nullable, fill it, and set NOT NULL later";
            if is_filled {
                return brought(table, constraints, indexes);
            }
            Some((
                Some(table),
                "adds a NOT NULL column without a default to {}, which fails on any row",
                help,
            ))
        }
        Action::AlterColumn { table, change, .. } if change.changes_type && is_rewrite(change) => {
            let help =
                "add a new column, fill it, and switch; or plan the time in which nobody reads the table";
            Some((
                Some(table),
                "changes the type of {}, which may rewrite the table under an exclusive lock",
                help,
            ))
        }
        Action::AlterColumn { table, change, .. } if change.nullable == Some(false) => {
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
fn added<'a>(
    table: &'a TableName,
    constraint: &Constraint,
) -> Option<(Option<&'a TableName>, &'static str, &'static str)> {
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
        ConstraintKind::Exclude => None,
    }
}

/// What a new column brings along: its index is built, its constraints are checked.
fn brought<'a>(
    table: &'a TableName,
    constraints: &[Constraint],
    indexes: &[Index],
) -> Option<(Option<&'a TableName>, &'static str, &'static str)> {
    let index = indexes.first().map(|_| (Some(table), INDEX.0, INDEX.1));
    index.or_else(|| constraints.iter().find_map(|constraint| added(table, constraint)))
}

/// Whether a change of type rewrites the table, as far as the types are told. Wider texts and numbers don't.
fn is_rewrite(change: &ColumnChange) -> bool {
    let (Some(was), Some(kind)) = (&change.was, &change.kind) else { return true };
    let is_text = |kind: &TypeSpec| {
        ["string", "varchar", "text", "unicode", "unicodetext", "character varying"]
            .contains(&kind.name.as_str())
    };
    let number = |kind: &TypeSpec| kind.numbers.first().copied();
    if is_text(was) && is_text(kind) {
        return match (number(was), number(kind)) {
            (_, None) => false,
            (Some(was), Some(is)) => is < was,
            (None, Some(_)) => true,
        };
    }
    was.name != kind.name || was.numbers != kind.numbers
}
