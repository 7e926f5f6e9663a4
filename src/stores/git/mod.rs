//! What git knows: whether it tracks a file, what a commit holds, what a merge would give.
//!
//! The program itself is asked, so that its configuration counts; see [`call`] for what it is kept from.
mod batch;
mod call;
mod listing;
mod merge;
mod places;
mod reference;
mod tree;
mod working;

use std::path::Path;

pub use merge::Merge;
pub use tree::GitTree;

use call::Git;

use crate::model::{Cause, Look, Reason};

/// Whether git tracks the file. A file outside every repository is not asked about.
pub fn is_tracked(path: &str) -> Look<bool> {
    let path = Path::new(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return Look::Failed(Cause::new("it names no file"));
    };
    match Git::at(folder).ask(&["ls-files".as_ref(), "-z".as_ref(), "--".as_ref(), name]) {
        Ok(answer) if answer.code == Some(0) => Look::Got(!answer.out.is_empty()),
        Ok(answer) if answer.said.contains("not a git repository") => {
            Look::NotAsked(Reason("it lies in no git repository".into()))
        }
        Ok(answer) => {
            Look::Failed(Cause::new(format!("git could not tell whether it is tracked: {}", answer.first())))
        }
        Err(cause) => Look::Failed(cause),
    }
}
