//! The client behind `okx_fast.Client`: connections, subscriptions, and the two ways to run them.
//!
//! ```text
//! pump      run() / poll(): the caller's thread drives everything, detached while it waits
//! asyncio   start(): an I/O thread drives; drain() on the loop's thread calls callbacks
//! ```

mod links;

use crate::book::Book;
use crate::dispatch::{Dispatcher, Shared};
use crate::errors;
use crate::feed::{Entry, Feeds, Owned, Wake};
use crate::live::{CLOSE_WITHIN, Live, Running};
use crate::orders::OrderCore;
use crate::pending::Pending;
use crate::pump::{Signals, answers};
use crate::rest::bytes_of;
use crate::stats;
use crate::subs::{PySub, locked};
use crate::subscription::{Subscription, expect_kind, sub_of};
use links::{Link, Shares, fetcher};
use okx_fast_core::channel::{Arg, Channel, Socket};
use okx_fast_core::secret::Credentials;
use okx_fast_core::session::{Config, Event as CoreEvent, Notice, Outcome, SharedBook};
use okx_fast_net::clock;
use okx_fast_net::driver::{Command, Timing};
use okx_fast_net::fetch::Fetcher;
use okx_fast_net::http::Proxy;
use okx_fast_net::inbox::Inbox;
use okx_fast_net::record::{Flight, Recorder, Recording};
use okx_fast_net::tls::TlsConfig;
use okx_fast_net::transport::Target;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rtrb::Consumer;
use rustc_hash::FxHashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;

/// How often a waiting thread looks for signals.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);
/// One turn of the loop ends after the callback that takes it so far: signals and other tasks wait no longer.
const TURN_NS: u64 = 5_000_000;
/// A loop that comes later than this when called is told of.
const STARVED_NS: u64 = 1_000_000_000;
/// How long a slow disk may hold up close().
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// Longest of all durations in `Options`.
const MOST_SECONDS: f64 = 3600.0;

/// Subscriptions of one connection, at most: OKX has a limit it does not tell.
const MOST_CHANNELS: usize = 10_000;
/// A connection is to live at least so long, in seconds.
const LEAST_ROTATION: f64 = 60.0;

/// A year: of what `Recording` and `Flight` count in seconds.
const MOST_SPAN: f64 = 366.0 * 86_400.0;

type Queue = Consumer<Entry>;

/// How the client is run, once it is.
#[derive(Debug)]
enum Mode {
    Idle,
    Pump { runtime: Arc<Runtime> },
    Threaded { handle: Handle, stop: Arc<Notify>, thread: JoinHandle<()> },
    Closed,
}

/// The loop's end of the ring, and who calls callbacks, by the number of the session.
#[derive(Debug)]
struct Drain {
    queue: Queue,
    dispatchers: Vec<Option<Dispatcher>>,
}

/// What `okx_fast.Client` is made of; use that.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    /// Public, private, business.
    targets: [Option<Target>; 3],
    tls: TlsConfig,
    proxy: Option<Proxy>,
    config: Config,
    timing: Timing,
    queue: usize,
    links: Mutex<Vec<Link>>,
    /// What is subscribed, by its subject; what has ended may still stand here.
    held: Mutex<FxHashMap<Arg, Arc<PySub>>>,
    /// Where an instrument's subscriptions are.
    homes: Mutex<FxHashMap<(Socket, bool, String), usize>>,
    mode: Mutex<Mode>,
    signals: Arc<Signals>,
    live: Arc<Live>,
    recorder: Option<Recorder>,
    credentials: Option<Arc<Credentials>>,
    fetcher: Option<Arc<Fetcher>>,
    shares: Shares,
    wake: Mutex<Option<Arc<Wake>>>,
    feeds: Mutex<Option<Feeds>>,
    drain: Mutex<Option<Drain>>,
    /// Dispatchers of sessions made while callbacks run.
    added: Mutex<Vec<(usize, Dispatcher)>>,
    /// Callbacks of traders, run where ours are.
    attached: Mutex<Vec<(Py<PyAny>, Arc<Inbox>)>>,
    /// The thread in run() or poll().
    runner: Mutex<Option<ThreadId>>,
    pid: u32,
}

fn seconds(py: Python<'_>, name: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .ok()
        .filter(|d| !d.is_zero() && value <= MOST_SECONDS)
        .ok_or_else(|| errors::config(py, &format!("{name}: expected seconds above 0, at most {MOST_SECONDS}, got {value}")))
}

fn span(py: Python<'_>, name: &str, value: f64) -> PyResult<Duration> {
    let is_one = |d: &Duration| !d.is_zero() && value <= MOST_SPAN;
    let made = Duration::try_from_secs_f64(value).ok().filter(is_one);
    made.ok_or_else(|| errors::config(py, &format!("{name}: expected seconds above 0, at most {MOST_SPAN}, got {value}")))
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, ws_public, ws_private, ws_business, rest, demo, key, ca_file, proxy, ping_after_s, pong_within_s, answer_within_s, connect_within_s, backoff_s, backoff_max_s, queue, books_per_connection, channels_per_connection, redundancy, rotate_s, recover, record, flight))]
    #[allow(clippy::too_many_arguments, reason = "keyword-only: the fields of Options and Site, spelled once more")]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over what it made for the call")]
    fn new(
        py: Python<'_>,
        ws_public: &str,
        ws_private: Option<&str>,
        ws_business: Option<&str>,
        rest: Option<&str>,
        demo: bool,
        key: Option<(String, Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        ca_file: Option<PathBuf>,
        proxy: Option<&str>,
        ping_after_s: f64,
        pong_within_s: f64,
        answer_within_s: f64,
        connect_within_s: f64,
        backoff_s: f64,
        backoff_max_s: f64,
        queue: usize,
        books_per_connection: usize,
        channels_per_connection: usize,
        redundancy: u8,
        rotate_s: Option<f64>,
        recover: bool,
        record: Option<(PathBuf, u64, f64, usize)>,
        flight: Option<(PathBuf, f64, usize, f64, u64)>,
    ) -> PyResult<Self> {
        let target = |url: &str| Target::parse(url).map_err(|e| errors::config(py, &e.to_string()));
        let ns = |name, value| seconds(py, name, value).map(|d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
        if !(64..=1 << 20).contains(&queue) {
            return Err(errors::config(py, &format!("queue: expected 64 to {} events, got {queue}", 1 << 20)));
        }
        if backoff_s > backoff_max_s {
            return Err(errors::config(py, &format!("backoff_s: expected at most backoff_max_s, {backoff_max_s}, got {backoff_s}")));
        }
        if !(1..=2).contains(&redundancy) {
            return Err(errors::config(py, &format!("redundancy: expected 1 or 2 connections, got {redundancy}")));
        }
        for (name, n) in [("books_per_connection", books_per_connection), ("channels_per_connection", channels_per_connection)] {
            if !(1..=MOST_CHANNELS).contains(&n) {
                return Err(errors::config(py, &format!("{name}: expected 1 to {MOST_CHANNELS}, got {n}")));
            }
        }
        let credentials = key.map(|(key, secret, passphrase)| {
            let (secret, passphrase) = (bytes_of(&secret)?, bytes_of(&passphrase)?);
            Credentials::new(&key, &secret, passphrase).map(Arc::new).map_err(|e| errors::config(py, &e.to_string()))
        });
        let tls = TlsConfig::new(ca_file.as_deref()).map_err(|e| errors::config(py, &e.to_string()))?;
        let proxy = proxy.map(Proxy::parse).transpose().map_err(|e| errors::config(py, &e.to_string()))?;
        let connect_within = seconds(py, "connect_within_s", connect_within_s)?;
        let fetcher = rest.map(|rest| fetcher(py, rest, demo, &tls, proxy.clone(), connect_within)).transpose()?;
        let rotate_after = match rotate_s {
            None => 0,
            Some(s) if s >= LEAST_ROTATION => u64::try_from(span(py, "rotate_s", s)?.as_nanos()).unwrap_or(u64::MAX),
            Some(s) => return Err(errors::config(py, &format!("rotate_s: expected at least {LEAST_ROTATION} s, got {s}"))),
        };
        // Last of all that may be refused: it makes folders.
        let recorder = |record: Option<Recording>, flight: Option<Flight>| match (&record, &flight) {
            (None, None) => Ok(None),
            _ => Recorder::start(record, flight).map(Some).map_err(|e| errors::config(py, &format!("record, flight: {e}"))),
        };
        let record = record
            .map(|(folder, rotate_bytes, rotate_s, buffer)| {
                let rotate_every = span(py, "record.rotate_s", rotate_s)?;
                Ok::<_, PyErr>(Recording { folder, rotate_bytes, rotate_every, buffer })
            })
            .transpose()?;
        let flight = flight
            .map(|(folder, seconds, bytes, every_s, most)| {
                let (span, every) = (span(py, "flight.seconds", seconds)?, span(py, "flight.every_s", every_s)?);
                Ok::<_, PyErr>(Flight { folder, span, bytes, every, most })
            })
            .transpose()?;
        Ok(Self {
            shared: Arc::new(Shared::new()),
            targets: [Some(target(ws_public)?), ws_private.map(target).transpose()?, ws_business.map(target).transpose()?],
            tls,
            proxy,
            config: Config {
                ping_after: ns("ping_after_s", ping_after_s)?,
                pong_within: ns("pong_within_s", pong_within_s)?,
                answer_within: ns("answer_within_s", answer_within_s)?,
                first_backoff: ns("backoff_s", backoff_s)?,
                most_backoff: ns("backoff_max_s", backoff_max_s)?,
                redundancy,
                rotate_after,
                recover: recover && fetcher.is_some(),
                ..Config::default()
            },
            timing: Timing { connect_within, ..Timing::default() },
            credentials: credentials.transpose()?,
            fetcher,
            shares: Shares { books: books_per_connection, channels: channels_per_connection },
            queue,
            links: Mutex::default(),
            held: Mutex::default(),
            homes: Mutex::default(),
            mode: Mutex::new(Mode::Idle),
            signals: Arc::default(),
            live: Arc::default(),
            recorder: recorder(record, flight)?,
            wake: Mutex::default(),
            feeds: Mutex::default(),
            drain: Mutex::default(),
            added: Mutex::default(),
            attached: Mutex::default(),
            runner: Mutex::default(),
            pid: std::process::id(),
        })
    }

    /// A `Book` for kind "book", else a `Subscription`. Raises `ConfigError` if there is one already, or the channel
    /// is of another kind; `ClosedError`. decode: makes a list of rows of a `RawMessage`, for kind "raw".
    #[allow(clippy::too_many_arguments, reason = "called by Client alone")]
    #[pyo3(signature = (kind, channel, params, callback, *, conflate, decode = None))]
    fn subscribe<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        channel: &str,
        params: Vec<(String, String)>,
        callback: Option<Py<PyAny>>,
        conflate: bool,
        decode: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.check(py)?;
        let arg = Arg { channel: channel.to_owned(), params };
        let book = expect_kind(py, kind, channel)?.filter(|c| c.is_book()).map(SharedBook::new);
        let is_deep = Channel::find(channel).is_some_and(|c| c.depth > 10);
        let (line, commands, conn) = self.link(py, &arg, is_deep)?;
        let sub = PySub::new(py, arg.clone(), book.clone(), decode, conflate);
        let sub = Arc::new(sub.on_line(line, Arc::clone(&conn.alive), self.fresh_within()));
        sub.set_callback(callback);
        let refused = {
            let _numbering = locked(&conn.numbering);
            let mut held = locked(&self.held);
            let subject = arg.subject();
            if held.get(&subject).is_some_and(|s| !s.has_ended()) {
                Some("already subscribed on this client")
            } else {
                held.insert(subject, Arc::clone(&sub));
                drop(held);
                conn.add(&sub);
                // If it is refused, the session never hears of it, and the next one gets its number.
                commands.send(Command::Subscribe(arg, book)).is_err().then(|| {
                    conn.remove_last();
                    "too many subscriptions are waiting to be sent"
                })
            }
        };
        if let Some(why) = refused {
            return Err(errors::config(py, &format!("{}: {why}", sub.arg)));
        }
        if sub.book.is_some() { Ok(Bound::new(py, Book { sub })?.into_any()) } else { Ok(Bound::new(py, Subscription { sub })?.into_any()) }
    }

    /// Ends a subscription made here; ending it twice is harmless.
    fn unsubscribe(&self, py: Python<'_>, subscription: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check(py)?;
        let sub = sub_of(subscription)?;
        let Some(commands) = self.commands_of(&sub) else {
            return Err(errors::config(py, &format!("{}: not a subscription of this client", sub.arg)));
        };
        if !sub.has_ended() {
            sub.end();
            _ = commands.send(Command::Unsubscribe(sub.id()));
            let mut held = locked(&self.held);
            let subject = sub.arg.subject();
            if held.get(&subject).is_some_and(|s| Arc::ptr_eq(s, &sub)) {
                held.remove(&subject);
            }
        }
        Ok(())
    }

    /// Sets the callback of a subscription that has none, and what is called when OKX ends it; `None` takes them away.
    #[pyo3(signature = (subscription, callback, on_end))]
    fn listen(
        &self,
        py: Python<'_>,
        subscription: &Bound<'_, PyAny>,
        callback: Option<Py<PyAny>>,
        on_end: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        self.check(py)?;
        let sub = sub_of(subscription)?;
        if sub.has_ended() {
            return Err(errors::config(py, &format!("{}: this subscription has ended", sub.arg)));
        }
        if callback.is_some() && sub.has_callback() {
            return Err(errors::config(py, &format!("{}: already has a listener", sub.arg)));
        }
        sub.set_callback(callback);
        sub.set_on_end(on_end);
        Ok(())
    }

    /// Calls `callback` with each `Event`; `None`: with none.
    #[pyo3(signature = (callback))]
    fn set_on_event(&self, callback: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *locked(&self.shared.on_event), callback);
        drop(before); // without the lock: this may run a destructor of the user's
    }

    /// Calls `callback(exception, event)` when a callback raises; `None`: `sys.unraisablehook` gets it.
    #[pyo3(signature = (callback))]
    fn set_on_error(&self, callback: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *locked(&self.shared.on_error), callback);
        drop(before);
    }

    /// Replaces every connection, each before it goes.
    fn reconnect(&self, py: Python<'_>) -> PyResult<Pending> {
        self.check(py)?;
        let ask = |link: &Link| {
            let outcome = Arc::new(Outcome::default());
            if link.commands.send(Command::Reconnect(Arc::clone(&outcome))).is_err() {
                outcome.set(Err("too many commands wait already".to_owned()));
            }
            outcome
        };
        Ok(Pending(locked(&self.links).iter().map(ask).collect()))
    }

    /// Asks for a new snapshot of a book, which is invalid until it is in.
    fn resync(&self, py: Python<'_>, book: &Bound<'_, Book>) -> PyResult<Pending> {
        self.check(py)?;
        let sub = Arc::clone(&book.get().sub);
        let Some(commands) = self.commands_of(&sub) else {
            return Err(errors::config(py, &format!("{}: not a subscription of this client", sub.arg)));
        };
        let outcome = Arc::new(Outcome::default());
        if sub.has_ended() {
            outcome.set(Err("the subscription has ended".to_owned()));
        } else if commands.send(Command::Resync(sub.id(), Arc::clone(&outcome))).is_err() {
            outcome.set(Err("too many commands wait already".to_owned()));
        }
        Ok(Pending(vec![outcome]))
    }

    /// Runs for `seconds`, or until `stop()`, or until an exception; with `once`, until data came. Returns the number of
    /// events handed on.
    #[pyo3(signature = (seconds, *, spin, once))]
    fn run(&self, py: Python<'_>, seconds: Option<f64>, spin: bool, once: bool) -> PyResult<u64> {
        self.check(py)?;
        let until = match seconds {
            Some(s) if s.is_nan() => return Err(errors::config(py, "seconds: expected a number, got nan")),
            // A deadline that has passed is no time left; one beyond what a clock can hold is none.
            Some(s) => Duration::try_from_secs_f64(s.max(0.0)).ok().and_then(|d| Instant::now().checked_add(d)),
            None => None,
        };
        let (result, runtime) = {
            let Some(_running) = Running::begin(&self.runner, &self.shared) else {
                return Err(errors::config(py, "run() and poll() cannot be called while the client is already run"));
            };
            // One runtime cannot wait inside another.
            if Handle::try_current().is_ok() {
                return Err(errors::config(py, "run() and poll() cannot be called from a callback of another client"));
            }
            let runtime = self.pump(py)?;
            let _attending: Vec<_> = locked(&self.attached).iter().map(|(_, inbox)| inbox.attend()).collect();
            (self.turn(py, &runtime, until, spin, once), runtime)
        };
        // The last one, if the client was closed meanwhile. A name lookup may still be under way: not waited for.
        if let Some(runtime) = Arc::into_inner(runtime) {
            runtime.shutdown_background();
        }
        result
    }

    /// Calls `drain` on the thread of run() and poll() whenever something waits in `core`; True from it: more waits.
    fn attach(&self, py: Python<'_>, core: &Bound<'_, OrderCore>, drain: Py<PyAny>) -> PyResult<()> {
        self.check(py)?;
        let (mode, inbox) = (locked(&self.mode), core.get().inbox());
        let reading = match &*mode {
            Mode::Pump { runtime } => {
                let _entered = runtime.enter();
                Some((runtime, answers(Arc::clone(&inbox))?))
            }
            _ => None,
        };
        if !core.get().attach(Arc::clone(&self.signals)) {
            return Err(errors::config(py, "this trader's callbacks run elsewhere already"));
        }
        if let Some((runtime, reading)) = reading {
            runtime.spawn(reading);
        }
        locked(&self.attached).push((drain, inbox));
        Ok(())
    }

    /// Ends `run` after the message that is being handed on; if it is not running, the next one at once. From any thread.
    fn stop(&self) {
        self.shared.stopping.store(true, SeqCst);
        self.signals.progress.notify_one();
    }

    /// Starts the I/O thread. Gives the descriptor that becomes readable when `drain` has something to do.
    fn start(&self, py: Python<'_>) -> PyResult<i32> {
        self.check(py)?;
        let mut mode = locked(&self.mode);
        if !matches!(*mode, Mode::Idle) {
            return Err(errors::config(py, "this client is already running"));
        }
        let wake = Arc::new(Wake::new()?);
        let fd = wake.fd();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, stop) = (runtime.handle().clone(), Arc::new(Notify::new()));
        let (stopped, live) = (Arc::clone(&stop), Arc::clone(&self.live));
        let thread = thread::Builder::new().name("okx-fast-io".to_owned()).spawn(move || {
            runtime.block_on(async {
                stopped.notified().await;
                live.idle().await;
            });
            runtime.shutdown_timeout(Duration::from_millis(100));
        })?;
        let (feeds, queue) = Feeds::new(Arc::clone(&wake), self.queue);
        *locked(&self.wake) = Some(wake);
        *locked(&self.feeds) = Some(feeds);
        *locked(&self.drain) = Some(Drain { queue, dispatchers: Vec::new() });
        *mode = Mode::Threaded { handle, stop, thread };
        drop(mode);
        let links = locked(&self.links).len();
        (0..links).try_for_each(|index| self.launch(py, index))?;
        Ok(fd)
    }

    /// Calls callbacks for at most `most` waiting events, for at most some milliseconds. Whether more wait; if so, the
    /// descriptor is readable again.
    fn drain(&self, py: Python<'_>, most: usize) -> PyResult<bool> {
        let Some(wake) = locked(&self.wake).clone() else { return Ok(false) };
        let late = wake.lower();
        if let Some(late) = late {
            locked(&self.shared.stages.wake).saturating_record(late);
        }
        let mut starved = late.filter(|late| *late >= STARVED_NS);
        let mut left = most;
        let by = clock::mono_ns() + TURN_NS;
        // Taken out while callbacks run: one of them may subscribe, and so add a dispatcher, or close the client.
        let Some(mut drain) = locked(&self.drain).take() else { return Ok(false) };
        while left > 0 && !self.shared.stopping.load(SeqCst) && clock::mono_ns() < by {
            let Ok((line, at, event)) = drain.queue.pop() else { break };
            left -= 1;
            wake.took(&event);
            let Some(dispatcher) = drain.dispatcher(line, &self.added) else { continue };
            if let Some(late) = starved.take() {
                dispatcher.event(py, at, CoreEvent::Notice(None, &Notice::starved(clock::now(), late, STARVED_NS)));
            }
            match (&event, event.as_event()) {
                (_, Some(event)) => dispatcher.event(py, at, event),
                (Owned::Dirty(id), None) => dispatcher.latest(py, *id),
                _ => {}
            }
        }
        let more = !drain.queue.is_empty();
        if !matches!(*locked(&self.mode), Mode::Closed) {
            *locked(&self.drain) = Some(drain);
        }
        wake.made_room();
        if more {
            wake.raise();
        }
        self.shared.stopping.store(false, SeqCst);
        match self.shared.take_fatal() {
            Some(error) => Err(error),
            None => Ok(more),
        }
    }

    /// Counters since the start; `Client.stats` names them.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (waiting, lag) = locked(&self.drain).as_ref().map_or((0, 0), |drain| {
            let oldest = drain.queue.peek().map_or(0, |(_, at, _)| clock::mono_ns().saturating_sub(at.mono_ns));
            (drain.queue.slots(), oldest)
        });
        let dict = stats::to_dict(py, &self.shared, waiting)?;
        dict.set_item("lag_us", lag as f64 / 1e3)?;
        let loop_late = locked(&self.wake).as_ref().map_or(0, |wake| wake.late());
        dict.set_item("loop_late_us", loop_late as f64 / 1e3)?;
        dict.set_item("recording", self.recorder.as_ref().map(|r| stats::recording(py, r)).transpose()?)?;
        Ok(dict)
    }

    /// Ends connections and threads; further calls raise `ClosedError`. Calling it again is harmless.
    fn close(&self, py: Python<'_>) {
        if self.pid != std::process::id() {
            return;
        }
        self.stop();
        let mode = std::mem::replace(&mut *locked(&self.mode), Mode::Closed);
        for link in locked(&self.links).iter() {
            _ = link.commands.send(Command::Stop);
        }
        self.end_all();
        let runner = *locked(&self.runner);
        match mode {
            // Closed from one of its own callbacks: run() ends after it.
            Mode::Pump { .. } if runner == Some(thread::current().id()) => {}
            // Closed from a callback of another client: waiting for goodbyes is not possible there.
            Mode::Pump { runtime } if runner.is_none() && Handle::try_current().is_ok() => {
                if let Some(runtime) = Arc::into_inner(runtime) {
                    runtime.shutdown_background();
                }
            }
            Mode::Pump { .. } if runner.is_some() => py.detach(|| {
                let by = Instant::now() + CLOSE_WITHIN;
                while locked(&self.runner).is_some() && Instant::now() < by {
                    thread::sleep(Duration::from_millis(1));
                }
            }),
            Mode::Pump { runtime } => {
                py.detach(|| {
                    self.signals.resumed.notify_waiters();
                    runtime.block_on(self.live.idle());
                    if let Some(runtime) = Arc::into_inner(runtime) {
                        runtime.shutdown_timeout(Duration::from_millis(100));
                    }
                });
            }
            Mode::Threaded { stop, thread, .. } => {
                if let Some(wake) = locked(&self.wake).take() {
                    wake.made_room();
                }
                py.detach(|| {
                    stop.notify_one();
                    // It ends by itself within CLOSE_WITHIN: nothing it does waits for Python.
                    _ = thread.join();
                });
            }
            Mode::Idle | Mode::Closed => {}
        }
        let ended = (locked(&self.drain).take(), locked(&self.feeds).take(), std::mem::take(&mut *locked(&self.added)));
        drop(ended);
        if let Some(fetcher) = &self.fetcher {
            fetcher.close();
        }
        if let Some(recorder) = &self.recorder {
            py.detach(|| recorder.close(WRITE_WITHIN));
        }
        self.set_on_event(None);
        self.set_on_error(None);
        let attached = std::mem::take(&mut *locked(&self.attached));
        drop(attached); // without the lock, as above
    }

    /// In a child of `fork()`: its books are not fed any more, and a run that forked in a callback ends.
    fn forked(&self, py: Python<'_>) {
        self.end_all();
        self.set_on_event(None);
        self.shared.doom(errors::forked(py));
    }
}

impl Drain {
    fn dispatcher(&mut self, line: u32, added: &Mutex<Vec<(usize, Dispatcher)>>) -> Option<&mut Dispatcher> {
        let at = line as usize;
        if self.dispatchers.get(at).is_none_or(Option::is_none) {
            for (index, dispatcher) in locked(added).drain(..) {
                if index >= self.dispatchers.len() {
                    self.dispatchers.resize_with(index + 1, || None);
                }
                if let Some(place) = self.dispatchers.get_mut(index) {
                    *place = Some(dispatcher);
                }
            }
        }
        self.dispatchers.get_mut(at)?.as_mut()
    }
}

impl Engine {
    /// Closed, or of another process?
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        if self.pid != std::process::id() {
            return Err(errors::forked(py));
        }
        if matches!(*locked(&self.mode), Mode::Closed) { Err(errors::closed(py)) } else { Ok(()) }
    }

    /// The runtime of pump mode, made when the client is first run.
    fn pump(&self, py: Python<'_>) -> PyResult<Arc<Runtime>> {
        let runtime = {
            let mut mode = locked(&self.mode);
            match &*mode {
                Mode::Pump { runtime } => return Ok(Arc::clone(runtime)),
                Mode::Idle => {
                    let runtime = Arc::new(Builder::new_current_thread().enable_all().event_interval(7).build()?);
                    for (_, inbox) in &*locked(&self.attached) {
                        let _entered = runtime.enter();
                        runtime.spawn(answers(Arc::clone(inbox))?);
                    }
                    *mode = Mode::Pump { runtime: Arc::clone(&runtime) };
                    Some(runtime)
                }
                Mode::Threaded { .. } | Mode::Closed => None,
            }
        };
        // Raised without the lock: making an exception runs Python.
        let Some(runtime) = runtime else {
            return Err(errors::config(py, "run() and poll() are for a client opened with `with`, not `async with`"));
        };
        let links = locked(&self.links).len();
        (0..links).try_for_each(|index| self.launch(py, index))?;
        Ok(runtime)
    }

    /// One `run()` or, with `once`, one `poll()`.
    fn turn(&self, py: Python<'_>, runtime: &Runtime, until: Option<Instant>, spin: bool, once: bool) -> PyResult<u64> {
        let shared = &self.shared;
        let before = shared.events.load(SeqCst);
        let arrivals = self.signals.arrivals.load(SeqCst);
        self.signals.polling.store(once, SeqCst);
        self.signals.resumed.notify_waiters();
        loop {
            let now = Instant::now();
            let look = until.map_or(now + SIGNAL_CHECK, |until| until.min(now + SIGNAL_CHECK));
            py.detach(|| runtime.block_on(self.wait(look, spin, once.then_some(arrivals))));
            if let Some(error) = shared.take_fatal() {
                return Err(error);
            }
            self.drain_attached(py)?;
            py.check_signals()?;
            let events = shared.events.load(SeqCst) - before;
            let over = until.is_some_and(|until| Instant::now() >= until);
            let came = self.signals.arrivals.load(SeqCst) > arrivals;
            if over || shared.stopping.load(SeqCst) || (once && came) {
                return Ok(events);
            }
        }
    }

    /// Runs what waits in the traders that are attached.
    fn drain_attached(&self, py: Python<'_>) -> PyResult<()> {
        if !self.signals.outcomes.swap(false, SeqCst) {
            return Ok(());
        }
        let drains: Vec<Py<PyAny>> = locked(&self.attached).iter().map(|(drain, _)| drain.clone_ref(py)).collect();
        for drain in drains {
            let drained = drain.call0(py).and_then(|more| more.is_truthy(py));
            // After an exception too: what waits behind it is told in the next run.
            if *drained.as_ref().unwrap_or(&true) {
                self.signals.outcomes.store(true, SeqCst);
            }
            drained?;
        }
        self.signals.arrivals.fetch_add(1, SeqCst);
        Ok(())
    }

    /// Lets the drivers work until `look`, a stop, or (given `before`) the next arrival.
    async fn wait(&self, look: Instant, spin: bool, before: Option<u64>) {
        let news = || self.signals.outcomes.load(SeqCst) || before.is_some_and(|n| self.signals.arrivals.load(SeqCst) > n);
        let over = || self.shared.stopping.load(SeqCst) || news();
        // Also with no time to wait, everything that is ready gets its turn; after a stop nothing does.
        for _ in 0..4 {
            if self.shared.stopping.load(SeqCst) {
                return;
            }
            tokio::task::yield_now().await;
        }
        if spin {
            while !over() && Instant::now() < look {
                tokio::task::yield_now().await;
            }
            return;
        }
        let alarm = tokio::time::sleep_until(look.into());
        tokio::pin!(alarm);
        while !over() {
            tokio::select! {
                biased;
                () = &mut alarm => return,
                () = self.signals.progress.notified() => {}
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let mode = std::mem::replace(&mut *locked(&self.mode), Mode::Closed);
        if self.pid != std::process::id() {
            // The threads and sockets are the parent's: touch nothing.
            std::mem::forget(mode);
            return;
        }
        for link in locked(&self.links).iter() {
            _ = link.commands.send(Command::Stop);
        }
        match mode {
            Mode::Threaded { stop, .. } => stop.notify_one(),
            Mode::Pump { runtime } => {
                if let Some(runtime) = Arc::into_inner(runtime) {
                    runtime.shutdown_background();
                }
            }
            Mode::Idle | Mode::Closed => {}
        }
    }
}
