//! The exchange as a whole: its clock, its health, its state written down and read back.

use serde_json::{Map, Value, json};

use crate::exchange::account::HOUSE;
use crate::exchange::admin::body::Body;
use crate::exchange::admin::{Answer, Desk, bad};
use crate::exchange::advance;
use crate::exchange::config::ClockMode;
use crate::exchange::faults::Faults;
use crate::exchange::gate::Gate;
use crate::exchange::io::MILLI;
use crate::exchange::num::{Dec, text};
use crate::exchange::world::World;

/// A clock is not moved further than this at once: a year.
const FURTHEST_MS: u64 = 366 * 86_400_000;

impl Desk<'_> {
    pub(super) fn health(&self) -> Value {
        json!({
            "ok": true, "name": "okx-fast simulator (not OKX)", "now_ms": self.world.now_ms(), "instruments": self.world.instruments.len(),
            "accounts": self.world.accounts.len() - 1,
        })
    }

    pub(super) fn clock(&self) -> Value {
        let clock = if self.world.config.clock == ClockMode::Virtual { "virtual" } else { "real" };
        json!({ "clock": clock, "now_ms": self.world.now_ms(), "now_ns": self.world.now.to_string(), "told_ms": self.world.skewed_now_ms() })
    }

    pub(super) fn advance(&mut self, mut given: Body<'_>) -> Answer {
        let by = given.dec("advance_ms")?.filter(|ms| *ms >= Dec::ZERO && *ms <= Dec::from(FURTHEST_MS));
        let by = by.ok_or_else(|| bad(format!("advance_ms: expected milliseconds from 0 to {FURTHEST_MS}")))?;
        given.finish()?;
        if self.world.config.clock != ClockMode::Virtual {
            return Err(bad("the clock is real: only a virtual clock can be moved"));
        }
        let nanos = u64::try_from((by * Dec::from(MILLI)).trunc()).map_err(|_| bad("advance_ms: too far"))?;
        let at = self.world.now.saturating_add(nanos);
        advance(self.world, self.gate, self.faults, at);
        self.faults.see(self.world.now);
        Ok(self.clock())
    }

    pub(super) fn metrics(&self) -> Value {
        let world = &*self.world;
        let mut metrics = self.faults.journal.metrics();
        let sockets = self.gate.sockets().map(|socket| {
            let account = socket.account.map_or("", |ix| world.account(ix).label.as_str());
            json!({
                "conn": socket.conn, "path": socket.site.name(), "connId": socket.conn_id, "account": account,
                "subscriptions": socket.subscriptions,
            })
        });
        metrics.insert("sockets".into(), sockets.collect());
        let open = world.accounts.iter().filter(|account| account.ix != HOUSE).map(|account| world.orders.open_of(account.ix).count());
        let orders = json!({ "known": world.orders.all.len(), "open_of_clients": open.sum::<usize>() });
        metrics.insert("orders".into(), orders);
        metrics.insert("accounts".into(), json!(world.accounts.len() - 1));
        metrics.insert("faults".into(), json!(self.faults.shown().len()));
        metrics.insert("now_ms".into(), json!(world.now_ms()));
        Value::Object(metrics)
    }

    pub(super) fn invariants(&self) -> Value {
        let sums = self.world.sums();
        let shown = sums.iter().map(|(ccy, sum)| {
            let row = json!({
                "accounts": text(sum.accounts), "fees": text(sum.fees), "total": text(sum.total), "expected": text(sum.expected),
            });
            (ccy.clone(), row)
        });
        json!({ "ok": self.world.adds_up(), "sums": shown.collect::<Map<_, _>>() })
    }

    pub(super) fn dump(&self) -> Answer {
        let world = serde_json::to_value(&*self.world).map_err(|error| bad(format!("state: {error}")))?;
        Ok(json!({ "version": 1, "world": world, "faults": self.faults.dump() }))
    }

    /// Goes back to a dump. WebSockets are closed with 4006: what they were told is no longer so. HTTP connections stay.
    pub(super) fn restore(&mut self, mut given: Map<String, Value>) -> Answer {
        if given.get("version").and_then(Value::as_u64) != Some(1) {
            return Err(bad("version: expected 1: the body is what GET /state gave"));
        }
        let world = given.remove("world").ok_or_else(|| bad("world: expected the state that GET /state gave"))?;
        let mut world: World = serde_json::from_value(world).map_err(|error| bad(format!("world: {error}")))?;
        if world.config.clock == ClockMode::Real {
            // The present stays the present: what was due meanwhile is done once, now.
            world.now = world.now.max(self.world.now);
        }
        let faults = Faults::read_back(&given.remove("faults").unwrap_or_default(), &world).map_err(bad)?;
        for socket in self.gate.sockets().collect::<Vec<_>>() {
            self.gate.close(self.world, self.faults, socket.conn, 4006, "State restored");
        }
        self.faults.restore(faults);
        *self.world = world;
        *self.gate = Gate::new(self.world);
        self.gate.restored(self.world);
        self.faults.see(self.world.now);
        Ok(self.clock())
    }

    /// Does at once what a change by hand brings about: prices moved, orders triggered.
    pub(super) fn settle(&mut self) {
        let now = self.world.now;
        advance(self.world, self.gate, self.faults, now);
    }
}
