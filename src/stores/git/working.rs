//! What lies in a working tree, as a commit that only a scratch folder holds.
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::call::Git;
use crate::model::Cause;
use crate::stores::discover::is_foreign;
use crate::stores::files::{LARGEST_BYTES, reading, too_large};

/// The state that a developer has in front of them.
pub(super) struct Working {
    /// Its commit: HEAD itself where nothing was changed.
    pub(super) commit: String,
    /// Files that git does not track and does not ignore.
    pub(super) untracked: BTreeSet<String>,
    /// Files that cannot be read, and so are not in the commit as they are.
    pub(super) unread: BTreeMap<String, Cause>,
    /// Repositories inside that are no submodules.
    pub(super) nested: Vec<String>,
    /// Why something could not be searched.
    pub(super) unseen: Vec<Cause>,
}

/// Names for git to take up and to drop, each ended by a NUL.
#[derive(Default)]
struct Changes {
    taken: Vec<u8>,
    dropped: Vec<u8>,
}

/// Takes the working tree at `top` up. `git` writes to an index and an object folder in `scratch` alone.
///
/// # Errors
/// When there is no commit yet, or git fails.
pub(super) fn working(git: &Git, top: &Path, scratch: &Path) -> Result<Working, Cause> {
    let head = git.ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
    let head_commit = String::from_utf8_lossy(&head.out).trim().to_owned();
    if head.code != Some(0) || head_commit.is_empty() {
        return Err(
            Cause::new("this repository has no commit yet").hint("commit first, or lint without --against")
        );
    }
    let mut working = Working {
        commit: head_commit,
        untracked: BTreeSet::new(),
        unread: BTreeMap::new(),
        nested: Vec::new(),
        unseen: Vec::new(),
    };
    let changes = working.changes(git, top)?;
    for (names, arguments) in [
        (changes.dropped, &["update-index", "-z", "--force-remove", "--stdin"][..]),
        (changes.taken, &["update-index", "-z", "--add", "--replace", "--stdin"][..]),
    ] {
        if !names.is_empty() {
            let list = scratch.join("names");
            fs::write(&list, names)
                .map_err(|error| Cause::new(format!("the scratch folder is full: {error}")))?;
            git.feed(arguments, &list)?;
        }
    }
    let tree = git.line(&["write-tree"])?;
    // A merge that was begun and not committed has a second parent already.
    let merging =
        fs::read_to_string(git.path(&["rev-parse", "--git-path", "MERGE_HEAD"])?).unwrap_or_default();
    if !merging.is_empty() || tree != git.line(&["rev-parse", "HEAD^{tree}"])? {
        let parents = std::iter::once(working.commit.as_str()).chain(merging.lines());
        let mut arguments = vec!["commit-tree", &tree, "-m", "the working tree"];
        arguments.extend(parents.flat_map(|parent| ["-p", parent]));
        let commit = git.line(&arguments)?;
        working.commit = commit;
    }
    Ok(working)
}

impl Working {
    /// Sorts what differs from the index.
    fn changes(&mut self, git: &Git, top: &Path) -> Result<Changes, Cause> {
        let mut changes = Changes::default();
        let modified = git.get(&["ls-files", "-z", "--modified"])?;
        let mut names: BTreeSet<&[u8]> = names(&modified).collect();
        let others = git.ask(&["ls-files", "-z", "--others", "--exclude-standard"])?;
        if others.code != Some(0) {
            return Err(others.failure("ls-files"));
        }
        for line in others.said.lines().filter_map(|line| line.strip_prefix("warning: ")) {
            // The others are about configuration that cannot be read.
            if !line.starts_with("could not open directory") {
                continue;
            }
            let cause = Cause::new(line);
            self.unseen.push(
                cause.hint("what lies there may be one of the files that are asked for; let it be read"),
            );
        }
        // Other people's code that nobody ignores would fill the scratch folder; named files of it are read where they lie.
        let is_own = |name: &&[u8]| !text(name).split('/').any(is_foreign);
        for name in self::names(&others.out).filter(is_own) {
            self.untracked.insert(text(name));
            names.insert(name);
        }
        for name in names {
            self.sort(name, top, &mut changes);
        }
        Ok(changes)
    }

    fn sort(&mut self, name: &[u8], top: &Path, changes: &mut Changes) {
        let path = top.join(OsStr::from_bytes(name));
        let meta = match fs::symlink_metadata(&path) {
            // Behind a link that took the place of a folder lies another file.
            Ok(_) if !is_real(&path, top) => return drop_name(name, changes),
            Ok(meta) => meta,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return drop_name(name, changes);
            }
            Err(error) => return self.leave(name, reading(&path, &error)),
        };
        if meta.is_dir() {
            if fs::symlink_metadata(path.join(".git")).is_err() {
                drop_name(name, changes);
            } else if name.ends_with(b"/") {
                self.nested.push(text(name).trim_end_matches('/').to_owned());
            }
            return;
        }
        if meta.is_file() {
            if meta.len() > LARGEST_BYTES {
                return self.leave(name, too_large(LARGEST_BYTES));
            }
            if let Err(error) = fs::File::open(&path) {
                return self.leave(name, reading(&path, &error));
            }
        } else if !meta.is_symlink() {
            return self.leave(name, Cause::new("it is no regular file"));
        }
        changes.taken.extend_from_slice(name);
        changes.taken.push(0);
    }

    fn leave(&mut self, name: &[u8], cause: Cause) {
        self.unread.insert(text(name), cause);
    }
}

fn drop_name(name: &[u8], changes: &mut Changes) {
    changes.dropped.extend_from_slice(name);
    changes.dropped.push(0);
}

/// Whether the folders of a path below `top` are folders, and no links.
fn is_real(path: &Path, top: &Path) -> bool {
    let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != top);
    folders.all(|folder| fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()))
}

fn names(out: &[u8]) -> impl Iterator<Item = &[u8]> {
    out.split(|byte| *byte == 0).filter(|name| !name.is_empty())
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
