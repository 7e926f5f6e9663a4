//! `[[alembic]]` and `[[backfill]]` of a new manifest: the chains that are there, and what runs once beside them.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::quoted;
use crate::manifest::Source;
use crate::model::path::under;
use crate::rules::alembic::{AlembicFacts, ChainFacts, Files};
use crate::stores::checkout::Checkout;

/// Writes what was found, and returns the configurations whose chain cannot be read.
pub(super) fn chains(files: &[String], text: &mut String) -> Vec<String> {
    let facts = AlembicFacts::new(&[], &Source::default(), true, &Checkout::default());
    let mut names = Vec::new();
    let mut unread = Vec::new();
    for chain in &facts.chains {
        let Some(files) = chain.files.got() else {
            unread.push(chain.config.clone());
            continue;
        };
        if names.is_empty() {
            text.push_str(
                "\n# A chain of migrations. `trueup lock` records what is applied, so that it is not edited any more.\n",
            );
        } else {
            text.push('\n');
        }
        let name = name(chain, &names);
        // Writing to a string cannot fail.
        let _ = write!(text, "[[alembic]]\nname = {}\nini = {}\n", quoted(&name), quoted(&chain.config));
        if let Some(section) = chain.declared.section.as_ref().filter(|section| section.as_str() != "alembic")
        {
            let _ = writeln!(text, "section = {}", quoted(section));
        }
        if is_numbered(files) {
            text.push_str("# Its ids are numbers without a gap.\nnumbered = true\n");
        }
        if files.graph.branch_points().is_empty() && files.graph.bases().len() == 1 {
            text.push_str("# linear = true # would make every branch a mistake\n");
        }
        names.push(name);
    }
    for (folder, pattern) in backfills(files, &facts) {
        let _ = write!(
            text,
            "\n# SQL that runs once, in the order of its names.\n[[backfill]]\nname = {}\nfiles = [{}]\n",
            quoted(&folder),
            quoted(&format!("{folder}/*.sql"))
        );
        if let Some(pattern) = pattern {
            let _ = writeln!(text, "pattern = {}", quoted(&pattern));
        }
    }
    unread
}

/// The configuration's folder, else the section, else a number.
fn name(chain: &ChainFacts, taken: &[String]) -> String {
    let folder = chain.config.rsplit_once('/').and_then(|(folder, _)| folder.rsplit('/').next());
    let section = chain.declared.section.as_ref().map(|section| section.to_string());
    let first = folder.map(str::to_owned).or_else(|| section.clone()).unwrap_or_default();
    let second = format!("{first}-{}", section.unwrap_or_default());
    let numbered = (2..).map(|number| format!("{first}-{number}"));
    let mut all = [first.clone(), second].into_iter().chain(numbered);
    all.find(|name| !taken.contains(name)).unwrap_or(first)
}

/// Whether the ids are the numbers of one width from the first to the last.
fn is_numbered(files: &Files) -> bool {
    let ids: Vec<&str> = files.revisions().map(|(_, revision)| revision.id.text.as_str()).collect();
    let width = ids.first().map_or(0, |id| id.len());
    let mut numbers: Vec<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    numbers.sort_unstable();
    let is_whole = numbers.windows(2).all(|pair| matches!(pair, [before, after] if *after == before + 1));
    ids.len() > 2
        && width > 2
        && numbers.len() == ids.len()
        && is_whole
        && ids.iter().all(|id| id.len() == width)
}

/// The folders beside a chain's revisions that hold nothing but numbered SQL, with the pattern of their names where it is not the
/// usual one.
fn backfills(files: &[String], facts: &AlembicFacts) -> Vec<(String, Option<String>)> {
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in files {
        if let Some((folder, name)) = path.rsplit_once('/') {
            folders.entry(folder).or_default().push(name);
        }
    }
    let scripts: Vec<&str> =
        facts.chains.iter().filter_map(|chain| Some(chain.files.got()?.script.as_str())).collect();
    let is_beside = |folder: &str| {
        let (above, own) = folder.rsplit_once('/').unwrap_or(("", folder));
        let is_known = scripts.iter().any(|script| under("", script) == above);
        ["data", "backfill", "backfills"].contains(&own)
            && (is_known || above.rsplit('/').next() == Some("migrations"))
    };
    let mut found = Vec::new();
    for (folder, names) in folders.into_iter().filter(|(folder, _)| is_beside(folder)) {
        let width = |name: &str| name.chars().take_while(char::is_ascii_digit).count();
        let first = names.first().map_or(0, |name| width(name));
        let is_numbered = |name: &&str| {
            let is_sql = name.strip_suffix(".sql").is_some();
            is_sql && width(name) == first && name.chars().nth(first) == Some('_')
        };
        if first > 0 && names.iter().all(is_numbered) {
            let pattern = (first != 4).then(|| format!("{}_slug.sql", "N".repeat(first)));
            found.push((folder.to_owned(), pattern));
        }
    }
    found
}
