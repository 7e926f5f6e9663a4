//! The chain as a graph: heads, parents, cycles.
use std::collections::BTreeSet;

use super::facts::{NOT_ASKED_FOR, place};
use super::revisions::Files;
use super::{AlembicFacts, ChainFacts};
use crate::chain::Problem;
use crate::model::{Cause, Looked, Place};
use crate::rules::Sink;

/// Runs a judgement over each chain that could be read.
fn each(facts: &AlembicFacts, out: &mut Sink<'_>, judge: impl Fn(&ChainFacts, &Files, &mut Sink<'_>)) {
    for chain in &facts.chains {
        if let Some(files) = out.look(chain.object(), &chain.files) {
            judge(chain, files, out);
        }
    }
}

fn looked(files: &Files) -> Option<Looked> {
    Looked::at(files.graph.nodes.len(), "revision")
}

pub(super) fn multiple_heads(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        let heads = files.graph.effective_heads();
        if let Some(cause) = files.unknown() {
            return out.unknown(chain.object(), cause);
        }
        if !files.graph.is_whole() {
            return out
                .skip(chain.object(), "the chain goes round or lacks a revision, so its heads mean nothing");
        }
        let unlabelled = unlabelled(files, &heads);
        let ids: Vec<String> = heads
            .iter()
            .filter_map(|head| files.at_node(*head))
            .map(|(_, head)| format!("`{}`", head.id.text))
            .collect();
        // What the other side adds will follow what this side adds, once that is mended.
        let contenders = chain.contenders();
        let is_contender = |head: &usize| {
            let below = files.graph.ancestors(*head);
            let mut below = below.iter().filter_map(|node| files.at_node(*node));
            below.any(|(_, revision)| contenders.contains(revision.id.text.as_str()))
        };
        let unlabelled: Vec<usize> = if contenders.is_empty() {
            unlabelled
        } else {
            unlabelled.into_iter().filter(|head| !is_contender(head)).collect()
        };
        if chain.collides() && unlabelled.len() < 2 {
            return out.skip(chain.object(), "two sides collide: `alembic/head-collision` names them");
        }
        let mut check = out.check(chain.object(), looked(files));
        check.facts("one head", ids.join(", "));
        let [first, rest @ ..] = unlabelled.as_slice() else { return };
        if rest.is_empty() {
            return;
        }
        let Some((file, head)) = files.at_node(*first) else { return };
        let about: Vec<&str> = heads
            .iter()
            .filter_map(|head| files.at_node(*head))
            .map(|(_, head)| head.id.text.as_str())
            .collect();
        let mut found = check
            .find(about.join(" "), format!("the chain has {} heads: {}", heads.len(), ids.join(", ")))
            .at(place(file, &head.id));
        for other in rest {
            found = found
                .related(files.at_node(*other).map(|(file, head)| place(file, &head.id)), "another head");
        }
        found.help("`alembic upgrade head` refuses; join them with `alembic merge heads`, or give one the other as its parent");
    });
}

/// Heads without a branch label of their own, by which a person could name them.
pub(super) fn unlabelled(files: &Files, heads: &[usize]) -> Vec<usize> {
    let labels: Vec<BTreeSet<&str>> = heads.iter().map(|head| labels(files, *head)).collect();
    let is_own = |index: usize, label: &str| {
        labels.iter().enumerate().all(|(other, labels)| other == index || !labels.contains(label))
    };
    let has_own =
        |index: usize| labels.get(index).is_some_and(|own| own.iter().any(|label| is_own(index, label)));
    heads.iter().enumerate().filter(|(index, _)| !has_own(*index)).map(|(_, head)| *head).collect()
}

/// The labels of a node and of what it stands on.
fn labels(files: &Files, node: usize) -> BTreeSet<&str> {
    let mut labels = BTreeSet::new();
    let (mut left, mut seen) = (vec![node], BTreeSet::new());
    while let Some(node) = left.pop() {
        if !seen.insert(node) {
            continue;
        }
        if let Some((_, revision)) = files.at_node(node) {
            labels.extend(revision.labels.iter().map(|label| label.text.as_str()));
            // Whatever they are, they are its own: `alembic/not-static` says that they could not be looked at.
            labels.extend(revision.untold_labels.iter().map(|_| revision.id.text.as_str()));
        }
        left.extend(files.graph.nodes.get(node).into_iter().flat_map(|node| &node.parents));
    }
    labels
}

pub(super) fn missing_parent(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        let missing = files.graph.problems.iter().filter_map(|problem| {
            let (index, named, word) = match problem {
                Problem::MissingParent { revision, parent } => (*revision, *parent, "parent"),
                Problem::MissingDependency { revision, dependency } => (*revision, *dependency, "dependency"),
                _ => return None,
            };
            let (file, revision) = files.revision(index)?;
            let list = if word == "parent" { &revision.parents } else { &revision.depends_on };
            Some((file, revision, list.get(named)?, word))
        });
        let missing: Vec<_> = missing.collect();
        let untold =
            || missing.iter().any(|(.., word)| *word == "dependency").then(|| files.untold_labels())?;
        if let Some(cause) = files.unknown().filter(|_| !missing.is_empty()).or_else(untold) {
            return out.unknown(chain.object(), cause);
        }
        let mut check = out.check(chain.object(), looked(files));
        for (file, revision, name, word) in missing {
            let found = check
                .find(
                    &name.text,
                    format!(
                        "the {word} of `{}` is `{}`, and no revision has that id",
                        revision.id.text, name.text
                    ),
                )
                .at(place(file, name));
            found.help(advice(files, &name.text, word));
        }
    });
}

/// What was meant, when that can be guessed: a file name, an abbreviated id, a label.
fn advice(files: &Files, name: &str, word: &str) -> String {
    let stem = name.strip_suffix(".py").unwrap_or(name);
    for (file, revision) in files.revisions() {
        let id = &revision.id.text;
        if file.name().strip_suffix(".py") == Some(stem) {
            return format!("that is the name of a file: write its id, `{id}`");
        }
        if word == "parent" && revision.labels.iter().any(|label| label.text == name) {
            return format!("that is a branch label: write the id of the revision, such as `{id}`");
        }
        if name.len() > 3 && id.starts_with(name) {
            return format!("ids are not abbreviated here: write `{id}`");
        }
    }
    "bring the revision back, or name the one that it should follow".to_owned()
}

pub(super) fn duplicate_id(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        let mut check = out.check(chain.object(), looked(files));
        for problem in &files.graph.problems {
            match problem {
                Problem::DuplicateId { first, second } => {
                    let (Some((earlier, first)), Some((file, second))) =
                        (files.revision(*first), files.revision(*second))
                    else {
                        continue;
                    };
                    if chain.has_collided(&second.id.text) {
                        continue;
                    }
                    check
                        .find(&second.id.text, format!("`{}` is the id of {} too; Alembic takes the last one it reads", second.id.text, earlier.path))
                        .at(place(file, &second.id))
                        .related(Some(place(earlier, &first.id)), "the other one")
                        .help("give the newer revision an id of its own, and name that in the revision after it");
                }
                Problem::DuplicateLabel { revision, label, other } => {
                    let (Some((file, revision)), Some((elsewhere, other))) =
                        (files.revision(*revision), files.revision(*other))
                    else {
                        continue;
                    };
                    let Some(label) = revision.labels.get(*label) else { continue };
                    check
                        .find(
                            &label.text,
                            format!(
                                "the branch label `{}` of `{}` is taken by `{}`",
                                label.text, revision.id.text, other.id.text
                            ),
                        )
                        .at(place(file, label))
                        .related(Some(place(elsewhere, &other.id)), "taken here")
                        .help("a label names one branch: Alembic refuses the whole chain");
                }
                _ => {}
            }
        }
    });
}

pub(super) fn cycle(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        let mut check = out.check(chain.object(), looked(files));
        for problem in &files.graph.problems {
            match problem {
                Problem::SelfLoop { revision, is_dependency } => {
                    let Some((file, revision)) = files.revision(*revision) else { continue };
                    let word = if *is_dependency { "depends on itself" } else { "is its own parent" };
                    check
                        .find(&revision.id.text, format!("`{}` {word}", revision.id.text))
                        .at(Place::new(&file.path, revision.parents_span))
                        .help("name the revision that it follows");
                }
                Problem::Cycle { revisions, by_dependency } => {
                    let all: Vec<_> = revisions.iter().filter_map(|index| files.revision(*index)).collect();
                    let ids: Vec<String> =
                        all.iter().map(|(_, revision)| format!("`{}`", revision.id.text)).collect();
                    let Some((file, first)) = all.first() else { continue };
                    let how = if *by_dependency { " by `depends_on`" } else { "" };
                    let mut found = check
                        .find(&first.id.text, format!("these revisions go round{how}: {}", ids.join(", ")))
                        .at(Place::new(&file.path, first.parents_span));
                    for (file, revision) in all.iter().skip(1) {
                        found = found
                            .related(Some(Place::new(&file.path, revision.parents_span)), "and this one");
                    }
                    found.help("none of them can be the first to run; break the round at one");
                }
                _ => {}
            }
        }
    });
}

pub(super) fn non_linear(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        if !chain.declared.linear {
            return out.skip(chain.object(), NOT_ASKED_FOR);
        }
        if let Some(cause) = files.unknown() {
            return out.unknown(chain.object(), cause);
        }
        let mut check = out.check(chain.object(), looked(files));
        let graph = &files.graph;
        let mut say = |node: usize, what: String, help: &str| {
            if let Some((file, revision)) = files.at_node(node) {
                let place = Place::new(&file.path, revision.parents_span);
                check
                    .find(&revision.id.text, format!("`{}` {what}", revision.id.text))
                    .at(place)
                    .related(chain.place.clone(), "declared linear")
                    .help(help);
            }
        };
        let id = |node: usize| files.at_node(node).map(|(_, revision)| revision.id.text.as_str());
        for node in graph.branch_points().into_iter().filter(|node| !chain.is_contended(id(*node))) {
            let children = graph.nodes.get(node).map_or(0, |node| node.children.len());
            say(
                node,
                format!("is the parent of {children} revisions"),
                "give all but one of them another parent",
            );
        }
        for node in graph.merge_points() {
            say(
                node,
                "has several parents".to_owned(),
                "a linear chain needs no merge: re-parent one side before it is applied",
            );
        }
        for node in graph.bases().into_iter().skip(1).filter(|_| !chain.is_contended(None)) {
            say(node, "has no parent, and is not the first".to_owned(), "name the revision that it follows");
        }
    });
}

pub(super) fn unexpected_head(facts: &AlembicFacts, out: &mut Sink<'_>) {
    each(facts, out, |chain, files, out| {
        let Some(expected) = &chain.declared.head else {
            return out.skip(chain.object(), NOT_ASKED_FOR);
        };
        if let Some(cause) = files.unknown() {
            return out.unknown(chain.object(), cause);
        }
        if chain.collides() {
            return out.skip(chain.object(), "two sides collide: `alembic/head-collision` names them");
        }
        let heads: Vec<&str> = files
            .graph
            .effective_heads()
            .into_iter()
            .filter_map(|node| files.at_node(node))
            .map(|(_, head)| head.id.text.as_str())
            .collect();
        let actual = if heads.is_empty() { "none".to_owned() } else { heads.join(", ") };
        if heads.is_empty() && files.graph.nodes.is_empty() {
            return out.unknown(chain.object(), Cause::new("the chain has no revision"));
        }
        let mut check = out.check(chain.object(), looked(files));
        check.facts(expected.as_str(), &actual);
        if heads.as_slice() != [expected.as_str()] {
            check
                .find(
                    expected.as_str(),
                    format!("the head is declared to be `{}`, and is {actual}", expected.as_str()),
                )
                .at(facts.source.place_of(expected))
                .help("declare the new head when it is meant to be deployed");
        }
    });
}
