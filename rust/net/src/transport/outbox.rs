//! What waits to be sent, bounded.

use std::hash::{BuildHasher as _, RandomState};

use super::QueueFull;
use crate::ws::{Opcode, Role, encode};

/// Most bytes that may wait to be sent.
pub const MAX_OUTGOING: usize = 1024 * 1024;

/// Frames to send, and the bytes on their way.
#[derive(Debug)]
pub struct Outbox {
    /// Encoded frames; under TLS not yet encrypted.
    pub(super) frames: Vec<u8>,
    /// Bytes for the socket, the first `sent` of which it has.
    wire: Vec<u8>,
    sent: usize,
    closing: bool,
    keys: Keys,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self { frames: Vec::new(), wire: Vec::new(), sent: 0, closing: false, keys: Keys::new() }
    }

    /// Appends a whole message, masked. It is sent by the next `flush` or `read` of the transport.
    ///
    /// A close message is the last that is taken: nothing may follow it on the wire, so whatever
    /// is queued later goes nowhere.
    pub fn queue(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), QueueFull> {
        if self.closing {
            return Ok(());
        }
        self.closing = opcode == Opcode::Close;
        let got = self.waiting() + payload.len();
        if got > MAX_OUTGOING {
            let limit = MAX_OUTGOING;
            return Err(QueueFull { limit, got });
        }
        let mask = (self.keys.next() as u32).to_ne_bytes();
        encode(Role::Client, opcode, payload, mask, &mut self.frames);
        Ok(())
    }

    /// Bytes not yet handed to the socket.
    pub fn waiting(&self) -> usize {
        self.frames.len() + self.wire.len() - self.sent
    }

    pub(super) fn random(&mut self) -> [u8; 16] {
        let both = u128::from(self.keys.next()) << 64 | u128::from(self.keys.next());
        both.to_ne_bytes()
    }

    /// Where to append bytes for the socket.
    pub(super) fn wire(&mut self) -> &mut Vec<u8> {
        // A slow peer may never let the buffer run empty.
        if self.sent > MAX_OUTGOING {
            self.wire.drain(..self.sent);
            self.sent = 0;
        }
        &mut self.wire
    }

    /// Frames to encrypt, and where the result goes.
    pub(super) fn frames_and_wire(&mut self) -> (&[u8], &mut Vec<u8>) {
        self.wire();
        (&self.frames, &mut self.wire)
    }

    /// Frames go to the socket as they are.
    pub(super) fn frames_to_wire(&mut self) {
        if self.wire.is_empty() {
            std::mem::swap(&mut self.wire, &mut self.frames);
        } else {
            self.wire();
            self.wire.append(&mut self.frames);
        }
    }

    pub(super) fn unsent(&self) -> &[u8] {
        self.wire.get(self.sent..).unwrap_or_default()
    }

    pub(super) fn sent(&mut self, n: usize) {
        self.sent += n;
        if self.sent == self.wire.len() {
            self.wire.clear();
            self.sent = 0;
        }
    }
}

/// Masking keys: splitmix64, seeded by the system through the standard library's hasher.
///
/// A mask only has to be out of the reach of who chose the payload; that is us.
#[derive(Debug)]
struct Keys(u64);

impl Keys {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{MAX_OUTGOING, Outbox};
    use crate::ws::{Decoder, Opcode, Role};

    #[test]
    fn what_is_queued_is_masked_afresh_and_bounded() {
        let mut outbox = Outbox::new();
        let half = vec![b'a'; MAX_OUTGOING / 2];
        outbox.queue(Opcode::Text, b"ping").unwrap();
        outbox.queue(Opcode::Text, b"ping").unwrap();
        let (first, second) = outbox.frames.split_at(10);
        assert_ne!(first, second, "a key of its own for each frame");
        outbox.queue(Opcode::Binary, &half).unwrap();
        let full = outbox.queue(Opcode::Binary, &half).unwrap_err();
        assert!(full.got > MAX_OUTGOING, "{full}");

        outbox.frames_to_wire();
        let mut server = Decoder::new(Role::Server, MAX_OUTGOING);
        server.feed(outbox.unsent());
        for want in [b"ping".as_slice(), b"ping", &half] {
            let message = server.next_message().unwrap().unwrap();
            assert_eq!(message.payload, want);
        }
        let all = outbox.waiting();
        outbox.sent(5);
        assert_eq!(outbox.waiting(), all - 5);
        outbox.sent(all - 5);
        assert_eq!((outbox.waiting(), outbox.unsent()), (0, &b""[..]));
    }
}
