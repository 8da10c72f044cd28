//! All state there is. It can be written down and read back, and only changes when it is told to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{Account, AcctIx};
use crate::exchange::algo::Algos;
use crate::exchange::book::Book;
use crate::exchange::config::{Config, ConfigError};
use crate::exchange::event::{Event, Scope};
use crate::exchange::instrument::{InstIx, Instrument};
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::ledger::Ledger;
use crate::exchange::market::Market;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Orders};
use crate::exchange::trade::Desk;
use crate::exchange::{ledger, market};
use crate::rng::Rng;

/// The state of the exchange. Rooms add methods to it, each in its own folder.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    pub config: Config,
    pub now: Nanos,
    pub rng: Rng,
    pub ids: Ids,
    /// By `InstIx`.
    pub instruments: Vec<Instrument>,
    pub by_inst_id: BTreeMap<String, InstIx>,
    /// By `InstIx`.
    pub books: Vec<Book>,
    pub market: Market,
    /// By `AcctIx`; 0 is the house.
    pub accounts: Vec<Account>,
    pub ledger: Ledger,
    pub orders: Orders,
    pub desk: Desk,
    pub algos: Algos,
    pub ailments: Ailments,
    /// What happened and was not handed out yet.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// Channels somebody listens to: channel → instId, family or instType; on private ones the account's uid before it.
    #[serde(skip)]
    pub interest: BTreeMap<String, BTreeSet<String>>,
    /// A gate hands events to those in `interest`; without one, all of them are wanted.
    #[serde(skip)]
    pub is_gated: bool,
}

/// Lasting sicknesses that other rooms look at; the fault registry sets and heals them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ailments {
    /// How far the time that clients are told, and are held to, is off.
    pub clock_skew_ms: i64,
    /// Chance (0 to 1) that a maker order of a client fills when it is hit; otherwise the taker passes it by. By instId; `""`: all.
    pub fill_probability: BTreeMap<String, Dec>,
    /// Ticks the house backs off before the next taker orders of clients arrive, and how many of them. By instId; `""`: any.
    pub slippage: BTreeMap<String, (u32, u32)>,
}

/// Numbers given out, each once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ids {
    next: u64,
}

impl Default for Ids {
    fn default() -> Self {
        Self { next: 1_900_000_000_000_000_000 }
    }
}

impl Ids {
    /// `ordId`, `algoId`, `billId`, `posId`: 19 digits, growing.
    pub fn take(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl World {
    pub fn new(config: Config, now: Nanos) -> Result<Self, ConfigError> {
        let instruments = market::catalogue(&config, now)?;
        let mut world = Self {
            now,
            rng: Rng::new(config.seed),
            ids: Ids::default(),
            by_inst_id: instruments.iter().map(|i| (i.inst_id.clone(), i.ix)).collect(),
            books: instruments.iter().map(|_| Book::default()).collect(),
            instruments,
            market: Market::default(),
            accounts: Vec::new(),
            ledger: Ledger::default(),
            orders: Orders::default(),
            desk: Desk::default(),
            algos: Algos::default(),
            ailments: Ailments::default(),
            events: Vec::new(),
            interest: BTreeMap::new(),
            is_gated: false,
            config,
        };
        ledger::open_accounts(&mut world)?;
        market::open(&mut world)?;
        Ok(world)
    }

    /// Whether an event of this channel would reach anybody.
    pub fn is_heard(&self, channel: &str) -> bool {
        !self.is_gated || self.interest.contains_key(channel)
    }

    pub fn now_ms(&self) -> u64 {
        self.now / MILLI
    }

    /// The time clients see and are held to: ours, but for `clock_skew`.
    pub fn skewed_now(&self) -> Nanos {
        self.now.saturating_add_signed(self.ailments.clock_skew_ms.saturating_mul(MILLI.cast_signed()))
    }

    pub fn skewed_now_ms(&self) -> u64 {
        self.skewed_now() / MILLI
    }

    pub fn inst(&self, ix: InstIx) -> &Instrument {
        self.instruments.get(ix.0 as usize).expect("an InstIx comes from this catalogue, which only grows")
    }

    pub fn inst_mut(&mut self, ix: InstIx) -> &mut Instrument {
        self.instruments.get_mut(ix.0 as usize).expect("an InstIx comes from this catalogue, which only grows")
    }

    pub fn book(&self, ix: InstIx) -> &Book {
        self.books.get(ix.0 as usize).expect("every instrument has a book")
    }

    pub fn book_mut(&mut self, ix: InstIx) -> &mut Book {
        self.books.get_mut(ix.0 as usize).expect("every instrument has a book")
    }

    pub fn account(&self, ix: AcctIx) -> &Account {
        self.accounts.get(ix.0 as usize).expect("an AcctIx comes from this list, which only grows")
    }

    pub fn account_mut(&mut self, ix: AcctIx) -> &mut Account {
        self.accounts.get_mut(ix.0 as usize).expect("an AcctIx comes from this list, which only grows")
    }

    pub fn find_inst(&self, inst_id: &str) -> Option<&Instrument> {
        self.by_inst_id.get(inst_id).map(|ix| self.inst(*ix))
    }

    pub fn find_code(&self, code: u64) -> Option<&Instrument> {
        self.instruments.iter().find(|i| i.code.map(u64::from) == Some(code))
    }

    /// An open order; `expect`ed by matching, which only holds ids of open orders.
    pub fn order(&self, id: OrdId) -> Option<&crate::exchange::order::Order> {
        self.orders.get(id)
    }

    /// Does anybody listen to this public channel?
    pub fn wanted(&self, channel: &str, key: &str) -> bool {
        self.interest.get(channel).is_some_and(|keys| keys.contains(key))
    }

    /// What a subscription of this instrument is compared with.
    pub fn scope(&self, ix: InstIx) -> Scope {
        let inst = self.inst(ix);
        Scope { inst_type: inst.inst_type.name(), family: inst.family.clone(), inst_id: inst.inst_id.clone(), ..Scope::default() }
    }
}
