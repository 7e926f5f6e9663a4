//! A short digest of a text, for names that stand for it.
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The first 12 hex digits of a text's SHA-256. Two texts of a million share one with a chance of about 1 in 500.
pub fn short(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(6).fold(String::with_capacity(12), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
