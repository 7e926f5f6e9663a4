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
    "password", "xxx",
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
    let value = assignment.value.as_ref().map_or("", |value| value.reveal().trim());
    let is_made_up = || {
        let value = value.to_ascii_lowercase();
        MADE_UP.iter().any(|word| value.contains(word)) || is_placeholder(&value) || is_default_secret(&value)
    };
    let is_token = TOKENS.iter().any(|start| value.starts_with(start)) && value.len() >= 20;
    let is_mixed =
        value.chars().any(|c| c.is_ascii_digit()) && value.chars().any(|c| c.is_ascii_alphabetic());
    let is_opaque = value.len() >= 12 && is_mixed && !value.contains([' ', '/', '$', ':', '<']);
    (is_token || (may_be_secret_key(&assignment.key) && is_opaque)) && !is_made_up() && varies(value)
}

/// Whether a value has many different characters: `sk-................` stands for a secret and is none.
fn varies(value: &str) -> bool {
    let mut characters: Vec<char> = value.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    characters.len() >= 8
}
