//! The fields of a request, read the way OKX reads them: numbers and booleans may come as texts and the other way round,
//! `""` and `null` mean absent, unknown fields are nobody's business.

use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::exchange::num::{Dec, parse};
use crate::exchange::refusal::Refusal;

/// Copies share what they hold.
#[derive(Clone, Debug, Default)]
pub struct Fields(Arc<Map<String, Value>>);

impl Fields {
    pub fn new(fields: Map<String, Value>) -> Self {
        Self(Arc::new(fields))
    }

    /// From a query string; a value may be percent-encoded, `+` is a space.
    pub fn from_query(query: &str) -> Self {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self::new(pairs.map(|(key, value)| (decoded(key), Value::String(decoded(value)))).collect())
    }

    /// The value as a text; `None` if absent, `""`, `null`, or an array or object.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(plain(number)),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    pub fn required(&self, name: &str) -> Result<String, Refusal> {
        self.text(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A decimal; 51000 if it is something else.
    pub fn dec(&self, name: &str) -> Result<Option<Dec>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => parse(&text).map(Some).ok_or_else(|| Refusal::parameter(name)),
        }
    }

    /// `true`/`false`, as a boolean or as a text; absent is false.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Refusal::parameter(name)),
        }
    }

    pub fn int(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.text(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| Refusal::parameter(name)),
        }
    }

    /// One of a few words; the first is the default.
    pub fn word(&self, name: &str, words: &[&'static str]) -> Result<&'static str, Refusal> {
        let Some(text) = self.text(name) else { return words.first().copied().ok_or_else(|| Refusal::missing(name)) };
        words.iter().find(|word| **word == text).copied().ok_or_else(|| Refusal::parameter(name))
    }

    /// An array of objects; empty if absent. Anything else in it is 51000.
    pub fn list(&self, name: &str) -> Result<Vec<Self>, Refusal> {
        let items = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::String(text)) if text.is_empty() => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(Refusal::parameter(name)),
        };
        let one = |item: &Value| item.as_object().map(|fields| Self::new(fields.clone())).ok_or_else(|| Refusal::parameter(name));
        items.iter().map(one).collect()
    }

    /// A comma list; empty if absent.
    pub fn names(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        Arc::make_mut(&mut self.0).insert(name.to_owned(), Value::String(value.to_owned()));
        self
    }
}

/// Digits without an exponent, as a client would have written them in a text.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() => value.to_string(),
        _ => number.to_string(),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digits = bytes.clone();
                let pair = [digits.next(), digits.next()].map(|b| b.and_then(|b| char::from(b).to_digit(16)));
                if let [Some(high), Some(low)] = pair {
                    bytes = digits;
                    u8::try_from(high * 16 + low).unwrap_or(b'?')
                } else {
                    b'%'
                }
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_read_tolerantly() {
        let Value::Object(map) =
            serde_json::json!({"lever": 5, "reduceOnly": "true", "px": "", "tag": null, "sz": "0.00100000", "x": {}, "px2": 1e-8})
        else {
            panic!("an object")
        };
        let fields = Fields::new(map);
        assert_eq!(fields.text("lever").as_deref(), Some("5"));
        assert_eq!(fields.flag("reduceOnly"), Ok(true));
        assert_eq!(fields.text("px"), None);
        assert_eq!(fields.text("tag"), None);
        assert_eq!(fields.text("x"), None);
        assert_eq!(fields.text("px2").as_deref(), Some("0.00000001"));
        assert_eq!(fields.dec("sz").map(|d| d.map(|d| d.normalize().to_string())), Ok(Some("0.001".to_owned())));
        assert_eq!(fields.list("x").expect_err("not a list").code, "51000");
    }

    #[test]
    fn queries_are_decoded() {
        let fields = Fields::from_query("ccy=BTC%2CETH&a=&b=%zz&c=1+2");
        assert_eq!(fields.names("ccy"), ["BTC", "ETH"]);
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.text("b").as_deref(), Some("%zz"));
        assert_eq!(fields.text("c").as_deref(), Some("1 2"));
    }
}
