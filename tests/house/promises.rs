//! What the package's own settings must go on saying.
use std::sync::LazyLock;

use regex::Regex;
use toml::Table;

use super::Violation;
use super::code::Code;

/// Lints that hold promises of the design, each at least denied.
const DENIED: &[(&str, &[&str])] = &[
    ("rust", &["unsafe_code"]),
    (
        "clippy",
        &[
            "unwrap_used",
            "expect_used",
            "panic",
            "indexing_slicing",
            "todo",
            "unimplemented",
            "dbg_macro",
            "print_stdout",
            "print_stderr",
            "allow_attributes_without_reason",
        ],
    ),
];

const FUNCTION_LINES: i64 = 70;

fn level(lint: Option<&toml::Value>) -> Option<&str> {
    let lint = lint?;
    lint.as_str().or_else(|| lint.get("level")?.as_str())
}

/// The lints of `Cargo.toml`, and the length of a function, which clippy counts (comments and blank lines apart): one
/// count is enough, so this only sees to it that clippy's is on.
pub(crate) fn lints(cargo: &str, clippy: &str) -> Vec<Violation> {
    let cargo: Table = cargo.parse().unwrap();
    let clippy: Table = clippy.parse().unwrap();
    let group =
        |name: &str| cargo.get("lints").and_then(|lints| lints.get(name)).and_then(toml::Value::as_table);
    let mut found = Vec::new();
    for (name, denied) in DENIED {
        for lint in *denied {
            let level = level(group(name).and_then(|group| group.get(*lint)));
            if !matches!(level, Some("deny" | "forbid")) {
                found.push(Violation::new("Cargo.toml", 0, format!("{name}.{lint} is not denied")));
            }
        }
    }
    let chosen = |lint: &str| level(group("clippy").and_then(|group| group.get(lint)));
    if !matches!(chosen("pedantic"), Some("warn" | "deny")) || chosen("too_many_lines") == Some("allow") {
        found.push(Violation::new("Cargo.toml", 0, "clippy::too_many_lines is off"));
    }
    if clippy.get("too-many-lines-threshold").and_then(toml::Value::as_integer) != Some(FUNCTION_LINES) {
        let message = format!("too-many-lines-threshold is not {FUNCTION_LINES}");
        found.push(Violation::new("clippy.toml", 0, message));
    }
    found
}

/// Functions that clippy was told not to measure.
pub(crate) fn excused_length(code: &Code) -> Vec<Violation> {
    let excused = code.bare.match_indices("too_many_lines");
    excused
        .map(|(at, _)| Violation::new(&code.path, code.line(at), "a function is excused for its length"))
        .collect()
}

/// The lock file names the public registry and nothing beside it: no mirror, no fork, no address of one's own.
pub(crate) fn one_registry(lock: &str) -> Vec<Violation> {
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let sources =
        (1..).zip(lock.lines()).filter(|(_, line)| line.starts_with("source = ") && *line != public);
    sources.map(|(line, _)| Violation::new("Cargo.lock", line, "a package from elsewhere")).collect()
}

/// The test command of the README is the last line of `.ci/run`, and `.ci/run` is all that the workflow runs.
pub(crate) fn one_command(readme: &str, ci: &str, workflow: &str) -> Vec<Violation> {
    static CONSOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?ms)^```console\n(.*?)^```$").unwrap());
    static RUN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*(?:- )?run:\s*(.*)$").unwrap());
    let mut found = Vec::new();
    let command = ci.lines().next_back().unwrap_or_default().trim_start_matches("exec ");
    let mut shown = CONSOLE.captures_iter(readme).flat_map(|block| block.extract::<1>().1[0].lines());
    if command.is_empty() || !shown.any(|line| line.trim_start_matches("$ ") == command) {
        let message = format!("no console block shows `{command}`, the command of .ci/run");
        found.push(Violation::new("README.md", 0, message));
    }
    let runs: Vec<&str> = RUN.captures_iter(workflow).map(|run| run.extract::<1>().1[0]).collect();
    if runs != [".ci/run"] {
        let message = format!("runs {runs:?}, not `.ci/run` alone");
        found.push(Violation::new(".github/workflows/ci.yml", 0, message));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    const CLIPPY: &str = "too-many-lines-threshold = 70\n";

    fn cargo(change: impl Fn(String) -> String) -> String {
        let group = |(name, lints): &(&str, &[&str])| {
            format!("[lints.{name}]\n{} = \"deny\"\n", lints.join(" = \"deny\"\n"))
        };
        let text = DENIED.iter().map(group).collect::<Vec<_>>().concat();
        change(format!("{text}pedantic = {{ level = \"warn\", priority = -1 }}\n"))
    }

    #[test]
    fn a_lint_that_is_not_denied_is_found() {
        assert!(lints(&cargo(|text| text), CLIPPY).is_empty());
        let lax = cargo(|text| text.replace("unwrap_used = \"deny\"", "unwrap_used = \"warn\""));
        assert_eq!(said(lints(&lax, CLIPPY)), ["Cargo.toml: clippy.unwrap_used is not denied"]);
        let gone = cargo(|text| text.replace("unsafe_code = \"deny\"\n", ""));
        assert_eq!(said(lints(&gone, CLIPPY)), ["Cargo.toml: rust.unsafe_code is not denied"]);
        assert_eq!(lints(&cargo(|text| text + "too_many_lines = \"allow\"\n"), CLIPPY).len(), 1);
        assert_eq!(lints(&cargo(|text| text), "too-many-lines-threshold = 700\n").len(), 1);
        assert_eq!(lints("", "").len(), 13);
    }

    #[test]
    fn an_excuse_is_found() {
        let code = Code::read("x.rs", "\n#[expect(clippy::too_many_lines, reason = \"why\")]\nfn f() {}");
        assert_eq!(said(excused_length(&code)), ["x.rs:2: a function is excused for its length"]);
    }

    #[test]
    fn another_registry_is_found() {
        let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert!(one_registry(public).is_empty());
        assert_eq!(one_registry(&format!("{public}source = \"git+https://example.org/x\"\n")).len(), 1);
        assert_eq!(one_registry("source = \"sparse+https://mirror.example.org/\"\n").len(), 1);
    }

    #[test]
    fn two_commands_are_found() {
        let readme = "# x\n```console\n$ bash tests/run\n```\n";
        let (ci, workflow) = ("set -eu\nexec bash tests/run\n", "    steps:\n      - run: .ci/run\n");
        assert!(one_command(readme, ci, workflow).is_empty());
        assert_eq!(one_command("bash tests/run\n", ci, workflow).len(), 1, "not in a console block");
        assert_eq!(one_command(readme, "cargo test\n", workflow).len(), 1);
        assert_eq!(one_command(readme, "", workflow).len(), 1);
        assert_eq!(one_command(readme, ci, "      - run: .ci/run\n      - run: cargo test\n").len(), 1);
        assert_eq!(one_command(readme, ci, "      - run: cargo test\n").len(), 1);
    }
}
