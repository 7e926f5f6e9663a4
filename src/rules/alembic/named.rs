//! Names of constraints and indexes: those that are given twice, and those that are dropped and were never given.
use std::collections::BTreeSet;

use super::AlembicFacts;
use super::facts::{ChainFacts, Files};
use super::past::{Told, tell};
use crate::chain::names::{Names, Trouble};
use crate::model::naming::Name;
use crate::model::operation::Action;
use crate::model::schema::System;
use crate::model::{Looked, Place};
use crate::rules::Sink;

/// What is wrong with the names of a chain, revision by revision in the order in which they run.
fn troubles(chain: &ChainFacts, files: &Files) -> Vec<(String, Place, Trouble)> {
    let mut names = Names::on(chain.system());
    let mut found = Vec::new();
    for (file, revision) in files.graph.order().into_iter().filter_map(|node| files.at_node(node)) {
        for operation in revision.upgrade.iter().flat_map(|body| &body.operations) {
            if let Some(trouble) = names.apply(operation) {
                found.push((revision.id.text.clone(), Place::new(&file.path, operation.span), trouble));
            }
        }
    }
    found
}

pub(super) fn name_taken(facts: &AlembicFacts, out: &mut Sink<'_>) {
    judge(facts, out, "give a name that is taken", |chain, files| {
        let taken = |(id, place, trouble)| match trouble {
            Trouble::Taken(name, table) => Some(Told {
                message: format!("`{id}` gives the name `{name}`, which one of `{table}` has already"),
                id,
                place,
                help: "the database refuses it: was it made by an earlier revision? give this one a name of its own",
            }),
            Trouble::Lost(..) => None,
        };
        troubles(chain, files).into_iter().filter_map(taken).collect()
    });
}

pub(super) fn lost_name(facts: &AlembicFacts, out: &mut Sink<'_>) {
    judge(facts, out, "drop what has no such name", |chain, files| {
        let lost = |(id, place, trouble)| match trouble {
            Trouble::Lost(name, table) => Some(Told {
                message: format!(
                    "`{id}` drops `{name}` of `{table}`, and no revision makes one of that name"
                ),
                id,
                place,
                help: "look for its name in the revision that makes it: who names nothing gets the convention's name, or the database's",
            }),
            Trouble::Taken(..) => None,
        };
        let mut all: Vec<Told> = troubles(chain, files).into_iter().filter_map(lost).collect();
        all.extend(nameless(chain, files));
        all
    });
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
    many: &str,
    find: impl Fn(&ChainFacts, &Files) -> Vec<Told>,
) {
    for chain in &facts.chains {
        let Some(files) = out.look(chain.object(), &chain.files) else { continue };
        let looked = Looked::at(files.revisions().count(), "revision");
        let mut check = out.check(chain.object(), looked);
        let fresh: BTreeSet<&str> =
            chain.fresh(files).map(|(_, revision)| revision.id.text.as_str()).collect();
        let mut all = find(chain, files);
        all.retain(|told| fresh.contains(told.id.as_str()));
        tell(chain, &mut check, all, many);
    }
}

impl ChainFacts {
    /// The system that the configuration names.
    fn system(&self) -> Option<System> {
        let said = self.settings.got().and_then(|settings| settings.outcome.as_ref().ok());
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
}
