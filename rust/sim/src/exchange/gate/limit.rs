//! Rate limits: sliding windows in the exchange's time. REST and WebSocket share them.
//!
//! A refused request does not count. A batch is refused whole when one of its instruments is over.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use crate::exchange::account::AcctIx;
use crate::exchange::call::{Limit, Per};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// New orders and amendments of a sub-account, over all its contracts.
const ACCOUNT_ORDERS: (u32, u32) = (1000, 2000);
const TOO_MANY_ORDERS: Refusal = Refusal::new("50061", "You've reached the maximum order rate limit for this account.");
const TOO_FAST: Refusal = Refusal::new("50011", "Rate limit reached. Please refer to API documentation and throttle requests accordingly.");

/// Orders in one request.
const BATCH: usize = 20;

/// Windows looked at before the empty ones are thrown out.
const SWEEP_AT: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    All,
    Inst(InstIx),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    bucket: &'static str,
    ip: Option<IpAddr>,
    acct: Option<AcctIx>,
    subject: Subject,
}

/// Who asks, from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub ip: IpAddr,
    pub acct: Option<AcctIx>,
}

/// What was done within the last `span`.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    span: Nanos,
    entries: VecDeque<(Nanos, u32)>,
    total: u32,
}

impl Window {
    fn expire(&mut self, now: Nanos, span: Nanos) {
        self.span = span;
        while let Some((_, n)) = self.entries.front().copied().filter(|(at, _)| *at + span <= now) {
            self.total -= n;
            self.entries.pop_front();
        }
    }

    fn has_room(&mut self, now: Nanos, span: Nanos, n: u32, most: u32) -> bool {
        self.expire(now, span);
        self.total.saturating_add(n) <= most
    }

    fn add(&mut self, now: Nanos, n: u32) {
        match self.entries.back_mut().filter(|(at, _)| *at == now) {
            Some((_, count)) => *count += n,
            None => self.entries.push_back((now, n)),
        }
        self.total += n;
    }

    /// Counts one, if there is room.
    pub fn take(&mut self, now: Nanos, span: Nanos, most: u32) -> bool {
        let room = self.has_room(now, span, 1, most);
        if room {
            self.add(now, 1);
        }
        room
    }
}

#[derive(Debug, Default)]
pub(super) struct Limits {
    windows: BTreeMap<Key, Window>,
    sweep_at: usize,
}

/// The limit of a count, multiplied as configured; `None`: limits are off.
pub(super) fn scaled(world: &World, count: u32) -> Option<u32> {
    let factor = world.config.limits;
    (factor > 0.0).then(|| crate::feed::pace::whole((f64::from(count) * factor).clamp(1.0, 1e9)) as u32)
}

impl Limits {
    /// May this request go ahead? Counts it if so. `counts_for_account`: places or amends orders.
    pub fn check(
        &mut self,
        world: &World,
        who: Who,
        limit: &Limit,
        single: &Limit,
        items: &[Fields],
        counts_for_account: bool,
    ) -> Result<(), Refusal> {
        let now = world.now;
        // More than a batch may hold is the handler's to refuse.
        let items = items.get(..BATCH).unwrap_or(items);
        let limit = if items.len() == 1 { single } else { limit };
        let Some(most) = scaled(world, limit.count) else { return Ok(()) };
        let span = Nanos::from(limit.window_ms) * MILLI;
        let mut wanted: Vec<(Key, u32)> = Vec::new();
        match limit.per {
            Per::UserInst | Per::IpInst | Per::UserCcy => {
                for item in items.get(..if limit.orders { items.len() } else { 1 }).unwrap_or(items) {
                    let key = key(world, limit, who, Some(item));
                    match wanted.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, n)) => *n += 1,
                        None => wanted.push((key, 1)),
                    }
                }
                if items.is_empty() {
                    wanted.push((key(world, limit, who, None), 1));
                }
            }
            Per::Ip | Per::User => {
                let n = if limit.orders { items.len().max(1) } else { 1 };
                wanted.push((key(world, limit, who, None), n as u32));
            }
        }
        let mut account = None;
        if counts_for_account && who.acct.is_some() {
            let orders = items.iter().filter(|item| instrument(world, item).is_some_and(|(_, kind)| kind.is_contract())).count() as u32;
            let most = scaled(world, ACCOUNT_ORDERS.0).unwrap_or(u32::MAX);
            let key = Key { bucket: "account orders", ip: None, acct: who.acct, subject: Subject::All };
            let room = self.window(&key).has_room(now, Nanos::from(ACCOUNT_ORDERS.1) * MILLI, orders, most);
            if !room {
                return Err(TOO_MANY_ORDERS);
            }
            account = (orders > 0).then_some((key, orders));
        }
        for (key, n) in &wanted {
            if !self.window(key).has_room(now, span, *n, most) {
                return Err(TOO_FAST);
            }
        }
        for (key, n) in wanted.iter().chain(&account) {
            self.window(key).add(now, *n);
        }
        self.sweep(now);
        Ok(())
    }

    /// Three new connections a second from one address.
    pub fn connect(&mut self, world: &World, ip: IpAddr) -> bool {
        let Some(most) = scaled(world, 3) else { return true };
        let key = Key { bucket: "connect", ip: Some(ip), acct: None, subject: Subject::All };
        let room = self.window(&key).take(world.now, SECOND, most);
        self.sweep(world.now);
        room
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    fn window(&mut self, key: &Key) -> &mut Window {
        if !self.windows.contains_key(key) {
            self.windows.insert(key.clone(), Window::default());
        }
        self.windows.get_mut(key).expect("inserted just now, if it was not there")
    }

    /// Windows nobody is in are forgotten, so that memory follows who is active and not who ever was.
    fn sweep(&mut self, now: Nanos) {
        if self.windows.len() < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.windows.retain(|_, window| {
            window.expire(now, window.span);
            window.total > 0
        });
        self.sweep_at = self.windows.len() * 2;
    }
}

fn key(world: &World, limit: &Limit, who: Who, item: Option<&Fields>) -> Key {
    let (ip, acct) = match limit.per {
        Per::Ip | Per::IpInst => (Some(who.ip), None),
        Per::User | Per::UserInst | Per::UserCcy => (None, who.acct),
    };
    let subject = match (limit.per, item) {
        (Per::UserInst | Per::IpInst, Some(item)) => match instrument(world, item) {
            Some((ix, InstType::Option)) => Subject::Text(world.inst(ix).family.clone()),
            Some((ix, _)) => Subject::Inst(ix),
            None => Subject::All,
        },
        (Per::UserCcy, Some(item)) => item.text("ccy").filter(|ccy| ccy.len() <= 16).map_or(Subject::All, Subject::Text),
        _ => Subject::All,
    };
    Key { bucket: limit.bucket, ip, acct, subject }
}

/// The instrument an item names, by id or by code.
fn instrument(world: &World, item: &Fields) -> Option<(InstIx, InstType)> {
    let by_code = || item.get("instIdCode").and_then(serde_json::Value::as_u64).and_then(|code| world.find_code(code));
    let by_id = || item.get("instId").and_then(serde_json::Value::as_str).and_then(|id| world.find_inst(id));
    by_code().or_else(by_id).map(|inst| (inst.ix, inst.inst_type))
}
