//! A session in virtual time: what it sends, when it wants to be called, what its user hears.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::book::Validity;

mod blind;
mod books;
mod bridge;
mod data;
mod legs;
mod life;
mod requests;

/// An event with what was true inside the callback.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Book(u32, BookUpdate),
    Trade(u32, Trade),
    Ticker(u32, Box<Ticker>),
    Raw(u32, String),
    /// The notice, and how its book stood when it was told.
    Notice(Option<u32>, Notice, Option<Validity>),
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    id: String,
    op: String,
    /// `channel instrument`.
    args: Vec<String>,
}

/// A session, the time, and the far end's end of the wire.
struct Feed {
    session: Session,
    now: u64,
    /// What was sent and not looked at yet.
    sent: Vec<String>,
    seen: Vec<Seen>,
    /// Notices of states and of blind spots, apart.
    states: Vec<(u8, String)>,
    blind: Vec<Notice>,
    actions: Vec<Action>,
    /// What was sent on the other connections.
    others: Vec<(u8, String)>,
    /// Pings are answered.
    pongs: bool,
}

const S: u64 = SECOND;

impl Feed {
    fn new(args: &[(&str, &str)]) -> Self {
        let mut feed = Self {
            session: Session::new(Config::default()),
            now: 1000 * S,
            sent: Vec::new(),
            seen: Vec::new(),
            states: Vec::new(),
            blind: Vec::new(),
            actions: Vec::new(),
            others: Vec::new(),
            pongs: true,
        };
        for (channel, inst_id) in args {
            feed.session.subscribe(Arg::new(channel, inst_id), None);
        }
        feed
    }

    /// Connected, everything subscribed and acked.
    fn live(args: &[(&str, &str)]) -> Self {
        let mut feed = Self::new(args);
        feed.connect();
        feed.ack_all();
        feed.seen.clear();
        feed
    }

    fn at(&self) -> Stamp {
        Stamp { mono_ns: self.now, wall_ns: 7 }
    }

    fn drive(&mut self, step: impl FnOnce(&mut Session, Stamp, &mut dyn FnMut(Event<'_>))) {
        let at = self.at();
        let books: Vec<_> = self.session.subs.iter().map(|s| s.book.clone()).collect();
        let (seen, states, blind) = (&mut self.seen, &mut self.states, &mut self.blind);
        step(&mut self.session, at, &mut |event| {
            if let Event::Notice(_, notice) = event {
                match notice.kind {
                    Kind::State => return states.push((notice.leg.unwrap().0, notice.got.clone())),
                    Kind::Blind => return blind.push(notice.clone()),
                    _ => {}
                }
            }
            seen.push(match event {
                Event::Book(id, update) => Seen::Book(id.0, *update),
                Event::Trade(id, trade) => Seen::Trade(id.0, *trade),
                Event::Ticker(id, ticker) => Seen::Ticker(id.0, Box::new(*ticker)),
                Event::Answer(leg, answer) => panic!("{leg:?} {answer:?}"),
                Event::Raw(id, frame) => Seen::Raw(id.0, String::from_utf8_lossy(frame).into_owned()),
                Event::Notice(id, notice) => {
                    let book = id.and_then(|id| books[id.0 as usize].as_ref());
                    Seen::Notice(id.map(|id| id.0), notice.clone(), book.map(|b| b.lock().validity()))
                }
            });
        });
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(action) = self.session.poll_action() {
            self.actions.push(action);
        }
        while let Some(frame) = self.session.poll_transmit(LegId::FIRST, self.at()) {
            let Outgoing::Text(frame) = frame else { panic!("{frame:?}") };
            self.sent.push(frame);
        }
        for leg in [1, 2] {
            while let Some(Outgoing::Text(frame)) = self.session.poll_transmit(LegId(leg), self.at()) {
                self.others.push((leg, frame));
            }
        }
    }

    fn with(config: Config, args: &[(&str, &str)]) -> Self {
        let mut feed = Self::new(args);
        let subs = args.iter().map(|(channel, inst_id)| Arg::new(channel, inst_id)).collect::<Vec<_>>();
        feed.session = Session::new(config);
        for arg in subs {
            feed.session.subscribe(arg, None);
        }
        let at = feed.at();
        feed.session.start(at);
        feed.flush();
        feed
    }

    fn connect_on(&mut self, leg: u8) {
        self.drive(|s, at, on| s.handle_connected(LegId(leg), at, on));
    }

    fn lose(&mut self, leg: u8, why: &str) {
        self.drive(|s, at, on| s.handle_disconnected(LegId(leg), at, why, on));
    }

    fn frame_on(&mut self, leg: u8, frame: &str) {
        self.drive(|s, at, on| s.handle_frame(LegId(leg), at, frame.as_bytes(), on));
    }

    /// Acks everything asked for on another connection.
    fn ack_on(&mut self, leg: u8) {
        for (of, frame) in std::mem::take(&mut self.others) {
            let value: Value = serde_json::from_str(&frame).unwrap_or_default();
            for arg in value["args"].as_array().into_iter().flatten().filter(|_| of == leg) {
                self.frame_on(leg, &format!(r#"{{"id":{},"event":{},"arg":{arg}}}"#, value["id"], value["op"]));
            }
        }
    }

    /// What the driver was asked to do since the last look.
    fn take_actions(&mut self) -> Vec<Action> {
        self.flush();
        std::mem::take(&mut self.actions)
    }

    /// Trades since the last look: ids, and whether they were fetched.
    fn trades(&mut self) -> Vec<(u64, bool)> {
        self.take().into_iter().filter_map(|s| if let Seen::Trade(_, t) = s { Some((t.trade_id, t.recovered)) } else { None }).collect()
    }

    /// Why the connection was given up, if it was since the last look.
    fn failure(&mut self) -> Option<String> {
        self.flush();
        self.actions.drain(..).find_map(|a| if let Action::Close(_, why) = a { Some(why) } else { None })
    }

    fn connect(&mut self) {
        self.drive(|s, at, on| s.handle_connected(LegId::FIRST, at, on));
    }

    fn disconnect(&mut self) {
        self.drive(|s, at, on| s.handle_disconnected(LegId::FIRST, at, "reset by peer", on));
    }

    fn frame(&mut self, frame: &str) {
        self.drive(|s, at, on| {
            s.handle_read();
            s.handle_frame(LegId::FIRST, at, frame.as_bytes(), on);
        });
    }

    /// Lets time pass as a driver would: it calls when the session asked to be called.
    fn pass(&mut self, ns: u64) {
        let until = self.now + ns;
        for _ in 0..10_000 {
            match self.session.poll_timeout(self.at()) {
                Some(when) if when <= until => {
                    self.now = self.now.max(when);
                    self.drive(|s, at, on| s.handle_timeout(at, on));
                    let pings = self.others.extract_if(.., |(_, f)| f == "ping").collect::<Vec<_>>();
                    let pongs = self.pongs;
                    for (leg, _) in pings.into_iter().filter(|_| pongs) {
                        self.frame_on(leg, "pong");
                    }
                    let is_asked = pongs && self.sent.iter().any(|f| f == "ping");
                    if is_asked {
                        self.sent.retain(|f| f != "ping");
                        self.frame("pong");
                    }
                }
                _ => {
                    self.now = until;
                    return;
                }
            }
        }
        panic!("the session keeps asking to be called");
    }

    /// What was sent since the last look, without pings.
    fn requests(&mut self) -> Vec<Sent> {
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        let arg = |v: &Value| format!("{} {}", text(&v["channel"]), text(v.get("instId").unwrap_or(&v["sprdId"])));
        let parse = |frame: String| {
            let value: Value = serde_json::from_str(&frame).unwrap();
            Sent { id: text(&value["id"]), op: text(&value["op"]), args: value["args"].as_array().unwrap().iter().map(arg).collect() }
        };
        std::mem::take(&mut self.sent).into_iter().filter(|f| f != "ping").map(parse).collect()
    }

    /// The one request that was sent since the last look.
    fn request(&mut self, op: &str) -> Sent {
        let [sent] = <[Sent; 1]>::try_from(self.requests()).unwrap();
        assert_eq!(sent.op, op);
        sent
    }

    fn ack(&mut self, request: &Sent, arg: &str) {
        let (channel, inst_id) = arg.split_once(' ').unwrap();
        let arg = Arg::new(channel, inst_id).to_json();
        self.frame(&format!(r#"{{"id":"{}","event":"{}","arg":{arg},"connId":"7f1c02aa"}}"#, request.id, request.op));
    }

    /// Acks everything asked for, and what follows from that.
    fn ack_all(&mut self) {
        loop {
            let requests = self.requests();
            if requests.is_empty() {
                return;
            }
            for request in requests {
                for arg in &request.args {
                    self.ack(&request, arg);
                }
            }
        }
    }

    fn error(&mut self, request: &Sent, code: &str) {
        self.frame(&format!(r#"{{"id":"{}","event":"error","code":"{code}","msg":"no","connId":"7f1c02aa"}}"#, request.id));
    }

    /// The notices since the last look, with the subscription's number and the state of its book when they came.
    fn notices(&mut self) -> Vec<(Kind, Option<u32>, Option<Validity>)> {
        self.take().into_iter().filter_map(|s| if let Seen::Notice(id, n, v) = s { Some((n.kind, id, v)) } else { None }).collect()
    }

    /// The only notice of its kind since the last look.
    fn notice(&mut self, kind: Kind) -> Notice {
        let all: Vec<_> = self.take().into_iter().filter_map(|s| if let Seen::Notice(_, n, _) = s { Some(n) } else { None }).collect();
        let [notice] = <[Notice; 1]>::try_from(all.iter().filter(|n| n.kind == kind).cloned().collect::<Vec<_>>())
            .unwrap_or_else(|found| panic!("{} notices of {kind:?} among {all:?}", found.len()));
        notice
    }

    fn take(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.seen)
    }

    fn validity(&self, id: u32) -> Validity {
        self.session.book(SubId(id)).unwrap().lock().validity()
    }

    fn phase(&self, id: u32) -> Phase {
        self.session.subs[id as usize].on[0].phase
    }
}

fn push(inst_id: &str, action: &str, bids: &str, ids: &str) -> String {
    format!(
        r#"{{"arg":{{"channel":"books","instId":"{inst_id}"}},"action":"{action}","data":[{{"asks":[["67500.2","1.20","0","3"]],"bids":[{bids}],"ts":"1785096000123","checksum":0,{ids}}}]}}"#
    )
}

/// A snapshot of `books` that starts a chain at 10.
fn snapshot(inst_id: &str) -> String {
    push(inst_id, "snapshot", r#"["67500.1","0.95","0","4"]"#, r#""prevSeqId":-1,"seqId":10"#)
}

fn update(inst_id: &str, prev: i64, seq: i64) -> String {
    push(inst_id, "update", r#"["67500.1","1.25","0","5"]"#, &format!(r#""prevSeqId":{prev},"seqId":{seq}"#))
}

fn trade_push(inst_id: &str) -> String {
    format!(
        r#"{{"arg":{{"channel":"trades","instId":"{inst_id}"}},"data":[{{"instId":"{inst_id}","tradeId":"130639474","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"3","source":"0","seqId":123461}}]}}"#
    )
}

/// One trade of `trades` with this id.
fn trade(inst_id: &str, id: u64) -> String {
    format!(
        r#"{{"arg":{{"channel":"trades","instId":"{inst_id}"}},"data":[{{"instId":"{inst_id}","tradeId":"{id}","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"1","source":"0","seqId":123461}}]}}"#
    )
}

/// The one look-up asked for since the last look.
fn fetch(feed: &mut Feed) -> Fetch {
    let fetches = feed.take_actions().into_iter().filter_map(|a| if let Action::Fetch(f) = a { Some(f) } else { None });
    let [fetch] = <[Fetch; 1]>::try_from(fetches.collect::<Vec<_>>()).unwrap();
    fetch
}
