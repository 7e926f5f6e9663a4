//! Whatever a file holds, reading it ends, without a panic, and without a value in a message.
use proptest::prelude::*;

use crate::case::Case;

/// Pieces that matter to YAML and to compose.
fn text() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "services:",
        "\n",
        "\n  ",
        "\n    ",
        "\n      ",
        "a:",
        " b: ",
        "- ",
        "image: x",
        "environment:",
        "extends:",
        "include:",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&x ",
        "*x",
        "<<: ",
        "!reset ",
        "!override ",
        "!!int ",
        "'",
        "\"",
        "|",
        ">-",
        "#",
        "\t",
        "---",
        "...",
        "${",
        "}",
        ":-",
        ":?",
        "$$",
        "$A",
        "A=1",
        "ports:",
        "8000-9000",
        ":",
        "volumes:",
        "env_file:",
        "~",
        "ä",
        "\u{feff}",
        "\r\n",
        "? ",
        "%YAML 1.2",
        "compose.yml",
        "service: a",
        "file: compose.yml",
        "build:",
        "args:",
        "=",
        "extra_hosts:",
        "networks:",
        "secrets:",
        "0",
        "1e9",
        "2024-01-01T1:1:1+01:00",
        "\\",
        "-",
        "!",
    ];
    proptest::collection::vec(proptest::sample::select(WORDS).prop_map(str::to_owned), 0..50)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics(text in text(), other in text()) {
        let mut case = Case::one(&text);
        case.files.insert("other.yml".into(), other);
        case.compose.push("other.yml".into());
        let project = case.read();
        let places = project.problems.iter().map(|p| &p.place).chain(project.references.iter().map(|r| &r.place));
        for place in places.chain(project.services.iter().map(|s| &s.place)) {
            prop_assert!(place.span.start.line >= 1 && place.span.start.column >= 1, "{place:?}");
            prop_assert!(place.span.start <= place.span.end, "{place:?}");
            let lines = case.files[&place.path].split('\n').count();
            prop_assert!(place.span.start.line as usize <= lines + 1, "{place:?} of {lines}");
        }
    }

    #[test]
    fn reading_twice_is_the_same(text in text()) {
        let case = Case::one(&text);
        prop_assert_eq!(case.read(), case.read());
    }
}

#[test]
fn aliases_of_aliases_are_a_problem_and_no_hang() {
    let mut text = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*x{}", level - 1); 10].join(", ");
        text += &format!("x{level}: &x{level} [{list}]\n");
    }
    let started = std::time::Instant::now();
    let project = Case::one(&(text + "services: {a: {image: x}}\n")).read();
    assert!(!project.is_whole());
    assert!(project.problems[0].cause.message.contains("too large"), "{:?}", project.problems);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn depth_and_chains_are_bounded() {
    let deep = format!("services: {}{}", "[".repeat(5000), "]".repeat(5000));
    assert!(!Case::one(&deep).read().is_whole());
    let nested: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(!Case::one(&nested).read().is_whole());
    let mut chain = "services:\n".to_owned();
    for link in 0..3000 {
        chain += &format!("  s{link:04}: {{image: x, extends: s{:04}}}\n", link + 1);
    }
    chain += "  s3000: {image: x}\n";
    assert!(!Case::one(&chain).read().is_whole());
    let braces = format!("services: {{a: {{image: '{}{}'}}}}", "${A:-".repeat(3000), "}".repeat(3000));
    assert!(!Case::one(&braces).read().problems.is_empty());
}

#[test]
fn no_value_comes_out() {
    let canary = "hunter2";
    let texts = [
        format!(
            "services:\n  a:\n    image: x\n    environment:\n      A: {canary}\n      B: [{canary}]\n      C: \"{canary}${{X:?{canary}}}\"\n"
        ),
        format!(
            "services:\n  a:\n    image: x\n    environment:\n      - A={canary}\n      - \"B={canary} ${{X:-{canary}}}\"\n      - {canary}:1\n"
        ),
        format!(
            "services:\n  a: {{image: x, environment: {{A: {canary}, B: x, C: \"${{D:-{canary}}}\"}}}}\n  b: {{environment: {{A: {canary}, A: 1}}}}\n"
        ),
        format!(
            "services:\n  a:\n    command: run --password {canary} ${{X}}\n    build: {{args: {{P: {canary}}}}}\n    environment:\n      A: !!int {canary}\n      B: {canary}${{\n"
        ),
    ];
    for text in texts {
        let project = Case::one(&text).read();
        let excerpts: Vec<_> = project
            .problems
            .iter()
            .map(|p| &p.place)
            .chain(project.references.iter().map(|r| &r.place))
            .collect();
        let services = format!("{:?}", project.services);
        let said = format!("{excerpts:?} {:?} {services}", project.problems);
        let without_keys =
            said.replace(&format!("key: \"{canary}:1\""), "").replace(&format!("- {canary}:1"), "");
        assert!(!without_keys.contains(canary), "{without_keys}");
    }
}
