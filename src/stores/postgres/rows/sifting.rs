//! Rows that a target refuses, found among those that it takes.
//!
//! The rows of a range lie beside the table as texts, each with its hash and its key. They are tried in halves, and the half that is
//! refused in halves again, each under a savepoint: what is refused costs some twenty statements a row, and what is taken next to
//! nothing.
use super::super::{all, run};
use super::select::{quoted, text_literal};
use super::writing::{STAGE, listed, merge, named, refused};
use super::{PostgresWriter, SETTINGS};
use crate::digest::bucket::Bucket;
use crate::digest::hasher::RowHash;
use crate::model::Cause;
use crate::model::copy::Reject;
use crate::stores::rows::Rows;
use crate::stores::writing::{Refused, RefusedFor, Rejects, Transfer};

/// Where the texts lie.
pub(super) const SIEVE: &str = "pg_temp.trueup_sieve";

/// Before anything was tried.
const TRIED: &str = "trueup_tried";

/// To before a step.
const BACK: &str = "ROLLBACK TO SAVEPOINT trueup_step; RELEASE SAVEPOINT trueup_step";

/// How often rows that refer to each other are tried anew without those that are refused.
const ROUNDS: usize = 50;

/// How rows are tried.
#[derive(Debug, Clone, Copy)]
pub struct Sieve {
    /// Whether nothing of the range is in the table, so that a row of the same key is one too many.
    pub is_fresh: bool,
    /// Whether what is held at the end of the transaction is held with each row.
    pub is_own: bool,
    /// Whether rows refer to each other.
    pub is_at_once: bool,
}

impl PostgresWriter {
    /// From here on it can be tried otherwise.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn mark(&mut self) -> Result<(), Cause> {
        self.run(format!("SAVEPOINT {TRIED}")).await
    }

    /// Nothing since the mark shall be.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn rewind(&mut self) -> Result<(), Cause> {
        self.run(format!("ROLLBACK TO SAVEPOINT {TRIED}")).await
    }

    /// Makes the place where texts lie. Its statement takes them in.
    pub(super) async fn sieve(&mut self, transfer: &Transfer) -> Result<String, Refused> {
        let columns: Vec<String> = (0..transfer.columns.len()).map(|place| format!("c{place}")).collect();
        self.tried(format!(
            "DROP TABLE IF EXISTS {SIEVE}; CREATE TEMPORARY TABLE trueup_sieve (n bigint GENERATED ALWAYS AS IDENTITY, is_out boolean \
             NOT NULL DEFAULT false, h bigint, k text, {}) ON COMMIT DROP",
            columns.iter().map(|name| format!("{name} text")).collect::<Vec<_>>().join(", ")
        ))
        .await?;
        Ok(format!("COPY {SIEVE} ({}, h, k) FROM STDIN (FORMAT text)", columns.join(", ")))
    }

    /// Brings in what lies beside the table as texts, but for rows that it does not take: those are told. Afterwards what was taken
    /// lies beside the table as rows of it. Answers the digest of those that were left out.
    ///
    /// # Errors
    /// When it is no single row that is refused, or a row may not be left out.
    pub async fn sift(
        &mut self,
        transfer: &Transfer,
        how: Sieve,
        reject: &mut Rejects<'_>,
    ) -> Result<Bucket, Refused> {
        self.tried(format!("{SETTINGS}; CREATE UNIQUE INDEX ON {SIEVE} (n); ANALYZE {SIEVE}")).await?;
        let casts = self.casts(transfer).await?;
        let last = self.one(format!("SELECT coalesce(max(n), 0)::text FROM {SIEVE}")).await?;
        self.tried(format!(
            "SET LOCAL search_path TO DEFAULT; DROP TABLE IF EXISTS {STAGE}; CREATE TEMPORARY TABLE trueup_stage ON COMMIT DROP AS \
             SELECT {} FROM {} WITH NO DATA",
            listed(&transfer.columns),
            named(&transfer.table)
        ))
        .await?;
        let mut sifting = Sifting { writer: self, transfer, how, casts, out: Bucket::default(), reject };
        if !how.is_fresh {
            sifting.out_with_doubles().await?;
        }
        if how.is_at_once {
            sifting.at_once(last).await?;
        } else {
            sifting.sweep(last, false).await?;
        }
        let Sifting { casts, out, .. } = sifting;
        self.tried(format!(
            "TRUNCATE {STAGE}; INSERT INTO {STAGE} SELECT {casts} FROM {SIEVE} AS z WHERE NOT z.is_out; ANALYZE {STAGE}"
        ))
        .await?;
        Ok(out)
    }

    /// The rows of the target that lie beside the table neither as rows nor as texts.
    pub fn others(transfer: &Transfer, is_sifted: bool) -> Rows {
        let rows = Self::staged(transfer, false);
        if !is_sifted {
            return rows;
        }
        let same = same_key(transfer, |place, name| {
            format!("z.c{place} = {}.{}::text", quoted(&transfer.table.name), quoted(name))
        });
        let filter = rows.filter.unwrap_or_default();
        let filter = format!("{filter} AND NOT EXISTS (SELECT FROM {SIEVE} AS z WHERE z.is_out AND {same})");
        Rows { filter: Some(filter), ..rows }
    }

    async fn one(&mut self, sql: String) -> Result<i64, Refused> {
        let found = all(&mut self.rows.store.connection, sql).await.map_err(|error| refused(&error))?;
        found.concat().parse().map_err(|_| Cause::new("it answers no number").into())
    }

    /// The texts as values that the columns are assigned. A cast to the column's own type would cut off what is too long.
    async fn casts(&mut self, transfer: &Transfer) -> Result<String, Refused> {
        let sql = format!(
            "WITH RECURSIVE base (name, type) AS (SELECT attname::text, atttypid FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 \
             UNION ALL SELECT name, typbasetype FROM base JOIN pg_type ON pg_type.oid = type WHERE typtype = 'd') \
             SELECT format('%s %s', encode(convert_to(name, 'UTF8'), 'hex'), format_type(type, -1)) FROM base JOIN pg_type ON pg_type.oid = type \
             WHERE typtype <> 'd'",
            text_literal(&named(&transfer.table))
        );
        let found = all(&mut self.rows.store.connection, sql).await.map_err(|error| refused(&error))?;
        let type_of = |name: &String| {
            let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
            let all = found.iter().filter_map(|line| line.split_once(' '));
            all.into_iter().find(|(known, _)| *known == hex).map(|(_, declared)| declared)
        };
        let cast = |(place, name): (usize, &String)| {
            let declared = type_of(name).ok_or_else(|| Cause::new(format!("`{name}` has no type")))?;
            Ok(format!("z.c{place}::{declared}"))
        };
        let casts: Result<Vec<String>, Cause> = transfer.columns.iter().enumerate().map(cast).collect();
        Ok(casts?.join(", "))
    }
}

/// The columns of the key, each compared by what `each` makes of its place and name.
fn same_key(transfer: &Transfer, each: impl Fn(usize, &str) -> String) -> String {
    let place = |name: &String| transfer.columns.iter().position(|known| known == name);
    let all: Vec<String> = transfer.key.iter().filter_map(|name| Some(each(place(name)?, name))).collect();
    if all.is_empty() { "false".to_owned() } else { all.join(" AND ") }
}

struct Sifting<'s, 'r> {
    writer: &'s mut PostgresWriter,
    transfer: &'s Transfer,
    how: Sieve,
    casts: String,
    out: Bucket,
    reject: &'s mut Rejects<'r>,
}

impl Sifting<'_, '_> {
    /// Of several rows that would be one row of the target the first is taken.
    async fn out_with_doubles(&mut self) -> Result<(), Refused> {
        if self.transfer.key.is_empty() {
            return Ok(());
        }
        let same = same_key(self.transfer, |place, _| format!("e.c{place} = z.c{place}"));
        let sql = format!(
            "SELECT z.n::text FROM {SIEVE} AS z WHERE EXISTS (SELECT FROM {SIEVE} AS e WHERE e.n < z.n AND {same}) ORDER BY z.n"
        );
        for row in self.numbers(sql).await? {
            self.out(row, "another row of the source has its key in the target").await?;
        }
        Ok(())
    }

    /// Tries all rows, and tells those that are refused. Where it is a trial nothing of it stays, and a reference to a row that is not
    /// there yet is nothing against a row.
    async fn sweep(&mut self, last: i64, is_trial: bool) -> Result<u64, Refused> {
        let mut spans = vec![(1, last)];
        let mut found = 0;
        while let Some((from, to)) = spans.pop() {
            if from > to {
                continue;
            }
            let Some(why) = self.step(from, to, is_trial).await? else { continue };
            if from < to {
                let middle = from + (to - from) / 2;
                spans.extend([(middle + 1, to), (from, middle)]);
            } else {
                found += 1;
                self.out(from, &why.message).await?;
            }
        }
        Ok(found)
    }

    /// Rows that refer to each other go in one statement, so those that are refused are looked for first.
    async fn at_once(&mut self, last: i64) -> Result<(), Refused> {
        for _ in 0..ROUNDS {
            let orphans = self.orphans().await?;
            for row in &orphans {
                self.out(*row, "the row that it refers to is not there, or is left out").await?;
            }
            let Some(why) = self.step(1, last, false).await? else { return Ok(()) };
            if self.sweep(last, true).await? == 0 && orphans.is_empty() {
                return Err(why.into());
            }
        }
        Err(Cause::new("its rows refer to each other, and too many of them are refused").into())
    }

    /// Rows whose reference to their own table leads to no row of it.
    async fn orphans(&mut self) -> Result<Vec<i64>, Refused> {
        let sql = format!(
            "SELECT (SELECT string_agg(format('%s %s', encode(convert_to(a.attname::text, 'UTF8'), 'hex'), encode(convert_to(f.attname::text, 'UTF8'), 'hex')), ' ' ORDER BY k.at) \
             FROM unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (own, other, at) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own \
             JOIN pg_catalog.pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.other) \
             FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.conrelid = c.confrelid AND c.conrelid = {}::regclass",
            text_literal(&named(&self.transfer.table))
        );
        let connection = &mut self.writer.rows.store.connection;
        let links = all(connection, sql).await.map_err(|error| refused(&error))?;
        let place = |hex: &str| {
            let of =
                |name: &String| name.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() == hex;
            self.transfer.columns.iter().position(of)
        };
        let table = quoted(&self.transfer.table.name);
        let mut conditions = Vec::new();
        for link in links {
            let words: Vec<&str> = link.split(' ').collect();
            let (mut some, mut beside, mut there) = (Vec::new(), Vec::new(), Vec::new());
            for pair in words.chunks_exact(2) {
                let [own, other] = pair else { continue };
                let (Some(own), Some(other)) = (place(own), place(other)) else { break };
                let name = self.transfer.columns.get(other).map(|name| quoted(name)).unwrap_or_default();
                some.push(format!("z.c{own} IS NOT NULL"));
                beside.push(format!("p.c{other} = z.c{own}"));
                there.push(format!("{table}.{name}::text = z.c{own}"));
            }
            if some.len() * 2 == words.len() {
                conditions.push(format!(
                    "({} AND NOT EXISTS (SELECT FROM {SIEVE} AS p WHERE NOT p.is_out AND {}) AND NOT EXISTS (SELECT FROM {} AS {table} WHERE {}))",
                    some.join(" AND "),
                    beside.join(" AND "),
                    named(&self.transfer.table),
                    there.join(" AND ")
                ));
            }
        }
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT z.n::text FROM {SIEVE} AS z WHERE NOT z.is_out AND ({}) ORDER BY z.n",
            conditions.join(" OR ")
        );
        self.numbers(sql).await
    }

    async fn numbers(&mut self, sql: String) -> Result<Vec<i64>, Refused> {
        let found =
            all(&mut self.writer.rows.store.connection, sql).await.map_err(|error| refused(&error))?;
        Ok(found.iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// Tries the rows from one number to another. Answers why one of them is refused, if any is.
    async fn step(&mut self, from: i64, to: i64, is_trial: bool) -> Result<Option<Cause>, Refused> {
        let hold = if self.how.is_own { "; SET CONSTRAINTS ALL IMMEDIATE" } else { "" };
        let end = if is_trial { BACK } else { "RELEASE SAVEPOINT trueup_step" };
        let bring = if self.how.is_fresh {
            let columns = listed(&self.transfer.columns);
            format!(
                "INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {STAGE}",
                named(&self.transfer.table)
            )
        } else {
            merge(self.transfer)
        };
        let sql = format!(
            "SAVEPOINT trueup_step; TRUNCATE {STAGE}; INSERT INTO {STAGE} SELECT {} FROM {SIEVE} AS z WHERE z.n BETWEEN {from} AND {to} \
             AND NOT z.is_out; {bring}{hold}; {end}",
            self.casts
        );
        let connection = &mut self.writer.rows.store.connection;
        let Err(error) = run(connection, sql).await else { return Ok(None) };
        let why = refused(&error);
        if why.sort != RefusedFor::Row {
            return Err(why);
        }
        run(connection, BACK).await.map_err(|error| refused(&error))?;
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        let is_reference = code.as_deref() == Some("23503");
        Ok((!(is_trial && is_reference)).then_some(why.cause))
    }

    /// Leaves a row out.
    async fn out(&mut self, row: i64, reason: &str) -> Result<(), Refused> {
        let sql = format!("UPDATE {SIEVE} SET is_out = true WHERE n = {row} RETURNING format('%s %s', h, k)");
        let connection = &mut self.writer.rows.store.connection;
        let told = all(connection, sql).await.map_err(|error| refused(&error))?.concat();
        let (hash, key) = told.split_once(' ').unwrap_or((&told, ""));
        let hash = hash.parse().map_err(|_| Cause::new("a row came back without its hash"))?;
        self.out.add(RowHash::from_int8(hash));
        let reason = reason.strip_prefix("it cannot be written: ").unwrap_or(reason);
        (self.reject)(Reject {
            table: self.transfer.table.to_string(),
            key: (!key.is_empty()).then(|| key.to_owned()),
            column: String::new(),
            reason: reason.to_owned(),
            value: None,
        })?;
        Ok(())
    }
}
