//! What faults do by themselves when their time comes: ends of connections, notices, counts, forced fills, and all that lasts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::exchange::faults::ill::{Cut, Ill, Mark};
use crate::exchange::faults::{Class, Faults, fills};
use crate::exchange::gate::{Gate, SocketInfo};
use crate::exchange::io::{ConnId, MILLI, Nanos, Output};
use crate::exchange::num::Dec;
use crate::exchange::order::OrdId;
use crate::exchange::world::World;

/// Something that follows later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Plan {
    /// The end that a notice announced.
    Close(ConnId),
    /// Parts of an order, and the time between them.
    Fill { ord_id: OrdId, rest: Vec<(Nanos, Dec)> },
}

impl Plan {
    pub fn outlives_its_fault(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    pub fn outlives_connections(&self) -> bool {
        matches!(self, Self::Fill { .. })
    }
}

const NOTICE: &str = "The connection will soon be closed for a service upgrade. Please reconnect.";

/// How often a partial fill that found no order looks again.
const LOOK_AGAIN: Nanos = 10 * MILLI;

impl Faults {
    /// Sicknesses that come by themselves.
    pub fn run(&mut self, world: &mut World, gate: &mut Gate) {
        self.now = world.now;
        if self.wake.is_none_or(|wake| wake > world.now) {
            return;
        }
        self.release_held(|held| held.until <= world.now);
        while let Some(((due, number), plan)) = self.plans.pop_first() {
            if due > world.now {
                self.plans.insert((due, number), plan);
                break;
            }
            self.carry_out(world, gate, plan);
        }
        for at in 0..self.list.len() {
            self.look_at(world, gate, at);
        }
        self.plan_ahead();
    }

    /// One fault whose time may have come.
    fn look_at(&mut self, world: &mut World, gate: &mut Gate, at: usize) {
        let Some(fault) = self.list.get_mut(at) else { return };
        let now = world.now;
        if !fault.ill.acts_by_itself() {
            if fault.every.is_some_and(|every| fault.from.saturating_add(every) <= now) {
                fault.renew(now);
            }
            return;
        }
        if fault.until.is_some_and(|until| until <= now) {
            let (ended, began) = (std::mem::take(&mut fault.on).then(|| fault.ill.clone()), fault.from);
            fault.left = 0;
            fault.rearm(now);
            if let Some(ill) = ended {
                self.end_spell(world, &ill, began);
            }
            return;
        }
        if fault.on || !fault.is_live(now) {
            return;
        }
        let (ill, conn) = (fault.ill.clone(), fault.conn);
        if ill.is_spell() {
            fault.on = true;
            fault.hits += 1;
            let (from, until) = (fault.from, fault.until.unwrap_or(fault.from));
            return self.begin_spell(world, &ill, from, until);
        }
        let done = match &ill {
            Ill::Slippage { ticks, inst_id } => {
                world.ailments.slippage.insert(inst_id.clone().unwrap_or_default(), (*ticks, fault.left));
                fault.left = 1;
                true
            }
            _ if ill.is_command() => self.command(world, gate, &ill, conn),
            Ill::PartialFill { mark, schedule } => self.begin_partial_fill(world, mark, schedule),
            _ => return,
        };
        let Some(fault) = self.list.get_mut(at) else { return };
        if done {
            fault.hit();
            fault.rearm(now);
        } else if fault.until.is_none_or(|until| now.saturating_add(LOOK_AGAIN) < until) {
            // There was nothing to strike yet.
            fault.from = now + LOOK_AGAIN;
        } else {
            fault.left = 0;
        }
    }

    fn begin_spell(&mut self, world: &mut World, ill: &Ill, from: Nanos, until: Nanos) {
        match ill {
            Ill::RefuseConnect { .. } => self.emit(world.now, Output::Listen { open: false }),
            Ill::Maintenance { .. } => announce(world, "ongoing", from, until),
            Ill::ClockSkew { ms } => world.ailments.clock_skew_ms = world.ailments.clock_skew_ms.saturating_add(*ms),
            Ill::FillProbability { p, inst_id } => {
                world.ailments.fill_probability.insert(inst_id.clone().unwrap_or_default(), *p);
            }
            _ => {}
        }
    }

    pub(super) fn end_spell(&mut self, world: &mut World, ill: &Ill, began: Nanos) {
        match ill {
            Ill::Maintenance { .. } => announce(world, "completed", began, world.now),
            Ill::RefuseConnect { .. } => self.emit(world.now, Output::Listen { open: true }),
            Ill::ClockSkew { ms } => world.ailments.clock_skew_ms = world.ailments.clock_skew_ms.saturating_sub(*ms),
            Ill::FillProbability { inst_id, .. } => {
                world.ailments.fill_probability.remove(inst_id.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }

    /// `false`: there was nothing it could be done to.
    fn command(&mut self, world: &mut World, gate: &mut Gate, ill: &Ill, conn: Option<ConnId>) -> bool {
        match ill {
            Ill::Close { code, reason, path } => {
                for socket in targets(gate, conn, path.as_deref()) {
                    gate.close(world, self, socket.conn, *code, reason);
                }
            }
            Ill::Cut { how, path, .. } => {
                for SocketInfo { conn, .. } in targets(gate, conn, path.as_deref()) {
                    gate.forget(world, conn);
                    self.on_output(world.now, Class::Control, cut(*how, conn));
                }
            }
            Ill::Notice { close_after, path } => {
                for socket in targets(gate, conn, path.as_deref()) {
                    let text = json!({ "event": "notice", "code": "64008", "msg": NOTICE, "connId": socket.conn_id }).to_string();
                    self.on_output(world.now, Class::Control, Output::Text { conn: socket.conn, text: text.into_bytes().into() });
                    self.plan(world.now.saturating_add(*close_after), Plan::Close(socket.conn));
                }
            }
            Ill::ConnCount { channel, error, n } => {
                let listeners = gate.listeners(channel).into_iter().filter(|of| conn.is_none_or(|conn| conn == *of));
                for conn in listeners.collect::<Vec<_>>() {
                    gate.counted(world.now, self, conn, channel, *n, *error);
                    if *error {
                        gate.drop_channel(world, conn, channel);
                    }
                }
            }
            Ill::ForceFill { mark, sz, px } => return fills::fill_marked(world, mark, *sz, *px),
            Ill::ForceCancel { mark, source } => return fills::cancel_marked(world, mark, source),
            _ => {}
        }
        true
    }

    fn begin_partial_fill(&mut self, world: &World, mark: &Mark, schedule: &[(Nanos, Dec)]) -> bool {
        let busy: Vec<OrdId> =
            self.plans.values().filter_map(|plan| if let Plan::Fill { ord_id, .. } = plan { Some(*ord_id) } else { None }).collect();
        let Some(ord_id) = fills::marked(world, mark).into_iter().find(|id| !busy.contains(id)) else { return false };
        let first = schedule.first().map_or(0, |(after, _)| *after);
        self.plan(world.now.saturating_add(first), Plan::Fill { ord_id, rest: schedule.to_vec() });
        true
    }

    fn carry_out(&mut self, world: &mut World, gate: &mut Gate, plan: Plan) {
        match plan {
            Plan::Close(conn) => gate.close(world, self, conn, 4006, "Service upgrade"),
            Plan::Fill { ord_id, mut rest } => {
                if rest.is_empty() {
                    return;
                }
                let (_, sz) = rest.remove(0);
                let filled = world.force_fill(ord_id, Some(sz), None).is_ok();
                if let Some((after, _)) = rest.first().filter(|_| filled) {
                    self.plan(world.now.saturating_add(*after), Plan::Fill { ord_id, rest });
                }
            }
        }
    }

    fn plan(&mut self, at: Nanos, plan: Plan) {
        let number = self.next_id;
        self.next_id += 1;
        self.plans.insert((at, number), plan);
    }
}

/// A row of `system/status`.
fn announce(world: &mut World, state: &str, begin: Nanos, end: Nanos) {
    let ms = |at: Nanos| (at / MILLI).to_string();
    let row = json!({ "title": "Simulated maintenance", "state": state, "begin": ms(begin), "end": ms(end) });
    if let Value::Object(row) = row {
        // The fields are right, so it is not refused.
        let _ = world.set_status(&row);
    }
}

/// WebSockets on that path, or that one.
fn targets(gate: &Gate, conn: Option<ConnId>, path: Option<&str>) -> Vec<SocketInfo> {
    let fits = |socket: &SocketInfo| conn.is_none_or(|conn| conn == socket.conn) && path.is_none_or(|path| path == socket.site.name());
    gate.sockets().filter(fits).collect()
}

pub(super) fn cut(how: Cut, conn: ConnId) -> Output {
    match how {
        Cut::Reset => Output::Reset { conn },
        Cut::HalfOpen => Output::Freeze { conn },
    }
}
