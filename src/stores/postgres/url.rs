//! URLs as applications write them.
use std::fmt;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use crate::model::{Cause, Hidden};
use crate::stores::endpoint::decoded;

/// Where a Postgres database is, with what is needed to get in. `Debug` tells nothing of it.
#[derive(Clone)]
pub struct PostgresUrl {
    options: PgConnectOptions,
    /// What stood between `//` and the database, and behind `?`, as it was written.
    authority: Hidden,
    query: Hidden,
}

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
    "options",
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
        let written = rest;
        let mut parameters = Vec::new();
        let (who, host) = rest.rsplit_once('@').unwrap_or(("", rest.strip_prefix("//").unwrap_or_default()));
        let mut is_hosted = !host.is_empty() && !host.starts_with('/');
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match key {
                "service" | "servicefile" => {
                    return Err(no("names a service, which this version cannot look up"));
                }
                "ssl" => parameters.push(format!("sslmode={}", tls(value))),
                _ if KNOWN.contains(&key) => {
                    is_hosted |= key.starts_with("host");
                    // SQLAlchemy writes `host=NAME:PORT` where the authority names no host.
                    match value.split_once(':').filter(|(_, port)| key == "host" && is_port(port)) {
                        Some((host, port)) => {
                            parameters.extend([format!("host={host}"), format!("port={port}")]);
                        }
                        None => parameters.push(format!("{key}={value}")),
                    }
                }
                _ => {}
            }
        }
        if !rest.starts_with("//") || !is_hosted {
            return Err(no("names no host"));
        }
        if host.split('/').next().is_some_and(|host| host.contains(',')) {
            return Err(no("names several hosts, of which this version tries none"));
        }
        // The way to name a socket: `//user:password@/database?host=/run/postgresql`. The reader of URLs wants a host.
        let rest = match host.strip_prefix('/') {
            Some(database) if !who.is_empty() => format!("{who}@localhost/{database}"),
            _ => rest.to_owned(),
        };
        let plain = format!("postgres:{rest}?{}", parameters.join("&"));
        let options = PgConnectOptions::from_str(&plain).map_err(|_| no("is no url"))?;
        let authority = written.trim_start_matches('/').split('/').next().unwrap_or_default();
        let authority = if written.starts_with("///") { "" } else { authority };
        let kept = query.split('&').filter(|one| !one.is_empty() && !one.starts_with("dbname="));
        Ok(Self {
            // A pooler refuses a setting at start-up that it does not know.
            options: options.extra_float_digits(None).application_name("trueup"),
            authority: Hidden::new(authority),
            query: Hidden::new(kept.collect::<Vec<_>>().join("&")),
        })
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Where it is, for a person: nothing of who gets in there.
    pub fn place(&self) -> String {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        format!("{host}:{port}/{}", self.options.get_database().unwrap_or_default())
    }

    /// Whether both name one database of one server, whoever asks.
    pub fn is_same(&self, other: &Self) -> bool {
        let place = |options: &PgConnectOptions| {
            let database = options.get_database().unwrap_or(options.get_username()).to_owned();
            (options.get_host().to_owned(), options.get_port(), database)
        };
        place(&self.options) == place(&other.options)
    }

    /// The same server and role, another database.
    pub(super) fn with_database(&self, database: &str) -> Self {
        Self { options: self.options.clone().database(database), ..self.clone() }
    }

    /// It as an application would be given it, beginning with `scheme`, such as `postgresql+asyncpg`. Its parameters are
    /// those that it was written with.
    pub fn spelled(&self, scheme: &str) -> Hidden {
        let (authority, query) = (self.authority.reveal(), self.query.reveal());
        let database = self.options.get_database().unwrap_or_default();
        let mark = if query.is_empty() { "" } else { "?" };
        Hidden::new(format!("{scheme}://{authority}/{database}{mark}{query}"))
    }

    /// What `libpq` and all that is made of it reads where no URL is given: variables and their values.
    pub fn variables(&self) -> Vec<(String, Hidden)> {
        let options = &self.options;
        let socket = options.get_socket().map(|path| path.to_string_lossy().into_owned());
        let mut all = vec![
            ("PGHOST", Hidden::new(socket.unwrap_or_else(|| options.get_host().to_owned()))),
            ("PGPORT", Hidden::new(options.get_port().to_string())),
            ("PGUSER", Hidden::new(options.get_username())),
            ("PGDATABASE", Hidden::new(options.get_database().unwrap_or_default())),
        ];
        let user = self.authority.reveal().rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        all.extend(user.map(|(_, password)| ("PGPASSWORD", Hidden::new(decoded(password)))));
        all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
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
        let read = |rest: &str| PostgresUrl::new("source", rest).map(|url| url.options);
        let options =
            read("//u:p%40ss@db:6432/app?ssl=require&prepared_statement_cache_size=0&schema=x").unwrap();
        assert_eq!((options.get_host(), options.get_port(), options.get_username()), ("db", 6432, "u"));
        assert_eq!(options.get_database(), Some("app"));
        let socket = read("//u:p@/app?host=/run/postgresql&port=6432").unwrap();
        assert_eq!(socket.get_socket().unwrap().to_str(), Some("/run/postgresql"));
        assert_eq!((socket.get_port(), socket.get_database()), (6432, Some("app")));
        assert_eq!(read("///app?host=db").unwrap().get_host(), "db");
        for rest in [
            "",
            "//",
            "u:hunter2@h/d",
            "//u:hunter2@h:port/d",
            "//u:hunter2@h/d?service=hunter2",
            "//u:hunter2@h/d?sslmode=hunter2",
            "//u:hunter2@h:1,i:2/d",
            "//u:hunter2@/d",
        ] {
            let cause = read(rest).unwrap_err();
            assert!(!format!("{cause:?}").contains("hunter2"), "{cause:?}");
        }
        let spelled = |rest: &str| {
            let url = PostgresUrl::new("scratch", rest).unwrap().with_database("new");
            url.spelled("postgresql+asyncpg").reveal().to_owned()
        };
        assert_eq!(
            spelled("//u:p%40@h:1/app?ssl=true&dbname=y"),
            "postgresql+asyncpg://u:p%40@h:1/new?ssl=true"
        );
        assert_eq!(spelled("///app?host=/run/pg"), "postgresql+asyncpg:///new?host=/run/pg");
        assert_eq!(spelled("//h"), "postgresql+asyncpg://h/new");
        let shown = format!("{:?}", PostgresUrl::new("source", "//u:hunter2@h/d"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
