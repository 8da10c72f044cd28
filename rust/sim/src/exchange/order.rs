//! An order: as asked for, and what became of it.

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;

pub use crate::exchange::orders::{HISTORY, Orders};

/// `ordId`, 18 or more digits.
pub type OrdId = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    Buy,
    Sell,
}

impl Side {
    pub fn name(self) -> &'static str {
        if self == Self::Buy { "buy" } else { "sell" }
    }

    #[must_use]
    pub fn other(self) -> Self {
        if self == Self::Buy { Self::Sell } else { Self::Buy }
    }

    /// 1 for a buy, -1 for a sell.
    pub fn sign(self) -> Dec {
        if self == Self::Buy { Dec::ONE } else { Dec::NEGATIVE_ONE }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PosSide {
    Net,
    Long,
    Short,
}

impl PosSide {
    pub fn name(self) -> &'static str {
        match self {
            Self::Net => "net",
            Self::Long => "long",
            Self::Short => "short",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TdMode {
    Cash,
    Cross,
    Isolated,
}

impl TdMode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Cross => "cross",
            Self::Isolated => "isolated",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrdType {
    Limit,
    PostOnly,
    Ioc,
    Fok,
    Market,
    OptimalLimitIoc,
    Mmp,
    MmpAndPostOnly,
    Rpi,
}

impl OrdType {
    pub const ALL: [Self; 9] = [
        Self::Limit,
        Self::PostOnly,
        Self::Ioc,
        Self::Fok,
        Self::Market,
        Self::OptimalLimitIoc,
        Self::Mmp,
        Self::MmpAndPostOnly,
        Self::Rpi,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::PostOnly => "post_only",
            Self::Ioc => "ioc",
            Self::Fok => "fok",
            Self::Market => "market",
            Self::OptimalLimitIoc => "optimal_limit_ioc",
            Self::Mmp => "mmp",
            Self::MmpAndPostOnly => "mmp_and_post_only",
            Self::Rpi => "rpi",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Needs no `px`: a market order.
    pub fn is_market(self) -> bool {
        matches!(self, Self::Market | Self::OptimalLimitIoc)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrdState {
    Live,
    PartiallyFilled,
    Filled,
    Canceled,
    MmpCanceled,
}

impl OrdState {
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::MmpCanceled => "mmp_canceled",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Self::Live | Self::PartiallyFilled)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StpMode {
    CancelMaker,
    CancelTaker,
    CancelBoth,
}

impl StpMode {
    pub fn name(self) -> &'static str {
        match self {
            Self::CancelMaker => "cancel_maker",
            Self::CancelTaker => "cancel_taker",
            Self::CancelBoth => "cancel_both",
        }
    }
}

/// One attached TP/SL of an order, as sent; born as an algo order when the parent fills.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Attached {
    pub attach_algo_id: u64,
    pub attach_algo_cl_ord_id: String,
    pub tp_trigger_px: Option<Dec>,
    pub tp_trigger_ratio: Option<Dec>,
    pub tp_trigger_px_type: String,
    /// -1: market.
    pub tp_ord_px: Option<Dec>,
    pub tp_ord_kind: String,
    pub sl_trigger_px: Option<Dec>,
    pub sl_trigger_ratio: Option<Dec>,
    pub sl_trigger_px_type: String,
    pub sl_ord_px: Option<Dec>,
    pub sz: Option<Dec>,
    pub amend_px_on_trigger_type: String,
    pub callback_ratio: Option<Dec>,
    pub callback_spread: Option<Dec>,
    pub active_px: Option<Dec>,
}

/// What a client asks for, its texts read and nothing checked yet against instrument or account.
#[derive(Clone, Debug)]
pub struct PlaceRequest {
    pub inst: InstIx,
    pub td_mode: TdMode,
    pub side: Side,
    /// As sent; `None`: not sent.
    pub pos_side: Option<PosSide>,
    pub ord_type: OrdType,
    pub sz: Dec,
    pub px: Option<Dec>,
    /// `pxUsd` or `pxVol` of an option order.
    pub px_usd: Option<Dec>,
    pub px_vol: Option<Dec>,
    pub ccy: String,
    pub cl_ord_id: String,
    pub tag: String,
    pub reduce_only: bool,
    /// `base_ccy` or `quote_ccy`; `""`: not sent.
    pub tgt_ccy: String,
    pub ban_amend: bool,
    /// `pxAmendType` 1: a price outside the band is moved to its edge.
    pub clamp_px: bool,
    pub slippage_pct: Option<Dec>,
    pub trade_quote_ccy: String,
    pub stp_mode: Option<StpMode>,
    pub attached: Vec<Attached>,
    /// Where the order comes from: `""` the client, 6 trigger, 7 TP/SL, 13 algo, 25 trailing …
    pub source: &'static str,
    /// `normal`, `full_liquidation`, `partial_liquidation`, `adl`, `delivery` …
    pub category: &'static str,
    /// The algo order it is a child of: algoId, algoClOrdId.
    pub algo: Option<(u64, String)>,
}

impl PlaceRequest {
    /// The plainest request there is, to be filled in.
    pub fn new(inst: InstIx, td_mode: TdMode, side: Side, ord_type: OrdType, sz: Dec, px: Option<Dec>) -> Self {
        Self {
            inst,
            td_mode,
            side,
            pos_side: None,
            ord_type,
            sz,
            px,
            px_usd: None,
            px_vol: None,
            ccy: String::new(),
            cl_ord_id: String::new(),
            tag: String::new(),
            reduce_only: false,
            tgt_ccy: String::new(),
            ban_amend: false,
            clamp_px: false,
            slippage_pct: None,
            trade_quote_ccy: String::new(),
            stp_mode: None,
            attached: Vec::new(),
            source: "",
            category: "normal",
            algo: None,
        }
    }
}

/// An order the exchange took. Sizes of spot and margin orders are in base currency once they trade; `sz` stays as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub ord_id: OrdId,
    pub acct: AcctIx,
    pub inst: InstIx,
    /// As rows show it: MARGIN for a leveraged spot pair in account level 2.
    pub inst_type: InstType,
    pub cl_ord_id: String,
    pub tag: String,
    pub td_mode: TdMode,
    pub side: Side,
    pub pos_side: PosSide,
    pub ord_type: OrdType,
    pub ccy: String,
    pub px: Option<Dec>,
    pub px_usd: Option<Dec>,
    pub px_vol: Option<Dec>,
    pub sz: Dec,
    pub tgt_ccy: String,
    /// Market order that spends a quote amount: what is left to spend. `None`: `left` counts.
    pub quote_left: Option<Dec>,
    /// What is still to trade, in base currency or contracts.
    pub left: Dec,
    pub acc_fill_sz: Dec,
    /// Σ price × size of the fills, and Σ size / price: the average of linear and inverse contracts.
    pub sum_px_sz: Dec,
    pub sum_sz_over_px: Dec,
    pub last_fill: Option<LastFill>,
    /// Signed: negative was paid.
    pub fee: Dec,
    pub fee_ccy: String,
    pub rebate: Dec,
    pub rebate_ccy: String,
    pub pnl: Dec,
    pub fill_notional_usd: Dec,
    pub state: OrdState,
    pub lever: Option<Dec>,
    pub reduce_only: bool,
    pub stp_mode: StpMode,
    pub stp_id: String,
    pub source: String,
    pub category: String,
    pub cancel_source: String,
    pub cancel_reason: String,
    pub algo: Option<(u64, String)>,
    pub attached: Vec<Attached>,
    pub trade_quote_ccy: String,
    /// What the ledger set aside for it: currency and amount. Only `ledger` touches it.
    pub reserved: Option<(String, Dec)>,
    /// Stands in the book at `px`. Only the desk touches it.
    pub in_book: bool,
    pub created: Nanos,
    pub updated: Nanos,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastFill {
    pub trade_id: u64,
    pub px: Dec,
    pub sz: Dec,
    pub fee: Dec,
    pub pnl: Dec,
    pub taker: bool,
    pub at: Nanos,
}

impl Order {
    /// An open limit order of this size, everything else empty.
    pub fn blank(acct: AcctIx, inst: InstIx, inst_type: InstType, side: Side, sz: Dec) -> Self {
        Self {
            ord_id: 0,
            acct,
            inst,
            inst_type,
            cl_ord_id: String::new(),
            tag: String::new(),
            td_mode: TdMode::Cash,
            side,
            pos_side: PosSide::Net,
            ord_type: OrdType::Limit,
            ccy: String::new(),
            px: None,
            px_usd: None,
            px_vol: None,
            sz,
            tgt_ccy: String::new(),
            quote_left: None,
            left: sz,
            acc_fill_sz: Dec::ZERO,
            sum_px_sz: Dec::ZERO,
            sum_sz_over_px: Dec::ZERO,
            last_fill: None,
            fee: Dec::ZERO,
            fee_ccy: String::new(),
            rebate: Dec::ZERO,
            rebate_ccy: String::new(),
            pnl: Dec::ZERO,
            fill_notional_usd: Dec::ZERO,
            state: OrdState::Live,
            lever: None,
            reduce_only: false,
            stp_mode: StpMode::CancelMaker,
            stp_id: String::new(),
            source: String::new(),
            category: "normal".to_owned(),
            cancel_source: String::new(),
            cancel_reason: String::new(),
            algo: None,
            attached: Vec::new(),
            trade_quote_ccy: String::new(),
            reserved: None,
            in_book: false,
            created: 0,
            updated: 0,
        }
    }

    /// Can only make a position smaller: reduce-only, or against its side in long/short mode.
    pub fn closes(&self) -> bool {
        self.reduce_only || matches!((self.pos_side, self.side), (PosSide::Long, Side::Sell) | (PosSide::Short, Side::Buy))
    }

    /// Average price of the fills.
    pub fn avg_px(&self, inverse: bool) -> Option<Dec> {
        if self.acc_fill_sz.is_zero() {
            return None;
        }
        let avg = if inverse { self.acc_fill_sz.checked_div(self.sum_sz_over_px) } else { self.sum_px_sz.checked_div(self.acc_fill_sz) };
        avg.map(|px| px.round_dp(12))
    }
}

/// Maps whose keys are not texts, as lists of pairs.
pub mod pairs {
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub fn deserialize<'de, K: DeserializeOwned + Ord, V: DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        Ok(Vec::<(K, V)>::deserialize(from)?.into_iter().collect())
    }
}
