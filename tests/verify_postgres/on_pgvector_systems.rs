//! The target sides of three systems: as they should be, and each way in which they drift.
use std::path::Path;
use std::process::Command;

use crate::world::{Database, Said};

const SERVER: &str = "TRUEUP_TEST_POSTGRES";

fn fixture(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).unwrap()
}

fn verify(manifest: &str, variables: &[(&str, &str)], more: &[&str]) -> Said {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    verify_in(&folder, manifest, variables, more)
}

fn verify_in(folder: &Path, manifest: &str, variables: &[(&str, &str)], more: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["verify", "--manifest", manifest, "--format", "json"])
        .args(more)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: output.status.code().unwrap(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

#[test]
fn a_tier_is_moved_up() {
    let (source, target) = (fixture("tier/source.sql"), fixture("tier/target.sql"));
    let old = Database::new(SERVER, &source);
    let urls = |new: &Database| [("OLD_TIER_URL", old.url.clone()), ("NEW_TIER_URL", new.url.clone())];
    let drifts: [(&str, &[&str]); 7] = [
        ("", &[]),
        (
            "delete from messages where id = 100",
            &[
                "row-content messages: 1 row is only in the source (id 100)",
                "row-count messages: the source has 187 rows, the target 186 rows",
                "unexpected-rows messages: expected 187, the target has 186 rows",
            ],
        ),
        (
            "select setval('messages_id_seq', 1, false)",
            &[
                "sequence-behind target: sequence `messages_id_seq` gives 1 next, and `messages.id` already holds 187",
            ],
        ),
        (
            "insert into sessions select 'new', id from users limit 1",
            &[
                "broken-invariant target: nothing was signed in before the first login: nothing was signed in before the first login: expected 0, found 1",
            ],
        ),
        (
            "drop index ix_insights_embedding",
            &["vector-index insights.embedding: `insights.embedding` has no index"],
        ),
        (
            "update insights set embedding = (select array_agg(g)::vector from generate_series(1, 1536) g)",
            &["vector-count insights.embedding: expected 0 with a vector, found 3 of 3 rows"],
        ),
        (
            "set session_replication_role = replica; delete from provider_credentials; update conversations set user_id = md5('nobody')::uuid where title = 'About 3'",
            &[
                "row-content conversations: 1 row differs: `user_id` in 1 (id \"9cd27f84-4a0c-10f0-d48c-45a49cd53d75\")",
                "orphan conversations: 1 row refers to nothing by conversations_user_id_fkey (user_id) -> users (id)",
            ],
        ),
    ];
    for (drift, expected) in drifts {
        let new = Database::new(SERVER, &format!("{source}{target}{drift}"));
        let urls = urls(&new);
        let said =
            verify("tier/trueup.toml", &[("OLD_TIER_URL", &urls[0].1), ("NEW_TIER_URL", &urls[1].1)], &[]);
        let lines = said.lines();
        assert_eq!(said.code, i32::from(!expected.is_empty()), "{drift}: {lines:?}");
        assert!(
            lines.len() >= expected.len() && (lines.is_empty() == expected.is_empty()),
            "{drift}: {lines:?}"
        );
        for line in expected {
            let (rule, message) = line.split_once(": ").unwrap();
            let is_met = |found: &String| {
                found.starts_with(rule) && (found.contains(message) || message.contains("(id"))
            };
            assert!(lines.iter().any(is_met), "{drift}: {line}\n{lines:?}");
        }
    }
}

#[test]
fn an_embedding_model_is_changed() {
    let (before, after) = (fixture("reembed/live/before.sql"), fixture("reembed/live/after.sql"));
    let old = Database::new(SERVER, &before);
    let drifts: [(&str, &[&str]); 5] = [
        ("", &[]),
        (
            "update people set embedding = null",
            &["vector-count people.embedding: 0 rows with a vector, the source has 16"],
        ),
        (
            "update llm_node_configuration set model = 'bge-m3' where node_name = 'embedding'",
            &[
                "broken-invariant target: the configured embedding model: the configured embedding model: expected google/gemini-embedding-001, found another text",
            ],
        ),
        (
            "drop index ix_facts_embedding; alter table facts alter column embedding type vector; update facts set embedding = embedding(id::integer, 1024) where id <= 5 and embedding is not null",
            &[
                "vector-dimension facts.embedding: `facts.embedding` holds vectors of 1024 to 2000 dimensions, not of 2000",
                "vector-index facts.embedding: `facts.embedding` has no index",
            ],
        ),
        (
            "create table notes (id int primary key, embedding vector(1024))",
            &[
                "unlisted-table before -> after: the target's table `notes` is on no list",
                "vector-undeclared notes.embedding: `notes.embedding` is of type vector(1024), and no `[[vector]]` speaks of it",
            ],
        ),
    ];
    for (drift, expected) in drifts {
        let new = Database::new(SERVER, &format!("{before}{after}{drift}"));
        let urls = [("BEFORE_DATABASE_URL", old.url.as_str()), ("AFTER_DATABASE_URL", new.url.as_str())];
        let said = verify("reembed/live/verify.toml", &urls, &[]);
        let lines = said.lines();
        assert_eq!(said.code, i32::from(!expected.is_empty()), "{drift}: {lines:?}");
        for line in expected {
            assert!(lines.iter().any(|found| found == line), "{drift}: {line}\n{lines:?}");
        }
    }
}

struct Multiplayer {
    accounts: Database,
    shard: Database,
    new: Database,
}

impl Multiplayer {
    fn new(settings: &str) -> Self {
        Self::on(SERVER, settings)
    }

    fn on(server: &str, settings: &str) -> Self {
        let (accounts, shard) =
            (fixture("multiplayer/source-accounts.sql"), fixture("multiplayer/source-shard.sql"));
        let target = fixture("multiplayer/target.sql");
        Self {
            accounts: Database::new(SERVER, &accounts),
            shard: Database::new(SERVER, &format!("{settings}{shard}")),
            new: Database::new(server, &format!("{settings}{accounts}{shard}{target}")),
        }
    }

    fn verify(&self, more: &[&str]) -> Said {
        verify("multiplayer/verify.toml", &self.urls(), more)
    }

    fn urls(&self) -> [(&str, &str); 3] {
        [
            ("ACCOUNTS_DATABASE_URL", &self.accounts.url),
            ("SHARD_DATABASE_URL", &self.shard.url),
            ("NEW_DATABASE_URL", &self.new.url),
        ]
    }
}

#[test]
fn two_clusters_became_one_database() {
    let world = Multiplayer::new("");
    let said = world.verify(&[]);
    said.is_equal();
    let passed =
        said.json()["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "pass").count();
    assert!(passed > 114, "{passed}");
    // Each drift has a place of its own, so one run tells them all.
    let drifts = [
        (
            "delete from auth.session where user_id = md5('identity 2')::uuid",
            "unequal-sets accounts -> target: live sessions: live sessions: 1 row only in the source",
        ),
        (
            "update auth.users set email = 'other' where id = md5('identity 3')::uuid",
            "unequal-sets accounts -> target: identities became users: identities became users: 1 row with another `email` in 1",
        ),
        (
            "set session_replication_role = replica; delete from core.principal where id = md5('identity 4')::uuid",
            "unequal-sets target -> target: users are principals: users are principals: 1 row only in the source",
        ),
        (
            "set session_replication_role = replica; delete from core.principal where id = md5('identity 4')::uuid",
            "orphan core.member: ",
        ),
        (
            "update core.member set is_admin = false where space = 'e05'",
            "broken-invariant target: an admin per space: an admin per space: expected no rows, found 2 rows (\"e05\", \"gone\")",
        ),
        (
            "delete from core.tree_access where space = 'e02' and level = 'read'",
            "broken-invariant target: every member sees something: ",
        ),
        (
            "update me_e07.memory set embedding = null where id = md5('me_e07 1')::uuid",
            "broken-invariant target: what is queued has no embedding, and what has none is queued: ",
        ),
        (
            "update me_e07.memory set embedding = null where id = md5('me_e07 1')::uuid",
            "vector-count me_*.memory.embedding: expected 633 with a vector, found 631 of 636 rows",
        ),
        (
            "update me_e07.memory set embedding = (select embedding from me_e08.memory where id = md5('me_e08 2')::uuid) where id = md5('me_e07 2')::uuid",
            "row-content me_e07.memory: 2 rows differ: `embedding` in 2",
        ),
        (
            "delete from me_e09.memory where id = md5('me_e09 3')::uuid",
            "row-content me_e09.memory: 1 row is only in the source",
        ),
        (
            "delete from auth.oauth_account where subject = 'gh-7'",
            "unequal-sets accounts -> target: OAuth links: OAuth links: 1 row only in the source (provider, subject (\"github\", \"gh-7\"))",
        ),
        (
            "alter table core.tree_access alter column id restart with 1",
            "sequence-behind new: sequence `core.tree_access_id_seq` gives 1 next",
        ),
        (
            "delete from core.principal where kind = 'nobody'; insert into core.space values ('gone')",
            "unequal-sets accounts -> target: active engines became spaces: active engines became spaces: 1 row only in the target (slug \"gone\")",
        ),
    ];
    for (drift, _) in drifts {
        world.new.sql(drift);
    }
    let said = world.verify(&[]);
    assert_eq!(said.code, 1, "{said:?}");
    let lines = said.lines();
    for (drift, expected) in drifts {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{drift}: {expected}\n{lines:?}");
    }
}

/// What SQL grants decide, on both versions of the server: nobody has less, and who has more is on a list.
#[test]
fn nobody_lost_access_and_who_gained_some_is_listed() {
    for server in [SERVER, "TRUEUP_TEST_POSTGRES18"] {
        let world = Multiplayer::on(server, "");
        let (lost, gained) = ("nobody lost access", "nobody gained access");
        let said = world.verify(&["--check", lost, "--check", gained]);
        said.is_equal();
        let gaps = said.gaps();
        for (count, what) in [(2, "never owns"), (1, "curators appended"), (4, "the agent appended")] {
            let is_told = |gap: &String| gap.contains(&format!("{count} of the ")) && gap.contains(what);
            assert!(gaps.iter().any(is_told), "{what}: {gaps:?}");
        }

        // Without their reasons, the same are found, and nothing else.
        let folder = tempfile::tempdir().unwrap();
        let kept = fixture("multiplayer/verify.toml");
        let lines = kept.lines().filter(|line| !line.starts_with("    { side = "));
        let manifest: String = lines.map(|line| format!("{line}\n")).collect();
        std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
        let said =
            verify_in(folder.path(), "trueup.toml", &world.urls(), &["--check", lost, "--check", gained]);
        let found = permissions(&said);
        let expected = [
            "gained agent:e05/coding-agent read tree:e05/work",
            "gained agent:e05/coding-agent read tree:e05/work.notes",
            "gained agent:e05/coding-agent write tree:e05/work",
            "gained agent:e05/coding-agent write tree:e05/work.notes",
            "gained user:e34/ID write tree:e34/work.notes",
            "lost agent:e06/coding-agent own tree:e06/work",
            "lost agent:e06/coding-agent own tree:e06/work.notes",
        ];
        assert_eq!(found, expected, "{:?}", said.lines());
    }
}

#[test]
fn lost_and_gained_access_is_told_by_name() {
    let world = Multiplayer::new("");
    for drift in [
        // One grant, of one agent.
        "delete from core.tree_access where space = 'e02' and level = 'read'",
        // The group's member, who has nothing else in that space.
        "delete from core.group_member",
        // An owner without the root, and their agent keeps no more than they have.
        "delete from core.tree_access where space = 'e03' and level = 'owner'",
        // A level too high.
        "update core.tree_access set level = 'write' where space = 'e04' and level = 'read'",
    ] {
        world.new.sql(drift);
    }
    let said = world.verify(&["--check", "nobody lost access", "--check", "nobody gained access"]);
    let found = permissions(&said);
    let of = |start: &str| found.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(of("lost agent:e02/coding-agent read tree:e02/work"), 2, "{found:?}");
    assert_eq!(of("lost user:e34/ID "), 2, "{found:?}");
    assert_eq!(of("lost user:e03/ID "), 12, "{found:?}");
    assert_eq!(of("lost agent:e03/coding-agent read "), 2, "{found:?}");
    assert_eq!(of("gained agent:e04/coding-agent "), 4, "{found:?}");
    assert_eq!(found.len(), 22, "{found:?}");
    let said = world.verify(&["--check", "access/broken-invariant"]);
    assert_eq!(said.code, 1);
    let member = "every member's access to their space is not empty: `user:e34/";
    for expected in [
        member,
        "`agent:e02/coding-agent` has 0, expected at least 1",
        "`tree:e03/` has 0, expected at least 1",
    ] {
        assert!(said.lines().iter().any(|line| line.contains(expected)), "{expected}: {:?}", said.lines());
    }
}

/// The permissions that a report says were lost and gained, without the ids of people.
fn permissions(said: &Said) -> Vec<String> {
    let mut found: Vec<String> = said
        .lines()
        .iter()
        .filter_map(|line| {
            let way = if line.starts_with("access/lost-permission") { "lost" } else { "gained" };
            let words = line.split_once('`')?.1.split_once('`')?.0;
            let (kind, rest) = words.split_once('/')?;
            let rest =
                if kind.starts_with("user:") { format!("ID{}", rest.get(36..)?) } else { rest.to_owned() };
            Some(format!("{way} {kind}/{rest}"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn two_spaces_are_a_smoke_test() {
    let world = Multiplayer::new("");
    // Everything else is not copied yet.
    world
        .new
        .sql("drop schema me_e03 cascade; delete from me_e04.embedding_queue; delete from me_e04.memory");
    let said = world.verify(&["--entity", "e01", "--entity", "e02", "--entity", "gone"]);
    said.is_equal();
    assert!(said.stdout.contains("it is not active, so nothing of it was to be moved"));
    let gaps = said.gaps();
    assert!(gaps.iter().any(|gap| gap.contains("narrowed to the entities `e01`, `e02`, `gone`")), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.contains("asked of 2 of 33 schemas")), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.contains("grants of some schemas alone were compared")), "{gaps:?}");
    assert_eq!(world.verify(&[]).code, 1);
}

#[test]
fn at_the_scale_of_production() {
    let world = Multiplayer::new("set fixture.scale = '1';");
    let manifest = fixture("multiplayer/verify.toml")
        .replace("rows = 637", "rows = 62111")
        .replace("rows = 633", "rows = 62107");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trueup.toml"), manifest).unwrap();
    let said = verify_in(folder.path(), "trueup.toml", &world.urls(), &["--jobs", "2"]);
    said.is_equal();
}
