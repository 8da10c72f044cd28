//! Everything at once, at random: clients of every mode, and an exchange that settles, liquidates and moves its prices.

use std::collections::BTreeMap;

use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::exchange::instrument::InstType;
use okx_fast_sim::exchange::num::Dec;
use okx_fast_sim::exchange::order::Order;
use serde_json::{Value, json};

use crate::bench::{Bench, config};
use crate::sane;

/// Label and key, account level, position mode.
pub const PEOPLE: [(&str, &str, &str); 7] = [
    ("net", "2", "net_mode"),
    ("two", "2", "long_short_mode"),
    ("multi", "3", "net_mode"),
    ("spot", "1", "net_mode"),
    ("pm", "4", "net_mode"),
    ("child", "2", "net_mode"),
    ("poor", "2", "net_mode"),
];

fn people(seed: u64, house: bool) -> Config {
    let account = |(label, level, mode): (&str, &str, &str)| {
        let coins =
            if label == "poor" { json!({"USDT": "900", "BTC": "0.01"}) } else { json!({"USDT": "200000", "BTC": "3", "ETH": "20"}) };
        json!({"label": label, "main": if label == "child" { "net" } else { "" }, "acctLv": level, "posMode": mode, "balances": coins,
            "keys": [{"apiKey": label, "secretKey": "sim-secret", "passphrase": "sim-pass", "perm": "read_only,trade"}]})
    };
    let given = json!({"clock": "virtual", "limits": 0, "seed": seed, "accounts": PEOPLE.map(account)});
    let given = Config::from_json(&given.to_string()).unwrap();
    Config { house: config(house).house, ..given }
}

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len() as u64) as usize]
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.roll(n) == 0
    }
}

pub struct Storm {
    pub bench: Bench,
    pub dice: Dice,
    /// What went through, by path: a storm that is refused everything shows nothing.
    pub done: BTreeMap<String, usize>,
}

impl Storm {
    pub fn new(seed: u64, house: bool) -> Self {
        let bench = Bench::new(people(seed, house));
        Self { bench, dice: Dice(seed), done: BTreeMap::new() }
    }

    /// One of each sort: with more of them nobody would meet.
    fn inst(&mut self) -> String {
        let world = self.bench.exchange.world();
        let of = |kind| world.instruments.iter().find(|inst| inst.inst_type == kind && inst.inverse).map(|inst| inst.inst_id.as_str());
        let option = world.instruments.iter().find(|inst| inst.strike.is_some()).map(|inst| inst.inst_id.as_str());
        let known = ["BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", of(InstType::Futures).unwrap(), option.unwrap()];
        self.dice.pick(&known).to_owned()
    }

    fn send(&mut self, key: &str, path: &str, body: &Value) -> Value {
        let reply = self.bench.rest(key, "POST", path, body);
        let code = reply["data"][0]["sCode"].as_str().or(reply["code"].as_str()).unwrap().to_owned();
        let known = code == "0" || (code.len() == 5 && code != "50026");
        assert!(known, "{path} {body}: {reply}");
        if code == "0" {
            *self.done.entry(path.to_owned()).or_default() += 1;
        }
        reply
    }

    /// Near the middle of the book, on the grid.
    fn px(&mut self, inst_id: &str) -> Option<Dec> {
        let world = self.bench.exchange.world();
        let inst = world.find_inst(inst_id)?;
        let mark = world.mark_px(inst.ix).or_else(|| world.index_px(inst.ix))?;
        let off = Dec::from(self.dice.roll(17)) - Dec::from(8);
        let px = mark * (Dec::ONE + off / Dec::from(4_000));
        let tick = inst.tick_at(px);
        Some(((px / tick).floor() * tick).max(tick))
    }

    fn sz(&mut self, inst_id: &str) -> Dec {
        let inst = self.bench.exchange.world().find_inst(inst_id).unwrap();
        if inst.inst_type.is_contract() {
            inst.min_sz * Dec::from(1 + self.dice.roll(300))
        } else {
            Dec::new(1, 3) * Dec::from(1 + self.dice.roll(200))
        }
    }

    fn order(&mut self, key: &str) -> Value {
        let inst_id = self.inst();
        let (spot, option) = {
            let inst = self.bench.exchange.world().find_inst(&inst_id).unwrap();
            (!inst.inst_type.is_contract(), inst.strike.is_some())
        };
        let level = PEOPLE.iter().find(|one| one.0 == key).unwrap().1;
        let mode = match (level, spot) {
            ("1", _) => "cash",
            ("2", true) => self.dice.pick(&["cash", "cash", "cross", "isolated"]),
            ("2", false) => self.dice.pick(&["cross", "isolated"]),
            (_, true) => self.dice.pick(&["cash", "cross"]),
            _ => "cross",
        };
        let kind = self.dice.pick(&["limit", "limit", "limit", "post_only", "ioc", "fok", "market", "optimal_limit_ioc"]);
        let side = self.dice.pick(&["buy", "sell"]);
        let (px, mut sz) = (self.px(&inst_id).unwrap_or(Dec::ONE), self.sz(&inst_id));
        let mut body = json!({"instId": inst_id, "tdMode": mode, "side": side, "ordType": kind, "px": px.to_string()});
        if spot && kind == "market" && self.dice.one_in(2) {
            let tgt = self.dice.pick(&["base_ccy", "quote_ccy"]);
            body["tgtCcy"] = json!(tgt);
            if tgt == "quote_ccy" {
                sz = (sz * px).round_dp(2);
            }
        } else if spot && kind == "market" && side == "buy" {
            sz = (sz * px).round_dp(2);
        }
        body["sz"] = json!(sz.to_string());
        if mode == "cross" && spot {
            body["ccy"] = json!(self.dice.pick(&[inst_id.split('-').next().unwrap(), "USDT"]));
        }
        if key == "two" && !spot && !option {
            body["posSide"] = json!(self.dice.pick(&["long", "short"]));
        }
        if self.dice.one_in(5) {
            body["reduceOnly"] = json!(true);
        }
        if self.dice.one_in(4) {
            body["stpMode"] = json!(self.dice.pick(&["cancel_maker", "cancel_taker", "cancel_both"]));
        }
        if !option && kind != "market" && self.dice.one_in(6) {
            let wide = px * Dec::new(5, 3);
            let (tp, sl) = if side == "buy" { (px + wide, px - wide) } else { (px - wide, px + wide) };
            body["attachAlgoOrds"] = json!([{"tpTriggerPx": tp.round_dp(1).to_string(), "tpOrdPx": "-1",
                "slTriggerPx": sl.round_dp(1).to_string(), "slOrdPx": "-1"}]);
        }
        body
    }

    fn algo(&mut self, key: &str) -> Value {
        let mut body = self.order(key);
        let (px, near) = (body["px"].as_str().unwrap().parse::<Dec>().unwrap(), Dec::new(9_995, 4));
        let map = body.as_object_mut().unwrap();
        for name in ["px", "attachAlgoOrds", "stpMode", "tgtCcy"] {
            map.remove(name);
        }
        let (low, high) = ((px * near).round_dp(1).to_string(), (px / near).round_dp(1).to_string());
        let (tp, sl) = if map["side"] == "sell" { (high, low) } else { (low, high) };
        let market = json!("-1");
        match self.dice.roll(6) {
            0 => map.extend([("ordType".into(), json!("conditional")), ("slTriggerPx".into(), json!(sl)), ("slOrdPx".into(), market)]),
            1 => map.extend([
                ("ordType".into(), json!("oco")),
                ("slTriggerPx".into(), json!(sl)),
                ("slOrdPx".into(), market.clone()),
                ("tpTriggerPx".into(), json!(tp)),
                ("tpOrdPx".into(), market),
            ]),
            2 => map.extend([("ordType".into(), json!("trigger")), ("triggerPx".into(), json!(tp)), ("orderPx".into(), market)]),
            3 => map.extend([("ordType".into(), json!("move_order_stop")), ("callbackRatio".into(), json!("0.001"))]),
            4 => map.extend([
                ("ordType".into(), json!("chase")),
                ("maxChaseType".into(), json!("ratio")),
                ("maxChaseVal".into(), json!("0.01")),
            ]),
            _ => {
                let sz = map["sz"].clone();
                map.extend([
                    ("ordType".into(), json!("twap")),
                    ("pxVar".into(), json!("0.001")),
                    ("pxLimit".into(), json!("0")),
                    ("szLimit".into(), sz),
                    ("timeInterval".into(), json!("1")),
                ]);
            }
        }
        body
    }

    fn some_open(&mut self, key: &str) -> Option<(String, String)> {
        let world = self.bench.exchange.world();
        let acct = world.account_by_label(key)?.ix;
        let open: Vec<&Order> = world.orders.open_of(acct).collect();
        let order = open.get(self.dice.roll(open.len().max(1) as u64) as usize)?;
        Some((world.inst(order.inst).inst_id.clone(), order.ord_id.to_string()))
    }

    pub fn step(&mut self) {
        let key = PEOPLE[self.dice.roll(PEOPLE.len() as u64) as usize].0;
        let swaps = ["BTC-USDT-SWAP", "BTC-USDT", "BTC-USD-SWAP"];
        match self.dice.roll(60) {
            40..=59 | 0..=17 => {
                let body = self.order(key);
                self.send(key, "trade/order", &body);
            }
            18..=21 => {
                let Some((inst_id, id)) = self.some_open(key) else { return };
                let mut body = json!({"instId": inst_id, "ordId": id, "cxlOnFail": self.dice.one_in(3)});
                if self.dice.one_in(2) {
                    body["newPx"] = json!(self.px(&inst_id).unwrap_or(Dec::ONE).to_string());
                }
                if self.dice.one_in(2) {
                    body["newSz"] = json!(self.sz(&inst_id).to_string());
                }
                self.send(key, "trade/amend-order", &body);
            }
            22..=23 => {
                let Some((inst_id, id)) = self.some_open(key) else { return };
                self.send(key, "trade/cancel-order", &json!({"instId": inst_id, "ordId": id}));
            }
            24..=25 => {
                let body = self.algo(key);
                self.send(key, "trade/order-algo", &body);
            }
            26 => {
                let inst_id = self.inst();
                let mode = self.dice.pick(&["cross", "isolated"]);
                let mut body = json!({"instId": inst_id, "mgnMode": mode, "autoCxl": self.dice.one_in(2)});
                if key == "two" {
                    body["posSide"] = json!(self.dice.pick(&["long", "short"]));
                }
                self.send(key, "trade/close-position", &body);
            }
            27 => {
                let lever = (1 + self.dice.roll(50)).to_string();
                let mut body = json!({"instId": self.dice.pick(&swaps), "lever": lever, "mgnMode": self.dice.pick(&["cross", "isolated"])});
                if key == "two" && body["mgnMode"] == "isolated" {
                    body["posSide"] = json!(self.dice.pick(&["long", "short"]));
                }
                self.send(key, "account/set-leverage", &body);
            }
            28 => {
                let side = if key == "two" { self.dice.pick(&["long", "short"]) } else { "net" };
                let body =
                    json!({"instId": self.dice.pick(&swaps), "posSide": side, "type": self.dice.pick(&["add", "reduce"]), "amt": "0.5"});
                self.send(key, "account/position/margin-balance", &body);
            }
            29 => {
                let rate = (Dec::from(self.dice.roll(2_001)) - Dec::from(1_000)) / Dec::from(20_000);
                self.bench.admin("POST", &format!("/funding/{}", self.dice.pick(&swaps)), &json!({"rate": rate.to_string()}));
            }
            30 | 31 => {
                let inst_id = self.dice.pick(&["BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"]);
                let Some(px) = self.px(inst_id) else { return };
                let factor = Dec::new(9_800 + i64::try_from(self.dice.roll(410)).unwrap(), 4);
                let px = (px * factor).round_dp(1);
                let body = if self.dice.one_in(2) { json!({"mark": px.to_string()}) } else { json!({"index": px.to_string()}) };
                self.bench.admin("POST", &format!("/market/{inst_id}"), &body);
            }
            32 => {
                if self.dice.one_in(3) {
                    self.bench.admin("POST", &format!("/liquidate/{key}/{}", self.dice.pick(&swaps)), &Value::Null);
                }
            }
            33 => {
                let Some((_, id)) = self.some_open(key) else { return };
                self.bench.admin("POST", &format!("/order/{id}/fill"), &json!({}));
            }
            34 => {
                let mode = if key == "two" { "long_short_mode" } else { self.dice.pick(&["net_mode", "net_mode", "long_short_mode"]) };
                if mode == "net_mode" || key == "two" {
                    self.send(key, "account/set-position-mode", &json!({"posMode": mode}));
                }
            }
            35 => {
                let wait = self.dice.pick(&["0", "10"]);
                self.send(key, "trade/cancel-all-after", &json!({"timeOut": wait}));
                let to = PEOPLE.iter().find(|one| one.0 == key).unwrap().1;
                self.send(key, "account/set-account-level", &json!({"acctLv": to}));
                if key == "spot" {
                    let fee = self.dice.pick(&["0", "1"]);
                    self.send(key, "account/set-fee-type", &json!({"feeType": fee}));
                }
            }
            36 => {
                let (from, to) = if self.dice.one_in(2) { ("6", "18") } else { ("18", "6") };
                let amt = self.dice.roll(50_000).to_string();
                self.send(key, "asset/transfer", &json!({"ccy": "USDT", "amt": amt, "from": from, "to": to}));
            }
            _ => {
                let ms = [1, 60, 1_500, 20_000][self.dice.roll(4) as usize];
                self.bench.pass(ms);
            }
        }
    }

    pub fn check(&mut self) {
        let world = self.bench.exchange.world();
        assert!(world.adds_up(), "{:?}", world.sums());
        sane::books_hold_open_orders(world);
        sane::reserves_are_what_orders_say(world);
        sane::closing_orders_fit(world);
        sane::positions_cancel_out(world);
    }

    /// All clients cancel all they have.
    pub fn calm(&mut self) {
        for (key, ..) in PEOPLE {
            for row in self.bench.get(key, "trade/orders-pending") {
                self.send(key, "trade/cancel-order", &json!({"instId": row["instId"], "ordId": row["ordId"]}));
            }
            for kind in ["conditional,oco", "trigger", "move_order_stop", "twap", "chase"] {
                for row in self.bench.get(key, &format!("trade/orders-algo-pending?ordType={kind}")) {
                    self.send(key, "trade/cancel-algos", &json!([{"instId": row["instId"], "algoId": row["algoId"]}]));
                }
            }
        }
        self.check();
    }
}
