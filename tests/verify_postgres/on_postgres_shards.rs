//! A run that several processes share.
use serde_json::Value;

use crate::world::{Database, Said, World, run};

const TABLES: &str = "create table big (id int8 primary key, v text, n int);
    insert into big select g * 3, 'v ' || g, g from generate_series(1, 100000) g;
    create table below (id int4 primary key, v text); insert into below select g * 900, g from generate_series(-1000, 1000) g;
    create table small (id int4 primary key, v text); insert into small select g, g from generate_series(1, 50) g;
    create table u (id uuid primary key, v text); insert into u select md5(g::text)::uuid, g from generate_series(1, 900) g;
    create table nothing (id int4 primary key); create table keyless (v text); insert into keyless values ('a'), ('a');
    create table odd (id int primary key, v text); insert into odd values (1, 'x'); analyze;";

const CHANGES: &str = "update big set v = '' where id in (6, 9, 150000, 299997); delete from big where id = 300000;
    insert into big values (4, 'more', 1); update big set n = 0 where id = 150003; update small set v = 'x' where id = 7;
    update u set v = '' where v = '5'; update below set v = '' where id < -899000; insert into keyless values ('a');";

fn parts(world: &World, of: u32, more: &[&str]) -> Vec<String> {
    let part = |index: u32| {
        let (file, shard) = (format!("part{index}.json"), format!("{index}/{of}"));
        let arguments = [
            &[
                "verify",
                "--source",
                &world.source.url,
                "--target",
                &world.target.url,
                "--seed",
                "7",
                "--format",
                "json",
            ],
            &["--shard", &shard, "--output", &file][..],
            more,
        ]
        .concat();
        let said = run(&world.folder, &arguments);
        assert!(of == 1 || [1, 3].contains(&said.code), "{said:?}");
        assert!(
            of == 1
                || said.lines().iter().any(|line| line
                    .starts_with(&format!("partial-run verify: unknown: this is part {index} of {of}")))
        );
        file
    };
    (1..=of).map(part).collect()
}

fn merge(world: &World, files: &[String]) -> Said {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    run(&world.folder, &[&["report", "merge", "--format", "json"], &files[..]].concat())
}

fn whole(world: &World) -> Said {
    crate::world::verify(&world.source.url, &world.target.url, &["--seed", "7"])
}

#[test]
fn joined_parts_are_the_whole() {
    let world = World::pair(TABLES, TABLES);
    for changed in [false, true] {
        if changed {
            world.target.sql(CHANGES);
        }
        let whole = whole(&world);
        for of in [1, 2, 5] {
            let files = parts(&world, of, &[]);
            let merged = merge(&world, &files);
            assert_eq!(merged.lines(), whole.lines());
            assert_eq!(merged.json()["evidence"], whole.json()["evidence"], "{of}");
            assert_eq!(merged.code, i32::from(changed));
            let digests = |said: &Said| -> Vec<(String, Value)> {
                let facts = said.json()["run"]["facts"].as_object().unwrap().clone();
                facts.into_iter().filter(|(name, _)| name.starts_with("digest")).collect()
            };
            assert_eq!(digests(&merged), digests(&whole));
        }
    }
    // The files come in any order.
    let mut files = parts(&world, 5, &[]);
    files.reverse();
    assert_eq!(merge(&world, &files).json()["evidence"], whole(&world).json()["evidence"]);
}

#[test]
fn what_is_not_the_whole_is_refused() {
    let world = World::pair(TABLES, TABLES);
    let files = parts(&world, 3, &[]);
    let refused = |files: &[String], words: &str| {
        let said = merge(&world, files);
        assert!(said.code == 3 && said.stderr.contains(words), "{words}: {said:?}");
    };
    refused(&files[..2], "part 3 of 3 is missing");
    refused(&[files.clone(), vec![files[0].clone()]].concat(), "part 1 of 3 is there twice");
    let rendered = run(&world.folder, &["report", "part1.json", "--format", "concise"]);
    assert!(rendered.code == 3 && rendered.stdout.contains("this is part 1 of 3"), "{rendered:?}");
    // A part of another run in the place of one.
    let other = |more: &[&str], shard: &str, words: &str| {
        let arguments = [
            &[
                "verify",
                "--source",
                &world.source.url,
                "--target",
                &world.target.url,
                "--shard",
                shard,
                "--output",
                "other.json",
            ],
            more,
        ]
        .concat();
        run(&world.folder, &arguments);
        refused(&[files[0].clone(), files[1].clone(), "other.json".into()], words);
    };
    other(&["--seed", "8"], "3/3", "different runs: seed");
    other(&["--seed", "7", "--table", "big"], "3/3", "different runs: narrowed to");
    other(&["--seed", "7"], "3/4", "one report is of 3 parts, another of 4");
    other(&["--seed", "7", "--keys", "hidden"], "3/3", "different runs: keys");
    run(
        &world.folder,
        &["verify", "--source", &world.source.url, "--target", &world.target.url, "--output", "whole.json"],
    );
    refused(&["whole.json".into()], "is not of a part");
    world.target.sql("insert into big values (90000000, 'far', 1)");
    other(&["--seed", "7"], "3/3", "leave a gap, or overlap");
    // A part that was edited.
    let text = std::fs::read_to_string(world.folder.path().join("part2.json")).unwrap();
    std::fs::write(
        world.folder.path().join("part2.json"),
        text.replacen("\"source_rows\": ", "\"source_rows\": 1", 1),
    )
    .unwrap();
    refused(&files, "was changed after it was written");
}

#[test]
fn a_part_that_could_not_look_leaves_the_whole_unknown() {
    let world = World::pair(TABLES, TABLES);
    world.target.sql("alter table odd add column w int; alter table odd alter v type bytea using v::bytea");
    let said = merge(&world, &parts(&world, 2, &[]));
    let whole = whole(&world);
    assert_eq!((said.lines(), said.code), (whole.lines(), whole.code));
    assert_eq!(said.json()["evidence"], whole.json()["evidence"]);
}

#[test]
fn the_index_of_a_job_array() {
    let world = World::pair(TABLES, TABLES);
    let array = |index: &str, more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_trueup"));
        let arguments =
            ["verify", "--source", &world.source.url, "--target", &world.target.url, "--seed", "7"];
        command
            .current_dir(world.folder.path())
            .args(arguments)
            .args(more)
            .env("JOB_COMPLETION_INDEX", index);
        command.output().unwrap().status.code().unwrap()
    };
    let files = ["--shard", "job/2", "--output", "part.json"];
    assert_eq!(array("1", &files), 3);
    assert_eq!(array("1", &[&files[..], &["--accept-part"]].concat()), 0);
    assert_eq!(array("2", &files), 2);
    assert_eq!(array("0", &["--shard", "job"]), 2);
    // A part that has nothing to do is done.
    assert_eq!(array("29", &["--shard", "job/30", "--table", "odd", "--accept-part"]), 0);
    world.target.sql(CHANGES);
    assert_eq!(array("1", &[&files[..], &["--accept-part"]].concat()), 1);
    let gone = Database::new("TRUEUP_TEST_POSTGRES", "").url.clone();
    let said = run(
        &world.folder,
        &[
            "verify",
            "--source",
            &gone,
            "--target",
            &world.target.url,
            "--seed",
            "7",
            "--shard",
            "1/2",
            "--accept-part",
        ],
    );
    assert_ne!(said.code, 0, "{said:?}");
}

#[test]
fn what_is_declared_beside_rows_is_held_to_the_whole() {
    let world = World::pair(TABLES, TABLES);
    let entries = ["big", "below", "small", "u", "nothing", "keyless", "odd"]
        .map(|table| format!("[[table]]\nfrom = \"{table}\"\n"));
    let manifest = format!(
        "rules.\"verify/row-count\" = \"warn\"\n{}\n[[verify.invariant]]\nname = \"some\"\nsql = \"select count(*) from big\"\nexpect = 100000\n\
         [[verify.count]]\nname = \"as many\"\nsource = \"select count(*) from u\"\ntarget = \"select count(*) from u\"\n",
        entries.concat().replacen("\"big\"", "\"big\"\nrows = 100000", 1)
    );
    for changed in [false, true] {
        if changed {
            world.target.sql(CHANGES);
        }
        let whole = world.through(&manifest, &["--seed", "7"]);
        for index in ["1", "2", "3"] {
            let (shard, file) = (format!("{index}/3"), format!("part{index}.json"));
            world.through(&manifest, &["--seed", "7", "--shard", &shard, "--output", &file]);
        }
        let files = ["part1.json", "part2.json", "part3.json"].map(str::to_owned);
        let merged = merge(&world, &files);
        assert_eq!(merged.lines(), whole.lines());
        assert_eq!(merged.json()["evidence"], whole.json()["evidence"]);
        assert_eq!(
            (merged.code, whole.code),
            (i32::from(changed), i32::from(changed)),
            "{:?}",
            whole.lines()
        );
    }
}

/// The bounds of a range are keys, so a table is no longer cut.
#[test]
fn hidden_keys_stand_in_no_part() {
    let world = World::pair(TABLES, TABLES);
    world.target.sql(CHANGES);
    let hidden = ["--keys", "hidden"];
    let whole =
        crate::world::verify(&world.source.url, &world.target.url, &[&["--seed", "7"][..], &hidden].concat());
    let files = parts(&world, 3, &hidden);
    let merged = merge(&world, &files);
    assert_eq!((merged.lines(), merged.code), (whole.lines(), 1));
    for file in files {
        let text = std::fs::read_to_string(world.folder.path().join(file)).unwrap();
        for key in ["299997", "150000", "300000", "-900000", "900000", "-899"] {
            let outside: String =
                text.lines().filter(|line| !line.contains("digest") && !line.contains("bytes ")).collect();
            assert!(!outside.contains(key), "{key} {text}");
        }
    }
}

/// Of a range no condition need take anything; of the whole it must.
#[test]
fn a_part_whose_range_a_condition_leaves_out_is_well() {
    let world = World::pair(TABLES, TABLES);
    for (condition, is_none) in [("id <= 900", false), ("id < 0", true)] {
        let manifest = format!(
            "[[table]]\nfrom = \"big\"\nwhere = \"{condition}\"\ntarget_where = \"{condition}\"\n\
             [[skip]]\ntable = \"*\"\nreason = \"not asked here\"\n"
        );
        let whole = world.through(&manifest, &["--seed", "7"]);
        assert_eq!(whole.code, i32::from(is_none), "{whole:?}");
        let files = ["1", "2", "3"].map(|index| {
            let (shard, file) = (format!("{index}/3"), format!("part{index}.json"));
            let more = ["--seed", "7", "--accept-part", "--shard", &shard, "--output", &file];
            let part = world.through(&manifest, &more);
            assert_eq!(part.code, 0, "{part:?}");
            file
        });
        let merged = merge(&world, &files);
        assert_eq!((merged.lines(), merged.code), (whole.lines(), whole.code));
        assert_eq!(merged.json()["evidence"], whole.json()["evidence"]);
        assert_eq!(merged.lines().iter().any(|line| line.starts_with("filter-takes-nothing")), is_none);
    }
}
