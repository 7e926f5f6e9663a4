//! Imports point only down; rooms of one floor are strangers, and so are jobs.
use std::collections::BTreeSet;

use super::Violation;
use super::code::Code;

/// The rooms, from the ground up.
const FLOORS: &[(&str, usize)] = &[
    ("model", 0),
    ("parse", 1),
    ("manifest", 1),
    ("digest", 1),
    ("chain", 2),
    ("mapping", 2),
    ("diff", 2),
    ("access", 2),
    ("rules", 3),
    ("plan", 3),
    ("stores", 4),
    ("jobs", 5),
    ("moves", 6),
    ("render", 7),
    ("cli", 8),
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// The module that a file is: `src/rules/env/mod.rs` is `rules::env`. None for the crate's two roots.
fn module(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    (inner != "lib" && inner != "main").then(|| inner.split('/').map(str::to_owned).collect())
}

/// A file that belongs to no room of the table.
pub(crate) fn unknown_room(path: &str) -> Option<Violation> {
    let top = path.strip_prefix("src/")?.split('/').next()?;
    let room = top.strip_suffix(".rs").unwrap_or(top);
    if floor(room).is_some() || path == "src/lib.rs" || path == "src/main.rs" {
        return None;
    }
    Some(Violation::new(
        path,
        0,
        format!("room `{room}` has no floor: give it one in the design and in tidy"),
    ))
}

/// A room whose first line does not tell its floor.
pub(crate) fn unsaid_floor(code: &Code) -> Option<Violation> {
    let module = module(&code.path)?;
    let [room] = module.as_slice() else { return None };
    let says = format!("//! Floor {}: ", floor(room)?);
    (!code.text.starts_with(&says))
        .then(|| Violation::new(&code.path, 1, format!("does not begin with `{says}`")))
}

/// The modules directly inside a room.
pub(crate) fn parts_of<'a>(room: &str, paths: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let modules = paths.filter_map(module);
    modules.filter(|module| module[0] == room).filter_map(|module| module.get(1).cloned()).collect()
}

/// Every path of a file that points up or sideways.
pub(crate) fn check(code: &Code, jobs: &BTreeSet<String>) -> Vec<Violation> {
    let Some(file) = module(&code.path) else { return Vec::new() };
    let Some(own) = floor(&file[0]) else { return Vec::new() };
    let mut found = Vec::new();
    for path in code.paths() {
        let here = file.iter().cloned().chain(code.inside(path.offset).map(str::to_owned)).collect();
        let Some(target) = resolve(here, &path.segments) else { continue };
        let written = path.segments.join("::");
        let message = match target.first().map(|room| (room, floor(room))) {
            None => format!("`{written}` is the whole crate: name the room"),
            Some((room, _)) if *room == file[0] => {
                let (from, to) = (file.get(1), target.get(1));
                let strangers = from.is_some() && to.is_some_and(|to| jobs.contains(to)) && from != to;
                if room != "jobs" || !strangers {
                    continue;
                }
                format!("`{written}`: jobs are strangers to each other")
            }
            Some((_, Some(floor))) if floor < own => continue,
            Some((room, Some(floor))) if floor == own => {
                format!("`{written}`: {} and {room} share floor {own} and are strangers", file[0])
            }
            Some((room, Some(floor))) => {
                format!("`{written}` points up: {} is on floor {own}, {room} on {floor}", file[0])
            }
            Some((room, None)) => format!("`{written}`: `{room}` is no room with a floor"),
        };
        found.push(Violation::new(&code.path, code.line(path.offset), message));
    }
    found
}

/// The module path that a written path means; None when it does not begin at the crate, here or above.
fn resolve(mut here: Vec<String>, segments: &[String]) -> Option<Vec<String>> {
    let mut rest = segments;
    match segments.first()?.as_str() {
        "crate" => {
            here.clear();
            rest = &segments[1..];
        }
        "self" => rest = &segments[1..],
        "super" => {}
        _ => return None,
    }
    while let [first, after @ ..] = rest
        && first == "super"
    {
        here.pop();
        rest = after;
    }
    here.extend(rest.iter().filter(|segment| *segment != "*").cloned());
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let jobs = ["lint", "verify"].map(str::to_owned).into();
        said(check(&Code::read(path, text), &jobs))
    }

    #[test]
    fn up_and_sideways_are_found_however_they_are_written() {
        let up = "points up: rules is on floor 3, stores on 4";
        for (line, text) in [
            (1, "use crate::stores::files;"),
            (2, "use crate::{\n    model::Look,\n    stores::{files, process},\n};"),
            (1, "fn f() { crate::stores::read() }"),
            (1, "use super::super::super::stores::files;"),
            (1, "mod tests { use super::super::super::super::stores; }"),
            (1, "macro_rules! m { () => { $crate::stores::read() } }"),
        ] {
            let found = found("src/rules/env/facts.rs", &format!("{}{text}", "\n".repeat(line - 1)));
            assert!(!found.is_empty() && found.iter().all(|said| said.contains(up)), "{text}: {found:?}");
            assert!(found[0].starts_with(&format!("src/rules/env/facts.rs:{line}: ")), "{found:?}");
        }
        assert_eq!(
            found("src/parse/env.rs", "use crate::manifest::At;"),
            ["src/parse/env.rs:1: `crate::manifest::At`: parse and manifest share floor 1 and are strangers"]
        );
        assert_eq!(
            found("src/jobs/verify/mod.rs", "use super::lint::lint;\nuse crate::jobs::lint;").len(),
            2,
            "jobs are strangers"
        );
        assert_eq!(
            found("src/rules/mod.rs", "use super::*;\nuse crate::attic::x;\nuse crate as c;").len(),
            3
        );
    }

    #[test]
    fn down_and_home_are_not() {
        let text = "use crate::{model, parse::env};\nuse super::Rule;\nuse super::super::Sink;\n\
                    // crate::cli::run\nmod tests { use super::*; const X: &str = \"crate::cli\"; }";
        assert!(found("src/rules/env/facts.rs", text).is_empty());
        assert!(
            found("src/jobs/verify/compare.rs", "use super::Verify; use crate::jobs::verify::x;").is_empty()
        );
        assert!(found("src/jobs/mod.rs", "pub use self::lint::Lint;").is_empty());
        assert!(found("src/main.rs", "use crate::cli::run;").is_empty());
    }

    #[test]
    fn a_room_without_a_floor_is_found() {
        assert!(unknown_room("src/attic/mod.rs").is_some() && unknown_room("src/attic.rs").is_some());
        assert!(unknown_room("src/render/html.rs").is_none() && unknown_room("src/lib.rs").is_none());
        let lies = |path: &str, text: &str| unsaid_floor(&Code::read(path, text)).is_some();
        assert!(lies("src/plan/mod.rs", "//! Floor 2: x") && !lies("src/plan/mod.rs", "//! Floor 3: x"));
        assert!(!lies("src/plan/order.rs", "//! x"));
    }
}
