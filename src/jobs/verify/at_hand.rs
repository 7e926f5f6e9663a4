//! What is judged of a target alone, where its source is a fingerprint.
use super::against::Against;
use super::stores::Stores;
use super::{Opened, Verify, asked, integrity, vectors};
use crate::diff::fingerprint::Fingerprint;
use crate::digest::hasher::Seed;
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
    let mut declared = settings.declared.clone();
    declared.invariant.retain(|one| is_asked(one, settings.target.name()));
    declared.equal.clear();
    declared.count.clear();
    declared.entities = None;
    let verify = verify(settings, mapping, print.seed, declared);
    let mut stores = Stores::of_target(opened, print.vectors.clone());
    asked::invariants(&verify, &mut stores, report).await;
    integrity::counters(&verify, pairs, &mut stores, report).await;
    integrity::references(&verify, pairs, &mut stores, report).await;
    vectors::vectors(&verify, pairs, &[], &mut stores, report).await;
    stores.target
}

/// Columns of embeddings, where both sides are fingerprints.
pub(super) fn neither(
    settings: &Against,
    mapping: &Mapping,
    pairs: &[Pair],
    prints: [&Fingerprint; 2],
    report: &mut Report,
) {
    let verify = verify(settings, mapping, prints[0].seed, settings.declared.clone());
    vectors::taken(&verify, pairs, prints, report);
}

/// The same settings for what is judged of two sides at hand. Nothing is opened: the endpoints stand for their names.
fn verify(settings: &Against, mapping: &Mapping, seed: Seed, declared: crate::manifest::Verify) -> Verify {
    let address = Address::Sqlite(SqliteFile { path: String::new(), immutable: false });
    let named = |name: &str| Endpoint { name: name.to_owned(), address: address.clone() };
    Verify {
        source: named(settings.source.name()),
        target: named(settings.target.name()),
        mapping: mapping.clone(),
        sample: settings.sample,
        keys: settings.keys,
        show_values: false,
        seed,
        jobs: 1,
        shard: None,
        patience: settings.patience,
        settle: std::time::Duration::ZERO,
        declared,
        vectors: settings.vectors.clone(),
        others: Vec::new(),
        checks: Vec::new(),
        levels: settings.levels.clone(),
    }
}

/// Whether an invariant is one of the target.
pub(super) fn is_asked(one: &Invariant, target: &str) -> bool {
    one.on.as_str() == "target" || one.on.as_str() == target
}
