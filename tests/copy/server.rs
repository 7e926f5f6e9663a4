//! A server of our own, which may crash, and a line to it, which may be cut.
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, SqlSafeStr};

/// A Postgres server of one test.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    bin: String,
    url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let bin = std::env::var("TRUEUP_TEST_POSTGRES_BIN").unwrap_or_else(|_| {
            panic!("TRUEUP_TEST_POSTGRES_BIN is not set: run `bash tests/run`, which tells where the programs are")
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let script = "say() { echo \"$*\" >&2; }; source tests/databases.sh; chmod a+rx \"$1\"; \
            start_server \"$1\" \"$2\" data \"$2\" '-c shared_buffers=16MB'";
        let output = Command::new("bash").args(["-c", script, "start", path, &bin]).output().unwrap();
        let url = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        assert!(url.starts_with("postgres://"), "{}", String::from_utf8_lossy(&output.stderr));
        Self { folder, bin, url }
    }

    /// Its programs are run as whoever may run them.
    fn control(&self, args: &str) -> bool {
        let script = "source tests/databases.sh; as_server \"$2/pg_ctl\" -D \"$1/data\" -l \"$1/data/server.log\" -w $3 </dev/null >/dev/null 2>&1";
        let path = self.folder.path().to_str().unwrap();
        Command::new("bash")
            .args(["-c", script, "control", path, &self.bin, args])
            .status()
            .unwrap()
            .success()
    }

    /// Ends it as a crash would, and starts it again.
    pub(crate) fn crash(&self) {
        assert!(self.control("-m immediate restart"), "the server does not start again");
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap()
    }

    /// The URL of one of its databases, through another port.
    pub(crate) fn url(&self, database: &str, port: u16) -> String {
        let (base, _) = self.url.rsplit_once(':').unwrap();
        format!("{base}:{port}/{database}")
    }

    /// A connection, as soon as it answers again.
    pub(crate) async fn connect(&self, database: &str) -> PgConnection {
        let url = self.url(database, self.port());
        let begun = Instant::now();
        loop {
            match PgConnection::connect(&url).await {
                Ok(connection) => return connection,
                Err(error) if begun.elapsed() > Duration::from_secs(60) => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// The first column of a query, as text.
    pub(crate) async fn ask(&self, database: &str, sql: &str) -> Vec<String> {
        let mut connection = self.connect(database).await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned()).into_sql_str()).fetch_all(&mut connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        rows.iter().map(|row| row.get::<String, usize>(0)).collect()
    }

    pub(crate) async fn load(&self, database: &str, script: &str) {
        let mut connection = self.connect(database).await;
        let done = connection.execute(sqlx::raw_sql(AssertSqlSafe(script.to_owned()).into_sql_str())).await;
        done.unwrap_or_else(|error| panic!("{error}"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control("-m immediate stop");
    }
}

/// A line to a server.
pub(crate) struct Line {
    pub(crate) port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Line {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let open = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&open);
        // It lasts as long as the test's process.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(behind) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                for (from, to) in [(&client, &behind), (&behind, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    all.lock().unwrap().push(from.try_clone().unwrap());
                    std::thread::spawn(move || carry(from, to));
                }
            }
        });
        Self { port, open }
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
