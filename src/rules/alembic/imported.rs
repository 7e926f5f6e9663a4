//! What revisions import from their own repository: the lock does not hold it.
use std::collections::BTreeMap;

use super::facts::{ChainFacts, Files};
use super::locate::Locator;
use crate::model::chain::Location;
use crate::model::{Gap, GapKind};

/// As many files are told one by one.
const SOME: usize = 4;

/// The files that revisions import, each with the ids of those that do.
pub(super) type Imported = BTreeMap<String, Vec<String>>;

/// Looks for what revisions import.
pub(super) fn imported(files: &Files, search_path: &[Location], locator: &Locator<'_>) -> Imported {
    let mut found = Imported::new();
    let mut known: BTreeMap<(&str, &str), Option<String>> = BTreeMap::new();
    for (file, revision) in files.revisions() {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for name in &revision.imports {
            let own = known.entry((folder, name)).or_insert_with(|| {
                let of = |name: &str| locator.imported(&file.path, name, search_path);
                // The last name is a module, or is in one.
                of(name).or_else(|| of(name.trim_end_matches(|c| c != '.').strip_suffix('.')?))
            });
            if let Some(path) = own {
                let ids = found.entry(path.clone()).or_default();
                if ids.last() != Some(&revision.id.text) {
                    ids.push(revision.id.text.clone());
                }
            }
        }
    }
    found
}

impl ChainFacts {
    /// What locked revisions import, and the lock does not hold.
    pub(super) fn unlocked_imports(&self, is_locked: impl Fn(&str) -> bool) -> Option<Gap> {
        let locked = |ids: &Vec<String>| ids.iter().filter(|id| is_locked(id)).count();
        let all: Vec<(&String, usize)> = self
            .imported
            .iter()
            .map(|(path, ids)| (path, locked(ids)))
            .filter(|(_, count)| *count > 0)
            .collect();
        let mut said: Vec<String> =
            all.iter().take(SOME).map(|(path, count)| format!("{path} ({count} revision(s))")).collect();
        if said.is_empty() {
            return None;
        }
        if all.len() > SOME {
            said.push(format!("and {} more", all.len() - SOME));
        }
        let reason = format!(
            "locked revisions import what the lock does not hold, so that nobody is told when it is edited: {}",
            said.join(", ")
        );
        Some(Gap { on: self.object(), kind: GapKind::NotCompared, reason })
    }
}
