//! A case: files by path, which of them are given, and the environment. Many stand in one text file.
//!
//!     == name
//!     env: KEY=value             (any number)
//!     compose: a.yml b.yml       (`compose.yml` unless said)
//!     unseen: reason             (the reader refuses it for something that we do not judge)
//!     -- path --
//!     text
use std::collections::BTreeMap;

use serde_json::{Value, json};
use trueup::model::compose::Compose;
use trueup::model::{Look, Reason};
use trueup::parse::compose::{Given, project};

#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) compose: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) unseen: Option<String>,
}

impl Case {
    pub(crate) fn one(text: &str) -> Self {
        let files = BTreeMap::from([("compose.yml".to_owned(), text.to_owned())]);
        Self { files, compose: vec!["compose.yml".into()], ..Self::default() }
    }

    pub(crate) fn read(&self) -> Compose {
        project(&Given {
            files: &self.compose,
            text: &|path| match self.files.get(path) {
                Some(text) => Look::Got(text.clone()),
                None => Look::NotAsked(Reason::from("no such file")),
            },
            variable: &|name| self.env.get(name).cloned(),
        })
    }

    pub(crate) fn request(&self, interpolate: bool) -> Value {
        json!({"files": self.files, "compose": self.compose, "env": self.env, "interpolate": interpolate})
    }

    /// For a message: everything that is needed to try it again.
    pub(crate) fn shown(&self) -> String {
        let files: String = self.files.iter().map(|(path, text)| format!("-- {path} --\n{text}")).collect();
        format!("== {}\nenv: {:?}\ncompose: {:?}\n{files}", self.name, self.env, self.compose)
    }
}

/// The cases of a text.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut path: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            path = None;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(named) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            path = Some(named.to_owned());
            case.files.insert(named.to_owned(), String::new());
        } else if let Some(path) = &path {
            let text = case.files.get_mut(path).unwrap();
            text.push_str(line);
            text.push('\n');
        } else if let Some(pair) = line.strip_prefix("env: ") {
            let (key, value) = pair.split_once('=').unwrap();
            case.env.insert(key.to_owned(), value.to_owned());
        } else if let Some(files) = line.strip_prefix("compose: ") {
            case.compose = files.split(' ').map(str::to_owned).collect();
        } else if let Some(reason) = line.strip_prefix("unseen: ") {
            case.unseen = Some(reason.to_owned());
        } else {
            assert!(line.is_empty(), "{}: {line}", case.name);
        }
    }
    for case in &mut cases {
        if case.compose.is_empty() {
            case.compose.push("compose.yml".to_owned());
        }
    }
    cases
}

/// The cases of the files beside this one.
pub(crate) fn all() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compose/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| cases(&std::fs::read_to_string(path).unwrap())).collect()
}
