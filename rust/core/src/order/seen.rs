//! What a row says of an order, as far as a call in doubt asks.

use super::row::OrderRow;
use crate::num::Num;
use crate::shallow::{Raw, array, object};

/// A row of the `orders` or `sprd-orders` channel, or of `trade/order` or `sprd/order`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// instId or sprdId.
    pub inst: String,
    pub ord_id: String,
    pub cl_ord_id: String,
    pub state: String,
    pub px: Option<Num>,
    pub sz: Option<Num>,
    pub c_time_ms: Option<u64>,
    pub u_time_ms: Option<u64>,
    pub req_id: String,
    /// `-1` failed, `1` failed and so canceled; `0` and `2` done; empty: no amendment.
    pub amend_result: String,
    pub code: String,
    pub msg: String,
}

impl From<&OrderRow> for Seen {
    fn from(row: &OrderRow) -> Self {
        let ms = |time: Option<i64>| time.and_then(|ms| u64::try_from(ms).ok());
        Self {
            inst: row.inst_id.clone(),
            ord_id: row.ord_id.clone(),
            cl_ord_id: row.cl_ord_id.clone(),
            state: row.state.as_str().to_owned(),
            px: row.px,
            sz: row.sz,
            c_time_ms: ms(row.c_time_ms),
            u_time_ms: ms(row.u_time_ms),
            req_id: row.req_id.clone(),
            amend_result: row.amend_result.as_str().to_owned(),
            code: row.code.as_str().to_owned(),
            msg: row.msg.clone(),
        }
    }
}

impl Seen {
    fn read(row: &[u8]) -> Option<Self> {
        let mut seen = Self::default();
        object(row, |key, value| match key {
            b"instId" | b"sprdId" => seen.inst = value.text().into_owned(),
            b"ordId" => seen.ord_id = value.text().into_owned(),
            b"clOrdId" => seen.cl_ord_id = value.text().into_owned(),
            b"state" => seen.state = value.text().into_owned(),
            b"px" => seen.px = Num::parse(value.plain()),
            b"sz" => seen.sz = Num::parse(value.plain()),
            b"cTime" => seen.c_time_ms = value.int(),
            b"uTime" => seen.u_time_ms = value.int(),
            b"reqId" => seen.req_id = value.text().into_owned(),
            b"amendResult" => seen.amend_result = value.text().into_owned(),
            b"code" => seen.code = value.text().into_owned(),
            b"msg" => seen.msg = value.text().into_owned(),
            _ => {}
        })?;
        (!seen.ord_id.is_empty() && !seen.state.is_empty()).then_some(seen)
    }

    /// The rows of a push.
    pub fn of_push(frame: &[u8]) -> Vec<Self> {
        let mut rows = Vec::new();
        _ = object(frame, |key, value| {
            if key == b"data" {
                rows = rows_of(value);
            }
        });
        rows
    }

    /// The order in the reply to a question after it: `Ok(None)` if OKX says that there is none.
    ///
    /// Source: OKX API v5, Order book trading › Trade › Order details (51603 where there is no such order).
    pub fn of_reply(body: &[u8]) -> Result<Option<Self>, String> {
        let (mut code, mut msg, mut rows) = (String::new(), String::new(), Vec::new());
        let read = object(body, |key, value| match key {
            b"code" => code = value.text().into_owned(),
            b"msg" => msg = value.text().into_owned(),
            b"data" => rows = rows_of(value),
            _ => {}
        });
        match (read, code.as_str()) {
            (None, _) => Err("the answer is not OKX's".to_owned()),
            (_, "0") => Ok(rows.into_iter().next()),
            (_, "51603" | "51001") => Ok(None),
            _ => Err(format!("OKX {code}: {msg}")),
        }
    }

    pub(super) fn is_canceled(&self) -> bool {
        matches!(self.state.as_str(), "canceled" | "mmp_canceled")
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_canceled() || self.state == "filled"
    }
}

fn rows_of(data: Raw<'_>) -> Vec<Seen> {
    let mut rows = Vec::new();
    if let Raw::Nested(data @ [b'[', ..]) = data {
        _ = array(data, |row| {
            if let Raw::Nested(row @ [b'{', ..]) = row {
                rows.extend(Seen::read(row));
            }
        });
    }
    rows
}
