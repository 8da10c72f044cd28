//! Numbers nobody should send, on every private endpoint and operation, among requests that work: nothing panics, every request is
//! answered, and all balances add up.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value, json};

use super::Rig;
use crate::exchange::account::AcctIx;
use crate::exchange::call::Route;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::{MILLI, SECOND};
use crate::exchange::market::SetMarket;
use crate::exchange::num::{Dec, text};
use crate::exchange::{algo, ledger, trade};
use crate::rng::Rng;

const SOCKET: u64 = 7;

const NASTY: &[&str] = &[
    "9999999999999",
    "-9999999999999",
    "10000000000000",
    "79228162514264337593543950335",
    "99999999999999999999999999999999999999999",
    "0.0000000000000000000000000001",
    "0.0000000000000001",
    "0.1234567890123456789012345678",
    "1.00000000000000000000000000001",
    "1234567890123.1234567890123456",
    "-0.0000000000000000000000000001",
    "1000000000000",
    "999999999.99999999",
    "-1",
    "0",
    "-0",
    "00000000000000000000000000000000001",
    "1e5",
    "1e-30",
    "1E400",
    "NaN",
    "Infinity",
    "0x10",
    "１２",
    "ÿ\u{0}\u{202e}🙂",
    " 1",
    "+1",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
];

/// Fields of orders, and those of anything else.
const ORDER: &[&str] = &[
    "instId",
    "tdMode",
    "side",
    "ordType",
    "sz",
    "px",
    "pxUsd",
    "pxVol",
    "posSide",
    "ccy",
    "reduceOnly",
    "tgtCcy",
    "banAmend",
    "pxAmendType",
    "slippagePct",
    "stpMode",
    "clOrdId",
    "attachAlgoOrds",
];
const AMEND: &[&str] = &["instId", "ordId", "newSz", "newPx", "newPxUsd", "newPxVol", "cxlOnFail", "reqId", "attachAlgoOrds"];
const ALGO: &[&str] = &[
    "instId",
    "tdMode",
    "side",
    "algoType",
    "sz",
    "closeFraction",
    "posSide",
    "ccy",
    "reduceOnly",
    "tgtCcy",
    "tpTriggerPx",
    "tpOrdPx",
    "slTriggerPx",
    "slOrdPx",
    "tpTriggerPxType",
    "slTriggerPxType",
    "triggerPx",
    "orderPx",
    "triggerPxType",
    "advanceOrdType",
    "callbackRatio",
    "callbackSpread",
    "activePx",
    "pxVar",
    "pxSpread",
    "szLimit",
    "pxLimit",
    "timeInterval",
    "chaseType",
    "chaseVal",
    "maxChaseType",
    "maxChaseVal",
    "attachAlgoOrds",
];
const AMEND_ALGO: &[&str] = &[
    "instId",
    "algoId",
    "newSz",
    "newTpTriggerPx",
    "newTpOrdPx",
    "newSlTriggerPx",
    "newSlOrdPx",
    "newTriggerPx",
    "newOrdPx",
    "newCallbackRatio",
    "newCallbackSpread",
    "newActivePx",
];
const OTHER: &[&str] = &[
    "instId",
    "ccy",
    "lever",
    "leverage",
    "mgnMode",
    "posSide",
    "posMode",
    "acctLv",
    "type",
    "amt",
    "adjustments",
    "from",
    "to",
    "fromSubAccount",
    "toSubAccount",
    "subAcct",
    "tdMode",
    "px",
    "instType",
    "instFamily",
    "ordId",
    "algoId",
    "limit",
    "after",
    "before",
    "begin",
    "end",
    "timeOut",
    "lockInterval",
    "autoLoan",
    "greeksType",
    "feeType",
    "isoMode",
    "settleCcy",
    "ordType",
    "autoCxl",
    "mgnCcy",
    "tgtCcy",
    "reduceOnly",
    "tag",
    "transId",
    "posId",
    "valuationCcy",
    "ordFrozen",
];

fn fields(path: &str) -> &'static [&'static str] {
    match path {
        "trade/order" | "trade/batch-orders" | "trade/order-precheck" | "order" | "batch-orders" => ORDER,
        "trade/amend-order" | "trade/amend-batch-orders" | "amend-order" | "batch-amend-orders" => AMEND,
        "trade/order-algo" => ALGO,
        "trade/amend-algos" => AMEND_ALGO,
        _ => OTHER,
    }
}

fn choose<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.below(from.len() as u64) as usize]
}

/// Values that could be some.
fn words(name: &str) -> &'static [&'static str] {
    match name {
        "tdMode" => &["cash", "cross", "cross", "isolated"],
        "mgnMode" => &["cross", "isolated"],
        "side" => &["buy", "sell"],
        "ordType" => &["limit", "limit", "post_only", "ioc", "fok", "market", "market", "optimal_limit_ioc"],
        "algoType" => &["conditional", "oco", "trigger", "move_order_stop", "twap", "chase"],
        "posSide" => &["net", "long", "short"],
        "ccy" | "mgnCcy" | "valuationCcy" => &["USDT", "BTC", "ETH", ""],
        "reduceOnly" | "banAmend" | "cxlOnFail" | "autoCxl" | "autoLoan" => &["", "", "true", "false"],
        "tgtCcy" => &["", "base_ccy", "quote_ccy"],
        "pxAmendType" | "feeType" => &["", "0", "1"],
        "slippagePct" => &["", "0.01"],
        "stpMode" => &["", "cancel_maker", "cancel_taker", "cancel_both"],
        "tpTriggerPxType" | "slTriggerPxType" | "triggerPxType" => &["", "last", "index", "mark"],
        "advanceOrdType" => &["", "", "ioc", "fok", "chase"],
        "chaseType" | "maxChaseType" => &["distance", "ratio"],
        "callbackRatio" | "newCallbackRatio" | "pxVar" | "chaseVal" | "maxChaseVal" => &["", "0.01", "0.05"],
        "timeInterval" => &["10"],
        "closeFraction" => &["", "", "", "1"],
        "lever" | "leverage" => &["1", "3", "5", "20", "50", "100"],
        "posMode" => &["net_mode", "long_short_mode"],
        "acctLv" => &["1", "2", "3", "4"],
        "type" => &["add", "reduce", "increase", "MARGIN", "CONTRACTS", "0", "1", "2"],
        "from" | "to" => &["6", "18"],
        "instType" => &["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"],
        "instFamily" => &["BTC-USD", "BTC-USDT"],
        "timeOut" => &["0", "10", "120"],
        "greeksType" => &["PA", "BS"],
        "limit" => &["1", "100"],
        _ => &[""],
    }
}

struct Hostile {
    rig: Rig,
    rng: Rng,
    inst: InstIx,
}

impl Hostile {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let level = 1 + rng.below(4);
        let pos_mode = if level < 4 && rng.chance(3) { "long_short_mode" } else { "net_mode" };
        // A poor one, one as rich as accounts can be, and two between.
        let amount = choose(&mut rng, &["1000", "200000", "50000000", "1000000000000"]);
        let key = json!({"apiKey": "sim-key", "secretKey": "sim-secret", "passphrase": "sim-pass"});
        let config = json!({"seed": seed, "limits": 0, "house": {"enabled": true, "levels": 5, "interval_ms": 500}, "accounts": [
            {"label": "main", "acctLv": level.to_string(), "posMode": pos_mode, "balances": {"USDT": amount, "BTC": amount, "ETH": "3"},
                "funding": {"USDT": amount}, "keys": [key]},
            {"label": "sub", "main": "main", "balances": {"USDT": amount}},
        ]});
        let mut rig = Rig::new(&config);
        rig.private(SOCKET);
        Self { rig, rng, inst: InstIx(0) }
    }

    /// A price near the mark, on the grid.
    fn price(&mut self) -> String {
        let world = self.rig.exchange.world();
        let inst = world.inst(self.inst);
        let mark = world.mark_px(self.inst).or_else(|| world.last_px(self.inst)).unwrap_or(Dec::ONE);
        let px = mark * Dec::new(970 + self.rng.below(61).cast_signed(), 3);
        let tick = inst.tick_at(px);
        text(((px / tick).floor() * tick).max(tick))
    }

    fn size(&mut self) -> String {
        let inst = self.rig.exchange.world().inst(self.inst);
        let most = [inst.max_lmt_sz, inst.max_mkt_sz, Dec::from(20_000)];
        let (lot, min) = (inst.lot_sz, inst.min_sz);
        match self.rng.below(6) {
            0 => text(most[self.rng.below(3) as usize]),
            1 => text(min),
            n => text((min + lot * Dec::from(self.rng.below(10u64.pow(n as u32)))).max(lot)),
        }
    }

    fn nasty(&mut self) -> Value {
        let given = choose(&mut self.rng, NASTY);
        match self.rng.below(8) {
            0 => serde_json::from_str(given).unwrap_or(Value::Null),
            1 => json!([given]),
            2 => json!({"a": {"b": [given, null, 1e308]}}),
            _ => json!(given),
        }
    }

    /// A value that could be one.
    fn value(&mut self, name: &str) -> Value {
        let world = self.rig.exchange.world();
        let newest = |ids: Vec<u64>, at: u64| ids.iter().rev().nth(at as usize % ids.len().max(1)).map(u64::to_string);
        let at = self.rng.below(4);
        let open = || world.orders.open.values().flatten().filter(|id| world.orders.get(**id).is_some_and(|o| o.acct.0 == 1)).copied();
        match name {
            "instId" => json!(world.inst(self.inst).inst_id),
            "ordId" => json!(newest(open().collect(), at).unwrap_or_default()),
            "algoId" => json!(newest(world.algos.open.values().flatten().copied().collect(), at).unwrap_or_default()),
            "sz" | "newSz" | "szLimit" => json!(self.size()),
            "amt" => json!(choose(&mut self.rng, &["1", "0.5", "100", "1000000000000"])),
            "px" | "newPx" | "tpTriggerPx" | "slTriggerPx" | "triggerPx" | "activePx" | "pxLimit" | "newTriggerPx" | "newTpTriggerPx"
            | "newSlTriggerPx" | "newActivePx" => json!(self.price()),
            "tpOrdPx" | "slOrdPx" | "orderPx" | "newOrdPx" | "newTpOrdPx" | "newSlOrdPx" => {
                if self.rng.chance(2) {
                    json!("-1")
                } else {
                    json!(self.price())
                }
            }
            "pxUsd" | "newPxUsd" | "pxVol" | "newPxVol" => json!(choose(&mut self.rng, &["", "", "", "0.7", "500"])),
            "callbackSpread" | "newCallbackSpread" | "pxSpread" => json!(choose(&mut self.rng, &["", "", "100"])),
            "attachAlgoOrds" => {
                if !self.rng.chance(6) {
                    return Value::Null;
                }
                let names = ["tpTriggerPx", "tpOrdPx", "slTriggerPx", "slOrdPx"];
                let leg: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), self.value(name))).collect();
                json!([leg])
            }
            "adjustments" => json!([{"ccy": self.value("ccy"), "amt": self.value("amt")}]),
            _ => json!(choose(&mut self.rng, words(name))),
        }
    }

    fn item(&mut self, path: &str, ws: bool) -> Map<String, Value> {
        let count = self.rig.exchange.world().instruments.len() as u64;
        self.inst = InstIx(self.rng.below(count) as u32);
        let world = self.rig.exchange.world();
        let inst = world.inst(self.inst);
        let (spot, code, two_sided) =
            (inst.inst_type == InstType::Spot, inst.code, matches!(inst.inst_type, InstType::Swap | InstType::Futures));
        let account = world.account(AcctIx(1));
        let (level, two_sided) = (account.acct_lv, account.long_short && two_sided);
        let mut map = Map::new();
        for name in fields(path) {
            // Most of what a request may have is left out of most.
            let needed = matches!(
                *name,
                "instId"
                    | "tdMode"
                    | "side"
                    | "ordType"
                    | "algoType"
                    | "sz"
                    | "newSz"
                    | "newPx"
                    | "ordId"
                    | "algoId"
                    | "px"
                    | "amt"
                    | "lever"
                    | "mgnMode"
                    | "ccy"
                    | "from"
                    | "to"
                    | "type"
                    | "tpTriggerPx"
                    | "tpOrdPx"
                    | "slTriggerPx"
                    | "slOrdPx"
                    | "triggerPx"
                    | "orderPx"
                    | "callbackRatio"
                    | "pxVar"
                    | "szLimit"
                    | "pxLimit"
                    | "timeInterval"
                    | "chaseVal"
                    | "chaseType"
            );
            if !needed && !self.rng.chance(4) {
                continue;
            }
            let value = self.value(name);
            map.insert((if *name == "algoType" { "ordType" } else { name }).to_owned(), value);
        }
        if map.contains_key("tdMode") && !self.rng.chance(6) {
            let mode = if spot && (level == 1 || self.rng.chance(2)) {
                "cash"
            } else if level == 2 && self.rng.chance(2) {
                "isolated"
            } else {
                "cross"
            };
            map.insert("tdMode".into(), mode.into());
        }
        if map.contains_key("tdMode") && !self.rng.chance(10) {
            let side = if two_sided { choose(&mut self.rng, &["long", "short"]) } else { "" };
            map.insert("posSide".into(), side.into());
        }
        // Half of them are as they should be; the others have a number or two that nobody should send.
        for _ in 0..self.rng.below(4).saturating_sub(1) {
            let at = self.rng.below(map.len() as u64) as usize;
            let value = self.nasty();
            if let Some(slot) = map.values_mut().nth(at) {
                *slot = value;
            }
        }
        if ws {
            map.insert("instIdCode".into(), json!(code));
        }
        map
    }

    /// One request, as it was sent.
    fn ask(&mut self, routes: &[Route]) -> String {
        let orders = ["trade/order", "trade/order", "trade/batch-orders", "trade/amend-order", "trade/order-algo", "trade/amend-algos"];
        if self.rng.chance(4) {
            let ops = ["order", "batch-orders", "amend-order", "batch-amend-orders", "cancel-order", "batch-cancel-orders", "mass-cancel"];
            let op = choose(&mut self.rng, &ops);
            let many = if op.starts_with("batch") { 1 + self.rng.below(3) } else { 1 };
            let args: Vec<Value> = (0..many).map(|_| Value::Object(self.item(op, true))).collect();
            let text = json!({"id": "1", "op": op, "args": args}).to_string();
            let said = text.clone();
            self.run(&said, move |rig| !rig.say(SOCKET, &text).is_empty());
            return said;
        }
        let favourite = self.rng.chance(2);
        let favourite = favourite.then(|| choose(&mut self.rng, &orders));
        let route = match favourite.and_then(|path| routes.iter().find(|route| route.path == path && route.method == "POST")) {
            Some(route) => *route,
            None => routes[self.rng.below(routes.len() as u64) as usize],
        };
        let item = self.item(route.path, false);
        let (target, body) = if route.method == "GET" {
            let pair = |(key, value): (&String, &Value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let encoded: Vec<String> = text.bytes().map(|b| format!("%{b:02X}")).collect();
                format!("{key}={}", encoded.concat())
            };
            (format!("/api/v5/{}?{}", route.path, item.iter().map(pair).collect::<Vec<_>>().join("&")), String::new())
        } else {
            let array =
                ["batch-orders", "cancel-algos", "amend-batch-orders", "cancel-batch-orders"].iter().any(|end| route.path.ends_with(end));
            let body = if array { json!([item, self.item(route.path, false)]) } else { Value::Object(item) };
            (format!("/api/v5/{}", route.path), body.to_string())
        };
        let said = format!("{} {target} {body}", route.method);
        self.run(&said, |rig| {
            let request = rig.request(route.method, &target, &body);
            let (status, answer) = rig.send(request);
            (200..=500).contains(&status) && answer.is_object()
        });
        said
    }

    fn run(&mut self, said: &str, what: impl FnOnce(&mut Rig) -> bool) {
        let rig = &mut self.rig;
        let answered = catch_unwind(AssertUnwindSafe(|| what(rig)));
        assert!(answered.is_ok(), "it panicked: {said}");
        assert!(matches!(answered, Ok(true)), "no answer: {said}");
    }

    /// Time passes, and prices jump now and then.
    fn wait(&mut self) {
        let by = if self.rng.chance(40) { 20 * SECOND } else { self.rng.below(400) * MILLI };
        let jump = self.rng.chance(25).then(|| Dec::new(850 + self.rng.below(301).cast_signed(), 3));
        let inst = self.inst;
        self.run("time passes", |rig| {
            if let Some(jump) = jump {
                let world = rig.exchange.world_mut();
                let px = world.mark_px(inst).map(|px| (px * jump).round_dp(4).max(Dec::new(1, 4)));
                let _ = world.set_market(inst, &SetMarket { px, ..SetMarket::default() });
            }
            rig.advance(by);
            rig.outputs();
            // Silent sockets are closed.
            !rig.say(SOCKET, "ping").is_empty()
        });
    }
}

#[test]
fn no_number_breaks_the_exchange() {
    let routes: Vec<Route> = [trade::ROUTES, ledger::ROUTES, algo::ROUTES].concat();
    for seed in 1..=24 {
        let mut hostile = Hostile::new(seed);
        for step in 0..250 {
            let said = hostile.ask(&routes);
            hostile.wait();
            assert!(hostile.rig.exchange.world().adds_up(), "seed {seed}, step {step}: {said}: {:?}", hostile.rig.exchange.world().sums());
        }
    }
}
