//! Entries that speak for the tables of many entities: `me_{slug}.notes` for each `me_*` schema that there is.
use std::collections::BTreeSet;

use super::Mapping;
use crate::manifest::{Scalar, TableEntry, glob};
use crate::model::{Schema, Table};

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
    /// The same for a target, whose tables tell the entities where an entry's `to` names them. Where it does not, its table is all
    /// that the pattern's tables become together: the entry stands for them, without a condition of its own. The names of these
    /// tables come with it.
    pub(super) fn by_tables_of(&self, target: &Schema) -> (Self, BTreeSet<String>) {
        let (mut tables, mut wholes) = (Vec::new(), BTreeSet::new());
        for entry in &self.tables {
            let to = entry.to.as_ref().unwrap_or(&entry.from);
            let Some((before, name, after)) = placeholder(&entry.from) else {
                tables.push(entry.clone());
                continue;
            };
            let braced = format!("{{{name}}}");
            if !to.contains(&braced) {
                wholes.extend(target.table(to).map(Table::id));
                tables.push(entry.clone());
                continue;
            }
            let met = target.tables.iter().filter_map(|table| {
                let id = table.id();
                let value = standing_for(to, &braced, &id).filter(|value| !value.contains('.'))?.to_owned();
                let mut met = filled(entry, &format!("{before}{value}{after}"), name, &value);
                met.to = Some(to.standing_for(id));
                Some(met)
            });
            tables.extend(met);
        }
        for entry in &mut tables {
            let to = entry.to.as_ref().unwrap_or(&entry.from);
            if target.table(to).is_some_and(|table| wholes.contains(&table.id())) {
                entry.target_where = None;
            }
        }
        (Self { tables, ..self.clone() }, wholes)
    }

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

/// What stands in the place of `braced`, wherever it is in a pattern, if `text` is the pattern filled.
fn standing_for<'t>(pattern: &str, braced: &str, text: &'t str) -> Option<&'t str> {
    let places = pattern.matches(braced).count();
    let written = pattern.len() - places * braced.len();
    let length = text.len().checked_sub(written)?.checked_div(places)?;
    let start = pattern.find(braced)?;
    let value = text.get(start..start.checked_add(length)?).filter(|value| !value.is_empty())?;
    (pattern.replace(braced, value) == text).then_some(value)
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
