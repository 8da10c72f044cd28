//! New connections at OKX's pace: three a second from one address, counted for all clients of this process.
//!
//! Source: OKX API v5, WebSocket › Connect, "Connection limit".

use crate::clock;
use crate::http::Proxy;
use crate::rest::{self, Scope};
use crate::transport::Target;
use okx_fast_core::limit::{Claim, Rule, Want};
use std::sync::PoisonError;
use std::time::Duration;

/// Beyond the numbers of endpoints, and those of the REST engine itself.
const BUCKET: u32 = u32::MAX - 8;
const RULE: Rule = Rule { count: 3, window_ns: 1_000_000_000 };

/// A place in the line, given back if nobody goes.
struct Place {
    limits: rest::Limits,
    claim: Option<Claim>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.limits.lock().unwrap_or_else(PoisonError::into_inner).release(claim);
        }
    }
}

/// Waits for the turn of one connection, and takes it. Cancel safe: dropped while it waits, it gives its place back.
pub(crate) async fn connect(target: &Target, proxy: Option<&Proxy>) {
    let scope = Scope::Ip { host: target.host_header(), proxy: proxy.map(ToString::to_string), local: None };
    let limits = rest::limits(scope);
    let claim = {
        let wants = [Want { bucket: BUCKET, key: "connect", rule: RULE, n: 1 }];
        limits.lock().unwrap_or_else(PoisonError::into_inner).claim(clock::mono_ns(), &wants, u64::MAX).ok()
    };
    let mut place = Place { limits, claim };
    loop {
        let now = clock::mono_ns();
        let due = match &mut place.claim {
            Some(claim) => place.limits.lock().unwrap_or_else(PoisonError::into_inner).due(claim, now),
            None => now,
        };
        if due <= now {
            if let Some(claim) = place.claim.take() {
                place.limits.lock().unwrap_or_else(PoisonError::into_inner).sent(claim, now);
            }
            return;
        }
        tokio::time::sleep(Duration::from_nanos(due - now)).await;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fourth_connection_waits_for_the_second_to_be_over() {
        let target = Target::parse("wss://pace.invalid/ws/v5/public").unwrap();
        let began = clock::mono_ns();
        for _ in 0..3 {
            connect(&target, None).await;
        }
        // One that gives up takes no place.
        drop(tokio::time::timeout(Duration::from_millis(1), connect(&target, None)).await);
        connect(&target, None).await;
        assert!(clock::mono_ns() - began >= RULE.window_ns);
    }
}
