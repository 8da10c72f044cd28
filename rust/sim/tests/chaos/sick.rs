//! The sicknesses: which there are, and how each is struck. The seed says which of them a run has, and when.

use okx_fast_core::channel::Arg;
use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos, SECOND};
use serde_json::{Value, json};

use crate::client::Sub;
use crate::dice::Dice;
use crate::net::Ill;
use crate::run::Run;

/// Of the exchange (docs/simulator.md, Faults), of the network, of the user.
pub const KINDS: [&str; 40] = [
    "book_gap",
    "book_gap_storm",
    "book_duplicate",
    "book_reset",
    "book_crossed",
    "book_heartbeat",
    "book_checksum",
    "book_stale_snapshot",
    "delta_before_snapshot",
    "snapshot_lost",
    "latency",
    "push_duplicate",
    "push_reorder",
    "close",
    "close_all",
    "tcp_reset",
    "half_open",
    "refuse_connect",
    "notice",
    "conn_count",
    "conn_count_error",
    "subscribe_error",
    "ack_lost",
    "request_lost",
    "maintenance",
    "clock_skew",
    "net_stall",
    "net_slow",
    "net_freeze",
    "net_cut",
    "net_refuse_connect",
    "net_slow_connect",
    "net_lose_push",
    "net_lose_control",
    "net_garble",
    "net_truncate",
    "server_unsubscribe",
    "slow_reader",
    "user_resubscribe",
    "user_reconnect",
];

/// A fault that finds nothing to strike is forgotten after so long.
const WAITS_MS: u64 = 15_000;
/// How long what a strike brought about may still be on its way.
const AFTERMATH: Nanos = 40 * SECOND;

/// What a run has of them, and how often something strikes.
#[derive(Clone, Debug)]
pub struct Weather {
    pub kinds: Vec<&'static str>,
    /// Mean time between two strikes.
    pub every: Nanos,
}

impl Weather {
    /// A third of the seeds has a few sicknesses, one in twelve a single one, the others all there are. `only`: those.
    pub fn of(dice: &mut Dice, only: Option<&[&'static str]>) -> Self {
        let some = match dice.below(12) {
            0 => 1,
            1..5 => dice.between(2, 6) as usize,
            _ => KINDS.len(),
        };
        let mut kinds = KINDS.to_vec();
        while kinds.len() > some {
            kinds.swap_remove(dice.below(kinds.len() as u64) as usize);
        }
        let every = *dice.pick(&[SECOND, 2 * SECOND, 4 * SECOND, 10 * SECOND]).expect("four");
        let kinds = only.map_or(kinds, <[_]>::to_vec);
        Self { kinds, every }
    }
}

/// A connection of the client's, and what it carries.
struct Target {
    conn: ConnId,
    shard: usize,
    subs: Vec<(Sub, Arg)>,
}

impl Target {
    fn some(&self, dice: &mut Dice, of: impl Fn(&str) -> bool) -> Option<&(Sub, Arg)> {
        let fits: Vec<_> = self.subs.iter().filter(|(_, arg)| of(&arg.channel)).collect();
        dice.pick(&fits).copied()
    }
}

fn is_chained(channel: &str) -> bool {
    matches!(channel, "books" | "books-rpi")
}

fn is_book(channel: &str) -> bool {
    is_chained(channel) || matches!(channel, "books5" | "bbo-tbt")
}

impl Run {
    fn target(&mut self) -> Option<Target> {
        let open = self.net.open();
        let (conn, shard, _) = *self.dice.pick(&open)?;
        let subs = self.judge.live(shard).into_iter().map(|(sub, arg)| (sub, arg.clone())).collect();
        Some(Target { conn, shard, subs })
    }

    /// `None`: there was nothing to strike.
    pub fn strike(&mut self, kind: &str) -> Option<()> {
        match kind {
            "refuse_connect" | "maintenance" | "clock_skew" | "net_refuse_connect" | "net_slow_connect" => self.strike_all(kind),
            "close_all" => {
                self.close_all();
                Some(())
            }
            "book_reset" => self.reset_book(),
            "close" | "tcp_reset" | "half_open" | "notice" | "latency" | "conn_count" | "conn_count_error" => self.strike_connection(kind),
            "subscribe_error" | "ack_lost" | "request_lost" => self.strike_request(kind),
            "book_stale_snapshot" | "delta_before_snapshot" | "snapshot_lost" => self.strike_snapshot(kind),
            _ if kind.starts_with("book_") || kind.starts_with("push_") => self.strike_push(kind),
            _ => self.strike_line(kind),
        }
    }

    /// What keeps everybody out, for a while; not one after the other, or nobody would ever get in.
    fn strike_all(&mut self, kind: &str) -> Option<()> {
        let (now, ms) = (self.now, self.dice.between(500, 15_000));
        if now < self.spared_until {
            return None;
        }
        self.spared_until = now + (ms + self.dice.between(10_000, 60_000)) * MILLI;
        match kind {
            "net_refuse_connect" => self.net.refused_until = now + ms * MILLI,
            "net_slow_connect" => self.net.slow_until = now + ms * MILLI,
            "clock_skew" => self.fault(&json!({"kind": kind, "ms": ms, "for_ms": ms})),
            "maintenance" => {
                let code = *self.dice.pick(&["50001", "50013", "50026"])?;
                self.fault(&json!({"kind": kind, "ms": ms, "code": code}));
            }
            _ => self.fault(&json!({"kind": kind, "ms": ms})),
        }
        Some(())
    }

    fn close_all(&mut self) {
        for (conn, ..) in self.net.open() {
            self.fault(&json!({"kind": "close", "code": 4006, "conn": conn}));
        }
    }

    /// Whoever holds the book gets other numbers.
    fn reset_book(&mut self) -> Option<()> {
        let target = self.target()?;
        let (_, arg) = target.some(&mut self.dice, is_chained)?;
        self.fault(&json!({"kind": "book_reset", "channel": arg.channel, "instId": arg.inst_id(), "for_ms": WAITS_MS, "count": 1}));
        Some(())
    }

    /// What the network, or the user, does to one connection.
    fn strike_line(&mut self, kind: &str) -> Option<()> {
        let target = self.target()?;
        let (now, conn, shard) = (self.now, target.conn, target.shard);
        let (soon, count) = (now + self.dice.between(200, 5_000) * MILLI, self.dice.between(1, 3) as usize);
        match kind {
            "net_stall" => {
                let up = self.dice.one_in(3);
                self.net.stall(conn, up, soon);
            }
            "net_slow" => self.net.slow(conn, now + 10 * SECOND, self.dice.between(50, 1_000) * MILLI),
            "net_freeze" => self.net.freeze(conn),
            "net_cut" => self.net.cut(now, conn),
            "net_lose_push" => self.net.strike(conn, Ill::LosePush, count),
            "net_lose_control" => self.net.strike(conn, Ill::LoseControl, count),
            "net_garble" => self.net.strike(conn, Ill::Garble, count),
            "net_truncate" => self.net.strike(conn, Ill::Truncate, 1),
            // The exchange cannot tell who asked, and its word of it has no id: to the client it came by itself.
            "server_unsubscribe" if self.now < self.mute_until && !self.promises.watches_channels => return None,
            "server_unsubscribe" => {
                let (_, arg) = target.some(&mut self.dice, |_| true)?;
                self.net.send(now, conn, format!("{{\"op\":\"unsubscribe\",\"args\":[{}]}}", arg.to_json()));
            }
            "slow_reader" => self.pause(shard, soon),
            "user_reconnect" => self.reconnect(shard),
            "user_resubscribe" => {
                let (sub, _) = target.some(&mut self.dice, |_| true)?;
                self.resubscribe(shard, *sub, SECOND);
            }
            _ => unreachable!("{kind} is no sickness"),
        }
        Some(())
    }

    /// The next pushes that fit.
    fn strike_push(&mut self, kind: &str) -> Option<()> {
        let target = self.target()?;
        let until = self.now + AFTERMATH;
        let chained = matches!(kind, "book_gap" | "book_duplicate" | "book_heartbeat" | "book_checksum");
        let fits = |channel: &str| if chained { is_chained(channel) } else { kind != "book_crossed" || is_book(channel) };
        let (sub, arg) = target.some(&mut self.dice, fits)?;
        let mut given = json!({"kind": kind, "conn": target.conn, "for_ms": WAITS_MS, "count": self.dice.between(1, 3)});
        match kind {
            // Not one after the other: a book that is never shown again does not show that it was.
            "book_gap_storm" if self.now < self.calm_until => return None,
            "book_gap_storm" => {
                self.calm_until = self.now + self.dice.between(12, 40) * SECOND;
                given["kind"] = json!("book_gap");
                given["count"] = json!(self.dice.between(10, 200));
                given["for_ms"] = json!(8_000);
            }
            "push_reorder" => {
                given["channel"] = json!(arg.channel);
                given["ms"] = json!(self.dice.between(50, 3_000));
            }
            _ => {
                given["channel"] = json!(arg.channel);
                given["instId"] = json!(arg.inst_id());
            }
        }
        match kind {
            // To two connections the exchange would have to tell the same.
            "book_crossed" if self.net.open().iter().filter(|(_, shard, _)| *shard == target.shard).count() > 1 => return None,
            "book_crossed" => self.judge.crosses(target.shard, *sub, until),
            "push_duplicate" => self.judge.excuses(target.shard).doubled = until,
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    /// The next snapshots; one is brought about.
    fn strike_snapshot(&mut self, kind: &str) -> Option<()> {
        let target = self.target()?;
        let (_, arg) = target.some(&mut self.dice, is_chained)?;
        if kind == "book_stale_snapshot" {
            self.judge.excuses(target.shard).stale = self.now + AFTERMATH;
        }
        for kind in ["book_gap", kind] {
            let (channel, inst_id) = (&arg.channel, arg.inst_id());
            self.fault(&json!({"kind": kind, "channel": channel, "instId": inst_id, "conn": target.conn, "for_ms": WAITS_MS, "count": 1}));
        }
        Some(())
    }

    fn strike_connection(&mut self, kind: &str) -> Option<()> {
        let target = self.target()?;
        let mut given = json!({"kind": kind, "conn": target.conn});
        match kind {
            "close" => given["code"] = json!(self.dice.pick(&[1000, 1001, 4004, 4005, 4006, 4008])?),
            "notice" => given["close_after_ms"] = json!(self.dice.between(2_000, 60_000)),
            "latency" => {
                given["path"] = json!(self.dice.pick(&["push", "outbound", "inbound"])?);
                given["us"] = json!(self.dice.between(20_000, 2_000_000));
                given["for_ms"] = json!(self.dice.between(500, 5_000));
            }
            "conn_count" | "conn_count_error" => {
                let (_, arg) = target.some(&mut self.dice, |_| true)?;
                given["kind"] = json!("conn_count");
                given["channel"] = json!(arg.channel);
                given["error"] = json!(kind == "conn_count_error");
            }
            _ => {}
        }
        self.fault(&given);
        Some(())
    }

    /// The next requests to subscribe or unsubscribe; one is brought about.
    fn strike_request(&mut self, kind: &str) -> Option<()> {
        let target = self.target()?;
        let (sub, arg) = target.some(&mut self.dice, |_| true)?;
        let count = self.dice.between(1, 2);
        let mut given = json!({"kind": kind, "endpoint": arg.channel, "conn": target.conn, "for_ms": WAITS_MS, "count": count});
        if kind == "subscribe_error" {
            given["kind"] = json!("error");
            given["code"] = json!(self.dice.pick(&["64007", "60014", "50013"])?);
        }
        if kind == "ack_lost" {
            self.mute_until = self.now + WAITS_MS * MILLI + SECOND;
        }
        self.fault(&given);
        self.resubscribe(target.shard, *sub, 0);
        Some(())
    }

    /// Registers a fault at the exchange.
    fn fault(&mut self, given: &Value) {
        let fields = given.as_object().expect("a fault is an object");
        self.venue.admin("POST", "/faults", Some(fields));
        self.carry();
        let (status, answer) = self.venue.answered().expect("the admin port answers at once");
        assert_eq!(status, 200, "{given}: {answer}");
    }
}
