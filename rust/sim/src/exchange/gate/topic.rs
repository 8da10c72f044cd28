//! Who listens to what. A topic is one distinct arg (of one account, where it is private); its frame is written once for all of its
//! listeners.
//!
//! ```text
//! Event ─▶ account ─▶ channel ─▶ instId, family, instType, "" ─▶ topics ─▶ frame ─▶ connections
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::exchange::account::AcctIx;
use crate::exchange::event::Event;
use crate::exchange::gate::channel::Arg;
use crate::exchange::io::{ConnId, Nanos};
use crate::exchange::world::World;

/// Rows on one page of a snapshot.
const PAGE: usize = 100;

pub(super) type TopicIx = usize;

#[derive(Debug)]
pub(super) struct Topic {
    pub acct: Option<AcctIx>,
    pub arg: Arg,
    /// `{"arg":{…}`: how each of its frames begins.
    head: String,
    pub conns: Vec<ConnId>,
    /// When the next regular snapshot is due.
    pub regular: Option<Nanos>,
    /// When something was sent last: it keeps its listeners' connections alive.
    pub sent: Nanos,
}

impl Topic {
    fn wants(&self, event: &Event) -> bool {
        let (arg, scope) = (&self.arg, &event.scope);
        let same = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        (arg.inst_type == "ANY" || scope.inst_type.is_empty() || same(&arg.inst_type, scope.inst_type))
            && same(&arg.family, &scope.family)
            && same(&arg.inst_id, &scope.inst_id)
            // An account event names all currencies that changed.
            && (scope.ccy.is_empty() || arg.ccy.is_empty() || scope.ccy.split(',').any(|ccy| ccy == arg.ccy))
            && same(&arg.algo_id, &scope.algo_id)
    }

    /// An account row with more in it than this topic asked for.
    pub fn is_part_of(&self, event: &Event) -> bool {
        event.channel == "account" && !self.arg.ccy.is_empty() && event.scope.ccy != self.arg.ccy
    }

    /// The frames of an event; more than one only where a snapshot has many rows.
    pub fn frames(&self, event: &Event) -> Vec<Arc<[u8]>> {
        let paged = event.event_type == Some("snapshot");
        if !paged || event.rows.len() <= PAGE {
            return vec![self.frame(event, &event.rows, paged.then_some((1, true)))];
        }
        let pages = event.rows.chunks(PAGE);
        let last = pages.len();
        pages.zip(1..).map(|(rows, page)| self.frame(event, rows, Some((page, page == last)))).collect()
    }

    fn frame(&self, event: &Event, rows: &[String], page: Option<(usize, bool)>) -> Arc<[u8]> {
        let mut out = Vec::with_capacity(self.head.len() + 80 + rows.iter().map(|row| row.len() + 1).sum::<usize>());
        out.extend_from_slice(self.head.as_bytes());
        if let Some(action) = event.action {
            out.extend_from_slice(b",\"action\":\"");
            out.extend_from_slice(action.as_bytes());
            out.push(b'"');
        }
        if let Some(event_type) = event.event_type {
            out.extend_from_slice(b",\"eventType\":\"");
            out.extend_from_slice(event_type.as_bytes());
            out.push(b'"');
        }
        if let Some((page, last)) = page {
            out.extend_from_slice(format!(",\"curPage\":{page},\"lastPage\":{last}").as_bytes());
        }
        out.extend_from_slice(b",\"data\":[");
        for (at, row) in rows.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(row.as_bytes());
        }
        out.extend_from_slice(b"]}");
        out.into()
    }
}

/// Channel → key → topics.
type Channels = BTreeMap<String, BTreeMap<String, Vec<TopicIx>>>;

#[derive(Debug, Default)]
pub(super) struct Topics {
    topics: Vec<Option<Topic>>,
    free: Vec<TopicIx>,
    by_arg: BTreeMap<(Option<AcctIx>, String), TopicIx>,
    index: BTreeMap<Option<AcctIx>, Channels>,
    /// When regular snapshots are due.
    pub timers: BTreeSet<(Nanos, TopicIx)>,
}

impl Topics {
    pub fn get(&self, ix: TopicIx) -> Option<&Topic> {
        self.topics.get(ix)?.as_ref()
    }

    pub fn get_mut(&mut self, ix: TopicIx) -> Option<&mut Topic> {
        self.topics.get_mut(ix)?.as_mut()
    }

    pub fn find(&self, acct: Option<AcctIx>, arg: &Arg) -> Option<TopicIx> {
        self.by_arg.get(&(acct, arg.text.clone())).copied()
    }

    /// Adds a listener, and tells the world that somebody listens.
    pub fn join(&mut self, world: &mut World, acct: Option<AcctIx>, arg: &Arg, conn: ConnId) -> TopicIx {
        let ix = self.find(acct, arg).unwrap_or_else(|| self.open(world, acct, arg));
        if let Some(topic) = self.get_mut(ix)
            && !topic.conns.contains(&conn)
        {
            topic.conns.push(conn);
        }
        ix
    }

    fn open(&mut self, world: &mut World, acct: Option<AcctIx>, arg: &Arg) -> TopicIx {
        let ix = self.free.pop().unwrap_or(self.topics.len());
        let regular = (acct.is_some() && arg.interval > 0).then(|| world.now + arg.interval);
        let topic = Topic { acct, arg: arg.clone(), head: head(world, acct, arg), conns: Vec::new(), regular, sent: world.now };
        match self.topics.get_mut(ix) {
            Some(slot) => *slot = Some(topic),
            None => self.topics.push(Some(topic)),
        }
        self.timers.extend(regular.map(|at| (at, ix)));
        self.by_arg.insert((acct, arg.text.clone()), ix);
        let keys = self.index.entry(acct).or_default().entry(arg.channel.clone()).or_default();
        keys.entry(arg.key().to_owned()).or_default().push(ix);
        listened(world, acct, arg);
        ix
    }

    /// Takes a listener away; a topic without listeners ends.
    pub fn leave(&mut self, world: &mut World, ix: TopicIx, conn: ConnId) {
        let Some(topic) = self.get_mut(ix) else { return };
        topic.conns.retain(|other| *other != conn);
        if !topic.conns.is_empty() {
            return;
        }
        let Some(Topic { acct, arg, regular, .. }) = self.topics.get_mut(ix).and_then(Option::take) else { return };
        self.free.push(ix);
        if let Some(at) = regular {
            self.timers.remove(&(at, ix));
        }
        self.by_arg.remove(&(acct, arg.text.clone()));
        let Some(channels) = self.index.get_mut(&acct) else { return };
        if let Some(keys) = channels.get_mut(&arg.channel) {
            if let Some(ids) = keys.get_mut(arg.key()) {
                ids.retain(|other| *other != ix);
                if !ids.is_empty() {
                    return;
                }
            }
            keys.remove(arg.key());
            if keys.is_empty() {
                channels.remove(&arg.channel);
            }
        }
        let key = interest_key(world, acct, &arg);
        if let Some(keys) = world.interest.get_mut(&arg.channel) {
            keys.remove(&key);
            if keys.is_empty() {
                world.interest.remove(&arg.channel);
            }
        }
    }

    /// Whom an event concerns, in the order they came.
    pub fn matching(&self, event: &Event, found: &mut Vec<TopicIx>) {
        found.clear();
        let Some(keys) = self.index.get(&event.acct).and_then(|channels| channels.get(event.channel)) else { return };
        let scope = &event.scope;
        let mut tried: [&str; 4] = ["\0"; 4];
        for (at, key) in [scope.inst_id.as_str(), &scope.family, scope.inst_type, ""].into_iter().enumerate() {
            if tried.contains(&key) {
                continue;
            }
            if let Some(slot) = tried.get_mut(at) {
                *slot = key;
            }
            let wants = |ix: &&TopicIx| self.get(**ix).is_some_and(|topic| topic.wants(event));
            found.extend(keys.get(key).into_iter().flatten().filter(wants));
        }
        // An event without an instrument type of its own concerns every type.
        if scope.inst_type.is_empty() && scope.inst_id.is_empty() {
            let others = keys.iter().filter(|(key, _)| !tried.contains(&key.as_str())).flat_map(|(_, ids)| ids);
            found.extend(others.filter(|ix| self.get(**ix).is_some_and(|topic| topic.wants(event))));
        }
    }

    /// Connections of an account that hold a channel, each once.
    pub fn holders(&self, acct: AcctIx, channel: &str) -> BTreeSet<ConnId> {
        let keys = self.index.get(&Some(acct)).and_then(|channels| channels.get(channel));
        let topics = keys.into_iter().flatten().flat_map(|(_, ids)| ids).filter_map(|ix| self.get(*ix));
        topics.flat_map(|topic| topic.conns.iter().copied()).collect()
    }

    /// Tells a world that was read back who listens.
    pub fn announce(&self, world: &mut World) {
        world.interest.clear();
        for topic in self.topics.iter().flatten() {
            listened(world, topic.acct, &topic.arg);
        }
    }
}

fn listened(world: &mut World, acct: Option<AcctIx>, arg: &Arg) {
    let key = interest_key(world, acct, arg);
    world.interest.entry(arg.channel.clone()).or_default().insert(key);
}

/// Public channels by what they are about, private ones by uid.
fn interest_key(world: &World, acct: Option<AcctIx>, arg: &Arg) -> String {
    match acct {
        None => arg.key().to_owned(),
        Some(acct) => format!("{}/{}", world.account(acct).uid, arg.key()),
    }
}

/// Private channels echo the `uid`, none the extra parameters.
fn head(world: &World, acct: Option<AcctIx>, arg: &Arg) -> String {
    let text = arg.text.split(",\"extraParams\":").next().unwrap_or_default();
    match acct {
        None => format!("{{\"arg\":{text}}}"),
        Some(acct) => format!("{{\"arg\":{text},\"uid\":\"{}\"}}", world.account(acct).uid),
    }
}
