//! The virtual network: connections between clients and the exchange, each direction in order, late as its line is.
//!
//! ```text
//! client ─▶ up   ─▶ (delay, jitter, stalls) ─▶ Input          ends: hang_up by the client, Close and Reset by the
//! client ◀─ down ◀─ (the same, and ills)    ◀─ Output               exchange, cut and freeze by the network
//! ```

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Nanos, Output, SECOND};

use crate::client::Leg;
use crate::dice::Dice;
use crate::garble;

/// Where the clients live.
pub const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// The first of the clients' connections.
pub const FIRST: ConnId = 100;
/// How long a client waits for a connection.
const PATIENCE: Nanos = 10 * SECOND;
/// When the exchange's side notices that a frozen connection is dead.
const BURIED_AFTER: Nanos = 60 * SECOND;

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Leg(usize, Leg),
    /// A REST request of a shard, by the number of its fetch.
    Fetch(usize, u64),
}

/// What arrives at a client.
#[derive(Clone, Debug)]
pub enum Down {
    Open,
    Text(Arc<[u8]>),
    /// The body of a reply with status 200.
    Answer(Vec<u8>),
    /// The connection is over, or never came about.
    Ended(String),
}

#[derive(Debug)]
enum Hop {
    Up(Input),
    Down(ConnId, Down),
    Patience(ConnId),
}

/// What befalls the next frames down that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// A push does not arrive.
    LosePush,
    /// An ack, or another control event, does not arrive.
    LoseControl,
    /// Bytes are wrong, so that a client can notice.
    Garble,
    /// Only the beginning arrives.
    Truncate,
    /// What answers an operation arrives twice.
    DoubleAnswer,
}

#[derive(Debug)]
struct Link {
    owner: Owner,
    path: &'static str,
    open: bool,
    /// Nothing moves any more, and nobody is told.
    frozen: bool,
    delay: Nanos,
    jitter: Nanos,
    /// Worse than usual until then, by so much.
    slow: (Nanos, Nanos),
    /// Down, up: nothing moves before.
    stalled: [Nanos; 2],
    /// Down, up: when the last frame is due.
    last: [Nanos; 2],
    ills: Vec<Ill>,
}

/// A push that never arrived: of which session, and the frame as the exchange sent it.
pub type Swallowed = (usize, Arc<[u8]>);

#[derive(Debug)]
pub struct Net {
    dice: Dice,
    links: BTreeMap<ConnId, Link>,
    hops: BTreeMap<(Nanos, u64), Hop>,
    number: u64,
    next_conn: ConnId,
    listening: bool,
    /// The word that a channel has ended is never lost.
    spares_last_words: bool,
    /// Connects are refused, or slow, until then.
    pub refused_until: Nanos,
    pub slow_until: Nanos,
    /// Pushes lost since the last look.
    pub swallowed: Vec<Swallowed>,
}

/// What came to its end of a line.
#[derive(Debug)]
pub enum Arrival {
    AtExchange(Input),
    AtClient(ConnId, Owner, Down),
}

impl Net {
    pub fn new(dice: Dice, spares_last_words: bool) -> Self {
        Self {
            dice,
            links: BTreeMap::new(),
            hops: BTreeMap::new(),
            number: 0,
            next_conn: FIRST,
            listening: true,
            spares_last_words,
            refused_until: 0,
            slow_until: 0,
            swallowed: Vec::new(),
        }
    }

    pub fn connect(&mut self, now: Nanos, owner: Owner, path: &'static str) -> ConnId {
        let conn = self.open_link(owner, path);
        self.put(now + PATIENCE, Hop::Patience(conn));
        if now < self.refused_until || !self.listening {
            self.send_down(now, conn, Down::Ended("connection refused".into()));
            return conn;
        }
        if now < self.slow_until {
            let late = now + self.dice.between(SECOND, 14 * SECOND);
            if let Some(link) = self.links.get_mut(&conn) {
                link.stalled = [late; 2];
            }
        }
        // TCP and TLS take round trips before the request leaves.
        let shaken = now + 3 * self.links.get(&conn).map_or(0, |link| link.delay);
        let headers = vec![("upgrade".to_owned(), "websocket".to_owned())];
        let request = HttpRequest { method: "GET".into(), target: path.into(), headers, body: Vec::new() };
        self.send_up(shaken, conn, Input::Http { conn, peer: PEER, request });
        conn
    }

    pub fn fetch(&mut self, now: Nanos, owner: Owner, target: &str, headers: Vec<(String, String)>) -> ConnId {
        self.request(now, owner, HttpRequest { method: "GET".into(), target: target.into(), headers, body: Vec::new() })
    }

    /// Any request by REST, on a connection of its own.
    pub fn request(&mut self, now: Nanos, owner: Owner, request: HttpRequest) -> ConnId {
        let conn = self.open_link(owner, "");
        self.put(now + PATIENCE, Hop::Patience(conn));
        self.send_up(now, conn, Input::Http { conn, peer: PEER, request });
        conn
    }

    fn open_link(&mut self, owner: Owner, path: &'static str) -> ConnId {
        let conn = self.next_conn;
        self.next_conn += 1;
        let delay = self.dice.between(1, 40) * MILLI;
        let jitter = self.dice.below(delay);
        let link =
            Link { owner, path, open: false, frozen: false, delay, jitter, slow: (0, 0), stalled: [0; 2], last: [0; 2], ills: Vec::new() };
        self.links.insert(conn, link);
        conn
    }

    pub fn send(&mut self, now: Nanos, conn: ConnId, text: String) {
        self.send_up(now, conn, Input::Text { conn, text: text.into_bytes() });
    }

    /// The client is done with a connection.
    pub fn hang_up(&mut self, now: Nanos, conn: ConnId) {
        let Some(link) = self.links.remove(&conn) else { return };
        let due = if link.frozen { now + BURIED_AFTER } else { now.max(link.last[1]) + link.delay };
        self.put(due, Hop::Up(Input::Closed { conn }));
    }

    /// Takes what the exchange sends to a client.
    pub fn carry(&mut self, now: Nanos, output: Output) {
        match output {
            Output::Upgrade { conn } => self.send_down(now, conn, Down::Open),
            Output::Text { conn, text } => self.carry_text(now, conn, text),
            Output::Reply { conn, status: 200, body, .. } => self.send_down(now, conn, Down::Answer(body)),
            Output::Reply { conn, status, .. } => self.send_down(now, conn, Down::Ended(format!("HTTP {status}"))),
            Output::Close { conn, code, .. } => self.send_down(now, conn, Down::Ended(format!("closed by the server: {code}"))),
            Output::Reset { conn } => self.send_down(now, conn, Down::Ended("reset by the server".into())),
            Output::Freeze { conn } => self.freeze(conn),
            Output::Listen { open } => self.listening = open,
        }
    }

    fn carry_text(&mut self, now: Nanos, conn: ConnId, text: Arc<[u8]>) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        let push = garble::is_push(&text);
        // Whoever does not hear of the end of a channel has only its silence to go by.
        let ends = |text: &[u8]| text.starts_with(b"{\"event\":\"unsubscribe\"") || text.windows(11).any(|part| part == b"count-error");
        let last_word = !push && self.spares_last_words && ends(&text);
        let fits = |ill: &Ill| match ill {
            _ if last_word => false,
            Ill::LosePush => push,
            Ill::LoseControl => !push,
            Ill::Garble | Ill::Truncate => true,
            Ill::DoubleAnswer => text.starts_with(b"{\"id\":"),
        };
        let text = match link.ills.iter().position(fits).map(|at| link.ills.swap_remove(at)) {
            None => text,
            Some(Ill::DoubleAnswer) => {
                self.send_down(now, conn, Down::Text(Arc::clone(&text)));
                text
            }
            Some(Ill::LosePush | Ill::LoseControl) => {
                if let Owner::Leg(shard, _) = link.owner {
                    self.swallowed.push((shard, text));
                }
                return;
            }
            Some(ill) => {
                let damage = if let Ill::Garble = ill { garble::garbled } else { garble::truncated };
                let damaged = damage(&mut self.dice, &text);
                // Nobody can tell whose it was.
                if let (Owner::Leg(shard, _), false) = (link.owner, garble::names_its_channel(&damaged, &text)) {
                    self.swallowed.push((shard, text));
                }
                damaged
            }
        };
        self.send_down(now, conn, Down::Text(text));
    }

    /// When a frame that leaves now arrives. `way`: 0 down, 1 up.
    fn due(&mut self, now: Nanos, conn: ConnId, way: usize) -> Option<Nanos> {
        let link = self.links.get_mut(&conn)?;
        let slow = if now < link.slow.0 { self.dice.below(link.slow.1) } else { 0 };
        let due = (now + link.delay + self.dice.below(link.jitter + 1) + slow).max(link.last[way]).max(link.stalled[way]);
        link.last[way] = due;
        Some(due)
    }

    fn send_up(&mut self, now: Nanos, conn: ConnId, input: Input) {
        if let Some(due) = self.due(now, conn, 1) {
            self.put(due, Hop::Up(input));
        }
    }

    fn send_down(&mut self, now: Nanos, conn: ConnId, down: Down) {
        if let Some(due) = self.due(now, conn, 0) {
            self.put(due, Hop::Down(conn, down));
        }
    }

    fn put(&mut self, due: Nanos, hop: Hop) {
        self.number += 1;
        self.hops.insert((due, self.number), hop);
    }

    pub fn next(&self) -> Option<Nanos> {
        self.hops.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next thing that arrives by now.
    pub fn arrive(&mut self, now: Nanos) -> Option<Arrival> {
        while let Some(entry) = self.hops.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, number), hop) = entry.remove_entry();
            let (conn, way) = match &hop {
                Hop::Up(input) => (conn_of(input), 1),
                Hop::Down(conn, _) | Hop::Patience(conn) => (*conn, 0),
            };
            // The end of a connection that the client gave up is all that still travels.
            let Some(link) = self.links.get_mut(&conn) else {
                match hop {
                    Hop::Up(input) => return Some(Arrival::AtExchange(input)),
                    _ => continue,
                }
            };
            if let Hop::Patience(_) = hop {
                if !link.open {
                    return Some(self.end(now, conn, "no answer within 10 s"));
                }
                continue;
            }
            if link.frozen {
                continue;
            }
            if link.stalled[way] > now {
                let due = link.stalled[way];
                link.last[way] = link.last[way].max(due);
                self.hops.insert((due, number), hop);
                continue;
            }
            match hop {
                Hop::Up(input) => return Some(Arrival::AtExchange(input)),
                Hop::Down(_, Down::Ended(why)) => return Some(self.end(now, conn, &why)),
                Hop::Down(_, down) => {
                    let owner = link.owner;
                    link.open = true;
                    if let Owner::Fetch(..) = owner {
                        self.hang_up(now, conn);
                    }
                    return Some(Arrival::AtClient(conn, owner, down));
                }
                Hop::Patience(_) => {}
            }
        }
        None
    }

    /// A connection is over for its client, who then hangs up; a fetch needs nobody for that.
    fn end(&mut self, now: Nanos, conn: ConnId, why: &str) -> Arrival {
        let owner = self.links.get(&conn).expect("looked at just now").owner;
        if let Owner::Fetch(..) = owner {
            self.hang_up(now, conn);
        }
        Arrival::AtClient(conn, owner, Down::Ended(why.to_owned()))
    }

    /// Open connections of clients, in the order they were made.
    pub fn open(&self) -> Vec<(ConnId, usize, &'static str)> {
        let of = |(conn, link): (&ConnId, &Link)| match link.owner {
            Owner::Leg(shard, _) if link.open && !link.frozen => Some((*conn, shard, link.path)),
            _ => None,
        };
        self.links.iter().filter_map(of).collect()
    }

    /// Requests by REST that are under way.
    pub fn fetching(&self) -> Vec<ConnId> {
        let of = |(conn, link): (&ConnId, &Link)| matches!(link.owner, Owner::Fetch(..)).then_some(*conn);
        self.links.iter().filter_map(of).collect()
    }

    /// Links, and frames on their way: neither may grow without end.
    pub fn sizes(&self) -> (usize, usize) {
        (self.links.len(), self.hops.len())
    }

    pub fn strike(&mut self, conn: ConnId, ill: Ill, count: usize) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.ills.extend(std::iter::repeat_n(ill, count));
        }
    }

    pub fn stall(&mut self, conn: ConnId, up: bool, until: Nanos) {
        if let Some(link) = self.links.get_mut(&conn) {
            let held = &mut link.stalled[usize::from(up)];
            *held = (*held).max(until);
        }
    }

    pub fn slow(&mut self, conn: ConnId, until: Nanos, by: Nanos) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.slow = (until, by);
        }
    }

    pub fn freeze(&mut self, conn: ConnId) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.frozen = true;
        }
    }

    /// Both sides lose the connection, and what is on its way with it.
    pub fn cut(&mut self, now: Nanos, conn: ConnId) {
        let Some(link) = self.links.get_mut(&conn).filter(|link| !link.frozen) else { return };
        (link.last, link.stalled) = ([0; 2], [0; 2]);
        self.hops.retain(|_, hop| match hop {
            Hop::Up(input) => conn_of(input) != conn,
            Hop::Down(of, _) => *of != conn,
            Hop::Patience(_) => true,
        });
        self.send_down(now, conn, Down::Ended("connection reset".into()));
        self.send_up(now, conn, Input::Closed { conn });
    }

    /// The network is well again; what is dead stays dead.
    pub fn heal(&mut self, now: Nanos) {
        (self.refused_until, self.slow_until) = (0, 0);
        for link in self.links.values_mut() {
            link.ills.clear();
            link.slow = (0, 0);
            link.stalled = link.stalled.map(|until| until.min(now));
        }
    }
}

fn conn_of(input: &Input) -> ConnId {
    match input {
        Input::Http { conn, .. }
        | Input::Text { conn, .. }
        | Input::Binary { conn }
        | Input::Control { conn }
        | Input::Closed { conn }
        | Input::Admin { conn, .. } => *conn,
    }
}

#[cfg(test)]
#[path = "net_tests.rs"]
mod tests;
