//! Control events: everything with an `event` key.
//!
//! Source: OKX API v5, WebSocket › Subscribe, Login, Notification, Connection count limit.

use crate::channel::Arg;
use serde_json::Value;

/// One control event. `event` is `subscribe`, `unsubscribe`, `login`, `error`, `notice`, `channel-conn-count`,
/// `channel-conn-count-error`, or one that is not documented yet; absent texts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    pub event: String,
    pub arg: Option<Arg>,
    /// The `id` of the request this answers.
    pub id: String,
    pub code: String,
    pub msg: String,
    pub channel: String,
    pub conn_count: String,
    pub conn_id: String,
}

impl Control {
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| match value.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        Some(Self {
            event: value.get("event")?.as_str()?.to_owned(),
            arg: value.get("arg").and_then(Arg::from_value),
            id: text("id"),
            code: text("code"),
            msg: text("msg"),
            channel: text("channel"),
            conn_count: text("connCount"),
            conn_id: text("connId"),
        })
    }
}
