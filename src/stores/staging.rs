//! Rows on their way into a stage, as Postgres takes them in as text: lines of JSON, texts, tuples, users.
use std::collections::BTreeMap;
use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::files::reading;
use super::postgres::Sink;
use super::rows::RowSource;
use super::store::Store;
use crate::model::access::TupleFile;
use crate::model::realm::Realm;
use crate::model::{Cause, Hidden};

/// A longer line of JSON is none that a row is made of.
const LONGEST: u64 = 256 << 20;

/// The most rows of a SQLite file in one stage: they are held in memory.
const MOST: u32 = 1_000_000;

/// The columns of staged tuples and their types.
pub const TUPLE_COLUMNS: &[(&str, &str)] = &[
    ("subject", "text"),
    ("subject_type", "text"),
    ("subject_id", "text"),
    ("subject_relation", "text"),
    ("relation", "text"),
    ("object", "text"),
    ("object_type", "text"),
    ("object_id", "text"),
    ("condition", "text"),
    ("context", "jsonb"),
];

/// The columns of staged users of a realm and their types.
pub const USER_COLUMNS: &[(&str, &str)] = &[
    ("id", "text"),
    ("username", "text"),
    ("email", "text"),
    ("enabled", "boolean"),
    ("is_person", "boolean"),
];

/// Sends the rows that a query of another database answers.
///
/// # Errors
/// When it cannot be asked, has not all of the columns, or the target is gone.
pub async fn stage_query(
    store: &mut Store,
    sql: &str,
    columns: &[String],
    sink: &mut Sink<'_>,
) -> Result<(), Cause> {
    match store {
        Store::Postgres(rows) => rows.pour_query(sql, columns, sink).await,
        Store::Sqlite(_) => {
            let has: Vec<String> = store.kinds_of(sql).await?.into_iter().map(|(name, _)| name).collect();
            let place = |name: &String| {
                has.iter().position(|own| own == name).ok_or_else(|| {
                    Cause::new(format!("the query answers no column `{name}`"))
                        .hint("name it with `AS` in the query")
                })
            };
            let places = columns.iter().map(place).collect::<Result<Vec<usize>, Cause>>()?;
            for row in store.rows_of(sql, MOST).await? {
                let cells = places.iter().map(|place| row.get(*place).and_then(Option::as_deref));
                sink.write(&line(cells)?).await?;
            }
            Ok(())
        }
    }
}

/// Sends tuples.
///
/// # Errors
/// When the target is gone, or a text holds a NUL.
pub async fn stage_tuples(files: &[TupleFile], sink: &mut Sink<'_>) -> Result<(), Cause> {
    for tuple in files.iter().flat_map(|file| &file.tuples) {
        let (subject, object) = (tuple.subject.to_string(), tuple.object.to_string());
        // Plain data with text keys is always JSON.
        let context =
            tuple.condition.as_ref().map(|one| serde_json::to_string(&one.context).unwrap_or_default());
        let cells = [
            Some(subject.as_str()),
            Some(&tuple.subject.object.kind),
            Some(&tuple.subject.object.id),
            tuple.subject.relation.as_deref(),
            Some(&tuple.relation),
            Some(&object),
            Some(&tuple.object.kind),
            Some(&tuple.object.id),
            tuple.condition.as_ref().map(|one| one.name.as_str()),
            context.as_deref(),
        ];
        sink.write(&line(cells.into_iter())?).await?;
    }
    Ok(())
}

/// Sends the users of a realm.
///
/// # Errors
/// When the target is gone, or a text holds a NUL.
pub async fn stage_users(realm: &Realm, sink: &mut Sink<'_>) -> Result<(), Cause> {
    let word = |truth: bool| Some(if truth { "t" } else { "f" });
    for user in &realm.users {
        let email = user.email.as_ref().map(Hidden::reveal);
        let cells =
            [Some(user.id.as_str()), Some(&user.name), email, word(user.is_enabled), word(user.is_person())];
        sink.write(&line(cells.into_iter())?).await?;
    }
    Ok(())
}

/// Sends the lines of a file of JSON.
///
/// # Errors
/// When it cannot be read, or at the first line that is no row.
pub async fn stage_file(path: &str, columns: &[String], sink: &mut Sink<'_>) -> Result<u64, Cause> {
    let file = std::fs::File::open(path).map_err(|error| reading(std::path::Path::new(path), &error));
    let file =
        file.map_err(|cause| Cause { message: format!("{path}: {}", cause.message), hint: cause.hint })?;
    let sent = stage_lines(&mut std::io::BufReader::new(file), columns, sink).await;
    sent.map_err(|cause| Cause { message: format!("{path}: {}", cause.message), hint: cause.hint })
}

/// Sends lines of JSON, and answers how many they are. An empty line is none.
///
/// # Errors
/// At the first line that is no object, lacks a column, or has something twice.
pub(super) async fn stage_lines(
    lines: &mut (dyn BufRead + Send),
    columns: &[String],
    sink: &mut Sink<'_>,
) -> Result<u64, Cause> {
    let (mut count, mut number) = (0, 0_u64);
    let mut text = String::new();
    loop {
        text.clear();
        number += 1;
        let fail = |why: String| Cause::new(format!("line {number} cannot be staged: {why}"));
        let read = std::io::Read::take(&mut *lines, LONGEST).read_line(&mut text);
        if read.map_err(|error| fail(error.to_string()))? == 0 {
            return Ok(count);
        }
        if text.trim().is_empty() {
            continue;
        }
        sink.write(&json_row(text.trim(), columns).map_err(fail)?).await?;
        count += 1;
    }
}

/// An object with its values as they are written.
struct Object<'j>(BTreeMap<String, &'j RawValue>);

impl<'de: 'j, 'j> Deserialize<'de> for Object<'j> {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = BTreeMap<String, &'de RawValue>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    if all.insert(key, value).is_some() {
                        return Err(serde::de::Error::custom("a key stands in it twice"));
                    }
                }
                Ok(all)
            }
        }
        source.deserialize_map(Keys).map(Self)
    }
}

/// A line of JSON as a row of these columns. Why it is none never repeats a value.
fn json_row(text: &str, columns: &[String]) -> Result<Vec<u8>, String> {
    let Object(all) = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "it is no object, or a key stands in it twice".to_owned(),
        _ => "it is no JSON".to_owned(),
    })?;
    let mut cells: Vec<Option<String>> = Vec::new();
    for name in columns {
        let raw =
            all.get(name).ok_or_else(|| format!("it has no `{name}`, which a NULL would say itself"))?.get();
        cells.push(match raw.as_bytes().first() {
            Some(b'n') => None,
            Some(b'"') => Some(serde_json::from_str(raw).map_err(|_| "it is no JSON".to_owned())?),
            _ => Some(raw.to_owned()),
        });
    }
    line(cells.iter().map(Option::as_deref)).map_err(|cause| cause.message)
}

/// A row as `COPY` takes it in.
fn line<'c>(cells: impl Iterator<Item = Option<&'c str>>) -> Result<Vec<u8>, Cause> {
    let mut line = Vec::new();
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            line.push(b'\t');
        }
        let Some(cell) = cell else {
            line.extend_from_slice(b"\\N");
            continue;
        };
        for byte in cell.bytes() {
            match byte {
                b'\\' => line.extend_from_slice(b"\\\\"),
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                b'\t' => line.extend_from_slice(b"\\t"),
                0 => return Err(Cause::new("a text holds a NUL, which Postgres has no text for")),
                other => line.push(other),
            }
        }
    }
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::json_row;

    fn row(text: &str) -> Result<String, String> {
        let columns = ["a".to_owned(), "b".to_owned()];
        json_row(text, &columns).map(|row| String::from_utf8(row).unwrap())
    }

    #[test]
    fn a_line_is_a_row() {
        for (text, expected) in [
            (r#"{"b": 1, "a": "x"}"#, "x\t1\n"),
            (r#"{"a": null, "b": "null"}"#, "\\N\tnull\n"),
            (r#"{"a": "\\N", "b": "a\tb\nc\\"}"#, "\\\\N\ta\\tb\\nc\\\\\n"),
            (r#"{"a": 12345678901234567890.10, "b": true}"#, "12345678901234567890.10\ttrue\n"),
            (r#"{"a": {"x": [1, 2]}, "b": [], "c": 1}"#, "{\"x\": [1, 2]}\t[]\n"),
            (r#"{"a": "é", "b": ""}"#, "é\t\n"),
        ] {
            assert_eq!(row(text).unwrap(), expected, "{text}");
        }
        for text in [
            "",
            "[]",
            "1",
            "{\"a\": 1}",
            "{\"a\": 1, \"b\": 2, \"a\": 3}",
            "{\"a\": 1, \"b\": \"\\u0000\"}",
            "{\"a\": 1, \"b\"",
        ] {
            assert!(row(text).is_err(), "{text}");
        }
    }
}
