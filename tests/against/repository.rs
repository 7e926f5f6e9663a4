//! A git repository in a temporary folder, and the program run in it.
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository whose branch `main` is what the tests compare with.
pub(crate) struct Repository {
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) said: String,
}

impl Run {
    /// The findings and unknowns, and the exit code last.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }
}

/// The program's environment: nothing of git's, and a home without configuration.
fn in_folder(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.org")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.org");
    command
}

impl Repository {
    /// On `main`, with one commit of these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self::empty();
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository.write(files);
        repository.commit("first");
        repository
    }

    /// A folder without a repository.
    pub(crate) fn empty() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(temporary.path()).unwrap().join("r");
        fs::create_dir(&folder).unwrap();
        Self { folder, _temporary: temporary }
    }

    /// A clone of this one from a `file://` address, with more options of `git clone`.
    pub(crate) fn cloned(&self, options: &[&str]) -> Self {
        let clone = Self::empty();
        let address = format!("file://{}", self.folder.display());
        let arguments: Vec<&str> =
            ["clone", "--quiet"].iter().chain(options).copied().chain([address.as_str(), "."]).collect();
        clone.git(&arguments);
        clone
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.join(inside)
    }

    pub(crate) fn write(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = self.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Runs git, which must succeed, and returns what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = in_folder("git", &self.folder).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Lints below a folder of the repository.
    pub(crate) fn lint_in(&self, folder: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let before = self.state();
        let mut command = in_folder(env!("CARGO_BIN_EXE_trueup"), &self.path(folder));
        let scratch = tempfile::tempdir().unwrap();
        command.env("TMPDIR", scratch.path());
        let output = command
            .arg("lint")
            .args(["--format", "concise"].iter().filter(|_| !arguments.contains(&"--format")))
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let after = self.state();
        let changed = |path: &&PathBuf| before.get(*path) != after.get(*path);
        let changed: Vec<_> = before.keys().chain(after.keys()).filter(changed).collect();
        assert!(changed.is_empty(), "changed in the repository: {changed:?}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "something was left behind");
        Run {
            exit: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            said: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn lint(&self, arguments: &[&str]) -> Run {
        self.lint_in("", arguments, &[])
    }

    /// Lints against `main`.
    pub(crate) fn against_main(&self) -> Run {
        self.lint(&["--against", "main"])
    }

    /// Every file with its content, git's own too.
    fn state(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let walk = walkdir::WalkDir::new(&self.folder).into_iter().map(Result::unwrap);
        let files = walk.filter(|entry| entry.file_type().is_file());
        files.map(|file| (file.path().to_owned(), fs::read(file.path()).unwrap_or_default())).collect()
    }
}

/// A manifest with a canonical template and one service, and both templates in order.
pub(crate) const CLEAN: &[(&str, &str)] = &[
    ("trueup.toml", MANIFEST),
    (".env.example", "A=1\n"),
    ("agent/.env.example", "A=1\n"),
    (".gitignore", ".env\n"),
];

pub(crate) const MANIFEST: &str = "\
[env]
template = \".env.example\"

[[env.service]]
name = \"agent\"
template = \"agent/.env.example\"
";

/// What a key of the agent that the canonical template lacks is told as.
pub(crate) fn missing(key: &str, line: u32) -> String {
    format!(
        "agent/.env.example:{line}:1: error[env/missing-from-template] `{key}` of agent is not in .env.example"
    )
}
