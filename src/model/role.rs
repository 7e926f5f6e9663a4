//! What a file is for, as its name tells.

/// The files that a repository is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An env template: `.env.example` and its kin.
    Template,
    /// `.env`, which is committed unless it is left out.
    Env,
    /// A compose file.
    Compose,
    /// `alembic.ini`.
    Alembic,
}

impl Role {
    /// The role of the file at `path`, if it has one of these.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_template(name) {
            Some(Self::Template)
        } else if name == ".env" {
            Some(Self::Env)
        } else if is_compose(name) {
            Some(Self::Compose)
        } else {
            (name == "alembic.ini").then_some(Self::Alembic)
        }
    }
}

/// What the env file at `path` is for: its folder, and its name without the words that make it a template. `.env` and
/// the templates `.env.example` and `example.env` beside it are for the same.
pub fn purpose(path: &str) -> (&str, Vec<&str>) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let words = name.split('.').filter(|word| !word.is_empty() && !TEMPLATE.contains(word));
    (folder, words.collect())
}

/// The words that make an env file a template.
const TEMPLATE: &[&str] = &["example", "sample", "template", "dist", "tpl"];

fn is_template(name: &str) -> bool {
    let parts: Vec<&str> = name.trim_start_matches('.').split('.').collect();
    // `.env.example.ts` and its like are code about a template.
    let is_code = parts.last().is_some_and(|last| CODE.contains(last));
    !is_code && parts.contains(&"env") && parts.iter().any(|part| TEMPLATE.contains(part))
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
    fn purposes() {
        for template in [".env", ".env.example", "example.env", "env.sample", ".env.dist"] {
            assert_eq!(purpose(&format!("docker/{template}")), ("docker", vec!["env"]), "{template}");
        }
        assert_eq!(purpose("db.env.example"), purpose("db.env"));
        for other in ["web/.env", ".env.production.sample", "db.env"] {
            assert_ne!(purpose(other), purpose(".env.example"), "{other}");
        }
    }

    #[test]
    fn names() {
        for name in [
            ".env.example",
            "env.example",
            ".env.sample",
            "a/.env.production.example",
            "app.env.template",
            "example.env",
            ".env.dist",
        ] {
            assert_eq!(Role::of(name), Some(Role::Template), "{name}");
        }
        for name in [
            ".env.local",
            "example.py",
            "environment.sample",
            ".envrc",
            "template.yml",
            "env.example.ts",
            "composer.yml",
        ] {
            assert_eq!(Role::of(name), None, "{name}");
        }
        for name in ["compose.yml", "docker-compose.yaml", "compose.override.yml", "docker-compose.prod.yml"]
        {
            assert_eq!(Role::of(name), Some(Role::Compose), "{name}");
        }
    }
}
