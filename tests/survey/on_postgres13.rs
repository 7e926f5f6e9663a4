//! On the oldest version: the page of `fred` is that of newer servers, and what is planted there is counted.
use std::path::Path;

use crate::server::{Database, holds, is_kept, survey};

#[tokio::test]
async fn the_page_is_the_same() {
    let database = Database::on("TRUEUP_TEST_POSTGRES13").await;
    database.fixture("clusters/source.sql").await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let arguments = ["--manifest", "fixtures/clusters/trueup.toml", "--estimate"];
    let (page, exit) = survey(root, &arguments, &[("KEA_DATABASE_URL", &database.url())]);
    assert_eq!(exit, 0, "{page}");
    is_kept(&page, "clusters/survey.txt");
    holds(
        &page,
        &[
            "system Postgres 13",
            "transactions 0 long, 0 prepared",
            "our session trueup: reads every row of every table",
        ],
    );
    database.remove().await;
}
