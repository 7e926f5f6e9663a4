//! A branch as it will be once it is merged, made without touching the repository.
//!
//! The working tree (HEAD, tracked changes, files that are neither tracked nor ignored) becomes a commit that only a scratch
//! folder holds, and `git merge-tree` merges it with the named one. Index and objects of the user are read, never
//! written; the scratch folder is private, and goes with the value.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use tempfile::TempDir;

use super::batch::Batch;
use super::call::Git;
use super::listing::{EntryKind, Listing, list};
use super::places::Places;
use super::reference::Clone;
use super::tree::GitTree;
use super::working::{Working, working};
use crate::model::{Cause, Look};

/// The first version whose `merge-tree` merges whole trees.
const NEEDED: (u32, u32) = (2, 38);

/// The working tree merged with a commit, and the trees it was made of.
pub struct Merge {
    pub(super) reference: String,
    pub(super) places: Places,
    /// Ends before the scratch folder goes, in the order of the fields.
    pub(super) batch: Mutex<Batch>,
    pub(super) working: Working,
    pub(super) ours: Listing,
    pub(super) theirs: Listing,
    pub(super) merged: Listing,
    pub(super) conflicts: BTreeMap<String, Cause>,
    base: OnceLock<Listing>,
    ids: Ids,
    git: Git,
    _scratch: TempDir,
}

/// What was merged with what.
struct Ids {
    theirs: String,
    base: String,
    merged: String,
}

impl Merge {
    /// Merges what lies in the repository of `folder` with the commit that `reference` names.
    ///
    /// # Errors
    /// When there is no git, no repository, no such commit, or not enough history, with what to do.
    pub fn of(folder: &str, reference: &str) -> Result<Self, Cause> {
        let start = Git::at(Path::new(if folder.is_empty() { "." } else { folder }));
        check_version(&start)?;
        let top = top(&start)?;
        let plain = Git::at(&top);
        let theirs = Clone::of(&plain)?.commit(reference)?;
        let scratch = tempfile::Builder::new().prefix("trueup-").tempdir();
        let scratch =
            scratch.map_err(|error| Cause::new(format!("no scratch folder can be made: {error}")))?;
        let git = aside(&plain, &top, scratch.path())?;
        let working = working(&git, &top, scratch.path())?;
        let base = Clone::of(&git)?.merge_base(&working.commit, &theirs, reference)?;
        let (merged, conflicted) = merge(&git, &working.commit, &theirs)?;
        let places =
            Places::new(&top).map_err(|error| Cause::new(format!("this folder is gone: {error}")))?;
        let cause = |name: String| {
            let cause = Cause::new(format!("it conflicts with {reference}"));
            (name, cause.hint(format!("merge {reference}, and mend the conflict")))
        };
        Ok(Self {
            reference: reference.to_owned(),
            places,
            batch: Mutex::new(Batch::start(git.clone())?),
            ours: list(&git, &working.commit)?,
            theirs: list(&git, &theirs)?,
            merged: list(&git, &merged)?,
            conflicts: conflicted.into_iter().map(cause).collect(),
            working,
            base: OnceLock::new(),
            ids: Ids { theirs, base, merged },
            git,
            _scratch: scratch,
        })
    }

    /// The commit as it was named.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What the branch will be.
    pub fn merged(&self) -> GitTree<'_> {
        GitTree::merged(self)
    }

    /// What the named commit is.
    pub fn theirs(&self) -> GitTree<'_> {
        GitTree::of(self, &self.theirs)
    }

    /// What both began with. Where there are several such commits, the first that git names.
    ///
    /// # Errors
    /// When git cannot list it.
    pub fn base(&self) -> Result<GitTree<'_>, Cause> {
        if self.base.get().is_none() {
            let _ = self.base.set(list(&self.git, &self.ids.base)?);
        }
        let base = self.base.get().ok_or_else(|| Cause::new("the merge base is not listed"))?;
        Ok(GitTree::of(self, base))
    }

    /// The files in which the two sides cannot both be had, as printed.
    pub fn conflicts(&self) -> impl Iterator<Item = (String, &Cause)> {
        self.conflicts.iter().map(|(name, cause)| (self.places.printed(name), cause))
    }

    /// Repositories inside this one, as printed. They are not looked into.
    pub fn left_out(&self) -> impl Iterator<Item = String> {
        let submodules = self.merged.iter().filter(|(_, entry)| entry.kind == EntryKind::Submodule);
        let nested = self.working.nested.iter();
        submodules.map(|(name, _)| name).chain(nested).map(|name| self.places.printed(name))
    }

    /// Whether the merge gives a file, by its printed path, another content than it has here.
    pub fn changes(&self, path: &str) -> bool {
        let name = self.places.inside(path);
        name.is_some_and(|name| {
            self.merged.get(&name).is_some_and(|merged| self.ours.get(&name) != Some(merged))
        })
    }

    /// The ids of what was merged and of what came out, by name.
    pub fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Ids { theirs, base, merged } = &self.ids;
        [("against", theirs.as_str()), ("merge_base", base), ("merged_tree", merged)].into_iter()
    }

    /// The content of an object as text.
    pub(super) fn text(&self, object: &str) -> Look<String> {
        let mut batch = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        match batch.content(object).and_then(crate::stores::files::decoded) {
            Ok(text) => Look::Got(text),
            Err(cause) => Look::Failed(cause),
        }
    }
}

fn check_version(git: &Git) -> Result<(), Cause> {
    let said = git.line(&["--version"])?;
    let numbers =
        said.trim_start_matches(|c: char| !c.is_ascii_digit()).split('.').map(|part| part.parse().ok());
    let version: Vec<u32> = numbers.map_while(|number| number).take(2).collect();
    match version.as_slice() {
        [major, minor] if (*major, *minor) >= NEEDED => Ok(()),
        _ => {
            let cause = Cause::new(format!("{said} cannot merge without touching files"));
            Err(cause.hint(format!("--against needs git {}.{} or newer", NEEDED.0, NEEDED.1)))
        }
    }
}

/// The top of the working tree.
fn top(git: &Git) -> Result<PathBuf, Cause> {
    let asked = ["rev-parse", "--show-toplevel"];
    let answer = git.ask(&asked)?;
    if answer.code == Some(0) {
        return git.path(&asked);
    }
    if answer.said.contains("not a git repository") {
        let cause = Cause::new("there is no git repository here, so there is nothing to compare with");
        return Err(cause.hint("lint without --against"));
    }
    Err(answer.failure("rev-parse"))
}

/// Git with an index and an object folder of its own in `scratch`, both filled from the user's.
fn aside(plain: &Git, top: &Path, scratch: &Path) -> Result<Git, Cause> {
    let cannot = |error: std::io::Error| Cause::new(format!("the scratch folder cannot be filled: {error}"));
    let own = plain.path(&["rev-parse", "--git-path", "index"])?;
    let index = scratch.join("index");
    if own.exists() {
        fs::copy(&own, &index).map_err(cannot)?;
        // Git takes a file for changed when it is no older than the index; a younger copy would hide changes.
        let modified = fs::metadata(&own).and_then(|meta| meta.modified()).map_err(cannot)?;
        let copy = fs::OpenOptions::new().write(true).open(&index).map_err(cannot)?;
        copy.set_modified(modified).map_err(cannot)?;
    }
    let objects = scratch.join("objects");
    fs::create_dir(&objects).map_err(cannot)?;
    let mut git = Git::at(top);
    git.set("GIT_INDEX_FILE", index);
    git.set("GIT_OBJECT_DIRECTORY", objects);
    let users = plain.path(&["rev-parse", "--git-path", "objects"])?;
    git.set("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&users));
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        git.set(format!("{name}_NAME"), "trueup");
        git.set(format!("{name}_EMAIL"), "trueup@localhost");
        git.set(format!("{name}_DATE"), "@0 +0000");
    }
    git.configure(&programs(plain)?);
    Ok(git)
}

/// A path in a list that is separated by colons: git takes C's quotes around it.
fn quoted(path: &Path) -> std::ffi::OsString {
    let text = path.to_string_lossy();
    if !text.contains(':') && !text.starts_with('"') {
        return path.as_os_str().to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

/// Every configured filter and merge driver, with what stands for it here: content is taken unfiltered, and what a driver
/// would merge is a conflict.
fn programs(git: &Git) -> Result<Vec<(String, &'static str)>, Cause> {
    let pattern = r"^(filter\..*\.(clean|process|required)|merge\..*\.driver)$";
    let answer = git.ask(&["config", "-z", "--name-only", "--get-regexp", pattern])?;
    let stand_in = |name: &str| match name.rsplit_once('.').map_or("", |(_, last)| last) {
        "required" | "driver" => "false",
        _ => "",
    };
    let names = String::from_utf8_lossy(&answer.out).into_owned();
    match answer.code {
        Some(0 | 1) => {
            let names = names.split('\0').filter(|name| !name.is_empty());
            Ok(names.map(|name| (name.to_owned(), stand_in(name))).collect())
        }
        _ => Err(answer.failure("config")),
    }
}

/// The tree that merging two commits gives, and the names that conflict in it.
fn merge(git: &Git, ours: &str, theirs: &str) -> Result<(String, Vec<String>), Cause> {
    let options = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs];
    let answer = git.ask(&options)?;
    let out = String::from_utf8_lossy(&answer.out).into_owned();
    let mut parts = out.split('\0').filter(|part| !part.is_empty()).map(str::to_owned);
    match (answer.code, parts.next()) {
        (Some(0), Some(tree)) => Ok((tree, Vec::new())),
        (Some(1), Some(tree)) => {
            let names: Vec<String> = parts.collect();
            if names.is_empty() {
                return Err(Cause::new("git finds the merge unclean and names no file"));
            }
            Ok((tree, names))
        }
        _ => {
            let cause = answer.failure("merge-tree");
            let hint = "a partial clone may lack what is merged: `git fetch --refetch --no-filter origin`";
            Err(if cause.hint.is_some() { cause } else { cause.hint(hint) })
        }
    }
}
