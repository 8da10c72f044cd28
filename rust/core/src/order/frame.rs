//! A request's bytes, written once, as the user spelled them.
//!
//! ```text
//! Frame::new(id, op, expTime) ─▶ item ─▶ text, raw … ─▶ done
//! {"id":"7","op":"order","expTime":"…","args":[{"instIdCode":211874,"side":"buy",…}]}
//! ```
//!
//! Nothing is added, rounded or reordered: what stands here is what the caller gave, and the instrument's number in
//! place of its name.

use super::Op;

/// A request being written.
#[derive(Debug)]
pub struct Frame<'a> {
    out: &'a mut Vec<u8>,
    items: usize,
    fields: usize,
}

impl<'a> Frame<'a> {
    /// Clears `out` and begins. `exp_ms`: Unix milliseconds after which OKX is to drop it.
    pub fn new(out: &'a mut Vec<u8>, id: u64, op: Op, exp_ms: Option<u64>) -> Self {
        out.clear();
        out.extend_from_slice(b"{\"id\":\"");
        digits(id, out);
        out.extend_from_slice(b"\",\"op\":\"");
        out.extend_from_slice(op.as_str().as_bytes());
        if let Some(exp_ms) = exp_ms {
            out.extend_from_slice(b"\",\"expTime\":\"");
            digits(exp_ms, out);
        }
        out.extend_from_slice(b"\",\"args\":[");
        Self { out, items: 0, fields: 0 }
    }

    /// The next order.
    pub fn item(&mut self) {
        if self.items > 0 {
            self.out.extend_from_slice(b"},");
        }
        self.out.push(b'{');
        (self.items, self.fields) = (self.items + 1, 0);
    }

    fn key(&mut self, key: &str) {
        if self.fields > 0 {
            self.out.push(b',');
        }
        self.fields += 1;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A field whose value is text. `key` is one of OKX's names: letters.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push(b'"');
        if value.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
            self.out.extend_from_slice(value.as_bytes());
        } else {
            escape(value, self.out);
        }
        self.out.push(b'"');
    }

    /// A field whose value is JSON already: `true`, `[{…}]`.
    pub fn raw(&mut self, key: &str, json: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(json);
    }

    pub fn int(&mut self, key: &str, value: u64) {
        self.key(key);
        digits(value, self.out);
    }

    pub fn done(self) {
        self.out.extend_from_slice(if self.items > 0 { b"}]}" } else { b"]}" });
    }
}

fn escape(value: &str, out: &mut Vec<u8>) {
    for char in value.chars() {
        match char {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c < ' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn digits(value: u64, out: &mut Vec<u8>) {
    crate::num::write_decimal(false, value, 0, out);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_request_is_what_was_asked_for() {
        let mut out = b"rest of the last one".to_vec();
        let mut frame = Frame::new(&mut out, 7, Op::Order, Some(1_785_096_005_000));
        frame.item();
        frame.int("instIdCode", 211_874);
        for (key, value) in [("tdMode", "cross"), ("side", "buy"), ("ordType", "limit"), ("px", "67500.10"), ("sz", "1.2")] {
            frame.text(key, value);
        }
        frame.raw("reduceOnly", b"false");
        frame.done();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"id":"7","op":"order","expTime":"1785096005000","args":[{"instIdCode":211874,"tdMode":"cross","side":"buy","ordType":"limit","px":"67500.10","sz":"1.2","reduceOnly":false}]}"#
        );
    }

    #[test]
    fn orders_of_a_batch_stand_one_after_another_and_odd_text_stays_text() {
        let mut out = Vec::new();
        let mut frame = Frame::new(&mut out, u64::MAX, Op::BatchCancelOrders, None);
        for odd in ["a\"b", "\\", "\u{1}é\n", ""] {
            frame.item();
            frame.text("clOrdId", odd);
            frame.text("x", "");
        }
        frame.done();
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["id"], json!(u64::MAX.to_string()));
        assert_eq!(value["args"][2], json!({"clOrdId": "\u{1}é\n", "x": ""}));
        assert_eq!(value["args"].as_array().unwrap().len(), 4);

        Frame::new(&mut out, 1, Op::SprdMassCancel, None).done();
        assert_eq!(out, br#"{"id":"1","op":"sprd-mass-cancel","args":[]}"#);
    }
}
