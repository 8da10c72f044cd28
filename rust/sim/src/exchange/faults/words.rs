//! What the exchange says when it is sick: HTTP status and text of a code.

use crate::exchange::faults::ill::static_code;
use crate::exchange::gate::envelope;
use crate::exchange::refusal::Refusal;

const WORDS: [(&str, &str); 18] = [
    ("50001", "Service temporarily unavailable. Please try again later."),
    ("50004", "API endpoint request timeout (does not mean that the request was successful or failed, please check the request result)."),
    ("50005", "API is offline or unavailable."),
    ("50011", "Rate limit reached. Please refer to API documentation and throttle requests accordingly."),
    ("50013", "Systems are busy. Please try again later."),
    ("50026", "System error. Please try again later."),
    ("50061", "Order rate limit reached. Please refer to API documentation and throttle requests accordingly."),
    ("50102", "Timestamp request expired."),
    ("50113", "Invalid Sign."),
    ("51000", "Parameter error."),
    ("51008", "Order failed. Insufficient balance."),
    ("51030", "Funding fee is being settled."),
    ("51054", "Request timed out. Please try again."),
    ("51113", "Market-price liquidation requests too frequent."),
    ("51149", "Order timed out. Please try again."),
    ("51410", "Cancellation failed as the order is already in canceling status or pending settlement."),
    ("60014", "Requests too frequent."),
    ("64007", "Operation failed due to a WebSocket internal error. Please try again later."),
];

/// As OKX documents it; codes of the WebSocket have none, but a fault may put them anywhere.
pub(super) fn status(code: &str) -> u16 {
    match code {
        "60014" => 429,
        "64007" => 500,
        code => envelope::status(code),
    }
}

pub(super) fn refusal(code: &str, msg: Option<&str>) -> Refusal {
    match (msg, WORDS.iter().find(|(known, _)| *known == code)) {
        (Some(msg), _) => Refusal::because(static_code(code), msg.to_owned()),
        (None, Some((known, words))) => Refusal::new(known, words),
        (None, None) => Refusal::new(static_code(code), "Operation failed. (simulator: an injected fault)"),
    }
}
