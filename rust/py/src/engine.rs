//! The client behind `okx_fast.Client`: connections, subscriptions, and the two ways to run them.
//!
//! ```text
//! pump      run() / poll(): the caller's thread drives everything, detached while it waits
//! asyncio   start(): an I/O thread drives; drain() on the loop's thread calls callbacks
//! ```

use crate::book::Book;
use crate::dispatch::{Conn, Dispatcher, Shared};
use crate::errors;
use crate::feed::{Feed, Owned, Wake};
use crate::live::{CLOSE_WITHIN, Live, Running, Work};
use crate::pump::{Pump, Signals};
use crate::stats;
use crate::subs::{PySub, locked};
use crate::subscription::{Subscription, expect_kind, sub_of};
use okx_fast_core::channel::{Arg, Socket, socket_of};
use okx_fast_core::session::{Config, Session, SharedBook};
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use okx_fast_net::driver::{Command, Commands, Driver, Timing};
use okx_fast_net::http::Proxy;
use okx_fast_net::record::{Flight, Recorder, Recording};
use okx_fast_net::tls::TlsConfig;
use okx_fast_net::transport::Target;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rtrb::Consumer;
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
/// How long a slow disk may hold up close().
const WRITE_WITHIN: Duration = Duration::from_secs(5);
/// Longest of all durations in `Options`.
const MOST_SECONDS: f64 = 3600.0;

/// A year: of what `Recording` and `Flight` count in seconds.
const MOST_SPAN: f64 = 366.0 * 86_400.0;

/// One socket: its target, its commands, its subscriptions.
#[derive(Debug)]
struct Link {
    socket: Socket,
    commands: Arc<Commands>,
    conn: Arc<Conn>,
    /// Its driver is at work.
    launched: bool,
}

type Queue = Consumer<(Stamp, Owned)>;

/// How the client is run, once it is.
#[derive(Debug)]
enum Mode {
    Idle,
    Pump { runtime: Arc<Runtime> },
    Threaded { handle: Handle, stop: Arc<Notify>, thread: JoinHandle<()> },
    Closed,
}

#[derive(Debug)]
struct Drain {
    queue: Queue,
    dispatcher: Dispatcher,
}

/// What `okx_fast.Client` is made of; use that.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    targets: [Option<Target>; 2],
    tls: TlsConfig,
    proxy: Option<Proxy>,
    config: Config,
    timing: Timing,
    queue: usize,
    links: Mutex<Vec<Link>>,
    mode: Mutex<Mode>,
    signals: Arc<Signals>,
    live: Arc<Live>,
    recorder: Option<Recorder>,
    wake: Mutex<Option<Arc<Wake>>>,
    drains: Mutex<Vec<Drain>>,
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
    #[pyo3(signature = (*, ws_public, ws_business, ca_file, proxy, ping_after_s, pong_within_s, answer_within_s, connect_within_s, backoff_s, backoff_max_s, queue, record, flight))]
    #[allow(clippy::too_many_arguments, reason = "keyword-only: the fields of Options and Site, spelled once more")]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over what it made for the call")]
    fn new(
        py: Python<'_>,
        ws_public: &str,
        ws_business: Option<&str>,
        ca_file: Option<PathBuf>,
        proxy: Option<&str>,
        ping_after_s: f64,
        pong_within_s: f64,
        answer_within_s: f64,
        connect_within_s: f64,
        backoff_s: f64,
        backoff_max_s: f64,
        queue: usize,
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
            targets: [Some(target(ws_public)?), ws_business.map(target).transpose()?],
            tls: TlsConfig::new(ca_file.as_deref()).map_err(|e| errors::config(py, &e.to_string()))?,
            proxy: proxy.map(Proxy::parse).transpose().map_err(|e| errors::config(py, &e.to_string()))?,
            config: Config {
                ping_after: ns("ping_after_s", ping_after_s)?,
                pong_within: ns("pong_within_s", pong_within_s)?,
                answer_within: ns("answer_within_s", answer_within_s)?,
            },
            timing: Timing {
                connect_within: seconds(py, "connect_within_s", connect_within_s)?,
                first_backoff: seconds(py, "backoff_s", backoff_s)?,
                most_backoff: seconds(py, "backoff_max_s", backoff_max_s)?,
                ..Timing::default()
            },
            queue,
            links: Mutex::default(),
            mode: Mutex::new(Mode::Idle),
            signals: Arc::default(),
            live: Arc::default(),
            recorder: recorder(record, flight)?,
            wake: Mutex::default(),
            drains: Mutex::default(),
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
        let (commands, conn) = self.link(py, socket_of(channel))?;
        let sub = Arc::new(PySub::new(py, arg.clone(), book.clone(), decode, conflate));
        sub.set_callback(callback);
        let refused = {
            let _numbering = locked(&conn.numbering);
            if conn.holds(&arg) {
                Some("already subscribed on this client")
            } else {
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
        let holds = |l: &&Link| locked(&l.conn.subs).get(sub.id().0 as usize).is_some_and(|s| Arc::ptr_eq(s, &sub));
        let Some(commands) = locked(&self.links).iter().find(holds).map(|l| Arc::clone(&l.commands)) else {
            return Err(errors::config(py, &format!("{}: not a subscription of this client", sub.arg)));
        };
        if !sub.has_ended() {
            sub.end();
            _ = commands.send(Command::Unsubscribe(sub.id()));
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

    /// Drops every connection and makes it anew.
    fn reconnect(&self, py: Python<'_>) -> PyResult<()> {
        self.check(py)?;
        for link in locked(&self.links).iter() {
            _ = link.commands.send(Command::Reconnect);
        }
        Ok(())
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
            (self.turn(py, &runtime, until, spin, once), runtime)
        };
        // The last one, if the client was closed meanwhile. A name lookup may still be under way: not waited for.
        if let Some(runtime) = Arc::into_inner(runtime) {
            runtime.shutdown_background();
        }
        result
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
        *locked(&self.wake) = Some(wake);
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
        wake.lower();
        let mut left = most;
        let by = clock::mono_ns() + TURN_NS;
        let mut more = false;
        // Taken out while callbacks run: one of them may subscribe, and so add a queue.
        let mut drains = std::mem::take(&mut *locked(&self.drains));
        for Drain { queue, dispatcher } in &mut drains {
            while left > 0 && !self.shared.stopping.load(SeqCst) && clock::mono_ns() < by {
                let Ok((at, event)) = queue.pop() else { break };
                left -= 1;
                wake.took(&event);
                match (&event, event.as_event()) {
                    (_, Some(event)) => dispatcher.event(py, at, event),
                    (Owned::Dirty(id), None) => dispatcher.latest(py, *id),
                    _ => {}
                }
            }
            more |= !queue.is_empty();
        }
        // Who comes first takes turns: a busy connection must not starve another.
        if drains.len() > 1 {
            drains.rotate_left(1);
        }
        let is_open = !matches!(*locked(&self.mode), Mode::Closed);
        if is_open {
            let mut added = locked(&self.drains);
            drains.append(&mut added);
            *added = drains;
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
        let waiting = locked(&self.drains).iter().map(|d| d.queue.slots()).sum();
        let dict = stats::to_dict(py, &self.shared, waiting)?;
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
        let drains = std::mem::take(&mut *locked(&self.drains));
        drop(drains);
        if let Some(recorder) = &self.recorder {
            py.detach(|| recorder.close(WRITE_WITHIN));
        }
        self.set_on_event(None);
        self.set_on_error(None);
    }

    /// In a child of `fork()`: its books are not fed any more, and a run that forked in a callback ends.
    fn forked(&self, py: Python<'_>) {
        self.end_all();
        self.set_on_event(None);
        self.shared.doom(errors::forked(py));
    }
}

impl Engine {
    /// No callback runs and no book is read after this. Callbacks are dropped without a lock held.
    fn end_all(&self) {
        let conns: Vec<Arc<Conn>> = locked(&self.links).iter().map(|l| Arc::clone(&l.conn)).collect();
        for conn in conns {
            let subs = locked(&conn.subs).clone();
            for sub in &subs {
                sub.end();
            }
        }
    }

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

    /// The link to a socket, made (and, on a running client, connected) when it is first needed.
    fn link(&self, py: Python<'_>, socket: Socket) -> PyResult<(Arc<Commands>, Arc<Conn>)> {
        if self.target(socket).is_none() {
            return Err(errors::config(py, &format!("this site has no address for {}", socket.path())));
        }
        let mut links = locked(&self.links);
        if let Some(link) = links.iter().find(|l| l.socket == socket) {
            return Ok((Arc::clone(&link.commands), Arc::clone(&link.conn)));
        }
        let link = Link { socket, commands: Arc::default(), conn: Arc::default(), launched: false };
        let parts = (Arc::clone(&link.commands), Arc::clone(&link.conn));
        locked(&self.shared.conns).push(Arc::clone(&link.conn));
        links.push(link);
        let index = links.len() - 1;
        drop(links);
        self.launch(py, index)?;
        Ok(parts)
    }

    fn target(&self, socket: Socket) -> Option<&Target> {
        match socket {
            Socket::Public => self.targets.first()?.as_ref(),
            Socket::Business => self.targets.last()?.as_ref(),
        }
    }

    /// Starts the driver of a link, if the client is being run.
    fn launch(&self, py: Python<'_>, index: usize) -> PyResult<()> {
        let mode = locked(&self.mode);
        if matches!(*mode, Mode::Idle) {
            return Ok(());
        }
        let (socket, commands, conn) = {
            let mut links = locked(&self.links);
            let Some(link) = links.get_mut(index).filter(|l| !l.launched) else { return Ok(()) };
            link.launched = true;
            (link.socket, Arc::clone(&link.commands), Arc::clone(&link.conn))
        };
        let Some(target) = self.target(socket).cloned() else { return Ok(()) };
        let session = Session::new(self.config);
        *locked(&conn.stats) = Some(Arc::clone(session.stats()));
        let tap = self.recorder.as_ref().map(|r| r.tap(socket.as_str(), self.config, clock::now()));
        let driver = Driver { session, target, tls: self.tls.clone(), proxy: self.proxy.clone(), timing: self.timing, commands, tap };
        let dispatcher = Dispatcher::new(Arc::clone(&self.shared), Arc::clone(&conn), true);
        let work = Work { live: Arc::clone(&self.live), shared: Arc::clone(&self.shared), conn: Arc::clone(&conn) };
        let wake = locked(&self.wake).clone();
        match (&*mode, wake) {
            (Mode::Pump { runtime }, _) => {
                let signals = Arc::clone(&self.signals);
                let pump = Pump::new(dispatcher, Arc::clone(&signals));
                work.spawn(runtime.handle(), driver, pump, move || signals.progress.notify_one());
            }
            (Mode::Threaded { handle, .. }, Some(wake)) => {
                let (feed, queue) = Feed::new(Arc::clone(&conn.flags), Arc::clone(&wake), self.queue);
                locked(&self.drains).push(Drain { queue, dispatcher });
                work.spawn(handle, driver, feed, move || wake.raise());
            }
            _ => {
                drop(mode);
                return Err(errors::closed(py));
            }
        }
        Ok(())
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
            py.check_signals()?;
            let events = shared.events.load(SeqCst) - before;
            let over = until.is_some_and(|until| Instant::now() >= until);
            let came = self.signals.arrivals.load(SeqCst) > arrivals;
            if over || shared.stopping.load(SeqCst) || (once && came) {
                return Ok(events);
            }
        }
    }

    /// Lets the drivers work until `look`, a stop, or (given `before`) the next arrival.
    async fn wait(&self, look: Instant, spin: bool, before: Option<u64>) {
        let over = || self.shared.stopping.load(SeqCst) || before.is_some_and(|n| self.signals.arrivals.load(SeqCst) > n);
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
