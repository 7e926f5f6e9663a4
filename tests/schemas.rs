//! The committed JSON Schema of the manifest is the one that the program prints, and manifests keep to it. (That of a
//! report is held in `formats.rs`.)
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_committed_schema_is_current() {
    let committed = Data::read_from(&root().join("docs/schema/manifest.json"), Some(DataFormat::Text));
    let printed = Data::text(trueup::manifest::json_schema());
    Assert::new().action_env("SNAPSHOTS").eq(printed.raw(), committed.raw());
}

#[test]
fn the_committed_schema_of_a_fingerprint_is_current_and_fits() {
    let path = root().join("docs/schema/fingerprint.json");
    let printed = trueup::diff::fingerprint::file::json_schema();
    let committed = Data::read_from(&path, Some(DataFormat::Text));
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(printed.clone()).raw(), committed.raw());
    let folder = tempfile::tempdir().unwrap();
    let trueup = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"));
        assert!(command.current_dir(folder.path()).args(arguments).output().unwrap().status.success());
    };
    std::process::Command::new(env!("CARGO_BIN_EXE_trueup"))
        .current_dir(folder.path())
        .arg("demo")
        .output()
        .unwrap();
    trueup(&["fingerprint", "trueup-demo/old.db", "-o", "f.json"]);
    let schema: Value = serde_json::from_str(&printed).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let text = std::fs::read_to_string(folder.path().join("f.json")).unwrap();
    let print: Value = serde_json::from_str(&text).unwrap();
    let wrong: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&print)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&trueup::manifest::json_schema()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// What the schema says against a manifest.
fn said(validator: &Validator, manifest: &str) -> Vec<String> {
    let table: toml::Table = manifest.parse().unwrap();
    let value = unquoted(serde_json::to_value(table).unwrap());
    validator.iter_errors(&value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

/// A day that TOML writes without quotes is a text to JSON.
fn unquoted(value: Value) -> Value {
    match value {
        Value::Object(mut all) => match all.remove("$__toml_private_datetime") {
            Some(day) => day,
            None => all.into_iter().map(|(key, value)| (key, unquoted(value))).collect(),
        },
        Value::Array(all) => all.into_iter().map(unquoted).collect(),
        other => other,
    }
}

/// Every `trueup.toml` of the fixtures, and every one shown in a rule's Markdown, with the file it is in.
fn manifests() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let folders = ["fixtures", "rules"].map(|folder| root().join(folder));
    let walks = folders.iter().filter(|folder| folder.exists()).map(walkdir::WalkDir::new);
    for path in walks.flatten().map(|entry| entry.unwrap().into_path()) {
        let from = path.strip_prefix(root()).unwrap().display().to_string();
        if path.file_name().is_some_and(|name| name == "trueup.toml") {
            all.push((from, std::fs::read_to_string(&path).unwrap()));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&path).unwrap();
            let blocks = text.split("`trueup.toml`\n```toml\n").skip(1);
            all.extend(
                blocks.filter_map(|rest| Some((from.clone(), rest.split_once("\n```")?.0.to_owned()))),
            );
        }
    }
    assert!(!all.is_empty(), "no manifest found");
    all
}

#[test]
fn the_manifests_of_fixtures_and_rules_keep_to_the_schema() {
    let validator = validator();
    let mut wrong = Vec::new();
    for (from, manifest) in manifests() {
        wrong.extend(said(&validator, &manifest).into_iter().map(|said| format!("{from}: {said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let validator = validator();
    assert!(said(&validator, "[env]\ntemplate = \".env.example\"\n").is_empty());
    for wrong in ["[enw]\n", "[env]\ntemplat = \"x\"\n", "[env]\ntemplate = 3\n"] {
        assert!(!said(&validator, wrong).is_empty(), "{wrong}");
        assert!(trueup::manifest::read(wrong).is_err(), "{wrong}");
    }
}
