//! Values taken out of what another program says.
use std::collections::BTreeSet;

use crate::model::Hidden;
use crate::rules::secret::in_url;

/// Shorter values are left alone: they are in every text.
const SHORTEST: usize = 4;

/// The values that no text may show.
#[derive(Default)]
pub struct Masks {
    /// Longest first, so that what holds another one goes whole.
    values: Vec<Hidden>,
}

impl Masks {
    /// Masks for values, for the lines of those with several, for what stands in their quotes, and for passwords in them.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut all: BTreeSet<&str> = BTreeSet::new();
        for value in values {
            let inner = value.trim().trim_matches(['"', '\'', '`']).trim();
            all.extend([value, inner]);
            all.extend(inner.lines().map(str::trim));
            all.extend(in_url(inner).map(|(_, password)| password));
        }
        all.retain(|text| text.chars().count() >= SHORTEST);
        let mut all: Vec<&str> = all.into_iter().collect();
        all.sort_by_key(|text| (std::cmp::Reverse(text.len()), *text));
        Self { values: all.into_iter().map(Hidden::new).collect() }
    }

    /// A text without any of the values.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in self.values.iter().map(Hidden::reveal) {
            if masked.contains(value) {
                masked = masked.replace(value, "…");
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::Masks;

    #[test]
    fn nothing_is_left() {
        let masks =
            Masks::new(["postgres://app:hunter22@db/x", "\"quoted\"", "two\nlines here", "abc", "hunter22x"]);
        for (text, masked) in [
            ("cannot reach postgres://app:hunter22@db/x", "cannot reach …"),
            ("password hunter22 refused", "password … refused"),
            ("hunter22xy", "…y"),
            ("quoted and abc", "… and abc"),
            ("at `lines here`", "at `…`"),
        ] {
            assert_eq!(masks.mask(text), masked);
        }
    }
}
