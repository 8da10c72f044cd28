//! The one error enum of the core: what a message did wrong, with expected and got.

use std::fmt;

/// Why a frame, or one subscription's message, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The frame is neither `pong` nor a JSON object with `event`, or with `arg` and `data`.
    NotOkx { got: String },
    /// A push for a known channel whose content does not have the documented shape.
    Malformed { channel: String, inst_id: String, what: &'static str, got: String },
}

impl Error {
    pub(crate) fn not_okx(frame: &[u8]) -> Self {
        Self::NotOkx { got: excerpt(frame) }
    }
}

/// The beginning of what came, for messages: printable, bounded.
pub fn excerpt(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    let text = String::from_utf8_lossy(bytes.get(..MOST).unwrap_or(bytes)).escape_debug().to_string();
    if bytes.len() > MOST { format!("{text}… ({} bytes)", bytes.len()) } else { text }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOkx { got } => write!(f, "expected an OKX event or push, got {got}"),
            Self::Malformed { channel, inst_id, what, got } => write!(f, "{inst_id}: {channel}: expected {what}, got {got}"),
        }
    }
}

impl std::error::Error for Error {}

/// What OKX's WebSocket codes mean for a caller, and what to do about them.
///
/// Source: OKX API v5, Error codes › WebSocket.
pub fn hint(code: &str) -> &'static str {
    match code {
        "60004" | "60006" => "the login timestamp is off: check the clock",
        "60005" | "60032" => "the API key is unknown here: live, demo and regional sites have separate keys",
        "60007" => "the signature is wrong: check the secret",
        "60008" | "60018" | "64001" | "64002" => "no such channel or instrument on this socket: check both names and the site",
        "60009" | "63999" => "login failed: check key, passphrase and site",
        "60011" => "this channel needs a login",
        "60012" | "60013" | "60019" | "60027" | "60033" | "64000" => "OKX did not accept the request as written",
        "60014" => "too many requests: 480 subscribe, unsubscribe and login requests an hour on one connection",
        "60024" => "the passphrase is wrong",
        "60028" => "this operation belongs to another socket",
        "64003" => "the fee tier is too low for this channel (VIP4 for the tick-by-tick books)",
        "64004" => "books-l2-tbt of this instrument is on the same connection and excludes this channel",
        "64007" => "OKX failed inside: the subscription is tried again",
        "64008" => "OKX closes this connection within 60 s for an upgrade: it is opened anew",
        _ => "",
    }
}

/// Codes after which the same request may succeed a little later.
pub fn is_temporary(code: &str) -> bool {
    matches!(code, "60014" | "63999" | "64007" | "50001" | "50011" | "50013" | "50026")
}
