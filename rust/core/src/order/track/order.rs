//! One order: what is in force, which fills were told, and how a row compares with that.

use super::{Fill, Source, Why, pushed_size};
use crate::code::Code;
use crate::num::Num;
use crate::order::row::{OrderRow, State};
use rustc_hash::{FxHashMap, FxHasher};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// Amendments remembered per order: OKX takes 3 at a time, so a repetition is not further back.
const MOST_AMENDS: usize = 64;
/// Pushes without a trade id and a reqId that are remembered by their content: few rows are so bare.
const MOST_BARE: usize = 16;

/// An order as the best row shows it, and what was told of it.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// What is in force: the best row. What it leaves empty is from the rows before, if it belongs to the order and not
    /// to one event.
    pub row: OrderRow,
    /// Our clock: when OKX's acceptance came.
    pub accepted_ms: Option<i64>,
    /// Exact sum of the fills told.
    pub filled_seen: Num,
    /// By trade id.
    fills: FxHashMap<Box<str>, Seen>,
    fees: Fees,
    /// The reqId and result of amendments told, oldest first.
    amends: VecDeque<(Box<str>, Code)>,
    /// The one that made price and size what they are, if it has a reqId.
    newest_amend: Option<(Box<str>, Code)>,
    /// Result, price and size of the last amendment told that has no reqId.
    nameless_amend: Option<(Code, Option<Num>, Option<Num>)>,
    bare: VecDeque<u64>,
    gap_told: Option<Num>,
    excess_told: Option<Num>,
    doubt_told: Option<(Why, State, Option<i64>)>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    sz: Num,
    /// An `orders` push brought it; until then a push with this trade id is no repetition.
    pushed: bool,
}

/// The sum of the fills' fees, as long as each is known and all are in one currency.
#[derive(Clone, Copy, Debug, Default)]
enum Fees {
    #[default]
    None,
    Sum(Num, Code),
    Unknown,
}

/// How a row compares with what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To be followed; and what is strange about it.
    Better(Option<Why>),
    Known,
    Stale,
    Refused(Why),
}

/// What a fill is to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    /// New, and the sum does not hold it.
    TooLarge,
    Known,
    /// Known with another size.
    Differs,
}

impl Order {
    pub(super) fn new(ord_id: &str) -> Self {
        Self { row: OrderRow { ord_id: ord_id.into(), ..OrderRow::default() }, ..Self::default() }
    }

    /// A fill with this trade id was told.
    pub fn has_fill(&self, trade_id: &str) -> bool {
        self.fills.contains_key(trade_id)
    }

    /// How many fills were told.
    pub fn fill_count(&self) -> usize {
        self.fills.len()
    }

    /// The fills told are all there are, by the row in force.
    pub fn is_complete(&self) -> bool {
        cmp(self.row.acc_fill_sz, Some(self.filled_seen)).is_eq()
    }

    /// Whether the fees of the fills add up to the order's; `None` as long as that cannot be said.
    pub fn fees_agree(&self) -> Option<bool> {
        let fee = self.row.fee?;
        match self.fees {
            Fees::Sum(sum, ccy) if ccy == self.row.fee_ccy && self.is_complete() => Some(sum.cmp_value(fee).is_eq()),
            _ => None,
        }
    }

    /// OKX's time of the last that is known to have happened to it.
    pub(super) fn known_ms(&self) -> i64 {
        self.row.u_time_ms.max(self.row.c_time_ms).or(self.accepted_ms).unwrap_or(i64::MIN)
    }

    /// Whether the push repeats an earlier one, by what OKX says to tell them by; notes it for the next.
    pub(super) fn repeats(&mut self, row: &OrderRow) -> bool {
        if let Some(seen) = self.fills.get(row.trade_id.as_str()) {
            return seen.pushed;
        }
        // Of an earlier time of its life: news of that is told by the fill or the amendment.
        let is_earlier = rank(&row.state) < rank(&self.row.state) || cmp(row.acc_fill_sz, self.row.acc_fill_sz).is_lt();
        if !row.req_id.is_empty() {
            let is = |(req_id, result): &(Box<str>, Code)| **req_id == *row.req_id && *result == row.amend_result;
            return self.amends.iter().any(is) && (is_earlier || !self.newest_amend.as_ref().is_some_and(is));
        }
        let print = fingerprint(row);
        if !self.bare.contains(&print) {
            if self.bare.len() == MOST_BARE {
                self.bare.pop_front();
            }
            self.bare.push_back(print);
            return false;
        }
        // Amended there and back without a reqId, the order has the same content again.
        is_earlier || row.amend_result.as_str().is_empty()
    }

    /// Whether the row tells of an amendment for the first time.
    pub(super) fn amends(&mut self, row: &OrderRow) -> bool {
        if row.req_id.is_empty() {
            let now = Some((row.amend_result, row.px, row.sz));
            if row.amend_result.as_str().is_empty() || self.nameless_amend == now {
                return false;
            }
            self.nameless_amend = now;
            return true;
        }
        if self.amends.iter().any(|(req_id, result)| **req_id == *row.req_id && *result == row.amend_result) {
            return false;
        }
        if self.amends.len() == MOST_AMENDS {
            self.amends.pop_front();
        }
        self.amends.push_back((row.req_id.as_str().into(), row.amend_result));
        true
    }

    pub(super) fn judge(&self, source: Source, row: &OrderRow, is_repeated: bool) -> Verdict {
        let ours = &self.row;
        if ours.state == State::Accepted {
            return Verdict::Better(overfills(source, row));
        }
        let amount = cmp(row.acc_fill_sz, ours.acc_fill_sz);
        let life = rank(&row.state).cmp(&rank(&ours.state));
        if is_repeated && amount.is_le() && life.is_le() {
            return Verdict::Known;
        }
        let time = match (row.u_time_ms, ours.u_time_ms) {
            (Some(theirs), Some(ours)) => theirs.cmp(&ours),
            _ => Ordering::Equal,
        };
        let refused = |why| if time.is_gt() { Verdict::Refused(why) } else { Verdict::Stale };
        match (ours.state.is_terminal(), row.state.is_terminal()) {
            (true, true) if is_filled(ours) != is_filled(row) => return Verdict::Refused(Why::Ended),
            (true, false) => return refused(Why::Ended),
            (false, true) if amount.is_lt() => return Verdict::Refused(Why::Shrunk),
            (false, true) => return Verdict::Better(overfills(source, row)),
            _ => {}
        }
        match (amount, life) {
            (Ordering::Less, _) => refused(Why::Shrunk),
            (_, Ordering::Less) => refused(Why::Backwards),
            (Ordering::Greater, _) if ours.state.is_terminal() => Verdict::Better(Some(Why::Grown)),
            (Ordering::Greater, _) => Verdict::Better(overfills(source, row)),
            (Ordering::Equal, _) if time.is_lt() => Verdict::Stale,
            (Ordering::Equal, _) => Verdict::Better(None),
        }
    }

    /// Puts the row in force. `is_bare`: it told nothing else. Whether state, price, size, amount or fee are others than
    /// before.
    pub(super) fn follow(&mut self, source: Source, row: &OrderRow, is_bare: bool) -> bool {
        let next = completed(row, &self.row);
        let old = std::mem::replace(&mut self.row, next);
        let new = &mut self.row;
        if old.state.is_terminal() {
            // `canceled` and `mmp_canceled` are one end.
            new.state.clone_from(&old.state);
        }
        let differ = |a: Option<Num>, b: Option<Num>| a.is_some() != b.is_some() || cmp(a, b).is_ne();
        let is_amended = differ(old.px, new.px) || differ(old.sz, new.sz);
        let is_news = is_amended || old.state != new.state || differ(old.acc_fill_sz, new.acc_fill_sz) || differ(old.fee, new.fee);
        let is_nameless = row.req_id.is_empty() && !row.amend_result.as_str().is_empty();
        if !is_news && is_bare && !is_nameless && source == Source::Push {
            // Maybe a repetition, whose uTime is none.
            new.u_time_ms = old.u_time_ms.or(new.u_time_ms);
        }
        if !row.req_id.is_empty() {
            self.newest_amend = Some((row.req_id.as_str().into(), row.amend_result));
        } else if is_amended {
            self.newest_amend = None;
        }
        is_news
    }

    pub(super) fn take(&mut self, fill: &Fill, pushed: bool) -> Taken {
        if let Some(seen) = self.fills.get_mut(fill.trade_id.as_str()) {
            seen.pushed |= pushed;
            return if seen.sz.cmp_value(fill.sz).is_eq() { Taken::Known } else { Taken::Differs };
        }
        self.fills.insert(fill.trade_id.as_str().into(), Seen { sz: fill.sz, pushed });
        self.fees = self.fees.with(fill.fee, fill.fee_ccy);
        let Some(sum) = self.filled_seen.checked_add(fill.sz) else { return Taken::TooLarge };
        self.filled_seen = sum;
        Taken::New
    }

    /// The amount OKX states, if the fills told are less; once per amount.
    pub(super) fn lacks(&mut self) -> Option<Num> {
        let stated = self.row.acc_fill_sz.filter(|acc| acc.cmp_value(self.filled_seen).is_gt())?;
        if self.gap_told.is_some_and(|told| told.cmp_value(stated).is_ge()) {
            return None;
        }
        self.gap_told = Some(stated);
        Some(stated)
    }

    /// The fills told are more than the final amount; once per sum.
    pub(super) fn exceeds(&mut self) -> bool {
        let sum = Some(self.filled_seen);
        let exceeds = self.row.state.is_terminal() && cmp(sum, self.row.acc_fill_sz).is_gt() && self.excess_told != sum;
        if exceeds {
            self.excess_told = sum;
        }
        exceeds
    }

    /// Whether this doubt was not the last one told.
    pub(super) fn doubts(&mut self, row: &OrderRow, why: Why) -> bool {
        let now = Some((why, row.state.clone(), row.u_time_ms));
        let is_news = self.doubt_told != now;
        self.doubt_told = now;
        is_news
    }
}

impl Fees {
    fn with(self, fee: Option<Num>, ccy: Code) -> Self {
        let sum = match (self, fee) {
            (Self::None, Some(fee)) => Some(fee),
            (Self::Sum(sum, one), Some(fee)) if one == ccy => sum.checked_add(fee),
            _ => None,
        };
        sum.map_or(Self::Unknown, |sum| Self::Sum(sum, ccy))
    }
}

/// By value; what is not told is no difference.
fn cmp(a: Option<Num>, b: Option<Num>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp_value(b),
        _ => Ordering::Equal,
    }
}

fn is_filled(row: &OrderRow) -> bool {
    row.state == State::Filled
}

/// More filled than ordered. A spot market order by value has its size in another currency. An order that is amended to
/// less than what is filled is `filled` with that size: then no fill comes with it, which only a push can say.
fn overfills(source: Source, row: &OrderRow) -> Option<Why> {
    let is_spot = matches!(row.inst_type.as_str(), "SPOT" | "MARGIN");
    let is_by_value = is_spot && row.ord_type.as_str() == "market" && row.tgt_ccy.as_str() != "base_ccy";
    let may_be_reduced = is_filled(row) && (source == Source::Query || pushed_size(row).is_none());
    (!is_by_value && !may_be_reduced && row.acc_fill_sz?.cmp_value(row.sz?).is_gt()).then_some(Why::Overfilled)
}

/// How far on in life. What OKX has not documented is not behind what is open.
fn rank(state: &State) -> u8 {
    match state {
        State::Accepted => 0,
        State::Live => 1,
        State::PartiallyFilled | State::Other(_) => 2,
        State::Filled | State::Canceled | State::MmpCanceled => 3,
    }
}

/// A push without its uTime.
fn fingerprint(row: &OrderRow) -> u64 {
    let num = |n: Option<Num>| n.map(|n| (n.mantissa, n.scale));
    let mut hasher = FxHasher::default();
    (&row.state, num(row.px), num(row.sz), num(row.acc_fill_sz), num(row.fee), num(row.fill_sz)).hash(&mut hasher);
    (row.amend_result, row.amend_source, row.cancel_source, row.code, &row.msg).hash(&mut hasher);
    hasher.finish()
}

/// `row`, with what belongs to the order and is empty in it taken from `old`.
fn completed(row: &OrderRow, old: &OrderRow) -> OrderRow {
    let mut new = row.clone();
    let codes = [
        (&mut new.inst_type, old.inst_type),
        (&mut new.side, old.side),
        (&mut new.pos_side, old.pos_side),
        (&mut new.td_mode, old.td_mode),
        (&mut new.ord_type, old.ord_type),
        (&mut new.tgt_ccy, old.tgt_ccy),
        (&mut new.fee_ccy, old.fee_ccy),
        (&mut new.cancel_source, old.cancel_source),
        (&mut new.source, old.source),
        (&mut new.category, old.category),
    ];
    for (new, old) in codes {
        if new.as_str().is_empty() {
            *new = old;
        }
    }
    let texts = [
        (&mut new.cl_ord_id, &old.cl_ord_id),
        (&mut new.tag, &old.tag),
        (&mut new.algo_id, &old.algo_id),
        (&mut new.algo_cl_ord_id, &old.algo_cl_ord_id),
        (&mut new.attach_algo_cl_ord_id, &old.attach_algo_cl_ord_id),
    ];
    for (new, old) in texts {
        if new.is_empty() {
            new.clone_from(old);
        }
    }
    for (new, old) in [
        (&mut new.px, old.px),
        (&mut new.sz, old.sz),
        (&mut new.acc_fill_sz, old.acc_fill_sz),
        (&mut new.avg_px, old.avg_px),
        (&mut new.fee, old.fee),
        (&mut new.pnl, old.pnl),
    ] {
        *new = new.or(old);
    }
    new.c_time_ms = new.c_time_ms.or(old.c_time_ms);
    new.u_time_ms = new.u_time_ms.or(old.u_time_ms);
    new.reduce_only = new.reduce_only.or(old.reduce_only);
    new
}
