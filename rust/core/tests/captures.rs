//! Recordings of OKX's own traffic, read in place: every stream must come out as the reference checker found it, and
//! every message must have the shape that the fast decoders know.
//!
//! The folder is `OKX_FAST_CAPTURES`. Without it the tests say that they
//! were skipped. Gzipped recordings are read by the Python tests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use okx_fast_core::channel::{Arg, CHANNELS};
use okx_fast_core::session::{Config, LegId, Session};
use okx_fast_core::time::Stamp;
use okx_fast_core::verify::Verifier;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> Option<PathBuf> {
    let root = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), PathBuf::from);
    if !root.join("books/expected.jsonl").exists() {
        eprintln!("SKIPPED: no recordings at {}", root.display());
        return None;
    }
    Some(root)
}

fn is_plain(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|ext| ext == "jsonl")
}

#[test]
fn plain_recordings_agree_with_the_reference_checker() {
    let Some(root) = root() else { return };
    let mut checked = 0;
    let expected = fs::read_to_string(root.join("books/expected.jsonl")).unwrap();
    let expected: Vec<Value> = expected.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let mut files: Vec<&str> = expected.iter().map(|e| e["file"].as_str().unwrap()).filter(|f| is_plain(f)).collect();
    files.dedup();
    for file in files {
        let mut verifier = Verifier::default();
        for line in fs::read(root.join(file)).unwrap().split(|&b| b == b'\n') {
            verifier.line(line).unwrap();
        }
        for stream in verifier.report() {
            let mut want = expected
                .iter()
                .find(|e| e["file"] == file && e["channel"] == stream["channel"] && e["id"] == stream["id"])
                .unwrap()
                .clone();
            want.as_object_mut().unwrap().remove("file");
            assert_eq!(stream, want, "{file}");
            checked += 1;
        }
    }
    assert_eq!(checked, expected.iter().filter(|e| is_plain(e["file"].as_str().unwrap())).count());
}

/// `Some(true)`: by shape. `Some(false)`: through the general decoder. `None`: refused.
fn decode(frame: &str, arg: &Value) -> Option<bool> {
    let mut session = Session::new(Config::default());
    let mut wanted = Arg::new(arg["channel"].as_str().unwrap(), "");
    wanted.params = arg.as_object().unwrap().iter().filter(|(k, _)| *k != "channel").map(|(k, v)| (k.clone(), text(v))).collect();
    session.subscribe(wanted, None);
    session.handle_connected(LegId::FIRST, Stamp::default(), |_| ());
    session.poll_transmit(LegId::FIRST, Stamp::default()).unwrap();
    session.handle_frame(LegId::FIRST, Stamp::default(), frame.as_bytes(), |_| ());
    let stats = session.stats();
    let slot = CHANNELS.iter().position(|c| c.name == arg["channel"]).unwrap();
    assert_eq!(stats.channels[slot].messages.get(), 1, "{frame}");
    (stats.channels[slot].malformed.get() == 0).then(|| stats.channels[slot].fallbacks.get() == 0)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn every_recorded_message_takes_the_fast_path_or_is_known_not_to() {
    let Some(root) = root() else { return };
    let (mut fast, mut others) = (0, Vec::new());
    for folder in ["streams", "books"] {
        let mut files: Vec<PathBuf> = fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|f| is_plain(f.to_str().unwrap()) && !f.ends_with("expected.jsonl"));
        files.sort();
        for file in files {
            let content = fs::read_to_string(&file).unwrap();
            for (number, line) in content.lines().enumerate().filter(|(_, l)| !l.is_empty()) {
                let parts: BTreeMap<String, &RawValue> = serde_json::from_str(line).unwrap();
                let frame = match parts.get("msg") {
                    Some(msg) if msg.get().starts_with('{') => msg.get(),
                    _ => line,
                };
                let value: Value = serde_json::from_str(frame).unwrap();
                let known = CHANNELS.iter().any(|c| value["arg"]["channel"] == c.name);
                if !known || value.get("data").is_none() {
                    continue;
                }
                match decode(frame, &value["arg"]) {
                    Some(true) => fast += 1,
                    general => others.push((file.file_stem().unwrap().to_str().unwrap().to_owned(), number + 1, general)),
                }
            }
        }
    }
    // A documentation sample of `books` without its `action`: refused, for nobody can say what it does to a book.
    let known = [("doc-style-pushes".to_owned(), 11, None)];
    assert_eq!(others, known, "these are not in the shape the fast decoders know; {fast} are");
    assert!(fast > 40, "{fast}");
}
