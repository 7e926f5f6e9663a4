//! The rules' Markdown is their documentation, and every example in it is run here.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test it is how it fails")]
use std::collections::BTreeMap;

use trueup::jobs::guard::guard;
use trueup::jobs::lint::{Lint, lint};
use trueup::jobs::verify::{Decisions, decisions_alone};
use trueup::manifest::{self, Baseline, Keys, Manifest, Source};
use trueup::model::schema::{Live, Schema};
use trueup::model::{Cause, ColumnTypes, LiveChain, Look, Object, Report, RoundTrip, Shard, TableDiff};
use trueup::rules::guard::{Contract, Environment};
use trueup::rules::schema::{Progress, SchemaFacts, Sides, Terms};
use trueup::rules::survey::{ClusterFacts, SurveyFacts};
use trueup::rules::verify::SidesFacts;
use trueup::rules::{self, Levels, RuleDoc, Tree, docs, judge};
use trueup::stores::postgres::Patience;

/// The blocks of one example: a title, files by path, and the expected findings.
#[derive(Default, Debug)]
struct Example {
    title: String,
    files: BTreeMap<String, String>,
    findings: Option<String>,
}

fn examples(body: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut path = String::new();
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            examples.push(Example { title: title.to_owned(), ..Example::default() });
        } else if let Some(named) = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            path = named.to_owned();
        } else if let Some(language) = line.strip_prefix("```") {
            let block: String =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            let Some(example) = examples.last_mut() else { continue };
            if language == "findings" {
                example.findings = Some(block);
            } else {
                assert!(!path.is_empty(), "a block without a path above it");
                example.files.insert(std::mem::take(&mut path), block);
            }
        }
    }
    examples
}

fn source(path: &str, files: &BTreeMap<String, String>) -> Option<Source> {
    files.get(path).map(|text| Source { path: path.into(), text: text.clone() })
}

fn manifest(files: &BTreeMap<String, String>) -> Option<(Manifest, Source)> {
    let source = source("trueup.toml", files)?;
    Some((manifest::read(&source.text).unwrap_or_else(|mistakes| panic!("{mistakes:?}")), source))
}

/// The blocks of an example as a tree; `tree.toml` may say what a text cannot: `[".env"]`, `mode = "0644"`,
/// `tracked = true`.
struct Blocks<'e>(&'e BTreeMap<String, String>);

impl Blocks<'_> {
    fn about(&self, path: &str, what: &str) -> Option<toml::Value> {
        let table: toml::Table = self.0.get("tree.toml")?.parse().unwrap();
        table.get(path)?.get(what).cloned()
    }
}

impl Tree for Blocks<'_> {
    fn text(&self, path: &str) -> Look<String> {
        match self.0.get(path) {
            Some(text) => Look::Got(text.clone()),
            None => Look::Failed(Cause::new("no such file")),
        }
    }

    fn mode(&self, path: &str) -> Look<u32> {
        let mode =
            self.about(path, "mode").map_or("0640".to_owned(), |mode| mode.as_str().unwrap().to_owned());
        Look::Got(u32::from_str_radix(&mode, 8).unwrap())
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        Look::Got(self.about(path, "tracked").is_some_and(|tracked| tracked.as_bool().unwrap()))
    }

    fn files(&self, _: &str) -> (Vec<String>, Vec<Cause>) {
        (self.0.keys().cloned().collect(), Vec::new())
    }

    fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// Blocks as the trees of a merge with `main`: with `ours:` before its path a block is of this branch alone, with `theirs:` of
/// `main`, with neither of both and of what they began with. What both have each for itself is a conflict.
struct Merged {
    base: BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
    theirs: BTreeMap<String, String>,
    whole: BTreeMap<String, String>,
    conflicts: Vec<String>,
}

impl Merged {
    fn of(files: &BTreeMap<String, String>) -> Option<Self> {
        let side = |name: &str| -> BTreeMap<String, String> {
            let own = files.iter().filter_map(|(path, text)| Some((path.strip_prefix(name)?, text)));
            own.map(|(path, text)| (path.to_owned(), text.clone())).collect()
        };
        let (ours, theirs) = (side("ours:"), side("theirs:"));
        if ours.is_empty() && theirs.is_empty() {
            return None;
        }
        let mut base = files.clone();
        base.retain(|path, _| !path.contains(':'));
        let with = |own: &BTreeMap<String, String>| {
            base.clone().into_iter().chain(own.clone()).collect::<BTreeMap<_, _>>()
        };
        let whole = with(&ours).into_iter().chain(theirs.clone()).collect();
        let differs =
            |(path, text): &(&String, &String)| theirs.get(*path).is_some_and(|other| other != *text);
        let conflicts = ours.iter().filter(differs).map(|(path, _)| path.clone()).collect();
        Some(Self { ours: with(&ours), theirs: with(&theirs), base, whole, conflicts })
    }
}

impl Tree for Merged {
    fn text(&self, path: &str) -> Look<String> {
        if self.conflicts.iter().any(|own| own == path) {
            return Look::Failed(Cause::new("it conflicts with main"));
        }
        Blocks(&self.whole).text(path)
    }

    fn mode(&self, path: &str) -> Look<u32> {
        Blocks(&self.whole).mode(path)
    }

    fn is_tracked(&self, path: &str) -> Look<bool> {
        Blocks(&self.whole).is_tracked(path)
    }

    fn files(&self, folder: &str) -> (Vec<String>, Vec<Cause>) {
        Blocks(&self.whole).files(folder)
    }

    fn has(&self, path: &str) -> bool {
        self.whole.contains_key(path)
    }

    fn sides(&self) -> Option<rules::Sides<'_>> {
        Some(rules::Sides {
            reference: "main",
            base: Ok(Box::new(Blocks(&self.base))),
            ours: Box::new(Blocks(&self.ours)),
            theirs: Box::new(Blocks(&self.theirs)),
        })
    }
}

/// `KEY=value` lines as a process's variables.
fn variables(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// Facts of a plan, of the gates of a run, or of what became of a table.
fn copied(files: &BTreeMap<String, String>) -> Report {
    use trueup::rules::copy::{
        BACKFILL_RULES, CONSENT_RULES, COPIED_RULES, GATE_RULES, LOCK_RULES, RULES, STEP_RULES, TUPLE_RULES,
    };
    fn held<F: serde::de::DeserializeOwned>(rules: &[rules::Rule<F>], text: &str) -> Report {
        let facts: F = toml::from_str(text).unwrap();
        let mut report = Report::new("copy");
        judge(rules, &Object::run("copy"), &Look::Got(facts), &Levels::new(), &mut report);
        report.sort();
        report
    }
    let (name, text) = files.first_key_value().unwrap();
    match name.as_str() {
        "plan.toml" => held(RULES, text),
        "lock.toml" => held(LOCK_RULES, text),
        "gates.toml" => held(GATE_RULES, text),
        "consent.toml" => held(CONSENT_RULES, text),
        "copied.toml" => held(COPIED_RULES, text),
        "backfill.toml" => held(BACKFILL_RULES, text),
        "steps.toml" => held(STEP_RULES, text),
        "tuples.toml" => held(TUPLE_RULES, text),
        other => panic!("no facts of a copy are called {other}"),
    }
}

/// Runs an example the way its subject is run: lint over files, guard over `.env` (or over `process.env` alone), verify over facts.
fn run(subject: &str, example: &Example) -> Report {
    let files = &example.files;
    let tree = Blocks(files);
    let declared = manifest(files);
    match subject {
        "guard" => {
            let (manifest, source) = declared.unwrap();
            let contract =
                Contract { guard: manifest.guard.unwrap(), env: manifest.env.unwrap_or_default(), source };
            let file = files.contains_key(".env").then(|| (".env".to_owned(), tree.text(".env")));
            let process = files.get("process.env").map_or_else(Vec::new, |text| variables(text));
            guard(&contract, &Environment { file, process }, &Levels::new(), &tree)
        }
        "verify" => verify(files),
        "schema" => schema(files, declared),
        "survey" => survey(files),
        "copy" => copied(files),
        "access" if declared.is_some() => decided(declared.unwrap(), &tree),
        "access" => trueup::jobs::access::test(&["store.fga.yaml".to_owned()], &tree),
        _ => {
            let baseline = source("trueup-baseline.toml", files)
                .map(|source| (Baseline::read(&source.text).unwrap_or_else(|all| panic!("{all:?}")), source));
            let (manifest, source) = declared.unwrap_or_default();
            let today = "2026-11-21".into();
            let settings = Lint {
                manifest,
                source,
                baseline,
                subjects: Vec::new(),
                search: true,
                schema: Vec::new(),
                chains: live_chain(files),
                round_trips: round_trip(files),
                acls: Vec::new(),
                levels: Levels::new(),
                today,
            };
            match Merged::of(files) {
                Some(merged) => lint(&settings, &merged),
                None => lint(&settings, &tree),
            }
        }
    }
}

/// Facts of `verify`, each sort in a file of its own.
fn verify(files: &BTreeMap<String, String>) -> Report {
    let mut report = Report::new("verify");
    let levels = Levels::new();
    if let Some(text) = files.get("table.toml") {
        let facts = Look::Got(toml::from_str::<TableDiff>(text).unwrap());
        for table in [rules::verify::TABLE_RULES, rules::verify::MOVING_RULES] {
            judge(table, &Object::run("verify"), &facts, &levels, &mut report);
        }
    }
    if let Some(text) = files.get("types.toml") {
        let facts = Look::Got(toml::from_str::<ColumnTypes>(text).unwrap());
        judge(rules::verify::COLUMN_RULES, &Object::run("verify"), &facts, &levels, &mut report);
    }
    if let Some(text) = files.get("part.toml") {
        let facts = Look::Got(toml::from_str::<Shard>(text).unwrap());
        judge(rules::verify::PART_RULES, &Object::run("verify"), &facts, &levels, &mut report);
    }
    if let Some(text) = files.get("sides.toml") {
        let facts: SidesFacts = toml::from_str(text).unwrap();
        judge(rules::verify::SIDES_RULES, &Object::run("verify"), &Look::Got(facts), &levels, &mut report);
    }
    verified(files, &mut report);
    report.sort();
    report
}

/// Two sides that decide, each in files.
fn decided((manifest, manifest_source): (Manifest, Source), tree: &Blocks<'_>) -> Report {
    let settings = Decisions {
        declared: manifest.verify.access,
        realms: manifest.verify.realm,
        mapping: trueup::mapping::Mapping::default(),
        manifest: manifest_source,
        tree,
        endpoints: BTreeMap::new(),
        stores: BTreeMap::new(),
        live_realms: BTreeMap::new(),
        patience: Patience::default(),
        keys: Keys::Plain,
        checks: Vec::new(),
        levels: Levels::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(decisions_alone(&settings, &mut |_| {}))
}

/// Facts of `verify` beside tables, each in a file of its own.
fn verified(files: &BTreeMap<String, String>, report: &mut Report) {
    fn one<F: serde::de::DeserializeOwned>(
        files: &BTreeMap<String, String>,
        path: &str,
        table: &'static [rules::Rule<F>],
        report: &mut Report,
    ) {
        if let Some(text) = files.get(path) {
            let facts = Look::Got(toml::from_str::<F>(text).unwrap());
            judge(table, &Object::run("verify"), &facts, &Levels::new(), report);
        }
    }
    one(files, "invariant.toml", rules::verify::INVARIANT_RULES, report);
    one(files, "set.toml", rules::verify::SET_RULES, report);
    one(files, "count.toml", rules::verify::COUNT_RULES, report);
    one(files, "expected.toml", rules::verify::EXPECTED_RULES, report);
    one(files, "vector.toml", rules::verify::VECTOR_RULES, report);
    one(files, "vector.toml", rules::verify::VECTOR_INDEX_RULES, report);
    one(files, "vector-count.toml", rules::verify::VECTOR_COUNT_RULES, report);
    one(files, "vector-content.toml", rules::verify::VECTOR_CONTENT_RULES, report);
    one(files, "vector-recall.toml", rules::verify::VECTOR_RECALL_RULES, report);
    one(files, "counters.toml", rules::verify::COUNTER_RULES, report);
    one(files, "unmapped.toml", rules::verify::UNMAPPED_RULES, report);
    one(files, "reference.toml", rules::verify::REFERENCE_RULES, report);
    one(files, "entities.toml", rules::verify::ENTITY_RULES, report);
}

/// A database that the example's one chain is run on.
fn live_chain(files: &BTreeMap<String, String>) -> Vec<Look<LiveChain>> {
    files.get("live.toml").map(|text| Look::Got(toml::from_str(text).unwrap())).into_iter().collect()
}

/// What came of running the example's one chain.
fn round_trip(files: &BTreeMap<String, String>) -> Vec<Look<RoundTrip>> {
    files.get("round-trip.toml").map(|text| Look::Got(toml::from_str(text).unwrap())).into_iter().collect()
}

/// Two schemas as their catalogs would tell them, and the state of the live one.
fn schema(files: &BTreeMap<String, String>, declared: Option<(Manifest, Source)>) -> Report {
    let read = |path: &str| files.get(path).map(|text| toml::from_str::<Schema>(text).unwrap()).unwrap();
    let state =
        |path: &str| files.get(path).map(|text| toml::from_str::<Live>(text).unwrap()).unwrap_or_default();
    let sides = Sides {
        names: ["schema.sql".into(), "app".into()],
        expected: read("expected.toml"),
        identity: state("expected-state.toml").identity,
        live: read("live.toml"),
        state: state("state.toml"),
        is_built: false,
        progress: Progress::default(),
    };
    let terms = declared.map(|(manifest, source)| Terms::of(&manifest.schema.unwrap(), &source));
    let facts = SchemaFacts::new(sides, &terms.unwrap_or_default());
    let mut report = Report::new("lint");
    judge(rules::schema::RULES, &Object::run("lint"), &Look::Got(facts), &Levels::new(), &mut report);
    report.sort();
    report
}

/// What a survey found, and the clusters of several.
fn survey(files: &BTreeMap<String, String>) -> Report {
    let mut report = Report::new("survey");
    let (on, levels) = (Object::run("survey"), Levels::new());
    if let Some(text) = files.get("survey.toml") {
        let facts: SurveyFacts = toml::from_str(text).unwrap();
        judge(rules::survey::ENDPOINT_RULES, &on, &Look::Got(facts), &levels, &mut report);
    }
    if let Some(text) = files.get("clusters.toml") {
        let facts: ClusterFacts = toml::from_str(text).unwrap();
        judge(rules::survey::CLUSTER_RULES, &on, &Look::Got(facts), &levels, &mut report);
    }
    report.sort();
    report
}

fn concise(report: &Report) -> String {
    let mut bytes = Vec::new();
    let options = trueup::render::Options::default();
    trueup::render::render(report, trueup::render::Format::Concise, &options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_example_says_what_its_rule_says() {
    let overwrite = std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite");
    let mut wrong = Vec::new();
    for doc in docs() {
        for example in examples(doc.body) {
            let found = concise(&run(doc.id.subject(), &example));
            let expected = example.findings.clone().unwrap_or_default();
            if found == expected {
                continue;
            }
            if overwrite && example.findings.is_some() {
                let path = file(doc);
                let text = std::fs::read_to_string(&path).unwrap();
                let (old, new) = (format!("```findings\n{expected}```"), format!("```findings\n{found}```"));
                std::fs::write(&path, text.replacen(&old, &new, 1)).unwrap();
                continue;
            }
            wrong.push(format!("{} ## {}\nexpected:\n{expected}found:\n{found}", doc.id, example.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_shows_that_it_fires_and_that_it_is_silent() {
    for doc in docs() {
        let examples = examples(doc.body);
        let fires =
            |example: &&Example| example.findings.as_ref().is_some_and(|text| text.contains(doc.id.as_str()));
        assert!(examples.iter().any(|example| fires(&example)), "{}: no example fires it", doc.id);
        assert!(
            examples.iter().any(|example| example.findings.is_none()),
            "{}: no example is silent",
            doc.id
        );
    }
}

#[test]
fn every_file_is_a_rule_and_every_rule_has_a_file() {
    let listed: Vec<_> = docs().iter().map(|doc| doc.id.clone()).collect();
    assert_eq!(listed, rules::all(), "left: files under rules/; right: words in the tables");
}

#[test]
fn every_file_has_its_metadata() {
    for doc in docs() {
        let text = std::fs::read_to_string(file(doc)).unwrap();
        let (front, _) =
            text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).expect("metadata");
        let keys: Vec<_> = front.lines().filter_map(|line| line.split_once(": ")).collect();
        let names: Vec<_> = keys.iter().map(|(name, _)| *name).collect();
        let (known, always) = names.split_at(3);
        assert_eq!(known, ["severity", "summary", "since"], "{}", doc.id);
        assert!(always.is_empty() || (always == ["always"] && keys[3].1 == "true"), "{}", doc.id);
        assert!(["error", "warn"].contains(&keys[0].1), "{}", doc.id);
        assert!(!doc.summary.ends_with('.') && doc.summary.len() < 80, "{}: {}", doc.id, doc.summary);
        assert!(
            doc.body
                .trim_start()
                .lines()
                .next()
                .is_some_and(|line| !line.starts_with('#') && !line.starts_with("```")),
            "{}: no explanation",
            doc.id
        );
    }
}

fn file(doc: &RuleDoc) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(format!("{}.md", doc.id))
}
