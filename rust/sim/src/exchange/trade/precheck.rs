//! `POST trade/order-precheck`: every check of an order, and what it would make of the account; nothing happens.

use crate::exchange::account::AcctIx;
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::{check, read};

pub(super) fn order(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let world = &mut *call.world;
    if world.account(acct).acct_lv < 3 {
        return Err(Refusal::new("51010", "You can't complete this request under your current account mode."));
    }
    let row = world.undone(acct, |world| row(world, acct, &call.params))?;
    Ok(Reply::Data(vec![row]))
}

fn row(world: &mut World, acct: AcctIx, fields: &Fields) -> Result<String, Refusal> {
    let request = read::place(world, acct, fields, false)?;
    let mut draft = check::draft(world, acct, request)?;
    let ban_amend = draft.ban_amend;
    world.outlook(&mut draft.order, |world, order| world.fund(order, ban_amend))
}
