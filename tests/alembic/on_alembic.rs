//! What the real Alembic says of the same files.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use trueup::chain::Problem;
use trueup::manifest::{Alembic, Source};
use trueup::rules::alembic::{AlembicFacts, ChainFacts, Files};
use trueup::stores::checkout::Checkout;

use super::random::{File, Random, chain};

/// Asks Alembic about every folder of a folder, in one process.
fn ask(folder: &Path) -> Vec<Value> {
    let readers = std::env::var_os("TRUEUP_TEST_READERS")
        .expect("TRUEUP_TEST_READERS is not set: run `bash tests/run`, which installs what tests need");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/alembic_chains.py");
    let asked = Command::new(Path::new(&readers).join("alembic/bin/python")).arg(script).arg(folder).output();
    let output = asked.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) fn write(folder: &Path, files: &[File]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

pub(crate) fn read(folder: &Path) -> ChainFacts {
    let name = ["alembic.ini", "pyproject.toml"].into_iter().find(|name| folder.join(name).exists()).unwrap();
    let ini = folder.join(name).to_str().unwrap().to_owned();
    let declared = Alembic { ini: ini.into(), ..Alembic::default() };
    AlembicFacts::new(&[declared], &Source::default(), false, &Checkout::default()).chains.remove(0)
}

fn ids(files: &Files, nodes: Vec<usize>) -> Vec<String> {
    let mut ids = in_order(files, nodes);
    ids.sort();
    ids
}

fn in_order(files: &Files, nodes: Vec<usize>) -> Vec<String> {
    nodes.into_iter().map(|node| files.at_node(node).unwrap().1.id.text.clone()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Whether a refusal of Alembic is among the problems that were found.
fn explains(files: &Files, error: &str, said: &str) -> bool {
    let has_illegal = files.revisions().any(|(_, revision)| revision.id.text.contains(['@', '-', '+', ':']));
    let any = |is: &dyn Fn(&Problem) -> bool| files.graph.problems.iter().any(is);
    match error {
        "KeyError" => any(&|problem| {
            let name = match problem {
                Problem::MissingParent { revision, parent } => {
                    &files.revision(*revision).unwrap().1.parents[*parent]
                }
                Problem::MissingDependency { revision, dependency } => {
                    &files.revision(*revision).unwrap().1.depends_on[*dependency]
                }
                _ => return false,
            };
            said == format!("'{}'", name.text)
        }),
        "LoopDetected" => any(&|problem| matches!(problem, Problem::SelfLoop { is_dependency: false, .. })),
        "DependencyLoopDetected" => {
            any(&|problem| matches!(problem, Problem::SelfLoop { is_dependency: true, .. }))
        }
        "CycleDetected" => any(&|problem| match problem {
            Problem::Cycle { by_dependency, .. } => !by_dependency,
            // A label as a parent confuses Alembic's own count of what can be reached.
            Problem::MissingParent { revision, parent } => {
                let name = &files.revision(*revision).unwrap().1.parents[*parent].text;
                files.revisions().any(|(_, other)| other.labels.iter().any(|label| label.text == *name))
            }
            _ => false,
        }),
        "DependencyCycleDetected" => any(&|problem| matches!(problem, Problem::Cycle { .. })),
        "RevisionError" if said.contains("already used by") => {
            any(&|problem| matches!(problem, Problem::DuplicateLabel { .. }))
        }
        "RevisionError" if said.contains("broken map") => {
            any(&|problem| matches!(problem, Problem::MissingParent { .. }))
        }
        // The shadowed revision is still among the heads.
        "CommandError" if said.contains("overlaps") => {
            any(&|problem| matches!(problem, Problem::DuplicateId { .. }))
        }
        "RevisionError" => has_illegal && said.contains("not allowed"),
        _ => false,
    }
}

#[test]
fn the_graph_is_alembics() {
    let mut random = Random(0x0061_6c65_6d62_6963);
    let root = tempfile::tempdir().unwrap();
    let cases = 600;
    for case in 0..cases {
        let folder = root.path().join(format!("case-{case:04}"));
        let mut files = chain(&mut random, case % 2 == 1);
        for (name, _) in &mut files {
            *name = format!("versions/{name}");
        }
        files.push(("alembic.ini".into(), "[alembic]\nscript_location = %(here)s\n".into()));
        write(&folder, &files);
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (case, answer) in ask(root.path()).iter().enumerate() {
        let folder = root.path().join(format!("case-{case:04}"));
        let facts = read(&folder);
        let files = facts.files.got().unwrap();
        let shown = || format!("{}\n{answer:#}\n{:#?}", folder.display(), files.graph);
        if let Some(error) = answer["error"].as_str() {
            *seen.entry(error.to_owned()).or_default() += 1;
            assert!(explains(files, error, answer["said"].as_str().unwrap()), "not explained: {}", shown());
            continue;
        }
        let is_shared =
            files.graph.problems.iter().any(|problem| matches!(problem, Problem::DuplicateId { .. }));
        let warned = texts(&answer["warned"]).iter().any(|text| text.contains("more than once"));
        assert_eq!(is_shared, warned, "{}", shown());
        if answer["round"] == true {
            // Alembic overlooks rounds that a merge leads out of; they are rounds all the same.
            *seen.entry("overlooked".into()).or_default() += 1;
            assert!(
                files.graph.problems.iter().any(|problem| matches!(problem, Problem::Cycle { .. })),
                "{}",
                shown()
            );
            continue;
        }
        assert!(files.graph.is_whole(), "{}", shown());
        if is_shared {
            // Alembic keeps the shadowed revision among its heads; what its map holds must agree all the same.
            *seen.entry("shared".into()).or_default() += 1;
            assert_eq!(ids(files, files.graph.branch_points()), texts(&answer["branches"]), "{}", shown());
            continue;
        }
        *seen.entry("equal".into()).or_default() += 1;
        assert_eq!(ids(files, files.graph.heads()), texts(&answer["heads"]), "{}", shown());
        assert_eq!(ids(files, files.graph.effective_heads()), texts(&answer["effective"]), "{}", shown());
        assert_eq!(ids(files, files.graph.bases()), texts(&answer["bases"]), "{}", shown());
        assert_eq!(ids(files, files.graph.branch_points()), texts(&answer["branches"]), "{}", shown());
        assert_eq!(ids(files, files.graph.merge_points()), texts(&answer["merges"]), "{}", shown());
        let order = in_order(files, files.graph.order().to_vec());
        if answer["fixed"] == true {
            *seen.entry("ordered".into()).or_default() += 1;
            assert_eq!(order, texts(&answer["order"]), "{}", shown());
        } else {
            assert_eq!(order.len(), files.graph.nodes.len());
            let place = |id: &String| order.iter().position(|own| own == id);
            for (id, below) in answer["links"].as_object().unwrap() {
                assert!(texts(below).iter().all(|below| place(below) < place(id)), "{}", shown());
            }
        }
    }
    assert!(seen.contains_key("shared"), "{seen:?}");
    for kind in ["equal", "ordered", "KeyError", "CycleDetected", "RevisionError", "LoopDetected"] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 5), "too few of {kind}: {seen:?}");
    }
    assert!(seen["equal"] >= 200, "{seen:?}");
}

/// A configuration, and the folders that it needs.
fn configurations() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "[alembic]\nscript_location = migrations\nfile_template = %%(rev)s_%%(slug)s\ntruncate_slug_length = 60\ntimezone = UTC\n",
            "",
        ),
        ("[DEFAULT]\nroot = %(here)s/migrations\n[alembic]\nscript_location = %(root)s\n", ""),
        ("[alembic]\nSCRIPT_LOCATION : migrations\n", ""),
        (
            "[alembic]\nscript_location = %(here)s/migrations\nversion_locations = %(here)s/a %(here)s/b,%(here)s/c\n",
            "",
        ),
        ("[alembic]\nscript_location = migrations\nversion_locations = a:b\npath_separator = os\n", ""),
        ("[alembic]\nscript_location = migrations\nversion_locations = a;b\npath_separator = ;\n", ""),
        (
            "[alembic]\nscript_location = migrations\nversion_locations = a b\nversion_path_separator = space\n",
            "",
        ),
        (
            "[alembic]\nscript_location = migrations\nversion_locations =\n    a\n    b\n\n    c\npath_separator = newline\n",
            "",
        ),
        (
            "[alembic]\nscript_location = migrations\nversion_locations = a:b\npath_separator = :\nversion_path_separator = ;\n",
            "",
        ),
        ("[alembic]\nscript_location = migrations\nversion_locations = a\npath_separator = comma\n", ""),
        ("[alembic]\nscript_location = migrations\ntruncate_slug_length = many\n", ""),
        ("[alembic]\nscript_location = migrations\ntruncate_slug_length = 0\n", ""),
        (
            "[alembic]\nscript_location = migrations\nrecursive_version_locations = true\nsourceless = True\n",
            "",
        ),
        ("[alembic]\nscript_location = migrations ; no comment\n", ""),
        ("[alembic]\n# script_location = x\nscript_location = migrations\n# file_template = y\n  ; z\n", ""),
        ("[alembic]\nscript_location = migrations\nscript_location = again\n", ""),
        ("[alembic]\nscript_location = migrations\n[alembic]\n", ""),
        ("script_location = migrations\n", ""),
        ("\u{feff}[alembic]\nscript_location = migrations\n", ""),
        ("[alembic]\nscript_location = 100%\n", ""),
        ("[alembic]\nscript_location = %(nothing)s\n", ""),
        ("[alembic]\nscript_location = %(a)s\na = %(b)s\nb = %(a)s\n", ""),
        ("[alembic]\r\nscript_location = migrations\r\n", ""),
        ("[alembic]\nscript_location = migrations\nfile_template = %%(year)d_%%(month).2d-%%(rev)s\n", ""),
        ("[alembic]\nscript_location = migrations\nword\n", ""),
        (
            "[alembic]\nfile_template = %%(rev)s\n",
            "[tool.alembic]\nscript_location = \"%(here)s/migrations\"\nversion_locations = [\"%(here)s/a\", \"b\"]\n",
        ),
        (
            "[alembic]\nscript_location = migrations\n",
            "[tool.alembic]\nscript_location = \"elsewhere\"\nfile_template = \"%%(slug)s\"\ntruncate_slug_length = 9\nrecursive_version_locations = true\ntimezone = \"UTC\"\n",
        ),
        ("[other]\nx = 1\n", "[tool.alembic]\nscript_location = \"migrations\"\n"),
        (
            "[alembic]\nscript_location = migrations\n",
            "[tool.alembic]\nrecursive_version_locations = \"yes\"\n",
        ),
        ("[alembic]\nscript_location = migrations\n", "not toml"),
    ]
}

#[test]
fn the_configuration_is_alembics() {
    let root = tempfile::tempdir().unwrap();
    let cases = configurations();
    for (case, (ini, toml)) in cases.iter().enumerate() {
        let folder = root.path().join(format!("case-{case:04}"));
        let file = "revision = 'one'\ndown_revision = None\n";
        for inner in
            ["migrations/versions", "elsewhere/versions", "a", "b", "c", "migrations ; no comment/versions"]
        {
            std::fs::create_dir_all(folder.join(inner)).unwrap();
            std::fs::write(folder.join(inner).join("one.py"), file).unwrap();
        }
        std::fs::write(folder.join("alembic.ini"), ini).unwrap();
        if !toml.is_empty() {
            std::fs::write(folder.join("pyproject.toml"), toml).unwrap();
        }
    }
    for ((case, answer), (ini, toml)) in ask(root.path()).iter().enumerate().zip(&cases) {
        let folder: PathBuf = root.path().join(format!("case-{case:04}"));
        let facts = read(&folder);
        let outcome = &facts.settings.got().unwrap().outcome;
        if answer["error"].is_string() {
            assert!(outcome.is_err(), "{ini}{toml}\n{answer:#}\n{outcome:#?}");
            continue;
        }
        let said = outcome.as_ref().unwrap_or_else(|problem| panic!("{ini}{toml}\n{answer:#}\n{problem:#?}"));
        let files = facts.files.got().unwrap_or_else(|| panic!("{ini}{toml}\n{answer:#}"));
        assert_eq!(real(&files.script), answer["script"].as_str().unwrap(), "{ini}{toml}");
        assert_eq!(said.file_template, answer["template"].as_str().unwrap(), "{ini}{toml}");
        assert_eq!(said.slug_characters as u64, answer["slug"].as_u64().unwrap(), "{ini}{toml}");
        assert_eq!(said.recursive, answer["recursive"].as_bool().unwrap(), "{ini}{toml}");
        assert_eq!(said.sourceless, answer["sourceless"].as_bool().unwrap(), "{ini}{toml}");
        assert_eq!(said.timezone.as_deref(), answer["timezone"].as_str(), "{ini}{toml}");
        let mut folders: Vec<String> =
            files.all.iter().map(|file| real(file.path.rsplit_once('/').unwrap().0)).collect();
        folders.dedup();
        assert_eq!(folders, texts(&answer["locations"]), "{ini}{toml}");
    }
}

fn real(path: &str) -> String {
    std::fs::canonicalize(path).unwrap().to_str().unwrap().to_owned()
}
