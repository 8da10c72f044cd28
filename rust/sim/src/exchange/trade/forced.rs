//! What the sicknesses of an exchange do to orders: fills out of turn, quotes that draw back, makers passed by.

use crate::exchange::account::HOUSE;
use crate::exchange::instrument::InstIx;
use crate::exchange::market::Print;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdType, Order, Side};
use crate::exchange::world::World;

use super::matching::{Trade, beyond, floor_lot};
use super::push::Note;

impl World {
    /// An open order trades with the house, whatever stands before it; without `px` at its own price, a market order's at the last.
    pub fn force_fill(&mut self, id: OrdId, sz: Option<Dec>, px: Option<Dec>) -> Result<Dec, &'static str> {
        let order = self.orders.get(id).filter(|order| order.state.is_open() && order.acct != HOUSE).ok_or("no open order of a client")?;
        let (inst, side, resting) = (order.inst, order.side, order.px.filter(|_| order.in_book));
        let px = px.or(order.px).or_else(|| self.last_px(inst)).filter(|px| *px > Dec::ZERO).ok_or("no price to fill it at")?;
        let (lot, inverse) = (self.inst(inst).lot_sz, self.inst(inst).inverse);
        let mut left = order.quote_left.map_or(order.left, |quote| floor_lot(quote / px, lot));
        if order.closes() {
            left = left.min(self.closable(order));
        }
        let sz = sz.map_or(left, |sz| floor_lot(sz, lot).min(left));
        if sz <= Dec::ZERO {
            return Err("nothing left to fill, or less than a lot");
        }
        if let Some(at) = resting {
            let rest = self.orders.get(id).map_or(Dec::ZERO, |order| order.left) - sz;
            self.book_mut(inst).set(side, at, id, rest);
        }
        let house = self.house_order(inst, side.other(), OrdType::Ioc, Some(px), sz);
        let trade_id = self.take_trade_id(inst);
        let trade = |taken| Trade { px, sz, trade_id, inverse, taken, booked: true, lot };
        self.fill(id, &trade(false));
        self.fill(house, &trade(true));
        let print = Print { inst, side: side.other(), px, sz, trade_id, count: 1, parts: vec![(trade_id, sz)] };
        self.tell(house, Some(print));
        self.settle();
        Ok(sz)
    }

    /// A trade the exchange made by itself (liquidation, ADL, delivery): its filled order, for history and `orders`.
    pub fn tell_forced(&mut self, order: Order) {
        let id = order.ord_id;
        self.orders.add(Box::new(order));
        self.orders.retire(id);
        self.push_order(id, &Note::of_fill());
    }

    /// `slippage`: before a client's taker arrives, the house draws its nearest quotes back.
    pub(super) fn draw_back(&mut self, inst: InstIx, side: Side, limit: Option<Dec>) {
        if self.ailments.slippage.is_empty() || limit.is_some_and(|px| !self.book(inst).crosses(side, px)) {
            return;
        }
        let inst_id = self.inst(inst).inst_id.clone();
        let key = if self.ailments.slippage.contains_key(&inst_id) { inst_id } else { String::new() };
        let Some((ticks, times)) = self.ailments.slippage.get_mut(&key) else { return };
        let way = self.instruments.get(inst.0 as usize).map_or(Dec::ZERO, |inst| inst.tick_sz) * Dec::from(*ticks);
        *times = times.saturating_sub(1);
        if *times == 0 {
            self.ailments.slippage.remove(&key);
        }
        let Some((best, _)) = self.book(inst).best(side.other()) else { return };
        let edge = best + way * side.sign();
        let near = self.book(inst).levels(side.other()).take_while(|(px, _)| *px != edge && !beyond(side, *px, edge));
        let quotes: Vec<OrdId> = near.flat_map(|(_, level)| level.queue.iter().map(|(id, _)| *id)).collect();
        for id in quotes {
            self.cancel_house(id); // leaves the orders of others alone
        }
    }

    /// `fill_probability`: does the house pass this maker by?
    pub(super) fn passes_by(&mut self, inst: InstIx) -> bool {
        if self.ailments.fill_probability.is_empty() {
            return false;
        }
        let inst_id = self.inst(inst).inst_id.as_str();
        let chance = self.ailments.fill_probability.get(inst_id).or_else(|| self.ailments.fill_probability.get(""));
        let Some(chance) = chance.copied() else { return false };
        Dec::new(self.rng.below(1_000_000).cast_signed(), 6) >= chance
    }
}
