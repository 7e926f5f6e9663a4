//! Two databases of our own, and the program between them.
use std::process::Command;

use trueup::stores::endpoint::{Address, Endpoint};
use trueup::stores::postgres::Scratch;

/// A source and a target on a server that the tests have.
pub(crate) struct World {
    source: Scratch,
    target: Scratch,
    server: String,
}

impl World {
    pub(crate) async fn of(source: &str, target: &str) -> Self {
        let server = std::env::var("TRUEUP_TEST_POSTGRES").unwrap_or_else(|_| {
            panic!("TRUEUP_TEST_POSTGRES is not set: run `bash tests/run`, which starts the servers that tests need")
        });
        let [source, target] = [scratch(&server, source).await, scratch(&server, target).await];
        Self { source, target, server }
    }

    fn url(&self, scratch: &Scratch) -> String {
        format!("{}/{}", self.server.rsplit_once('/').unwrap().0, scratch.name())
    }

    /// What `trueup copy plan` prints, and its exit code; `manifest` follows the two endpoints.
    pub(crate) fn plan(&self, manifest: &str, format: &str) -> (String, i32) {
        let folder = tempfile::tempdir().unwrap();
        let endpoints = "[endpoints.source]\nurl = \"${OLD}\"\n[endpoints.target]\nurl = \"${NEW}\"\n";
        std::fs::write(folder.path().join("trueup.toml"), format!("{endpoints}{manifest}")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
            .args(["copy", "plan", "--format", format])
            .envs([("OLD", self.url(&self.source)), ("NEW", self.url(&self.target))])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (text, output.status.code().unwrap())
    }

    pub(crate) async fn load(&self, source: &str, target: &str) {
        self.source.load(source).await.unwrap_or_else(|cause| panic!("{cause:?}"));
        self.target.load(target).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    }

    pub(crate) async fn remove(self) {
        for scratch in [self.source, self.target] {
            scratch.remove().await.unwrap_or_else(|cause| panic!("{cause:?}"));
        }
    }
}

async fn scratch(server: &str, script: &str) -> Scratch {
    let Address::Postgres(url) = Endpoint::new("test", server, false).unwrap().address else {
        panic!("no url of Postgres")
    };
    let scratch = Scratch::create(&url).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    scratch.load(script).await.unwrap_or_else(|cause| panic!("{cause:?}"));
    scratch
}
