//! The funding account, transfers, and sub-accounts.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{Account, AcctIx, HOUSE};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::io::MILLI;
use crate::exchange::json::Row;
use crate::exchange::ledger::views::Page;
use crate::exchange::ledger::{bills, holdable, risk, rows, sizes};
use crate::exchange::num::{Dec, amount};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Transfers remembered.
const KEPT: usize = 5_000;

/// A move of coins between two pockets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Transfer {
    id: u64,
    by: AcctIx,
    from: Pocket,
    to: Pocket,
    ccy: String,
    amt: Dec,
    client_id: String,
    kind: String,
    sub_acct: String,
    /// In the ms.
    at: u64,
    /// Balances of the funding accounts concerned, after it.
    balances: (Dec, Dec),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pocket {
    acct: AcctIx,
    /// The funding account (6); otherwise the trading account (18).
    funding: bool,
}

impl Pocket {
    fn code(self) -> &'static str {
        if self.funding { "6" } else { "18" }
    }
}

pub type Transfers = VecDeque<Transfer>;

fn known_ccys(world: &World) -> BTreeSet<String> {
    let held = world.accounts.iter().flat_map(|a| a.coins.keys().chain(a.funding.keys())).cloned();
    let listed = world.instruments.iter().flat_map(|i| [i.base_ccy.clone(), i.quote_ccy.clone(), i.settle_ccy.clone()]);
    held.chain(listed).filter(|ccy| !ccy.is_empty()).collect()
}

/// Names and chains of the best known coins; others are on a chain of their own.
fn chain_of(ccy: &str) -> (&'static str, &'static str) {
    match ccy {
        "BTC" => ("Bitcoin", "Bitcoin"),
        "ETH" => ("Ethereum", "ERC20"),
        "USDT" => ("Tether", "ERC20"),
        "USDC" => ("USD Coin", "ERC20"),
        "SOL" => ("Solana", "Solana"),
        _ => ("", "Mainnet"),
    }
}

pub fn currencies(call: &mut Call<'_>) -> Answer {
    call.who()?;
    let wanted = call.params.names("ccy");
    let list = known_ccys(call.world);
    let rows = list.iter().filter(|ccy| wanted.is_empty() || wanted.contains(ccy)).map(|ccy| {
        let (name, chain) = chain_of(ccy);
        Row::new()
            .s("burningFeeRate", "")
            .raw("canDep", "true")
            .raw("canInternal", "true")
            .raw("canWd", "true")
            .s("ccy", ccy)
            .s("chain", &format!("{ccy}-{chain}"))
            .s("ctAddr", "")
            .s("depEstOpenTime", "")
            .s("depQuotaFixed", "")
            .s("depQuoteDailyLayer2", "")
            .s("fee", "0.0001")
            .s("logoLink", "")
            .raw("mainNet", "true")
            .s("maxFee", "0.0001")
            .s("maxFeeForCtAddr", "")
            .s("maxWd", "1000000")
            .s("minDep", "0.0001")
            .s("minDepArrivalConfirm", "1")
            .s("minFee", "0.0001")
            .s("minFeeForCtAddr", "")
            .s("minInternal", "0.0001")
            .s("minWd", "0.001")
            .s("minWdUnlockConfirm", "2")
            .s("name", name)
            .raw("needTag", "false")
            .s("usedDepQuotaFixed", "")
            .s("usedWdQuota", "0")
            .s("wdEstOpenTime", "")
            .s("wdQuota", "10000000")
            .s("wdTickSz", "8")
            .end()
    });
    Ok(Reply::Data(rows.collect()))
}

fn funding_rows(account: &Account, wanted: &[String]) -> Vec<String> {
    let held = account.funding.iter().filter(|(ccy, bal)| if wanted.is_empty() { !bal.is_zero() } else { wanted.contains(ccy) });
    held.map(|(ccy, bal)| Row::new().d("availBal", *bal).d("bal", *bal).s("ccy", ccy).s("frozenBal", "0").end()).collect()
}

pub fn balances(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    Ok(Reply::Data(funding_rows(call.world.account(acct), &call.params.names("ccy"))))
}

fn pocket(acct: AcctIx, code: &str, name: &str) -> Result<Pocket, Refusal> {
    match code {
        "6" => Ok(Pocket { acct, funding: true }),
        "18" => Ok(Pocket { acct, funding: false }),
        _ => Err(Refusal::parameter(name)),
    }
}

/// A sub-account of the same main account, by its name.
fn relative(world: &World, acct: AcctIx, label: &str) -> Result<AcctIx, Refusal> {
    let main = &world.account(acct).main_uid;
    let found = world.accounts.iter().find(|a| a.ix != HOUSE && a.label == label && a.main_uid == *main && !a.is_main());
    found.map(|a| a.ix).ok_or(Refusal::new("58115", "Sub-account does not exist."))
}

fn main_of(world: &World, acct: AcctIx) -> AcctIx {
    let main = &world.account(acct).main_uid;
    world.accounts.iter().find(|a| a.uid == *main).map_or(acct, |a| a.ix)
}

fn main_key(call: &Call<'_>) -> Result<AcctIx, Refusal> {
    let acct = call.who()?;
    if call.world.account(acct).is_main() {
        Ok(acct)
    } else {
        Err(Refusal::new("59500", "Only the API key of the main account has permission."))
    }
}

/// Moves coins; refuses more than there is.
fn carry(world: &mut World, mut transfer: Transfer) -> Result<u64, Refusal> {
    let Transfer { from, to, amt, .. } = transfer;
    let ccy = transfer.ccy.clone();
    if amt <= Dec::ZERO {
        return Err(Refusal::new("58114", "Transfer amount must be greater than 0."));
    }
    if !holdable(amt) {
        return Err(Refusal::parameter("amt"));
    }
    if from == to {
        return Err(Refusal::new("58123", "Parameter from cannot equal to parameter to."));
    }
    if !known_ccys(world).contains(&ccy) {
        return Err(Refusal::parameter("ccy"));
    }
    let free = if from.funding {
        world.account(from.acct).funding.get(&ccy).copied().unwrap_or_default()
    } else {
        world.withdrawable(from.acct, &ccy)
    };
    if free < amt {
        return Err(Refusal::because(
            "58350",
            format!("Insufficient balance. The available {ccy} is {}.", crate::exchange::num::text(free.max(Dec::ZERO))),
        ));
    }
    for (pocket, change) in [(from, -amt), (to, amt)] {
        // Nothing comes from outside: what is expected in all stays.
        world.deposit(pocket.acct, &ccy, change, pocket.funding);
        if !pocket.funding {
            bills::transfer(world, pocket.acct, &ccy, change);
            world.push_balances(pocket.acct, &[&ccy], "transferred");
        }
    }
    let after = |world: &World, pocket: Pocket| {
        let account = world.account(pocket.acct);
        if pocket.funding { account.funding.get(&ccy).copied().unwrap_or_default() } else { account.cash(&ccy) }
    };
    transfer.balances = (after(world, from), after(world, to));
    transfer.id = world.ids.take();
    let id = transfer.id;
    let kept = &mut world.ledger.transfers;
    if kept.len() >= KEPT {
        kept.pop_front();
    }
    kept.push_back(transfer);
    Ok(id)
}

fn asked(params: &Fields) -> Result<(String, Dec, String, String), Refusal> {
    let ccy = params.required("ccy")?;
    let amt = params.dec("amt")?.ok_or_else(|| Refusal::missing("amt"))?;
    Ok((ccy, amt, params.required("from")?, params.required("to")?))
}

pub fn transfer(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let (ccy, amt, from, to) = asked(&call.params)?;
    let kind = call.params.word("type", &["0", "1", "2", "3", "4"])?;
    let client_id = call.params.text("clientId").unwrap_or_default();
    let sub = || call.params.required("subAcct");
    let world = &*call.world;
    let is_main = world.account(acct).is_main();
    let sub_only = Refusal::new("58128", "The type of transfer is not supported by the API key of this sub-account.");
    let main_only = Refusal::new("58127", "The type of transfer is not supported by the API key of the main account.");
    let (source, target) = match kind {
        "1" | "2" if !is_main => return Err(sub_only),
        "3" | "4" if is_main => return Err(main_only),
        "2" => (relative(world, acct, &sub()?)?, acct),
        "3" => (acct, main_of(world, acct)),
        "1" | "4" => (acct, relative(world, acct, &sub()?)?),
        _ => (acct, acct),
    };
    let one = Transfer {
        id: 0,
        by: acct,
        from: pocket(source, &from, "from")?,
        to: pocket(target, &to, "to")?,
        ccy: ccy.clone(),
        amt,
        client_id: client_id.clone(),
        kind: kind.to_owned(),
        sub_acct: call.params.text("subAcct").unwrap_or_default(),
        at: world.now_ms(),
        balances: (Dec::ZERO, Dec::ZERO),
    };
    let id = carry(call.world, one)?;
    let row = Row::new().d("amt", amt).s("ccy", &ccy).s("clientId", &client_id).s("from", &from).s("to", &to).n("transId", id);
    Ok(Reply::Data(vec![row.end()]))
}

pub fn sub_transfer(call: &mut Call<'_>) -> Answer {
    let acct = main_key(call)?;
    let (ccy, amt, from, to) = asked(&call.params)?;
    let (source, target) = (call.params.required("fromSubAccount")?, call.params.required("toSubAccount")?);
    let world = &*call.world;
    let one = Transfer {
        id: 0,
        by: acct,
        from: pocket(relative(world, acct, &source)?, &from, "from")?,
        to: pocket(relative(world, acct, &target)?, &to, "to")?,
        ccy,
        amt,
        client_id: String::new(),
        kind: "4".into(),
        sub_acct: target,
        at: world.now_ms(),
        balances: (Dec::ZERO, Dec::ZERO),
    };
    let id = carry(call.world, one)?;
    Ok(Reply::Data(vec![Row::new().n("transId", id).end()]))
}

pub fn transfer_state(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let (id, client_id) = (call.params.text("transId"), call.params.text("clientId"));
    if id.is_none() && client_id.is_none() {
        return Err(Refusal::missing("transId"));
    }
    let found = call.world.ledger.transfers.iter().rev().find(|t| {
        t.by == acct && id.as_ref().is_none_or(|id| *id == t.id.to_string()) && (id.is_some() || client_id.as_deref() == Some(&t.client_id))
    });
    let Some(t) = found else {
        return Err(Refusal::parameter(if id.is_some() { "transId" } else { "clientId" }));
    };
    let row = Row::new()
        .d("amt", t.amt)
        .s("ccy", &t.ccy)
        .s("clientId", &t.client_id)
        .s("from", t.from.code())
        .s("instId", "")
        .s("state", "success")
        .s("subAcct", &t.sub_acct)
        .s("to", t.to.code())
        .s("toInstId", "")
        .n("transId", t.id)
        .s("type", &t.kind);
    Ok(Reply::Data(vec![row.end()]))
}

/// The journal of the funding account: 130 from and 131 to the trading account, 20 to and 21 from a sub-account.
pub fn funding_bills(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let page = Page::of(&call.params)?;
    let (ccy, kind, client_id) = (call.params.text("ccy"), call.params.text("type"), call.params.text("clientId"));
    let mut lines: Vec<(u64, String)> = Vec::new();
    for t in call.world.ledger.transfers.iter().rev() {
        let (there, back) = t.balances;
        for (mine, other, change, bal) in [(t.from, t.to, -t.amt, there), (t.to, t.from, t.amt, back)] {
            if mine.acct != acct || !mine.funding {
                continue;
            }
            let sub_type = match (other.acct == acct, change > Dec::ZERO) {
                (true, true) => "130",
                (true, false) => "131",
                (false, true) => "21",
                (false, false) => "20",
            };
            let wanted = ccy.as_ref().is_none_or(|ccy| *ccy == t.ccy)
                && kind.as_deref().is_none_or(|kind| kind == sub_type)
                && client_id.as_ref().is_none_or(|id| *id == t.client_id);
            if wanted {
                let row = Row::new().d("bal", bal).d("balChg", change).n("billId", t.id).s("ccy", &t.ccy).s("clientId", &t.client_id);
                lines.push((t.at, row.s("notes", "").n("ts", t.at).s("type", sub_type).end()));
            }
        }
    }
    Ok(Reply::Data(page.rows(lines.iter(), |line| line.0, |line| line.1.clone())))
}

pub fn valuation(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let ccy = call.params.text("ccy").unwrap_or_else(|| "BTC".to_owned());
    let world = &*call.world;
    let rate = world.usd(&ccy);
    if rate.is_zero() {
        return Err(Refusal::parameter("ccy"));
    }
    let inside = |usd: Dec| amount(usd.checked_div(rate).unwrap_or_default());
    let trading = inside(risk::Total::of(world, acct).eq);
    let funding = inside(world.account(acct).funding.iter().map(|(ccy, bal)| *bal * world.usd(ccy)).sum());
    let details = Row::new().s("classic", "0").s("earn", "0").d("funding", funding).d("trading", trading).end();
    let row = Row::new().raw("details", &details).d("totalBal", trading + funding).n("ts", world.now_ms());
    Ok(Reply::Data(vec![row.end()]))
}

pub fn sub_list(call: &mut Call<'_>) -> Answer {
    let acct = main_key(call)?;
    let page = Page::of(&call.params)?;
    let wanted = call.params.text("subAcct");
    let enabled = call.params.text("enable").is_none_or(|on| on == "true");
    let world = &*call.world;
    let main = &world.account(acct).main_uid;
    let subs = world.accounts.iter().filter(|a| a.ix != HOUSE && a.main_uid == *main && !a.is_main());
    let subs = subs.filter(|a| enabled && wanted.as_ref().is_none_or(|wanted| *wanted == a.label));
    let row = |a: &Account| {
        Row::new()
            .raw("canTransOut", "true")
            .raw("enable", "true")
            .s("firstLvSubAcct", &a.label)
            .raw("frozenFunc", "[]")
            .raw("gAuth", "false")
            .raw("ifDma", "false")
            .s("label", &a.label)
            .s("mobile", "")
            .s("subAcct", &a.label)
            .s("subAcctLv", "1")
            .n("ts", a.opened / MILLI)
            .s("type", "1")
            .s("uid", &a.uid)
            .end()
    };
    Ok(Reply::Data(page.rows(subs, |a| a.opened / MILLI, row)))
}

fn named_sub(call: &Call<'_>) -> Result<AcctIx, Refusal> {
    let acct = main_key(call)?;
    let label = call.params.required("subAcct")?;
    relative(call.world, acct, &label).map_err(|_| Refusal::new("59510", "Sub-account does not exist."))
}

pub fn sub_keys(call: &mut Call<'_>) -> Answer {
    let sub = named_sub(call)?;
    let wanted = call.params.text("apiKey");
    let account = call.world.account(sub);
    let keys = account.keys.iter().filter(|key| wanted.as_ref().is_none_or(|wanted| *wanted == key.api_key));
    let row = |key: &crate::exchange::account::ApiKey| {
        let row = Row::new().s("apiKey", &key.api_key).s("ip", &key.ip.join(",")).s("label", &key.label);
        row.s("perm", &key.perm.join(",")).s("subAcct", &account.label).n("ts", account.opened / MILLI).end()
    };
    Ok(Reply::Data(keys.map(row).collect()))
}

pub fn sub_balance(call: &mut Call<'_>) -> Answer {
    let sub = named_sub(call)?;
    Ok(Reply::Data(vec![rows::balance(call.world, sub, |_| true, false)]))
}

pub fn sub_funding(call: &mut Call<'_>) -> Answer {
    let sub = named_sub(call)?;
    Ok(Reply::Data(funding_rows(call.world.account(sub), &call.params.names("ccy"))))
}

pub fn sub_withdrawal(call: &mut Call<'_>) -> Answer {
    let sub = named_sub(call)?;
    Ok(Reply::Data(sizes::withdrawals(call.world, sub, &call.params.names("ccy"))))
}
