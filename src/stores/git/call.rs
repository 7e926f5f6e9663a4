//! How the program `git` is called: in one folder, whatever the caller's environment says of another one, and so that
//! no configuration makes it run a program, change the repository, or reach out over the network.
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::model::Cause;

/// Variables of git that say where it is installed, configured or may look. The rest name another repository, index or
/// program: hooks and what runs in them set such.
const KEPT: &[&str] = &[
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
];

/// Settings under which git runs nothing and writes nothing beside what it was asked for.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    // It would only refuse what is then compared as it is.
    "core.safecrlf=false",
    // What a partial clone lacks is said, not fetched.
    "protocol.allow=never",
];

/// Calls in one folder.
#[derive(Clone)]
pub(super) struct Git {
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

/// What git answered.
pub(super) struct Answer {
    /// Its exit code; none when a signal ended it.
    pub(super) code: Option<i32>,
    /// What it printed.
    pub(super) out: Vec<u8>,
    /// What it complained of.
    pub(super) said: String,
}

impl Git {
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), environment: Vec::new() }
    }

    /// Sets a variable of the environment for every call from here on.
    pub(super) fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    /// Gives a configured program another value for every call from here on; any name can be written this way.
    pub(super) fn configure(&mut self, settings: &[(String, &str)]) {
        let given = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok());
        let first = given.unwrap_or(0);
        for (number, (name, value)) in (first..).zip(settings) {
            self.set(format!("GIT_CONFIG_KEY_{number}"), name);
            self.set(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        self.set("GIT_CONFIG_COUNT", (first + settings.len()).to_string());
    }

    pub(super) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_kept = KEPT.contains(&text.as_ref())
                || text.starts_with("GIT_CONFIG_KEY_")
                || text.starts_with("GIT_CONFIG_VALUE_");
            if text.starts_with("GIT_") && !is_kept {
                command.env_remove(&name);
            }
        }
        command.arg("-C").arg(&self.folder).arg("--literal-pathspecs");
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).args(arguments);
        let fixed = [
            ("LC_ALL", "C"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
        ];
        command.envs(fixed).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// What git answers, however it ended.
    ///
    /// # Errors
    /// When it cannot be run at all.
    pub(super) fn ask<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Answer, Cause> {
        answer(self.command(arguments))
    }

    /// What git prints.
    ///
    /// # Errors
    /// When it cannot be run, or ends with an error.
    pub(super) fn get<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Vec<u8>, Cause> {
        self.ask(arguments)?.done(verb(arguments))
    }

    /// The same with a file as its input.
    ///
    /// # Errors
    /// When the file cannot be opened, when git cannot be run, or ends with an error.
    pub(super) fn feed<S: AsRef<OsStr>>(&self, arguments: &[S], input: &Path) -> Result<Vec<u8>, Cause> {
        let input =
            File::open(input).map_err(|error| Cause::new(format!("a list for git is lost: {error}")))?;
        let mut command = self.command(arguments);
        command.stdin(input);
        answer(command)?.done(verb(arguments))
    }

    /// The one line that git prints, as text.
    ///
    /// # Errors
    /// As [`Git::get`].
    pub(super) fn line<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<String, Cause> {
        let out = self.get(arguments)?;
        Ok(String::from_utf8_lossy(out.strip_suffix(b"\n").unwrap_or(&out)).into_owned())
    }

    /// A path that git prints, from its folder.
    ///
    /// # Errors
    /// As [`Git::get`].
    pub(super) fn path<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<PathBuf, Cause> {
        let mut out = self.get(arguments)?;
        if out.ends_with(b"\n") {
            out.pop();
        }
        Ok(self.folder.join(OsString::from_vec(out)))
    }
}

impl Answer {
    fn done(self, verb: &str) -> Result<Vec<u8>, Cause> {
        if self.code == Some(0) { Ok(self.out) } else { Err(self.failure(verb)) }
    }

    /// Why the call failed, in git's first words.
    pub(super) fn failure(&self, verb: &str) -> Cause {
        let cause = Cause::new(format!("git {verb} failed: {}", self.first()));
        if self.said.contains("dubious ownership") {
            return cause.hint(
                "the folder belongs to another user: `git config --global --add safe.directory FOLDER`",
            );
        }
        cause
    }

    /// The first line of what it complained of, without its level.
    pub(super) fn first(&self) -> &str {
        let line = self.said.lines().next().unwrap_or("it gave no reason");
        line.strip_prefix("fatal: ").or_else(|| line.strip_prefix("error: ")).unwrap_or(line)
    }
}

fn answer(mut command: Command) -> Result<Answer, Cause> {
    let output = command
        .output()
        .map_err(|error| Cause::new(format!("git cannot be run: {error}")).hint("install git"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Answer { code: output.status.code(), out: output.stdout, said })
}

fn verb<S: AsRef<OsStr>>(arguments: &[S]) -> &str {
    arguments.first().and_then(|first| first.as_ref().to_str()).unwrap_or_default()
}
