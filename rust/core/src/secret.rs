//! What must never be seen: the API secret and the passphrase.
//!
//! ```text
//! secret ─▶ Signer (keyed once; the secret itself is not kept) ─┐
//! key, passphrase ──────────────────────────────────────────────┴─▶ Credentials, Debug: the key's beginning
//! ```
//!
//! Bytes are wiped when dropped. Nothing here can be printed, compared or copied out by accident: reading takes a call
//! whose name says so.
//!
//! Source: OKX API v5, Overview › REST authentication.

use crate::sign::Signer;
use std::fmt;
use zeroize::Zeroizing;

/// Characters of a key that may be shown: enough to tell keys apart, useless to anyone else.
const SHOWN: usize = 4;

/// Bytes that are wiped when dropped and never printed.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the buffer as it is: nothing is copied, so nothing is left behind.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be put on the wire or into a key.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What an account signs with. Every part is known to fit into a header line.
pub struct Credentials {
    key: String,
    passphrase: Secret,
    signer: Signer,
}

/// Why credentials cannot be used; names the part, never its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCredentials {
    /// `key`, `secret` or `passphrase`.
    pub part: &'static str,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Credentials {
    /// Keys the signer and lets go of the secret, which its owner wipes by dropping it.
    pub fn new(key: &str, secret: &Secret, passphrase: Secret) -> Result<Self, BadCredentials> {
        let refuse = |part, what| Err(BadCredentials { part, what });
        for (part, bytes) in [("key", key.as_bytes()), ("secret", secret.expose()), ("passphrase", passphrase.expose())] {
            match bytes {
                [] => return refuse(part, "it is empty"),
                [b' ', ..] | [.., b' '] => return refuse(part, "it begins or ends with a space"),
                _ if bytes.iter().any(u8::is_ascii_control) => return refuse(part, "it holds a control character (a line break?)"),
                _ => {}
            }
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return refuse("key", "it holds something other than letters, digits and dashes");
        }
        Ok(Self { key: key.to_owned(), passphrase, signer: Signer::new(secret.expose()) })
    }

    /// The API key, whole: for the header `OK-ACCESS-KEY` and for telling accounts apart. Not for logs: see [`Self::hint`].
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn passphrase(&self) -> &Secret {
        &self.passphrase
    }

    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The beginning of the key, for logs and errors: `abcd…`.
    pub fn hint(&self) -> String {
        let shown = SHOWN.min(self.key.len() / 2);
        format!("{}…", self.key.get(..shown).unwrap_or_default())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("key", &self.hint()).finish_non_exhaustive()
    }
}

impl fmt::Display for BadCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} cannot be used: {}", self.part, self.what)
    }
}

impl std::error::Error for BadCredentials {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn credentials(key: &str, secret: &str, passphrase: &str) -> Result<Credentials, BadCredentials> {
        Credentials::new(key, &Secret::from(secret.as_bytes()), Secret::from(passphrase.as_bytes()))
    }

    #[test]
    fn debug_shows_four_characters_of_the_key_and_nothing_else() {
        let all = credentials("5d0c1f2a-canary-key", "canary-secret", "canary-pass").unwrap();
        let shown = format!("{all:?} {all:#?} {:?} {:?} {}", all.passphrase(), all.signer(), all.hint());
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("5d0c…"), "{shown}");
        assert_eq!(credentials("abc", "s", "p").unwrap().hint(), "a…");
    }

    #[test]
    fn what_no_header_can_carry_is_refused_by_name_and_without_its_content() {
        for (key, secret, passphrase, part) in [
            ("", "s", "p", "key"),
            ("k", "", "p", "secret"),
            ("k", "s", "", "passphrase"),
            ("canary\r\nx: y", "s", "p", "key"),
            ("canäry", "s", "p", "key"),
            ("can ary", "s", "p", "key"),
            ("k", "canary\n", "p", "secret"),
            ("k", "s", "canary\n", "passphrase"),
            ("k", "s", " canary", "passphrase"),
            ("k", "s", "canary ", "passphrase"),
            ("k", "s", "can\0ary", "passphrase"),
        ] {
            let error = credentials(key, secret, passphrase).unwrap_err();
            assert_eq!(error.part, part, "{key:?} {secret:?} {passphrase:?}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
        assert!(credentials("k", "s", "pass phrase with ümlaut!").is_ok());
    }
}
