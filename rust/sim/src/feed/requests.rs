//! Requests of one connection, answered one arg at a time: a bad arg does not spoil the good ones.

use serde_json::{Value, json};

use crate::feed::player::Player;
use crate::feed::protocol::{self, EXCLUDED, EXCLUSIVE, Op, Path, Refusal};

/// What follows from a request, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Text(String),
    /// Subscribe now; a snapshot may go out.
    Start(u16),
}

pub(crate) fn answer(text: &str, path: Path, player: &mut Player, conn_id: &str) -> Vec<Answer> {
    let request = match protocol::read(text) {
        Ok(request) => request,
        Err((id, refusal)) => return vec![Answer::Text(protocol::error(id.as_deref(), &refusal, conn_id))],
    };
    let id = request.id.as_deref();
    let error = |refusal: &Refusal| Answer::Text(protocol::error(id, refusal, conn_id));
    if request.op == Op::Login {
        let msg = "Login failed. This is a simulator; it does not do logins yet.".to_owned();
        return vec![error(&Refusal { code: "60009", msg })];
    }
    let mut answers = Vec::new();
    for (text, arg) in &request.args {
        let ack = Answer::Text(protocol::ack(id, request.op.name(), text, conn_id));
        if let Some(refusal) = protocol::wrong_path(path, arg) {
            answers.push(error(&refusal));
            continue;
        }
        let Some(stream) = player.feed().find(arg) else {
            answers.push(error(&protocol::unknown(arg)));
            continue;
        };
        answers.push(ack);
        if request.op == Op::Unsubscribe {
            player.unsubscribe(stream);
            continue;
        }
        let channel = arg.get("channel").and_then(Value::as_str).unwrap_or_default();
        let full = sibling(player, arg, EXCLUSIVE).filter(|_| EXCLUDED.contains(&channel));
        if full.is_some_and(|(full, _)| is_live(player, &answers, full)) {
            answers.push(error(&protocol::exclusive(channel)));
            continue;
        }
        for smaller in EXCLUDED.into_iter().filter(|_| channel == EXCLUSIVE) {
            let Some((smaller, arg)) = sibling(player, arg, smaller) else { continue };
            if is_live(player, &answers, smaller) {
                player.unsubscribe(smaller);
                answers.retain(|answer| *answer != Answer::Start(smaller));
                answers.push(Answer::Text(protocol::ack(None, "unsubscribe", &arg.to_string(), conn_id)));
            }
        }
        answers.push(Answer::Start(stream));
    }
    answers
}

/// The same instrument's stream on another channel.
fn sibling(player: &Player, arg: &Value, channel: &str) -> Option<(u16, Value)> {
    let mut fields = arg.as_object()?.clone();
    fields.insert("channel".to_owned(), json!(channel));
    let other = Value::Object(fields);
    Some((player.feed().find(&other)?, other))
}

/// Subscribed already, or about to be by an earlier arg of this request.
fn is_live(player: &Player, answers: &[Answer], stream: u16) -> bool {
    player.is_live(stream) || answers.contains(&Answer::Start(stream))
}
