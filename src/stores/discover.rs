//! What a repository holds, git-ignored files left out.
use std::path::Path;

use ignore::WalkBuilder;

/// The files below a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Their paths below the folder that was searched, sorted.
    pub files: Vec<String>,
    /// What could not be searched, and why, in the system's words.
    pub unseen: Vec<String>,
}

/// Folders of other people's code, which a repository may have committed all the same.
const FOREIGN: &[&str] =
    &["node_modules", "vendor", "third_party", ".git", ".venv", "venv", "target", "site-packages"];

/// Whether a folder of this name holds other people's code.
pub(super) fn is_foreign(name: &str) -> bool {
    FOREIGN.contains(&name)
}

/// Lists the files below `folder`. Costs one pass over the names that git does not ignore; no file is opened.
pub fn discover(folder: &str) -> Found {
    let root = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let mut found = Found::default();
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| !entry.file_name().to_str().is_some_and(is_foreign))
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unseen.push(error.to_string());
                continue;
            }
        };
        // A link is a file when it points at one; one that points nowhere is found, and could then not be read.
        let kind = entry.file_type();
        let is_link = kind.is_some_and(|kind| kind.is_symlink()) && !entry.path().is_dir();
        if is_link || kind.is_some_and(|kind| kind.is_file()) {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            found.files.push(path.to_string_lossy().into_owned());
        }
    }
    // In the order in which a person walks: what is in a folder stands where the folder's name does.
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    found.files.sort_unstable_by(|one, other| one.bytes().map(rank).cmp(other.bytes().map(rank)));
    found.unseen.sort_unstable();
    found
}
