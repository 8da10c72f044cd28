//! Every way a peer can break the framing rules; each says what was expected and what came.

use std::fmt;

use super::Opcode;

/// A broken frame. The connection cannot go on: close it with [`WsError::close_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WsError {
    /// A reserved bit is set although no extension was agreed; `got` holds the three bits.
    ReservedBits { got: u8 },
    /// An opcode RFC 6455 does not define.
    UnknownOpcode { got: u8 },
    /// A client's frame without a mask, or a server's frame with one.
    Masking { expected: bool },
    /// A length written in more bytes than it needs.
    LengthNotMinimal { got: u64, bytes: u8 },
    /// A control frame longer than 125 bytes.
    ControlTooLong { opcode: Opcode, got: u64 },
    /// A control frame without FIN.
    ControlFragmented { opcode: Opcode },
    /// A continuation frame, but no message is in progress.
    UnexpectedContinuation,
    /// A new message before the last fragment of the one in progress.
    ExpectedContinuation { got: Opcode },
    /// A close payload of one byte: neither empty nor a code.
    CloseTooShort { got: usize },
    /// A close code that may not appear on the wire.
    CloseCode { got: u16 },
    /// Text, or a close reason, that is not UTF-8.
    NotUtf8 { opcode: Opcode, valid_up_to: usize },
    /// A message over the decoder's limit (found in the header, before it is buffered).
    TooBig { limit: usize, got: u64 },
}

impl WsError {
    /// The close code that tells the peer.
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::NotUtf8 { .. } => 1007,
            Self::TooBig { .. } => 1009,
            _ => 1002,
        }
    }
}

impl fmt::Display for WsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ReservedBits { got } => {
                write!(f, "frame: expected reserved bits 000, got {got:03b}")
            }
            Self::UnknownOpcode { got } => {
                write!(f, "frame: expected opcode 0-2 or 8-10, got {got}")
            }
            Self::Masking { expected: true } => f.write_str("frame: expected masked (from a client), got unmasked"),
            Self::Masking { expected: false } => f.write_str("frame: expected unmasked (from a server), got masked"),
            Self::LengthNotMinimal { got, bytes } => write!(f, "frame: expected the shortest form of length, got {got} in {bytes} bytes"),
            Self::ControlTooLong { opcode, got } => {
                write!(f, "{opcode:?} frame: expected at most 125 bytes, got {got}")
            }
            Self::ControlFragmented { opcode } => {
                write!(f, "{opcode:?} frame: expected FIN, got a fragment")
            }
            Self::UnexpectedContinuation => f.write_str("frame: expected a new message, got a continuation"),
            Self::ExpectedContinuation { got } => {
                write!(f, "frame: expected a continuation, got a new {got:?}")
            }
            Self::CloseTooShort { got } => write!(f, "Close frame: expected a payload of 0 or at least 2 bytes, got {got}"),
            Self::CloseCode { got } => write!(f, "Close frame: expected a code from 1000-1003, 1007-1014 or 3000-4999, got {got}"),
            Self::NotUtf8 { opcode, valid_up_to } => {
                write!(f, "{opcode:?} message: expected UTF-8, got something else at byte {valid_up_to}")
            }
            Self::TooBig { limit, got } => {
                write!(f, "message: expected at most {limit} bytes, got {got}")
            }
        }
    }
}

impl std::error::Error for WsError {}
