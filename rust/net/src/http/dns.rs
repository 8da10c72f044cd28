//! The addresses of one name, looked up off the caller's path.
//!
//! ```text
//! never known  wait for the lookup, till the deadline
//! fresh        as they are
//! stale        as they are, while a lookup runs
//! ```
//!
//! A lookup is the system's own (`getaddrinfo`), which can neither be bounded nor broken off: it has a thread of its own,
//! one at a time. One that fails leaves what was known, and is not repeated within [`RETRY`].

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Pause;
use super::error::{DialError, DialStage};
use super::socket::{ask, slice};
use crate::clock::mono_ns;

/// Least time between two lookups while one address is known.
const RETRY: Duration = Duration::from_secs(1);

type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Share it among threads; clones share what is known.
#[derive(Clone)]
pub(super) struct Resolver(Arc<Shared>);

struct Shared {
    host: String,
    port: u16,
    ttl_ns: u64,
    lookup: Box<Lookup>,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    known: Option<Arc<[SocketAddr]>>,
    /// Until when `known` is fresh, or no new lookup is due.
    fresh_until_ns: u64,
    running: bool,
    /// When the last lookup ended.
    done_ns: u64,
    /// Of the last lookup, if it failed.
    failure: Option<String>,
    /// Lookups finished.
    round: u64,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("host", &self.0.host).field("known", &self.0.lock().known).finish_non_exhaustive()
    }
}

impl Resolver {
    pub fn new(host: &str, port: u16, ttl: Duration) -> Self {
        Self::with(host, port, ttl, Box::new(|host, port| Ok((host, port).to_socket_addrs()?.collect())))
    }

    fn with(host: &str, port: u16, ttl: Duration, lookup: Box<Lookup>) -> Self {
        let known = host.parse::<IpAddr>().ok().map(|ip| Arc::from([SocketAddr::new(ip, port)]));
        // An address is no name: it stays what it is.
        let fresh_until_ns = if known.is_some() { u64::MAX } else { 0 };
        let state = Mutex::new(State { known, fresh_until_ns, ..State::default() });
        Self(Arc::new(Shared { host: host.to_owned(), port, ttl_ns: nanos(ttl), lookup, state, done: Condvar::new() }))
    }

    /// Starts a lookup if nothing fresh is known. Does not wait.
    pub fn prepare(&self) {
        self.refresh(&mut self.0.lock());
    }

    /// The addresses, at least one. Waits only if none was ever known.
    pub fn addresses(&self, deadline_ns: u64, pause: &dyn Pause) -> Result<Arc<[SocketAddr]>, DialError> {
        let mut state = self.0.lock();
        let before = state.round;
        self.refresh(&mut state);
        loop {
            if let Some(known) = &state.known {
                return Ok(Arc::clone(known));
            }
            if state.round > before {
                let why = state.failure.clone().unwrap_or_else(|| "none".to_owned());
                return Err(DialError::Resolve { host: self.0.host.clone(), why });
            }
            let wait = slice(deadline_ns);
            if wait.is_zero() {
                return Err(DialError::Deadline { stage: DialStage::Resolve });
            }
            state = self.0.done.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
            if state.round == before {
                drop(state);
                ask(pause).map_err(|stop| DialError::stopped(DialStage::Resolve, stop))?;
                state = self.0.lock();
            }
        }
    }

    /// None of the known addresses answers: they are looked up anew, though still used meanwhile.
    pub fn doubt(&self) {
        let mut state = self.0.lock();
        if state.fresh_until_ns != u64::MAX {
            state.fresh_until_ns = state.fresh_until_ns.min(state.done_ns.saturating_add(nanos(RETRY)));
        }
    }

    fn refresh(&self, state: &mut State) {
        if state.running || (state.known.is_some() && mono_ns() < state.fresh_until_ns) {
            return;
        }
        let shared = Arc::clone(&self.0);
        let spawned = thread::Builder::new().name("okx-dns".to_owned()).spawn(move || shared.look_up());
        match spawned {
            Ok(_) => state.running = true,
            Err(error) => {
                state.failure = Some(error.to_string());
                state.round += 1;
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self) {
        let found = (self.lookup)(&self.host, self.port);
        let mut state = self.lock();
        state.running = false;
        state.round += 1;
        let fresh_ns = match found {
            Ok(found) if !found.is_empty() => {
                state.known = Some(found.into());
                state.failure = None;
                self.ttl_ns
            }
            Ok(_) => {
                state.failure = None;
                nanos(RETRY)
            }
            Err(error) => {
                state.failure = Some(error.to_string());
                nanos(RETRY)
            }
        };
        state.done_ns = mono_ns();
        state.fresh_until_ns = state.done_ns.saturating_add(fresh_ns).min(u64::MAX - 1);
        self.done.notify_all();
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::super::Steady;
    use super::*;

    const PATIENCE_NS: u64 = 20_000_000_000;

    type Answer = io::Result<Vec<SocketAddr>>;

    /// A name server that answers when told to, and tells when it is asked.
    struct Told {
        resolver: Resolver,
        answer: Sender<Answer>,
        asked: Receiver<()>,
    }

    fn told(ttl: Duration) -> Told {
        let (answer, answers) = mpsc::channel::<Answer>();
        let (ask, asked) = mpsc::channel();
        let answers = Mutex::new(answers);
        let lookup = move |host: &str, port: u16| {
            assert_eq!((host, port), ("www.okx.com", 443));
            ask.send(()).unwrap();
            answers.lock().unwrap().recv().unwrap()
        };
        Told { resolver: Resolver::with("www.okx.com", 443, ttl, Box::new(lookup)), answer, asked }
    }

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, last], 443))
    }

    impl Told {
        fn get(&self) -> Result<Vec<SocketAddr>, DialError> {
            self.resolver.addresses(mono_ns() + PATIENCE_NS, &Steady).map(|known| known.to_vec())
        }

        /// Lets the lookup under way end, so.
        fn answer(&self, answer: Answer) {
            self.asked.recv().unwrap();
            let before = self.resolver.0.lock().round;
            self.answer.send(answer).unwrap();
            let mut state = self.resolver.0.lock();
            while state.round == before {
                state = self.resolver.0.done.wait(state).unwrap();
            }
        }

        fn is_asked(&self) -> bool {
            self.asked.try_recv().is_ok()
        }
    }

    #[test]
    fn an_address_is_its_own_answer() {
        let resolver = Resolver::with("127.0.0.1", 443, Duration::ZERO, Box::new(|_, _| panic!("looked up")));
        for _ in 0..2 {
            assert_eq!(*resolver.addresses(0, &Steady).unwrap(), [address(1)]);
            resolver.doubt();
        }
    }

    #[test]
    fn what_is_fresh_is_not_looked_up_again() {
        let told = told(Duration::from_secs(3600));
        told.resolver.prepare();
        told.resolver.prepare();
        told.answer(Ok(vec![address(1)]));
        assert_eq!(told.get().unwrap(), [address(1)]);
        assert!(!told.is_asked());
    }

    #[test]
    fn what_is_stale_is_used_while_it_is_looked_up_and_kept_if_that_fails() {
        let told = told(Duration::ZERO);
        told.resolver.prepare();
        told.answer(Ok(vec![address(1)]));
        assert_eq!(told.get().unwrap(), [address(1)], "the lookup under way has not answered");
        assert_eq!(told.get().unwrap(), [address(1)]);
        told.answer(Ok(vec![address(2)]));
        assert_eq!(told.get().unwrap(), [address(2)]);
        told.answer(Err(io::ErrorKind::NotConnected.into()));
        assert_eq!(told.get().unwrap(), [address(2)]);
        assert!(!told.is_asked(), "a failure is not repeated at once");
    }

    #[test]
    fn a_name_without_an_address_is_an_error_and_asked_for_again() {
        let told = told(Duration::ZERO);
        for (answer, want) in [(Err(io::Error::other("no such host")), "no such host"), (Ok(Vec::new()), "none")] {
            told.answer.send(answer).unwrap();
            match told.get().unwrap_err() {
                DialError::Resolve { host, why } => assert_eq!((host.as_str(), why.as_str()), ("www.okx.com", want)),
                error => panic!("{error}"),
            }
            assert!(told.is_asked());
        }
        told.answer.send(Ok(vec![address(1)])).unwrap();
        assert_eq!(told.get().unwrap(), [address(1)]);
    }

    #[test]
    fn the_first_lookup_is_waited_for_until_the_deadline() {
        let told = told(Duration::ZERO);
        let done = told.resolver.addresses(mono_ns() + 50_000_000, &Steady);
        assert!(matches!(done, Err(DialError::Deadline { stage: DialStage::Resolve })), "{done:?}");
        told.answer(Ok(vec![address(1)]));
    }

    #[test]
    fn doubt_brings_a_lookup_but_not_many() {
        let told = told(Duration::from_secs(3600));
        told.resolver.prepare();
        told.answer(Ok(vec![address(1)]));
        told.resolver.0.lock().done_ns = mono_ns() + PATIENCE_NS;
        told.resolver.doubt();
        told.get().unwrap();
        assert!(!told.is_asked(), "within a second of the last");
        told.resolver.0.lock().done_ns = 0;
        told.resolver.doubt();
        assert_eq!(told.get().unwrap(), [address(1)]);
        told.answer(Ok(vec![address(2)]));
        assert_eq!(told.get().unwrap(), [address(2)]);
    }
}
