//! What holds the target together: its counters and its references.
use super::Verify;
use super::asked::shown_cells;
use super::stores::Stores;
use crate::mapping::Pair;
use crate::model::integrity::{Counters, Held};
use crate::model::{Difference, Gap, GapKind, Look, Object, Report};
use crate::rules::judge;
use crate::rules::verify::{COUNTER_RULES, CounterFacts, REFERENCE_RULES, ReferenceFacts};
use crate::stores::integrity::Integrity;
use crate::stores::store::Store;

/// The rules that are judged here.
pub(super) const RULES: [&str; 2] = ["verify/sequence-behind", "verify/orphan"];

/// Whether new ids are new.
pub(super) async fn counters(settings: &Verify, pairs: &[Pair], stores: &mut Stores, report: &mut Report) {
    let on = Object::endpoint(&settings.target.name);
    let found = stores.target.store.counters().await;
    let mut failed = Vec::new();
    let facts = match found {
        Ok(Counters { all: mut counters, unlooked, failed: unread }) => {
            failed.extend(unread);
            let both =
                matches!((&stores.source.store, &stores.target.store), (Store::Sqlite(_), Store::Sqlite(_)));
            let before = if both { stores.source.store.counters().await } else { Ok(Counters::default()) };
            match before {
                Ok(before) => {
                    for counter in &mut counters {
                        let pair = pairs.iter().find(|pair| pair.target.name == counter.column);
                        let own = pair
                            .and_then(|pair| before.all.iter().find(|one| one.column == pair.source.name));
                        counter.before = own.map(|own| own.next);
                    }
                }
                Err(cause) => failed.push(("counters of the source".to_owned(), cause)),
            }
            report.not_compared.extend(unlooked.into_iter().map(|reason| Gap {
                on: on.clone(),
                kind: GapKind::NotCompared,
                reason: format!("a sequence was not looked at: {reason}"),
            }));
            Look::Got(CounterFacts { endpoint: settings.target.name.clone(), counters })
        }
        Err(cause) => Look::Failed(cause),
    };
    judge(COUNTER_RULES, &on, &facts, &settings.levels, report);
    // What could not be read may well be behind.
    for (name, cause) in failed {
        let on = Object::endpoint(format!("{}: {name}", settings.target.name));
        judge(COUNTER_RULES, &on, &Look::<CounterFacts>::Failed(cause), &settings.levels, report);
    }
}

/// Whether what is referred to is there.
pub(super) async fn references(settings: &Verify, pairs: &[Pair], stores: &mut Stores, report: &mut Report) {
    let on = Object::endpoint(&settings.target.name);
    let held = match stores.target.store.references(settings.sample).await {
        Ok(held) => held,
        Err(cause) => {
            let look = Look::<ReferenceFacts>::Failed(cause);
            return judge(REFERENCE_RULES, &on, &look, &settings.levels, report);
        }
    };
    let is_whole = settings.mapping.only.is_empty() && settings.mapping.entities.is_empty();
    for Held { referrer, orphans } in held {
        if !is_whole && !pairs.iter().any(|pair| pair.target == referrer.table) {
            continue;
        }
        let on = Object::table(referrer.table.to_string());
        if let Some(reason) = referrer.unlooked {
            let reason = format!("{}: {reason}", referrer.name);
            report.not_compared.push(Gap { on, kind: GapKind::NotCompared, reason });
            continue;
        }
        let facts = orphans.map(|found| ReferenceFacts {
            table: referrer.table.to_string(),
            name: referrer.name,
            references: found.references,
            orphans: Difference {
                rows: found.orphans,
                sample: found.sample.iter().filter_map(|cells| shown_cells(cells, settings.keys)).collect(),
            },
            partial: found.partial,
        });
        judge(REFERENCE_RULES, &on, &facts.into(), &settings.levels, report);
    }
}
