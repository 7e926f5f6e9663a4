//! How hard a secret is to guess, as far as its text tells.
//!
//! It refuses to measure entropy: what it calls weak, a person would call weak at a glance.

/// Rows of a keyboard, and what people take for a sequence.
const ROWS: &[&str] = &["qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"];

/// Why a secret is weak, in words that do not show it. `least` is the fewest characters that it may have; `user` whose
/// password it is.
pub(super) fn weakness(key: &str, user: Option<&str>, secret: &str, least: u32) -> Option<String> {
    let text: Vec<char> = secret.chars().flat_map(char::to_lowercase).collect();
    let least = least as usize;
    if secret.chars().count() < least {
        return Some(format!("has fewer than {least} characters"));
    }
    let block = repeated(&text);
    if block < text.len() && block < least.max(1) {
        return Some("repeats itself".to_owned());
    }
    let mut distinct = text.clone();
    distinct.sort_unstable();
    distinct.dedup();
    // A PIN, where the manifest allows one, has no room for more.
    if distinct.len() <= 3 && text.len() >= 8 {
        return Some("has no more than three different characters".to_owned());
    }
    let surprises = 1 + text.windows(2).filter(|pair| !is_step(pair)).count();
    if surprises * 4 <= text.len() {
        return Some("is a sequence of letters, digits or keys".to_owned());
    }
    if names(key, &text) {
        return Some("is little more than its own name".to_owned());
    }
    let is_user =
        user.is_some_and(|user| !user.is_empty() && user.chars().flat_map(char::to_lowercase).eq(text));
    is_user.then(|| "is the name of its user".to_owned())
}

/// The length of the block that a text consists of, again and again; its whole length when there is none.
///
/// The failure function of Knuth, Morris and Pratt: a text with a border of length `b` repeats a block of `n - b`.
fn repeated(text: &[char]) -> usize {
    let mut borders: Vec<usize> = vec![0];
    for c in text.iter().skip(1) {
        let mut border = borders.last().copied().unwrap_or(0);
        while border > 0 && text.get(border) != Some(c) {
            border = borders.get(border - 1).copied().unwrap_or(0);
        }
        borders.push(if text.get(border) == Some(c) { border + 1 } else { 0 });
    }
    let block = text.len() - borders.last().copied().unwrap_or(0).min(text.len());
    // The last block may be cut short.
    if block > 0 && block * 2 <= text.len() { block } else { text.len() }
}

/// Whether the second character is what one expects behind the first.
fn is_step(pair: &[char]) -> bool {
    let [a, b] = pair else { return false };
    let near =
        u32::from(*a).abs_diff(u32::from(*b)) <= 1 && a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric();
    let on_row = |row: &&str| row.find(*a).zip(row.find(*b)).is_some_and(|(a, b)| a.abs_diff(b) == 1);
    near || ROWS.iter().any(on_row)
}

/// Whether a secret is its key, or the last words of it, with digits behind at most: `SESSION_SECRET=session-secret`.
fn names(key: &str, secret: &[char]) -> bool {
    let plain: String = secret.iter().filter(|c| c.is_alphanumeric()).collect();
    let plain = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let mut whole = String::new();
    let mut starts = Vec::new();
    for word in key.split(['_', '-', '.']) {
        starts.push(whole.len());
        whole.extend(word.chars().flat_map(char::to_lowercase));
    }
    let tail = whole.len().checked_sub(plain.len()).filter(|_| !plain.is_empty() && whole.ends_with(plain));
    tail.is_some_and(|start| starts.contains(&start))
}

#[cfg(test)]
mod tests {
    use super::weakness;

    #[test]
    fn what_is_weak() {
        for (secret, why) in [
            ("short", "has fewer than 12 characters"),
            ("aaaaaaaaaaaaaaaa", "repeats itself"),
            ("abc123abc123abc1", "repeats itself"),
            ("aabbabcabbacbab", "has no more than three different characters"),
            ("abcdefghijklmnop", "is a sequence of letters, digits or keys"),
            ("QWERTYuiop123456", "is a sequence of letters, digits or keys"),
            ("98765432109876", "is a sequence of letters, digits or keys"),
            ("session-secret", "is little more than its own name"),
            ("App_Session_Secret_2024", "is little more than its own name"),
        ] {
            assert_eq!(weakness("APP_SESSION_SECRET", None, secret, 12).as_deref(), Some(why), "{secret}");
        }
        let user = weakness("DATABASE_URL", Some("museum_application"), "Museum_Application", 12);
        assert_eq!(user.as_deref(), Some("is the name of its user"));
    }

    #[test]
    fn what_is_not() {
        for secret in [
            "0d8a1c7e51f0",
            "correct horse battery",
            "6f0c1e2d9a7b48835512",
            "Xq7-Lm2_pT9w",
            "493817205518",
            "AIzaSyA-1b2C3d4E5f6",
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----",
            "h4fj29dk2la8s7h4fj29dk2la8s7",
        ] {
            assert_eq!(weakness("APP_SESSION_SECRET", Some("app"), secret, 12), None, "{secret}");
        }
        assert_eq!(weakness("PIN", None, "4711", 4), None);
    }
}
