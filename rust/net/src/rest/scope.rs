//! Whose limits a call counts against. Clients of one process share them where OKX counts them together:
//! per IP and host (its port too: two simulators are two), or per API key (a sub-account is a user of its own) and host.

use super::call::{CAP_BUCKET, CAP_WINDOW_MS, Keys, Spec};
use super::pool::locked;
use crate::clock;
use okx_fast_core::limit::{Limiter, Rule, Want};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex};

pub type Shared = Arc<Mutex<Limiter>>;

/// Who counts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// What OKX sees as one IP: the same way out of this machine.
    Ip {
        host: String,
        proxy: Option<String>,
        local: Option<IpAddr>,
    },
    User {
        host: String,
        key: String,
    },
}

/// A child of `fork()` starts anew: a lock of the parent's may have been held while it forked.
type Registry = FxHashMap<(u32, Scope), Shared>;
static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// The limiter of a scope. It outlives its clients for as long as OKX remembers their requests.
pub fn shared(scope: Scope) -> Shared {
    let (now, process) = (clock::mono_ns(), std::process::id());
    let mut registry = locked(&REGISTRY);
    registry.retain(|(of, _), limiter| *of == process && (Arc::strong_count(limiter) > 1 || !locked(limiter).is_idle(now)));
    Arc::clone(registry.entry((process, scope)).or_default())
}

pub fn rule(count: u32, window_ms: u32) -> Rule {
    Rule { count, window_ns: u64::from(window_ms) * 1_000_000 }
}

/// A call's wants: of its endpoint's bucket one for each key, and one of the cap.
pub fn wants<'a>(spec: &Spec, keys: &'a Keys, order_cap: u32) -> Vec<Want<'a>> {
    let mut wants = Vec::with_capacity(keys.len() + 1);
    if spec.count > 0 {
        let rule = rule(spec.count, spec.window_ms);
        wants.extend(keys.iter().map(|(key, n)| Want { bucket: spec.bucket, key, rule, n: *n }));
    }
    if spec.capped {
        let n = keys.iter().map(|(_, n)| n).sum();
        wants.push(Want { bucket: CAP_BUCKET, key: "", rule: rule(order_cap, CAP_WINDOW_MS), n });
    }
    wants
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Scope, Want, rule, shared};
    use crate::clock::mono_ns;
    use std::sync::Arc;

    fn user(key: &str) -> Scope {
        Scope::User { host: "openapi.okx.com".into(), key: key.into() }
    }

    #[test]
    fn clients_of_one_key_share_their_limits_and_others_do_not() {
        let (a, b, c) = (shared(user("a")), shared(user("a")), shared(user("b")));
        assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&a, &c));
    }

    #[test]
    fn what_nobody_uses_is_forgotten_once_it_is_over() {
        let wants = [Want { bucket: 1, key: "", rule: rule(1, 60_000), n: 1 }];
        let (gone, used) = (shared(user("gone")), shared(user("used")));
        let now = mono_ns();
        let claim = used.lock().unwrap().claim(now, &wants, now).unwrap();
        used.lock().unwrap().sent(claim, now);
        let gone_was = Arc::downgrade(&gone);
        drop((gone, used));
        let again = shared(user("used"));
        assert!(gone_was.upgrade().is_none());
        assert!(again.lock().unwrap().claim(now, &wants, now).is_err(), "a new client goes on where the old one was");
    }
}
