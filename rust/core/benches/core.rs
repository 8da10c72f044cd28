//! What one message costs inside the core. Ids read task/case/implementation; each case asserts the right answer
//! before it is timed. `serde_json` is the plain way: a document tree, then a sorted map.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use okx_fast_core::book::{Side, checksum};
use okx_fast_core::channel::Arg;
use okx_fast_core::limit::{Limiter, Rule, Want};
use okx_fast_core::num::Dec;
use okx_fast_core::order::answer::Answer;
use okx_fast_core::order::desk::{Asked, Call, Config as DeskConfig, Desk, Outcome};
use okx_fast_core::order::frame::Frame;
use okx_fast_core::order::row::parse_push;
use okx_fast_core::order::{Id, Op};
use okx_fast_core::rest::head::{Method, Request, Writer};
use okx_fast_core::rest::reply;
use okx_fast_core::secret::{Credentials, Secret};
use okx_fast_core::session::{Config, Event, LegId, Session, SubId};
use okx_fast_core::sign::Signer;
use okx_fast_core::time::Stamp;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// Updates in the ring: the last one leads back to the first by a numbering reset.
const RING: i64 = 1000;

/// A xorshift generator: the same frames in every run.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// `count` rows of one side, best first; `step` is the direction away from the touch.
fn rows(rng: &mut Rng, best: i64, step: i64, count: usize, whole: bool) -> String {
    let mut steps: Vec<i64> = if whole {
        (0..).take(count).collect()
    } else {
        // Most changes are near the touch, a few far away.
        let mut steps = Vec::new();
        while steps.len() < count {
            let reach = [8, 30, 100, 400][rng.below(4) as usize];
            let at = rng.below(reach).cast_signed();
            if !steps.contains(&at) {
                steps.push(at);
            }
        }
        steps
    };
    steps.sort_unstable();
    let row = |at: i64| {
        let px = best + step * at;
        let gone = !whole && rng.below(4) == 0;
        let (sz, orders) = if gone { (0, 0) } else { (rng.below(90_000) + 1, rng.below(20) + 1) };
        let sz = if gone { "0".to_owned() } else { format!("{}.{:02}", sz / 100, sz % 100) };
        format!(r#"["{}.{}","{sz}","0","{orders}"]"#, px / 10, px % 10)
    };
    steps.into_iter().map(row).collect::<Vec<_>>().join(",")
}

fn book_frame(rng: &mut Rng, action: &str, count: usize, prev: i64, seq: i64) -> Vec<u8> {
    let whole = action == "snapshot";
    let (asks, bids) = (rows(rng, 675_002, 1, count, whole), rows(rng, 675_001, -1, count, whole));
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT-SWAP"}},"action":"{action}","data":[{{"asks":[{asks}],"bids":[{bids}],"ts":"1785096000123","checksum":0,"prevSeqId":{prev},"seqId":{seq}}}]}}"#
    )
    .into_bytes()
}

fn frames() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    let snapshot = book_frame(&mut rng, "snapshot", 400, -1, 0);
    let ring = (0..RING).map(|i| book_frame(&mut rng, "update", 10, i, (i + 1) % RING)).collect();
    (snapshot, ring)
}

const TRADE: &[u8] = br#"{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"130639474","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"3","source":"0","seqId":123461}]}"#;

fn session(channel: &str) -> (Session, SubId) {
    let mut session = Session::new(Config::default());
    let id = session.subscribe(Arg::new(channel, "BTC-USDT-SWAP"), None);
    session.handle_connected(LegId::FIRST, Stamp::default(), |_| ());
    session.poll_transmit(LegId::FIRST, Stamp::default()).unwrap();
    (session, id)
}

/// The plain way: a document tree into sorted maps.
#[derive(Default)]
struct Plain {
    bids: BTreeMap<Reverse<i128>, (Dec, Dec, u32)>,
    asks: BTreeMap<i128, (Dec, Dec, u32)>,
    last: i64,
}

impl Plain {
    fn frame(&mut self, frame: &[u8]) {
        let value: Value = serde_json::from_slice(frame).unwrap();
        assert_eq!(value["arg"]["channel"], "books");
        let data = &value["data"][0];
        if value["action"] == "snapshot" {
            self.bids.clear();
            self.asks.clear();
        } else {
            assert_eq!(data["prevSeqId"].as_i64(), Some(self.last));
        }
        self.last = data["seqId"].as_i64().unwrap();
        side(&mut self.bids, &data["bids"], Reverse);
        side(&mut self.asks, &data["asks"], |px| px);
    }

    fn levels(&self) -> Vec<(Dec, Dec)> {
        self.bids.values().chain(self.asks.values()).map(|(px, sz, _)| (*px, *sz)).collect()
    }
}

fn side<K: Ord>(side: &mut BTreeMap<K, (Dec, Dec, u32)>, rows: &Value, key: impl Fn(i128) -> K) {
    for row in rows.as_array().unwrap() {
        let dec = |i: usize| Dec::parse(row[i].as_str().unwrap().as_bytes()).unwrap();
        let (px, sz) = (dec(0), dec(1));
        let at = key(i128::from(px.mantissa) * 10i128.pow(u32::from(12 - px.scale)));
        if sz.mantissa == 0 {
            side.remove(&at);
        } else {
            side.insert(at, (px, sz, row[3].as_str().unwrap().parse().unwrap()));
        }
    }
    while side.len() > 400 {
        side.pop_last();
    }
}

fn levels(session: &Session, id: SubId) -> Vec<(Dec, Dec)> {
    let book = session.book(id).unwrap().lock();
    let (bids, asks) = book.sides().unwrap();
    bids.iter().chain(asks.iter()).map(|q| (q.px, q.sz)).collect()
}

fn books(c: &mut Criterion) {
    let (snapshot, ring) = frames();
    let at = Stamp::default();
    let (mut fast, id) = session("books");
    let mut plain = Plain::default();
    for frame in std::iter::once(&snapshot).chain(&ring) {
        fast.handle_frame(LegId::FIRST, at, frame, |_| ());
        plain.frame(frame);
        assert_eq!(levels(&fast, id), plain.levels());
    }
    assert_eq!(fast.stats().channels[0].fallbacks.get(), 0);

    let mut group = c.benchmark_group("decode_apply");
    let mut next = ring.iter().cycle();
    group.bench_function("books_update_10x10/okx_fast", |b| {
        b.iter(|| fast.handle_frame(LegId::FIRST, at, next.next().unwrap(), |event| _ = black_box(event)));
    });
    assert_eq!((fast.stats().gaps.get(), fast.stats().skipped.get()), (0, 0));
    let mut next = ring.iter().cycle();
    group.bench_function("books_update_10x10/serde_json", |b| b.iter(|| plain.frame(next.next().unwrap())));
    group.bench_function("snapshot_400x400/okx_fast", |b| {
        b.iter(|| fast.handle_frame(LegId::FIRST, at, &snapshot, |event| _ = black_box(event)));
    });
    group.bench_function("snapshot_400x400/serde_json", |b| b.iter(|| plain.frame(&snapshot)));
    group.finish();

    let mut text = Vec::new();
    let book = fast.book(id).unwrap().lock();
    let (bids, asks) = book.sides().unwrap();
    assert_eq!(checksum(bids, asks, &mut text), plain_checksum(bids, asks));
    let mut group = c.benchmark_group("checksum");
    group.bench_function("25_levels/okx_fast", |b| b.iter(|| checksum(black_box(bids), black_box(asks), &mut text)));
    group.bench_function("25_levels/format", |b| b.iter(|| plain_checksum(black_box(bids), black_box(asks))));
    group.finish();
}

fn plain_checksum(bids: &Side, asks: &Side) -> i32 {
    let mut text = String::new();
    for (bid, ask) in bids.iter().zip(asks.iter()).take(25) {
        for quote in [bid, ask] {
            write!(text, "{}:{}:", quote.px, quote.sz).unwrap();
        }
    }
    crc32fast::hash(text.trim_end_matches(':').as_bytes()).cast_signed()
}

fn trades(c: &mut Criterion) {
    let at = Stamp::default();
    let (mut fast, _) = session("trades");
    let mut seen = Vec::new();
    fast.handle_frame(LegId::FIRST, at, TRADE, |event| {
        if let Event::Trade(_, trade) = event {
            seen.push((trade.trade_id, trade.px, trade.sz, trade.ts_ms));
        }
    });
    let plain = || {
        let value: Value = serde_json::from_slice(black_box(TRADE)).unwrap();
        let trade = &value["data"][0];
        let text = |key: &str| trade[key].as_str().unwrap();
        let dec = |key: &str| Dec::parse(text(key).as_bytes()).unwrap();
        (text("tradeId").parse::<u64>().unwrap(), dec("px"), dec("sz"), text("ts").parse::<u64>().unwrap())
    };
    assert_eq!(seen, [plain()]);
    assert_eq!(fast.stats().channels[6].fallbacks.get(), 0);
    let mut group = c.benchmark_group("decode");
    // A trade that comes again is no news: each has the id after the one before.
    let mut next = TRADE.to_vec();
    let digits = TRADE.windows(9).position(|w| w == b"130639474").unwrap();
    group.bench_function("trade/okx_fast", |b| {
        b.iter(|| {
            for digit in next[digits..digits + 9].iter_mut().rev() {
                *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
                if *digit != b'0' {
                    break;
                }
            }
            fast.handle_frame(LegId::FIRST, at, black_box(&next), |event| _ = black_box(event));
        });
        assert_eq!(fast.stats().known.get(), 0);
    });
    group.bench_function("trade/serde_json", |b| b.iter(plain));
    group.finish();
}

fn sign(c: &mut Criterion) {
    let signer = Signer::new(b"22582BD0CFF14C41EDBF1AB98506286D");
    assert_eq!(signer.sign(&[b"1704876947", b"GET", b"/users/self/verify"]).as_str(), "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU=");
    let body = br#"{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"limit","px":"67500.1","sz":"1"}"#;
    let parts: [&[u8]; 4] = [b"2026-07-26T12:00:00.123Z", b"POST", b"/api/v5/trade/order", body];
    let mut group = c.benchmark_group("sign");
    group.bench_function("request/okx_fast", |b| b.iter(|| signer.sign(black_box(&parts))));
    group.finish();
}

/// One order: its bytes with the signature, its place under two limits, and the code of its reply.
fn rest(c: &mut Criterion) {
    let account = Credentials::new("mykey", &Secret::from(&b"mysecret"[..]), Secret::from(&b"mypass"[..])).unwrap();
    let writer = Writer::new("openapi.okx.com", false).unwrap();
    // A recorded request of another client, and its signature.
    let body = br#"{"instId":"BTC-USDT","ordId":"590908157585625111"}"#;
    let path = "/api/v5/trade/cancel-order";
    let request = Request { method: Method::Post, path, query: b"", body, exp_time: None, language: None };
    let mut out = Vec::new();
    writer.write(&request, Some(&account), 1_585_398_101_274_000_000, &mut out).unwrap();
    let text = std::str::from_utf8(&out).unwrap();
    assert!(text.contains("\r\nOK-ACCESS-SIGN: gSIagznstauOP+iwBhQ2CLDadQSvMtS/dEDo2uPaN5w=\r\n"));
    let mut group = c.benchmark_group("rest");
    group.bench_function("sign_and_build/okx_fast", |b| {
        b.iter(|| writer.write(black_box(&request), Some(&account), 1_585_398_101_274_000_000, &mut out));
    });

    let wants = |n: u32| {
        let rule = |count| Rule { count, window_ns: 2_000_000_000 };
        [Want { bucket: 1, key: "BTC-USDT-SWAP", rule: rule(60), n }, Want { bucket: 2, key: "", rule: rule(1000), n }]
    };
    let (mut limiter, mut now) = (Limiter::new(), 0);
    assert_eq!(limiter.claim(0, &wants(60), 0).map(|claim| limiter.sent(claim, 0)), Ok(()));
    assert!(limiter.claim(0, &wants(1), 0).is_err());
    group.bench_function("limit/okx_fast", |b| {
        b.iter(|| {
            now += 40_000_000;
            if let Ok(claim) = limiter.claim(now, black_box(&wants(1)), u64::MAX) {
                limiter.sent(claim, now);
            }
        });
    });

    let ack = br#"{"code":"0","msg":"","data":[{"clOrdId":"","ordId":"312269865356374016","tag":"","ts":"1695190491421","sCode":"0","sMsg":"","subCode":""}],"inTime":"1695190491421339","outTime":"1695190491423240"}"#;
    assert_eq!(reply::code(ack).unwrap().as_str(), "0");
    group.bench_function("code/okx_fast", |b| b.iter(|| reply::code(black_box(ack))));
    let plain = || serde_json::from_slice::<Value>(black_box(ack)).unwrap()["code"].as_str().map(str::to_owned);
    assert_eq!(plain().as_deref(), Some("0"));
    group.bench_function("code/serde_json", |b| b.iter(plain));
    group.finish();
}

/// An order by WebSocket: its request's bytes, its answer, the call from one to the other, and the row that shows it.
fn orders(c: &mut Criterion) {
    const FIELDS: [(&str, &str); 6] =
        [("tdMode", "cross"), ("side", "buy"), ("ordType", "post_only"), ("px", "67500.1"), ("sz", "1.2"), ("clOrdId", "1000001")];
    let build = |out: &mut Vec<u8>| {
        let mut frame = Frame::new(out, 7, Op::Order, None);
        frame.item();
        frame.int("instIdCode", 211_874);
        for (key, value) in FIELDS {
            frame.text(key, value);
        }
        frame.done();
    };
    let mut out = Vec::new();
    build(&mut out);
    let want = serde_json::json!({"id": "7", "op": "order", "args": [{"instIdCode": 211_874, "tdMode": "cross", "side": "buy",
        "ordType": "post_only", "px": "67500.1", "sz": "1.2", "clOrdId": "1000001"}]});
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), want);
    let mut group = c.benchmark_group("orders");
    group.bench_function("frame/okx_fast", |b| b.iter(|| build(black_box(&mut out))));
    group.bench_function("frame/serde_json", |b| b.iter(|| serde_json::to_writer(black_box(&mut Vec::with_capacity(256)), &want)));

    let answer = br#"{"id":"7","op":"order","code":"0","msg":"","data":[{"ordId":"680800019749904384","clOrdId":"1000001","tag":"","ts":"1785096000100","sCode":"0","sMsg":"","subCode":""}],"inTime":"1785096000099339","outTime":"1785096000101240"}"#;
    let code = |frame: &[u8]| Answer::parse(frame).map(|a| a.code.into_owned());
    assert_eq!(code(answer).as_deref(), Some("0"));
    group.bench_function("answer/okx_fast", |b| b.iter(|| code(black_box(answer))));

    let at = Stamp { mono_ns: 1, wall_ns: 1_785_096_000_000_000_000 };
    let mut desk = Desk::new(DeskConfig::default());
    let inst: Arc<str> = "BTC-USDT-SWAP".into();
    let mut call = || {
        let (ord_id, req_id) = (Id::default(), Id::default());
        let asked = Asked { inst: Arc::clone(&inst), ord_id, cl_ord_id: Id::new("1000001").unwrap(), new_px: None, new_sz: None, req_id };
        let asked = vec![asked];
        desk.begin(Call { id: 7, op: Op::Order, line: 1, called: at, answer_by: u64::MAX, exp_ms: None, asked, ticket: () });
        desk.handle_answer(at, &Answer::parse(answer).unwrap());
        desk.poll_done().unwrap().1
    };
    assert_eq!(call().items[0].outcome, Outcome::Confirmed);
    group.bench_function("call/okx_fast", |b| b.iter(&mut call));

    let row = br#"{"arg":{"channel":"orders","instType":"ANY","uid":"44"},"data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP","ordId":"680800019749904384","clOrdId":"1000001","tag":"","side":"buy","posSide":"net","tdMode":"cross","ordType":"post_only","px":"67500.1","sz":"1.2","state":"live","accFillSz":"0","avgPx":"0","fillPx":"","fillSz":"0","fillTime":"","tradeId":"","fee":"0","feeCcy":"USDT","pnl":"0","lever":"10","source":"","category":"normal","cancelSource":"","amendSource":"","amendResult":"","reqId":"","reduceOnly":"false","code":"0","msg":"","cTime":"1785096000100","uTime":"1785096000100"}]}"#;
    assert_eq!(parse_push(row).unwrap()[0].px.map(|px| px.to_string()).as_deref(), Some("67500.1"));
    group.bench_function("row/okx_fast", |b| b.iter(|| parse_push(black_box(row))));
    group.bench_function("row/serde_json", |b| b.iter(|| serde_json::from_slice::<Value>(black_box(row))));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).without_plots();
    targets = books, trades, sign, rest, orders
}
criterion_main!(benches);
