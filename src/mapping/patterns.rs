//! Entries that speak for the tables of many entities: `me_{slug}.notes` for each `me_*` schema that there is.
use std::collections::BTreeSet;

use super::Mapping;
use crate::manifest::{Scalar, TableEntry, glob};
use crate::model::Schema;

impl Mapping {
    /// The same mapping with an entry for each source table that a pattern meets. What stands in the place of `{name}` stands
    /// also where the entry's `to`, conditions, expressions and defaults say `{name}`. A pattern that meets nothing stays.
    #[must_use]
    pub fn for_tables_of(&self, source: &Schema) -> Self {
        let mut tables = Vec::new();
        let (mut left_out, mut idle) = (self.left_out.clone(), self.idle.clone());
        for entry in &self.tables {
            let Some((before, name, after)) = placeholder(&entry.from) else {
                tables.push(entry.clone());
                continue;
            };
            let met = source.tables.iter().filter_map(|table| {
                let id = table.id();
                let value = id.strip_prefix(before)?.strip_suffix(after)?;
                if value.is_empty() || value.contains('.') {
                    return None;
                }
                if !self.entities.is_empty() && !self.entities.iter().any(|asked| asked == value) {
                    left_out.insert(id.clone());
                }
                if self.inactive.contains(value) {
                    idle.insert(id.clone());
                }
                Some(filled(entry, &id, name, value))
            });
            let met: Vec<TableEntry> = met.collect();
            if met.is_empty() {
                tables.push(entry.clone());
            }
            tables.extend(met);
        }
        Self { tables, left_out, idle, ..self.clone() }
    }
}

impl Mapping {
    /// The entities whose tables a schema holds, as the patterns of tables cut their names.
    pub fn entities_in(&self, schema: &Schema) -> BTreeSet<String> {
        let patterns = self.tables.iter().filter_map(|entry| placeholder(&entry.from));
        let met = patterns.flat_map(|(before, _, after)| {
            schema.tables.iter().filter_map(move |table| {
                let id = table.id();
                let entity = id.strip_prefix(before)?.strip_suffix(after)?;
                (!entity.is_empty() && !entity.contains('.')).then(|| entity.to_owned())
            })
        });
        met.collect()
    }

    /// The entities that a schema may be of, as the patterns of tables cut its name: `a` of `me_a` where an entry is
    /// `me_{slug}.notes`.
    pub fn entities_of<'s>(&'s self, schema: &'s str) -> impl Iterator<Item = &'s str> {
        let patterns = self.tables.iter().filter_map(|entry| placeholder(&entry.from));
        patterns.filter_map(|(before, _, after)| {
            let end = after.split('.').next().unwrap_or_default();
            schema.strip_prefix(before)?.strip_suffix(end).filter(|entity| !entity.is_empty())
        })
    }
}

/// A query for each schema that a glob meets, with that schema's name, which stands for `{schema}`; without a glob the query as
/// it is, about nothing in particular. `None` when no schema is met.
pub fn per_schema(schemas: Option<&str>, sql: &str, schema: &Schema) -> Option<Vec<(String, String)>> {
    let Some(schemas) = schemas else { return Some(vec![(String::new(), sql.to_owned())]) };
    let pattern = glob(schemas).ok()?;
    let names = schema.namespaces.iter().map(|one| &one.name).filter(|name| pattern.is_match(name));
    let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
    let all: Vec<_> = names.map(|name| (name.clone(), sql.replace("{schema}", &quoted(name)))).collect();
    (!all.is_empty()).then_some(all)
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
