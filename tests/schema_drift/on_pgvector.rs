//! With pgvector.
use crate::server::round_trips;

#[tokio::test]
async fn what_is_dumped_and_loaded_reads_the_same() {
    round_trips("TRUEUP_TEST_POSTGRES", crate::case::Case::wants_pgvector, 2).await;
}
