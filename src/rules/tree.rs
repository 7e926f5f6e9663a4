//! What facts about files are made from.
use crate::model::{Cause, Look};

/// A tree of files, by their printed paths. The files of a checkout are one, the blocks of a rule's example another.
/// Several threads may ask it at once.
pub trait Tree: Sync {
    /// The whole text.
    fn text(&self, path: &str) -> Look<String>;

    /// The whole text of what a program exported, which is larger than what a person writes.
    fn exported(&self, path: &str) -> Look<String> {
        self.text(path)
    }

    /// The permission bits.
    fn mode(&self, path: &str) -> Look<u32>;

    /// Whether git tracks the file.
    fn is_tracked(&self, path: &str) -> Look<bool>;

    /// Every file below a folder, as printed paths, and what could not be searched. Files that git ignores and other
    /// people's code are left out.
    fn files(&self, folder: &str) -> (Vec<String>, Vec<Cause>);

    /// Whether there is such a file.
    fn has(&self, path: &str) -> bool;

    /// What it was merged of, when it is a merge.
    fn sides(&self) -> Option<Sides<'_>> {
        None
    }
}

/// What a merge was made of.
pub struct Sides<'t> {
    /// The other side, as it was named.
    pub reference: &'t str,
    /// What both sides began with, or why that cannot be had.
    pub base: Result<Box<dyn Tree + 't>, Cause>,
    /// This side.
    pub ours: Box<dyn Tree + 't>,
    /// The other side.
    pub theirs: Box<dyn Tree + 't>,
}
