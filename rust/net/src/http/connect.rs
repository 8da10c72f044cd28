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
