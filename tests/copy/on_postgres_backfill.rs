//! One-shot SQL behind its gates.
use crate::world::World;

pub(crate) const TABLES: &str = "CREATE TABLE spaces (id int PRIMARY KEY, name text NOT NULL, slug text);
INSERT INTO spaces SELECT n, 'Space ' || n, NULL FROM generate_series(1, 4) AS n;";

pub(crate) const FILE: &str = "\\set ON_ERROR_STOP on
-- Spaces of the first version have no slug.
BEGIN;
UPDATE spaces SET slug = lower(replace(name, ' ', '-')) WHERE slug IS NULL;
DO $$ BEGIN IF EXISTS (SELECT FROM spaces WHERE slug IS NULL) THEN RAISE EXCEPTION 'a space has no slug'; END IF; END $$;
SELECT count(*) AS left_over FROM spaces WHERE slug IS NULL;
COMMIT;
";

const MANIFEST: &str = "[[copy.backfill]]\nname = \"slugs\"\nfile = \"0001_slugs.sql\"\n\
[[copy.backfill.check]]\nname = \"spaces without a slug\"\nsql = \"select count(*) from spaces where slug is null\"\nexpect = 0\n\
[[copy.backfill.check]]\nname = \"as many spaces as before\"\nsql = \"select count(*) from spaces\"\nexpect = \"select count(*) from spaces\"\n";

fn run(world: &World, folder: &std::path::Path, args: &[&str]) -> (String, i32) {
    let output = world.command(folder, args).output().unwrap();
    (
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

const RUN: [&str; 6] = ["copy", "run", "backfill", "--yes", "--format", "concise"];

#[tokio::test]
async fn a_backfill_runs_on_its_mirror_first_and_once() {
    let world = World::of(TABLES, TABLES).await;
    let mirrored = MANIFEST.replace("file =", "mirror = \"source\"\nfile =");
    let folder = World::folder(&mirrored);
    let manifest = folder.path().join("trueup.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("url = \"${OLD}\"", "url = \"${OLD}\"\naccess = \"read-write\""))
        .unwrap();
    let file = folder.path().join("0001_slugs.sql");
    std::fs::write(&file, FILE).unwrap();
    let (said, exit) = run(&world, folder.path(), &RUN);
    assert!(exit == 1 && said.contains("[copy/unmirrored-backfill] `source` has not run `slugs`"), "{said}");
    let on_mirror: Vec<&str> = RUN.iter().copied().chain(["--on", "source"]).collect();
    let (said, exit) = run(&world, folder.path(), &on_mirror);
    assert_eq!(exit, 0, "{said}");
    // Mended since it ran there.
    std::fs::write(&file, FILE.replace("lower(", "upper(")).unwrap();
    let (said, exit) = run(&world, folder.path(), &RUN);
    assert!(exit == 1 && said.contains("`source` ran `slugs` with another text"), "{said}");
    std::fs::write(&file, FILE).unwrap();
    let (said, exit) = run(&world, folder.path(), &RUN[..3]);
    assert!(exit == 1 && said.contains("copy/unconfirmed"), "{said}");
    assert_eq!(world.ask("select count(slug)::text from spaces").await, ["0"]);
    for _ in 0..2 {
        let (said, exit) = run(&world, folder.path(), &RUN);
        assert_eq!(exit, 0, "{said}");
    }
    assert_eq!(
        world.ask("select string_agg(slug, ' ' order by id) from spaces").await,
        ["space-1 space-2 space-3 space-4"]
    );
    assert_eq!(
        world.ask("select rows::text from trueup_ledger.copy_step where scope = 'backfill'").await,
        ["4"]
    );
    // Another text is another backfill.
    std::fs::write(&file, FILE.replace("lower(", "upper(")).unwrap();
    let (said, exit) = run(&world, folder.path(), &RUN);
    assert!(exit == 1 && said.contains("it ran before, with another text"), "{said}");
    world.remove().await;
}

#[tokio::test]
async fn a_backfill_that_does_not_hold_leaves_nothing() {
    let world = World::of("", TABLES).await;
    let audit = "[[verify.invariant]]\nname = \"slugs are one of a kind\"\nsql = \"select slug from spaces group by slug having count(*) > 1\"\nexpect = \"no rows\"\n";
    let audited =
        format!("{audit}{}", MANIFEST.replace("file =", "audit = [\"slugs are one of a kind\"]\nfile ="));
    let cases = [
        // A check, an audit, a statement, what lint says, what psql alone knows.
        (
            MANIFEST,
            FILE.replace("WHERE slug IS NULL;", "WHERE slug IS NULL AND id < 4;")
                .replace("a space has no slug", "x")
                .replace(
                    "IF EXISTS (SELECT FROM spaces WHERE slug IS NULL)",
                    "IF NOT EXISTS (SELECT FROM spaces)",
                ),
            "`spaces without a slug` has 1 row, expected 0",
        ),
        (
            &audited,
            FILE.replace("lower(replace(name, ' ', '-'))", "'same'"),
            "slugs are one of a kind: expected no rows, found 1 row",
        ),
        (MANIFEST, FILE.replace("lower(", "lower(nothing."), "`slugs` is not done"),
        (MANIFEST, FILE.replace(" WHERE slug IS NULL;", ";"), "backfill/missing-where"),
        (MANIFEST, FILE.replace("BEGIN;\n", "BEGIN;\n\\i other.sql\n"), "it cannot be run without psql"),
        (MANIFEST, FILE.replace("COMMIT;", "ROLLBACK;"), "slugs"),
        (MANIFEST, String::new(), "slugs"),
    ];
    for (manifest, text, expected) in cases {
        let folder = World::folder(manifest);
        std::fs::write(folder.path().join("0001_slugs.sql"), &text).unwrap();
        let (said, exit) = run(&world, folder.path(), &RUN);
        assert_ne!(exit, 0, "{text}\n{said}");
        assert!(said.contains(expected), "{expected}\n{said}");
        assert_eq!(world.ask("select count(slug)::text from spaces").await, ["0"], "{text}");
    }
    world.remove().await;
}
