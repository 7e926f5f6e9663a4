//! Tables: which pairs there are, and which tables nobody spoke of.
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;

use super::columns::columns;
use super::{Mapping, Pair, Problem, ProblemKind, Resolved};
use crate::manifest::{IfEmpty, Side, SkipEntry, TableEntry, glob};
use crate::model::integrity::LARGE_OBJECTS;
use crate::model::{Gap, GapKind, Object, Place, Schema, Table, TableKind, TableName};

/// Resolves a mapping. `is_empty` tells whether a source table has no rows; it is asked only for tables with
/// `if_empty`. Costs tables x columns.
pub fn resolve(
    mapping: &Mapping,
    source: &Schema,
    target: &Schema,
    is_empty: &dyn Fn(&TableName) -> bool,
) -> Resolved {
    let mut resolver = Resolver {
        mapping,
        source,
        target,
        out: Resolved::default(),
        skips: mapping.skips.iter().filter_map(Skip::new).collect(),
        spoken: [BTreeSet::new(), BTreeSet::new()],
        asked: BTreeSet::new(),
        merges: BTreeMap::new(),
    };
    resolver.twice(Side::Source);
    resolver.twice(Side::Target);
    if mapping.tables.is_empty() {
        resolver.namesakes();
    } else {
        for entry in &mapping.tables {
            resolver.declared(entry, is_empty);
        }
        resolver.merged();
        resolver.unlisted(Side::Source);
        resolver.unlisted(Side::Target);
    }
    resolver.stale();
    resolver.out
}

struct Skip<'m> {
    entry: &'m SkipEntry,
    glob: GlobMatcher,
    used: bool,
}

impl<'m> Skip<'m> {
    /// Globs were held to their form with the manifest.
    fn new(entry: &'m SkipEntry) -> Option<Self> {
        Some(Self { entry, glob: glob(&entry.table).ok()?, used: false })
    }
}

struct Resolver<'m> {
    mapping: &'m Mapping,
    source: &'m Schema,
    target: &'m Schema,
    out: Resolved,
    skips: Vec<Skip<'m>>,
    /// Tables of the source and the target that a pair or a skip speaks for.
    spoken: [BTreeSet<String>; 2],
    /// The names in `only` that met a table.
    asked: BTreeSet<&'m str>,
    /// The entries by the table of the target that they become.
    merges: BTreeMap<String, Vec<&'m TableEntry>>,
}

impl<'m> Resolver<'m> {
    fn schema(&self, side: Side) -> &'m Schema {
        match side {
            Side::Source => self.source,
            Side::Target => self.target,
        }
    }

    fn speak(&mut self, side: Side, table: &str) {
        let [source, target] = &mut self.spoken;
        match side {
            Side::Source => source.insert(table.to_owned()),
            Side::Target => target.insert(table.to_owned()),
        };
    }

    fn is_spoken(&self, side: Side, table: &str) -> bool {
        let [source, target] = &self.spoken;
        match side {
            Side::Source => source.contains(table),
            Side::Target => target.contains(table),
        }
    }

    fn gap(&mut self, table: &str, kind: GapKind, reason: impl Into<String>) {
        self.out.gaps.push(Gap { on: Object::table(table), kind, reason: reason.into() });
    }

    fn problem(&mut self, kind: ProblemKind, table: &str, message: String, help: &str, place: Option<Place>) {
        let (table, about, help) = (table.to_owned(), table.to_owned(), help.to_owned());
        self.out.problems.push(Problem { kind, table, about, message, help, place });
    }

    /// Whether the run asks for a pair of these names; says so when it does not.
    fn is_asked(&mut self, source: &str, target: &str) -> bool {
        if self.mapping.left_out.contains(source) {
            self.gap(source, GapKind::NotAsked, "the run was narrowed to other entities");
            return false;
        }
        // Both names of a pair may be given.
        let met: Vec<&str> = self
            .mapping
            .only
            .iter()
            .map(String::as_str)
            .filter(|only| [source, target].contains(only))
            .collect();
        if !met.is_empty() {
            self.asked.extend(met);
            return true;
        }
        let all = self.mapping.only.is_empty();
        if !all {
            self.gap(source, GapKind::NotAsked, "the run was narrowed to other tables");
        }
        all
    }

    fn declared(&mut self, entry: &'m TableEntry, is_empty: &dyn Fn(&TableName) -> bool) {
        let place = self.mapping.place(&entry.from);
        let to = entry.to.as_ref().unwrap_or(&entry.from);
        let source = self.source.table(&entry.from);
        let target = self.target.table(to);
        for (side, table) in [(Side::Source, source), (Side::Target, target)] {
            if let Some(table) = table {
                self.speak(side, &table.id());
            }
        }
        if !self.is_asked(&entry.from, to) {
            return;
        }
        let Some(source) = source else {
            let message = format!("the mapping moves `{}`, which the source does not have", *entry.from);
            self.problem(
                ProblemKind::StaleMapping,
                &entry.from,
                message,
                "mend its `from`, or remove the entry",
                Some(place),
            );
            return;
        };
        let Some(target) = target else {
            if self.mapping.idle.contains(&source.id()) {
                self.gap(
                    &source.id(),
                    GapKind::Declared,
                    "its entity is not active, so it was not to be moved",
                );
                return;
            }
            if entry.if_empty == Some(IfEmpty::Skip) && is_empty(&source.full_name()) {
                self.gap(&source.id(), GapKind::Declared, "it is empty, and `if_empty` says to skip it then");
                return;
            }
            let message =
                format!("`{}` should have become `{}`, which the target does not have", source.id(), **to);
            self.problem(
                ProblemKind::MissingTable,
                &source.id(),
                message,
                "create and fill it, or mend its `to`",
                Some(place),
            );
            return;
        };
        self.pair(Some(entry), source, target);
        self.merges.entry(target.id()).or_default().push(entry);
    }

    /// Of tables that become one, each must say which rows of it are its own.
    fn merged(&mut self) {
        for (table, entries) in std::mem::take(&mut self.merges) {
            let condition = |entry: &TableEntry| entry.target_where.as_deref().cloned();
            let alike = |place: usize, own: &Option<String>| {
                entries.iter().take(place).any(|other| condition(other) == *own)
            };
            let unclear = entries.iter().enumerate().rev().find(|(place, entry)| {
                let own = condition(entry);
                own.is_none() || alike(*place, &own)
            });
            let Some((_, entry)) = unclear.filter(|_| entries.len() > 1) else { continue };
            let all: Vec<String> = entries.iter().map(|entry| format!("`{}`", *entry.from)).collect();
            let message = format!(
                "{} become `{table}`, and no `target_where` of its own tells the rows of `{}` from the others'",
                all.join(" and "),
                *entry.from
            );
            let place = Some(self.mapping.place(&entry.from));
            let help =
                "give each its own `target_where`: a table that is held to rows of others proves nothing";
            self.problem(ProblemKind::StaleMapping, &entry.from, message, help, place);
        }
    }

    /// A dot may part a schema from a name, or stand in one; two tables that are called the same would be taken for one.
    fn twice(&mut self, side: Side) {
        let mut known = BTreeSet::new();
        for table in &self.schema(side).tables {
            let id = table.id();
            if !known.insert(id.clone()) {
                let message = format!("two tables of the {} are called `{id}`", side.word());
                self.problem(ProblemKind::StaleMapping, &id, message, "rename one of them", None);
            }
        }
    }

    fn namesakes(&mut self) {
        for table in &self.source.tables {
            if self.is_left_out(Side::Source, table) {
                continue;
            }
            let id = table.id();
            let target = self.target.table(&id).filter(|target| is_namesake(table, target));
            if !self.is_asked(&id, &target.map_or_else(|| id.clone(), Table::id)) {
                if let Some(target) = target {
                    self.speak(Side::Target, &target.id());
                }
                continue;
            }
            match target {
                Some(target) if self.is_skipped(Side::Target, target) => {
                    let message = format!("the target's table `{id}` is skipped, the source's is not");
                    let help = "declare the `[[skip]]` without a side, or for both";
                    self.problem(ProblemKind::MissingTable, &id, message, help, None);
                }
                Some(target) => {
                    self.speak(Side::Target, &target.id());
                    self.pair(None, table, target);
                }
                None => self.problem(
                    ProblemKind::MissingTable,
                    &id,
                    format!("the target has no table `{id}`"),
                    "create and fill it, or declare a `[[table]]` or `[[skip]]` for it",
                    None,
                ),
            }
        }
        self.unlisted(Side::Target);
    }

    /// The tables that neither a pair nor a skip speaks for.
    fn unlisted(&mut self, side: Side) {
        for table in &self.schema(side).tables {
            let id = table.id();
            if self.is_spoken(side, &id) || self.is_left_out(side, table) {
                continue;
            }
            if self.is_asked(&id, &id) {
                let message = format!("the {}'s table `{id}` is on no list", side.word());
                self.problem(ProblemKind::UnlistedTable, &id, message, UNLISTED, None);
            }
        }
    }

    /// Whether a `[[skip]]` speaks for a table, and says why.
    fn is_skipped(&mut self, side: Side, table: &Table) -> bool {
        let id = table.id();
        let skip = self
            .skips
            .iter_mut()
            .find(|skip| skip.entry.side.is_none_or(|only| only == side) && skip.glob.is_match(&id));
        let Some(skip) = skip else { return false };
        skip.used = true;
        let reason = format!("skipped on the {}: {}", side.word(), skip.entry.reason.trim());
        self.gap(&id, GapKind::Declared, reason);
        true
    }

    /// Whether a parent of partitions, by its quoted name, or a parent of its own is skipped.
    fn is_under_skip(&self, side: Side, parent: &str) -> bool {
        let mut parent = parent.to_owned();
        for _ in 0..DEEPEST {
            let is_it =
                |table: &&Table| format!("{}.{}", quoted(&table.namespace), quoted(&table.name)) == parent;
            let Some(table) = self.schema(side).tables.iter().find(is_it) else { return false };
            let id = table.id();
            let is_met =
                |skip: &Skip<'_>| skip.entry.side.is_none_or(|only| only == side) && skip.glob.is_match(&id);
            if self.skips.iter().any(is_met) {
                return true;
            }
            let Some(next) = table.parents.first() else { return false };
            parent.clone_from(next);
        }
        false
    }

    /// Whether a table is not for comparing, and says why.
    fn is_left_out(&mut self, side: Side, table: &Table) -> bool {
        if self.is_skipped(side, table) {
            return true;
        }
        let word = side.word();
        if let (Some(_), [parent, ..]) = (&table.bound, table.parents.as_slice()) {
            let end = if self.is_under_skip(side, parent) {
                "which is skipped"
            } else {
                "its rows are compared there"
            };
            let reason = format!("a partition of {parent} in the {word}: {end}");
            self.gap(&table.id(), GapKind::NotCompared, reason);
            return true;
        }
        match table.kind {
            TableKind::Table | TableKind::Partitioned | TableKind::Foreign | TableKind::Virtual => {
                return false;
            }
            TableKind::View => self.gap(
                &table.id(),
                GapKind::NotCompared,
                format!("a view of the {word}: it holds no rows of its own"),
            ),
            TableKind::MaterializedView => self.gap(
                &table.id(),
                GapKind::NotCompared,
                format!(
                    "a materialized view of the {word}: it holds what it is made of when it is refreshed"
                ),
            ),
            TableKind::Shadow => self.gap(
                &table.id(),
                GapKind::NotCompared,
                format!("the storage of a virtual table of the {word}, which is compared by its rows"),
            ),
        }
        true
    }

    fn pair(&mut self, entry: Option<&TableEntry>, source: &Table, target: &Table) {
        let found = columns(self.mapping, entry, source, target);
        self.out.problems.extend(found.problems);
        self.out.gaps.extend(found.gaps);
        for (table, side) in [(source, Side::Source), (target, Side::Target)] {
            if matches!(table.kind, TableKind::View | TableKind::MaterializedView) {
                let reason = format!(
                    "a view of the {}: what it answers is compared, not what it is made of",
                    side.word()
                );
                self.gap(&table.id(), GapKind::NotCompared, reason);
            }
            if table.kind == TableKind::Foreign {
                let reason = format!(
                    "a foreign table of the {}: what another server answers is compared, and that server may be the other side",
                    side.word()
                );
                self.gap(&table.id(), GapKind::NotCompared, reason);
            }
        }
        // A table without columns cannot be described; it stays a pair, so that whoever reads it learns why.
        let described = ![source, target].iter().any(|table| table.columns.is_empty());
        if found.columns.is_empty() && described {
            let message = format!("`{}` and `{}` have no column in common", source.id(), target.id());
            self.problem(
                ProblemKind::MissingColumn,
                &source.id(),
                message,
                "declare how its columns are renamed",
                None,
            );
            return;
        }
        self.out.pairs.push(Pair {
            source: source.full_name(),
            target: target.full_name(),
            columns: found.columns,
            key: found.key,
            source_where: entry.and_then(|entry| entry.filter.as_deref().cloned()),
            target_where: entry.and_then(|entry| entry.target_where.as_deref().cloned()),
            mode: entry.and_then(|entry| entry.mode).unwrap_or(self.mapping.mode),
            declared: entry.map(|entry| self.mapping.place(&entry.from)),
        });
    }

    /// What to say to somebody who misspelt a table.
    fn nearest(&self, written: &str) -> String {
        let all: BTreeSet<String> =
            self.source.tables.iter().chain(&self.target.tables).map(Table::id).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let close = similar::get_close_matches(written, &all, 1, 0.6);
        close.first().map_or_else(
            || "name a table of the source or the target".to_owned(),
            |close| format!("did you mean `{close}`?"),
        )
    }

    fn stale(&mut self) {
        for only in &self.mapping.only {
            if !self.asked.contains(only.as_str()) {
                let known = self.source.table(only).or(self.target.table(only)).is_some();
                let (what, help) = if known {
                    ("is not for comparing", "see what was not compared, and why".to_owned())
                } else {
                    ("there is not", self.nearest(only))
                };
                let message = format!("the run was narrowed to `{only}`, which {what}");
                self.problem(ProblemKind::StaleMapping, only, message, &help, None);
            }
        }
        let is_unused = |skip: &&Skip<'_>| !skip.used && !skip.glob.is_match(LARGE_OBJECTS);
        let unused: Vec<_> = self.skips.iter().filter(is_unused).map(|skip| skip.entry).collect();
        for entry in unused {
            let reason = format!("`[[skip]]` for `{}` met no table", *entry.table);
            self.gap(&entry.table, GapKind::Declared, reason);
        }
    }
}

/// Whether two tables of one name are also of one schema: `"a"."b.c"` and `"a.b"."c"` read alike.
fn is_namesake(source: &Table, target: &Table) -> bool {
    let has_schema = |table: &Table| !matches!(table.namespace.as_str(), "" | "public");
    let is_one = || source.namespace.eq_ignore_ascii_case(&target.namespace);
    match (has_schema(source), has_schema(target)) {
        (true, true) => is_one(),
        // A store without schemas may have the dot in a name; Postgres has it there for something else.
        (true, false) => target.namespace.is_empty(),
        (false, true) => source.namespace.is_empty(),
        (false, false) => true,
    }
}

/// A name as the catalog writes it, in quotes only where it needs them, as far as these names of its own tell.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// How deep partitions may lie in partitions.
const DEEPEST: usize = 16;

const UNLISTED: &str = "declare a `[[table]]` that moves it, or a `[[skip]]` with the reason";
