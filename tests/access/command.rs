//! `trueup verify` in a folder of its own, a live store on one side.
use std::process::Command;

/// A model with whatever makes decisions.
pub(crate) const MODEL: &str = r#"model
  schema 1.1
type user
type team
  relations
    define member: [user, team#member, user:* with at_work]
type doc
  relations
    define owner: [team#member, user]
    define reader: [user, user with at_work, user with known] or owner
condition at_work(hour: int, from: int, to: int) {
  hour >= from && hour < to
}
condition known(name: string, names: list<string>, since: timestamp) {
  name in names && since < timestamp("2030-01-01T00:00:00Z")
}
"#;

/// Runs it, with the endpoint's lines and the tuples of the source as JSON; gives the exit code and all that was printed.
pub(crate) fn verify(endpoint: &str, tuples: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[endpoints.fga]\nkind = \"openfga\"\n{endpoint}\n\n[[verify.access]]\nname = \"who may do what\"\n\
         source = {{ model = \"model.fga\", tuples = [\"tuples.json\"] }}\ntarget = {{ on = \"fga\" }}\n"
    );
    for (file, text) in [("trueup.toml", manifest.as_str()), ("model.fga", MODEL), ("tuples.json", tuples)] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["verify", "--format", "concise"])
        .current_dir(folder.path())
        .envs(variables.iter().copied())
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}
