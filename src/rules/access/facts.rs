//! Models, tuples and store files, fetched from a tree.
use crate::model::access::{AccessModel, AccessProblem, Assertion, TupleFile};
use crate::model::path::under;
use crate::model::{Cause, Look, Place};
use crate::parse::access::{model, modular, modules, store_file, tuples};
use crate::rules::Tree;

/// A store file, with the files that it names.
pub struct StoreFacts {
    /// Its path.
    pub path: String,
    /// The model.
    pub model: Look<AccessModel>,
    /// The tuples of every test.
    pub shared: Vec<Look<TupleFile>>,
    /// The tests.
    pub tests: Vec<StoreTestFacts>,
    /// What could not be read in the store file itself.
    pub problems: Vec<AccessProblem>,
}

/// A test of a store file.
pub struct StoreTestFacts {
    /// Its name.
    pub name: String,
    /// Its own tuples.
    pub files: Vec<Look<TupleFile>>,
    /// What it expects.
    pub assertions: Vec<Assertion>,
}

impl StoreFacts {
    /// Reads a store file and what it names.
    pub fn read(path: &str, tree: &dyn Tree) -> Look<Self> {
        tree.text(path).map(|text| Self::of(path, &text, tree))
    }

    fn of(path: &str, text: &str, tree: &dyn Tree) -> Self {
        let store = store_file(path, text);
        let base = path.rsplit_once('/').map_or("", |(base, _)| base);
        let files = AccessFiles { tree, base };
        let read = |named: &[String]| -> Vec<Look<TupleFile>> {
            named.iter().map(|named| files.tuples(named)).collect()
        };
        let model = match (&store.model, &store.model_file) {
            (Some((text, span)), _) => Look::Got(embedded(path, text, span.start.line)),
            (None, Some(file)) => files.model(file),
            (None, None) => {
                let cause = Cause::new(format!("{path} names no model"));
                Look::Failed(cause.hint("write it below `model`, or name its file with `model_file`"))
            }
        };
        let mut shared = vec![Look::Got(store.tuples)];
        shared.extend(read(&store.tuple_files));
        let tests = store.tests.into_iter().map(|test| {
            let mut own = vec![Look::Got(test.tuples)];
            own.extend(read(&test.tuple_files));
            StoreTestFacts { name: test.name, files: own, assertions: test.assertions }
        });
        Self { path: path.to_owned(), model, shared, tests: tests.collect(), problems: store.problems }
    }
}

/// A model that stands in a store file: its places are those of the file.
fn embedded(path: &str, text: &str, line: u32) -> AccessModel {
    let mut model = model(path, text);
    let shift = |place: &mut Place| {
        place.span.start.line += line;
        place.span.end.line += line;
    };
    model.problems.iter_mut().for_each(|problem| shift(&mut problem.place));
    model.conditions.iter_mut().for_each(|condition| shift(&mut condition.place));
    for object in &mut model.types {
        shift(&mut object.place);
        for relation in &mut object.relations {
            shift(&mut relation.place);
            relation.direct.iter_mut().for_each(|direct| shift(&mut direct.place));
        }
    }
    model
}

/// Reads models and tuples by their paths.
pub struct AccessFiles<'t> {
    /// Where from.
    pub tree: &'t dyn Tree,
    /// The folder that paths are relative to.
    pub base: &'t str,
}

impl AccessFiles<'_> {
    /// A model: the DSL, JSON, or the modules of an `fga.mod`.
    pub fn model(&self, file: &str) -> Look<AccessModel> {
        let path = under(self.base, file);
        let text = match self.text(&path) {
            Look::Got(text) => text,
            Look::NotAsked(reason) => return Look::NotAsked(reason),
            Look::Failed(cause) => return Look::Failed(cause),
        };
        if !path.ends_with("fga.mod") {
            return Look::Got(model(&path, &text));
        }
        let (schema, listed, problems) = modules(&path, &text);
        let base = path.rsplit_once('/').map_or("", |(base, _)| base);
        let mut read = Vec::new();
        for (file, _) in listed {
            let path = under(base, &file);
            match self.text(&path) {
                Look::Got(text) => read.push((path, text)),
                Look::NotAsked(reason) => return Look::NotAsked(reason),
                Look::Failed(cause) => return Look::Failed(cause),
            }
        }
        let pairs: Vec<(&str, &str)> =
            read.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let mut whole = modular(&schema, pairs);
        whole.problems.extend(problems);
        Look::Got(whole)
    }

    /// A file of tuples.
    pub fn tuples(&self, file: &str) -> Look<TupleFile> {
        let path = under(self.base, file);
        named(&path, self.tree.exported(&path)).map(|text| tuples(&path, &text))
    }

    fn text(&self, path: &str) -> Look<String> {
        named(path, self.tree.text(path))
    }
}

/// A text, or why it can't be read with its path.
fn named(path: &str, text: Look<String>) -> Look<String> {
    match text {
        Look::Failed(cause) => {
            let message = format!("{path} cannot be read: {}", cause.message);
            Look::Failed(Cause { message, hint: cause.hint })
        }
        other => other,
    }
}
