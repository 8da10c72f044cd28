//! The table of channels, and the argument that names one subscription.
//!
//! Source: OKX API v5, WebSocket › Subscribe; Order book trading › Market data.

use std::fmt;

/// The socket a channel lives on (the last part of the path `/ws/v5/…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Socket {
    Public,
    Private,
    Business,
}

impl Socket {
    pub fn path(self) -> &'static str {
        match self {
            Self::Public => "/ws/v5/public",
            Self::Private => "/ws/v5/private",
            Self::Business => "/ws/v5/business",
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Business => "business",
        }
    }
}

/// What a channel carries, which decides who decodes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payload {
    /// Snapshot then updates, chained by `prevSeqId`.
    Book,
    /// The whole book every time, no chain.
    FullBook,
    Trade,
    Ticker,
    /// Handed on as bytes.
    Raw,
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: &'static str,
    pub socket: Socket,
    pub payload: Payload,
    /// Levels a side, for books.
    pub depth: usize,
    /// What the elements of a level are, for books.
    pub columns: Columns,
}

/// The elements of a book's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// `[px, sz, "0", orders]`: the third is a dead field.
    Plain,
    /// `[px, sz, non-RPI sz, orders]`: `books-rpi`.
    Rpi,
    /// `[px, sz, orders]`, where `px` may be zero or negative: spreads.
    Spread,
    /// `[px, sz, orders]`, and `null` for what there is none of: prediction markets.
    Prediction,
}

const fn row(name: &'static str, socket: Socket, payload: Payload, depth: usize) -> Channel {
    Channel { name, socket, payload, depth, columns: Columns::Plain }
}

const fn spread(name: &'static str, payload: Payload, depth: usize) -> Channel {
    Channel { name, socket: Socket::Business, payload, depth, columns: Columns::Spread }
}

/// Levels of a prediction market. OKX states no depth; prices lie between 0 and 1, with four decimals in its examples,
/// so that many hold every level there can be.
const PREDICTION_DEPTH: usize = 10_000;

/// Channels decoded into types. Whole names are compared: `books` must not take `books5`.
pub static CHANNELS: [Channel; 13] = [
    row("books", Socket::Public, Payload::Book, 400),
    row("books5", Socket::Public, Payload::FullBook, 5),
    row("bbo-tbt", Socket::Public, Payload::FullBook, 1),
    row("books-l2-tbt", Socket::Public, Payload::Book, 400),
    row("books50-l2-tbt", Socket::Public, Payload::Book, 50),
    Channel { name: "books-rpi", socket: Socket::Public, payload: Payload::Book, depth: 400, columns: Columns::Rpi },
    row("trades", Socket::Public, Payload::Trade, 0),
    row("trades-all", Socket::Business, Payload::Trade, 0),
    row("tickers", Socket::Public, Payload::Ticker, 0),
    spread("sprd-books-l2-tbt", Payload::Book, 400),
    spread("sprd-books5", Payload::FullBook, 5),
    spread("sprd-bbo-tbt", Payload::FullBook, 1),
    Channel { name: "pm-books", socket: Socket::Business, payload: Payload::Book, depth: PREDICTION_DEPTH, columns: Columns::Prediction },
];

/// The socket of any channel, also of those that are handed on as bytes.
///
/// Source: OKX API v5, the URL path given with each channel.
pub fn socket_of(name: &str) -> Socket {
    const PRIVATE: [&str; 7] = ["account", "account-greeks", "balance_and_position", "fills", "liquidation-warning", "orders", "positions"];
    const BUSINESS: [&str; 11] = [
        "algo-advance",
        "block-tickers",
        "deposit-info",
        "economic-calendar",
        "orders-algo",
        "prediction-market-prices",
        "quotes",
        "rfqs",
        "trades-all",
        "withdrawal-info",
        "algo-recurring-buy",
    ];
    const BUSINESS_FAMILIES: [&str; 9] =
        ["candle", "copytrading-", "grid-", "index-candle", "mark-price-candle", "pm-", "public-block-", "public-struc-", "sprd-"];
    let is_business = BUSINESS.contains(&name) || BUSINESS_FAMILIES.iter().any(|f| name.starts_with(f)) || name == "struc-block-trades";
    if is_business {
        Socket::Business
    } else if PRIVATE.contains(&name) {
        Socket::Private
    } else {
        Socket::Public
    }
}

/// Market data that OKX serves on a logged-in connection only, to higher fee tiers; the Python table has the tiers.
const TIERED: [&str; 3] = ["books-l2-tbt", "books50-l2-tbt", "economic-calendar"];

/// Whether OKX serves a channel on a logged-in connection only: what is the account's, and market data for higher fee
/// tiers. A channel that is not known needs none.
pub fn needs_login(name: &str) -> bool {
    TIERED.contains(&name) || is_of_account(name)
}

/// Whether a channel tells of the account that is logged in.
///
/// Source: OKX API v5, the section of each channel.
pub fn is_of_account(name: &str) -> bool {
    const OF_ACCOUNT: [&str; 27] = [
        "account",
        "account-greeks",
        "algo-advance",
        "algo-recurring-buy",
        "balance_and_position",
        "copytrading-lead-notification",
        "deposit-info",
        "fills",
        "grid-orders-contract",
        "grid-orders-spot",
        "grid-positions",
        "grid-sub-orders",
        "liquidation-warning",
        "orders",
        "orders-algo",
        "pm-balance",
        "pm-order",
        "pm-pnl",
        "pm-position",
        "pm-user-trade",
        "positions",
        "quotes",
        "rfqs",
        "sprd-orders",
        "sprd-trades",
        "struc-block-trades",
        "withdrawal-info",
    ];
    OF_ACCOUNT.contains(&name)
}

/// The longest silence of a healthy subscription in seconds; `None`: OKX promises nothing, the channel may be silent.
///
/// Source: OKX API v5, the push frequency given with each channel.
pub fn quiet_of(name: &str) -> Option<u64> {
    Some(match name {
        "mark-price" => 10,
        "books" | "books5" | "bbo-tbt" | "books-l2-tbt" | "books50-l2-tbt" | "books-rpi" | "index-tickers" | "pm-books" => 60,
        "funding-rate" => 90,
        "block-tickers" => 300,
        _ => return None,
    })
}

impl Channel {
    pub fn find(name: &str) -> Option<&'static Self> {
        CHANNELS.iter().find(|c| c.name == name)
    }

    pub fn is_book(&self) -> bool {
        matches!(self.payload, Payload::Book | Payload::FullBook)
    }
}

/// The parameter that says how to send.
const HOW: &str = "extraParams";

/// Whether a parameter as it was asked for covers what an echo says.
fn agree(key: &str, mine: &str, said: &str) -> bool {
    mine == said || (key == "instType" && mine == "ANY")
}

/// The `arg` of a subscription: channel and its parameters, in the order they are sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arg {
    pub channel: String,
    pub params: Vec<(String, String)>,
}

impl Arg {
    /// The argument of a channel of one instrument, or of one spread.
    pub fn new(channel: &str, inst_id: &str) -> Self {
        let key = if channel.starts_with("sprd-") { "sprdId" } else { "instId" };
        Self { channel: channel.into(), params: vec![(key.into(), inst_id.into())] }
    }

    /// The parameter that names the instrument: `instId`, or the family or spread where that is the key.
    pub fn inst_id(&self) -> &str {
        ["instId", "sprdId", "instFamily", "instType", "ccy"].iter().find_map(|key| self.get(key)).unwrap_or_default()
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.params.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Without what says how to send rather than what: of two that differ in that alone, OKX holds one.
    #[must_use]
    pub fn subject(&self) -> Self {
        let params = self.params.iter().filter(|(k, _)| k != HOW).cloned().collect();
        Self { channel: self.channel.clone(), params }
    }

    /// Whether a push that echoes `echo` belongs to this subscription. OKX may add keys (`uid`) to the echo, leave out
    /// `extraParams`, and name the one `instType` a push is of where `ANY` was asked for.
    pub fn matches(&self, echo: &Self) -> bool {
        let fits = |(k, v): &(String, String)| k == HOW || echo.get(k).is_some_and(|said| agree(k, v, said));
        self.channel == echo.channel && self.params.iter().all(fits)
    }

    /// How many parameters `echo` repeats to the letter.
    pub fn shared(&self, echo: &Self) -> usize {
        self.params.iter().filter(|(k, v)| echo.get(k) == Some(v.as_str())).count()
    }

    /// Whether an echo that says less than was asked for may be of this subscription. That of the account's channels may
    /// also say something else: the instrument of a push where a family was asked for.
    pub fn may_be(&self, echo: &Self) -> bool {
        let is_lax = is_of_account(&self.channel);
        let fits = |(k, said): &(String, String)| self.get(k).map_or(is_lax, |mine| agree(k, mine, said));
        self.channel == echo.channel && echo.params.iter().all(fits)
    }

    /// Whether a push echoes exactly this, and the account's `uid`.
    pub fn is_echoed_with_uid(&self, echo: &Self) -> bool {
        let fits = |(k, v): &(String, String)| echo.get(k) == Some(v.as_str());
        self.channel == echo.channel
            && self.params.iter().all(fits)
            && echo.params.len() == self.params.len() + 1
            && echo.get("uid").is_some()
    }

    /// As JSON, in the form in which OKX echoes it: `{"channel":"books","instId":"BTC-USDT"}`.
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"channel\":{}", quote(&self.channel));
        for (key, value) in &self.params {
            out.extend([",", &quote(key), ":", &quote(value)]);
        }
        out.push('}');
        out
    }

    pub(crate) fn from_value(value: &serde_json::Value) -> Option<Self> {
        let object = value.as_object()?;
        let channel = object.get("channel")?.as_str()?.to_owned();
        let params = object
            .iter()
            .filter(|(key, _)| *key != "channel")
            .map(|(key, v)| (key.clone(), v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
            .collect();
        Some(Self { channel, params })
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.channel, self.inst_id())
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_compared() {
        assert_eq!(Channel::find("books").map(|c| c.depth), Some(400));
        assert_eq!(Channel::find("books5").map(|c| c.depth), Some(5));
        assert_eq!(Channel::find("book"), None);
        assert_eq!(Channel::find("books-l2"), None);
    }

    #[test]
    fn every_channel_of_the_table_is_on_the_socket_its_name_says() {
        assert!(CHANNELS.iter().all(|c| socket_of(c.name) == c.socket));
        for (name, want) in [
            ("candle1m", Socket::Business),
            ("sprd-tickers", Socket::Business),
            ("funding-rate", Socket::Public),
            ("orders", Socket::Private),
            ("account-greeks", Socket::Private),
            ("orders-algo", Socket::Business),
            ("sprd-orders", Socket::Business),
            ("order", Socket::Public),
        ] {
            assert_eq!(socket_of(name), want, "{name}");
        }
    }

    #[test]
    fn whole_names_need_a_login_or_may_be_quiet_for_so_long() {
        for (name, login, quiet) in [
            ("books", false, Some(60)),
            ("books-l2-tbt", true, Some(60)),
            ("books50-l2-tbt", true, Some(60)),
            ("sprd-books-l2-tbt", false, None),
            ("economic-calendar", true, None),
            ("orders", true, None),
            ("sprd-trades", true, None),
            ("sprd-public-trades", false, None),
            ("trades", false, None),
            ("mark-price", false, Some(10)),
            ("mark-price-candle1m", false, None),
            ("funding-rate", false, Some(90)),
            ("pm-books", false, Some(60)),
            ("book", false, None),
        ] {
            assert_eq!((needs_login(name), quiet_of(name)), (login, quiet), "{name}");
        }
        assert!(is_of_account("orders") && !is_of_account("books-l2-tbt"));
    }

    #[test]
    fn an_echo_with_more_keys_still_matches() {
        let mine = Arg::new("orders", "BTC-USDT");
        let mut echo = mine.clone();
        echo.params.push(("uid".into(), "1".into()));
        assert!(mine.matches(&echo));
        assert!(!echo.matches(&mine));
        assert!(!mine.matches(&Arg::new("orders", "ETH-USDT")));
    }

    fn arg(channel: &str, params: &[(&str, &str)]) -> Arg {
        Arg { channel: channel.into(), params: params.iter().map(|&(k, v)| (k.into(), v.into())).collect() }
    }

    #[test]
    fn any_type_matches_the_one_a_push_is_of_and_extra_params_need_no_echo() {
        let any = arg("positions", &[("instType", "ANY"), ("extraParams", "{}")]);
        for (echo, matches, shared) in [
            (arg("positions", &[("instType", "ANY"), ("uid", "1")]), true, 1),
            (arg("positions", &[("uid", "1"), ("instType", "SWAP")]), true, 0),
            (arg("positions", &[("uid", "1")]), false, 0),
            (arg("orders", &[("instType", "ANY")]), false, 1),
        ] {
            assert_eq!((any.matches(&echo), any.shared(&echo)), (matches, shared), "{echo:?}");
        }
        assert!(!arg("orders", &[("instType", "SWAP")]).matches(&arg("orders", &[("instType", "ANY")])));
        assert_eq!(any.subject(), arg("positions", &[("instType", "ANY")]));
    }

    #[test]
    fn what_an_echo_says_must_not_contradict() {
        let family = arg("orders", &[("instType", "SWAP"), ("instFamily", "BTC-USDT")]);
        for (echo, may_be) in [
            (arg("orders", &[("uid", "1")]), true),
            (arg("orders", &[("instType", "SWAP"), ("instId", "BTC-USDT-SWAP"), ("uid", "1")]), true),
            (arg("orders", &[("instType", "SPOT"), ("uid", "1")]), false),
            (arg("orders", &[("instFamily", "ETH-USDT")]), false),
        ] {
            assert_eq!(family.may_be(&echo), may_be, "{echo:?}");
        }
        let market = arg("option-trades", &[("instFamily", "BTC-USD")]);
        assert!(!market.may_be(&arg("option-trades", &[("instId", "X")])), "market data says whose it is");
    }

    #[test]
    fn json_is_escaped() {
        assert_eq!(Arg::new("books", "A\"B").to_json(), r#"{"channel":"books","instId":"A\"B"}"#);
    }
}
