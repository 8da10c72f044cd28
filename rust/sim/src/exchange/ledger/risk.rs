//! What a position and an account are worth at the mark, and what margin they need.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::account::{AcctIx, HOUSE, LeverKey, PosKey, Position};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::ledger::margin::{Loan, Terms, mgn_ratio};
use crate::exchange::ledger::reserve::discount;
use crate::exchange::ledger::{fees, tiers};
use crate::exchange::num::Dec;
use crate::exchange::order::{PosSide, Side, TdMode};
use crate::exchange::world::World;

/// A position at the mark; amounts in its margin currency.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    pub mark: Dec,
    pub notional: Dec,
    pub upl: Dec,
    pub imr: Dec,
    pub mmr: Dec,
    /// Of closing it at the mark.
    pub close_fee: Dec,
    /// Value of an option position, signed.
    pub opt_val: Dec,
    pub m: Dec,
    pub t: Dec,
}

/// One currency of an account.
#[derive(Clone, Copy, Debug, Default)]
pub struct CoinView {
    pub cash: Dec,
    /// Of cross positions.
    pub upl: Dec,
    pub iso_upl: Dec,
    /// Isolated margin and profit.
    pub iso_eq: Dec,
    pub imr: Dec,
    pub mmr: Dec,
    pub close_fee: Dec,
    pub opt_val: Dec,
    /// Of open orders, less what closing a position frees.
    pub ord_frozen: Dec,
    pub notional: Dec,
    pub liab: Dec,
}

impl CoinView {
    pub fn eq(&self) -> Dec {
        self.cash + self.upl + self.iso_eq + self.opt_val
    }

    /// May be negative.
    pub fn free_bal(&self) -> Dec {
        self.cash + self.upl.min(Dec::ZERO) - self.imr - self.ord_frozen
    }

    pub fn free_eq(&self) -> Dec {
        self.cash + self.upl - self.imr - self.ord_frozen
    }
}

/// Price to value at: mark, else index, else last.
pub fn mark_of(world: &World, inst: InstIx) -> Dec {
    let px = world.mark_px(inst).or_else(|| world.index_px(inst)).or_else(|| world.last_px(inst));
    px.or_else(|| world.book(inst).mid()).unwrap_or_default()
}

/// Taker rate, as a positive number.
pub fn taker_rate(world: &World, acct: AcctIx, inst: InstIx) -> Dec {
    (-fees::rates_of(world.account(acct), world.inst(inst)).taker).max(Dec::ZERO)
}

pub fn terms(world: &World, position: &Position) -> Terms {
    let inst = world.inst(position.inst);
    Terms { inverse: inst.inverse, size: position.qty * inst.face(), cost: position.cost, lever: position.lever.max(Dec::ONE) }
}

pub fn loan(position: &Position) -> Loan {
    let long = position.is_long();
    let margin = if position.ccy == position.pos_ccy { position.margin } else { Dec::ZERO };
    Loan { long, pos: position.qty, liab: position.liab + position.interest, margin }
}

pub fn view(world: &World, acct: AcctIx, position: &Position) -> View {
    view_at(world, acct, position, mark_of(world, position.inst))
}

/// As if the mark were this.
pub fn view_at(world: &World, acct: AcctIx, position: &Position, mark: Dec) -> View {
    let t = taker_rate(world, acct, position.inst);
    if position.is_flat() || mark.is_zero() {
        return View { mark, t, ..View::default() };
    }
    let inst = world.inst(position.inst);
    match position.inst_type {
        InstType::Margin => margin_view(world, position, mark, t),
        InstType::Option => {
            let size = position.qty * inst.face();
            let index = world.index_px(position.inst).unwrap_or_default();
            let (imr, mmr) =
                if size < Dec::ZERO { short_option(world, position.inst, size.abs(), mark, index) } else { (Dec::ZERO, Dec::ZERO) };
            let opt_val = size * mark;
            let close_fee = if size < Dec::ZERO { (size.abs() * t).min(opt_val.abs() * Dec::new(125, 3)) } else { Dec::ZERO };
            View { mark, notional: size.abs(), upl: opt_val - position.cost, imr, mmr, close_fee, opt_val, m: Dec::ZERO, t }
        }
        kind => {
            let terms = terms(world, position);
            let m = tiers::of_size(inst, kind, position.size()).mmr;
            let notional = terms.notional(mark).unwrap_or_default();
            View {
                mark,
                notional,
                upl: terms.upl(mark).unwrap_or_default(),
                imr: terms.imr(mark).unwrap_or_default(),
                mmr: notional * m,
                close_fee: notional * t,
                opt_val: Dec::ZERO,
                m,
                t,
            }
        }
    }
}

/// What the seller of an option keeps: ours, as OKX's formula is not established. Out of the money by `otm` of the index, between 10 % and
/// 15 % of the underlying, and the option's value; half of that to maintain.
fn short_option(world: &World, inst: InstIx, size: Dec, mark: Dec, index: Dec) -> (Dec, Dec) {
    let Some((strike, kind)) = world.inst(inst).strike else { return (Dec::ZERO, Dec::ZERO) };
    let otm = if kind == 'C' { strike - index } else { index - strike };
    let otm = otm.max(Dec::ZERO).checked_div(index).unwrap_or_default();
    let initial = (Dec::new(15, 2) - otm).max(Dec::new(1, 1)) + mark;
    (size * initial, size * (Dec::new(75, 3) + mark))
}

/// What selling so many coins' worth of an option sets apart when the margin is isolated.
pub fn option_margin(world: &World, inst: InstIx, size: Dec) -> Dec {
    short_option(world, inst, size, mark_of(world, inst), world.index_px(inst).unwrap_or_default()).0
}

fn margin_view(world: &World, position: &Position, mark: Dec, t: Dec) -> View {
    let inst = world.inst(position.inst);
    let m = tiers::of_size(inst, InstType::Margin, position.size()).mmr;
    let loan = loan(position);
    // Everything in the position's currency first; then in the margin's.
    let owed = loan.owed(mark).unwrap_or_default();
    let to_ccy = |amt: Dec| {
        if position.ccy == position.pos_ccy {
            amt
        } else if loan.long {
            amt * mark
        } else {
            amt.checked_div(mark).unwrap_or_default()
        }
    };
    View {
        mark,
        notional: to_ccy(owed),
        upl: to_ccy(loan.upl(mark).unwrap_or_default()),
        imr: to_ccy(owed).checked_div(position.lever.max(Dec::ONE)).unwrap_or_default(),
        mmr: to_ccy(loan.mmr(mark, m).unwrap_or_default()),
        close_fee: to_ccy(loan.close_fee(mark, m, t).unwrap_or_default()),
        opt_val: Dec::ZERO,
        m,
        t,
    }
}

/// One currency of an account, its positions at the mark.
pub fn coin(world: &World, acct: AcctIx, ccy: &str) -> CoinView {
    let account = world.account(acct);
    let held = account.coins.get(ccy);
    let mut sum = CoinView {
        cash: held.map_or(Dec::ZERO, |coin| coin.cash),
        ord_frozen: held.map_or(Dec::ZERO, |coin| coin.ord_frozen),
        ..CoinView::default()
    };
    for (key, position) in account.positions.iter().filter(|(_, position)| position.ccy == ccy && !position.is_flat()) {
        let view = view(world, acct, position);
        sum.notional += view.notional;
        sum.opt_val += view.opt_val;
        if position.inst_type == InstType::Margin {
            sum.liab += position.liab + position.interest;
        }
        if position.mode == TdMode::Isolated {
            sum.iso_upl += view.upl;
            sum.iso_eq += position.margin + if position.inst_type == InstType::Option { Dec::ZERO } else { view.upl };
        } else {
            if position.inst_type != InstType::Option {
                sum.upl += view.upl;
            }
            sum.imr += view.imr;
            sum.mmr += view.mmr;
            sum.close_fee += view.close_fee;
        }
        sum.ord_frozen -= freed(world, acct, key, position, &view);
    }
    sum
}

/// What a position moves, in USD.
pub fn notional_usd(world: &World, acct: AcctIx, position: &Position) -> Dec {
    let inst = world.inst(position.inst);
    match position.inst_type {
        InstType::Option => view(world, acct, position).notional * world.index_px(position.inst).unwrap_or_default(),
        _ if inst.inverse => position.qty.abs() * inst.face(),
        _ => view(world, acct, position).notional * world.usd(&position.ccy),
    }
}

/// A whole account, in USD.
#[derive(Clone, Debug, Default)]
pub struct Total {
    pub coins: BTreeMap<String, CoinView>,
    pub eq: Dec,
    /// Discounted, without isolated positions.
    pub adj_eq: Dec,
    pub iso_eq: Dec,
    pub upl: Dec,
    pub imr: Dec,
    pub mmr: Dec,
    pub close_fee: Dec,
    pub frozen: Dec,
    pub notional: Dec,
    types: BTreeMap<InstType, Dec>,
}

impl Total {
    pub fn of(world: &World, acct: AcctIx) -> Self {
        let account = world.account(acct);
        let mut total = Self::default();
        let ccys: BTreeSet<&String> = account.coins.keys().chain(account.positions.values().map(|p| &p.ccy)).collect();
        for ccy in ccys {
            let coin = coin(world, acct, ccy);
            let usd = world.usd(ccy);
            total.eq += coin.eq() * usd;
            total.adj_eq += (coin.cash + coin.upl + coin.opt_val) * usd * discount(ccy);
            total.iso_eq += coin.iso_eq * usd;
            total.upl += coin.upl * usd;
            total.imr += coin.imr * usd;
            total.mmr += coin.mmr * usd;
            total.close_fee += coin.close_fee * usd;
            total.frozen += coin.ord_frozen * usd;
            total.coins.insert(ccy.clone(), coin);
        }
        for position in account.positions.values().filter(|p| !p.is_flat()) {
            let notional = notional_usd(world, acct, position);
            total.notional += notional;
            *total.types.entry(position.inst_type).or_default() += notional;
        }
        total
    }

    pub fn by_type(&self, kind: InstType) -> Dec {
        self.types.get(&kind).copied().unwrap_or_default()
    }

    pub fn mgn_ratio(&self) -> Option<Dec> {
        mgn_ratio(self.adj_eq, self.mmr, self.close_fee)
    }
}

/// What orders that close a position need not set aside.
fn freed(world: &World, acct: AcctIx, key: &PosKey, position: &Position, view: &View) -> Dec {
    if !position.inst_type.is_contract() {
        return Dec::ZERO;
    }
    let Some([buys, sells]) = world.ledger.resting.get(&(acct, key.clone())) else { return Dec::ZERO };
    let closing = if position.side_to_close() == Side::Buy { *buys } else { *sells };
    let each = view.notional.checked_div(position.lever.max(Dec::ONE)).unwrap_or_default();
    closing.min(each + view.close_fee)
}

/// Whose leverage is it: instId, family or currency. Trading section 2.1.
pub fn lever_key(world: &World, acct: AcctIx, inst: InstIx, inst_type: InstType, mode: TdMode, side: PosSide, ccy: &str) -> LeverKey {
    let row = world.inst(inst);
    let account = world.account(acct);
    let scope = match (inst_type, mode) {
        (InstType::Futures, TdMode::Cross) => row.family.clone(),
        (InstType::Margin | InstType::Spot, TdMode::Cross) if account.acct_lv > 2 => ccy.to_owned(),
        _ => row.inst_id.clone(),
    };
    let side = if mode == TdMode::Isolated && account.long_short && inst_type.is_contract() { side } else { PosSide::Net };
    LeverKey { scope, mode, side }
}

/// 10 on contracts, 3 on margin, until set.
pub fn default_lever(world: &World, inst: InstIx, inst_type: InstType) -> Dec {
    let wish = if inst_type.is_contract() { Dec::TEN } else { Dec::from(3) };
    wish.min(tiers::max_lever(world.inst(inst), inst_type))
}

pub fn lever(world: &World, acct: AcctIx, inst: InstIx, inst_type: InstType, mode: TdMode, side: PosSide, ccy: &str) -> Dec {
    let account = world.account(acct);
    let set = if account.levers.is_empty() {
        None
    } else {
        account.levers.get(&lever_key(world, acct, inst, inst_type, mode, side, ccy)).copied()
    };
    set.unwrap_or_else(|| default_lever(world, inst, inst_type))
}

pub fn prices_moved(world: &mut World, inst: InstIx) {
    let exposed: Vec<AcctIx> = world
        .accounts
        .iter()
        .filter(|a| a.ix != HOUSE && a.positions.iter().any(|(key, position)| key.inst == inst && !position.is_flat()))
        .map(|a| a.ix)
        .collect();
    world.ledger.at_risk.extend(exposed);
}
