//! What holds of every reading, without any real reader.
use proptest::prelude::*;
use trueup::model::{Dialect, Meaning, Span};
use trueup::parse::env::{diverge, outcome, read};

use super::{cases, environment, random};

/// Anything, and anything made of what matters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r#"([A-Z]?=?["'`\\#$ {}:~()\n\r\t;&|]{0,3}(export |\$\{[A-Z]:?[-?+=]?|\$\(|\x{feff}|\x00|é)?){0,12}"#,
    ]
}

fn check(text: &str) {
    let shown = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<usize> = shown.split('\n').map(|line| line.chars().count()).collect();
    let inside = |span: Span| {
        [span.start, span.end].iter().all(|at| {
            let width = lines.get(at.line as usize - 1).copied();
            at.column >= 1 && width.is_some_and(|width| at.column as usize <= width + 1)
        })
    };
    let readings = Dialect::ALL.map(|dialect| read(text, dialect));
    for file in &readings {
        let mut last = None;
        for statement in &file.statements {
            let span = statement.span;
            assert!(inside(span) && span.start <= span.end, "{:?} {statement:?} of {text:?}", file.dialect);
            assert!(last <= Some(span.start), "{:?} goes back at {statement:?} of {text:?}", file.dialect);
            last = Some(span.start);
        }
        let _ = outcome(file, &environment);
        assert_eq!(diverge(file, file), []);
    }
    for (left, right) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
        let there = diverge(&readings[left], &readings[right]);
        let back = diverge(&readings[right], &readings[left]);
        assert_eq!(there.len(), back.len(), "{text:?}");
        // no divergence, and no reader that gives up: then nobody gets another environment
        let outcomes = [left, right].map(|index| outcome(&readings[index], &|_| None));
        if there.is_empty() && outcomes.iter().all(|out| !out.refused && !out.runs) {
            let inherits =
                readings[left].statements.iter().any(|one| matches!(one.meaning, Meaning::Inherits { .. }));
            assert!(inherits || outcomes[0] == outcomes[1], "{text:?}: {outcomes:?}");
        }
    }
}

proptest! {
    #[test]
    fn never_panics_and_stays_inside_the_text(text in text()) {
        check(&text);
    }
}

#[test]
fn cases_and_random_files_hold_too() {
    for text in cases::all().into_iter().map(|case| case.text).chain(random::files()) {
        check(&text);
    }
}

#[test]
fn there_are_many_cases_and_they_differ() {
    let mut texts: Vec<String> = cases::all().into_iter().map(|case| case.text).collect();
    let count = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count, "a case stands twice");
    assert!(count >= 120, "{count}");
}

/// Marked cases run a program in a shell; no other does.
#[test]
fn programs_are_known() {
    let runs = |text: &str| outcome(&read(text, Dialect::Shell), &environment).runs;
    let wrong: Vec<String> =
        cases::all().into_iter().filter(|case| runs(&case.text) != case.runs).map(|case| case.text).collect();
    assert!(wrong.is_empty(), "marked wrong: {wrong:#?}");
}

/// All of this takes some seconds; if a reading were quadratic in any of them, hours.
#[test]
fn time_is_linear() {
    let pieces = [
        "\"",
        "'",
        "`",
        "\\",
        "\\\"",
        "$",
        "${",
        "${A",
        "${A:",
        "${A:-",
        "}",
        "{",
        "${A:-}",
        "A=\"\n",
        "A='\n",
        "A=`\n",
        "$(",
        "A=\\\"",
        "(",
        "A=1 ",
        "A=1;",
        "\n",
        "\r",
        " ",
        "# ",
        "A",
        "A=",
        "'A'=",
        "export ",
        "=",
        "A=\"\\\"",
        "A:\n",
        "~",
        ":~",
        "A=\"a\"\n\"",
        "\n'x'",
        "\\\n",
        "$(\"",
        "\u{2028}'",
        "A\n",
    ];
    for piece in pieces {
        for head in ["", "A=", "A=\""] {
            let bytes = if piece.len() == 1 && "\"'`$".contains(piece) { 1_000_000 } else { 50_000 };
            let text = head.to_owned() + &piece.repeat(bytes / piece.len());
            for dialect in Dialect::ALL {
                let file = read(&text, dialect);
                let _ = outcome(&file, &environment);
            }
        }
    }
}

/// A value must not come out through `Debug`.
#[test]
fn no_value_comes_out() {
    let canary = "hunter2canary";
    let text = format!("A={canary}\nB=\"{canary} ${{X:-{canary}}}\"\nC='{canary}'\nD=\"{canary}");
    for dialect in Dialect::ALL {
        let file = read(&text, dialect);
        let said = format!("{file:?} {:?}", outcome(&file, &environment));
        assert!(!said.contains(canary), "{dialect:?} {said}");
    }
}
