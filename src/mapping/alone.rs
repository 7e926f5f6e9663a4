//! A mapping of which one side alone is at hand.
//!
//! Owns what the other side would be if the mapping held, and what tells one mapping from another. Refuses to be taken for
//! the other side: whoever has both resolves against both.
use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Mapping;
use super::names::Names;
use crate::manifest::{Side, TableEntry};
use crate::model::Mode;
use crate::model::schema::{Column, Schema, Table};

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

    /// What the other side is, if it is what the mapping makes of `own`, and what resolves the two.
    pub fn alone(&self, side: Side, own: &Schema) -> Alone {
        let (mapping, wholes) = match side {
            Side::Source => (self.for_tables_of(own), BTreeSet::new()),
            Side::Target => self.by_tables_of(own),
        };
        if mapping.tables.is_empty() {
            return Alone { mapping, other: own.clone(), wholes };
        }
        let mut tables: Vec<Table> = Vec::new();
        for entry in &mapping.tables {
            let to = entry.to.as_ref().unwrap_or(&entry.from);
            let (here, there) = match side {
                Side::Source => (&*entry.from, &**to),
                Side::Target => (&**to, &*entry.from),
            };
            let Some(table) = own.table(here) else { continue };
            let mut other = counterpart(entry, side, table, there);
            // Of tables that become one, each brings the columns that it has.
            match tables.iter_mut().find(|known| known.id() == other.id()) {
                Some(known) => {
                    other.columns.retain(|column| known.column(&column.name).is_none());
                    known.columns.extend(other.columns);
                }
                None => tables.push(other),
            }
        }
        Alone { mapping, other: Schema { tables, ..own.clone() }, wholes }
    }
}

/// A mapping that met one side, and what it makes of that.
pub struct Alone {
    /// Its entries by the tables that this side has.
    pub mapping: Mapping,
    /// What the other side is, as far as that is known.
    pub other: Schema,
    /// The tables of the target of which nothing tells the parts: they are of as many entities as the source has.
    pub wholes: BTreeSet<String>,
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
    // A name without a schema is one of `public`, wherever its counterpart is.
    let unsaid = if own.namespace.is_empty() { "" } else { "public" };
    let (namespace, name) = name.split_once('.').unwrap_or((unsaid, name));
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
        let of_source = resolve(&mapping, &source, &mapping.alone(Side::Source, &source).other, &|_| false);
        let of_target = resolve(&mapping, &mapping.alone(Side::Target, &target).other, &target, &|_| false);
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

    #[test]
    fn tables_of_many_entities_are_told_by_either_side() {
        let text = "[[table]]\nfrom = \"me_{slug}_memory\"\nto = \"memory\"\ntarget_where = \"slug = '{slug}'\"\n\
            default = { slug = \"{slug}\" }\n[[table]]\nfrom = \"me_{slug}_notes\"\nto = \"notes_of_{slug}\"\n";
        let mapping = mapping(text);
        let pairs = |alone: &Alone, source: &Schema, target: &Schema| -> Vec<String> {
            let resolved = resolve(&alone.mapping, source, target, &|_| false);
            resolved
                .pairs
                .iter()
                .map(|pair| format!("{} {} {:?}", pair.source, pair.target, pair.target_where))
                .collect()
        };
        let source = schema(&[
            ("me_a_memory", &["id"]),
            ("me_b_memory", &["id", "v"]),
            ("me_a_notes", &["id"]),
            ("other", &["id"]),
        ]);
        let alone = mapping.alone(Side::Source, &source);
        assert_eq!(alone.wholes, BTreeSet::new());
        assert_eq!(
            pairs(&alone, &source, &alone.other),
            [
                "me_a_memory memory Some(\"slug = 'a'\")",
                "me_b_memory memory Some(\"slug = 'b'\")",
                "me_a_notes notes_of_a None"
            ]
        );
        // In Postgres the entities are schemas, and the table is none of theirs.
        let mut schemas = source.clone();
        for (table, namespace) in schemas.tables.iter_mut().zip(["me_a", "me_b"]) {
            (table.namespace, table.name) = (namespace.to_owned(), "memory".to_owned());
        }
        let of_schemas = super::Mapping::of(
            &read(&text.replace("me_{slug}_memory", "me_{slug}.memory")).unwrap(),
            &Source::default(),
        );
        let alone = of_schemas.alone(Side::Source, &schemas);
        assert_eq!(pairs(&alone, &schemas, &alone.other).len(), 3);
        let target =
            schema(&[("memory", &["slug", "id", "v"]), ("notes_of_a", &["id"]), ("notes_of_", &["id"])]);
        let alone = mapping.alone(Side::Target, &target);
        assert_eq!(alone.wholes, BTreeSet::from(["memory".to_owned()]));
        assert_eq!(
            pairs(&alone, &alone.other, &target),
            ["me_{slug}_memory memory None", "me_a_notes notes_of_a None"]
        );
    }
}
