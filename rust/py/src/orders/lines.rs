//! What comes over the connections of a desk: answers to operations, and the account's channels.

use super::call::Ticket;
use super::out::{News, Out};
use okx_fast_core::order::row::parse_push;
use okx_fast_core::order::seen::Seen;
use okx_fast_core::session::{Event, Kind, Notice, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::desk::Desk;
use okx_fast_net::driver::{Handler, Sink};
use okx_fast_net::keep::Keep;
use std::sync::Arc;

/// The account's channels, in the order they are subscribed.
pub const ORDERS: SubId = SubId(0);
pub const POSITIONS: SubId = SubId(1);
pub const ACCOUNT: SubId = SubId(2);

/// The connection of the channels of algo orders.
pub const ALGOS: &str = "algos";

/// The handler of one connection.
#[derive(Debug)]
pub struct Lines {
    pub name: &'static str,
    pub desk: Arc<Desk<Arc<Ticket>>>,
    pub out: Arc<Out>,
    /// Of the private connection.
    pub keep: Option<Arc<Keep>>,
}

struct Batch<'a>(&'a Lines, Stamp);

impl Sink for Batch<'_> {
    fn event(&mut self, event: Event<'_>) {
        let Self(Lines { name, desk, out, keep }, at) = *self;
        let is_algos = *name == ALGOS;
        match (event, keep) {
            (Event::Raw(_, frame), Some(keep)) if is_algos => keep.algos(at, frame),
            (Event::Answer(_, answer), _) => _ = desk.answer(at, answer),
            (Event::Raw(POSITIONS, frame), Some(keep)) => keep.positions(at, frame),
            (Event::Raw(ACCOUNT, frame), Some(keep)) => keep.account(at, frame),
            (Event::Raw(_, frame), Some(keep)) => match parse_push(frame) {
                Ok(rows) => {
                    for row in &rows {
                        out.saw(at, &row.cl_ord_id);
                        if desk.waiting() > 0 {
                            desk.seen(at, &Seen::from(row));
                        }
                    }
                    keep.order_rows(at, &rows);
                }
                Err(_) => keep.orders(at, frame),
            },
            // Of spreads, whose rows are others.
            (Event::Raw(_, frame), None) => Seen::of_push(frame).iter().for_each(|seen| desk.seen(at, seen)),
            (Event::Notice(id, notice), keep) => {
                if let Some(keep) = keep {
                    note(keep, is_algos, at, id, notice);
                }
                out.push(News::Notice(name, Box::new(notice.clone())));
            }
            (Event::Book(..) | Event::Trade(..) | Event::Ticker(..), _) => {}
        }
    }

    fn has_room(&self) -> bool {
        true
    }
}

/// What happened before this may have been missed: a channel flows from now on, or flowed nowhere for a while, or a
/// connection that may have been dead for some time was replaced.
fn note(keep: &Keep, is_algos: bool, at: Stamp, id: Option<SubId>, notice: &Notice) {
    match (notice.kind, id) {
        (Kind::Subscribed | Kind::Blind | Kind::Replaced, _) if is_algos => keep.algos_flowing(),
        (Kind::Subscribed | Kind::Blind, Some(ORDERS)) | (Kind::Replaced, _) => keep.flowing(at, notice.kind.as_str()),
        (Kind::Subscribed | Kind::Blind, Some(POSITIONS)) => keep.positions_flowing(),
        (Kind::Subscribed | Kind::Blind, Some(ACCOUNT)) => keep.account_flowing(),
        _ => {}
    }
}

impl Handler for Lines {
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink)) {
        work(&mut Batch(self, at));
    }

    async fn room(&mut self) {}
}
