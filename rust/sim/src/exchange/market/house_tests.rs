use super::*;
use crate::exchange::config::{ClockMode, Config};
use crate::exchange::io::SECOND;
use crate::exchange::market;

const START: Nanos = 1_795_305_600_000 * MILLI;

fn world() -> World {
    World::new(Config { clock: ClockMode::Virtual, ..Config::default() }, START).expect("the default world")
}

/// Runs the market alone.
fn advance(world: &mut World, by: Nanos) {
    let end = world.now + by;
    market::until(world, end);
    while let Some(due) = market::next(world).filter(|due| *due <= end) {
        world.now = world.now.max(due);
        market::run(world);
    }
    world.now = end;
}

#[test]
fn books_are_full_and_never_crossed_and_move_and_trade() {
    let mut world = world();
    for second in 0..20 {
        for at in 0..world.instruments.len() {
            let ix = InstIx(at as u32);
            let (inst, book) = (world.inst(ix), world.book(ix));
            let (bid, ask) = (book.best(Side::Buy), book.best(Side::Sell));
            let (Some((bid, _)), Some((ask, _))) = (bid, ask) else { panic!("{} has two sides at {second} s", inst.inst_id) };
            assert!(bid < ask, "{}", inst.inst_id);
            assert!((bid % inst.tick_at(bid)).is_zero() && (ask % inst.tick_at(ask)).is_zero(), "{} {bid} {ask}", inst.inst_id);
            if inst.inst_type != InstType::Option {
                assert_eq!(book.bids.len(), 50, "{}", inst.inst_id);
                assert!(ask - bid <= inst.tick_sz * Dec::from(20), "{} {bid} {ask}", inst.inst_id);
            }
        }
        advance(&mut world, SECOND);
    }
    for (inst, tape) in world.instruments.iter().zip(&world.market.tapes) {
        assert!(tape.bars.minutes.iter().any(|bar| bar.vol > Dec::ZERO), "{} traded", inst.inst_id);
    }
    assert!(world.orders.all.len() < 3_000, "{} orders", world.orders.all.len());
}

#[test]
fn the_same_seed_makes_the_same_market_and_a_long_way_takes_few_steps() {
    let run = || {
        let mut world = world();
        advance(&mut world, 8 * 3_600 * SECOND);
        let best = |at| world.book(InstIx(at)).best(Side::Buy).map(|(px, level)| (px, level.total));
        (best(0), best(2), best(6), world.market.tapes.first().map(|tape| tape.trade_id))
    };
    assert_eq!(run(), run());
}

#[test]
fn a_jump_of_the_price_goes_through_what_users_offer() {
    let mut world = world();
    let ix = world.find_inst("BTC-USDT").expect("a default instrument").ix;
    let change = market::SetMarket { px: Some(Dec::from(80_000)), ..market::SetMarket::default() };
    world.set_market(ix, &change).expect("a price");
    assert_eq!(world.last_px(ix), Some(Dec::from(80_000)));
    assert_eq!(world.index_px(ix), Some(Dec::from(80_000)));
    assert_eq!(world.book(ix).best(Side::Sell).map(|(px, _)| px), Some(Dec::from(80_000)));
    let change = market::SetMarket { house: Some(false), ..market::SetMarket::default() };
    world.set_market(ix, &change).expect("a house");
    assert!(world.book(ix).best(Side::Sell).is_none());
    advance(&mut world, SECOND);
    assert!(world.book(ix).best(Side::Buy).is_none());
}

#[test]
fn a_market_that_is_written_down_and_read_back_goes_on_as_if_nothing_had_been() {
    let mut world = world();
    advance(&mut world, 3 * SECOND);
    let text = serde_json::to_string(&world).expect("a state");
    let mut other: World = serde_json::from_str(&text).expect("the state");
    for world in [&mut world, &mut other] {
        advance(world, 3 * SECOND);
    }
    let levels = |world: &World| -> Vec<String> {
        let sides = |at: u32| [Side::Buy, Side::Sell].map(|side| format!("{:?}", world.book(InstIx(at)).levels(side).collect::<Vec<_>>()));
        (0..world.instruments.len() as u32).flat_map(sides).collect()
    };
    assert_eq!(levels(&world), levels(&other));
    assert_eq!(serde_json::to_string(&world.market).expect("a state"), serde_json::to_string(&other.market).expect("a state"));
}

#[test]
fn a_held_house_leaves_its_orders_as_they_are() {
    let mut world = world();
    let ix = world.find_inst("BTC-USDT").expect("a default instrument").ix;
    let levels = |world: &World| {
        let side = |side| world.book(ix).best(side).map(|(px, level)| (px, level.total));
        (side(Side::Buy), side(Side::Sell), world.market.tapes.get(ix.0 as usize).map(|tape| tape.trade_id))
    };
    let hold = |world: &mut World, hold| {
        let change = market::SetMarket { hold: Some(hold), ..market::SetMarket::default() };
        world.set_market(ix, &change).expect("a house");
    };
    hold(&mut world, true);
    let before = levels(&world);
    advance(&mut world, 20 * SECOND);
    assert!(before.0.is_some());
    assert_eq!(levels(&world), before);
    hold(&mut world, false);
    advance(&mut world, 20 * SECOND);
    assert_ne!(levels(&world), before);
}
