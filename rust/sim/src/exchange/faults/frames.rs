//! Surgery on book frames, as text: only the numbers and levels in question change, everything else stays byte for byte.

use std::ops::Range;

/// Where the value of `"key":` begins, in `data`.
fn value_of(text: &str, key: &str) -> Option<usize> {
    let data = text.find("\"data\":")?;
    let tail = text.get(data..)?;
    let pattern = format!("\"{key}\":");
    Some(data + tail.find(&pattern)? + pattern.len())
}

fn number_at(text: &str, key: &str) -> Option<Range<usize>> {
    let from = value_of(text, key)?;
    let tail = text.get(from..)?;
    let len = tail.bytes().take_while(|b| b.is_ascii_digit() || *b == b'-').count();
    (len > 0).then_some(from..from + len)
}

pub fn number(text: &str, key: &str) -> Option<i64> {
    text.get(number_at(text, key)?)?.parse().ok()
}

pub fn with_number(text: &str, key: &str, value: i64) -> Option<String> {
    let mut text = text.to_owned();
    let at = number_at(&text, key)?;
    text.replace_range(at, &value.to_string());
    Some(text)
}

/// The levels of a side, `[` and `]` included.
fn side_at(text: &str, side: &str) -> Option<Range<usize>> {
    let from = value_of(text, side)?;
    let mut depth = 0usize;
    for (at, byte) in text.get(from..)?.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 1 => return Some(from..from + at + 1),
            b']' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Levels of a side as texts; a level is `["px","sz",…]`.
pub fn levels(text: &str, side: &str) -> Vec<Vec<String>> {
    let at = side_at(text, side).and_then(|at| text.get(at));
    at.and_then(|levels| serde_json::from_str(levels).ok()).unwrap_or_default()
}

pub fn with_levels(text: &str, side: &str, levels: &[Vec<String>]) -> Option<String> {
    let mut text = text.to_owned();
    let at = side_at(&text, side)?;
    text.replace_range(at, &serde_json::to_string(levels).ok()?);
    Some(text)
}

pub fn is_snapshot(text: &str) -> bool {
    has_action(text, "snapshot")
}

pub fn is_update(text: &str) -> bool {
    has_action(text, "update")
}

fn has_action(text: &str, action: &str) -> bool {
    // Before the levels, which are long: `action` stands near the head, or the frame has none.
    let head = text.find("\"data\":").and_then(|data| text.get(..data)).unwrap_or(text);
    head.contains(&format!("\"action\":\"{action}\""))
}

/// The same frame without levels: what a keep-alive looks like.
pub fn emptied(text: &str) -> Option<String> {
    with_levels(&with_levels(text, "asks", &[])?, "bids", &[])
}

/// Moves `uTime` of the first row on: the same push, told again.
pub fn told_again(text: &str) -> String {
    let Some(from) = value_of(text, "uTime").map(|at| at + 1) else { return text.to_owned() };
    let len = text.get(from..).map_or(0, |tail| tail.bytes().take_while(u8::is_ascii_digit).count());
    let Some(time) = text.get(from..from + len).and_then(|digits| digits.parse::<u64>().ok()) else { return text.to_owned() };
    let mut text = text.to_owned();
    text.replace_range(from..from + len, &(time + 1).to_string());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: &str = r#"{"arg":{"channel":"books","instId":"A-B"},"action":"update","data":[{"asks":[["67500.2","0","0","0"]],"bids":[["67500.1","1.25","0","5"],["67500","1","0","1"]],"ts":"1785096000223","checksum":0,"prevSeqId":10,"seqId":15}]}"#;

    #[test]
    fn numbers_and_levels_are_read_and_replaced_in_place() {
        assert_eq!((number(UPDATE, "seqId"), number(UPDATE, "prevSeqId"), number(UPDATE, "checksum")), (Some(15), Some(10), Some(0)));
        let changed = with_number(UPDATE, "seqId", -3).expect("it is there");
        assert_eq!(changed, UPDATE.replace("\"seqId\":15", "\"seqId\":-3"));
        assert_eq!(levels(UPDATE, "bids").len(), 2);
        let empty = emptied(UPDATE).expect("both sides are there");
        assert!(empty.contains(r#""asks":[],"bids":[],"ts""#), "{empty}");
        let one = with_levels(UPDATE, "asks", &[vec!["1".into(), "2".into()]]).expect("it is there");
        assert!(one.contains(r#""asks":[["1","2"]],"bids":[["67500.1""#), "{one}");
        assert!(is_update(UPDATE) && !is_snapshot(UPDATE));
    }

    #[test]
    fn what_is_no_book_frame_stays_as_it_is() {
        for text in ["", "{}", "pong", r#"{"data":[{"seqId":"x","asks":"["}]}"#, r#"{"data":[{"asks":[[["#] {
            assert_eq!(number(text, "seqId"), None, "{text}");
            assert_eq!(emptied(text), None, "{text}");
            assert_eq!(told_again(text), text);
        }
        let row = r#"{"data":[{"state":"live","uTime":"1785096000999"}]}"#;
        assert_eq!(told_again(row), r#"{"data":[{"state":"live","uTime":"1785096001000"}]}"#);
    }
}
