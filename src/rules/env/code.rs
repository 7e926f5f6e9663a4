//! The code of services: which files it is, and what they read.
use std::collections::BTreeSet;

use super::services::listed;
use crate::manifest::{At, Service, Source, path_glob};
use crate::model::{Cause, CodeReads, InlineAllow, Look, Place};
use crate::parse::code::{self, Language, capitals};
use crate::rules::Tree;

/// Endings and names of files that are no code and name keys all the same: what starts, builds or configures a service.
const WIRING: &[&str] = &[
    "bash",
    "cfg",
    "conf",
    "Dockerfile",
    "ini",
    "json",
    "justfile",
    "Makefile",
    "prisma",
    "Procfile",
    "service",
    "sh",
    "tf",
    "toml",
    "yaml",
    "yml",
];

/// The code of a service.
pub struct ServiceCode {
    /// Its files of the languages that are read, by path.
    pub files: Vec<CodeFile>,
    /// How many of its files are of no such language.
    pub others: usize,
    /// Words that could be keys, in those of the others that start or configure it.
    pub words: BTreeSet<String>,
    /// What keeps some of it from being seen.
    pub missing: Vec<Cause>,
}

/// One file of it.
pub struct CodeFile {
    /// Its path as printed.
    pub path: String,
    /// The manifest line that named it.
    pub declared: Option<Place>,
    /// What it reads.
    pub reads: Look<CodeReads>,
}

impl ServiceCode {
    /// Finds and reads the code that a service declares; none when it declares none.
    pub(super) fn new(service: &Service, source: &Source, tree: &dyn Tree) -> Option<Self> {
        if service.code.is_empty() {
            return None;
        }
        let mut code = Self { files: Vec::new(), others: 0, words: BTreeSet::new(), missing: Vec::new() };
        let mut reader = code::Service::default();
        let mut read = Vec::new();
        for (path, declared) in code.named(service, source, tree) {
            let Some(language) = Language::of(&path) else {
                code.others += 1;
                if is_wiring(&path)
                    && let Some(text) = tree.text(&path).got()
                {
                    capitals(text, &mut code.words);
                }
                continue;
            };
            let text = tree.text(&path);
            if let Some(text) = text.got() {
                reader.add(&path, language, text);
                read.push(code.files.len());
            }
            code.files.push(CodeFile { path, declared, reads: text.map(|_| CodeReads::default()) });
        }
        for (file, reads) in read.into_iter().zip(reader.finish()) {
            if let Some(file) = code.files.get_mut(file) {
                file.reads = Look::Got(reads);
            }
        }
        if code.files.is_empty() && code.missing.is_empty() {
            let cause =
                Cause::new(format!("none of the code of {} is in a language that is read", *service.name));
            code.missing.push(cause.hint("Python, JavaScript, TypeScript, Rust and Go are"));
        }
        Some(code)
    }

    /// The files that are named, each once with the entry that named it, by path. An entry that names none is missing.
    fn named(&mut self, service: &Service, source: &Source, tree: &dyn Tree) -> Vec<(String, Option<Place>)> {
        let (excluded, included): (Vec<_>, Vec<_>) =
            service.code.iter().partition(|entry| entry.starts_with('!'));
        let excluded: Vec<Matcher> =
            excluded.iter().filter_map(|entry| Matcher::new(entry, source)).collect();
        let mut named: Vec<(String, Option<Place>)> = Vec::new();
        for entry in included {
            let (files, unseen) = listed(entry, source, tree);
            self.missing.extend(unseen);
            let Some(matcher) = Matcher::new(entry, source) else { continue };
            let mut taken = files.into_iter().filter(|path| matcher.takes(path)).peekable();
            if taken.peek().is_none() {
                let cause = Cause::new(format!("no file of {} is `{}`", *service.name, **entry));
                self.missing.push(cause.hint(
                    "mend its `code`: `*` stays within one folder, `**` crosses them, and files that git ignores are left out",
                ));
            }
            let wanted = taken.filter(|path| !excluded.iter().any(|matcher| matcher.takes(path)));
            named.extend(wanted.map(|path| (path, source.place_of(entry))));
        }
        named.sort_by(|one, other| one.0.cmp(&other.0));
        named.dedup_by(|later, earlier| later.0 == earlier.0);
        named
    }

    /// Why not all of its reads are known, if so.
    pub(super) fn gap(&self) -> Option<String> {
        if let Some(cause) = self.missing.first() {
            return Some(cause.message.clone());
        }
        for file in &self.files {
            let Some(reads) = file.reads.got() else {
                return Some(format!("{} could not be read", file.path));
            };
            if let Some(unclear) = &reads.unclear {
                return Some(format!("{} could not be read whole: {}", file.path, unclear.problem));
            }
        }
        let computed = self.computed().next();
        computed.map(|(file, read)| {
            let start = read.at.span.start;
            format!(
                "not every read says its key: {}:{}:{}, {}",
                file.path, start.line, start.column, read.why
            )
        })
    }

    /// Whether it reads a key, or has its name somewhere.
    pub(super) fn takes(&self, key: &str) -> bool {
        let reads =
            |reads: &CodeReads| reads.words.contains(key) || reads.reads.iter().any(|read| read.takes(key));
        self.words.contains(key) || self.read().any(|(_, of_file)| reads(of_file))
    }

    /// The reads whose key only a run tells.
    pub(super) fn computed(&self) -> impl Iterator<Item = (&CodeFile, &crate::model::ComputedRead)> {
        self.read().flat_map(|(file, reads)| reads.computed.iter().map(move |read| (file, read)))
    }

    /// The files that could be read, with what they read.
    pub(super) fn read(&self) -> impl Iterator<Item = (&CodeFile, &CodeReads)> {
        self.files.iter().filter_map(|file| Some((file, file.reads.got()?)))
    }

    /// The inline allows of its files, with their paths.
    pub(super) fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        self.read().flat_map(|(file, reads)| reads.allows.iter().map(|allow| (file.path.as_str(), allow)))
    }
}

/// A glob or a folder, and what it takes.
enum Matcher {
    Glob(globset::GlobMatcher),
    Path(String),
}

impl Matcher {
    /// Globs were held to their form when they were declared.
    fn new(entry: &At<String>, source: &Source) -> Option<Self> {
        let path = source.path_of(&entry.standing_for(entry.trim_start_matches('!').to_owned()));
        if path.contains(['*', '?', '[', '{']) {
            path_glob(&path).ok().map(Self::Glob)
        } else {
            Some(Self::Path(path))
        }
    }

    fn takes(&self, file: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.is_match(file),
            Self::Path(path) => {
                path == "."
                    || file == path
                    || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
            }
        }
    }
}

fn is_wiring(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit('.').next().unwrap_or(name);
    WIRING.contains(&ending) && !name.contains("lock")
}
