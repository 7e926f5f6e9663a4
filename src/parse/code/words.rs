//! Words that could be keys.
use std::collections::BTreeSet;

/// Longer ones are data.
const LONGEST_BYTES: usize = 128;

/// Adds the upper-case words of a piece of code.
pub(super) fn words(text: &str, found: &mut BTreeSet<String>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for word in text.split(|c| !is_part(c)).filter(|word| (2..=LONGEST_BYTES).contains(&word.len())) {
        let is_key = word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && !word.contains(|c: char| c.is_ascii_lowercase());
        if is_key && !found.contains(word) {
            found.insert(word.to_owned());
        }
    }
}
