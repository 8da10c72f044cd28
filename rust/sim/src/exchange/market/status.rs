//! Announced maintenance: `system/status` and the `status` channel.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::exchange::event::{Event, Scope};
use crate::exchange::fields::Fields;
use crate::exchange::json::Row;
use crate::exchange::world::World;

const STATES: [&str; 5] = ["scheduled", "ongoing", "pre_open", "completed", "canceled"];
/// Fields of a row, and what they are if nothing is said.
const FIELDS: [(&str, &str); 11] = [
    ("title", "Maintenance"),
    ("state", "scheduled"),
    ("begin", ""),
    ("end", ""),
    ("preOpenBegin", ""),
    ("href", ""),
    ("serviceType", "5"),
    ("system", "unified"),
    ("scheDesc", ""),
    ("maintType", "1"),
    ("env", "1"),
];
const KEPT: usize = 100;

/// One announcement: the values of `FIELDS`, in their order, and when it was last changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    values: Vec<String>,
    ts: u64,
}

impl Status {
    fn get(&self, name: &str) -> &str {
        let at = FIELDS.iter().position(|(held, _)| *held == name);
        at.and_then(|at| self.values.get(at)).map_or("", String::as_str)
    }

    pub fn state(&self) -> &str {
        self.get("state")
    }

    /// Still to come or under way: what is shown unless something else is asked for.
    pub fn open(&self) -> bool {
        matches!(self.state(), "scheduled" | "ongoing" | "pre_open")
    }

    pub fn row(&self) -> String {
        let row = FIELDS.iter().zip(&self.values).fold(Row::new(), |row, ((name, _), value)| row.s(name, value));
        row.n("ts", self.ts).end()
    }
}

pub fn is_state(state: &str) -> bool {
    STATES.contains(&state)
}

impl World {
    /// Announces maintenance, or changes what was announced: the same `title` and `begin`. `Err`: why it cannot be.
    pub fn set_status(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        if let Some(key) = fields.keys().find(|key| !FIELDS.iter().any(|(name, _)| name == key) && *key != "ts") {
            return Err(format!("unknown field {key}"));
        }
        let fields = Fields::new(fields.clone());
        let hour = |hours: u64| (self.now_ms() + hours * 3_600_000).to_string();
        let value = |(name, default): &(&str, &str)| {
            fields.text(name).unwrap_or_else(|| match *name {
                "begin" => hour(1),
                "end" => hour(2),
                _ => (*default).to_owned(),
            })
        };
        let status = Status { values: FIELDS.iter().map(value).collect(), ts: self.now_ms() };
        if !is_state(status.state()) {
            return Err(format!("state must be one of {}", STATES.join(", ")));
        }
        for name in ["begin", "end"] {
            if status.get(name).parse::<u64>().is_err() {
                return Err(format!("{name} must be a time in ms"));
            }
        }
        let list = &mut self.market.statuses;
        list.retain(|held| held.get("title") != status.get("title") || held.get("begin") != status.get("begin"));
        list.push(status);
        let over = list.len().saturating_sub(KEPT);
        list.drain(..over);
        if self.wanted("status", "") {
            let event = latest(self);
            self.events.extend(event);
        }
        Ok(())
    }
}

/// The last change.
pub fn latest(world: &World) -> Option<Event> {
    let row = world.market.statuses.last()?.row();
    Some(Event { channel: "status", acct: None, scope: Scope::default(), action: None, event_type: None, rows: vec![row] })
}
