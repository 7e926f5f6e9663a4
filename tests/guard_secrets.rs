//! Whatever an environment holds, no report of the guard shows a piece of it: not in any format, not in what the
//! application's image says.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use trueup::jobs::guard::guard;
use trueup::manifest::{self, Source};
use trueup::model::{Cause, Dialect, Look, Report};
use trueup::render::{Format, Options, render};
use trueup::rules::guard::{Contract, Environment};
use trueup::rules::{Levels, Tree};

/// The files that a contract names.
struct Files(Vec<(&'static str, String)>);

impl Tree for Files {
    fn text(&self, path: &str) -> Look<String> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map_or_else(|| Look::Failed(Cause::new("no such file")), |(_, text)| Look::Got(text.clone()))
    }
    fn mode(&self, _: &str) -> Look<u32> {
        Look::Got(0o640)
    }
    fn is_tracked(&self, _: &str) -> Look<bool> {
        Look::Got(false)
    }
    fn files(&self, _: &str) -> (Vec<String>, Vec<Cause>) {
        (Vec::new(), Vec::new())
    }
    fn has(&self, path: &str) -> bool {
        self.0.iter().any(|(name, _)| *name == path)
    }
}

/// Every rule has something to say here. No word of it is made of the letters of the values.
const CONTRACT: &str = r#"
[env]
template = "t.env"
compose = ["compose.yml"]
[env.class]
required = ["*_URL"]
shared_secret = ["SHARED"]
[[env.type]]
key = "PORT"
is = "port"
[guard]
required = ["API_KEY", "PORT", "ABSENT"]
placeholders = ["*-later"]
[[guard.value]]
key = "MODEL"
is = "google-gla:*"
"#;

const KEYS: [&str; 8] = ["API_KEY", "PORT", "MODEL", "DB_URL", "SHARED", "DB_PASSWORD", "OTHER", "PATH"];

/// A value: pieces that only values have, between what readers trip over.
fn any_value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[QXZJ]{4,9}",
        1 => Just("postgres://app:QZXJ".to_owned()),
        1 => Just("@db/app".to_owned()),
        2 => proptest::sample::select(vec![
            "\"", "'", "`", " ", " #", "#", "$", "${PORT}", "${MODEL:-", "}", "${ABSENT:?x}", "$(date)", "\\", "\\n", "\n",
            "=", "google-gla:", "<", ">", "-later", "changeme", "x", "8080", "\r\n", ":", ";", "&", "\u{e9}",
        ])
        .prop_map(str::to_owned),
    ];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// A line: a setting, or what may be the rest of a broken one.
fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (proptest::sample::select(KEYS.to_vec()), any_value()).prop_map(|(key, value)| format!("{key}={value}")),
        1 => any_value(),
        1 => any_value().prop_map(|value| format!("export {value}")),
        1 => "[QXZJ]{8,12}={0,2}",
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    vec(any_line(), 1..12).prop_map(|lines| lines.join("\n"))
}

/// The stretches of a text that only values have.
fn pieces(text: &str) -> BTreeSet<String> {
    let runs = text.split(|c| !"QXZJ".contains(c)).filter(|run| run.len() >= 4);
    runs.map(str::to_owned).collect()
}

fn contract(extra: &str) -> Contract {
    let text = format!("{CONTRACT}{extra}");
    let manifest = manifest::read(&text).unwrap();
    let source = Source { path: "trueup.toml".into(), text };
    Contract { guard: manifest.guard.unwrap(), env: manifest.env.unwrap(), source }
}

fn shown(report: &Report) -> Vec<(Format, String)> {
    let formats = [
        Format::Human,
        Format::Concise,
        Format::Json,
        Format::Sarif,
        Format::Junit,
        Format::Github,
        Format::Markdown,
    ];
    formats
        .into_iter()
        .map(|format| {
            let mut bytes = Vec::new();
            render(report, format, &Options::default(), &mut bytes).unwrap();
            (format, String::from_utf8(bytes).unwrap())
        })
        .collect()
}

fn leak(report: &Report, text: &str) -> Option<String> {
    let pieces = pieces(text);
    shown(report).into_iter().find_map(|(format, shown)| {
        let piece = pieces.iter().find(|piece| shown.contains(piece.as_str()))?;
        Some(format!("{format:?} shows {piece}:\n{shown}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_format_shows_a_value_of_a_file(
        text in any_text(),
        template in any_text(),
        dialect in proptest::sample::select(vec![None, Some(0_usize), Some(1), Some(2), Some(3), Some(4)]),
    ) {
        let mut contract = contract("");
        contract.guard.dialect = dialect.map(|index| Dialect::ALL[index]);
        let word: String = text.chars().filter(|c| "QXZJ".contains(*c)).take(9).collect();
        let compose = format!("services:\n  a:\n    image: a\n    environment:\n      API_KEY: ${{API_KEY:-{word}}}\n");
        let tree = Files(vec![("t.env", format!("DB_URL=\n{template}")), ("compose.yml", compose)]);
        let process = vec![("PORT".to_owned(), "QQXXZZJJ".to_owned())];
        let environment = Environment { file: Some((".env".into(), Look::Got(text.clone()))), process };
        let report = guard(&contract, &environment, &Levels::new(), &tree);
        prop_assert_eq!(leak(&report, &format!("{text} {template} {word} QQXXZZJJ")), None);
    }

    #[test]
    fn no_format_shows_a_value_of_a_process(values in vec(any_value(), KEYS.len())) {
        let tree = Files(vec![("t.env", "DB_URL=\n".into()), ("compose.yml", "services: {a: {image: a}}\n".into())]);
        let process: Vec<_> = KEYS.iter().map(|key| (*key).to_owned()).zip(values.clone()).collect();
        let report = guard(&contract(""), &Environment { file: None, process }, &Levels::new(), &tree);
        prop_assert_eq!(leak(&report, &values.join(" ")), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The image prints the whole environment in its answer: as a line each, and as a report of its own.
    #[test]
    fn an_image_that_prints_every_value_is_masked(values in vec("[QXZJ]{4,9}", KEYS.len()), as_report in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<String> = KEYS.iter().zip(&values).map(|(key, value)| format!("{key}={value}")).collect();
        let text = lines.join("\n");
        let said = if as_report {
            let finding = format!(r#"{{"severity":"error","about":"{0}","message":"is {0}","help":"not {0}"}}"#, values[0]);
            let check = format!(
                r#"{{"rule":"boot/{0}","on":{{"kind":"run","name":"{0}"}},"verdict":"fail","looked":{{"count":1,"unit":"{0}"}},"actual":"{0}","findings":[{finding}]}}"#,
                values[0]
            );
            format!(r#"{{"schema":1,"command":"boot","checks":[{check}],"run":{{}}}}"#)
        } else {
            text.clone()
        };
        let path = folder.path().join("said");
        std::fs::write(&path, said).unwrap();
        let extra = format!("[guard.command]\nrun = [\"sh\", \"-c\", \"cat {}; exit 1\"]\n", path.display());
        let tree = Files(vec![("t.env", "DB_URL=\n".into()), ("compose.yml", "services: {a: {image: a}}\n".into())]);
        let environment = Environment { file: Some((".env".into(), Look::Got(text.clone()))), process: Vec::new() };
        let report = guard(&contract(&extra), &environment, &Levels::new(), &tree);
        let merged = report.checks.iter().any(|check| check.on.name.starts_with("in the image: "));
        prop_assert_eq!(merged, as_report);
        prop_assert!(report.checks.iter().any(|check| check.rule.as_str() == "guard/refused-by-image" && !check.findings.is_empty()));
        prop_assert_eq!(leak(&report, &text), None);
    }
}
