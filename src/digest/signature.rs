//! Ed25519 signatures.
//!
//! Owns keys in the forms that `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write: PEM of PKCS #8 and of
//! SPKI. Refuses every other form, and to show a private key.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::short::short;
use crate::model::Cause;

/// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410).
const PRIVATE: &[u8] = &[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What stands before the 32 bytes of a public key in SPKI (RFC 8410).
const PUBLIC: &[u8] = &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// A key that signs.
pub struct SigningKey(Ed25519KeyPair);

/// A key that checks signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl SigningKey {
    /// Reads a private key.
    ///
    /// # Errors
    /// When it is no unencrypted PEM of an ed25519 key.
    pub fn read(pem: &str) -> Result<Self, Cause> {
        let no = || {
            Cause::new("it is no private ed25519 key in PEM")
                .hint("make one with `openssl genpkey -algorithm ed25519 -out key.pem`")
        };
        let bytes = unarmoured(pem, "PRIVATE KEY").ok_or_else(no)?;
        let seed = bytes.strip_prefix(PRIVATE).ok_or_else(no)?;
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| no())
    }

    /// The signature of a message, in base64.
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message))
    }

    /// The key that checks what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

impl PublicKey {
    /// Reads a public key.
    ///
    /// # Errors
    /// When it is no PEM of an ed25519 key.
    pub fn read(pem: &str) -> Result<Self, Cause> {
        let no = || {
            Cause::new("it is no public ed25519 key in PEM")
                .hint("write it with `openssl pkey -in key.pem -pubout -out public.pem`")
        };
        let bytes = unarmoured(pem, "PUBLIC KEY").ok_or_else(no)?;
        let key = bytes.strip_prefix(PUBLIC).filter(|key| key.len() == 32).ok_or_else(no)?;
        Ok(Self(key.to_vec()))
    }

    /// Whether this key's owner signed a message.
    pub fn is_signed(&self, message: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, &signature).is_ok()
    }

    /// A short name of the key, for people who compare two.
    pub fn name(&self) -> String {
        short(&STANDARD.encode(&self.0))
    }
}

/// The bytes between the two lines of an armour.
fn unarmoured(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

    /// The key and the signature of an empty message in RFC 8032, 7.1, test 1.
    #[test]
    fn the_known_answer() {
        let key = SigningKey::read(KEY).unwrap();
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----";
        assert_eq!(PublicKey::read(pem), Ok(key.public()));
        let signature = key.sign(b"");
        let known =
            "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";
        assert_eq!(signature, known);
        assert!(key.public().is_signed(b"", &signature));
        assert!(!key.public().is_signed(b"x", &signature));
        assert!(!key.public().is_signed(b"", "nonsense"));
        assert!(!key.public().is_signed(b"", &signature.replacen('5', "6", 1)));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in
            ["", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", &KEY.replace("MC4", "MC5")]
        {
            assert!(SigningKey::read(text).is_err(), "{text}");
            assert!(PublicKey::read(text).is_err(), "{text}");
        }
    }
}
