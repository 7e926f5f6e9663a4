//! On the oldest major version that is served, and between it and the next one of the tests.
use crate::on_postgres18::alike;
use crate::server::round_trips;

#[tokio::test]
async fn what_is_dumped_and_loaded_reads_the_same() {
    round_trips("TRUEUP_TEST_POSTGRES13", |case| !case.wants_pgvector(), 60).await;
}

/// The same script on both, and what the older one dumps: no version's own spelling is a difference.
#[tokio::test]
async fn two_versions_tell_the_same() {
    alike("TRUEUP_TEST_POSTGRES13", "TRUEUP_TEST_POSTGRES").await;
}
