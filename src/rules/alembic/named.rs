//! Names of constraints and indexes: those that are given twice, and those that are dropped and were never given.
use std::collections::{BTreeMap, BTreeSet};

use super::facts::ChainFacts;
use super::past::{Told, tell};
use super::revisions::Files;
use super::{AlembicFacts, Settings};
use crate::chain::names::{Names, Outcome};
use crate::model::naming::Name;
use crate::model::operation::{Action, Operation};
use crate::model::schema::System;
use crate::model::{Gap, GapKind, Look, Looked, Place, Span};
use crate::rules::Sink;

/// As many reasons why names are not judged are told one by one.
const SOME: usize = 4;

/// What came of the names that a chain gives and drops.
#[derive(Default)]
pub(super) struct Named {
    /// The operations that are not as they should be, or of which that cannot be told.
    open: Vec<Open>,
    /// How many operations of each revision give names that are free, and how many drop names that are there.
    fine: Vec<(usize, [usize; 2])>,
}

/// An operation whose names are not as they should be, or of which that cannot be told.
struct Open {
    /// The node of its revision.
    node: usize,
    span: Span,
    /// Whether it is on the way back.
    is_back: bool,
    outcome: Outcome,
}

/// Runs a chain's revisions in their order, and looks at the names: each way back is tried where its revision has just run.
fn replay(files: &Files, settings: &Look<Settings>) -> Named {
    let mut names = Names::on(system(settings));
    let mut found = Named::default();
    for &node in files.graph.order() {
        let Some((_, revision)) = files.at_node(node) else { continue };
        let id = revision.id.text.as_str();
        let mut fine = [0, 0];
        let mut run = |names: &mut Names, operations: &[Operation], is_back: bool| {
            for operation in operations {
                match names.apply(operation, id) {
                    Some(Outcome::Given) => fine[0] += 1,
                    Some(Outcome::Dropped) => fine[1] += 1,
                    Some(outcome) => found.open.push(Open { node, span: operation.span, is_back, outcome }),
                    None => {}
                }
            }
        };
        if let Some(body) = &revision.upgrade {
            run(&mut names, &body.operations, false);
        }
        if let Some(body) = &revision.downgrade {
            names.try_out(|names| run(names, &body.operations, true));
        }
        if fine != [0, 0] {
            found.fine.push((node, fine));
        }
    }
    found
}

/// The system that the configuration names.
fn system(settings: &Look<Settings>) -> Option<System> {
    let said = settings.got().and_then(|settings| settings.outcome.as_ref().ok());
    let (url, _) = said?.url.as_ref()?;
    let begins = |word: &str| url.reveal().starts_with(word);
    if begins("postgres") {
        Some(System::Postgres)
    } else if begins("sqlite") {
        Some(System::Sqlite)
    } else {
        None
    }
}

/// One of the two questions about names.
struct Question {
    rule: &'static str,
    /// What an operation does that it is about.
    does: &'static str,
    /// What many do that fail it.
    many: &'static str,
    /// Whether what came of a name is about it, and whether it was held to it, or why not.
    held: fn(&Outcome) -> Option<Result<(), &str>>,
    /// How many of a revision's operations hold.
    fine: fn([usize; 2]) -> usize,
}

const TAKEN: Question = Question {
    rule: "alembic/name-taken",
    does: "given name",
    many: "give a name that is taken",
    held: |outcome| match outcome {
        Outcome::Taken(..) => Some(Ok(())),
        Outcome::MaybeTaken(why) => Some(Err(why)),
        _ => None,
    },
    fine: |[given, _]| given,
};

const LOST: Question = Question {
    rule: "alembic/lost-name",
    does: "dropped name",
    many: "drop what has no such name",
    held: |outcome| match outcome {
        Outcome::Lost(..) => Some(Ok(())),
        Outcome::MaybeLost(why) => Some(Err(why)),
        _ => None,
    },
    fine: |[_, dropped]| dropped,
};

pub(super) fn name_taken(facts: &AlembicFacts, out: &mut Sink<'_>) {
    judge(facts, out, &TAKEN, |chain, files| {
        let help =
            "the database refuses it: was it made by an earlier revision? give this one a name of its own";
        let taken = |named: &Open| {
            let Outcome::Taken(name, table) = &named.outcome else { return None };
            let does = format!("gives the name `{name}`, which one of `{table}` has already");
            named.told(files, &does, help)
        };
        chain.named(files).open.iter().filter_map(taken).collect()
    });
}

pub(super) fn lost_name(facts: &AlembicFacts, out: &mut Sink<'_>) {
    judge(facts, out, &LOST, |chain, files| {
        let help = "look for its name in the revision that makes it: who names nothing gets the convention's name, or the database's";
        let lost = |named: &Open| {
            let Outcome::Lost(name, table) = &named.outcome else { return None };
            let what = match table {
                Some(table) => format!("`{name}` of `{table}`"),
                None => format!("the index `{name}`"),
            };
            named.told(files, &format!("drops {what}, and no revision makes one of that name"), help)
        };
        let mut all: Vec<Told> = chain.named(files).open.iter().filter_map(lost).collect();
        all.extend(nameless(chain, files));
        all
    });
}

impl Open {
    fn told(&self, files: &Files, does: &str, help: &'static str) -> Option<Told> {
        let (file, revision) = files.at_node(self.node)?;
        let id = revision.id.text.clone();
        let way = if self.is_back { "the downgrade of " } else { "" };
        let message = format!("{way}`{id}` {does}");
        Some(Told { id, message, place: Place::new(&file.path, self.span), help })
    }
}

/// `drop_constraint(None, ...)`, which Alembic refuses where no convention makes a name of it.
fn nameless(chain: &ChainFacts, files: &Files) -> Vec<Told> {
    if chain.naming.got().is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (file, revision) in chain.fresh(files) {
        for operation in revision.upgrade.iter().chain(&revision.downgrade).flat_map(|body| &body.operations)
        {
            if let Action::DropConstraint { table, name: Name::Unsaid, .. } = &operation.action {
                let id = revision.id.text.clone();
                found.push(Told {
                    message: format!("`{id}` drops a constraint of `{table}` without saying its name"),
                    id,
                    place: Place::new(&file.path, operation.span),
                    help: "Alembic refuses that: say the name, and give the metadata a `naming_convention` so that drafts have one",
                });
            }
        }
    }
    found
}

fn judge(
    facts: &AlembicFacts,
    out: &mut Sink<'_>,
    question: &Question,
    find: impl Fn(&ChainFacts, &Files) -> Vec<Told>,
) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let Asked { all, held, .. } = chain.asked(files, question);
        let mut found = find(chain, files);
        let fresh: BTreeSet<&str> = if found.is_empty() {
            BTreeSet::new()
        } else {
            chain.fresh(files).map(|(_, revision)| revision.id.text.as_str()).collect()
        };
        found.retain(|told| fresh.contains(told.id.as_str()));
        if held == 0 && all > 0 && found.is_empty() {
            out.skip(chain.object(), format!("none of {all} {}(s) could be judged", question.does));
            continue;
        }
        let looked = if all == 0 {
            Looked::at(files.revisions().count(), "revision")
        } else {
            Looked::at(held, &format!("of {all} {}", question.does))
        };
        let mut check = out.check(chain.object(), looked);
        tell(chain, &mut check, found, question.many);
    }
}

/// How many names were held to a question.
struct Asked<'c> {
    all: usize,
    held: usize,
    /// The others, by the reason why they were not, with how many they are and the first of them.
    open: BTreeMap<&'c str, (usize, usize)>,
}

impl ChainFacts {
    /// What comes of the names, found once.
    fn named(&self, files: &Files) -> &Named {
        self.named.get_or_init(|| replay(files, &self.settings))
    }

    fn asked(&self, files: &Files, question: &Question) -> Asked<'_> {
        let is_fresh = |node: usize| files.at_node(node).is_some_and(|(_, revision)| self.is_fresh(revision));
        let fine = self.named(files).fine.iter().filter(|(node, _)| is_fresh(*node));
        let held: usize = fine.map(|(_, fine)| (question.fine)(*fine)).sum();
        let mut asked = Asked { all: held, held, open: BTreeMap::new() };
        for open in self.named(files).open.iter().filter(|open| is_fresh(open.node)) {
            let Some(held) = (question.held)(&open.outcome) else { continue };
            asked.all += 1;
            match held {
                Ok(()) => asked.held += 1,
                Err(why) => asked.open.entry(why).or_insert((0, open.node)).0 += 1,
            }
        }
        asked
    }

    /// Names that were not judged, with the reasons.
    pub(super) fn unjudged_names(&self) -> impl Iterator<Item = Gap> {
        let files = self.files.got();
        let gap = move |question: &Question| {
            let files = files?;
            let Asked { all, held, open } = self.asked(files, question);
            let mut reasons: Vec<(&str, (usize, usize))> = open.into_iter().collect();
            reasons.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
            let more = reasons.len().saturating_sub(SOME);
            let said = reasons.iter().take(SOME).map(|(why, (count, node))| {
                let id = files.at_node(*node).map_or("", |(_, revision)| revision.id.text.as_str());
                format!("{why} ({count}, in `{id}` first)")
            });
            let mut said: Vec<String> = said.collect();
            if said.is_empty() {
                return None;
            }
            if more > 0 {
                said.push(format!("{more} more reasons"));
            }
            if let Look::Failed(cause) = &self.naming
                && reasons
                    .iter()
                    .any(|(why, _)| why.contains("name that is not told") || why.contains("name is not told"))
            {
                said.push(cause.message.clone());
            }
            let reason = format!(
                "{} could judge {held} of {all} {}s: {}",
                question.rule,
                question.does,
                said.join("; ")
            );
            Some(Gap { on: self.object(), kind: GapKind::NotCompared, reason })
        };
        [&TAKEN, &LOST].into_iter().filter_map(gap)
    }
}
