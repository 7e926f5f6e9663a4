//! The files of one git tree, by their names.
use std::collections::BTreeMap;

use super::call::Git;
use crate::model::Cause;

/// Everything in a tree but its folders, by name from the top.
pub(super) type Listing = BTreeMap<String, Entry>;

/// One name in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    /// The object's id.
    pub(super) object: String,
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    /// A link: its content is where it leads.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// Lists a tree, or the tree of a commit. Names that are no UTF-8 get U+FFFD, as everywhere.
pub(super) fn list(git: &Git, tree: &str) -> Result<Listing, Cause> {
    let out = git.get(&["ls-tree", "-r", "-z", "--full-tree", tree])?;
    Ok(out.split(|byte| *byte == 0).filter_map(entry).collect())
}

/// `<mode> SP <type> SP <object> TAB <name>`
fn entry(line: &[u8]) -> Option<(String, Entry)> {
    let line = String::from_utf8_lossy(line);
    let (about, name) = line.split_once('\t')?;
    let mut words = about.split(' ');
    let kind = match words.next()? {
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::File,
    };
    Some((name.to_owned(), Entry { kind, object: words.nth(1)?.to_owned() }))
}
