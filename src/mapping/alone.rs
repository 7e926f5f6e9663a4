//! A mapping of which one side alone is at hand.
//!
//! Owns what the other side would be if the mapping held, and what tells one mapping from another. Refuses to be taken for
//! the other side: whoever has both resolves against both.
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Mapping;
use super::names::Names;
use crate::manifest::{Side, TableEntry};
use crate::model::schema::{Column, Schema, Table};
use crate::model::{Cause, Mode};

impl Mapping {
    /// A digest of all that decides which rows and cells are compared as what: not of reasons, nor of how a run is narrowed.
    pub fn identity(&self) -> String {
        #[derive(Serialize)]
        struct Told<'m> {
            mode: Mode,
            tables: Vec<&'m TableEntry>,
            skips: Vec<(&'m str, Option<Side>)>,
        }
        let mut tables: Vec<&TableEntry> = self.tables.iter().collect();
        tables.sort_by(|one, other| (&*one.from, &one.to).cmp(&(&*other.from, &other.to)));
        let skips = self.skips.iter().map(|skip| (skip.table.as_str(), skip.side)).collect();
        // Plain data with text keys is always JSON.
        let text = serde_json::to_string(&Told { mode: self.mode, tables, skips }).unwrap_or_default();
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether both sides are mapped alike, so that a side is told from the other by nothing.
    pub fn is_plain(&self) -> bool {
        self.tables.is_empty() && self.skips.iter().all(|skip| skip.side.is_none())
    }

    /// What the other side is, if it is what the mapping makes of `own`.
    ///
    /// # Errors
    /// When the target alone does not tell it.
    pub fn other_side(&self, side: Side, own: &Schema) -> Result<Schema, Cause> {
        if self.tables.is_empty() {
            return Ok(own.clone());
        }
        let mut tables = Vec::new();
        for entry in &self.tables {
            if side == Side::Target && entry.from.contains('{') {
                let message = format!("the mapping's `{}` stands for tables of the source", *entry.from);
                return Err(Cause::new(message).hint("take it with `--like` a fingerprint of the source"));
            }
            let to = entry.to.as_ref().unwrap_or(&entry.from);
            let (here, there) = match side {
                Side::Source => (&*entry.from, &**to),
                Side::Target => (&**to, &*entry.from),
            };
            if let Some(table) = own.table(here) {
                tables.push(counterpart(entry, side, table, there));
            }
        }
        Ok(Schema { tables, ..own.clone() })
    }
}

fn counterpart(entry: &TableEntry, side: Side, own: &Table, name: &str) -> Table {
    // Names of the other side stand as they were written: there is nobody to ask.
    let names = match side {
        Side::Source => Names::of(entry, own, &Table::default()),
        Side::Target => Names::of(entry, &Table::default(), own),
    };
    let has = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let is_own = |written: &str, name: &str| own.column(written).is_some_and(|column| column.name == name);
    let mut columns: Vec<Column> = Vec::new();
    for column in &own.columns {
        let name = &column.name;
        let other = match side {
            Side::Source if has(&names.drop, name) => continue,
            Side::Target if has(&names.target_owned, name) => continue,
            Side::Source => names.rename.get(name).cloned(),
            Side::Target => {
                names.rename.iter().find(|(_, to)| is_own(to, name)).map(|(from, _)| from.clone())
            }
        };
        columns.push(Column { name: other.unwrap_or_else(|| name.clone()), ..column.clone() });
    }
    // What the mapping alone brings into being, or leaves behind.
    let more: Vec<&String> = match side {
        Side::Source => names.default.keys().chain(names.compute.keys()).chain(&names.target_owned).collect(),
        Side::Target => names.drop.iter().collect(),
    };
    let (namespace, name) = name.split_once('.').unwrap_or((own.namespace.as_str(), name));
    // Keys are told by the side that is at hand.
    let mut other =
        Table { namespace: namespace.to_owned(), name: name.to_owned(), columns, ..Table::default() };
    for name in more {
        if other.column(name).is_none() {
            other.columns.push(Column { name: name.clone(), ..Column::default() });
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Source, read};
    use crate::mapping::resolve;

    fn mapping(text: &str) -> Mapping {
        Mapping::of(&read(text).unwrap(), &Source::default())
    }

    fn schema(tables: &[(&str, &[&str])]) -> Schema {
        let column = |name: &&str| Column { name: (*name).to_owned(), ..Column::default() };
        let table = |(name, columns): &(&str, &[&str])| Table {
            name: (*name).to_owned(),
            columns: columns.iter().map(column).collect(),
            ..Table::default()
        };
        Schema { tables: tables.iter().map(table).collect(), ..Schema::default() }
    }

    const TEXT: &str = "[[table]]\nfrom = \"a\"\nto = \"b\"\nrename = { x = \"y\" }\ndrop = [\"gone\"]\ndefault = { kind = \"k\" }\n\
        compute = { n = \"1\" }\ntarget_owned = [\"at\"]\nkey = [\"id\"]\n";

    #[test]
    fn either_side_alone_resolves_to_the_same_pair() {
        let mapping = mapping(TEXT);
        let source = schema(&[("a", &["id", "x", "gone"])]);
        let target = schema(&[("b", &["id", "y", "kind", "n", "at"])]);
        let both = resolve(&mapping, &source, &target, &|_| false);
        assert_eq!(both.problems, []);
        let of_source =
            resolve(&mapping, &source, &mapping.other_side(Side::Source, &source).unwrap(), &|_| false);
        let of_target =
            resolve(&mapping, &mapping.other_side(Side::Target, &target).unwrap(), &target, &|_| false);
        let names = |resolved: &crate::mapping::Resolved| -> Vec<String> {
            let mut names: Vec<String> =
                resolved.pairs[0].columns.iter().map(|column| column.target.clone()).collect();
            names.sort();
            names
        };
        assert_eq!((names(&of_source), names(&of_target)), (names(&both), names(&both)));
        assert_eq!((of_source.problems, of_target.problems), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_mapping_is_told_by_what_it_does() {
        let one = mapping(TEXT);
        assert_eq!(one.identity(), mapping(&format!("# a comment\n\n{TEXT}")).identity());
        for (from, to) in [
            ("x =", "z ="),
            ("\"k\"", "\"l\""),
            ("\"1\"", "\"2\""),
            ("\"at\"", "\"on\""),
            ("\"gone\"", "\"went\""),
        ] {
            assert_ne!(one.identity(), mapping(&TEXT.replace(from, to)).identity(), "{from}");
        }
        assert_ne!(one.identity(), mapping(&format!("verify.mode = \"semantic\"\n{TEXT}")).identity());
        assert_ne!(one.identity(), Mapping::default().identity());
    }
}
