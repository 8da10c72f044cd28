//! What the exchange says when it is sick: HTTP status and text of a code.

use crate::exchange::faults::ill::static_code;
use crate::exchange::refusal::Refusal;

const WORDS: [(&str, u16, &str); 18] = [
    ("50001", 503, "Service temporarily unavailable. Please try again later."),
    (
        "50004",
        400,
        "API endpoint request timeout (does not mean that the request was successful or failed, please check the request result).",
    ),
    ("50005", 410, "API is offline or unavailable."),
    ("50011", 429, "Rate limit reached. Please refer to API documentation and throttle requests accordingly."),
    ("50013", 429, "Systems are busy. Please try again later."),
    ("50026", 500, "System error. Please try again later."),
    ("50061", 200, "Order rate limit reached. Please refer to API documentation and throttle requests accordingly."),
    ("50102", 401, "Timestamp request expired."),
    ("50113", 401, "Invalid Sign."),
    ("51000", 400, "Parameter error."),
    ("51008", 200, "Order failed. Insufficient balance."),
    ("51030", 200, "Funding fee is being settled."),
    ("51054", 500, "Request timed out. Please try again."),
    ("51113", 429, "Market-price liquidation requests too frequent."),
    ("51149", 500, "Order timed out. Please try again."),
    ("51410", 200, "Cancellation failed as the order is already in canceling status or pending settlement."),
    ("60014", 429, "Requests too frequent."),
    ("64007", 500, "Operation failed due to a WebSocket internal error. Please try again later."),
];

pub(super) fn status(code: &str) -> u16 {
    WORDS.iter().find(|(known, ..)| *known == code).map_or(200, |(_, status, _)| *status)
}

pub(super) fn refusal(code: &str, msg: Option<&str>) -> Refusal {
    match (msg, WORDS.iter().find(|(known, ..)| *known == code)) {
        (Some(msg), _) => Refusal::because(static_code(code), msg.to_owned()),
        (None, Some((known, _, words))) => Refusal::new(known, words),
        (None, None) => Refusal::new(static_code(code), "Operation failed. (simulator: an injected fault)"),
    }
}
