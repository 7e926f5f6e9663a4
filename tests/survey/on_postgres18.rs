//! Two clusters: the accounts on one server, the shard on a newer one.
use std::path::Path;

use crate::server::{Database, holds, is_kept, survey};

const MANIFEST: &str = "fixtures/multiplayer/trueup.toml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn two_source_clusters_are_as_their_survey_says() {
    let accounts = Database::on("TRUEUP_TEST_POSTGRES").await;
    let shard = Database::on("TRUEUP_TEST_POSTGRES18").await;
    accounts.fixture("multiplayer/source-accounts.sql").await;
    shard.fixture("multiplayer/source-shard.sql").await;
    let (accounts_url, shard_url) = (accounts.url(), shard.url());
    let variables = [("ACCOUNTS_DATABASE_URL", &*accounts_url), ("SHARD_DATABASE_URL", &*shard_url)];
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("survey.json");
    let output = format!("json={}", saved.display());
    let arguments = ["--manifest", MANIFEST, "--estimate", "--output", &output];
    let (page, exit) = survey(root(), &arguments, &variables);
    assert_eq!(exit, 0, "{page}");
    is_kept(&page, "multiplayer/survey.txt");
    holds(
        &page,
        &[
            "accounts.identity 32 counted",
            "accounts.engine 35 counted 16.0 KiB row-level security",
            "me_*.memory 637 counted",
            "the largest me_e01.memory with",
            "pass survey/same-cluster 1 2 clusters",
            "replicas none",
        ],
    );

    // What is saved is evidence: who was asked, when, and a digest; it can be read back, and not be changed.
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&saved).unwrap()).unwrap();
    let surveys = json["surveys"].as_array().unwrap();
    assert_eq!(surveys.len(), 2);
    assert_eq!(surveys[0]["database"], accounts_url.rsplit_once('/').unwrap().1);
    assert_ne!(surveys[0]["cluster"]["got"]["id"], surveys[1]["cluster"]["got"]["id"]);
    assert!(json["evidence"].as_str().unwrap().starts_with("sha256:"));
    let taken = json["run"]["facts"]["shard is of"].as_str().unwrap();
    assert!(taken.contains("snapshot"), "{taken}");
    assert_eq!(json["run"]["facts"].as_object().unwrap().len(), 2);
    let replaced = std::fs::read_to_string(&saved).unwrap().replacen("\"count\": 32,", "\"count\": 33,", 1);
    std::fs::write(&saved, replaced).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_trueup")).arg("report").arg(&saved).output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(said.contains("changed after it was written"), "{said}");

    // The same with both on one server is found.
    let both = [("ACCOUNTS_DATABASE_URL", &*accounts_url), ("SHARD_DATABASE_URL", &*accounts_url)];
    let (said, exit) = survey(root(), &["--manifest", MANIFEST, "--format", "concise"], &both);
    assert_eq!(exit, 1, "{said}");
    holds(
        &said,
        &[
            "trueup.toml:14:22: error[survey/same-cluster] `accounts` and `shard` are databases of one cluster, and are declared to be apart",
            "error[survey/stale-declaration] there is no table `me_*.memory`",
            "error[survey/stale-declaration] there is no schema `me_*`",
        ],
    );
    accounts.remove().await;
    shard.remove().await;
}

/// Production's size, with short vectors: the sums of the notes.
#[tokio::test]
async fn the_shard_at_full_scale() {
    let shard = Database::on("TRUEUP_TEST_POSTGRES18").await;
    let script = std::fs::read_to_string(crate::server::fixture("multiplayer/source-shard.sql")).unwrap();
    shard.load(&format!("SET fixture.scale = '1'; SET fixture.dimensions = '2';\n{script}")).await;
    let (page, exit) = survey(root(), &[&shard.url()], &[]);
    assert_eq!(exit, 0, "{page}");
    holds(&page, &["me_e01.memory 20,862 counted", "me_e34.memory 1,249 counted"]);
    let manifest = "[endpoints.app]\nurl = \"${APP_DATABASE_URL}\"\n[[survey.table]]\ntable = \"me_*.memory\"\nrows = 62111\n\
                    rows_each = { max = 20862 }\n[[survey.expect]]\nname = \"missing\"\nschemas = \"me_*\"\n\
                    sql = \"select count(*) from {schema}.memory where embedding is null\"\nexpect = 4\n";
    assert_eq!(crate::server::found(manifest, &shard.url()), (String::new(), 0));
    shard.remove().await;
}
