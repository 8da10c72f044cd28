//! `OrderCore`: one account's connections for orders, and the thread that reads them.

use super::call::{OrderCall, Ticket};
use super::lines::{ACCOUNT, ALGOS, Lines, POSITIONS};
use super::out::{News, Out};
use super::told;
use super::write::{self, Inst, Insts, Names, Written};
use crate::dispatch::Conn;
use crate::errors;
use crate::events::Event;
use crate::pending::Pending;
use crate::pump::Signals;
use crate::rest::{RestCore, Spec, bytes_of};
use crate::stats;
use crate::subs::locked;
use okx_fast_core::channel::Arg;
use okx_fast_core::order::desk::{Call, Config as DeskConfig};
use okx_fast_core::order::frame::Frame;
use okx_fast_core::order::holdings::View;
use okx_fast_core::order::track::Accepted;
use okx_fast_core::order::{Does, Id, MOST_ITEMS, Op};
use okx_fast_core::secret::Credentials;
use okx_fast_core::session::{Config, Outcome, Session, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use okx_fast_net::desk::{Desk, MOST_CALLS};
use okx_fast_net::driver::{Command, Commands, Driver, Timing};
use okx_fast_net::http::Proxy;
use okx_fast_net::inbox::{Attending, Inbox, Watch};
use okx_fast_net::keep::{Keep, Specs, SpreadSpecs};
use okx_fast_net::port::Port;
use okx_fast_net::rest::{Failure, Keys, Spec as NetSpec};
use okx_fast_net::tls::TlsConfig;
use okx_fast_net::transport::Target;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::Notify;

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const FORKED: u8 = 2;
/// How long goodbyes may take.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);
/// How often a waiting thread looks for signals.
const LOOK: Duration = Duration::from_millis(50);
/// Longest wait for an answer.
const MOST_SECONDS: f64 = 3600.0;

thread_local! {
    /// Where this thread writes its requests.
    static FRAME: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(4096));
}

/// What is to be known of an operation.
#[derive(Debug)]
struct Known {
    /// Its limit, and that of a batch of one.
    spec: Arc<NetSpec>,
    single: Arc<NetSpec>,
    names: Names,
}

/// One connection.
#[derive(Debug)]
struct Line {
    name: &'static str,
    commands: Arc<Commands>,
    conn: Arc<Conn>,
    port: Option<Arc<Port>>,
    /// Since when each of its channels flows (monotonic); 0: it does not.
    since: Vec<Arc<AtomicU64>>,
}

/// What `okx_fast.Trader` is made of; use that.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct OrderCore {
    desk: Arc<Desk<Arc<Ticket>>>,
    out: Arc<Out>,
    inbox: Arc<Inbox>,
    /// An event loop reads answers as they come.
    attending: Mutex<Option<Attending>>,
    rest: Arc<okx_fast_net::rest::Engine>,
    known: Vec<(Op, Known)>,
    insts: RwLock<Arc<Insts>>,
    next_id: AtomicU64,
    lines: Vec<Line>,
    /// Places of the lines that take operations: of the order book, and of spreads.
    places: [Option<usize>; 2],
    keep: Arc<Keep>,
    on_told: Mutex<Option<Py<PyAny>>>,
    on_event: Mutex<Option<Py<PyAny>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    stop: Arc<Notify>,
    /// `OPEN`, `CLOSED` or `FORKED`.
    closed: AtomicU8,
    pid: u32,
}

#[pymethods]
impl OrderCore {
    #[new]
    #[pyo3(signature = (*, rest, key, ws_private, ws_business, spreads, is_kept, has_algos, ca_file, proxy, ping_after_s, pong_within_s, answer_within_s, connect_within_s, backoff_s, backoff_max_s, resolve_within_s, ops, specs))]
    #[allow(
        clippy::too_many_arguments,
        clippy::too_many_lines,
        clippy::type_complexity,
        reason = "keyword-only: the fields of TraderOptions and Site, spelled once more"
    )]
    #[allow(clippy::needless_pass_by_value, reason = "Python hands over what it made for the call")]
    fn new(
        py: Python<'_>,
        rest: &Bound<'_, RestCore>,
        key: (String, Bound<'_, PyAny>, Bound<'_, PyAny>),
        ws_private: &str,
        ws_business: Option<&str>,
        spreads: bool,
        is_kept: bool,
        has_algos: bool,
        ca_file: Option<PathBuf>,
        proxy: Option<&str>,
        ping_after_s: f64,
        pong_within_s: f64,
        answer_within_s: f64,
        connect_within_s: f64,
        backoff_s: f64,
        backoff_max_s: f64,
        resolve_within_s: f64,
        ops: Vec<(String, Bound<'_, Spec>, Bound<'_, Spec>, Vec<String>)>,
        specs: FxHashMap<String, Bound<'_, Spec>>,
    ) -> PyResult<Self> {
        let config = |what: &dyn ToString| errors::config(py, &what.to_string());
        let target = |url: &str| Target::parse(url).map_err(|e| config(&e));
        let ns = |name: &str, value: f64| {
            let duration = Duration::try_from_secs_f64(value).ok().filter(|d| !d.is_zero() && value <= MOST_SECONDS);
            let duration = duration.map(|d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
            duration.ok_or_else(|| config(&format!("{name}: expected seconds above 0, at most {MOST_SECONDS}, got {value}")))
        };
        let secret = (bytes_of(&key.1)?, bytes_of(&key.2)?);
        let credentials = Arc::new(Credentials::new(&key.0, &secret.0, secret.1).map_err(|e| config(&e))?);
        let tls = TlsConfig::new(ca_file.as_deref()).map_err(|e| config(&e))?;
        let proxy = proxy.map(Proxy::parse).transpose().map_err(|e| config(&e))?;
        let session = Config {
            ping_after: ns("ping_after_s", ping_after_s)?,
            pong_within: ns("pong_within_s", pong_within_s)?,
            answer_within: ns("answer_within_s", answer_within_s)?,
            first_backoff: ns("backoff_s", backoff_s)?,
            most_backoff: ns("backoff_max_s", backoff_max_s)?,
            insists: true,
            ..Config::default()
        };
        let connect_within = Duration::from_nanos(ns("connect_within_s", connect_within_s)?);
        let desk_config = DeskConfig { resolve_within: ns("resolve_within_s", resolve_within_s)?, ..DeskConfig::default() };
        let rest = rest.get().shared(py)?;
        let out = Arc::new(Out::new()?);
        _ = out.rest.set(Arc::clone(&rest));
        let spec = |name: &str| {
            let found = specs.get(name).map(|spec| Arc::clone(&spec.get().0));
            found.ok_or_else(|| config(&format!("specs: {name} is missing")))
        };
        let asks = [spec("trade.order")?, spec("sprd.order")?];
        let spread_specs = || {
            Ok::<_, PyErr>(SpreadSpecs {
                pending: spec("sprd.orders_pending")?,
                mass_cancel: spec("sprd.mass_cancel")?,
                cancel_all_after: spec("sprd.cancel_all_after")?,
            })
        };
        let specs = Specs {
            pending: spec("trade.orders_pending")?,
            order: spec("trade.order")?,
            history: spec("trade.orders_history")?,
            fills: spec("trade.fills")?,
            positions: spec("account.positions")?,
            balance: spec("account.balance")?,
            cancel_all_after: spec("trade.cancel_all_after")?,
            cancel_batch: spec("trade.cancel_batch_orders")?,
            algos_pending: spec("trade.orders_algo_pending")?,
            algo: spec("trade.order_algo")?,
            cancel_algos: spec("trade.cancel_algo_orders")?,
            spreads: spreads.then(spread_specs).transpose()?,
        };
        let keep = Arc::new(Keep::new(Arc::clone(&out) as _, Arc::clone(&rest), specs));
        if is_kept {
            _ = out.keep.set(Arc::downgrade(&keep));
        }
        let desk = Arc::new(Desk::new(desk_config, Arc::clone(&out) as _, Arc::clone(&rest), asks));
        let known = ops
            .into_iter()
            .map(|(op, spec, single, names)| {
                let op = Op::find(&op).ok_or_else(|| config(&format!("op: unknown, {op}")))?;
                let (spec, single) = (Arc::clone(&spec.get().0), Arc::clone(&single.get().0));
                Ok((op, Known { spec, single, names: names.into_iter().collect() }))
            })
            .collect::<PyResult<Vec<_>>>()?;
        let private = target(ws_private)?;
        let business = ws_business.map(target).transpose()?;
        let any = || vec![("instType".to_owned(), "ANY".to_owned())];
        // In the order of `lines::ORDERS` and those after it.
        let channels = vec![("orders".to_owned(), any()), ("positions".to_owned(), any()), ("account".to_owned(), Vec::new())];
        let mut wanted = vec![("orders", private.clone(), true, Vec::new())];
        if is_kept {
            wanted.push(("private", private, false, channels));
        }
        if let Some(business) = business.clone().filter(|_| has_algos) {
            let channels = vec![("orders-algo".to_owned(), any()), ("algo-advance".to_owned(), any())];
            wanted.push((ALGOS, business, false, channels));
        }
        if let Some(business) = business.filter(|_| spreads) {
            let channel = ("sprd-orders".to_owned(), Vec::new());
            wanted.push(("sprd-orders", business, true, vec![channel]));
        }
        let watch = Arc::new(Watch::new(&out.wake)?);
        let stop = Arc::new(Notify::new());
        let mut lines = Vec::new();
        let mut drivers = Vec::new();
        for (name, target, operates, channels) in wanted {
            let conn = Arc::new(Conn::default());
            _ = conn.name.set(name.to_owned());
            let commands = Arc::new(Commands::default());
            let port = operates.then(|| Arc::new(Port::new(Box::new(Arc::clone(&desk)), Arc::clone(&commands), Arc::clone(&watch))));
            let seed = clock::mono_ns() ^ (lines.len() as u64) << 32;
            let now = Session::new(Config { seed, ..session }).with_board(Arc::clone(&conn.alive), Arc::clone(&conn.board));
            let now = now.with_login(Arc::clone(&credentials));
            let mut now = if operates { now.with_operations() } else { now };
            let subs: Vec<_> = channels.into_iter().map(|(channel, params)| now.subscribe(Arg { channel, params }, None)).collect();
            let since = subs.into_iter().filter_map(|sub| now.since(sub).cloned()).collect();
            *locked(&conn.stats) = Some(Arc::clone(now.stats()));
            let driver = Driver {
                session: now,
                target,
                tls: tls.clone(),
                proxy: proxy.clone(),
                timing: Timing { connect_within, ..Timing::default() },
                commands: Arc::clone(&commands),
                tap: None,
                fetcher: None,
                port: port.clone(),
            };
            let keep = matches!(name, "private" | ALGOS).then(|| Arc::clone(&keep));
            drivers.push((driver, Lines { name, desk: Arc::clone(&desk), out: Arc::clone(&out), keep }));
            lines.push(Line { name, commands, conn, port, since });
        }
        let inbox = Arc::new(Inbox::new(watch, lines.iter().filter_map(|line| line.port.clone()).collect()));
        let place = |name: &str| lines.iter().position(|l| l.name == name && l.port.is_some());
        let places = [place("orders"), place("sprd-orders")];
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stopped, watched, read, kept) = (Arc::clone(&stop), Arc::clone(&desk), Arc::clone(&inbox), Arc::clone(&keep));
        let thread = std::thread::Builder::new().name("okx-fast-orders".to_owned()).spawn(move || {
            runtime.block_on(async {
                let watching = [tokio::spawn(watched.run(read)), tokio::spawn(kept.run())];
                let running: Vec<_> = drivers.into_iter().map(|(driver, handler)| tokio::spawn(driver.run(handler))).collect();
                stopped.notified().await;
                watching.iter().for_each(tokio::task::JoinHandle::abort);
                let goodbye = async {
                    for driver in running {
                        _ = driver.await;
                    }
                };
                _ = tokio::time::timeout(CLOSE_WITHIN, goodbye).await;
            });
            runtime.shutdown_timeout(Duration::from_millis(100));
        })?;
        Ok(Self {
            desk,
            out,
            inbox,
            attending: Mutex::default(),
            rest,
            known,
            insts: RwLock::default(),
            next_id: AtomicU64::new(1),
            lines,
            places,
            keep,
            on_told: Mutex::default(),
            on_event: Mutex::default(),
            thread: Mutex::new(Some(thread)),
            stop,
            closed: AtomicU8::new(OPEN),
            pid: std::process::id(),
        })
    }

    /// Instruments by instId: their instIdCode (or None), and what their limits are counted by. Replaces those before.
    fn set_instruments(&self, rows: Vec<(String, Option<u64>, String)>) {
        let inst = |(inst_id, code, key): (String, Option<u64>, String)| {
            let inst_id: Arc<str> = inst_id.into();
            let key = if *key == *inst_id { Arc::clone(&inst_id) } else { key.into() };
            (Arc::clone(&inst_id), Inst { inst_id, code, key })
        };
        let insts = Arc::new(rows.into_iter().map(inst).collect());
        *self.insts.write().unwrap_or_else(PoisonError::into_inner) = insts;
    }

    /// Sends an operation at once, on this thread. params: a dict, or a list of them for a batch. Raises what keeps it from
    /// being sent: ParameterError, LimitError, NotSentError; nothing has left then.
    #[allow(clippy::too_many_arguments, reason = "positional, for speed")]
    #[pyo3(signature = (op, params, extra, exp_ms, timeout_s, on_done))]
    fn send(
        &self,
        py: Python<'_>,
        op: &str,
        params: &Bound<'_, PyAny>,
        extra: Option<&Bound<'_, PyDict>>,
        exp_ms: Option<u64>,
        timeout_s: f64,
        on_done: Option<Py<PyAny>>,
    ) -> PyResult<OrderCall> {
        let called = clock::now();
        self.check(py)?;
        let (op, known) = self.known(py, op)?;
        let op = *op;
        if exp_ms.is_some() && !op.takes_exp_time() {
            return Err(errors::raise(py, "ParameterError", (op.as_str(), "exp_time", "OKX does not look at it on this operation")));
        }
        let Some(port) = self.port(op) else {
            return Err(errors::config(py, &format!("{}: this client was made without spreads", op.as_str())));
        };
        let within = Duration::try_from_secs_f64(timeout_s).ok().filter(|d| !d.is_zero() && timeout_s <= MOST_SECONDS);
        let within = within.ok_or_else(|| errors::config(py, &format!("timeout: expected seconds above 0, got {timeout_s}")))?;
        if op.does() == Does::Place
            && let Some(why) = self.out.stopped()
        {
            return Err(errors::raise(py, "NotSentError", (op.as_str(), why)));
        }
        let id = self.next_id.fetch_add(1, Relaxed);
        let ticket = Arc::new(Ticket::new(id, op, called, on_done));
        FRAME.with(|buffer| {
            let mut buffer = buffer.try_borrow_mut().map_err(|_| errors::config(py, "send() inside the conversion of its own values"))?;
            let written = self.write(py, op, known, params, extra, id, exp_ms, &mut buffer)?;
            self.transmit(py, op, known, port, &buffer, written, &ticket, exp_ms, called.mono_ns + within.as_nanos() as u64)
        })?;
        Ok(OrderCall(ticket, Arc::clone(&self.inbox)))
    }

    /// The bytes that `send` would put into a WebSocket message, with `id` in place of the next number. Sends nothing.
    #[pyo3(signature = (op, params, extra, exp_ms, id))]
    fn frame<'py>(
        &self,
        py: Python<'py>,
        op: &str,
        params: &Bound<'_, PyAny>,
        extra: Option<&Bound<'_, PyDict>>,
        exp_ms: Option<u64>,
        id: u64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (op, known) = self.known(py, op)?;
        let mut out = Vec::new();
        self.write(py, *op, known, params, extra, id, exp_ms, &mut out)?;
        Ok(PyBytes::new(py, &out))
    }

    /// A call is about to go by REST: what is seen of its orders from now on is its own, should its answer not come. Those of
    /// `items`, a call each, are to be ended by `open` or `take_back`.
    #[pyo3(signature = (op, items, called_ns, called_wall_ns, exp_ms))]
    fn begin(
        &self,
        py: Python<'_>,
        op: &str,
        items: &Bound<'_, PyList>,
        called_ns: u64,
        called_wall_ns: u64,
        exp_ms: Option<u64>,
    ) -> PyResult<Vec<OrderCall>> {
        self.check(py)?;
        let op = self.known(py, op)?.0;
        let called = Stamp { mono_ns: called_ns, wall_ns: called_wall_ns };
        let asked = items.iter().map(|item| write::named(py, op, item.cast()?)).collect::<PyResult<Vec<_>>>()?;
        let begun = |asked| {
            let id = self.next_id.fetch_add(1, Relaxed);
            let ticket = Arc::new(Ticket::new(id, op, called, None));
            let (line, answer_by, asked) = (0, u64::MAX, vec![asked]);
            self.desk.begin(Call { id, op, line, called, answer_by, exp_ms, asked, ticket: Arc::clone(&ticket) });
            OrderCall(ticket, Arc::clone(&self.inbox))
        };
        Ok(asked.into_iter().map(begun).collect())
    }

    /// A call of `begin` came back and its outcome is open: it is resolved as those of `send` are. ClosedError: nobody is left
    /// to do that.
    #[pyo3(signature = (call, why, on_done))]
    fn open(&self, py: Python<'_>, call: &OrderCall, why: &str, on_done: Option<Py<PyAny>>) -> PyResult<()> {
        if !call.0.is_over() {
            self.check(py)?;
        }
        if let Some(on_done) = on_done {
            call.0.listen(on_done, || self.out.push(News::Done(Arc::clone(&call.0))));
        }
        self.desk.open(call.0.id, why);
        Ok(())
    }

    /// Those of `begin` whose outcome is known from their answer: all that were not opened.
    fn take_back(&self, calls: Vec<PyRef<'_, OrderCall>>) {
        for call in calls {
            self.desk.take_back(call.0.id);
        }
    }

    /// An order that was placed by REST, which the desk and the keeper are to know as if it had gone over the WebSocket.
    #[pyo3(signature = (op, inst_id, ord_id, cl_ord_id, ts_ms, called_ns))]
    fn placed(&self, op: &str, inst_id: &str, ord_id: &str, cl_ord_id: &str, ts_ms: Option<i64>, called_ns: u64) {
        self.desk.placed(cl_ord_id, ord_id);
        if self.out.keep.get().is_some() && Op::find(op).is_some_and(|op| !op.is_sprd()) {
            let called = Stamp { mono_ns: called_ns, wall_ns: 0 };
            self.keep.accepted(called, Accepted { inst_id, ord_id, cl_ord_id, ts_ms });
        }
    }

    /// No new orders from now on, and why; None: they may be sent again.
    #[pyo3(signature = (why))]
    fn set_stopped(&self, why: Option<String>) {
        self.out.set_stopped(why);
    }

    /// Why no new orders are sent; None: they are.
    #[getter]
    fn stopped(&self) -> Option<String> {
        self.out.stopped()
    }

    /// Cancels every open order of the account, algo orders too, and spread orders where it has those; what comes of it is told.
    fn kill(&self, py: Python<'_>) -> PyResult<()> {
        self.check(py)?;
        self.keep.kill();
        Ok(())
    }

    /// The dead man's switch: OKX cancels everything `after_s` seconds after it was last renewed, which happens while
    /// `alive` is called at least each `silence_s`; None: off.
    #[pyo3(signature = (switch))]
    fn arm(&self, py: Python<'_>, switch: Option<(u64, f64)>) -> PyResult<()> {
        self.check(py)?;
        let switch = switch.map(|(after_s, silence_s)| (after_s, nanos(silence_s)));
        self.keep.arm(switch);
        Ok(())
    }

    /// The strategy lives.
    fn alive(&self) {
        self.keep.alive();
    }

    /// An order that is known, by ordId or by the newest with a clOrdId.
    #[pyo3(signature = (ord_id, cl_ord_id))]
    fn order<'py>(&self, py: Python<'py>, ord_id: Option<&str>, cl_ord_id: Option<&str>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let found = self.keep.look(|keeper| {
            let by_id = ord_id.and_then(|id| keeper.tracker.get(id));
            by_id.or_else(|| cl_ord_id.and_then(|id| keeper.tracker.by_cl_ord_id(id))).map(|order| order.row.clone())
        });
        found.map(|row| told::order(py, &row)).transpose()
    }

    /// All orders that are open, as far as is known.
    fn open_orders<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = self.keep.look(|keeper| keeper.tracker.open().map(|order| order.row.clone()).collect::<Vec<_>>());
        PyList::new(py, rows.iter().map(|row| told::order(py, row)).collect::<PyResult<Vec<_>>>()?)
    }

    /// The row of an algo order, by algoId or the newest with an algoClOrdId.
    #[pyo3(signature = (algo_id, algo_cl_ord_id))]
    fn algo<'py>(&self, py: Python<'py>, algo_id: Option<&str>, algo_cl_ord_id: Option<&str>) -> Option<Bound<'py, PyBytes>> {
        let row = self.keep.look(|keeper| {
            let by_id = algo_id.and_then(|id| keeper.algos.get(id));
            by_id.or_else(|| algo_cl_ord_id.and_then(|id| keeper.algos.by_cl_ord_id(id))).map(|algo| algo.row.clone())
        });
        row.map(|row| PyBytes::new(py, &row))
    }

    /// The rows of algo orders that may still do something.
    fn open_algos<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let rows = self.keep.look(|keeper| keeper.algos.open().map(|(_, algo)| algo.row.clone()).collect::<Vec<_>>());
        PyList::new(py, rows.iter().map(|row| PyBytes::new(py, row)))
    }

    /// Rows of `positions`, "balances" or "account" as OKX wrote them, each with its time, and when all there was had been told
    /// and anything was told last (wall clock; 0: never). Whether its channel flows, and has been told whole since.
    fn holdings<'py>(&self, py: Python<'py>, what: &str) -> PyResult<Bound<'py, PyTuple>> {
        let (rows, whole, last) = self.keep.look(|keeper| {
            let held = &keeper.holdings;
            let all = |view: &View| (view.rows().cloned().collect::<Vec<_>>(), view.whole, view.told);
            match what {
                "positions" => all(&held.positions),
                "balances" => all(&held.balances),
                _ => (held.account.iter().cloned().collect(), held.balances.whole, held.balances.told),
            }
        });
        let rows = rows.iter().map(|held| (PyBytes::new(py, &held.row), held.at.wall_ns));
        let SubId(channel) = if what == "positions" { POSITIONS } else { ACCOUNT };
        let since = self.lines.iter().find(|l| l.name == "private").and_then(|l| l.since.get(channel as usize));
        let since = since.map_or(0, |since| since.load(Relaxed));
        let is_current = since > 0 && whole.mono_ns >= since;
        (PyList::new(py, rows)?, whole.wall_ns, last.wall_ns, is_current).into_pyobject(py)
    }

    /// Whether the account is being compared with what REST says: what is known may be old until it is over.
    #[getter]
    fn is_reconciling(&self) -> bool {
        self.keep.look(okx_fast_core::order::keep::Keeper::is_reconciling)
    }

    /// When the private connection was last heard (monotonic); 0: never.
    #[getter]
    fn heard_ns(&self) -> u64 {
        self.lines.iter().find(|l| l.name == "private").map_or(0, |l| l.conn.alive.load(Relaxed))
    }

    /// Whether operations of the order book could be sent now.
    #[getter]
    fn is_up(&self) -> bool {
        let [orders, _] = self.places;
        orders.and_then(|at| self.lines.get(at)).and_then(|l| l.port.as_ref()).is_some_and(|port| port.is_up())
    }

    /// Waits, without the GIL, until operations of the order book can be sent; why not, if that takes longer than so many
    /// seconds. Ctrl-C is noticed within 50 ms.
    fn wait_up(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<String>> {
        self.check(py)?;
        let [orders, _] = self.places;
        let Some(port) = orders.and_then(|at| self.lines.get(at)).and_then(|l| l.port.as_ref()) else { return Ok(None) };
        let until = Instant::now() + Duration::try_from_secs_f64(seconds.clamp(0.0, MOST_SECONDS)).unwrap_or_default();
        loop {
            let look = until.min(Instant::now() + LOOK);
            match py.detach(|| port.wait_up(look)) {
                Ok(()) => return Ok(None),
                Err(why) if Instant::now() >= until => return Ok(Some(why)),
                Err(_) => py.check_signals()?,
            }
        }
    }

    /// Called in `drain` with what is told of the account: its kind, and the parts; `orders`: with orders, fills and
    /// amendments too.
    #[pyo3(signature = (callback, orders))]
    fn set_on_told(&self, callback: Option<Py<PyAny>>, orders: bool) {
        self.out.wants_orders.store(callback.is_some() && orders, Relaxed);
        let before = std::mem::replace(&mut *locked(&self.on_told), callback);
        drop(before);
    }

    /// Called in `drain` with each `Event` of the connections.
    #[pyo3(signature = (callback))]
    fn set_on_event(&self, callback: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *locked(&self.on_event), callback);
        drop(before);
    }

    /// `drain` is called as soon as the descriptor is readable, from now on, or (false) no more.
    fn attend(&self, is_attended: bool) {
        *locked(&self.attending) = is_attended.then(|| self.inbox.attend());
    }

    /// Readable when `drain` has something to do, or an answer may have come.
    fn fileno(&self) -> i32 {
        self.inbox.watch().all().as_raw_fd()
    }

    /// Waits until callbacks wait, reading answers meanwhile, for at most so many seconds. Raises ClosedError.
    fn wait_news(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let until = Instant::now() + Duration::from_nanos(nanos(seconds));
        let _attending = self.inbox.attend();
        while !py.detach(|| self.out.has_news()) && Instant::now() < until {
            self.check(py)?;
            py.detach(|| {
                self.inbox.wait_news(until.min(Instant::now() + LOOK));
                self.inbox.read();
            });
            py.check_signals()?;
        }
        Ok(())
    }

    /// Reads answers, and calls callbacks for at most `most` things that wait; what one raises is given to `on_error(exception, what)`.
    /// Whether more wait; if so, the descriptor is readable again.
    fn drain(&self, py: Python<'_>, most: usize, on_error: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.out.drain();
        self.inbox.read();
        let done = self.call_back(py, most, on_error);
        let more = self.out.drained();
        done.map(|()| more)
    }

    /// Counters and spans; `Trader.stats` names them.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (dict, counts) = (PyDict::new(py), self.desk.counts());
        for (name, count) in [
            ("calls", counts.calls),
            ("confirmed", counts.confirmed),
            ("rejected", counts.rejected),
            ("unknown", counts.unknown),
            ("doubted", counts.doubted),
            ("queries", counts.queries),
            ("unmatched", counts.unmatched),
            ("waiting", self.desk.waiting() as u64),
            ("lost", self.out.lost.load(Relaxed)),
        ] {
            dict.set_item(name, count)?;
        }
        let counts = self.keep.look(|keeper| keeper.tracker.counts());
        for (name, count) in [
            ("fills", counts.fills),
            ("duplicates", counts.duplicates),
            ("stale", counts.stale),
            ("illegal", counts.illegal),
            ("unkeyed", counts.unkeyed),
        ] {
            dict.set_item(name, count)?;
        }
        dict.set_item("spans_us", self.out.spans.to_dict(py)?)?;
        let rows = self.lines.iter().map(|l| stats::connections(py, &l.conn)).collect::<PyResult<Vec<_>>>()?;
        dict.set_item("connections", PyList::new(py, rows.into_iter().flatten())?)?;
        Ok(dict)
    }

    /// Replaces every connection.
    fn reconnect(&self, py: Python<'_>) -> PyResult<Pending> {
        self.check(py)?;
        let ask = |line: &Line| {
            let outcome = Arc::new(Outcome::default());
            if line.commands.send(Command::Reconnect(Arc::clone(&outcome))).is_err() {
                outcome.set(Err("too many commands wait already".to_owned()));
            }
            outcome
        };
        Ok(Pending(self.lines.iter().map(ask).collect()))
    }

    /// Ends connections and the thread. Calls that are on their way end as UNKNOWN. Calling it again is harmless.
    fn close(&self, py: Python<'_>) {
        if self.pid != std::process::id() || self.closed.swap(CLOSED, SeqCst) != OPEN {
            return;
        }
        py.detach(|| self.end());
        self.set_on_told(None, false);
        self.set_on_event(None);
    }

    /// In a child of `fork()`: the connections are the parent's.
    fn forked(&self) {
        self.closed.store(FORKED, SeqCst);
        self.inbox.shut();
    }

    fn __repr__(&self) -> String {
        format!("OrderCore({} calls on their way)", self.desk.waiting())
    }
}

impl OrderCore {
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        match self.closed.load(Relaxed) {
            OPEN => Ok(()),
            // No system call on the way of an order: a fork is told by whoever forks.
            FORKED => Err(errors::forked(py)),
            _ => Err(errors::closed(py)),
        }
    }

    fn known(&self, py: Python<'_>, op: &str) -> PyResult<&(Op, Known)> {
        let found = self.known.iter().find(|(known, _)| known.as_str() == op);
        found.ok_or_else(|| errors::config(py, &format!("op: OKX has no such operation: {op:?}")))
    }

    fn port(&self, op: Op) -> Option<&Arc<Port>> {
        let [orders, spreads] = self.places;
        let place = if op.is_sprd() { spreads } else { orders };
        self.lines.get(place?)?.port.as_ref()
    }

    fn call_back(&self, py: Python<'_>, most: usize, on_error: &Bound<'_, PyAny>) -> PyResult<()> {
        for _ in 0..most {
            let Some(news) = self.out.pop() else { break };
            let (callback, arguments) = match news {
                News::Done(ticket) => {
                    let callback = ticket.callback();
                    (callback, (OrderCall(ticket, Arc::clone(&self.inbox)),).into_pyobject(py)?.into_any())
                }
                News::Told(news) => {
                    let callback = locked(&self.on_told).as_ref().map(|c| c.clone_ref(py));
                    (callback, told::told(py, &news)?.into_any())
                }
                News::Switched(news) => {
                    let callback = locked(&self.on_told).as_ref().map(|c| c.clone_ref(py));
                    (callback, told::switched(py, &news)?.into_any())
                }
                News::Notice(name, notice) => {
                    let callback = locked(&self.on_event).as_ref().map(|c| c.clone_ref(py));
                    let leg = notice.leg.filter(|leg| leg.0 > 0).map(|leg| format!("{name}/{}", leg.0));
                    let event = Event { notice: *notice, connection: leg.unwrap_or_else(|| name.to_owned()) };
                    (callback, (Py::new(py, event)?,).into_pyobject(py)?.into_any())
                }
            };
            let Some(callback) = callback else { continue };
            let arguments = arguments.cast_into::<PyTuple>()?;
            if let Err(error) = callback.call1(py, &arguments) {
                if !error.is_instance_of::<PyException>(py) {
                    return Err(error);
                }
                on_error.call1((error.into_value(py), arguments))?;
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one request")]
    fn write(
        &self,
        py: Python<'_>,
        op: Op,
        known: &Known,
        params: &Bound<'_, PyAny>,
        extra: Option<&Bound<'_, PyDict>>,
        id: u64,
        exp_ms: Option<u64>,
        out: &mut Vec<u8>,
    ) -> PyResult<Vec<Written>> {
        // Without the lock: reading values may run any Python.
        let insts = Arc::clone(&self.insts.read().unwrap_or_else(PoisonError::into_inner));
        let mut frame = Frame::new(out, id, op, exp_ms);
        let mut written = Vec::with_capacity(1);
        let mut one = |params: &Bound<'_, PyDict>, frame: &mut Frame<'_>| {
            written.push(write::item(py, op, params, &known.names, &insts, frame)?);
            extra.map_or(Ok(()), |extra| write::extra(py, op, extra, frame))
        };
        if let Ok(params) = params.cast::<PyDict>() {
            one(params, &mut frame)?;
        } else {
            let items = params.cast::<PyList>()?;
            if !op.is_batch() || items.is_empty() || items.len() > MOST_ITEMS {
                let rule = if op.is_batch() { "expected 1 to 20 mappings" } else { "expected one mapping" };
                return Err(errors::raise(py, "ParameterError", (op.as_str(), "items", format!("{rule}, got {}", items.len()))));
            }
            for item in items.iter() {
                one(item.cast::<PyDict>()?, &mut frame)?;
            }
        }
        frame.done();
        Ok(written)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one request")]
    fn transmit(
        &self,
        py: Python<'_>,
        op: Op,
        known: &Known,
        port: &Port,
        frame: &[u8],
        written: Vec<Written>,
        ticket: &Arc<Ticket>,
        exp_ms: Option<u64>,
        answer_by: u64,
    ) -> PyResult<()> {
        let not_sent = |why: &str| errors::raise(py, "NotSentError", (op.as_str(), why));
        if self.desk.is_full() {
            return Err(not_sent(&format!("{MOST_CALLS} calls are on their way already")));
        }
        // A batch of one counts as a single order.
        let spec = if written.len() == 1 { &known.single } else { &known.spec };
        let mut keys: Keys = Vec::with_capacity(written.len());
        for Written { key, .. } in &written {
            match keys.iter_mut().find(|(known, _)| **known == **key) {
                Some((_, n)) => *n += 1,
                None => keys.push((Arc::clone(key), 1)),
            }
        }
        let booking = self.rest.book_now(spec, &keys).map_err(|failure| match failure {
            Failure::Limit { retry_in_ns } => errors::raise(py, "LimitError", (op.as_str(), retry_in_ns as f64 / 1e9)),
            other => not_sent(&format!("{other:?}")),
        })?;
        _ = ticket.limit.set((Arc::clone(spec), keys));
        let named: Vec<Id> = if op.does() == Does::Place && self.out.keep.get().is_some() {
            written.iter().map(|w| w.asked.cl_ord_id).collect()
        } else {
            Vec::new()
        };
        let asked = written.into_iter().map(|w| w.asked).collect();
        let (id, called) = (ticket.id, ticket.called);
        let begin = |line| self.desk.begin(Call { id, op, line, called, answer_by, exp_ms, asked, ticket: Arc::clone(ticket) });
        let sealed = |at: Stamp| {
            ticket.seal(at);
            for id in &named {
                self.out.sent(*id, at.mono_ns);
            }
        };
        match port.send(frame, begin, sealed) {
            Ok(()) => {
                if let Some(booking) = booking {
                    booking.sent(called.mono_ns);
                }
                Ok(())
            }
            Err(why) => {
                self.desk.take_back(id);
                Err(not_sent(&why.0))
            }
        }
    }

    /// Where callbacks wait, and their client's signals from now on. `false`: they are another's already.
    pub fn attach(&self, signals: Arc<Signals>) -> bool {
        self.out.pump.set(signals).is_ok()
    }

    pub fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    fn end(&self) {
        for line in &self.lines {
            _ = line.commands.send(Command::Stop);
        }
        self.desk.close();
        self.stop.notify_one();
        if let Some(thread) = locked(&self.thread).take() {
            // It ends by itself within CLOSE_WITHIN: nothing it does waits for Python.
            _ = thread.join();
        }
    }
}

impl Drop for OrderCore {
    fn drop(&mut self) {
        if self.pid == std::process::id() {
            if self.closed.swap(CLOSED, SeqCst) == OPEN {
                self.end();
            }
        } else {
            // The thread is the parent's: there is none to wait for.
            std::mem::forget(locked(&self.thread).take());
        }
    }
}

fn nanos(seconds: f64) -> u64 {
    let duration = Duration::try_from_secs_f64(seconds.clamp(0.0, MOST_SECONDS)).unwrap_or_default();
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
