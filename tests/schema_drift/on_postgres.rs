//! On the oldest server that the tests have.
use crate::server::round_trips;

#[tokio::test]
async fn what_is_dumped_and_loaded_reads_the_same() {
    round_trips("TRUEUP_TEST_POSTGRES", |case| !case.wants_pgvector(), 60).await;
}
