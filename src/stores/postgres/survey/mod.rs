//! A survey: what the catalog and the server tell in a handful of queries, and one scan for each table.
//!
//! Each question has a savepoint, so that one the server refuses leaves the transaction, and with it the snapshot, as it
//! was. Questions travel many to a message. Declared SQL travels alone and is put in brackets, so that it can only be a
//! query.
mod sql;

use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, Either, Row, SqlSafeStr};

use futures_util::TryStreamExt;

use super::catalog::read;
use super::{Fail, Postgres, limit, run, said, text};
use crate::model::survey::{Answer, Sample, SurveyedKey};
use crate::model::{Cause, Look};
use crate::stores::surveying::{
    Limits, Ranges, Referred, Referring, Scan, Scanned, State, Surveying, squeezed,
};

/// As many rows of an answer are counted, and one more.
const ANSWERS: u32 = 1001;

/// Questions in one message.
const TOGETHER: usize = 50;

/// Values as text look the same whoever asks.
const TEXTS: &str = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; \
                     SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1";

#[derive(serde::Deserialize)]
struct Database {
    #[serde(rename = "database")]
    name: String,
    bytes: u64,
    large_objects: u64,
    taken: String,
}

impl Surveying for Postgres {
    async fn state(&mut self, limits: &Limits) -> Result<State, Cause> {
        let longest = limit("statement_timeout", &limits.statement_ms.to_string());
        let settings = format!("{TEXTS}; {longest}");
        run(&mut self.connection, settings).await.map_err(|error| Fail::Read(said(&error)))?;
        let activity = include_str!("../sql/survey_activity.sql");
        let activity = activity.replace("$LONG", &limits.long_transaction_s.to_string());
        let questions = [
            include_str!("../sql/survey_cluster.sql").to_owned(),
            include_str!("../sql/survey_session.sql").to_owned(),
            activity,
            include_str!("../sql/survey_sizes.sql").to_owned(),
            include_str!("../sql/survey_database.sql").to_owned(),
        ];
        let mut answers = self.each(&questions).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(Cause::new("there was no answer")));
        let (cluster, session, activity) = (told(next()), told(next()), told(next()));
        let sizes = next().and_then(|json| read(&json))?;
        let database: Database = next().and_then(|json| read(&json))?;
        Ok(State {
            database: database.name,
            cluster,
            bytes: Look::Got(database.bytes),
            free_disk_bytes: Look::NotAsked("Postgres does not tell it".into()),
            session,
            activity,
            large_objects: Look::Got(database.large_objects),
            collations: self.collations().await.into(),
            sizes,
            taken: database.taken,
        })
    }

    async fn scan(&mut self, scans: &[Scan]) -> Vec<Result<Scanned, Cause>> {
        self.all(scans, sql::scan).await
    }

    async fn keys(&mut self, scans: &[Scan]) -> Vec<Result<SurveyedKey, Cause>> {
        self.all(scans, sql::key).await
    }

    async fn ranges(&mut self, scans: &[Scan]) -> Vec<Result<Ranges, Cause>> {
        let pairs: Vec<Result<Vec<Option<String>>, Cause>> = self.all(scans, sql::ranges).await;
        let pair = |pair: &[Option<String>; 2]| (pair[0].clone(), pair[1].clone());
        pairs
            .into_iter()
            .map(|all| all.map(|all| all.as_chunks::<2>().0.iter().map(pair).collect()))
            .collect()
    }

    async fn references(&mut self, asked: &[Referring]) -> Vec<Result<Referred, Cause>> {
        self.all(asked, sql::reference).await
    }

    async fn sample(&mut self, scan: &Scan) -> Result<Sample, Cause> {
        let mut sample: Sample = read(&self.message(&[sql::weigh(scan)]).await?.concat())?;
        let lines = self.message(&[sql::lines(scan, &sample)]).await?.concat();
        (sample.raw_bytes, sample.compressed_bytes) = squeezed(&lines);
        Ok(sample)
    }

    async fn answer(&mut self, sql: &str) -> Result<Answer, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Read(said(&error)));
        let rows = self.asked(sql::ANSWERED, sql, ANSWERS).await.map_err(fail)?;
        let mut answer = Answer { rows: rows.len() as u64, ..Answer::default() };
        let Some(first) = rows.first() else { return Ok(answer) };
        let (kind, columns): (String, i64) =
            (first.try_get(1).map_err(fail)?, first.try_get(2).map_err(fail)?);
        if columns == 1 {
            answer.value = first.try_get(0).map_err(fail)?;
            answer.is_text = kind == "string";
        }
        for row in &rows {
            answer.cells.push(row.try_get(3).map_err(fail)?);
        }
        Ok(answer)
    }
}

impl Postgres {
    /// The first rows of somebody's query, as texts.
    pub(in crate::stores::postgres) async fn rows_of(
        &mut self,
        sql: &str,
        rows: u32,
    ) -> Result<Vec<Vec<Option<String>>>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Read(said(&error)));
        let rows = self.asked(sql::ANSWERED, sql, rows).await.map_err(fail)?;
        rows.iter().map(|row| row.try_get(3).map_err(fail)).collect()
    }

    async fn collations(&mut self) -> Result<Vec<crate::model::schema::CollationVersion>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Read(said(&error)));
        run(&mut self.connection, "SAVEPOINT trueup").await.map_err(fail)?;
        let live = self.live().await;
        run(&mut self.connection, "ROLLBACK TO SAVEPOINT trueup").await.map_err(fail)?;
        live.map(|live| live.collations)
    }

    async fn all<A, T: DeserializeOwned>(
        &mut self,
        asked: &[A],
        question: fn(&A) -> String,
    ) -> Vec<Result<T, Cause>> {
        let questions: Vec<String> = asked.iter().map(question).collect();
        let answers = self.each(&questions).await;
        answers.into_iter().map(|answer| answer.and_then(|json| read(&json))).collect()
    }

    /// One text for each question. When one of a message fails, each of it is asked again by itself.
    async fn each(&mut self, questions: &[String]) -> Vec<Result<String, Cause>> {
        let mut answers = Vec::with_capacity(questions.len());
        for together in questions.chunks(TOGETHER) {
            match self.message(together).await {
                Ok(texts) => answers.extend(texts.into_iter().map(Ok)),
                Err(cause) if together.len() == 1 => answers.push(Err(cause)),
                Err(_) => {
                    for alone in together {
                        let answer = self.message(std::slice::from_ref(alone)).await;
                        answers.push(answer.map(|texts| texts.concat()));
                    }
                }
            }
        }
        answers
    }

    async fn message(&mut self, questions: &[String]) -> Result<Vec<String>, Cause> {
        let fail = |error: sqlx::Error| Cause::from(Fail::Read(said(&error)));
        run(&mut self.connection, "SAVEPOINT trueup").await.map_err(fail)?;
        let texts = self.texts_of(questions).await;
        run(&mut self.connection, "ROLLBACK TO SAVEPOINT trueup").await.map_err(fail)?;
        let texts = texts.map_err(fail)?;
        if texts.len() == questions.len() {
            return Ok(texts);
        }
        Err(Fail::Answer(format!("{} answers to {} questions", texts.len(), questions.len())).into())
    }

    async fn texts_of(&mut self, questions: &[String]) -> Result<Vec<String>, sqlx::Error> {
        let sql = AssertSqlSafe(questions.join(";\n")).into_sql_str();
        let mut answers = sqlx::raw_sql(sql).fetch_many(&mut self.connection);
        let mut texts = Vec::new();
        while let Some(answer) = answers.try_next().await? {
            if let Either::Right(row) = answer {
                texts.push(text(&row)?);
            }
        }
        Ok(texts)
    }
}

fn told<T: DeserializeOwned>(answer: Result<String, Cause>) -> Look<T> {
    answer.and_then(|json| read(&json)).into()
}
