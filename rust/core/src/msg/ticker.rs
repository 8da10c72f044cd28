//! Tickers: the `tickers` channel.
//!
//! Source: OKX API v5, Order book trading › Market data › WS tickers channel.

use super::Field;
use crate::error::Error;
use crate::num::Num;
use crate::scan::Scan;

/// Last price, best bid and ask, and the last 24 hours of one instrument. A value OKX left empty is `None`.
///
/// `vol_24h` is in base currency for spot and contracts for derivatives; `vol_ccy_24h` in quote and base currency.
/// The best prices include RPI liquidity, which the books leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticker {
    pub last: Option<Num>,
    pub last_sz: Option<Num>,
    pub ask_px: Option<Num>,
    pub ask_sz: Option<Num>,
    pub bid_px: Option<Num>,
    pub bid_sz: Option<Num>,
    pub open_24h: Option<Num>,
    pub high_24h: Option<Num>,
    pub low_24h: Option<Num>,
    pub vol_ccy_24h: Option<Num>,
    pub vol_24h: Option<Num>,
    pub sod_utc0: Option<Num>,
    pub sod_utc8: Option<Num>,
    /// OKX's clock, milliseconds.
    pub ts_ms: u64,
}

impl Ticker {
    /// The field that OKX calls `key`.
    fn slot(&mut self, key: &[u8]) -> Option<&mut Option<Num>> {
        Some(match key {
            b"last" => &mut self.last,
            b"lastSz" => &mut self.last_sz,
            b"askPx" => &mut self.ask_px,
            b"askSz" => &mut self.ask_sz,
            b"bidPx" => &mut self.bid_px,
            b"bidSz" => &mut self.bid_sz,
            b"open24h" => &mut self.open_24h,
            b"high24h" => &mut self.high_24h,
            b"low24h" => &mut self.low_24h,
            b"volCcy24h" => &mut self.vol_ccy_24h,
            b"vol24h" => &mut self.vol_24h,
            b"sodUtc0" => &mut self.sod_utc0,
            b"sodUtc8" => &mut self.sod_utc8,
            _ => return None,
        })
    }
}

/// Reads what follows the `arg`: one ticker, its keys in any order. An unknown key is a surprise.
#[inline]
pub(crate) fn scan(mut scan: Scan<'_>, out: &mut Vec<Ticker>) -> Option<()> {
    scan.lit(b",\"data\":[{\"")?;
    let mut ticker = Ticker::default();
    loop {
        let key = scan.text()?;
        scan.lit(b":\"")?;
        match key {
            b"ts" => ticker.ts_ms = scan.quoted_int()?,
            b"instType" | b"instId" => {
                scan.text()?;
            }
            _ => {
                let slot = ticker.slot(key)?;
                let text = scan.text()?;
                *slot = if text.is_empty() { None } else { Some(Num::parse(text)?) };
            }
        }
        if !scan.has(b",\"") {
            break;
        }
    }
    scan.lit(b"}]}")?;
    if ticker.ts_ms == 0 || !scan.is_done() {
        return None;
    }
    out.push(ticker);
    Some(())
}

/// The general decoder. `data` is the push's `data` array.
pub(crate) fn from_json(data: Field<'_>, out: &mut Vec<Ticker>) -> Result<(), Error> {
    for row in data.items("an array of tickers")? {
        let mut ticker = Ticker { ts_ms: row.need("ts", "a ticker with ts")?.unsigned("ts in milliseconds")?, ..Ticker::default() };
        for (key, value) in row.value.as_object().ok_or_else(|| row.wrong("a ticker object"))? {
            let (Some(slot), Some(field)) = (ticker.slot(key.as_bytes()), row.get(key)) else { continue };
            *slot = match value.as_str() {
                Some("") => None,
                text => Some(text.and_then(|t| Num::parse(t.as_bytes())).ok_or_else(|| field.wrong("a decimal of at most 38 digits"))?),
            };
        }
        out.push(ticker);
    }
    Ok(())
}
