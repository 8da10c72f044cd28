//! What the strategies want: who quotes, who takes, who sends batches, and who is careless.

use std::collections::BTreeMap;

use okx_fast_core::order::row::OrderRow;
use okx_fast_core::order::{Does, Op};
use okx_fast_sim::exchange::instrument::Instrument;
use okx_fast_sim::exchange::io::{MILLI, Nanos, SECOND};
use okx_fast_sim::exchange::num::Dec;
use okx_fast_sim::exchange::order::Side;
use okx_fast_sim::exchange::world::World;

use crate::dice::Dice;

use super::venue::TRADED;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Post-only pairs, amended and canceled.
    Quoter,
    /// Market, IOC and FOK orders, each gone at once.
    Taker,
    /// 2 to 20 at a time.
    Batcher,
    /// Names used again after an end, or none at all; `expTime` close by; amendments without a reqId.
    Careless,
}

pub const KINDS: [Kind; 4] = [Kind::Quoter, Kind::Taker, Kind::Batcher, Kind::Careless];

/// One order of a call.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub inst_id: String,
    pub code: u64,
    pub ord_id: String,
    pub cl_ord_id: String,
    pub req_id: String,
    pub tag: String,
    /// Of an amendment.
    pub new_px: Option<String>,
    pub new_sz: Option<String>,
    /// The order it is about, if it was known then.
    pub meant: String,
    /// All other fields, as they are written.
    pub fields: Vec<(&'static str, String)>,
    pub cancel_on_fail: bool,
}

#[derive(Clone, Debug)]
pub struct Wish {
    pub op: Op,
    /// Before this, OKX's clock in ms.
    pub exp_in: Option<i64>,
    pub within: Nanos,
    pub items: Vec<Item>,
}

/// An order as the strategy was told.
#[derive(Clone, Debug)]
pub struct Own {
    pub inst_id: String,
    pub cl_ord_id: String,
    pub is_open: bool,
}

/// What a strategy knows: only what the client told it.
#[derive(Debug)]
pub struct Strategy {
    pub kind: Kind,
    pub due: Nanos,
    pub every: Nanos,
    pub orders: BTreeMap<String, Own>,
    /// Open ones.
    pub open: Vec<String>,
    /// Names of its places that are not known to be over, with the order, if it is known.
    pub taken: BTreeMap<String, String>,
    /// Of its account's strategies: names are its own.
    place: usize,
    names: u64,
    dice: Dice,
}

/// Names that the careless one uses again and again.
const POOL: u64 = 6;
/// Open orders of a strategy; one more is canceled instead.
const MOST_OPEN: usize = 24;

impl Strategy {
    pub fn new(kind: Kind, place: usize, now: Nanos, mut dice: Dice) -> Self {
        let every = dice.between(200, 900) * MILLI;
        let (orders, open, taken) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { kind, due: now + 3 * SECOND, every, orders, open, taken, place, names: 0, dice }
    }

    /// An order of its own is as told.
    pub fn told(&mut self, row: &OrderRow) {
        let is_open = !row.state.is_terminal();
        let own = Own { inst_id: row.inst_id.clone(), cl_ord_id: row.cl_ord_id.clone(), is_open };
        self.orders.insert(row.ord_id.clone(), own);
        self.open.retain(|id| *id != row.ord_id);
        if !is_open {
            self.taken.retain(|_, ord_id| *ord_id != row.ord_id);
        }
        if is_open {
            self.open.push(row.ord_id.clone());
        }
    }

    /// What it does next, and when it looks again.
    pub fn wish(&mut self, now: Nanos, world: &World, long_short: bool) -> Option<Wish> {
        self.due = now + self.dice.wait(self.every);
        let within = *self.dice.pick(&[SECOND, 3 * SECOND, 5 * SECOND])?;
        let full = self.open.len() >= MOST_OPEN;
        let does = match (self.kind, self.dice.below(10)) {
            _ if full => Does::Cancel,
            (Kind::Taker, 9) => Does::Cancel,
            (Kind::Taker, _) | (_, 0..5) => Does::Place,
            (_, 5..7) => Does::Amend,
            _ => Does::Cancel,
        };
        let many = match self.kind {
            Kind::Batcher => self.dice.between(2, 20) as usize,
            Kind::Quoter if self.dice.one_in(2) => 2,
            _ => 1,
        };
        let items: Vec<Item> = match does {
            Does::Place => (0..many).map(|at| self.place(world, long_short, at)).collect(),
            _ => self.of_open(world, many, does),
        };
        if items.is_empty() {
            return None;
        }
        let op = match (does, items.len()) {
            (Does::Place, 1) => Op::Order,
            (Does::Place, _) => Op::BatchOrders,
            (Does::Amend, 1) => Op::AmendOrder,
            (Does::Amend, _) => Op::BatchAmendOrders,
            (_, 1) => Op::CancelOrder,
            _ => Op::BatchCancelOrders,
        };
        let expires = op.takes_exp_time() && self.dice.one_in(if self.kind == Kind::Careless { 2 } else { 6 });
        let exp_in = expires.then(|| self.dice.between(0, 3_000).cast_signed() - 200);
        Some(Wish { op, exp_in, within, items })
    }

    fn place(&mut self, world: &World, long_short: bool, at: usize) -> Item {
        let dice = &mut self.dice;
        let inst = world.find_inst(dice.pick(&TRADED).expect("three")).expect("they are listed");
        let side = if dice.one_in(2) { Side::Buy } else { Side::Sell };
        let side = if at % 2 == 1 && self.kind == Kind::Quoter { side.other() } else { side };
        let ord_type = match self.kind {
            Kind::Quoter => "post_only",
            Kind::Taker => dice.pick(&["market", "ioc", "ioc", "fok"]).expect("four"),
            Kind::Batcher => dice.pick(&["limit", "post_only", "ioc"]).expect("three"),
            Kind::Careless => dice.pick(&["limit", "limit", "ioc", "post_only", "market"]).expect("five"),
        };
        let lots = match dice.below(12) {
            0 => dice.between(200, 3_000),
            1..4 => dice.between(20, 200),
            _ => dice.between(1, 20),
        };
        let sz = inst.min_sz + inst.lot_sz * Dec::from(lots);
        let passive = self.kind == Kind::Quoter || ord_type == "post_only" || (ord_type == "limit" && dice.one_in(2));
        let px = price(dice, world, inst, side, passive);
        let mut fields = vec![
            ("tdMode", if inst.inst_type.is_contract() { "cross" } else { "cash" }.to_owned()),
            ("side", side.name().to_owned()),
            ("ordType", ord_type.to_owned()),
            ("sz", sz.normalize().to_string()),
        ];
        if ord_type != "market" {
            fields.push(("px", px));
        } else if !inst.inst_type.is_contract() {
            fields.push(("tgtCcy", "base_ccy".to_owned()));
        }
        if long_short && inst.inst_type.is_contract() {
            fields.push(("posSide", (*dice.pick(&["long", "short"]).expect("two")).to_owned()));
        }
        let cl_ord_id = self.name();
        Item { inst_id: inst.inst_id.clone(), code: u64::from(inst.code.expect("all have a code")), cl_ord_id, fields, ..Item::default() }
    }

    /// A clOrdId: of its own each time, but for the careless one.
    fn name(&mut self) -> String {
        self.names += 1;
        if self.kind != Kind::Careless {
            return format!("{:?}{}n{}", self.kind, self.place, self.names);
        }
        let name = format!("again{}n{}", self.place, self.dice.below(POOL));
        let is_used = self.taken.contains_key(&name) || self.open.iter().any(|id| self.orders[id].cl_ord_id == name);
        if is_used || self.dice.one_in(3) { String::new() } else { name }
    }

    /// Orders that it was told are open, each once; now and then one that is over, or by its name.
    fn of_open(&mut self, world: &World, many: usize, does: Does) -> Vec<Item> {
        let mut left = self.open.clone();
        let mut items = Vec::new();
        while items.len() < many && !left.is_empty() {
            let id = left.swap_remove(self.dice.below(left.len() as u64) as usize);
            let own = &self.orders[&id];
            let dice = &mut self.dice;
            let inst = world.find_inst(&own.inst_id).expect("they are listed");
            let mut item = Item { inst_id: own.inst_id.clone(), code: u64::from(inst.code.expect("all have a code")), ..Item::default() };
            item.meant.clone_from(&id);
            let by_name = !own.cl_ord_id.is_empty() && dice.one_in(3);
            if by_name {
                item.cl_ord_id.clone_from(&own.cl_ord_id);
            } else {
                item.ord_id = id;
            }
            if does == Does::Amend {
                let what = dice.below(3);
                if what != 0 {
                    let side = if dice.one_in(2) { Side::Buy } else { Side::Sell };
                    item.new_px = Some(price(dice, world, inst, side, true));
                }
                if what != 1 {
                    let sz = inst.min_sz + inst.lot_sz * Dec::from(dice.between(1, 200));
                    item.new_sz = Some(sz.normalize().to_string());
                }
                item.cancel_on_fail = dice.one_in(8);
            }
            items.push(item);
        }
        items
    }
}

/// Some ticks away from the best price of the other side, or through it.
fn price(dice: &mut Dice, world: &World, inst: &Instrument, side: Side, passive: bool) -> String {
    let book = world.book(inst.ix);
    let best = book.best(side.other()).or_else(|| book.best(side)).map(|(px, _)| px);
    let best = best.or_else(|| world.last_px(inst.ix)).unwrap_or(Dec::ONE);
    let ticks = Dec::from(dice.between(0, 40));
    let toward = if passive { -side.sign() } else { side.sign() };
    // Now and then on the wrong side.
    let toward = if dice.one_in(15) { -toward } else { toward };
    let px = best + toward * ticks * inst.tick_sz;
    px.max(inst.tick_sz).normalize().to_string()
}
