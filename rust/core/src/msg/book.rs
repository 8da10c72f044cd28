//! Book messages: `books`, `books5`, `bbo-tbt`, `books-l2-tbt`, `books50-l2-tbt`, `books-rpi`, and those of spreads and
//! prediction markets.
//!
//! A message is read whole into reusable rows before a book sees any of it.
//!
//! Source: OKX API v5, Order book trading › Market data › WS order book channel; Spread trading › Order book channel;
//! Outcomes › WebSocket › Depth push.

use super::Field;
use crate::book::{Level, Row};
use crate::channel::{Channel, Columns, Payload};
use crate::error::Error;
use crate::num::Dec;
use crate::scan::Scan;
use serde_json::Value;

/// What a message does to the book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Replaces the book and starts a chain.
    #[default]
    Snapshot,
    /// Changes levels, chained by `prevSeqId`.
    Update,
    /// Replaces the book; there is no chain (`books5`, `bbo-tbt`).
    Full,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Update => "update",
            Self::Full => "full",
        }
    }
}

/// One book message, its rows in the order sent (best first).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookMsg {
    pub action: Action,
    pub asks: Vec<Row>,
    pub bids: Vec<Row>,
    /// OKX's clock, milliseconds.
    pub ts_ms: u64,
    /// `None`: the channel has none. `Some(0)`: OKX's way to say "not offered".
    pub checksum: Option<i32>,
    /// Absent before 2023 and on full pushes.
    pub prev_seq_id: Option<i64>,
    pub seq_id: Option<i64>,
}

impl BookMsg {
    fn clear(&mut self) {
        self.asks.clear();
        self.bids.clear();
        (self.ts_ms, self.checksum, self.prev_seq_id, self.seq_id) = (0, None, None, None);
    }
}

/// Rows a side that a message may carry: every level of the window leaving and as many arriving.
fn most_rows(channel: &Channel) -> usize {
    channel.depth * 2
}

/// Reads what follows the `arg`. `None` at the first surprise; `msg` is then undefined.
#[inline]
pub(crate) fn scan(mut scan: Scan<'_>, channel: &Channel, msg: &mut BookMsg) -> Option<()> {
    msg.clear();
    msg.action = match channel.payload {
        Payload::FullBook => Action::Full,
        _ if scan.has(b",\"action\":\"update\"") => Action::Update,
        _ => {
            scan.lit(b",\"action\":\"snapshot\"")?;
            Action::Snapshot
        }
    };
    scan.lit(b",\"data\":[{")?;
    let (mut asks, mut bids) = (false, false);
    loop {
        if !asks && scan.has(b"\"asks\":[") {
            asks = true;
            rows(&mut scan, channel, &mut msg.asks)?;
        } else if !bids && scan.has(b"\"bids\":[") {
            bids = true;
            rows(&mut scan, channel, &mut msg.bids)?;
        } else if scan.has(b"\"ts\":\"") {
            msg.ts_ms = scan.quoted_int()?;
        } else if scan.has(b"\"checksum\":") {
            msg.checksum = Some(i32::try_from(scan.signed()?).ok()?);
        } else if scan.has(b"\"prevSeqId\":") {
            msg.prev_seq_id = Some(scan.signed()?);
        } else if scan.has(b"\"seqId\":") {
            msg.seq_id = Some(scan.signed()?);
        } else {
            scan.lit(b"\"instId\":\"")?;
            scan.text()?;
        }
        if !scan.has(b",") {
            break;
        }
    }
    scan.lit(b"}]}")?;
    // A missing or repeated side, no time or no number is for the general decoder to judge.
    (asks && bids && msg.ts_ms != 0 && starts_a_chain(channel, msg) && scan.is_done()).then_some(())
}

/// A prediction market's snapshot without `seqId` would start a chain that vouches for nothing, and `null` is common
/// there. (In other books a chain without numbers is one from before May 2023.)
fn starts_a_chain(channel: &Channel, msg: &BookMsg) -> bool {
    channel.columns != Columns::Prediction || msg.action != Action::Snapshot || msg.seq_id.is_some()
}

/// Levels up to the closing bracket: `["67500.2","1.20","0","3"],…]`.
#[inline]
fn rows(scan: &mut Scan<'_>, channel: &Channel, out: &mut Vec<Row>) -> Option<()> {
    if scan.has(b"]") {
        return Some(());
    }
    if matches!(channel.columns, Columns::Spread | Columns::Prediction) {
        return rows_of_three(scan, channel, out);
    }
    let most = most_rows(channel);
    scan.lit(b"[\"")?;
    loop {
        let px = scan.dec()?;
        scan.lit(b",\"")?;
        let sz = scan.dec()?;
        let non_rpi = if channel.columns == Columns::Rpi {
            scan.lit(b",\"")?;
            let non_rpi = scan.dec()?;
            scan.lit(b",\"")?;
            non_rpi
        } else {
            scan.lit(b",\"0\",\"")?;
            Dec::ZERO
        };
        let orders = u32::try_from(scan.quoted_int()?).ok()?;
        if out.len() >= most {
            return None;
        }
        out.push(Row::new(px, sz, non_rpi, orders));
        if !scan.has(b"],[\"") {
            break;
        }
    }
    scan.lit(b"]]")
}

/// The same for a spread or a prediction market: `["-0.1","1","1"],…]`.
fn rows_of_three(scan: &mut Scan<'_>, channel: &Channel, out: &mut Vec<Row>) -> Option<()> {
    scan.lit(b"[\"")?;
    loop {
        let px = if channel.columns == Columns::Spread { scan.signed_dec()? } else { scan.dec()? };
        scan.lit(b",\"")?;
        let sz = scan.dec()?;
        scan.lit(b",\"")?;
        let orders = u32::try_from(scan.quoted_int()?).ok()?;
        if out.len() >= most_rows(channel) {
            return None;
        }
        out.push(Row::new(px, sz, Dec::ZERO, orders));
        if !scan.has(b"],[\"") {
            break;
        }
    }
    scan.lit(b"]]")
}

/// The general decoder. `push` is the whole message.
pub(crate) fn from_json(push: Field<'_>, channel: &Channel, msg: &mut BookMsg) -> Result<(), Error> {
    msg.clear();
    msg.action = match (channel.payload, push.get("action").map(|f| f.text("a text as action")).transpose()?) {
        (Payload::FullBook, None) => Action::Full,
        (Payload::Book, Some("snapshot")) => Action::Snapshot,
        (Payload::Book, Some("update")) => Action::Update,
        _ => return Err(push.wrong("the action this channel has (snapshot or update; none on full books)")),
    };
    content(push, channel, msg)
}

/// A book by REST, as a snapshot.
pub(crate) fn from_rest(reply: Field<'_>, channel: &Channel, msg: &mut BookMsg) -> Result<(), Error> {
    msg.clear();
    msg.action = Action::Snapshot;
    content(reply, channel, msg)?;
    msg.prev_seq_id = Some(-1);
    if msg.seq_id.is_some() { Ok(()) } else { Err(reply.wrong("a book with seqId")) }
}

fn content(push: Field<'_>, channel: &Channel, msg: &mut BookMsg) -> Result<(), Error> {
    let data = push.need("data", "a push with data")?;
    let mut items = data.items("an array as data")?;
    let (Some(book), None) = (items.next(), items.next()) else {
        return Err(data.wrong("one book a message"));
    };
    let nullable = channel.columns == Columns::Prediction;
    for (side, out) in [("asks", &mut msg.asks), ("bids", &mut msg.bids)] {
        if nullable && book.value.get(side).is_some_and(Value::is_null) {
            continue;
        }
        let side = book.need(side, "a book with asks and bids")?;
        for row in side.items("an array of levels")? {
            if out.len() >= most_rows(channel) {
                return Err(book.wrong("no more levels a side than twice the channel's depth"));
            }
            out.push(row_from_json(row, channel)?);
        }
    }
    msg.ts_ms = book.need("ts", "a book with ts")?.unsigned("ts in milliseconds")?;
    let int = |key| book.filled(key).map(|f| f.int("an integer")).transpose();
    msg.checksum = match int("checksum")? {
        None => None,
        Some(sum) => Some(i32::try_from(sum).map_err(|_| book.wrong("a 32-bit checksum"))?),
    };
    msg.prev_seq_id = int("prevSeqId")?;
    msg.seq_id = int("seqId")?;
    if !starts_a_chain(channel, msg) {
        return Err(book.wrong("a snapshot with seqId"));
    }
    Ok(())
}

fn row_from_json(row: Field<'_>, channel: &Channel) -> Result<Row, Error> {
    let mut cells = row.items("a level as an array")?;
    let (Some(px), Some(sz), Some(third)) = (cells.next(), cells.next(), cells.next()) else {
        return Err(row.wrong("a level of three or four columns"));
    };
    let (third, orders) = match (channel.columns, cells.next()) {
        (Columns::Spread | Columns::Prediction, None) => (None, third),
        (Columns::Spread | Columns::Prediction, Some(_)) => return Err(row.wrong("a level of price, size and order count")),
        (_, Some(orders)) => (Some(third).filter(|_| channel.columns == Columns::Rpi), orders),
        (_, None) => return Err(row.wrong("a level of price, size, third column and order count")),
    };
    let decimal = "a decimal of at most 18 digits";
    let non_rpi = third.map_or(Ok(Dec::ZERO), |third| third.dec(decimal))?;
    let uncounted = channel.columns == Columns::Prediction && orders.value.is_null();
    let count = if uncounted { 0 } else { orders.unsigned("an integer order count")? };
    let count = u32::try_from(count).map_err(|_| orders.wrong("an order count below 2^32"))?;
    let (px, sz) = (px.dec(decimal)?, sz.dec(decimal)?);
    if sz.mantissa < 0 || non_rpi.mantissa < 0 {
        return Err(row.wrong("a size that is not negative"));
    }
    Ok(Row::new(px, sz, non_rpi, count))
}

impl Row {
    #[inline]
    fn new(px: Dec, sz: Dec, non_rpi: Dec, orders: u32) -> Self {
        Self {
            px: px.mantissa,
            level: Level {
                sz: sz.mantissa,
                non_rpi: non_rpi.mantissa,
                orders,
                px_scale: px.scale,
                sz_scale: sz.scale,
                non_rpi_scale: non_rpi.scale,
            },
        }
    }
}
