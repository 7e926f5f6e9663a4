//! Which revisions of Alembic a database has.
use super::{Fail, Sqlite, quoted, said, text};
use crate::model::Cause;
use crate::model::schema::VersionTable;

impl Sqlite {
    /// The ids of the applied revisions, sorted; `None` where there is no such table.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn applied(&mut self, table: &VersionTable) -> Result<Option<Vec<String>>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Table(table.name.clone(), said(&error)));
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let tables = self.all(tables, |row| text(row, 0)).await.map_err(fail)?;
        let Some(name) = tables.iter().find(|name| name.eq_ignore_ascii_case(&table.name)) else {
            return Ok(None);
        };
        let sql = format!("SELECT version_num FROM {} ORDER BY 1", quoted(name));
        self.all(&sql, |row| text(row, 0)).await.map(Some).map_err(fail)
    }
}
