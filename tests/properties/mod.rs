//! What must hold for any report at all, in every format.
use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use trueup::model::{Report, Verdict};
use trueup::render::{Format, Saved, read};

use super::reports::any::any_report;
use super::{misfits, options, report_validator, sarif_validator, shown, shown_with};

/// How many lines the concise format owes a report at the least.
fn owed(report: &Report) -> usize {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    // One cause on one object is one line, however many rules it kept from judging.
    let causes = report.checks.iter().filter_map(|check| match &check.verdict {
        Verdict::Unknown { cause } => Some((&check.on, cause)),
        _ => None,
    });
    findings.filter(|finding| finding.allowed.is_none()).count() + causes.collect::<BTreeSet<_>>().len()
}

/// Characters that act on a terminal or a log; a line end is what the format itself is made of.
fn acting(text: &str) -> Option<char> {
    text.chars()
        .find(|&one| (one.is_control() && one != '\n') || matches!(one, '\u{202a}'..='\u{202e}' | '\u{2028}'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_comes_back_byte_for_byte(report in any_report(), deny in any::<bool>()) {
        let text = shown_with(&report, Format::Json, &options(deny));
        let Saved { report: again, deny_warnings } = read(&text).unwrap();
        prop_assert_eq!(&again, &report);
        prop_assert_eq!(shown_with(&again, Format::Json, &options(deny_warnings)), text);
    }

    #[test]
    fn any_report_is_sarif_with_a_file_for_every_result(report in any_report()) {
        let text = shown(&report, Format::Sarif);
        prop_assert_eq!(misfits(&sarif_validator(), &text), Vec::<String>::new());
        let value: Value = serde_json::from_str(&text).unwrap();
        let run = &value["runs"][0];
        for result in run["results"].as_array().unwrap() {
            prop_assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string());
        }
        let judged = report.checks.iter().any(|check| !matches!(check.verdict, Verdict::Skip { .. }));
        let successful = judged && report.tally().unknown == 0;
        prop_assert_eq!(run["invocations"][0]["executionSuccessful"].as_bool(), Some(successful));
    }

    #[test]
    fn any_report_fits_the_report_schema(report in any_report()) {
        prop_assert_eq!(misfits(&report_validator(), &shown(&report, Format::Json)), Vec::<String>::new());
    }

    #[test]
    fn any_junit_is_xml_with_a_case_per_check(report in any_report()) {
        let text = shown(&report, Format::Junit);
        let suites = quick_junit::Report::deserialize_from_str(&text).unwrap();
        let tally = report.tally();
        let empty = usize::from(report.checks.is_empty());
        prop_assert_eq!(suites.tests, report.checks.len() + report.not_compared.len() + empty);
        prop_assert_eq!(suites.failures, tally.fail);
        prop_assert_eq!(suites.errors, tally.unknown + empty);
    }

    #[test]
    fn no_text_acts_on_the_reader(report in any_report()) {
        for format in [Format::Human, Format::Concise, Format::Github, Format::Markdown, Format::Junit] {
            prop_assert_eq!(acting(&shown(&report, format)), None, "{:?}", format);
        }
    }

    #[test]
    fn human_tells_the_place_of_every_finding(report in any_report()) {
        let text = shown(&report, Format::Human);
        let findings = report.checks.iter().flat_map(|check| &check.findings);
        for place in findings.filter(|finding| finding.allowed.is_none()).filter_map(|finding| finding.primary.as_ref()) {
            let position = format!(":{}:{}\n", place.span.start.line.max(1), place.span.start.column.max(1));
            prop_assert!(text.contains(&position), "{} not in {}", position, text);
        }
    }

    #[test]
    fn concise_is_one_line_each(report in any_report()) {
        let text = shown(&report, Format::Concise);
        let line = regex::Regex::new(r"(?s)^.*: (error|warning|unknown)\[.*\] .*$").unwrap();

        let (said, rest): (Vec<_>, Vec<_>) = text.lines().partition(|text| line.is_match(text));
        prop_assert!(said.len() >= owed(&report), "{}", text);
        prop_assert!(rest.iter().all(|text| text.contains(": nothing was ")), "{}", text);
        prop_assert!(text.lines().all(|text| !text.starts_with("::")), "{}", text);
    }

    #[test]
    fn a_finding_can_not_inject_a_workflow_command(report in any_report()) {
        let text = shown(&report, Format::Github);
        let line = regex::Regex::new(r"^::(error|warning|notice) ([a-zA-Z]+=[^:,]*)(,[a-zA-Z]+=[^:,]*)*::").unwrap();
        for command in text.lines() {
            prop_assert!(line.is_match(command), "{}", command);
        }
        prop_assert_eq!(text.lines().count() - 1, shown(&report, Format::Concise).lines().filter(|line| !line.contains(": nothing was ")).count());
    }

    #[test]
    fn a_markdown_table_keeps_its_cells(report in any_report()) {
        let text = shown(&report, Format::Markdown);
        let rows = text.lines().skip_while(|line| *line != "## Checks").take_while(|line| *line != "## Findings");
        let rows: Vec<_> = rows.filter(|line| line.starts_with('|')).collect();
        for row in &rows {
            let bars = row.replace("\\\\", "").replace("\\|", "").matches('|').count();
            prop_assert_eq!(bars, 7, "{}", row);
        }
        let headings = if report.checks.is_empty() { 0 } else { 2 };
        prop_assert_eq!(rows.len(), report.checks.len() + headings);
        prop_assert!(!text.contains("<script"));
        // Whole sections stay: nothing a finding says can begin another one.
        prop_assert_eq!(text.lines().filter(|line| line.starts_with("## ")).count(), 6);
    }
}
