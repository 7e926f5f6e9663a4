//! Holds a TOML document against the JSON Schema that the types generate, and tells every mistake with its place.
//!
//! serde stops at its first error; a person wants all of them.
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;

/// Every mistake of `table`, in the order of the text.
pub(super) fn mistakes(schema: &Json, table: &Spanned<DeTable<'_>>) -> Vec<Mistake> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.table(schema, table.get_ref(), table.span(), "the manifest");
    walk.found.sort_by_key(|mistake| mistake.range.start);
    walk.found
}

struct Walk<'s> {
    root: &'s Json,
    found: Vec<Mistake>,
}

impl<'s> Walk<'s> {
    fn say(&mut self, range: Range<usize>, message: String, help: Option<String>) {
        self.found.push(Mistake { range, message, help });
    }

    /// Follows references and leaves out `null`, which TOML cannot write.
    fn resolve(&self, mut schema: &'s Json) -> Vec<&'s Json> {
        while let Some(name) = schema.get("$ref").and_then(Json::as_str) {
            let target = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            let Some(target) = target else { return Vec::new() };
            schema = target;
        }
        let any = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
        match any {
            Some(options) => options.iter().flat_map(|option| self.resolve(option)).collect(),
            None if schema.get("type").and_then(Json::as_str) == Some("null") => Vec::new(),
            None => vec![schema],
        }
    }

    fn value(&mut self, schema: &'s Json, value: &Spanned<DeValue<'_>>, name: &str) {
        let options = self.resolve(schema);
        let words: Vec<&str> = options.iter().flat_map(|option| words(option)).collect();
        let kind = kind(value.get_ref());
        let is_listed = kind == "array" && options.iter().any(|option| types(option).contains(&"array"));
        if !words.is_empty() && !is_listed {
            self.word(&words, value, name);
            return;
        }
        let Some(option) = options.iter().find(|option| takes(&types(option), kind)) else {
            let mut wanted: Vec<&str> =
                options.iter().flat_map(|option| types(option)).map(article).collect();
            wanted.dedup();
            let message = format!("`{name}` must be {}, not {}", wanted.join(" or "), article(kind));
            self.say(value.span(), message, None);
            return;
        };
        match value.get_ref() {
            DeValue::Table(table) => self.table(option, table, value.span(), &format!("`{name}`")),
            DeValue::Array(items) => {
                let Some(schema) = option.get("items") else { return };
                for item in items {
                    self.value(schema, item, name);
                }
            }
            DeValue::Integer(number) => self.limits(option, number.as_str(), value.span(), name),
            _ => {}
        }
    }

    fn limits(&mut self, schema: &Json, number: &str, range: Range<usize>, name: &str) {
        let limit = |word: &str| schema.get(word).and_then(Json::as_i64);
        let Ok(number) = number.parse::<i64>() else { return };
        if let Some(minimum) = limit("minimum").filter(|minimum| number < *minimum) {
            self.say(range, format!("`{name}` must be at least {minimum}"), None);
        } else if let Some(maximum) = limit("maximum").filter(|maximum| number > *maximum) {
            self.say(range, format!("`{name}` must be at most {maximum}"), None);
        }
    }

    fn word(&mut self, words: &[&str], value: &Spanned<DeValue<'_>>, name: &str) {
        let written = value.get_ref().as_str();
        if written.is_some_and(|written| words.contains(&written)) {
            return;
        }
        let help = written.and_then(|written| suggestion(written, words));
        self.say(value.span(), format!("`{name}` must be one of {}", list(words)), help);
    }

    fn table(&mut self, schema: &'s Json, table: &DeTable<'_>, range: Range<usize>, name: &str) {
        let properties = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties");
        for (key, value) in table {
            let known = properties.and_then(|all| all.get(key.get_ref().as_ref()));
            if let Some(known) = known {
                self.value(known, value, key.get_ref());
            } else if let Some(schema) = others.filter(|schema| schema.is_object()) {
                self.value(schema, value, key.get_ref());
            } else if others != Some(&Json::Bool(true)) {
                let keys: Vec<&str> =
                    properties.into_iter().flat_map(|all| all.keys()).map(String::as_str).collect();
                let help =
                    suggestion(key.get_ref(), &keys).or_else(|| Some(format!("known keys: {}", list(&keys))));
                self.say(key.span(), format!("{name} has no key `{}`", key.get_ref()), help);
            }
        }
        for required in schema.get("required").and_then(Json::as_array).into_iter().flatten() {
            let required = required.as_str().unwrap_or_default();
            if !table.iter().any(|(key, _)| key.get_ref() == required) {
                self.say(range.clone(), format!("{name} lacks `{required}`"), None);
            }
        }
    }
}

/// The words of an enumeration, when the schema is one.
fn words(schema: &Json) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
    listed.chain(schema.get("const")).filter_map(Json::as_str).collect()
}

fn types(schema: &Json) -> Vec<&str> {
    let mut types: Vec<&str> = match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(many)) => {
            many.iter().filter_map(Json::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => Vec::new(),
    };
    // What JSON has to put in quotes, TOML need not.
    if schema.get("format").and_then(Json::as_str) == Some("date") {
        types.push("datetime");
    }
    types
}

fn takes(types: &[&str], kind: &str) -> bool {
    types.contains(&kind) || (kind == "integer" && types.contains(&"number"))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn article(kind: &str) -> &str {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "datetime" => "a date",
        "array" => "an array",
        "object" => "a table",
        other => other,
    }
}

fn suggestion(written: &str, known: &[&str]) -> Option<String> {
    let close = similar::get_close_matches(written, known, 1, 0.6);
    close.first().map(|close| format!("did you mean `{close}`?"))
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
