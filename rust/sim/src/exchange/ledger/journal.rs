//! Bills over REST.

use crate::exchange::account::Bill;
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::instrument::InstType;
use crate::exchange::io::{MILLI, SECOND};
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::views::{Page, inst_type};
use crate::exchange::num::amount;
use crate::exchange::world::World;

const DAY: u64 = 86_400 * SECOND;

pub fn week(call: &mut Call<'_>) -> Answer {
    list(call, 7)
}

pub fn archive(call: &mut Call<'_>) -> Answer {
    list(call, 92)
}

fn list(call: &Call<'_>, days: u64) -> Answer {
    let acct = call.who()?;
    let params = &call.params;
    let (page, kind) = (Page::of(params)?, inst_type(params)?);
    let (begin, end) = (params.int("begin")?, params.int("end")?);
    let text = |name: &str| params.text(name);
    let (inst_id, ccy, mode, bill_type, sub_type, ct_type) =
        (text("instId"), text("ccy"), text("mgnMode"), text("type"), text("subType"), text("ctType"));
    let world = &*call.world;
    let since = world.now.saturating_sub(days * DAY);
    let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted.split(',').any(|one| one == is));
    let inst_is = |bill: &Bill, wanted: &Option<String>, of: fn(&crate::exchange::instrument::Instrument) -> &str| {
        wanted.is_none() || bill.inst.is_some_and(|inst| is(wanted, of(world.inst(inst))))
    };
    let bills = world.account(acct).bills.iter().rev().filter(|bill| {
        bill.at >= since
            && begin.is_none_or(|begin| bill.at / MILLI >= begin)
            && end.is_none_or(|end| bill.at / MILLI <= end)
            && kind.is_none_or(|kind| bill.inst_type == Some(kind))
            && is(&ccy, &bill.ccy)
            && is(&mode, &bill.mgn_mode)
            && is(&bill_type, &bill.kind)
            && is(&sub_type, &bill.sub_type)
            && inst_is(bill, &inst_id, |inst| &inst.inst_id)
            && inst_is(bill, &ct_type, |inst| if inst.inverse { "inverse" } else { "linear" })
    });
    Ok(Reply::Data(page.rows(bills, |bill| bill.bill_id, |bill| row(world, bill))))
}

fn row(world: &World, bill: &Bill) -> String {
    let traded = bill.trade_id.is_some();
    Row::new()
        .d("bal", amount(bill.bal))
        .d("balChg", amount(bill.bal_chg))
        .n("billId", bill.bill_id)
        .s("ccy", &bill.ccy)
        .s("clOrdId", &bill.cl_ord_id)
        .s("earnAmt", "")
        .s("earnApr", "")
        .s("execType", &bill.exec_type)
        .d("fee", amount(bill.fee))
        .s("fillFwdPx", "")
        .od("fillIdxPx", bill.inst.filter(|_| traded).and_then(|inst| world.index_px(inst)))
        .s("fillMarkPx", "")
        .s("fillMarkVol", "")
        .s("fillPxUsd", "")
        .s("fillPxVol", "")
        .s("fillTime", &if traded { (bill.at / MILLI).to_string() } else { String::new() })
        .s("from", &bill.from)
        .s("instId", bill.inst.map_or("", |inst| &world.inst(inst).inst_id))
        .s("instType", bill.inst_type.map_or("", InstType::name))
        .d("interest", if bill.kind == "7" { amount(-bill.bal_chg) } else { crate::exchange::num::Dec::ZERO })
        .s("mgnMode", &bill.mgn_mode)
        .s("notes", &bill.notes)
        .s("ordId", &bill.ord_id.map_or_else(String::new, |id| id.to_string()))
        .d("pnl", amount(bill.pnl))
        .d("posBal", amount(bill.pos_bal))
        .d("posBalChg", amount(bill.pos_bal_chg))
        .od("px", bill.px)
        .s("subType", &bill.sub_type)
        .d("sz", bill.sz)
        .s("tag", &bill.tag)
        .s("to", &bill.to)
        .s("tradeId", &bill.trade_id.map_or_else(String::new, |id| id.to_string()))
        .n("ts", bill.at / MILLI)
        .s("type", &bill.kind)
        .end()
}

/// A type, what it is, and its sub-types.
type BillType = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// As far as they occur.
const TYPES: &[BillType] = &[
    ("1", "Transfer", &[("11", "Transfer in"), ("12", "Transfer out")]),
    ("2", "Trade", &[("1", "Buy"), ("2", "Sell"), ("3", "Open long"), ("4", "Open short"), ("5", "Close long"), ("6", "Close short")]),
    (
        "3",
        "Delivery",
        &[
            ("112", "Delivery long"),
            ("113", "Delivery short"),
            ("170", "Option exercised"),
            ("171", "Option assigned"),
            ("172", "Option expired"),
        ],
    ),
    (
        "5",
        "Liquidation",
        &[
            ("100", "Partial liquidation close long"),
            ("101", "Partial liquidation close short"),
            ("104", "Liquidation close long"),
            ("105", "Liquidation close short"),
            ("106", "Liquidation buy"),
            ("107", "Liquidation sell"),
        ],
    ),
    ("6", "Margin transfer", &[("160", "Manual margin increase"), ("161", "Manual margin decrease"), ("162", "Auto margin transfer")]),
    ("7", "Interest deduction", &[("9", "Interest deduction for market loans")]),
    ("8", "Funding fee", &[("173", "Funding fee expense"), ("174", "Funding fee income")]),
    ("9", "ADL", &[("125", "ADL close long"), ("126", "ADL close short"), ("127", "ADL buy"), ("128", "ADL sell")]),
];

pub fn subtypes(call: &mut Call<'_>) -> Answer {
    call.who()?;
    let wanted = call.params.names("type");
    let rows = TYPES.iter().filter(|(kind, ..)| wanted.is_empty() || wanted.iter().any(|one| one == kind)).map(|(kind, what, subs)| {
        let subs: Vec<String> = subs.iter().map(|(sub, what)| Row::new().s("subType", sub).s("subTypeDesc", what).end()).collect();
        Row::new().s("type", kind).s("typeDesc", what).raw("subTypeDetails", &array(&subs)).end()
    });
    Ok(Reply::Data(rows.collect()))
}
