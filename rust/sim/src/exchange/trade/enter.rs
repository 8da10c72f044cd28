//! How a checked order gets its id and meets the book.

use crate::exchange::account::HOUSE;
use crate::exchange::instrument::InstType;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, OrdType, Order, Side, StpMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::after::After;
use super::check::{Draft, forced};
use super::matching::{MAKERS, Stop, beyond, floor_lot, received_units};
use super::push::Note;

impl World {
    pub(super) fn enter(&mut self, draft: Draft) -> Result<OrdId, Refusal> {
        let Draft { mut order, limit, resized, ban_amend } = draft;
        let id = self.ids.take();
        order.ord_id = id;
        if !forced(&order.category) {
            self.fund(&mut order, ban_amend)?;
        }
        let (kind, side, inst, px) = (order.ord_type, order.side, order.inst, order.px);
        let closes = order.closes() && !forced(&order.category);
        self.orders.add(order);
        if kind != OrdType::PostOnly {
            self.draw_back(inst, side, px);
        }
        if closes && !self.make_room(id) {
            self.finish(id, OrdState::Canceled, "22", &Note::default());
            self.settle();
            return Ok(id);
        }
        if kind == OrdType::PostOnly && px.is_some_and(|px| self.book(inst).crosses(side, px)) {
            self.finish(id, OrdState::Canceled, "31", &Note::default());
            self.settle();
            return Ok(id);
        }
        let instant = matches!(kind, OrdType::Market | OrdType::OptimalLimitIoc | OrdType::Ioc | OrdType::Fok);
        if kind != OrdType::PostOnly && (!instant || self.config.switches.live_first) {
            if resized {
                self.push_order(id, &Note::amended("4", "0", ""));
            }
            self.push_order(id, &Note::default());
        }
        if kind == OrdType::Fok
            && let Some(source) = self.unfillable(id, limit)
        {
            self.finish(id, OrdState::Canceled, source, &Note::default());
            self.settle();
            return Ok(id);
        }
        let stop = self.take(id, limit);
        self.after_take(id, stop, instant);
        if kind == OrdType::PostOnly {
            if resized {
                self.push_order(id, &Note::amended("4", "0", ""));
            }
            self.push_order(id, &Note::default());
        }
        self.settle();
        Ok(id)
    }

    /// What becomes of the rest of a taker.
    pub(super) fn after_take(&mut self, id: OrdId, stop: Stop, instant: bool) {
        let Some(order) = self.orders.get(id).filter(|order| order.state.is_open()) else { return };
        let source = match stop {
            Stop::Own => "32",
            Stop::Many => "33",
            Stop::PassedBy => "14",
            // All its money is spent, or its position closed, or the last bit is too small to trade.
            Stop::Done if order.closes() && order.quote_left.is_none() => "17",
            Stop::Done => {
                let state = if order.acc_fill_sz.is_zero() { OrdState::Canceled } else { OrdState::Filled };
                let source = if state == OrdState::Canceled { "14" } else { "" };
                self.finish(id, state, source, &Note::default());
                return;
            }
            Stop::Dry if !instant => {
                self.rest(id);
                return;
            }
            Stop::Dry => {
                let spot = !self.inst(order.inst).inst_type.is_contract();
                let deeper = self.book(order.inst).best(order.side.other()).is_some();
                if spot && deeper && order.ord_type == OrdType::Market { "27" } else { "14" }
            }
        };
        self.finish(id, OrdState::Canceled, source, &Note::default());
    }

    /// Puts an open order into the book, behind everybody at its price.
    pub(super) fn rest(&mut self, id: OrdId) {
        let Some(order) = self.orders.get_mut(id) else { return };
        let Some(px) = order.px.filter(|_| order.state.is_open() && !order.in_book) else { return };
        order.in_book = true;
        let (inst, side, left) = (order.inst, order.side, order.left);
        self.book_mut(inst).push(side, px, id, left);
    }

    /// An order reached its last state.
    pub(super) fn finish(&mut self, id: OrdId, state: OrdState, source: &str, note: &Note) {
        let now = self.now;
        let Some(order) = self.orders.get_mut(id) else { return };
        order.state = state;
        source.clone_into(&mut order.cancel_source);
        reason(source).clone_into(&mut order.cancel_reason);
        order.updated = now;
        let place = order.px.filter(|_| order.in_book).map(|px| (order.inst, order.side, px));
        order.in_book = false;
        let house = order.acct == HOUSE;
        if let Some((inst, side, px)) = place {
            self.book_mut(inst).remove(side, px, id);
        }
        self.orders.retire(id);
        if !house {
            // An order that ended needs nothing, and giving back cannot fail.
            let _ = self.adjust_reserve(id);
            self.push_order(id, note);
            self.later(After::Ended(id));
        }
    }

    /// Sets aside what an order needs, of an order that may become smaller for it.
    pub(super) fn fund(&mut self, order: &mut Order, ban_amend: bool) -> Result<(), Refusal> {
        match self.reserve(order) {
            Err(short) if ban_amend || !self.shrink(order) => Err(short),
            _ => Ok(()),
        }
    }

    /// A spot market order sized in what it receives, and more than the account can pay for: made as large as it can.
    fn shrink(&mut self, order: &mut Order) -> bool {
        let inst = self.inst(order.inst);
        if order.ord_type != OrdType::Market || order.inst_type != InstType::Spot || !received_units(order) {
            return false;
        }
        let Some((best, _)) = self.book(order.inst).best(order.side.other()) else { return false };
        let pays = if order.side == Side::Buy { &inst.quote_ccy } else { &inst.base_ccy };
        let free = self.account(order.acct).coins.get(pays).map_or(Dec::ZERO, |coin| coin.cash - coin.ord_frozen);
        let (lot, min) = (inst.lot_sz, inst.min_sz);
        let base = if order.side == Side::Buy { free / (best * Dec::new(105, 2)) } else { free };
        let base = floor_lot(base, lot);
        if base < min {
            return false;
        }
        if order.side == Side::Buy {
            order.left = base;
        } else {
            order.quote_left = Some(base * best / Dec::new(105, 2));
        }
        self.reserve(order).is_ok()
    }

    /// Why a fill-or-kill order cannot fill; `None`: it can.
    fn unfillable(&self, id: OrdId, limit: Option<Dec>) -> Option<&'static str> {
        let order = self.orders.get(id)?;
        let people = &self.account(order.acct).main_uid;
        let mut wants = order.left;
        let mut makers = 0;
        for (px, level) in self.book(order.inst).levels(order.side.other()) {
            if limit.is_some_and(|limit| beyond(order.side, px, limit)) {
                break;
            }
            for (maker, sz) in &level.queue {
                let own = self.orders.get(*maker).is_some_and(|other| other.acct != HOUSE && self.account(other.acct).main_uid == *people);
                if own {
                    if order.stp_mode == StpMode::CancelMaker {
                        continue;
                    }
                    return Some("13");
                }
                makers += 1;
                if makers > MAKERS {
                    return Some("33");
                }
                wants -= sz;
                if wants <= Dec::ZERO {
                    return None;
                }
            }
        }
        Some("13")
    }
}

/// `cancelSourceReason`.
fn reason(source: &str) -> &'static str {
    match source {
        "1" => "Order canceled by user",
        "3" => "Order canceled: the account was close to liquidation",
        "7" => "Order canceled: the contract was delivered",
        "9" => "Order canceled: too little was left after the funding fee",
        "10" => "Order canceled: the option expired",
        "13" => "Order canceled: FOK order could not be filled completely",
        "14" => "Order canceled: IOC order was not filled completely",
        "15" => "Order canceled: the price left the price limits",
        "17" => "Order canceled: the position was closed",
        "20" => "Order canceled: cancel all after was triggered",
        "21" => "Order canceled: the position of the TP/SL was closed",
        "22" | "23" => "Order canceled: displaced by a reduce-only order of a better price",
        "27" => "Order canceled: the price is more than 5% from the best price",
        "31" => "Order canceled: the post-only order would have taken liquidity",
        "32" => "Order canceled: self trade prevention",
        "33" => "Order canceled: the order matched too many makers",
        "" => "",
        _ => "Order canceled by the system",
    }
}
