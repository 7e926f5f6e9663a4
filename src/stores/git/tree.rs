//! One git tree as the rules' facts are made from it.
//!
//! What git cannot know comes from the working tree, as without `--against`: permission bits, files that git ignores (a
//! deployed `.env`) and files outside the repository. They are the same for every tree of a merge.
use super::is_tracked;
use super::listing::{EntryKind, Listing};
use super::merge::Merge;
use crate::model::path::under;
use crate::model::{Cause, Look, Reason};
use crate::rules::{Sides, Tree};
use crate::stores::checkout::Checkout;
use crate::stores::discover::is_foreign;
use crate::stores::files;

/// As many links are followed one after another, as the system itself does.
const MOST_LINKS: usize = 40;

/// A tree of a [`Merge`].
pub struct GitTree<'m> {
    merge: &'m Merge,
    listing: &'m Listing,
    /// Whether the working tree is part of it, with what cannot be read there and what conflicts.
    is_merged: bool,
}

/// Where a name leads.
enum Spot<'m> {
    File(&'m str),
    Folder,
    /// To a file that git does not know: its whole path.
    Beside(String),
    Unread(&'m Cause),
    Submodule(String),
    Nowhere,
}

impl<'m> GitTree<'m> {
    pub(super) fn merged(merge: &'m Merge) -> Self {
        Self { merge, listing: &merge.merged, is_merged: true }
    }

    pub(super) fn of(merge: &'m Merge, listing: &'m Listing) -> Self {
        Self { merge, listing, is_merged: false }
    }

    fn find(&self, printed: &str) -> Spot<'m> {
        let Some(mut name) = self.merge.places.inside(printed) else {
            return Spot::Beside(printed.to_owned());
        };
        for _ in 0..MOST_LINKS {
            if let Some(cause) = self.unread(&name) {
                return Spot::Unread(cause);
            }
            let Some((stop, rest)) = self.stop(&name) else {
                return if self.is_folder(&name) { Spot::Folder } else { self.beside(&name) };
            };
            let Some(entry) = self.listing.get(stop) else { return Spot::Nowhere };
            match entry.kind {
                EntryKind::File if rest.is_empty() => return Spot::File(&entry.object),
                EntryKind::File => return Spot::Nowhere,
                EntryKind::Submodule => return Spot::Submodule(stop.to_owned()),
                EntryKind::Link => {
                    let Look::Got(target) = self.merge.text(&entry.object) else { return Spot::Nowhere };
                    let folder = stop.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let lead = under(&self.merge.places.absolute(folder), &target);
                    let absolute = if rest.is_empty() { lead } else { format!("{lead}/{rest}") };
                    match self.merge.places.inside(&absolute) {
                        Some(inside) => name = inside,
                        None => return Spot::Beside(absolute),
                    }
                }
            }
        }
        Spot::Nowhere
    }

    /// The first part of a name that is no folder, and what follows it.
    fn stop<'n>(&self, name: &'n str) -> Option<(&'n str, &'n str)> {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        ends.filter_map(|end| name.split_at_checked(end))
            .find(|(part, _)| self.listing.contains_key(*part))
            .map(|(part, rest)| (part, rest.trim_start_matches('/')))
    }

    fn is_folder(&self, name: &str) -> bool {
        self.below(name).next().is_some()
    }

    fn below(&self, folder: &str) -> impl Iterator<Item = (&'m str, EntryKind)> + use<'m> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.listing.range(prefix.clone()..);
        from.take_while(move |(name, _)| name.starts_with(&prefix))
            .map(|(name, entry)| (name.as_str(), entry.kind))
    }

    fn unread(&self, name: &str) -> Option<&'m Cause> {
        let merge = self.merge;
        self.is_merged.then(|| merge.conflicts.get(name).or_else(|| merge.working.unread.get(name))).flatten()
    }

    /// What this tree lacks is beside it when git does not know it at all; else this side has it no more, or not yet.
    fn beside(&self, name: &str) -> Spot<'m> {
        let merge = self.merge;
        let is_known = merge.ours.contains_key(name) || merge.working.unread.contains_key(name);
        let absolute = merge.places.absolute(name);
        if is_known || !files::exists(&absolute) { Spot::Nowhere } else { Spot::Beside(absolute) }
    }

    fn nowhere(&self, printed: &str) -> Cause {
        let name = self.merge.places.inside(printed).unwrap_or_default();
        if self.is_merged && self.merge.ours.contains_key(&name) {
            return Cause::new(format!("the merge with {} removes it", self.merge.reference));
        }
        Cause::new("no such file").hint("create it, or mend the path")
    }
}

impl<'m> Tree for GitTree<'m> {
    fn text(&self, path: &str) -> Look<String> {
        match self.find(path) {
            Spot::File(object) => self.merge.text(object),
            Spot::Beside(path) => files::read(&path),
            Spot::Folder => Look::Failed(Cause::new("it is a folder").hint("name a file")),
            Spot::Unread(cause) => Look::Failed(cause.clone()),
            Spot::Submodule(name) => {
                let cause =
                    Cause::new(format!("it lies in the submodule {name}, which --against leaves out"));
                Look::Failed(cause.hint("lint without --against reads it"))
            }
            Spot::Nowhere => Look::Failed(self.nowhere(path)),
        }
    }

    fn mode(&self, path: &str) -> Look<u32> {
        if files::exists(path) {
            return files::mode(path);
        }
        Look::NotAsked(Reason("git keeps no permissions, and the file does not lie here".into()))
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        let Some(name) = self.merge.places.inside(path) else { return is_tracked(path) };
        let only_lies_here = self.is_merged
            && self.merge.working.untracked.contains(&name)
            && !self.merge.theirs.contains_key(&name);
        Look::Got(self.listing.contains_key(&name) && !only_lies_here)
    }

    fn files(&self, folder: &str) -> (Vec<String>, Vec<Cause>) {
        let Some(inside) = self.merge.places.inside(folder) else { return Checkout::default().files(folder) };
        let is_file = |(name, kind): &(&str, EntryKind)| match kind {
            EntryKind::File => true,
            EntryKind::Submodule => false,
            EntryKind::Link => !matches!(self.find(&self.merge.places.absolute(name)), Spot::Folder),
        };
        let listed = self.below(&inside).filter(is_file).map(|(name, _)| name);
        let unread = self.is_merged.then_some(&self.merge.working.unread).into_iter().flatten();
        let unlisted = unread.map(|(name, _)| name.as_str()).filter(|name| !self.listing.contains_key(*name));
        let below = |name: &'m str| match inside.as_str() {
            "" => Some(name),
            inside => name.strip_prefix(inside)?.strip_prefix('/'),
        };
        let mut found: Vec<String> = listed
            .chain(unlisted)
            .filter_map(below)
            .filter(|name| !name.split('/').any(is_foreign))
            .map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
            .collect();
        found.sort();
        (found, if self.is_merged { self.merge.working.unseen.clone() } else { Vec::new() })
    }

    fn has(&self, path: &str) -> bool {
        let is_named = || {
            let name = self.merge.places.inside(path);
            name.is_some_and(|name| self.listing.contains_key(&name))
        };
        match self.find(path) {
            Spot::File(_) | Spot::Folder | Spot::Unread(_) | Spot::Submodule(_) => true,
            Spot::Beside(path) => files::exists(&path),
            // A link to nowhere is a file that cannot be read.
            Spot::Nowhere => is_named(),
        }
    }

    fn sides(&self) -> Option<Sides<'_>> {
        let merge = self.merge;
        self.is_merged.then(|| Sides {
            reference: &merge.reference,
            base: merge.base().map(|base| Box::new(base) as Box<dyn Tree>),
            ours: Box::new(GitTree::of(merge, &merge.ours)),
            theirs: Box::new(merge.theirs()),
        })
    }
}
