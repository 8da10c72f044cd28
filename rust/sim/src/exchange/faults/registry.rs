//! The list of faults: registered, shown, taken back, and how long they keep the others awake.

use serde_json::{Map, Value};

use crate::exchange::faults::Faults;
use crate::exchange::faults::fault::Fault;
use crate::exchange::faults::ill::{Ill, Leg};
use crate::exchange::io::{Nanos, Output};
use crate::exchange::world::World;

/// Spent faults that are still listed.
const KEPT: usize = 256;

impl Faults {
    /// Its number, or an error that names kind and field.
    pub fn register(&mut self, given: &Map<String, Value>, now: Nanos) -> Result<u64, String> {
        let fault = Fault::read(self.next_id, given, now)?;
        let id = fault.id;
        self.next_id += 1;
        self.list.push(fault);
        let spent = self.list.iter().filter(|fault| fault.is_spent(now)).count();
        if spent > KEPT
            && let Some(oldest) = self.list.iter().position(|fault| fault.is_spent(now))
        {
            self.list.remove(oldest);
        }
        self.plan_ahead();
        Ok(id)
    }

    pub fn shown(&self) -> Vec<Value> {
        self.list.iter().map(|fault| fault.show(self.now)).collect()
    }

    /// Takes back one fault, or all; what lasts ends. `false`: there is none of that number.
    pub fn heal(&mut self, world: &mut World, id: Option<u64>) -> bool {
        let (healed, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.list).into_iter().partition(|fault| id.is_none_or(|id| fault.id == id));
        self.list = kept;
        for fault in &healed {
            if fault.on {
                self.end_spell(world, &fault.ill, fault.from);
            }
            if let Ill::Slippage { inst_id, .. } = &fault.ill {
                world.ailments.slippage.remove(inst_id.as_deref().unwrap_or_default());
            }
        }
        if id.is_none() {
            self.plans.retain(|_, plan| plan.outlives_its_fault());
            self.release_held(|_| true);
        }
        self.plan_ahead();
        id.is_none() || !healed.is_empty()
    }

    /// After any change of the list: until when frames are read and slowed, and when `run` is needed.
    pub(super) fn plan_ahead(&mut self) {
        let now = self.now;
        let until = |suits: fn(&Ill) -> bool, list: &[Fault]| {
            let mut until = 0;
            for fault in list.iter().filter(|fault| suits(&fault.ill)) {
                until = if fault.is_spent(now) { until } else { Nanos::MAX };
            }
            until
        };
        self.striking = until(Ill::strikes_pushes, &self.list).max(self.striking.min(now));
        self.slowing = until(|ill| matches!(ill, Ill::Latency { leg, .. } if *leg != Leg::Inbound), &self.list);
        let of = |fault: &Fault| {
            let begins = (fault.left > 0 && !fault.on && fault.ill.acts_by_itself()).then_some(fault.from);
            let ends = fault.until.filter(|_| fault.on);
            let again = fault.every.map(|every| fault.from.saturating_add(every)).filter(|_| !fault.ill.acts_by_itself());
            [begins, ends, again].into_iter().flatten().min()
        };
        let faults = self.list.iter().filter_map(of).min();
        let plans = self.plans.first_key_value().map(|((due, _), _)| *due);
        let held = self.held.iter().map(|held| held.until).min();
        self.wake = [faults, plans, held].into_iter().flatten().min();
    }

    /// Faults as the state keeps them; what is planned for connections goes with the connections.
    pub fn dump(&self) -> Value {
        let plans: Vec<_> = self.plans.iter().filter(|(_, plan)| plan.outlives_connections()).collect();
        serde_json::json!({ "list": self.list, "next_id": self.next_id, "rng": self.rng, "plans": plans })
    }

    /// The faults of a dump, before anything is changed for them.
    pub fn read_back(dump: &Value, world: &World) -> Result<Self, String> {
        fn part<T: serde::de::DeserializeOwned>(dump: &Value, name: &str) -> Result<T, String> {
            serde_json::from_value(dump.get(name).cloned().unwrap_or_default()).map_err(|error| format!("faults: {name}: {error}"))
        }
        let mut fresh = Self::new(world).map_err(|error| error.to_string())?;
        fresh.list = part(dump, "list")?;
        fresh.rng = part(dump, "rng")?;
        fresh.next_id = part(dump, "next_id")?;
        fresh.plans = part::<Vec<_>>(dump, "plans")?.into_iter().collect();
        Ok(fresh)
    }

    /// Goes on with the faults of a dump; what is on its way to clients goes out at once.
    pub fn restore(&mut self, mut fresh: Self) {
        fresh.queue = std::mem::take(&mut self.queue).hurried(fresh.now);
        fresh.gone = std::mem::take(&mut self.gone);
        fresh.journal = std::mem::take(&mut self.journal);
        *self = fresh;
        let refused = self.list.iter().any(|fault| fault.on && matches!(fault.ill, Ill::RefuseConnect { .. }));
        self.emit(self.now, Output::Listen { open: !refused });
        self.plan_ahead();
    }
}
