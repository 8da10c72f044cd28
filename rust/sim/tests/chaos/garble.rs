//! Frames that arrive damaged, but so that a client can notice: text that is no JSON any more, or a message without a
//! part that it must have. What TLS would let through unseen (another price) is not tried: no client could know.

use std::sync::Arc;

use serde_json::Value;

use crate::dice::Dice;

pub fn is_push(frame: &[u8]) -> bool {
    frame.starts_with(b"{\"arg\":")
}

/// Whether a damaged push still shows whose it was: it is whole up to its data.
pub fn names_its_channel(damaged: &[u8], sent: &[u8]) -> bool {
    let mark = b"},\"data\":";
    let head = sent.windows(mark.len()).position(|part| part == mark).and_then(|at| sent.get(..at + mark.len()));
    head.is_some_and(|head| damaged.starts_with(head))
}

/// Some bits flipped, in one byte.
pub fn garbled(dice: &mut Dice, frame: &Arc<[u8]>) -> Arc<[u8]> {
    for _ in 0..16 {
        let at = dice.below(frame.len() as u64) as usize;
        let mut other = frame.to_vec();
        let flip = 1 << dice.below(8);
        if let Some(byte) = other.get_mut(at) {
            *byte ^= flip;
        }
        if is_noticeable(frame, &other) {
            return other.into();
        }
    }
    truncated(dice, frame)
}

/// The beginning of a frame. Never whole, never empty.
pub fn truncated(dice: &mut Dice, frame: &Arc<[u8]>) -> Arc<[u8]> {
    let len = dice.between(1, (frame.len() as u64 - 1).max(1)) as usize;
    frame.get(..len).unwrap_or(frame).into()
}

/// Whether a client can see from `got` alone that it is not what was sent.
fn is_noticeable(sent: &[u8], got: &[u8]) -> bool {
    let Ok(got) = serde_json::from_slice::<Value>(got) else { return true };
    let Ok(sent) = serde_json::from_slice::<Value>(sent) else { return false };
    let channel = sent["arg"]["channel"].as_str().unwrap_or_default();
    if got["arg"] != sent["arg"] {
        return false;
    }
    if got.get("data").is_none() {
        return true;
    }
    let needed: &[&str] = match channel {
        "trades" | "trades-all" => &["tradeId", "px", "sz", "side", "ts"],
        "books5" | "bbo-tbt" => &["asks", "bids", "ts"],
        _ if channel.starts_with("books") && sent["action"] == "update" => &["asks", "bids", "ts", "prevSeqId", "seqId"],
        _ if channel.starts_with("books") => &["asks", "bids", "ts"],
        _ => &[],
    };
    needed.iter().any(|key| got["data"][0].get(key).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_names_its_channel_as_long_as_its_head_is_whole() {
        let sent = br#"{"arg":{"channel":"trades","instId":"A"},"data":[{"tradeId":"1"}]}"#;
        for (damaged, want) in [
            (&br#"{"arg":{"channel":"trades","instId":"A"},"data":[{tradeId":"1"}]}"#[..], true),
            (br#"{"arg":{"channel":"trades","instId":"A"},"data":"#, true),
            (br#"{"arg":{"channel":"trades","instId":"A"},"dat"#, false),
            (br#"{"arg":{"channel":"trades","instId":"A2},"data":[{"tradeId":"1"}]}"#, false),
        ] {
            assert_eq!(names_its_channel(damaged, sent), want, "{}", String::from_utf8_lossy(damaged));
        }
        assert!(!names_its_channel(b"x", b"{}"));
    }

    const BOOK: &[u8] = br#"{"arg":{"channel":"books","instId":"A-B"},"action":"update","data":[{"asks":[["2","1","0","1"]],"bids":[],"ts":"5","checksum":0,"prevSeqId":10,"seqId":15}]}"#;

    fn with(from: &str, to: &str) -> Vec<u8> {
        String::from_utf8_lossy(BOOK).replace(from, to).into_bytes()
    }

    #[test]
    fn only_damage_that_shows_is_done() {
        for (from, to, want) in [
            ("\"2\"", "\"3\"", false),
            ("\"seqId\":15", "\"seqId\":14", false),
            ("A-B", "A-C", false),
            ("\"bids\"", "\"bidw\"", true),
            ("prevSeqId", "prevSeqIe", true),
            ("[[", "{[", true),
            ("\"data\"", "\"dat`\"", true),
        ] {
            assert_eq!(is_noticeable(BOOK, &with(from, to)), want, "{from} {to}");
        }
        let mut dice = Dice::of(1, "garble");
        for _ in 0..300 {
            let (garbled, cut) = (garbled(&mut dice, &BOOK.into()), truncated(&mut dice, &BOOK.into()));
            assert!(is_noticeable(BOOK, &garbled), "{}", String::from_utf8_lossy(&garbled));
            assert!(!cut.is_empty() && cut.len() < BOOK.len());
        }
    }
}
