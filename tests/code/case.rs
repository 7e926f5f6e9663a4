//! A case: the files of a service, with what each line reads in a comment at its end.
//!
//!     == name
//!     -- path --
//!     text
//!
//! A line that reads says so after `reads `, in a comment: `A` (a key), `A=` (with a default), `A|B` (either will do), `~A`
//! (whatever the case), `A+__` (or its parts), `A?` (implied), `computed`. `unclear` in a comment of its own says that the
//! file is not read whole.
use std::collections::BTreeMap;

use trueup::model::{CodeReads, EnvRead};
use trueup::parse::code::{Language, Service};

#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// In the order of the text.
    pub(crate) files: Vec<(String, String)>,
}

/// The reads of files that are one service.
pub(crate) fn read(files: &[(String, String)]) -> Vec<CodeReads> {
    let mut service = Service::default();
    for (path, text) in files {
        service.add(path, Language::of(path).unwrap_or_else(|| panic!("{path} is of no language")), text);
    }
    service.finish()
}

pub(crate) fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.to_owned(), files: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(path) = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            case.files.push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = case.files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    cases
}

pub(crate) fn shown(read: &EnvRead) -> String {
    let case = if read.ignores_case { "~" } else { "" };
    let parts = read.delimiter.as_ref().map_or(String::new(), |delimiter| format!("+{delimiter}"));
    let implied = if read.is_implied { "?" } else { "" };
    let default = if read.has_default { "=" } else { "" };
    format!("{case}{}{parts}{implied}{default}", read.names.join("|"))
}

/// What each line reads, as the comments are written.
pub(crate) fn by_line(reads: &CodeReads) -> BTreeMap<u32, Vec<String>> {
    let mut lines: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for read in &reads.reads {
        lines.entry(read.at.span.start.line).or_default().push(shown(read));
    }
    for computed in &reads.computed {
        lines.entry(computed.at.span.start.line).or_default().push("computed".to_owned());
    }
    if reads.unclear.is_some() {
        lines.entry(0).or_default().push("unclear".to_owned());
    }
    for said in lines.values_mut() {
        said.sort();
        said.dedup();
    }
    lines
}

/// What the comments expect.
pub(crate) fn expected(text: &str) -> BTreeMap<u32, Vec<String>> {
    let mut lines: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let comment = ["# reads ", "// reads ", "/* reads "].iter().find_map(|sign| line.split_once(sign));
        if let Some((_, said)) = comment {
            let said = said.trim_end_matches("*/}").trim_end_matches("*/");
            let mut said: Vec<String> = said.split(',').map(|one| one.trim().to_owned()).collect();
            said.sort();
            lines.insert(number, said);
        }
        if line.ends_with("# unclear") || line.ends_with("// unclear") {
            lines.insert(0, vec!["unclear".to_owned()]);
        }
    }
    lines
}
