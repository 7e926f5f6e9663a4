//! Digests of what a report says.
//!
//! It owns the canonical form: object keys sorted, no white space. The digest finds accidents and edits by hand; it
//! is no signature, since whoever edits a report can also compute a new digest.
use std::fmt::Write as _;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What a report's digest speaks for: what was asked and what came of it, not when, nor what follows from the checks.
pub(super) const COVERED: [&str; 7] =
    ["schema", "command", "checks", "not_compared", "surveys", "copy", "part"];

/// `sha256:` and the digest over the covered fields of a report, in canonical form.
pub(super) fn of(document: &Value) -> String {
    format!("sha256:{}", sha256_hex(covered(document).to_string().as_bytes()))
}

/// The covered fields alone, in canonical form.
fn covered(document: &Value) -> Value {
    let mut kept = Map::new();
    for name in COVERED {
        if let Some(value) = document.get(name) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    let mut kept = Value::Object(kept);
    kept.sort_all_objects();
    kept
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a `String` can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
