//! Which revisions of Alembic a database has.
use super::catalog::read;
use super::{Fail, Postgres};
use crate::model::Cause;
use crate::model::schema::VersionTable;

impl Postgres {
    /// The ids of the applied revisions, sorted; `None` where there is no such table.
    ///
    /// # Errors
    /// When it cannot be read, or there are several and none is named.
    pub async fn applied(&mut self, table: &VersionTable) -> Result<Option<Vec<String>>, Cause> {
        let named = table.namespace.as_ref();
        let sql = include_str!("sql/version_tables.sql")
            .replace("$TABLE", &literal(&table.name))
            .replace("$SCHEMA", &named.map_or("null".to_owned(), |name| literal(name)));
        let tables: Vec<String> = read(&self.texts(&[&sql]).await?.concat())?;
        match tables.as_slice() {
            [] => Ok(None),
            [one] => {
                let sql = format!(
                    "SELECT coalesce(json_agg(version_num ORDER BY version_num), '[]')::text FROM {one}"
                );
                Ok(Some(read(&self.texts(&[&sql]).await?.concat())?))
            }
            several => {
                let message = format!("several tables say what is applied: {}", several.join(", "));
                let cause = Cause::from(Fail::Answer(message));
                Err(cause.hint("declare `version_table_schema` of the chain"))
            }
        }
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
