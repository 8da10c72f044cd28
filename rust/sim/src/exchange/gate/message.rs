//! A text frame of a client: `id`, `op`, `args`. Read once; the objects in `args` go on as they are.

use serde::Deserialize;
use serde_json::Value;

use crate::exchange::refusal::Refusal;

pub(super) const BAD_ARGS: Refusal = Refusal::new("60013", "Invalid args");

#[derive(Debug, Default)]
pub(super) struct Message {
    pub id: Option<String>,
    pub op: String,
    pub args: Vec<Value>,
    pub exp_time: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    op: Value,
    #[serde(default)]
    args: Value,
    #[serde(default, rename = "expTime")]
    exp_time: Value,
}

/// The refusal comes with the message's id, where it has one.
pub(super) fn read(text: &[u8]) -> Result<Message, (Option<String>, Refusal)> {
    let malformed = |id| (id, Refusal::because("60012", format!("Invalid request: {}", String::from_utf8_lossy(text))));
    let is_object = text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
    let raw: Raw = if is_object { serde_json::from_slice(text).map_err(|_| malformed(None))? } else { return Err(malformed(None)) };
    let id = match raw.id {
        Value::Null => None,
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        Value::String(id) if id.is_empty() => None,
        Value::String(id) if id.len() <= 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(id),
        _ => return Err((None, Refusal::new("60033", "Parameter id error."))),
    };
    let Value::String(op) = raw.op else { return Err(malformed(id)) };
    let args = match raw.args {
        Value::Array(args) => args,
        _ => Vec::new(),
    };
    let exp_time = match raw.exp_time {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok(Message { id, op, args, exp_time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_message_has_its_own_code() {
        for (text, code, id) in [
            ("nonsense", "60012", None),
            ("[]", "60012", None),
            (r#"["a1","login",[]]"#, "60012", None),
            ("\u{0}", "60012", None),
            (r#"{"id":"a1"}"#, "60012", Some("a1")),
            (r#"{"id":"a1","op":7}"#, "60012", Some("a1")),
            (r#"{"id":"a1","id":"a2","op":"login"}"#, "60012", None),
            (r#"{"id":"not ok","op":"subscribe","args":[{"channel":"x"}]}"#, "60033", None),
            (r#"{"id":"a23456789012345678901234567890123","op":"subscribe"}"#, "60033", None),
        ] {
            let (got_id, refusal) = read(text.as_bytes()).expect_err(text);
            assert_eq!((refusal.code, got_id.as_deref()), (code, id), "{text}");
        }
    }

    #[test]
    fn ids_may_be_numbers_and_may_be_missing() {
        for (text, id) in [(r#"{"op":"x","id":12}"#, Some("12")), (r#"{"op":"x","id":null}"#, None), (r#"{"op":"x","id":""}"#, None)] {
            assert_eq!(read(text.as_bytes()).expect(text).id.as_deref(), id, "{text}");
        }
        let message = read(br#" {"op":"order","args":[{"a":1},2],"expTime":5}"#).expect("a message");
        assert_eq!((message.args.len(), message.exp_time.as_deref()), (2, Some("5")));
    }
}
