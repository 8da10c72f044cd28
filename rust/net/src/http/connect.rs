//! One TCP connection to whichever of several addresses answers first ("happy eyeballs").
//!
//! The families take turns, beginning with the first address's; each attempt has [`STAGGER`] before the next one starts
//! beside it, and none if it fails. The first to connect wins, the others are closed.
//!
//! Source: RFC 8305, 4 and 5.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with, sockopt};

use super::Pause;
use super::error::{DialError, DialStage};
use super::socket::{Stop, ready};
use crate::clock::mono_ns;

/// RFC 8305, 8: Connection Attempt Delay.
const STAGGER_NS: u64 = 250_000_000;
/// Most addresses tried.
const MOST: usize = 16;
/// An idle connection whose peer is gone is noticed within a minute.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_TRIES: u32 = 3;

/// Connects from `local`, if given, to one of `addresses`.
pub(super) fn connect_any(
    addresses: &[SocketAddr],
    local: Option<IpAddr>,
    deadline_ns: u64,
    pause: &dyn Pause,
) -> Result<(TcpStream, SocketAddr), DialError> {
    let mut waiting = in_turn(addresses, local).into_iter().peekable();
    if waiting.peek().is_none() {
        let why = format!("none of the family of the local address {local:?}");
        let host = addresses.first().map(ToString::to_string).unwrap_or_default();
        return Err(DialError::Resolve { host, why });
    }
    let mut started: Vec<(OwnedFd, SocketAddr)> = Vec::new();
    let mut failed = None;
    let mut next_ns = 0;
    loop {
        if started.is_empty() || mono_ns() >= next_ns {
            if let Some(address) = waiting.next() {
                match start(address, local) {
                    Ok((socket, true)) => return Ok((socket.into(), address)),
                    Ok((socket, false)) => {
                        started.push((socket, address));
                        next_ns = mono_ns().saturating_add(STAGGER_NS);
                    }
                    Err(error) => {
                        failed = Some(DialError::Tcp { address, error });
                        next_ns = 0;
                        continue;
                    }
                }
            } else if started.is_empty() {
                return Err(failed.unwrap_or(DialError::Deadline { stage: DialStage::Tcp }));
            }
        }
        let until_ns = if waiting.peek().is_some() { next_ns.min(deadline_ns) } else { deadline_ns };
        let mut polled: Vec<PollFd<'_>> = started.iter().map(|(socket, _)| PollFd::new(socket, PollFlags::OUT)).collect();
        match ready(&mut polled, until_ns, pause) {
            Err(Stop::Deadline) if until_ns < deadline_ns => continue,
            done => done.map_err(|stop| DialError::stopped(DialStage::Tcp, stop))?,
        }
        let settled: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        for at in (0..settled.len()).rev().filter(|&at| settled.get(at) == Some(&true)) {
            let (socket, address) = started.swap_remove(at);
            match sockopt::socket_error(&socket).and_then(|outcome| outcome) {
                Ok(()) => return Ok((socket.into(), address)),
                Err(error) => {
                    failed = Some(DialError::Tcp { address, error: error.into() });
                    next_ns = 0;
                }
            }
        }
    }
}

/// The addresses we can use, the families taking turns.
fn in_turn(addresses: &[SocketAddr], local: Option<IpAddr>) -> Vec<SocketAddr> {
    let usable = |address: &&SocketAddr| local.is_none_or(|local| local.is_ipv4() == address.is_ipv4());
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (ours, others): (Vec<_>, Vec<_>) = addresses.iter().filter(usable).partition(|address| address.is_ipv4() == first_is_v4);
    let mut turns = Vec::with_capacity(addresses.len());
    for at in 0..ours.len().max(others.len()) {
        turns.extend(ours.get(at).into_iter().chain(others.get(at)));
    }
    turns.truncate(MOST);
    turns
}

/// Begins to connect: the socket, and whether it is connected already.
fn start(address: SocketAddr, local: Option<IpAddr>) -> io::Result<(OwnedFd, bool)> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    sockopt::set_tcp_keepidle(&socket, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(&socket, KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(&socket, KEEPALIVE_TRIES)?;
    if let Some(local) = local {
        bind(&socket, &SocketAddr::new(local, 0))?;
    }
    match connect(&socket, &address) {
        Ok(()) => Ok((socket, true)),
        Err(Errno::INPROGRESS | Errno::INTR) => Ok((socket, false)),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::net::TcpListener;

    use super::super::Steady;
    use super::*;

    const PATIENCE_NS: u64 = 20_000_000_000;

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address where nobody listens any more.
    fn deserted() -> SocketAddr {
        listener().1
    }

    /// An address that answers nothing: its queue is full. It lasts as long as the sockets.
    fn silent() -> (Vec<OwnedFd>, SocketAddr) {
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        rustix::net::listen(&socket, 0).unwrap();
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap()).unwrap();
        let mut held = vec![socket];
        loop {
            let (client, _) = start(address, None).unwrap();
            let answered = ready(&mut [PollFd::new(&client, PollFlags::OUT)], mono_ns() + 200_000_000, &Steady);
            held.push(client);
            if answered.is_err() {
                return (held, address);
            }
        }
    }

    fn connect_to(addresses: &[SocketAddr]) -> Result<SocketAddr, DialError> {
        connect_any(addresses, None, mono_ns() + PATIENCE_NS, &Steady).map(|(_, address)| address)
    }

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        let of = |text: &str| -> Vec<SocketAddr> {
            text.split_whitespace()
                .map(|name| match name.split_at(1) {
                    ("4", n) => SocketAddr::from(([127, 0, 0, n.parse().unwrap()], 1)),
                    (_, n) => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, n.parse().unwrap()], 1)),
                })
                .collect()
        };
        let v4: IpAddr = [127, 0, 0, 9].into();
        for (given, local, turns) in [
            ("61 62 41 42", None, "61 41 62 42"),
            ("41 61 62 63", None, "41 61 62 63"),
            ("41 42 43", None, "41 42 43"),
            ("61 62 41 42", Some(v4), "41 42"),
            ("61", Some(v4), ""),
        ] {
            assert_eq!(in_turn(&of(given), local), of(turns), "{given}");
        }
    }

    #[test]
    fn a_refusal_brings_the_next_address_at_once() {
        let (_open, good) = listener();
        let before = mono_ns();
        let addresses = [vec![deserted(); MOST - 1], vec![good]].concat();
        assert_eq!(connect_to(&addresses).unwrap(), good);
        assert!(mono_ns() - before < STAGGER_NS * 12);
    }

    #[test]
    fn silence_brings_the_next_address_after_a_while() {
        let (_held, dead) = silent();
        let (_open, good) = listener();
        let before = mono_ns();
        assert_eq!(connect_to(&[dead, good]).unwrap(), good);
        assert!(mono_ns() - before >= STAGGER_NS);
    }

    #[test]
    fn when_all_refuse_the_last_answer_is_given() {
        let error = connect_to(&[deserted(), deserted()]).unwrap_err();
        assert!(matches!(&error, DialError::Tcp { error, .. } if error.kind() == io::ErrorKind::ConnectionRefused), "{error:?}");
    }

    #[test]
    fn silence_of_all_ends_at_the_deadline() {
        let (_held, dead) = silent();
        let done = connect_any(&[dead, deserted()], None, mono_ns() + 400_000_000, &Steady);
        assert!(matches!(done, Err(DialError::Deadline { stage: DialStage::Tcp })), "{done:?}");
    }

    #[test]
    fn an_address_of_another_family_than_ours_is_not_tried() {
        let (_open, good) = listener();
        let local = Some([0u16, 0, 0, 0, 0, 0, 0, 1].into());
        let done = connect_any(&[good], local, mono_ns() + PATIENCE_NS, &Steady);
        assert!(matches!(done, Err(DialError::Resolve { .. })), "{done:?}");
    }
}
