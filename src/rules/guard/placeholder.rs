//! Values that were never meant to run.
use globset::GlobSet;

use crate::rules::secret::{is_default_secret, is_placeholder};

/// Why the value is a placeholder, in words that do not show it; `None` when it is not.
pub(super) fn of(is_secret: bool, value: &str, declared: &GlobSet) -> Option<&'static str> {
    if value.trim().is_empty() {
        return None;
    }
    if is_placeholder(value) {
        return Some("still has a placeholder as its value");
    }
    if declared.is_match(value.trim()) {
        return Some("has a value that the manifest calls a placeholder");
    }
    let guessed = is_secret && is_default_secret(value);
    guessed.then_some("is a secret with a value that anyone would guess")
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::rules::secret::set;

    #[test]
    fn a_default_is_a_secret_only_where_one_is_asked_for() {
        assert!(of(true, "postgres", &set::<&str>(&[])).is_some());
        assert!(of(true, "minioadmin", &set::<&str>(&[])).is_some());
        assert!(of(false, "postgres", &set::<&str>(&[])).is_none());
        assert!(of(true, "a-real-one-4711", &set::<&str>(&[])).is_none());
        assert!(of(false, "FROM-vault", &set(&["from-*"])).is_some());
    }
}
