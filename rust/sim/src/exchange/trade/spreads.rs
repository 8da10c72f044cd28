//! What ends spread orders, for switches that end all: no spread is traded here, so there are none to list or to cancel.

use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::io::{MILLI, SECOND};
use crate::exchange::json::Row;
use crate::exchange::refusal::Refusal;

/// `GET sprd/orders-pending`.
pub(super) fn pending(call: &mut Call<'_>) -> Answer {
    call.who()?;
    Ok(Reply::Data(Vec::new()))
}

/// `POST sprd/mass-cancel`.
pub(super) fn mass_cancel(call: &mut Call<'_>) -> Answer {
    call.who()?;
    Ok(Reply::Data(vec![Row::new().raw("result", "true").end()]))
}

/// `POST sprd/cancel-all-after`.
pub(super) fn all_after(call: &mut Call<'_>) -> Answer {
    call.who()?;
    let at = match call.params.int("timeOut")?.ok_or_else(|| Refusal::missing("timeOut"))? {
        0 => 0,
        seconds @ 10..=120 => call.world.now + seconds * SECOND,
        _ => return Err(Refusal::parameter("timeOut")),
    };
    Ok(Reply::Data(vec![Row::new().n("triggerTime", at / MILLI).n("ts", call.world.now_ms()).end()]))
}
