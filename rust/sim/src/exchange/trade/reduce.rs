//! Orders that can only close a position: never more of them than there is to close.

use crate::exchange::account::{Account, AcctIx, PosKey};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, Order, Side};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::push::Note;

/// The rules for reduce-only and closing orders; `true` if the order was cut down to the position.
pub(super) fn check(world: &World, account: &Account, order: &mut Order) -> Result<bool, Refusal> {
    if !order.closes() {
        return Ok(false);
    }
    if order.reduce_only {
        match (order.inst_type, account.acct_lv) {
            (InstType::Spot, 3 | 4) => return Err(Refusal::new("51133", "Spot orders cannot be reduce-only in this account mode.")),
            (InstType::Spot, _) => return Err(Refusal::new("51139", "Spot orders cannot be reduce-only.")),
            (InstType::Option, _) | (_, 4) => return Err(Refusal::new("51205", "Reduce-only is not available.")),
            _ => {}
        }
    }
    let closable = world.closable(order);
    if closable.is_zero() {
        let key = PosKey { inst: order.inst, mode: order.td_mode, side: order.pos_side };
        let other_way = order.reduce_only && account.positions.get(&key).is_some_and(|position| !position.qty.is_zero());
        return Err(if other_way {
            Refusal::new("51170", "A reduce-only order must be on the other side of the position.")
        } else {
            Refusal::new("51169", "You have no position in this direction to reduce.")
        });
    }
    if order.reduce_only {
        if order.quote_left.is_some() || order.left <= closable {
            return Ok(false);
        }
        if world.config.switches.reduce_only == "reject" {
            return Err(Refusal::new("51112", "The size to close is above the closable size."));
        }
        order.sz = closable;
        order.left = closable;
        return Ok(true);
    }
    let pending: Dec = rivals(world, order).map(|other| other.left).sum();
    if order.left > closable - pending {
        return Err(Refusal::new("51112", "The size to close is above the closable size."));
    }
    Ok(false)
}

/// Other open orders that close the same position.
fn rivals<'a>(world: &'a World, order: &'a Order) -> impl Iterator<Item = &'a Order> {
    world.orders.closing_of(order.acct, order.inst).filter(move |other| {
        other.ord_id != order.ord_id && other.td_mode == order.td_mode && other.pos_side == order.pos_side && other.side == order.side
    })
}

/// Would `a` trade later than `b`? Orders without a price trade at once.
fn worse(a: &Order, b: &Order) -> bool {
    match (a.px, b.px) {
        (Some(a_px), Some(b_px)) if a.side == Side::Buy => a_px < b_px,
        (Some(a_px), Some(b_px)) => a_px > b_px,
        (a_px, b_px) => a_px.is_some() && b_px.is_none(),
    }
}

impl World {
    /// A new reduce-only order displaces older ones of a worse price until all fit the position; `false`: it is the one too many.
    pub(super) fn make_room(&mut self, id: OrdId) -> bool {
        let Some(order) = self.orders.get(id) else { return true };
        if !order.reduce_only || order.quote_left.is_some() {
            return true;
        }
        let mut over = order.left - self.closable(order);
        let mut others: Vec<&Order> = rivals(self, order).collect();
        over += others.iter().map(|other| other.left).sum::<Dec>();
        if over <= Dec::ZERO {
            return true;
        }
        others.retain(|other| worse(other, order));
        if over > others.iter().map(|other| other.left).sum::<Dec>() {
            return false;
        }
        others.sort_by(|a, b| if worse(a, b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
        let mut out = Vec::new();
        for other in others {
            if over <= Dec::ZERO {
                break;
            }
            over -= other.left;
            out.push(other.ord_id);
        }
        for other in out {
            self.finish(other, OrdState::Canceled, "23", &Note::default());
        }
        true
    }

    /// What other open orders would close of the same position.
    pub(super) fn rival_size(&self, order: &Order) -> Dec {
        rivals(self, order).map(|other| other.left).sum()
    }

    /// A position became smaller: closing orders that no longer fit are cut down, newest first, or go.
    pub fn fit_closing(&mut self, acct: AcctIx, inst: InstIx) {
        let ids: Vec<OrdId> = self.orders.closing_of(acct, inst).map(|order| order.ord_id).collect();
        for id in ids.into_iter().rev() {
            let Some(order) = self.orders.get(id) else { continue };
            let closable = self.closable(order);
            if closable.is_zero() {
                let source = if order.source == "7" { "21" } else { "17" };
                self.finish(id, OrdState::Canceled, source, &Note::default());
                continue;
            }
            let over = order.left + rivals(self, order).map(|other| other.left).sum::<Dec>() - closable;
            if over <= Dec::ZERO || order.quote_left.is_some() {
                continue;
            }
            if over >= order.left {
                self.finish(id, OrdState::Canceled, "23", &Note::default());
                continue;
            }
            self.cut(id, over);
        }
    }

    /// Takes a part off an open order where it stands.
    fn cut(&mut self, id: OrdId, by: Dec) {
        let now = self.now;
        let Some(order) = self.orders.get_mut(id) else { return };
        order.left -= by;
        order.sz -= by;
        order.updated = now;
        let (inst, side, left) = (order.inst, order.side, order.left);
        if let Some(px) = order.px.filter(|_| order.in_book) {
            self.book_mut(inst).set(side, px, id, left);
        }
        // Less is needed than before: this cannot fail.
        let _ = self.adjust_reserve(id);
        self.push_order(id, &Note::amended("4", "0", ""));
    }
}
