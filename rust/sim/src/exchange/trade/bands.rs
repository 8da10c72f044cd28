//! Resting orders the price band has left behind: once a second they are canceled.

use std::collections::BTreeSet;

use crate::exchange::account::HOUSE;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::{Nanos, SECOND};
use crate::exchange::order::{OrdId, OrdState, Side};
use crate::exchange::world::World;

use super::matching::beyond;
use super::push::Note;

pub(super) fn next(world: &World) -> Option<Nanos> {
    (!world.orders.counts.is_empty()).then_some(world.desk.bands_at)
}

pub(super) fn run(world: &mut World) {
    if world.now < world.desk.bands_at || world.orders.counts.is_empty() {
        return;
    }
    world.desk.bands_at = (world.now / SECOND + 1) * SECOND;
    let insts: BTreeSet<InstIx> = world.orders.counts.keys().map(|(_, inst)| *inst).collect();
    for inst in insts {
        let Some((buy_max, sell_min)) = world.price_limit(inst) else { continue };
        let mut out: Vec<OrdId> = Vec::new();
        for (side, edge) in [(Side::Buy, buy_max), (Side::Sell, sell_min)] {
            // What is beyond the band is at the front of the book.
            let levels = world.book(inst).levels(side).take_while(|(px, _)| beyond(side, *px, edge));
            out.extend(levels.flat_map(|(_, level)| level.queue.iter().map(|(id, _)| *id)));
        }
        out.retain(|id| world.orders.get(*id).is_some_and(|order| order.acct != HOUSE));
        for id in out {
            world.finish(id, OrdState::Canceled, "15", &Note::default());
        }
    }
    world.settle();
}
