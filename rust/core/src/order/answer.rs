//! What OKX answers to an operation.
//!
//! ```text
//! {"id":"7","op":"order","code":"1","msg":"","data":[{"ordId":"","clOrdId":"a1","sCode":"51008",…}],"inTime":"…","outTime":"…"}
//! ```
//!
//! Keys stand in any order. Source: OKX API v5, Order book trading › Trade › WS Place order.

use super::Op;
use crate::shallow::{Raw, array, object};
use std::borrow::Cow;

/// One answer. Borrowed from its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Ours, if it is a number.
    pub id: Option<u64>,
    pub op: Option<Op>,
    /// Of the whole: `0` all taken, `1` none, `2` some; anything else refuses the request itself.
    pub code: Cow<'a, str>,
    pub msg: Cow<'a, str>,
    /// OKX's gateway, Unix microseconds.
    pub in_time_us: Option<u64>,
    pub out_time_us: Option<u64>,
    data: &'a [u8],
}

/// What is said of one order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item<'a> {
    pub ord_id: Cow<'a, str>,
    pub cl_ord_id: Cow<'a, str>,
    pub tag: Cow<'a, str>,
    pub req_id: Cow<'a, str>,
    pub s_code: Cow<'a, str>,
    pub s_msg: Cow<'a, str>,
    pub sub_code: Cow<'a, str>,
    pub ts_ms: Option<u64>,
    /// Of a mass-cancel.
    pub result: Option<bool>,
}

impl<'a> Answer<'a> {
    /// `None`: this frame is no answer to an operation.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        let mut answer = Self { id: None, op: None, code: "".into(), msg: "".into(), in_time_us: None, out_time_us: None, data: b"[]" };
        let (mut is_answer, mut is_event) = (false, false);
        object(frame, |key, value| match key {
            b"id" => answer.id = value.int(),
            b"op" => {
                is_answer = true;
                answer.op = Op::find(&value.text());
            }
            b"event" => is_event = value == Raw::Text(b"error"),
            b"code" => answer.code = value.text(),
            b"msg" => answer.msg = value.text(),
            b"inTime" => answer.in_time_us = value.int(),
            b"outTime" => answer.out_time_us = value.int(),
            b"data" => {
                if let Raw::Nested(data @ [b'[', ..]) = value {
                    answer.data = data;
                }
            }
            _ => {}
        })?;
        // A malformed request is answered by an error event with our id: those of subscriptions begin with a letter.
        (is_answer || (is_event && answer.id.is_some())).then_some(answer)
    }

    /// Hands on what is said of each order, in the order of the request.
    pub fn items(&self, mut on: impl FnMut(Item<'a>)) {
        _ = array(self.data, |row| {
            let mut item = Item::default();
            let Raw::Nested(row) = row else { return };
            let read = object(row, |key, value| match key {
                b"ordId" => item.ord_id = value.text(),
                b"clOrdId" => item.cl_ord_id = value.text(),
                b"tag" => item.tag = value.text(),
                b"reqId" => item.req_id = value.text(),
                b"sCode" => item.s_code = value.text(),
                b"sMsg" => item.s_msg = value.text(),
                b"subCode" => item.sub_code = value.text(),
                b"ts" => item.ts_ms = value.int(),
                b"result" => {
                    item.result = match value {
                        Raw::Word(b"true") | Raw::Text(b"true") => Some(true),
                        Raw::Word(b"false") | Raw::Text(b"false") => Some(false),
                        _ => None,
                    }
                }
                _ => {}
            });
            if read.is_some() {
                on(item);
            }
        });
    }
}

/// Codes after which nobody knows whether OKX did it: timeouts and failures inside.
///
/// Source: OKX API v5, Error codes.
pub fn leaves_open(code: &str) -> bool {
    matches!(code, "50001" | "50004" | "50026" | "51054" | "51149" | "51412" | "64007")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whatever_the_order_of_their_keys() {
        let placed = br#"{"id":"7","op":"order","code":"0","msg":"","data":[{"ordId":"680800019749904384","clOrdId":"1000001","tag":"abc","ts":"1785096000100","sCode":"0","sMsg":"","subCode":""}],"inTime":"1785096000099339","outTime":"1785096000101240"}"#;
        let answer = Answer::parse(placed).unwrap();
        assert_eq!((answer.id, answer.op, &*answer.code), (Some(7), Some(Op::Order), "0"));
        assert_eq!((answer.in_time_us, answer.out_time_us), (Some(1_785_096_000_099_339), Some(1_785_096_000_101_240)));
        let mut items = Vec::new();
        answer.items(|item| items.push(item));
        let want = Item {
            ord_id: "680800019749904384".into(),
            cl_ord_id: "1000001".into(),
            tag: "abc".into(),
            s_code: "0".into(),
            ts_ms: Some(1_785_096_000_100),
            ..Item::default()
        };
        assert_eq!(items, [want]);

        let refused = br#"{"code":"1","data":[{"clOrdId":"abcABC125","ordId":"","sCode":"51016","sMsg":"Duplicated \"client\" order ID","tag":""}],"id":"2000001","msg":"","op":"order"}"#;
        let answer = Answer::parse(refused).unwrap();
        assert_eq!((answer.id, &*answer.code, answer.in_time_us), (Some(2_000_001), "1", None));
        answer.items(|item| assert_eq!((&*item.s_code, &*item.s_msg), ("51016", "Duplicated \"client\" order ID")));
    }

    #[test]
    fn refusals_of_the_whole_request_have_no_items() {
        for (frame, code) in [
            (&br#"{"id":"1","op":"order","code":"60013","msg":"Invalid args","data":[]}"#[..], "60013"),
            (br#"{"id":"1","event":"error","code":"60012","msg":"Invalid request","connId":"a"}"#, "60012"),
            (br#"{"id":1,"op":"mass-cancel","code":"50011","msg":"x"}"#, "50011"),
            (br#"{"id":"1","op":"new-op","code":"50011","msg":"x","data":null}"#, "50011"),
        ] {
            let answer = Answer::parse(frame).unwrap();
            assert_eq!((answer.id, &*answer.code), (Some(1), code));
            answer.items(|item| panic!("{item:?}"));
        }
    }

    #[test]
    fn other_frames_are_none() {
        for frame in [
            &br#"{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}"#[..],
            br#"{"event":"error","code":"60012","msg":"x","id":"s1"}"#,
            br#"{"event":"error","code":"60012","msg":"x"}"#,
            br#"{"arg":{"channel":"orders"},"data":[]}"#,
            br#"{"id":"1","op":"order","code":"0""#,
            b"pong",
            b"",
        ] {
            assert_eq!(Answer::parse(frame), None, "{}", String::from_utf8_lossy(frame));
        }
    }
}
