//! A fingerprint as a file.
//!
//! JSON of a version, a SHA-256 of the content's bytes as they stand, perhaps a signature of the same bytes, and the content. The
//! digest finds accidents and edits by hand; only a signature stands against somebody who means it.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::Fingerprint;
use crate::digest::signature::{PublicKey, SigningKey};
use crate::model::{Cause, Look};

/// The version of the shape that this build writes and reads.
const VERSION: u32 = 1;

/// Signed before the content, so that a signature of something else is none of a fingerprint.
const PURPOSE: &[u8] = b"trueup fingerprint 1\n";

const HINT: &str = "take it again with `trueup fingerprint ENDPOINT -o FILE`";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    fingerprint: u32,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ed25519: Option<String>,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// A fingerprint that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// What it says.
    pub print: Fingerprint,
    /// The SHA-256 of its content.
    pub sha256: String,
    /// What is known of its signature, in words.
    pub signature: String,
}

/// The text of a fingerprint, signed where there is a key.
pub fn write(print: &Fingerprint, key: Option<&SigningKey>) -> String {
    // Plain data with text keys is always JSON.
    let content = serde_json::to_string_pretty(print).unwrap_or_default();
    let Ok(raw) = serde_json::from_str::<&RawValue>(&content) else { return String::new() };
    let envelope = Envelope {
        fingerprint: VERSION,
        sha256: hex(raw.get()),
        ed25519: key.map(|key| key.sign(&signed(raw.get()))),
        content: raw,
    };
    serde_json::to_string_pretty(&envelope).unwrap_or_default() + "\n"
}

/// Reads a fingerprint, whose signature must be that of `key` where there is one.
///
/// # Errors
/// When it is none, not whole, of another version, or not signed as it must be.
pub fn read(text: &str, key: Option<&PublicKey>) -> Result<Read, Cause> {
    let no = |message: String| Err(Cause::new(message).hint(HINT));
    match version(text) {
        Err(message) => return no(message),
        Ok(VERSION) => {}
        Ok(other) => {
            return no(format!(
                "it is a fingerprint of version {other}, and this build reads version {VERSION}"
            ));
        }
    }
    let envelope: Envelope<'_> = match serde_json::from_str(text) {
        Ok(envelope) => envelope,
        Err(error) => return no(format!("it is no fingerprint that this build reads: {error}")),
    };
    let content = envelope.content.get();
    let sha256 = hex(content);
    if sha256 != envelope.sha256 {
        return no("it was changed after it was taken: its digest does not fit its content".into());
    }
    let signature = match (&envelope.ed25519, key) {
        (None, None) => "not signed".to_owned(),
        (Some(_), None) => "signed, and not checked".to_owned(),
        (None, Some(_)) => {
            return Err(Cause::new("it is not signed, and a signature is demanded")
                .hint("take it with `--sign-key`, or leave out `--verify-key`"));
        }
        (Some(signature), Some(key)) if key.is_signed(&signed(content), signature) => {
            format!("signed by the key {}", key.name())
        }
        (Some(_), Some(_)) => {
            return Err(Cause::new(
                "its signature is not that of the key that is demanded, or it was changed",
            )
            .hint("was it signed with the private half of this `--verify-key`?"));
        }
    };
    let print: Fingerprint = match serde_json::from_str(content) {
        Ok(print) => print,
        Err(error) => return no(format!("it is no fingerprint that this build reads: {error}")),
    };
    let is_sound = |look: &Look<super::RowsPrint>| look.got().is_none_or(super::RowsPrint::is_sound);
    if let Some(table) = print.tables.iter().find(|table| !is_sound(&table.rows)) {
        return no(format!("its digest of `{}` is none that this build could have written", table.source));
    }
    Ok(Read { print, sha256, signature })
}

fn version(text: &str) -> Result<u32, String> {
    #[derive(Deserialize)]
    struct Version {
        fingerprint: Option<u32>,
        kind: Option<String>,
    }
    match serde_json::from_str::<Version>(text) {
        Ok(Version { fingerprint: Some(version), .. }) => Ok(version),
        Ok(Version { kind: Some(kind), .. }) if kind == "schema" => {
            Err("it is a snapshot of a schema, which holds no digest of rows".into())
        }
        Ok(_) => Err("it is no fingerprint".into()),
        Err(error) if error.is_eof() => Err("it ends in the middle, or holds nothing".into()),
        Err(error) => Err(format!("it is no fingerprint: {error}")),
    }
}

fn signed(content: &str) -> Vec<u8> {
    [PURPOSE, content.as_bytes()].concat()
}

fn hex(content: &str) -> String {
    Sha256::digest(content.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The JSON Schema of the file, with a line end.
pub fn json_schema() -> String {
    let mut content = schemars::schema_for!(Fingerprint).to_value();
    // A reference is looked up at the root.
    let mut lifted = |name: &str| content.as_object_mut().and_then(|content| content.remove(name));
    let (dialect, definitions) = (lifted("$schema"), lifted("$defs"));
    let schema = serde_json::json!({
        "$schema": dialect,
        "title": "trueup fingerprint",
        "type": "object",
        "additionalProperties": false,
        "required": ["fingerprint", "sha256", "content"],
        "properties": {
            "fingerprint": { "const": VERSION, "description": "the version of this shape" },
            "sha256": { "type": "string", "description": "the SHA-256 of the content's bytes as they stand, in lower-case hex" },
            "ed25519": { "type": "string", "description": "the signature of `trueup fingerprint 1`, a line end and the same bytes, in base64" },
            "content": content
        },
        "$defs": definitions
    });
    format!("{schema:#}\n")
}
