//! Recordings through the same sessions, books and callbacks as a connection's: no socket, no thread, no clock.
//!
//! ```text
//! line ─▶ Entry ─▶ the session of its connection ─▶ Dispatcher ─▶ callbacks
//!           └ what the session of that time was told, at the times it was told: requests and deadlines included
//! ```

use crate::book::Book;
use crate::dispatch::{Conn, Dispatcher, Shared};
use crate::errors;
use crate::subs::{PySub, locked};
use crate::subscription::{Subscription, expect_kind};
use okx_fast_core::channel::Arg;
use okx_fast_core::record::{Entry, Kind, LOGIN, fetched_from, opened_from, subscribed_from};
use okx_fast_core::secret::{Credentials, Secret};
use okx_fast_core::session::{Config, Event, LegId, Notice, Outgoing, Session, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::str;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

/// Feeds frames or whole recordings to the same session, books and callbacks that a connection feeds; no socket, no thread.
///
/// A book that broke stays so until the recording brings its next snapshot.
/// An exception in a callback goes to `sys.unraisablehook`; KeyboardInterrupt and SystemExit come out of the call.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The first takes frames that name no connection of ours.
    lines: Vec<Line>,
    wanted: Vec<Arc<PySub>>,
    /// Of the entry before.
    at: Stamp,
    figures: Figures,
}

#[derive(Debug, Default)]
struct Figures {
    entries: u64,
    lost: u64,
    /// Requests that the session of that time sent, and this one would not have.
    diverged: u64,
}

/// One connection.
#[derive(Debug)]
struct Line {
    name: String,
    session: Session,
    dispatcher: Dispatcher,
    conn: Arc<Conn>,
    /// From its beginning: what it asked for stands in the recording.
    is_whole: bool,
}

#[pymethods]
impl Replay {
    #[new]
    fn new() -> Self {
        let shared = Arc::new(Shared::new());
        let first = Line::new(&shared, String::new(), Config::default(), false, false);
        let inner = Inner { lines: vec![first], wanted: Vec::new(), at: Stamp::default(), figures: Figures::default() };
        Self { shared, inner: Mutex::new(inner) }
    }

    /// As `Client.subscribe_book`, without conflation.
    #[pyo3(signature = (inst_id, on_update = None, *, channel = "books"))]
    fn subscribe_book(&self, py: Python<'_>, inst_id: &str, on_update: Option<Py<PyAny>>, channel: &str) -> PyResult<Book> {
        Ok(Book { sub: self.add(py, "book", Arg::new(channel, inst_id), on_update)? })
    }

    /// As `Client.subscribe_trades`.
    #[pyo3(signature = (inst_id, on_trade = None, *, channel = "trades"))]
    fn subscribe_trades(&self, py: Python<'_>, inst_id: &str, on_trade: Option<Py<PyAny>>, channel: &str) -> PyResult<Subscription> {
        Ok(Subscription { sub: self.add(py, "trade", Arg::new(channel, inst_id), on_trade)? })
    }

    /// As `Client.subscribe_ticker`, without conflation.
    #[pyo3(signature = (inst_id, on_ticker = None))]
    fn subscribe_ticker(&self, py: Python<'_>, inst_id: &str, on_ticker: Option<Py<PyAny>>) -> PyResult<Subscription> {
        Ok(Subscription { sub: self.add(py, "ticker", Arg::new("tickers", inst_id), on_ticker)? })
    }

    /// As `Client.subscribe_raw`.
    #[pyo3(signature = (arg, on_message = None))]
    fn subscribe_raw(&self, py: Python<'_>, arg: &Bound<'_, PyAny>, on_message: Option<Py<PyAny>>) -> PyResult<Subscription> {
        Ok(Subscription { sub: self.add(py, "raw", as_arg(arg)?, on_message)? })
    }

    /// A channel of any kind, without a callback: a `Book`, or a `Subscription`.
    fn follow<'py>(&self, py: Python<'py>, arg: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let sub = self.add(py, "any", as_arg(arg)?, None)?;
        if sub.book.is_some() { Ok(Bound::new(py, Book { sub })?.into_any()) } else { Ok(Bound::new(py, Subscription { sub })?.into_any()) }
    }

    /// Calls `callback` with each `Event`; `None`: with none.
    #[pyo3(signature = (callback))]
    fn on_event(&self, callback: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *locked(&self.shared.on_event), callback);
        drop(before); // without the lock: this may run a destructor of the user's
    }

    /// One frame. Returns the number of callbacks it caused. What is wrong with a frame becomes an `Event`.
    fn feed(&self, py: Python<'_>, frame: &[u8]) -> PyResult<u64> {
        let at = clock::now();
        self.work(py, |inner| {
            if let Some(line) = inner.lines.first_mut() {
                line.frame(py, at, LegId::FIRST, frame);
            }
        })
    }

    /// One line of a recording. Returns the number of callbacks it caused. Raises `MalformedError` for what is none.
    fn line(&self, py: Python<'_>, line: &[u8]) -> PyResult<u64> {
        let entry = Entry::parse(line).map_err(|error| errors::core(py, &error))?;
        let shared = &self.shared;
        self.work(py, |inner| inner.entry(py, shared, &entry))
    }

    /// Whole files, one after the other; `okx_fast.recording.play` does it.
    #[pyo3(signature = (*paths, speed = None))]
    fn play<'py>(slf: Bound<'py, Self>, paths: &Bound<'py, PyTuple>, speed: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        py.import("okx_fast.recording")?.call_method1("play", (slf, paths, speed))
    }

    /// Counters since the start; `Client.stats` names them.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = crate::stats::to_dict(py, &self.shared, 0)?;
        let inner = self.inner.try_lock().map_err(|_| errors::config(py, "stats() was called from a callback of its own"))?;
        let row = PyDict::new(py);
        row.set_item("entries", inner.figures.entries)?;
        row.set_item("lost", inner.figures.lost)?;
        row.set_item("diverged", inner.figures.diverged)?;
        dict.set_item("replayed", row)?;
        Ok(dict)
    }
}

/// What Python gives as a mapping.
fn as_arg(arg: &Bound<'_, PyAny>) -> PyResult<Arg> {
    let items = arg.call_method0("items")?.try_iter()?.map(|item| item?.extract::<(String, String)>());
    let (channel, params) = items.collect::<PyResult<Vec<_>>>()?.into_iter().partition::<Vec<_>, _>(|(key, _)| key == "channel");
    match channel.into_iter().next() {
        Some((_, channel)) => Ok(Arg { channel, params }),
        None => Err(errors::config(arg.py(), &format!("arg: expected a channel, got {arg}"))),
    }
}

impl Replay {
    fn add(&self, py: Python<'_>, kind: &str, arg: Arg, callback: Option<Py<PyAny>>) -> PyResult<Arc<PySub>> {
        let book = expect_kind(py, kind, &arg.channel)?.filter(|c| c.is_book()).map(SharedBook::new);
        let sub = Arc::new(PySub::new(py, arg, book, None, false));
        // No Python runs under this lock.
        let refusal = match self.inner.try_lock() {
            Err(_) => "subscribing from a callback of feed() cannot work".to_owned(),
            Ok(inner) if inner.wanted.iter().any(|s| s.arg == sub.arg && !s.has_ended()) => format!("{}: already subscribed", sub.arg),
            Ok(mut inner) => {
                inner.wanted.push(Arc::clone(&sub));
                // A connection that the recording opens asks for it itself.
                for line in inner.lines.iter_mut().filter(|l| !l.is_whole) {
                    line.assume(&sub);
                }
                drop(inner);
                sub.set_callback(callback);
                return Ok(sub);
            }
        };
        Err(errors::config(py, &refusal))
    }

    /// Counts the callbacks of `work`, and raises what ends a program.
    fn work(&self, py: Python<'_>, work: impl FnOnce(&mut Inner)) -> PyResult<u64> {
        let before = self.shared.events.load(SeqCst);
        let mut inner = self.inner.try_lock().map_err(|_| errors::config(py, "feed() was called from one of its own callbacks"))?;
        work(&mut inner);
        drop(inner);
        match self.shared.take_fatal() {
            Some(error) => Err(error),
            None => Ok(self.shared.events.load(SeqCst) - before),
        }
    }
}

impl Inner {
    fn entry(&mut self, py: Python<'_>, shared: &Arc<Shared>, entry: &Entry) {
        let at = entry.at.unwrap_or(self.at);
        self.at = at;
        self.figures.entries += 1;
        let text = str::from_utf8(&entry.text).unwrap_or_default();
        let (name, leg) = entry.connection();
        let known = self.lines.iter().position(|l| entry.is_ours && l.name == name).filter(|&at| at > 0);
        let index = match (known, entry.kind) {
            // Frames of elsewhere, and what no connection says.
            (None, _) if !entry.is_ours || entry.kind == Kind::Lost => 0,
            (_, Kind::Open) => {
                let (config, logs_in) = opened_from(text).unwrap_or_default();
                let mut line = Line::new(shared, name.to_owned(), config, logs_in, true);
                line.session.start(at);
                match known.and_then(|index| self.lines.get_mut(index)) {
                    Some(old) => *old = line,
                    None => self.lines.push(line),
                }
                return;
            }
            (Some(index), _) => index,
            // It begins somewhere in the middle: what is wanted counts as asked for.
            (None, _) => {
                let mut line = Line::new(shared, name.to_owned(), Config::default(), false, false);
                let holds = |l: &Line, sub: &PySub| locked(&l.conn.subs).iter().any(|s| s.arg == sub.arg && !s.has_ended());
                let is_taken = |sub: &PySub| self.lines.iter().skip(1).any(|l| holds(l, sub));
                self.wanted.iter().filter(|sub| !is_taken(sub)).for_each(|sub| line.assume(sub));
                self.lines.push(line);
                self.lines.len() - 1
            }
        };
        let Some(line) = self.lines.get_mut(index) else { return };
        match entry.kind {
            Kind::Open => {}
            Kind::Frame => line.frame(py, at, leg, &entry.text),
            Kind::Subscribe => {
                if let Some(arg) = subscribed_from(text).filter(|_| line.is_whole) {
                    let wanted = self.wanted.iter().find(|s| s.arg == arg && !s.has_ended()).cloned();
                    line.subscribe(&wanted.unwrap_or_else(|| Arc::new(PySub::new(py, arg, None, None, false))));
                }
            }
            Kind::Unsubscribe => {
                if let Ok(id) = text.parse() {
                    line.session.unsubscribe(SubId(id));
                }
            }
            Kind::Sent => {
                // Asking changes the session's state, as it did then.
                let is_same = match line.session.poll_transmit(leg, at) {
                    Some(Outgoing::Text(sent)) => sent == text,
                    Some(Outgoing::Login(_)) => text == LOGIN,
                    None => false,
                };
                self.figures.diverged += u64::from(!is_same);
            }
            Kind::Stall => line.session.handle_stall(at),
            Kind::Connected => line.tell(py, at, |session, on| session.handle_connected(leg, at, on)),
            Kind::Disconnected => line.tell(py, at, |session, on| session.handle_disconnected(leg, at, text, on)),
            Kind::Fetched => {
                if let Some((id, reply)) = fetched_from(text) {
                    let reply = reply.as_deref().map_err(String::as_str);
                    line.tell(py, at, |session, on| session.handle_fetched(id, at, reply, on));
                }
            }
            Kind::Reconnect => line.session.reconnect(at, Arc::default()),
            Kind::Resync => {
                if let Ok(id) = text.parse() {
                    line.session.resync(SubId(id), at, Arc::default());
                }
            }
            Kind::Timeout => line.tell(py, at, |session, on| session.handle_timeout(at, on)),
            Kind::Lost => {
                self.figures.lost += text.parse::<u64>().unwrap_or(0);
                let notice = Notice::recording(at, format!("{text} entries are missing here: the recorder could not keep up"));
                line.tell(py, at, |_, on| on(Event::Notice(None, &notice)));
            }
        }
    }
}

impl Line {
    fn new(shared: &Arc<Shared>, name: String, config: Config, logs_in: bool, is_whole: bool) -> Self {
        let (session, conn) = (Session::new(config), Arc::new(Conn::default()));
        let nobody = || Secret::from(b"-".as_slice());
        // Whoever it was, the recording does not say.
        let session = match Credentials::new("replay", &nobody(), nobody()).ok().filter(|_| logs_in) {
            Some(credentials) => session.with_login(Arc::new(credentials)),
            None => session,
        };
        _ = conn.name.set(name.clone());
        *locked(&conn.stats) = Some(Arc::clone(session.stats()));
        locked(&shared.conns).push(Arc::clone(&conn));
        let dispatcher = Dispatcher::new(Arc::clone(shared), Arc::clone(&conn), false);
        Self { name, session, dispatcher, conn, is_whole }
    }

    fn subscribe(&mut self, sub: &Arc<PySub>) -> SubId {
        self.conn.add(sub);
        self.session.subscribe(sub.arg.clone(), sub.book.clone())
    }

    /// As if OKX had acked: data may come before its ack anyway.
    fn assume(&mut self, sub: &Arc<PySub>) {
        let id = self.subscribe(sub);
        self.session.assume_asked(id);
    }

    fn frame(&mut self, py: Python<'_>, at: Stamp, leg: LegId, frame: &[u8]) {
        self.tell(py, at, |session, on| session.handle_frame(leg, at, frame, on));
        // What it asks for was done at the time, and stands in the recording.
        while self.session.poll_action().is_some() {}
    }

    fn tell(&mut self, py: Python<'_>, at: Stamp, work: impl FnOnce(&mut Session, &mut dyn FnMut(Event<'_>))) {
        let dispatcher = &mut self.dispatcher;
        work(&mut self.session, &mut |event| {
            if dispatcher.wants(&event) {
                dispatcher.event(py, at, event);
            }
        });
    }
}
