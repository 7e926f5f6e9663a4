//! The files of a checkout, as the rules' facts are made from them.
use super::discover::discover;
use super::{files, git};
use crate::model::{Cause, Look};
use crate::rules::Tree;

/// The files below the current folder, and the git repository that they lie in.
pub struct Checkout;

impl Tree for Checkout {
    fn text(&self, path: &str) -> Look<String> {
        files::read(path)
    }

    fn mode(&self, path: &str) -> Look<u32> {
        files::mode(path)
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        git::is_tracked(path)
    }

    fn files(&self, folder: &str) -> (Vec<String>, Vec<Cause>) {
        let found = discover(folder);
        let below = |path: &String| if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") };
        let unseen = |error: String| {
            Cause::new(error)
                .hint("what lies there may be one of the files that are asked for; let it be read")
        };
        (found.files.iter().map(below).collect(), found.unseen.into_iter().map(unseen).collect())
    }

    fn has(&self, path: &str) -> bool {
        files::exists(path)
    }
}
