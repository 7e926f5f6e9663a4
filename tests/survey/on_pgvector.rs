//! Six tables of embeddings, before, after, and with one table half done.
use std::path::Path;

use crate::server::{Database, is_kept, survey};

fn look(manifest: &str, format: &str, url: &str) -> (String, i32) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = format!("fixtures/reembed/live/{manifest}.toml");
    survey(root, &["--manifest", &manifest, "--format", format], &[("APP_DATABASE_URL", url)])
}

#[tokio::test]
async fn every_table_has_the_dimensions_of_its_model() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.fixture("reembed/live/before.sql").await;
    let (page, exit) = look("before", "human", &database.url());
    assert_eq!(exit, 0, "{page}");
    is_kept(&page, "reembed/live/before.txt");
    let (said, exit) = look("after", "concise", &database.url());
    assert_eq!((said.lines().count(), exit), (7, 1), "six widths and the configured model:\n{said}");
    assert!(said.contains("`facts`: expected 2000, found 1024"), "{said}");
    assert!(said.contains("expected google/gemini-embedding-001, found another text"), "{said}");
    database.fixture("reembed/live/after.sql").await;
    let (page, exit) = look("after", "human", &database.url());
    assert_eq!(exit, 0, "{page}");
    is_kept(&page, "reembed/live/after.txt");
    // The column change empties them: "all have 2,000" is true of none.
    database.load("UPDATE people SET embedding = NULL").await;
    let (said, exit) = look("after", "concise", &database.url());
    assert_eq!(exit, 1);
    assert!(said.contains("`people`: expected 2000, found a row without one value"), "{said}");
    assert!(said.contains("rows with an embedding: expected at least 168, found 152"), "{said}");
    database.remove().await;
}

#[tokio::test]
async fn mixed_dimensions_are_found() {
    let database = Database::on("TRUEUP_TEST_POSTGRES").await;
    database.fixture("reembed/live/before.sql").await;
    database.fixture("reembed/live/mixed.sql").await;
    let (said, exit) = look("before", "concise", &database.url());
    let expected = "\
fixtures/reembed/live/before.toml:13:50: error[survey/expect] dimensions of facts.embedding: `facts`: expected 1024, found 2000
fixtures/reembed/live/before.toml:13:15: error[survey/mixed-dimensions] `facts.embedding` holds vectors of 1024 to 2000 dimensions
";
    assert_eq!((said.as_str(), exit), (expected, 1));
    // A table that is not looked through is not known to be of one model.
    let manifest = "[endpoints.app]\nurl = \"${APP_DATABASE_URL}\"\n[survey]\nexact_below = \"1B\"\n\
                    [[survey.table]]\ntable = \"facts\"\nrows = 10\nkey = [\"id\"]\n";
    database.load("ANALYZE").await;
    let (said, exit) = crate::server::found(manifest, &database.url());
    assert_eq!(exit, 3, "{said}");
    assert!(
        said.contains("app: facts: unknown[survey/duplicate-key +1] it is too large to be looked"),
        "{said}"
    );
    assert!(said.contains("app: rows of facts: unknown[survey/expect] `facts` is too large"), "{said}");
    database.remove().await;
}
