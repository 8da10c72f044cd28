//! Recorded requests of another client, with its keys and its timestamps: ours have the same query and the same signature.
//!
//! The folder is `OKX_FAST_CAPTURES`. Without it the test says that it was skipped.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use okx_fast_core::rest::head::{Method, Request, Writer};
use okx_fast_core::rest::query::encode_query;
use okx_fast_core::secret::{Credentials, Secret};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// The timestamps in the recording, and their nanoseconds.
const TIMES: [(&str, u64); 2] =
    [("2020-12-08T09:08:57.715Z", 1_607_418_537_715_000_000), ("2020-03-28T12:21:41.274Z", 1_585_398_101_274_000_000)];

fn requests() -> Option<Vec<Value>> {
    let root = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("requests.jsonl")) else {
        eprintln!("SKIPPED: no recordings at {}", root.display());
        return None;
    };
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
    // The others are frames of a WebSocket.
    Some(all.filter(|line: &Value| line.get("method").is_some()).collect())
}

/// Name and value, decoded: what a caller would have asked for.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let [first, tail @ ..] = rest {
            if *first == b'%' {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(k, v)| (decode(k), decode(v)))
        .collect()
}

#[test]
fn recorded_requests_come_out_with_the_same_line_query_body_and_signature() {
    let Some(requests) = requests() else { return };
    let writer = Writer::new("www.okx.com", false).unwrap();
    let (mut written, mut signed, mut out) = (0, 0, Vec::new());
    for recorded in &requests {
        let text = |key: &str| recorded[key].as_str().unwrap_or_default();
        let mut query = Vec::new();
        encode_query(pairs(text("query")).iter().map(|(name, value)| (name.as_str(), value.as_str())), &mut query);
        assert_eq!(query, text("query").as_bytes(), "{recorded}");
        let body = match (text("body_text"), &recorded["body"]) {
            ("", Value::Null) => String::new(),
            ("", body) => body.to_string(),
            (text, _) => text.to_owned(),
        };
        let method = Method::parse(text("method")).unwrap();
        let exp_time = recorded["headers"]["expTime"].as_str();
        let request = Request { method, path: text("path"), query: &query, body: body.as_bytes(), exp_time, language: None };
        let credentials = recorded.get("sign").map(|_| {
            let secret = |key| Secret::from(text(key).as_bytes());
            Credentials::new(text("key"), &secret("secret"), secret("passphrase")).unwrap()
        });
        let wall_ns = TIMES.iter().find(|(time, _)| *time == text("timestamp")).map_or(0, |(_, ns)| *ns);
        writer.write(&request, credentials.as_ref(), wall_ns, &mut out).unwrap();
        let wire = std::str::from_utf8(&out).unwrap();
        let mark = if query.is_empty() { "" } else { "?" };
        assert!(wire.starts_with(&format!("{} {}{mark}{} HTTP/1.1\r\n", text("method"), text("path"), text("query"))), "{wire}");
        assert!(wire.ends_with(&format!("\r\n\r\n{body}")), "{wire}");
        assert_eq!(exp_time.is_some(), wire.contains("\r\nexpTime: 1597026383085\r\n"), "{wire}");
        if credentials.is_some() {
            assert!(wire.contains(&format!("\r\nOK-ACCESS-TIMESTAMP: {}\r\n", text("timestamp"))), "{wire}");
            assert!(wire.contains(&format!("\r\nOK-ACCESS-SIGN: {}\r\n", text("sign"))), "{recorded}\n{wire}");
            signed += 1;
        }
        written += 1;
    }
    assert_eq!((written, signed), (207, 19));
}
