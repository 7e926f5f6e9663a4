//! On a newer major version, and between the two.
use crate::case::{self, told};
use crate::server::{Server, reload, round_trips, scratch};

#[tokio::test]
async fn what_is_dumped_and_loaded_reads_the_same() {
    round_trips("TRUEUP_TEST_POSTGRES18", |_| true, 69).await;
}

/// The same script on both, and what the older one dumps: no version's own spelling is a difference.
#[tokio::test]
async fn two_versions_tell_the_same() {
    alike("TRUEUP_TEST_POSTGRES", "TRUEUP_TEST_POSTGRES18").await;
}

pub(crate) async fn alike(old: &str, new: &str) {
    let [old, new] = [old, new].map(Server::of);
    let major = old.major().await;
    let (one, other) = (scratch(&old).await, scratch(&new).await);
    let mut wrong = Vec::new();
    for case in case::all().iter().filter(|case| !case.wants_pgvector() && case.runs_on(major)) {
        let first = reload(&one, case, &case.schema).await;
        for script in [&case.schema, &old.dump(one.name())] {
            let mut found = told(&first, &reload(&other, case, script).await);
            found.retain(|line| !line.starts_with("extension-version "));
            if !found.is_empty() {
                wrong.push(format!("{}: {found:?}", case.name));
            }
        }
    }
    one.remove().await.unwrap();
    other.remove().await.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn whatever_changes_something_is_found() {
    crate::mutations::each_is_found("TRUEUP_TEST_POSTGRES18", &[]).await;
}
