//! Rows that the source no longer has, removed where that is declared.
use super::super::all;
use super::PostgresWriter;
use super::select::{self, text_literal};
use super::writing::{named, refused};
use crate::model::Cause;
use crate::stores::rows::Rows;
use crate::stores::writing::Refused;

impl PostgresWriter {
    /// Tables with rows that refer to some rows, and that would go or change with them.
    ///
    /// # Errors
    /// When that cannot be asked.
    pub async fn referrers(&mut self, rows: &Rows) -> Result<Vec<String>, Cause> {
        // What a reference refuses by itself needs no question. Serves 13 to 18.
        let sql = format!(
            "SELECT format('%s|%s', c.conrelid::regclass, (SELECT string_agg(format('trueup_r.%I = %I.%I', a.attname, t.relname, f.attname), ' AND ') \
             FROM unnest(c.conkey, c.confkey) AS k (own, other) \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.other)) \
             FROM pg_constraint c JOIN pg_class t ON t.oid = c.confrelid \
             WHERE c.contype = 'f' AND c.confdeltype IN ('c', 'n', 'd') AND c.conrelid <> c.confrelid AND c.confrelid = {}::regclass",
            text_literal(&named(&rows.table))
        );
        self.run("SET LOCAL search_path = pg_catalog").await?;
        let connection = &mut self.rows.store.connection;
        let links = all(connection, sql).await.map_err(|error| refused(&error).cause)?;
        let mut found = Vec::new();
        for link in links {
            let Some((table, same)) = link.split_once('|') else { continue };
            let sql = select::referring(rows, table, same);
            let connection = &mut self.rows.store.connection;
            if !all(connection, sql).await.map_err(|error| refused(&error).cause)?.is_empty() {
                found.push(table.to_owned());
            }
        }
        Ok(found)
    }

    /// Removes some rows.
    ///
    /// # Errors
    /// When the target keeps one.
    pub async fn remove(&mut self, rows: &Rows) -> Result<(), Refused> {
        let sql = select::removal(rows);
        self.tried(format!("SET LOCAL search_path TO DEFAULT; {sql}")).await
    }
}
