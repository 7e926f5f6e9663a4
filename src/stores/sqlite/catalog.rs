//! The catalog of a `SQLite` file: two queries, whatever the number of tables.
use std::collections::BTreeMap;

use sqlx::Row;

use super::{Fail, Sqlite, said, text};
use crate::model::{Cause, Column, ColumnRole, Schema, Table, TableKind};
use crate::stores::rows::Catalog;

const TABLES: &str = "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// `hidden`: 0 stored, 1 hidden in a virtual table, 2 generated virtual, 3 generated stored. A table that cannot be
/// described has no row here, and so no column.
const COLUMNS: &str = "\
SELECT l.name, c.name, c.type, c.hidden, c.pk \
FROM pragma_table_list AS l, pragma_table_xinfo(l.name, 'main') AS c \
WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
ORDER BY l.name, c.cid";

impl Catalog for Sqlite {
    async fn schema(&mut self) -> Result<Schema, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let names =
            self.all(TABLES.to_owned(), |row| Ok((text(row, 0)?, text(row, 1)?))).await.map_err(fail)?;
        let number = |row: &sqlx::sqlite::SqliteRow, index| row.try_get_unchecked::<i64, usize>(index);
        let columns = self
            .all(COLUMNS.to_owned(), |row| {
                Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?, number(row, 3)?, number(row, 4)?))
            })
            .await
            .map_err(fail)?;
        let mut of_table: BTreeMap<String, (Vec<Column>, BTreeMap<i64, String>)> = BTreeMap::new();
        for (table, name, declared, hidden, place) in columns {
            let (columns, key) = of_table.entry(table).or_default();
            if place > 0 {
                key.insert(place, name.clone());
            }
            let role = match hidden {
                0 => ColumnRole::Stored,
                1 => ColumnRole::Hidden,
                _ => ColumnRole::Generated,
            };
            columns.push(Column { name, declared, role });
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
