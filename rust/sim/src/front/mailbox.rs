//! What the engine has said to one connection and the socket has not taken yet.
//!
//! ```text
//! Output ─▶ Mailbox::post ─▶ next ─┐ swapped when empty
//!                                  └▶ wire ─▶ socket      end: what happens once (or before) all is sent
//! ```

use std::task::Waker;

use okx_fast_net::ws::{Opcode, Role, encode, handshake};

use super::http::{Manner, write_reply, write_upgrade};
use crate::exchange::io::Output;

/// More than this unsent: a consumer too slow to be kept.
pub const MAX_UNSENT: usize = 8 * 1024 * 1024;
const TOO_SLOW: u16 = 4005;

/// What the peer asked for and has no answer to yet.
#[derive(Debug)]
pub struct Asked {
    pub manner: Manner,
    pub upgrade: Option<handshake::Request>,
}

/// How the connection speaks now.
#[derive(Debug)]
pub enum Speech {
    Http(Option<Asked>),
    WebSocket,
}

/// How the connection is going to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Send what waits, say goodbye, close.
    Flush,
    Reset,
    Freeze,
}

#[derive(Debug)]
pub struct Mailbox {
    pub speech: Speech,
    pub end: Option<End>,
    next: Vec<u8>,
    wire: Vec<u8>,
    sent: usize,
    waker: Option<Waker>,
}

impl Mailbox {
    pub fn new() -> Self {
        Self { speech: Speech::Http(None), end: None, next: Vec::new(), wire: Vec::new(), sent: 0, waker: None }
    }

    /// The connection's task runs, and will look here before it sleeps.
    pub fn attend(&mut self) {
        self.waker = None;
    }

    pub fn sleep(&mut self, waker: &Waker) {
        self.waker = Some(waker.clone());
    }

    pub fn waiting_for_reply(&self) -> bool {
        matches!(self.speech, Speech::Http(Some(_)))
    }

    /// Takes one output of the engine and wakes the task that sends it.
    ///
    /// What cannot be said any more, or in this speech, goes nowhere: the engine learns of an end with a delay.
    pub fn post(&mut self, output: Output) {
        match (output, &mut self.speech) {
            (Output::Reset { .. }, _) => self.end = Some(End::Reset),
            _ if self.end.is_some() => return,
            (Output::Freeze { .. }, _) => self.end = Some(End::Freeze),
            (Output::Reply { status, headers, body, close, .. }, Speech::Http(asked)) => {
                let Some(Asked { manner, .. }) = asked.take() else { return };
                if write_reply(status, &headers, &body, close, manner, &mut self.next) {
                    self.end = Some(End::Flush);
                }
            }
            (Output::Upgrade { .. }, Speech::Http(asked)) => {
                let Some(Asked { upgrade: Some(request), .. }) = asked else { return };
                write_upgrade(request, &mut self.next);
                self.speech = Speech::WebSocket;
            }
            (Output::Text { text, .. }, Speech::WebSocket) => self.frame(Opcode::Text, &text),
            (Output::Close { code, reason, .. }, Speech::WebSocket) => self.close(code, &reason),
            (Output::Close { .. }, Speech::Http(_)) => self.end = Some(End::Flush),
            _ => return,
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        // The payload is cut at 125 bytes, and a reason must stay text.
        let fits = (0..=payload.len().min(125)).rev().find(|end| reason.is_char_boundary(end.saturating_sub(2)));
        payload.truncate(fits.unwrap_or(2));
        encode(Role::Server, Opcode::Close, &payload, [0; 4], &mut self.next);
        self.end = Some(End::Flush);
    }

    pub fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        if self.unsent() + payload.len() > MAX_UNSENT {
            // The frame on its way must end before the close frame; all behind it is given up.
            self.next.clear();
            self.close(TOO_SLOW, "slow consumer");
        } else {
            encode(Role::Server, opcode, payload, [0; 4], &mut self.next);
        }
    }

    /// Answers without the engine: `100 Continue`, or a request that cannot be read.
    pub fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.next);
    }

    pub fn unsent(&self) -> usize {
        self.next.len() + self.wire.len() - self.sent
    }

    /// Bytes for the socket.
    pub fn front(&mut self) -> &[u8] {
        if self.sent == self.wire.len() {
            self.wire.clear();
            self.sent = 0;
            std::mem::swap(&mut self.wire, &mut self.next);
        }
        self.wire.get(self.sent..).unwrap_or_default()
    }

    pub fn sent(&mut self, n: usize) {
        self.sent += n;
    }
}
