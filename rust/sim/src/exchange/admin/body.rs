//! The fields of an admin request, read strictly.

use serde_json::{Map, Value};

use crate::exchange::admin::{Fail, bad};
use crate::exchange::num::{Dec, parse};

pub(super) struct Body<'a> {
    fields: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Body<'a> {
    pub fn new(fields: &'a Map<String, Value>) -> Self {
        Self { fields, known: Vec::new() }
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, Fail> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(bad(format!("{name}: expected a text, got {other}"))),
        }
    }

    /// A decimal, as a number or as a text.
    pub fn dec(&mut self, name: &'static str) -> Result<Option<Dec>, Fail> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| bad(format!("{name}: expected a decimal, got {text}")))
    }

    pub fn positive(&mut self, name: &'static str) -> Result<Option<Dec>, Fail> {
        match self.dec(name)? {
            Some(number) if number <= Dec::ZERO => Err(bad(format!("{name}: expected a decimal above 0, got {number}"))),
            number => Ok(number),
        }
    }

    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Fail> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(bad(format!("{name}: expected true or false, got {other}"))),
        }
    }

    /// Nothing may be left that nobody asked for.
    pub fn finish(self) -> Result<(), Fail> {
        match self.fields.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(bad(format!("{name}: no such field (there are {})", self.known.join(", ")))),
        }
    }
}
