//! Accounts are opened, coins come in from outside, and everything can be added up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use crate::exchange::account::{Account, AcctIx, ApiKey, Coin, HOUSE, IpRange};
use crate::exchange::config::{AccountConfig, ConfigError, KeyConfig};
use crate::exchange::instrument::InstType;
use crate::exchange::ledger::bills;
use crate::exchange::num::{AMOUNT_DIGITS, Dec, amount};
use crate::exchange::order::StpMode;
use crate::exchange::world::World;

/// More than this of one currency would leave too few digits for exact sums.
const MOST: Dec = Dec::from_parts(3_567_587_328, 232, 0, false, 0);

/// Per currency: what all accounts hold, the fees collected, both together, and what they must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    pub accounts: Dec,
    pub fees: Dec,
    pub total: Dec,
    pub expected: Dec,
}

/// The house, then the accounts of the configuration.
pub fn open_accounts(world: &mut World) -> Result<(), ConfigError> {
    let house = AccountConfig { label: "house".into(), acct_lv: "2".into(), level: "Lv1".into(), ..AccountConfig::default() };
    world.add_account(&house)?;
    let accounts = world.config.accounts.clone();
    let labels: BTreeSet<&str> = accounts.iter().map(|a| a.label.as_str()).collect();
    if let Some(lost) = accounts.iter().find(|a| !a.main.is_empty() && !labels.contains(a.main.as_str())) {
        return Err(ConfigError(format!("accounts: {} names the main account {}, which is not there", lost.label, lost.main)));
    }
    // Main accounts first, so that sub-accounts find theirs.
    for config in accounts.iter().filter(|a| a.main.is_empty()).chain(accounts.iter().filter(|a| !a.main.is_empty())) {
        world.add_account(config)?;
    }
    Ok(())
}

fn stp_mode(text: &str) -> Option<StpMode> {
    [StpMode::CancelMaker, StpMode::CancelTaker, StpMode::CancelBoth].into_iter().find(|mode| mode.name() == text)
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A key as it is kept; permissions must be OKX's.
pub fn api_key(config: &KeyConfig, label: &str) -> Result<ApiKey, ConfigError> {
    let perm = list(&config.perm);
    if let Some(odd) = perm.iter().find(|p| !["read_only", "trade", "withdraw"].contains(&p.as_str())) {
        return Err(ConfigError(format!("accounts: {label}: unknown permission {odd}")));
    }
    let ip = list(&config.ip);
    if let Some(odd) = ip.iter().find(|ip| ip.parse::<IpRange>().is_err()) {
        return Err(ConfigError(format!("accounts: {label}: ip: expected addresses or ranges such as 10.0.0.0/8, got {odd}")));
    }
    Ok(ApiKey {
        api_key: config.api_key.clone(),
        secret_key: config.secret_key.clone(),
        passphrase: config.passphrase.clone(),
        label: label.to_owned(),
        perm,
        ip,
        demo: config.demo,
    })
}

impl World {
    /// A new account, its coins as if deposited.
    pub fn add_account(&mut self, config: &AccountConfig) -> Result<AcctIx, ConfigError> {
        let wrong = |what: &str, value: &str| ConfigError(format!("accounts: {}: {what} cannot be {value}", config.label));
        if config.label.is_empty() || self.accounts.iter().any(|a| a.label == config.label) {
            return Err(wrong("label", if config.label.is_empty() { "empty" } else { "used twice" }));
        }
        let acct_lv = config.acct_lv.parse().ok().filter(|lv| (1..=4).contains(lv)).ok_or_else(|| wrong("acctLv", &config.acct_lv))?;
        let long_short = match config.pos_mode.as_str() {
            "net_mode" => false,
            "long_short_mode" if acct_lv < 4 => true,
            other => return Err(wrong("posMode", other)),
        };
        let stp = stp_mode(&config.acct_stp_mode).ok_or_else(|| wrong("acctStpMode", &config.acct_stp_mode))?;
        let number = self.accounts.len() as u64;
        let uid =
            if config.uid.is_empty() { format!("{}", 440_000_000_000_000_000 + number * 7_919_000_000_361) } else { config.uid.clone() };
        if self.accounts.iter().any(|a| a.uid == uid) || !uid.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("uid", &uid));
        }
        let main_uid = match self.accounts.iter().find(|a| a.label == config.main) {
            Some(main) => main.uid.clone(),
            None if config.main.is_empty() => uid.clone(),
            None => return Err(wrong("main", &config.main)),
        };
        let mut keys = Vec::new();
        for key in &config.keys {
            if self.accounts.iter().flat_map(|a| &a.keys).chain(&keys).any(|known: &ApiKey| known.api_key == key.api_key) {
                return Err(wrong("apiKey", &key.api_key));
            }
            keys.push(api_key(key, &config.label)?);
        }
        if let Some((ccy, _)) = config.balances.iter().chain(&config.funding).find(|(_, amt)| !holdable(**amt)) {
            return Err(wrong("balance of", ccy));
        }
        let ix = AcctIx(number as u32);
        self.accounts.push(Account {
            ix,
            label: config.label.clone(),
            uid,
            main_uid,
            acct_lv,
            long_short,
            stp_mode: stp,
            level: config.level.clone(),
            greeks_type: "PA".into(),
            keys,
            coins: BTreeMap::new(),
            funding: BTreeMap::new(),
            positions: BTreeMap::new(),
            levers: BTreeMap::new(),
            bills: VecDeque::new(),
            fills: VecDeque::new(),
            closed: VecDeque::new(),
            opened: self.now,
            updated: self.now,
            settings: BTreeMap::new(),
        });
        for (ccy, amt) in &config.balances {
            self.deposit(ix, ccy, *amt, false);
        }
        for (ccy, amt) in &config.funding {
            self.deposit(ix, ccy, *amt, true);
        }
        Ok(ix)
    }

    /// Coins from outside the exchange, or (negative) to it.
    pub fn deposit(&mut self, acct: AcctIx, ccy: &str, change: Dec, funding: bool) {
        let now = self.now;
        *self.ledger.expected.entry(ccy.to_owned()).or_default() += change;
        if funding {
            *self.account_mut(acct).funding.entry(ccy.to_owned()).or_default() += change;
        } else {
            let coin = self.account_mut(acct).coins.entry(ccy.to_owned()).or_insert_with(|| Coin { updated: now, ..Coin::default() });
            coin.cash += change;
            coin.updated = now;
            self.touch_coin(acct, ccy);
        }
    }

    /// Makes a balance what it is told to be; `Err` if that cannot be held.
    pub fn set_balance(&mut self, acct: AcctIx, ccy: &str, to: Dec, funding: bool) -> Result<(), String> {
        if !holdable(to) || ccy.is_empty() || !ccy.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(format!("a balance of {to} {ccy} cannot be"));
        }
        let held = if funding { self.account(acct).funding.get(ccy).copied().unwrap_or_default() } else { self.account(acct).cash(ccy) };
        self.deposit(acct, ccy, to - held, funding);
        if !funding {
            bills::transfer(self, acct, ccy, to - held);
            self.push_balances(acct, &[ccy], "transferred");
        }
        Ok(())
    }

    /// What everybody holds, per currency: coins, margins and debts, less what open positions cost. Trades only move it around.
    pub fn sums(&self) -> BTreeMap<String, Sums> {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for account in &self.accounts {
            for (ccy, coin) in &account.coins {
                sums.entry(ccy.clone()).or_default().accounts += coin.cash;
            }
            for (ccy, held) in &account.funding {
                sums.entry(ccy.clone()).or_default().accounts += held;
            }
            for position in account.positions.values() {
                let mut add = |ccy: &str, what: Dec| sums.entry(ccy.to_owned()).or_default().accounts += what;
                match position.inst_type {
                    InstType::Margin => {
                        add(&position.pos_ccy, position.qty);
                        add(&position.liab_ccy, -position.liab - position.interest);
                        if position.ccy != position.pos_ccy {
                            add(&position.ccy, position.margin);
                        }
                    }
                    InstType::Option => add(&position.ccy, position.margin),
                    _ if self.inst(position.inst).inverse => add(&position.ccy, position.margin + position.cost),
                    _ => add(&position.ccy, position.margin - position.cost),
                }
            }
        }
        for (ccy, fees) in &self.ledger.fees {
            sums.entry(ccy.clone()).or_default().fees = *fees;
        }
        for (ccy, expected) in &self.ledger.expected {
            sums.entry(ccy.clone()).or_default().expected = *expected;
        }
        sums.retain(|ccy, _| !ccy.is_empty());
        for sum in sums.values_mut() {
            sum.total = sum.accounts + sum.fees;
        }
        sums
    }

    /// Do all currencies add up, exactly?
    pub fn adds_up(&self) -> bool {
        self.sums().values().all(|sum| sum.total == sum.expected)
    }

    pub fn account_by_label(&self, label: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.label == label && a.ix != HOUSE)
    }
}

/// Can a balance of this amount be kept exactly?
pub fn holdable(amt: Dec) -> bool {
    amt >= Dec::ZERO && amt <= MOST && amount(amt) == amt && amt.normalize().scale() <= AMOUNT_DIGITS
}
