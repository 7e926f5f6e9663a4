//! Alembic's own operations, as actions.
use ruff_python_ast::{Expr, ExprCall};

use super::value::{Scope, Value};
use super::{columns, sql};
use crate::model::naming::Name;
use crate::model::operation::{
    Action, ColumnChange, Constraint, ConstraintKind, Index, Key, RowWrite, TableName,
};

/// A batch of operations on one table.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// Its table, when that can be told.
    pub(super) table: Option<TableName>,
}

/// What a call of `op` comes to.
pub(super) enum Made<'a> {
    /// Nothing that matters.
    Nothing,
    /// Something is done; the second says whether it may find nothing to do.
    Action(Box<Action>, bool),
    /// A statement is executed.
    Sql(&'a Expr),
}

/// The arguments of a call, by position and name.
pub(super) struct Args<'a, 's> {
    call: &'a ExprCall,
    scope: &'s Scope<'a>,
}

impl<'a, 's> Args<'a, 's> {
    pub(super) fn new(call: &'a ExprCall, scope: &'s Scope<'a>) -> Self {
        Self { call, scope }
    }

    pub(super) fn expr(&self, position: Option<usize>, name: &str) -> Option<&'a Expr> {
        let named = self.call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let args = &self.call.arguments.args;
        named.or_else(|| args.get(position?).filter(|arg| !arg.is_starred_expr()))
    }

    /// What an expression of these arguments is worth.
    pub(super) fn worth(&self, expr: &'a Expr) -> Value<'a> {
        self.scope.value(expr)
    }

    fn value(&self, position: Option<usize>, name: &str) -> Option<Value<'a>> {
        self.expr(position, name).map(|expr| self.scope.value(expr))
    }

    /// A text: `Err` when one is given that cannot be told.
    fn text(&self, position: Option<usize>, name: &str) -> Result<Option<String>, ()> {
        match self.value(position, name) {
            None | Some(Value::None) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(()),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.value(None, name).and_then(|value| value.truth())
    }

    fn name(&self, position: usize, name: &str) -> Name {
        columns::name(self.expr(Some(position), name), self.scope)
    }

    fn names(&self, position: usize, name: &str) -> Vec<Option<String>> {
        match self.value(Some(position), name) {
            Some(Value::List(items)) => items.iter().map(|item| item.text().map(str::to_owned)).collect(),
            Some(Value::Text(text)) => vec![Some(text)],
            _ => Vec::new(),
        }
    }

    fn table(&self, position: usize, name: &str, schema: &str) -> Option<TableName> {
        let name = self.text(Some(position), name).ok().flatten()?;
        let schema = self.text(None, schema).ok()?;
        Some(TableName { schema, name })
    }
}

/// The method of a call: `create_table` of `op.create_table(...)`.
pub(super) fn method(call: &ExprCall) -> Option<&str> {
    Some(call.func.as_attribute_expr()?.attr.as_str())
}

/// The last part of what a call names: `DropColumnOp` of `ops.DropColumnOp(...)`.
fn called(call: &ExprCall) -> &str {
    match call.func.as_ref() {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

/// Whether a call describes a column: `sa.Column(...)`.
pub(super) fn is_column(call: &ExprCall) -> bool {
    matches!(called(call), "Column" | "mapped_column")
}

/// The table of `op.batch_alter_table(...)`.
pub(super) fn batch<'a>(call: &'a ExprCall, scope: &Scope<'a>) -> Batch {
    Batch { table: Args::new(call, scope).table(0, "table_name", "schema") }
}

/// What `op.<name>(...)` does. `batch` is the table when it is a batch's own method, whose arguments leave the table out.
pub(super) fn op<'a>(name: &str, call: &'a ExprCall, batch: Option<&Batch>, scope: &Scope<'a>) -> Made<'a> {
    let args = Args::new(call, scope);
    if let ("execute", Some(statement)) = (name, args.expr(Some(0), "sqltext")) {
        return Made::Sql(statement);
    }
    if let ("invoke", Some(Expr::Call(inner))) = (name, args.expr(Some(0), "operation"))
        && let Some((_, known)) = INVOKED.iter().find(|(class, _)| called(inner) == *class)
    {
        return op(known, inner, None, scope);
    }
    if QUIET.contains(&name) {
        return Made::Nothing;
    }
    let lenient = args.flag("if_not_exists") == Some(true) || args.flag("if_exists") == Some(true);
    let is_batch = batch.is_some();
    let given = Given {
        shift: usize::from(!is_batch),
        table: batch.and_then(|batch| batch.table.clone()),
        is_batch,
        args,
    };
    if let Some(action) = given.action(name) {
        Made::Action(Box::new(action), lenient)
    } else {
        let table = given.table.clone();
        let why = if KNOWN.contains(&name) {
            format!("`{name}` is given a name that only running it would tell")
        } else {
            format!("`{name}` is none of Alembic's own operations")
        };
        Made::Action(Box::new(Action::Opaque { table, why }), lenient)
    }
}

/// Alembic's objects that take what its operations take, in the same order, and those operations.
const INVOKED: &[(&str, &str)] = &[
    ("AddColumnOp", "add_column"),
    ("DropColumnOp", "drop_column"),
    ("CreateIndexOp", "create_index"),
    ("DropIndexOp", "drop_index"),
    ("DropTableOp", "drop_table"),
    ("RenameTableOp", "rename_table"),
    ("CreateUniqueConstraintOp", "create_unique_constraint"),
    ("CreateForeignKeyOp", "create_foreign_key"),
    ("DropConstraintOp", "drop_constraint"),
    ("ExecuteSQLOp", "execute"),
];

/// What changes nothing.
const QUIET: &[&str] = &[
    "get_bind",
    "get_context",
    "f",
    "inline_literal",
    "batch_alter_table",
    "create_table_comment",
    "drop_table_comment",
    "implementation_for",
    "register_operation",
];

const KNOWN: &[&str] = &[
    "create_table",
    "drop_table",
    "rename_table",
    "add_column",
    "drop_column",
    "alter_column",
    "create_index",
    "drop_index",
    "create_unique_constraint",
    "create_primary_key",
    "create_foreign_key",
    "create_check_constraint",
    "create_exclude_constraint",
    "drop_constraint",
    "bulk_insert",
    "execute",
];

/// A call with its table taken out of the way.
struct Given<'a, 's> {
    /// How many places the table takes among the arguments: none in a batch.
    shift: usize,
    table: Option<TableName>,
    is_batch: bool,
    args: Args<'a, 's>,
}

impl Given<'_, '_> {
    fn table(&self, position: usize, name: &str) -> Option<TableName> {
        if self.is_batch { self.table.clone() } else { self.args.table(position, name, "schema") }
    }

    fn action(&self, name: &str) -> Option<Action> {
        let (args, shift) = (&self.args, self.shift);
        Some(match name {
            "create_table" => {
                let table = args.table(0, "table_name", "schema")?;
                let (columns, columns::Beside { constraints, indexes, is_open }) =
                    columns::of_table(args.call, &table, args.scope);
                let is_told = !is_open && args.call.arguments.keywords.iter().all(|one| one.arg.is_some());
                Action::CreateTable { table, columns, constraints, indexes, is_told }
            }
            "drop_table" => Action::DropTable { table: args.table(0, "table_name", "schema")? },
            "rename_table" => {
                let to = args.text(Some(1), "new_table_name").ok()??;
                Action::RenameTable { table: args.table(0, "old_table_name", "schema")?, to }
            }
            "add_column" => {
                let expr = args.expr(Some(shift), "column")?;
                let column = columns::column(expr, args.scope)?;
                let table = self.table(0, "table_name")?;
                let (_, call) = columns::made(expr, args.scope)?;
                let columns::Beside { constraints, indexes, .. } =
                    columns::of_column(&column.name, call, &table, args.scope);
                Action::AddColumn { table, column, constraints, indexes }
            }
            "drop_column" => {
                let column = args.text(Some(shift), "column_name").ok()??;
                Action::DropColumn { table: self.table(0, "table_name")?, column }
            }
            "alter_column" => {
                let column = args.text(Some(shift), "column_name").ok()??;
                Action::AlterColumn { table: self.table(0, "table_name")?, column, change: self.change() }
            }
            "create_index" => Action::CreateIndex(self.index()),
            "drop_index" => {
                let table =
                    if self.is_batch { self.table.clone() } else { args.table(1, "table_name", "schema") };
                match args.name(0, "index_name") {
                    Name::Untold | Name::Unsaid => return None,
                    name => {
                        let concurrently = args.flag("postgresql_concurrently") == Some(true);
                        Action::DropIndex { name, table, concurrently }
                    }
                }
            }
            "create_unique_constraint" => self.constraint(ConstraintKind::Unique, shift + 1)?,
            "create_primary_key" => self.constraint(ConstraintKind::PrimaryKey, shift + 1)?,
            "create_check_constraint" => self.constraint(ConstraintKind::Check, usize::MAX)?,
            "create_exclude_constraint" => self.constraint(ConstraintKind::Exclude, usize::MAX)?,
            "create_foreign_key" => self.foreign_key()?,
            "drop_constraint" => {
                let table =
                    if self.is_batch { self.table.clone()? } else { args.table(1, "table_name", "schema")? };
                let kind = args.text(Some(shift + 1), "type_").ok().flatten();
                let kind = kind.and_then(|kind| match kind.as_str() {
                    "foreignkey" => Some(ConstraintKind::ForeignKey),
                    "primary" => Some(ConstraintKind::PrimaryKey),
                    "unique" => Some(ConstraintKind::Unique),
                    "check" => Some(ConstraintKind::Check),
                    _ => None,
                });
                match args.name(0, "constraint_name") {
                    Name::Untold => return None,
                    name => Action::DropConstraint { table, name, kind },
                }
            }
            "bulk_insert" => {
                let table = args.expr(Some(0), "table").and_then(|expr| table_of(expr, args.scope));
                Action::Rows { write: RowWrite::Insert, table }
            }
            _ => return None,
        })
    }

    fn change(&self) -> ColumnChange {
        let args = &self.args;
        let kind = args.expr(None, "type_");
        ColumnChange {
            kind: kind.and_then(|kind| columns::type_spec(kind, args.scope)),
            changes_type: kind.is_some(),
            was: args.expr(None, "existing_type").and_then(|kind| columns::type_spec(kind, args.scope)),
            nullable: args.flag("nullable"),
            was_filled: args.flag("existing_nullable") == Some(false),
            rename: args.text(None, "new_column_name").ok().flatten(),
            default: columns::default(args, args.expr(None, "server_default")),
        }
    }

    fn index(&self) -> Index {
        let args = &self.args;
        let classes = match args.value(None, "postgresql_ops") {
            Some(Value::Dict(items)) => {
                items.iter().filter_map(|(_, class)| Some(class.text()?.to_owned())).collect()
            }
            _ => Vec::new(),
        };
        Index {
            name: args.name(0, "index_name"),
            table: self.table(1, "table_name"),
            columns: args.names(self.shift + 1, "columns"),
            keys: self.keys(),
            method: args.text(None, "postgresql_using").ok().flatten().map(|method| method.to_lowercase()),
            classes,
            unique: args.flag("unique") == Some(true),
            concurrently: args.flag("postgresql_concurrently") == Some(true),
        }
    }

    fn keys(&self) -> Vec<Key> {
        match self.args.value(Some(self.shift + 1), "columns") {
            Some(Value::List(items)) => items.into_iter().map(|item| key(item, self.args.scope)).collect(),
            Some(one) => vec![key(one, self.args.scope)],
            None => Vec::new(),
        }
    }

    fn constraint(&self, kind: ConstraintKind, columns: usize) -> Option<Action> {
        let args = &self.args;
        let table = if self.is_batch { self.table.clone()? } else { args.table(1, "table_name", "schema")? };
        let constraint = Constraint {
            kind,
            name: args.name(0, "constraint_name"),
            columns: args.names(columns, "columns").into_iter().flatten().collect(),
            refers_to: None,
            refers_columns: Vec::new(),
            not_valid: args.flag("postgresql_not_valid") == Some(true),
        };
        Some(Action::AddConstraint { table, constraint })
    }

    fn foreign_key(&self) -> Option<Action> {
        let (args, shift) = (&self.args, self.shift);
        let table =
            if self.is_batch { self.table.clone()? } else { args.table(1, "source_table", "source_schema")? };
        let constraint = Constraint {
            kind: ConstraintKind::ForeignKey,
            name: args.name(0, "constraint_name"),
            columns: args.names(shift + 2, "local_cols").into_iter().flatten().collect(),
            refers_to: args.table(shift + 1, "referent_table", "referent_schema"),
            refers_columns: args.names(shift + 3, "remote_cols").into_iter().flatten().collect(),
            not_valid: args.flag("postgresql_not_valid") == Some(true),
        };
        Some(Action::AddConstraint { table, constraint })
    }
}

/// What a part of an index says: a column's name, `sa.text("(e::vector(3)) vector_l2_ops")`, `sa.cast(...)`.
pub(super) fn key<'a>(part: Value<'a>, scope: &Scope<'a>) -> Key {
    let expr = match part {
        Value::Text(column) => return Key::Column(column),
        Value::Other(expr) => expr,
        _ => return Key::Other,
    };
    if let Some(text) = statement_text(expr, scope) {
        return sql::key(&text);
    }
    let said = columns::made(expr, scope).and_then(|(name, call)| {
        let args = Args::new(call, scope);
        match name {
            "column" => Some(Key::Column(args.value(Some(0), "text")?.text()?.to_owned())),
            "literal_column" => Some(sql::key(args.value(Some(0), "text")?.text()?)),
            "cast" => Some(Key::Cast(columns::type_spec(args.expr(Some(1), "type_")?, scope)?)),
            _ => None,
        }
    });
    said.unwrap_or(Key::Other)
}

/// The table that an expression stands for: `sa.table("x")`, `sa.Table("x", ...)`, a name of one, a mapped class.
pub(super) fn table_of<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<TableName> {
    let expr = match scope.value(expr) {
        Value::Other(expr) => expr,
        _ => expr,
    };
    if let Expr::Name(name) = expr {
        return Some(TableName { schema: None, name: scope.mapped(&name.id)?.to_owned() });
    }
    if let Expr::Attribute(attribute) = expr {
        // `User.id`, `User.__table__`.
        let class = attribute.value.as_name_expr()?;
        return Some(TableName { schema: None, name: scope.mapped(&class.id)?.to_owned() });
    }
    let call = expr.as_call_expr()?;
    let name = match call.func.as_ref() {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let args = Args::new(call, scope);
    match name {
        "table" | "Table" | "create_table" => args.table(0, "name", "schema"),
        _ => None,
    }
}

/// The text of a statement: a literal, or one in `sa.text(...)`, bound or not.
pub(super) fn statement_text<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<String> {
    let mut expr = expr;
    // `text(...).bindparams(...)` and its like stand for the text.
    for _ in 0..8 {
        let found = match scope.value(expr) {
            Value::Text(text) => return Some(text),
            Value::Other(found) => found,
            _ => return None,
        };
        let call = found.as_call_expr()?;
        expr = match call.func.as_ref() {
            Expr::Name(name) if matches!(name.id.as_str(), "text" | "DDL") => call.arguments.args.first()?,
            Expr::Attribute(method) => match method.attr.as_str() {
                "text" | "DDL" | "dedent" => call.arguments.args.first()?,
                "bindparams" | "columns" | "execution_options" => &method.value,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

/// What an expression of SQLAlchemy does to rows.
pub(super) enum Effect {
    /// It writes them.
    Writes(RowWrite, Option<TableName>),
    /// It reads them.
    Reads,
    /// Nobody can tell.
    Unknown,
}

/// What an expression of SQLAlchemy does.
pub(super) fn effect<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Effect {
    let mut expr = match scope.value(expr) {
        Value::Other(expr) => expr,
        _ => expr,
    };
    // The innermost call says what the chain of methods builds.
    for _ in 0..200 {
        let Some(call) = expr.as_call_expr() else { return Effect::Unknown };
        let first = || call.arguments.args.first().and_then(|table| table_of(table, scope));
        let (name, base) = match call.func.as_ref() {
            Expr::Name(name) => (name.id.as_str(), None),
            Expr::Attribute(method) => (method.attr.as_str(), Some(method.value.as_ref())),
            _ => return Effect::Unknown,
        };
        let write = match name {
            "insert" => Some(RowWrite::Insert),
            "from_select" => Some(RowWrite::Fill),
            "update" => Some(RowWrite::Update),
            "delete" => Some(RowWrite::Delete),
            "select" | "exists" | "union" | "union_all" => return Effect::Reads,
            _ => None,
        };
        if let Some(write) = write {
            return Effect::Writes(write, base.and_then(|base| table_of(base, scope)).or_else(first));
        }
        match base {
            Some(base) => expr = base,
            None => return Effect::Unknown,
        }
    }
    Effect::Unknown
}
