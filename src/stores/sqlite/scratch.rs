//! A database file that trueup makes for itself and removes again.
use std::hash::{BuildHasher, Hasher};
use std::path::PathBuf;

use super::{SqliteFile, create, run};
use crate::model::Cause;

/// A file in the system's folder for temporary ones. It goes when this value does.
pub struct ScratchFile {
    folder: PathBuf,
    file: SqliteFile,
}

impl ScratchFile {
    /// Makes a database from a script.
    ///
    /// # Errors
    /// When no file can be made, or a statement of the script fails.
    pub async fn create(script: &str) -> Result<Self, Cause> {
        let random = std::hash::RandomState::new().build_hasher().finish();
        let folder = std::env::temp_dir().join(format!("trueup-scratch-{random:016x}"));
        // One of its own, so that nobody else's file is ever in the way.
        std::fs::create_dir(&folder)
            .map_err(|error| Cause::new(format!("no scratch database can be made: {error}")))?;
        let path = folder.join("scratch.db").to_string_lossy().into_owned();
        let scratch = Self { folder, file: SqliteFile { path: path.clone(), immutable: false } };
        create(&path, "")
            .await
            .map_err(|cause| Cause::new(cause.message.replace(&path, "the scratch database")))?;
        scratch.load(script).await?;
        Ok(scratch)
    }

    /// Runs a script in it.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn load(&self, script: &str) -> Result<(), Cause> {
        run(&self.file.path, script).await.map_err(|why| {
            Cause::new(format!("the SQL file cannot be loaded into a scratch database: {why}"))
                .hint("it must run as it is in an empty database")
        })
    }

    /// It as an application would be given it, beginning with `scheme`, such as `sqlite+aiosqlite`.
    pub fn spelled(&self, scheme: &str) -> String {
        // What follows the third slash is the path, which is absolute.
        format!("{scheme}:///{}", self.file.path)
    }

    /// Where it is.
    pub fn file(&self) -> &SqliteFile {
        &self.file
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // Nothing is lost when it stays.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
