//! One order of a call: what is known of how it went.

use super::super::answer::{Answer, Item as Said, leaves_open};
use super::super::seen::Seen;
use super::super::{Does, Id};
use super::{Asked, FIRST_PAUSE, Item, Outcome, Proof};
use crate::num::Num;
use crate::time::Stamp;
use std::cmp::Ordering::Equal;
use std::sync::Arc;

#[derive(Debug)]
pub struct Doubt {
    pub why: String,
    /// OKX's, where it answered with one that leaves it open.
    pub code: String,
    pub until: u64,
    pub next: u64,
    pub pause: u64,
    pub queries: u32,
    /// The question under way, and OKX's time when it was asked.
    pub open: Option<(u64, u64)>,
    pub last: String,
}

#[derive(Debug)]
pub struct Line {
    pub asked: Asked,
    /// The order that had this clOrdId before the call: it proves nothing.
    pub before: Option<Id>,
    pub said: Option<Item>,
    /// Rare, and kept out of the way of what is not: so is `shown`.
    pub doubt: Option<Box<Doubt>>,
    /// What a row has shown before the answer came.
    pub shown: Option<Box<Item>>,
}

impl Line {
    /// Can OKX be asked after it?
    pub fn is_named(&self) -> bool {
        !self.asked.ord_id.is_empty() || !self.asked.cl_ord_id.is_empty()
    }

    /// An amendment to no more than is filled ends the order: its size is new then, and its price is not.
    pub fn may_be_done(&self, seen: &Seen) -> bool {
        let is_sz = |sz: Num| seen.sz.is_some_and(|is| is.cmp_value(sz) == Equal);
        seen.state == "filled" && self.asked.new_sz.is_some_and(is_sz)
    }

    pub fn is_meant_by(&self, said: &Said<'_>) -> bool {
        let differs = |ours: &Id, theirs: &str| !ours.is_empty() && !theirs.is_empty() && ours.as_str() != theirs;
        !differs(&self.asked.ord_id, &said.ord_id) && !differs(&self.asked.cl_ord_id, &said.cl_ord_id)
    }

    pub fn begin_doubt(&mut self, at: Stamp, why: String, until: u64) {
        if let Some(doubt) = &mut self.doubt {
            // It stays in doubt for as long as it was to be.
            doubt.why = why;
            return;
        }
        let last = if self.is_named() { "" } else { "there is no clOrdId to ask for" };
        self.doubt = Some(Box::new(Doubt {
            why,
            code: String::new(),
            until,
            next: at.mono_ns,
            pause: FIRST_PAUSE,
            queries: 0,
            open: None,
            last: last.to_owned(),
        }));
    }

    pub fn answered(&mut self, at: Stamp, said: &Said<'_>, answer: &Answer<'_>, until: u64) {
        let code = if said.s_code.is_empty() { &answer.code } else { &said.s_code };
        let is_swept = said.result != Some(false);
        if leaves_open(code) {
            let msg = if said.s_msg.is_empty() { &answer.msg } else { &said.s_msg };
            self.begin_doubt(at, format!("OKX {code}: {msg}"), until);
            if let Some(doubt) = &mut self.doubt {
                doubt.code = code.to_string();
            }
            return;
        }
        let is_good = &**code == "0" && is_swept;
        let outcome = if is_good { Outcome::Confirmed } else { Outcome::Rejected };
        let mut item = self.report(outcome, Proof::Answer, "");
        item.doubt.clear();
        if !said.ord_id.is_empty() {
            item.ord_id = said.ord_id.to_string();
        }
        if !said.cl_ord_id.is_empty() {
            item.cl_ord_id = said.cl_ord_id.to_string();
        }
        item.tag = said.tag.to_string();
        item.sub_code = said.sub_code.to_string();
        item.ts_ms = said.ts_ms;
        item.code = code.to_string();
        item.msg = if said.s_msg.is_empty() { answer.msg.to_string() } else { said.s_msg.to_string() };
        self.said = Some(item);
    }

    /// What a row proves about what was asked, if anything.
    pub fn judge(&self, seen: &Seen, does: Does, called_ms: u64, is_last: impl Fn() -> bool) -> Option<(Outcome, &'static str)> {
        let asked = &self.asked;
        let is_same = match (asked.ord_id.is_empty(), asked.cl_ord_id.is_empty()) {
            (false, _) => asked.ord_id.as_str() == seen.ord_id,
            (true, false) => asked.cl_ord_id.as_str() == seen.cl_ord_id,
            (true, true) => false,
        };
        if !is_same {
            return None;
        }
        match does {
            Does::Place if self.before.is_some_and(|before| before.as_str() == seen.ord_id) => None,
            Does::Place => (seen.c_time_ms? >= called_ms).then_some((Outcome::Confirmed, "")),
            Does::Cancel if seen.is_canceled() => Some((Outcome::Confirmed, "")),
            Does::Cancel => seen.is_over().then_some((Outcome::Rejected, "the order is filled")),
            Does::Amend => {
                let has = |want: Option<Num>, is: Option<Num>| want.is_none_or(|w| is.is_some_and(|i| i.cmp_value(w) == Equal));
                let is_as_asked = has(asked.new_px, seen.px) && has(asked.new_sz, seen.sz);
                if !asked.req_id.is_empty() && asked.req_id.as_str() == seen.req_id {
                    match seen.amend_result.as_str() {
                        "0" | "2" => return Some((Outcome::Confirmed, "")),
                        "-1" | "1" => return Some((Outcome::Rejected, "the amendment failed")),
                        // `cxlOnFail`, refused at once.
                        _ if seen.is_canceled() && !is_as_asked => {
                            return Some((Outcome::Rejected, "the amendment failed, and so the order was canceled"));
                        }
                        _ => {}
                    }
                }
                let is_later = seen.u_time_ms.is_some_and(|ms| ms >= called_ms);
                if is_as_asked && is_later {
                    Some((Outcome::Confirmed, ""))
                } else {
                    let is_as_it_was = seen.is_over() && !self.may_be_done(seen) && is_last();
                    is_as_it_was.then_some((Outcome::Rejected, "the order is over, and as it was"))
                }
            }
            Does::Sweep => None,
        }
    }

    pub fn report(&self, outcome: Outcome, proof: Proof, msg: &str) -> Item {
        let Asked { inst, ord_id, cl_ord_id, req_id, .. } = &self.asked;
        let text = |id: &Id| id.as_str().to_owned();
        let (doubt, queries) = self.doubt.as_ref().map_or((String::new(), 0), |d| (d.why.clone(), d.queries));
        Item {
            outcome,
            proof,
            inst: Arc::clone(inst),
            ord_id: text(ord_id),
            cl_ord_id: text(cl_ord_id),
            tag: String::new(),
            req_id: text(req_id),
            code: String::new(),
            sub_code: String::new(),
            msg: msg.to_owned(),
            ts_ms: None,
            doubt,
            queries,
        }
    }

    pub fn over(self) -> Option<Item> {
        let mut item = self.said?;
        if let Some(doubt) = self.doubt {
            (item.doubt, item.queries) = (doubt.why, doubt.queries);
        }
        Some(item)
    }
}
