//! What a copy asks of `SQLite` before anything is written.
use sqlx::Row;

use super::integrity::Link;
use super::select::names_in;
use super::{Fail, Sqlite, quoted, said};
use crate::model::copy::{Fit, ForeignKey};
use crate::model::{Cause, Look, TableName};
use crate::stores::copying::{Copying, Weighed, weighed};

impl Copying for Sqlite {
    async fn foreign_keys(&mut self) -> Result<Vec<ForeignKey>, Cause> {
        let named = |name: String| TableName { namespace: String::new(), name };
        let key = |((table, _), links): ((String, i64), Vec<Link>)| ForeignKey {
            table: named(table),
            to: named(links.first().map(|(to, ..)| to.clone()).unwrap_or_default()),
            columns: links.into_iter().map(|(_, own, _)| own).collect(),
            is_full: false,
            // Whoever opens a transaction may have it held when that ends, whatever was declared.
            is_deferrable: true,
        };
        Ok(self.keys().await?.into_iter().map(key).collect())
    }

    async fn estimate(&mut self, _: &TableName) -> Result<Option<u64>, Cause> {
        Ok(None)
    }

    async fn weigh(
        &mut self,
        table: &TableName,
        filter: Option<&str>,
        fits: &[(String, Fit)],
    ) -> Result<Weighed, Cause> {
        let mut selected = vec!["count(*)".to_owned()];
        let misfits: Vec<Option<String>> =
            fits.iter().map(|(column, fit)| misfits(&table.name, column, fit)).collect();
        selected.extend(misfits.iter().flatten().map(|one| format!("count(*) FILTER (WHERE {one})")));
        let filter = filter.map(|filter| format!(" WHERE ({}\n)", names_in(filter))).unwrap_or_default();
        let sql = format!("SELECT {} FROM main.{}{filter}", selected.join(", "), quoted(&table.name));
        let width = selected.len();
        let counts = self
            .all(&sql, |row| {
                (0..width).map(|at| row.try_get_unchecked::<i64, usize>(at)).collect::<Result<Vec<_>, _>>()
            })
            .await
            .map_err(|error| Cause::from(Fail::Table(table.to_string(), said(&error))))?;
        let found = weighed(counts.first().map_or(&[], Vec::as_slice));
        let mut counted = found.misfits.into_iter();
        let each = |asked: Option<String>| match asked {
            Some(_) => counted.next().unwrap_or_default(),
            None => Look::NotAsked("a value without a type is judged when it is copied".into()),
        };
        Ok(Weighed { misfits: misfits.into_iter().map(each).collect(), ..found })
    }
}

/// The condition of the rows that do not fit. Of a value without a type nobody can say what it is as another.
fn misfits(table: &str, column: &str, fit: &Fit) -> Option<String> {
    let value = format!("main.{}.{}", quoted(table), quoted(column));
    Some(match fit {
        Fit::Present => format!("{value} IS NULL"),
        Fit::Absent => format!("{value} IS NOT NULL"),
        Fit::Length(most) => format!("length(CAST({value} AS TEXT)) > {most}"),
        Fit::Within(least, most) => {
            format!("typeof({value}) = 'integer' AND {value} NOT BETWEEN {least} AND {most}")
        }
        Fit::As(_) => return None,
    })
}
