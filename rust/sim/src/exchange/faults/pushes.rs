//! What happens to pushes: struck book frames, told twice, out of order, late.

use std::sync::Arc;

use crate::exchange::faults::Faults;
use crate::exchange::faults::books::{is_book, is_chained};
use crate::exchange::faults::fault::Fault;
use crate::exchange::faults::frames::told_again;
use crate::exchange::faults::ill::{Ill, Leg};
use crate::exchange::faults::queue::Lane;
use crate::exchange::io::{ConnId, Nanos, Output};

/// Pushes held back until one of another channel has passed them, or the time is over.
#[derive(Debug)]
pub(super) struct Held {
    pub conn: ConnId,
    pub channel: String,
    pub frames: Vec<Arc<[u8]>>,
    pub until: Nanos,
}

const PRIVATE: [&str; 9] = [
    "orders",
    "fills",
    "account",
    "positions",
    "balance_and_position",
    "orders-algo",
    "algo-advance",
    "account-greeks",
    "liquidation-warning",
];

impl Faults {
    pub(super) fn push(&mut self, conn: ConnId, channel: &str, inst_id: &str, text: Arc<[u8]>, late: Nanos) {
        let mut late = late;
        if self.pushes_wait > self.now && PRIVATE.contains(&channel) {
            late = late.max(self.pushes_wait - self.now);
        }
        let healed = self.books.pass(conn, channel, inst_id, &text);
        if self.striking >= self.now && self.striking > 0 {
            let frames = self.struck(conn, channel, inst_id, &text, healed);
            for frame in frames {
                self.send(conn, channel, frame, late);
            }
        } else {
            self.send(conn, channel, healed.unwrap_or(text), late);
        }
    }

    /// What goes out for this frame.
    fn struck(&mut self, conn: ConnId, channel: &str, inst_id: &str, text: &Arc<[u8]>, healed: Option<Arc<[u8]>>) -> Vec<Arc<[u8]>> {
        let now = self.now;
        let frame = healed.unwrap_or_else(|| Arc::clone(text));
        for fault in &mut self.list {
            // All subscribers of a frame see the same; together they are one hit.
            let again = fault.struck.as_ref().is_some_and(|(at, struck)| *at == now && (Arc::ptr_eq(struck, text) || struck == text));
            if !(again || fault.is_live(now)) || !fits(fault, conn, channel, inst_id) {
                continue;
            }
            let frames = match &fault.ill {
                Ill::Book { ill, .. } => self.books.strike(*ill, conn, channel, inst_id, &frame),
                Ill::PushDuplicate { .. } => {
                    let twice = std::str::from_utf8(&frame).map(|text| told_again(text).into_bytes().into());
                    twice.ok().map(|twice: Arc<[u8]>| vec![Arc::clone(&frame), twice])
                }
                Ill::PushReorder { within, .. } if !self.held.iter().any(|held| held.conn == conn) => {
                    self.held.push(Held { conn, channel: channel.to_owned(), frames: Vec::new(), until: now.saturating_add(*within) });
                    Some(vec![Arc::clone(&frame)])
                }
                _ => None,
            };
            if let Some(frames) = frames {
                if !again {
                    fault.hit();
                    fault.struck = Some((now, Arc::clone(text)));
                }
                self.striking = now;
                self.plan_ahead();
                return frames;
            }
        }
        vec![frame]
    }

    fn send(&mut self, conn: ConnId, channel: &str, text: Arc<[u8]>, late: Nanos) {
        if !self.held.is_empty() {
            if let Some(held) = self.held.iter_mut().find(|held| held.conn == conn && held.channel == channel) {
                held.frames.push(text);
                return;
            }
            self.queue.push(self.now, late, conn, Lane::Main, Output::Text { conn, text });
            self.release_held(|held| held.conn == conn);
            self.plan_ahead();
            return;
        }
        self.queue.push(self.now, late, conn, Lane::Main, Output::Text { conn, text });
    }

    pub(super) fn release_held(&mut self, which: impl Fn(&Held) -> bool) {
        let (due, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held).into_iter().partition(which);
        self.held = kept;
        for held in due {
            for text in held.frames {
                self.queue.push(self.now, 0, held.conn, Lane::Main, Output::Text { conn: held.conn, text });
            }
        }
    }

    /// What latency faults add to an output; those that name an endpoint are told with the request.
    pub(super) fn slowed(&mut self, conn: ConnId, own: Option<Leg>, channel: &str) -> Nanos {
        let (now, mut delay) = (self.now, 0);
        for fault in &mut self.list {
            if let Ill::Latency { leg, draw, endpoint: None, channel: of } = &fault.ill
                && (Some(*leg) == own || *leg == Leg::Outbound)
                && fault.is_live(now)
                && fault.conn.is_none_or(|of| of == conn)
                && of.as_deref().is_none_or(|of| of == channel)
            {
                delay += draw.draw(&mut self.rng);
                fault.hit();
            }
        }
        delay
    }
}

fn fits(fault: &Fault, conn: ConnId, channel: &str, inst_id: &str) -> bool {
    let (of, inst) = match &fault.ill {
        Ill::Book { channel: of, inst_id: inst, .. } => match of {
            Some(_) if !is_book(channel) => return false,
            None if !is_chained(channel) => return false,
            of => (of, inst),
        },
        Ill::PushDuplicate { channel, inst_id } | Ill::PushReorder { channel, inst_id, .. } => (channel, inst_id),
        _ => return false,
    };
    fault.conn.is_none_or(|of| of == conn)
        && of.as_deref().is_none_or(|of| of == channel)
        && inst.as_deref().is_none_or(|inst| inst == inst_id)
}
