//! Who signed: the headers of a REST request, the args of a WebSocket login.
//!
//! The signature is checked over the bytes as they came: target and body are never written anew.

use std::net::IpAddr;

use okx_fast_core::sign::Signer;
use serde_json::Value;

use crate::exchange::account::{AcctIx, ApiKey, IpRange};
use crate::exchange::call::Permission;
use crate::exchange::gate::time::parse_iso;
use crate::exchange::io::{HttpRequest, Nanos, SECOND};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// How far the client's clock may be off.
const TOLERANCE: Nanos = 30 * SECOND;

const NO_PERMISSION: Refusal = Refusal::new("50120", "This API key doesn't have permission to use this function");

/// Somebody whose signature held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub acct: AcctIx,
    pub api_key: String,
    trade: bool,
    withdraw: bool,
}

impl Caller {
    fn of(acct: AcctIx, key: &ApiKey) -> Self {
        let has = |name: &str| key.perm.iter().any(|perm| perm == name);
        Self { acct, api_key: key.api_key.clone(), trade: has("trade"), withdraw: has("withdraw") }
    }

    /// Any key may read.
    pub fn may(&self, permission: Permission) -> Result<(), Refusal> {
        let may = match permission {
            Permission::None | Permission::Read => true,
            Permission::Trade => self.trade,
            Permission::Withdraw => self.withdraw,
        };
        if may { Ok(()) } else { Err(NO_PERMISSION) }
    }
}

fn find<'a>(world: &'a World, api_key: &str) -> Option<(AcctIx, &'a ApiKey)> {
    let of = |account: &'a crate::exchange::account::Account| account.keys.iter().map(|key| (account.ix, key));
    world.accounts.iter().flat_map(of).find(|(_, key)| key.api_key == api_key)
}

/// Real keys are UUIDs; OKX tells one it does not know from what cannot be one.
fn looks_like_a_key(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn allows(key: &ApiKey, peer: IpAddr) -> bool {
    key.ip.is_empty() || key.ip.iter().filter_map(|ip| ip.parse::<IpRange>().ok()).any(|range| range.holds(peer))
}

/// Two texts, compared without telling how far they agree.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// The signer of a REST request.
pub(super) fn rest(world: &World, request: &HttpRequest, peer: IpAddr) -> Result<Caller, Refusal> {
    let header = |name: &str, absent: Refusal| request.header(name).filter(|value| !value.is_empty()).ok_or(absent);
    let api_key = header("ok-access-key", Refusal::new("50103", "Request header OK-ACCESS-KEY cannot be empty."))?;
    let sign = header("ok-access-sign", Refusal::new("50106", "Request header OK-ACCESS-SIGN cannot be empty."))?;
    let timestamp = header("ok-access-timestamp", Refusal::new("50107", "Request header OK-ACCESS-TIMESTAMP cannot be empty."))?;
    let passphrase = header("ok-access-passphrase", Refusal::new("50104", "Request header OK-ACCESS-PASSPHRASE cannot be empty."))?;
    let at = parse_iso(timestamp).ok_or(Refusal::new("50112", "Invalid OK-ACCESS-TIMESTAMP"))?;
    let (acct, key) = find(world, api_key).ok_or(if looks_like_a_key(api_key) {
        Refusal::new("50119", "API key doesn't exist")
    } else {
        Refusal::new("50111", "Invalid OK-ACCESS-KEY")
    })?;
    if at.abs_diff(world.skewed_now()) > TOLERANCE {
        return Err(Refusal::new("50102", "Timestamp request expired"));
    }
    if request.header("x-simulated-trading").is_some_and(|value| value == "1") != key.demo {
        return Err(Refusal::new("50101", "APIKey does not match current environment."));
    }
    if !allows(key, peer) {
        return Err(Refusal::because("50110", format!("Your IP {peer} is not included in your API key's IP whitelist.")));
    }
    if !same(passphrase, &key.passphrase) {
        return Err(Refusal::new("50105", "Request header OK-ACCESS-PASSPHRASE incorrect."));
    }
    // A client with a base path of its own may sign the target with it or without.
    let signer = Signer::new(key.secret_key.as_bytes());
    let good = |target: &str| {
        let parts = [timestamp.as_bytes(), request.method.as_bytes(), target.as_bytes(), request.body.as_slice()];
        same(signer.sign(&parts).as_str(), sign)
    };
    let bare = request.target.find("/api/v5/").and_then(|at| request.target.get(at..)).unwrap_or_default();
    if !good(&request.target) && !good(bare) {
        return Err(Refusal::new("50113", "Invalid Sign"));
    }
    Ok(Caller::of(acct, key))
}

/// The signer of a WebSocket login: `timestamp` is a text of Unix seconds, perhaps with a fraction, or a JSON number.
pub(super) fn login(world: &World, arg: &Value, peer: IpAddr) -> Result<Caller, Refusal> {
    let field = |name: &str| match arg.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let (api_key, passphrase, timestamp, sign) = (field("apiKey"), field("passphrase"), field("timestamp"), field("sign"));
    if !api_key.is_empty() && !field("token").is_empty() {
        return Err(Refusal::new("60026", "Batch login by APIKey and token simultaneously is not supported."));
    }
    if api_key.is_empty() {
        return Err(Refusal::new("60005", "Invalid apiKey"));
    }
    let at = seconds(&timestamp).ok_or(Refusal::new("60004", "Invalid timestamp"))?;
    if at.abs_diff(world.skewed_now()) > TOLERANCE {
        return Err(Refusal::new("60006", "Timestamp request expired"));
    }
    let (acct, key) = find(world, &api_key).ok_or(if looks_like_a_key(&api_key) {
        Refusal::new("60032", "API key doesn't exist.")
    } else {
        Refusal::new("60005", "Invalid apiKey")
    })?;
    if !same(&passphrase, &key.passphrase) {
        return Err(Refusal::new("60024", "Wrong passphrase"));
    }
    if !same(Signer::new(key.secret_key.as_bytes()).sign_login(&timestamp).as_str(), &sign) {
        return Err(Refusal::new("60007", "Invalid sign"));
    }
    if !allows(key, peer) {
        return Err(Refusal::new("60009", "Login failed."));
    }
    Ok(Caller::of(acct, key))
}

/// Unix seconds, at most ten digits and a fraction: milliseconds are not seconds.
fn seconds(text: &str) -> Option<Nanos> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 10) || !digits(fraction, 9) {
        return None;
    }
    let nanos = fraction.parse::<u64>().ok()? * 10u64.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some(whole.parse::<u64>().ok()? * SECOND + nanos)
}
