//! The desk against a slow model: whatever is placed, amended and canceled, books and orders agree with plain lists.

use proptest::prelude::*;

use super::{MILLI, Rig};
use crate::exchange::account::AcctIx;
use crate::exchange::instrument::InstIx;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, OrdType, PlaceRequest, Side, TdMode};
use crate::exchange::trade::amend::Change;

const INST: &str = "BTC-USDT-SWAP";

#[derive(Clone, Debug)]
enum Step {
    Place { second: bool, buy: bool, kind: OrdType, px: i64, sz: i64 },
    House { buy: bool, px: i64, sz: i64 },
    Take { buy: bool, sz: i64 },
    Cancel { nth: usize },
    Amend { nth: usize, px: Option<i64>, sz: Option<i64> },
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop::sample::select(vec![OrdType::Limit, OrdType::Limit, OrdType::PostOnly, OrdType::Ioc, OrdType::Fok, OrdType::Market]);
    let (px, sz) = (|| 0..6i64, || 1..8i64);
    prop_oneof![
        4 => (any::<bool>(), any::<bool>(), kind, px(), sz()).prop_map(|(second, buy, kind, px, sz)| Step::Place { second, buy, kind, px, sz }),
        2 => (any::<bool>(), px(), sz()).prop_map(|(buy, px, sz)| Step::House { buy, px, sz }),
        1 => (any::<bool>(), sz()).prop_map(|(buy, sz)| Step::Take { buy, sz }),
        2 => (0..20usize).prop_map(|nth| Step::Cancel { nth }),
        3 => (0..20usize, prop::option::of(px()), prop::option::of(sz())).prop_map(|(nth, px, sz)| Step::Amend { nth, px, sz }),
    ]
}

/// An order of the model.
#[derive(Clone, Debug)]
struct Plain {
    id: OrdId,
    owner: u32,
    buy: bool,
    px: i64,
    sz: i64,
    filled: i64,
    /// When it joined its queue.
    turn: u64,
    post_only: bool,
}

/// Every order in one list, searched from end to end.
#[derive(Debug, Default)]
struct Model {
    resting: Vec<Plain>,
    turn: u64,
    /// Order, maker, price, size.
    trades: Vec<(OrdId, OrdId, i64, i64)>,
}

impl Model {
    fn best(&self, buy: bool, limit: Option<i64>) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (at, order) in self.resting.iter().enumerate().filter(|(_, order)| order.buy != buy) {
            if limit.is_some_and(|limit| if buy { order.px > limit } else { order.px < limit }) {
                continue;
            }
            let better = |other: &Plain| {
                let sign = if buy { 1 } else { -1 };
                (order.px * sign, order.turn) < (other.px * sign, other.turn)
            };
            if best.and_then(|at| self.resting.get(at)).is_none_or(better) {
                best = Some(at);
            }
        }
        best
    }

    /// What the others offer within the limit: an own order does not count.
    fn offered(&self, taker: &Plain, limit: Option<i64>) -> i64 {
        let within = |o: &&Plain| limit.is_none_or(|limit| if taker.buy { o.px <= limit } else { o.px >= limit });
        let others = self.resting.iter().filter(|o| o.buy != taker.buy && (o.owner != taker.owner || o.owner == 0));
        others.filter(within).map(|o| o.sz - o.filled).sum()
    }

    fn take(&mut self, taker: &mut Plain, limit: Option<i64>) {
        while taker.filled < taker.sz {
            let Some(at) = self.best(taker.buy, limit) else { return };
            let maker = &mut self.resting[at];
            if maker.owner == taker.owner && maker.owner != 0 {
                self.resting.remove(at); // cancel_maker
                continue;
            }
            let sz = (taker.sz - taker.filled).min(maker.sz - maker.filled);
            taker.filled += sz;
            maker.filled += sz;
            self.trades.push((taker.id, maker.id, maker.px, sz));
            if maker.filled == maker.sz {
                self.resting.remove(at);
            }
        }
    }

    fn enter(&mut self, mut taker: Plain, kind: OrdType) {
        let limit = (kind != OrdType::Market).then_some(taker.px);
        if kind == OrdType::PostOnly && self.best(taker.buy, limit).is_some() {
            return;
        }
        if kind == OrdType::Fok && self.offered(&taker, limit) < taker.sz {
            return;
        }
        self.take(&mut taker, limit);
        if taker.filled < taker.sz && matches!(kind, OrdType::Limit | OrdType::PostOnly) {
            self.turn += 1;
            taker.turn = self.turn;
            self.resting.push(taker);
        }
    }
}

struct Pair {
    rig: Rig,
    model: Model,
    inst: InstIx,
}

fn price(ticks: i64) -> Dec {
    Dec::new(900_000 + ticks, 1)
}

fn size(lots: i64) -> Dec {
    Dec::new(lots, 2)
}

impl Pair {
    fn owner(&self, owner: u32) -> AcctIx {
        if owner == 1 { self.rig.me } else { self.rig.other }
    }

    fn run(&mut self, step: &Step) {
        self.rig.world.now += MILLI;
        match *step {
            Step::Place { second, buy, kind, px, sz } => {
                let owner = if second { 2 } else { 1 };
                let side = if buy { Side::Buy } else { Side::Sell };
                let request = PlaceRequest::new(self.inst, TdMode::Cross, side, kind, size(sz), Some(price(px)));
                let id = self.rig.world.place(self.owner(owner), request).expect("both are rich");
                let plain = Plain { id, owner, buy, px, sz, filled: 0, turn: 0, post_only: kind == OrdType::PostOnly };
                self.model.enter(plain, kind);
            }
            Step::House { buy, px, sz } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let id = self.rig.world.place_house(self.inst, side, price(px), size(sz));
                self.model.enter(Plain { id, owner: 0, buy, px, sz, filled: 0, turn: 0, post_only: false }, OrdType::Limit);
            }
            Step::Take { buy, sz } => {
                let side = if buy { Side::Buy } else { Side::Sell };
                let got = self.rig.world.take_house(self.inst, side, size(sz));
                let mut plain = Plain { id: 0, owner: 0, buy, px: 0, sz, filled: 0, turn: 0, post_only: false };
                self.model.take(&mut plain, None);
                assert_eq!(got, size(plain.filled));
            }
            Step::Cancel { nth } => {
                if self.model.resting.is_empty() {
                    return;
                }
                let plain = self.model.resting.remove(nth % self.model.resting.len());
                if plain.owner == 0 {
                    assert!(self.rig.world.cancel_house(plain.id));
                } else {
                    assert!(self.rig.world.cancel(plain.id, "1"));
                }
            }
            Step::Amend { nth, px, sz } => self.amend(nth, px, sz),
        }
    }

    fn amend(&mut self, nth: usize, px: Option<i64>, sz: Option<i64>) {
        let owned: Vec<usize> = (0..self.model.resting.len()).filter(|at| self.model.resting[*at].owner != 0).collect();
        let Some(at) = owned.get(nth % owned.len().max(1)).copied() else { return };
        let mut plain = self.model.resting[at].clone();
        let change = Change { sz: sz.map(size), px: px.map(price), ..Change::default() };
        let result = self.rig.world.amend(plain.id, &change);
        let moved = px.is_some_and(|px| px != plain.px);
        let new_px = px.unwrap_or(plain.px);
        if plain.post_only && moved && self.model.best(plain.buy, Some(new_px)).is_some() {
            assert_eq!(result.map_err(|no| no.code), Err("51511"));
            return;
        }
        assert_eq!(result, Ok(()));
        self.model.resting.remove(at);
        let new_sz = sz.unwrap_or(plain.sz);
        let keeps = !moved && new_sz <= plain.sz;
        (plain.px, plain.sz) = (new_px, new_sz);
        if plain.filled >= plain.sz {
            return;
        }
        if keeps {
            self.model.resting.insert(at, plain);
        } else {
            let kind = if plain.post_only { OrdType::PostOnly } else { OrdType::Limit };
            self.model.enter(plain, kind);
        }
    }

    fn compare(&self) {
        let world = &self.rig.world;
        let book = world.book(self.inst);
        for side in [Side::Buy, Side::Sell] {
            let mut want: Vec<&Plain> = self.model.resting.iter().filter(|o| o.buy == (side == Side::Buy)).collect();
            want.sort_by_key(|o| (if o.buy { -o.px } else { o.px }, o.turn));
            let want: Vec<(Dec, OrdId, Dec)> = want.iter().map(|o| (price(o.px), o.id, size(o.sz - o.filled))).collect();
            let got: Vec<_> = book.levels(side).flat_map(|(px, level)| level.queue.iter().map(move |(id, sz)| (px, *id, *sz))).collect();
            assert_eq!(got, want, "the queue of {side:?}");
            for (_, level) in book.levels(side) {
                assert_eq!(level.total, level.queue.iter().map(|(_, sz)| *sz).sum::<Dec>());
                assert!(!level.queue.is_empty());
            }
            for (px, id, sz) in got {
                let order = world.orders.get(id).expect("in the book");
                assert_eq!((order.px, order.left, order.in_book, order.side), (Some(px), sz, true, side));
                assert_eq!(order.sz, order.left + order.acc_fill_sz);
                let state = if order.acc_fill_sz.is_zero() { OrdState::Live } else { OrdState::PartiallyFilled };
                assert_eq!(order.state, state);
            }
        }
        let crossed = book.best(Side::Buy).zip(book.best(Side::Sell)).is_some_and(|((bid, _), (ask, _))| bid >= ask);
        assert!(!crossed, "a book never crosses");
        let open: usize = world.orders.open.values().map(std::collections::BTreeSet::len).sum();
        assert_eq!(open, self.model.resting.len());
        for acct in [self.rig.me, self.rig.other] {
            assert_eq!(world.orders.open_count(acct, self.inst) as usize, world.orders.open_of(acct).count());
            let traded: i64 = self.model.trades.iter().map(|(_, _, _, sz)| *sz).sum();
            assert!(world.orders.open_of(acct).map(|o| o.acc_fill_sz).sum::<Dec>() <= size(traded));
        }
        for order in world.orders.done.values().flatten().filter_map(|id| world.orders.get(*id)) {
            assert!(!order.state.is_open() && !order.in_book && order.reserved.is_none());
        }
        for (ccy, sums) in world.sums() {
            assert_eq!(sums.total, sums.expected, "{ccy}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn books_and_orders_agree_with_plain_lists(steps in prop::collection::vec(step(), 1..60)) {
        let rig = Rig::new();
        let inst = rig.inst(INST);
        let mut pair = Pair { rig, model: Model::default(), inst };
        for step in &steps {
            pair.run(step);
            pair.compare();
        }
        let world = &pair.rig.world;
        let filled: Dec = world.orders.all.values().filter(|o| o.acct == pair.rig.me).map(|o| o.acc_fill_sz).sum();
        let mine = |id: &OrdId| world.orders.get(*id).is_some_and(|o| o.acct == pair.rig.me);
        let traded: i64 = pair.model.trades.iter().map(|(taker, maker, _, sz)| sz * i64::from(u8::from(mine(taker)) + u8::from(mine(maker)))).sum();
        prop_assert_eq!(filled, size(traded));
        prop_assert!(world.orders.all.values().filter(|o| o.side == Side::Buy && o.ord_type == OrdType::Fok).all(|o| o.left.is_zero() || o.acc_fill_sz.is_zero()));
    }
}
