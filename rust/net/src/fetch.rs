//! Look-ups by REST for sessions: a few at a time, on threads made for waiting, at OKX's pace.
//!
//! Source: OKX API v5, Overview › Rate limits.

use crate::clock;
use crate::http::Steady;
use crate::rest::{Call, Engine, Spec};
use okx_fast_core::rest::head::Method;
use okx_fast_core::session::Fetch;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;

/// Look-ups under way at once.
const AT_ONCE: usize = 3;
/// One takes no longer, limits and all.
const WITHIN_NS: u64 = 25_000_000_000;
/// Beyond the numbers of endpoints, one a path.
const FIRST_BUCKET: u32 = u32::MAX - 32;
/// OKX counts per IP, and the user's own calls count, too: look-ups take half of what is allowed.
const SHARE: u32 = 2;
const WINDOW_MS: u32 = 2000;

/// What a client's sessions look things up with.
#[derive(Debug)]
pub struct Fetcher {
    engine: Arc<Engine>,
    turns: Arc<Semaphore>,
}

/// Paths by their limit.
const PATHS: [&str; 3] = ["/api/v5/market/trades", "/api/v5/market/history-trades", "/api/v5/market/books"];

impl Fetcher {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Sends the reply when it is there: the body, whatever OKX's code in it says, or why there is none.
    pub fn spawn(&self, fetch: Fetch, replies: mpsc::Sender<(u64, Result<Vec<u8>, String>)>) {
        let (engine, turns) = (Arc::clone(&self.engine), Arc::clone(&self.turns));
        tokio::spawn(async move {
            // The semaphore is never closed.
            let Ok(_turn) = turns.acquire().await else { return };
            let id = fetch.id;
            let reply = spawn_blocking(move || get(&engine, &fetch)).await.unwrap_or_else(|_| Err("the look-up ended early".to_owned()));
            // Nobody listens any more: the client has ended.
            _ = replies.send((id, reply)).await;
        });
    }

    /// Breaks off what is under way.
    pub fn close(&self) {
        self.engine.close();
    }
}

fn get(engine: &Engine, fetch: &Fetch) -> Result<Vec<u8>, String> {
    let place = PATHS.iter().position(|path| *path == fetch.path).unwrap_or(PATHS.len());
    let spec = Spec {
        method: Method::Get,
        path: fetch.path.into(),
        signed: false,
        idempotent: true,
        cancel: false,
        bucket: FIRST_BUCKET + place as u32,
        count: (fetch.count / SHARE).max(1),
        window_ms: WINDOW_MS,
        by_ip: true,
        capped: false,
        endpoint: "".into(),
    };
    let spec = spec.checked().map_err(|error| error.to_string())?;
    let begun_ns = clock::mono_ns();
    let call = Call {
        payload: fetch.query.clone().into_bytes(),
        keys: vec![("".into(), 1)],
        exp_time: None,
        language: None,
        begun_ns,
        deadline_ns: begun_ns + WITHIN_NS,
        wait: true,
    };
    match engine.call(&spec, &call, &Steady) {
        Ok(answer) => Ok(answer.body),
        Err(failure) => Err(failure.words()),
    }
}
