//! An account kept by REST and pushes: asks the keeper's questions, holds the dead man's switch, and pulls the kill switch.
//!
//! ```text
//! Lines (a handler) ─ pushes ─▶ Keeper ─▶ Hears::told           Keep::run ─ questions ─▶ REST ─▶ Keeper
//! Keep::alive ─ at least so often ─▶ `cancel-all-after` renewed      else: fired
//! kill        ─▶ no new orders · every open order listed and canceled, until none is left; of spreads too
//! ```
//!
//! Source: OKX API v5, Order book trading › Trade › Cancel All After, Order list, Cancel multiple orders; Algo trading; Spread
//! Trading › REST API › Cancel All orders, Cancel All After.

use crate::clock;
use crate::http::Steady;
use crate::rest::{Call, Engine, Spec};
use okx_fast_core::order::desk::Report;
use okx_fast_core::order::keep::{ALGO_KINDS, Ask, Keeper, Told, What};
use okx_fast_core::order::row::OrderRow;
use okx_fast_core::order::track::Accepted;
use okx_fast_core::rest::query::encode_query;
use okx_fast_core::time::Stamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

/// A question takes no longer, limits and all.
const ASK_WITHIN_NS: u64 = 10_000_000_000;
/// Longest sleep between two looks.
const LOOK: Duration = Duration::from_secs(1);
const SECOND: u64 = 1_000_000_000;
/// The shortest time OKX takes for `cancel-all-after`, seconds.
pub const LEAST_AFTER: u64 = 10;
/// Orders of one cancel.
const AT_ONCE: usize = 20;
const ALGOS_AT_ONCE: usize = 10;
/// Rounds of list and cancel.
const MOST_ROUNDS: usize = 50;
const ROUND: Duration = Duration::from_millis(200);
/// Who is told. On the I/O thread: it must not wait.
pub trait Hears: Send + Sync {
    fn told(&self, told: Told);
    /// The dead man's switch or the kill switch did something.
    fn switched(&self, switched: Switched);
    /// No new orders from now on.
    fn stop(&self, why: &str);
}

/// What a switch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switched {
    /// OKX cancels everything at this time (Unix ms) unless it is renewed.
    Armed { trigger_ms: u64 },
    /// It was to be renewed, and could not be.
    NotRenewed { why: String },
    /// Nobody said that the strategy lives: fired.
    Fired { silent_ms: u64 },
    /// So many orders were canceled; so many are left, and why.
    Killed { canceled: usize, left: usize, why: String },
}

/// The endpoints that are used.
#[derive(Debug)]
pub struct Specs {
    pub pending: Arc<Spec>,
    pub order: Arc<Spec>,
    pub fills: Arc<Spec>,
    pub positions: Arc<Spec>,
    pub balance: Arc<Spec>,
    pub cancel_all_after: Arc<Spec>,
    pub cancel_batch: Arc<Spec>,
    pub history: Arc<Spec>,
    pub algos_pending: Arc<Spec>,
    pub algo: Arc<Spec>,
    pub cancel_algos: Arc<Spec>,
    /// Of a trader that has spreads.
    pub spreads: Option<SpreadSpecs>,
}

#[derive(Debug)]
pub struct SpreadSpecs {
    pub pending: Arc<Spec>,
    pub mass_cancel: Arc<Spec>,
    pub cancel_all_after: Arc<Spec>,
}

/// What a round of list and cancel did.
struct Swept {
    canceled: usize,
    /// Spread orders that were there, by ordId: OKX does not say how many it canceled.
    spreads: Vec<String>,
    /// How many were there, or why that is not known.
    open: Result<usize, String>,
}

/// The dead man's switch.
#[derive(Clone, Copy, Debug)]
struct Watch {
    after_s: u64,
    silence_ns: u64,
    renew_at: u64,
}

pub struct Keep {
    core: Mutex<Keeper>,
    hears: Arc<dyn Hears>,
    due: Notify,
    /// When it is looked at what is due next (monotonic).
    look_at: AtomicU64,
    rest: Arc<Engine>,
    specs: Specs,
    /// The dead man's switch, while it is on.
    watch: Mutex<Option<Watch>>,
    /// When the strategy last said that it lives (monotonic).
    alive_ns: AtomicU64,
    killing: AtomicBool,
    kill_asked: AtomicBool,
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").finish_non_exhaustive()
    }
}

impl Keep {
    pub fn new(hears: Arc<dyn Hears>, rest: Arc<Engine>, specs: Specs) -> Self {
        Self {
            core: Mutex::default(),
            hears,
            due: Notify::new(),
            look_at: AtomicU64::new(0),
            rest,
            specs,
            watch: Mutex::default(),
            alive_ns: AtomicU64::new(0),
            killing: AtomicBool::new(false),
            kill_asked: AtomicBool::new(false),
        }
    }

    /// To look at what is known. Short: the I/O thread waits for it.
    pub fn look<R>(&self, look: impl FnOnce(&Keeper) -> R) -> R {
        look(&self.core())
    }

    fn core(&self) -> MutexGuard<'_, Keeper> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn<R>(&self, step: impl FnOnce(&mut Keeper) -> R) -> R {
        let mut core = self.core();
        let result = step(&mut core);
        let is_sooner = core.poll_timeout().is_some_and(|due| due < self.look_at.load(SeqCst));
        let mut told = core.poll_told();
        drop(core);
        while let Some(news) = told {
            self.hears.told(news);
            told = self.core().poll_told();
        }
        if is_sooner {
            self.due.notify_one();
        }
        result
    }

    pub fn orders(&self, at: Stamp, frame: &[u8]) {
        self.turn(|core| core.handle_orders(at, frame));
    }

    /// The same, read already.
    pub fn order_rows(&self, at: Stamp, rows: &[OrderRow]) {
        self.turn(|core| core.handle_rows(at, rows));
    }

    pub fn positions(&self, at: Stamp, frame: &[u8]) {
        self.turn(|core| core.handle_positions(at, frame));
    }

    pub fn account(&self, at: Stamp, frame: &[u8]) {
        self.turn(|core| core.handle_account(at, frame));
    }

    pub fn algos(&self, at: Stamp, frame: &[u8]) {
        self.turn(|core| core.handle_algos(at, frame));
    }

    /// The channels of algo orders flow from now on.
    pub fn algos_flowing(&self) {
        self.turn(Keeper::handle_algos_flowing);
    }

    /// The `positions` channel flows from now on.
    pub fn positions_flowing(&self) {
        self.turn(Keeper::handle_positions_flowing);
    }

    /// The `account` channel flows from now on.
    pub fn account_flowing(&self) {
        self.turn(Keeper::handle_account_flowing);
    }

    /// The `orders` channel flows from now on.
    pub fn flowing(&self, at: Stamp, why: &str) {
        self.turn(|core| core.handle_flowing(at, why));
    }

    pub fn done(&self, report: &Report) {
        self.turn(|core| core.handle_done(report.settled, report));
    }

    /// An order that went by REST was taken.
    pub fn accepted(&self, called: Stamp, ack: Accepted<'_>) {
        self.turn(|core| core.handle_accepted(clock::now(), called, ack));
    }

    /// The strategy lives.
    pub fn alive(&self) {
        self.alive_ns.store(clock::mono_ns(), SeqCst);
    }

    /// Turns the dead man's switch on: OKX cancels everything `after_s` seconds after it was last renewed, and it is renewed
    /// as long as [`Self::alive`] is called at least each `silence_ns`. `None`: off.
    pub fn arm(&self, switch: Option<(u64, u64)>) {
        self.alive();
        let mut held = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        *held = match switch {
            Some((after_s, silence_ns)) => Some(Watch { after_s: after_s.max(LEAST_AFTER), silence_ns, renew_at: 0 }),
            // Told to OKX by the run, as all else: a time of 0 ends it there.
            None => held.map(|_| Watch { after_s: 0, silence_ns: u64::MAX, renew_at: 0 }),
        };
        drop(held);
        self.due.notify_one();
    }

    /// Has every open order canceled; from any thread.
    pub fn kill(&self) {
        self.kill_asked.store(true, SeqCst);
        self.due.notify_one();
    }

    /// Asks, renews, watches, until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let asking = Arc::new(AtomicBool::new(false));
        loop {
            let now = clock::now();
            self.watch_out(now);
            if self.kill_asked.swap(false, SeqCst) {
                self.cancel_all();
            }
            if !asking.load(SeqCst) {
                let offset = self.rest.clock_offset_ms();
                let ask = self.turn(|core| {
                    core.set_clock(offset);
                    core.poll_ask(now)
                });
                if let Some(ask) = ask {
                    asking.store(true, SeqCst);
                    let (keep, asking) = (Arc::clone(&self), Arc::clone(&asking));
                    tokio::spawn(async move {
                        let id = ask.id;
                        let by = Arc::clone(&keep);
                        let reply =
                            spawn_blocking(move || by.ask(&ask)).await.unwrap_or_else(|_| Err("the question ended early".to_owned()));
                        keep.turn(|core| core.handle_reply(id, clock::now(), reply.as_deref().map_err(String::as_str)));
                        asking.store(false, SeqCst);
                        keep.due.notify_one();
                    });
                }
            }
            let now_ns = clock::mono_ns();
            let due = if asking.load(SeqCst) { None } else { self.core().poll_timeout() };
            let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).map(|watch| {
                let silent_at = self.alive_ns.load(SeqCst).saturating_add(watch.silence_ns);
                watch.renew_at.min(silent_at)
            });
            let next = due.into_iter().chain(watch).min();
            let left = next.map_or(LOOK, |due| Duration::from_nanos(due.saturating_sub(now_ns)).clamp(Duration::from_millis(1), LOOK));
            self.look_at.store(now_ns + left.as_nanos() as u64, SeqCst);
            tokio::select! {
                () = sleep_until(Instant::now() + left) => {}
                () = self.due.notified() => {}
            }
            self.look_at.store(0, SeqCst);
        }
    }

    /// Renews the dead man's switch, or fires it.
    fn watch_out(self: &Arc<Self>, now: Stamp) {
        let mut held = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watch) = held.as_mut() else { return };
        let silent = now.mono_ns.saturating_sub(self.alive_ns.load(SeqCst));
        let is_off = watch.after_s == 0;
        if silent >= watch.silence_ns {
            *held = None;
            drop(held);
            let why = "the dead man's switch fired: the strategy did not say that it lives";
            self.hears.stop(why);
            self.hears.switched(Switched::Fired { silent_ms: silent / 1_000_000 });
            self.renew(LEAST_AFTER, false);
            self.cancel_all();
            return;
        }
        if watch.renew_at > now.mono_ns {
            return;
        }
        let after_s = watch.after_s;
        // Three tries before OKX's time is up, and no more than one a second.
        watch.renew_at = now.mono_ns + (after_s * SECOND / 3).max(2 * SECOND);
        if is_off {
            *held = None;
        }
        drop(held);
        self.renew(after_s, true);
    }

    fn renew(self: &Arc<Self>, after_s: u64, tell: bool) {
        let keep = Arc::clone(self);
        tokio::spawn(async move {
            let spreads = keep.specs.spreads.as_ref().map(|specs| &specs.cancel_all_after);
            let specs = [Some(&keep.specs.cancel_all_after), spreads].into_iter().flatten();
            let asked: Vec<_> = specs
                .map(|spec| {
                    let (by, spec) = (Arc::clone(&keep), Arc::clone(spec));
                    spawn_blocking(move || by.cancel_after(&spec, after_s))
                })
                .collect();
            // All is canceled by the later of them.
            let mut trigger = Ok(0);
            for one in asked {
                let one = one.await.unwrap_or_else(|_| Err("it ended early".to_owned()));
                trigger = trigger.and_then(|known: u64| one.map(|at| known.max(at)));
            }
            match trigger {
                Ok(trigger_ms) if tell => keep.hears.switched(Switched::Armed { trigger_ms }),
                Ok(_) => {}
                Err(why) => {
                    if let Some(watch) = keep.watch.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                        watch.renew_at = clock::mono_ns() + 2 * SECOND;
                    }
                    keep.hears.switched(Switched::NotRenewed { why });
                }
            }
        });
    }

    /// When OKX then cancels, Unix ms.
    fn cancel_after(&self, spec: &Spec, after_s: u64) -> Result<u64, String> {
        let data = self.post(spec, &json!({"timeOut": after_s.to_string()}), 1)?;
        let said = data.get(0).and_then(|row| row.get("triggerTime")).and_then(Value::as_str);
        said.and_then(|text| text.parse().ok()).ok_or_else(|| format!("OKX said {data}"))
    }

    /// Cancels every open order, algo and spread orders too, on a thread made for waiting. Whoever pulled it has stopped new ones.
    fn cancel_all(self: &Arc<Self>) {
        if self.killing.swap(true, SeqCst) {
            return;
        }
        let keep = Arc::clone(self);
        tokio::spawn(async move {
            let (mut canceled, mut left, mut why) = (0, 0, String::new());
            let mut spreads = BTreeSet::new();
            for _ in 0..MOST_ROUNDS {
                let by = Arc::clone(&keep);
                let early = |_| Swept { canceled: 0, spreads: Vec::new(), open: Err("it ended early".to_owned()) };
                let swept = spawn_blocking(move || by.sweep()).await.unwrap_or_else(early);
                canceled += swept.canceled;
                spreads.extend(swept.spreads);
                match swept.open {
                    Ok(open) => {
                        (left, why) = (open, String::new());
                        if open == 0 {
                            break;
                        }
                    }
                    Err(words) => why = words,
                }
                sleep(ROUND).await;
            }
            keep.killing.store(false, SeqCst);
            keep.hears.switched(Switched::Killed { canceled: canceled + spreads.len(), left, why });
        });
    }

    /// One round: lists what is open and cancels it.
    fn sweep(&self) -> Swept {
        let (mut canceled, mut ids) = (0, Vec::new());
        let orders = self.sweep_orders(&mut canceled);
        let spreads = self.sweep_spreads(&mut ids);
        Swept { canceled, spreads: ids, open: orders.and_then(|open| spreads.map(|more| open + more)) }
    }

    /// How many orders and algo orders were there; `canceled`: OKX agreed to.
    fn sweep_orders(&self, canceled: &mut usize) -> Result<usize, String> {
        let mut open = 0;
        let orders = self.get(&self.specs.pending, &[("limit", "100".to_owned())])?;
        let orders = orders.as_array().map(Vec::as_slice).unwrap_or_default();
        open += orders.len();
        for some in orders.chunks(AT_ONCE) {
            let items: Vec<Value> = some.iter().map(|o| named(o, "ordId")).collect();
            *canceled += agreed(&self.post(&self.specs.cancel_batch, &Value::Array(items), some.len())?);
        }
        for kind in ALGO_KINDS {
            let algos = self.get(&self.specs.algos_pending, &[("ordType", kind.to_owned()), ("limit", "100".to_owned())])?;
            let algos = algos.as_array().map(Vec::as_slice).unwrap_or_default();
            open += algos.len();
            for some in algos.chunks(ALGOS_AT_ONCE) {
                let items: Vec<Value> = some.iter().map(|o| named(o, "algoId")).collect();
                *canceled += agreed(&self.post(&self.specs.cancel_algos, &Value::Array(items), some.len())?);
            }
        }
        Ok(open)
    }

    /// How many spread orders were there; `canceled`: which.
    fn sweep_spreads(&self, canceled: &mut Vec<String>) -> Result<usize, String> {
        let Some(specs) = &self.specs.spreads else { return Ok(0) };
        let orders = self.get(&specs.pending, &[("limit", "100".to_owned())]);
        // Of all spreads; in any case: an order may be too new to be listed.
        let said = self.post(&specs.mass_cancel, &json!({}), 1)?;
        if !said.get(0).and_then(|row| row.get("result")).is_some_and(|result| *result == true || *result == "true") {
            return Err(format!("OKX said {said}"));
        }
        let orders = orders?;
        let orders = orders.as_array().map(Vec::as_slice).unwrap_or_default();
        canceled.extend(orders.iter().filter_map(|order| order.get("ordId")?.as_str()).map(str::to_owned));
        Ok(orders.len())
    }

    fn ask(&self, ask: &Ask) -> Result<Vec<u8>, String> {
        let Specs { pending, order, history, fills, positions, balance, algos_pending, algo, .. } = &self.specs;
        let spec = match ask.what {
            What::Pending => pending,
            What::Order => order,
            What::History => history,
            What::Fills => fills,
            What::Positions => positions,
            What::Balance => balance,
            What::AlgosPending => algos_pending,
            What::Algo => algo,
        };
        self.call(spec, query(&ask.params), 1)
    }

    fn get(&self, spec: &Spec, params: &[(&'static str, String)]) -> Result<Value, String> {
        data(&self.call(spec, query(params), 1)?)
    }

    fn post(&self, spec: &Spec, body: &Value, n: usize) -> Result<Value, String> {
        data(&self.call(spec, body.to_string().into_bytes(), n as u32)?)
    }

    fn call(&self, spec: &Spec, payload: Vec<u8>, n: u32) -> Result<Vec<u8>, String> {
        let begun_ns = clock::mono_ns();
        let keys = vec![("".into(), n)];
        let deadline_ns = begun_ns + ASK_WITHIN_NS;
        let call = Call { payload, keys, exp_time: None, language: None, begun_ns, deadline_ns, wait: true };
        match self.rest.call(spec, &call, &Steady) {
            Ok(answer) => Ok(answer.body),
            Err(failure) => Err(failure.words()),
        }
    }
}

fn query(params: &[(&'static str, String)]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(64);
    encode_query(params.iter().map(|(name, value)| (*name, value.as_str())), &mut payload);
    payload
}

/// The `data` of a reply with code 0; with 1 or 2 too, whose items say more.
fn data(body: &[u8]) -> Result<Value, String> {
    let reply: Value = serde_json::from_slice(body).map_err(|_| "the answer is not OKX's".to_owned())?;
    let text = |key: &str| reply.get(key).and_then(Value::as_str).unwrap_or("?");
    match text("code") {
        "0" | "1" | "2" => Ok(reply.get("data").cloned().unwrap_or_default()),
        code => Err(format!("OKX {code}: {}", text("msg"))),
    }
}

/// What a cancel names an order by.
fn named(order: &Value, id: &str) -> Value {
    json!({"instId": order.get("instId"), id: order.get(id)})
}

/// Items that OKX took.
fn agreed(data: &Value) -> usize {
    let items = data.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter(|item| item.get("sCode").and_then(Value::as_str) == Some("0")).count()
}
