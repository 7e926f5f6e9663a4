//! The catalog of a `SQLite` file: five queries, whatever the number of tables, and one more for each view and each
//! virtual table.
use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Fail, Sqlite, quoted, said, text};
use crate::model::schema::{Constraint, ConstraintKind, Index, System, Trigger};
use crate::model::{Cause, Column, ColumnRole, Schema, Table, TableKind};
use crate::stores::rows::Catalog;

const TABLES: &str = "\
SELECT l.name, l.type, l.wr, l.strict, s.sql FROM pragma_table_list AS l \
LEFT JOIN sqlite_schema AS s ON s.type IN ('table', 'view') AND s.name = l.name \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
AND (l.name NOT LIKE 'trueup\\_copy\\_%' ESCAPE '\\' OR coalesce(s.sql, '') NOT LIKE '%made by trueup: the ledger of its copies%') ORDER BY l.name";

/// The ledger of a copy is passed over: it is told apart by what its tables say of themselves. `hidden`: 0 stored, 1 hidden in a virtual table, 2 generated virtual, 3 generated stored.
const COLUMNS: &str = "\
SELECT l.name, c.name, c.type, c.hidden, c.pk, c.\"notnull\", c.dflt_value \
FROM pragma_table_list AS l, pragma_table_xinfo(l.name, 'main') AS c \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.type NOT IN ('view', 'virtual') \
ORDER BY l.name, c.cid";

/// `origin`: `c` by CREATE INDEX, `u` of a unique constraint, `pk` of a primary key.
const INDEXES: &str = "\
SELECT l.name, i.name, i.\"unique\", i.origin, s.sql, \
(SELECT json_group_array(x.name) FROM (SELECT name FROM pragma_index_xinfo(i.name, 'main') WHERE key ORDER BY seqno) AS x) \
FROM pragma_table_list AS l, pragma_index_list(l.name, 'main') AS i \
LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = i.name \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.type NOT IN ('view', 'virtual') \
ORDER BY l.name, i.name";

const FOREIGN: &str = "\
SELECT l.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete \
FROM pragma_table_list AS l, pragma_foreign_key_list(l.name, 'main') AS f \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.type NOT IN ('view', 'virtual') \
ORDER BY l.name, f.id, f.seq";

const TRIGGERS: &str =
    "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name";

/// The parts of tables by the name of their table.
type Parts<T> = BTreeMap<String, Vec<T>>;

impl Catalog for Sqlite {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let version = self.all("SELECT sqlite_version()", |row| text(row, 0)).await.map_err(fail)?.concat();
        let mut tables = self.all(TABLES, table).await.map_err(fail)?;
        let mut described = self.all(COLUMNS, described).await.map_err(fail)?;
        for table in tables.iter().filter(|table| matches!(table.kind, TableKind::View | TableKind::Virtual))
        {
            // A view of a table that is gone and a virtual table of an unknown module cannot be described. They stay
            // without columns, and take no other table with them.
            described.extend(self.all(&columns_of(&table.name), self::described).await.unwrap_or_default());
        }
        let (mut columns, mut keys): (Parts<Column>, Parts<(i64, String)>) = Default::default();
        for Described { table, column, place } in described {
            if place > 0 {
                keys.entry(table.clone()).or_default().push((place, column.name.clone()));
            }
            columns.entry(table).or_default().push(column);
        }
        let mut indexes: Parts<Indexed> = grouped(self.all(INDEXES, indexed).await.map_err(fail)?);
        let mut foreign: Parts<Foreign> = grouped(self.all(FOREIGN, self::foreign).await.map_err(fail)?);
        let mut triggers: Parts<Trigger> = grouped(self.all(TRIGGERS, trigger).await.map_err(fail)?);
        for table in &mut tables {
            table.columns = columns.remove(&table.name).unwrap_or_default();
            table.triggers = triggers.remove(&table.name).unwrap_or_default();
            table.constraints.extend(primary(keys.remove(&table.name).unwrap_or_default()));
            for index in indexes.remove(&table.name).unwrap_or_default() {
                match index {
                    Indexed::Made(index) => table.indexes.push(index),
                    Indexed::OfConstraint(constraint) => table.constraints.extend(constraint),
                }
            }
            table.constraints.extend(references(&foreign.remove(&table.name).unwrap_or_default()));
        }
        let mut schema = Schema { system: System::Sqlite, version, tables, ..Schema::default() };
        schema.sort();
        Ok(schema)
    }
}

fn grouped<T>(all: Vec<(String, T)>) -> Parts<T> {
    let mut parts: Parts<T> = BTreeMap::new();
    for (table, part) in all {
        parts.entry(table).or_default().push(part);
    }
    parts
}

fn columns_of(table: &str) -> String {
    let table = format!("'{}'", table.replace('\'', "''"));
    format!(
        "SELECT {table}, name, type, hidden, pk, \"notnull\", dflt_value FROM pragma_table_xinfo({table}, 'main') ORDER BY cid"
    )
}

fn table(row: &SqliteRow) -> Result<Table, sqlx::Error> {
    let kind = match text(row, 1)?.as_str() {
        "view" => TableKind::View,
        "virtual" => TableKind::Virtual,
        "shadow" => TableKind::Shadow,
        _ => TableKind::Table,
    };
    let mut options = Vec::new();
    for (at, option) in [(2, "WITHOUT ROWID"), (3, "STRICT")] {
        if row.try_get_unchecked::<i64, usize>(at)? == 1 {
            options.push(option.to_owned());
        }
    }
    Ok(Table {
        name: text(row, 0)?,
        kind,
        options,
        definition: row.try_get_unchecked(4)?,
        ..Table::default()
    })
}

/// A column of a table, and its place in the primary key, from 1; 0 when it is no part of it.
struct Described {
    table: String,
    column: Column,
    place: i64,
}

fn described(row: &SqliteRow) -> Result<Described, sqlx::Error> {
    let role = match row.try_get_unchecked::<i64, usize>(3)? {
        0 => ColumnRole::Stored,
        1 => ColumnRole::Hidden,
        2 => ColumnRole::GeneratedVirtual,
        _ => ColumnRole::Generated,
    };
    let column = Column {
        name: text(row, 1)?,
        declared: text(row, 2)?,
        role,
        not_null: row.try_get_unchecked::<i64, usize>(5)? != 0,
        default: row.try_get_unchecked(6)?,
        ..Column::default()
    };
    Ok(Described { table: text(row, 0)?, column, place: row.try_get_unchecked(4)? })
}

/// An index that a statement made, or the constraint behind one that `SQLite` made; a primary key is told elsewhere.
enum Indexed {
    Made(Index),
    OfConstraint(Option<Constraint>),
}

fn indexed(row: &SqliteRow) -> Result<(String, Indexed), sqlx::Error> {
    let (table, name, unique) = (text(row, 0)?, text(row, 1)?, row.try_get_unchecked::<i64, usize>(2)? != 0);
    let columns: Vec<Option<String>> = serde_json::from_str(&text(row, 5)?).unwrap_or_default();
    let columns: Vec<String> =
        columns.into_iter().map(|name| name.unwrap_or_else(|| "(expression)".into())).collect();
    let made = match text(row, 3)?.as_str() {
        "c" => {
            let sql = text(row, 4)?;
            let definition = after_table(&sql, &table).map_or_else(|| list(&columns), str::to_owned);
            Indexed::Made(Index {
                name,
                unique,
                definition: format!("btree {definition}"),
                ..Index::default()
            })
        }
        "u" => Indexed::OfConstraint(Some(Constraint {
            kind: ConstraintKind::Unique,
            definition: format!("UNIQUE {}", list(&columns)),
            columns,
            ..Constraint::default()
        })),
        _ => Indexed::OfConstraint(None),
    };
    Ok((table, made))
}

/// What follows the table's name in a `CREATE INDEX`: its first bracket, and all behind it.
fn after_table<'s>(sql: &'s str, table: &str) -> Option<&'s str> {
    let spellings = [table.to_owned(), quoted(table), format!("[{table}]"), format!("`{table}`")];
    // The name of the index may hold the word as well, so every place is tried.
    let lower = sql.to_ascii_lowercase();
    lower.match_indices("on").find_map(|(at, _)| {
        let rest = sql.get(at + 2..)?.trim_start();
        spellings.iter().find_map(|name| {
            rest.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
            rest.get(name.len()..).map(str::trim_start).filter(|rest| rest.starts_with('('))
        })
    })
}

/// One column of a foreign key.
struct Foreign {
    id: i64,
    table: String,
    from: String,
    to: Option<String>,
    actions: String,
}

fn foreign(row: &SqliteRow) -> Result<(String, Foreign), sqlx::Error> {
    let action = |index: usize, word: &str| -> Result<String, sqlx::Error> {
        let action = text(row, index)?;
        Ok(if action == "NO ACTION" { String::new() } else { format!(" ON {word} {action}") })
    };
    let actions = format!("{}{}", action(5, "UPDATE")?, action(6, "DELETE")?);
    let foreign = Foreign {
        id: row.try_get_unchecked(1)?,
        table: text(row, 2)?,
        from: text(row, 3)?,
        to: row.try_get_unchecked(4)?,
        actions,
    };
    Ok((text(row, 0)?, foreign))
}

fn references(all: &[Foreign]) -> Vec<Constraint> {
    let mut constraints: Vec<Constraint> = Vec::new();
    let mut rest = all;
    while let Some(first) = rest.first() {
        let (mine, others) = rest.split_at(rest.iter().take_while(|one| one.id == first.id).count());
        rest = others;
        let columns: Vec<String> = mine.iter().map(|one| one.from.clone()).collect();
        let to: Option<Vec<String>> = mine.iter().map(|one| one.to.clone()).collect();
        let to = to.map(|to| list(&to)).unwrap_or_default();
        let definition =
            format!("FOREIGN KEY {} REFERENCES {}{to}{}", list(&columns), name(&first.table), first.actions);
        constraints.push(Constraint {
            kind: ConstraintKind::Foreign,
            columns,
            definition,
            ..Constraint::default()
        });
    }
    constraints
}

fn primary(mut key: Vec<(i64, String)>) -> Option<Constraint> {
    key.sort();
    let columns: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    (!columns.is_empty()).then(|| Constraint {
        kind: ConstraintKind::Primary,
        definition: format!("PRIMARY KEY {}", list(&columns)),
        columns,
        ..Constraint::default()
    })
}

fn trigger(row: &SqliteRow) -> Result<(String, Trigger), sqlx::Error> {
    Ok((text(row, 0)?, Trigger { name: text(row, 1)?, definition: text(row, 2)?, ..Trigger::default() }))
}

fn list(names: &[String]) -> String {
    format!("({})", names.iter().map(|one| name(one)).collect::<Vec<_>>().join(", "))
}

/// A name as Postgres would write it: in quotes where it must be.
fn name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { name.to_owned() } else { quoted(name) }
}
