//! Every format side by side: what it looks like (`tests/formats/`), and what must hold for any report.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test they are how it fails")]
mod properties;
mod reports;

use std::path::Path;

use clap::ValueEnum;
use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};
use trueup::model::{Report, RuleId, Verdict};
use trueup::render::{Format, Options, ReadError, RuleText, read, render, report_schema};

fn rule_text(rule: &RuleId) -> Option<RuleText> {
    (rule.as_str() == "env/duplicate-key").then(|| RuleText {
        summary: "a key is set twice".into(),
        help_markdown: "The later value silently wins. Keep one.".into(),
    })
}

fn options(deny_warnings: bool) -> Options<'static> {
    Options { deny_warnings, rule_text: &rule_text, ..Options::default() }
}

fn shown(report: &Report, format: Format) -> String {
    shown_with(report, format, &options(false))
}

fn shown_with(report: &Report, format: Format, options: &Options<'_>) -> String {
    let mut bytes = Vec::new();
    render(report, format, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn samples() -> [(&'static str, Report); 5] {
    [
        ("rich", reports::rich()),
        ("held", reports::held()),
        ("skipped", reports::skipped()),
        ("unknown", reports::unknown()),
        ("empty", Report::new("lint")),
    ]
}

/// The committed copy is the expectation; `SNAPSHOTS=overwrite` rewrites it.
fn matches_committed(actual: String, path: &Path) {
    let expected = Data::read_from(path, Some(DataFormat::Text)).raw();
    Assert::new().action_env("SNAPSHOTS").eq(Data::text(actual), expected);
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn samples_look_as_committed() {
    for (name, report) in samples() {
        for format in Format::value_variants() {
            let ending = match format {
                Format::Human => "human.txt",
                Format::Concise => "concise.txt",
                Format::Json => "json",
                Format::Sarif => "sarif",
                Format::Junit => "junit.xml",
                Format::Github => "github.txt",
                Format::Markdown => "md",
                Format::Html => "html",
            };
            let actual = shown(&report, *format);
            assert_eq!(actual, shown(&report, *format), "{name} in {format:?} differs from itself");
            matches_committed(actual, &here(&format!("tests/formats/{name}.{ending}")));
        }
    }
}

#[test]
fn no_format_reads_an_empty_or_skipped_or_unknown_report_as_a_pass() {
    let cases = [
        (Report::new("lint"), "nothing was checked"),
        (reports::skipped(), "skip"),
        (reports::unknown(), "connection refused"),
    ];
    for (report, words) in cases {
        for format in Format::value_variants() {
            if *format == Format::Json && report.checks.is_empty() {
                assert!(shown(&report, *format).contains("\"exit\": 3"));
                continue;
            }
            let text = shown(&report, *format);
            // Concise has no place for skips: it says that nothing was judged.
            let said = text.contains(words) || text.contains("nothing was judged");
            assert!(said, "{format:?} does not say {words:?}:\n{text}");
            assert!(!text.contains("all held"), "{text}");
        }
    }
}

/// Replaces a text by a word that no other text has and no format has to escape.
fn word(text: &mut String, words: &mut Vec<String>) {
    let word = format!("WORD{:03}X", words.len());
    text.clone_from(&word);
    words.push(word);
}

#[test]
fn no_format_loses_a_word() {
    let mut report = reports::rich();
    let (mut counting, mut explaining) = (Vec::new(), Vec::new());
    for check in &mut report.checks {
        match &mut check.verdict {
            Verdict::Skip { reason } => word(&mut reason.0, &mut explaining),
            Verdict::Unknown { cause } => word(&mut cause.message, &mut counting),
            Verdict::Pass { .. } | Verdict::Warn { .. } | Verdict::Fail { .. } => {}
        }
        if let (true, Some(actual)) = (check.findings.is_empty(), &mut check.actual) {
            word(actual, &mut counting);
        }
        for finding in &mut check.findings {
            match &mut finding.allowed {
                Some(allowed) => word(&mut allowed.reason, &mut explaining),
                None => word(&mut finding.message, &mut counting),
            }
        }
    }
    report.not_compared.iter_mut().for_each(|gap| word(&mut gap.reason, &mut explaining));
    assert_eq!((counting.len(), explaining.len()), (11, 7));
    for format in Format::value_variants() {
        let text = shown(&report, *format);
        let missing = |words: &[String]| {
            words.iter().filter(|word| !text.contains(word.as_str())).cloned().collect::<Vec<_>>()
        };
        assert_eq!(missing(&counting), Vec::<String>::new(), "{format:?}");
        // One line per finding has no place for the rest.
        if *format != Format::Concise {
            assert_eq!(missing(&explaining), Vec::<String>::new(), "{format:?}");
        }
    }
}

#[test]
fn denied_warnings_fail_where_the_format_has_a_word_for_it() {
    let mut report = reports::rich();
    report.checks.retain(|check| matches!(check.verdict, Verdict::Warn { .. }));
    let denied = |format| shown_with(&report, format, &options(true));
    assert!(denied(Format::Github).starts_with("::error "));
    assert!(shown(&report, Format::Github).starts_with("::warning "));
    assert!(denied(Format::Junit).contains("<failure"));
    assert!(!shown(&report, Format::Junit).contains("<failure"));
    assert!(denied(Format::Json).contains("\"exit\": 1"));
    assert!(denied(Format::Sarif).contains("\"exitCode\": 1"));
    assert!(denied(Format::Markdown).starts_with("# trueup lint: failed\n"));
    assert!(denied(Format::Html).contains("<h1 class=\"not-held\">trueup lint: failed</h1>"));
    assert!(denied(Format::Human).ends_with("3 warned (denied); 3 not compared\n"));
}

/// Names, messages and reasons of the samples try to be markup.
#[test]
fn a_page_holds_no_markup_of_the_data_and_nothing_from_elsewhere() {
    for (name, report) in samples() {
        let page = shown(&report, Format::Html);
        for foreign in ["<script", "<img", "<b>", "href", "src=", "javascript:", "url("] {
            assert!(!page.contains(foreign), "{name} has {foreign}");
        }
        let tags = ["html", "head", "body", "style", "h1", "table", "tbody", "tr", "td", "code", "p"];
        for tag in tags {
            let count = |text: &str| page.matches(text).count();
            let opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
            assert_eq!(opened, count(&format!("</{tag}>")), "{name}: {tag}");
        }
        assert!(page.contains("<h2>Signed</h2>") && page.contains("Content-Security-Policy"), "{name}");
    }
    let page = shown_with(&reports::rich(), Format::Html, &options(true));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("<h1 class=\"not-held\">")
    );
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = reports::rich();
    let coloured = shown_with(&report, Format::Human, &Options { colour: true, ..options(false) });
    assert!(coloured.contains("\u{1b}["));
    assert!(!coloured.contains("\u{1b}[31mred"), "the colour of the data gets through");
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, shown(&report, Format::Human));
}

#[test]
fn a_closed_pipe_is_handed_up() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in Format::value_variants() {
        let error = render(&reports::rich(), *format, &options(false), &mut Closed).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format:?}");
    }
}

#[test]
fn a_changed_report_is_refused() {
    let text = shown(&reports::rich(), Format::Json);
    let refusal = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        read(&text.replacen(from, to, 1)).unwrap_err()
    };
    assert!(matches!(refusal("\"verdict\": \"fail\"", "\"verdict\": \"pass\""), ReadError::Tampered));
    assert!(matches!(refusal("ephemeral", "harmless"), ReadError::Tampered));
    assert!(matches!(refusal("\"evidence\": \"sha256:", "\"evidence\": \"sha256:0"), ReadError::Tampered));
    assert!(matches!(refusal("\"exit\": 1", "\"exit\": 0"), ReadError::Derived { field: "exit" }));
    assert!(matches!(refusal("\"fail\": 4", "\"fail\": 0"), ReadError::Derived { field: "tally" }));
    assert!(matches!(refusal("\"schema\": 1", "\"schema\": 2"), ReadError::Version { found: 2 }));
    assert!(matches!(refusal("\"schema\": 1", "\"shema\": 1"), ReadError::NoVersion));
    assert!(matches!(refusal("\"schema\": 1,", "\"schema\": 1, \"note\": 1,"), ReadError::Shape(_)));
    assert!(matches!(
        refusal("\"version\": \"0.1.0\"", "\"host\": \"x\""),
        ReadError::Foreign { field: "run" }
    ));
    assert!(matches!(read("not json"), Err(ReadError::Syntax(_))));
    // What varies is outside the evidence.
    assert_eq!(read(&text.replacen("1234", "4321", 1)).unwrap().report.run.duration_ms, 4321);
}

/// The digest as the documentation describes it, computed without trueup.
fn evidence(document: &Value) -> String {
    use sha2::Digest as _;
    let mut covered = document.clone();
    covered.as_object_mut().unwrap().retain(|name, _| {
        ["schema", "command", "checks", "not_compared", "surveys"].contains(&name.as_str())
    });
    covered.sort_all_objects();
    let digest = sha2::Sha256::digest(covered.to_string().as_bytes());
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat())
}

#[test]
fn anyone_can_compute_the_evidence_and_still_not_add_a_field() {
    let mut document: Value = serde_json::from_str(&shown(&reports::rich(), Format::Json)).unwrap();
    assert_eq!(document["evidence"], evidence(&document));
    document["checks"][0]["signed_by"] = "nobody".into();
    document["evidence"] = evidence(&document).into();
    assert!(matches!(read(&document.to_string()), Err(ReadError::Foreign { field: "checks" })));
}

#[test]
fn a_report_that_is_better_than_its_findings_is_refused() {
    let mut report = reports::rich();
    let failed = report
        .checks
        .iter_mut()
        .find(|check| matches!(check.verdict, Verdict::Fail { .. }) && !check.findings.is_empty());
    let failed = failed.unwrap();
    let Verdict::Fail { looked } = failed.verdict.clone() else { unreachable!() };
    failed.verdict = Verdict::Pass { looked };
    assert!(matches!(read(&shown(&report, Format::Json)), Err(ReadError::Verdict { .. })));
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

fn sarif_validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(here("tests/data/sarif-schema-2.1.0.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // The official pattern has a stray `]`, which is no regular expression to a strict reader. trueup writes no
    // `language`.
    for owner in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][owner]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    validator(&schema)
}

fn report_validator() -> jsonschema::Validator {
    validator(&serde_json::from_str(&report_schema()).unwrap())
}

/// Says where a text does not fit a schema.
fn misfits(validator: &jsonschema::Validator, text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).unwrap();
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_report_schema_is_current_and_fits() {
    matches_committed(report_schema(), &here("docs/schema/report.json"));
    let validator = report_validator();
    for (name, report) in samples() {
        assert_eq!(misfits(&validator, &shown(&report, Format::Json)), Vec::<String>::new(), "{name}");
    }
    let broken = shown(&reports::rich(), Format::Json).replacen("\"fail\"", "\"fine\"", 1);
    assert_ne!(misfits(&validator, &broken), Vec::<String>::new());
}

#[test]
fn samples_are_sarif() {
    let validator = sarif_validator();
    for (name, report) in samples() {
        let text = shown(&report, Format::Sarif);
        assert_eq!(misfits(&validator, &text), Vec::<String>::new(), "{name}");
        let broken = text.replacen("\"executionSuccessful\"", "\"executionSuccesful\"", 1);
        assert_ne!(misfits(&validator, &broken), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_sarif_fingerprint_survives_a_new_line_above() {
    let mut moved = reports::rich();
    for finding in moved.checks.iter_mut().flat_map(|check| &mut check.findings) {
        if let Some(place) = &mut finding.primary {
            place.span.start.line += 1;
            place.span.end.line += 1;
        }
    }
    let prints = |report: &Report| {
        let value: Value = serde_json::from_str(&shown(report, Format::Sarif)).unwrap();
        let results = value["runs"][0]["results"].as_array().unwrap().clone();
        let print =
            |result: &Value| result["partialFingerprints"]["trueupFinding/v1"].as_str().unwrap().to_owned();
        results.iter().map(print).collect::<Vec<_>>()
    };
    let before = prints(&reports::rich());
    assert_eq!(before, prints(&moved));
    assert_eq!(before.len(), before.iter().collect::<std::collections::BTreeSet<_>>().len());
}

#[test]
fn a_line_about_nothing_is_no_workflow_command() {
    assert_eq!(shown(&Report::new(":"), Format::Concise), "\\u{3a}: nothing was checked\n");
}
