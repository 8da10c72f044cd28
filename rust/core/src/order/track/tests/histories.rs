//! True histories of several orders, told by pushes, queries and fills rows that come late, twice, out of order or not
//! at all. The model knows the truth: of what has come, the row furthest on in it is the one in force.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What happens to an order; sizes are tenths.
#[derive(Clone, Debug)]
enum Deed {
    Fill(i128),
    Amend { px: i128, sz: i128, named: bool, ok: bool },
    Cancel,
    Mmp,
}

/// One deed, and how word of it comes: delays, or never.
#[derive(Clone, Debug)]
struct Plan {
    deed: Deed,
    /// Milliseconds since the deed before; several may fall into one.
    after_ms: i64,
    push: Option<u32>,
    /// A repetition: so much later, with so much added to its uTime.
    again: Option<(u32, i64)>,
    fills: Option<u32>,
    query: Option<u32>,
    /// The `fills` channel, with so many matches in one row.
    summed: Option<(u32, i64)>,
}

#[derive(Clone, Debug)]
struct Life {
    sz: i128,
    /// A spot market order by value: its end is a row of its own.
    by_value: bool,
    ack: Option<u32>,
    plans: Vec<Plan>,
}

/// What was true after a deed, as a push and as a reply tell it.
struct Moment {
    push: OrderRow,
    query: OrderRow,
    fill: Option<FillRow>,
}

#[allow(clippy::unnecessary_wraps, reason = "as a row holds it")]
fn tenths(n: i128) -> Option<Num> {
    Some(Num { mantissa: n, scale: 1 })
}

fn code(text: &str) -> Code {
    Code::new(text.as_bytes()).unwrap()
}

/// The true history of an order.
fn truth(index: usize, life: &Life) -> Vec<Moment> {
    let start = OrderRow {
        inst_type: code(if life.by_value { "SPOT" } else { "SWAP" }),
        inst_id: format!("I{}", index % 2),
        ord_id: format!("o{index}"),
        cl_ord_id: format!("c{index}"),
        ord_type: code(if life.by_value { "market" } else { "limit" }),
        tgt_ccy: if life.by_value { code("quote_ccy") } else { Code::default() },
        state: State::Live,
        px: if life.by_value { None } else { tenths(100) },
        sz: tenths(life.sz),
        acc_fill_sz: tenths(0),
        fee: tenths(0),
        c_time_ms: Some(1000),
        u_time_ms: Some(1000),
        ..OrderRow::default()
    };
    let (mut now, mut last_trade) = (start, None);
    let (mut sz, mut acc) = (life.sz, 0);
    let mut moments: Vec<Moment> = Vec::new();
    for (i, plan) in life.plans.iter().enumerate() {
        if now.state.is_terminal() {
            break;
        }
        let mut push = now.clone();
        let mut fill = None;
        push.u_time_ms = now.u_time_ms.map(|ms| ms + plan.after_ms);
        match &plan.deed {
            _ if i == 0 => {}
            Deed::Fill(size) => {
                let size = if life.by_value { *size } else { (*size).min(sz - acc) };
                acc += size;
                push.state = if acc == sz && !life.by_value { State::Filled } else { State::PartiallyFilled };
                (push.acc_fill_sz, push.fee) = (tenths(acc), tenths(-acc));
                (push.fill_sz, push.fill_fee) = (tenths(size), tenths(-size));
                push.trade_id = format!("{index}{i:03}");
                last_trade = Some((push.trade_id.clone(), push.fill_sz));
                fill = Some(FillRow {
                    inst_id: push.inst_id.clone(),
                    ord_id: push.ord_id.clone(),
                    trade_id: push.trade_id.clone(),
                    fill_sz: push.fill_sz,
                    ..FillRow::default()
                });
            }
            Deed::Amend { .. } if life.by_value => {}
            Deed::Amend { px, sz: new, named, ok } => {
                push.amend_result = code(if *ok { "0" } else { "-1" });
                if *named {
                    push.req_id = format!("r{i}");
                }
                if *ok {
                    sz = *new;
                    (push.px, push.sz) = (tenths(*px), tenths(sz));
                    if sz <= acc {
                        push.state = State::Filled;
                    }
                }
            }
            Deed::Cancel if life.by_value => push.state = State::Filled,
            Deed::Cancel => push.state = State::Canceled,
            Deed::Mmp => push.state = State::MmpCanceled,
        }
        now = OrderRow {
            fill_sz: None,
            fill_fee: None,
            trade_id: String::new(),
            req_id: String::new(),
            amend_result: Code::default(),
            ..push.clone()
        };
        let mut query = now.clone();
        if let Some((trade_id, sz)) = &last_trade {
            (query.trade_id, query.fill_sz) = (trade_id.clone(), *sz);
        }
        moments.push(Moment { push, query, fill });
    }
    moments
}

/// Something that reaches us.
enum Word {
    Ack(usize),
    Row(Source, usize, usize, Box<OrderRow>),
    Fill(usize, Box<FillRow>),
}

fn words(lives: &[Life], truths: &[Vec<Moment>]) -> Vec<Word> {
    let mut timed: Vec<(u32, Word)> = Vec::new();
    for (o, (life, moments)) in lives.iter().zip(truths).enumerate() {
        timed.extend(life.ack.map(|at| (at, Word::Ack(o))));
        for (m, (plan, moment)) in life.plans.iter().zip(moments).enumerate() {
            let at = 5 * m as u32;
            if let Some(delay) = plan.push {
                timed.push((at + delay, Word::Row(Source::Push, o, m, moment.push.clone().into())));
                if let Some((more, shift)) = plan.again {
                    let mut again = moment.push.clone();
                    // Nothing tells a nameless amendment from its repetition, if even uTime does not.
                    let is_nameless = again.req_id.is_empty() && !again.amend_result.as_str().is_empty();
                    again.u_time_ms = again.u_time_ms.map(|ms| if is_nameless { ms } else { ms + shift });
                    timed.push((at + delay + more, Word::Row(Source::Push, o, m, again.into())));
                }
            }
            timed.extend(plan.query.map(|delay| (at + delay, Word::Row(Source::Query, o, m, moment.query.clone().into()))));
            if let Some(fill) = &moment.fill {
                timed.extend(plan.fills.map(|delay| (at + delay, Word::Fill(o, fill.clone().into()))));
                if let Some((delay, count)) = plan.summed {
                    let sz = if count > 1 { tenths(7777) } else { fill.fill_sz };
                    timed.push((at + delay, Word::Fill(o, FillRow { count: Some(count), fill_sz: sz, ..fill.clone() }.into())));
                }
            }
        }
    }
    timed.sort_by_key(|(at, _)| *at);
    timed.into_iter().map(|(_, word)| word).collect()
}

/// What must be known of one order.
#[derive(Default)]
struct Known {
    furthest: Option<usize>,
    fills: BTreeSet<String>,
    amends: BTreeSet<String>,
    gaps: BTreeSet<i128>,
}

/// Takes what was told into account; every fill and amendment must be told once.
fn note(
    told: &[Change],
    known: &mut [Known],
    fills: &mut [BTreeMap<String, Num>],
    amends: &mut [BTreeSet<String>],
) -> Result<(), TestCaseError> {
    let index = |ord_id: &str| ord_id[1..].parse::<usize>().unwrap();
    for change in told {
        match change {
            Change::Fill(fill) => {
                let before = fills[index(&fill.ord_id)].insert(fill.trade_id.clone(), fill.sz);
                prop_assert_eq!(before, None, "told twice: {:?}", fill);
            }
            Change::Amended { ord_id, req_id, .. } if !req_id.is_empty() => {
                prop_assert!(amends[index(ord_id)].insert(req_id.clone()), "told twice: {}", req_id);
            }
            Change::Gap { ord_id, expected, .. } => {
                prop_assert!(known[index(ord_id)].gaps.insert(expected.mantissa), "told twice: {:?}", change);
            }
            Change::Illegal { .. } | Change::Missing { .. } => prop_assert!(false, "{:?}", change),
            Change::Order { .. } | Change::Amended { .. } => {}
        }
    }
    Ok(())
}

fn agree(tracker: &Tracker, o: usize, known: &Known, moments: &[Moment], fills: &BTreeMap<String, Num>) -> Result<(), TestCaseError> {
    let order = tracker.get(&format!("o{o}")).unwrap();
    let sum = fills.values().map(|n| n.mantissa).sum::<i128>();
    prop_assert_eq!(order.filled_seen.cmp_value(tenths(sum).unwrap()), std::cmp::Ordering::Equal);
    prop_assert_eq!(fills.keys().collect::<Vec<_>>(), known.fills.iter().collect::<Vec<_>>());
    let Some(m) = known.furthest else {
        prop_assert_eq!(&order.row.state, &State::Accepted);
        return Ok(());
    };
    let want = &moments[m].query;
    prop_assert_eq!((&order.row.state, order.row.acc_fill_sz, order.row.fee), (&want.state, want.acc_fill_sz, want.fee));
    // Amendments within one millisecond cannot be told apart.
    let is_like = |row: &OrderRow| (row.u_time_ms, row.acc_fill_sz, &row.state) == (want.u_time_ms, want.acc_fill_sz, &want.state);
    let alike = moments.iter().map(|m| &m.query).filter(|row| is_like(row));
    prop_assert!(alike.into_iter().any(|row| (row.px, row.sz) == (order.row.px, order.row.sz)), "{:?}, not {:?}", order.row, want);
    let acc = want.acc_fill_sz.unwrap().mantissa;
    prop_assert!(acc <= sum || known.gaps.contains(&acc), "no gap told: {acc}, {sum}");
    Ok(())
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (1..=5i128).prop_map(Deed::Fill),
        3 => (98..103i128, 1..=20i128, any::<bool>(), any::<bool>()).prop_map(|(px, sz, named, ok)| Deed::Amend { px, sz, named, ok }),
        1 => prop_oneof![Just(Deed::Cancel), Just(Deed::Mmp)],
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let often = |most| prop::option::weighted(0.7, 0..most);
    let seldom = |most| prop::option::weighted(0.3, 0..most);
    let again = prop::option::weighted(0.4, (0..30u32, 0..10i64));
    (deed(), 0..3i64, often(30u32), again, often(40u32), seldom(40u32), prop::option::weighted(0.3, (0..20u32, 1..3i64)))
        .prop_map(|(deed, after_ms, push, again, fills, query, summed)| Plan { deed, after_ms, push, again, fills, query, summed })
}

fn life() -> impl Strategy<Value = Life> {
    (1..=20i128, prop::bool::weighted(0.2), prop::option::of(0..20u32), prop::collection::vec(plan(), 1..14))
        .prop_map(|(sz, by_value, ack, plans)| Life { sz, by_value, ack, plans })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn whatever_comes_late_twice_or_not_at_all_the_truth_is_told_once(lives in prop::collection::vec(life(), 1..4)) {
        let truths: Vec<Vec<Moment>> = lives.iter().enumerate().map(|(o, life)| truth(o, life)).collect();
        let mut tracker = Tracker::new(100);
        let mut known: Vec<Known> = lives.iter().map(|_| Known::default()).collect();
        let mut fills = vec![BTreeMap::new(); lives.len()];
        let mut amends = vec![BTreeSet::new(); lives.len()];
        let last = truths.iter().enumerate().flat_map(|(o, moments)| {
            let m = moments.len() - 1;
            let rows = moments.iter().filter_map(|moment| moment.fill.clone()).map(move |fill| Word::Fill(o, fill.into()));
            std::iter::once(Word::Row(Source::Query, o, m, moments[m].query.clone().into())).chain(rows)
        });
        for word in words(&lives, &truths).into_iter().chain(last) {
            let mut told = Vec::new();
            let o = match word {
                Word::Ack(o) => {
                    let row = &truths[o][0].query;
                    tracker.accepted(0, Accepted { inst_id: &row.inst_id, ord_id: &row.ord_id, cl_ord_id: &row.cl_ord_id, ts_ms: Some(1000) });
                    o
                }
                Word::Row(source, o, m, row) => {
                    tracker.row(source, &row, &mut told);
                    known[o].furthest = known[o].furthest.max(Some(m));
                    if source == Source::Push {
                        known[o].fills.extend((!row.trade_id.is_empty()).then_some(row.trade_id));
                        known[o].amends.extend((!row.req_id.is_empty()).then_some(row.req_id));
                    }
                    o
                }
                Word::Fill(o, row) => {
                    tracker.fill(&row, &mut told);
                    known[o].fills.extend(row.count.is_none_or(|count| count == 1).then_some(row.trade_id));
                    o
                }
            };
            note(&told, &mut known, &mut fills, &mut amends)?;
            if tracker.get(&format!("o{o}")).is_some() {
                agree(&tracker, o, &known[o], &truths[o], &fills[o])?;
            }
        }
        for (o, moments) in truths.iter().enumerate() {
            let order = tracker.get(&format!("o{o}")).unwrap();
            let want = &moments.last().unwrap().query;
            let (got, want) = ((&order.row.state, order.row.px, order.row.sz), (&want.state, want.px, want.sz));
            prop_assert_eq!(got, want);
            prop_assert!(order.is_complete());
            prop_assert_eq!(&amends[o], &known[o].amends);
            prop_assert_eq!(tracker.by_cl_ord_id(&format!("c{o}")).map(|order| &order.row.ord_id), Some(&order.row.ord_id));
        }
        let ended = truths.iter().filter(|moments| moments.last().unwrap().query.state.is_terminal()).count();
        prop_assert_eq!((tracker.ended.len(), tracker.open().count()), (ended, lives.len() - ended));
    }
}
