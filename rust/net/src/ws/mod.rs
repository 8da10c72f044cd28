//! WebSocket (RFC 6455) without I/O: bytes in, whole messages out; messages in, bytes out.
//!
//! ```text
//! received bytes ─▶ Decoder ─▶ Message (in place; fragments joined)
//! Message ─▶ encode ─▶ bytes to send
//! handshake: client_request ─▶ … ─▶ check_response │ read_request ─▶ accept_response
//! ```
//!
//! Both roles, so that the client and the simulator share one codec. No extension is ever offered
//! or accepted: OKX documents none.

mod decoder;
mod encode;
mod error;
pub mod handshake;

pub use decoder::Decoder;
pub use encode::{encode, encode_fragment};
pub use error::WsError;

/// Who we are: a client masks what it sends and expects unmasked input, a server the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// What a message is. Continuation frames never leave the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    pub const fn is_control(self) -> bool {
        self.bits() & 0x8 != 0
    }
}

/// A whole message; `payload` lies in the decoder's buffer until its next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub opcode: Opcode,
    /// Valid UTF-8 when `opcode` is `Text`.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// Code and reason of a close message; `None` when it carries none, or is no close message.
    pub fn close(&self) -> Option<(u16, &'a str)> {
        if self.opcode != Opcode::Close {
            return None;
        }
        let (code, reason) = self.payload.split_first_chunk::<2>()?;
        Some((u16::from_be_bytes(*code), std::str::from_utf8(reason).ok()?))
    }
}

/// What a close code means, in OKX's words where the code is OKX's.
pub const fn close_reason(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "data type not accepted",
        1007 => "payload not consistent with its type",
        1008 => "policy violation",
        1009 => "subscribe request too large",
        1010 => "extension expected",
        1011 => "internal error of the server",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        4001 => "login failed",
        4002 => "invalid parameter or request",
        4003 => "more than 100 accounts logged in",
        4004 => "idle for 30 s",
        4005 => "server write buffer full (slow consumer)",
        4006 => "closed for an abnormal condition",
        4007 => "API key changed or deleted; reconnect",
        4008 => "total subscribed channels over the limit",
        4009 => "subscribed channels on this connection over the limit",
        _ => "unknown close code",
    }
}
