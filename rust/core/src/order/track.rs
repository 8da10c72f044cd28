//! The life of each order, from whatever tells of it: in any order, twice, late, or not at all.
//!
//! ```text
//! accepted ─▶ Accepted ─▶ Live ─▶ PartiallyFilled ─▶ Filled │ Canceled │ MmpCanceled ─▶ forgotten after `keep` others
//!
//! push  ─┬─ its fill ───── known trade id? no ─▶ Change::Fill    (each once, whoever brings it)
//!        └─┐                                        ▲
//! query ───┴─ judge ─┬─ better ─▶ Change::Order ────┼──── accFillSz > fills told ─▶ Change::Gap: fetch trade/fills,
//!                    ├─ stale, known ─▶ counted     │                                   │   feed them to `fill`
//!                    └─ impossible ─▶ Change::Illegal                                   │
//! fills row ─────────────────────────────────────── fill ◀──────────────────────────────┘
//! pending list without it ─▶ absent ─▶ Change::Missing: query the order
//! ```
//!
//! Which row is better: an end beats what is open, then more filled beats less, then the later `uTime`; of two rows with
//! the same `uTime` the one further on in life, then the one that came last. An end is final, and so is what was filled:
//! a row that takes either back changes nothing and is reported, if its `uTime` is newer than what it takes back.
//!
//! OKX repeats pushes, also with another `uTime`. A push is a repetition if a push had its trade id before, or its reqId
//! and result, and another amendment was followed since, or (without both) if one had the very same content; then it
//! takes nothing back. Amendments without a reqId have nothing but their `uTime`: who amends should give one.
//!
//! A fill is told from pushes and fills rows. A query's row shows only the last trade, and without its fee: what is
//! missing is said by its accFillSz. Two things have no trade id of their own and tell no fill: a push with tradeId `0`
//! (liquidations have a negative id in `trade/fills`, and `0` here), and a row of the `fills` channel that sums several
//! matches; the pushes of `orders` bring those one by one.
//!
//! Source: OKX API v5, Order book trading › Trade › WS order channel, WS fills channel.

mod order;

use super::row::{FillRow, OrderRow, State};
use crate::code::Code;
use crate::num::Num;
pub use order::Order;
use order::Verdict;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Where a row is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Push,
    /// A reply: `trade/order` or one of the lists.
    Query,
}

/// OKX accepted a new order: its item of the reply has sCode `0`.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    pub inst_id: &'a str,
    pub ord_id: &'a str,
    pub cl_ord_id: &'a str,
    /// OKX's clock.
    pub ts_ms: Option<i64>,
}

/// How an order is meant.
#[derive(Clone, Copy, Debug)]
pub enum OrderRef<'a> {
    OrdId(&'a str),
    /// The newest that has it.
    ClOrdId(&'a str),
}

/// What is new. Of one row, in this order: Amended, Fill, Order, Gap; Illegal stands where it was noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another state, price, size, filled amount or fee; with `from` equal to `to` it was not the state.
    Order {
        ord_id: String,
        from: State,
        to: State,
    },
    Fill(Box<Fill>),
    /// The result of an amendment, once per reqId and result.
    Amended {
        ord_id: String,
        req_id: String,
        result: Code,
        code: Code,
        msg: String,
    },
    /// Fills are missing: `expected` is accFillSz, `got` the sum of the fills told. Once per accFillSz.
    Gap {
        ord_id: String,
        inst_id: String,
        inst_type: Code,
        expected: Num,
        got: Num,
    },
    /// OKX lists the open orders, and this one is not among them: query it.
    Missing {
        ord_id: String,
    },
    /// Two things OKX said cannot both be.
    Illegal {
        ord_id: String,
        from: State,
        to: State,
        why: Why,
    },
}

/// One fill of one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    pub inst_id: String,
    pub ord_id: String,
    pub cl_ord_id: String,
    pub trade_id: String,
    pub px: Option<Num>,
    pub sz: Num,
    pub side: Code,
    pub pos_side: Code,
    /// `T` taker, `M` maker.
    pub exec_type: Code,
    /// Negative is paid. The `fills` channel does not tell it.
    pub fee: Option<Num>,
    pub fee_ccy: Code,
    pub pnl: Option<Num>,
    pub time_ms: Option<i64>,
}

/// What cannot be, and whether the row was followed nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// After its end the order has another state. The row is not followed.
    Ended,
    /// Less is filled than before. Not followed.
    Shrunk,
    /// An earlier state, by a later row. Not followed.
    Backwards,
    /// The row names another instrument. Not followed.
    OtherInst,
    /// More was filled after the end. Followed: what is filled is never less than OKX said.
    Grown,
    /// More is filled than was ordered. Followed. Not noticed where an amendment may have reduced the order to less than was
    /// filled: in a row that is `filled` and no fill's push.
    Overfilled,
    /// The fills are more than the order's final accFillSz. They were told.
    FillsBeyond,
    /// A trade id came again with another size. The first was told and counts.
    FillDiffers,
    /// The fills' sum has more than 38 digits. The fill was told, and is not in the sum.
    TooLarge,
}

impl Why {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "another state after the end",
            Self::Shrunk => "less filled than before",
            Self::Backwards => "an earlier state in a later row",
            Self::OtherInst => "another instrument",
            Self::Grown => "more filled after the end",
            Self::Overfilled => "more filled than ordered",
            Self::FillsBeyond => "more fills than the final accFillSz",
            Self::FillDiffers => "one trade id with two sizes",
            Self::TooLarge => "a sum of more than 38 digits",
        }
    }
}

/// What came and was no news, and what was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pushes and fills that were known.
    pub duplicates: u64,
    /// Rows older than what is known.
    pub stale: u64,
    pub illegal: u64,
    /// Fills told.
    pub fills: u64,
    /// Fills rows that tell none: several matches in one, or no trade id or size.
    pub unkeyed: u64,
}

type Orders = FxHashMap<Box<str>, Order>;

/// All orders that are open, and the `keep` that ended last.
#[derive(Debug, Default)]
pub struct Tracker {
    keep: usize,
    orders: Orders,
    /// In the order of their ends.
    ended: VecDeque<Box<str>>,
    /// ordIds by clOrdId, which may be used again after an end.
    by_cl_ord_id: FxHashMap<Box<str>, Vec<Box<str>>>,
    counts: Counts,
}

impl Tracker {
    /// `keep`: how many orders that ended are remembered. What tells of a forgotten one again tells of a new one, so it
    /// should cover the orders of as long as OKX may repeat itself. One that just ended stays until the next call.
    pub fn new(keep: usize) -> Self {
        Self { keep, ..Self::default() }
    }

    pub fn get(&self, ord_id: &str) -> Option<&Order> {
        self.orders.get(ord_id)
    }

    /// The newest order with this id.
    pub fn by_cl_ord_id(&self, cl_ord_id: &str) -> Option<&Order> {
        let ids = self.by_cl_ord_id.get(cl_ord_id)?;
        ids.iter().filter_map(|id| self.orders.get(id)).max_by_key(|order| order.row.c_time_ms)
    }

    pub fn open(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(|order| !order.row.state.is_terminal())
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// OKX took a new order. `at_ms`: our clock.
    pub fn accepted(&mut self, at_ms: i64, ack: Accepted<'_>) {
        self.trim();
        if ack.ord_id.is_empty() {
            return;
        }
        let order = find(&mut self.orders, ack.ord_id, ack.inst_id);
        order.accepted_ms.get_or_insert(at_ms);
        if let Some(ts_ms) = ack.ts_ms {
            order.row.c_time_ms.get_or_insert(ts_ms);
        }
        name(&mut self.by_cl_ord_id, order, ack.cl_ord_id);
    }

    pub fn row(&mut self, source: Source, row: &OrderRow, out: &mut Vec<Change>) {
        self.trim();
        let told = out.len();
        let mut tell = Tell { out, counts: &mut self.counts };
        let order = find(&mut self.orders, &row.ord_id, &row.inst_id);
        if order.row.inst_id != row.inst_id {
            return tell.illegal(order, row, Why::OtherInst);
        }
        name(&mut self.by_cl_ord_id, order, &row.cl_ord_id);
        let is_repeated = source == Source::Push && order.repeats(row);
        if order.amends(row) {
            tell.out.push(Change::Amended {
                ord_id: row.ord_id.clone(),
                req_id: row.req_id.clone(),
                result: row.amend_result,
                code: row.code,
                msg: row.msg.clone(),
            });
        }
        if source == Source::Push
            && let Some(fill) = pushed_fill(row)
        {
            tell.fill(order, row, fill, true);
        }
        match order.judge(source, row, is_repeated) {
            Verdict::Known => tell.counts.duplicates += 1,
            Verdict::Stale => tell.counts.stale += 1,
            Verdict::Refused(why) => tell.illegal(order, row, why),
            Verdict::Better(doubt) => {
                if let Some(why) = doubt {
                    tell.illegal(order, row, why);
                }
                let from = order.row.state.clone();
                let is_bare = tell.out.len() == told;
                if order.follow(source, row, is_bare) {
                    let to = order.row.state.clone();
                    if to.is_terminal() && !from.is_terminal() {
                        self.ended.push_back(row.ord_id.as_str().into());
                    }
                    tell.out.push(Change::Order { ord_id: row.ord_id.clone(), from, to });
                } else if source == Source::Push && is_bare {
                    tell.counts.duplicates += 1;
                }
            }
        }
        tell.sums(order);
    }

    pub fn fill(&mut self, row: &FillRow, out: &mut Vec<Change>) {
        self.trim();
        let is_one = row.count.is_none_or(|count| count <= 1) && is_trade_id(&row.trade_id);
        let Some(sz) = row.fill_sz.filter(|sz| is_one && is_positive(*sz)) else {
            self.counts.unkeyed += 1;
            return;
        };
        let mut tell = Tell { out, counts: &mut self.counts };
        let order = find(&mut self.orders, &row.ord_id, &row.inst_id);
        let said = OrderRow { state: order.row.state.clone(), u_time_ms: row.fill_time_ms.or(row.ts_ms), ..OrderRow::default() };
        if order.row.inst_id != row.inst_id {
            return tell.illegal(order, &said, Why::OtherInst);
        }
        // The `fills` channel writes `0` for an id that is not a number.
        if row.cl_ord_id != "0" {
            name(&mut self.by_cl_ord_id, order, &row.cl_ord_id);
        }
        let fill = Fill {
            inst_id: row.inst_id.clone(),
            ord_id: row.ord_id.clone(),
            trade_id: row.trade_id.clone(),
            px: row.fill_px,
            sz,
            side: row.side,
            pos_side: row.pos_side,
            exec_type: row.exec_type,
            fee: row.fee,
            fee_ccy: row.fee_ccy,
            pnl: row.fill_pnl,
            time_ms: row.fill_time_ms.or(row.ts_ms),
            ..Fill::default()
        };
        if !tell.fill(order, &said, fill, false) {
            tell.counts.duplicates += 1;
        }
        tell.sums(order);
    }

    /// A list of all pending orders does not hold this one. `as_of_ms`: when it was asked for, by OKX's clock; what is
    /// known to have happened later is not doubted. No state follows from absence: the query must tell it.
    pub fn absent(&self, id: OrderRef<'_>, as_of_ms: i64, out: &mut Vec<Change>) {
        let order = match id {
            OrderRef::OrdId(ord_id) => self.get(ord_id),
            OrderRef::ClOrdId(cl_ord_id) => self.by_cl_ord_id(cl_ord_id),
        };
        if let Some(order) = order.filter(|order| !order.row.state.is_terminal() && order.known_ms() <= as_of_ms) {
            out.push(Change::Missing { ord_id: order.row.ord_id.clone() });
        }
    }

    /// Drops an order, open or not: OKX does not know it any more, or the caller gives up on it.
    pub fn forget(&mut self, ord_id: &str) -> Option<Order> {
        let order = self.orders.remove(ord_id)?;
        if order.row.state.is_terminal() {
            self.ended.retain(|id| **id != *ord_id);
        }
        self.unname(&order);
        Some(order)
    }

    /// Before anything new: what ended stays readable until then, even with `keep` 0.
    fn trim(&mut self) {
        while self.ended.len() > self.keep {
            let Some(order) = self.ended.pop_front().and_then(|id| self.orders.remove(&id)) else { continue };
            self.unname(&order);
        }
    }

    fn unname(&mut self, order: &Order) {
        let cl_ord_id = order.row.cl_ord_id.as_str();
        if let Some(ids) = self.by_cl_ord_id.get_mut(cl_ord_id) {
            ids.retain(|id| **id != *order.row.ord_id);
            if ids.is_empty() {
                self.by_cl_ord_id.remove(cl_ord_id);
            }
        }
    }
}

/// Where changes go, with the counters beside them.
struct Tell<'a> {
    out: &'a mut Vec<Change>,
    counts: &'a mut Counts,
}

impl Tell<'_> {
    /// Once for what the same row says again.
    fn illegal(&mut self, order: &mut Order, row: &OrderRow, why: Why) {
        if order.doubts(row, why) {
            self.counts.illegal += 1;
            let (from, to) = (order.row.state.clone(), row.state.clone());
            self.out.push(Change::Illegal { ord_id: order.row.ord_id.clone(), from, to, why });
        }
    }

    /// Whether it is news. `row` is what brought it.
    fn fill(&mut self, order: &mut Order, row: &OrderRow, mut fill: Fill, pushed: bool) -> bool {
        match order.take(&fill, pushed) {
            order::Taken::Known => return false,
            order::Taken::Differs => {
                self.illegal(order, row, Why::FillDiffers);
                return false;
            }
            order::Taken::TooLarge => self.illegal(order, row, Why::TooLarge),
            order::Taken::New => {}
        }
        self.counts.fills += 1;
        fill.cl_ord_id.clone_from(&order.row.cl_ord_id);
        self.out.push(Change::Fill(Box::new(fill)));
        true
    }

    /// Compares the fills told with the amount OKX states.
    fn sums(&mut self, order: &mut Order) {
        if let Some(expected) = order.lacks() {
            self.out.push(Change::Gap {
                ord_id: order.row.ord_id.clone(),
                inst_id: order.row.inst_id.clone(),
                inst_type: order.row.inst_type,
                expected,
                got: order.filled_seen,
            });
        }
        if order.exceeds() {
            self.counts.illegal += 1;
            let (from, to) = (order.row.state.clone(), order.row.state.clone());
            self.out.push(Change::Illegal { ord_id: order.row.ord_id.clone(), from, to, why: Why::FillsBeyond });
        }
    }
}

fn find<'a>(orders: &'a mut Orders, ord_id: &str, inst_id: &str) -> &'a mut Order {
    let order = orders.entry(ord_id.into()).or_insert_with(|| Order::new(ord_id));
    if order.row.inst_id.is_empty() {
        order.row.inst_id.push_str(inst_id);
    }
    order
}

/// Notes the order's clOrdId, when it is first told.
fn name(by_cl_ord_id: &mut FxHashMap<Box<str>, Vec<Box<str>>>, order: &mut Order, cl_ord_id: &str) {
    if order.row.cl_ord_id.is_empty() && !cl_ord_id.is_empty() {
        order.row.cl_ord_id.push_str(cl_ord_id);
        by_cl_ord_id.entry(cl_ord_id.into()).or_default().push(order.row.ord_id.as_str().into());
    }
}

fn pushed_fill(row: &OrderRow) -> Option<Fill> {
    let sz = pushed_size(row)?;
    Some(Fill {
        inst_id: row.inst_id.clone(),
        ord_id: row.ord_id.clone(),
        trade_id: row.trade_id.clone(),
        px: row.fill_px,
        sz,
        side: row.side,
        pos_side: row.pos_side,
        exec_type: row.exec_type,
        fee: row.fill_fee,
        fee_ccy: row.fill_fee_ccy,
        pnl: row.fill_pnl,
        time_ms: row.fill_time_ms,
        ..Fill::default()
    })
}

/// Of the fill that a push brings.
fn pushed_size(row: &OrderRow) -> Option<Num> {
    row.fill_sz.filter(|sz| is_positive(*sz) && is_trade_id(&row.trade_id))
}

fn is_trade_id(text: &str) -> bool {
    !matches!(text, "" | "0")
}

fn is_positive(num: Num) -> bool {
    num.mantissa > 0
}

#[cfg(test)]
mod tests;
