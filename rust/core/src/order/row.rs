//! Rows that tell of orders and fills: read whole, and forgiving where nothing depends on it.
//!
//! ```text
//! push of `orders` ─┐                     push of `fills` ─────────┐
//! trade/order       ├─▶ OrderRow          trade/fills, -history ───┴─▶ FillRow
//! orders-pending    │
//! orders-history ───┘   unknown field: ignored · absent or "": empty · a number where OKX writes a text: taken
//! ```
//!
//! A row without instId, ordId or state, or with a number that cannot be read, is refused: half an order is worse than
//! a complaint.
//!
//! Source: OKX API v5, Order book trading › Trade › WS order channel, WS fills channel, GET order details, GET order
//! list, GET transaction details.

use crate::code::Code;
use crate::error::Error;
use crate::msg::Field;
use crate::num::Num;
use crate::shallow::{Raw, array, object};
use serde_json::{Number, Value};

/// Where an order stands. Those but [`State::Accepted`] are OKX's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Ours: OKX took the order, and no row has told yet what became of it.
    #[default]
    Accepted,
    Live,
    PartiallyFilled,
    Filled,
    Canceled,
    /// By market maker protection.
    MmpCanceled,
    /// A state OKX has not documented; it counts as open.
    Other(String),
}

impl State {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Accepted => "accepted",
            Self::Live => "live",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::MmpCanceled => "mmp_canceled",
            Self::Other(text) => text,
        }
    }

    /// Nothing comes after it.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::MmpCanceled)
    }

    fn new(text: String) -> Self {
        match text.as_str() {
            "live" => Self::Live,
            "partially_filled" => Self::PartiallyFilled,
            "filled" => Self::Filled,
            "canceled" => Self::Canceled,
            "mmp_canceled" => Self::MmpCanceled,
            _ => Self::Other(text),
        }
    }
}

/// One row of an order. Sizes are contracts for derivatives, base currency for spot; except `sz` of a spot market order
/// whose `tgt_ccy` is `quote_ccy`. Fees: negative is paid. Times are OKX's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderRow {
    pub inst_type: Code,
    pub inst_id: String,
    pub ord_id: String,
    pub cl_ord_id: String,
    pub tag: String,
    pub side: Code,
    /// Empty in pushes of spot orders, `net` in replies.
    pub pos_side: Code,
    pub td_mode: Code,
    pub ord_type: Code,
    pub tgt_ccy: Code,
    pub state: State,
    pub px: Option<Num>,
    pub sz: Option<Num>,
    /// Filled so far.
    pub acc_fill_sz: Option<Num>,
    /// The fill of this push; in a reply, the last fill.
    pub fill_sz: Option<Num>,
    pub fill_px: Option<Num>,
    pub fill_fee: Option<Num>,
    pub fill_fee_ccy: Code,
    pub fill_pnl: Option<Num>,
    pub fill_time_ms: Option<i64>,
    /// `T` taker, `M` maker.
    pub exec_type: Code,
    /// Of the fill; `0` when it came from a liquidation.
    pub trade_id: String,
    /// `0` in pushes and empty in replies before the first fill.
    pub avg_px: Option<Num>,
    /// Of all fills.
    pub fee: Option<Num>,
    pub fee_ccy: Code,
    pub pnl: Option<Num>,
    pub c_time_ms: Option<i64>,
    pub u_time_ms: Option<i64>,
    pub req_id: String,
    pub amend_result: Code,
    pub amend_source: Code,
    pub cancel_source: Code,
    pub code: Code,
    pub msg: String,
    pub source: Code,
    pub category: Code,
    pub algo_id: String,
    pub algo_cl_ord_id: String,
    pub attach_algo_cl_ord_id: String,
    pub reduce_only: Option<bool>,
}

/// One fill, of `trade/fills` and `fills-history`, or of the `fills` channel, which has no fee.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FillRow {
    pub inst_type: Code,
    pub inst_id: String,
    /// Negative when it came from a liquidation.
    pub trade_id: String,
    pub ord_id: String,
    /// `0` in the `fills` channel unless the id is a number.
    pub cl_ord_id: String,
    pub bill_id: String,
    pub fill_px: Option<Num>,
    pub fill_sz: Option<Num>,
    pub side: Code,
    pub pos_side: Code,
    pub exec_type: Code,
    /// Negative is paid.
    pub fee: Option<Num>,
    pub fee_ccy: Code,
    pub fill_pnl: Option<Num>,
    pub fill_time_ms: Option<i64>,
    pub ts_ms: Option<i64>,
    /// Matches at this price in one row; only in the `fills` channel.
    pub count: Option<i64>,
}

/// A reply of REST. Only that of code `0` has rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T = OrderRow> {
    pub code: String,
    pub msg: String,
    pub rows: Vec<T>,
}

impl OrderRow {
    /// `channel`: where the row is from, for complaints.
    pub fn from_json(value: &Value, channel: &str) -> Result<Self, Error> {
        let row = Row::new(value, channel);
        Ok(Self {
            inst_type: row.code("instType", "a short instType")?,
            inst_id: row.need("instId", "a row with instId")?,
            ord_id: row.need("ordId", "a row with ordId")?,
            cl_ord_id: row.text("clOrdId", "a text as clOrdId")?,
            tag: row.text("tag", "a text as tag")?,
            side: row.code("side", "a short side")?,
            pos_side: row.code("posSide", "a short posSide")?,
            td_mode: row.code("tdMode", "a short tdMode")?,
            ord_type: row.code("ordType", "a short ordType")?,
            tgt_ccy: row.code("tgtCcy", "a short tgtCcy")?,
            state: State::new(row.need("state", "a row with state")?),
            px: row.num("px", "a decimal px")?,
            sz: row.num("sz", "a decimal sz")?,
            acc_fill_sz: row.num("accFillSz", "a decimal accFillSz")?,
            fill_sz: row.num("fillSz", "a decimal fillSz")?,
            fill_px: row.num("fillPx", "a decimal fillPx")?,
            fill_fee: row.num("fillFee", "a decimal fillFee")?,
            fill_fee_ccy: row.code("fillFeeCcy", "a short fillFeeCcy")?,
            fill_pnl: row.num("fillPnl", "a decimal fillPnl")?,
            fill_time_ms: row.int("fillTime", "fillTime in milliseconds")?,
            exec_type: row.code("execType", "a short execType")?,
            trade_id: row.text("tradeId", "a text as tradeId")?,
            avg_px: row.num("avgPx", "a decimal avgPx")?,
            fee: row.num("fee", "a decimal fee")?,
            fee_ccy: row.code("feeCcy", "a short feeCcy")?,
            pnl: row.num("pnl", "a decimal pnl")?,
            c_time_ms: row.int("cTime", "cTime in milliseconds")?,
            u_time_ms: row.int("uTime", "uTime in milliseconds")?,
            req_id: row.text("reqId", "a text as reqId")?,
            amend_result: row.code("amendResult", "a short amendResult")?,
            amend_source: row.code("amendSource", "a short amendSource")?,
            cancel_source: row.code("cancelSource", "a short cancelSource")?,
            code: row.code("code", "a short code")?,
            msg: row.text("msg", "a text as msg")?,
            source: row.code("source", "a short source")?,
            category: row.code("category", "a short category")?,
            algo_id: row.text("algoId", "a text as algoId")?,
            algo_cl_ord_id: row.text("algoClOrdId", "a text as algoClOrdId")?,
            attach_algo_cl_ord_id: row.text("attachAlgoClOrdId", "a text as attachAlgoClOrdId")?,
            reduce_only: row.flag("reduceOnly", "true or false as reduceOnly")?,
        })
    }
}

impl FillRow {
    /// `channel`: where the row is from, for complaints.
    pub fn from_json(value: &Value, channel: &str) -> Result<Self, Error> {
        let row = Row::new(value, channel);
        Ok(Self {
            inst_type: row.code("instType", "a short instType")?,
            inst_id: row.need("instId", "a row with instId")?,
            trade_id: row.text("tradeId", "a text as tradeId")?,
            ord_id: row.need("ordId", "a row with ordId")?,
            cl_ord_id: row.text("clOrdId", "a text as clOrdId")?,
            bill_id: row.text("billId", "a text as billId")?,
            fill_px: row.num("fillPx", "a decimal fillPx")?,
            fill_sz: row.num("fillSz", "a decimal fillSz")?,
            side: row.code("side", "a short side")?,
            pos_side: row.code("posSide", "a short posSide")?,
            exec_type: row.code("execType", "a short execType")?,
            fee: row.num("fee", "a decimal fee")?,
            fee_ccy: row.code("feeCcy", "a short feeCcy")?,
            fill_pnl: row.num("fillPnl", "a decimal fillPnl")?,
            fill_time_ms: row.int("fillTime", "fillTime in milliseconds")?,
            ts_ms: row.int("ts", "ts in milliseconds")?,
            count: row.int("count", "an integer count")?,
        })
    }
}

/// A whole push of the `orders` channel.
pub fn parse_push(frame: &[u8]) -> Result<Vec<OrderRow>, Error> {
    match scan_push(frame) {
        Some(rows) => Ok(rows),
        None => push(frame, "orders", OrderRow::from_json),
    }
}

/// A push as OKX writes it, without a document tree. `None` at the first surprise: the general reader decides then.
fn scan_push(frame: &[u8]) -> Option<Vec<OrderRow>> {
    let (mut is_ours, mut rows) = (false, None);
    object(frame, |key, value| match (key, value) {
        (b"arg", Raw::Nested(arg)) => _ = object(arg, |key, value| is_ours |= key == b"channel" && value == Raw::Text(b"orders")),
        (b"data", Raw::Nested(data)) => {
            let (mut all, mut is_good) = (Vec::new(), true);
            let read = array(data, |row| match row {
                Raw::Nested(row) => match OrderRow::scan(row) {
                    Some(row) => all.push(row),
                    None => is_good = false,
                },
                _ => is_good = false,
            });
            rows = read.filter(|()| is_good).map(|()| all);
        }
        _ => {}
    })?;
    rows.filter(|_| is_ours)
}

/// What stands there: text, or the digits of a number that has no exponent.
fn plain_of(value: Raw<'_>) -> Option<&str> {
    let text = match value {
        Raw::Text(text) if !text.contains(&b'\\') => text,
        Raw::Word(b"null") => b"",
        // Others are rare here, and the general reader has its rules for them.
        _ => return None,
    };
    std::str::from_utf8(text).ok()
}

impl OrderRow {
    fn scan(row: &[u8]) -> Option<Self> {
        let (mut this, mut is_good, mut has_state) = (Self::default(), true, false);
        object(row, |key, value| is_good = is_good && this.take(key, value, &mut has_state).is_some())?;
        (is_good && has_state && !this.inst_id.is_empty() && !this.ord_id.is_empty()).then_some(this)
    }

    fn take(&mut self, key: &[u8], value: Raw<'_>, has_state: &mut bool) -> Option<()> {
        let text = |place: &mut String| plain_of(value).map(|text| text.clone_into(place));
        let code = |place: &mut Code| plain_of(value).and_then(|text| Code::new(text.as_bytes())).map(|code| *place = code);
        let num = |place: &mut Option<Num>| match plain_of(value)? {
            "" => Some(()),
            text => Num::parse(text.as_bytes()).map(|num| *place = Some(num)),
        };
        let int = |place: &mut Option<i64>| match plain_of(value)? {
            "" => Some(()),
            text => text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?.map(|int| *place = Some(int)),
        };
        match key {
            b"instType" => code(&mut self.inst_type),
            b"instId" => text(&mut self.inst_id),
            b"ordId" => text(&mut self.ord_id),
            b"clOrdId" => text(&mut self.cl_ord_id),
            b"tag" => text(&mut self.tag),
            b"side" => code(&mut self.side),
            b"posSide" => code(&mut self.pos_side),
            b"tdMode" => code(&mut self.td_mode),
            b"ordType" => code(&mut self.ord_type),
            b"tgtCcy" => code(&mut self.tgt_ccy),
            b"state" => {
                let word = plain_of(value).filter(|word| !word.is_empty())?;
                (self.state, *has_state) = (State::new(word.to_owned()), true);
                Some(())
            }
            b"px" => num(&mut self.px),
            b"sz" => num(&mut self.sz),
            b"accFillSz" => num(&mut self.acc_fill_sz),
            b"fillSz" => num(&mut self.fill_sz),
            b"fillPx" => num(&mut self.fill_px),
            b"fillFee" => num(&mut self.fill_fee),
            b"fillFeeCcy" => code(&mut self.fill_fee_ccy),
            b"fillPnl" => num(&mut self.fill_pnl),
            b"fillTime" => int(&mut self.fill_time_ms),
            b"execType" => code(&mut self.exec_type),
            b"tradeId" => text(&mut self.trade_id),
            b"avgPx" => num(&mut self.avg_px),
            b"fee" => num(&mut self.fee),
            b"feeCcy" => code(&mut self.fee_ccy),
            b"pnl" => num(&mut self.pnl),
            b"cTime" => int(&mut self.c_time_ms),
            b"uTime" => int(&mut self.u_time_ms),
            b"reqId" => text(&mut self.req_id),
            b"amendResult" => code(&mut self.amend_result),
            b"amendSource" => code(&mut self.amend_source),
            b"cancelSource" => code(&mut self.cancel_source),
            b"code" => code(&mut self.code),
            b"msg" => text(&mut self.msg),
            b"source" => code(&mut self.source),
            b"category" => code(&mut self.category),
            b"algoId" => text(&mut self.algo_id),
            b"algoClOrdId" => text(&mut self.algo_cl_ord_id),
            b"attachAlgoClOrdId" => text(&mut self.attach_algo_cl_ord_id),
            b"reduceOnly" => {
                self.reduce_only = match value {
                    Raw::Text(b"") | Raw::Word(b"null") => None,
                    Raw::Text(b"true") | Raw::Word(b"true") => Some(true),
                    Raw::Text(b"false") | Raw::Word(b"false") => Some(false),
                    _ => return None,
                };
                Some(())
            }
            _ => Some(()),
        }
    }
}

/// A whole push of the `fills` channel.
pub fn parse_fills_push(frame: &[u8]) -> Result<Vec<FillRow>, Error> {
    push(frame, "fills", FillRow::from_json)
}

/// The body of a reply of `trade/order`, `orders-pending`, `orders-history` and `orders-history-archive`.
pub fn parse_reply(body: &[u8]) -> Result<Reply, Error> {
    reply(body, "trade/order", OrderRow::from_json)
}

/// The body of a reply of `trade/fills` and `trade/fills-history`.
pub fn parse_fills_reply(body: &[u8]) -> Result<Reply<FillRow>, Error> {
    reply(body, "trade/fills", FillRow::from_json)
}

type Decode<T> = fn(&Value, &str) -> Result<T, Error>;

fn push<T>(frame: &[u8], channel: &'static str, decode: Decode<T>) -> Result<Vec<T>, Error> {
    let value: Value = serde_json::from_slice(frame).map_err(|_| Error::not_okx(frame))?;
    let is_ours = value.pointer("/arg/channel").is_some_and(|name| name == channel);
    let Some(data) = value.get("data").filter(|_| is_ours) else { return Err(Error::not_okx(frame)) };
    rows(data, channel, decode)
}

fn reply<T>(body: &[u8], channel: &'static str, decode: Decode<T>) -> Result<Reply<T>, Error> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Error::not_okx(body))?;
    let top = Row::new(&value, channel);
    let (code, msg) = (top.text("code", "a text as code")?, top.text("msg", "a text as msg")?);
    let rows = match (code.as_str(), value.get("data")) {
        ("", _) | ("0", None) => return Err(Error::not_okx(body)),
        ("0", Some(data)) => rows(data, channel, decode)?,
        _ => Vec::new(),
    };
    Ok(Reply { code, msg, rows })
}

fn rows<T>(data: &Value, channel: &str, decode: Decode<T>) -> Result<Vec<T>, Error> {
    Row::new(data, channel).0.items("an array of rows")?.map(|row| decode(row.value, channel)).collect()
}

/// A row being read. Whatever is absent, null or `""` is empty.
struct Row<'a>(Field<'a>);

impl<'a> Row<'a> {
    fn new(value: &'a Value, channel: &'a str) -> Self {
        let inst_id = value.get("instId").and_then(Value::as_str).unwrap_or_default();
        Self(Field { channel, inst_id, value })
    }

    fn text(&self, key: &str, what: &'static str) -> Result<String, Error> {
        let Some(field) = self.0.filled(key) else { return Ok(String::new()) };
        match field.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(plain(number)),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err(field.wrong(what)),
        }
    }

    fn need(&self, key: &str, what: &'static str) -> Result<String, Error> {
        let text = self.text(key, what)?;
        if text.is_empty() { Err(self.0.wrong(what)) } else { Ok(text) }
    }

    fn code(&self, key: &str, what: &'static str) -> Result<Code, Error> {
        let Some(field) = self.0.filled(key) else { return Ok(Code::default()) };
        let code = match field.value {
            Value::String(text) => Code::new(text.as_bytes()),
            _ => Code::new(self.text(key, what)?.as_bytes()),
        };
        code.ok_or_else(|| field.wrong(what))
    }

    fn num(&self, key: &str, what: &'static str) -> Result<Option<Num>, Error> {
        let Some(field) = self.0.filled(key) else { return Ok(None) };
        let num = match field.value {
            Value::String(text) => Num::parse(text.as_bytes()),
            Value::Number(number) => Num::parse(plain(number).as_bytes()),
            _ => None,
        };
        num.map(Some).ok_or_else(|| field.wrong(what))
    }

    fn int(&self, key: &str, what: &'static str) -> Result<Option<i64>, Error> {
        self.0.filled(key).map(|field| field.int(what)).transpose()
    }

    fn flag(&self, key: &str, what: &'static str) -> Result<Option<bool>, Error> {
        let Some(field) = self.0.filled(key) else { return Ok(None) };
        match field.value {
            Value::Bool(flag) => Ok(Some(*flag)),
            Value::String(text) if text == "true" => Ok(Some(true)),
            Value::String(text) if text == "false" => Ok(Some(false)),
            _ => Err(field.wrong(what)),
        }
    }
}

/// A JSON number in digits, without an exponent.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests;
