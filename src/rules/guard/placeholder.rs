//! Values that were never meant to run.
use std::sync::OnceLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Whole values that stand for "fill me in", whatever the key. Case does not matter.
const PLACEHOLDERS: &[&str] = &[
    "<*>",
    "*change[-_ ]me*",
    "*changeme*",
    "*change[-_ ]this*",
    "*changethis*",
    "*replace[-_ ]me*",
    "*replace[-_ ]with[-_ ]*",
    "your[-_]*[-_]here",
    "your[-_]{api,secret,access,token,password}*",
    "{placeholder,placeholder[-_]*,*[-_]placeholder}",
    "{todo,tbd,fixme,...,…}",
];

/// Values that ship as defaults, and are no secret wherever a secret is asked for.
const DEFAULT_SECRETS: &[&str] = &[
    "{password,passwd,passw0rd,secret,admin,root,guest,default,example,dummy,test,testing,postgres,minioadmin}",
    "{admin,password,secret,test}{1,12,123,1234}",
    "{123456,1234567,12345678,123456789,qwerty,letmein,hunter2,supersecret,topsecret,s3cr3t,secretkey,mysecret}",
];

/// Why the value is a placeholder, in words that do not show it; `None` when it is not.
pub(super) fn of(key: &str, value: &str, declared: &[&str]) -> Option<&'static str> {
    static BUILT_IN: OnceLock<GlobSet> = OnceLock::new();
    static DEFAULTS: OnceLock<GlobSet> = OnceLock::new();
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    let crossed_out = value.len() >= 3 && value.chars().all(|c| matches!(c, 'x' | 'X'));
    if crossed_out || BUILT_IN.get_or_init(|| set(PLACEHOLDERS)).is_match(value) {
        return Some("still has a placeholder as its value");
    }
    if set(declared).is_match(value) {
        return Some("has a value that the manifest calls a placeholder");
    }
    let is_default = DEFAULTS.get_or_init(|| set(DEFAULT_SECRETS)).is_match(value);
    (is_default && is_secret(key)).then_some("is a secret with a value that anyone would guess")
}

fn set<S: AsRef<str>>(patterns: &[S]) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern.as_ref()).case_insensitive(true).literal_separator(false).build();
        // A declared glob was held to its form with the manifest; the built-in ones by the test below.
        if let Ok(glob) = glob {
            builder.add(glob);
        }
    }
    builder.build().unwrap_or_default()
}

/// Whether a key names a secret, by the words between its underscores.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    let mut words = key.split(['_', '-', '.']);
    let public = key.contains("PUBLIC");
    let last_is_key = key.ends_with("_KEY") || key.ends_with("APIKEY");
    words.any(|word| {
        matches!(word, "PASSWORD" | "PASSWD" | "PASS" | "SECRET" | "TOKEN" | "CREDENTIAL" | "CREDENTIALS")
    }) || (last_is_key && !public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_glob_is_one() {
        for pattern in PLACEHOLDERS.iter().chain(DEFAULT_SECRETS) {
            assert!(GlobBuilder::new(pattern).build().is_ok(), "{pattern}");
        }
    }

    #[test]
    fn what_is_a_placeholder() {
        for value in [
            "<change-me>",
            "CHANGEME",
            "please_change_me",
            "your-api-key-here",
            "xxx",
            "TODO",
            "<your token>",
        ] {
            assert!(of("ANY", value, &[]).is_some(), "{value}");
        }
        for value in [
            "",
            "/img/placeholder.png",
            "production",
            "https://example.com",
            "a<b>c",
            "xx",
            "google-gla:gemini",
            "your",
        ] {
            assert!(of("ANY", value, &[]).is_none(), "{value}");
        }
    }

    #[test]
    fn a_default_is_a_secret_only_where_one_is_asked_for() {
        assert!(of("DB_PASSWORD", "postgres", &[]).is_some());
        assert!(of("MINIO_ACCESS_KEY", "minioadmin", &[]).is_some());
        assert!(of("DB_USER", "postgres", &[]).is_none());
        assert!(of("PUBLIC_KEY", "test", &[]).is_none());
        assert!(of("DB_PASSWORD", "a-real-one-4711", &[]).is_none());
        assert!(of("X", "FROM-vault", &["from-*"]).is_some());
    }
}
