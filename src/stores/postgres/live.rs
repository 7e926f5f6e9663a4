//! What only the running server can tell: where its sequences stand, which versions its collations have.
use serde::Deserialize;

use super::Postgres;
use super::catalog::read;
use crate::model::Cause;
use crate::model::schema::{CollationVersion, Live, Position};

/// The first version that records the version of a database's collation.
const RECORDS_COLLATION: u32 = 150_000;

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    sequences: Vec<Owned>,
    #[serde(default)]
    collations: Vec<CollationVersion>,
    #[serde(default)]
    unpopulated: Vec<String>,
    views: usize,
}

/// A sequence with the column that it fills, names quoted where they must be.
#[derive(Deserialize)]
struct Owned {
    sequence: String,
    table: String,
    column: String,
    start: i64,
    step: i64,
    last: Option<i64>,
    readable: bool,
    /// Its file holds no byte, so the table no row: most tables of a scratch database, which then need not be asked.
    empty: bool,
    indexed: bool,
}

impl Postgres {
    /// What names this very database. Two that are equal are one.
    ///
    /// # Errors
    /// When the server cannot answer.
    pub async fn identity(&mut self) -> Result<String, Cause> {
        Ok(self.texts(&[include_str!("sql/identity.sql")]).await?.concat())
    }

    /// Reads the state: two messages, whatever the number of sequences.
    ///
    /// # Errors
    /// When the server cannot answer.
    pub async fn live(&mut self) -> Result<Live, Cause> {
        let mut queries = vec![include_str!("sql/state.sql"), include_str!("sql/identity.sql")];
        if self.version() >= RECORDS_COLLATION {
            queries.push(include_str!("sql/database_collation.sql"));
        }
        let answers = self.texts(&queries).await?;
        let identity = answers.get(1).cloned().unwrap_or_default();
        let State { sequences, mut collations, unpopulated, views } =
            read(answers.first().map_or("", String::as_str))?;
        if let Some(own) = answers.get(2) {
            collations.push(read(own)?);
        }
        // Without both versions there is nothing to compare: the C collation has none.
        collations.retain(|collation| !collation.recorded.is_empty() && !collation.actual.is_empty());
        let (asked, left): (Vec<Owned>, Vec<Owned>) =
            sequences.into_iter().partition(|owned| owned.readable && owned.indexed && owned.step > 0);
        let unasked = left.iter().map(|owned| {
            let reason = if !owned.readable {
                "may not be read"
            } else if owned.step <= 0 {
                "counts downwards"
            } else {
                "has no index that tells its highest value"
            };
            format!("{}: `{}.{}` {reason}", owned.sequence, owned.table, owned.column)
        });
        let unasked = unasked.collect();
        let positions = if asked.is_empty() { Vec::new() } else { self.positions(&asked).await? };
        Ok(Live { identity, positions, unasked, collations, unpopulated, views })
    }

    async fn positions(&mut self, asked: &[Owned]) -> Result<Vec<Position>, Cause> {
        let query = |owned: &Owned| {
            if owned.empty {
                "NULL::bigint".to_owned()
            } else {
                format!("(SELECT max({}) FROM {})", owned.column, owned.table)
            }
        };
        let highest: Vec<String> = asked.iter().map(query).collect();
        let sql = format!("SELECT array_to_json(ARRAY[{}])::text", highest.join(", "));
        let highest: Vec<Option<i64>> = read(&self.texts(&[&sql]).await?.concat())?;
        let position = |(owned, highest): (&Owned, Option<i64>)| Position {
            sequence: owned.sequence.clone(),
            column: format!("{}.{}", owned.table, owned.column),
            next: owned.last.map_or(owned.start, |last| last.saturating_add(owned.step)),
            highest,
        };
        Ok(asked.iter().zip(highest).map(position).collect())
    }
}
