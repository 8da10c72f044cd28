//! What a request must be before it becomes an order: account, instrument, sizes, prices. Nothing changes here.

use crate::exchange::account::{Account, AcctIx, PosKey};
use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::num::{Dec, text};
use crate::exchange::order::{OrdType, Order, PlaceRequest, PosSide, Side, StpMode, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::{price, reduce};

/// Open orders an account may have, in all and on one instrument.
const OPEN: usize = 4_000;
const OPEN_PER_INST: u32 = 500;

/// A checked request.
pub(super) struct Draft {
    /// Without an id, without reserve.
    pub order: Box<Order>,
    /// The worst price it may trade at.
    pub limit: Option<Dec>,
    /// Reduce-only, and cut down to the position.
    pub resized: bool,
    pub ban_amend: bool,
}

/// Liquidation, ADL, delivery: nobody asks the account then.
pub(super) fn forced(category: &str) -> bool {
    !matches!(category, "normal" | "twap" | "ddh")
}

pub(super) fn draft(world: &World, acct: AcctIx, request: PlaceRequest) -> Result<Draft, Refusal> {
    let inst = world.inst(request.inst);
    let account = world.account(acct);
    let free = !forced(request.category);
    if free {
        check_state(inst, request.ord_type)?;
    }
    check_type(account, inst, &request)?;
    let inst_type = check_mode(account, inst, request.td_mode, free)?;
    let pos_side = check_pos_side(account, inst, request.pos_side)?;
    let ccy = if inst_type == InstType::Margin { margin_ccy(account, inst, &request)? } else { String::new() };
    if world.orders.by_cl_ord_id(acct, &request.cl_ord_id).is_some_and(|order| order.state.is_open()) {
        return Err(Refusal::new("51016", "Duplicated client order ID"));
    }
    if world.orders.open_count(acct, request.inst) >= OPEN_PER_INST && free {
        return Err(Refusal::new("51102", "Too many open orders on this instrument."));
    }
    if world.orders.open.get(&acct).is_some_and(|open| open.len() >= OPEN) && free {
        return Err(Refusal::new("51174", "Too many open orders."));
    }
    let stp_mode = request.stp_mode.unwrap_or(account.stp_mode);
    if request.ord_type == OrdType::Fok && request.stp_mode == Some(StpMode::CancelBoth) {
        return Err(Refusal::new("54036", "FOK orders do not support stpMode cancel_both."));
    }
    check_quote_ccy(inst, &request)?;
    let px = if request.ord_type.is_market() { None } else { Some(price::limit(world, inst, &request, free)?) };
    let in_quote = sized_in_quote(inst_type, &request);
    let limit = px.or_else(|| price::of_market(world, inst, &request));
    check_size(world, inst, &request, px, in_quote, free)?;

    let spot_market = !inst.inst_type.is_contract() && request.ord_type == OrdType::Market;
    let tgt_ccy = match (spot_market && inst_type == InstType::Spot, in_quote) {
        (false, _) => String::new(),
        (true, true) => "quote_ccy".to_owned(),
        (true, false) => "base_ccy".to_owned(),
    };
    let order = Order {
        cl_ord_id: request.cl_ord_id,
        tag: request.tag,
        td_mode: request.td_mode,
        pos_side,
        ord_type: request.ord_type,
        ccy,
        px,
        px_usd: request.px_usd,
        px_vol: request.px_vol,
        tgt_ccy,
        quote_left: in_quote.then_some(request.sz),
        left: if in_quote { Dec::ZERO } else { request.sz },
        reduce_only: request.reduce_only && !(account.long_short && has_pos_side(inst.inst_type)),
        stp_mode,
        source: request.source.to_owned(),
        category: request.category.to_owned(),
        algo: request.algo,
        attached: request.attached,
        trade_quote_ccy: if inst.inst_type == InstType::Spot {
            if request.trade_quote_ccy.is_empty() { inst.quote_ccy.clone() } else { request.trade_quote_ccy }
        } else {
            String::new()
        },
        created: world.now,
        updated: world.now,
        ..Order::blank(acct, request.inst, inst_type, request.side, request.sz)
    };
    let mut order = Box::new(order);
    let resized = if free { reduce::check(world, account, &mut order)? } else { false };
    check_cover(world, account, &order, order.left)?;
    Ok(Draft { order, limit, resized, ban_amend: request.ban_amend })
}

/// Spot mode sells the options it has, and never short: not with all its open orders together.
pub(super) fn check_cover(world: &World, account: &Account, order: &Order, left: Dec) -> Result<(), Refusal> {
    if account.acct_lv != 1 || order.inst_type != InstType::Option || order.side == Side::Buy {
        return Ok(());
    }
    let sells = |other: &&Order| other.inst == order.inst && other.side == Side::Sell && other.ord_id != order.ord_id;
    let others: Dec = world.orders.open_of(account.ix).filter(sells).map(|other| other.left).sum();
    if world.closable(order) < left + others {
        return Err(Refusal::new("51018", "Options cannot be sold short in this account mode."));
    }
    Ok(())
}

fn check_state(inst: &Instrument, ord_type: OrdType) -> Result<(), Refusal> {
    match inst.state.as_str() {
        "live" => Ok(()),
        "post_only" if ord_type == OrdType::PostOnly => Ok(()),
        "preopen" => Err(Refusal::new("51021", "The instrument is not listed yet.")),
        "expired" => Err(Refusal::new("51027", "The contract has expired.")),
        "delivering" => Err(Refusal::new("51028", "The contract is being delivered.")),
        "settling" => Err(Refusal::new("51029", "The contract is being settled.")),
        _ => Err(Refusal::new("51022", "Trading of the instrument is suspended.")),
    }
}

/// tdMode against account level and instrument; the instType of the order.
pub(super) fn check_mode(account: &Account, inst: &Instrument, mode: TdMode, free: bool) -> Result<InstType, Refusal> {
    let wrong = || Err(Refusal::parameter("tdMode"));
    let kind = inst.inst_type;
    if !free {
        let leveraged = kind == InstType::Spot && mode != TdMode::Cash && account.acct_lv == 2;
        return Ok(if leveraged { InstType::Margin } else { kind });
    }
    match (account.acct_lv, kind, mode) {
        (1, InstType::Spot | InstType::Option, TdMode::Cash)
        | (2, InstType::Spot, TdMode::Cash)
        | (2, InstType::Swap | InstType::Futures | InstType::Option, TdMode::Cross | TdMode::Isolated)
        | (3 | 4, InstType::Spot, TdMode::Cash | TdMode::Cross)
        | (3 | 4, _, TdMode::Cross) => Ok(kind),
        (1, InstType::Swap | InstType::Futures, _) => {
            Err(Refusal::new("51010", "You can't complete this request under your current account mode."))
        }
        (3 | 4, _, TdMode::Isolated) => Err(Refusal::new("50072", "Isolated margin is not available in the current account mode.")),
        (2, InstType::Spot, _) if inst.margin_lever.is_some() => Ok(InstType::Margin),
        _ => wrong(),
    }
}

fn has_pos_side(kind: InstType) -> bool {
    matches!(kind, InstType::Swap | InstType::Futures)
}

fn check_pos_side(account: &Account, inst: &Instrument, given: Option<PosSide>) -> Result<PosSide, Refusal> {
    let two_sided = account.long_short && has_pos_side(inst.inst_type);
    match given {
        None | Some(PosSide::Net) if !two_sided => Ok(PosSide::Net),
        Some(side @ (PosSide::Long | PosSide::Short)) if two_sided => Ok(side),
        _ => Err(Refusal::parameter("posSide")),
    }
}

/// The margin of a pair is of one of its two currencies, and of the same as the position's.
fn margin_ccy(account: &Account, inst: &Instrument, request: &PlaceRequest) -> Result<String, Refusal> {
    let key = PosKey { inst: inst.ix, mode: request.td_mode, side: PosSide::Net };
    let held = account.positions.get(&key).filter(|position| !position.is_flat()).map(|position| position.ccy.clone());
    let named = request.ccy.as_str();
    match held {
        _ if !["", inst.base(), inst.quote()].contains(&named) => Err(Refusal::parameter("ccy")),
        Some(ccy) if !["", ccy.as_str()].contains(&named) => Err(Refusal::not_simulated("a pair with positions in two margin currencies")),
        Some(ccy) => Ok(ccy),
        None => Ok(named.to_owned()),
    }
}

fn check_type(account: &Account, inst: &Instrument, request: &PlaceRequest) -> Result<(), Refusal> {
    let option = inst.inst_type == InstType::Option;
    match request.ord_type {
        OrdType::Market if option => Err(Refusal::new("51066", "Options have no market orders.")),
        OrdType::OptimalLimitIoc if !has_pos_side(inst.inst_type) => Err(Refusal::parameter("ordType")),
        OrdType::Mmp | OrdType::MmpAndPostOnly if !option || account.acct_lv != 4 => {
            Err(Refusal::new("51036", "MMP orders are for options in portfolio margin mode only."))
        }
        OrdType::Mmp | OrdType::MmpAndPostOnly if request.td_mode != TdMode::Cross => {
            Err(Refusal::new("51042", "MMP orders must be cross margin."))
        }
        OrdType::Mmp | OrdType::MmpAndPostOnly => Err(Refusal::new("51035", "This account has no market-maker permission.")),
        OrdType::Rpi if request.reduce_only => Err(Refusal::new("54039", "RPI orders cannot be reduce-only.")),
        OrdType::Rpi if !request.attached.is_empty() => Err(Refusal::new("54040", "RPI orders cannot carry TP/SL.")),
        OrdType::Rpi if option => Err(Refusal::new("54041", "RPI orders are not available on this instrument.")),
        OrdType::Rpi => Err(Refusal::new("54042", "This account has no RPI permission on this instrument.")),
        _ => Ok(()),
    }
}

/// `tradeQuoteCcy` and `slippagePct`.
fn check_quote_ccy(inst: &Instrument, request: &PlaceRequest) -> Result<(), Refusal> {
    let named = &request.trade_quote_ccy;
    if !named.is_empty() && inst.inst_type == InstType::Spot && *named != inst.quote_ccy && !inst.trade_quote_ccys.contains(named) {
        return Err(Refusal::parameter("tradeQuoteCcy"));
    }
    let Some(slippage) = request.slippage_pct else { return Ok(()) };
    if slippage.is_sign_negative() || slippage > Dec::new(5, 2) {
        return Err(Refusal::new("54084", "slippagePct must be from 0 to 0.05."));
    }
    if slippage.normalize().scale() > 4 {
        return Err(Refusal::new("54085", "slippagePct has too many decimals."));
    }
    Ok(())
}

/// Does `sz` count quote currency?
fn sized_in_quote(inst_type: InstType, request: &PlaceRequest) -> bool {
    if request.ord_type != OrdType::Market || inst_type.is_contract() {
        return false;
    }
    match request.tgt_ccy.as_str() {
        "base_ccy" => false,
        "quote_ccy" => true,
        _ => request.side == Side::Buy,
    }
}

fn check_size(
    world: &World,
    inst: &Instrument,
    request: &PlaceRequest,
    px: Option<Dec>,
    in_quote: bool,
    free: bool,
) -> Result<(), Refusal> {
    let sz = request.sz;
    if sz <= Dec::ZERO {
        return Err(Refusal::parameter("sz"));
    }
    if !free {
        return Ok(());
    }
    let contract = inst.inst_type.is_contract();
    let reference = || {
        let best = world.book(inst.ix).best(request.side.other()).map(|(px, _)| px);
        px.or(best).or_else(|| world.last_px(inst.ix)).unwrap_or(Dec::ZERO)
    };
    if in_quote {
        let px = reference();
        if sz < inst.min_sz * px {
            return Err(too_small());
        }
        return check_value(inst, request, sz * world.usd(&inst.quote_ccy));
    }
    check_lots(inst, sz)?;
    let market = request.ord_type.is_market();
    if contract {
        if market && sz > inst.max_mkt_sz {
            return Err(Refusal::because("51202", format!("The maximum size of a market order is {}.", text(inst.max_mkt_sz))));
        }
        if !market && sz > inst.max_lmt_sz {
            return Err(Refusal::because("51101", format!("The maximum size of an order is {} contracts.", text(inst.max_lmt_sz))));
        }
    } else if !market && sz > inst.max_lmt_sz {
        return Err(Refusal::because("51005", format!("The maximum size of an order is {}.", text(inst.max_lmt_sz))));
    }
    let n = sz * inst.face();
    let usd = if inst.inverse || inst.inst_type == InstType::Option { n } else { n * reference() * world.usd(inst.quote()) };
    check_value(inst, request, usd)
}

fn check_value(inst: &Instrument, request: &PlaceRequest, usd: Dec) -> Result<(), Refusal> {
    if request.ord_type.is_market() {
        // `maxMktSz` of spot pairs is an amount of USDT.
        let most = if inst.inst_type.is_contract() {
            None
        } else {
            Some(inst.max_mkt_amt.map_or(inst.max_mkt_sz, |amt| amt.min(inst.max_mkt_sz)))
        };
        if most.is_some_and(|most| !most.is_zero() && usd > most) {
            return Err(Refusal::new("51201", "The value of the market order is above the maximum."));
        }
    } else if !inst.max_lmt_amt.is_zero() && usd > inst.max_lmt_amt && inst.inst_type != InstType::Option {
        return Err(Refusal::because("51185", format!("The maximum value of an order is {} USD.", text(inst.max_lmt_amt))));
    }
    Ok(())
}

fn too_small() -> Refusal {
    Refusal::new("51020", "Your order should meet or exceed the minimum order amount.")
}

/// Minimum and lot.
pub(super) fn check_lots(inst: &Instrument, sz: Dec) -> Result<(), Refusal> {
    if sz < inst.min_sz {
        return Err(too_small());
    }
    if !(sz % inst.lot_sz).is_zero() {
        return Err(Refusal::new("51121", "Order quantity must be a multiple of the lot size."));
    }
    Ok(())
}
