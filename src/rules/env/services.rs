//! The declared services, with every glob of services made into those that it matches.
use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{At, Env, Service, Source, path_glob};
use crate::model::path::under;
use crate::model::{Cause, Look};
use crate::rules::allow::relative;
use crate::rules::{Sides, Tree};

/// What a glob came to.
struct Matched {
    /// As they would be declared.
    paths: Vec<String>,
    missing: Option<Cause>,
}

/// What is declared, with every entry in its order, and in the place of a glob its matches by path. A file that another entry
/// names, or that is the canonical template, is left to it; a folder's name that is not the only one gives way to the
/// folder's path. A glob that matches nothing, or cannot look everywhere, stays: its own path cannot be read, and the
/// tree that is returned says why.
pub fn resolved<'t>(declared: &Env, source: &Source, tree: &'t dyn Tree) -> (Env, Reasoned<'t>) {
    let own = || declared.service.iter().filter(|service| !service.is_glob());
    let theirs = own().map(|service| &service.template).chain(&declared.template);
    let mut taken: BTreeSet<String> = theirs.map(|path| source.path_of(path)).collect();
    let mut matched = |service: &Service| matches(&service.template, source, tree, &mut taken);
    let entries: Vec<(&Service, Option<Matched>)> =
        declared.service.iter().map(|one| (one, one.is_glob().then(|| matched(one)))).collect();
    let paths = entries.iter().filter_map(|(_, matched)| matched.as_ref()).flat_map(|matched| &matched.paths);
    let names = names(paths, own().map(|service| service.name.as_str()).collect());
    let mut resolved = Env { service: Vec::new(), ..declared.clone() };
    let mut reasons = BTreeMap::new();
    for (service, matched) in entries {
        let Some(Matched { paths, missing }) = matched else {
            resolved.service.push(service.clone());
            continue;
        };
        for path in paths {
            let name = names.get(&path).unwrap_or(&path).clone();
            let name = service.name.standing_for(name);
            let code = service.code.iter().map(|entry| entry.standing_for(beside(&path, entry))).collect();
            let template = service.template.standing_for(path);
            resolved.service.push(Service { name, template, code, ..service.clone() });
        }
        if let Some(cause) = missing {
            reasons.insert(source.path_of(&service.template), cause);
            resolved.service.push(service.clone());
        }
    }
    (resolved, Reasoned { tree, reasons })
}

/// A tree in which it is known why some paths cannot be read.
pub struct Reasoned<'t> {
    tree: &'t dyn Tree,
    reasons: BTreeMap<String, Cause>,
}

impl Tree for Reasoned<'_> {
    fn text(&self, path: &str) -> Look<String> {
        self.reasons.get(path).map_or_else(|| self.tree.text(path), |cause| Look::Failed(cause.clone()))
    }

    fn exported(&self, path: &str) -> Look<String> {
        self.reasons.get(path).map_or_else(|| self.tree.exported(path), |cause| Look::Failed(cause.clone()))
    }

    fn mode(&self, path: &str) -> Look<u32> {
        self.tree.mode(path)
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        self.tree.is_tracked(path)
    }

    fn files(&self, folder: &str) -> (Vec<String>, Vec<Cause>) {
        self.tree.files(folder)
    }

    fn has(&self, path: &str) -> bool {
        self.tree.has(path)
    }

    fn sides(&self) -> Option<Sides<'_>> {
        self.tree.sides()
    }
}

/// The files among which those are that a glob or a path names, and what could not be searched.
pub(super) fn listed(pattern: &At<String>, source: &Source, tree: &dyn Tree) -> (Vec<String>, Vec<Cause>) {
    tree.files(&folder(pattern, outside(&under("", pattern)), source))
}

/// Below its own folder a run searches once, whoever asks; what lies elsewhere is searched from where no glob is yet.
fn outside(whole: &str) -> &str {
    if whole.starts_with("../") || whole.starts_with('/') { literal(whole) } else { "" }
}

/// The folder to search, as printed.
fn folder(pattern: &At<String>, outside: &str, source: &Source) -> String {
    match outside {
        "" if pattern.range().is_none() => String::new(),
        "" => source.base().to_owned(),
        outside => source.path_of(&pattern.standing_for(outside.to_owned())),
    }
}

fn matches(pattern: &At<String>, source: &Source, tree: &dyn Tree, taken: &mut BTreeSet<String>) -> Matched {
    let whole = under("", pattern);
    let outside = outside(&whole);
    let rest = relative(outside, &whole);
    let folder = folder(pattern, outside, source);
    let (files, unseen) = tree.files(&folder);
    // A manifest's glob was held to its form when it was read, a flag's when it was given.
    let Ok(glob) = path_glob(rest) else { return Matched { paths: Vec::new(), missing: None } };
    let mut paths: Vec<String> = Vec::new();
    let mut others = 0;
    for file in files.iter().filter(|file| glob.is_match(relative(&folder, file))) {
        if taken.insert(file.clone()) {
            paths.push(under(outside, relative(&folder, file)));
        } else {
            others += 1;
        }
    }
    let nothing = || {
        let cause = Cause::new(format!("no file matches `{whole}`"));
        cause.hint("`*` stays within one folder, and files that git ignores are left out")
    };
    let missing = unseen.into_iter().next().or_else(|| (paths.len() + others == 0).then(nothing));
    Matched { paths, missing }
}

/// The code of a service that a glob of templates matched is told from the folder of its template.
fn beside(template: &str, entry: &str) -> String {
    let (not, entry) = entry.strip_prefix('!').map_or(("", entry), |entry| ("!", entry));
    let folder = template.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{not}{}", under(folder, entry))
}

/// The folder of a glob before its first sign.
fn literal(pattern: &str) -> &str {
    let end = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
    pattern.get(..end).and_then(|start| start.rsplit_once('/')).map_or("", |(folder, _)| folder)
}

/// A name for each template: its folder's, or that folder's path, or its own path, the first that is the only one.
fn names<'p>(paths: impl Iterator<Item = &'p String>, taken: BTreeSet<&str>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = taken.into_iter().map(str::to_owned).collect();
    let mut names = BTreeMap::new();
    let mut left: Vec<&str> = paths.map(String::as_str).collect();
    for level in [folder_name, folder_path, |path: &str| path.to_owned()] {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for path in &left {
            *count.entry(level(path)).or_default() += 1;
        }
        let is_only = |path: &&str| count.get(&level(path)) == Some(&1) && !taken.contains(&level(path));
        let (only, others): (Vec<&str>, Vec<&str>) = left.into_iter().partition(is_only);
        taken.extend(only.iter().map(|path| level(path)));
        names.extend(only.into_iter().map(|path| (path.to_owned(), level(path))));
        left = others;
    }
    names
}

fn folder_path(path: &str) -> String {
    path.rsplit_once('/').map_or(path, |(folder, _)| folder).to_owned()
}

fn folder_name(path: &str) -> String {
    let folder = folder_path(path);
    folder.rsplit_once('/').map_or(folder.clone(), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_as_long_as_they_are_the_only_ones() {
        let paths = [
            "s/agent/.env.example",
            "s/a/api/.env.example",
            "s/b/api/.env.example",
            "env/x.env",
            "env/y.env",
            "t/web/.e",
            "z.env",
        ]
        .map(str::to_owned);
        let names = names(paths.iter(), BTreeSet::from(["web"]));
        let found: Vec<&str> = paths.iter().map(|path| names[path].as_str()).collect();
        assert_eq!(found, ["agent", "s/a/api", "s/b/api", "env/x.env", "env/y.env", "t/web", "z.env"]);
    }

    #[test]
    fn where_a_glob_begins() {
        for (pattern, folder) in
            [("../services/*/.env", "../services"), ("../*", ".."), ("/a/{b,c}/d", "/a"), ("../a/b", "../a")]
        {
            assert_eq!(literal(pattern), folder, "{pattern}");
        }
    }
}
