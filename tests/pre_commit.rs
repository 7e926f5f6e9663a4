//! The hook of this repository, run by pre-commit itself on a repository of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in a test it is how it fails")]
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program in a folder, with nothing of the outer git or pre-commit in its environment.
fn run(program: &Path, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        if name.starts_with("GIT_") || name.starts_with("PRE_COMMIT") {
            command.env_remove(name);
        }
    }
    let identity = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
    command.envs(identity.map(|name| (name, "t@example.com"))).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = run(Path::new("git"), arguments, folder);
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn commit_all(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "all"]);
}

/// The hooks as they are published, but with the program of this build: to build it again takes minutes.
fn hooks(folder: &Path) -> String {
    let published = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    assert!(published.contains("entry: trueup lint\n") && published.contains("language: rust\n"));
    let ours = published
        .replace("entry: trueup ", &format!("entry: {} ", env!("CARGO_BIN_EXE_trueup")))
        .replace("language: rust\n", "language: system\n");
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(".pre-commit-hooks.yaml"), ours).unwrap();
    git(folder, &["init", "-q"]);
    commit_all(folder);
    git(folder, &["rev-parse", "HEAD"])
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap) {
        let to = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

mod on_pre_commit {
    use super::*;

    /// The exit code and what pre-commit printed.
    fn pre_commit(work: &Path) -> (bool, String) {
        let readers =
            std::env::var("TRUEUP_TEST_READERS").expect("bash tests/services start installs pre-commit");
        let program = Path::new(&readers).join("pre-commit/bin/pre-commit");
        let home = format!("PRE_COMMIT_HOME={}", work.join("home").display());
        let done = run(Path::new("env"), &[&home, program.to_str().unwrap(), "run"], &work.join("project"));
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
    }

    #[test]
    fn only_changed_files_decide_what_runs() {
        let work = tempfile::tempdir().unwrap();
        let work = work.path();
        let revision = hooks(&work.join("hooks"));
        let project = work.join("project");
        copy(&root().join("fixtures/quickstart/clean"), &project);
        let hooks = work.join("hooks").display().to_string();
        let config = format!("repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks: [{{id: trueup-lint}}]\n");
        fs::write(project.join(".pre-commit-config.yaml"), config).unwrap();
        git(&project, &["init", "-q"]);
        commit_all(&project);

        fs::write(project.join("notes.txt"), "nothing that trueup reads\n").unwrap();
        git(&project, &["add", "-A"]);
        let (held, said) = pre_commit(work);
        assert!(held && said.contains("(no files to check)Skipped"), "{said}");

        let template = project.join("infra/.env.example");
        let text = fs::read_to_string(&template).unwrap();
        fs::write(&template, format!("{text}# a comment\n")).unwrap();
        git(&project, &["add", "-A"]);
        let (held, said) = pre_commit(work);
        assert!(held && said.contains("Passed"), "{said}");

        fs::write(&template, format!("{text}LOG_LEVEL=twice\n")).unwrap();
        git(&project, &["add", "-A"]);
        let (held, said) = pre_commit(work);
        assert!(!held && said.contains("env/duplicate-key") && said.contains("exit code: 1"), "{said}");
    }
}
