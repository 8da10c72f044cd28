//! The recorder: what every session of a client was told, into compressed files, on a thread of its own.
//!
//! ```text
//! driver ─▶ Tap ─┬─▶ buffer (bounded) ─▶ writer ─▶ gzip members of half a second ─▶ okx-….jsonl.gz, next file, …
//!                └─▶ ring (the last N seconds) ─ on a fault ─▶ writer ─▶ flight-….jsonl.gz
//! ```
//!
//! The feed never waits for a disk: it copies into memory, under a lock that the writer holds only to swap two buffers.
//! When the buffer is full, what does not fit is lost: counted, told as an event, and written into the recording.
//! A file is a row of whole gzip members, so that a process killed at any time leaves one that reads up to the last.

mod entries;
mod files;
mod ring;
mod writer;

use entries::Entries;
use okx_fast_core::channel::Arg;
use okx_fast_core::record::{self, Kind};
use okx_fast_core::session::{self, Config, Event, LEGS, LegId, SubId};
use okx_fast_core::time::Stamp;
use ring::Ring;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The writer wakes at least so often, and closes a gzip member each time it has something to write.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// Or when so many bytes wait.
const FLUSH_AT: usize = 1 << 20;
/// Dumps that may wait for the writer.
const MOST_DUMPS: usize = 4;
/// Words of the recorder that may wait to be told.
const MOST_WORDS: usize = 16;

/// Everything that arrives, into files.
#[derive(Clone, Debug)]
pub struct Recording {
    pub folder: PathBuf,
    /// A new file once the present one has so many compressed bytes.
    pub rotate_bytes: u64,
    /// A new file once the present one is so old.
    pub rotate_every: Duration,
    /// Bytes that may wait for the disk.
    pub buffer: usize,
}

/// The last seconds of each connection, into a file when something goes wrong.
#[derive(Clone, Debug)]
pub struct Flight {
    pub folder: PathBuf,
    /// How far back.
    pub span: Duration,
    /// Bytes a connection's ring may hold.
    pub bytes: usize,
    /// A connection is dumped at most so often.
    pub every: Duration,
    /// Files in all.
    pub most: u64,
}

/// What was done so far.
#[derive(Debug, Default)]
pub struct Figures {
    pub entries: AtomicU64,
    /// Bytes as they came, and compressed.
    pub bytes: AtomicU64,
    pub written: AtomicU64,
    pub files: AtomicU64,
    pub lost: AtomicU64,
    pub lost_bytes: AtomicU64,
    /// Writes that failed.
    pub errors: AtomicU64,
    pub dumps: AtomicU64,
    pub dumps_skipped: AtomicU64,
}

/// The ring of one connection, on its way to a file.
#[derive(Debug)]
struct Dump {
    conn: String,
    why: &'static str,
    at: Stamp,
    entries: Ring,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: Entries,
    /// Since the writer last looked.
    lost: u64,
    dumps: Vec<Dump>,
    stop: bool,
    ended: bool,
}

#[derive(Debug)]
struct Shared {
    recording: Option<Recording>,
    flight: Option<Flight>,
    waiting: Mutex<Waiting>,
    /// The writer has something to do, or has ended.
    changed: Condvar,
    figures: Figures,
    conns: Mutex<Vec<String>>,
    words: Mutex<Vec<String>>,
    has_words: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writer's thread; ended by [`Recorder::close`], or by dropping it.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    pid: u32,
}

impl Recorder {
    /// Makes the folders and starts the thread. A file is made when there is something to write.
    pub fn start(recording: Option<Recording>, flight: Option<Flight>) -> std::io::Result<Self> {
        for folder in recording.iter().map(|r| &r.folder).chain(flight.iter().map(|f| &f.folder)) {
            std::fs::create_dir_all(folder)?;
        }
        let shared = Arc::new(Shared {
            recording,
            flight,
            waiting: Mutex::default(),
            changed: Condvar::new(),
            figures: Figures::default(),
            conns: Mutex::default(),
            words: Mutex::default(),
            has_words: AtomicBool::new(false),
        });
        let its = Arc::clone(&shared);
        thread::Builder::new().name("okx-fast-rec".to_owned()).spawn(move || writer::run(&its))?;
        Ok(Self { shared, pid: std::process::id() })
    }

    /// For the session of that name. Its first connection has the session's name, the others a number behind it.
    pub fn tap(&self, name: &str, config: Config, logs_in: bool, at: Stamp) -> Tap {
        let mut conns = locked(&self.shared.conns);
        let first = conns.len();
        conns.push(name.to_owned());
        conns.extend((1..LEGS).map(|leg| format!("{name}/{leg}")));
        drop(conns);
        let ring = self.shared.flight.as_ref().map(|f| Ring::new(f.span, f.bytes));
        let first = u16::try_from(first).unwrap_or(u16::MAX);
        let mut tap = Tap { shared: Arc::clone(&self.shared), first, ring, alarm: None, dumped: None };
        tap.note(LegId::FIRST, Kind::Open, at, record::opened(config, logs_in).as_bytes());
        tap
    }

    pub fn figures(&self) -> &Figures {
        &self.shared.figures
    }

    /// Bytes that wait for the disk; none, if this cannot be known at once.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.try_lock().map_or(0, |w| w.entries.len())
    }

    /// Writes what waits and ends the thread. False: the disk took longer than `within`; it is not waited for.
    pub fn close(&self, within: Duration) -> bool {
        // In a child of fork() there is no thread, and whoever held the lock is not there either.
        if self.pid != std::process::id() {
            return true;
        }
        let mut waiting = locked(&self.shared.waiting);
        waiting.stop = true;
        self.shared.changed.notify_all();
        let (waiting, _) = self.shared.changed.wait_timeout_while(waiting, within, |w| !w.ended).unwrap_or_else(PoisonError::into_inner);
        waiting.ended
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.close(Duration::ZERO);
    }
}

impl Shared {
    /// To be told as an event by the next connection that looks.
    fn say(&self, words: String) {
        let mut said = locked(&self.words);
        if said.len() < MOST_WORDS {
            said.push(words);
        }
        self.has_words.store(true, Relaxed);
    }
}

/// One session's way to the recorder.
#[derive(Debug)]
pub struct Tap {
    shared: Arc<Shared>,
    /// The number of its first connection; the others follow.
    first: u16,
    ring: Option<Ring>,
    /// A fault was seen.
    alarm: Option<&'static str>,
    /// When this connection was last dumped.
    dumped: Option<u64>,
}

impl Tap {
    /// Copies `text`; never waits for a disk.
    #[inline]
    pub fn note(&mut self, leg: LegId, kind: Kind, at: Stamp, text: &[u8]) {
        let conn = self.first.saturating_add(u16::from(leg.0));
        if let Some(ring) = &mut self.ring {
            ring.push(conn, kind, at, text);
        }
        let Some(recording) = &self.shared.recording else { return };
        let mut waiting = locked(&self.shared.waiting);
        let before = waiting.entries.len();
        if before + entries::size(text) > recording.buffer {
            waiting.lost += 1;
            drop(waiting);
            let figures = &self.shared.figures;
            figures.lost.fetch_add(1, Relaxed);
            figures.lost_bytes.fetch_add(text.len() as u64, Relaxed);
            return;
        }
        waiting.entries.push(conn, kind, at, text);
        let is_much = before < FLUSH_AT && waiting.entries.len() >= FLUSH_AT;
        drop(waiting);
        if is_much {
            self.shared.changed.notify_all();
        }
    }

    pub fn subscribed(&mut self, at: Stamp, arg: &Arg) {
        self.note(LegId::FIRST, Kind::Subscribe, at, record::subscribed(arg).as_bytes());
    }

    pub fn unsubscribed(&mut self, at: Stamp, sub: SubId) {
        self.note(LegId::FIRST, Kind::Unsubscribe, at, sub.0.to_string().as_bytes());
    }

    /// Looks at what comes of an entry: a fault calls for a dump.
    #[inline]
    pub fn look(&mut self, event: &Event<'_>) {
        if let Event::Notice(_, notice) = event {
            use session::Kind::{Checksum, Error, Gap, LoginFailed, Malformed, Refused, Stale, Timeout, Unfillable};
            if matches!(notice.kind, Gap | Checksum | Malformed | Timeout | Refused | Error | LoginFailed | Stale | Unfillable) {
                self.alarm = Some(notice.kind.as_str());
            }
        }
    }

    /// Between two reads: dumps what led to a fault, and gives what the recorder has to say.
    #[inline]
    pub fn settle(&mut self, at: Stamp) -> Option<Vec<String>> {
        if let Some(why) = self.alarm.take() {
            self.dump(at, why);
        }
        if !self.shared.has_words.load(Relaxed) {
            return None;
        }
        self.shared.has_words.store(false, Relaxed);
        Some(std::mem::take(&mut *locked(&self.shared.words)))
    }

    #[cold]
    fn dump(&mut self, at: Stamp, why: &'static str) {
        let (Some(ring), Some(flight)) = (&mut self.ring, &self.shared.flight) else { return };
        let figures = &self.shared.figures;
        let is_soon = self.dumped.is_some_and(|before| at.mono_ns < before + flight.every.as_nanos() as u64);
        let mut waiting = locked(&self.shared.waiting);
        if is_soon || waiting.dumps.len() >= MOST_DUMPS || figures.dumps.load(Relaxed) >= flight.most {
            figures.dumps_skipped.fetch_add(1, Relaxed);
            return;
        }
        self.dumped = Some(at.mono_ns);
        figures.dumps.fetch_add(1, Relaxed);
        let conn = locked(&self.shared.conns).get(usize::from(self.first)).cloned().unwrap_or_default();
        // Handed over, not copied: the ring starts anew.
        let entries = std::mem::replace(ring, Ring::new(flight.span, flight.bytes));
        waiting.dumps.push(Dump { conn, why, at, entries });
        drop(waiting);
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::clock;
    use flate2::read::MultiGzDecoder;
    use okx_fast_core::record::Entry;
    use std::fs::{self, File};
    use std::io::Read;
    use std::time::Instant;

    const WITHIN: Duration = Duration::from_secs(20);

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("okx-fast-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&folder);
        folder
    }

    fn recording(folder: &std::path::Path, buffer: usize) -> Recording {
        Recording { folder: folder.to_owned(), rotate_bytes: 1 << 30, rotate_every: Duration::from_secs(3600), buffer }
    }

    fn entries(folder: &PathBuf) -> Vec<Entry> {
        let mut paths = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect::<Vec<_>>();
        paths.sort();
        let mut text = String::new();
        for path in paths {
            MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        }
        text.lines().map(|line| Entry::parse(line.as_bytes()).unwrap()).collect()
    }

    #[test]
    fn what_finds_no_room_is_lost_counted_and_told_and_nobody_waits() {
        let folder = folder("lost");
        let recorder = Recorder::start(Some(recording(&folder, 4000)), None).unwrap();
        let mut tap = recorder.tap("public", Config::default(), false, clock::now());
        // The writer may come by meanwhile, and make room again.
        let began = Instant::now();
        for _ in 0..10_000 {
            tap.note(LegId::FIRST, Kind::Frame, clock::now(), &[b'x'; 500]);
        }
        assert!(began.elapsed() < FLUSH_EVERY * 10, "the feed waited");
        assert!(recorder.close(WITHIN));
        let figures = recorder.figures();
        let (kept, lost) = (figures.entries.load(Relaxed), figures.lost.load(Relaxed));
        assert_eq!(kept + lost, 10_001, "and the one that opens");
        assert!(lost > 0);
        assert_eq!(figures.lost_bytes.load(Relaxed), 500 * lost);
        let told = entries(&folder).into_iter().filter(|e| e.kind == Kind::Lost).map(|e| String::from_utf8(e.text).unwrap());
        assert_eq!(told.map(|n| n.parse::<u64>().unwrap()).sum::<u64>(), lost);
        assert!(tap.settle(clock::now()).is_some_and(|words| words.iter().any(|w| w.contains("lost"))));
        assert!(tap.settle(clock::now()).is_none(), "told once");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn entries_of_all_connections_come_in_the_order_they_were_noted() {
        let folder = folder("order");
        let recorder = Recorder::start(Some(recording(&folder, 1 << 30)), None).unwrap();
        let mut taps = ["public", "business"].map(|name| recorder.tap(name, Config::default(), false, clock::now()));
        for n in 0..20_000_u32 {
            let [public, business] = &mut taps;
            let tap = if n.is_multiple_of(3) { business } else { public };
            tap.note(LegId::FIRST, Kind::Frame, clock::now(), format!("{{\"n\":{n}}}").as_bytes());
        }
        assert!(recorder.close(WITHIN));
        let frames = entries(&folder).into_iter().filter(|e| e.kind == Kind::Frame).collect::<Vec<_>>();
        let want = |n: u32| (if n.is_multiple_of(3) { "business" } else { "public" }, format!("{{\"n\":{n}}}").into_bytes());
        assert!(frames.iter().map(|e| (e.conn.as_str(), e.text.clone())).eq((0..20_000).map(want)));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn no_file_is_written_over_and_a_login_is_not_written_down() {
        let folder = folder("names");
        fs::create_dir_all(&folder).unwrap();
        let at = clock::now();
        let mut paths = (0..3).map(|_| files::Output::create(&folder, "okx", at).unwrap().path).collect::<Vec<_>>();
        paths.dedup();
        assert_eq!(paths.len(), 3);
        let mut member = files::Member::default();
        member.line("private", Kind::Sent, at, br#"{"op":"login","args":[{"sign":"canary"}]}"#);
        for path in &paths {
            fs::remove_file(path).unwrap();
        }
        fs::write(paths.first().unwrap(), member.finish()).unwrap();
        assert_eq!(entries(&folder).into_iter().map(|e| e.text).collect::<Vec<_>>(), [br#"{"op":"login"}"#.to_vec()]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
