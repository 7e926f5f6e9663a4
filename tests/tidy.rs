//! The house held to its rules. Each check is a pure function over a path and a text, in `house/`, where a planted
//! violation shows that it can fail; here they meet the tree.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test they are how it fails"
)]
mod house;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use house::code::Code;
use house::{Violation, floors, forms, hygiene, promises, reach};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Paths of files under a folder of the package, with `/`, sorted.
fn files(folder: &str) -> Vec<String> {
    let walk = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name();
    let files = walk.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| entry.path().strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"))
        .collect()
}

fn rust(folders: &[&str]) -> Vec<Code> {
    let paths = folders.iter().flat_map(|folder| files(folder));
    let paths = paths.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "rs"));
    paths.map(|path| Code::read(&path, &read(&path))).collect()
}

/// What git tracks; in an unpacked archive everything that is not ignored.
fn tracked() -> Vec<String> {
    let git = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let listed = match git {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout).unwrap(),
        _ => String::new(),
    };
    let mut listed: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    if listed.is_empty() {
        let walk = ignore::WalkBuilder::new(root()).hidden(false).require_git(false).build();
        let files =
            walk.map(Result::unwrap).filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        listed =
            files.map(|file| file.path().strip_prefix(root()).unwrap().to_str().unwrap().into()).collect();
        listed.retain(|path| !path.starts_with(".git/"));
    }
    listed.retain(|path| root().join(path).is_file());
    listed.sort();
    assert!(listed.len() > 50, "only {} files: is this the package?", listed.len());
    listed
}

/// The tracked files that are text, with their text.
fn texts() -> Vec<(String, String)> {
    let text = |path: String| {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).map(|text| (path, text))
    };
    tracked().into_iter().filter_map(text).collect()
}

#[track_caller]
fn none(violations: impl IntoIterator<Item = Violation>) {
    let all: Vec<String> = violations.into_iter().map(|violation| violation.to_string()).collect();
    assert!(all.is_empty(), "{} found:\n{}", all.len(), all.join("\n"));
}

#[test]
fn every_room_has_its_floor_and_says_it() {
    none(files("src").iter().filter_map(|path| floors::unknown_room(path)));
    none(rust(&["src"]).iter().filter_map(floors::unsaid_floor));
}

#[test]
fn imports_point_only_down() {
    let all = rust(&["src"]);
    let jobs = floors::parts_of("jobs", all.iter().map(|code| code.path.as_str()));
    none(all.iter().flat_map(|code| floors::check(code, &jobs)));
}

#[test]
fn only_stores_and_the_command_line_touch_the_world() {
    none(rust(&["src"]).iter().flat_map(reach::world));
}

#[test]
fn sql_lives_in_stores() {
    none(rust(&["src"]).iter().flat_map(reach::sql));
}

#[test]
fn no_file_is_too_long() {
    none(rust(&["src", "tests"]).iter().filter_map(|code| forms::too_long(&code.path, &code.text)));
}

#[test]
fn nothing_is_left_over() {
    none(rust(&["src", "tests"]).iter().flat_map(forms::leftovers));
}

#[test]
fn every_file_has_a_name() {
    none(rust(&["src", "tests"]).iter().flat_map(forms::nameless));
}

#[test]
fn every_module_says_what_it_owns() {
    let documented: BTreeSet<String> = files("rules").into_iter().collect();
    none(rust(&["src"]).iter().filter_map(|code| forms::undocumented(code, &documented)));
}

#[test]
fn every_text_is_clean() {
    none(texts().iter().flat_map(|(path, text)| hygiene::check(path, text)));
}

#[test]
fn the_package_keeps_its_promises() {
    none(promises::lints(&read("Cargo.toml"), &read("clippy.toml")));
    none(promises::one_registry(&read("Cargo.lock")));
}

/// Clippy counts a function's lines, tests included; nobody may ask it to look away.
#[test]
fn no_function_is_excused_for_its_length() {
    none(rust(&["src", "tests"]).iter().flat_map(promises::excused_length));
}

#[test]
fn the_readme_and_the_workflow_run_one_test_command() {
    none(promises::one_command(&read("README.md"), &read(".ci/run"), &read(".github/workflows/ci.yml")));
}
