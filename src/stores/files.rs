//! Text files: read whole, and written so that nobody ever sees half of one.
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::model::{Cause, Look};

/// A file that is larger is not what a person declared as a template or a manifest.
pub(super) const LARGEST_BYTES: u64 = 16 << 20;

/// The text of a file. Bytes that are no UTF-8 become U+FFFD, so that the rest can still be judged.
pub fn read(path: &str) -> Look<String> {
    match text(Path::new(path), LARGEST_BYTES) {
        Ok(text) => Look::Got(text),
        Err(cause) => Look::Failed(cause),
    }
}

/// An export that is larger is to be given in several files.
const LARGEST_EXPORT: u64 = 512 << 20;

/// The text of a program's export, likewise.
pub fn exported(path: &str) -> Look<String> {
    match text(Path::new(path), LARGEST_EXPORT) {
        Ok(text) => Look::Got(text),
        Err(cause) => Look::Failed(cause),
    }
}

/// The text of a file that another run of ours wrote, of at most `largest` bytes.
///
/// # Errors
/// When it is not there, is empty, larger, or cannot be read; the cause names it.
pub fn written(path: &str, largest: u64) -> Result<String, Cause> {
    match text(Path::new(path), largest) {
        Ok(text) if text.trim().is_empty() => Err(Cause::new(format!("{path} is empty"))),
        Ok(text) => Ok(text),
        Err(cause) => {
            Err(Cause { message: format!("{path} cannot be read: {}", cause.message), hint: cause.hint })
        }
    }
}

fn text(path: &Path, largest: u64) -> Result<String, Cause> {
    let mut opened = fs::File::open(path).map_err(|error| reading(path, &error))?;
    let meta = opened.metadata().map_err(|error| reading(path, &error))?;
    if meta.is_dir() {
        return Err(Cause::new("it is a folder").hint("name a file"));
    }
    // A device or a pipe tells no length, so the limit is on what is read.
    let known = usize::try_from(meta.len().min(largest)).unwrap_or(0);
    let mut bytes = vec![0; known + 1];
    let first = if meta.is_file() { opened.read(&mut bytes) } else { Ok(0) };
    let first = first.map_err(|error| reading(path, &error))?;
    bytes.truncate(first);
    // A file that gave what its length says, and had room to give more, is at its end.
    if first == 0 || first as u64 != meta.len() {
        let rest = (largest + 1).saturating_sub(first as u64);
        opened.take(rest).read_to_end(&mut bytes).map_err(|error| reading(path, &error))?;
    }
    if bytes.len() as u64 > largest {
        return Err(too_large(largest));
    }
    decoded(bytes)
}

pub(super) fn too_large(largest: u64) -> Cause {
    Cause::new(format!("it is larger than {} MiB", largest >> 20)).hint("is it the right file?")
}

/// The bytes of a text file as text.
pub(super) fn decoded(bytes: Vec<u8>) -> Result<String, Cause> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Cause::new("it is UTF-16").hint("save it as UTF-8"));
    }
    if bytes.contains(&0) {
        return Err(Cause::new("it holds NUL bytes, so it is no text").hint("is it the right file?"));
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

pub(super) fn reading(path: &Path, error: &io::Error) -> Cause {
    let cause = Cause::new(match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("reading failed: {error}"),
    });
    match (error.kind(), path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists())) {
        (io::ErrorKind::NotFound, Some(parent)) => {
            cause.hint(format!("the folder {} does not exist either", parent.display()))
        }
        (io::ErrorKind::NotFound, None) => cause.hint("create it, or mend the path"),
        _ => cause,
    }
}

/// Whether something of that name exists, be it a link to nowhere.
pub fn exists(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The permission bits of a file.
pub fn mode(path: &str) -> Look<u32> {
    use std::os::unix::fs::PermissionsExt;
    match fs::metadata(path) {
        Ok(meta) => Look::Got(meta.permissions().mode() & 0o777),
        Err(error) => Look::Failed(reading(Path::new(path), &error)),
    }
}

/// Writes a new file whole; an existing one is never touched.
///
/// # Errors
/// The system's, with `AlreadyExists` for a file that is there.
pub fn create(path: &str, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Whether two paths are one file, by whatever name.
pub fn is_same(one: &str, other: &str) -> bool {
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// What is free on the disk that a file lies on, for whoever is no administrator.
///
/// # Errors
/// When the system does not tell.
pub fn free_bytes(path: &str) -> Result<u64, Cause> {
    let told = rustix::fs::statvfs(path)
        .map_err(|error| Cause::new(format!("the disk cannot be asked: {error}")))?;
    Ok(told.f_bavail.saturating_mul(told.f_frsize))
}

/// How long a file is.
///
/// # Errors
/// When it is not there, or may not be looked at.
pub fn bytes(path: &str) -> Result<u64, Cause> {
    fs::metadata(path).map(|meta| meta.len()).map_err(|error| reading(Path::new(path), &error))
}

/// What names a file that is there, whatever its path.
pub fn identity(path: &str) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|meta| format!("{} {}", meta.dev(), meta.ino()))
}

/// The same, and when it was made, as far as the system knows: another machine has no such file.
pub fn birth(path: &str) -> Option<String> {
    let made = fs::metadata(path).ok()?.created().ok();
    let made = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    Some(format!("{} {}", identity(path)?, made.unwrap_or_default().as_nanos()))
}

/// Makes a new folder; an existing one is an error.
///
/// # Errors
/// The system's, with `AlreadyExists` for a folder that is there.
pub fn create_folder(path: &str) -> io::Result<()> {
    fs::create_dir(path)
}

/// Makes a folder and those above it where they are missing.
///
/// # Errors
/// The system's.
pub fn ensure_folder(path: &str) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Puts `bytes` in the place of a file, through a neighbour that is renamed: readers see the old or the new one whole.
///
/// # Errors
/// The system's.
pub fn replace(path: &str, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link: what it points at is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    // A pipe or a device is written as it is: there is no other one to rename over it.
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let mut neighbour = path.clone().into_os_string();
    neighbour.push(format!(".{}.tmp", std::process::id()));
    let written = fs::write(&neighbour, bytes).and_then(|()| fs::rename(&neighbour, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&neighbour);
    }
    written
}
/// The text of a file that somebody named, which must hold something.
///
/// # Errors
/// When it is not there, is empty, or cannot be read; the cause names it.
pub fn needed(path: &str) -> Result<String, Cause> {
    written(path, LARGEST_BYTES)
}
