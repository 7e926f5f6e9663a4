//! What the config rules judge.
use crate::manifest::{At, Env, Source, path_glob};
use crate::model::{Cause, ConfigFile, Hidden, InlineAllow, Look, Object, Place};
use crate::parse::allow::allows_in_yaml;
use crate::parse::config::{Format, config};
use crate::rules::Tree;

/// The application configs of a project.
pub struct ConfigFacts {
    /// Every declared file once.
    pub files: Vec<ConfigSource>,
}

/// A config file, or a glob that matches none.
pub struct ConfigSource {
    /// Its path as printed.
    pub path: String,
    /// The manifest line.
    pub declared: Option<Place>,
    /// Its whole text, to show lines of.
    pub text: Hidden,
    /// What it says. A file that says nothing at all could not be looked at.
    pub file: Look<ConfigFile>,
    /// Its inline allows; only YAML is read for them.
    allows: Vec<InlineAllow>,
}

impl ConfigFacts {
    /// Reads every file that is declared, for a service or for none.
    pub fn new(declared: &Env, source: &Source, tree: &dyn Tree) -> Self {
        let named = declared.config.iter().chain(declared.service.iter().flat_map(|service| &service.config));
        let mut files: Vec<ConfigSource> = Vec::new();
        for file in ConfigSource::all(named, source, tree) {
            if !files.iter().any(|known| known.path == file.path) {
                files.push(file);
            }
        }
        Self { files }
    }

    /// The inline allows of every file, with the file's path.
    pub fn allows(&self) -> impl Iterator<Item = (&str, &InlineAllow)> {
        self.files.iter().flat_map(|file| file.allows.iter().map(|allow| (file.path.as_str(), allow)))
    }
}

impl ConfigSource {
    /// The files that paths and globs name, in that order.
    pub fn all<'d>(
        named: impl Iterator<Item = &'d At<String>>,
        source: &Source,
        tree: &dyn Tree,
    ) -> Vec<Self> {
        let mut there: Option<Vec<String>> = None;
        let mut files = Vec::new();
        for pattern in named {
            let (path, declared) = (source.path_of(pattern), source.place_of(pattern));
            if tree.has(&path) || !pattern.contains(['*', '?', '[', '{']) {
                files.push(Self::read(path, declared, tree));
                continue;
            }
            let there = there.get_or_insert_with(|| tree.files(source.base()).0);
            // Globs were held to their form when they were declared.
            let matches = path_glob(&path).ok();
            let found: Vec<&String> = (there.iter())
                .filter(|path| matches.as_ref().is_some_and(|matches| matches.is_match(path)))
                .collect();
            if found.is_empty() {
                let cause =
                    Cause::new("no file matches this glob").hint("mend it, or remove it from the manifest");
                let (text, file) = (Hidden::default(), Look::Failed(cause));
                files.push(Self { path, declared, text, file, allows: Vec::new() });
                continue;
            }
            files.extend(found.into_iter().map(|path| Self::read(path.clone(), declared.clone(), tree)));
        }
        files
    }

    fn read(path: String, declared: Option<Place>, tree: &dyn Tree) -> Self {
        let text = tree.text(&path);
        let shown = Hidden::new(text.got().cloned().unwrap_or_default());
        let is_yaml = Format::of(&path) == Some(Format::Yaml);
        let allows = if is_yaml { allows_in_yaml(shown.reveal()) } else { Vec::new() };
        let file = match (text, Format::of(&path)) {
            (Look::Got(text), Some(format)) => parsed(&text, format),
            (Look::Got(_), None) => Look::Failed(
                Cause::new("the file's ending is of no format that is read").hint("YAML, TOML and JSON are"),
            ),
            (Look::Failed(cause), _) => Look::Failed(cause),
            (Look::NotAsked(reason), _) => Look::NotAsked(reason),
        };
        Self { path, declared, text: shown, file, allows }
    }

    /// The file as the object of a check.
    pub fn object(&self) -> Object {
        Object::file(&self.path)
    }
}

fn parsed(text: &str, format: Format) -> Look<ConfigFile> {
    let file = config(text, format);
    let limit = file.problems.iter().find(|problem| problem.is_limit);
    if let Some(limit) = limit {
        return Look::Failed(Cause::new(limit.message.clone()));
    }
    if file.values.is_empty() && file.problems.is_empty() {
        let cause = Cause::new("the file holds no value");
        return Look::Failed(cause.hint("fill it, or remove it from the manifest"));
    }
    Look::Got(file)
}
