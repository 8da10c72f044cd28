//! `ReplyQueue`: answers on their way from workers to an event loop.

use super::core::RestCore;
use super::reply;
use crate::errors;
use crate::subs::locked;
use okx_fast_net::rest::{Answer, Call, Completions, Failure, Spec};
use pyo3::prelude::*;
use rustix::event::{EventfdFlags, eventfd};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// An answer, and what its exception needs if it is none.
struct Done {
    token: u64,
    endpoint: Box<str>,
    seconds: f64,
    result: Result<Answer, Failure>,
}

/// The side of the workers: no Python in it.
pub struct Inbox {
    done: Mutex<Vec<Done>>,
    wake: OwnedFd,
}

impl Completions for Inbox {
    fn done(&self, token: u64, spec: &Spec, call: &Call, result: Result<Answer, Failure>) {
        let done = Done { token, endpoint: spec.endpoint.clone(), seconds: seconds(call), result };
        let mut waiting = locked(&self.done);
        waiting.push(done);
        if waiting.len() == 1 {
            // The loop was told already if there was something before.
            _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
        }
    }
}

/// What the call was given.
pub fn seconds(call: &Call) -> f64 {
    call.deadline_ns.saturating_sub(call.begun_ns) as f64 / 1e9
}

/// Where `RestCore.submit` puts answers. One for each event loop.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct ReplyQueue {
    pub inbox: Arc<Inbox>,
    pid: u32,
}

#[pymethods]
impl ReplyQueue {
    /// For the answers of `core`; raises `ClosedError` if it is closed.
    #[new]
    #[pyo3(signature = (core))]
    fn new(py: Python<'_>, core: &RestCore) -> PyResult<Self> {
        core.check(py)?;
        let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
        Ok(Self { inbox: Arc::new(Inbox { done: Mutex::default(), wake }), pid: std::process::id() })
    }

    /// The descriptor that is readable when `take` has something to give.
    fn fileno(&self) -> i32 {
        self.inbox.wake.as_raw_fd()
    }

    /// What has come, with the token each was submitted under, in the order of coming.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<(u64, Py<PyAny>)>> {
        if self.pid != std::process::id() {
            return Err(errors::forked(py));
        }
        let done = {
            let mut waiting = locked(&self.inbox.done);
            _ = rustix::io::read(&self.inbox.wake, &mut [0; 8]);
            std::mem::take(&mut *waiting)
        };
        done.into_iter()
            .map(|Done { token, endpoint, seconds, result }| {
                let object = match result {
                    Ok(answer) => Py::new(py, reply::RawReply::new(py, answer))?.into_any(),
                    Err(failure) => reply::failure(py, &endpoint, seconds, &failure).into_value(py).into_any(),
                };
                Ok((token, object))
            })
            .collect()
    }

    /// Forgets what has come and was not taken.
    fn close(&self) {
        if self.pid == std::process::id() {
            let done = std::mem::take(&mut *locked(&self.inbox.done));
            drop(done);
        }
    }
}
