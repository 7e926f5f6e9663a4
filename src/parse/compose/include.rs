//! `include`: another project's resources, laid under this file's own.
//!
//! Rules of compose-go 2.16 `loader/include.go`: the first path decides the folder unless `project_directory` does; the
//! env files, or the `.env` beside, are read as compose reads env files, and fill in what is not set otherwise.
use std::collections::{BTreeMap, BTreeSet};

use super::load::{Loader, Model};
use super::merge::take_away;
use super::paths::folder;
use super::sources::Sources;
use crate::model::compose::{Problem, ProblemKind};
use crate::model::path::under;
use crate::model::{Cause, Dialect, DialectFile, Meaning, Place, Reach, Span, Statement};
use crate::parse::env::{Unknown, outcome, read};
use crate::parse::yaml::{Entry, Kind, Map, Node, Spot};

/// An `include` that is deeper is not followed: each level is a recursion.
const DEEPEST: usize = 32;

/// The sections that are taken over.
const SECTIONS: [&str; 7] = ["services", "jobs", "volumes", "networks", "secrets", "configs", "models"];

/// One entry of `include`.
struct Included {
    paths: Vec<(String, Spot)>,
    project_directory: Option<String>,
    env_files: Vec<(String, Spot)>,
}

impl Loader<'_> {
    /// Reads what a tree includes into it.
    pub(super) fn include(&mut self, root: &mut Node, model: &Model, marks: &BTreeSet<Vec<String>>) {
        let Kind::Map(root) = &mut root.kind else { return };
        let Some(Entry { value, .. }) = root.entries.remove("include") else { return };
        let items = match value.kind {
            Kind::Null => return,
            Kind::List(items) => items,
            _ => {
                self.say(ProblemKind::Shape, value.spot, "`include` is a list");
                return;
            }
        };
        for item in items {
            let Some(included) = included(&item) else {
                let message = "an entry of `include` is a path, or a mapping with a `path`";
                self.say(ProblemKind::Shape, item.spot, message);
                continue;
            };
            if let Some(tree) = self.included(&included, item.spot, model) {
                self.take_over(root, tree, marks);
            }
        }
    }

    /// The tree of one entry.
    fn included(&mut self, asked: &Included, spot: Spot, model: &Model) -> Option<Node> {
        let (first, first_spot) = asked.paths.first()?;
        let main = under(&model.folder, first);
        if model.included.contains(&main) {
            self.say(ProblemKind::Cycle, *first_spot, "this `include` comes back to itself");
            return None;
        }
        if model.depth >= DEEPEST {
            self.say(ProblemKind::Limit, spot, "this `include` is too deep to be read");
            return None;
        }
        let base = asked.project_directory.clone().unwrap_or_else(|| folder(&under("", first)).to_owned());
        let inner = under(&model.folder, &base);
        let mut added = model.added.clone();
        for (key, value) in self.included_environment(asked, &inner, model) {
            added.entry(key).or_insert(value);
        }
        let number = self.models;
        self.models += 1;
        let depth = model.depth + 1;
        let inner = Model { number, folder: inner, base, added, included: model.included.clone(), depth };
        let path = |(path, spot): &(String, Spot)| (under(&model.folder, path), Some(*spot));
        let paths: Vec<_> = asked.paths.iter().map(path).collect();
        Some(self.model(&paths, &inner))
    }

    fn included_environment(
        &mut self,
        asked: &Included,
        inner: &str,
        model: &Model,
    ) -> BTreeMap<String, String> {
        let mut named: Vec<(String, Option<Spot>)> = Vec::new();
        if asked.env_files.is_empty() {
            named.push((under(inner, ".env"), None));
        }
        let given = asked.env_files.iter().filter(|(path, _)| path != "/dev/null");
        named.extend(given.map(|(path, spot)| (under(&model.folder, path), Some(*spot))));
        // A later file sees the keys of the earlier ones as if it were one file.
        let mut file = DialectFile { dialect: Dialect::Compose, statements: Vec::new() };
        let mut last = None;
        for (path, spot) in named {
            let Some(text) = self.text(&path, spot, spot.is_none()) else { continue };
            let own = read(&text, Dialect::Compose).statements;
            for (span, why) in own.iter().filter_map(refusal) {
                let cause = Cause::new(format!("compose can't read this env file: {why}"));
                let place = Place::new(&path, span);
                self.problems.push(Problem { kind: ProblemKind::EnvFile, place, cause });
            }
            file.statements.extend(own);
            last = Some(spot.map_or_else(|| Sources::top(&path), |spot| self.place(spot)));
        }
        let variable = self.given.variable;
        let lookup = |name: &str| variable(name).or_else(|| model.added.get(name).cloned());
        let outcome = outcome(&file, &lookup);
        let mut variables = BTreeMap::new();
        for (key, value) in outcome.keys {
            let (kind, message) = match value {
                Ok(value) => {
                    variables.insert(key, value.reveal().to_owned());
                    continue;
                }
                Err(Unknown::Required(name)) => {
                    (ProblemKind::Required, format!("`{name}` is required in an env file, and has no value"))
                }
                Err(Unknown::Malformed(why) | Unknown::Computed(why)) => {
                    (ProblemKind::EnvFile, format!("compose can't fill in a value of this env file: {why}"))
                }
            };
            if let Some(place) = last.clone() {
                self.problems.push(Problem { kind, place, cause: Cause::new(message) });
            }
        }
        variables
    }

    /// Lays what stands in the including file on what was included.
    fn take_over(&mut self, root: &mut Map, tree: Node, marks: &BTreeSet<Vec<String>>) {
        let Kind::Map(mut tree) = tree.kind else { return };
        for section in SECTIONS {
            let Some(Entry { key, value }) = tree.entries.remove(section) else { continue };
            let Kind::Map(from) = value.kind else { continue };
            let empty = Node::new(Kind::Map(Map::default()), value.spot);
            let to = root.entries.entry(section.to_owned()).or_insert(Entry { key, value: empty });
            let Kind::Map(to) = &mut to.value.kind else { continue };
            for (name, mut entry) in from.entries {
                if let Some(own) = to.entries.remove(&name) {
                    take_away(&mut entry.value, &[section, &name], marks);
                    entry.value = self.merged(entry.value, own.value, &[section, &name]);
                    entry.key = own.key;
                }
                to.entries.insert(name, entry);
            }
        }
    }
}

/// Where and why the reader gives an env file up.
fn refusal(statement: &Statement) -> Option<(Span, &'static str)> {
    match statement.meaning {
        Meaning::Refused { reach, why } if reach > Reach::Line => Some((statement.span, why)),
        _ => None,
    }
}

fn included(item: &Node) -> Option<Included> {
    if let Some(path) = item.string() {
        let paths = vec![(path.to_owned(), item.spot)];
        return Some(Included { paths, project_directory: None, env_files: Vec::new() });
    }
    let directory = match item.get("project_directory").filter(|node| !node.is_null()) {
        None => None,
        Some(node) => Some(node.string()?.to_owned()).filter(|text| !text.is_empty()),
    };
    let paths = texts(item.get("path")?)?;
    let env_files = match item.get("env_file").filter(|node| !node.is_null()) {
        None => Vec::new(),
        Some(node) => texts(node)?,
    };
    (!paths.is_empty()).then_some(Included { paths, project_directory: directory, env_files })
}

/// A text or a list of texts.
fn texts(node: &Node) -> Option<Vec<(String, Spot)>> {
    let items = node.list().unwrap_or(std::slice::from_ref(node));
    items.iter().map(|item| Some((item.string()?.to_owned(), item.spot))).collect()
}
