//! What a reply says at a glance: its `code` decides about retries before anybody parses the data.
//!
//! The scan is shallow and tolerant: a key may stand anywhere at the top level, values may be strings or numbers, nested
//! values are stepped over. It is whole, too: a reply that was cut says nothing.
//!
//! Source: OKX API v5, Error codes; Order book trading › Trade › Place order (`inTime`, `outTime`).

use crate::code::Code;
use crate::shallow;
use serde_json::Value;

/// The top-level `code`: OKX's string, or the number that gateways send. `None` if the body is not a whole JSON object,
/// or has no such key (or an empty one).
pub fn code(body: &[u8]) -> Option<Code> {
    field(body, b"code").and_then(Code::new)
}

/// The gateway's time when it sent the reply, in microseconds since the Unix epoch; order endpoints have it.
pub fn out_time_us(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(field(body, b"outTime")?).ok()?.parse().ok()
}

/// The time in the reply of `GET /api/v5/public/time`, in milliseconds since the Unix epoch.
///
/// Source: OKX API v5, Public Data › Get system time.
pub fn time_ms(body: &[u8]) -> Option<u64> {
    if code(body)?.as_str() != "0" {
        return None;
    }
    let reply: Value = serde_json::from_slice(body).ok()?;
    match reply.get("data")?.get(0)?.get("ts")? {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// The value of the last top-level `name`, without quotes, if it is a number or a string of one byte or more without
/// escapes. `None` also unless `body` is one whole JSON object.
fn field<'a>(body: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut found = None;
    shallow::object(body, |key, value| {
        if key == name {
            found = Some(value.plain()).filter(|v| !v.is_empty());
        }
    })?;
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code_of(body: &str) -> Option<String> {
        code(body.as_bytes()).map(|code| code.as_str().to_owned())
    }

    #[test]
    fn the_code_is_found_wherever_it_stands_at_the_top() {
        for (body, want) in [
            (r#"{"code":"0","msg":"","data":[]}"#, Some("0")),
            (r#"{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}"#, Some("50111")),
            (r#"{"code":404,"data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}"#, Some("404")),
            (r#"{"data":[{"sCode":"51000","code":"7"}],"code":"1","msg":""}"#, Some("1")),
            ("\r\n { \"msg\" : \"a \\\" } ] \\\\\" , \"code\" : 0 } \n", Some("0")),
            (r#"{"data":{"a":[[{"b":"}"}]]},"code":-1}"#, Some("-1")),
            (r#"{"code":"1","code":"2"}"#, Some("2")),
            (r#"{"code":"0","data":[],"inTime":"1695190491421339","outTime":"1695190491423240"}"#, Some("0")),
            (r#"{"code":""}"#, None),
            (r#"{"code":null}"#, None),
            (r#"{"code":true}"#, None),
            (r#"{"code":{"code":"0"}}"#, None),
            (r#"{"code":"0\u0030"}"#, None),
            (r#"{"code":"a text much longer than any code there is"}"#, None),
            (r#"{"Code":"0","codes":"1","sCode":"2"}"#, None),
            ("{}", None),
            (" ", None),
            ("", None),
            ("[]", None),
            (r#"["code","0"]"#, None),
            (r#""code""#, None),
            ("<html><body>502 Bad Gateway</body></html>", None),
            (r#"{"code":"0"}{"code":"1"}"#, None),
            (r#"{"code":"0",}"#, None),
            (r#"{"code":"0" "msg":""}"#, None),
            (r#"{"code":"0","msg":undefined}"#, None),
            (r"{code:0}", None),
        ] {
            assert_eq!(code_of(body).as_deref(), want, "{body}");
        }
    }

    #[test]
    fn a_reply_that_was_cut_says_nothing() {
        let body = r#"{"code":"0","msg":"","data":[{"ordId":"1","x":{"y":[1,2]},"sMsg":"a \" b"}],"outTime":"12"}"#;
        for end in 0..body.len() {
            assert_eq!(code(&body.as_bytes()[..end]), None, "{end}");
        }
        assert_eq!(code_of(body).as_deref(), Some("0"));
        assert_eq!(out_time_us(body.as_bytes()), Some(12));
    }

    #[test]
    fn the_exchanges_time_is_read_from_its_reply_and_from_nothing_else() {
        for (body, want) in [
            (r#"{"code":"0","msg":"","data":[{"ts":"1597026383085"}]}"#, Some(1_597_026_383_085)),
            (r#"{"code":"0","msg":"","data":[{"ts":1597026383085}]}"#, Some(1_597_026_383_085)),
            (r#"{"code":"50011","msg":"","data":[{"ts":"1597026383085"}]}"#, None),
            (r#"{"code":"0","msg":"","data":[{"ts":""}]}"#, None),
            (r#"{"code":"0","msg":"","data":[{"ts":"-1"}]}"#, None),
            (r#"{"code":"0","msg":"","data":[]}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(time_ms(body.as_bytes()), want, "{body}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![Just("code".to_owned()), Just("sCode".to_owned()), "[0-9]{1,5}", "[ -~é]{0,8}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_scan_agrees_with_a_full_parser(value in json(), pretty in any::<bool>(), cut in any::<prop::sample::Index>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let want = match value.get("code") {
                Some(Value::String(text)) if !text.is_empty() && !text.contains(['\\', '"']) && text.len() <= 31 => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            prop_assert_eq!(code_of(&text), want);
            if value.is_object() {
                prop_assert_eq!(code(&text.as_bytes()[..cut.index(text.len())]), None);
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"{}[]\",:\\code0 ".to_vec())], 0..60)) {
            let _ = (code(&bytes), time_ms(&bytes), out_time_us(&bytes));
        }
    }
}
