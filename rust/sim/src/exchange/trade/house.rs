//! Orders of the house: the same books and the same matching, without checks, reserves and pushes.

use crate::exchange::account::HOUSE;
use crate::exchange::instrument::InstIx;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, OrdType, Order, Side};
use crate::exchange::world::World;

use super::matching::Stop;
use super::push::Note;

impl World {
    /// A limit order of the house. It trades first with what it crosses; it is gone from `orders` once it is filled.
    pub fn place_house(&mut self, inst: InstIx, side: Side, px: Dec, sz: Dec) -> OrdId {
        let id = self.house_order(inst, side, OrdType::Limit, Some(px), sz);
        match self.take(id, Some(px)) {
            // It would cross what it did not trade with.
            Stop::PassedBy | Stop::Many => self.finish(id, OrdState::Canceled, "14", &Note::default()),
            _ => self.rest(id),
        }
        self.settle();
        id
    }

    /// The house takes up to `sz` from the other side, at any price; what it got.
    pub fn take_house(&mut self, inst: InstIx, side: Side, sz: Dec) -> Dec {
        let id = self.house_order(inst, side, OrdType::Ioc, None, sz);
        self.take(id, None);
        let left = self.orders.get(id).map_or(Dec::ZERO, |order| order.left);
        self.finish(id, OrdState::Canceled, "14", &Note::default());
        self.settle();
        sz - left
    }

    /// Takes an order of the house out of its book; `false` if it was gone.
    pub fn cancel_house(&mut self, id: OrdId) -> bool {
        let open = self.orders.get(id).is_some_and(|order| order.acct == HOUSE);
        if open {
            self.finish(id, OrdState::Canceled, "1", &Note::default());
        }
        open
    }

    pub(super) fn house_order(&mut self, inst: InstIx, side: Side, ord_type: OrdType, px: Option<Dec>, sz: Dec) -> OrdId {
        let inst_type = self.inst(inst).inst_type;
        let id = self.ids.take();
        let order =
            Order { ord_id: id, ord_type, px, created: self.now, updated: self.now, ..Order::blank(HOUSE, inst, inst_type, side, sz) };
        self.orders.add(Box::new(order));
        id
    }
}
