//! The fields of a fault as given, read strictly: what is wrong or unknown is an error that names kind and field.

use serde_json::{Map, Value};

use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::num::{Dec, parse};

pub(super) struct Params<'a> {
    pub kind: &'a str,
    fields: &'a Map<String, Value>,
    /// Every field asked for: all that this kind knows.
    known: Vec<&'static str>,
}

impl<'a> Params<'a> {
    pub fn new(kind: &'a str, fields: &'a Map<String, Value>) -> Self {
        Self { kind, fields, known: vec!["kind"] }
    }

    pub fn wrong(&self, name: &str, expected: &str) -> String {
        let got = self.fields.get(name).map_or_else(|| "nothing".to_owned(), Value::to_string);
        format!("{}: {name}: expected {expected}, got {got}", self.kind)
    }

    pub fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(name, "a text")),
        }
    }

    pub fn int(&mut self, name: &'static str) -> Result<Option<u64>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(name, "a whole number of 0 or more"))
    }

    /// Given in milliseconds.
    pub fn millis(&mut self, name: &'static str) -> Result<Option<Nanos>, String> {
        Ok(self.int(name)?.map(|ms| ms.saturating_mul(MILLI)))
    }

    pub fn must_millis(&mut self, name: &'static str) -> Result<Nanos, String> {
        self.millis(name)?.ok_or_else(|| self.wrong(name, "a whole number of 0 or more"))
    }

    /// A small count.
    pub fn count(&mut self, name: &'static str, default: u32) -> Result<u32, String> {
        match self.int(name)? {
            None => Ok(default),
            Some(n) => u32::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| self.wrong(name, "a count of 1 or more")),
        }
    }

    pub fn signed(&mut self, name: &'static str) -> Result<Option<i64>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(name, "a whole number"))
    }

    pub fn real(&mut self, name: &'static str) -> Result<Option<f64>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|n: &f64| n.is_finite() && *n >= 0.0);
        number.map(Some).ok_or_else(|| self.wrong(name, "a number of 0 or more"))
    }

    pub fn dec(&mut self, name: &'static str) -> Result<Option<Dec>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = parse(&text).filter(|n| *n > Dec::ZERO);
        number.map(Some).ok_or_else(|| self.wrong(name, "a decimal above 0"))
    }

    pub fn flag(&mut self, name: &'static str) -> Result<bool, String> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    /// One of a few words.
    pub fn word(&mut self, name: &'static str, words: &[&'static str]) -> Result<Option<String>, String> {
        let text = self.text(name)?;
        match &text {
            Some(word) if !words.contains(&word.as_str()) => Err(self.wrong(name, &format!("one of {}", words.join(", ")))),
            _ => Ok(text),
        }
    }

    /// Nothing may be left that nobody asked for.
    pub fn finish(self) -> Result<(), String> {
        match self.fields.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(format!("{}: {name}: no such field (there are {})", self.kind, self.known.join(", "))),
        }
    }
}
