//! A recorded book, mirrored: the house's orders are what the recording says, at its pace, and users' orders match against them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exchange::config::ConfigError;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::market::{house, prices};
use crate::exchange::num::{Dec, parse};
use crate::exchange::order::Side;
use crate::exchange::world::World;
use crate::feed::pace::whole;

/// One recorded message.
#[derive(Clone, Debug)]
struct Step {
    /// Since the first.
    at: Nanos,
    /// The whole book; otherwise what changed of it.
    whole: bool,
    bids: Vec<(Dec, Dec)>,
    asks: Vec<(Dec, Dec)>,
}

/// How far a recording was played. Its steps are read again after a restore.
#[derive(Debug, Serialize, Deserialize)]
pub struct Recording {
    pub ix: InstIx,
    #[serde(skip)]
    steps: Vec<Step>,
    at: usize,
    started: Nanos,
    pub due: Option<Nanos>,
}

/// Reads what the configuration names.
pub fn open(world: &World) -> Result<Option<Recording>, ConfigError> {
    let Some(path) = &world.config.house.recording else { return Ok(None) };
    let fail = |what: String| ConfigError(format!("house.recording: {path}: {what}"));
    if world.config.house.speed.is_nan() || world.config.house.speed <= 0.0 {
        return Err(ConfigError("house.speed: must be above zero".into()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let (id, steps) = read(&text).map_err(fail)?;
    let ix = world.by_inst_id.get(&id).copied().ok_or_else(|| fail(format!("{id} is no instrument here: add it to instruments")))?;
    Ok(Some(Recording { ix, steps, at: 0, started: world.now, due: Some(world.now) }))
}

/// The instrument and the messages of a recording: raw lines, or envelopes `{"recv": seconds, "msg": message}`.
fn read(text: &str) -> Result<(String, Vec<Step>), String> {
    let mut found: Option<(String, String)> = None;
    let mut steps: Vec<Step> = Vec::new();
    let mut first = None;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let outer: Value = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        let message = outer.get("msg").filter(|msg| msg.is_object()).unwrap_or(&outer);
        let arg = |key: &str| message.get("arg").and_then(|arg| arg.get(key)).and_then(Value::as_str).unwrap_or_default();
        let (channel, id) = (arg("channel"), arg("instId"));
        let book = (channel.starts_with("books") && channel != "books-rpi") || channel == "bbo-tbt";
        if !book || id.is_empty() {
            continue;
        }
        let stream = (channel.to_owned(), id.to_owned());
        if *found.get_or_insert_with(|| stream.clone()) != stream {
            return Err(format!("line {}: {id} on {channel}, where the lines before were of another book", number + 1));
        }
        let Some(row) = message.get("data").and_then(|data| data.get(0)) else { continue };
        let ts = row.get("ts").and_then(|ts| ts.as_str().and_then(|ts| ts.parse::<f64>().ok()).or_else(|| ts.as_f64()));
        let seconds = outer.get("recv").and_then(Value::as_f64).or(ts.map(|ms| ms / 1000.0)).unwrap_or(0.0);
        let since = (seconds - *first.get_or_insert(seconds)).max(0.0);
        let levels = |key: &str| row.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(level).collect();
        let all = message.get("action").is_none_or(|action| action == "snapshot");
        if steps.is_empty() && !all {
            continue;
        }
        let at = steps.last().map_or(0, |step| step.at).max(whole(since * 1e9));
        steps.push(Step { at, whole: all, bids: levels("bids"), asks: levels("asks") });
    }
    match found {
        Some((_, id)) if !steps.is_empty() => Ok((id, steps)),
        Some(_) => Err("no snapshot".into()),
        None => Err("no message of a book".into()),
    }
}

fn level(row: &Value) -> Option<(Dec, Dec)> {
    let part = |at: usize| row.get(at).and_then(Value::as_str).and_then(parse);
    Some((part(0)?, part(1)?))
}

/// Plays what is due.
pub fn run(world: &mut World) {
    while let Some(mut recording) = world.market.recording.take() {
        let due = recording.due.is_some_and(|due| due <= world.now);
        if due {
            play(world, &mut recording);
        }
        world.market.recording = Some(recording);
        if !due {
            return;
        }
    }
}

fn play(world: &mut World, recording: &mut Recording) {
    if recording.steps.is_empty() {
        // After a restore the file may be gone: then the book stays as it is.
        recording.steps = open(world).ok().flatten().map(|read| read.steps).unwrap_or_default();
    }
    let Some(step) = recording.steps.get(recording.at) else {
        recording.due = None;
        return;
    };
    show(world, recording.ix, step);
    recording.at += 1;
    if recording.at >= recording.steps.len() {
        // Over again, with its first snapshot.
        (recording.at, recording.started) = (0, world.now + SECOND);
    }
    let next = recording.steps.get(recording.at).map_or(0, |step| step.at);
    let wait = whole(next as f64 / world.config.house.speed);
    recording.due = Some((recording.started + wait).max(world.now + MILLI / 100));
}

/// Makes the house's side of a book what the message says.
fn show(world: &mut World, ix: InstIx, step: &Step) {
    let mut wanted: Vec<(Side, Dec, Dec)> = Vec::new();
    for (side, levels) in [(Side::Buy, &step.bids), (Side::Sell, &step.asks)] {
        let mut next: BTreeMap<Dec, Dec> = levels.iter().copied().collect();
        let Some(maker) = world.market.makers.get_mut(ix.0 as usize) else { return };
        let held: Vec<_> = maker.side(side).iter().map(|(px, id)| (*px, *id)).collect();
        for (px, id) in held {
            let left = world.orders.get(id).map(|order| order.left);
            match next.get(&px) {
                Some(sz) if left == Some(*sz) => {
                    next.remove(&px);
                    continue;
                }
                None if !step.whole => continue,
                _ => {}
            }
            world.cancel_house(id);
            if let Some(maker) = world.market.makers.get_mut(ix.0 as usize) {
                maker.side(side).remove(&px);
            }
        }
        wanted.extend(next.into_iter().filter(|(_, sz)| *sz > Dec::ZERO).map(|(px, sz)| (side, px, sz)));
    }
    follow(world, ix, &wanted);
    for (side, px, sz) in wanted {
        let id = world.place_house(ix, side, px, sz);
        if world.orders.get(id).is_some()
            && let Some(maker) = world.market.makers.get_mut(ix.0 as usize)
        {
            maker.side(side).insert(px, id);
        }
    }
}

/// The recorded price is the coin's price, for everything else too.
fn follow(world: &mut World, ix: InstIx, wanted: &[(Side, Dec, Dec)]) {
    let best = |world: &mut World, side: Side| {
        let new = wanted.iter().filter(|(of, ..)| *of == side).map(|(_, px, _)| *px);
        let held = world.market.makers.get_mut(ix.0 as usize).map(|maker| maker.side(side).keys().copied().collect::<Vec<_>>());
        let all = new.chain(held.unwrap_or_default());
        if side == Side::Buy { all.max() } else { all.min() }
    };
    let (Some(bid), Some(ask)) = (best(world, Side::Buy), best(world, Side::Sell)) else { return };
    house::sweep(world, ix, bid, ask);
    prices::set_fair(world, ix, (bid + ask) / Dec::TWO);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::config::Config;

    const SNAPSHOT: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["20001","1","0","1"],["20002","2","0","1"]],"bids":[["20000","3","0","1"]],"ts":"1000","checksum":0,"prevSeqId":-1,"seqId":1}]}"#;
    const UPDATE: &str = r#"{"recv":11.5,"msg":{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["20001","0","0","0"]],"bids":[["20000","2.5","0","1"],["19999","1","0","1"]],"ts":"1100","seqId":2,"prevSeqId":1}]}}"#;

    fn world(text: &str, name: &str) -> Result<World, ConfigError> {
        let path = std::env::temp_dir().join(format!("okx-fast-recording-{}-{name}.jsonl", std::process::id()));
        std::fs::write(&path, text).expect("a temporary file");
        let mut config = Config::default();
        config.house.recording = Some(path.display().to_string());
        let world = World::new(config, 1_795_305_600_000 * MILLI);
        std::fs::remove_file(&path).expect("it was written above");
        world
    }

    fn shown(world: &World, side: Side) -> Vec<(String, String)> {
        let ix = world.find_inst("BTC-USDT").expect("a default instrument").ix;
        world.book(ix).levels(side).map(|(px, level)| (px.to_string(), level.total.normalize().to_string())).collect()
    }

    #[test]
    fn the_book_is_what_was_recorded_at_its_pace() {
        let envelope = format!(r#"{{"recv":10.0,"msg":{SNAPSHOT}}}"#);
        let mut world = world(&format!("{envelope}\n{UPDATE}\n"), "pace").expect("a recording");
        let texts = |rows: &[(&str, &str)]| rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        run(&mut world);
        assert_eq!(shown(&world, Side::Sell), texts(&[("20001", "1"), ("20002", "2")]));
        assert_eq!(world.usd("BTC").round_dp(1), Dec::new(200_005, 1));
        world.now += SECOND;
        run(&mut world);
        assert_eq!(shown(&world, Side::Buy), texts(&[("20000", "3")]));
        world.now += SECOND / 2;
        run(&mut world);
        assert_eq!(shown(&world, Side::Buy), texts(&[("20000", "2.5"), ("19999", "1")]));
        assert_eq!(shown(&world, Side::Sell), texts(&[("20002", "2")]));
        // And over again.
        world.now += SECOND;
        run(&mut world);
        assert_eq!(shown(&world, Side::Buy), texts(&[("20000", "3")]));
    }

    #[test]
    fn a_recording_that_cannot_be_is_refused_by_name() {
        for (text, what) in [
            ("", "no message of a book"),
            (&UPDATE.replace("update", "refresh"), "no snapshot"),
            ("{", "line 1"),
            (&SNAPSHOT.replace("BTC-USDT", "ABC-USDT"), "ABC-USDT is no instrument"),
        ] {
            let error = world(text, "bad").expect_err(what);
            assert!(error.0.contains(what), "{error}");
        }
    }
}
