//! Many calls at once, from threads and as jobs, to a server that does every bad thing by the dice: whatever happens,
//! a request that changes state is on the wire once at most, what is said about it is true, and every call ends in time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use okx_fast_core::rest::head::Method;
use okx_fast_core::secret::{Credentials, Secret};
use okx_fast_net::clock::mono_ns;
use okx_fast_net::http::{DialOptions, Origin, Pause};
use okx_fast_net::rest::{Answer, Call, Completions, Config, Engine, Failure, Gate, Spec};
use okx_fast_net::tls::TlsConfig;

const WITHIN_NS: u64 = 250_000_000;
/// A busy machine may be late; a call that hangs is later.
const GRACE_NS: u64 = 5_000_000_000;
const THREADS: u64 = 12;
const CALLS: u64 = 30;
const JOBS: u64 = 150;
const OK: &str = r#"{"code":"0","msg":"","data":[]}"#;

/// How often each id was received whole.
type Log = Arc<Mutex<HashMap<u64, u32>>>;

/// A linear congruence: any spread of bad luck will do.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn reply(status: u16, body: &str, more: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{more}\r\n{body}", body.len())
}

/// Serves one connection until the dice end it.
fn serve(mut peer: TcpStream, mut dice: Dice, log: &Log) -> Option<()> {
    if dice.roll(20) == 0 {
        return None;
    }
    let mut reader = BufReader::new(peer.try_clone().unwrap());
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head).ok()? == 0 {
                return None;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        if head.contains("/public/time") {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
            let body = format!(r#"{{"code":"0","msg":"","data":[{{"ts":"{now}"}}]}}"#);
            peer.write_all(reply(200, &body, "").as_bytes()).ok()?;
            continue;
        }
        let id =
            head.split("?id=").nth(1).map_or_else(|| String::from_utf8(body).unwrap(), |rest| rest.split(' ').next().unwrap().to_owned());
        *log.lock().unwrap().entry(id.parse().unwrap()).or_default() += 1;
        let refused = |code: &str| format!(r#"{{"code":"{code}","msg":"","data":[]}}"#);
        let whole = reply(200, OK, "");
        match dice.roll(40) {
            0 => return None,
            1 => {
                // A reset instead of an end.
                rustix::net::sockopt::set_socket_linger(&peer, Some(Duration::ZERO)).unwrap();
                return None;
            }
            2 => peer.write_all(&whole.as_bytes()[..20]).ok().and(None)?,
            3 => peer.write_all(&whole.as_bytes()[..whole.len() - 1]).ok().and(None)?,
            4 => thread::sleep(Duration::from_nanos(WITHIN_NS * 3 / 2)),
            5 => peer.write_all(reply(502, "<html>bad gateway</html>", "").as_bytes()).ok()?,
            6 => peer.write_all(reply(429, &refused("50011"), "").as_bytes()).ok()?,
            7 => peer.write_all(reply(500, &refused("50026"), "").as_bytes()).ok()?,
            8 => peer.write_all(reply(401, &refused("50102"), "").as_bytes()).ok()?,
            9 => peer.write_all(reply(200, OK, "Connection: close\r\n").as_bytes()).ok().and(None)?,
            10 => peer.write_all(whole.as_bytes()).ok().and(None)?,
            11 => peer.write_all(b"220 mail.example ESMTP\r\n").ok()?,
            12 => {
                for byte in whole.as_bytes() {
                    peer.write_all(&[*byte]).ok()?;
                }
            }
            _ => peer.write_all(whole.as_bytes()).ok()?,
        }
    }
}

fn server(seed: u64) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let log = Log::default();
    let seen = Arc::clone(&log);
    thread::spawn(move || {
        for (n, peer) in listener.incoming().enumerate() {
            let (log, dice) = (Arc::clone(&seen), Dice(seed.wrapping_mul(0x9E37_79B9).wrapping_add(n as u64)));
            thread::spawn(move || serve(peer.unwrap(), dice, &log));
        }
    });
    (base, log)
}

struct Patient;

impl Pause for Patient {
    fn interrupted(&self) -> bool {
        false
    }
}

impl Gate for Patient {}

struct Ended {
    id: u64,
    is_write: bool,
    late_ns: u64,
    result: Result<Answer, Failure>,
}

impl Ended {
    fn new(id: u64, spec: &Spec, call: &Call, result: Result<Answer, Failure>) -> Self {
        Self { id, is_write: !spec.idempotent, late_ns: mono_ns().saturating_sub(call.deadline_ns), result }
    }
}

#[derive(Default)]
struct Results {
    ended: Mutex<Vec<Ended>>,
    more: Condvar,
}

impl Completions for Results {
    fn done(&self, token: u64, spec: &Spec, call: &Call, result: Result<Answer, Failure>) {
        self.ended.lock().unwrap().push(Ended::new(token, spec, call, result));
        self.more.notify_all();
    }
}

fn spec(is_write: bool, cancel: bool) -> Arc<Spec> {
    let (method, path) = if is_write { (Method::Post, "/api/v5/trade/order") } else { (Method::Get, "/api/v5/trade/fills") };
    let spec = Spec {
        method,
        path: path.into(),
        signed: true,
        idempotent: !is_write,
        cancel,
        bucket: u32::from(is_write),
        count: 60,
        window_ms: 50,
        by_ip: false,
        capped: is_write,
        endpoint: "".into(),
    };
    Arc::new(spec.checked().unwrap())
}

fn call(id: u64, spec: &Spec) -> Call {
    let payload = if spec.idempotent { format!("id={id}") } else { id.to_string() };
    let begun_ns = mono_ns();
    Call {
        payload: payload.into_bytes(),
        keys: vec![("BTC-USDT".into(), 1)],
        exp_time: None,
        language: None,
        begun_ns,
        deadline_ns: begun_ns + WITHIN_NS,
        wait: !id.is_multiple_of(5),
    }
}

fn engine(base: &str, seed: u64) -> Arc<Engine> {
    let config = Config {
        origin: Origin::parse(base).unwrap(),
        tls: TlsConfig::new(None).unwrap(),
        dial: DialOptions { proxy: None, local_address: None, connect_within: Duration::from_secs(2), dns_ttl: Duration::from_secs(60) },
        demo: false,
        connections: 6,
        keep_warm: Some(Duration::from_millis(5)),
        max_clock_offset: Duration::from_secs(600),
        order_cap: 1000,
    };
    let engine = Arc::new(Engine::new(config).unwrap());
    let secret = |text: &str| Secret::from(text.as_bytes());
    engine.set_credentials(Credentials::new(&format!("storm-{seed}"), &secret("s"), secret("p")).unwrap());
    engine.start().unwrap();
    engine
}

#[test]
fn in_any_storm_writes_are_sent_once_at_most_and_what_is_said_of_them_is_true() {
    for seed in 1..=2 {
        let (base, log) = server(seed);
        let (engine, results) = (engine(&base, seed), Arc::new(Results::default()));
        let specs = [spec(true, false), spec(true, true), spec(false, false)];
        let pick = |id: u64| &specs[(id % 3) as usize];
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (engine, results) = (&engine, &results);
                scope.spawn(move || {
                    for id in thread * CALLS..(thread + 1) * CALLS {
                        let (spec, call) = (pick(id), call(id, pick(id)));
                        let result = engine.call(spec, &call, &Patient);
                        results.done(id, spec, &call, result);
                    }
                });
            }
            for id in THREADS * CALLS..THREADS * CALLS + JOBS {
                let sink: Arc<dyn Completions> = Arc::clone(&results) as _;
                engine.submit(Arc::clone(pick(id)), call(id, pick(id)), id, sink).unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
        let all = usize::try_from(THREADS * CALLS + JOBS).unwrap();
        let waited = results.more.wait_timeout_while(results.ended.lock().unwrap(), Duration::from_secs(20), |ended| ended.len() < all);
        let ended = waited.unwrap().0;
        assert_eq!(ended.len(), all, "seed {seed}: a job never ended");
        let log = log.lock().unwrap().clone();
        let (mut answered, mut open) = (0, 0);
        for Ended { id, is_write, late_ns, result } in ended.iter() {
            let received = log.get(id).copied().unwrap_or(0);
            let what = format!("seed {seed}, id {id}: received {received} times, {result:?}");
            assert!(*late_ns < GRACE_NS, "{what}");
            match (is_write, result) {
                (true, Ok(answer)) => assert!(received == 1 && answer.attempts == 1, "{what}"),
                (true, Err(Failure::OutcomeUnknown { .. })) => assert!(received <= 1, "{what}"),
                (true, Err(Failure::NotSent { .. } | Failure::Deadline { .. } | Failure::Limit { .. })) => {
                    assert_eq!(received, 0, "{what}");
                }
                (false, Ok(answer)) => assert!((1..=answer.attempts).contains(&received), "{what}"),
                (false, Err(Failure::Transport { .. } | Failure::Deadline { .. } | Failure::Limit { .. })) => {}
                _ => panic!("{what}"),
            }
            answered += usize::from(result.is_ok());
            open += usize::from(matches!(result, Err(Failure::OutcomeUnknown { .. })));
        }
        assert!(answered > all / 3 && open > 0, "seed {seed}: {answered} of {all} answered, {open} of unknown outcome");
        engine.close();
        assert_eq!(engine.connections().0, 0);
    }
}
