//! Orders: what is asked of OKX, what it answers, and what becomes of them.
//!
//! ```text
//! frame    a request's bytes                    answer   what OKX says to it
//! desk     each call, to one of three words     track    each order, through its life
//! row      what OKX tells of an order
//! ```
//!
//! Source: OKX API v5, Order book trading › Trade › WebSocket; Spread trading › WebSocket.

pub mod algos;
pub mod answer;
pub mod desk;
pub mod frame;
pub mod holdings;
pub mod keep;
pub mod row;
pub mod seen;
pub mod track;

use std::fmt;

/// An operation, by OKX's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Order,
    BatchOrders,
    AmendOrder,
    BatchAmendOrders,
    CancelOrder,
    BatchCancelOrders,
    MassCancel,
    SprdOrder,
    SprdAmendOrder,
    SprdCancelOrder,
    SprdMassCancel,
}

/// What an operation does to each of its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Place,
    Amend,
    Cancel,
    /// Cancels many at once, without naming one.
    Sweep,
}

impl Op {
    pub const ALL: [Self; 11] = [
        Self::Order,
        Self::BatchOrders,
        Self::AmendOrder,
        Self::BatchAmendOrders,
        Self::CancelOrder,
        Self::BatchCancelOrders,
        Self::MassCancel,
        Self::SprdOrder,
        Self::SprdAmendOrder,
        Self::SprdCancelOrder,
        Self::SprdMassCancel,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::BatchOrders => "batch-orders",
            Self::AmendOrder => "amend-order",
            Self::BatchAmendOrders => "batch-amend-orders",
            Self::CancelOrder => "cancel-order",
            Self::BatchCancelOrders => "batch-cancel-orders",
            Self::MassCancel => "mass-cancel",
            Self::SprdOrder => "sprd-order",
            Self::SprdAmendOrder => "sprd-amend-order",
            Self::SprdCancelOrder => "sprd-cancel-order",
            Self::SprdMassCancel => "sprd-mass-cancel",
        }
    }

    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == word)
    }

    pub fn does(self) -> Does {
        match self {
            Self::Order | Self::BatchOrders | Self::SprdOrder => Does::Place,
            Self::AmendOrder | Self::BatchAmendOrders | Self::SprdAmendOrder => Does::Amend,
            Self::CancelOrder | Self::BatchCancelOrders | Self::SprdCancelOrder => Does::Cancel,
            Self::MassCancel | Self::SprdMassCancel => Does::Sweep,
        }
    }

    pub fn is_batch(self) -> bool {
        matches!(self, Self::BatchOrders | Self::BatchAmendOrders | Self::BatchCancelOrders)
    }

    /// Of the spread book: on the business socket, and named by `sprdId`.
    pub fn is_sprd(self) -> bool {
        matches!(self, Self::SprdOrder | Self::SprdAmendOrder | Self::SprdCancelOrder | Self::SprdMassCancel)
    }

    /// OKX honours `expTime`.
    pub fn takes_exp_time(self) -> bool {
        !self.is_sprd() && matches!(self.does(), Does::Place | Does::Amend)
    }
}

/// Most orders in one request.
pub const MOST_ITEMS: usize = 20;

/// An id of a user or of OKX, kept inline: at most 32 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Id {
    len: u8,
    bytes: [u8; 32],
}

impl Id {
    /// `None`: longer than any id OKX takes.
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len: text.len() as u8, bytes })
    }

    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
