//! What revisions use of their own repository: files that are no revisions, and that are edited all the same.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::ChainFacts;
use super::locate::Locator;
use super::lock::Held;
use super::revisions::Files;
use super::{AlembicFacts, lock};
use crate::digest::short::short;
use crate::manifest::Locked;
use crate::model::chain::{Location, Revision, RevisionFile};
use crate::model::path::under;
use crate::model::{Gap, GapKind, Looked, Object, Place, Span};
use crate::parse::python::{Wanted, part};
use crate::rules::Sink;
use crate::rules::allow::relative;

/// As many are told one by one.
const SOME: usize = 4;

/// As many files are held for a revision, those that it imports itself first.
const MOST_FILES: usize = 24;

/// What each revision uses of its repository, by the path of the revision's file.
pub(super) type Imported = BTreeMap<String, Used>;

/// What a revision uses of its repository.
#[derive(Default, Clone)]
pub(super) struct Used {
    /// The files that it imports something from, be it through others, each with a digest of the part that it uses; without one
    /// the file cannot be read.
    pub(super) files: BTreeMap<String, String>,
    /// Whether there are more.
    pub(super) is_cut: bool,
}

/// Looks for what revisions use.
pub(super) fn imported(files: &Files, search_path: &[Location], locator: &Locator<'_>) -> Imported {
    let mut follow = Follow { search_path, locator, homes: BTreeMap::new(), parts: BTreeMap::new() };
    let of = |(file, revision): (&RevisionFile, &Revision)| {
        let used = follow.used(&file.path, &revision.imports);
        (!used.files.is_empty()).then(|| (file.path.clone(), used))
    };
    files.revisions().filter_map(of).collect()
}

/// Where an import leads: a file, and the name that is taken from it; without one the whole is.
type Home = (String, Option<String>);

/// Imports, followed from file to file.
struct Follow<'f, 't> {
    search_path: &'f [Location],
    locator: &'f Locator<'t>,
    /// Where what a folder's files import is found.
    homes: BTreeMap<(String, String), Option<Home>>,
    /// A digest of each part that was looked at, and what it imports.
    parts: BTreeMap<(String, Wanted), (String, Vec<String>)>,
}

impl Follow<'_, '_> {
    fn used(&mut self, from: &str, imports: &[String]) -> Used {
        let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
        let mut used = Used::default();
        let mut open: Vec<(String, String)> =
            imports.iter().map(|import| (from.to_owned(), import.clone())).collect();
        while !open.is_empty() {
            let mut grown = BTreeSet::new();
            for (from, import) in std::mem::take(&mut open) {
                let Some((path, name)) = self.home(&from, &import) else { continue };
                if wanted.len() >= MOST_FILES && !wanted.contains_key(&path) {
                    used.is_cut = true;
                    continue;
                }
                let own = wanted.entry(path.clone()).or_insert_with(|| Wanted::Names(BTreeSet::new()));
                if add(own, name) {
                    grown.insert(path);
                }
            }
            for path in grown {
                let Some(own) = wanted.get(&path) else { continue };
                let (_, more) = self.part(&path, own.clone());
                open.extend(more.iter().map(|import| (path.clone(), import.clone())));
            }
        }
        for (path, own) in wanted {
            let (digest, _) = self.part(&path, own);
            used.files.insert(path, digest.clone());
        }
        used
    }

    /// The file that an import takes something from, and the name that it takes; without one it takes the whole.
    fn home(&mut self, from: &str, import: &str) -> Option<Home> {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let key = (folder.to_owned(), import.to_owned());
        if let Some(known) = self.homes.get(&key) {
            return known.clone();
        }
        let mut module = import;
        let mut name = None;
        let mut found = None;
        // The last names may be those of a thing in a module, and of what is picked from that.
        for _ in 0..3 {
            found = self.locator.imported(from, module, self.search_path).filter(|path| path != from);
            let dots = module.len() - module.trim_start_matches('.').len();
            if found.is_some() || module.len() == dots {
                break;
            }
            let at = module.rfind('.').map_or(0, |at| if at < dots { dots } else { at });
            let (rest, last) = module.split_at(at);
            if rest.is_empty() {
                break;
            }
            (module, name) = (rest, Some(last.trim_start_matches('.').to_owned()));
        }
        let home = found.map(|path| (path, name));
        self.homes.insert(key, home.clone());
        home
    }

    fn part(&mut self, path: &str, wanted: Wanted) -> &(String, Vec<String>) {
        let locator = self.locator;
        self.parts.entry((path.to_owned(), wanted)).or_insert_with_key(|(path, wanted)| {
            let text = locator.tree.text(path);
            match text.got().map(|text| part(text, wanted).ok_or(text)) {
                Some(Ok(part)) => (format!("{FORM}{}", short(&part.meaning)), part.imports),
                // No Python that can be read is only itself.
                Some(Err(text)) => (format!("{FORM}{}", short(text)), Vec::new()),
                None => (String::new(), Vec::new()),
            }
        })
    }
}

/// The form of the digests of parts.
pub(super) const FORM: &str = "1:";

/// Adds a name to what is wanted, without one everything; tells whether that is more than before.
fn add(wanted: &mut Wanted, name: Option<String>) -> bool {
    match (wanted, name) {
        (Wanted::Whole, _) => false,
        (Wanted::Names(names), Some(name)) => names.insert(name),
        (wanted, None) => {
            *wanted = Wanted::Whole;
            true
        }
    }
}

impl ChainFacts {
    /// What a revision of the chain imports now, as the lock holds it: by paths from the folder `base`.
    pub(super) fn imports(&self, file: &RevisionFile, base: &str) -> BTreeMap<String, String> {
        let used = self.imported.get(&file.path).into_iter().flat_map(|used| &used.files);
        used.map(|(path, digest)| (relative(base, path).to_owned(), digest.clone())).collect()
    }

    /// The files that a locked revision imports and that are not as they were. Of a revision that was edited itself nobody
    /// can tell: it may import something else.
    fn edited<'l>(&self, files: &Files, locked: &'l Locked, base: &str) -> Vec<(&'l str, Change)> {
        let Some((file, _)) = files.of_id(&locked.id) else { return Vec::new() };
        if lock::is_held(locked, lock::text(self, file)) != Some(true) {
            return Vec::new();
        }
        let now = self.imports(file, base);
        let is_edited =
            |(path, digest): &(&String, &String)| now.get(*path).is_some_and(|now| now != *digest);
        let edited: Vec<_> = locked
            .imports
            .iter()
            .filter(is_edited)
            .map(|(path, _)| (path.as_str(), Change::Edited))
            .collect();
        if !edited.is_empty() {
            // What was edited may import something else.
            return edited;
        }
        let gone = locked.imports.keys().filter(|path| !now.contains_key(*path));
        gone.map(|path| (path.as_str(), Change::Gone)).collect()
    }

    /// What locked revisions import, and the lock does not hold.
    fn unlocked_imports<'l>(&self, all: impl Iterator<Item = &'l Held>, base: &str) -> Option<Gap> {
        let files = self.files.got()?;
        let (mut open, mut cut) = (BTreeMap::<String, usize>::new(), 0);
        for Held { locked, .. } in all {
            let Some((file, _)) = files.of_id(&locked.id) else { continue };
            cut += usize::from(self.imported.get(&file.path).is_some_and(|used| used.is_cut));
            for path in self.imports(file, base).into_keys().filter(|path| !locked.imports.contains_key(path))
            {
                *open.entry(path).or_default() += 1;
            }
        }
        let mut said: Vec<String> =
            open.iter().take(SOME).map(|(path, count)| format!("{path} ({count} revision(s))")).collect();
        if open.len() > SOME {
            said.push(format!("and {} more", open.len() - SOME));
        }
        if cut > 0 {
            said.push(format!("more than {MOST_FILES} files of each of {cut} revision(s)"));
        }
        if said.is_empty() {
            return None;
        }
        let reason = format!(
            "locked revisions import what the lock does not hold, so that nobody is told when it is edited: {}",
            said.join(", ")
        );
        Some(Gap { on: self.object(), kind: GapKind::NotCompared, reason })
    }
}

/// What became of a file that a locked revision imports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Edited,
    Gone,
}

impl AlembicFacts {
    /// The files that a locked revision imports and that are not as they were, by their paths from the lock.
    pub fn edited_imports<'l>(&self, locked: &'l Locked) -> Vec<&'l str> {
        let own = self.chains.iter().filter(|chain| *chain.declared.name == locked.chain);
        let edited =
            own.filter_map(|chain| Some(chain.edited(chain.files.got()?, locked, self.source.base())));
        edited.flatten().map(|(path, _)| path).collect()
    }

    /// What locked revisions import, and the lock does not hold.
    pub(super) fn unlocked_imports(&self, chain: &ChainFacts) -> Option<Gap> {
        let lock = self.lock.got()?;
        chain.unlocked_imports(lock.of(chain), self.source.base())
    }
}

pub(super) fn applied_import_edited(facts: &AlembicFacts, out: &mut Sink<'_>) {
    let base = facts.source.base();
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let Some(lock) = out.look(Object::file(lock::path(facts)), &facts.lock) else { return };
        let mut found: BTreeMap<(&str, bool), (Vec<&str>, &Held)> = BTreeMap::new();
        let mut locked = BTreeSet::new();
        for one in lock.of(chain).filter(|one| !chain.has_collided(&one.locked.id)) {
            locked.extend(one.locked.imports.keys());
            for (path, change) in chain.edited(files, &one.locked, base) {
                let (ids, _) =
                    found.entry((path, change == Change::Gone)).or_insert_with(|| (Vec::new(), one));
                ids.push(one.locked.id.as_str());
            }
        }
        if locked.is_empty() {
            out.skip(chain.object(), "the lock holds no file that a revision imports from the repository");
            continue;
        }
        let mut check = out.check(chain.object(), Looked::at(locked.len(), "imported file"));
        for ((path, is_gone), (ids, first)) in found {
            let full = under(base, path);
            let (place, message) = if is_gone {
                let message =
                    format!("`{path}` is no longer where applied revisions import it: {}", named(&ids));
                (first.place.clone(), message)
            } else {
                let message = format!(
                    "`{path}` was edited after it was applied, in what these revisions use: {}",
                    named(&ids)
                );
                (Some(Place::new(&full, Span::on_line(1, 1, 1))), message)
            };
            let help = format!(
                "databases that have them keep what it did then: leave them the old code, and give the new one a name of its own; or `trueup lock --accept {path}`"
            );
            check.find(path, message).at(place).related(first.place.clone(), "locked here").help(help);
        }
    }
}

/// Ids, the first few of them by name.
fn named(ids: &[&str]) -> String {
    let mut said: Vec<String> = ids.iter().take(SOME).map(|id| format!("`{id}`")).collect();
    if ids.len() > SOME {
        said.push(format!("and {} more", ids.len() - SOME));
    }
    said.join(", ")
}
