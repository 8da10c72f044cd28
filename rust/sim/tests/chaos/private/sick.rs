//! What befalls the account side: of the exchange, of the network, of REST, of the user.

use okx_fast_sim::exchange::io::{ConnId, MILLI, SECOND};
use serde_json::{Value, json};

use crate::net::Ill;

use super::client::{ORDERS, PRIVATE};
use super::run::Run;
use super::venue::TRADED;

pub const KINDS: [&str; 36] = [
    "ack_lost",
    "ack_code",
    "ack_double",
    "ack_late",
    "request_lost",
    "request_late",
    "op_error",
    "push_before_ack",
    "ack_before_push",
    "push_duplicate",
    "push_reorder",
    "push_late",
    "close",
    "tcp_reset",
    "half_open",
    "cut_on_request",
    "notice",
    "refuse_connect",
    "maintenance",
    "clock_skew",
    "login_error",
    "subscribe_error",
    "rest_error",
    "rest_lost",
    "rest_late",
    "force_fill",
    "force_cancel",
    "partial_fill",
    "net_stall",
    "net_slow",
    "net_freeze",
    "net_cut",
    "net_refuse_connect",
    "net_lose_control",
    "rest_cut",
    "user_reconnect",
];

/// A fault that finds nothing to strike is forgotten after so long.
const WAITS_MS: u64 = 10_000;
const OPS: [&str; 6] = ["order", "batch-orders", "amend-order", "batch-amend-orders", "cancel-order", "batch-cancel-orders"];
const READS: [&str; 5] = ["trade/order", "trade/orders-pending", "trade/fills", "account/positions", "account/balance"];
const WRITES: [&str; 3] = ["trade/order", "trade/amend-order", "trade/cancel-order"];
const CHANNELS: [&str; 3] = ["orders", "positions", "account"];

impl Run {
    /// An open connection of that kind of line; any, without one.
    fn target(&mut self, line: Option<usize>) -> Option<(ConnId, usize)> {
        let mut open = self.net.open();
        open.retain(|(_, shard, _)| line.is_none_or(|line| shard % 2 == line));
        let (conn, shard, _) = *self.dice.pick(&open)?;
        Some((conn, shard))
    }

    /// `None`: there was nothing to strike.
    pub fn strike(&mut self, kind: &str) -> Option<()> {
        match kind {
            "refuse_connect" | "maintenance" | "clock_skew" | "net_refuse_connect" => self.strike_all(kind),
            _ if kind.starts_with("push_") && kind != "push_before_ack" => self.strike_push(kind),
            "close" | "tcp_reset" | "half_open" | "notice" | "login_error" | "subscribe_error" => self.strike_connection(kind),
            "rest_error" | "rest_lost" | "rest_late" | "rest_cut" => self.strike_rest(kind),
            "force_fill" | "force_cancel" | "partial_fill" => self.strike_order(kind),
            _ if kind.starts_with("net_") || kind.starts_with("user_") || kind == "ack_double" => self.strike_line(kind),
            _ => self.strike_operation(kind),
        }
    }

    fn strike_all(&mut self, kind: &str) -> Option<()> {
        let ms = self.dice.between(500, 8_000);
        if self.now < self.spared_until {
            return None;
        }
        self.spared_until = self.now + (ms + self.dice.between(10_000, 40_000)) * MILLI;
        match kind {
            "net_refuse_connect" => self.net.refused_until = self.now + ms * MILLI,
            "maintenance" => {
                let code = *self.dice.pick(&["50001", "50013", "50026"])?;
                self.fault(&json!({"kind": kind, "ms": ms, "code": code}));
            }
            "clock_skew" => self.fault(&json!({"kind": kind, "ms": 40_000, "for_ms": ms})),
            _ => self.fault(&json!({"kind": kind, "ms": ms})),
        }
        Some(())
    }

    /// The next operations on a line, or all of a while.
    fn strike_operation(&mut self, kind: &str) -> Option<()> {
        let (conn, _) = self.target(Some(ORDERS))?;
        let op = *self.dice.pick(&OPS)?;
        let count = self.dice.between(1, 3);
        let mut given = json!({"kind": kind, "op": op, "conn": conn, "for_ms": WAITS_MS, "count": count});
        match kind {
            "ack_code" => {
                given["kind"] = json!("ack_lost");
                given["code"] = json!(self.dice.pick(&["50004", "51149", "50026"])?);
            }
            "op_error" => {
                given["kind"] = json!("error");
                given["code"] = json!(self.dice.pick(&["50004", "50026", "51149", "50001", "50013", "50011", "51008"])?);
            }
            "ack_late" | "request_late" => {
                let us = self.dice.between(50_000, 6_000_000);
                let (path, endpoint) = if kind == "ack_late" { ("ack", op) } else { ("inbound", op) };
                given = json!({"kind": "latency", "path": path, "endpoint": endpoint, "us": us, "conn": conn, "for_ms": WAITS_MS, "count": count});
            }
            "push_before_ack" | "ack_before_push" => given["ms"] = json!(self.dice.between(5, 2_000)),
            "cut_on_request" => {
                let how = if self.dice.one_in(2) { "tcp_reset" } else { "half_open" };
                given = json!({"kind": how, "endpoint": op, "conn": conn, "for_ms": WAITS_MS, "count": 1});
            }
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    fn strike_push(&mut self, kind: &str) -> Option<()> {
        let (conn, _) = self.target(Some(PRIVATE))?;
        let channel = *self.dice.pick(&CHANNELS)?;
        let mut given = json!({"kind": kind, "conn": conn, "channel": channel, "for_ms": WAITS_MS, "count": self.dice.between(1, 4)});
        match kind {
            "push_reorder" => given["ms"] = json!(self.dice.between(50, 3_000)),
            "push_late" => {
                given["kind"] = json!("latency");
                given["path"] = json!("push");
                given["us"] = json!(self.dice.between(20_000, 3_000_000));
            }
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    fn strike_connection(&mut self, kind: &str) -> Option<()> {
        let (conn, _) = self.target(None)?;
        let mut given = json!({"kind": kind, "conn": conn});
        match kind {
            "close" => given["code"] = json!(self.dice.pick(&[1000, 1001, 4004, 4006, 4008])?),
            "subscribe_error" if self.later(3) => {
                let channel = *self.dice.pick(&CHANNELS)?;
                given = json!({"kind": "conn_count", "channel": channel, "error": true, "conn": conn});
            }
            "notice" => given["close_after_ms"] = json!(self.dice.between(2_000, 40_000)),
            "login_error" => {
                let code = *self.dice.pick(&["60009", "50001", "60006"])?;
                given = json!({"kind": "error", "endpoint": "login", "code": code, "for_ms": WAITS_MS, "count": self.dice.between(1, 3)});
                self.net.cut(self.now, conn);
            }
            "subscribe_error" => {
                let code = *self.dice.pick(&["64007", "60014", "50013"])?;
                let channel = *self.dice.pick(&CHANNELS)?;
                // For good, as OKX says.
                let code = if self.later(2) { "60018" } else { code };
                given = json!({"kind": "error", "endpoint": channel, "code": code, "for_ms": WAITS_MS, "count": 1});
                self.net.cut(self.now, conn);
            }
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    fn strike_rest(&mut self, kind: &str) -> Option<()> {
        if kind == "rest_cut" {
            let fetching = self.net.fetching();
            let conn = *self.dice.pick(&fetching)?;
            if self.dice.one_in(2) {
                self.net.cut(self.now, conn);
            } else {
                self.net.freeze(conn);
            }
            return Some(());
        }
        let read = format!("GET {}", self.dice.pick(&READS)?);
        let read = if self.later(2) { format!("POST {}", self.dice.pick(&WRITES)?) } else { read };
        let count = self.dice.between(1, 6);
        let mut given = json!({"kind": "error", "endpoint": read, "for_ms": WAITS_MS, "count": count});
        match kind {
            "rest_error" => given["code"] = json!(self.dice.pick(&["50001", "50004", "50011", "50013", "50026"])?),
            "rest_lost" if self.later(2) => given["kind"] = json!("ack_lost"),
            "rest_lost" => given["kind"] = json!("request_lost"),
            _ => {
                let endpoint = read.trim_start_matches("GET ").trim_start_matches("POST ");
                let path = *self.dice.pick(&["inbound", "outbound"])?;
                let us = self.dice.between(50_000, 7_000_000);
                given = json!({"kind": "latency", "path": path, "endpoint": endpoint, "us": us, "for_ms": WAITS_MS, "count": count});
            }
        }
        self.fault(&given);
        Some(())
    }

    fn strike_order(&mut self, kind: &str) -> Option<()> {
        let inst_id = *self.dice.pick(&TRADED)?;
        let mut given = json!({"kind": kind, "instId": inst_id, "for_ms": 2_000, "count": 1});
        let min = self.venue.exchange.world().find_inst(inst_id).map(|inst| inst.min_sz.normalize().to_string())?;
        match kind {
            "force_cancel" => given["cancelSource"] = json!(self.dice.pick(&["0", "20", "9"])?),
            "partial_fill" => {
                let step = |after: u64| json!({"after_ms": after, "sz": min});
                given["schedule"] = Value::Array((0..self.dice.between(1, 4)).map(|_| step(self.dice.between(0, 400))).collect());
            }
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    fn strike_line(&mut self, kind: &str) -> Option<()> {
        let line = if kind == "ack_double" { Some(ORDERS) } else { None };
        let (conn, shard) = self.target(line)?;
        let now = self.now;
        let (soon, count) = (now + self.dice.between(200, 6_000) * MILLI, self.dice.between(1, 3) as usize);
        match kind {
            "ack_double" => self.net.strike(conn, Ill::DoubleAnswer, count),
            "net_stall" => {
                let up = self.dice.one_in(2);
                self.net.stall(conn, up, soon);
            }
            "net_slow" => self.net.slow(conn, now + 10 * SECOND, self.dice.between(50, 1_500) * MILLI),
            "net_freeze" => self.net.freeze(conn),
            "net_cut" => self.net.cut(now, conn),
            "net_lose_control" => self.net.strike(conn, Ill::LoseControl, count),
            "user_reconnect" => self.reconnect(shard),
            _ => unreachable!("{kind} is no sickness"),
        }
        Some(())
    }

    fn fault(&mut self, given: &Value) {
        self.venue.admin("POST", "/faults", given);
        self.carry();
    }
}
