//! The exchange in the hand: some hundred instruments, the truth taken after each step, faults through its admin door.

use okx_fast_core::channel::Arg;
use okx_fast_sim::exchange::Exchange;
use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, Nanos, Output, SECOND};
use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::net::FIRST;
use crate::truth::Truth;

/// Where every run starts: midnight of 2026-11-22.
pub const START: Nanos = 1_795_305_600 * SECOND;

const ADMIN: ConnId = 1;
/// The ears: connections on which nothing is ever sick, so that the oracle hears every trade.
const EARS: [(ConnId, &str); 2] = [(2, "/ws/v5/public"), (3, "/ws/v5/business")];
const EAR_PEER: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
/// Of one subscribe request.
const ARGS: usize = 400;

pub struct Venue {
    pub exchange: Exchange,
    /// Ears are kept alive by hand.
    ping_at: Nanos,
    admin_says: Option<(u16, Value)>,
}

/// An instrument's size and price follow from the seed.
fn instruments(dice: &mut Dice, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for at in 0..count {
        let coin = format!("C{:03}", at / 2);
        let tick = *dice.pick(&["0.1", "0.01", "0.001"]).expect("three");
        let entry = if at % 2 == 0 {
            json!({"instId": format!("{coin}-USDT"), "px": format!("{}.{}", dice.between(20, 800), dice.below(1000)), "tickSz": tick})
        } else {
            json!({"instId": format!("{coin}-USDT-SWAP"), "tickSz": tick})
        };
        all.push(entry);
    }
    all
}

impl Venue {
    /// `hears`: whose trades the oracle must know; half of the books are watched by others than the client.
    pub fn new(seed: u64, count: usize, hears: &[String]) -> Self {
        let mut dice = Dice::of(seed, "venue");
        let config = json!({
            "clock": "virtual", "seed": seed,
            "checksum": if dice.one_in(4) { "legacy" } else { "zero" },
            "switches": {"vip_gate": false, "resubscribe": if dice.one_in(4) { "ack" } else { "snapshot" }},
            "instruments": instruments(&mut dice, count),
            "house": {"levels": dice.between(15, 40), "interval_ms": dice.between(800, 1800), "volatility": 0.0005},
        });
        let config = Config::from_json(&config.to_string()).expect("a configuration");
        let exchange = Exchange::new(config, START).expect("a configuration that can be");
        let mut venue = Self { exchange, ping_at: START, admin_says: None };
        for (conn, path) in EARS {
            let headers = vec![("upgrade".to_owned(), "websocket".to_owned())];
            let request = HttpRequest { method: "GET".into(), target: path.into(), headers, body: Vec::new() };
            venue.give(&Input::Http { conn, peer: EAR_PEER, request });
        }
        let watched: Vec<_> = hears.iter().filter(|_| dice.one_in(2)).map(|id| Arg::new("books", id)).collect();
        let trades = hears.iter().map(|id| Arg::new("trades", id));
        let all = hears.iter().map(|id| Arg::new("trades-all", id));
        venue.listen(EARS[0].0, &trades.chain(watched).collect::<Vec<_>>());
        venue.listen(EARS[1].0, &all.collect::<Vec<_>>());
        venue
    }

    fn listen(&mut self, conn: ConnId, args: &[Arg]) {
        for args in args.chunks(ARGS) {
            let args: Vec<_> = args.iter().map(Arg::to_json).collect();
            let text = format!("{{\"op\":\"subscribe\",\"args\":[{}]}}", args.join(","));
            self.give(&Input::Text { conn, text: text.into_bytes() });
        }
    }

    pub fn give(&mut self, input: &Input) {
        let now = self.exchange.now();
        self.exchange.handle(now, input);
    }

    pub fn next(&self) -> Option<Nanos> {
        [self.exchange.poll_timeout(), Some(self.ping_at)].into_iter().flatten().min()
    }

    /// Runs what is due, and has the truth written down.
    pub fn advance(&mut self, now: Nanos, truth: &mut Truth) {
        self.exchange.advance(now);
        if now >= self.ping_at {
            self.ping_at = now + 15 * SECOND;
            EARS.iter().for_each(|(conn, _)| self.give(&Input::Text { conn: *conn, text: b"ping".to_vec() }));
        }
        truth.look(self.exchange.world());
    }

    /// What goes out to clients now; what is said to the ears and to the admin stays here.
    pub fn output(&mut self, now: Nanos, truth: &mut Truth) -> Option<Output> {
        loop {
            match self.exchange.poll_output(now)? {
                Output::Text { conn, text } if conn < FIRST => hear(now, &text, truth),
                Output::Reply { conn: ADMIN, status, body, .. } => {
                    self.admin_says = Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)));
                }
                Output::Upgrade { conn } if conn < FIRST => {}
                Output::Close { conn, code, reason } if conn < FIRST => panic!("ear {conn} was closed: {code} {reason}"),
                output => return Some(output),
            }
        }
    }

    /// A request on the admin port. What it makes the exchange send is left for [`Venue::output`], in order.
    pub fn admin(&mut self, method: &str, path: &str, body: Option<&Map<String, Value>>) {
        let body = body.map(|body| serde_json::to_vec(body).expect("a JSON object")).unwrap_or_default();
        let request = HttpRequest { method: method.into(), target: path.into(), headers: Vec::new(), body };
        self.give(&Input::Admin { conn: ADMIN, request });
    }

    /// What the admin port answered last.
    pub fn answered(&mut self) -> Option<(u16, Value)> {
        self.admin_says.take()
    }
}

fn hear(now: Nanos, text: &[u8], truth: &mut Truth) {
    if text.starts_with(b"{\"arg\":{\"channel\":\"trades") {
        truth.heard(now, &serde_json::from_slice(text).expect("the exchange sends JSON"));
    } else {
        let bad = text.starts_with(b"{\"event\":\"error\"") || text.starts_with(b"{\"id\"");
        assert!(!bad, "the ear was refused: {}", String::from_utf8_lossy(text));
    }
}
