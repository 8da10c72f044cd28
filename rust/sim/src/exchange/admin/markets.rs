//! Prices and instruments by hand, and what the exchange does to all who hold one.

use serde_json::{Map, Value, json};

use crate::exchange::admin::accounts::find;
use crate::exchange::admin::body::Body;
use crate::exchange::admin::{Answer, Desk, Fail, bad, missing};
use crate::exchange::instrument::InstIx;
use crate::exchange::market::{Pin, SetMarket};
use crate::exchange::num::text;
use crate::exchange::order::Side;

impl Desk<'_> {
    pub(super) fn inst(&self, inst_id: &str) -> Result<InstIx, Fail> {
        self.world.find_inst(inst_id).map(|inst| inst.ix).ok_or_else(|| missing(format!("no instrument {inst_id}")))
    }

    pub(super) fn market(&self, inst_id: &str) -> Answer {
        let ix = self.inst(inst_id)?;
        let world = &*self.world;
        let best = |side| world.book(ix).best(side).map(|(px, _)| text(px));
        let band = world.price_limit(ix);
        Ok(json!({
            "instId": inst_id, "state": world.inst(ix).state, "last": world.last_px(ix).map(text), "mark": world.mark_px(ix).map(text),
            "index": world.index_px(ix).map(text), "bid": best(Side::Buy), "ask": best(Side::Sell), "seqId": world.book(ix).seq,
            "buyLmt": band.map(|(buy, _)| text(buy)), "sellLmt": band.map(|(_, sell)| text(sell)),
            "funding_rate": text(world.funding_rate(ix)),
        }))
    }

    pub(super) fn set_market(&mut self, inst_id: &str, mut given: Body<'_>) -> Answer {
        let ix = self.inst(inst_id)?;
        let to = SetMarket {
            px: given.positive("px")?,
            index: pin(&mut given, "index")?,
            mark: pin(&mut given, "mark")?,
            house: given.flag("house")?,
            hold: given.flag("hold")?,
            funding_rate: pin(&mut given, "funding_rate")?,
        };
        given.finish()?;
        self.world.set_market(ix, &to).map_err(bad)?;
        self.settle();
        self.market(inst_id)
    }

    pub(super) fn set_instrument(&mut self, inst_id: &str, given: &Map<String, Value>) -> Answer {
        let ix = self.inst(inst_id)?;
        self.world.set_instrument(ix, given).map_err(bad)?;
        self.settle();
        self.market(inst_id)
    }
}

impl Desk<'_> {
    pub(super) fn settle_funding(&mut self, inst_id: &str, mut given: Body<'_>) -> Answer {
        let ix = self.inst(inst_id)?;
        let rate = given.dec("rate")?;
        given.finish()?;
        let rate = self.world.settle_funding(ix, rate).map_err(bad)?;
        self.settle();
        Ok(json!({ "instId": inst_id, "rate": text(rate) }))
    }

    pub(super) fn liquidate(&mut self, label: &str, inst_id: &str, mut given: Body<'_>) -> Answer {
        let (acct, ix) = (find(self.world, label)?.ix, self.inst(inst_id)?);
        let (adl, sz) = (given.flag("adl")?.unwrap_or(false), given.positive("sz")?);
        given.finish()?;
        match (adl, sz) {
            (true, sz) => self.world.deleverage(acct, ix, sz),
            (false, None) => self.world.liquidate(acct, ix),
            (false, Some(_)) => Err("sz: only with adl; a liquidation takes all".to_owned()),
        }
        .map_err(bad)?;
        self.settle();
        Ok(json!({ "label": label, "instId": inst_id }))
    }

    pub(super) fn deliver(&mut self, inst_id: &str, given: Body<'_>) -> Answer {
        let ix = self.inst(inst_id)?;
        given.finish()?;
        let px = self.world.deliver(ix).map_err(bad)?;
        self.settle();
        Ok(json!({ "instId": inst_id, "px": text(px) }))
    }

    pub(super) fn set_status(&mut self, given: &Map<String, Value>) -> Answer {
        self.world.set_status(given).map_err(bad)?;
        Ok(json!({ "ok": true }))
    }
}

/// A value to hold, or `""` to let go of it.
fn pin(given: &mut Body<'_>, name: &'static str) -> Result<Option<Pin>, Fail> {
    match given.text(name)?.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(Pin::Free)),
        Some(_) => Ok(given.dec(name)?.map(Pin::To)),
    }
}
