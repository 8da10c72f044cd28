//! Whose limits a call counts against. Clients of one process share them where OKX counts them together:
//! per IP and host (its port too: two simulators are two), or per API key (a sub-account is a user of its own) and host.

use super::call::{CAP_BUCKET, CAP_WINDOW_MS, Keys, Spec};
use super::pool::locked;
use okx_fast_core::limit::{Limiter, Rule, Want};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, Weak};

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
type Registry = FxHashMap<(u32, Scope), Weak<Mutex<Limiter>>>;
static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

/// The limiter of a scope, as long as anybody uses it.
pub fn shared(scope: Scope) -> Shared {
    let mut registry = locked(&REGISTRY);
    registry.retain(|_, limiter| limiter.strong_count() > 0);
    let place = registry.entry((std::process::id(), scope)).or_default();
    place.upgrade().unwrap_or_else(|| {
        let limiter = Shared::default();
        *place = Arc::downgrade(&limiter);
        limiter
    })
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
mod tests {
    use super::{Scope, shared};
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
    fn what_nobody_uses_is_forgotten() {
        let first = Arc::downgrade(&shared(user("gone")));
        assert!(first.upgrade().is_none());
        let again = shared(user("gone"));
        assert_eq!(Arc::strong_count(&again), 1);
    }
}
