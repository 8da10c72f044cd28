//! Received bytes to messages, in place in one reusable buffer.

use std::ops::Range;

use super::encode::apply_mask;
use super::{Message, Opcode, Role, WsError};
use crate::buffer::Buffer;

const MAX_CONTROL: u64 = 125;

/// Turns received bytes into whole messages.
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    max_message: usize,
    buf: Buffer,
    /// Fragments of the message in progress, or of the one last handed out.
    joined: Vec<u8>,
    in_progress: Option<Opcode>,
    /// Set by a close message (nothing follows it) or an error (which is final).
    over: Option<Result<(), WsError>>,
}

/// Where a message lies, so that the search for it borrows nothing.
enum Found {
    InPlace(Opcode, Range<usize>),
    Joined(Opcode),
}

/// A frame header, checked against all rules that need no other frame.
struct Header {
    /// `None`: continuation.
    opcode: Option<Opcode>,
    fin: bool,
    mask: Option<[u8; 4]>,
    /// Bytes of the header itself.
    size: usize,
    payload: usize,
}

impl Decoder {
    /// `max_message` bounds one message, fragments joined, and with it the memory held.
    pub fn new(role: Role, max_message: usize) -> Self {
        Self { role, max_message, buf: Buffer::new(), joined: Vec::new(), in_progress: None, over: None }
    }

    /// Room of at least `at_least` bytes to write received bytes into; then call [`Self::filled`].
    pub fn space(&mut self, at_least: usize) -> &mut [u8] {
        self.buf.space(at_least)
    }

    /// Says that `n` bytes were written to the front of [`Self::space`].
    pub fn filled(&mut self, n: usize) {
        self.buf.filled(n);
    }

    /// Copies `bytes` in: for callers that hold them elsewhere already.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buf.feed(bytes);
    }

    /// The next whole message; `None` when more bytes are needed, and always after a close message.
    ///
    /// An error is final: every later call returns it again.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, WsError> {
        if let Some(over) = self.over {
            return over.map(|()| None);
        }
        let found = self.advance().inspect_err(|error| self.over = Some(Err(*error)))?;
        Ok(found.map(|found| match found {
            Found::InPlace(opcode, range) => Message { opcode, payload: self.buf.at(range) },
            Found::Joined(opcode) => Message { opcode, payload: &self.joined },
        }))
    }

    /// Whether a close message has come: nothing more will.
    pub fn is_closed(&self) -> bool {
        self.over == Some(Ok(()))
    }

    /// Undecoded bytes as they came: the HTTP head, before the first frame.
    pub fn undecoded(&self) -> &[u8] {
        self.buf.held()
    }

    /// Skips the first `n` undecoded bytes: the HTTP head, once read.
    pub fn skip(&mut self, n: usize) {
        self.buf.consume(n);
    }

    fn advance(&mut self) -> Result<Option<Found>, WsError> {
        loop {
            let Some(header) = self.parse_header()? else {
                return Ok(None);
            };
            self.check_sequence(&header)?;
            if self.buf.len() < header.size + header.payload {
                return Ok(None);
            }
            self.buf.consume(header.size);
            let range = self.buf.consume(header.payload);
            if let Some(mask) = header.mask {
                apply_mask(self.buf.at_mut(range.clone()), mask);
            }
            match (header.opcode, header.fin) {
                (Some(opcode), true) => {
                    check_payload(opcode, self.buf.at(range.clone()))?;
                    if opcode == Opcode::Close {
                        self.over = Some(Ok(()));
                    }
                    return Ok(Some(Found::InPlace(opcode, range)));
                }
                (Some(opcode), false) => {
                    self.in_progress = Some(opcode);
                    self.joined.clear();
                    self.join(range);
                }
                (None, fin) => {
                    self.join(range);
                    if fin && let Some(opcode) = self.in_progress.take() {
                        check_payload(opcode, &self.joined)?;
                        return Ok(Some(Found::Joined(opcode)));
                    }
                }
            }
        }
    }

    fn join(&mut self, range: Range<usize>) {
        self.joined.extend_from_slice(self.buf.at(range));
    }

    /// The header of the next frame; `None` when it is not here whole.
    fn parse_header(&self) -> Result<Option<Header>, WsError> {
        let bytes = self.buf.held();
        let Some((&[first, second], rest)) = bytes.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let reserved = first >> 4 & 0x7;
        if reserved != 0 {
            return Err(WsError::ReservedBits { got: reserved });
        }
        let fin = first & 0x80 != 0;
        let opcode = match first & 0xF {
            0x0 => None,
            0x1 => Some(Opcode::Text),
            0x2 => Some(Opcode::Binary),
            0x8 => Some(Opcode::Close),
            0x9 => Some(Opcode::Ping),
            0xA => Some(Opcode::Pong),
            got => return Err(WsError::UnknownOpcode { got }),
        };
        let masked = second & 0x80 != 0;
        let expected = self.role == Role::Server;
        if masked != expected {
            return Err(WsError::Masking { expected });
        }
        let short = second & 0x7F;
        let (length, rest) = match short {
            126 => {
                let Some((bytes, rest)) = rest.split_first_chunk::<2>() else {
                    return Ok(None);
                };
                let got = u64::from(u16::from_be_bytes(*bytes));
                if got < 126 {
                    return Err(WsError::LengthNotMinimal { got, bytes: 2 });
                }
                (got, rest)
            }
            127 => {
                let Some((bytes, rest)) = rest.split_first_chunk::<8>() else {
                    return Ok(None);
                };
                let got = u64::from_be_bytes(*bytes);
                if u16::try_from(got).is_ok() {
                    return Err(WsError::LengthNotMinimal { got, bytes: 8 });
                }
                (got, rest)
            }
            short => (u64::from(short), rest),
        };
        if let Some(opcode) = opcode.filter(|opcode| opcode.is_control()) {
            if !fin {
                return Err(WsError::ControlFragmented { opcode });
            }
            if length > MAX_CONTROL {
                return Err(WsError::ControlTooLong { opcode, got: length });
            }
        } else if length > self.max_message as u64 {
            return Err(self.too_big(length));
        }
        let (mask, rest) = if masked {
            let Some((mask, rest)) = rest.split_first_chunk::<4>() else {
                return Ok(None);
            };
            (Some(*mask), rest)
        } else {
            (None, rest)
        };
        Ok(Some(Header { opcode, fin, mask, size: bytes.len() - rest.len(), payload: length as usize }))
    }

    /// The rules between frames: what may follow what, and how long a joined message may grow.
    fn check_sequence(&self, header: &Header) -> Result<(), WsError> {
        match (header.opcode, self.in_progress) {
            (None, None) => Err(WsError::UnexpectedContinuation),
            (Some(got), Some(_)) if !got.is_control() => Err(WsError::ExpectedContinuation { got }),
            (None, Some(_)) if header.payload > self.max_message - self.joined.len() => {
                Err(self.too_big(self.joined.len() as u64 + header.payload as u64))
            }
            _ => Ok(()),
        }
    }

    fn too_big(&self, got: u64) -> WsError {
        WsError::TooBig { limit: self.max_message, got }
    }
}

/// The rules for a whole payload: UTF-8, close codes.
fn check_payload(opcode: Opcode, payload: &[u8]) -> Result<(), WsError> {
    let text = match opcode {
        Opcode::Binary | Opcode::Ping | Opcode::Pong => return Ok(()),
        Opcode::Text => payload,
        Opcode::Close => match payload.split_first_chunk::<2>() {
            None if payload.is_empty() => return Ok(()),
            None => return Err(WsError::CloseTooShort { got: payload.len() }),
            Some((code, reason)) => {
                let got = u16::from_be_bytes(*code);
                if !matches!(got, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(WsError::CloseCode { got });
                }
                reason
            }
        },
    };
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(WsError::NotUtf8 { opcode, valid_up_to: error.valid_up_to() }),
    }
}
