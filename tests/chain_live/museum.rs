//! A copy of the museum's agent with a manifest that names databases.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of `fixtures/museum/clean/agent` in a folder of its own.
pub(crate) struct Museum {
    folder: tempfile::TempDir,
    alembic: PathBuf,
    /// The URL of its database as an application would have it.
    url: String,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Museum {
    /// A museum whose database is at `url`; scratch databases are made on `scratch`, or are files.
    pub(crate) fn new(url: &str, scratch: Option<&str>) -> Self {
        let readers = std::env::var_os("TRUEUP_TEST_READERS");
        let readers = readers.expect("TRUEUP_TEST_READERS is not set: run `bash tests/run`");
        let alembic = Path::new(&readers).join("alembic/bin/alembic");
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum/clean/agent"), folder.path());
        let museum = Self { folder, alembic, url: url.to_owned() };
        let mut keys = format!(
            "endpoint = \"app\"\ncommand = {{ run = [\"{}\"] }}\nseed = {{ sql = \"schema.sql\" }}\nstamp = \"0001\"\n",
            museum.alembic.display()
        );
        let mut endpoints = "\n[endpoints.app]\nurl = \"${APP_URL}\"\n".to_owned();
        if scratch.is_some() {
            keys += "scratch = \"scratch\"\n";
            endpoints += "\n[endpoints.scratch]\nurl = \"${SCRATCH_URL}\"\naccess = \"scratch\"\n";
        }
        museum.write("trueup.toml", &format!("{CHAIN}{keys}{endpoints}"));
        if let Some(scratch) = scratch {
            museum.write(".env", &format!("SCRATCH_URL={scratch}\n"));
        }
        museum
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        std::fs::write(self.path().join(path), text).unwrap();
    }

    pub(crate) fn edit(&self, path: &str, edit: impl FnOnce(&str) -> String) {
        let path = self.path().join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        let edited = edit(&text);
        assert_ne!(text, edited, "{}", path.display());
        std::fs::write(path, edited).unwrap();
    }

    /// Leaves only the revisions up to `head`.
    pub(crate) fn cut(&self, head: &str) {
        for entry in std::fs::read_dir(self.path().join("migrations/versions")).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap()[..4] > *head {
                std::fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    /// Runs Alembic on its database.
    pub(crate) fn alembic(&self, words: &[&str]) {
        let mut run = Command::new(&self.alembic);
        run.args(words).current_dir(self.path()).env("DATABASE_URL", &self.url);
        let output = run.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn trueup(&self, words: &[&str]) -> Output {
        let mut run = Command::new(env!("CARGO_BIN_EXE_trueup"));
        run.args(words).current_dir(self.path()).env("APP_URL", &self.url).output().unwrap()
    }

    /// The findings of rules about databases, and the exit code.
    pub(crate) fn found(&self, words: &[&str]) -> (Vec<String>, Option<i32>) {
        let words = [&["lint", "alembic", "--format", "concise"], words].concat();
        let output = self.trueup(&words);
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
        let is_of_files = |line: &&str| OF_FILES.iter().any(|rule| line.contains(rule));
        let found = said.lines().filter(|line| !is_of_files(line));
        (found.map(without_words).collect(), output.status.code())
    }
}

/// A line without the words of a program that failed, which are Alembic's own.
pub(crate) fn without_words(line: &str) -> String {
    match line.split_once(": `/") {
        Some((told, words)) if words.contains("ended with 1: ") => told.to_owned(),
        _ => line.to_owned(),
    }
}

/// What is declared of the chain.
const CHAIN: &str =
    "[[alembic]]\nname = \"agent\"\nini = \"alembic.ini\"\nidempotent = true\nbaseline = [\"0001\"]\n";

/// Rules about files alone, which the museum's own manifest lets stand.
const OF_FILES: &[&str] = &["alembic/unsafe-operation", "alembic/backfill-in-revision"];
