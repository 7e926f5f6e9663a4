//! Rows that the source no longer has, removed where that is declared.
use super::quoted;
use super::select::removal;
use super::writing::SqliteWriter;
use crate::model::Cause;
use crate::stores::rows::Rows;
use crate::stores::writing::Refused;

impl SqliteWriter {
    /// Tables with rows that refer to some rows, and that might go or change with them.
    ///
    /// # Errors
    /// When that cannot be asked.
    pub async fn referrers(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        let mut found = Vec::new();
        let own = &rows.table.name;
        for ((table, _), links) in self.store.keys().await? {
            let is_it = links.first().is_some_and(|(to, ..)| to.eq_ignore_ascii_case(own));
            if !is_it || table.eq_ignore_ascii_case(own) {
                continue;
            }
            let key = self.store.number(&rows.table).await?;
            // A reference without columns is to the primary key; where that is not one number, any row may refer to it.
            let same: Option<Vec<String>> = links
                .iter()
                .map(|(_, from, to)| {
                    let to = if to.is_empty() { key.as_ref()? } else { to };
                    Some(format!("trueup_r.{} = main.{}.{}", quoted(from), quoted(own), quoted(to)))
                })
                .collect();
            let same = same.map_or_else(|| "1".to_owned(), |all| all.join(" AND "));
            let sql = format!(
                "SELECT '1' FROM main.{} AS trueup_r JOIN main.{} ON {same}{} LIMIT 1",
                quoted(&table),
                quoted(own),
                super::select::filter(rows)
            );
            if !self.texts(&sql).await?.is_empty() {
                found.push(table);
            }
        }
        Ok(found)
    }

    /// Removes some rows.
    ///
    /// # Errors
    /// When the target keeps one.
    pub async fn remove(&mut self, rows: &Rows) -> Result<(), Refused> {
        self.run(removal(rows)).await
    }
}
