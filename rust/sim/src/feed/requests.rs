//! Requests of one connection, answered one arg at a time: a bad arg does not spoil the good ones.

use serde_json::{Value, json};

use crate::feed::frames::Feed;
use crate::feed::limits::Window;
use crate::feed::protocol::{self, EXCLUDED, EXCLUSIVE, Op, Path, Refusal};

/// What follows from a request, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Text(String),
    /// Subscribe now; a snapshot may go out.
    Start(u16),
    Stop(u16),
}

/// Who asks, and where.
pub(crate) struct Desk<'a> {
    pub feed: &'a Feed,
    pub path: Path,
    pub conn_id: &'a str,
    /// Is a stream subscribed on this connection?
    pub is_live: &'a dyn Fn(u16) -> bool,
    /// `None`: as many requests as anybody likes.
    pub requests: Option<&'a mut Window>,
    pub now: u64,
}

impl Desk<'_> {
    pub fn answer(&mut self, text: &str) -> Vec<Answer> {
        let request = match protocol::read(text) {
            Ok(request) => request,
            Err((id, refusal)) => return vec![self.error(id.as_deref(), &refusal)],
        };
        let id = request.id.as_deref();
        if self.requests.as_mut().is_some_and(|window| !window.take(self.now)) {
            return vec![self.error(id, &Refusal { code: "60014", msg: "Requests too frequent".to_owned() })];
        }
        if request.op == Op::Login {
            let msg = "Login failed. This is a simulator; it does not do logins yet.".to_owned();
            return vec![self.error(id, &Refusal { code: "60009", msg })];
        }
        let mut answers = Vec::new();
        for (text, arg) in &request.args {
            if let Some(refusal) = protocol::wrong_path(self.path, arg) {
                answers.push(self.error(id, &refusal));
                continue;
            }
            let Some(stream) = self.feed.find(arg) else {
                answers.push(self.error(id, &protocol::unknown(arg)));
                continue;
            };
            answers.push(Answer::Text(protocol::ack(id, request.op.name(), text, self.conn_id)));
            if request.op == Op::Unsubscribe {
                answers.push(Answer::Stop(stream));
                continue;
            }
            self.subscribe(id, stream, arg, &mut answers);
        }
        answers
    }

    fn subscribe(&self, id: Option<&str>, stream: u16, arg: &Value, answers: &mut Vec<Answer>) {
        let channel = arg.get("channel").and_then(Value::as_str).unwrap_or_default();
        let full = self.sibling(arg, EXCLUSIVE).filter(|_| EXCLUDED.contains(&channel));
        if full.is_some_and(|(full, _)| self.is_live(answers, full)) {
            answers.push(self.error(id, &protocol::exclusive(channel)));
            return;
        }
        for smaller in EXCLUDED.into_iter().filter(|_| channel == EXCLUSIVE) {
            let Some((smaller, arg)) = self.sibling(arg, smaller) else { continue };
            if self.is_live(answers, smaller) {
                answers.retain(|answer| *answer != Answer::Start(smaller));
                answers.push(Answer::Stop(smaller));
                answers.push(Answer::Text(protocol::ack(None, "unsubscribe", &arg.to_string(), self.conn_id)));
            }
        }
        answers.push(Answer::Start(stream));
    }

    fn error(&self, id: Option<&str>, refusal: &Refusal) -> Answer {
        Answer::Text(protocol::error(id, refusal, self.conn_id))
    }

    /// The same instrument's stream on another channel.
    fn sibling(&self, arg: &Value, channel: &str) -> Option<(u16, Value)> {
        let mut fields = arg.as_object()?.clone();
        fields.insert("channel".to_owned(), json!(channel));
        let other = Value::Object(fields);
        Some((self.feed.find(&other)?, other))
    }

    /// Subscribed already, or about to be by an earlier arg of this request, which may also have ended it.
    fn is_live(&self, answers: &[Answer], stream: u16) -> bool {
        let said = answers.iter().rev().find_map(|answer| match answer {
            Answer::Start(other) if *other == stream => Some(true),
            Answer::Stop(other) if *other == stream => Some(false),
            _ => None,
        });
        said.unwrap_or_else(|| (self.is_live)(stream))
    }
}
