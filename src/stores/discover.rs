//! What a repository holds: env templates, compose files and Alembic configurations, git-ignored files left out.
use std::path::Path;

use ignore::WalkBuilder;

/// Files by what they are, as paths below the folder that was searched, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Env templates: `.env.example` and its kin.
    pub templates: Vec<String>,
    /// Compose files.
    pub compose: Vec<String>,
    /// `alembic.ini` files.
    pub alembic: Vec<String>,
    /// What could not be searched, and why, in the system's words.
    pub unseen: Vec<String>,
}

/// Folders of other people's code, which a repository may have committed all the same.
const FOREIGN: &[&str] =
    &["node_modules", "vendor", "third_party", ".git", ".venv", "venv", "target", "site-packages"];

/// Searches `folder`. Costs one pass over the names that git does not ignore; no file is opened.
pub fn discover(folder: &str) -> Found {
    let root = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let mut found = Found::default();
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(|entry| !FOREIGN.iter().any(|foreign| entry.file_name() == *foreign))
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unseen.push(error.to_string());
                continue;
            }
        };
        // A link is a file when it points at one; one that points nowhere is found, and could then not be read.
        let kind = entry.file_type();
        let is_link = kind.is_some_and(|kind| kind.is_symlink()) && !entry.path().is_dir();
        if !is_link && !kind.is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy();
        let name = entry.file_name().to_string_lossy();
        let name = name.as_ref();
        let path = path.into_owned();
        if is_template(name) {
            found.templates.push(path);
        } else if is_compose(name) {
            found.compose.push(path);
        } else if name == "alembic.ini" {
            found.alembic.push(path);
        }
    }
    found
}

fn is_template(name: &str) -> bool {
    let words = ["example", "sample", "template", "dist", "tpl"];
    let parts: Vec<&str> = name.trim_start_matches('.').split('.').collect();
    // `.env.example.ts` and its like are code about a template.
    let is_code = parts.last().is_some_and(|last| CODE.contains(last));
    !is_code && parts.contains(&"env") && parts.iter().any(|part| words.contains(part))
}

const CODE: &[&str] =
    &["go", "html", "js", "json", "md", "php", "py", "rb", "rs", "sh", "tf", "toml", "ts", "yaml", "yml"];

fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| {
        ["compose", "docker-compose"].iter().any(|base| {
            stem.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            ".env.example",
            "env.example",
            ".env.sample",
            ".env.production.example",
            "app.env.template",
            "example.env",
            ".env.dist",
        ] {
            assert!(is_template(name), "{name}");
        }
        for name in [
            ".env",
            ".env.local",
            "example.py",
            "environment.sample",
            ".envrc",
            "template.yml",
            "env.example.ts",
        ] {
            assert!(!is_template(name), "{name}");
        }
        for name in ["compose.yml", "docker-compose.yaml", "compose.override.yml", "docker-compose.prod.yml"]
        {
            assert!(is_compose(name), "{name}");
        }
        assert!(!is_compose("composer.yml"));
    }
}
