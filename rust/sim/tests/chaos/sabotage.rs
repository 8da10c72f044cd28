//! Clients that break their word in one way each: the judge must notice every one, or its silence means nothing.

use okx_fast_core::book::{Level, Row};
use okx_fast_core::msg::book::{Action, BookMsg};
use okx_fast_core::session::SharedBook;
use okx_fast_sim::exchange::io::{Nanos, SECOND};

use crate::client::Seen;
use crate::heap;
use crate::venue::START;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    LosesTrades,
    DoublesTrades,
    /// It goes on without one book's updates.
    FreezesABook,
    /// A level that nobody sent.
    BendsABook,
    /// It says so, but its books stay valid.
    TrustsDeadBooks,
    HoardsMemory,
    AsksTooMuch,
    ConnectsAtOnce,
    /// It does not come back once all is well.
    StaysAway,
}

/// What is done with a frame instead of handing it over once.
pub enum Instead {
    Once,
    Never,
}

/// The instrument that is struck, where it is one.
const VICTIM: &[u8] = br#"{"arg":{"channel":"books","instId":"C000-USDT"}"#;
/// From when on.
const FROM: Nanos = START + 10 * SECOND;

impl Sabotage {
    pub fn of_frame(self, now: Nanos, frame: &[u8]) -> Instead {
        if now < FROM {
            return Instead::Once;
        }
        match self {
            Self::FreezesABook if frame.starts_with(VICTIM) => Instead::Never,
            Self::HoardsMemory => {
                heap::inside(|| Vec::<u8>::with_capacity(1024).leak());
                Instead::Once
            }
            _ => Instead::Once,
        }
    }

    /// What it keeps from its user, and what it says once more.
    pub fn hides(self, seen: &Seen<'_>) -> bool {
        self == Self::LosesTrades && matches!(seen, Seen::Trade(_, trade) if trade.trade_id.is_multiple_of(4))
    }

    pub fn repeats(self, seen: &Seen<'_>) -> bool {
        self == Self::DoublesTrades && matches!(seen, Seen::Trade(..))
    }

    /// Another size at a bid's price, before the user is told of the book.
    pub fn of_book(self, now: Nanos, shared: &SharedBook) {
        let mut book = shared.lock();
        let second = book.sides().ok().and_then(|(bids, _)| bids.iter().nth(1));
        let Some(quote) = second.filter(|_| self == Self::BendsABook && now >= FROM) else { return };
        let level = Level { sz: quote.sz.mantissa + 1, sz_scale: quote.sz.scale, px_scale: quote.px.scale, ..Level::default() };
        let bids = vec![Row { px: quote.px.mantissa, level }];
        let seq_id = book.seq_id();
        let msg = BookMsg { action: Action::Update, bids, ts_ms: book.ts_ms(), prev_seq_id: seq_id, seq_id, ..BookMsg::default() };
        let at = book.heard();
        book.apply(at, &msg, false).expect("it continues the chain");
    }
}
