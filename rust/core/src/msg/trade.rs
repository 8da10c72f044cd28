//! Trades: the `trades` and `trades-all` channels.
//!
//! Source: OKX API v5, Order book trading › Market data › WS trades channel, WS all trades channel.

use super::Field;
use crate::code::Code;
use crate::error::Error;
use crate::num::Dec;
use crate::scan::Scan;

/// Who took: the taker's side. A side OKX has not documented survives as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Buy,
    Sell,
    Other(Code),
}

impl Side {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
            Self::Other(code) => code.as_str(),
        }
    }

    fn new(text: &[u8]) -> Option<Self> {
        match text {
            b"buy" => Some(Self::Buy),
            b"sell" => Some(Self::Sell),
            other => Code::new(other).map(Self::Other),
        }
    }
}

/// One trade, or one taker order's trades at one price (`trades` aggregates, `trades-all` does not).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    pub trade_id: u64,
    pub px: Dec,
    /// Contracts for derivatives, base currency for spot.
    pub sz: Dec,
    pub side: Side,
    /// OKX's clock, milliseconds.
    pub ts_ms: u64,
    /// Maker orders matched; only on `trades`, and not before 2023.
    pub count: Option<u64>,
    /// `0` normal, `1` against RPI liquidity; absent in old messages.
    pub source: Option<Code>,
    /// Position in the book's numbering; only on `trades` since 2025-07.
    pub seq_id: Option<i64>,
    /// Missed on the socket, and fetched by REST.
    pub recovered: bool,
}

/// Reads what follows the `arg`. `None` at the first surprise; `out` is then to be cleared.
#[inline]
pub(crate) fn scan(mut scan: Scan<'_>, inst_id: &[u8], out: &mut Vec<Trade>) -> Option<()> {
    scan.lit(b",\"data\":[")?;
    loop {
        scan.lit(b"{\"instId\":\"")?;
        scan.lit(inst_id)?;
        scan.lit(b"\",\"tradeId\":\"")?;
        let trade_id = scan.quoted_int()?;
        scan.lit(b",\"px\":\"")?;
        let px = scan.dec()?;
        scan.lit(b",\"sz\":\"")?;
        let sz = scan.dec()?;
        scan.lit(b",\"side\":\"")?;
        let side = if scan.has(b"buy\"") {
            Side::Buy
        } else {
            scan.lit(b"sell\"")?;
            Side::Sell
        };
        let mut trade = Trade { trade_id, px, sz, side, ts_ms: 0, count: None, source: None, seq_id: None, recovered: false };
        // The tail differs by channel and year: `ts` stands first or last.
        loop {
            if scan.has(b",\"ts\":\"") {
                trade.ts_ms = scan.quoted_int()?;
            } else if scan.has(b",\"count\":\"") {
                trade.count = Some(scan.quoted_int()?);
            } else if scan.has(b",\"source\":\"") {
                trade.source = Some(Code::new(scan.text()?)?);
            } else if scan.has(b",\"seqId\":") {
                trade.seq_id = Some(scan.signed()?);
            } else {
                break;
            }
        }
        scan.lit(b"}")?;
        if trade.ts_ms == 0 {
            return None;
        }
        out.push(trade);
        if !scan.has(b",") {
            break;
        }
    }
    scan.lit(b"]}")?;
    scan.is_done().then_some(())
}

/// The general decoder. `data` is the push's `data` array.
pub(crate) fn from_json(data: Field<'_>, out: &mut Vec<Trade>) -> Result<(), Error> {
    for row in data.items("an array of trades")? {
        let side = row.need("side", "a trade with side")?;
        out.push(Trade {
            trade_id: row.need("tradeId", "a trade with tradeId")?.unsigned("an integer tradeId")?,
            px: row.need("px", "a trade with px")?.dec("a decimal px of at most 18 digits")?,
            sz: row.need("sz", "a trade with sz")?.dec("a decimal sz of at most 18 digits")?,
            side: Side::new(side.text("a text as side")?.as_bytes()).ok_or_else(|| side.wrong("a side of at most 31 bytes"))?,
            ts_ms: row.need("ts", "a trade with ts")?.unsigned("ts in milliseconds")?,
            count: row.filled("count").map(|f| f.unsigned("an integer count")).transpose()?,
            source: row
                .get("source")
                .map(|f| Code::new(f.text("a text as source")?.as_bytes()).ok_or_else(|| f.wrong("a source of at most 31 bytes")))
                .transpose()?,
            seq_id: row.filled("seqId").map(|f| f.int("an integer seqId")).transpose()?,
            recovered: false,
        });
    }
    Ok(())
}
