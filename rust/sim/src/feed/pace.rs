//! When the next message goes out. Open loop: a schedule does not wait for a slow receiver, it falls behind and shows it.

/// How fast a feed is sent on a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as the socket takes it, many messages a write.
    Full,
    /// `per_s` messages a second on average, in bursts of so many, each message a write of its own.
    Rate { per_s: f64, burst: u32 },
    /// As recorded (a generated market has a clock of its own), times this factor.
    Recorded { factor: f64 },
}

/// From one message of a burst to the next, nanoseconds: about what a server needs to write one.
const IN_BURST_NS: u64 = 10_000;

#[derive(Debug)]
pub(crate) struct Schedule {
    pace: Pace,
    /// Our time and the feed's time at the first message, and messages since.
    origin: Option<(u64, u64)>,
    sent: u64,
}

impl Schedule {
    pub fn new(pace: Pace) -> Self {
        Self { pace, origin: None, sent: 0 }
    }

    pub fn is_full(&self) -> bool {
        self.pace == Pace::Full
    }

    /// Nothing to send: the next message starts a new schedule.
    pub fn pause(&mut self) {
        self.origin = None;
        self.sent = 0;
    }

    /// When the next message is due, in nanoseconds of `now`'s clock; `feed_ns` is its time in the feed.
    pub fn due(&mut self, now: u64, feed_ns: u64) -> u64 {
        let (start, first) = *self.origin.get_or_insert((now, feed_ns));
        match self.pace {
            Pace::Full => now,
            Pace::Rate { per_s, burst } => {
                let (group, place) = (self.sent / u64::from(burst.max(1)), self.sent % u64::from(burst.max(1)));
                start + whole(group as f64 * f64::from(burst.max(1)) * 1e9 / per_s.max(1e-3)) + place * IN_BURST_NS
            }
            Pace::Recorded { factor } => start + whole(feed_ns.saturating_sub(first) as f64 / factor.max(1e-9)),
        }
    }

    /// A message went out.
    pub fn went(&mut self) {
        self.sent += 1;
    }
}

/// The whole part of a number that is not negative.
#[allow(clippy::cast_sign_loss, reason = "a negative number becomes 0, as the name promises nothing else")]
pub(crate) fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(pace: Pace, feed_ns: &[u64]) -> Vec<u64> {
        let mut schedule = Schedule::new(pace);
        let due = |&at: &u64| {
            let due = schedule.due(1_000, at);
            schedule.went();
            due
        };
        feed_ns.iter().map(due).collect()
    }

    #[test]
    fn a_rate_is_kept_from_the_start_whatever_the_delays() {
        assert_eq!(dues(Pace::Rate { per_s: 1e6, burst: 1 }, &[0; 3]), [1_000, 2_000, 3_000]);
    }

    #[test]
    fn the_messages_of_a_burst_follow_each_other_closely_and_the_rate_is_kept() {
        assert_eq!(dues(Pace::Rate { per_s: 1e4, burst: 2 }, &[0; 5]), [1_000, 11_000, 201_000, 211_000, 401_000]);
    }

    #[test]
    fn a_recording_keeps_its_own_steps() {
        assert_eq!(dues(Pace::Recorded { factor: 2.0 }, &[500, 500, 700]), [1_000, 1_000, 1_100]);
    }
}
