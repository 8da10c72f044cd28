//! Trading section 3.6: nobody trades with himself, nor with his sub-accounts.

use serde_json::json;

use super::{Rig, order, with};

const SWAP: &str = "BTC-USDT-SWAP";

/// Book: 1 of the other's at 90000, 1 of one's own at 90001, 1 of the other's at 90002.
fn rig(own_by_sub: bool) -> (Rig, u64) {
    let mut rig = Rig::new();
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    let owner = if own_by_sub { rig.sub() } else { rig.me };
    let own = rig.limit(owner, SWAP, "sell 1 @ 90001");
    rig.limit(rig.other, SWAP, "sell 1 @ 90002");
    rig.world.events.clear();
    (rig, own)
}

#[test]
fn each_mode_cancels_whom_it_says() {
    // mode, order type, size; the taker's end, the own maker's state.
    for (mode, kind, sz, taker, maker) in [
        ("cancel_maker", "limit", "2", "filled", "canceled 32"),
        ("cancel_maker", "limit", "3", "partially_filled", "canceled 32"),
        ("cancel_taker", "limit", "3", "canceled 32", "live"),
        ("cancel_both", "limit", "3", "canceled 32", "canceled 32"),
        ("cancel_maker", "ioc", "3", "canceled 14", "canceled 32"),
        ("cancel_taker", "ioc", "1", "filled", "live"),
        ("cancel_maker", "fok", "2", "filled", "canceled 32"),
        ("cancel_maker", "fok", "3", "canceled 13", "live"),
        ("cancel_taker", "fok", "1", "filled", "live"),
        ("cancel_taker", "fok", "2", "canceled 13", "live"),
        ("cancel_both", "fok", "1", "54036", "live"),
        ("", "limit", "3", "partially_filled", "canceled 32"), // the account's mode: cancel_maker
    ] {
        for sub in [false, true] {
            let (mut rig, own) = rig(sub);
            let request = with(order(SWAP, "cross", kind, &format!("buy {sz} @ 90002")), json!({"stpMode": mode}));
            let got = rig.place(request).map_or_else(|code| code, |id| rig.state(id));
            assert_eq!((got.as_str(), rig.state(own).as_str()), (taker, maker), "{mode} {kind} {sz}, sub-account: {sub}");
        }
    }
}

#[test]
fn the_takers_mode_decides_and_better_levels_fill_first() {
    let (mut rig, own) = rig(false);
    let id = rig.place(with(order(SWAP, "cross", "limit", "buy 3 @ 90002"), json!({"stpMode": "cancel_taker"}))).expect("accepted");
    assert_eq!(rig.pushed(), ["live", "partially_filled fill=1", "canceled 32"]);
    assert_eq!((rig.state(id).as_str(), rig.state(own).as_str()), ("canceled 32", "live"));
}

#[test]
fn strangers_trade() {
    let mut rig = Rig::new();
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    let id = rig.limit(rig.me, SWAP, "buy 1 @ 90000");
    assert_eq!(rig.state(id), "filled");
}
