//! Algo orders against a market that stands still until it is moved.

mod attached;
mod codes;
mod rows;
mod triggers;

use serde_json::{Value, json};

use crate::exchange::account::AcctIx;
use crate::exchange::algo::{self, ROUTES};
use crate::exchange::call::{Call, Reply};
use crate::exchange::config::{Config, HouseConfig};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::market::Print;
use crate::exchange::num::{Dec, parse};
use crate::exchange::order::{OrdId, OrdType, PlaceRequest, PosSide, Side, TdMode};
use crate::exchange::world::World;

pub const SWAP: &str = "BTC-USDT-SWAP";
pub const SPOT: &str = "BTC-USDT";

pub fn d(text: &str) -> Dec {
    parse(text).expect("a number")
}

fn fields(value: &Value) -> Fields {
    Fields::new(value.as_object().expect("an object").clone())
}

pub struct Bench {
    pub world: World,
    pub acct: AcctIx,
    quotes: Vec<OrdId>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with("2", "net_mode")
    }

    /// One account with plenty; both books quoted 0.1 around 90000.
    pub fn with(acct_lv: &str, pos_mode: &str) -> Self {
        let mut config = Config { house: HouseConfig { enabled: false, volatility: 0.0, ..HouseConfig::default() }, ..Config::default() };
        let account = config.accounts.first_mut().expect("the default account");
        (account.acct_lv, account.pos_mode) = (acct_lv.into(), pos_mode.into());
        let world = World::new(config, 1_790_000_000_000_000_000).expect("a good configuration");
        let acct = world.accounts.iter().find(|account| account.label == "main").expect("the account").ix;
        let mut bench = Self { world, acct, quotes: Vec::new() };
        bench.last("90000");
        bench
    }

    pub fn inst(&self, inst_id: &str) -> InstIx {
        self.world.find_inst(inst_id).expect("in the catalogue").ix
    }

    /// The book moves to a price, and a trade happens there, on both instruments.
    pub fn last(&mut self, px: &str) {
        let px = d(px);
        for id in std::mem::take(&mut self.quotes) {
            self.world.cancel_house(id);
        }
        for inst in [self.inst(SWAP), self.inst(SPOT)] {
            let step = d("0.1");
            self.quotes.push(self.world.place_house(inst, Side::Buy, px - step, d("50000")));
            self.quotes.push(self.world.place_house(inst, Side::Sell, px + step, d("50000")));
            let trade_id = self.world.take_trade_id(inst);
            let (sz, parts) = (Dec::ONE, Vec::new());
            self.world.printed(Print { inst, side: Side::Buy, px, sz, trade_id, count: 1, parts });
            algo::prices_moved(&mut self.world, inst);
        }
    }

    /// The house sells into whatever bids there are but its own.
    pub fn hit(&mut self, px: &str, sz: &str) {
        for id in std::mem::take(&mut self.quotes) {
            self.world.cancel_house(id);
        }
        let inst = self.inst(SWAP);
        self.quotes.push(self.world.place_house(inst, Side::Sell, d(px), d(sz)));
    }

    /// A request of the account, through the handler of its route.
    pub fn call(&mut self, method: &str, path: &str, body: &Value) -> Result<Vec<Value>, String> {
        let route = ROUTES.iter().find(|route| route.method == method && route.path == path).expect("a route");
        let items: Vec<Fields> = match body {
            Value::Array(items) => items.iter().map(fields).collect(),
            one => vec![fields(one)],
        };
        let params = items.first().cloned().unwrap_or_default();
        let mut call = Call { world: &mut self.world, acct: Some(self.acct), params, items, ws: false, exp_time: None };
        let rows = match (route.handler)(&mut call).map_err(|refusal| refusal.code.to_owned())? {
            Reply::Data(rows) => rows,
            Reply::Object(row) => vec![row],
            Reply::Items(items) => items.into_iter().map(|(_, row)| row).collect(),
        };
        Ok(rows.iter().map(|row| serde_json::from_str(row).expect("rows are JSON")).collect())
    }

    /// `sCode`, or the code at the top of the reply.
    pub fn code(&mut self, path: &str, body: &Value) -> String {
        match self.call("POST", path, body) {
            Ok(rows) => rows.first().and_then(|row| row.get("sCode")).and_then(Value::as_str).expect("an item").to_owned(),
            Err(code) => code,
        }
    }

    /// Places an algo order that must be taken; its id.
    pub fn algo(&mut self, body: &Value) -> String {
        let rows = self.call("POST", "trade/order-algo", body).expect("taken");
        let row = rows.first().expect("one item");
        assert_eq!(row.get("sCode"), Some(&json!("0")), "{row}");
        row.get("algoId").and_then(Value::as_str).expect("an id").to_owned()
    }

    /// The row of an algo order.
    pub fn row(&mut self, id: &str) -> Value {
        let mut rows = self.call("GET", "trade/order-algo", &json!({ "algoId": id })).expect("it exists");
        rows.pop().expect("one row")
    }

    pub fn field(&mut self, id: &str, name: &str) -> String {
        self.row(id).get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("a text {name}")).to_owned()
    }

    pub fn state(&mut self, id: &str) -> String {
        self.field(id, "state")
    }

    /// Waiting orders of these kinds, oldest first.
    pub fn pending(&mut self, kinds: &str) -> Vec<Value> {
        let mut rows = self.call("GET", "trade/orders-algo-pending", &json!({ "ordType": kinds })).expect("a list");
        rows.reverse();
        rows
    }

    pub fn request(&self, inst_id: &str, side: Side, ord_type: OrdType, sz: &str, px: Option<&str>) -> PlaceRequest {
        PlaceRequest {
            inst: self.inst(inst_id),
            td_mode: if inst_id == SPOT { TdMode::Cash } else { TdMode::Cross },
            side,
            pos_side: None,
            ord_type,
            sz: d(sz),
            px: px.map(d),
            px_usd: None,
            px_vol: None,
            ccy: String::new(),
            cl_ord_id: String::new(),
            tag: String::new(),
            reduce_only: false,
            tgt_ccy: if inst_id == SPOT && ord_type == OrdType::Market { "base_ccy".into() } else { String::new() },
            ban_amend: false,
            clamp_px: false,
            slippage_pct: None,
            trade_quote_ccy: String::new(),
            stp_mode: None,
            attached: Vec::new(),
            source: "",
            category: "normal",
            algo: None,
        }
    }

    /// A market order of the account that must fill.
    pub fn trade(&mut self, inst_id: &str, side: Side, sz: &str, pos_side: Option<PosSide>) {
        let mut request = self.request(inst_id, side, OrdType::Market, sz, None);
        request.pos_side = pos_side;
        self.world.place(self.acct, request).expect("an order");
    }

    /// An order with attached ones, as `attachAlgoOrds` says.
    pub fn parent(&mut self, mut request: PlaceRequest, attached: &Value) -> Result<OrdId, String> {
        let given = fields(&json!({ "attachAlgoOrds": attached }));
        let read = algo::read_attached(&mut self.world, self.acct, &given, &request);
        request.attached = read.map_err(|refusal| refusal.code.to_owned())?;
        Ok(self.world.place(self.acct, request).expect("an order"))
    }

    /// Net position in contracts.
    pub fn position(&self, inst_id: &str) -> Dec {
        let inst = self.inst(inst_id);
        self.world.account(self.acct).positions.values().filter(|position| position.inst == inst).map(|position| position.qty).sum()
    }

    /// States pushed since the last time, on a channel, with what else is asked for.
    pub fn pushed(&mut self, channel: &str, name: &str) -> Vec<String> {
        let events = std::mem::take(&mut self.world.events);
        let rows = events.iter().filter(|event| event.channel == channel).flat_map(|event| &event.rows);
        rows.map(|row| {
            let row: Value = serde_json::from_str(row).expect("rows are JSON");
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
            if name.is_empty() { text("state") } else { format!("{} {}", text("state"), text(name)) }
        })
        .collect()
    }
}
