//! What a Rust file looks like: its length, its name, its first lines, and what nobody left in it.
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::code::Code;

const LINES: usize = 600;

/// Names that say nothing about what is inside.
const NAMELESS: &[&str] = &["utils", "util", "common", "helpers", "misc", "manager"];

/// A file that owns more than one idea.
pub(crate) fn too_long(path: &str, text: &str) -> Option<Violation> {
    let lines = text.lines().count();
    (lines > LINES).then(|| Violation::new(path, 0, format!("{lines} lines; {LINES} are the most")))
}

/// What was meant to be done later, and suppressions that give no reason. `unwrap` and its kin are clippy's.
pub(crate) fn leftovers(code: &Code) -> Vec<Violation> {
    static LATER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:TODO|FIXME|XXX)\b").unwrap());
    static LEFT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:todo|unimplemented|dbg)!|#\s*\[\s*ignore\b").unwrap());
    static SUPPRESSED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"#\s*!?\s*\[\s*(?:allow|expect)\s*\(([^)]*)\)").unwrap());
    let mut found = Vec::new();
    for (line, comment) in &code.comments {
        if let Some(word) = LATER.find(comment) {
            found.push(Violation::new(&code.path, *line, format!("`{}` is left over", word.as_str())));
        }
    }
    for left in LEFT.find_iter(&code.bare) {
        let message = format!("`{}` is left over", left.as_str());
        found.push(Violation::new(&code.path, code.line(left.start()), message));
    }
    for suppressed in SUPPRESSED.captures_iter(&code.bare) {
        if !suppressed[1].contains("reason") {
            let line = code.line(suppressed.get(0).unwrap().start());
            found.push(Violation::new(&code.path, line, "a lint is suppressed without a reason"));
        }
    }
    found
}

/// Modules whose names say nothing.
pub(crate) fn nameless(code: &Code) -> Vec<Violation> {
    let files = code.path.trim_end_matches(".rs").split('/').map(|name| (0, name));
    let inline = code.modules.iter().map(|(name, range)| (code.line(range.start), name.as_str()));
    let named = files.chain(inline).filter(|(_, name)| NAMELESS.contains(name));
    named.map(|(line, name)| Violation::new(&code.path, line, format!("`{name}` is no name"))).collect()
}

/// A file that does not begin with `//!`. The one exemption: the file of one rule, whose documentation is the rule's
/// Markdown. Such a file is `src/rules/<subject>/<name>.rs` beside `rules/<subject>/<name>.md`, and shows nothing but
/// the function of that name.
pub(crate) fn undocumented(code: &Code, rules: &BTreeSet<String>) -> Option<Violation> {
    static SHOWN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bpub\b(?:\([^)]*\))?\s+([^(;{<]+)").unwrap());
    let documented = code.text.strip_prefix("//! ").is_some_and(|rest| !rest.trim_start().is_empty());
    let of_a_rule = || {
        let (subject, file) = code.path.strip_prefix("src/rules/")?.split_once('/')?;
        let function = file.strip_suffix(".rs").filter(|name| !name.contains('/'))?;
        let mut shown = SHOWN.captures_iter(&code.bare).map(|found| found[1].trim().to_owned());
        let alone = shown.next()? == format!("fn {function}") && shown.next().is_none();
        (alone && rules.contains(&format!("rules/{subject}/{}.md", function.replace('_', "-")))).then_some(())
    };
    (!documented && of_a_rule().is_none())
        .then(|| Violation::new(&code.path, 1, "does not begin with `//!`: what it owns, what it refuses"))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        assert!(too_long("x.rs", &"\n".repeat(600)).is_none());
        let found = said(too_long("x.rs", &"\n".repeat(601)));
        assert_eq!(found, ["x.rs: 601 lines; 600 are the most"]);
    }

    #[test]
    fn leftovers_are_found() {
        for text in [
            "// TODO: later",
            "/* FIXME */",
            "/// XXX",
            "fn f() { todo!() }",
            "fn f() { unimplemented!() }",
            "fn f() { dbg!(1); }",
            "#[ignore = \"slow\"]",
            "#[allow(dead_code)]",
            "#![expect(\n    clippy::x\n)]",
        ] {
            assert_eq!(leftovers(&Code::read("x.rs", text)).len(), 1, "{text}");
        }
        let clean = "#[expect(clippy::x, reason = \"why\")]\nconst A: &str = \"TODO\";\n// a to-do list\nuse ignore::x;";
        assert!(leftovers(&Code::read("x.rs", clean)).is_empty());
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        let found = |path: &str, text: &str| nameless(&Code::read(path, text)).len();
        assert_eq!(found("src/stores/utils.rs", "mod helpers { }"), 2);
        assert_eq!(found("tests/common/mod.rs", ""), 1);
        assert_eq!(found("src/stores/files.rs", "mod tests { } use x::utils;"), 0);
    }

    #[test]
    fn only_the_file_of_one_rule_goes_without_module_docs() {
        let rules = BTreeSet::from(["rules/env/duplicate-key.md".to_owned()]);
        let bare = |path: &str, text: &str| undocumented(&Code::read(path, text), &rules).is_some();
        let rule = "use x::y;\npub(super) fn duplicate_key(facts: &F) {}\nfn other() {}\n";
        assert!(!bare("src/rules/env/duplicate_key.rs", rule));
        assert!(bare("src/rules/env/other.rs", rule), "another name");
        assert!(bare("src/rules/guard/duplicate_key.rs", rule), "no such Markdown");
        assert!(bare("src/rules/env/duplicate_key.rs", &format!("{rule}pub struct S;")), "shows more");
        assert!(bare("src/rules/env/duplicate_key/mod.rs", rule), "a folder");
        assert!(bare("src/stores/files.rs", "use x::y;"));
        assert!(bare("src/stores/files.rs", "//!\n"), "empty");
        assert!(!bare("src/stores/files.rs", "//! Files.\n"));
    }
}
