//! What the live rules judge.
use std::collections::BTreeSet;

use super::super::{ChainFacts, Files};
use crate::chain::proof::{Advice, Proved, State, Step, advise, prove};
use crate::manifest::{Precondition, Source};
use crate::model::operation::{Action, TableName};
use crate::model::schema::{Table, TableKind};
use crate::model::{Cause, Gap, GapKind, LiveChain, Look, Object, Place};

/// A chain and a database that it is run on.
pub struct LiveFacts {
    pub(super) on: Object,
    /// The manifest line that names the endpoint.
    pub(super) declared: Option<Place>,
    pub(super) live: LiveChain,
    /// What its files say; failed where they make no chain.
    pub(super) chain: Look<Chain>,
    /// What is declared to hold of the data, with its place.
    pub(super) preconditions: Vec<(Precondition, Option<Place>)>,
}

/// A chain in the order in which it runs.
pub(super) struct Chain {
    pub(super) revisions: Vec<Revised>,
    /// What the database names and no file has.
    pub(super) unknown: Vec<String>,
    /// Stamps that another stamp implies, each with the one that does.
    pub(super) implied: Vec<(String, String)>,
    /// Up to where it may be stamped.
    pub(super) advice: Advice,
    /// The tables that it works on; none where only running it would tell.
    touched: Option<BTreeSet<TableName>>,
}

/// A revision, and where it stands.
pub(super) struct Revised {
    pub(super) id: String,
    /// Its file, and the place of its id.
    pub(super) path: String,
    pub(super) place: Place,
    pub(super) is_applied: bool,
    /// Whether the declared head, if there is one, needs it.
    pub(super) is_wanted: bool,
    /// What the schema shows of it, where it is said to have run.
    pub(super) proved: Option<Proved>,
    /// Whether everything that it leaves behind is there, though it is not said to have run.
    pub(super) is_there: bool,
}

impl LiveFacts {
    /// Holds a chain to what was seen of its database.
    pub fn new(chain: &ChainFacts, live: LiveChain, source: &Source) -> Self {
        let name = if live.endpoint.is_empty() { "live" } else { &live.endpoint };
        let on = Object::endpoint(format!("{} on {name}", chain.config));
        let declared = chain.declared.endpoint.as_ref().and_then(|endpoint| source.place_of(endpoint));
        let place = |one: &Precondition| source.place_of(&one.revision);
        let preconditions = chain.declared.precondition.iter().map(|one| (one.clone(), place(one))).collect();
        let known = whole(chain).map(|files| Chain::new(files, chain, &live));
        Self { on, declared: declared.or_else(|| chain.place.clone()), live, chain: known, preconditions }
    }

    /// Up to which revision the database may safely be stamped, and why no further.
    pub fn stamp_advice(&self) -> Look<String> {
        match &self.chain {
            Look::Got(chain) => Look::Got(chain.advised()),
            Look::NotAsked(reason) => Look::NotAsked(reason.clone()),
            Look::Failed(cause) => Look::Failed(cause.clone()),
        }
    }

    /// The ids that the version table names.
    pub(super) fn stamps(&self) -> &[String] {
        self.live.version.as_ref().map_or(&[], |version| &version.rows)
    }

    /// The tables that somebody made and that this chain may work on, without version tables. Another chain may keep its own
    /// tables in the same database.
    pub(super) fn tables(&self) -> usize {
        let own = self.live.version.as_ref().map_or("", |version| version.name.as_str());
        let counts = |kind| matches!(kind, TableKind::Table | TableKind::Partitioned);
        let touched = self.chain.got().and_then(|chain| chain.touched.as_ref());
        let places = self.live.places();
        let named = |schema: Option<&str>, table: &Table| TableName {
            schema: schema.map(str::to_owned),
            name: table.name.clone(),
        };
        let is_named = |names: &BTreeSet<TableName>, table: &Table| {
            names.contains(&named(Some(&table.namespace), table))
                || (places.contains(&table.namespace.as_str()) && names.contains(&named(None, table)))
        };
        let is_own = |table: &&Table| touched.is_none_or(|names| is_named(names, table));
        let is_version = |table: &Table| {
            table.id() == own || (table.columns.len() == 1 && table.column("version_num").is_some())
        };
        let tables = self.live.schema.tables.iter().filter(is_own);
        let tables = tables.filter(|table| counts(table.kind) && table.namespace != "trueup");
        tables.filter(|table| !is_version(table)).count()
    }

    /// Revisions of which the schema tells nothing or not all, with the reason.
    pub fn gaps(&self) -> Vec<Gap> {
        let gap = |reason: String| Gap { on: self.on.clone(), kind: GapKind::NotCompared, reason };
        let all = self.chain.got().into_iter().flat_map(|chain| &chain.revisions);
        let proved: Vec<(&Revised, &Proved)> =
            all.filter_map(|revision| Some((revision, revision.proved.as_ref()?))).collect();
        let mut gaps: Vec<Gap> = proved
            .iter()
            .filter_map(|(revision, proved)| match &proved.state {
                State::Nothing(why) => {
                    Some(gap(format!("whether `{}` ran cannot be seen: {why}", revision.id)))
                }
                _ => None,
            })
            .collect();
        let is_part = |(_, proved): &&(&Revised, &Proved)| is_judged(proved) && proved.is_opaque;
        let parts: Vec<String> =
            proved.iter().filter(is_part).map(|(revision, _)| revision.id.clone()).collect();
        if !parts.is_empty() {
            let ids = listed(&parts);
            gaps.push(gap(format!("a part of what {ids} did: only running it would tell what it does")));
        }
        let unseen: BTreeSet<&String> =
            proved.iter().filter(|(_, own)| is_judged(own)).flat_map(|(_, own)| &own.unseen).collect();
        let count = unseen.len();
        if let Some(first) = unseen.into_iter().next() {
            let more = if count > 1 {
                format!(", and {} more that a text cannot tell", count - 1)
            } else {
                String::new()
            };
            gaps.push(gap(format!("of what the revisions made: {first}{more}")));
        }
        if proved.iter().any(|(_, proved)| is_judged(proved)) {
            gaps.push(gap(
                "of what the revisions made, beyond that it is there: the values of defaults, the conditions of checks, where foreign keys lead and what they do ON DELETE and ON UPDATE, the expressions of indexes, which rows a partial index holds, the method of an index that names none, identity and the expressions of generated columns, what views, functions, policies and triggers say, owners, grants, comments, storage".to_owned(),
            ));
        }
        gaps
    }
}

/// Whether what a revision leaves behind could be held to the schema.
pub(super) fn is_judged(proved: &Proved) -> bool {
    matches!(proved.state, State::Held | State::Missing)
}

/// The files of a chain that Alembic would take.
fn whole(chain: &ChainFacts) -> Look<&Files> {
    let files = match &chain.files {
        Look::Got(files) => files,
        Look::NotAsked(reason) => return Look::NotAsked(reason.clone()),
        Look::Failed(cause) => return Look::Failed(cause.clone()),
    };
    if let Some(cause) = files.unknown() {
        return Look::Failed(cause);
    }
    if files.graph.is_whole() {
        return Look::Got(files);
    }
    let cause = Cause::new(format!("the revisions of {} make no chain", chain.config));
    Look::Failed(cause.hint("`trueup lint alembic` without `--live` says why"))
}

/// The nodes that ids name.
fn nodes<'i>(files: &Files, ids: impl IntoIterator<Item = &'i String>) -> Vec<usize> {
    let wanted: BTreeSet<&String> = ids.into_iter().collect();
    let is_named =
        |node: &usize| files.at_node(*node).is_some_and(|(_, revision)| wanted.contains(&revision.id.text));
    (0..files.graph.nodes.len()).filter(is_named).collect()
}

impl Chain {
    fn new(files: &Files, chain: &ChainFacts, live: &LiveChain) -> Self {
        let stamps = live.version.as_ref().map_or(&[][..], |version| &version.rows);
        let left = files.graph.left_after(&nodes(files, stamps));
        let head = chain.declared.head.as_ref().map(|head| nodes(files, [&**head])).unwrap_or_default();
        let beyond = files.graph.left_after(&head);
        let order = files.graph.order();
        let mut places = vec![0; order.len()];
        for (place, node) in order.iter().enumerate() {
            places.get_mut(*node).into_iter().for_each(|own| *own = place);
        }
        let needs: Vec<Vec<usize>> = order
            .iter()
            .map(|node| {
                let node = files.graph.nodes.get(*node);
                let below = node.into_iter().flat_map(|node| node.parents.iter().chain(&node.depends_on));
                below.filter_map(|node| places.get(*node).copied()).collect()
            })
            .collect();
        let at = |node: usize| files.at_node(node);
        let steps: Vec<Step<'_>> = order
            .iter()
            .zip(&needs)
            .filter_map(|(node, needs)| {
                let (_, revision) = at(*node)?;
                Some(Step { id: &revision.id.text, upgrade: revision.upgrade.as_ref(), needs })
            })
            .collect();
        let left: BTreeSet<usize> = left.into_iter().collect();
        let beyond: BTreeSet<usize> =
            if head.is_empty() { BTreeSet::new() } else { beyond.into_iter().collect() };
        let is_applied = |node: usize| !left.contains(&node);
        let ran: Vec<Step<'_>> =
            order.iter().zip(&steps).filter(|(node, _)| is_applied(**node)).map(|(_, step)| *step).collect();
        let mut proved = prove(&ran, live).into_iter();
        // Of the next one alone: those behind it may take things back.
        let next = order.iter().position(|node| !is_applied(*node));
        let next = next.filter(|place| {
            let ran = order.iter().zip(&steps).filter(|(node, _)| is_applied(**node)).map(|(_, step)| *step);
            let upto: Vec<Step<'_>> = ran.chain(steps.get(*place).copied()).collect();
            prove(&upto, live).last().is_some_and(|proved| proved.state == State::Held)
        });
        let revised = |node: usize| {
            let (file, revision) = at(node)?;
            Some(Revised {
                id: revision.id.text.clone(),
                path: file.path.clone(),
                place: super::super::facts::place(file, &revision.id),
                is_applied: is_applied(node),
                is_wanted: !beyond.contains(&node),
                proved: if is_applied(node) { proved.next() } else { None },
                is_there: next.and_then(|place| order.get(place)) == Some(&node),
            })
        };
        let revisions: Vec<Revised> = order.iter().copied().filter_map(revised).collect();
        let ids: BTreeSet<&str> = revisions.iter().map(|revision| revision.id.as_str()).collect();
        let unknown = stamps.iter().filter(|id| !ids.contains(id.as_str())).cloned().collect();
        let advice = advise(&steps, live);
        let implied = implied(files, &nodes(files, stamps));
        Self { revisions, unknown, implied, advice, touched: touched(files) }
    }

    /// Up to where a database may be stamped, and why no further.
    pub(super) fn advised(&self) -> String {
        let Advice { stamp, stop, ahead } = &self.advice;
        let upto = match stamp.as_slice() {
            [] => "stamp nothing and upgrade from the start".to_owned(),
            ids => format!("it may safely be stamped {}", listed(ids)),
        };
        let why = stop.as_ref().map_or_else(
            || ", the whole chain is shown".to_owned(),
            |stop| format!(", no further: `{}` is not shown, for {}", stop.id, stop.why),
        );
        let ahead = match ahead.as_slice() {
            [] => String::new(),
            ids => format!("; what {} would make is there already", listed(ids)),
        };
        format!("{upto}{why}{ahead}")
    }
}

/// Of the revisions that a database is stamped with those that are below another of them, each with that one.
fn implied(files: &Files, stamped: &[usize]) -> Vec<(String, String)> {
    let id = |node: usize| files.at_node(node).map(|(_, revision)| revision.id.text.clone());
    let mut implied = Vec::new();
    for above in stamped {
        let (mut seen, mut open) = (BTreeSet::new(), vec![*above]);
        while let Some(node) = open.pop() {
            let parents = files.graph.nodes.get(node).into_iter().flat_map(|node| &node.parents);
            open.extend(parents.copied().filter(|parent| seen.insert(*parent)));
        }
        let below = stamped.iter().filter(|node| seen.contains(node));
        implied.extend(below.filter_map(|below| Some((id(*below)?, id(*above)?))));
    }
    implied
}

/// The tables that a chain works on.
fn touched(files: &Files) -> Option<BTreeSet<TableName>> {
    let mut names = BTreeSet::new();
    for (_, revision) in files.revisions() {
        for operation in revision.upgrade.iter().flat_map(|body| &body.operations) {
            let action = &operation.action;
            if let Action::RenameTable { table, to } = action {
                names.insert(TableName { name: to.clone(), ..table.clone() });
            }
            match (action, action.table()) {
                (_, Some(table)) => _ = names.insert(table.clone()),
                (Action::CreateIndex(_) | Action::DropIndex { .. } | Action::Opaque { .. }, None) => {
                    return None;
                }
                _ => {}
            }
        }
    }
    Some(names)
}

/// Ids, those of a long list not all.
pub(super) fn listed(ids: &[String]) -> String {
    let quoted = |ids: &[String]| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    match ids {
        [first, .., last] if ids.len() > 6 => format!("`{first}` to `{last}`"),
        ids => quoted(ids),
    }
}
