//! A survey of a file. There is no server to ask: what only a server has is not asked, and said so.
use std::fmt::Write as _;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, TypeInfo, ValueRef};

use super::{Fail, Sqlite, quoted, said, text};
use crate::model::survey::{Answer, Cluster, Sample, Session, SurveyedKey};
use crate::model::{Cause, Look};
use crate::stores::files;
use crate::stores::surveying::{
    Holds, Limits, Ranges, Referred, Referring, Scan, Scanned, Size, State, Step, Surveying, squeezed,
};

/// As many rows are weighed, and at the most as many of them compressed.
const WEIGHED: u64 = 100_000;
const SQUEEZED: u64 = 1_000;

impl Surveying for Sqlite {
    async fn state(&mut self, limits: &Limits) -> Result<State, Cause> {
        let pages =
            "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)";
        let bytes = self.numbers(pages, 1).await.map(|all| all.first().copied().unwrap_or_default());
        let is_read = bytes.as_ref().is_ok_and(|bytes| limits.read_up_to.is_none_or(|most| *bytes <= most));
        let free = files::free_bytes(&self.file.path);
        Ok(State {
            database: self.file.path.clone(),
            cluster: files::identity(&self.file.path)
                .map_or_else(Look::default, |id| Look::Got(Cluster { id, ..Cluster::default() })),
            bytes: bytes.into(),
            free_disk_bytes: free.into(),
            session: Look::Got(Session { sees_others: true, ..Session::default() }),
            activity: Look::NotAsked("a file has no sessions that could be asked for".into()),
            large_objects: Look::NotAsked("SQLite has none".into()),
            collations: Look::NotAsked("SQLite brings its own".into()),
            sizes: if is_read { self.sizes().await } else { Vec::new() },
            taken: String::new(),
        })
    }

    async fn scan(&mut self, scans: &[Scan]) -> Vec<Result<Scanned, Cause>> {
        let mut all = Vec::with_capacity(scans.len());
        for scan in scans {
            all.push(self.scan_one(scan).await);
        }
        all
    }

    async fn keys(&mut self, scans: &[Scan]) -> Vec<Result<SurveyedKey, Cause>> {
        let mut all = Vec::with_capacity(scans.len());
        for scan in scans {
            let table = table(scan);
            let names: Vec<String> = scan.key.iter().map(|column| format!("r.{}", quoted(column))).collect();
            let some =
                names.iter().map(|name| format!("{name} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
            let grouped = names.join(", ");
            let sql = format!(
                "SELECT count(*), coalesce(sum(g.n - 1), 0), (SELECT count(*) FROM {table} AS r WHERE NOT ({some})) \
                 FROM (SELECT count(*) AS n FROM {table} AS r WHERE {some} GROUP BY {grouped}) AS g"
            );
            let key = |found: Vec<u64>| match found.as_slice() {
                [distinct, duplicates, nulls] => SurveyedKey {
                    columns: scan.key.clone(),
                    distinct: *distinct,
                    duplicates: *duplicates,
                    nulls: *nulls,
                },
                _ => SurveyedKey::default(),
            };
            all.push(self.numbers(&sql, 3).await.map(key));
        }
        all
    }

    async fn ranges(&mut self, scans: &[Scan]) -> Vec<Result<Ranges, Cause>> {
        let mut all = Vec::with_capacity(scans.len());
        for scan in scans {
            let ends = scan.ranges.iter().flat_map(|column| {
                let name = format!("r.{}", quoted(column));
                ["min", "max"].map(|end| format!("CAST({end}({name}) AS TEXT)"))
            });
            let ends: Vec<String> = ends.collect();
            let sql = format!("SELECT {} FROM {} AS r", ends.join(", "), table(scan));
            let pairs = |row: &SqliteRow| {
                let mut pairs = Ranges::new();
                for at in 0..scan.ranges.len() {
                    let end = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
                    pairs.push((end(2 * at)?, end(2 * at + 1)?));
                }
                Ok(pairs)
            };
            all.push(self.all(&sql, pairs).await.map(|rows| rows.concat()).map_err(|error| fail(&error)));
        }
        all
    }

    async fn references(&mut self, asked: &[Referring]) -> Vec<Result<Referred, Cause>> {
        let mut all = Vec::with_capacity(asked.len());
        for one in asked {
            let referred = |found: Vec<u64>| match found.as_slice() {
                [references, orphans, missing] => {
                    Referred { references: *references, orphans: *orphans, missing: *missing }
                }
                _ => Referred::default(),
            };
            all.push(match reference(one) {
                Ok(sql) => self.numbers(&sql, 3).await.map(referred),
                Err(cause) => Err(cause),
            });
        }
        all
    }

    async fn sample(&mut self, scan: &Scan) -> Result<Sample, Cause> {
        // As a text: a blob is written as the two digits of each byte.
        let width = |column: &String| {
            format!("coalesce(length(CAST({column} AS BLOB)) * (1 + (typeof({column}) = 'blob')), 0)")
        };
        let columns: Vec<String> =
            scan.columns.iter().map(|column| format!("r.{}", quoted(&column.name))).collect();
        let widths: Vec<String> = columns.iter().map(width).chain([format!("{}", columns.len())]).collect();
        let (table, widths) = (table(scan), widths.join(" + "));
        let sql = format!(
            "SELECT count(*), coalesce(sum(w.bytes), 0) FROM (SELECT {widths} AS bytes FROM {table} AS r LIMIT {WEIGHED}) AS w"
        );
        let (rows, bytes) = match self.numbers(&sql, 2).await?.as_slice() {
            [rows, bytes] => (*rows, *bytes),
            _ => (0, 0),
        };
        let shown = |column: &String| {
            format!("CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE coalesce({column}, '') END")
        };
        let line: Vec<String> = columns.iter().map(shown).collect();
        let line = if line.is_empty() { "''".to_owned() } else { line.join(" || char(9) || ") };
        let sql = format!("SELECT {line} FROM {table} AS r LIMIT {SQUEEZED}");
        let lines = self.all(&sql, |row| text(row, 0)).await.map_err(|error| fail(&error))?;
        let (raw_bytes, compressed_bytes) = squeezed(&lines.join("\n"));
        Ok(Sample { rows, bytes, raw_bytes, compressed_bytes })
    }

    async fn answer(&mut self, sql: &str) -> Result<Answer, Cause> {
        let rows = self.asked(sql, 1001, cells).await.map_err(|error| fail(&error))?;
        let mut answer = Answer { rows: rows.len() as u64, ..Answer::default() };
        if let Some([(value, is_text)]) = rows.first().map(Vec::as_slice) {
            (answer.value, answer.is_text) = (value.clone(), *is_text);
        }
        let texts = |row: Vec<(Option<String>, bool)>| row.into_iter().map(|(text, _)| text).collect();
        answer.cells = rows.into_iter().map(texts).collect();
        Ok(answer)
    }
}

impl Sqlite {
    /// The first rows of a declared query, as texts.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn rows_of(&mut self, sql: &str, rows: u32) -> Result<Vec<Vec<Option<String>>>, Cause> {
        let told = |row: &SqliteRow| {
            let one = |place| match row.try_get_raw(place)?.type_info().name() {
                "BLOB" => {
                    let bytes: Vec<u8> = row.try_get_unchecked(place)?;
                    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    Ok(Some(format!("\\x{hex}")))
                }
                _ => cell(row, place).map(|(text, _)| text),
            };
            (0..row.len()).map(one).collect()
        };
        self.asked(sql, rows, told).await.map_err(|error| fail(&error))
    }
}

/// The cells of a row as texts, and whether they are.
fn cells(row: &SqliteRow) -> Result<Vec<(Option<String>, bool)>, sqlx::Error> {
    (0..row.len()).map(|place| cell(row, place)).collect()
}

fn cell(row: &SqliteRow, place: usize) -> Result<(Option<String>, bool), sqlx::Error> {
    let raw = row.try_get_raw(place)?;
    if raw.is_null() {
        return Ok((None, false));
    }
    let class = raw.type_info().into_owned();
    Ok(match class.name() {
        "INTEGER" => (Some(row.try_get_unchecked::<i64, _>(place)?.to_string()), false),
        "REAL" => (Some(row.try_get_unchecked::<f64, _>(place)?.to_string()), false),
        "TEXT" => (Some(text(row, place)?), true),
        _ => (Some("(a blob)".to_owned()), true),
    })
}

fn fail(error: &sqlx::Error) -> Cause {
    Fail::Read(said(error)).into()
}

fn table(scan: &Scan) -> String {
    format!("main.{}", quoted(&scan.name))
}

impl Sqlite {
    /// The numbers of a query's one row.
    async fn numbers(&mut self, sql: &str, count: usize) -> Result<Vec<u64>, Cause> {
        let row = |row: &SqliteRow| {
            let number = |at| row.try_get_unchecked::<i64, usize>(at).map(i64::unsigned_abs);
            (0..count).map(number).collect::<Result<Vec<u64>, _>>()
        };
        Ok(self.all(sql, row).await.map_err(|error| fail(&error))?.concat())
    }

    async fn scan_one(&mut self, scan: &Scan) -> Result<Scanned, Cause> {
        let names = || scan.columns.iter().map(|column| format!("r.{}", quoted(&column.name)));
        let nulls = names().map(|name| format!("count(*) - count({name})"));
        let broken = names().map(|name| {
            format!("coalesce(sum(typeof({name}) = 'text' AND instr(CAST({name} AS BLOB), x'00') > 0), 0)")
        });
        let asked: Vec<String> = ["count(*)".to_owned()].into_iter().chain(nulls).chain(broken).collect();
        let sql = format!("SELECT {} FROM {} AS r", asked.join(", "), table(scan));
        let found = self.numbers(&sql, asked.len()).await?;
        let (rows, columns) = found.split_first().unwrap_or((&0, &[]));
        let (nulls, texts) = columns.split_at(scan.columns.len().min(columns.len()));
        Ok(Scanned { rows: *rows, nulls: nulls.to_vec(), nul_texts: texts.to_vec(), dimensions: Vec::new() })
    }

    /// Bytes by table, which takes a walk over all pages. Where the library was built without it, no size is told.
    async fn sizes(&mut self) -> Vec<Size> {
        let sql = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name";
        let size = |row: &SqliteRow| {
            let bytes = row.try_get_unchecked::<i64, usize>(1)?.unsigned_abs();
            Ok(Size { name: text(row, 0)?, bytes: Some(bytes), ..Size::default() })
        };
        self.all(sql, size).await.unwrap_or_default()
    }
}

/// References without what they refer to. Values of different storage classes are compared as text.
fn reference(asked: &Referring) -> Result<String, Cause> {
    let cast = |value: String| if asked.same_types { value } else { format!("CAST({value} AS TEXT)") };
    let named = |prefix: &str, names: &[String]| {
        let all = names.iter().enumerate();
        all.map(|(at, name)| format!("{} AS c{at}", cast(format!("{prefix}.{}", quoted(name)))))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let referring = match (&asked.holds, asked.columns.as_slice()) {
        (Holds::Value, columns) => format!("SELECT {} FROM {} AS s", named("s", columns), table(&asked.from)),
        (Holds::Json(steps), [column]) => elements(&table(&asked.from), column, steps),
        (Holds::Json(_) | Holds::Array, _) => return Err(Cause::new("SQLite has no such column")),
    };
    let each = |form: &dyn Fn(usize) -> String, between: &str| {
        (0..asked.to_columns.len()).map(form).collect::<Vec<_>>().join(between)
    };
    let some = each(&|at| format!("f.c{at} IS NOT NULL"), " AND ");
    let equal = each(&|at| format!("t.c{at} = f.c{at}"), " AND ");
    let values = each(&|at| format!("f.c{at}"), ", ");
    Ok(format!(
        "SELECT coalesce(sum(g.n), 0), coalesce(sum(g.n * (1 - g.found)), 0), coalesce(sum(1 - g.found), 0) FROM (\
         SELECT f.n AS n, t.c0 IS NOT NULL AS found FROM (\
         SELECT {values}, count(*) AS n FROM ({referring}) AS f WHERE {some} GROUP BY {values}) AS f \
         LEFT JOIN (SELECT DISTINCT {} FROM {} AS d) AS t ON {equal}) AS g",
        named("d", &asked.to_columns),
        table(&asked.to)
    ))
}

/// The values at a path: one `json_each` for each `[*]`. What is no document there has none.
fn elements(table: &str, column: &str, steps: &[Step]) -> String {
    let mut from = format!("{table} AS s");
    let mut value = format!("s.{}", quoted(column));
    let mut path = "$".to_owned();
    let mut depth = 0;
    for step in steps {
        match step {
            Step::Field(name) => {
                let _ = write!(path, ".\"{}\"", name.replace('\'', "''"));
            }
            Step::Each => {
                let _ = write!(from, ", json_each({value}, '{path}') AS e{depth}");
                // Only what is a document itself can be looked into.
                value = format!(
                    "CASE WHEN e{depth}.type IN ('object', 'array') THEN e{depth}.value ELSE 'null' END"
                );
                path = "$".to_owned();
                depth += 1;
            }
        }
    }
    let last = match (path.as_str(), depth) {
        ("$", 1..) => format!("e{}.atom", depth - 1),
        (path, _) => format!("json_extract({value}, '{path}')"),
    };
    format!("SELECT CAST({last} AS TEXT) AS c0 FROM {from}")
}
