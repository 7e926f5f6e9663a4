//! Environments, configurations and files that would mislead or run something.
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::repository::{CLEAN, Repository, missing};

#[test]
fn what_a_hook_sets_is_not_believed() {
    let repository = Repository::new(CLEAN);
    let other = Repository::new(&[("x", "x")]);
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    let folder = other.path(".git").display().to_string();
    let index = other.path(".git/index").display().to_string();
    let environment = [
        ("GIT_DIR", folder.as_str()),
        ("GIT_INDEX_FILE", &index),
        ("GIT_WORK_TREE", "/"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_PREFIX", "agent/"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_LITERAL_PATHSPECS", "0"),
        ("GIT_TRACE", "1"),
        ("GIT_CONFIG_PARAMETERS", "'core.bare'='true'"),
    ];
    let run = repository.lint_in("", &["--against", "main"], &environment);
    assert_eq!((run.lines(), run.exit, run.said.as_str()), (vec![missing("NEW", 2).as_str()], 1, ""));
}

#[test]
fn settings_given_by_the_environment_stay() {
    let repository = Repository::new(CLEAN);
    repository.git(&["config", "filter.loud.clean", "false"]);
    repository.write(&[("secret.txt", "x"), ("exclude", "web/\n"), ("web/.env.example", "A=1\nA=1\n")]);
    let exclude = repository.path("exclude").display().to_string();
    let environment = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.excludesFile"),
        ("GIT_CONFIG_VALUE_0", &exclude),
    ];
    let run = repository.lint_in("", &["--against", "main"], &environment);
    assert_eq!((run.exit, run.out.as_str()), (0, ""));
}

#[test]
fn nothing_configured_is_run() {
    let repository = Repository::new(CLEAN);
    let trace = repository.path("../ran").display().to_string();
    let program = repository.path("../program");
    fs::write(&program, format!("#!/bin/sh\necho \"$0 $*\" >> {trace}\ncat\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    repository.write(&[
        (".gitattributes", "*.example filter=f diff=d merge=m\n"),
        ("agent/.env.example", "A=1\nMINE=1\n"),
    ]);
    repository.commit("attributes");
    repository.git(&["branch", "branch"]);
    repository.write(&[("agent/.env.example", "A=1\nTHEIRS=1\n")]);
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "branch"]);
    repository.write(&[("agent/.env.example", "A=1\nOURS=1\n"), (".env.example", "A=2\n")]);
    for (name, value) in [
        ("core.fsmonitor", program.as_str()),
        ("core.hooksPath", repository.path("..").to_str().unwrap()),
        ("filter.f.clean", &program),
        ("filter.f.smudge", &program),
        ("filter.f.process", &program),
        ("filter.f.required", "true"),
        ("filter.with = sign.clean", &program),
        ("diff.d.textconv", &program),
        ("diff.external", &program),
        ("merge.m.driver", &program),
        ("merge.m.name", "m"),
        ("core.sshCommand", &program),
        ("core.pager", &program),
        ("core.safecrlf", "true"),
        ("index.threads", "true"),
    ] {
        repository.git(&["-c", "core.fsmonitor=false", "config", name, value]);
    }
    for hook in ["post-index-change", "reference-transaction", "pre-auto-gc"] {
        let path = repository.path("..").join(hook);
        fs::copy(&program, &path).unwrap();
    }
    let run = repository.against_main();
    assert!(!fs::exists(&trace).unwrap(), "{}", fs::read_to_string(&trace).unwrap());
    // What the driver would have merged is a conflict.
    assert_eq!(run.said, "note: this does not merge with main as it is: conflicts in agent/.env.example\n");
    assert_eq!(run.exit, 3, "{run:?}");
}

#[test]
fn files_that_cannot_be_taken_up_are_unknown_and_the_rest_is_judged() {
    let repository = Repository::new(CLEAN);
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    let large = "#".repeat(17 << 20);
    repository.write(&[(".env.example", &large), ("dump.bin", &large), ("agent/.env.example", "A=1\nA=1\n")]);
    let run = repository.against_main();
    let lines = run.lines();
    assert_eq!(lines[0], "agent/.env.example:2:1: error[env/duplicate-key] `A` is set twice");
    assert!(lines[1].contains("unknown[") && lines[1].ends_with("it is larger than 16 MiB"), "{run:?}");
    repository.git(&["checkout", "--quiet", "main", "--", "."]);
    fs::remove_file(repository.path("dump.bin")).unwrap();
    let fifo = repository.path("pipe").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert_eq!(repository.against_main().exit, 0);
}

#[test]
fn odd_names_of_folders_and_files() {
    let repository = Repository::empty();
    let folder = "a:b \"c\" \\ ü";
    fs::create_dir(repository.path(folder)).unwrap();
    repository.git(&["init", "--quiet", "--initial-branch=main", folder]);
    for (path, text) in CLEAN {
        repository.write(&[(&format!("{folder}/{path}"), text)]);
    }
    repository.write(&[(&format!("{folder}/ :x\n*?[y]"), "odd")]);
    repository.git(&["-C", folder, "add", "--all"]);
    repository.git(&["-C", folder, "commit", "--quiet", "-m", "first"]);
    repository.write(&[
        (&format!("{folder}/agent/.env.example"), "A=1\nNEW=1\n"),
        (&format!("{folder}/-z\t"), "odd"),
    ]);
    let run = repository.lint_in(folder, &["--against", "main"], &[]);
    assert_eq!((run.lines(), run.exit), (vec![missing("NEW", 2).as_str()], 1), "{run:?}");
}

#[test]
fn index_flavours() {
    for (name, value) in
        [("core.splitIndex", "true"), ("core.untrackedCache", "true"), ("index.version", "4")]
    {
        let repository = Repository::new(CLEAN);
        repository.git(&["config", name, value]);
        repository.git(&["update-index", "--refresh", "--force-write-index"]);
        repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
        let run = repository.against_main();
        assert_eq!(run.lines(), [missing("NEW", 2)], "{name}: {run:?}");
    }
    let repository = Repository::new(CLEAN);
    repository.write(&[("docs/x", "x")]);
    repository.commit("docs");
    repository.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "agent"]);
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    assert_eq!(repository.against_main().lines(), [missing("NEW", 2)]);
}

#[test]
fn as_a_hook_it_keeps_a_commit_from_being_made() {
    let repository = Repository::new(CLEAN);
    repository.git(&["checkout", "--quiet", "-b", "branch"]);
    let hook = repository.path(".git/hooks/pre-commit");
    let program = env!("CARGO_BIN_EXE_trueup");
    fs::write(
        &hook,
        format!("#!/bin/sh\ncd agent && exec {program} lint --manifest ../trueup.toml --against main\n"),
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let commit = |options: &[&str]| {
        let run = std::process::Command::new("git")
            .arg("-C")
            .arg(repository.path(""))
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "x"])
            .args(options)
            .output()
            .unwrap();
        (
            run.status.success(),
            String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr),
        )
    };
    repository.write(&[("agent/.env.example", "A=1\nNEW=1\n")]);
    for options in [&["--all"][..], &["agent/.env.example"]] {
        let (is_made, said) = commit(options);
        assert!(!is_made && said.contains("`NEW` of agent is not in ../.env.example"), "{said}");
    }
    repository.write(&[("agent/.env.example", "A=1\n# NEW=1\n")]);
    let (is_made, said) = commit(&["--all"]);
    assert!(is_made, "{said}");
}

#[test]
fn code_of_others_that_nobody_ignores_is_not_taken_up() {
    let repository = Repository::new(CLEAN);
    let declared = crate::repository::MANIFEST.replace("agent/.env.example", "vendor/agent/.env.example");
    repository.write(&[("trueup.toml", &declared), ("node_modules/x/.env.example", "A=1\nA=1\n")]);
    repository.write(&[("vendor/agent/.env.example", "A=1\n")]);
    let run = repository.against_main();
    let left = "agent/.env.example:1:1: warning[env/undeclared-template] agent/.env.example is a template that trueup.toml does not name";
    assert_eq!((run.lines(), run.exit), (vec![left], 0), "{run:?}");
}
