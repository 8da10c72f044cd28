//! TLS, client side, without I/O: the only module that names rustls.
//!
//! ```text
//! space() ◀─ received ciphertext; received(n) ─▶ plaintext into a Decoder or a Buffer
//! seal(data) ─▶ ciphertext to send
//! ```
//!
//! TLS 1.2 and 1.3, aws-lc-rs, sessions resumed; certificates are always verified.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError, UnbufferedStatus, WriteTraffic,
};
use rustls::{ClientConfig, RootCertStore};

use crate::buffer::Buffer;
use crate::ws::Decoder;

/// A whole record always fits behind what is held.
const RECORD: usize = 18 * 1024;

/// Why a TLS connection could not start or go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// The CA file cannot be read or holds no usable certificate.
    CaFile { path: PathBuf, why: String },
    /// The host is neither a DNS name nor an address.
    ServerName { got: String },
    /// The server's certificate does not hold for this host and these roots.
    Certificate { why: String },
    /// The peer broke the protocol, or said that we did.
    Protocol { why: String },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaFile { path, why } => {
                let path = path.display();
                write!(f, "TLS: expected PEM certificates in {path}, got {why}")
            }
            Self::ServerName { got } => {
                write!(f, "TLS: expected a DNS name or an address, got {got:?}")
            }
            Self::Certificate { why } => write!(f, "TLS: certificate refused: {why}"),
            Self::Protocol { why } => write!(f, "TLS: {why}"),
        }
    }
}

impl std::error::Error for TlsError {}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        let why = error.to_string();
        match error {
            rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => Self::Certificate { why },
            _ => Self::Protocol { why },
        }
    }
}

/// Takes what was decrypted.
pub trait Plaintext {
    /// Copies the bytes of one record in.
    fn feed(&mut self, bytes: &[u8]);
}

impl Plaintext for Decoder {
    fn feed(&mut self, bytes: &[u8]) {
        Decoder::feed(self, bytes);
    }
}

impl Plaintext for Buffer {
    fn feed(&mut self, bytes: &[u8]) {
        Buffer::feed(self, bytes);
    }
}

/// Whom we trust, and the sessions to resume; make one and share it.
#[derive(Clone, Debug)]
pub struct TlsConfig(Arc<ClientConfig>);

impl TlsConfig {
    /// Trusts the roots compiled in (webpki-roots), and those in `ca_file` (PEM) besides.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = ca_file {
            let refused = |why: String| TlsError::CaFile { path: path.to_owned(), why };
            let before = roots.len();
            let certificates = CertificateDer::pem_file_iter(path);
            for certificate in certificates.map_err(|e| refused(e.to_string()))? {
                let certificate = certificate.map_err(|e| refused(e.to_string()))?;
                roots.add(certificate).map_err(|e| refused(e.to_string()))?;
            }
            if roots.len() == before {
                return Err(refused("none".to_owned()));
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// One connection. rustls 0.23 hands each decrypted record out as a `Vec`: the one allocation per
/// record that is not ours to avoid.
pub struct TlsStream {
    connection: UnbufferedClientConnection,
    incoming: Buffer,
    established: bool,
    peer_closed: bool,
    failed: Option<TlsError>,
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("established", &self.established).field("peer_closed", &self.peer_closed).finish_non_exhaustive()
    }
}

/// What to do when the connection takes application data.
#[derive(Clone, Copy)]
enum Outgoing<'a> {
    Nothing,
    Data(&'a [u8]),
    CloseNotify,
}

impl TlsStream {
    /// A connection to `host`; its first flight is made by the first `received(0, …)`.
    pub fn new(config: &TlsConfig, host: &str) -> Result<Self, TlsError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::ServerName { got: host.to_owned() })?;
        Ok(Self {
            connection: UnbufferedClientConnection::new(Arc::clone(&config.0), name)?,
            incoming: Buffer::new(),
            established: false,
            peer_closed: false,
            failed: None,
        })
    }

    /// Room to receive ciphertext into.
    pub fn space(&mut self) -> &mut [u8] {
        self.incoming.space(RECORD)
    }

    /// `n` bytes were received into `space`: decrypts all whole records into `plain`; what the
    /// protocol wants sent (handshake, alerts, key updates) is appended to `out`, on error too.
    pub fn received(&mut self, n: usize, plain: &mut impl Plaintext, out: &mut Vec<u8>) -> Result<(), TlsError> {
        self.incoming.filled(n);
        self.turn(plain, Outgoing::Nothing, out)
    }

    /// Appends `data` to `out`, encrypted. Only after the handshake.
    pub fn seal(&mut self, data: &[u8], plain: &mut impl Plaintext, out: &mut Vec<u8>) -> Result<(), TlsError> {
        self.turn(plain, Outgoing::Data(data), out)
    }

    /// Appends our `close_notify`: nothing is sent after it.
    pub fn seal_close(&mut self, plain: &mut impl Plaintext, out: &mut Vec<u8>) -> Result<(), TlsError> {
        self.turn(plain, Outgoing::CloseNotify, out)
    }

    /// Whether the handshake is done.
    pub fn is_established(&self) -> bool {
        self.established
    }

    /// Whether the peer said `close_notify`: what it sent before is in the decoder.
    pub fn is_peer_closed(&self) -> bool {
        self.peer_closed
    }

    /// An error is final: every later turn returns it again.
    fn turn(&mut self, plain: &mut impl Plaintext, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), TlsError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let done = self.work(plain, outgoing, out);
        self.failed = done.as_ref().err().cloned();
        done
    }

    /// Lets rustls work until it wants more bytes, with `outgoing` given to it once it may be sent.
    fn work(&mut self, plain: &mut impl Plaintext, mut outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), TlsError> {
        loop {
            let incoming = self.incoming.held_mut();
            let UnbufferedStatus { mut discard, state } = self.connection.process_tls_records(incoming);
            let mut idle = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        plain.feed(record.payload);
                    }
                    // Nothing left to ask rustls for: saves a turn, a tenth of the cost of a lone small record.
                    idle = self.established
                        && discard == self.incoming.len()
                        && matches!(outgoing, Outgoing::Nothing)
                        && !self.connection.wants_write();
                }
                Ok(ConnectionState::EncodeTlsData(data)) => hand_out(data, out)?,
                Ok(ConnectionState::TransmitTlsData(sent)) => sent.done(),
                Ok(ConnectionState::WriteTraffic(traffic)) => {
                    self.established = true;
                    // Nor is there anything to ask for after what was sent, unless input waits.
                    idle = matches!(outgoing, Outgoing::Nothing) || discard == self.incoming.len();
                    write(traffic, std::mem::replace(&mut outgoing, Outgoing::Nothing), out)?;
                }
                Ok(ConnectionState::PeerClosed) => self.peer_closed = true,
                Ok(ConnectionState::BlockedHandshake | ConnectionState::Closed) => idle = true,
                Ok(other) => {
                    let why = format!("unexpected state {other:?}");
                    return Err(TlsError::Protocol { why });
                }
                Err(error) => {
                    self.alert(out);
                    return Err(error.into());
                }
            }
            self.incoming.consume(discard);
            if idle {
                return match outgoing {
                    Outgoing::Data(_) => Err(TlsError::Protocol { why: "data may not be sent now".into() }),
                    _ => Ok(()),
                };
            }
        }
    }

    /// After an error: appends the alert that tells the peer, if there is one. rustls hands it out before it looks at the
    /// input; a look at the input that failed once must not happen again.
    fn alert(&mut self, out: &mut Vec<u8>) {
        if self.connection.wants_write()
            && let Ok(ConnectionState::EncodeTlsData(data)) = self.connection.process_tls_records(&mut []).state
        {
            // The error itself is what counts.
            let _ = hand_out(data, out);
        }
    }
}

/// Appends what rustls itself has to say: handshake, alerts, key updates.
fn hand_out(mut data: EncodeTlsData<'_, ClientConnectionData>, out: &mut Vec<u8>) -> Result<(), TlsError> {
    append(out, 0, |room| {
        data.encode(room).map_err(|error| match error {
            EncodeError::InsufficientSize(needed) => Grow::To(needed),
            EncodeError::AlreadyEncoded => Grow::Never("handshake data encoded twice"),
        })
    })
}

fn write(mut traffic: WriteTraffic<'_, ClientConnectionData>, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), TlsError> {
    let grow = |error| match error {
        EncryptError::InsufficientSize(needed) => Grow::To(needed),
        EncryptError::EncryptExhausted => Grow::Never("keys used up"),
    };
    match outgoing {
        Outgoing::Nothing => Ok(()),
        // Header, tag and content type of one record; more records ask for more.
        Outgoing::Data(data) => append(out, data.len() + 64, |room| traffic.encrypt(data, room).map_err(grow)),
        Outgoing::CloseNotify => append(out, 64, |room| traffic.queue_close_notify(room).map_err(grow)),
    }
}

/// What an encoder says that did not write.
enum Grow {
    To(InsufficientSizeError),
    Never(&'static str),
}

/// Appends to `out` what `encode` writes, with `guess` bytes of room at first.
fn append(out: &mut Vec<u8>, guess: usize, mut encode: impl FnMut(&mut [u8]) -> Result<usize, Grow>) -> Result<(), TlsError> {
    let at = out.len();
    let mut room = guess;
    loop {
        out.resize(at + room, 0);
        match encode(out.get_mut(at..).unwrap_or_default()) {
            Ok(written) => {
                out.truncate(at + written);
                return Ok(());
            }
            Err(Grow::To(needed)) if needed.required_size > room => room = needed.required_size,
            Err(refused) => {
                out.truncate(at);
                let why = match refused {
                    Grow::To(_) => "the room asked for was too small",
                    Grow::Never(why) => why,
                };
                return Err(TlsError::Protocol { why: why.into() });
            }
        }
    }
}
