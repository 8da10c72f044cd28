//! What is simulated and what is refused.

use crate::exchange::gate::Gate;
use crate::exchange::gate::channel::{BARS, CHANNELS};
use crate::exchange::gate::route::OPS;

impl Gate {
    /// `{"rest":{"simulated":[…],"refused":[…]},"channels":{…},"operations":{…}}`
    pub fn coverage(&self) -> String {
        let rest = self.routes.endpoints().map(|(method, path, simulated)| (format!("{method} /api/v5/{path}"), simulated));
        let channels = CHANNELS.iter().flat_map(|channel| {
            let bars = BARS.iter().filter(|bar| **bar != "1s" || channel.name == "candle");
            let names = bars.filter(|_| channel.bars).map(|bar| format!("{}{bar}", channel.name)).collect::<Vec<_>>();
            let names = if channel.bars { names } else { vec![channel.name.to_owned()] };
            names.into_iter().map(|name| (name, channel.simulated))
        });
        let operations = OPS.iter().map(|op| ((*op).to_owned(), self.routes.op(op).is_some()));
        format!(r#"{{"rest":{},"channels":{},"operations":{}}}"#, split(rest), split(channels), split(operations))
    }
}

fn split(all: impl Iterator<Item = (String, bool)>) -> String {
    let (simulated, refused): (Vec<_>, Vec<_>) = all.partition(|(_, simulated)| *simulated);
    let list = |names: Vec<(String, bool)>| serde_json::Value::from(names.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    format!(r#"{{"simulated":{},"refused":{}}}"#, list(simulated), list(refused))
}
