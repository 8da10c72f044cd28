//! HMAC-SHA256 signatures, base64, as OKX wants them.
//!
//! ```text
//! prehash = timestamp + method + path?query + body      (REST; login: timestamp + "GET" + "/users/self/verify")
//! sign    = base64(HMAC-SHA256(secret, prehash))
//! ```
//!
//! Source: OKX API v5, Overview › REST authentication › Signature; WebSocket › Login.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::hint::black_box;
use zeroize::Zeroize as _;

/// A key whose first HMAC block is already hashed; each signature starts from a copy of that state.
/// The state is wiped when dropped, and never printed.
#[derive(Clone)]
pub struct Signer {
    keyed: Hmac<Sha256>,
}

/// A signature: 44 base64 characters, on the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 44]);

impl Signer {
    pub fn new(secret: &[u8]) -> Self {
        let signer = Self::keyed(secret);
        wipe_below();
        signer
    }

    /// Leaves the padded key in its frame of the stack.
    #[inline(never)]
    fn keyed(secret: &[u8]) -> Self {
        Self { keyed: Hmac::new_from_slice(secret).expect("HMAC takes a key of any length") }
    }

    /// Signs the concatenation of `parts`.
    pub fn sign(&self, parts: &[&[u8]]) -> Signature {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(part);
        }
        let mut out = [0; 44];
        STANDARD.encode_slice(mac.finalize().into_bytes(), &mut out).expect("32 bytes are 44 in base64");
        Signature(out)
    }

    /// Signs a WebSocket login at `timestamp` (Unix seconds, as the text that is sent).
    pub fn sign_login(&self, timestamp: &str) -> Signature {
        self.sign(&[timestamp.as_bytes(), b"GET/users/self/verify"])
    }
}

/// Overwrites what the last call left on the stack: its frame lay where ours is.
#[inline(never)]
fn wipe_below() {
    let mut frame = [0xFF_u8; 4096];
    frame.zeroize();
    black_box(&frame);
}

impl Signature {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base64 is ASCII")
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_vectors_of_the_documentation_secret() {
        let signer = Signer::new(b"22582BD0CFF14C41EDBF1AB98506286D");
        for (timestamp, want) in
            [("1704876947", "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="), ("1538054050", "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M=")]
        {
            assert_eq!(signer.sign_login(timestamp).as_str(), want);
        }
    }

    #[test]
    fn neither_key_nor_signature_is_printed() {
        let signer = Signer::new(b"canary");
        assert!(!format!("{signer:?} {:?}", signer.sign(&[b"x"])).contains(signer.sign(&[b"x"]).as_str()));
        assert!(!format!("{signer:?}").contains("canary"));
    }
}
