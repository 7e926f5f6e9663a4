//! Declared files: paths, folders and globs, looked up in a tree.
use super::Tree;
use crate::manifest::{At, Source, path_glob};
use crate::model::{Cause, Place};

/// What was found for some declared patterns.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The files in order, each once, with the place that named it. One that is named outright need not exist.
    pub(super) found: Vec<(String, Option<Place>)>,
    /// Patterns for which nothing was found, and folders that could not be searched.
    pub(super) absent: Vec<Cause>,
}

/// Looks up patterns. A folder stands for the files below it that end in `ending`. Costs one listing a pattern.
pub(super) fn files(patterns: &[At<String>], ending: &str, source: &Source, tree: &dyn Tree) -> Files {
    let mut files = Files::default();
    for pattern in patterns {
        let printed = source.path_of(pattern);
        let place = source.place_of(pattern);
        let is_glob = printed.contains(['*', '?', '[', '{']);
        let is_file = !is_glob && (tree.text(&printed).got().is_some() || !tree.has(&printed));
        if is_file {
            files.found.push((printed, place));
            continue;
        }
        let folder = if is_glob { base(&printed) } else { printed.as_str() };
        let (all, unseen) = tree.files(folder);
        files.absent.extend(unseen);
        let glob = path_glob(&printed).ok();
        let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let fits = |path: &String| match &glob {
            Some(glob) if is_glob => glob.is_match(path),
            _ => path.starts_with(&below) && path.ends_with(ending),
        };
        let before = files.found.len();
        files.found.extend(all.into_iter().filter(fits).map(|path| (path, place.clone())));
        if files.found.len() == before {
            let what = if is_glob { "no file matches" } else { "there is nothing to read in" };
            let cause = Cause::new(format!("{what} `{printed}`"));
            files.absent.push(cause.hint("mend the path; files that git ignores are not listed"));
        }
    }
    files.found.sort_by(|(one, _), (other, _)| one.cmp(other));
    files.found.dedup_by(|(one, _), (other, _)| one == other);
    files
}

/// The folder above the first part that is a glob.
fn base(pattern: &str) -> &str {
    let wild = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
    let plain = pattern.get(..wild).unwrap_or("");
    plain.rsplit_once('/').map_or("", |(folder, _)| folder)
}
