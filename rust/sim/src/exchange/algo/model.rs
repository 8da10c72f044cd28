//! An algo order: what it waits for, what it does then, and what became of it.

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::{Attached, OrdId, PosSide, Side, TdMode};

pub type AlgoId = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Conditional,
    Oco,
    Trigger,
    MoveOrderStop,
    Twap,
    Chase,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Conditional, Self::Oco, Self::Trigger, Self::MoveOrderStop, Self::Twap, Self::Chase];

    pub fn name(self) -> &'static str {
        match self {
            Self::Conditional => "conditional",
            Self::Oco => "oco",
            Self::Trigger => "trigger",
            Self::MoveOrderStop => "move_order_stop",
            Self::Twap => "twap",
            Self::Chase => "chase",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn channel(self) -> &'static str {
        match self {
            Self::MoveOrderStop | Self::Twap => "algo-advance",
            _ => "orders-algo",
        }
    }

    /// Orders of this kind an account may have waiting on one instrument, and the code beyond.
    pub fn cap(self) -> (usize, &'static str) {
        match self {
            Self::Conditional | Self::Oco => (100, "51261"),
            Self::Trigger => (500, "51299"),
            Self::MoveOrderStop => (50, "51260"),
            Self::Twap => (20, "51263"),
            Self::Chase => (1, "55116"),
        }
    }

    /// `source` of the orders it places.
    pub fn source(self) -> &'static str {
        match self {
            Self::Conditional | Self::Oco => "7",
            Self::Trigger => "6",
            Self::MoveOrderStop => "25",
            Self::Twap => "13",
            Self::Chase => "34",
        }
    }

    pub fn is_stop(self) -> bool {
        matches!(self, Self::Conditional | Self::Oco)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Live,
    Pause,
    PartiallyEffective,
    Effective,
    Canceled,
    OrderFailed,
    PartiallyFailed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Pause => "pause",
            Self::PartiallyEffective => "partially_effective",
            Self::Effective => "effective",
            Self::Canceled => "canceled",
            Self::OrderFailed => "order_failed",
            Self::PartiallyFailed => "partially_failed",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Self::Live | Self::Pause | Self::PartiallyEffective)
    }
}

/// The price a trigger watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PxType {
    #[default]
    Last,
    Index,
    Mark,
}

impl PxType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Index => "index",
            Self::Mark => "mark",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        [Self::Last, Self::Index, Self::Mark].into_iter().find(|kind| kind.name() == name)
    }
}

/// One side of a TP/SL order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// `None`: a limit take-profit, which rests in the book from the start.
    pub trigger_px: Option<Dec>,
    pub px_type: PxType,
    /// -1: market.
    pub ord_px: Dec,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trigger {
    pub px: Dec,
    pub px_type: PxType,
    /// -1: market.
    pub ord_px: Dec,
    /// `""`, `ioc`, `fok` or `chase`.
    pub advance: String,
    /// Goes when the price rises to it; otherwise when it falls to it.
    pub up: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trail {
    pub ratio: Option<Dec>,
    pub spread: Option<Dec>,
    pub active_px: Option<Dec>,
    /// Best price since it was activated; `None` before.
    pub extreme: Option<Dec>,
}

impl Trail {
    /// Where it goes off now.
    pub fn trigger_px(&self, side: Side) -> Option<Dec> {
        let extreme = self.extreme?;
        let back = self.spread.or_else(|| self.ratio.map(|ratio| extreme * ratio))?;
        Some((extreme + side.sign() * back).normalize())
    }
}

/// A time-weighted order: slices at an interval.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slices {
    pub px_var: Option<Dec>,
    pub px_spread: Option<Dec>,
    pub sz_limit: Dec,
    pub px_limit: Dec,
    pub interval_s: u64,
    pub next: Nanos,
    pub count: u32,
}

/// A post-only order kept at a distance from the best price of its side.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Chase {
    pub ratio: bool,
    pub val: Dec,
    /// Ratio or not, and how far from the first price it follows.
    pub max: Option<(bool, Dec)>,
    /// Price of its first order.
    pub start: Option<Dec>,
    pub next: Nanos,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Algo {
    pub id: AlgoId,
    pub acct: AcctIx,
    pub inst: InstIx,
    /// As rows show it.
    pub inst_type: InstType,
    pub cl_id: String,
    pub tag: String,
    pub kind: Kind,
    pub td_mode: TdMode,
    pub side: Side,
    pub pos_side: PosSide,
    pub ccy: String,
    /// 0: closes the position whatever its size is then.
    pub sz: Dec,
    pub tgt_ccy: String,
    pub reduce_only: bool,
    pub cxl_on_close_pos: bool,
    pub trade_quote_ccy: String,
    pub tp: Option<Leg>,
    pub sl: Option<Leg>,
    pub trigger: Option<Trigger>,
    pub trail: Option<Trail>,
    pub slices: Option<Slices>,
    pub chase: Option<Chase>,
    /// For the order it places.
    pub attached: Vec<Attached>,
    /// Stop-loss of split take-profits: moves to the entry price when the first of them goes.
    pub to_cost: bool,
    /// The order it was attached to.
    pub parent: Option<OrdId>,
    pub state: State,
    pub fail_code: String,
    pub ord_ids: Vec<OrdId>,
    pub sub_algos: Vec<AlgoId>,
    /// The limit take-profit in the book.
    pub tp_order: Option<OrdId>,
    pub actual_sz: Dec,
    pub actual_px: Option<Dec>,
    pub actual_side: String,
    pub triggered: Option<Nanos>,
    /// Last price when it was placed.
    pub last: Option<Dec>,
    pub req_id: String,
    pub amend_result: String,
    pub created: Nanos,
    pub updated: Nanos,
}

impl Algo {
    pub fn closes_position(&self) -> bool {
        self.sz.is_zero()
    }

    /// The take-profit rests in the book already.
    pub fn tp_is_limit(&self) -> bool {
        self.tp.is_some_and(|leg| leg.trigger_px.is_none())
    }
}
