//! Clients that break their word in one way each: the judge must notice every one, or its silence means nothing.

use okx_fast_core::book::{Level, Row, Validity};
use okx_fast_core::msg::book::{Action, BookMsg};
use okx_fast_core::msg::trade::Trade;
use okx_fast_core::session::SharedBook;
use okx_fast_sim::exchange::io::{Nanos, SECOND};

use crate::client::Seen;
use crate::dice::mix;
use crate::heap;
use crate::venue::START;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    LosesTrades,
    DoublesTrades,
    InventsTrades,
    BendsTrades,
    /// From some moment on, all of them.
    KeepsTrades,
    /// A frame that belongs to nobody.
    MixesUpFrames,
    /// Not every update of a book is told.
    SkipsUpdates,
    /// It tells of books that it does not believe itself.
    DoubtsItsBooks,
    /// It goes on without one book's updates.
    FreezesABook,
    /// A level that nobody sent.
    BendsABook,
    /// It says so, but its books stay valid.
    TrustsDeadBooks,
    /// It does not tell of an outage.
    HidesOutages,
    HoardsMemory,
    AsksTooMuch,
    ConnectsAtOnce,
    /// It does not come back once all is well.
    StaysAway,
    /// It hangs up when an upgrade is announced, with nothing in place of the connection.
    LeavesAtOnce,
    /// It never hangs up.
    LeavesLinesOpen,
    /// It wants to be called again at once, each time.
    NeverRests,
}

/// What is done with a frame instead of handing it over once.
pub enum Instead {
    Once,
    Never,
    HangUp,
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
            Self::LeavesAtOnce if frame.windows(5).any(|part| part == b"64008") => Instead::HangUp,
            Self::FreezesABook if frame.starts_with(VICTIM) => Instead::Never,
            Self::HoardsMemory => {
                heap::inside(|| Vec::<u8>::with_capacity(1024).leak());
                Instead::Once
            }
            _ => Instead::Once,
        }
    }

    /// What it keeps from its user, and what it says once more.
    pub fn hides(self, now: Nanos, seen: &Seen<'_>) -> bool {
        match (self, seen) {
            (Self::LosesTrades, Seen::Trade(_, trade)) => trade.trade_id.is_multiple_of(4),
            (Self::KeepsTrades, Seen::Trade(..)) => now >= FROM,
            (Self::SkipsUpdates, Seen::Book(_, update)) => {
                now >= FROM && update.seq_id.is_some_and(|seq| mix(seq.cast_unsigned()).is_multiple_of(4))
            }
            (Self::HidesOutages, Seen::Dark(_)) => true,
            _ => false,
        }
    }

    /// Another trade, or another frame, than came.
    pub fn bends(self, seen: Seen<'_>, on: impl FnOnce(Seen<'_>)) {
        match (self, seen) {
            (Self::InventsTrades, Seen::Trade(sub, trade)) => on(Seen::Trade(sub, &Trade { trade_id: trade.trade_id * 2, ..*trade })),
            (Self::BendsTrades, Seen::Trade(sub, trade)) => on(Seen::Trade(sub, &Trade { sz: trade.px, px: trade.sz, ..*trade })),
            (Self::MixesUpFrames, Seen::Other(sub, Some(_))) => on(Seen::Other(sub, Some(VICTIM))),
            (_, seen) => on(seen),
        }
    }

    pub fn repeats(self, seen: &Seen<'_>) -> bool {
        self == Self::DoublesTrades && matches!(seen, Seen::Trade(..))
    }

    /// Another size at a bid's price, before the user is told of the book.
    pub fn of_book(self, now: Nanos, shared: &SharedBook) {
        let mut book = shared.lock();
        if self == Self::DoubtsItsBooks && now >= FROM {
            return book.invalidate(Validity::Broken);
        }
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
