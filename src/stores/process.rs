//! Other programs: one to become, and one to ask.
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::model::{Cause, Hidden};

/// Replaces this process with `command` (a program and its arguments): same pid, same environment, signals intact. It
/// returns only when that failed.
pub fn exec(command: &[OsString]) -> Cause {
    let Some((program, arguments)) = command.split_first() else {
        return Cause::new("there is no command to run");
    };
    unrunnable(&program.to_string_lossy(), &Command::new(program).args(arguments).exec())
}

fn unrunnable(program: &str, error: &io::Error) -> Cause {
    Cause::new(format!("{program} cannot be run: {error}"))
        .hint("is it installed and executable, and is the folder there that it is run in?")
}

/// What a program said, and how it ended.
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output, cut at 1 MiB. Bytes that are no UTF-8 become U+FFFD.
    pub stdout: String,
    /// Its standard error, likewise.
    pub stderr: String,
}

/// So much of what a program says is kept; the rest is read and forgotten, so that it never waits for a reader.
const MOST_BYTES: usize = 1 << 20;

/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(5);

/// How long a program that was told to end may take, and how long its streams may stay open behind it.
const GRACE: Duration = Duration::from_secs(2);

/// What is around a program when it starts: this process's own folder and environment, but for what is said here.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The folder that it starts in.
    pub folder: Option<String>,
    /// Variables that it does not get.
    pub without: Vec<String>,
    /// Variables that it gets besides.
    pub with: Vec<(String, Hidden)>,
}

/// Runs `command` (a program and its arguments) with nothing on its standard input, and waits for its end. It and what it
/// started are ended when `patience` runs out.
///
/// # Errors
/// That it could not be started, was ended by a signal or took too long. Arguments are not repeated: they may be secret.
pub fn ask(command: &[String], patience: Duration) -> Result<Said, Cause> {
    ask_in(&Surroundings::default(), command, patience)
}

/// As [`ask`], in a folder and an environment of its own. A program named by a path with a slash in it is looked for in
/// that folder.
///
/// # Errors
/// As [`ask`].
pub fn ask_in(around: &Surroundings, command: &[String], patience: Duration) -> Result<Said, Cause> {
    begin(around, command, [Stdio::null(), Stdio::piped()], patience)
}

/// As [`ask_in`], with a file on its standard input, and another that takes all of its standard output.
///
/// # Errors
/// As [`ask`].
pub fn pipe(
    around: &Surroundings,
    command: &[String],
    [input, output]: [File; 2],
    patience: Duration,
) -> Result<Said, Cause> {
    begin(around, command, [Stdio::from(input), Stdio::from(output)], patience)
}

fn begin(
    around: &Surroundings,
    command: &[String],
    [stdin, stdout]: [Stdio; 2],
    patience: Duration,
) -> Result<Said, Cause> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Cause::new("there is no command to run"));
    };
    let mut started = Command::new(program);
    for name in &around.without {
        started.env_remove(name);
    }
    if let Some(folder) = &around.folder {
        started.current_dir(folder);
    }
    let started = started
        .args(arguments)
        .envs(around.with.iter().map(|(name, value)| (name, value.reveal())))
        .stdin(stdin)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = started.map_err(|error| unrunnable(program, &error))?;
    let (ended, end) = mpsc::channel();
    let stdout = child.stdout.take().map(|stream| kept(stream, ended.clone()));
    let stderr = child.stderr.take().map(|stream| kept(stream, ended));
    let status = wait(&mut child, patience);
    // A program that it left behind may hold the streams open.
    if end.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
        signal(&child, Signal::KILL);
        // Whoever left the group as well keeps what it has to say.
        let _ = end.recv_timeout(GRACE);
    }
    let status = status.map_err(|error| Cause::new(format!("waiting for {program} failed: {error}")))?;
    let Some(status) = status else {
        let cause = Cause::new(format!("{program} gave no answer within {} s", patience.as_secs_f64()));
        return Err(cause.hint("run the command by hand; allow it more time with `timeout` if it needs it"));
    };
    let Some(code) = status.code() else {
        let number = status.signal().unwrap_or_default();
        return Err(
            Cause::new(format!("{program} was ended by signal {number}")).hint("run the command by hand")
        );
    };
    Ok(Said { code, stdout: text(stdout), stderr: text(stderr) })
}

/// Waits for a child's end; `None` when it had to be ended.
fn wait(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    if let Some(status) = until(child, patience)? {
        return Ok(Some(status));
    }
    // An engine's client passes the first on to its container; the second it can't.
    signal(child, Signal::TERM);
    if until(child, GRACE)?.is_none() {
        signal(child, Signal::KILL);
        child.wait()?;
    }
    Ok(None)
}

fn until(child: &mut Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        let status = child.try_wait()?;
        if status.is_some() || started.elapsed() >= patience {
            return Ok(status);
        }
        thread::sleep(TICK.min(patience));
    }
}

/// Signals a child and everything that it started and that stayed in its group.
fn signal(child: &Child, signal: Signal) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // Whoever is gone already needs no signal.
        let _ = kill_process_group(group, signal);
    }
}

type Bytes = Arc<Mutex<Vec<u8>>>;

/// Reads a stream to its end beside everything else; says on `ended` when it is there, by dropping it.
fn kept(mut stream: impl Read + Send + 'static, ended: mpsc::Sender<()>) -> Bytes {
    let bytes = Bytes::default();
    let kept = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut buffer = [0; 8 << 10];
        while let Ok(count) = stream.read(&mut buffer) {
            if count == 0 {
                break;
            }
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_BYTES.saturating_sub(kept.len()).min(count);
            kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
        }
        drop(ended);
    });
    bytes
}

fn text(bytes: Option<Bytes>) -> String {
    let Some(bytes) = bytes else { return String::new() };
    let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Said, Cause> {
        ask(&["sh", "-c", script].map(str::to_owned), patience)
    }

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn an_answer() {
        let said = shell("echo yes; echo no >&2; exit 7", LONG).ok().unwrap();
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (7, "yes\n", "no\n"));
    }

    #[test]
    fn it_has_nothing_to_read() {
        assert_eq!(shell("wc -c", LONG).ok().unwrap().stdout.trim(), "0");
    }

    #[test]
    fn no_answer() {
        let why = |said: Result<Said, Cause>| said.err().unwrap().message;
        assert!(why(ask(&["no-such-program".to_owned()], LONG)).contains("no-such-program cannot be run"));
        assert!(why(ask(&[], LONG)).contains("no command"));
        assert_eq!(why(shell("kill -9 $$", LONG)), "sh was ended by signal 9");
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(trap '' TERM; sleep 4; touch {0}) & trap '' TERM; sleep 60", late.display());
        let started = Instant::now();
        let said = shell(&script, Duration::from_millis(100));
        assert!(said.err().unwrap().message.contains("gave no answer within 0.1 s"));
        assert!(started.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_secs(3));
        assert!(!late.exists(), "what it started goes on");
    }

    #[test]
    fn what_it_leaves_behind_is_not_waited_for() {
        let started = Instant::now();
        let said = shell("sleep 60 & echo done", LONG).ok().unwrap();
        assert_eq!(said.stdout, "done\n");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn an_endless_answer_is_cut() {
        let said = shell("head -c 5000000 /dev/zero | tr '\\0' x", LONG).ok().unwrap();
        assert_eq!(said.stdout.len(), MOST_BYTES);
    }
}
