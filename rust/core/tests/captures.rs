//! Recordings of OKX's own traffic, read in place: every stream must come out as the reference checker found it.
//!
//! The folder is `OKX_FAST_CAPTURES`, or `../shared/captures` beside the project. Without it the test says that it
//! was skipped.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use okx_fast_core::verify::Verifier;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

#[test]
fn plain_recordings_agree_with_the_reference_checker() {
    let root = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), PathBuf::from);
    let Ok(expected) = fs::read_to_string(root.join("books/expected.jsonl")) else {
        eprintln!("SKIPPED: no recordings at {}", root.display());
        return;
    };
    let mut checked = 0;
    let expected: Vec<Value> = expected.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    // The gzipped ones are read by the Python tests.
    let mut files: Vec<&str> = expected.iter().map(|e| e["file"].as_str().unwrap()).filter(|f| !f.ends_with(".gz")).collect();
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
    assert_eq!(checked, expected.iter().filter(|e| !e["file"].as_str().unwrap().ends_with(".gz")).count());
}
