//! Known answers: what of a server's is believed, kind by kind.
use sqlx::{AssertSqlSafe, Row, SqlSafeStr};

use super::PostgresRows;
use crate::digest::canonical::canonical;
use crate::digest::expression::{Texts, bytes_expression, expression, row_hash_expression};
use crate::digest::hasher::RowHasher;
use crate::digest::kind::Kind;
use crate::digest::probe::{Probe, probes};
use crate::digest::wire::element;
use crate::model::{Cause, Mode};
use crate::stores::rows::Rows;

/// How much of what a server says about a kind is what is computed here, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Not even its canonical form.
    Nothing,
    /// Its canonical form.
    Bytes,
    /// Its hash as well.
    Hash,
}

impl PostgresRows {
    /// The least trust in any cell's kind. Each kind is asked once by a reader.
    pub(super) async fn trust(&mut self, rows: &Rows) -> Result<Trust, Cause> {
        let mut least = Trust::Hash;
        for cell in &rows.cells {
            let name = format!("{:?} {:?}", cell.kind, rows.mode);
            let known = if let Some(known) = self.trust.get(&name) {
                *known
            } else {
                let found = self.ask(&cell.kind, rows).await;
                self.trust.insert(name, found);
                found
            };
            if known == Trust::Nothing {
                let message = format!("this server's {} is not what it is known to be", cell.kind.name());
                return Err(Cause::new(message).hint(
                    "declare the column under `drop`; the version of the server would be of interest to us",
                ));
            }
            least = least.min(known);
        }
        Ok(least)
    }

    async fn ask(&mut self, kind: &Kind, rows: &Rows) -> Trust {
        let Some(probes) = probes(kind) else { return Trust::Nothing };
        let mut least = Trust::Hash;
        for probe in probes {
            let hash = |texts| {
                let own = expression(&probe.kind, &probe.sql, rows.mode, texts);
                own.map(|sql| row_hash_expression(&[sql], rows.seed))
            };
            let bytes = bytes_expression(&probe.kind, &probe.sql, rows.mode);
            let (Ok(hash), Ok(own), Ok(bytes)) = (hash(Texts::AsBytes), hash(self.texts()), bytes) else {
                return Trust::Nothing;
            };
            let mut hasher = RowHasher::new(rows.seed);
            if hasher.push(&probe.kind, &probe.value, rows.mode).is_err() {
                return Trust::Nothing;
            }
            let known = Some(hasher.row().as_int8());
            let is_known = self.one::<i64>(&hash).await == known
                && (own == hash || self.one::<i64>(&own).await == known);
            if !is_known {
                least = Trust::Bytes;
                let sent = self.one::<Vec<u8>>(&bytes).await;
                if !sent.is_some_and(|sent| is_form(&probe, rows.mode, &sent)) {
                    return Trust::Nothing;
                }
            }
        }
        least
    }

    /// The value of an expression; none where the server does not know it.
    async fn one<T>(&mut self, expression: &str) -> Option<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let query =
            sqlx::query(AssertSqlSafe(format!("SELECT {expression}")).into_sql_str()).persistent(false);
        let answer = query.fetch_one(&mut self.store.connection).await;
        let value = answer.and_then(|row| row.try_get::<T, usize>(0)).ok();
        if value.is_none() {
            self.recover().await;
        }
        value
    }
}

fn is_form(probe: &Probe, mode: Mode, sent: &[u8]) -> bool {
    let mut buffer = Vec::new();
    let ours = canonical(&probe.kind, &probe.value, mode, &mut buffer);
    ours.is_ok() && ours.ok() == element(&probe.kind, sent).ok()
}
