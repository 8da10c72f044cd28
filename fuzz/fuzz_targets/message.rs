//! A session with a subscription of every kind, fed lines of anything: no panic, no book that is readable after a
//! fault, and the fast decoders agree with the general one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okx_fast_core::book::{Validity, digest};
use okx_fast_core::channel::{Arg, CHANNELS};
use okx_fast_core::session::{Config, Event, Kind, LegId, Session, SubId};
use okx_fast_core::time::Stamp;

const SECOND: u64 = 1_000_000_000;

struct Feed {
    session: Session,
    now: u64,
    events: Vec<String>,
}

impl Feed {
    fn new() -> Self {
        let mut session = Session::new(Config::default());
        for channel in CHANNELS.iter().map(|c| c.name).chain(["candle1m"]) {
            session.subscribe(Arg::new(channel, "A"), None);
        }
        let mut feed = Self { session, now: SECOND, events: Vec::new() };
        feed.session.handle_connected(LegId::FIRST, feed.at(), |_| ());
        feed.flush();
        feed
    }

    fn at(&self) -> Stamp {
        Stamp { mono_ns: self.now, wall_ns: 0 }
    }

    fn flush(&mut self) {
        for _ in 0..100 {
            if self.session.poll_transmit(LegId::FIRST, self.at()).is_none() {
                return;
            }
        }
        panic!("it never stops sending");
    }

    /// Feeds one frame; `told` gets the events as text, without what depends on the way it was decoded.
    fn frame(&mut self, frame: &[u8]) {
        let at = self.at();
        self.now += SECOND / 10;
        self.events.clear();
        let books: Vec<_> = (0..CHANNELS.len() as u32).map(|i| self.session.book(SubId(i)).cloned()).collect();
        let events = &mut self.events;
        self.session.handle_read();
        self.session.handle_frame(LegId::FIRST, at, frame, |event| {
            if let Event::Notice(Some(id), notice) = event
                && matches!(notice.kind, Kind::Gap | Kind::Checksum | Kind::Malformed)
                && let Some(Some(book)) = books.get(id.0 as usize)
            {
                assert_eq!(book.lock().validity(), Validity::Broken, "a fault was told before the book was invalid");
            }
            match event {
                Event::Raw(id, _) => events.push(format!("raw {id:?}")),
                Event::Notice(id, notice) => {
                    assert!(notice.msg.len() < 4000 + frame.len() && notice.got.len() < 4000);
                    events.push(format!("{id:?} {:?}", notice.kind));
                }
                other => events.push(format!("{other:?}")),
            }
        });
        self.flush();
        if self.session.poll_timeout(self.at()).is_some_and(|when| when <= self.now) {
            let at = self.at();
            self.session.handle_timeout(at, |_| ());
            self.flush();
        }
    }

    fn digests(&self) -> Vec<Option<[u8; 32]>> {
        let digest = |book: &okx_fast_core::session::SharedBook| book.lock().sides().ok().map(|(bids, asks)| digest(bids, asks));
        (0..CHANNELS.len() as u32).map(|i| self.session.book(SubId(i)).and_then(digest)).collect()
    }

    /// Messages that a fast decoder took.
    fn fast(&self) -> u64 {
        let stats = self.session.stats();
        stats.channels.iter().map(|c| c.messages.get() - c.fallbacks.get()).sum()
    }
}

fuzz_target!(|data: &[u8]| {
    // The second session gets every frame with a space before it, which the fast decoders do not know.
    let (mut feed, mut general) = (Feed::new(), Feed::new());
    let mut agree = true;
    for frame in data.split(|&b| b == b'\n') {
        let before = feed.fast();
        feed.frame(frame);
        if std::str::from_utf8(frame).is_err() {
            // A WebSocket text is always UTF-8; here only panics count.
            agree = false;
        }
        if !agree {
            continue;
        }
        let mut spaced = b" ".to_vec();
        spaced.extend_from_slice(frame);
        general.frame(&spaced);
        if feed.fast() > before {
            assert_eq!(feed.events, general.events);
            assert_eq!(feed.digests(), general.digests());
        } else {
            // Where both are general, what they tell of a broken frame may differ, and so may what follows.
            agree = feed.events == general.events && feed.digests() == general.digests();
        }
    }
});
