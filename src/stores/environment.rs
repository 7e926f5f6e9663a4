//! The process's environment, and the `.env` beside a manifest that endpoint secrets may be kept in.
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::model::Cause;

/// Every variable of the process, in the order of their keys. Bytes that are no UTF-8 become U+FFFD.
pub fn variables() -> Vec<(String, String)> {
    let text = |(key, value): (OsString, OsString)| {
        (key.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    };
    let mut all: Vec<_> = std::env::vars_os().map(text).collect();
    all.sort();
    all
}

/// Where `${NAME}` in a manifest is looked up: the process's environment, then the `.env` beside the manifest.
pub struct Secrets {
    kept: BTreeMap<String, String>,
}

impl Secrets {
    /// Reads `.env` in `folder` when there is one.
    ///
    /// # Errors
    /// When it is there and cannot be read. The library's own message holds the raw line, so it is not passed on.
    pub fn beside(folder: &str) -> Result<Self, Cause> {
        let path = if folder.is_empty() { ".env".to_owned() } else { format!("{folder}/.env") };
        if !Path::new(&path).is_file() {
            return Ok(Self { kept: BTreeMap::new() });
        }
        let unreadable = || {
            Cause::new(format!("{path} cannot be read as an env file"))
                .hint("`trueup guard --env-file` names its bad lines")
        };
        let entries = dotenvy::from_path_iter(&path).map_err(|_| unreadable())?;
        let kept = entries.collect::<Result<_, _>>().map_err(|_| unreadable())?;
        Ok(Self { kept })
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().or_else(|| self.kept.get(name).cloned())
    }
}
