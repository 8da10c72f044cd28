//! Pump mode: events reach their callbacks on the thread that runs the client, as each frame is decoded.

use crate::dispatch::Dispatcher;
use crate::subs::Latest;
use okx_fast_core::session::{Event, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::driver::{Handler, Sink};
use okx_fast_net::inbox::Inbox;
use pyo3::prelude::*;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

/// How the run loop and the handlers signal each other; both are on one thread.
#[derive(Debug, Default)]
pub struct Signals {
    /// A batch was handed on, or the run is to stop.
    pub progress: Notify,
    /// poll() waits for the first message.
    pub polling: AtomicBool,
    /// Batches that brought data, or something for a callback.
    pub arrivals: AtomicU64,
    /// Something waits in a trader that is attached.
    pub outcomes: AtomicBool,
    /// The client is run again after a stop.
    pub resumed: Notify,
}

/// Reads a trader's answers on the thread that runs the client. Called in its runtime.
#[allow(deprecated, reason = "an OwnedFd keeps the promise that the unsafe replacement asks for")]
pub fn answers(inbox: Arc<Inbox>) -> io::Result<impl Future<Output = ()> + Send> {
    let watched = AsyncFd::with_interest(inbox.watch().connections().try_clone_to_owned()?, Interest::READABLE)?;
    Ok(async move {
        while let Ok(mut ready) = watched.readable().await {
            // First, so that what comes meanwhile is seen in any case.
            ready.clear_ready();
            inbox.read();
        }
    })
}

#[derive(Debug)]
pub struct Pump {
    dispatcher: Dispatcher,
    signals: Arc<Signals>,
    /// Conflated subscriptions with news in this batch.
    dirty: Vec<SubId>,
    /// This batch brought data, whoever listens.
    news: bool,
}

impl Pump {
    pub fn new(dispatcher: Dispatcher, signals: Arc<Signals>) -> Self {
        Self { dispatcher, signals, dirty: Vec::new(), news: false }
    }
}

/// One batch, attached.
struct Attached<'a, 'py> {
    py: Python<'py>,
    at: Stamp,
    pump: &'a mut Pump,
}

impl Sink for Attached<'_, '_> {
    #[inline]
    fn event(&mut self, event: Event<'_>) {
        let dispatcher = &mut self.pump.dispatcher;
        self.pump.news |= !matches!(event, Event::Notice(..));
        dispatcher.shared.stages.applied(self.at, &event);
        if !dispatcher.wants(&event) {
            return;
        }
        let conflated = match event {
            Event::Book(id, update) => dispatcher.conflated(id).map(|flags| (id, flags.put(self.at, Latest::Book(*update)))),
            Event::Ticker(id, ticker) => dispatcher.conflated(id).map(|flags| (id, flags.put(self.at, Latest::Ticker(Box::new(*ticker))))),
            Event::Raw(id, frame) => dispatcher.conflated(id).map(|flags| (id, flags.put(self.at, Latest::Raw(frame.into())))),
            _ => None,
        };
        if let Some((id, is_news)) = conflated {
            if is_news {
                self.pump.dirty.push(id);
            }
            return;
        }
        dispatcher.event(self.py, self.at, event);
    }

    fn has_room(&self) -> bool {
        !self.pump.dispatcher.shared.stopping.load(SeqCst)
    }
}

impl Handler for Pump {
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink)) {
        let signals = Arc::clone(&self.signals);
        let before = self.dispatcher.shared.events.load(Relaxed);
        Python::attach(|py| {
            work(&mut Attached { py, at, pump: self });
            // What an exception keeps from being told now is told in the next batch.
            let dispatcher = &mut self.dispatcher;
            self.dirty.retain(|id| {
                let is_kept = dispatcher.shared.is_doomed();
                if !is_kept {
                    dispatcher.latest(py, *id);
                }
                is_kept
            });
        });
        if std::mem::take(&mut self.news) || self.dispatcher.shared.events.load(Relaxed) != before {
            signals.arrivals.fetch_add(1, SeqCst);
        }
        // run() has nothing to do between batches but to notice a stop.
        if signals.polling.load(Relaxed) || self.dispatcher.shared.stopping.load(SeqCst) {
            signals.progress.notify_one();
        }
    }

    async fn room(&mut self) {
        while self.dispatcher.shared.stopping.load(SeqCst) {
            self.signals.resumed.notified().await;
        }
    }
}
