//! A connected socket, with TLS on it or not: requests out, plaintext into an inbox.

use std::io;

use super::Pause;
use super::error::{DialError, DialStage};
use super::socket::{Socket, Stop};
use crate::buffer::Buffer;
use crate::tls::{TlsConfig, TlsError, TlsStream};

/// Less room than this is not worth a read.
const MIN_READ: usize = 16 * 1024;
/// A TLS server may send tickets and new keys at any time; one that does nothing else is of no use.
const MOST_LOOKS: usize = 4;

/// What a look at the socket brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Something, perhaps not a byte of plaintext.
    Bytes,
    /// The end of the stream; vouched for unless TLS was cut short.
    End { vouched: bool },
}

#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    tls: Option<Box<Tls>>,
    inbox: Buffer,
}

#[derive(Debug)]
struct Tls {
    stream: TlsStream,
    /// Ciphertext not sent yet.
    out: Vec<u8>,
}

impl Stream {
    pub fn plain(socket: Socket) -> Self {
        Self { socket, tls: None, inbox: Buffer::new() }
    }

    /// Shakes hands as a client of `host`, whose certificate must hold.
    pub fn secure(socket: Socket, config: &TlsConfig, host: &str, deadline_ns: u64, pause: &dyn Pause) -> Result<Self, DialError> {
        let tls = Tls { stream: TlsStream::new(config, host)?, out: Vec::new() };
        let mut stream = Self { socket, tls: Some(Box::new(tls)), inbox: Buffer::new() };
        stream.decrypt(0)?;
        loop {
            stream.flush(deadline_ns, pause).map_err(|stop| DialError::stopped(DialStage::Tls, stop))?;
            if stream.tls.as_ref().is_some_and(|tls| tls.stream.is_established()) {
                return Ok(stream);
            }
            match stream.receive_raw(deadline_ns, pause).map_err(|stop| DialError::stopped(DialStage::Tls, stop))? {
                0 => return Err(DialError::Lost { stage: DialStage::Tls, error: io::ErrorKind::UnexpectedEof.into() }),
                n => stream.decrypt(n)?,
            }
        }
    }

    /// Plaintext received and not consumed yet.
    pub fn inbox(&mut self) -> &mut Buffer {
        &mut self.inbox
    }

    /// Sends all of `request`; `sent` is above 0 on return if the kernel took a byte.
    pub fn send(&mut self, request: &[u8], sent: &mut usize, deadline_ns: u64, pause: &dyn Pause) -> Result<(), Stop> {
        let Some(tls) = &mut self.tls else {
            return self.socket.send(request, sent, deadline_ns, pause);
        };
        tls.stream.seal(request, &mut self.inbox, &mut tls.out).map_err(broken)?;
        self.socket.send(&tls.out, sent, deadline_ns, pause)?;
        tls.out.clear();
        Ok(())
    }

    /// Waits for bytes and decrypts them into the inbox.
    pub fn receive(&mut self, deadline_ns: u64, pause: &dyn Pause) -> Result<Received, Stop> {
        if self.is_closed() {
            return Ok(Received::End { vouched: true });
        }
        match self.receive_raw(deadline_ns, pause)? {
            0 => Ok(Received::End { vouched: self.tls.is_none() }),
            n => {
                self.decrypt(n).map_err(broken)?;
                Ok(Received::Bytes)
            }
        }
    }

    /// Whether the stream is open and holds nothing that was not asked for. Neither waits nor sends.
    pub fn is_idle(&mut self) -> bool {
        for _ in 0..MOST_LOOKS {
            if self.inbox.len() > 0 || self.is_closed() {
                return false;
            }
            match self.look() {
                Ok(None) => return true,
                Ok(Some(0)) | Err(_) => return false,
                Ok(Some(n)) if self.decrypt(n).is_err() => return false,
                Ok(Some(_)) => {}
            }
        }
        false
    }

    fn is_closed(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.stream.is_peer_closed())
    }

    fn receive_raw(&mut self, deadline_ns: u64, pause: &dyn Pause) -> Result<usize, Stop> {
        let space = space(self.tls.as_deref_mut(), &mut self.inbox);
        self.socket.receive(space, deadline_ns, pause)
    }

    fn look(&mut self) -> io::Result<Option<usize>> {
        let space = space(self.tls.as_deref_mut(), &mut self.inbox);
        self.socket.look(space)
    }

    /// Takes `n` received bytes in. What TLS wants sent goes along with the next request, an alert at once.
    fn decrypt(&mut self, n: usize) -> Result<(), TlsError> {
        let Some(tls) = &mut self.tls else {
            self.inbox.filled(n);
            return Ok(());
        };
        let done = tls.stream.received(n, &mut self.inbox, &mut tls.out);
        if done.is_err() {
            self.socket.send_some(&tls.out);
        }
        done
    }

    /// Sends what TLS wants sent.
    fn flush(&mut self, deadline_ns: u64, pause: &dyn Pause) -> Result<(), Stop> {
        if let Some(tls) = &mut self.tls {
            self.socket.send(&tls.out, &mut 0, deadline_ns, pause)?;
            tls.out.clear();
        }
        Ok(())
    }
}

/// Where the next bytes from the socket go.
fn space<'a>(tls: Option<&'a mut Tls>, inbox: &'a mut Buffer) -> &'a mut [u8] {
    match tls {
        Some(tls) => tls.stream.space(),
        None => inbox.space(MIN_READ),
    }
}

fn broken(error: TlsError) -> Stop {
    Stop::Io(io::Error::new(io::ErrorKind::InvalidData, error))
}
