//! A dump of Postgres in the custom form, read by `pg_restore`.
//!
//! Its table of contents stands at the front, so a dump that was cut is still listed: the whole of it is read, into nothing. Of the
//! other forms it says that it does not read them.
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::files::reading;
use super::process::{Said, Surroundings, ask_in};
use crate::model::{Cause, Hidden};

/// So long a dump may be read.
const PATIENCE: Duration = Duration::from_hours(2);

/// A dump.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Why it cannot be restored.
    pub broken: Option<String>,
    /// The database that it names.
    pub database: String,
    /// Its own date in seconds, in the zone of whoever made it.
    pub dated_s: Option<i64>,
    /// What has rows in it: schema, name and owner behind each other.
    pub data: Vec<String>,
    /// When the file was written, in seconds.
    pub written_s: i64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

impl Found {
    /// Whether it has the rows of a table. Where names with blanks leave that open it has not.
    pub fn has(&self, namespace: &str, table: &str) -> bool {
        let name = format!("{namespace} {table} ");
        self.data.iter().any(|line| line.strip_prefix(&name).is_some_and(|owner| !owner.contains(' ')))
    }
}

/// Reads a dump whole.
///
/// # Errors
/// When there is no such file, the program cannot be run, or the file was written meanwhile.
pub fn look(path: &str, program: &str) -> Result<Found, Cause> {
    let before = Meta::of(path)?;
    let listed = run(program, "--list", path)?;
    let mut found = Found { written_s: before.written_s, bytes: before.bytes, ..Found::default() };
    if listed.code == 0 {
        contents(&listed.stdout, &mut found);
        if found.broken.is_none() {
            let read = run(program, "--file=/dev/null", path)?;
            found.broken = (read.code != 0).then(|| first_line(&read.stderr));
        }
    } else {
        found.broken = Some(first_line(&listed.stderr));
    }
    found.sha256 = sha256(path)?;
    if Meta::of(path)? != before {
        return Err(
            Cause::new(format!("{path} was written while it was read")).hint("wait until the dump is done")
        );
    }
    Ok(found)
}

#[derive(PartialEq, Eq)]
struct Meta {
    written_s: i64,
    bytes: u64,
}

impl Meta {
    fn of(path: &str) -> Result<Self, Cause> {
        let meta = std::fs::metadata(path).map_err(|error| {
            let cause = reading(Path::new(path), &error);
            Cause { message: format!("{path} cannot be read: {}", cause.message), hint: cause.hint }
        })?;
        if !meta.is_file() {
            let cause = Cause::new(format!("{path} is no file, and this version reads dumps of one file"));
            return Err(cause.hint("make it with `pg_dump --format=custom`"));
        }
        let written = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let written_s = written.and_then(|at| i64::try_from(at.as_secs()).ok()).unwrap_or_default();
        Ok(Self { written_s, bytes: meta.len() })
    }
}

fn run(program: &str, what: &str, path: &str) -> Result<Said, Cause> {
    let with = [("TZ", "UTC"), ("LC_ALL", "C")];
    let with = with.map(|(name, value)| (name.to_owned(), Hidden::new(value)));
    let around = Surroundings { with: with.into(), ..Surroundings::default() };
    let command = [program, what, "--", path].map(str::to_owned);
    ask_in(&around, &command, PATIENCE)
}

/// What `pg_restore --list` says.
fn contents(listed: &str, found: &mut Found) {
    let mut format = "";
    for line in listed.lines() {
        if let Some(comment) = line.strip_prefix(';') {
            let comment = comment.trim();
            if let Some(date) = comment.strip_prefix("Archive created at ") {
                let date = date.get(..19).unwrap_or(date).parse::<jiff::civil::DateTime>();
                let date = date.ok().and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok());
                found.dated_s = date.map(|date| date.timestamp().as_second());
            } else if let Some(name) = comment.strip_prefix("dbname: ") {
                name.clone_into(&mut found.database);
            } else if let Some(word) = comment.strip_prefix("Format: ") {
                format = word;
            }
        } else if let Some((_, rest)) = line.split_once(" TABLE DATA ") {
            found.data.push(rest.to_owned());
        }
    }
    if format != "CUSTOM" {
        // `pg_restore` never ends over a tar that was cut.
        found.broken = Some(format!("its form is {format}, and this version reads the custom one alone"));
    }
}

fn first_line(stderr: &str) -> String {
    let line = stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or("pg_restore says nothing");
    line.trim_start_matches("pg_restore: ").trim_start_matches("error: ").to_owned()
}

fn sha256(path: &str) -> Result<String, Cause> {
    let fail = |error: std::io::Error| Cause::new(format!("{path} cannot be read: {error}"));
    let mut file = File::open(path).map_err(fail)?;
    let (mut sha, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let count = file.read(&mut buffer).map_err(fail)?;
        if count == 0 {
            return Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        sha.update(buffer.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, contents};

    #[test]
    fn a_list_is_read() {
        let list = ";\n; Archive created at 2026-11-22 11:13:57 UTC\n;     dbname: shop\n;     Format: CUSTOM\n;\n\
            215; 1259 16387 TABLE public a trueup\n3371; 0 16387 TABLE DATA public a trueup\n\
            3375; 0 16415 MATERIALIZED VIEW DATA public mv trueup\n3376; 0 16412 TABLE DATA odd s t x trueup\n";
        let mut found = Found::default();
        contents(list, &mut found);
        assert_eq!((found.database.as_str(), found.broken.as_deref()), ("shop", None));
        assert_eq!(found.dated_s, Some(1_795_346_037));
        assert!(found.has("public", "a") && found.has("odd s", "t x"));
        // `t` is no table of `odd s`, though the line begins like one.
        assert!(!found.has("public", "mv") && !found.has("odd s", "t") && !found.has("public", "b"));
        let mut tar = Found::default();
        contents(&list.replace("CUSTOM", "TAR"), &mut tar);
        assert!(tar.broken.is_some_and(|why| why.contains("TAR")));
        let mut nothing = Found::default();
        contents("", &mut nothing);
        assert!(nothing.broken.is_some());
    }
}
