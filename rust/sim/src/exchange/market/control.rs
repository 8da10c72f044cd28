//! What a test does to the market by hand: jumps of the price, pins, the house on and off, changes of an instrument.

use serde_json::{Map, Value};

use crate::exchange::event::{Event, Scope};
use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::market::rows::instrument_row;
use crate::exchange::market::{house, listing, prices};
use crate::exchange::num::Dec;
use crate::exchange::order::Side;
use crate::exchange::world::World;

/// A value held, or let go again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin {
    To(Dec),
    Free,
}

/// Changes of a market; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct SetMarket {
    /// The price jumps there, once.
    pub px: Option<Dec>,
    pub index: Option<Pin>,
    pub mark: Option<Pin>,
    pub house: Option<bool>,
    /// The house keeps its orders where they are and does nothing, or goes on.
    pub hold: Option<bool>,
    pub funding_rate: Option<Pin>,
}

/// What instruments were announced to become: live when their time comes, and with other steps and sizes.
pub fn calendar(world: &mut World) {
    let now_ms = world.now_ms();
    let due = |inst: &&Instrument| {
        (inst.state == "preopen" && inst.list_time_ms <= now_ms) || inst.upc_chg.iter().any(|(_, _, at)| *at <= now_ms)
    };
    let found: Vec<InstIx> = world.instruments.iter().filter(due).map(|inst| inst.ix).collect();
    for ix in found {
        let inst = world.inst_mut(ix);
        if inst.state == "preopen" && inst.list_time_ms <= now_ms {
            inst.state = "live".into();
        }
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut inst.upc_chg).into_iter().partition(|(_, _, at)| *at <= now_ms);
        inst.upc_chg = later;
        for (param, value, _) in now {
            match param.as_str() {
                "tickSz" => inst.tick_sz = value,
                "maxMktSz" => inst.max_mkt_sz = value,
                _ if inst.inst_type.is_contract() => (inst.min_sz, inst.lot_sz) = (value, value),
                _ => inst.min_sz = value,
            }
        }
        // What stands in the book keeps its price; the house starts anew on the new steps.
        house::withdraw(world, ix);
        world.tell_instrument(ix);
    }
}

impl World {
    /// `Err`: why it cannot be; then nothing has changed.
    pub fn set_market(&mut self, ix: InstIx, to: &SetMarket) -> Result<(), String> {
        let pinned = |pin: Option<Pin>| if let Some(Pin::To(value)) = pin { Some(value) } else { None };
        for (name, value) in [("px", to.px), ("index", pinned(to.index)), ("mark", pinned(to.mark))] {
            if value.is_some_and(|value| value <= Dec::ZERO || value > Dec::from(1_000_000_000)) {
                return Err(format!("{name} must be above zero, and no more than 1000000000"));
            }
        }
        let inst = self.inst(ix);
        if pinned(to.funding_rate).is_some_and(|rate| rate.abs() > Dec::ONE) {
            return Err("funding_rate must be between -1 and 1".into());
        }
        if to.funding_rate.is_some() && inst.inst_type != InstType::Swap {
            return Err("funding_rate: only a swap has one".into());
        }
        if let Some(on) = to.house {
            self.set_house(ix, on);
        }
        if let (Some(hold), Some(maker)) = (to.hold, self.market.makers.get_mut(ix.0 as usize)) {
            (maker.held, maker.due) = (hold, self.now);
        }
        if let Some(prices) = self.market.prices.get_mut(ix.0 as usize) {
            if let Some(pin) = to.funding_rate {
                prices.funding_rate = pinned(Some(pin));
            }
            if let Some(pin) = to.mark {
                prices.pinned_mark = pinned(Some(pin));
            }
        }
        if let Some(pin) = to.index {
            self.pin_index(ix, pin);
        }
        if let Some(px) = to.px {
            self.jump(ix, px);
        }
        prices::refresh(self, 0.0);
        self.market.price_at = self.now;
        Ok(())
    }

    fn set_house(&mut self, ix: InstIx, on: bool) {
        let now = self.now;
        let Some(maker) = self.market.makers.get_mut(ix.0 as usize) else { return };
        maker.due = now;
        if maker.on == on {
            return;
        }
        maker.on = on;
        if on {
            house::quote(self, ix, usize::MAX);
        } else {
            house::withdraw(self, ix);
        }
    }

    /// The coin's price in USD follows, so that all its instruments agree.
    fn pin_index(&mut self, ix: InstIx, pin: Pin) {
        let inst = self.inst(ix);
        let (base, quote) = (inst.base().to_owned(), self.usd(inst.quote()));
        if let Some(coin) = self.market.coins.get_mut(&base) {
            coin.pinned = matches!(pin, Pin::To(_));
        }
        if let Pin::To(px) = pin {
            prices::set_coin(self, &base, px * quote);
            self.requote(&base);
        }
    }

    fn jump(&mut self, ix: InstIx, px: Dec) {
        let inst = self.inst(ix);
        let (base, tick, min) = (inst.base().to_owned(), inst.tick_at(px), inst.min_sz);
        let px = (px / tick).round().max(Dec::ONE) * tick;
        let (index_before, option) = (self.index_px(ix), inst.inst_type == InstType::Option);
        prices::set_fair(self, ix, px);
        if self.index_px(ix) != index_before {
            self.requote(&base);
        }
        let quoted = self.market.makers.get(ix.0 as usize).is_some_and(|maker| maker.on) && !option;
        let best = |world: &Self, side| world.book(ix).best(side).map(|(px, _)| px);
        if quoted && self.last_px(ix) != Some(px) {
            // The house prints there, so that the last price is this one.
            let side = if best(self, Side::Sell) == Some(px) { Some(Side::Buy) } else { None };
            if let Some(side) = side {
                self.take_house(ix, side, min);
            }
        }
        let now_ms = self.now_ms();
        if let Some(tape) = self.market.tapes.get_mut(ix.0 as usize).filter(|tape| tape.last != px) {
            tape.last = px;
            tape.bars.quote(now_ms, px);
        }
        self.market.moved.insert(ix);
    }

    /// Every book of a coin, at once.
    fn requote(&mut self, base: &str) {
        let books: Vec<InstIx> = self.instruments.iter().filter(|inst| inst.base() == base).map(|inst| inst.ix).collect();
        for ix in books {
            if self.market.makers.get(ix.0 as usize).is_some_and(|maker| maker.on) {
                house::quote(self, ix, usize::MAX);
            }
        }
    }

    /// Changes fields of an instrument's row and tells the `instruments` channel. `Err`: why it cannot be; then nothing has changed.
    pub fn set_instrument(&mut self, ix: InstIx, fields: &Map<String, Value>) -> Result<(), String> {
        let mut changed = self.inst(ix).clone();
        for (key, value) in fields.iter().filter(|(key, _)| *key != "instId") {
            listing::apply(&mut changed, key, value)?;
        }
        listing::check(&changed)?;
        *self.inst_mut(ix) = changed;
        if self.inst(ix).state != "live" {
            house::withdraw(self, ix);
        }
        self.tell_instrument(ix);
        Ok(())
    }

    /// Pushes the row of an instrument, and of its MARGIN twin.
    pub(super) fn tell_instrument(&mut self, ix: InstIx) {
        let inst = self.inst(ix);
        let twin = inst.margin_lever.is_some().then_some(InstType::Margin);
        for kind in [Some(inst.inst_type), twin].into_iter().flatten() {
            if !self.wanted("instruments", kind.name()) {
                continue;
            }
            let inst = self.inst(ix);
            let scope = Scope { inst_type: kind.name(), family: inst.family.clone(), inst_id: inst.inst_id.clone(), ..Scope::default() };
            let rows = vec![instrument_row(inst, kind).end()];
            self.events.push(Event { channel: "instruments", acct: None, scope, action: None, event_type: None, rows });
        }
    }
}
