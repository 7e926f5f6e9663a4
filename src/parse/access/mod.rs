//! Authorization models, tuples and store files as text: into values of [`crate::model::access`].
//!
//! It owns the forms: the DSL of schema 1.1 and the modules of 1.2, a model's JSON; tuples as JSON, lines of JSON, YAML
//! and CSV; `.fga.yaml`; a realm's export. It refuses to judge: whether the names in a model exist is for the room `access`.
mod cursor;
mod dsl;
mod expression;
mod grants;
mod model_json;
mod node;
mod raw;
mod realm;
mod store_file;
mod tuples;
mod tuples_csv;

use crate::model::access::AccessModel;
use crate::model::{Lines, Place};

pub use grants::granted;
pub use model_json::looks_like_json;
pub use realm::{hashed_with, is_realm_part, realm};
pub use store_file::{modules, store_file};
pub use tuples::tuples;
pub use tuples_csv::{column, pairs};

/// Reads a model from one file: the DSL, or JSON. What can't be read is a problem in it.
pub fn model(path: &str, text: &str) -> AccessModel {
    if looks_like_json(text) {
        return model_json::model(path, text);
    }
    let mut model = AccessModel::default();
    dsl::add(path, text, &mut model);
    finish(&mut model, path, text);
    model
}

/// Reads a model from its modules.
pub fn modular<'t>(schema: &str, files: impl IntoIterator<Item = (&'t str, &'t str)> + Clone) -> AccessModel {
    let mut model = AccessModel { schema: schema.to_owned(), ..AccessModel::default() };
    // A module may extend a type that a later one defines.
    for (path, text) in files.clone() {
        dsl::add(path, text, &mut model);
    }
    for (path, text) in files {
        dsl::extend(path, text, &mut model);
    }
    model.problems.sort_by(|one, other| one.place.cmp(&other.place));
    model
}

/// What only a whole model can lack.
fn finish(model: &mut AccessModel, path: &str, text: &str) {
    dsl::extend(path, text, model);
    if model.types.is_empty() && model.problems.is_empty() {
        let place = Place::new(path, Lines::new(text).span(0..0));
        let message = "no type is defined here".to_owned();
        model.problems.push(crate::model::access::AccessProblem { place, message });
    }
}

#[cfg(test)]
mod tests;
