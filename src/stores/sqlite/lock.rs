//! The lock of a `SQLite` target: one of the system's, on a file beside it, which is gone when its process is, however that ended.
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::time::{Duration, Instant};

use super::SqliteFile;
use crate::model::Cause;
use crate::model::ledger::Holder;

/// The lock of one target, held as long as this is.
pub struct FileLock {
    // Only held: it is let go of when it is closed.
    _file: File,
    path: String,
}

/// One name for a target, by whatever path it is called.
fn beside(target: &SqliteFile) -> Result<String, Cause> {
    let path = std::fs::canonicalize(&target.path).map_err(|error| fail(&error))?;
    Ok(format!("{}-trueup-lock", path.display()))
}

/// Whether a file is still the one of a name: who let go of it removes it, and another may have been made since.
fn is_there(file: &File, path: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    let both = file.metadata().and_then(|own| Ok((own, std::fs::metadata(path)?)));
    both.is_ok_and(|(own, named)| (own.dev(), own.ino()) == (named.dev(), named.ino()))
}

fn fail(error: &std::io::Error) -> Cause {
    Cause::new(format!("it cannot be locked: {error}")).hint("its folder must be writable")
}

impl FileLock {
    /// Takes the lock, and waits for it so long. Inside, who holds it, when it was not to be had.
    ///
    /// # Errors
    /// When there can be no file beside the target.
    pub async fn take(target: &SqliteFile, wait: Duration) -> Result<Result<Self, Option<Holder>>, Cause> {
        if !std::path::Path::new(&target.path).is_file() {
            return Err(Cause::new(format!("no such file: {}", target.path))
                .hint("mend the path; a missing database is never created"));
        }
        let path = beside(target)?;
        let begun = Instant::now();
        loop {
            let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let mut file = options.map_err(|error| fail(&error))?;
            match file.try_lock() {
                Ok(()) if !is_there(&file, &path) => {}
                Ok(()) => {
                    // Told to whoever asks; the lock itself does not depend on it.
                    let _ = file.set_len(0).and_then(|()| file.rewind());
                    let _ = write!(
                        file,
                        "{} {}",
                        std::process::id(),
                        jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")
                    );
                    return Ok(Ok(Self { _file: file, path }));
                }
                Err(TryLockError::Error(error)) => return Err(fail(&error)),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= wait => return Ok(Err(told(&mut file))),
                Err(TryLockError::WouldBlock) => {
                    tokio::time::sleep(Duration::from_millis(200).min(wait)).await;
                }
            }
        }
    }

    /// Lets go of it, and leaves no file behind.
    pub fn release(self) {
        // A file that stays is no lock.
        let _ = std::fs::remove_file(&self.path);
    }

    /// Who holds the lock of a target; none when nobody does.
    ///
    /// # Errors
    /// When the file beside it cannot be read.
    pub fn holder(target: &SqliteFile) -> Result<Option<Holder>, Cause> {
        let mut file = match File::open(beside(target)?) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| fail(&error))?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::Error(error)) => Err(fail(&error)),
            Err(TryLockError::WouldBlock) => Ok(Some(told(&mut file).unwrap_or_default())),
        }
    }
}

fn told(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    let (pid, since) = text.split_once(' ')?;
    let application = format!("trueup copy, process {pid}");
    Some(Holder { pid: pid.parse().ok()?, user: "this machine".into(), application, since: since.into() })
}
