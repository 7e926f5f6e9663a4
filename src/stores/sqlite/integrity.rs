//! Counters of `AUTOINCREMENT`, and references held by `SQLite`'s own check.
use std::collections::BTreeMap;

use sqlx::Row;

use super::{Fail, Sqlite, quoted, said, text};
use crate::model::integrity::{Beside, Counter, Counters, Held, Orphans, Referrer};
use crate::model::{Cause, TableName};
use crate::stores::integrity::Integrity;

const KEYS: &str = "\
SELECT l.name, f.id, f.\"table\", f.\"from\", coalesce(f.\"to\", '') \
FROM pragma_table_list AS l, pragma_foreign_key_list(l.name, 'main') AS f \
WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, f.id, f.seq";

/// What the counter of a table is called, before its name.
pub(super) const COUNTER: &str = "AUTOINCREMENT of ";

/// The other table, the own column, and the other's.
pub(super) type Link = (String, String, String);

impl Integrity for Sqlite {
    async fn counters(&mut self, _: bool) -> Result<Counters, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let known = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
        let known = self.all(known, |row| row.try_get_unchecked::<i64, usize>(0)).await.map_err(fail)?;
        if known == [0] {
            return Ok(Counters::default());
        }
        let sql = "SELECT name, seq FROM main.sqlite_sequence ORDER BY name";
        let rows =
            |row: &sqlx::sqlite::SqliteRow| Ok((text(row, 0)?, row.try_get_unchecked::<i64, usize>(1)?));
        let mut counters = Vec::new();
        for (table, last) in self.all(sql, rows).await.map_err(fail)? {
            let sql = format!("SELECT max(rowid) FROM main.{}", quoted(&table));
            let furthest = self.all(&sql, |row| row.try_get_unchecked::<Option<i64>, usize>(0)).await;
            let furthest = furthest.map_err(fail)?.into_iter().next().flatten();
            // SQLite itself goes on behind whichever is larger.
            let next = last.max(furthest.unwrap_or(last)).saturating_add(1);
            let name = TableName { namespace: String::new(), name: table.clone() };
            let (sequence, column) = (format!("{COUNTER}{table}"), table);
            // Whatever column it is, there is one of a table.
            let fills = Some((name, String::new()));
            counters.push(Counter { sequence, column, next, furthest, fills, ..Counter::default() });
        }
        Ok(Counters { all: counters, ..Counters::default() })
    }

    async fn beside(&mut self) -> Result<Beside, Cause> {
        Ok(Beside::default())
    }

    async fn outside(&mut self, table: &TableName, conditions: &[String]) -> Result<[u64; 2], Cause> {
        let taken: Vec<String> = conditions
            .iter()
            .map(|condition| format!("(({}\n) IS TRUE)", super::select::names_in(condition)))
            .collect();
        let sql = format!(
            "SELECT count(*) FILTER (WHERE taken = 0), count(*) FILTER (WHERE taken > 1) FROM (SELECT {} AS taken FROM main.{})",
            taken.join(" + "),
            quoted(&table.name)
        );
        let number = |row: &sqlx::sqlite::SqliteRow, place| row.try_get_unchecked::<i64, usize>(place);
        let rows = self.all(&sql, |row| Ok([number(row, 0)?, number(row, 1)?])).await;
        let rows = rows.map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        let counted = rows.first().copied().unwrap_or_default();
        Ok(counted.map(|rows| u64::try_from(rows).unwrap_or_default()))
    }

    async fn references(&mut self, sample: usize) -> Result<Vec<Held>, Cause> {
        let keys = self.keys().await?;
        let mut held = Vec::with_capacity(keys.len());
        for ((table, id), columns) in keys {
            let to = columns.first().map(|(to, ..)| to.clone()).unwrap_or_default();
            let own: Vec<&str> = columns.iter().map(|(_, own, _)| own.as_str()).collect();
            let other: Vec<&str> =
                columns.iter().map(|(.., other)| other.as_str()).filter(|name| !name.is_empty()).collect();
            let other = if other.is_empty() { String::new() } else { format!(" ({})", other.join(", ")) };
            let orphans = self.orphans(&table, id, &own, sample).await;
            held.push(Held {
                referrer: Referrer {
                    name: format!("({}) -> {to}{other}", own.join(", ")),
                    table: TableName { namespace: String::new(), name: table },
                    unlooked: None,
                },
                orphans,
            });
        }
        Ok(held)
    }
}

impl Sqlite {
    /// What is declared, by table and its own number there.
    pub(super) async fn keys(&mut self) -> Result<BTreeMap<(String, i64), Vec<Link>>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let key = |row: &sqlx::sqlite::SqliteRow| {
            Ok((
                (text(row, 0)?, row.try_get_unchecked::<i64, usize>(1)?),
                (text(row, 2)?, text(row, 3)?, text(row, 4)?),
            ))
        };
        let mut keys: BTreeMap<(String, i64), Vec<Link>> = BTreeMap::new();
        for (key, columns) in self.all(KEYS, key).await.map_err(fail)? {
            keys.entry(key).or_default().push(columns);
        }
        Ok(keys)
    }

    async fn orphans(
        &mut self,
        table: &str,
        id: i64,
        columns: &[&str],
        sample: usize,
    ) -> Result<Orphans, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Table(table.to_owned(), said(&error)));
        let literal = format!("'{}'", table.replace('\'', "''"));
        let some: Vec<String> =
            columns.iter().map(|column| format!("t.{} IS NOT NULL", quoted(column))).collect();
        let counts = format!(
            "SELECT (SELECT count(*) FROM main.{} AS t WHERE {}), (SELECT count(*) FROM pragma_foreign_key_check({literal}) WHERE fkid = {id})",
            quoted(table),
            some.join(" AND ")
        );
        let pair = |row: &sqlx::sqlite::SqliteRow| {
            Ok((row.try_get_unchecked::<i64, usize>(0)?, row.try_get_unchecked::<i64, usize>(1)?))
        };
        let (references, orphans) =
            self.all(&counts, pair).await.map_err(fail)?.first().copied().unwrap_or_default();
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let mut found =
            Orphans { references: count(references), orphans: count(orphans), ..Orphans::default() };
        if orphans > 0 {
            let texts: Vec<String> =
                columns.iter().map(|column| format!("CAST(t.{} AS TEXT)", quoted(column))).collect();
            let sql = format!(
                "SELECT {} FROM pragma_foreign_key_check({literal}) AS k JOIN main.{} AS t ON t.rowid = k.rowid WHERE k.fkid = {id} ORDER BY k.rowid LIMIT {sample}",
                texts.join(", "),
                quoted(table)
            );
            let cells = |row: &sqlx::sqlite::SqliteRow| {
                (0..columns.len())
                    .map(|place| row.try_get_unchecked::<Option<String>, usize>(place))
                    .collect()
            };
            // A table without rowids cannot be joined; the number alone says enough.
            found.sample = self.all(&sql, cells).await.unwrap_or_default();
        }
        Ok(found)
    }
}
