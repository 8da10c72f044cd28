//! An account: its settings, keys, coins and positions.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, PosSide, Side, StpMode, TdMode, pairs};

/// Index of an account. 0 is the house: market makers' counterparty to everybody, without limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AcctIx(pub u32);

pub const HOUSE: AcctIx = AcctIx(0);

#[derive(Clone, Serialize, Deserialize)]
pub struct ApiKey {
    pub api_key: String,
    pub secret_key: String,
    pub passphrase: String,
    pub label: String,
    /// `read_only`, `trade`, `withdraw`.
    pub perm: Vec<String>,
    /// Addresses and ranges it is bound to; empty: any.
    pub ip: Vec<String>,
    pub demo: bool,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("api_key", &self.api_key).field("perm", &self.perm).finish_non_exhaustive()
    }
}

/// An address, or a range such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange {
    bits: u128,
    /// Bits that count, of the 128 an IPv4 address has too once it is mapped.
    prefix: u32,
}

impl IpRange {
    pub fn holds(self, ip: IpAddr) -> bool {
        let apart = self.bits ^ mapped(ip);
        apart.leading_zeros() >= self.prefix
    }
}

impl FromStr for IpRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ip, length) = text.split_once('/').map_or((text, None), |(ip, length)| (ip, Some(length)));
        let ip: IpAddr = ip.parse().map_err(|_| ())?;
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), |length| length.parse::<u32>().map_err(|_| ()))?;
        if length > most { Err(()) } else { Ok(Self { bits: mapped(ip), prefix: 128 - most + length }) }
    }
}

fn mapped(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub ix: AcctIx,
    pub label: String,
    pub uid: String,
    pub main_uid: String,
    /// 1 spot, 2 futures, 3 multi-currency, 4 portfolio.
    pub acct_lv: u8,
    pub long_short: bool,
    pub stp_mode: StpMode,
    /// `Lv1`, `VIP5` …
    pub level: String,
    pub greeks_type: String,
    pub keys: Vec<ApiKey>,
    pub coins: BTreeMap<String, Coin>,
    /// The funding account.
    pub funding: BTreeMap<String, Dec>,
    #[serde(with = "pairs")]
    pub positions: BTreeMap<PosKey, Position>,
    #[serde(with = "pairs")]
    pub levers: BTreeMap<LeverKey, Dec>,
    /// Newest last; bounded.
    pub bills: VecDeque<Bill>,
    pub fills: VecDeque<Fill>,
    /// Positions that were closed, newest last; bounded.
    pub closed: VecDeque<Closed>,
    pub opened: Nanos,
    pub updated: Nanos,
    /// Settings that are echoed and kept, by name.
    pub settings: BTreeMap<String, String>,
}

/// One currency in the trading account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Coin {
    pub cash: Dec,
    /// Set aside for open orders.
    pub ord_frozen: Dec,
    /// Borrowed, as a positive number, and its interest.
    pub liab: Dec,
    pub interest: Dec,
    pub updated: Nanos,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PosKey {
    pub inst: InstIx,
    /// `Cash` never occurs, but for options bought in spot mode.
    pub mode: TdMode,
    pub side: PosSide,
}

/// Scope of a leverage: trading section 2.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeverKey {
    /// instId, family or currency.
    pub scope: String,
    pub mode: TdMode,
    pub side: PosSide,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    pub pos_id: u64,
    pub inst: InstIx,
    /// MARGIN or the contract's type.
    pub inst_type: InstType,
    pub mode: TdMode,
    pub pos_side: PosSide,
    /// Margin currency.
    pub ccy: String,
    /// Contracts, negative when short (also with posSide short); MARGIN: size of the position asset, always positive.
    pub qty: Dec,
    /// What the open quantity cost, exactly, signed as `qty` (MARGIN: negative when short): Σ n·F·px (linear, option), Σ n·F/px (inverse).
    pub cost: Dec,
    pub lever: Dec,
    /// Of an isolated position.
    pub margin: Dec,
    /// MARGIN: the position asset, the debt (positive) and its currency, interest.
    pub pos_ccy: String,
    /// MARGIN: it was sold short, the debt is in the base currency.
    pub sold: bool,
    pub liab: Dec,
    pub liab_ccy: String,
    pub interest: Dec,
    /// What was opened and closed since it was flat, and what the closing trades were worth, by value: for its history row.
    pub opened_qty: Dec,
    pub closed_qty: Dec,
    pub open_value: Dec,
    pub close_value: Dec,
    /// Largest size since it was flat.
    pub max_qty: Dec,
    /// Realized, since the position was opened.
    pub pnl: Dec,
    pub fee: Dec,
    pub funding_fee: Dec,
    pub liq_penalty: Dec,
    pub settled_pnl: Dec,
    pub non_settle_avg_px: Option<Dec>,
    pub trade_id: u64,
    pub created: Nanos,
    pub updated: Nanos,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bill {
    pub bill_id: u64,
    pub ccy: String,
    pub bal: Dec,
    pub bal_chg: Dec,
    pub pos_bal: Dec,
    pub pos_bal_chg: Dec,
    pub kind: String,
    pub sub_type: String,
    pub sz: Dec,
    pub px: Option<Dec>,
    pub pnl: Dec,
    pub fee: Dec,
    pub inst: Option<InstIx>,
    pub inst_type: Option<InstType>,
    pub mgn_mode: String,
    pub ord_id: Option<OrdId>,
    pub cl_ord_id: String,
    pub trade_id: Option<u64>,
    pub exec_type: String,
    pub from: String,
    pub to: String,
    pub notes: String,
    pub tag: String,
    pub at: Nanos,
}

/// One side of a trade, as `fills` and `fills-history` show it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fill {
    pub bill_id: u64,
    pub ord_id: OrdId,
    pub cl_ord_id: String,
    pub tag: String,
    pub inst: InstIx,
    pub inst_type: InstType,
    pub trade_id: u64,
    pub px: Dec,
    pub sz: Dec,
    pub side: Side,
    pub pos_side: PosSide,
    pub taker: bool,
    pub fee: Dec,
    pub fee_ccy: String,
    pub fee_rate: Dec,
    pub pnl: Dec,
    pub mark_px: Option<Dec>,
    pub idx_px: Option<Dec>,
    pub sub_type: String,
    pub trade_quote_ccy: String,
    pub at: Nanos,
}

/// A position that came to its end, as `positions-history` shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Closed {
    pub position: Position,
    /// 1 partly closed, 2 closed, 3 liquidated, 4 partly liquidated, 5 reduced by ADL.
    pub kind: String,
    pub long: bool,
    pub at: Nanos,
}

impl Account {
    /// The leverage set for a scope.
    pub fn lever(&self, scope: &str, mode: TdMode, side: PosSide) -> Option<Dec> {
        self.levers.get(&LeverKey { scope: scope.to_owned(), mode, side }).copied()
    }

    pub fn cash(&self, ccy: &str) -> Dec {
        self.coins.get(ccy).map_or(Dec::ZERO, |coin| coin.cash)
    }

    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    pub fn is_main(&self) -> bool {
        self.uid == self.main_uid
    }
}

impl Position {
    pub fn is_flat(&self) -> bool {
        self.qty.is_zero() && self.liab.is_zero()
    }

    /// Is it on the buyers' side?
    pub fn is_long(&self) -> bool {
        if self.inst_type == InstType::Margin { !self.sold } else { self.qty > Dec::ZERO }
    }

    /// Contracts, or (MARGIN) base currency, without a sign.
    pub fn size(&self) -> Dec {
        if self.inst_type == InstType::Margin { self.opened_qty - self.closed_qty } else { self.qty.abs() }
    }

    /// What closing would trade: contracts, or (MARGIN) base currency.
    pub fn side_to_close(&self) -> Side {
        if self.is_long() { Side::Sell } else { Side::Buy }
    }

    /// Realized, all told: profit, fees, funding, penalty, settlement.
    pub fn realized(&self) -> Dec {
        self.pnl + self.fee + self.funding_fee + self.liq_penalty + self.settled_pnl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_bound_to_addresses_and_ranges() {
        for (range, ip, holds) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:5::1", true),
            ("::/0", "1.2.3.4", true),
        ] {
            let found: IpRange = range.parse().expect("a range");
            assert_eq!(found.holds(ip.parse().expect("an address")), holds, "{range} {ip}");
        }
        for odd in ["", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "1.2.3.4/-1"] {
            assert!(odd.parse::<IpRange>().is_err(), "{odd}");
        }
    }
}
