//! Holds what the user is told against what is true: at every event, and at random moments.
//!
//! ```text
//! Seen ─▶ book: its levels at its seqId, its chain, its age      ─▶ Err(what is wrong), which ends the run
//!      ├▶ trade: its place on the tape, nothing left out unsaid
//!      └▶ dark, lost, live: what from here on counts as announced
//! ```

use std::collections::{BTreeSet, VecDeque};

use okx_fast_core::book::{Book, Validity};
use okx_fast_core::channel::{Arg, Channel, Payload};
use okx_fast_core::msg::book::Action;
use okx_fast_core::session::{BookUpdate, SharedBook};
use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos, SECOND};

use crate::client::{Promises, Seen, Sub};
use crate::dice::mix;
use crate::tape::Place;
use crate::truth::{Truth, print_of};

/// Lines of history that a failure shows.
const REMEMBERED: usize = 80;
/// At the end, with a network that is well, a book is at most so old.
const FRESH_AT_LAST: Nanos = 3 * SECOND;
/// How far a window on a channel may lie behind the book it shows.
const WINDOW: Nanos = SECOND;

/// One subscription of the user's.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is known or not on its own")]
struct Held {
    arg: Arg,
    channel: Option<&'static Channel>,
    /// By `InstIx`, where the exchange has the instrument.
    inst: usize,
    book: Option<SharedBook>,
    trades: Option<Place>,
    /// The last `seqId` that reached the user.
    last: Option<i64>,
    /// Connections that have shown it since they came up.
    shown_by: BTreeSet<ConnId>,
    /// The connection that carries it got its snapshot by REST.
    by_rest: bool,
    /// The newest it ever showed, by OKX's time.
    newest_ms: u64,
    /// The exchange crosses it on one connection; the other that shows it meanwhile does not take that back.
    crossed: bool,
    mixed: bool,
    /// Something of it came once.
    served: bool,
    /// Something was announced since.
    announced: bool,
    /// It was valid once, and has not been since then.
    broken_since: Option<Nanos>,
    was_valid: bool,
    /// The user, or the exchange, ended it.
    over: bool,
}

/// Until when something odd is the exchange's doing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Excuses {
    /// A book with a bid at or above its ask.
    pub crossed: Nanos,
    /// A book with such a bid of one connection, and all else of another.
    mixed: bool,
    /// A trade told twice.
    pub doubled: Nanos,
    /// A snapshot of long ago.
    pub stale: Nanos,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub books: u64,
    pub trades: u64,
    pub others: u64,
    /// Books announced as invalid, one by one; connections lost; single messages lost.
    pub gaps: u64,
    pub outages: u64,
    pub lost: u64,
    pub longest_recovery: Nanos,
    /// Snapshots of books that were fetched.
    pub by_rest: u64,
    pub doubled: u64,
    /// Trades left out by the server unseen, which today's client does not promise to notice.
    pub unnoticed: u64,
    /// Looks at a book that a snapshot of long ago made valid.
    pub stale: u64,
    /// A hash of all that was seen, in order.
    pub digest: u64,
    /// Subscriptions that are over.
    pub ended: i64,
    /// Checks of a book against the truth.
    pub checks: u64,
}

#[derive(Debug)]
pub struct Judge {
    pub truth: Truth,
    pub tally: Tally,
    promises: Promises,
    held: Vec<Vec<Held>>,
    /// By shard: until when this is the exchange's doing.
    excuses: Vec<Excuses>,
    history: VecDeque<String>,
    /// The client reads the answer to a fetch.
    pub fetched: bool,
    /// Nothing is sick any more, and has not been for so long that all must be well.
    pub well: bool,
}

impl Judge {
    pub fn new(shards: usize, promises: Promises) -> Self {
        Self {
            truth: Truth::default(),
            tally: Tally::default(),
            promises,
            held: (0..shards).map(|_| Vec::new()).collect(),
            excuses: vec![Excuses::default(); shards],
            history: VecDeque::new(),
            fetched: false,
            well: false,
        }
    }

    pub fn note(&mut self, now: Nanos, what: impl FnOnce() -> String) {
        if self.history.len() == REMEMBERED {
            self.history.pop_front();
        }
        self.history.push_back(format!("{} {}", clock(now), what()));
    }

    pub fn history(&self) -> String {
        self.history.iter().fold(String::new(), |all, line| all + "\n  " + line)
    }

    pub fn subscribed(&mut self, now: Nanos, shard: usize, sub: Sub, arg: &Arg, inst: usize, book: Option<SharedBook>) {
        let channel = Channel::find(&arg.channel);
        let is_trades = channel.is_some_and(|c| c.payload == Payload::Trade);
        let trades = is_trades.then(|| Place::at_the_end_of(self.truth.tape(&arg.channel, arg.inst_id()), self.promises));
        self.note(now, || format!("shard {shard} subscribes {sub}: {arg}"));
        assert_eq!(self.held[shard].len(), sub as usize, "subscriptions are numbered as they come");
        self.held[shard].push(Held {
            arg: arg.clone(),
            channel,
            inst,
            book,
            trades,
            last: None,
            shown_by: BTreeSet::new(),
            by_rest: false,
            newest_ms: 0,
            crossed: false,
            mixed: false,
            served: false,
            announced: false,
            broken_since: None,
            was_valid: false,
            over: false,
        });
    }

    pub fn unsubscribed(&mut self, now: Nanos, shard: usize, sub: Sub) {
        self.note(now, || format!("shard {shard}: {sub} is over"));
        self.tally.ended += 1;
        let held = &mut self.held[shard][sub as usize];
        held.over = true;
        held.book = None;
    }

    pub fn is_live(&self, shard: usize, sub: Sub) -> bool {
        !self.held[shard][sub as usize].over
    }

    /// It flowed, and is not over: else nobody misses it.
    fn is_served(&self, shard: usize, sub: Sub) -> bool {
        let held = &self.held[shard][sub as usize];
        held.served && !held.over
    }

    pub fn arg(&self, shard: usize, sub: Sub) -> &Arg {
        &self.held[shard][sub as usize].arg
    }

    pub fn shared(&self, shard: usize, sub: Sub) -> Option<&SharedBook> {
        self.held[shard][sub as usize].book.as_ref()
    }

    /// Books that somebody holds.
    pub fn books(&self) -> usize {
        self.held.iter().flatten().filter(|held| held.book.is_some()).count()
    }

    /// Subscriptions that are not over.
    pub fn live(&self, shard: usize) -> Vec<(Sub, &Arg)> {
        self.held[shard].iter().zip(0..).filter(|(held, _)| !held.over).map(|(held, sub)| (sub, &held.arg)).collect()
    }

    pub fn excuses(&mut self, shard: usize) -> &mut Excuses {
        &mut self.excuses[shard]
    }

    /// The exchange is to cross this book on one connection.
    pub fn crosses(&mut self, shard: usize, sub: Sub, until: Nanos) {
        self.excuses[shard].crossed = until;
        self.held[shard][sub as usize].crossed = true;
    }

    /// The network lost a push that the exchange sent.
    pub fn swallowed(&mut self, shard: usize, frame: &[u8]) {
        let Ok(frame) = serde_json::from_slice::<serde_json::Value>(frame) else { return };
        let id = frame["data"][0]["tradeId"].as_str().and_then(|id| id.parse::<u64>().ok());
        let of = |held: &&mut Held| frame["arg"]["channel"] == held.arg.channel && frame["arg"]["instId"] == held.arg.inst_id();
        if let (Some(id), Some(held)) = (id, self.held[shard].iter_mut().rev().find(of))
            && let Some(place) = &mut held.trades
        {
            place.swallowed(id);
        }
    }

    /// A frame that a client reads now: whether another connection comes to carry a book.
    pub fn shown(&mut self, shard: usize, conn: ConnId, frame: &[u8]) {
        let of = |held: &Held| {
            let head = format!("{{\"arg\":{},\"action\":\"snapshot\"", held.arg.to_json());
            !held.over && held.book.is_some() && frame.starts_with(head.as_bytes())
        };
        if frame.starts_with(b"{\"arg\":{\"channel\":\"books")
            && let Some(held) = self.held[shard].iter_mut().find(|held| of(held))
        {
            held.shown_by.insert(conn);
        }
    }

    /// A connection is gone.
    pub fn lost(&mut self, shard: usize, conn: ConnId) {
        for held in &mut self.held[shard] {
            held.shown_by.remove(&conn);
        }
    }

    pub fn seen(&mut self, now: Nanos, shard: usize, seen: &Seen<'_>) -> Result<(), String> {
        let mark = match *seen {
            Seen::Book(sub, update) => update.seq_id.unwrap_or(-1).cast_unsigned() ^ u64::from(sub),
            Seen::Trade(sub, trade) => trade.trade_id ^ u64::from(sub) << 40,
            Seen::Other(sub, _) | Seen::Live(sub) | Seen::Ended(sub) | Seen::Unfillable(sub, ..) => u64::from(sub) << 8,
            Seen::Dark(sub) | Seen::Lost(sub) => sub.map_or(1 << 60, u64::from),
        };
        self.tally.digest = mix(self.tally.digest ^ mix(now ^ mix(mark ^ (shard as u64) << 48)));
        if let Seen::Book(sub, _) | Seen::Trade(sub, _) | Seen::Other(sub, _) = *seen {
            self.held[shard][sub as usize].served = true;
        }
        match *seen {
            Seen::Book(sub, update) => self.book(now, shard, sub, update),
            Seen::Trade(sub, trade) => {
                self.tally.trades += 1;
                let doubles = !self.promises.drops_double_trades && now < self.excuses[shard].doubled;
                let Self { truth, held, tally, .. } = self;
                let held = &mut held[shard][sub as usize];
                let place = held.trades.as_mut().ok_or_else(|| format!("{}: a trade of a channel that has none", held.arg))?;
                let tape = truth.tape(&held.arg.channel, held.arg.inst_id());
                place.trade(now, tape, trade, doubles, tally).map_err(|wrong| format!("{}: {wrong}", held.arg))
            }
            Seen::Other(sub, frame) => {
                self.tally.others += 1;
                let held = &self.held[shard][sub as usize];
                let head = format!("{{\"arg\":{}", held.arg.to_json());
                let belongs = frame.is_none_or(|frame| frame.starts_with(head.as_bytes()));
                if belongs { Ok(()) } else { Err(format!("{}: got {}", held.arg, String::from_utf8_lossy(frame.unwrap_or_default()))) }
            }
            Seen::Dark(None) => {
                self.tally.outages += 1;
                self.announce(now, shard, None, true)
            }
            Seen::Dark(sub) => {
                self.tally.gaps += u64::from(sub.is_none_or(|sub| self.is_served(shard, sub)));
                self.announce(now, shard, sub, true)
            }
            Seen::Lost(sub) => {
                self.tally.lost += 1;
                self.announce(now, shard, sub, false)
            }
            Seen::Live(sub) => {
                if let Some(place) = &mut self.held[shard][sub as usize].trades {
                    place.live(now);
                }
                Ok(())
            }
            Seen::Ended(sub) => {
                if self.is_live(shard, sub) {
                    self.unsubscribed(now, shard, sub);
                }
                Ok(())
            }
            Seen::Unfillable(sub, from, to) => {
                if let Some(place) = &mut self.held[shard][sub as usize].trades {
                    place.unfillable(from, to);
                }
                Ok(())
            }
        }
    }

    fn announce(&mut self, now: Nanos, shard: usize, sub: Option<Sub>, dark: bool) -> Result<(), String> {
        let what = if dark { "dark" } else { "something lost" };
        if sub.is_none_or(|sub| self.is_served(shard, sub)) {
            self.note(now, || sub.map_or_else(|| format!("shard {shard}: {what}"), |sub| format!("shard {shard}: {sub}: {what}")));
        }
        let Self { truth, held, .. } = self;
        let of = |at: &usize| sub.is_none_or(|sub| sub as usize == *at);
        for (_, held) in held[shard].iter_mut().enumerate().filter(|(at, held)| of(at) && !held.over) {
            // Of a frame that nobody can read, it is not known whose it was: a book that it was for has a gap to tell of.
            held.announced |= dark || sub.is_some();
            held.by_rest &= !dark;
            let valid = held.book.as_ref().is_some_and(|book| book.lock().validity() == Validity::Valid);
            if valid && (dark || sub.is_some()) {
                return Err(format!("{}: {what}, says the client, and still its book is valid", held.arg));
            }
            if held.book.is_some() && !valid && held.was_valid {
                held.broken_since.get_or_insert(now);
            }
            if let Some(place) = &mut held.trades {
                let tape = truth.tape(&held.arg.channel, held.arg.inst_id());
                place.announced(now, tape, dark).map_err(|wrong| format!("{}: {wrong}", held.arg))?;
            }
        }
        Ok(())
    }

    fn book(&mut self, now: Nanos, shard: usize, sub: Sub, update: &BookUpdate) -> Result<(), String> {
        self.tally.books += 1;
        self.check(now, shard, sub, self.promises.fresh_within)?;
        let held = &mut self.held[shard][sub as usize];
        let arg = &held.arg;
        if held.broken_since.is_some() || !held.was_valid {
            return Err(format!("{arg}: an update of a book that is not valid"));
        }
        match update.action {
            Action::Update if update.prev_seq_id != held.last => {
                return Err(format!("{arg}: the update before ended at {:?}, this one begins at {:?}", held.last, update.prev_seq_id));
            }
            // Another connection's first snapshot may be newer than the book that this one shows; by itself, none may.
            Action::Snapshot
                if held.last.is_some()
                    && !held.announced
                    && !may_replace(held.last, update.seq_id, held.shown_by.len() + usize::from(held.by_rest)) =>
            {
                return Err(format!("{arg}: a snapshot {:?} after {:?}, and nothing said between them", update.seq_id, held.last));
            }
            _ => {}
        }
        if update.action == Action::Snapshot && now >= self.excuses[shard].crossed {
            (held.crossed, held.mixed) = (false, false);
        }
        let by_rest = self.fetched && update.action == Action::Snapshot;
        held.by_rest |= by_rest;
        self.tally.by_rest += u64::from(by_rest);
        held.last = update.seq_id;
        held.announced = false;
        Ok(())
    }

    /// All books that claim to be valid; whether all are.
    pub fn look(&mut self, now: Nanos) -> Result<bool, String> {
        let mut all = true;
        for shard in 0..self.held.len() {
            for sub in 0..self.held[shard].len() as Sub {
                let within = if self.well { FRESH_AT_LAST } else { self.promises.fresh_within };
                let valid = self.check(now, shard, sub, within)?;
                all &= valid;
                let Self { truth, held, .. } = self;
                let held = &held[shard][sub as usize];
                if self.well && !valid {
                    return Err(format!("{}: not valid, and nothing is sick any more", held.arg));
                }
                if let Some(place) = held.trades.as_ref().filter(|_| !held.over) {
                    let tape = truth.tape(&held.arg.channel, held.arg.inst_id());
                    place.look(now, tape, within, self.well).map_err(|wrong| format!("{}: {wrong}", held.arg))?;
                }
            }
        }
        Ok(all)
    }

    /// One subscription: if it has a book that claims to be valid, it is what the exchange had at that `seqId`, and not too old.
    fn check(&mut self, now: Nanos, shard: usize, sub: Sub, within: Nanos) -> Result<bool, String> {
        let mut excuses = self.excuses[shard];
        let Self { truth, held, tally, .. } = self;
        let held = &mut held[shard][sub as usize];
        let (Some(shared), Some(channel)) = (&held.book, held.channel) else { return Ok(true) };
        let book = shared.lock();
        if book.validity() != Validity::Valid {
            if held.was_valid {
                held.broken_since.get_or_insert(now);
            }
            return Ok(false);
        }
        if let Some(since) = held.broken_since.take() {
            tally.longest_recovery = tally.longest_recovery.max(now - since);
        }
        held.was_valid = true;
        tally.checks += 1;
        held.mixed |= held.crossed && held.shown_by.len() > 1;
        excuses.mixed = held.mixed;
        // The first that a subscription is given has nothing to be compared with.
        if self.promises.refuses_old_snapshots && book.ts_ms() < held.newest_ms {
            excuses.stale = 0;
        }
        held.newest_ms = held.newest_ms.max(book.ts_ms());
        let stale = is_true(&book, channel.depth, truth, held.inst, (now, within), &excuses);
        tally.stale += u64::from(stale.map_err(|wrong| format!("{}: {wrong}", held.arg))?);
        Ok(true)
    }
}

/// Whether an unannounced snapshot is a repetition, or of a connection that joins another.
fn may_replace(last: Option<i64>, seq_id: Option<i64>, shown_by: usize) -> bool {
    seq_id == last || (seq_id > last && shown_by > 1)
}

/// Whether it is an old book that the exchange gave out as new; else it is right, or wrong.
fn is_true(
    book: &Book,
    depth: usize,
    truth: &Truth,
    inst: usize,
    (now, within): (Nanos, Nanos),
    excuses: &Excuses,
) -> Result<bool, String> {
    let (bids, asks) = book.sides().map_err(|why| why.as_str().to_owned())?;
    let states = truth.states(inst);
    let print = print_of(bids, asks);
    let crossed = excuses.mixed || (now < excuses.crossed && is_crossed(book));
    let by_seq = book.seq_id().and_then(|seq| states.binary_search_by_key(&seq, |state| state.seq).ok());
    // Numbers that the exchange made up (a reset, a snapshot that is one behind) are found by their time.
    let told = book.ts_ms() * MILLI;
    let in_time = |at: &usize| states[*at].at + WINDOW >= told && states[*at].at < told + MILLI && states[*at].print(depth) == print;
    let first = states.partition_point(|state| state.at + WINDOW < told);
    let Some(at) = by_seq.or_else(|| (first..states.len()).find(in_time)) else {
        if crossed {
            return Ok(false);
        }
        return Err(format!("the exchange never had this book, seqId {:?} of {}", book.seq_id(), clock(told)));
    };
    if states[at].print(depth) != print {
        if crossed {
            return Ok(false);
        }
        return Err(format!("not the book of seqId {:?} at {}", book.seq_id(), clock(states[at].at)));
    }
    match states[at + 1..].iter().find(|state| state.print(depth) != print) {
        Some(next) if now > next.at + within && now < excuses.stale => Ok(true),
        Some(next) if now > next.at + within => {
            Err(format!("valid at seqId {}, but the exchange has been at {} for {} ms", states[at].seq, next.seq, (now - next.at) / MILLI))
        }
        _ => Ok(false),
    }
}

fn is_crossed(book: &Book) -> bool {
    let Ok((bids, asks)) = book.sides() else { return false };
    let (Some(bid), Some(ask)) = (bids.best(), asks.best()) else { return false };
    okx_fast_core::num::Num::from(bid.px).cmp_value(ask.px.into()).is_ge()
}

/// Seconds into the run, for people.
pub fn clock(now: Nanos) -> String {
    let ms = now.saturating_sub(crate::venue::START) / MILLI;
    format!("{:>4}.{:03}", ms / 1000, ms % 1000)
}

#[test]
fn only_a_connection_that_joins_another_may_show_a_newer_book_unannounced() {
    for (seq_id, shown_by, want) in [(10, 1, true), (15, 1, false), (15, 2, true), (5, 2, false)] {
        assert_eq!(may_replace(Some(10), Some(seq_id), shown_by), want, "{seq_id} by {shown_by}");
    }
}
