//! What an exchange is made from: a JSON object; every key may be left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exchange::num::Dec;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub seed: u64,
    pub clock: ClockMode,
    /// Where a virtual clock starts.
    pub start: String,
    pub host: String,
    /// Must be set to listen on anything but loopback.
    pub expose: bool,
    pub port: u16,
    pub tls_port: u16,
    pub admin_port: u16,
    pub checksum: Checksum,
    /// Multiplier of every rate limit; 0: none.
    pub limits: f64,
    pub switches: Switches,
    pub accounts: Vec<AccountConfig>,
    /// Row fields to add or change, by instId.
    pub instruments: Vec<BTreeMap<String, Value>>,
    pub house: HouseConfig,
    pub latency: LatencyConfig,
    /// Sicknesses from the start: `{kind, ..., at_ms}`.
    pub faults: Vec<BTreeMap<String, Value>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockMode {
    #[default]
    Real,
    Virtual,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// As OKX since June 2026.
    #[default]
    Zero,
    /// The real one, as before.
    Legacy,
}

/// Where OKX's behaviour is not established, or two clients could disagree: conformance section 11, trading section 16.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// A WebSocket order that names `instId` only: `reject` (50014) or `accept`.
    pub ws_instid: String,
    /// A reduce-only order larger than the position: `override` its size or `reject` it.
    pub reduce_only: String,
    /// Market, IOC and FOK orders push `live` before anything else.
    pub live_first: bool,
    /// Only data counts as traffic for the 30 s rule.
    pub strict_idle: bool,
    /// A second login on a socket: `accept` or `refuse` (60031).
    pub repeat_login: String,
    /// A repeated subscription of a book: `snapshot` and ack, or `ack` alone.
    pub resubscribe: String,
    /// A channel of another path: `60018`, or `64001`/`64002` as `64001`.
    pub wrong_path: String,
    /// VIP channels are refused below their level (64003).
    pub vip_gate: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            ws_instid: "reject".into(),
            reduce_only: "override".into(),
            live_first: true,
            strict_idle: false,
            repeat_login: "accept".into(),
            resubscribe: "snapshot".into(),
            wrong_path: "60018".into(),
            vip_gate: true,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    pub label: String,
    pub uid: String,
    /// Label of the main account, of a sub-account.
    pub main: String,
    #[serde(rename = "acctLv")]
    pub acct_lv: String,
    #[serde(rename = "posMode")]
    pub pos_mode: String,
    pub level: String,
    #[serde(rename = "acctStpMode")]
    pub acct_stp_mode: String,
    pub balances: BTreeMap<String, Dec>,
    pub funding: BTreeMap<String, Dec>,
    pub keys: Vec<KeyConfig>,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            label: "main".into(),
            uid: String::new(),
            main: String::new(),
            acct_lv: "2".into(),
            pos_mode: "net_mode".into(),
            level: "Lv1".into(),
            acct_stp_mode: "cancel_maker".into(),
            balances: BTreeMap::new(),
            funding: BTreeMap::new(),
            keys: Vec::new(),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    #[serde(rename = "apiKey")]
    pub api_key: String,
    #[serde(rename = "secretKey")]
    pub secret_key: String,
    pub passphrase: String,
    #[serde(default = "trading")]
    pub perm: String,
    #[serde(default)]
    pub ip: String,
    #[serde(default)]
    pub demo: bool,
}

fn trading() -> String {
    "read_only,trade".into()
}

impl std::fmt::Debug for KeyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyConfig").field("api_key", &self.api_key).field("perm", &self.perm).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HouseConfig {
    pub enabled: bool,
    /// Levels kept on each side of a book.
    pub levels: u32,
    /// Time between two of its actions on a book.
    pub interval_ms: u32,
    /// It takes now and then, so that there are trades.
    pub trades: bool,
    /// Standard deviation of the index, relative, per second.
    pub volatility: f64,
    pub spread_ticks: u32,
    /// JSONL of recorded book messages: the house quotes what was recorded.
    pub recording: Option<String>,
    /// How fast the recording runs.
    pub speed: f64,
}

impl Default for HouseConfig {
    fn default() -> Self {
        Self { enabled: true, levels: 50, interval_ms: 100, trades: true, volatility: 0.0002, spread_ticks: 1, recording: None, speed: 1.0 }
    }
}

/// Microseconds, fixed or drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Delay {
    Fixed(f64),
    Drawn { kind: String, median: f64, sigma: f64 },
}

impl Default for Delay {
    fn default() -> Self {
        Self::Fixed(0.0)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// From the socket to the engine.
    pub inbound_us: Delay,
    /// Of every answer.
    pub outbound_us: Delay,
    /// Of every push, on top.
    pub push_us: Delay,
    /// Of the answers to order requests, on top.
    pub ack_us: Delay,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            clock: ClockMode::Real,
            start: "2026-11-22T00:00:00Z".into(),
            host: "127.0.0.1".into(),
            expose: false,
            port: 0,
            tls_port: 0,
            admin_port: 0,
            checksum: Checksum::Zero,
            limits: 1.0,
            switches: Switches::default(),
            accounts: vec![main_account()],
            instruments: Vec::new(),
            house: HouseConfig::default(),
            latency: LatencyConfig::default(),
            faults: Vec::new(),
        }
    }
}

/// The account there is when the configuration names none: 100 000 USDT and 2 BTC, futures mode, net positions.
fn main_account() -> AccountConfig {
    let key = |api_key: &str, demo| KeyConfig {
        api_key: api_key.into(),
        secret_key: "sim-secret".into(),
        passphrase: "sim-pass".into(),
        perm: "read_only,trade,withdraw".into(),
        ip: String::new(),
        demo,
    };
    AccountConfig {
        balances: [("USDT".to_owned(), Dec::from(100_000)), ("BTC".to_owned(), Dec::TWO)].into(),
        keys: vec![key("sim-key", false), key("sim-demo-key", true)],
        ..AccountConfig::default()
    }
}

/// A configuration that cannot be, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        serde_json::from_str(text).map_err(|error| ConfigError(format!("configuration: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = Config::from_json(r#"{"seeed": 1}"#).expect_err("no such key");
        assert!(error.0.contains("seeed"), "{error}");
        assert_eq!(Config::from_json(r#"{"seed": 7, "clock": "virtual"}"#).map(|c| (c.seed, c.clock)), Ok((7, ClockMode::Virtual)));
    }

    #[test]
    fn secrets_do_not_print() {
        assert!(!format!("{:?}", Config::default()).contains("sim-secret"));
    }
}
