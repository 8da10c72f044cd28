//! Position tiers: the larger a position, the more margin it keeps and the less leverage it may have.
//!
//! The first rates are those proven (0.004 BTC swap, 0.008 ETH coin future, 0.02 BTC margin); what follows them is plausible, not OKX's.

use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::num::Dec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub tier: u32,
    pub min_sz: Dec,
    pub max_sz: Dec,
    pub mmr: Dec,
    pub imr: Dec,
    pub max_lever: Dec,
}

/// How maintenance margin grows, leverage falls and size grows, from tier to tier: per mille of the first.
const STEPS: [(i64, i64, i64); 8] = [
    (1_000, 1_000, 1_000),
    (1_250, 750, 2_000),
    (1_625, 500, 4_000),
    (2_500, 333, 8_000),
    (3_750, 200, 15_000),
    (6_250, 100, 30_000),
    (12_500, 50, 60_000),
    (25_000, 20, 120_000),
];

/// Maintenance rate of the first tier.
fn first_mmr(inst: &Instrument, inst_type: InstType) -> Dec {
    match (inst_type, inst.base(), inst.inverse) {
        (InstType::Margin, ..) => Dec::new(2, 2),
        (InstType::Option, ..) => Dec::new(75, 3),
        (InstType::Futures, "ETH", true) => Dec::new(8, 3),
        (_, "BTC" | "ETH", _) => Dec::new(4, 3),
        _ => Dec::new(1, 2),
    }
}

/// Largest size of the first tier: contracts, or base currency.
fn first_size(inst: &Instrument, inst_type: InstType) -> Dec {
    let coins = match inst.base() {
        "BTC" => Dec::from(50),
        "ETH" => Dec::from(1_000),
        _ => Dec::from(200_000),
    };
    match inst_type {
        InstType::Spot | InstType::Margin => coins,
        _ if inst.inverse => Dec::from(5_000_000).checked_div(inst.face()).unwrap_or(Dec::ONE).floor(),
        _ => coins.checked_div(inst.face()).unwrap_or(Dec::ONE).floor(),
    }
}

pub fn max_lever(inst: &Instrument, inst_type: InstType) -> Dec {
    match inst_type {
        InstType::Margin | InstType::Spot => inst.margin_lever.unwrap_or(Dec::ONE),
        InstType::Option => Dec::ONE,
        _ => inst.max_lever.max(Dec::ONE),
    }
}

fn tier(inst: &Instrument, inst_type: InstType, at: usize) -> Option<Tier> {
    let (mmr, lever, size) = *STEPS.get(at)?;
    let before = at.checked_sub(1).and_then(|at| STEPS.get(at)).map_or(0, |step| step.2);
    let top = max_lever(inst, inst_type);
    let max_lever = (top * Dec::new(lever, 3)).floor().max(Dec::ONE);
    let first = first_size(inst, inst_type);
    let mmr = (first_mmr(inst, inst_type) * Dec::new(mmr, 3)).min(Dec::new(5, 1));
    Some(Tier {
        tier: at as u32 + 1,
        min_sz: if before == 0 { Dec::ZERO } else { (first * Dec::new(before, 3)).floor() + inst.lot_sz },
        max_sz: (first * Dec::new(size, 3)).floor(),
        mmr,
        imr: Dec::ONE.checked_div(max_lever).unwrap_or(Dec::ONE).round_dp(4),
        max_lever,
    })
}

pub fn all(inst: &Instrument, inst_type: InstType) -> Vec<Tier> {
    (0..STEPS.len()).filter_map(|at| tier(inst, inst_type, at)).collect()
}

/// The tier of a position of that size; the last one for anything larger.
pub fn of_size(inst: &Instrument, inst_type: InstType, size: Dec) -> Tier {
    let first = first_size(inst, inst_type);
    let at = STEPS.iter().position(|step| size <= (first * Dec::new(step.2, 3)).floor()).unwrap_or(STEPS.len() - 1);
    tier(inst, inst_type, at).expect("the position of a step is one of its indices")
}

/// Largest position a leverage allows.
pub fn largest(inst: &Instrument, inst_type: InstType, lever: Dec) -> Dec {
    all(inst, inst_type).into_iter().filter(|tier| tier.max_lever >= lever).map(|tier| tier.max_sz).max().unwrap_or_default()
}
