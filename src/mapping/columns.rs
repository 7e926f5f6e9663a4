//! Columns: which source column meets which target column, and what identifies a row.
use super::names::{Names, alike};
use super::{Mapping, PairColumn, Problem, ProblemKind};
use crate::manifest::{Scalar, TableEntry};
use crate::model::{ColumnRole, Gap, GapKind, Object, Place, Table};

pub(super) struct Found {
    pub(super) columns: Vec<PairColumn>,
    pub(super) key: Vec<usize>,
    pub(super) problems: Vec<Problem>,
    pub(super) gaps: Vec<Gap>,
}

/// Matches the columns of two tables; without an entry by name alone.
pub(super) fn columns(
    mapping: &Mapping,
    entry: Option<&TableEntry>,
    source: &Table,
    target: &Table,
) -> Found {
    let mut matcher = Matcher {
        mapping,
        entry,
        names: entry.map(|entry| Names::of(entry, source, target)).unwrap_or_default(),
        source,
        target,
        found: Found { columns: Vec::new(), key: Vec::new(), problems: Vec::new(), gaps: Vec::new() },
    };
    matcher.stale();
    matcher.moved();
    matcher.only_in_target();
    matcher.key();
    matcher.declared_differences();
    matcher.found
}

struct Matcher<'m> {
    mapping: &'m Mapping,
    entry: Option<&'m TableEntry>,
    names: Names,
    source: &'m Table,
    target: &'m Table,
    found: Found,
}

impl Matcher<'_> {
    fn problem(&mut self, kind: ProblemKind, about: &str, message: String, help: &str, place: Option<Place>) {
        let place = place.or_else(|| self.entry.map(|entry| self.mapping.place(&entry.from)));
        let (table, about, help) = (self.source.id(), about.to_owned(), help.to_owned());
        self.found.problems.push(Problem { kind, table, about, message, help, place });
    }

    fn gap(&mut self, column: &str, kind: GapKind, reason: impl Into<String>) {
        let on =
            Object { kind: crate::model::ObjectKind::Column, name: format!("{}.{column}", self.source.id()) };
        self.found.gaps.push(Gap { on, kind, reason: reason.into() });
    }

    /// Names in the entry that no table has, or that may be several of its columns'.
    fn stale(&mut self) {
        let Some(entry) = self.entry else { return };
        let sources = entry.rename.keys().chain(&entry.drop).map(|name| (name, self.source, "source"));
        let targets = entry
            .rename
            .values()
            .chain(entry.default.keys())
            .chain(entry.compute.keys())
            .chain(&entry.target_owned)
            .chain(&entry.key);
        let named: Vec<_> = sources.chain(targets.map(|name| (name, self.target, "target"))).collect();
        for (name, table, side) in named {
            if table.column(name).is_some() {
                continue;
            }
            let place = Some(self.mapping.place(name));
            let alike: Vec<String> =
                alike(table, name).iter().map(|column| format!("`{}`", column.name)).collect();
            let (what, help) = if alike.is_empty() {
                (format!("which `{}` of the {side} does not have", table.id()), "mend the name, or remove it")
            } else {
                (
                    format!("and `{}` of the {side} has {}", table.id(), alike.join(" and ")),
                    "write it as the table does",
                )
            };
            let message = format!("the mapping names `{}`, {what}", **name);
            self.problem(ProblemKind::StaleMapping, name, message, help, place);
        }
        for name in std::mem::take(&mut self.names.twice) {
            let message = format!("the mapping names `{}` twice, in two spellings", *name);
            let place = Some(self.mapping.place(&name));
            self.problem(
                ProblemKind::StaleMapping,
                &name,
                message,
                "write it once, as the table does",
                place,
            );
        }
    }

    fn moved(&mut self) {
        for column in self.source.columns.iter().filter(|column| column.role != ColumnRole::Hidden) {
            let name = column.name.as_str();
            if self.names.drop.iter().any(|dropped| dropped == name) {
                self.gap(name, GapKind::Declared, "dropped by the mapping");
                continue;
            }
            let renamed = self.names.rename.get(name).cloned();
            let target_name = renamed.as_deref().unwrap_or(name);
            let target = self.target.column(target_name).filter(|column| column.role != ColumnRole::Hidden);
            match target {
                Some(target) if self.computed(&target.name).is_some() => {
                    self.gap(
                        name,
                        GapKind::Declared,
                        format!("`{}` of the target is computed instead", target.name),
                    );
                }
                Some(target) if self.is_target_owned(&target.name) => {
                    self.gap(name, GapKind::Declared, "the target writes its counterpart itself");
                }
                Some(target) if self.found.columns.iter().any(|known| known.target == target.name) => {
                    let message = format!("`{name}` is the second column to become `{}`", target.name);
                    let help = "declare one of the two under `drop` or `rename`";
                    self.problem(ProblemKind::StaleMapping, name, message, help, None);
                }
                Some(target) => {
                    let (target, default) = (target.name.clone(), self.default(&target.name));
                    self.found.columns.push(PairColumn {
                        source: Some(name.to_owned()),
                        compute: None,
                        target,
                        default,
                    });
                }
                // A stale rename was said already.
                None if renamed.is_some() => {}
                None => {
                    let message =
                        format!("`{name}` has no counterpart in `{}` of the target", self.target.id());
                    let help = "move it, or declare it under `rename` or `drop`";
                    self.problem(ProblemKind::MissingColumn, name, message, help, None);
                }
            }
        }
    }

    fn only_in_target(&mut self) {
        for column in self.target.columns.iter().filter(|column| column.role != ColumnRole::Hidden) {
            let name = column.name.as_str();
            if self.found.columns.iter().any(|known| known.target == name) {
                continue;
            }
            if self.is_target_owned(name) {
                self.gap(name, GapKind::Declared, "written by the target itself");
            } else if let Some(compute) = self.computed(name) {
                let (target, default) = (name.to_owned(), self.default(name));
                self.found.columns.push(PairColumn { source: None, compute: Some(compute), target, default });
            } else if let Some(default) = self.default(name) {
                let (target, default) = (name.to_owned(), Some(default));
                self.found.columns.push(PairColumn { source: None, compute: None, target, default });
            } else {
                let message = format!("`{name}` of `{}` in the target comes from nowhere", self.target.id());
                let help = "declare it under `rename`, `default` or `target_owned`";
                self.problem(ProblemKind::UnlistedColumn, name, message, help, None);
            }
        }
    }

    fn is_target_owned(&self, name: &str) -> bool {
        self.names.target_owned.iter().any(|owned| owned == name)
    }

    fn computed(&self, name: &str) -> Option<String> {
        self.names.compute.get(name).cloned()
    }

    fn default(&self, name: &str) -> Option<Scalar> {
        self.names.default.get(name).cloned()
    }

    /// The declared key, else the source's primary key, else the target's, if all of it is compared.
    fn key(&mut self) {
        let index = |name: &str, of_source: bool| {
            self.found.columns.iter().position(|column| {
                let known = if of_source { column.source.as_deref() } else { Some(column.target.as_str()) };
                known.is_some_and(|known| known == name)
            })
        };
        let all = |names: &[String], of_source: bool| -> Vec<usize> {
            names.iter().map(|name| index(name, of_source)).collect::<Option<_>>().unwrap_or_default()
        };
        let declared = &self.names.key;
        let keys = [all(declared, false), all(self.source.key(), true), all(self.target.key(), false)];
        let [of_declared, ..] = &keys;
        let is_passed_over = !declared.is_empty() && of_declared.is_empty();
        self.found.key = keys.into_iter().find(|key| !key.is_empty()).unwrap_or_default();
        if is_passed_over {
            self.uncompared_key();
        }
    }

    /// Names of the declared key that the target has and that are not compared; those it lacks were said already.
    fn uncompared_key(&mut self) {
        let Some(entry) = self.entry else { return };
        for name in &entry.key {
            let Some(own) = self.target.column(name) else { continue };
            if !self.found.columns.iter().any(|column| column.target == own.name) {
                let message = format!("the key names `{}`, which is not compared", **name);
                let place = Some(self.mapping.place(name));
                self.problem(ProblemKind::StaleMapping, name, message, "name compared columns alone", place);
            }
        }
    }

    /// Verifying through the mapping cannot find a wrong mapping, so every transformation is listed.
    fn declared_differences(&mut self) {
        let columns = self.found.columns.clone();
        for PairColumn { source, compute, target, default } in columns {
            if let Some(sql) = &compute {
                self.gap(&target, GapKind::Declared, format!("expected to be {sql} of the source's row"));
            }
            if let Some(source) = source.as_deref().filter(|source| *source != target) {
                self.gap(source, GapKind::Declared, format!("compared with `{target}` of the target"));
            }
            if default.is_some() {
                let where_missing =
                    if source.or(compute).is_some() { "where the source has NULL" } else { "for every row" };
                self.gap(
                    &target,
                    GapKind::Declared,
                    format!("expected to be the declared default {where_missing}"),
                );
            }
        }
        let Some(entry) = self.entry else { return };
        let on = Object::table(self.source.id());
        for (filter, side) in [(&entry.filter, "source"), (&entry.target_where, "target")] {
            if let Some(filter) = filter {
                let reason = format!("rows of the {side} are compared only where {}", **filter);
                self.found.gaps.push(Gap { on: on.clone(), kind: GapKind::Declared, reason });
            }
        }
    }
}
