//! An instrument: what its row says, in numbers.
//!
//! Source: OKX API v5, Public Data › REST API › Get instruments.

use serde::{Deserialize, Serialize};

use crate::exchange::num::Dec;

/// Index of an instrument and of its book; stable for the life of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstIx(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum InstType {
    Spot,
    /// Never the type of an `Instrument`: a spot pair that `margin_lever` opens for margin trading has a MARGIN row too,
    /// and an order on it with tdMode cross or isolated is a MARGIN order in account level 2.
    Margin,
    Swap,
    Futures,
    Option,
}

impl InstType {
    pub const ALL: [Self; 5] = [Self::Spot, Self::Margin, Self::Swap, Self::Futures, Self::Option];

    pub fn name(self) -> &'static str {
        match self {
            Self::Spot => "SPOT",
            Self::Margin => "MARGIN",
            Self::Swap => "SWAP",
            Self::Futures => "FUTURES",
            Self::Option => "OPTION",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Counted in contracts.
    pub fn is_contract(self) -> bool {
        matches!(self, Self::Swap | Self::Futures | Self::Option)
    }
}

/// Where an option's coarser prices begin.
pub const OPTION_BAND: Dec = Dec::from_parts(5, 0, 0, false, 3);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instrument {
    pub ix: InstIx,
    pub inst_id: String,
    pub inst_type: InstType,
    /// `None` until generated.
    pub code: Option<u32>,
    /// `""` for spot pairs without margin.
    pub uly: String,
    pub family: String,
    /// `""` on contracts, as in the row.
    pub base_ccy: String,
    pub quote_ccy: String,
    /// `""` on spot pairs.
    pub settle_ccy: String,
    pub ct_val: Dec,
    pub ct_mult: Dec,
    pub ct_val_ccy: String,
    pub inverse: bool,
    /// Strike and C or P, of an option.
    pub strike: Option<(Dec, char)>,
    /// Of contracts; 1 on options.
    pub max_lever: Dec,
    /// The pair can be traded on margin, with this leverage.
    pub margin_lever: Option<Dec>,
    pub tick_sz: Dec,
    pub lot_sz: Dec,
    pub min_sz: Dec,
    pub max_lmt_sz: Dec,
    pub max_mkt_sz: Dec,
    pub max_lmt_amt: Dec,
    pub max_mkt_amt: Option<Dec>,
    pub list_time_ms: u64,
    pub exp_time_ms: Option<u64>,
    /// `live suspend preopen post_only expired …`: trading section 1.4.
    pub state: String,
    pub group_id: String,
    pub alias: String,
    pub rule_type: String,
    pub inst_category: String,
    /// initPxLmtPct, floatPxLmtPct, maxPxLmtPct; `None`: no price band (options).
    pub px_lmt_pct: Option<[Dec; 3]>,
    /// Announced changes: param, new value, time.
    pub upc_chg: Vec<(String, Dec, u64)>,
    /// Quote currencies an order may name.
    pub trade_quote_ccys: Vec<String>,
}

impl Instrument {
    /// Size of one contract in `ct_val_ccy`: 1 on spot pairs.
    pub fn face(&self) -> Dec {
        if self.inst_type.is_contract() { self.ct_val * self.ct_mult } else { Dec::ONE }
    }

    /// The price step at a price. `tick_sz` is the smallest of an option's bands; from 0.005 coin on, five of it.
    pub fn tick_at(&self, px: Dec) -> Dec {
        if self.inst_type == InstType::Option && px >= OPTION_BAND { self.tick_sz * Dec::from(5) } else { self.tick_sz }
    }

    /// The underlying coin: base of a pair, first part of a contract's underlying.
    pub fn base(&self) -> &str {
        if self.base_ccy.is_empty() { self.uly.split('-').next().unwrap_or_default() } else { &self.base_ccy }
    }

    pub fn quote(&self) -> &str {
        if self.quote_ccy.is_empty() { self.uly.split('-').nth(1).unwrap_or_default() } else { &self.quote_ccy }
    }
}
