//! What a reply asks of us before anybody else sees it.
//!
//! Source: OKX API v5, Error codes › REST API; HTTP status only where the body has no code.

/// What to do about a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it is the caller's.
    Final,
    /// A limit of the endpoint was met: its bucket is closed for a window.
    Limited,
    /// The sub-account's cap was met.
    Capped,
    /// OKX could not answer now; a read may ask again.
    Busy,
    /// The timestamp was off: the clock is set anew.
    Clock,
}

/// By `code` first: the documented HTTP status is not reliable.
pub fn judge(status: u16, code: Option<&str>) -> Verdict {
    match code {
        Some("50011") => Verdict::Limited,
        Some("50061") => Verdict::Capped,
        Some("50001" | "50004" | "50013" | "50026") => Verdict::Busy,
        Some("50102") => Verdict::Clock,
        // Gateways put the status itself into a numeric `code`.
        Some(code) if code.len() != 3 => Verdict::Final,
        code => match code.and_then(|c| c.parse().ok()).unwrap_or(status) {
            429 => Verdict::Limited,
            500..=599 => Verdict::Busy,
            _ => Verdict::Final,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    #[test]
    fn the_code_decides_and_the_status_only_without_one() {
        for (status, code, want) in [
            (200, Some("0"), Verdict::Final),
            (200, Some("1"), Verdict::Final),
            (400, Some("51000"), Verdict::Final),
            (500, Some("51149"), Verdict::Final), // an order's own timeout: no read has it
            (401, Some("50119"), Verdict::Final),
            (401, Some("50102"), Verdict::Clock),
            (429, Some("50011"), Verdict::Limited),
            (200, Some("50011"), Verdict::Limited),
            (200, Some("50061"), Verdict::Capped),
            (429, Some("50013"), Verdict::Busy),
            (503, Some("50001"), Verdict::Busy),
            (400, Some("50004"), Verdict::Busy),
            (500, Some("50026"), Verdict::Busy),
            (200, Some("500"), Verdict::Busy), // {"code":500,…} of a gateway
            (200, Some("429"), Verdict::Limited),
            (200, Some("404"), Verdict::Final),
            (429, None, Verdict::Limited),
            (502, None, Verdict::Busy),
            (504, None, Verdict::Busy),
            (403, None, Verdict::Final),
            (404, None, Verdict::Final),
            (200, None, Verdict::Final),
        ] {
            assert_eq!(judge(status, code), want, "{status} {code:?}");
        }
    }
}
