//! Values that look like real secrets, in templates and wherever else a file in git gives a value.
use super::EnvFacts;
use crate::model::{Assignment, Looked};
use crate::rules::Sink;
use crate::rules::secret::{is_default_secret, is_placeholder, may_be_secret_key};

/// How tokens of well-known services begin.
const TOKENS: &[&str] = &[
    "AKIA",
    "ASIA",
    "AIza",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "SG.",
    "hf_",
    "npm_",
    "pypi-",
    "dop_v1_",
    "shpat_",
    "-----BEGIN ",
];

/// Words of values that were made up for development.
const MADE_UP: &[&str] = &[
    "dev", "local", "test", "example", "sample", "dummy", "fake", "insecure", "not-", "your", "secret",
    "password", "xxx", "123456",
];

pub(super) fn literal_secret(facts: &EnvFacts, out: &mut Sink<'_>) {
    let templates = facts
        .template
        .iter()
        .chain(facts.services.iter().map(|service| &service.template))
        .chain(&facts.others);
    for source in templates {
        let Some(file) = out.look(source.object(), &source.file) else { continue };
        let mut check = out.check(source.object(), Looked::at(file.assignments.len(), "key"));
        for assignment in file.assignments.iter().filter(|assignment| is_real(assignment)) {
            check
                .find(&assignment.key, format!("the value of `{}` looks like a real secret", assignment.key))
                .at(source.place(assignment))
                .help("leave it empty here, and change the secret: it is in git's history");
        }
    }
}

fn is_real(assignment: &Assignment) -> bool {
    looks_real(&assignment.key, assignment.value.as_ref().map_or("", |value| value.reveal()))
}

/// Whether a value looks like a secret that somebody made: a token of a known service, or an opaque text under a key that
/// names a secret.
pub(in crate::rules) fn looks_real(key: &str, value: &str) -> bool {
    let value = value.trim();
    let is_made_up = || {
        let value = value.to_ascii_lowercase();
        MADE_UP.iter().any(|word| value.contains(word)) || is_placeholder(&value) || is_default_secret(&value)
    };
    let is_token = TOKENS.iter().any(|start| value.starts_with(start)) && value.len() >= 20;
    let is_mixed =
        value.chars().any(|c| c.is_ascii_digit()) && value.chars().any(|c| c.is_ascii_alphabetic());
    let is_opaque = value.len() >= 12
        && is_mixed
        && !value.contains([' ', '$', ':', '<'])
        && (!value.contains('/') || is_base64(value));
    (is_token || (may_be_secret_key(key) && is_opaque)) && !is_made_up() && varies(value)
}

/// Whether a value with slashes is no path: long, of that alphabet alone, in both cases, and long between two slashes.
fn is_base64(value: &str) -> bool {
    value.len() >= 32
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))
        && value.chars().any(|c| c.is_ascii_uppercase())
        && value.chars().any(|c| c.is_ascii_lowercase())
        && !value.starts_with('/')
        && value.split('/').any(|part| part.len() >= 20)
}

/// Whether a value has many different characters: `sk-................` stands for a secret and is none.
fn varies(value: &str) -> bool {
    let mut characters: Vec<char> = value.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() >= 8
}
