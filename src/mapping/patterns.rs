//! Entries that speak for the tables of many entities: `me_{slug}.notes` for each `me_*` schema that there is.
use super::Mapping;
use crate::manifest::{Scalar, TableEntry};
use crate::model::Schema;

impl Mapping {
    /// The same mapping with an entry for each source table that a pattern meets. What stands in the place of `{name}` stands
    /// also where the entry's `to`, conditions, expressions and defaults say `{name}`. A pattern that meets nothing stays.
    #[must_use]
    pub fn for_tables_of(&self, source: &Schema) -> Self {
        let mut tables = Vec::new();
        for entry in &self.tables {
            let Some((before, name, after)) = placeholder(&entry.from) else {
                tables.push(entry.clone());
                continue;
            };
            let met = source.tables.iter().filter_map(|table| {
                let id = table.id();
                let value = id.strip_prefix(before)?.strip_suffix(after)?;
                (!value.is_empty() && !value.contains('.')).then(|| filled(entry, &id, name, value))
            });
            let met: Vec<TableEntry> = met.collect();
            if met.is_empty() {
                tables.push(entry.clone());
            }
            tables.extend(met);
        }
        Self { tables, ..self.clone() }
    }
}

/// What stands before, in and after the first pair of braces.
fn placeholder(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = pattern.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn filled(entry: &TableEntry, id: &str, name: &str, value: &str) -> TableEntry {
    let braced = format!("{{{name}}}");
    // In a condition it stands in quotes.
    let sql = value.replace('\'', "''");
    let mut entry = entry.clone();
    let to = entry.to.as_ref().map(|to| to.standing_for(to.replace(&braced, value)));
    entry.from = entry.from.standing_for(id.to_owned());
    entry.to = to;
    for condition in [&mut entry.filter, &mut entry.target_where].into_iter().flatten() {
        *condition = condition.standing_for(condition.replace(&braced, &sql));
    }
    for expression in entry.compute.values_mut() {
        *expression = expression.standing_for(expression.replace(&braced, &sql));
    }
    for default in entry.default.values_mut() {
        if let Scalar::Text(text) = default {
            *text = text.replace(&braced, value);
        }
    }
    entry
}
