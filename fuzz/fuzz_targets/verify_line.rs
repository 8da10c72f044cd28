//! Recordings of anything: each line is read or refused with an error that fits one screen line, and the report
//! stands at every point.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okx_fast_core::verify::Verifier;

fuzz_target!(|data: &[u8]| {
    let mut verifier = Verifier::default();
    for line in data.split(|&b| b == b'\n') {
        if let Err(error) = verifier.line(line) {
            assert!(error.to_string().len() < 4000 + line.len());
        }
    }
    let report = verifier.report();
    let of = |key: &str| report.iter().filter_map(|stream| stream[key].as_u64()).sum::<u64>();
    assert_eq!(of("messages"), of("snapshots") + of("updates"));
    assert_eq!(verifier.is_clean(), of("sum_bad") + of("gaps") == 0);
});
