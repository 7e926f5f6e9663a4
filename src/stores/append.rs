//! A file with text added at its end, or as it was: nobody ever sees less.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use super::files::{LARGEST_BYTES, reading, too_large};
use crate::model::Cause;

/// The text of a file exactly as it is, for [`append`].
///
/// # Errors
/// When it cannot be read, or is not UTF-8 throughout.
pub fn exact(path: &str) -> Result<String, Cause> {
    let path = Path::new(path);
    let size = fs::metadata(path).map_err(|error| reading(path, &error))?.len();
    if size > LARGEST_BYTES {
        return Err(too_large(LARGEST_BYTES));
    }
    let bytes = fs::read(path).map_err(|error| reading(path, &error))?;
    String::from_utf8(bytes).map_err(|_| Cause::new("it is not UTF-8 throughout").hint("save it as UTF-8"))
}

/// Puts `old` and `added` in the place of a file that holds `old`: through a neighbour of the same mode and owner, written
/// to the disk before it is renamed. A link stays, and what it points at is replaced.
///
/// # Errors
/// When the file is read-only, has a second name, was changed since `old` was read, or cannot be written; then it is as it was.
pub fn append(path: &str, old: &str, added: &str) -> Result<(), Cause> {
    let cannot = |error: io::Error| Cause::new(format!("it cannot be written: {error}"));
    let path = &fs::canonicalize(path).map_err(|error| reading(Path::new(path), &error))?;
    let meta = fs::metadata(path).map_err(cannot)?;
    if meta.mode() & 0o222 == 0 {
        return Err(Cause::new("it is read-only").hint("make it writable"));
    }
    if meta.nlink() > 1 {
        let cause = Cause::new("it has a second name (a hard link), which would keep the old text");
        return Err(cause.hint("make it a file of its own"));
    }
    // Whether it may be written is asked of the system, not guessed.
    OpenOptions::new().append(true).open(path).map_err(cannot)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut neighbour = tempfile::Builder::new().prefix(".trueup-").tempfile_in(folder).map_err(cannot)?;
    let file = neighbour.as_file_mut();
    file.write_all(old.as_bytes()).and_then(|()| file.write_all(added.as_bytes())).map_err(cannot)?;
    let made = file.metadata().map_err(cannot)?;
    if (made.uid(), made.gid()) != (meta.uid(), meta.gid()) {
        fchown(&*file, Some(meta.uid()), Some(meta.gid())).map_err(cannot)?;
    }
    file.set_permissions(meta.permissions()).and_then(|()| file.sync_all()).map_err(cannot)?;
    if fs::read(path).map_err(cannot)? != old.as_bytes() {
        return Err(Cause::new("it was changed meanwhile").hint("run again"));
    }
    neighbour.persist(path).map_err(|error| cannot(error.error))?;
    // The name is on the disk too once its folder is; not every file system can be asked for that.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
