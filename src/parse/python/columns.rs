//! Columns, types and constraints as SQLAlchemy's constructors describe them.
use ruff_python_ast::{Expr, ExprCall};

use super::operations::{Args, key, statement_text};
use super::sql;
use super::value::{Scope, Value};
use crate::model::naming::Name;
use crate::model::operation::{
    ColumnSpec, Constraint, ConstraintKind, Filled, Index, Key, OwnCheck, ServerDefault, TableName, TypeSpec,
};

/// The class or function of a call: `Column` of `sa.Column(...)`.
fn called<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<(&'a str, &'a ExprCall)> {
    let found = match scope.value(expr) {
        Value::Other(found) => found,
        _ => expr,
    };
    let call = found.as_call_expr()?;
    Some((last(&call.func)?, call))
}

fn last(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Modules that types of a known meaning come from, as they are usually called.
const MODULES: &[&str] =
    &["sa", "sqlalchemy", "postgresql", "pg", "psql", "sqltypes", "sqlmodel", "pgvector", "sqlite"];

/// Arguments of a type that change nothing of how a database calls it.
const ASIDE: &[&str] = &["as_uuid", "asdecimal", "none_as_null", "astext_type", "collation"];

/// A type: `sa.String(10)`, `Vector`, `postgresql.ARRAY(sa.Text())`.
pub(super) fn type_spec<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<TypeSpec> {
    let Some((name, call)) = called(expr, scope) else {
        // A class alone stands for an instance without arguments.
        let bare = match scope.value(expr) {
            Value::Other(found) => found,
            _ => expr,
        };
        let (name, is_told) = (last(bare)?.to_lowercase(), is_of_library(bare));
        return Some(TypeSpec { name, numbers: Vec::new(), is_told });
    };
    if name == "with_variant" {
        let usual = type_spec(call.func.as_attribute_expr()?.value.as_ref(), scope)?;
        return Some(TypeSpec { is_told: false, ..usual });
    }
    let number = |expr: &'a Expr| match scope.value(expr) {
        Value::Int(number) => Some(number),
        _ => None,
    };
    let named = ["length", "precision", "scale", "dim"];
    let keyword = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
    let numbers: Vec<i64> = call.arguments.args.iter().map_while(number).collect();
    let is_counted = numbers.len() == call.arguments.args.len();
    let numbers = numbers.into_iter().chain(named.into_iter().filter_map(|name| number(keyword(name)?)));
    let zone = keyword("timezone").map(|given| scope.value(given).truth());
    let is_named = call.arguments.keywords.iter().all(|keyword| match keyword.arg.as_deref() {
        Some("timezone") => zone.flatten().is_some(),
        Some(name) => ASIDE.contains(&name) || named.contains(&name) && number(&keyword.value).is_some(),
        None => false,
    });
    let zone = if zone == Some(Some(true)) { " with time zone" } else { "" };
    Some(TypeSpec {
        name: format!("{}{zone}", name.to_lowercase()),
        numbers: numbers.collect(),
        is_told: is_counted && is_named && is_of_library(&call.func),
    })
}

/// Whether a class may be the library's own: it has no module before it, or one of the library's.
fn is_of_library(class: &Expr) -> bool {
    let mut root = class;
    while let Expr::Attribute(attribute) = root {
        root = &attribute.value;
    }
    class.is_name_expr() || root.as_name_expr().is_some_and(|root| MODULES.contains(&root.id.as_str()))
}

/// What `server_default` says; nothing where it leaves the default as it is.
pub(super) fn default<'a>(args: &Args<'a, '_>, given: Option<&'a Expr>) -> Option<ServerDefault> {
    let given = given?;
    Some(match args.worth(given) {
        Value::None => ServerDefault::None,
        Value::Bool(false) => return None,
        Value::Text(_) | Value::Int(_) => ServerDefault::Given,
        Value::Other(Expr::Call(call)) if last(&call.func) != Some("FetchedValue") => ServerDefault::Given,
        _ => ServerDefault::Untold,
    })
}

/// The name of an enumeration type that is made apart.
pub(super) fn enum_name<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<String> {
    let (name, call) = called(expr, scope)?;
    if !name.eq_ignore_ascii_case("enum") {
        return None;
    }
    let given = Args::new(call, scope).expr(None, "name")?;
    Some(scope.value(given).text()?.to_owned())
}

/// `sa.Column(...)`, when its name can be told.
pub(super) fn column<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<ColumnSpec> {
    let (name, call) = called(expr, scope)?;
    if !name.eq_ignore_ascii_case("column") && name != "mapped_column" {
        return None;
    }
    let args = Args::new(call, scope);
    let mut rest = call.arguments.args.iter();
    let name = match call.arguments.find_keyword("name") {
        Some(named) => scope.value(&named.value).text()?.to_owned(),
        None => scope.value(rest.next()?).text()?.to_owned(),
    };
    let mut spec = ColumnSpec {
        name,
        kind: None,
        nullable: args.flag("nullable"),
        filled: match args.expr(None, "server_default") {
            Some(given) if is_volatile(given, scope) => Filled::ByRow,
            Some(given) if !given.is_none_literal_expr() => Filled::AtOnce,
            _ => Filled::Not,
        },
        default: default(&args, args.expr(None, "server_default")).unwrap_or_default(),
        is_generated: false,
        is_primary_key: args.flag("primary_key") == Some(true),
        own_check: OwnCheck::Never,
    };
    let given = args.expr(None, "type_").into_iter().chain(rest);
    for arg in given {
        match called(arg, scope).map(|(name, _)| name) {
            Some("Computed") => {
                let call = made(arg, scope).map(|(_, call)| call);
                let is_stored =
                    call.is_none_or(|call| Args::new(call, scope).flag("persisted") != Some(false));
                spec.filled = if is_stored { Filled::ByRow } else { Filled::AtOnce };
                spec.is_generated = true;
            }
            Some("Identity" | "Sequence") => {
                spec.filled = Filled::ByRow;
                spec.is_generated = true;
            }
            Some("ForeignKey" | "CheckConstraint" | "FetchedValue") => {}
            _ if spec.kind.is_none() => {
                spec.kind = type_spec(arg, scope);
                spec.own_check = own_check(arg, scope);
            }
            _ => {}
        }
    }
    Some(spec)
}

/// Whether a default is another one for each row: `sa.text("gen_random_uuid()")`, `sa.func.random()`.
fn is_volatile<'a>(given: &'a Expr, scope: &Scope<'a>) -> bool {
    if matches!(scope.value(given), Value::Text(_)) {
        return false;
    }
    if let Some(text) = statement_text(given, scope) {
        return sql::is_volatile(&text);
    }
    called(given, scope).is_some_and(|(name, _)| sql::is_volatile_function(name))
}

/// Whether a type brings a check of its own.
fn own_check<'a>(kind: &'a Expr, scope: &Scope<'a>) -> OwnCheck {
    let call = called(kind, scope);
    let bare = match scope.value(kind) {
        Value::Other(found) => found,
        _ => kind,
    };
    let Some(name) = call.map(|(name, _)| name).or_else(|| last(bare)) else { return OwnCheck::Perhaps };
    let flag = |word: &str| call.and_then(|(_, call)| Args::new(call, scope).flag(word));
    if flag("create_constraint") == Some(false) {
        return OwnCheck::Never;
    }
    match name.to_lowercase().as_str() {
        "with_variant" => {
            let method = call.and_then(|(_, call)| call.func.as_attribute_expr());
            method.map_or(OwnCheck::Perhaps, |method| own_check(&method.value, scope))
        }
        "boolean" | "bool" => OwnCheck::Lacking,
        "enum" if flag("native_enum") != Some(false) => OwnCheck::Lacking,
        name if PLAIN.contains(&name) => OwnCheck::Never,
        _ => OwnCheck::Perhaps,
    }
}

/// Types that bring no check, by their names in lower case.
const PLAIN: &[&str] = &[
    "array",
    "autostring",
    "bigint",
    "biginteger",
    "binary",
    "bit",
    "blob",
    "bytea",
    "char",
    "cidr",
    "citext",
    "clob",
    "date",
    "daterange",
    "datetime",
    "decimal",
    "double",
    "double_precision",
    "float",
    "geography",
    "geometry",
    "halfvec",
    "hstore",
    "inet",
    "int",
    "int4range",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "largebinary",
    "longtext",
    "ltree",
    "macaddr",
    "mediumtext",
    "money",
    "nchar",
    "null",
    "nulltype",
    "numeric",
    "nvarchar",
    "oid",
    "real",
    "smallint",
    "smallinteger",
    "sparsevec",
    "string",
    "text",
    "time",
    "timestamp",
    "tinyint",
    "tsquery",
    "tsrange",
    "tstzrange",
    "tsvector",
    "unicode",
    "unicodetext",
    "uuid",
    "varbinary",
    "varchar",
    "vector",
    "xml",
];

/// What an operation says of a table or a column beside its columns.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) constraints: Vec<Constraint>,
    pub(super) indexes: Vec<Index>,
    /// Whether something among them could not be told.
    pub(super) is_open: bool,
}

/// The columns of `op.create_table(...)`, and its constraints and indexes. What cannot be told is left out.
pub(super) fn of_table<'a>(
    call: &'a ExprCall,
    table: &TableName,
    scope: &Scope<'a>,
) -> (Vec<ColumnSpec>, Beside) {
    let (mut columns, mut beside, mut keys) = (Vec::new(), Beside::default(), Vec::new());
    for arg in call.arguments.args.iter().skip(1) {
        if let Some(spec) = column(arg, scope) {
            if let Some((_, call)) = called(arg, scope) {
                let own = of_column(&spec.name, call, table, scope);
                beside.constraints.extend(own.constraints);
                beside.indexes.extend(own.indexes);
                beside.is_open |= own.is_open;
            }
            if spec.is_primary_key {
                keys.push(spec.name.clone());
            }
            columns.push(spec);
        } else if let Some(constraint) = constraint(arg, scope) {
            beside.constraints.push(constraint);
        } else if let Some(index) = index(arg, table, scope) {
            beside.indexes.push(index);
        } else {
            beside.is_open = true;
        }
    }
    primary_key(&mut beside.constraints, keys);
    // There are as many of these as a chain has tables, and all of them are kept.
    columns.shrink_to_fit();
    beside.constraints.shrink_to_fit();
    beside.indexes.shrink_to_fit();
    (columns, beside)
}

/// All columns that say so make one primary key, be it written out or not.
fn primary_key(constraints: &mut Vec<Constraint>, keys: Vec<String>) {
    let mut written = constraints.iter_mut().filter(|one| one.kind == ConstraintKind::PrimaryKey);
    if let Some(own) = written.next() {
        if own.columns.is_empty() {
            own.columns = keys;
        }
    } else if !keys.is_empty() {
        constraints.push(Constraint { columns: keys, ..plain(ConstraintKind::PrimaryKey) });
    }
}

fn plain(kind: ConstraintKind) -> Constraint {
    Constraint {
        kind,
        name: Name::Unsaid,
        columns: Vec::new(),
        refers_to: None,
        refers_columns: Vec::new(),
        not_valid: false,
    }
}

/// What a column brings along, but for a primary key.
pub(super) fn of_column<'a>(name: &str, call: &'a ExprCall, table: &TableName, scope: &Scope<'a>) -> Beside {
    let args = Args::new(call, scope);
    let columns = || vec![name.to_owned()];
    let mut found = Beside::default();
    let unique = args.flag("unique") == Some(true);
    if args.flag("index") == Some(true) {
        found.indexes.push(Index {
            table: Some(table.clone()),
            columns: vec![Some(name.to_owned())],
            keys: vec![Key::Column(name.to_owned())],
            unique,
            ..Index::default()
        });
    } else if unique {
        found.constraints.push(Constraint { columns: columns(), ..plain(ConstraintKind::Unique) });
    }
    for arg in &call.arguments.args {
        if let Some(mut constraint) = constraint(arg, scope) {
            if constraint.kind != ConstraintKind::Check {
                constraint.columns = columns();
            }
            found.constraints.push(constraint);
        }
    }
    // By another key than its name, conventions and constraints know it by that.
    if call.arguments.find_keyword("key").is_some() {
        found.is_open = true;
        let names = found.constraints.iter_mut().map(|one| &mut one.name);
        for name in names.chain(found.indexes.iter_mut().map(|one| &mut one.name)) {
            if *name == Name::Unsaid {
                *name = Name::Untold;
            }
        }
    }
    found
}

/// The call or the constructor that an expression stands for, when that can be told.
pub(super) fn made<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<(&'a str, &'a ExprCall)> {
    called(expr, scope)
}

/// What an expression says for a name.
pub(super) fn name<'a>(expr: Option<&'a Expr>, scope: &Scope<'a>) -> Name {
    let Some(expr) = expr else { return Name::Unsaid };
    // `op.f(name)` and `conv(name)`: no convention may change it.
    if let Some(call) = expr.as_call_expr()
        && let Some("f" | "conv") = last(&call.func)
        && let Some(inner) = call.arguments.args.first()
    {
        return scope.value(inner).text().map_or(Name::Untold, |text| Name::Exact(text.to_owned()));
    }
    match scope.value(expr) {
        Value::None => Name::Unsaid,
        Value::Text(text) => Name::Said(text),
        _ => Name::Untold,
    }
}

/// `sa.Index(...)` inside a table.
fn index<'a>(expr: &'a Expr, table: &TableName, scope: &Scope<'a>) -> Option<Index> {
    let (class, call) = called(expr, scope)?;
    if class != "Index" {
        return None;
    }
    let args = Args::new(call, scope);
    let text = |expr: &'a Expr| scope.value(expr).text().map(str::to_owned);
    let method = args.expr(None, "postgresql_using").and_then(text);
    Some(Index {
        name: name(args.expr(Some(0), "name"), scope),
        table: Some(table.clone()),
        columns: call.arguments.args.iter().skip(1).map(text).collect(),
        keys: call.arguments.args.iter().skip(1).map(|part| key(scope.value(part), scope)).collect(),
        method: method.map(|method| method.to_lowercase()),
        unique: args.flag("unique") == Some(true),
        ..Index::default()
    })
}

/// `sa.ForeignKey(...)`, `sa.UniqueConstraint(...)` and their kin.
pub(super) fn constraint<'a>(expr: &'a Expr, scope: &Scope<'a>) -> Option<Constraint> {
    let (class, call) = called(expr, scope)?;
    let args = Args::new(call, scope);
    let text = |expr: &'a Expr| Some(scope.value(expr).text()?.to_owned());
    let list = |position: usize, name: &str| match args
        .expr(Some(position), name)
        .map(|list| scope.value(list))
    {
        Some(Value::List(items)) => items.iter().filter_map(|item| Some(item.text()?.to_owned())).collect(),
        _ => Vec::new(),
    };
    let own = |kind, columns| Constraint { columns, ..plain(kind) };
    let mut found = match class {
        "PrimaryKeyConstraint" | "UniqueConstraint" => {
            let is_key = class == "PrimaryKeyConstraint";
            let kind = if is_key { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique };
            own(kind, call.arguments.args.iter().filter_map(text).collect())
        }
        "CheckConstraint" => own(ConstraintKind::Check, Vec::new()),
        "ExcludeConstraint" => own(ConstraintKind::Exclude, Vec::new()),
        "ForeignKey" | "ForeignKeyConstraint" => {
            let is_list = class == "ForeignKeyConstraint";
            let to: Vec<String> = if is_list {
                list(1, "refcolumns")
            } else {
                args.expr(Some(0), "column").and_then(text).into_iter().collect()
            };
            Constraint {
                columns: if is_list { list(0, "columns") } else { Vec::new() },
                refers_to: to.first().and_then(|to| referred(to)),
                refers_columns: to.iter().filter_map(|to| Some(to.rsplit_once('.')?.1.to_owned())).collect(),
                ..plain(ConstraintKind::ForeignKey)
            }
        }
        _ => return None,
    };
    found.name = name(args.expr(None, "name"), scope);
    found.not_valid = args.flag("postgresql_not_valid") == Some(true);
    Some(found)
}

/// The table of `schema.table.column`.
fn referred(to: &str) -> Option<TableName> {
    let mut parts = to.rsplit('.').skip(1);
    let name = parts.next()?.to_owned();
    Some(TableName { schema: parts.next().map(str::to_owned), name })
}
