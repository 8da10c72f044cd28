//! All algo orders, and the ways to find one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::algo::model::{Algo, AlgoId, PxType};
use crate::exchange::instrument::InstIx;
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, pairs};
use crate::exchange::world::World;

/// How many algo orders that are over an account can still look up.
const HISTORY: usize = 2_000;

/// All algo orders and what is to be done with them when no match is under way.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Algos {
    pub all: BTreeMap<AlgoId, Algo>,
    /// Waiting ones, by owner and by instrument.
    pub open: BTreeMap<AcctIx, BTreeSet<AlgoId>>,
    pub by_inst: BTreeMap<InstIx, BTreeSet<AlgoId>>,
    #[serde(with = "pairs")]
    pub by_cl: BTreeMap<(AcctIx, String), AlgoId>,
    pub done: BTreeMap<AcctIx, VecDeque<AlgoId>>,
    /// Born from an order, in the order of its `attachAlgoOrds`.
    pub born: BTreeMap<OrdId, Vec<AlgoId>>,
    /// Resting orders an algo order looks after: limit take-profits and chased ones.
    pub children: BTreeMap<OrdId, AlgoId>,
    pub timers: BTreeSet<(Nanos, AlgoId)>,
    /// Instruments whose prices moved.
    pub moved: BTreeSet<InstIx>,
    /// Positions that are gone, perhaps.
    pub closed: BTreeSet<(AcctIx, InstIx)>,
    /// Limit take-profits to be placed.
    pub to_place: BTreeSet<AlgoId>,
    /// Looked-after orders that ended.
    pub ended: BTreeSet<OrdId>,
    #[serde(skip)]
    pub busy: bool,
}

impl Algos {
    pub fn get(&self, id: AlgoId) -> Option<&Algo> {
        self.all.get(&id)
    }

    /// Waiting ones of an account, oldest first.
    pub fn open_of(&self, acct: AcctIx) -> impl DoubleEndedIterator<Item = &Algo> {
        self.open.get(&acct).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Those that are over, oldest first.
    pub fn done_of(&self, acct: AcctIx) -> impl DoubleEndedIterator<Item = &Algo> {
        self.done.get(&acct).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    pub fn insert(&mut self, algo: Algo) {
        self.open.entry(algo.acct).or_default().insert(algo.id);
        self.by_inst.entry(algo.inst).or_default().insert(algo.id);
        if !algo.cl_id.is_empty() {
            self.by_cl.insert((algo.acct, algo.cl_id.clone()), algo.id);
        }
        self.all.insert(algo.id, algo);
    }

    /// Takes an algo order that is over out of everything that waits.
    pub fn retire(&mut self, id: AlgoId) {
        let Some(algo) = self.all.get(&id) else { return };
        let (acct, inst) = (algo.acct, algo.inst);
        self.open.entry(acct).or_default().remove(&id);
        if let Some(ids) = self.by_inst.get_mut(&inst) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_inst.remove(&inst);
            }
        }
        self.timers.retain(|(_, timer)| *timer != id);
        self.to_place.remove(&id);
        let done = self.done.entry(acct).or_default();
        done.push_back(id);
        if done.len() > HISTORY
            && let Some(old) = done.pop_front()
            && let Some(algo) = self.all.remove(&old)
        {
            if let Some(parent) = algo.parent {
                self.born.remove(&parent);
            }
            let key = (acct, algo.cl_id);
            if self.by_cl.get(&key) == Some(&old) {
                self.by_cl.remove(&key);
            }
        }
    }

    /// `algoClOrdId` of a waiting order, or `attachAlgoClOrdId` of one that will be.
    pub fn takes(&self, acct: AcctIx, cl_id: &str) -> bool {
        let key = (acct, cl_id.to_owned());
        self.by_cl.get(&key).and_then(|id| self.all.get(id)).is_some_and(|algo| algo.state.is_open())
    }
}

impl World {
    /// The price a trigger of this type looks at.
    pub fn trigger_px(&self, inst: InstIx, kind: PxType) -> Option<Dec> {
        match kind {
            PxType::Last => self.last_px(inst),
            PxType::Index => self.index_px(inst),
            PxType::Mark => self.mark_px(inst),
        }
    }
}
