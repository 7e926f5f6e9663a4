//! A file that is written line by line, each a value as JSON.
use std::fs::File;
use std::io::{BufWriter, Write};

use serde::Serialize;

use crate::model::Cause;

/// A file being written. The first error is kept, and told at the end.
pub struct Lines {
    path: String,
    out: BufWriter<File>,
    failed: Option<std::io::Error>,
}

impl Lines {
    /// Makes the file anew.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &str) -> Result<Self, Cause> {
        let file = File::create(path).map_err(|error| cannot(path, &error))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file), failed: None })
    }

    /// Writes one line.
    pub fn write(&mut self, value: &impl Serialize) {
        if self.failed.is_none() {
            let written = serde_json::to_writer(&mut self.out, value).map_err(std::io::Error::from);
            self.failed = written.and_then(|()| self.out.write_all(b"\n")).err();
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When any line could not be written.
    pub fn finish(mut self) -> Result<(), Cause> {
        let written = self.failed.take().map_or_else(|| self.out.flush(), Err);
        written.map_err(|error| cannot(&self.path, &error))
    }
}

fn cannot(path: &str, error: &std::io::Error) -> Cause {
    Cause::new(format!("{path} cannot be written: {error}")).hint("name a file that may be written")
}
