//! The museum's deploy script: a clean env file goes on to the rebuild, each planted fault stops before it.
//!
//! No container engine can be had where these tests run: `docker` is a script that knows `image ls`, `run` and `compose`,
//! keeps what it was asked, and refuses as the application would.
#![expect(clippy::unwrap_used, reason = "in a test it is how it fails")]
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Asked for an image it prints what `images` holds; run, it is an application that wants a key; else it rebuilds.
const ENGINE: &str = r#"#!/bin/sh
echo "$*" >> "$STUB/asked"
case "$1" in
    image) test -e "$STUB/down" && { echo "cannot connect to the engine" >&2; exit 1; }
           cat "$STUB/images" ;;
    run)   test -e "$STUB/crash" && { echo "no space left on device" >&2; exit 125; }
           grep -q '^GEMINI_API_KEY=5' "$4" && exit 0
           echo "boot: GEMINI_API_KEY $(grep '^GEMINI_API_KEY=' "$4") is of another project" >&2
           exit 3 ;;
    compose) echo "rebuilt" ;;
esac
"#;

struct World {
    folder: tempfile::TempDir,
}

/// How a deploy ended.
struct Deploy {
    code: i32,
    text: String,
    /// What the engine was asked, a line each.
    asked: String,
}

impl Deploy {
    fn rebuilt(&self) -> bool {
        self.asked.contains("compose --file infra/compose.yml up")
    }
}

impl World {
    /// The clean museum in a folder of its own, with an image that was built before.
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let clean = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum/clean");
        for entry in walkdir::WalkDir::new(&clean).into_iter().map(Result::unwrap) {
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(&clean).unwrap().to_str().unwrap();
                world.write(path, &fs::read_to_string(entry.path()).unwrap());
            }
        }
        world.write("stub/docker", ENGINE);
        fs::set_permissions(world.path("stub/docker"), fs::Permissions::from_mode(0o755)).unwrap();
        world.write("stub/images", "0d8a1c7e51f0\n");
        world
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    /// Puts one text in the place of another, which must be there.
    fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{from} is not in {path}");
        self.write(path, &text.replace(from, to));
    }

    fn deploy(&self) -> Deploy {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/museum/deploy.sh");
        let bin = Path::new(env!("CARGO_BIN_EXE_trueup")).parent().unwrap().to_owned();
        let path = [self.path("stub"), bin, "/usr/bin".into(), "/bin".into()];
        let run = Command::new("sh")
            .arg(script)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("STUB", self.path("stub"))
            .output()
            .unwrap();
        let text = [run.stdout, run.stderr].concat();
        Deploy {
            code: run.status.code().unwrap(),
            text: String::from_utf8(text).unwrap(),
            asked: fs::read_to_string(self.path("stub/asked")).unwrap_or_default(),
        }
    }
}

#[test]
fn a_clean_env_file_goes_on_to_the_rebuild() {
    let world = World::new();
    let deploy = world.deploy();
    assert_eq!(deploy.code, 0, "{}", deploy.text);
    assert!(deploy.rebuilt() && deploy.text.contains("rebuilt"), "{}", deploy.text);
    assert!(deploy.asked.starts_with(
        "image ls --quiet registry.museum.internal/agent\nrun --rm --env-file infra/production.env"
    ));
    let mode = fs::metadata(world.path("infra/.env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "the deployed file");
}

const NEW: &str = "infra/production.env";

/// A name, a file, what of it becomes something else, and the rule that says so.
const FAULTS: &[(&str, &str, &str, &str, &str)] = &[
    ("an empty key", NEW, "GEMINI_API_KEY=5f2c9e0b7711d0a4", "GEMINI_API_KEY=", "guard/missing-key"),
    ("a key is gone", NEW, "\nDATABASE_URL=", "\n# DATABASE_URL=", "guard/missing-key"),
    ("a placeholder", NEW, "9b27f00c6de14853aa91", "<change-me>", "guard/placeholder-value"),
    ("a default", NEW, "D=Yk4c0Vt9sQ2mRb7x", "D=postgres", "guard/placeholder-value"),
    ("a placeholder in a URL", NEW, ":Yk4c0Vt9sQ2mRb7x@", ":change-me@", "guard/placeholder-value"),
    (
        "the template's value",
        "infra/.env.example",
        "SESSION_SECRET=",
        "SESSION_SECRET=9b27f00c6de14853aa91",
        "guard/committed-secret",
    ),
    (
        "compose's default",
        "infra/compose.yml",
        "${SMTP_PASSWORD:?}",
        "${SMTP_PASSWORD:-Lw3nT8zKq5Hd1vCj}",
        "guard/committed-secret",
    ),
    (
        "compose's default in a URL",
        "infra/compose.yml",
        "${POSTGRES_PASSWORD:?}",
        "${POSTGRES_PASSWORD:-Yk4c0Vt9sQ2mRb7x}",
        "guard/committed-secret",
    ),
    ("a short secret", NEW, "9b27f00c6de14853aa91", "9b27f00c", "guard/weak-secret"),
    ("a repeated secret", NEW, "9b27f00c6de14853aa91", "9b279b279b279b279b27", "guard/weak-secret"),
    ("a dropped provider", NEW, "google-gla:gemini", "gemini", "guard/forbidden-value"),
    ("quotes that the engine keeps", NEW, "\nRAG_URL=http", "\nRAG_URL=\"http", "guard/type-mismatch"),
    ("a comment that the engine keeps", NEW, "PORT=587", "PORT=587 # mail", "guard/type-mismatch"),
    ("a line that loses the file", NEW, "\nSMTP_PORT=", "\nexport SMTP_PORT=", "guard/unparsable-line"),
    ("what only the image knows", NEW, "API_KEY=5f2c", "API_KEY=6f2c", "guard/refused-by-image"),
];

#[test]
fn each_planted_fault_stops_before_the_rebuild() {
    for (name, path, from, to, rule) in FAULTS {
        let world = World::new();
        world.change(path, from, to);
        let deploy = world.deploy();
        assert_eq!(deploy.code, 1, "{name}: {}", deploy.text);
        assert!(deploy.text.contains(&format!("error[{rule}]")), "{name}: {}", deploy.text);
        assert!(!deploy.rebuilt() && !world.path("infra/.env").exists(), "{name}: {}", deploy.asked);
        for secret in ["Yk4c0Vt9sQ2mRb7x", "9b27f00c6de14853aa91", "f2c9e0b7711d0a4", "Lw3nT8zKq5Hd1vCj"] {
            assert!(!deploy.text.contains(secret), "{name}: shows {secret}");
        }
    }
}

#[test]
fn what_could_not_be_looked_at_is_another_outcome() {
    type Plant = fn(&World);
    let plants: [(&str, Plant, &str); 5] = [
        ("the engine is down", |world| world.write("stub/down", ""), "could not list images"),
        ("the engine fails", |world| world.write("stub/crash", ""), "the container engine itself failed"),
        (
            "no template",
            |world| fs::remove_file(world.path("infra/.env.example")).unwrap(),
            "no secret can be held to it",
        ),
        (
            "no image, and nobody accepts that",
            |world| {
                world.write("stub/images", "");
                world.change("trueup.toml", "first_deploy = \"accept\"\n", "");
            },
            "there is no image `registry.museum.internal/agent` yet",
        ),
        (
            "no new env file",
            |world| fs::remove_file(world.path("infra/production.env")).unwrap(),
            "no such file",
        ),
    ];
    for (name, plant, said) in plants {
        let world = World::new();
        plant(&world);
        let deploy = world.deploy();
        assert_eq!(deploy.code, 3, "{name}: {}", deploy.text);
        assert!(deploy.text.contains(said), "{name}: {}", deploy.text);
        assert!(!deploy.rebuilt(), "{name}");
    }
}

#[test]
fn a_mistake_in_the_manifest_keeps_its_code() {
    let world = World::new();
    world.change("trueup.toml", "refused = [3]", "refused = [125]");
    let deploy = world.deploy();
    assert_eq!(deploy.code, 2, "{}", deploy.text);
    assert!(!deploy.rebuilt());
}

#[test]
fn a_first_deploy_has_no_image_to_ask() {
    let world = World::new();
    world.write("stub/images", "");
    let deploy = world.deploy();
    assert_eq!(deploy.code, 0, "{}", deploy.text);
    assert!(deploy.rebuilt() && deploy.text.contains("there is no image"), "{}", deploy.text);
    assert!(!deploy.asked.contains("run --rm"), "{}", deploy.asked);
}

#[test]
fn staging_is_not_held_to_it() {
    let world = World::new();
    world.change("infra/production.env", "APP_ENV=production", "APP_ENV=staging");
    world.change("infra/production.env", "GEMINI_API_KEY=5f2c9e0b7711d0a4", "GEMINI_API_KEY=");
    let deploy = world.deploy();
    assert_eq!(deploy.code, 0, "{}", deploy.text);
    assert!(deploy.rebuilt() && deploy.text.contains("nothing was judged"), "{}", deploy.text);
    assert!(!deploy.asked.contains("run --rm"), "{}", deploy.asked);
}
