//! The frame around an answer: OKX's keys in OKX's order, HTTP statuses, gateway times.

use std::fmt::Write as _;

use crate::exchange::call::{Answer, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::io::Nanos;
use crate::exchange::json::{Row, array, quoted};
use crate::exchange::refusal::Refusal;

/// What the real gateway says where a path leads nowhere.
pub(super) const NOT_FOUND: &str =
    r#"{"code":404,"data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}"#;

pub(super) const TOO_MANY: Refusal = Refusal::new("50011", "Too Many Requests");

/// The HTTP status OKX documents for a code; 50119 as it was seen.
pub fn status(code: &str) -> u16 {
    match code {
        "50000" | "50002" | "50004" | "50006" | "50014" | "50015" | "50016" | "50100" | "51000" => 400,
        "50101" | "50102" | "50103" | "50104" | "50105" | "50106" | "50107" | "50108" | "50109" | "50110" | "50111" | "50112" | "50113"
        | "50114" | "50119" => 401,
        "50035" => 403,
        "50115" => 405,
        "50005" => 410,
        "50011" | "50013" | "51113" | "51115" | "58102" => 429,
        "50026" | "51054" | "51149" => 500,
        "50001" => 503,
        _ => 200,
    }
}

/// Requests that are answered item by item.
const ITEMIZED: [&str; 12] = [
    "trade/order",
    "trade/batch-orders",
    "trade/amend-order",
    "trade/amend-batch-orders",
    "trade/cancel-order",
    "trade/cancel-batch-orders",
    "order",
    "batch-orders",
    "amend-order",
    "batch-amend-orders",
    "cancel-order",
    "batch-cancel-orders",
];

/// What a fault refuses, told where OKX tells it: a code about an order in the row of each item, any other for the whole request.
pub(super) fn scripted(endpoint: &str, refusal: Refusal, items: &[Fields], now_ms: u64) -> Answer {
    let of_orders = refusal.code.starts_with("51") || refusal.code.starts_with("54");
    if !ITEMIZED.contains(&endpoint) || !of_orders || !matches!(status(refusal.code), 200 | 400) || items.is_empty() {
        return Err(refusal);
    }
    let row = |item: &Fields| {
        let [cl_ord_id, ord_id, tag] = ["clOrdId", "ordId", "tag"].map(|name| item.text(name).unwrap_or_default());
        let row = Row::new().s("clOrdId", &cl_ord_id).s("ordId", &ord_id).s("sCode", refusal.code).s("sMsg", &refusal.msg);
        (false, row.s("subCode", refusal.sub_code).s("tag", &tag).n("ts", now_ms).end())
    };
    Ok(Reply::Items(items.iter().map(row).collect()))
}

/// Code and text of a reply as a whole: what became of its items.
fn outcome(items: &[(bool, String)]) -> (&'static str, &'static str) {
    match items.iter().filter(|(good, _)| *good).count() {
        good if good == items.len() => ("0", ""),
        0 => ("1", "All operations failed"),
        _ => ("2", "Bulk operation partially succeeded."),
    }
}

fn rows(items: Vec<(bool, String)>) -> Vec<String> {
    items.into_iter().map(|(_, row)| row).collect()
}

/// The body of a REST answer, keys in alphabetical order.
pub(super) fn rest(reply: Reply, arrived: Nanos, now: Nanos) -> String {
    match reply {
        Reply::Data(rows) => format!(r#"{{"code":"0","data":{},"msg":""}}"#, array(&rows)),
        Reply::Object(row) => format!(r#"{{"code":"0","data":{row},"msg":""}}"#),
        Reply::Items(items) => {
            let (code, msg) = outcome(&items);
            let (data, inside, outside) = (array(&rows(items)), arrived / 1000, now / 1000);
            format!(r#"{{"code":"{code}","data":{data},"inTime":"{inside}","msg":"{msg}","outTime":"{outside}"}}"#)
        }
    }
}

/// A refused REST request. What OKX's gateway refuses has no `data`.
pub(super) fn refused(refusal: &Refusal, status: u16) -> String {
    let mut msg = String::new();
    quoted(&mut msg, &refusal.msg);
    let code = refusal.code;
    match status {
        200 | 400 => format!(r#"{{"code":"{code}","data":[],"msg":{msg}}}"#),
        _ => format!(r#"{{"msg":{msg},"code":"{code}"}}"#),
    }
}

/// The answer to an operation over WebSocket.
pub(super) fn operation(id: Option<&str>, op: &str, answer: Result<Reply, Refusal>, arrived: Nanos, now: Nanos) -> String {
    let mut out = String::with_capacity(320);
    out.push('{');
    if let Some(id) = id {
        let _ = write!(out, r#""id":"{id}","#);
    }
    let _ = write!(out, r#""op":"{op}","code":""#);
    let timed = match answer {
        Ok(Reply::Data(rows)) => {
            let _ = write!(out, r#"0","msg":"","data":{}"#, array(&rows));
            false
        }
        Ok(Reply::Object(row)) => {
            let _ = write!(out, r#"0","msg":"","data":{row}"#);
            false
        }
        Ok(Reply::Items(items)) => {
            let (code, _) = outcome(&items);
            let _ = write!(out, r#"{code}","msg":"","data":["#);
            for (at, (_, row)) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(row);
            }
            out.push(']');
            true
        }
        Err(refusal) => {
            let _ = write!(out, r#"{}","msg":"#, refusal.code);
            quoted(&mut out, &refusal.msg);
            out.push_str(r#","data":[]"#);
            true
        }
    };
    if timed {
        let _ = write!(out, r#","inTime":"{}","outTime":"{}""#, arrived / 1000, now / 1000);
    }
    out.push('}');
    out
}

/// `{"id":…,"event":"error",…}`.
pub(super) fn error(id: Option<&str>, refusal: &Refusal, conn_id: &str) -> String {
    let mut out = id.map_or_else(|| "{".to_owned(), |id| format!(r#"{{"id":"{id}","#));
    let _ = write!(out, r#""event":"error","code":"{}","msg":"#, refusal.code);
    quoted(&mut out, &refusal.msg);
    let _ = write!(out, r#","connId":"{conn_id}"}}"#);
    out
}

/// The ack of a subscription, or of its end; `arg` is JSON.
pub(super) fn ack(id: Option<&str>, event: &str, arg: &str, conn_id: &str) -> String {
    let id = id.map_or_else(String::new, |id| format!(r#""id":"{id}","#));
    format!(r#"{{{id}"event":"{event}","arg":{arg},"connId":"{conn_id}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_whole_tells_what_became_of_its_items() {
        let items = |good: &[bool]| Reply::Items(good.iter().map(|good| (*good, "{}".to_owned())).collect());
        for (good, code, msg) in [
            (&[true][..], "0", ""),
            (&[false], "1", "All operations failed"),
            (&[true, false, true], "2", "Bulk operation partially succeeded."),
            (&[false, false], "1", "All operations failed"),
        ] {
            let body = rest(items(good), 1_000_000, 2_000_000);
            assert!(body.starts_with(&format!(r#"{{"code":"{code}","data":[{{}}"#)), "{body}");
            assert!(body.ends_with(&format!(r#"],"inTime":"1000","msg":"{msg}","outTime":"2000"}}"#)), "{body}");
            let text = operation(Some("a1"), "order", Ok(items(good)), 1_000_000, 2_000_000);
            assert!(text.starts_with(&format!(r#"{{"id":"a1","op":"order","code":"{code}","msg":"","data":["#)), "{text}");
            assert!(text.ends_with(r#"],"inTime":"1000","outTime":"2000"}"#), "{text}");
        }
    }

    #[test]
    fn refusals_look_like_the_recorded_ones() {
        let refusal = Refusal::new("50111", "Invalid OK-ACCESS-KEY");
        assert_eq!(refused(&refusal, status("50111")), r#"{"msg":"Invalid OK-ACCESS-KEY","code":"50111"}"#);
        let missing = Refusal::new("51603", "Order does not exist");
        assert_eq!(refused(&missing, status("51603")), r#"{"code":"51603","data":[],"msg":"Order does not exist"}"#);
        let login = Refusal::new("60011", "Please log in");
        assert_eq!(error(None, &login, "78d58071"), r#"{"event":"error","code":"60011","msg":"Please log in","connId":"78d58071"}"#);
        assert_eq!(
            operation(Some("1"), "order", Err(login), 0, 0),
            r#"{"id":"1","op":"order","code":"60011","msg":"Please log in","data":[],"inTime":"0","outTime":"0"}"#
        );
    }
}
