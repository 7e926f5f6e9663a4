//! The ledger of a copy in a `SQLite` target: two tables of the same file, so that it is kept with what it speaks of.
use sqlx::Row;

use super::{Fail, Sqlite, said, text};
use crate::model::Cause;
use crate::model::ledger::Ledger;

/// What its tables say of themselves. Others of their names are somebody else's.
pub(super) const MARK: &str = "made by trueup: the ledger of its copies";

/// The ledger, empty.
pub(super) const LEDGER_MAKE: &str = "\
CREATE TABLE main.trueup_copy_run (/* made by trueup: the ledger of its copies */
  id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, source TEXT NOT NULL, epoch INTEGER NOT NULL, holder TEXT NOT NULL,
  is_finished INTEGER NOT NULL, began TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), ended TEXT, version TEXT NOT NULL);
CREATE TABLE main.trueup_copy_range (/* made by trueup: the ledger of its copies */
  place INTEGER PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, lower INTEGER, upper INTEGER, state TEXT NOT NULL,
  rows INTEGER, digest TEXT, epoch INTEGER, written TEXT)";

const KEPT: &str = "\
SELECT json_object('run', (SELECT json_object('plan', plan, 'source', source, 'epoch', epoch, 'holder', holder,
    'is_finished', json(iif(is_finished, 'true', 'false')), 'began', began, 'ended', ended, 'version', version) FROM main.trueup_copy_run WHERE id = 1),
  'ranges', (SELECT json_group_array(json_object('place', place, 'source', source, 'target', target, 'lower', lower, 'upper', upper,
    'state', state, 'rows', rows, 'digest', digest)) FROM (SELECT * FROM main.trueup_copy_range ORDER BY place)))";

/// Text as SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Sqlite {
    /// What the ledger of a copy into this file says; none where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or what is there is none.
    pub async fn ledger(&mut self) -> Result<Option<Ledger>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Catalog(said(&error)));
        let sql = format!(
            "SELECT sql LIKE '%{MARK}%' FROM main.sqlite_schema WHERE name IN ('trueup_copy_run', 'trueup_copy_range')"
        );
        let made = self.all(&sql, |row| row.try_get_unchecked::<bool, usize>(0)).await.map_err(fail)?;
        if made.is_empty() {
            return Ok(None);
        }
        if made != [true, true] {
            return Err(Cause::new(
                "it has a table `trueup_copy_run` or `trueup_copy_range` that is not the ledger of copies",
            )
            .hint("rename that table: the ledger is kept under its name"));
        }
        let json = self.all(KEPT, |row| text(row, 0)).await.map_err(fail)?.concat();
        let kept: Kept =
            serde_json::from_str(&json).map_err(|error| Cause::from(Fail::Catalog(error.to_string())))?;
        Ok(kept.run.map(|run| Ledger { run, ranges: kept.ranges, ..Ledger::default() }))
    }
}

#[derive(serde::Deserialize)]
struct Kept {
    run: Option<crate::model::ledger::CopyRun>,
    ranges: Vec<crate::model::ledger::CopyRange>,
}
