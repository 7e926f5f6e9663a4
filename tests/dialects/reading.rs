//! What holds of every reading, without any real reader.
use proptest::prelude::*;
use trueup::model::{Dialect, Span};
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
    for (left, right) in (0..5).flat_map(|left| (left + 1..5).map(move |right| (left, right))) {
        let there = diverge(&readings[left], &readings[right]);
        let back = diverge(&readings[right], &readings[left]);
        assert_eq!(there.len(), back.len(), "{text:?}");
        // no divergence, and no reader that gives up: then nobody gets another environment
        let outcomes = [left, right].map(|index| outcome(&readings[index], &|_| None));
        if there.is_empty() && outcomes.iter().all(|out| !out.refused && !out.runs) {
            assert_eq!(outcomes[0], outcomes[1], "{text:?}");
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

/// Which line means different things to two readers.
#[test]
fn divergences() {
    use Dialect::{Compose, EnvFile, NodeDotenv, PythonDotenv, Shell};
    let cases: [(&str, Dialect, Dialect, &[u32]); 24] = [
        ("A=1\nB='x y' # note\n# C=1\n\nexport D=\"a\nb\"\n", PythonDotenv, NodeDotenv, &[]),
        ("A=1\nB='x y' # note\n# C=1\n\nexport D=\"a\nb\"\n", PythonDotenv, Shell, &[]),
        ("A=1\nB=2 # note\n", PythonDotenv, EnvFile, &[2]),
        ("A=   # note", PythonDotenv, Compose, &[1]),
        ("A=val#note", PythonDotenv, NodeDotenv, &[1]),
        ("A=pa$word1", PythonDotenv, Shell, &[1]),
        ("A=pa$word1", Compose, Shell, &[]),
        ("A=pa$$word", Compose, Shell, &[1]),
        ("A=${X}/a\nB=\"${X}/a\"", PythonDotenv, Compose, &[]),
        ("A='${X}'", PythonDotenv, Compose, &[1]),
        ("A=${N:?m}", Compose, Shell, &[]),
        ("A=${N:?m}", PythonDotenv, Shell, &[1]),
        // python-dotenv looks only at whether the variable is set
        ("A=${N:-d}", PythonDotenv, Compose, &[1]),
        ("A=${N-d}", Compose, Shell, &[]),
        ("A\nB=1\n", PythonDotenv, Compose, &[]),
        ("A\nB=1\n", NodeDotenv, Compose, &[1]),
        ("A=\"oops\nB=2\nC=3", PythonDotenv, Compose, &[1]),
        ("A=1\r\nB=2\r\n", PythonDotenv, EnvFile, &[]),
        ("A=1\r\nB=2\r\n", PythonDotenv, Shell, &[1, 2]),
        ("A=C:\\new", NodeDotenv, Shell, &[1]),
        // both drop it, one of them with a warning
        // a bare key after a setting: forgotten, kept
        ("A=1\nexport A\n", PythonDotenv, Shell, &[2]),
        ("A=1\nA\n", PythonDotenv, Compose, &[2]),
        ("A B=1\nC=2", PythonDotenv, NodeDotenv, &[]),
        ("A=http://x/?a=1&b=2\nC=1", Compose, Shell, &[1]),
    ];
    for (text, left, right, expected) in cases {
        let lines: Vec<u32> =
            diverge(&read(text, left), &read(text, right)).iter().map(|one| one.span.start.line).collect();
        assert_eq!(lines, expected, "{text:?} {left:?} {right:?}");
    }
}

/// Also behind a byte order mark and where the reader sees other line ends.
#[test]
fn a_span_is_that_of_the_key() {
    let file = read("\u{feff}A=1\r\n\r\n  export  Bé='x\r\ny'\r\nC=3", Dialect::PythonDotenv);
    let spans: Vec<_> = file.statements.iter().map(|one| one.span).collect();
    assert_eq!(spans, [Span::on_line(1, 1, 1), Span::on_line(3, 11, 2), Span::on_line(5, 1, 1)]);
}
