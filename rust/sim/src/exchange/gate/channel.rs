//! The channels of OKX: where they live, what their args are, which of them are simulated.
//!
//! Source: OKX API v5, Order Book Trading, Trading Account, Public Data › WebSocket.

use serde_json::{Map, Value};

use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::json::quoted;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// The path a connection was opened on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    Public,
    Private,
    Business,
}

impl Site {
    /// Any prefix before `/ws/v5` is accepted, and a query.
    pub fn of(path: &str) -> Option<Self> {
        match path.rsplit_once("/ws/v5/")?.1 {
            "public" => Some(Self::Public),
            "private" => Some(Self::Private),
            "business" => Some(Self::Business),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Business => "business",
        }
    }
}

/// What an arg must name, next to the channel.
#[derive(Clone, Copy, Debug)]
enum Args {
    Nothing,
    /// An instrument of one of these types; empty: of any.
    Inst(&'static [InstType]),
    /// An index: `BTC-USDT`.
    Index,
    Type(&'static [&'static str]),
    Family,
    /// A type, and a family or an instrument.
    TypeAndOne(&'static [&'static str]),
    /// Perhaps a currency.
    Ccy,
    /// Perhaps an instrument.
    AnyInst,
    /// A type or `ANY`, perhaps a family or an instrument.
    Orders(&'static [&'static str]),
}

#[expect(clippy::struct_excessive_bools, reason = "a row of a table, one answer a column")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Channel {
    /// The whole name, or what comes before the bar where `bars` is set.
    pub name: &'static str,
    pub site: Site,
    pub login: bool,
    /// Only for VIP 4 and above.
    pub vip: bool,
    pub bars: bool,
    args: Args,
    pub simulated: bool,
}

const TYPES: &[&str] = &["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"];
const TYPES_OR_ANY: &[&str] = &["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"];
const ALGO: &[&str] = &["SPOT", "MARGIN", "SWAP", "FUTURES", "ANY"];
const POSITIONS: &[&str] = &["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"];
const DELIVERED: &[&str] = &["FUTURES", "OPTION", "SWAP"];
const CONTRACTS: &[InstType] = &[InstType::Swap, InstType::Futures, InstType::Option];

const fn public(name: &'static str, args: Args) -> Channel {
    Channel { name, site: Site::Public, login: false, vip: false, bars: false, args, simulated: true }
}

const fn private(name: &'static str, args: Args) -> Channel {
    Channel { name, site: Site::Private, login: true, vip: false, bars: false, args, simulated: true }
}

const fn business(name: &'static str, args: Args) -> Channel {
    Channel { site: Site::Business, ..public(name, args) }
}

const fn with_bars(name: &'static str, args: Args) -> Channel {
    Channel { bars: true, ..business(name, args) }
}

const fn refused(channel: Channel) -> Channel {
    Channel { simulated: false, ..channel }
}

const fn vip(channel: Channel) -> Channel {
    Channel { vip: true, login: true, ..channel }
}

const fn login(channel: Channel) -> Channel {
    Channel { login: true, ..channel }
}

pub(super) const CHANNELS: &[Channel] = &[
    public("tickers", Args::Inst(&[])),
    public("trades", Args::Inst(&[])),
    public("books", Args::Inst(&[])),
    public("books5", Args::Inst(&[])),
    public("bbo-tbt", Args::Inst(&[])),
    vip(public("books50-l2-tbt", Args::Inst(&[]))),
    vip(public("books-l2-tbt", Args::Inst(&[]))),
    public("books-rpi", Args::Inst(&[])),
    refused(public("books-elp", Args::Inst(&[]))),
    public("option-trades", Args::TypeAndOne(&["OPTION"])),
    refused(public("call-auction-details", Args::Inst(&[]))),
    public("instruments", Args::Type(TYPES)),
    refused(public("event-contract-markets", Args::Nothing)),
    public("open-interest", Args::Inst(CONTRACTS)),
    public("funding-rate", Args::Inst(&[InstType::Swap])),
    public("price-limit", Args::Inst(&[])),
    public("opt-summary", Args::Family),
    public("estimated-price", Args::TypeAndOne(DELIVERED)),
    public("mark-price", Args::Inst(&[])),
    public("index-tickers", Args::Index),
    public("liquidation-orders", Args::Type(&["MARGIN", "SWAP", "FUTURES", "OPTION"])),
    refused(public("adl-warning", Args::Type(DELIVERED))),
    public("status", Args::Nothing),
    business("trades-all", Args::Inst(&[])),
    with_bars("candle", Args::Inst(&[])),
    with_bars("mark-price-candle", Args::Inst(&[])),
    with_bars("index-candle", Args::Index),
    refused(login(business("economic-calendar", Args::Nothing))),
    refused(business("sprd-bbo-tbt", Args::Nothing)),
    refused(business("sprd-books5", Args::Nothing)),
    refused(business("sprd-books-l2-tbt", Args::Nothing)),
    refused(business("sprd-public-trades", Args::Nothing)),
    refused(business("sprd-tickers", Args::Nothing)),
    refused(with_bars("sprd-candle", Args::Nothing)),
    refused(business("public-struc-block-trades", Args::Nothing)),
    refused(business("public-block-trades", Args::Nothing)),
    refused(business("block-tickers", Args::Nothing)),
    private("account", Args::Ccy),
    private("positions", Args::Orders(POSITIONS)),
    private("balance_and_position", Args::Nothing),
    private("orders", Args::Orders(TYPES_OR_ANY)),
    vip(private("fills", Args::AnyInst)),
    private("liquidation-warning", Args::Orders(POSITIONS)),
    private("account-greeks", Args::Ccy),
    login(business("orders-algo", Args::Orders(ALGO))),
    login(business("algo-advance", Args::Orders(ALGO))),
    refused(login(business("grid-orders-spot", Args::Nothing))),
    refused(login(business("grid-orders-contract", Args::Nothing))),
    refused(login(business("grid-positions", Args::Nothing))),
    refused(login(business("grid-sub-orders", Args::Nothing))),
    refused(login(business("algo-recurring-buy", Args::Nothing))),
    refused(login(business("copytrading-lead-notification", Args::Nothing))),
    refused(login(business("deposit-info", Args::Nothing))),
    refused(login(business("withdrawal-info", Args::Nothing))),
    refused(login(business("rfqs", Args::Nothing))),
    refused(login(business("quotes", Args::Nothing))),
    refused(login(business("struc-block-trades", Args::Nothing))),
    refused(login(business("sprd-orders", Args::Nothing))),
    refused(login(business("sprd-trades", Args::Nothing))),
    refused(business("pm-books", Args::Nothing)),
    refused(business("pm-trades", Args::Nothing)),
    refused(business("pm-tickers", Args::Nothing)),
    refused(with_bars("pm-candle", Args::Nothing)),
    refused(business("prediction-market-prices", Args::Nothing)),
    refused(business("pm-event-status", Args::Nothing)),
    refused(login(business("pm-order", Args::Nothing))),
    refused(login(business("pm-position", Args::Nothing))),
    refused(login(business("pm-user-trade", Args::Nothing))),
    refused(login(business("pm-balance", Args::Nothing))),
    refused(login(business("pm-pnl", Args::Nothing))),
];

pub(super) const BARS: [&str; 27] = [
    "1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M", "6Hutc", "12Hutc",
    "1Dutc", "2Dutc", "3Dutc", "5Dutc", "1Wutc", "1Mutc", "3Mutc",
];

/// Thirty connections of an account may hold one of these.
pub(super) const COUNTED: [&str; 6] = ["orders", "account", "positions", "balance_and_position", "liquidation-warning", "account-greeks"];

/// These give way to `books-l2-tbt` of the same instrument on one connection.
pub(super) const EXCLUSIVE: &str = "books-l2-tbt";
pub(super) const EXCLUDED: [&str; 2] = ["books", "books50-l2-tbt"];

pub(super) fn find(name: &str) -> Option<&'static Channel> {
    let bar = |rest: &str, channel: &Channel| BARS.contains(&rest) && (rest != "1s" || channel.name == "candle");
    let named = |channel: &&Channel| {
        if channel.bars { name.strip_prefix(channel.name).is_some_and(|rest| bar(rest, channel)) } else { channel.name == name }
    };
    CHANNELS.iter().find(named)
}

/// What one subscription asks for.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub channel: String,
    pub inst_type: String,
    pub family: String,
    pub inst_id: String,
    pub ccy: String,
    pub algo_id: String,
    /// Time between regular snapshots of account and positions; 0: events only.
    pub interval: Nanos,
    /// Fields that mean something, in OKX's order, without the closing brace: the identity of the subscription.
    pub text: String,
    pub fields: Fields,
}

const ECHOED: [&str; 8] = ["channel", "instType", "instFamily", "instId", "ccy", "sprdId", "algoId", "extraParams"];

impl Arg {
    pub fn read(fields: Map<String, Value>) -> Self {
        let fields = Fields::new(fields);
        let field = |name: &str| fields.text(name).unwrap_or_default();
        let mut text = String::from("{");
        for name in ECHOED {
            if let Some(value) = fields.text(name) {
                text.push_str(if text.len() > 1 { ",\"" } else { "\"" });
                text.push_str(name);
                text.push_str("\":");
                quoted(&mut text, &value);
            }
        }
        let channel = field("channel");
        let interval = interval(&channel, &field("extraParams"));
        let [inst_type, family, inst_id] = ["instType", "instFamily", "instId"].map(field);
        Self { channel, inst_type, family, inst_id, ccy: field("ccy"), algo_id: field("algoId"), interval, text, fields }
    }

    /// As the ack echoes it.
    pub fn echo(&self) -> String {
        format!("{}}}", self.text)
    }

    /// What its instrument, family or type is filed under.
    pub fn key(&self) -> &str {
        let any = if self.inst_type == "ANY" { "" } else { self.inst_type.as_str() };
        [self.inst_id.as_str(), &self.family, any].into_iter().find(|key| !key.is_empty()).unwrap_or_default()
    }

    /// Why nothing can come of it; `channel` is what its name led to.
    pub fn check(&self, world: &World, channel: &Channel) -> Result<(), Refusal> {
        let is_inst = |types: &[InstType]| {
            let found = world.find_inst(&self.inst_id);
            found.is_some_and(|inst| types.is_empty() || types.contains(&inst.inst_type))
        };
        let inst_or_none = || self.inst_id.is_empty() || is_inst(&[]);
        let is_family = || world.instruments.iter().any(|inst| inst.family == self.family && !self.family.is_empty());
        let is_index = || {
            world
                .instruments
                .iter()
                .any(|inst| inst.uly == self.inst_id || (inst.inst_id == self.inst_id && inst.inst_type == InstType::Spot))
        };
        let is_type = |types: &[&str]| types.contains(&self.inst_type.as_str());
        let good = match channel.args {
            Args::Nothing | Args::Ccy => true,
            Args::Inst(types) => is_inst(types),
            Args::Index => !self.inst_id.is_empty() && is_index(),
            Args::Type(types) => is_type(types),
            Args::Family => is_family(),
            Args::TypeAndOne(types) => is_type(types) && if self.inst_id.is_empty() { is_family() } else { is_inst(&[]) },
            Args::AnyInst => inst_or_none(),
            Args::Orders(types) => is_type(types) && inst_or_none() && (self.family.is_empty() || is_family()),
        };
        if good { Ok(()) } else { Err(self.unknown()) }
    }

    /// 60018, in the words of a recorded frame.
    pub fn unknown(&self) -> Refusal {
        let named = ["channel", "instId", "instFamily", "instType", "ccy", "sprdId", "algoId"];
        let named = named.iter().filter_map(|name| Some(format!("{name}:{}", self.fields.text(name)?)));
        let named = named.collect::<Vec<_>>().join(",");
        let msg =
            format!("Wrong URL or {named} doesn't exist. Please use the correct URL, channel and parameters referring to API document.");
        Refusal::because("60018", msg)
    }
}

/// `extraParams` is JSON in a text: `{"updateInterval":"0"}`.
fn interval(channel: &str, extra: &str) -> Nanos {
    if !matches!(channel, "account" | "positions" | "account-greeks") {
        return 0;
    }
    let extra: Option<Map<String, Value>> = serde_json::from_str(extra).ok();
    match extra.and_then(|extra| Fields::new(extra).text("updateInterval")).as_deref() {
        Some("0") => 0,
        Some(wanted @ ("2000" | "3000" | "4000")) if channel == "positions" => wanted.parse::<Nanos>().unwrap_or(5000) * MILLI,
        _ => 5 * SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arg(value: Value) -> Arg {
        let Value::Object(fields) = value else { panic!("an object") };
        Arg::read(fields)
    }

    #[test]
    fn channels_are_found_by_their_whole_name() {
        for (name, site) in [
            ("books", Some(Site::Public)),
            ("books5", Some(Site::Public)),
            ("boks", None),
            ("candle1m", Some(Site::Business)),
            ("candle1s", Some(Site::Business)),
            ("index-candle1s", None),
            ("candle7m", None),
            ("candle", None),
            ("orders", Some(Site::Private)),
            ("orders-algo", Some(Site::Business)),
        ] {
            assert_eq!(find(name).map(|channel| channel.site), site, "{name}");
        }
    }

    #[test]
    fn an_arg_is_known_by_what_it_means() {
        let one = arg(serde_json::json!({"instType": "ANY", "channel": "positions", "ccy": "", "x": 1}));
        assert_eq!(one.echo(), r#"{"channel":"positions","instType":"ANY"}"#);
        assert_eq!((one.key(), one.interval), ("", 5 * SECOND));
        let two = arg(serde_json::json!({"channel": "positions", "instType": "SWAP", "extraParams": "{\"updateInterval\":\"2000\"}"}));
        assert_eq!((two.key(), two.interval), ("SWAP", 2 * SECOND));
        let three = arg(serde_json::json!({"channel": "account", "extraParams": "{\"updateInterval\": 0}"}));
        assert_eq!(three.interval, 0);
        assert_eq!(
            arg(serde_json::json!({"channel": "index-tickers", "instId": "NEAR-USDT-SWAP"})).unknown().msg,
            "Wrong URL or channel:index-tickers,instId:NEAR-USDT-SWAP doesn't exist. Please use the correct URL, channel and parameters \
             referring to API document."
        );
    }
}
