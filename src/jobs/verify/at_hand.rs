//! What is judged of a target alone, where its source is a fingerprint.
use super::against::Against;
use super::stores::Stores;
use super::{Opened, Verify, asked, integrity, vectors};
use crate::diff::fingerprint::Fingerprint;
use crate::manifest::Invariant;
use crate::mapping::{Mapping, Pair};
use crate::model::Report;
use crate::stores::endpoint::{Address, Endpoint};
use crate::stores::sqlite::SqliteFile;

/// Sequences beside their columns, references, declared invariants of the target, and columns of embeddings, which are held to what
/// the fingerprint tells of the source's.
pub(super) async fn target(
    settings: &Against,
    mapping: &Mapping,
    print: &Fingerprint,
    pairs: &[Pair],
    opened: Opened,
    report: &mut Report,
) -> Opened {
    let (source, target) = (settings.source.name(), settings.target.name());
    let mut declared = settings.declared.clone();
    declared.invariant.retain(|one| is_asked(one, target));
    declared.equal.clear();
    declared.count.clear();
    declared.entities = None;
    // Nothing of it is opened: it stands for its name.
    let address = Address::Sqlite(SqliteFile { path: String::new(), immutable: false });
    let named = |name: &str| Endpoint { name: name.to_owned(), address: address.clone() };
    let verify = Verify {
        source: named(source),
        target: named(target),
        mapping: mapping.clone(),
        sample: settings.sample,
        keys: settings.keys,
        show_values: false,
        seed: print.seed,
        jobs: 1,
        shard: None,
        patience: settings.patience,
        settle: std::time::Duration::ZERO,
        declared,
        vectors: settings.vectors.clone(),
        others: Vec::new(),
        checks: Vec::new(),
        levels: settings.levels.clone(),
    };
    let mut stores = Stores::of_target(opened, print.vectors.clone());
    asked::invariants(&verify, &mut stores, report).await;
    integrity::counters(&verify, pairs, &mut stores, report).await;
    integrity::references(&verify, pairs, &mut stores, report).await;
    vectors::vectors(&verify, pairs, &[], &mut stores, report).await;
    stores.target
}

/// Whether an invariant is one of the target.
pub(super) fn is_asked(one: &Invariant, target: &str) -> bool {
    one.on.as_str() == "target" || one.on.as_str() == target
}
