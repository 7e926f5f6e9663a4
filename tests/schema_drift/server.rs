//! The servers that `tests/services` started, and what a case does on one.
use std::process::Command;

use trueup::model::schema::Schema;
use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::{Postgres, PostgresUrl, Scratch};
use trueup::stores::rows::Catalog;

use crate::case::{self, Case, told};

pub(crate) struct Server {
    pub(crate) url: String,
    programs: String,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `bash tests/run`, which starts the servers that tests need")
    })
}

impl Server {
    /// `TRUEUP_TEST_POSTGRES` or its newer sister.
    pub(crate) fn of(name: &str) -> Self {
        Self { url: variable(name), programs: variable(&format!("{name}_BIN")) }
    }

    /// Its major version.
    pub(crate) async fn major(&self) -> u32 {
        schema(&url(&self.url)).await.version.split('.').next().unwrap().parse().unwrap()
    }

    pub(crate) fn dump(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        let url = format!("{server}/{database}");
        let output =
            Command::new(format!("{}/pg_dump", self.programs)).args(["-s", "-d", &url]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) fn url(text: &str) -> PostgresUrl {
    match Endpoint::new("test", text, false).unwrap().address {
        Address::Postgres(url) => *url,
        Address::Sqlite(_) => panic!("no url of Postgres"),
    }
}

pub(crate) async fn schema(url: &PostgresUrl) -> Schema {
    // PGlite serves one client, and the one before may not be gone yet.
    let mut tries = 0;
    loop {
        tries += 1;
        match Postgres::open(url).await {
            Ok(mut store) => return store.schema().await.unwrap_or_else(|cause| panic!("{cause:?}")),
            Err(cause) => assert!(tries < 50, "{cause:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// Empties a database: every schema and every extension that a case may make. Dropping and making databases takes longer.
pub(crate) const EMPTY: &str = "drop schema if exists public, audit, more, \"Odd one\", ext, a, \"a.b\" cascade; drop foreign data wrapper if exists w cascade; drop publication if exists realtime; \
    drop extension if exists vector, ltree, citext, hstore, pg_trgm, btree_gist cascade; \
    create schema public; grant usage on schema public to public; \
    comment on schema public is 'standard public schema'";

pub(crate) async fn scratch(server: &Server) -> Scratch {
    Scratch::create(&url(&server.url)).await.unwrap_or_else(|cause| panic!("{cause:?}"))
}

pub(crate) async fn reload(scratch: &Scratch, case: &Case, script: &str) -> Schema {
    for script in [EMPTY, script] {
        scratch.load(script).await.unwrap_or_else(|cause| panic!("{}: {cause:?}\n{script}", case.name));
    }
    schema(&scratch.url()).await
}

/// Every case: dump, load, read again, and the same; then the planted difference and its one finding.
pub(crate) async fn round_trips(name: &str, wanted: impl Fn(&Case) -> bool, at_least: usize) {
    let server = Server::of(name);
    let (mut wrong, mut played, major) = (Vec::new(), 0, server.major().await);
    let (one, other) = (scratch(&server).await, scratch(&server).await);
    for case in case::all().iter().filter(|case| wanted(case) && case.runs_on(major)) {
        let first = reload(&one, case, &case.schema).await;
        let second = reload(&other, case, &server.dump(one.name())).await;
        // A list of texts is written anew once it was dumped, and is no difference.
        let is_spelled_anew = case.schema.contains(" in ('");
        if !told(&first, &second).is_empty() || first != second && !is_spelled_anew {
            wrong.push(format!("{}: the round trip changes {:?}", case.name, told(&first, &second)));
        }
        other.load(&case.change).await.unwrap_or_else(|cause| panic!("{}: {cause:?}", case.name));
        wrong.extend(case.judge(&first, &schema(&other.url()).await).err());
        played += 1;
    }
    one.remove().await.unwrap();
    other.remove().await.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played >= at_least, "{played} cases");
}
