//! What a trade costs: rates by product, fee group and level; trading section 10.
//!
//! API signs: negative is paid. Source: OKX API v5, Trading Account › Get fee rates; the fee schedule by level.

use crate::exchange::account::{Account, HOUSE};
use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::num::{Dec, amount};

/// Maker and taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    pub maker: Dec,
    pub taker: Dec,
}

impl Rates {
    pub fn of(self, taker: bool) -> Dec {
        if taker { self.taker } else { self.maker }
    }
}

/// Regular users, then VIP1 to VIP8: maker and taker in hundred-thousandths, as paid.
const SPOT: [(i64, i64); 9] = [(80, 100), (67, 78), (60, 70), (50, 60), (30, 45), (10, 35), (0, 30), (-5, 25), (-10, 20)];
const CONTRACT: [(i64, i64); 9] = [(20, 50), (17, 40), (15, 37), (13, 33), (10, 30), (5, 27), (0, 25), (-3, 20), (-5, 15)];
const OPTION: [(i64, i64); 9] = [(20, 30), (17, 30), (15, 28), (13, 25), (10, 23), (5, 20), (0, 18), (-5, 15), (-10, 13)];

/// `Lv1`…`Lv5` pay as regular users, `VIP3` as in its column.
pub fn tier(level: &str) -> usize {
    level.strip_prefix("VIP").and_then(|n| n.parse().ok()).unwrap_or(0).min(8)
}

/// By product and fee group: group 11 trades spot for nothing, stablecoin pairs (17) at a tenth.
pub fn rates(inst_type: InstType, group: &str, level: &str) -> Rates {
    let table = match inst_type {
        InstType::Spot | InstType::Margin => SPOT,
        InstType::Swap | InstType::Futures => CONTRACT,
        InstType::Option => OPTION,
    };
    let (maker, taker) = table.get(tier(level)).copied().unwrap_or_default();
    let scale = match (inst_type, group) {
        (InstType::Spot | InstType::Margin, "11") => return Rates { maker: Dec::ZERO, taker: Dec::ZERO },
        (InstType::Spot | InstType::Margin, "17") => 6,
        _ => 5,
    };
    Rates { maker: Dec::new(-maker, scale), taker: Dec::new(-taker, scale) }
}

/// What an account pays on an instrument; the house pays nothing.
pub fn rates_of(account: &Account, inst: &Instrument) -> Rates {
    if account.ix == HOUSE {
        return Rates { maker: Dec::ZERO, taker: Dec::ZERO };
    }
    rates(inst.inst_type, &inst.group_id, &account.level)
}

/// The fee of a trade of `sz` worth `value`, signed as the rate. Of an option: by size, capped at an eighth of the premium.
pub fn of_contract(inst: &Instrument, sz: Dec, value: Dec, rate: Dec) -> Dec {
    if inst.inst_type != InstType::Option {
        return amount(value * rate);
    }
    let by_size = sz * inst.face() * rate;
    let cap = value * Dec::new(125, 3);
    amount(if rate < Dec::ZERO { by_size.max(-cap) } else { by_size.min(cap) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_signed_as_the_exchange_signs_them() {
        for (kind, group, level, maker, taker) in [
            (InstType::Spot, "1", "Lv1", "-0.0008", "-0.001"),
            (InstType::Swap, "4", "Lv1", "-0.0002", "-0.0005"),
            (InstType::Futures, "5", "Lv3", "-0.0002", "-0.0005"),
            (InstType::Option, "1", "Lv1", "-0.0002", "-0.0003"),
            (InstType::Spot, "11", "Lv1", "0", "0"),
            (InstType::Swap, "4", "VIP8", "0.00005", "-0.00015"),
        ] {
            let rates = rates(kind, group, level);
            assert_eq!(
                (rates.maker.normalize().to_string(), rates.taker.normalize().to_string()),
                (maker.into(), taker.into()),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn the_fee_of_a_spot_buy_is_that_of_the_documented_one() {
        let rate = rates(InstType::Spot, "1", "Lv1").taker;
        assert_eq!(amount(Dec::new(192_834, 8) * rate), Dec::new(-192_834, 11));
    }
}
