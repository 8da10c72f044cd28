//! Matching: best price first, the oldest first at a price, each trade at the maker's price.

use crate::exchange::account::{AcctIx, HOUSE};
use crate::exchange::instrument::InstIx;
use crate::exchange::market::Print;
use crate::exchange::num::Dec;
use crate::exchange::order::{LastFill, OrdId, OrdState, OrdType, Order, Side, StpMode};
use crate::exchange::world::World;

use super::after::After;
use super::push::Note;

/// Makers one taker can match.
pub(super) const MAKERS: usize = 1_000;

/// Why a taker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has all it wanted, or all its money buys.
    Done,
    /// Nothing is left at its price.
    Dry,
    /// It met an order of its own people.
    Own,
    /// It met too many makers.
    Many,
    /// The house lets a client's order stand (`fill_probability`).
    PassedBy,
}

/// What stays the same while a taker is matched.
struct Taker {
    id: OrdId,
    acct: AcctIx,
    inst: InstIx,
    side: Side,
    stp_mode: StpMode,
    /// Main account; nobody's own orders are kept from the house.
    people: Option<String>,
    lot: Dec,
    inverse: bool,
    closes: bool,
    /// What was set aside for a market order sized in the currency it receives.
    budget: Option<Dec>,
}

/// Is this price of a maker worse than what a taker of this side accepts?
pub(super) fn beyond(side: Side, px: Dec, limit: Dec) -> bool {
    if side == Side::Buy { px > limit } else { px < limit }
}

/// The largest multiple of `lot` that is not above `sz`.
pub(super) fn floor_lot(sz: Dec, lot: Dec) -> Dec {
    if lot.is_zero() { sz } else { (sz / lot).floor() * lot }
}

impl World {
    /// Trades an open order that is in no book with what it crosses.
    pub(super) fn take(&mut self, id: OrdId, limit: Option<Dec>) -> Stop {
        let Some(mut taker) = self.taker(id) else { return Stop::Done };
        let mut print: Option<Print> = None;
        let mut makers = 0;
        let stop = loop {
            let Some((px, maker, resting)) = self.book(taker.inst).front(taker.side.other()) else { break Stop::Dry };
            if limit.is_some_and(|limit| beyond(taker.side, px, limit)) {
                break Stop::Dry;
            }
            let Some(wants) = self.wants(&taker, px) else { break Stop::Done };
            if makers == MAKERS {
                break Stop::Many;
            }
            let Some(other) = self.orders.get(maker) else {
                self.book_mut(taker.inst).remove(taker.side.other(), px, maker);
                continue;
            };
            let (other_acct, closes) = (other.acct, other.closes());
            if self.same_people(&taker, other_acct) {
                if taker.stp_mode != StpMode::CancelTaker {
                    self.finish(maker, OrdState::Canceled, "32", &Note::default());
                }
                if taker.stp_mode == StpMode::CancelMaker {
                    continue;
                }
                break Stop::Own;
            }
            if taker.acct == HOUSE && other_acct != HOUSE && self.passes_by(taker.inst) {
                break Stop::PassedBy;
            }
            let mut sz = wants.min(resting);
            if closes && other_acct != HOUSE {
                // An earlier trade of this very match may have closed its position.
                let closable = self.closable_of(maker);
                if closable.is_zero() {
                    self.finish(maker, OrdState::Canceled, "17", &Note::default());
                    continue;
                }
                sz = sz.min(closable);
            }
            makers += 1;
            let trade_id = self.take_trade_id(taker.inst);
            self.book_mut(taker.inst).fill_front(taker.side.other(), sz);
            if let Some(budget) = &mut taker.budget {
                *budget -= if taker.side == Side::Buy { px * sz } else { sz };
            }
            let booked = taker.acct != HOUSE || other_acct != HOUSE; // between themselves the house's two sides cancel out
            self.fill(maker, &Trade { px, sz, trade_id, inverse: taker.inverse, taken: false, booked, lot: taker.lot });
            self.fill(id, &Trade { px, sz, trade_id, inverse: taker.inverse, taken: true, booked, lot: taker.lot });
            match &mut print {
                Some(print) if print.px == px => {
                    print.sz += sz;
                    print.trade_id = trade_id;
                    print.count += 1;
                    print.parts.push((trade_id, sz));
                }
                _ => {
                    let next = Print { inst: taker.inst, side: taker.side, px, sz, trade_id, count: 1, parts: vec![(trade_id, sz)] };
                    self.tell(id, print.replace(next));
                }
            }
        };
        self.tell(id, print);
        stop
    }

    fn taker(&self, id: OrdId) -> Option<Taker> {
        let order = self.orders.get(id)?;
        let inst = self.inst(order.inst);
        let budget = match (&order.reserved, order.ord_type) {
            (Some((_, amount)), OrdType::Market) if !inst.inst_type.is_contract() && received_units(order) => {
                Some(*amount / self.with_fee(order))
            }
            _ => None,
        };
        Some(Taker {
            id,
            acct: order.acct,
            inst: order.inst,
            side: order.side,
            stp_mode: order.stp_mode,
            people: (order.acct != HOUSE).then(|| self.account(order.acct).main_uid.clone()),
            lot: inst.lot_sz,
            inverse: inst.inverse,
            closes: order.acct != HOUSE && order.closes(),
            budget,
        })
    }

    fn same_people(&self, taker: &Taker, other: AcctIx) -> bool {
        taker.people.as_ref().is_some_and(|people| other != HOUSE && self.account(other).main_uid == *people)
    }

    /// What the taker still wants at a price; `None`: nothing.
    fn wants(&self, taker: &Taker, px: Dec) -> Option<Dec> {
        let order = self.orders.get(taker.id).filter(|order| order.state.is_open())?;
        let mut wants = order.quote_left.map_or(order.left, |quote| floor_lot(quote / px, taker.lot));
        if let Some(budget) = taker.budget {
            let affordable = if taker.side == Side::Buy { budget / px } else { budget };
            wants = wants.min(floor_lot(affordable, taker.lot));
        }
        if taker.closes {
            wants = wants.min(self.closable(order));
        }
        (wants > Dec::ZERO).then_some(wants)
    }

    fn closable_of(&self, id: OrdId) -> Dec {
        self.orders.get(id).map_or(Dec::ZERO, |order| self.closable(order))
    }

    /// Moves one side of a trade on.
    pub(super) fn fill(&mut self, id: OrdId, trade: &Trade) {
        let Trade { px, sz, trade_id, .. } = *trade;
        let now = self.now;
        let Some(order) = self.orders.get_mut(id) else { return };
        let first = order.acc_fill_sz.is_zero();
        order.acc_fill_sz += sz;
        order.sum_px_sz += px * sz;
        if trade.inverse {
            order.sum_sz_over_px += sz / px;
        }
        let done = if let Some(quote) = &mut order.quote_left {
            *quote -= px * sz;
            *quote < px * trade.lot
        } else {
            order.left -= sz;
            order.left <= Dec::ZERO
        };
        order.state = if done { OrdState::Filled } else { OrdState::PartiallyFilled };
        order.last_fill = Some(LastFill { trade_id, px, sz, fee: Dec::ZERO, pnl: Dec::ZERO, taker: trade.taken, at: now });
        order.updated = now;
        order.in_book &= !done;
        let (acct, inst) = (order.acct, order.inst);
        if trade.booked {
            self.apply_fill(id, px, sz, trade_id, trade.taken);
        }
        let note = Note::of_fill();
        if done {
            self.finish(id, OrdState::Filled, "", &note);
        } else if acct != HOUSE {
            // A fill frees what it used: less is needed than before, so this cannot fail.
            let _ = self.adjust_reserve(id);
            self.push_order(id, &note);
            if first {
                self.later(After::Ended(id));
            }
        }
        if acct != HOUSE {
            if !trade.taken {
                self.push_maker_fill(id);
            }
            if !self.inst(inst).inst_type.eq(&crate::exchange::instrument::InstType::Spot)
                || self.orders.closing.contains_key(&(acct, inst))
            {
                self.later(After::Touched(acct, inst));
            }
        }
    }

    /// Tells the market, and the taker's `fills`, what traded at one price.
    pub(super) fn tell(&mut self, taker: OrdId, print: Option<Print>) {
        let Some(print) = print else { return };
        self.push_taker_fill(taker, &print);
        self.later(After::Moved(print.inst));
        self.printed(print);
    }
}

/// One trade, as one side of it sees it.
pub(super) struct Trade {
    pub px: Dec,
    pub sz: Dec,
    pub trade_id: u64,
    pub inverse: bool,
    pub taken: bool,
    pub booked: bool,
    pub lot: Dec,
}

/// A spot market order sized in the currency it receives: its cost is only known at the end.
pub(super) fn received_units(order: &Order) -> bool {
    match order.side {
        Side::Buy => order.quote_left.is_none(),
        Side::Sell => order.quote_left.is_some(),
    }
}
