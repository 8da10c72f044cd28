//! What a client asks for, and OKX's answers: acks, errors, which path serves which channel.
//!
//! The VIP channels `books-l2-tbt` and `books50-l2-tbt` are served without a login here; OKX asks for one.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::value::RawValue;

/// A subscribe request above this closes the connection, as on OKX.
pub(crate) const MAX_REQUEST: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Public,
    Business,
}

impl Path {
    /// Any prefix before `/ws/v5` is accepted, and a query.
    pub fn of(target: &str) -> Option<Self> {
        let path = target.split('?').next()?;
        match path.rsplit_once("/ws/v5/")?.1 {
            "public" => Some(Self::Public),
            "business" => Some(Self::Business),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Request {
    pub id: Option<String>,
    pub op: Op,
    /// Each arg as sent, and as read.
    pub args: Vec<(String, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Subscribe,
    Unsubscribe,
    Login,
}

impl Op {
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Login => "login",
        }
    }
}

/// An error answer: OKX's code and text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: &'static str,
    pub msg: String,
}

/// Reads a request; the refusal comes with the request's id where it has one.
pub(crate) fn read(text: &str) -> Result<Request, (Option<String>, Refusal)> {
    let malformed = |id| (id, Refusal { code: "60012", msg: format!("Invalid request: {text}") });
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(text) else {
        return Err(malformed(None));
    };
    let id = match fields.get("id") {
        None => None,
        Some(Value::String(id)) if (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(id.clone()),
        Some(_) => return Err((None, Refusal { code: "60033", msg: "Parameter id error".to_owned() })),
    };
    let op = match fields.get("op").map(Value::as_str) {
        Some(Some("subscribe")) => Op::Subscribe,
        Some(Some("unsubscribe")) => Op::Unsubscribe,
        Some(Some("login")) => Op::Login,
        Some(Some(other)) => return Err((id, Refusal { code: "60019", msg: format!("Invalid op: {other}") })),
        Some(None) | None => return Err(malformed(id)),
    };
    let bad_args = Refusal { code: "60013", msg: "Invalid args".to_owned() };
    let args: Option<Vec<(String, Value)>> = raw_args(text)
        .map(|args| args.iter().filter_map(|raw| Some((raw.get().to_owned(), serde_json::from_str(raw.get()).ok()?))).collect());
    match args {
        Some(args) if !args.is_empty() && args.iter().all(|(_, arg)| arg.is_object()) => Ok(Request { id, op, args }),
        _ => Err((id, bad_args)),
    }
}

fn raw_args(text: &str) -> Option<Vec<&RawValue>> {
    let fields: std::collections::HashMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    serde_json::from_str(fields.get("args")?.get()).ok()
}

/// Why an arg cannot be subscribed on this path, before asking whether the feed has it.
pub(crate) fn wrong_path(path: Path, arg: &Value) -> Option<Refusal> {
    let channel = arg.get("channel").and_then(Value::as_str).unwrap_or_default();
    if arg.get("uly").is_some() {
        return Some(Refusal {
            code: "64000",
            msg: "Subscription parameter uly is unavailable anymore. Please replace uly with instFamily.".to_owned(),
        });
    }
    match (path, is_business(channel)) {
        (Path::Public, true) => Some(Refusal {
            code: "64001",
            msg: format!(
                "The following channels have been migrated to the business URL. Please subscribe using the new URL. Channel list: {channel}"
            ),
        }),
        (Path::Business, false) if is_public(channel) => Some(Refusal {
            code: "64002",
            msg: format!(
                "The following channels are not supported by business URL. Please use \"/public\" URL(or other URLs as required). Channel list: {channel}"
            ),
        }),
        _ => None,
    }
}

/// The refusal for a channel or an instrument nobody has.
pub(crate) fn unknown(arg: &Value) -> Refusal {
    let mut named = String::new();
    for field in ["channel", "instId", "sprdId", "instFamily", "instType"] {
        if let Some(value) = arg.get(field).and_then(Value::as_str) {
            let _ = write!(named, "{}{field}:{value}", if named.is_empty() { "" } else { "," });
        }
    }
    Refusal {
        code: "60018",
        msg: format!("Wrong URL or {named} doesn't exist. Please use the correct URL, channel and parameters referring to API document."),
    }
}

/// `books` and `books50-l2-tbt` give way to `books-l2-tbt` of the same instrument on one connection.
pub(crate) const EXCLUSIVE: &str = "books-l2-tbt";
pub(crate) const EXCLUDED: [&str; 2] = ["books", "books50-l2-tbt"];

pub(crate) fn exclusive(channel: &str) -> Refusal {
    Refusal {
        code: "64004",
        msg: format!(
            "Subscribe to both {channel} and books-l2-tbt for the same trading symbol is not allowed. Please unsubscribe books-l2-tbt first."
        ),
    }
}

fn is_business(channel: &str) -> bool {
    const NAMES: [&str; 8] = [
        "trades-all",
        "orders-algo",
        "algo-advance",
        "economic-calendar",
        "public-struc-block-trades",
        "public-block-trades",
        "block-tickers",
        "deposit-info",
    ];
    NAMES.contains(&channel)
        || ["candle", "mark-price-candle", "index-candle", "sprd-", "pm-"].iter().any(|start| channel.starts_with(start))
}

fn is_public(channel: &str) -> bool {
    crate::feed::market::CHANNELS.contains(&channel)
        || ["books-elp", "mark-price", "index-tickers", "funding-rate", "open-interest", "price-limit", "instruments"].contains(&channel)
}

fn id_field(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(r#""id":"{id}","#))
}

pub(crate) fn ack(id: Option<&str>, event: &str, arg: &str, conn_id: &str) -> String {
    format!(r#"{{{}"event":"{event}","arg":{arg},"connId":"{conn_id}"}}"#, id_field(id))
}

pub(crate) fn error(id: Option<&str>, refusal: &Refusal, conn_id: &str) -> String {
    let (code, msg) = (refusal.code, Value::String(refusal.msg.clone()));
    format!(r#"{{{}"event":"error","code":"{code}","msg":{msg},"connId":"{conn_id}"}}"#, id_field(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_have_a_prefix_and_a_query() {
        for (target, want) in [
            ("/ws/v5/public", Some(Path::Public)),
            ("/x/ws/v5/business?brokerId=9999", Some(Path::Business)),
            ("/ws/v5/private", None),
            ("/", None),
        ] {
            assert_eq!(Path::of(target), want, "{target}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_has_its_own_code() {
        for (text, code, id) in [
            ("nonsense", "60012", None),
            ("[]", "60012", None),
            (r#"{"id":"a1"}"#, "60012", Some("a1")),
            (r#"{"id":"not ok","op":"subscribe","args":[{"channel":"x"}]}"#, "60033", None),
            (r#"{"id":"a1","op":"dance","args":[{"channel":"x"}]}"#, "60019", Some("a1")),
            (r#"{"id":"a1","op":"subscribe","args":[]}"#, "60013", Some("a1")),
            (r#"{"op":"subscribe","args":["books"]}"#, "60013", None),
            (r#"{"op":"subscribe"}"#, "60013", None),
        ] {
            let (got_id, refusal) = read(text).expect_err(text);
            assert_eq!((refusal.code, got_id.as_deref()), (code, id), "{text}");
        }
    }

    #[test]
    fn an_arg_is_echoed_as_it_came() {
        let request = read(r#"{"id":"r1","op":"subscribe","args":[{"instId":"A", "channel":"books"}]}"#).expect("a request");
        let [(text, _)] = request.args.as_slice() else { panic!("one arg") };
        assert_eq!(
            ack(request.id.as_deref(), request.op.name(), text, "7f1c02aa"),
            r#"{"id":"r1","event":"subscribe","arg":{"instId":"A", "channel":"books"},"connId":"7f1c02aa"}"#
        );
    }

    #[test]
    fn channels_live_on_one_path() {
        let arg = |channel: &str| serde_json::json!({"channel": channel, "instId": "BTC-USDT"});
        let code = |path, channel| wrong_path(path, &arg(channel)).map(|r| r.code);
        assert_eq!(code(Path::Public, "trades-all"), Some("64001"));
        assert_eq!(code(Path::Public, "candle1m"), Some("64001"));
        assert_eq!(code(Path::Business, "books"), Some("64002"));
        assert_eq!(code(Path::Business, "trades-all"), None);
        assert_eq!(code(Path::Public, "books"), None);
        assert!(unknown(&arg("boks")).msg.starts_with("Wrong URL or channel:boks,instId:BTC-USDT doesn't exist."));
    }
}
