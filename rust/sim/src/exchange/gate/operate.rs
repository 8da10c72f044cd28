//! Order operations over WebSocket: the same handlers and limits as REST.

use serde_json::Value;

use crate::exchange::call::{Call, Permission, Reply};
use crate::exchange::faults::{Class, Faults, Kind, RequestInfo, Verdict};
use crate::exchange::fields::Fields;
use crate::exchange::gate::channel::Site;
use crate::exchange::gate::limit::Who;
use crate::exchange::gate::message::{BAD_ARGS, Message};
use crate::exchange::gate::rest::{deadline_of, told};
use crate::exchange::gate::route::{OPS, Op};
use crate::exchange::gate::subscribe::LOG_IN;
use crate::exchange::gate::{Gate, envelope};
use crate::exchange::io::{ConnId, Nanos, Output};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Operations that honour a deadline, and count for the account's order limit.
const ORDERS: [&str; 4] = ["order", "batch-orders", "amend-order", "batch-amend-orders"];

const WRONG_PATH: Refusal =
    Refusal::new("60028", "The current operation is not supported by this URL. Please use the correct WebSocket URL for the operation.");

impl Gate {
    pub(super) fn operate(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, message: Message, arrived: Nanos) {
        let Message { id, op, args, exp_time } = message;
        let Some(known) = OPS.iter().copied().find(|known| *known == op) else {
            self.error(world.now, faults, conn, id.as_deref(), &Refusal::because("60019", format!("Invalid op: {op}")));
            return;
        };
        let items = items(args);
        let Some(socket) = self.sockets.get(&conn) else { return };
        let account = socket.caller.as_ref().map(|caller| caller.acct);
        let first = items.as_ref().ok().and_then(|items| items.first());
        let cl_ord_id = first.and_then(|item| item.get("clOrdId")).and_then(Value::as_str);
        let info = RequestInfo { conn, kind: Kind::WsOp, endpoint: known, account, cl_ord_id, detail: "" };
        let verdict = faults.on_request(world, &info);
        let (at, answer) = match verdict {
            Verdict::Pass => (world.now, Some(self.operated(world, conn, known, items, exp_time, arrived))),
            Verdict::AnswerLate(by) => (world.now.saturating_add(by), Some(self.operated(world, conn, known, items, exp_time, arrived))),
            Verdict::Refuse(refusal, _) => {
                let items = items.as_deref().unwrap_or_default();
                (world.now, Some(envelope::scripted(known, refusal, items, world.now_ms())))
            }
            Verdict::Drop => return,
            Verdict::DoButLose(instead) => {
                let _ = self.operated(world, conn, known, items, exp_time, arrived);
                (world.now, instead.map(Err))
            }
        };
        let Some(answer) = answer else { return };
        let text = envelope::operation(id.as_deref(), known, answer, told(world, arrived), told(world, world.now));
        faults.on_output(at, Class::Ack { op: known }, Output::Text { conn, text: text.into_bytes().into() });
    }

    fn operated(
        &mut self,
        world: &mut World,
        conn: ConnId,
        op: &'static str,
        items: Result<Vec<Fields>, Refusal>,
        exp_time: Option<String>,
        arrived: Nanos,
    ) -> Result<Reply, Refusal> {
        let Some(socket) = self.sockets.get(&conn) else { return Err(LOG_IN) };
        if (socket.site == Site::Business) != op.starts_with("sprd-") || socket.site == Site::Public {
            return Err(WRONG_PATH);
        }
        let caller = socket.caller.as_ref().ok_or(LOG_IN)?;
        let found: Op = *self.routes.op(op).ok_or_else(|| Refusal::not_simulated(op))?;
        let items = items?;
        if items.len() > 1 && !found.is_batch() {
            return Err(BAD_ARGS);
        }
        caller.may(Permission::Trade)?;
        let acct = Some(caller.acct);
        let orders = ORDERS.contains(&op);
        let who = Who { ip: socket.peer, acct };
        self.limits.check(world, who, &found.operation.limit, &found.single, &items, orders)?;
        let exp_time = exp_time.filter(|_| orders).map(|value| deadline_of(&value, world, arrived)).transpose()?;
        let params = items.first().cloned().unwrap_or_default();
        (found.operation.handler)(&mut Call { world, acct, params, items, ws: true, exp_time })
    }
}

fn items(args: Vec<Value>) -> Result<Vec<Fields>, Refusal> {
    if args.is_empty() {
        return Err(BAD_ARGS);
    }
    let object = |item| if let Value::Object(fields) = item { Ok(Fields::new(fields)) } else { Err(BAD_ARGS) };
    args.into_iter().map(object).collect()
}
