//! Where all connections meet the engine: inputs in, outputs to the mailbox they are for.
//!
//! One thread owns all of it, so a frame is handled and answered within one turn of its connection's task.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::Engine;
use super::clock::{Alarm, Clock};
use super::mailbox::Mailbox;
use crate::exchange::config::ClockMode;
use crate::exchange::io::{ConnId, Input, Nanos, Output};

pub type Shared = Rc<RefCell<Mailbox>>;

#[derive(Debug)]
pub struct Hub<E> {
    engine: RefCell<E>,
    boxes: RefCell<BTreeMap<ConnId, Shared>>,
    count: Cell<ConnId>,
    clock: Clock,
    alarm: Alarm,
    /// When the alarm rings; `Nanos::MAX`: never.
    rings_at: Cell<Nanos>,
    /// Whether new connections are taken.
    pub open: watch::Sender<bool>,
    /// The engine panicked: whatever it says from here on may be wrong, so it is asked no more.
    failed: Cell<bool>,
    failure: Notify,
}

impl<E: Engine> Hub<E> {
    pub fn new(engine: E, clock: Clock, alarm: Alarm) -> Self {
        Self {
            engine: RefCell::new(engine),
            boxes: RefCell::default(),
            count: Cell::new(0),
            clock,
            alarm,
            rings_at: Cell::new(Nanos::MAX),
            open: watch::Sender::new(true),
            failed: Cell::new(false),
            failure: Notify::new(),
        }
    }

    pub fn enter(&self) -> (ConnId, Shared) {
        let conn = self.count.get() + 1;
        self.count.set(conn);
        let mailbox = Rc::new(RefCell::new(Mailbox::new()));
        self.boxes.borrow_mut().insert(conn, Rc::clone(&mailbox));
        (conn, mailbox)
    }

    /// The connection is over for the engine; its outputs go nowhere from here on.
    pub fn leave(&self, conn: ConnId) {
        self.boxes.borrow_mut().remove(&conn);
        self.input(&Input::Closed { conn });
    }

    /// The caller must not hold a mailbox: any of them may get something.
    pub fn input(&self, input: &Input) {
        self.work(|engine, at| engine.handle(at, input));
        self.rearm();
    }

    /// Lets the engine do something, and delivers what it says. Tokio would catch a panic with the task of one connection.
    fn work(&self, work: impl FnOnce(&mut E, Nanos)) {
        if self.failed.get() {
            return;
        }
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut engine = self.engine.borrow_mut();
            let at = self.now(&engine);
            work(&mut engine, at);
            self.deliver(&mut engine, at);
        }));
        if done.is_err() {
            eprintln!("okx-fast simulator: the engine failed, which is a bug; the simulator ends.");
            self.failed.set(true);
            self.failure.notify_one();
        }
    }

    /// Until the engine fails.
    pub async fn failure(&self) {
        self.failure.notified().await;
    }

    /// Runs what is due, for ever.
    pub async fn keep_time(&self) -> io::Result<()> {
        loop {
            self.rearm();
            self.alarm.ring().await?;
            self.rings_at.set(Nanos::MAX);
            self.work(E::advance);
        }
    }

    /// A virtual clock stands still between the commands that move it.
    fn now(&self, engine: &E) -> Nanos {
        match engine.clock() {
            ClockMode::Real => self.clock.now(),
            ClockMode::Virtual => engine.now(),
        }
    }

    fn deliver(&self, engine: &mut E, at: Nanos) {
        // A command on the admin port may have moved a virtual clock.
        let at = at.max(engine.now());
        let boxes = self.boxes.borrow();
        while let Some(output) = engine.poll_output(at) {
            let conn = match &output {
                Output::Listen { open } => {
                    self.open.send_replace(*open);
                    continue;
                }
                Output::Reply { conn, .. }
                | Output::Upgrade { conn }
                | Output::Text { conn, .. }
                | Output::Close { conn, .. }
                | Output::Reset { conn }
                | Output::Freeze { conn } => conn,
            };
            if let Some(mailbox) = boxes.get(conn) {
                mailbox.borrow_mut().post(output);
            }
        }
    }

    fn rearm(&self) {
        if self.failed.get() {
            return;
        }
        let engine = self.engine.borrow();
        let Some(due) = engine.poll_timeout().filter(|_| engine.clock() == ClockMode::Real) else { return };
        if due < self.rings_at.get() {
            self.rings_at.set(due);
            // A timer of our own with a sound value cannot be refused.
            let _ = self.alarm.set(Duration::from_nanos(due.saturating_sub(self.clock.now())));
        }
    }
}
