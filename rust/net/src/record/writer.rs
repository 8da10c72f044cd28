//! The writer's thread: takes what waits, compresses it, writes it, begins the next file in time.

use super::entries::Entries;
use super::files::{Member, Output};
use super::{Dump, FLUSH_AT, FLUSH_EVERY, Recording, Shared, locked};
use crate::clock;
use okx_fast_core::record::Kind;
use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

/// Compressed bytes after which a member ends, however much waits.
const MEMBER: usize = 256 * 1024;
/// After a failed write, how long until the next try.
const RETRY_AFTER_NS: u64 = 5_000_000_000;

struct Writer<'a> {
    shared: &'a Shared,
    names: Vec<String>,
    output: Option<Output>,
    retry_at: u64,
}

pub fn run(shared: &Shared) {
    let mut writer = Writer { shared, names: Vec::new(), output: None, retry_at: 0 };
    let mut taken = Entries::default();
    loop {
        let (lost, dumps, stop) = {
            let waiting = locked(&shared.waiting);
            let idle = |w: &mut super::Waiting| !w.stop && w.dumps.is_empty() && w.entries.len() < FLUSH_AT;
            let woken = shared.changed.wait_timeout_while(waiting, FLUSH_EVERY, idle);
            let (mut waiting, _) = woken.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut taken, &mut waiting.entries);
            (std::mem::take(&mut waiting.lost), std::mem::take(&mut waiting.dumps), waiting.stop)
        };
        writer.names.clone_from(&locked(&shared.conns));
        for dump in dumps {
            writer.dump(dump);
        }
        if let Some(recording) = &shared.recording {
            writer.record(recording, &taken, lost);
        }
        // Room for a second's worth stays: a busy hour's does not.
        taken.clear(4 * FLUSH_AT);
        if stop {
            break;
        }
    }
    if let Some(Err(error)) = writer.output.take().map(Output::end) {
        shared.say(format!("recording: {error}"));
    }
    locked(&shared.waiting).ended = true;
    shared.changed.notify_all();
}

impl Writer<'_> {
    fn record(&mut self, recording: &Recording, taken: &Entries, lost: u64) {
        let figures = &self.shared.figures;
        if lost > 0 {
            self.shared.say(format!("recording: lost {lost} entries, because the disk was too slow"));
        }
        if taken.count() + lost == 0 {
            return;
        }
        let now = clock::now();
        if self.output.is_none() && now.mono_ns < self.retry_at {
            self.give_up(taken.count(), taken.len() as u64);
            return;
        }
        let mut member = Member::default();
        for entry in taken.iter() {
            member.line(self.names.get(usize::from(entry.conn)).map_or("", |n| n), entry.kind, entry.at, entry.text);
            if member.len() >= MEMBER && !self.write(recording, std::mem::take(&mut member)) {
                self.give_up(taken.count(), taken.len() as u64);
                return;
            }
        }
        if lost > 0 {
            // What was lost came after all that was taken: the buffer was full by then.
            member.line("", Kind::Lost, now, lost.to_string().as_bytes());
        }
        if self.write(recording, member) {
            figures.entries.fetch_add(taken.count(), Relaxed);
            figures.bytes.fetch_add(taken.len() as u64, Relaxed);
        } else {
            self.give_up(taken.count(), taken.len() as u64);
        }
    }

    fn give_up(&self, entries: u64, bytes: u64) {
        self.shared.figures.lost.fetch_add(entries, Relaxed);
        self.shared.figures.lost_bytes.fetch_add(bytes, Relaxed);
    }

    /// False: it could not be written, and somebody will be told.
    fn write(&mut self, recording: &Recording, member: Member) -> bool {
        match self.try_write(recording, &member.finish()) {
            Ok(()) => true,
            Err(error) => {
                let path = self.output.take().map_or_else(|| recording.folder.clone(), |o| o.path);
                self.retry_at = clock::mono_ns() + RETRY_AFTER_NS;
                self.shared.figures.errors.fetch_add(1, Relaxed);
                self.shared.say(format!("recording: {}: {error}; lost until a new file can be written", path.display()));
                false
            }
        }
    }

    fn try_write(&mut self, recording: &Recording, member: &[u8]) -> io::Result<()> {
        let now = clock::now();
        let is_over = |o: &Output| {
            let age = now.mono_ns.saturating_sub(o.since.mono_ns);
            o.written >= recording.rotate_bytes || u128::from(age) >= recording.rotate_every.as_nanos()
        };
        if self.output.as_ref().is_some_and(is_over)
            && let Some(output) = self.output.take()
        {
            output.end()?;
        }
        let output = match &mut self.output {
            Some(output) => output,
            none => {
                let output = Output::create(&recording.folder, "okx", now)?;
                self.shared.figures.files.fetch_add(1, Relaxed);
                none.insert(output)
            }
        };
        output.write(member)?;
        self.shared.figures.written.fetch_add(member.len() as u64, Relaxed);
        Ok(())
    }

    fn dump(&self, mut dump: Dump) {
        let Some(flight) = &self.shared.flight else { return };
        let mut member = Member::default();
        dump.entries.each(|e| member.line(&dump.conn, e.kind, e.at, e.text));
        let written = Output::create(&flight.folder, &format!("flight-{}-{}", dump.conn, dump.why), dump.at).and_then(|mut output| {
            output.write(&member.finish())?;
            let path = output.path.clone();
            output.end().map(|()| path)
        });
        self.shared.say(match written {
            Ok(path) => format!("flight recorder: {} wrote {}", dump.why, path.display()),
            Err(error) => {
                self.shared.figures.errors.fetch_add(1, Relaxed);
                format!("flight recorder: {}: {error}", flight.folder.display())
            }
        });
    }
}
