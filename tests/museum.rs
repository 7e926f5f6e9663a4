//! `fixtures/museum`: the clean tree holds, and in the drifted one exactly what was planted is found.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::path::Path;
use std::process::Command;

/// The lines of the concise format, and the exit code.
fn found(tree: &str, arguments: &[&str]) -> (Vec<String>, Option<i32>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum").join(tree);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    let run = command.args(arguments).args(["--format", "concise"]).current_dir(folder).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    (text.lines().map(str::to_owned).collect(), run.status.code())
}

#[test]
fn the_clean_tree_holds() {
    for arguments in [&["lint"][..], &["lint", "env"], &["lint", "compose"], &["lint", "config"]] {
        assert_eq!(found("clean", arguments), (Vec::new(), Some(0)), "{arguments:?}");
    }
}

#[test]
fn the_drifted_tree_shows_what_was_planted() {
    let expected = [
        "infra/.env.example:74:1: error[env/forbidden-host] `HF_ENDPOINT` of rag names the public host huggingface.co, and on-site may not",
        "infra/compose.yml:105:7: warning[compose/default-secret] `POSTGRES_PASSWORD` of postgres falls back to a value that holds a password anyone would guess",
        "infra/compose.yml:112:9: error[compose/zone] postgres publishes the host port 5432, and cloud may not",
        "museum-api/Dockerfile:2:1: error[compose/zone] an image that museum-api is built from is docker.io/library/python, which on-site may not take images from",
        "museum-api/config.toml:16:1: error[config/default-secret] `peer.password` is a secret with a value that anyone would guess",
        "museum-simulator/Dockerfile:4:1: error[compose/zone] the Dockerfile of museum-simulator names the public host registry.npmjs.org, and on-site may not",
        "museum-simulator/config.json:5:3: error[config/broken-file] this key stands twice in its object",
        "museum-simulator/config.json:7:45: warning[config/literal-secret] `api.token` has a value that looks like a real secret",
        "onsite/compose.yml:52:7: warning[compose/default-secret] `AI_PROXY_TOKEN` of museum-api falls back to a value that is a placeholder",
        "onsite/compose.yml:31:7: error[compose/zone] `GEMINI_API_KEY` is given to rag, and on-site may not have it",
        "onsite/compose.yml:35:9: error[compose/zone] the mount `/run/bucket.json` is given to rag, and on-site may not have it",
        "onsite/compose.yml:61:5: error[compose/zone] museum-simulator is on the host's own network, so all of its ports are open",
        "onsite/compose.yml:76:5: error[compose/zone] the image of qdrant is docker.io/qdrant/qdrant, which on-site may not take images from",
        "onsite/compose.yml:85:9: error[compose/zone] qdrant publishes the host port 6333, and on-site may not",
        "onsite/compose.yml:101:3: error[compose/zone] `docs` is no service of on-site, and its compose file has it",
        "onsite/compose.yml:20:9: error[env/forbidden-host] `PIP_INDEX_URL` of rag names the public host pypi.org, and on-site may not",
        "onsite/compose.yml:53:7: error[env/forbidden-host] `TIME_SERVER` of museum-api names the public host pool.ntp.org, and on-site may not",
        "onsite/compose.yml:72:9: error[env/forbidden-host] `extra_hosts` of museum-simulator names the public host api.openai.com, and on-site may not",
        "rag/.env.example:8:1: error[env/forbidden-host] `AI_PROXY_URL` of rag names the public host generativelanguage.googleapis.com, and on-site may not",
        "onsite/compose.yml:31:7: error[env/not-mirrored] infra/.env.example gives `GEMINI_API_KEY` to rag, and rag/.env.example lacks it",
        "rag/settings.yaml:8:3: error[env/forbidden-host] `storage.endpoint` of rag names the public host storage.googleapis.com, and on-site may not",
        "museum-simulator/config.json: unknown[env/forbidden-host] the config is broken, so not all of it was looked at",
    ];
    assert_eq!(found("drifted", &["lint"]), (expected.map(str::to_owned).to_vec(), Some(1)));
}

#[test]
fn a_part_is_judged_by_itself() {
    let (lines, exit) = found("drifted", &["lint", "config"]);
    assert_eq!((lines.len(), exit), (3, Some(1)), "{lines:#?}");
    let (lines, _) = found("drifted", &["lint", "compose"]);
    assert!(lines.iter().all(|line| line.contains("[compose/")), "{lines:#?}");
}
