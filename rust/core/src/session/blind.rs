//! Blind spots: from when to when a subscription did not flow, and why.

use super::{Kind, Notice, Sub};
use crate::channel::Arg;
use crate::time::Stamp;

/// A blind spot that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blind {
    /// The last moment of which something is known.
    pub since: Stamp,
    pub cause: Box<str>,
}

impl Blind {
    /// It is over.
    pub fn notice(&self, arg: &Arg, at: Stamp) -> Notice {
        let ms = at.mono_ns.saturating_sub(self.since.mono_ns) / 1_000_000;
        Notice::new(Kind::Blind, at).about(arg).saying(format!("nothing is known of {ms} ms")).spanning(self.since, at).because(&self.cause)
    }
}

impl Sub {
    /// From its last data on it is blind, if it has flowed before. The first cause stays.
    pub(super) fn go_blind(&mut self, at: Stamp, cause: &str) {
        if !self.served || self.ended || self.blind.is_some() {
            return;
        }
        let since = if self.heard.mono_ns == 0 { at } else { self.heard };
        self.blind = Some(Blind { since, cause: cause.into() });
    }
}
