//! Secrets that a file in git gives a value, and what is wrong with that value.
use std::collections::BTreeMap;

use super::env::looks_real;
use super::secret::{in_url, is_default_secret, is_placeholder, is_secret_key};

/// What is wrong with a secret's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It was never filled in.
    Placeholder,
    /// It ships as a default, or is the name of its user.
    Guessable,
    /// It looks like a real one.
    Real,
}

impl Flaw {
    /// The flaw of a key's value, or of the password in a URL. `user` is the name that goes with the key, where there is
    /// one.
    pub(super) fn of(key: &str, value: &str, user: Option<&str>) -> Option<Self> {
        let value = value.trim();
        let key = snake(key);
        if is_secret_key(&key) && key != "KEY" && !key.starts_with("EXISTING") {
            return Self::of_secret(&key, value, user);
        }
        if let Some((user, password)) = in_url(value) {
            return Self::of_secret("PASSWORD", password, Some(user));
        }
        // A token of a known service is one under any key.
        looks_real(&key, value).then_some(Self::Real)
    }

    fn of_secret(key: &str, value: &str, user: Option<&str>) -> Option<Self> {
        if value.is_empty() {
            None
        } else if is_placeholder(value) {
            Some(Self::Placeholder)
        } else if is_default_secret(value) || user.is_some_and(|user| !user.is_empty() && user == value) {
            Some(Self::Guessable)
        } else {
            looks_real(key, value).then_some(Self::Real)
        }
    }

    /// The flaw in words, behind the name of the key.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Placeholder => "has a placeholder as its value",
            Self::Guessable => "is a secret with a value that anyone would guess",
            Self::Real => "has a value that looks like a real secret",
        }
    }
}

/// Users by what their keys begin with, for passwords to be held against: `DB_USER` goes with `DB_PASSWORD`.
#[derive(Default)]
pub(super) struct Users(BTreeMap<String, String>);

impl Users {
    /// Those among keys with values. What stands in front of the key (a service, a folder of keys) is a part of it.
    pub(super) fn of<'k>(all: impl Iterator<Item = (&'k str, &'k str, &'k str)>) -> Self {
        let stem =
            |key: &str| key.strip_suffix("USER").or_else(|| key.strip_suffix("USERNAME")).map(str::to_owned);
        let user = |(group, key, value): (&str, &str, &str)| {
            Some((format!("{group}/{}", stem(&snake(key))?), value.trim().to_owned()))
        };
        Self(all.filter_map(user).collect())
    }

    /// The user that goes with a password's key.
    pub(super) fn with(&self, group: &str, key: &str) -> Option<&str> {
        let key = snake(key);
        let stem =
            ["PASSWORD", "PASSWD", "PASS", "PWD"].iter().find_map(|ending| key.strip_suffix(ending))?;
        self.0.get(&format!("{group}/{stem}")).map(String::as_str)
    }
}

/// A key in upper case with `_` between its words, so that `secretAccessKey` is read like `SECRET_ACCESS_KEY`.
fn snake(key: &str) -> String {
    let mut words = String::with_capacity(key.len() + 4);
    let mut was_lower = false;
    for c in key.chars() {
        if c.is_uppercase() && was_lower {
            words.push('_');
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        words.push(if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws() {
        for (key, value, flaw) in [
            ("DB_PASSWORD", "postgres", Some(Flaw::Guessable)),
            ("secretAccessKey", "minioadmin", Some(Flaw::Guessable)),
            ("access_key", "changeme", Some(Flaw::Placeholder)),
            ("DATABASE_URL", "postgres://app:app@db/app", Some(Flaw::Guessable)),
            ("DATABASE_URL", "postgres://app:postgres@db/app", Some(Flaw::Guessable)),
            ("DATABASE_URL", "postgres://app:@db/app", None),
            ("DATABASE_URL", "postgres://app@db/app", None),
            ("API_TOKEN", "a8f2k1m9q4z7x3c6", Some(Flaw::Real)),
            ("DB_PASSWORD", "", None),
            ("DB_PASSWORD", "museum", None),
            ("existingSecret", "postgres", None),
            ("key", "test", None),
            ("DB_USER", "postgres", None),
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/x", None),
        ] {
            assert_eq!(Flaw::of(key, value, None), flaw, "{key}={value}");
        }
        assert_eq!(Flaw::of("DB_PASSWORD", "museum", Some("museum")), Some(Flaw::Guessable));
        let users = Users::of([("db", "dbUsername", "museum"), ("db", "DB_NAME", "x")].into_iter());
        assert_eq!(users.with("db", "DB_PASSWORD"), Some("museum"));
        assert_eq!(users.with("web", "DB_PASSWORD"), None);
        assert_eq!(users.with("db", "TOKEN"), None);
    }
}
