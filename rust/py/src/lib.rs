//! How Python sees okx_fast: classes, callbacks, errors. All that decides anything is in the other crates.
#![forbid(unsafe_code)]

use pyo3::prelude::*;

mod book;
mod dispatch;
mod engine;
mod errors;
mod events;
mod exchange;
mod feed;
mod live;
mod num;
mod offline;
mod orders;
mod pending;
mod pump;
mod replay;
mod rest;
mod sim;
mod stages;
mod stats;
mod subs;
mod subscription;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::book::{Book, Cost, Depth, Level};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::events::{BookUpdate, Event, RawMessage, Ticker, Trade};
    #[pymodule_export]
    use crate::exchange::ExchangeServer;
    #[pymodule_export]
    use crate::num::Num;
    #[pymodule_export]
    use crate::offline::{Verifier, channel_facts, sign};
    #[pymodule_export]
    use crate::orders::{OrderCall, OrderCore};
    #[pymodule_export]
    use crate::pending::Pending;
    #[pymodule_export]
    use crate::replay::Replay;
    #[pymodule_export]
    use crate::rest::{ClockReading, RawReply, ReplyQueue, RestCore, Secret, Spec};
    #[pymodule_export]
    use crate::sim::SimServer;
    #[pymodule_export]
    use crate::subscription::Subscription;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
