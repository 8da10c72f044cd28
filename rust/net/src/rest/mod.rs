//! REST calls: limits, connections, the clock and retries. Blocking, on the caller's thread or on a worker's.
//!
//! ```text
//! call ─▶ limiter: when ─▶ an idle connection, or a new one ─▶ stamp, sign, build ─▶ exchange ─▶ judge ─▶ Answer
//!   ▲                                                                                             │
//!   └────────────────────── again: reads only, with jitter, within the deadline ──────────────────┘
//!
//! Engine::call     all of it on this thread; waits are slept through, looking for signals
//! Engine::submit   a job for one of at most `connections` workers; waits stand in a heap, never in a worker
//! ```
//!
//! A request that changes state goes on the wire once per call. If no byte can have left, the failure says so;
//! if any may have, the outcome is unknown, and nothing here guesses.

mod backoff;
mod call;
mod clock;
mod engine;
mod jobs;
mod judge;
mod outcome;
mod pool;
mod scope;
mod stats;
mod turn;
mod upkeep;

pub use call::{Answer, CAP_BUCKET, Call, Failure, Keys, Place, Spec, SpecError};
pub use clock::{News, Reading};
pub use engine::{Account, Config, Engine, Gate};
pub use jobs::Completions;
pub(crate) use scope::{Scope, Shared as Limits, shared as limits};
pub use stats::{Figures, Spans};
pub use turn::Booking;
