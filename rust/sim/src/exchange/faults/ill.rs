//! The kinds of sickness and what each may be told.
//!
//! Three tempers: a blow strikes the next `count` things that fit it; a command is done when its time comes; a spell lasts.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exchange::faults::delay::Draw;
use crate::exchange::faults::params::Params;
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::num::Dec;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookIll {
    Gap,
    Duplicate,
    Reset,
    Crossed,
    Heartbeat,
    Checksum,
    StaleSnapshot,
    DeltaBeforeSnapshot,
    LostSnapshot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leg {
    Inbound,
    Outbound,
    Push,
    Ack,
}

/// How a connection ends without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    Reset,
    HalfOpen,
}

/// Requests an error script or a lost answer is meant for; what is left out fits all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// REST path without `/api/v5/`, `GET` or `POST` before it or not, or the operation over WebSocket.
    pub endpoint: Option<String>,
    pub cl_ord_id: Option<String>,
}

/// Orders a forced fill or cancel is meant for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub ord_id: Option<u64>,
    pub cl_ord_id: Option<String>,
    pub inst_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ill {
    Book {
        ill: BookIll,
        channel: Option<String>,
        inst_id: Option<String>,
    },
    Latency {
        leg: Leg,
        draw: Draw,
        endpoint: Option<String>,
        channel: Option<String>,
    },
    /// The order lives; the answer is `code`, or none at all.
    AckLost {
        aim: Aim,
        code: Option<String>,
    },
    RequestLost {
        aim: Aim,
    },
    PushBeforeAck {
        aim: Aim,
        by: Nanos,
    },
    AckBeforePush {
        aim: Aim,
        by: Nanos,
    },
    PushDuplicate {
        channel: Option<String>,
        inst_id: Option<String>,
    },
    PushReorder {
        channel: Option<String>,
        inst_id: Option<String>,
        within: Nanos,
    },
    Close {
        code: u16,
        reason: String,
        path: Option<String>,
    },
    Cut {
        how: Cut,
        path: Option<String>,
        endpoint: Option<String>,
    },
    RefuseConnect {
        lasts: Nanos,
    },
    Notice {
        close_after: Nanos,
        path: Option<String>,
    },
    ConnCount {
        channel: String,
        error: bool,
        n: usize,
    },
    ClockSkew {
        ms: i64,
    },
    Maintenance {
        lasts: Nanos,
        code: String,
    },
    Error {
        aim: Aim,
        code: String,
        msg: Option<String>,
    },
    ForceFill {
        mark: Mark,
        sz: Option<Dec>,
        px: Option<Dec>,
    },
    ForceCancel {
        mark: Mark,
        source: String,
    },
    /// Waiting time since the part before, and the part of the size.
    PartialFill {
        mark: Mark,
        schedule: Vec<(Nanos, Dec)>,
    },
    FillProbability {
        p: Dec,
        inst_id: Option<String>,
    },
    Slippage {
        ticks: u32,
        inst_id: Option<String>,
    },
}

pub const KINDS: [&str; 30] = [
    "book_gap",
    "book_duplicate",
    "book_reset",
    "book_crossed",
    "book_heartbeat",
    "book_checksum",
    "book_stale_snapshot",
    "delta_before_snapshot",
    "snapshot_lost",
    "latency",
    "ack_lost",
    "request_lost",
    "push_before_ack",
    "ack_before_push",
    "push_duplicate",
    "push_reorder",
    "close",
    "tcp_reset",
    "half_open",
    "refuse_connect",
    "notice",
    "conn_count",
    "clock_skew",
    "maintenance",
    "error",
    "force_fill",
    "force_cancel",
    "partial_fill",
    "fill_probability",
    "slippage",
];

/// Several add up, and times stay times.
const FURTHEST_SKEW_MS: u64 = 3_653 * 86_400_000;

const PATHS: &[&str] = &["public", "private", "business"];

impl Ill {
    pub(super) fn read(p: &mut Params<'_>) -> Result<Self, String> {
        let book = |p: &mut Params<'_>, ill| Ok::<_, String>(Self::Book { ill, channel: p.text("channel")?, inst_id: p.text("instId")? });
        Ok(match p.kind {
            "book_gap" => book(p, BookIll::Gap)?,
            "book_duplicate" => book(p, BookIll::Duplicate)?,
            "book_reset" => book(p, BookIll::Reset)?,
            "book_crossed" => book(p, BookIll::Crossed)?,
            "book_heartbeat" => book(p, BookIll::Heartbeat)?,
            "book_checksum" => book(p, BookIll::Checksum)?,
            "book_stale_snapshot" => book(p, BookIll::StaleSnapshot)?,
            "delta_before_snapshot" => book(p, BookIll::DeltaBeforeSnapshot)?,
            "snapshot_lost" => book(p, BookIll::LostSnapshot)?,
            "latency" => latency(p)?,
            "ack_lost" => Self::AckLost { aim: aim(p)?, code: code(p)? },
            "request_lost" => Self::RequestLost { aim: aim(p)? },
            "push_before_ack" => Self::PushBeforeAck { aim: aim(p)?, by: p.millis("ms")?.unwrap_or(5 * MILLI) },
            "ack_before_push" => Self::AckBeforePush { aim: aim(p)?, by: p.millis("ms")?.unwrap_or(5 * MILLI) },
            "push_duplicate" => Self::PushDuplicate { channel: p.text("channel")?, inst_id: p.text("instId")? },
            "push_reorder" => Self::PushReorder {
                channel: p.text("channel")?,
                inst_id: p.text("instId")?,
                within: p.millis("ms")?.unwrap_or(1_000 * MILLI),
            },
            "close" => close(p)?,
            "tcp_reset" => Self::Cut { how: Cut::Reset, path: p.word("path", PATHS)?, endpoint: endpoint(p)? },
            "half_open" => Self::Cut { how: Cut::HalfOpen, path: p.word("path", PATHS)?, endpoint: endpoint(p)? },
            "refuse_connect" => Self::RefuseConnect { lasts: p.must_millis("ms")? },
            "notice" => Self::Notice { close_after: p.millis("close_after_ms")?.unwrap_or(60_000 * MILLI), path: p.word("path", PATHS)? },
            "conn_count" => {
                let channel = p.text("channel")?.ok_or_else(|| p.wrong("channel", "a private channel"))?;
                let error = p.flag("error")?;
                Self::ConnCount { channel, error, n: p.count("connCount", if error { 30 } else { 2 })? as usize }
            }
            "clock_skew" => {
                let ms = p.signed("ms")?.filter(|ms| ms.unsigned_abs() <= FURTHEST_SKEW_MS);
                Self::ClockSkew { ms: ms.ok_or_else(|| p.wrong("ms", "a whole number, ten years at most"))? }
            }
            "maintenance" => {
                let code = p.word("code", &["50001", "50013", "50026"])?.unwrap_or_else(|| "50001".to_owned());
                Self::Maintenance { lasts: p.must_millis("ms")?, code }
            }
            "error" => {
                let code = code(p)?.ok_or_else(|| p.wrong("code", "an error code"))?;
                Self::Error { aim: aim(p)?, code, msg: p.text("msg")? }
            }
            "force_fill" => Self::ForceFill { mark: mark(p)?, sz: p.dec("sz")?, px: p.dec("px")? },
            "force_cancel" => {
                let source = p.text("cancelSource")?.unwrap_or_else(|| "0".to_owned());
                Self::ForceCancel { mark: mark(p)?, source }
            }
            "partial_fill" => Self::PartialFill { mark: mark(p)?, schedule: schedule(p)? },
            "fill_probability" => {
                let p_ = p.value("p").and_then(|v| v.as_str().map_or_else(|| Some(v.to_string()), |s| Some(s.to_owned())));
                let chance = p_.and_then(|text| crate::exchange::num::parse(&text)).filter(|c| *c >= Dec::ZERO && *c <= Dec::ONE);
                Self::FillProbability { p: chance.ok_or_else(|| p.wrong("p", "a decimal from 0 to 1"))?, inst_id: p.text("instId")? }
            }
            "slippage" => {
                let ticks = p.count("ticks", 1)?;
                Self::Slippage { ticks, inst_id: p.text("instId")? }
            }
            other => return Err(format!("kind: no such fault: {other} (there are {})", KINDS.join(", "))),
        })
    }

    /// Is done when its time comes, instead of waiting for something that fits.
    pub fn is_command(&self) -> bool {
        match self {
            Self::Cut { endpoint, .. } => endpoint.is_none(),
            Self::Close { .. } | Self::Notice { .. } | Self::ConnCount { .. } | Self::ForceFill { .. } | Self::ForceCancel { .. } => true,
            _ => false,
        }
    }

    /// Needs no request and no frame to act.
    pub fn acts_by_itself(&self) -> bool {
        self.is_command() || self.is_spell() || matches!(self, Self::Slippage { .. } | Self::PartialFill { .. })
    }

    /// Lasts, once its time has come.
    pub fn is_spell(&self) -> bool {
        matches!(self, Self::RefuseConnect { .. } | Self::ClockSkew { .. } | Self::Maintenance { .. } | Self::FillProbability { .. })
    }

    /// Strikes frames on their way out.
    pub fn strikes_pushes(&self) -> bool {
        matches!(self, Self::Book { .. } | Self::PushDuplicate { .. } | Self::PushReorder { .. })
    }
}

fn aim(p: &mut Params<'_>) -> Result<Aim, String> {
    let (endpoint, op) = (endpoint(p)?, p.text("op")?);
    Ok(Aim { endpoint: endpoint.or(op), cl_ord_id: p.text("clOrdId_prefix")? })
}

/// `trade/order`, however it was written; a method may stand before it.
fn endpoint(p: &mut Params<'_>) -> Result<Option<String>, String> {
    let plain = |text: String| {
        let (method, path) = text.split_once(' ').unwrap_or(("", &text));
        let path = path.trim_start_matches('/').trim_start_matches("api/v5/");
        if method.is_empty() { path.to_owned() } else { format!("{method} {path}") }
    };
    Ok(p.text("endpoint")?.map(plain))
}

fn mark(p: &mut Params<'_>) -> Result<Mark, String> {
    Ok(Mark { ord_id: p.int("ordId")?, cl_ord_id: p.text("clOrdId_prefix")?, inst_id: p.text("instId")? })
}

fn code(p: &mut Params<'_>) -> Result<Option<String>, String> {
    let code = p.text("code")?;
    match &code {
        Some(digits) if digits.len() != 5 || !digits.bytes().all(|b| b.is_ascii_digit()) => Err(p.wrong("code", "five digits")),
        _ => Ok(code),
    }
}

fn latency(p: &mut Params<'_>) -> Result<Ill, String> {
    let leg = match p.word("path", &["inbound", "outbound", "push", "ack"])?.as_deref() {
        Some("inbound") => Leg::Inbound,
        Some("outbound") => Leg::Outbound,
        Some("push") => Leg::Push,
        Some("ack") => Leg::Ack,
        _ => return Err(p.wrong("path", "one of inbound, outbound, push, ack")),
    };
    let draw = match (p.real("us")?, p.real("median")?, p.real("sigma")?) {
        (Some(us), None, None) => Draw::Fixed(us),
        (None, Some(median), Some(sigma)) => Draw::LogNormal { median, sigma },
        _ => return Err(format!("{}: us, or median and sigma, are needed", p.kind)),
    };
    let (endpoint, op) = (endpoint(p)?, p.text("op")?);
    Ok(Ill::Latency { leg, draw, endpoint: endpoint.or(op), channel: p.text("channel")? })
}

fn close(p: &mut Params<'_>) -> Result<Ill, String> {
    let code = p.int("code")?.unwrap_or(1000);
    let legal = matches!(code, 1000..=1003 | 1007..=1011 | 3000..=4999);
    let code = u16::try_from(code).ok().filter(|_| legal).ok_or_else(|| p.wrong("code", "a close code that may be sent"))?;
    Ok(Ill::Close { code, reason: p.text("reason")?.unwrap_or_default(), path: p.word("path", PATHS)? })
}

/// `[{"after_ms": 10, "sz": "0.1"}, …]`.
fn schedule(p: &mut Params<'_>) -> Result<Vec<(Nanos, Dec)>, String> {
    let expected = "a list of {after_ms, sz}";
    let steps = p.value("schedule").and_then(Value::as_array).filter(|steps| !steps.is_empty() && steps.len() <= 1_000);
    let steps = steps.ok_or_else(|| p.wrong("schedule", expected))?;
    let mut parts = Vec::new();
    for step in steps {
        let fields = step.as_object().ok_or_else(|| p.wrong("schedule", expected))?;
        let mut step = Params::new("partial_fill: schedule", fields);
        let after = step.millis("after_ms")?.unwrap_or(0);
        let sz = step.dec("sz")?.ok_or_else(|| step.wrong("sz", "a decimal above 0"))?;
        parts.push((after, sz));
        let _ = step.value("kind");
        step.finish()?;
    }
    Ok(parts)
}

/// Codes are written into programs, so refusals hold them as such; those of a script are kept for the life of the process.
/// Five digits: there cannot be many.
pub(super) fn static_code(code: &str) -> &'static str {
    static SEEN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = seen.get(code) {
        return known;
    }
    let fresh: &'static str = Box::leak(code.to_owned().into_boxed_str());
    seen.insert(fresh);
    fresh
}
