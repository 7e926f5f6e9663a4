//! The catalog of a `SQLite` file: two queries, whatever the number of tables, and one more for each view and each
//! virtual table.
use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Fail, Sqlite, said, text};
use crate::model::{Cause, Column, ColumnRole, Schema, Table, TableKind};
use crate::stores::rows::Catalog;

const TABLES: &str = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// `hidden`: 0 stored, 1 hidden in a virtual table, 2 generated virtual, 3 generated stored.
const COLUMNS: &str = "\
SELECT l.name, c.name, c.type, c.hidden, c.pk \
FROM pragma_table_list AS l, pragma_table_xinfo(l.name, 'main') AS c \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.type NOT IN ('view', 'virtual') \
ORDER BY l.name, c.cid";

impl Catalog for Sqlite {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let names = self.all(TABLES, |row| Ok((text(row, 0)?, text(row, 1)?))).await.map_err(fail)?;
        let mut described = self.all(COLUMNS, described).await.map_err(fail)?;
        for (name, _) in names.iter().filter(|(_, kind)| matches!(kind.as_str(), "view" | "virtual")) {
            // A view of a table that is gone and a virtual table of an unknown module cannot be described. They stay
            // without columns, and take no other table with them.
            described.extend(self.all(&columns_of(name), self::described).await.unwrap_or_default());
        }
        let mut of_table: BTreeMap<String, (Vec<Column>, BTreeMap<i64, String>)> = BTreeMap::new();
        for Described { table, column, place } in described {
            let (columns, key) = of_table.entry(table).or_default();
            if place > 0 {
                key.insert(place, column.name.clone());
            }
            columns.push(column);
        }
        let table = |(name, kind): (String, String)| {
            let (columns, key) = of_table.remove(&name).unwrap_or_default();
            let kind = match kind.as_str() {
                "view" => TableKind::View,
                "virtual" => TableKind::Virtual,
                "shadow" => TableKind::Shadow,
                _ => TableKind::Table,
            };
            Table { name, kind, columns, key: key.into_values().collect() }
        };
        Ok(Schema { tables: names.into_iter().map(table).collect() })
    }
}

fn columns_of(table: &str) -> String {
    let table = format!("'{}'", table.replace('\'', "''"));
    format!("SELECT {table}, name, type, hidden, pk FROM pragma_table_xinfo({table}, 'main') ORDER BY cid")
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
        _ => ColumnRole::Generated,
    };
    let column = Column { name: text(row, 1)?, declared: text(row, 2)?, role };
    Ok(Described { table: text(row, 0)?, column, place: row.try_get_unchecked(4)? })
}
