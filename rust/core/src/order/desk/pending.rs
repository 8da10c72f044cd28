//! A call on its way: what answers and rows say of its orders.

use super::super::answer::{Answer, Item as Said};
use super::super::seen::Seen;
use super::amended::Amendments;
use super::line::Line;
use super::{Call, Config, MS, Outcome, Proof};
use crate::time::Stamp;

#[derive(Debug)]
pub struct Pending<T> {
    pub call: Call<T>,
    pub lines: Vec<Line>,
    /// The answer is still to come.
    pub is_waiting: bool,
    pub answered: Option<Stamp>,
    pub code: String,
    pub msg: String,
    pub in_time_us: Option<u64>,
    pub out_time_us: Option<u64>,
}

impl<T> Pending<T> {
    /// Takes what OKX answered.
    pub fn take(&mut self, at: Stamp, answer: &Answer<'_>, until: u64) {
        (self.is_waiting, self.answered) = (false, Some(at));
        (self.in_time_us, self.out_time_us) = (answer.in_time_us, answer.out_time_us);
        (self.code, self.msg) = (answer.code.to_string(), answer.msg.to_string());
        let mut items = Vec::with_capacity(self.lines.len());
        answer.items(|item| items.push(item));
        let of_whole = !matches!(&*answer.code, "" | "0" | "1" | "2");
        let many = self.lines.len() > 1;
        for (index, line) in self.lines.iter_mut().enumerate().filter(|(_, l)| l.said.is_none()) {
            let said = items.get(index).filter(|said| !many || line.is_meant_by(said));
            match said {
                Some(said) if !of_whole || !said.s_code.is_empty() => line.answered(at, said, answer, until),
                _ if &*answer.code == "0" && !many => {
                    let said = Said { s_code: "0".into(), ..Said::default() };
                    line.answered(at, &said, answer, until);
                }
                _ if of_whole => {
                    let said = Said { s_code: answer.code.clone(), s_msg: answer.msg.clone(), ..Said::default() };
                    line.answered(at, &said, answer, until);
                }
                // A batch's answer that leaves one of its orders out, or an answer that says nothing.
                _ => line.begin_doubt(at, format!("OKX answered {} without a word on this order", answer.code), until),
            }
        }
    }

    /// Takes what a row shows. Whether it settles anything.
    pub fn see(&mut self, seen: &Seen, proof: Proof, amended: &Amendments, config: Config, offset_ms: i64) -> bool {
        let called_ms = server_ms(self.call.called, offset_ms).saturating_sub(config.clock_slack_ms);
        let does = self.call.op.does();
        let sent = self.call.sent();
        let is_last = || amended.is_last(sent, seen);
        let mut news = false;
        for line in self
            .lines
            .iter_mut()
            .filter(|l| l.said.is_none() && l.shown.is_none() && (l.asked.inst.is_empty() || *l.asked.inst == *seen.inst))
        {
            if let Some((outcome, words)) = line.judge(seen, does, called_ms, is_last) {
                let mut shown = line.report(outcome, proof, words);
                shown.ord_id.clone_from(&seen.ord_id);
                shown.cl_ord_id.clone_from(&seen.cl_ord_id);
                if outcome == Outcome::Rejected {
                    shown.code.clone_from(&seen.code);
                    if !seen.msg.is_empty() {
                        shown.msg.clone_from(&seen.msg);
                    }
                }
                line.shown = Some(Box::new(shown));
                news = true;
            }
        }
        news
    }

    pub fn deadline(&self) -> Option<u64> {
        if self.is_waiting {
            return Some(self.call.answer_by);
        }
        let of_line = |line: &Line| match (&line.said, &line.doubt) {
            (None, Some(doubt)) if line.is_named() && doubt.open.is_none() => Some(doubt.next.min(doubt.until)),
            (None, Some(doubt)) => Some(doubt.until),
            _ => None,
        };
        self.lines.iter().filter_map(of_line).min()
    }
}

/// OKX's clock, as far as we know it, Unix milliseconds.
pub fn server_ms(at: Stamp, offset_ms: i64) -> u64 {
    (at.wall_ns / MS).saturating_add_signed(offset_ms)
}
