//! URLs as applications write them.
use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use crate::model::Cause;

/// Where a Postgres database is, with what is needed to get in. `Debug` tells nothing of it.
#[derive(Clone)]
pub struct PostgresUrl(PgConnectOptions);

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PostgresUrl")
    }
}

/// Parameters that say where the database is or how to talk to it. All others of a driver's change nothing that we see.
const KNOWN: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
];

impl PostgresUrl {
    /// Understands `postgres://`, `postgresql://` and `SQLAlchemy`'s `postgresql+DRIVER://`; `rest` is what follows the
    /// first colon. No word of an error repeats a part of it.
    ///
    /// # Errors
    /// When it names no host, or is no URL.
    pub fn new(name: &str, rest: &str) -> Result<Self, Cause> {
        let hint = "write it as postgres://user:password@host:5432/database";
        let no = |message: &str| Cause::new(format!("the url of {name} {message}")).hint(hint);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parameters = Vec::new();
        let mut is_hosted = !rest.trim_start_matches('/').rsplit('@').next().unwrap_or("").is_empty();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match key {
                "service" | "servicefile" => {
                    return Err(no("names a service, which this version cannot look up"));
                }
                "ssl" => parameters.push(format!("sslmode={}", tls(value))),
                _ if KNOWN.contains(&key) => {
                    is_hosted |= key.starts_with("host");
                    parameters.push(format!("{key}={value}"));
                }
                _ => {}
            }
        }
        if !rest.starts_with("//") || !is_hosted {
            return Err(no("names no host"));
        }
        let plain = format!("postgres:{rest}?{}", parameters.join("&"));
        let options = PgConnectOptions::from_str(&plain).map_err(|_| no("is no url"))?;
        // A pooler refuses a setting at start-up that it does not know.
        Ok(Self(options.extra_float_digits(None).application_name("trueup")))
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.0
    }

    /// Whether both name one database of one server, whoever asks.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |options: &PgConnectOptions| {
            let database = options.get_database().unwrap_or(options.get_username()).to_owned();
            (options.get_host().to_owned(), options.get_port(), database)
        };
        place(&self.0) == place(&other.0)
    }

    /// The same server and role, another database.
    pub(super) fn with_database(&self, database: &str) -> Self {
        Self(self.0.clone().database(database))
    }
}

/// `ssl=` of asyncpg and node, as libpq writes it.
fn tls(value: &str) -> &str {
    match value {
        "true" | "1" | "on" => "require",
        "false" | "0" | "off" => "disable",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::PostgresUrl;

    #[test]
    fn urls() {
        let read = |rest: &str| PostgresUrl::new("source", rest).map(|url| url.0);
        let options =
            read("//u:p%40ss@db:6432/app?ssl=require&prepared_statement_cache_size=0&schema=x").unwrap();
        assert_eq!((options.get_host(), options.get_port(), options.get_username()), ("db", 6432, "u"));
        assert_eq!(options.get_database(), Some("app"));
        assert_eq!(read("///app?host=db").unwrap().get_host(), "db");
        for rest in [
            "",
            "//",
            "u:hunter2@h/d",
            "//u:hunter2@h:port/d",
            "//u:hunter2@h/d?service=hunter2",
            "//u:hunter2@h/d?sslmode=hunter2",
        ] {
            let cause = read(rest).unwrap_err();
            assert!(!format!("{cause:?}").contains("hunter2"), "{cause:?}");
        }
        let shown = format!("{:?}", PostgresUrl::new("source", "//u:hunter2@h/d"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
