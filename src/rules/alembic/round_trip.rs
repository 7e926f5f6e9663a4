//! A chain that was run up, down and up again on a database made for it.
use super::facts::{ChainFacts, body_place, place};
use crate::chain::proof::{Does, does};
use crate::model::chain::{Revision, RevisionFile};
use crate::model::operation::Body;
use crate::model::schema::System;
use crate::model::{Cause, Gap, GapKind, Looked, Object, Place, RoundTrip, Tried, Turn};
use crate::rules::{Judging, Rule, Sink, rules};

/// The rules over a chain that was run.
pub const ROUND_TRIP_RULES: &[Rule<RoundTripFacts>] = rules![
    "alembic": irreversible, not_idempotent, round_trip_differs, round_trip_vacuous, upgrade_fails
];

/// A chain that was run.
pub struct RoundTripFacts {
    on: Object,
    turns: Vec<Told>,
    ended: Option<Cause>,
    uncompared: Vec<String>,
}

/// A turn, and where its revision says what it does.
struct Told {
    turn: Turn,
    id: Option<Place>,
    upgrade: Option<Place>,
    downgrade: Option<Place>,
    does: Does,
    is_empty: bool,
    is_declared: bool,
}

impl RoundTripFacts {
    /// What came of running a chain, beside what its files say.
    pub fn new(chain: &ChainFacts, trip: RoundTrip) -> Self {
        let system = if trip.system.starts_with("SQLite") { System::Sqlite } else { System::Postgres };
        let revisions: Vec<(&RevisionFile, &Revision)> =
            chain.files.got().into_iter().flat_map(super::Files::revisions).collect();
        let told = |turn: Turn| {
            let found = revisions.iter().find(|(_, revision)| revision.id.text == turn.revision);
            let at = |body: fn(&Revision) -> Option<&Body>| {
                found.map(|(file, revision)| body_place(file, revision, body(revision)))
            };
            let upgrade = found.and_then(|(_, revision)| revision.upgrade.as_ref());
            Told {
                id: found.map(|(file, revision)| place(file, &revision.id)),
                upgrade: at(|revision| revision.upgrade.as_ref()),
                downgrade: at(|revision| revision.downgrade.as_ref()),
                does: does(upgrade, system),
                is_empty: upgrade.is_none_or(|body| body.is_empty),
                is_declared: chain.declared.data_only.iter().any(|id| **id == turn.revision),
                turn,
            }
        };
        Self {
            on: Object::file(format!("{} on {}", chain.config, trip.system)),
            turns: trip.turns.into_iter().map(told).collect(),
            ended: trip.ended,
            uncompared: trip.uncompared,
        }
    }

    /// What nobody compared.
    pub fn gaps(&self) -> Vec<Gap> {
        let gap = |what: &String| Gap {
            on: self.on.clone(),
            kind: GapKind::NotCompared,
            reason: format!("{what}: not compared in this version"),
        };
        self.uncompared.iter().map(gap).collect()
    }

    /// Opens a check over the turns in which something was tried, and says what was not.
    fn hold(
        &self,
        tried: impl Fn(&Told) -> &Tried,
        out: &mut Sink<'_>,
        find: impl Fn(&Told, &mut Judging<'_>),
    ) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut count = 0;
        for told in &self.turns {
            match tried(told) {
                Tried::Untried(why) => match reasons.iter_mut().find(|(own, _)| own == why) {
                    Some((_, ids)) => ids.push(&told.turn.revision),
                    None => reasons.push((why, vec![&told.turn.revision])),
                },
                Tried::Failed(_) | Tried::Left(_) => count += 1,
            }
        }
        for (why, ids) in &reasons {
            let on = if ids.len() == self.turns.len() { self.on.clone() } else { self.part(&ids.join(", ")) };
            out.skip(on, *why);
        }
        if let Some(cause) = &self.ended {
            let message = format!("the revisions after that were not tried: {}", cause.message);
            out.unknown(self.part("the rest"), Cause { message, hint: cause.hint.clone() });
        }
        if count > 0 {
            let mut check = out.check(self.on.clone(), Looked::at(count, "revision"));
            self.turns.iter().for_each(|told| find(told, &mut check));
        }
    }

    fn part(&self, name: &str) -> Object {
        Object::file(format!("{}: {name}", self.on))
    }
}

/// The first of some facts, and how many more there are.
fn first(facts: &[String]) -> String {
    match facts {
        [] => String::new(),
        [only] => only.clone(),
        [first, more @ ..] => format!("{first}, and {} more", more.len()),
    }
}

/// What else a program said when it failed.
fn said(cause: &Cause) -> &str {
    cause.hint.as_deref().unwrap_or("run it by hand on a database of its own")
}

fn upgrade_fails(facts: &RoundTripFacts, out: &mut Sink<'_>) {
    facts.hold(
        |told| &told.turn.upgrade,
        out,
        |told, check| {
            if let Tried::Failed(cause) = &told.turn.upgrade {
                let id = &told.turn.revision;
                check
                    .find(id, format!("`upgrade()` of `{id}` fails: {}", cause.message))
                    .at(told.upgrade.clone())
                    .help(said(cause));
            }
        },
    );
}

fn irreversible(facts: &RoundTripFacts, out: &mut Sink<'_>) {
    facts.hold(|told| &told.turn.downgrade, out, |told, check| {
        let id = &told.turn.revision;
        let at = || told.downgrade.clone();
        match &told.turn.downgrade {
            Tried::Failed(cause) => {
                check.find(id, format!("`downgrade()` of `{id}` fails: {}", cause.message)).at(at()).help(said(cause));
            }
            Tried::Left(left) if !left.is_empty() => {
                check
                    .find(id, format!("`downgrade()` of `{id}` does not lead back: {}", first(left)))
                    .at(at())
                    .related(told.upgrade.clone(), "what it should take back")
                    .help("take back all that `upgrade()` does, or let it `raise` and say that there is no way back");
            }
            _ => {}
        }
    });
}

fn round_trip_differs(facts: &RoundTripFacts, out: &mut Sink<'_>) {
    facts.hold(
        |told| &told.turn.again,
        out,
        |told, check| {
            let id = &told.turn.revision;
            let at = || told.upgrade.clone();
            match &told.turn.again {
                Tried::Failed(cause) => {
                    check
                        .find(id, format!("`upgrade()` of `{id}` fails after a downgrade: {}", cause.message))
                        .at(at())
                        .related(told.downgrade.clone(), "what ran before it")
                        .help(said(cause));
                }
                Tried::Left(left) if !left.is_empty() => {
                    check
                        .find(
                            id,
                            format!(
                                "the second upgrade to `{id}` gives another schema than the first: {}",
                                first(left)
                            ),
                        )
                        .at(at())
                        .related(told.downgrade.clone(), "what ran between them")
                        .help("a database that was rolled back once would differ from all others");
                }
                _ => {}
            }
        },
    );
}

fn not_idempotent(facts: &RoundTripFacts, out: &mut Sink<'_>) {
    facts.hold(
        |told| &told.turn.repeated,
        out,
        |told, check| {
            let id = &told.turn.revision;
            let at = || told.upgrade.clone();
            match &told.turn.repeated {
                Tried::Failed(cause) => {
                    check
                        .find(
                            id,
                            format!("`upgrade()` of `{id}` fails where it ran already: {}", cause.message),
                        )
                        .at(at())
                        .help(said(cause));
                }
                Tried::Left(left) if !left.is_empty() => {
                    check
                        .find(
                            id,
                            format!(
                                "`upgrade()` of `{id}` changes a schema on which it ran already: {}",
                                first(left)
                            ),
                        )
                        .at(at())
                        .help("let it look first whether what it does is done");
                }
                _ => {}
            }
        },
    );
}

fn round_trip_vacuous(facts: &RoundTripFacts, out: &mut Sink<'_>) {
    let mut judged = Vec::new();
    for told in facts.turns.iter().filter(|told| told.turn.upgrade.is_held()) {
        let id = &told.turn.revision;
        match told.does {
            _ if !told.turn.changes.is_empty() => judged.push(told),
            _ if told.is_empty => out.skip(facts.part(id), "its `upgrade()` is empty"),
            _ if told.is_declared => out.skip(facts.part(id), "it is declared to change no schema"),
            Does::Nothing => out.skip(facts.part(id), "by its own word it does nothing on this system"),
            Does::Rows | Does::Opaque => out.unknown(facts.part(id), vacuous(id, told.does)),
            Does::Asks | Does::Schema => judged.push(told),
        }
    }
    if let Some(cause) = &facts.ended {
        out.unknown(facts.part("the rest"), cause.clone());
    }
    if judged.is_empty() {
        return;
    }
    let mut check = out.check(facts.on.clone(), Looked::at(judged.len(), "revision"));
    for told in judged.into_iter().filter(|told| told.turn.changes.is_empty()) {
        let id = &told.turn.revision;
        check
            .find(id, format!("`{id}` changes nothing, so that its round trip proves nothing"))
            .at(told.upgrade.clone())
            .related(told.id.clone(), "the revision")
            .help("give the seed what it works on, or mend the condition that keeps it from working; declare it `data_only` where it rightly changes no schema");
    }
}

fn vacuous(id: &str, does: Does) -> Cause {
    let what =
        if does == Does::Rows { "writes rows alone" } else { "does something that only running it tells" };
    Cause::new(format!("`{id}` {what}, and its round trip changed no schema: nothing was proved"))
        .hint("declare it among `data_only` in `[[alembic]]` where that is so on purpose")
}
