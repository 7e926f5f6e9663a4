//! The files of a checkout, as the rules' facts are made from them.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::discover::discover;
use super::{files, git};
use crate::model::{Cause, Look};
use crate::rules::Tree;

/// The files below the current folder, and the git repository that they lie in.
#[derive(Default)]
pub struct Checkout {
    /// Folders that were searched: a run asks for the same one several times.
    found: Mutex<BTreeMap<String, Listing>>,
}

/// The files below a folder, and what could not be searched.
type Listing = (Vec<String>, Vec<Cause>);

impl Tree for Checkout {
    fn text(&self, path: &str) -> Look<String> {
        files::read(path)
    }

    fn exported(&self, path: &str) -> Look<String> {
        files::exported(path)
    }

    fn mode(&self, path: &str) -> Look<u32> {
        files::mode(path)
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        git::is_tracked(path)
    }

    fn files(&self, folder: &str) -> Listing {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(folder) {
            return known.clone();
        }
        let listing = inside(folder, &found).unwrap_or_else(|| search(folder));
        found.insert(folder.to_owned(), listing.clone());
        listing
    }

    fn has(&self, path: &str) -> bool {
        files::exists(path)
    }
}

/// What a search of a folder above has found in this one already. Where it found nothing it may have left the folder out.
fn inside(folder: &str, found: &BTreeMap<String, Listing>) -> Option<Listing> {
    let is_above = |above: &str| {
        above.is_empty() || folder.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
    };
    let is_plain = !folder.starts_with('/') && !folder.split('/').any(|part| part == "." || part == "..");
    let is_whole = |listing: &Listing| listing.1.is_empty();
    let (_, (files, _)) =
        found.iter().find(|(above, known)| is_plain && is_above(above) && is_whole(known))?;
    let prefix = format!("{folder}/");
    let files: Vec<String> = files.iter().filter(|file| file.starts_with(&prefix)).cloned().collect();
    (!files.is_empty()).then_some((files, Vec::new()))
}

fn search(folder: &str) -> Listing {
    let found = discover(folder);
    let below = |path: &String| if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") };
    let unseen = |error: String| {
        Cause::new(error).hint("what lies there may be one of the files that are asked for; let it be read")
    };
    (found.files.iter().map(below).collect(), found.unseen.into_iter().map(unseen).collect())
}
