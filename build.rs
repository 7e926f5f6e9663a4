//! Embeds `rules/<subject>/<name>.md`, so that the rule's Markdown is the documentation and its metadata the registry.
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let rules = Path::new(&root).join("rules");
    println!("cargo::rerun-if-changed=rules");
    let mut listed = Vec::new();
    for subject in fs::read_dir(&rules)? {
        let subject = subject?.path();
        println!("cargo::rerun-if-changed={}", subject.display());
        for rule in fs::read_dir(&subject)? {
            let path = rule?.path();
            let name = path.strip_prefix(&rules)?.with_extension("");
            let id = name.to_string_lossy().replace('\\', "/");
            listed.push((id, path.display().to_string()));
        }
    }
    listed.sort();
    let mut code = String::from("&[\n");
    for (id, path) in listed {
        writeln!(code, "    ({id:?}, include_str!({path:?})),")?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("rule_docs.rs"), code)?;
    Ok(())
}
