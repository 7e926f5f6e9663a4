//! Application configs: YAML, TOML and JSON as values with the keys on the way to them.
//!
//! It owns the reading and refuses to judge. YAML is the one of the compose room; JSON may have comments and trailing
//! commas, as many readers allow them, and what matters here are values. References such as `${NAME}` are kept as they
//! are written.
pub(in crate::parse) mod json;
mod toml;

use crate::model::compose::ProblemKind;
use crate::model::{ConfigFile, ConfigProblem, ConfigValue, Hidden, Lines, Place};
use crate::parse::excerpt::masked;
use crate::parse::yaml::{Keys, Kind, Map, Node, Wrong, documents};

/// The sorts of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, one document or several.
    Yaml,
    /// TOML.
    Toml,
    /// JSON, comments and trailing commas allowed.
    Json,
}

impl Format {
    /// The format of a file, as its name tells.
    pub fn of(path: &str) -> Option<Self> {
        let (_, ending) = path.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" | "jsonc" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads a file. What can't be read is a problem in it.
pub fn config(text: &str, format: Format) -> ConfigFile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (nodes, wrong) = match format {
        Format::Yaml => documents(text, 0, Keys::Scalars),
        Format::Toml => toml::documents(text),
        Format::Json => json::documents(text),
    };
    let mut file = ConfigFile::default();
    for node in &nodes {
        take(node, &mut Vec::new(), None, &mut file.values);
    }
    let problem = |Wrong { kind, spot, message }| ConfigProblem {
        span: spot.span,
        message,
        is_limit: kind == ProblemKind::Limit,
    };
    file.problems = wrong.into_iter().map(problem).collect();
    file.values.sort_by_key(|value| value.span);
    // An alias gives the same value at the same place under several paths.
    file.values.dedup_by(|a, b| a.span == b.span && a.key == b.key && a.text == b.text);
    file
}

/// The place of a value or a problem; its excerpt shows keys and nothing of a value.
pub fn place(path: &str, lines: &Lines<'_>, value: &ConfigValue) -> Place {
    let line = lines.line(value.span.start.line);
    let place = Place::new(path, value.span);
    // A whole file on one line is nothing to show.
    if line.len() > LONGEST_LINE { place } else { place.showing(masked(line, value.span, value.is_key)) }
}

const LONGEST_LINE: usize = 200;
const LONGEST_PATH: usize = 200;

/// Takes every scalar below a node.
fn take(node: &Node, path: &mut Vec<String>, key: Option<crate::model::Span>, values: &mut Vec<ConfigValue>) {
    match &node.kind {
        Kind::Null => {}
        Kind::Scalar(scalar) if scalar.written.is_empty() => {}
        Kind::Scalar(scalar) => {
            let is_index = |segment: &&String| segment.bytes().all(|byte| byte.is_ascii_digit());
            values.push(ConfigValue {
                path: joined(path),
                key: path.iter().rev().find(|segment| !is_index(segment)).cloned().unwrap_or_default(),
                text: Hidden::new(scalar.written.clone()),
                span: key.unwrap_or(node.spot.span),
                is_key: key.is_some(),
            });
        }
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                take(item, path, None, values);
                path.pop();
            }
        }
        Kind::Map(map) => {
            let named = name_of_value(map);
            for (key, entry) in &map.entries {
                let key = named.filter(|_| key == "value").unwrap_or(key);
                path.push(key.chars().take(LONGEST_PATH).collect());
                take(&entry.value, path, Some(entry.key.span), values);
                path.pop();
            }
        }
    }
}

/// `KEY` of `{name: KEY, value: ...}`.
fn name_of_value(map: &Map) -> Option<&str> {
    map.get("value").and_then(Node::scalar)?;
    map.get("name").or_else(|| map.get("key"))?.string().filter(|name| !name.is_empty())
}

/// The last segments that are short enough together.
fn joined(path: &[String]) -> String {
    let mut length = 0;
    let fits = |segment: &&String| {
        length += segment.len() + 1;
        length <= LONGEST_PATH
    };
    let kept = path.iter().rev().take_while(fits).count().max(1).min(path.len());
    let tail = path.get(path.len() - kept..).unwrap_or_default().join(".");
    if kept < path.len() { format!("….{tail}") } else { tail }
}

#[cfg(test)]
mod tests;
