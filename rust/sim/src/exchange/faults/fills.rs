//! Orders that are filled or canceled because somebody says so.

use crate::exchange::account::HOUSE;
use crate::exchange::faults::ill::Mark;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Order};
use crate::exchange::world::World;

/// Open orders of clients that fit, oldest first.
pub(super) fn marked(world: &World, mark: &Mark) -> Vec<OrdId> {
    let fits = |order: &&Order| {
        order.acct != HOUSE
            && mark.ord_id.is_none_or(|id| id == order.ord_id)
            && mark.cl_ord_id.as_deref().is_none_or(|prefix| order.cl_ord_id.starts_with(prefix))
            && mark.inst_id.as_deref().is_none_or(|inst_id| world.inst(order.inst).inst_id == inst_id)
    };
    let mut all: Vec<OrdId> = world.accounts.iter().flat_map(|a| world.orders.open_of(a.ix)).filter(fits).map(|o| o.ord_id).collect();
    all.sort_unstable();
    all
}

/// Fills the oldest order that fits; `false`: there is none.
pub(super) fn fill_marked(world: &mut World, mark: &Mark, sz: Option<Dec>, px: Option<Dec>) -> bool {
    marked(world, mark).into_iter().any(|id| world.force_fill(id, sz, px).is_ok())
}

/// Cancels the oldest order that fits; `false`: there is none.
pub(super) fn cancel_marked(world: &mut World, mark: &Mark, source: &str) -> bool {
    marked(world, mark).into_iter().any(|id| world.cancel(id, source))
}
