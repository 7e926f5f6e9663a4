//! Values that are told later, or never: in memory as long as they are few, then in a nameless temporary file, which is gone when this
//! is, also after a crash.
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::SpooledTempFile;

use crate::model::Cause;

/// As much is kept in memory.
const IN_MEMORY_BYTES: usize = 1 << 20;

/// A line of JSON for each value, in the order in which they came.
pub struct Spool {
    file: SpooledTempFile,
    end: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self { file: SpooledTempFile::new(IN_MEMORY_BYTES), end: 0 }
    }
}

fn fail(error: &std::io::Error) -> Cause {
    Cause::new(format!("a temporary file cannot be used: {error}")).hint("make room where `TMPDIR` points")
}

impl Spool {
    /// Adds a value.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn put(&mut self, value: &impl Serialize) -> Result<(), Cause> {
        let mut line = serde_json::to_vec(value).map_err(|error| fail(&error.into()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|error| fail(&error))?;
        self.end += line.len() as u64;
        Ok(())
    }

    /// The place behind the last value, for [`Self::cut`].
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Forgets what came behind a place.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn cut(&mut self, end: u64) -> Result<(), Cause> {
        let cut = self.file.set_len(end).and_then(|()| self.file.seek(SeekFrom::Start(end)));
        self.end = cut.map_err(|error| fail(&error))?;
        Ok(())
    }

    /// Tells every value.
    ///
    /// # Errors
    /// When they cannot be read again, or that of `each`.
    pub fn tell<T: DeserializeOwned>(
        mut self,
        mut each: impl FnMut(T) -> Result<(), Cause>,
    ) -> Result<(), Cause> {
        self.file.rewind().map_err(|error| fail(&error))?;
        for line in BufReader::new(self.file).split(b'\n') {
            let line = line.map_err(|error| fail(&error))?;
            each(serde_json::from_slice(&line).map_err(|error| fail(&error.into()))?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_is_not_told() {
        let mut spool = Spool::default();
        let long = "x".repeat(IN_MEMORY_BYTES / 2);
        for number in 0..5 {
            spool.put(&(number, &long)).unwrap();
        }
        let end = spool.end();
        spool.put(&(5, "gone")).unwrap();
        spool.cut(end).unwrap();
        spool.put(&(6, "kept")).unwrap();
        let mut told = Vec::new();
        spool
            .tell(|(number, _): (u32, String)| {
                told.push(number);
                Ok(())
            })
            .unwrap();
        assert_eq!(told, [0, 1, 2, 3, 4, 6]);
    }
}
