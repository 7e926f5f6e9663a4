//! An approval of a plan: what was signed, by whose key, for which database, until when.
//!
//! JSON of a version, a signature of the content's bytes as they stand, and the content. Nothing in it is secret.
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::signature::{PublicKey, SigningKey};

/// The version of the shape that this build writes and reads.
const VERSION: u32 = 1;

/// Signed before the content, so that a signature of something else is none of an approval.
const PURPOSE: &[u8] = b"trueup approval 1\n";

/// What is approved.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The hash of the plan.
    pub plan: String,
    /// The target's name.
    pub target: String,
    /// What names its database.
    pub database: String,
    /// When it was signed, RFC 3339 in UTC.
    pub approved_at: String,
    /// Until when it speaks.
    pub expires_at: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    approval: u32,
    ed25519: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// The text of an approval.
pub fn write(approval: &Approval, key: &SigningKey) -> String {
    // Plain data with text keys is always JSON.
    let content = serde_json::to_string_pretty(approval).unwrap_or_default();
    let Ok(raw) = serde_json::from_str::<&RawValue>(&content) else { return String::new() };
    let envelope = Envelope { approval: VERSION, ed25519: key.sign(&signed(raw.get())), content: raw };
    serde_json::to_string_pretty(&envelope).unwrap_or_default() + "\n"
}

/// Reads an approval. Answers what it says, and the place of the key that signed it; none when none of them did.
///
/// # Errors
/// When it is none, in words.
pub fn read(text: &str, keys: &[PublicKey]) -> Result<(Approval, Option<usize>), String> {
    let envelope: Envelope<'_> =
        serde_json::from_str(text).map_err(|error| format!("this build cannot read it: {error}"))?;
    if envelope.approval != VERSION {
        return Err(format!(
            "it is of version {}, and this build reads version {VERSION}",
            envelope.approval
        ));
    }
    let content = envelope.content.get();
    let signed = signed(content);
    let by = keys.iter().position(|key| key.is_signed(&signed, &envelope.ed25519));
    let approval =
        serde_json::from_str(content).map_err(|error| format!("this build cannot read it: {error}"))?;
    Ok((approval, by))
}

fn signed(content: &str) -> Vec<u8> {
    [PURPOSE, content.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::{Approval, read, write};
    use crate::digest::signature::SigningKey;

    #[test]
    fn only_what_was_signed_by_a_listed_key_counts() {
        let pem = |seed: &str| {
            format!("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI{seed}\n-----END PRIVATE KEY-----\n")
        };
        let key = SigningKey::read(&pem("J1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g")).unwrap();
        let other = SigningKey::read(&pem("AABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")).unwrap();
        let approval = Approval { plan: "aa11".into(), target: "new".into(), ..Approval::default() };
        let text = write(&approval, &key);
        assert_eq!(read(&text, &[other.public(), key.public()]), Ok((approval.clone(), Some(1))));
        assert_eq!(read(&text, &[other.public()]), Ok((approval, None)));
        let changed = text.replace("aa11", "bb22");
        assert_eq!(read(&changed, &[key.public()]).unwrap().1, None);
        for broken in
            ["", "{}", &text.replace("\"approval\": 1", "\"approval\": 2"), &text.replace("plan", "plans")]
        {
            assert!(read(broken, &[key.public()]).is_err(), "{broken}");
        }
    }
}
