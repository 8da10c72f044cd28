//! What comes over the two connections of a desk: answers to operations, and the account's channels.

use super::call::Ticket;
use super::out::{News, Out};
use okx_fast_core::order::seen::Seen;
use okx_fast_core::session::Event;
use okx_fast_core::time::Stamp;
use okx_fast_net::desk::Desk;
use okx_fast_net::driver::{Handler, Sink};
use std::sync::Arc;

/// The handler of one connection.
#[derive(Debug)]
pub struct Lines {
    pub name: &'static str,
    pub desk: Arc<Desk<Arc<Ticket>>>,
    pub out: Arc<Out>,
}

struct Batch<'a>(&'a Lines, Stamp);

impl Sink for Batch<'_> {
    fn event(&mut self, event: Event<'_>) {
        let Self(Lines { name, desk, out }, at) = *self;
        match event {
            Event::Answer(_, answer) => _ = desk.answer(at, answer),
            Event::Raw(id, frame) => {
                for seen in Seen::of_push(frame) {
                    out.saw(at, &seen.cl_ord_id);
                    desk.seen(at, &seen);
                }
                out.push(News::Rows(id.0 as usize, at, frame.into()));
            }
            Event::Notice(_, notice) => out.push(News::Notice(name, Box::new(notice.clone()))),
            Event::Book(..) | Event::Trade(..) | Event::Ticker(..) => {}
        }
    }

    fn has_room(&self) -> bool {
        true
    }
}

impl Handler for Lines {
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink)) {
        work(&mut Batch(self, at));
    }

    async fn room(&mut self) {}
}
