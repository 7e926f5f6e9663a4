//! An endpoint as a URL names it.
use super::files;
use super::postgres::PostgresUrl;
use super::sqlite::SqliteFile;
use crate::model::Cause;
use crate::model::path::under;

/// A named endpoint that can be opened.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its name in reports.
    pub name: String,
    /// Where it is.
    pub address: Address,
}

/// Where a database is.
#[derive(Debug, Clone)]
pub enum Address {
    /// A `SQLite` 3 file.
    Sqlite(SqliteFile),
    /// A Postgres database.
    Postgres(Box<PostgresUrl>),
}

impl Address {
    /// Whether both plainly name one database. One that is reached by two names is found when both are open.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => files::is_same(&one.path, &other.path),
            (Self::Postgres(one), Self::Postgres(other)) => one.is_same(other),
            _ => false,
        }
    }
}

impl Endpoint {
    /// Understands `sqlite:PATH`, `sqlite://PATH`, `SQLAlchemy`'s `sqlite:///PATH` and `sqlite+DRIVER:///PATH` and a bare path;
    /// `postgres://`, `postgresql://` and `postgresql+DRIVER://`. The words of an error never hold the URL, which may hold a
    /// password.
    ///
    /// # Errors
    /// When the URL is of no system that this version reads.
    pub fn new(name: &str, url: &str, immutable: bool) -> Result<Self, Cause> {
        let hint = "this version reads Postgres (postgres://user@host/database) and SQLite (sqlite:///srv/old.db, or a path)";
        let no = |message: String| Err(Cause::new(message).hint(hint));
        if url.trim().is_empty() {
            return no(format!("the url of {name} is empty"));
        }
        let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            // What was meant for a url may hold a password, so it is a path only where there is such a file.
            if LIKE_A_URL.iter().any(|part| url.contains(part)) && !files::exists(url) {
                let hint = "write it without quotes and blanks around it: postgres://user:password@host:5432/database";
                return Err(Cause::new(format!("the url of {name} is none that can be read")).hint(hint));
            }
            let address = Address::Sqlite(SqliteFile { path: url.to_owned(), immutable });
            return Ok(Self { name: name.to_owned(), address });
        };
        let (system, driver) =
            scheme.split_once('+').map_or((scheme, None), |(system, driver)| (system, Some(driver)));
        if matches!(system, "postgres" | "postgresql") {
            let address = Address::Postgres(Box::new(PostgresUrl::new(name, rest)?));
            return Ok(Self { name: name.to_owned(), address });
        }
        if system != "sqlite" {
            // What stands there may be half of a secret, so only the names of systems are repeated.
            let said = if SYSTEMS.contains(&system) { format!(": {system}") } else { String::new() };
            return no(format!("the url of {name} is of a system that this version cannot read{said}"));
        }
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let mut immutable = immutable;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let key = option.split('=').next().unwrap_or("");
            match option {
                "mode=ro" => {}
                "immutable=1" => immutable = true,
                _ if DRIVERS_OWN.contains(&key) => {}
                _ => {
                    return no(format!(
                        "the url of {name} has an option that this version does not know: {key}"
                    ));
                }
            }
        }
        let path = match rest.strip_prefix("//") {
            // With a driver the URL is SQLAlchemy's: what follows the third slash is the path, relative or not.
            Some(path) if driver.is_some() => path.strip_prefix('/').unwrap_or(path),
            Some(path) => path,
            None => rest,
        };
        let path = decoded(path);
        let path = match path.strip_prefix('/').filter(|own| driver.is_none() && files::exists(own)) {
            // For SQLAlchemy `sqlite:///old.db` is a file of the folder that it runs in, for others one of the root.
            Some(own) if !files::exists(&path) => own.to_owned(),
            Some(_) => {
                return no(format!(
                    "the url of {name} may be one of two files, of this folder or of the root"
                ));
            }
            None => path,
        };
        if path.is_empty() || path == ":memory:" {
            return no(format!("the url of {name} names no file"));
        }
        Ok(Self { name: name.to_owned(), address: Address::Sqlite(SqliteFile { path, immutable }) })
    }

    /// The same endpoint, a relative path of a file being relative to `base`.
    #[must_use]
    pub fn under(mut self, base: &str) -> Self {
        if let Address::Sqlite(file) = &mut self.address {
            file.path = under(base, &file.path);
        }
        self
    }
}

/// Systems whose URLs people have.
const SYSTEMS: &[&str] = &[
    "file",
    "http",
    "https",
    "mongodb",
    "mysql",
    "openfga",
    "opensearch",
    "qdrant",
    "redis",
    "rediss",
    "s3",
];

/// What stands in a url, or in words of libpq, and hardly in a path.
const LIKE_A_URL: &[&str] = &["://", "@", "password=", "host="];

/// Options of Python's drivers, which say how they hold a connection and not which file is meant.
const DRIVERS_OWN: &[&str] =
    &["cached_statements", "check_same_thread", "detect_types", "isolation_level", "timeout"];

/// A single letter is a drive, and a path with a colon behind a slash is a path.
fn is_scheme(text: &str) -> bool {
    let (system, driver) = text.split_once('+').unwrap_or((text, ""));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    system.len() > 1 && system.chars().all(is_word) && driver.chars().all(|c| is_word(c) || c == '_')
}

/// `%41` as `A`; what is no such escape stays.
pub(super) fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escape = (*first == b'%').then(|| behind.get(..2)).flatten();
        let byte = escape.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or(&[]) } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Address, Endpoint};

    fn path(url: &str) -> Option<(String, bool)> {
        match Endpoint::new("source", url, false).unwrap().address {
            Address::Sqlite(file) => Some((file.path, file.immutable)),
            Address::Postgres(_) => None,
        }
    }

    #[test]
    fn urls() {
        let cases = [
            ("old.db", "old.db"),
            ("./a:b.db", "./a:b.db"),
            ("sqlite:old.db", "old.db"),
            ("sqlite://old.db", "old.db"),
            ("sqlite:///srv/old.db", "/srv/old.db"),
            ("sqlite:///srv/a%20b.db?mode=ro", "/srv/a b.db"),
            ("sqlite+aiosqlite:///old.db", "old.db"),
            ("sqlite+aiosqlite:////srv/old.db", "/srv/old.db"),
            ("sqlite:old.db?check_same_thread=false&timeout=5", "old.db"),
        ];
        for (url, expected) in cases {
            assert_eq!(path(url), Some((expected.to_owned(), false)), "{url}");
        }
        let refused = [
            "",
            "sqlite:",
            "sqlite://:memory:",
            "mysql://u:hunter2@h/d",
            "sqlite:a?mode=rwc",
            " postgres://u:hunter2@h/d",
            "'postgres://u:hunter2@h/d'",
            "postgres//u:hunter2@h/d",
            "oracle+cx_oracle://u:hunter2@h/d",
            "host=h user=u password=hunter2 dbname=d",
        ];
        for url in refused {
            let message = Endpoint::new("source", url, false).unwrap_err().message;
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert_eq!(path("sqlite:a?immutable=1"), Some(("a".to_owned(), true)));
        for url in [
            "postgres://u@h/d",
            "postgresql://h/d",
            "postgresql+asyncpg://u:p@h/d",
            "postgresql+psycopg2://u@h/d",
            "postgresql+psycopg_async://u:p@h/d",
            "postgresql+asyncpg://u:p@/d?host=127.0.0.1:5433",
        ] {
            assert_eq!(path(url), None, "{url}");
        }
    }
}
