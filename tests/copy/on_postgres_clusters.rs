//! A live database moves to another cluster, and then becomes that of the next version beside it.
use std::path::Path;

use crate::world::{Database, trueup};

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("fixtures/clusters/{name}")).unwrap()
}

/// Runs a command of a chapter, whose folder may be another one than the fixture's.
fn run(folder: &Path, chapter: &str, urls: &[(&str, &str)], args: &[&str]) -> (String, i32) {
    let args: Vec<&str> = args.iter().copied().chain(["--manifest", chapter]).collect();
    trueup(folder, urls, &args)
}

#[tokio::test]
async fn a_cluster_is_moved() {
    let (kea, moved) = (Database::of(&read("source.sql")).await, Database::of("").await);
    let urls = [("KEA_DATABASE_URL", kea.url.as_str()), ("MOVED_DATABASE_URL", moved.url.as_str())];
    let folder = Path::new("fixtures/clusters/copy");
    for args in [
        &["copy", "run", "schema", "--yes"][..],
        &["copy", "run", "rows", "--yes"],
        &["verify"],
        &["copy", "run", "schema", "--yes"],
        &["copy", "run", "rows", "--yes"],
        &["verify"],
    ] {
        let (said, exit) = run(folder, "chapter1.toml", &urls, args);
        assert_eq!(exit, 0, "{args:?}\n{said}");
    }
    assert_eq!(moved.ask("select count(*)::text from agent").await, ["12"]);
    kea.remove().await;
    moved.remove().await;
}

#[tokio::test]
async fn an_upgrade_is_made_beside_it() {
    let kea = Database::of(&read("source.sql")).await;
    let swift = Database::of("").await;
    let urls = [("KEA_DATABASE_URL", kea.url.as_str()), ("SWIFT_DATABASE_URL", swift.url.as_str())];
    let folder = Path::new("fixtures/clusters/copy");
    let held = |args: &[&str]| {
        let (said, exit) = run(folder, "chapter2.toml", &urls, args);
        assert_eq!(exit, 0, "{args:?}\n{said}");
        said
    };
    held(&["copy", "run", "schema", "--yes"]);
    let page = held(&["copy", "plan"]);
    assert!(page.contains("personal teams") && page.contains("behind all tables"), "{page}");
    for _ in 0..2 {
        held(&["copy", "run", "rows", "--yes"]);
        held(&["verify"]);
    }
    let counted = "select (select count(*) from agent_instance) || ' ' || (select count(*) from teammetadata where team_id like 'personal-%')";
    assert_eq!(swift.ask(counted).await, ["9 20"]);
    kea.remove().await;
    swift.remove().await;
}

/// A file, a text in it, the text instead of it, and what is said then.
type Drift = (&'static str, &'static str, &'static str, &'static str);

/// Each thing that may go wrong beside rows, and looks like success: nothing is kept of it.
#[tokio::test]
async fn what_only_looks_like_success_is_refused() {
    let kea = Database::of(&read("source.sql")).await;
    let swift = Database::of(&read("copy/swift.sql")).await;
    let urls = [("KEA_DATABASE_URL", kea.url.as_str()), ("SWIFT_DATABASE_URL", swift.url.as_str())];
    let drifts: [Drift; 6] = [
        // The command.
        (
            "personal_team_id.py",
            "for line in sys.stdin:",
            "for line in list(sys.stdin)[:-1]:",
            "`personal_teams` has 19 rows, expected 20",
        ),
        (
            "personal_team_id.py",
            "for line in sys.stdin:",
            "sys.exit(3)\nfor line in sys.stdin:",
            "`python3` ended with 3",
        ),
        ("personal_team_id.py", "\"team_id\":", "\"team\":", "line 1 cannot be staged: it has no `team_id`"),
        // An agent of the team that all shared, and of nobody else.
        (
            "kea-tuples.jsonl",
            "{\"user\": \"team:team-1\", \"relation\": \"owner\", \"object\": \"agent:",
            "{\"user\": \"team:personal\", \"relation\": \"owner\", \"object\": \"agent:",
            "`agents became instances` wrote ",
        ),
        // A realm's export without its users, a file without tuples.
        ("kea-realm.json", "\"users\": [", "\"nobody\": [", "`realm_users` has 0 rows, expected 20"),
        ("kea-tuples.jsonl", "", "", "`tuples`"),
    ];
    for (file, old, new, expected) in drifts {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir("fixtures/clusters/copy").unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed = if old.is_empty() { String::new() } else { text.replace(old, new) };
        assert_ne!(text, changed, "{file}: {old}");
        std::fs::write(&path, changed).unwrap();
        let schema = ["copy", "run", "schema", "--yes"];
        let (said, exit) = run(folder.path(), "chapter2.toml", &urls, &schema);
        assert_eq!(exit, 0, "{said}");
        let (said, exit) = run(
            folder.path(),
            "chapter2.toml",
            &urls,
            &["copy", "run", "rows", "--yes", "--format", "concise"],
        );
        assert_eq!(exit, 1, "{file}: {new}\n{said}");
        assert!(said.contains(expected), "{file}: {expected}\n{said}");
        let left = "select (select count(*) from agent_instance) || ' ' || (select count(*) from teammetadata where team_id like 'personal-%')";
        assert_eq!(swift.ask(left).await, ["0 0"], "{file}: {new}");
        let (said, _) = run(folder.path(), "chapter2.toml", &urls, &["copy", "status"]);
        assert!(said.contains("goes on"), "{said}");
    }
    // With all as it should be, the same copy goes on to its end.
    let (said, exit) =
        run(Path::new("fixtures/clusters/copy"), "chapter2.toml", &urls, &["copy", "run", "rows", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    kea.remove().await;
    swift.remove().await;
}
