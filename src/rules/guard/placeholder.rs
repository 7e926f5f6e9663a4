//! Values that were never meant to run.
use crate::rules::secret::{is_default_secret, is_placeholder, is_secret_key, set};

/// Why the value is a placeholder, in words that do not show it; `None` when it is not.
pub(super) fn of(key: &str, value: &str, declared: &[&str]) -> Option<&'static str> {
    if value.trim().is_empty() {
        return None;
    }
    if is_placeholder(value) {
        return Some("still has a placeholder as its value");
    }
    if set(declared).is_match(value.trim()) {
        return Some("has a value that the manifest calls a placeholder");
    }
    let guessed = is_default_secret(value) && is_secret_key(key);
    guessed.then_some("is a secret with a value that anyone would guess")
}

#[cfg(test)]
mod tests {
    use super::of;

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
