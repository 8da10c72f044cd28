//! Any sequence of trades, transfers, funding, settings and prices: everything adds up, and a slow model agrees.

use serde_json::json;

use crate::exchange::account::{AcctIx, HOUSE, PosKey};
use crate::exchange::instrument::InstType;
use crate::exchange::ledger::scenes::{ME, SWAP, call, look, trade};
use crate::exchange::ledger::tests::{OPTION, mark, named, world};
use crate::exchange::ledger::{funds, rows, settings};
use crate::exchange::num::Dec;
use crate::exchange::order::{PosSide, Side, TdMode};
use crate::rng::Rng;

/// A number of the generator between two, at that many digits.
fn drawn(rng: &mut Rng, low: u64, high: u64, digits: u32) -> Dec {
    Dec::from(rng.between(low, high)) / Dec::from(10u64.pow(digits))
}

/// One position, recomputed the slow way: every trade is kept, oldest closed in proportion.
#[derive(Default)]
struct Slow {
    qty: f64,
    avg: f64,
    pnl: f64,
}

impl Slow {
    fn trade(&mut self, inverse: bool, face: f64, signed: f64, px: f64) {
        let opposite = self.qty * signed < 0.0;
        let close = if opposite { signed.abs().min(self.qty.abs()) } else { 0.0 };
        let way = self.qty.signum();
        if opposite {
            self.pnl += close * face * way * if inverse { 1.0 / self.avg - 1.0 / px } else { px - self.avg };
        }
        let open = signed.abs() - close;
        self.qty += signed.signum() * close;
        if open > 1e-12 {
            let held = self.qty.abs();
            let sum = if inverse { held / self.avg.max(1e-9) + open / px } else { held * self.avg + open * px };
            self.avg = if inverse { (held + open) / sum } else { sum / (held + open) };
            self.qty += signed.signum() * open;
        }
    }
}

#[test]
fn any_sequence_of_trades_agrees_with_a_slow_model_and_adds_up() {
    for seed in 1..=30 {
        let mut world = world();
        let mut rng = Rng::new(seed);
        let books = [(SWAP, InstType::Swap), ("BTC-USD-SWAP", InstType::Swap), (OPTION, InstType::Option)];
        let mut slow = [Slow::default(), Slow::default(), Slow::default()];
        for _ in 0..150 {
            let at = rng.below(3) as usize;
            let (Some((inst, kind)), Some(model)) = (books.get(at).copied(), slow.get_mut(at)) else { continue };
            let way = if rng.chance(2) { Side::Buy } else { Side::Sell };
            let sz = Dec::from(rng.between(1, 50));
            let px = if kind == InstType::Option { drawn(&mut rng, 1, 900, 4) } else { drawn(&mut rng, 700_000, 1_100_000, 1) };
            let booked = trade(&mut world, ME, (inst, kind, TdMode::Cross), way, &sz.to_string(), &px.to_string());
            let row = world.inst(named(&world, inst));
            let before = model.pnl;
            model.trade(row.inverse, rows::float(row.face()), rows::float(sz * way.sign()), rows::float(px));
            assert!(
                (rows::float(booked.pnl) - (model.pnl - before)).abs() < 1e-6,
                "seed {seed} {inst}: {} {}",
                booked.pnl,
                model.pnl - before
            );
            let key = PosKey { inst: named(&world, inst), mode: TdMode::Cross, side: PosSide::Net };
            let position = world.account(ME).positions.get(&key).expect("traded");
            assert!((rows::float(position.qty) - model.qty).abs() < 1e-9, "seed {seed}");
            assert!(world.adds_up(), "seed {seed}: {:?}", world.sums());
        }
    }
}

#[test]
fn any_sequence_of_events_adds_up() {
    for seed in 1..=40 {
        let mut world = world();
        let mut rng = Rng::new(seed * 977);
        let books = [
            (SWAP, InstType::Swap),
            ("BTC-USD-SWAP", InstType::Swap),
            (OPTION, InstType::Option),
            ("BTC-USDT", InstType::Margin),
            ("BTC-USDT", InstType::Spot),
        ];
        for _ in 0..120 {
            let acct = AcctIx(1 + rng.below(2) as u32);
            let (inst, kind) = books.get(rng.below(5) as usize).copied().unwrap_or((SWAP, InstType::Swap));
            let way = if rng.chance(2) { Side::Buy } else { Side::Sell };
            let modes = [TdMode::Cross, TdMode::Isolated];
            let mode =
                if kind == InstType::Spot { TdMode::Cash } else { modes.get(rng.below(2) as usize).copied().unwrap_or(TdMode::Cross) };
            let price = drawn(&mut rng, 600_000, 1_300_000, 1);
            match rng.below(12) {
                0..=5 => {
                    let px = if kind == InstType::Option { drawn(&mut rng, 1, 900, 4) } else { price };
                    let small = matches!(kind, InstType::Margin | InstType::Spot);
                    let sz = if small { drawn(&mut rng, 1, 2_000_000, 8) } else { Dec::from(rng.between(1, 60)) };
                    trade(&mut world, acct, (inst, kind, mode), way, &sz.to_string(), &px.to_string());
                }
                6 => {
                    let rate = drawn(&mut rng, 0, 2_000, 5) - Dec::new(1, 2);
                    let _ = world.settle_funding(named(&world, inst), Some(rate));
                }
                7 => {
                    let lever = rng.between(1, 50).to_string();
                    let mode = if rng.chance(2) { "cross" } else { "isolated" };
                    let wish = json!({"instId": inst, "lever": lever, "mgnMode": mode, "posSide": "long"});
                    let _ = call(&mut world, acct, settings::set_leverage, wish);
                }
                8 => {
                    let amt = drawn(&mut rng, 1, 5_000_000, 4).to_string();
                    let (from, to) = if rng.chance(2) { ("6", "18") } else { ("18", "6") };
                    let _ = call(&mut world, acct, funds::transfer, json!({"ccy": "USDT", "amt": amt, "from": from, "to": to}));
                }
                9 => {
                    let kind = if rng.chance(2) { "add" } else { "reduce" };
                    let _ = call(&mut world, acct, settings::margin_balance, json!({"instId": inst, "type": kind, "amt": "12.345"}));
                }
                10 => {
                    world.now += 3_600_000_000_000;
                    super::run(&mut world);
                }
                _ => {
                    let px = price.to_string();
                    mark(&mut world, inst, if kind == InstType::Option { "0.04" } else { &px });
                    look(&mut world, inst);
                }
            }
            assert!(world.adds_up(), "seed {seed}: {:?}", world.sums());
        }
        let option = named(&world, OPTION);
        world.deliver(option).expect("an index");
        assert!(world.adds_up(), "seed {seed}, delivered: {:?}", world.sums());
        let house = world.account(HOUSE).positions.iter().find(|(key, _)| key.inst == option);
        assert!(house.is_none_or(|(_, p)| p.is_flat()), "the house holds what nobody else does: {house:?}");
    }
}
