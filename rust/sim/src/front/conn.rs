//! One connection: bytes to requests and frames for the engine, and its answers to bytes.
//!
//! ```text
//! socket ─▶ Decoder's buffer ─▶ Parser (HTTP, one request at a time) ─▶ Hub ─▶ engine
//!                            └▶ Decoder (WebSocket, each frame)     ─▶
//! socket ◀─ Mailbox ◀────────────────────────────────────────────── Hub ◀─ engine
//! ```
//!
//! Requests sent ahead wait in the buffer until the one before is answered: that keeps answers in order.

use std::future::{Future as _, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use okx_fast_net::ws::{Decoder, Opcode, Role};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;

use super::Engine;
use super::http::{MAX_BODY, MAX_STATE, Manner, Parser, Step, write_reply};
use super::hub::{Hub, Shared};
use super::mailbox::{Asked, End, Mailbox, Speech};
use crate::exchange::io::{ConnId, Input};

/// Longest message on a WebSocket (OKX: a request of more is closed with 1009).
const MAX_MESSAGE: usize = 64 * 1024;
/// Most bytes kept of requests sent ahead.
const MAX_AHEAD: usize = 256 * 1024;
const READ: usize = 16 * 1024;
/// Turns before others get theirs.
const ROUNDS: usize = 8;
/// How long the peer may take to read our last words.
const GOODBYE: Duration = Duration::from_secs(5);
/// For the answer to a peer that has shut its side: it may have gone altogether, and the answer may never come.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Which port it came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    Public,
    Admin,
}

enum Over {
    /// The peer went away, or the socket broke.
    Gone,
    Said(End),
}

pub async fn serve<E: Engine>(stream: impl Socket, peer: IpAddr, port: Port, hub: Rc<Hub<E>>) {
    let (conn, mailbox) = hub.enter();
    let mut line = Line {
        stream,
        peer,
        port,
        conn,
        mailbox,
        hub,
        parser: Parser::new(if port == Port::Admin { MAX_STATE } else { MAX_BODY }),
        decoder: Decoder::new(Role::Server, MAX_MESSAGE),
        at_end: false,
        patience: None,
    };
    let over = poll_fn(|cx| line.turn(cx)).await;
    if let Over::Said(End::Freeze) = over {
        line.hold().await;
    }
    line.hub.leave(conn);
    match over {
        Over::Said(End::Flush) => line.part().await,
        Over::Said(End::Reset) => {
            // Dropped with no time to linger, a socket is reset.
            let _ = line.stream.tcp().set_zero_linger();
        }
        Over::Said(End::Freeze) | Over::Gone => {}
    }
}

struct Line<S, E> {
    stream: S,
    peer: IpAddr,
    port: Port,
    conn: ConnId,
    mailbox: Shared,
    hub: Rc<Hub<E>>,
    parser: Parser,
    /// Holds what was received, also while that is HTTP.
    decoder: Decoder,
    /// The peer sends no more.
    at_end: bool,
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S: Socket, E: Engine> Line<S, E> {
    /// Does what can be done now: handle, write, read, until nothing moves.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Over> {
        self.mailbox.borrow_mut().attend();
        for _ in 0..ROUNDS {
            let mut moved = self.handle();
            let (end, held_back) = {
                let mailbox = self.mailbox.borrow();
                (mailbox.end, is_held_back(&mailbox))
            };
            if let Some(end @ (End::Reset | End::Freeze)) = end {
                return Poll::Ready(Over::Said(end));
            }
            match self.write(cx) {
                _ if end.is_some() => return Poll::Ready(Over::Said(End::Flush)),
                Poll::Ready(Ok(())) => moved |= held_back,
                Poll::Ready(Err(_)) => return Poll::Ready(Over::Gone),
                Poll::Pending => {}
            }
            if self.wants_more() {
                match self.read(cx) {
                    Poll::Ready(Ok(0)) => self.at_end = true,
                    Poll::Ready(Ok(_)) => moved = true,
                    Poll::Ready(Err(_)) => return Poll::Ready(Over::Gone),
                    Poll::Pending => {}
                }
            }
            // A peer that has shut its side may still wait for answers.
            let mailbox = self.mailbox.borrow();
            if self.at_end && !moved && !mailbox.waiting_for_reply() && mailbox.unsent() == 0 {
                return Poll::Ready(Over::Gone);
            }
            drop(mailbox);
            if self.at_end && !moved {
                let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
                if patience.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Over::Gone);
                }
            }
            if !moved {
                self.mailbox.borrow_mut().sleep(cx.waker());
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn wants_more(&self) -> bool {
        let mailbox = self.mailbox.borrow();
        // A frozen or ending connection is not read here; one that sends ahead waits for its answers.
        let ahead = matches!(mailbox.speech, Speech::Http(_)) && self.decoder.undecoded().len() > MAX_AHEAD;
        !self.at_end && mailbox.end.is_none() && !ahead
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = ReadBuf::new(self.decoder.space(READ));
        match Pin::new(&mut self.stream).poll_read(cx, &mut space) {
            Poll::Ready(Ok(())) => {
                let n = space.filled().len();
                self.decoder.filled(n);
                Poll::Ready(Ok(n))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Ready when all is with the system.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut mailbox = self.mailbox.borrow_mut();
        loop {
            let bytes = mailbox.front();
            if bytes.is_empty() {
                // TLS keeps records back until it is told that there are no more.
                return Pin::new(&mut self.stream).poll_flush(cx);
            }
            match Pin::new(&mut self.stream).poll_write(cx, bytes) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(n)) => mailbox.sent(n),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Hands the engine what has come; whether there was anything.
    fn handle(&mut self) -> bool {
        let mut any = false;
        loop {
            let mailbox = self.mailbox.borrow();
            let free = mailbox.end.is_none();
            let one = match mailbox.speech {
                _ if !free => return any,
                Speech::Http(Some(_)) => return any,
                Speech::Http(None) if is_held_back(&mailbox) => return any,
                Speech::Http(None) => {
                    drop(mailbox);
                    self.request()
                }
                Speech::WebSocket => {
                    drop(mailbox);
                    self.frame()
                }
            };
            if !one {
                return any;
            }
            any = true;
        }
    }

    fn request(&mut self) -> bool {
        let (used, step) = self.parser.step(self.decoder.undecoded());
        self.decoder.skip(used);
        let mut mailbox = self.mailbox.borrow_mut();
        match step {
            Step::More => return false,
            Step::Continue => {
                mailbox.write(|out| out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n"));
                return false;
            }
            Step::Bad(bad) => {
                let manner = Manner { head_only: false, keep_alive: false, old: false };
                mailbox.write(|out| {
                    write_reply(bad.status, &[], &bad.body(), true, manner, out);
                });
                mailbox.end = Some(End::Flush);
            }
            Step::Request(whole) => {
                mailbox.speech = Speech::Http(Some(Asked { manner: whole.manner, upgrade: whole.upgrade }));
                drop(mailbox);
                let (conn, peer, request) = (self.conn, self.peer, whole.request);
                self.hub.input(&match self.port {
                    Port::Public => Input::Http { conn, peer, request },
                    Port::Admin => Input::Admin { conn, request },
                });
            }
        }
        true
    }

    fn frame(&mut self) -> bool {
        let conn = self.conn;
        let message = match self.decoder.next_message() {
            Ok(None) => return false,
            Ok(Some(message)) => message,
            Err(error) => {
                self.mailbox.borrow_mut().close(error.close_code(), &error.to_string());
                return true;
            }
        };
        let input = match message.opcode {
            Opcode::Text => Input::Text { conn, text: message.payload.to_vec() },
            Opcode::Binary => Input::Binary { conn },
            Opcode::Ping => {
                self.mailbox.borrow_mut().frame(Opcode::Pong, message.payload);
                Input::Control { conn }
            }
            Opcode::Pong => Input::Control { conn },
            Opcode::Close => {
                let code = message.close().map_or(1000, |(code, _)| code);
                self.mailbox.borrow_mut().close(code, "");
                return true;
            }
        };
        self.hub.input(&input);
        true
    }

    /// Sends the rest, and closes so that the peer gets to read it: a socket closed with bytes unread is reset.
    async fn part(&mut self) {
        let all = async {
            poll_fn(|cx| self.write(cx)).await?;
            self.stream.shutdown().await?;
            loop {
                let space = self.decoder.space(READ);
                if self.stream.read(space).await? == 0 {
                    return io::Result::Ok(());
                }
            }
        };
        let _ = timeout(GOODBYE, all).await;
    }

    /// Half-open: the socket stays, silent, until the peer gives up or a reset ends it.
    async fn hold(&mut self) {
        loop {
            if self.mailbox.borrow().end == Some(End::Reset) {
                let _ = self.stream.tcp().set_zero_linger();
                return;
            }
            let mut ready = pin!(self.stream.tcp().ready(Interest::READABLE));
            let now = poll_fn(|cx| Poll::Ready(ready.as_mut().poll(cx))).await;
            match now {
                Poll::Ready(Ok(ready)) if ready.is_read_closed() => return,
                Poll::Ready(Err(_)) => return,
                _ => sleep(LOOK_EVERY).await,
            }
        }
    }
}

/// A peer that asks and does not read gets no more answers until it reads.
fn is_held_back(mailbox: &Mailbox) -> bool {
    matches!(mailbox.speech, Speech::Http(_)) && mailbox.unsent() > MAX_AHEAD
}
