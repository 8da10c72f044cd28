//! Whatever OKX sends to an operation, or tells of an account: no panic, each call ends exactly once, and a closed desk
//! leaves nothing open.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use okx_fast_core::order::answer::Answer;
use okx_fast_core::order::desk::{Asked, Call, Config, Desk};
use okx_fast_core::order::keep::Keeper;
use okx_fast_core::order::seen::Seen;
use okx_fast_core::order::{Id, Op};
use okx_fast_core::time::Stamp;

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Begin { op: u8, name: u8, expires: bool },
    Frame(&'a [u8]),
    Reply(&'a [u8]),
    Lost(u8),
    Pass(u16),
    Flowing,
}

fuzz_target!(|steps: Vec<Step<'_>>| {
    let mut desk = Desk::new(Config::default());
    let mut keeper = Keeper::default();
    let (mut now, mut begun, mut over) = (1_000_000u64, 0u64, 0u64);
    for step in steps {
        let at = Stamp { mono_ns: now, wall_ns: 1_785_096_000_000_000_000 + now };
        match step {
            Step::Begin { op, name, expires } => {
                begun += 1;
                let id = |text: &str| Id::new(text).expect("short");
                let cl_ord_id = if name == 0 { Id::default() } else { id(&format!("c{name}")) };
                let (ord_id, req_id) = (Id::default(), Id::default());
                let asked = vec![Asked { inst: "BTC-USDT".into(), ord_id, cl_ord_id, new_px: None, new_sz: None, req_id }];
                let op = Op::ALL[usize::from(op) % Op::ALL.len()];
                let exp_ms = expires.then_some(at.wall_ns / 1_000_000);
                desk.begin(Call { id: begun, op, line: 1, called: at, answer_by: now + 1_000_000_000, exp_ms, asked, ticket: () });
            }
            Step::Frame(frame) => {
                if let Some(answer) = Answer::parse(frame) {
                    desk.handle_answer(at, &answer);
                }
                for seen in Seen::of_push(frame) {
                    desk.handle_seen(at, &seen);
                }
                keeper.handle_orders(at, frame);
                keeper.handle_positions(at, frame);
                keeper.handle_account(at, frame);
                keeper.handle_algos(at, frame);
            }
            Step::Reply(body) => {
                if let Some(query) = desk.poll_query() {
                    let seen = Seen::of_reply(body);
                    desk.handle_queried(at, query.id, seen.as_ref().map(Option::as_ref).map_err(String::as_str));
                }
                if let Some(ask) = keeper.poll_ask(at) {
                    keeper.handle_reply(ask.id, at, Ok(body));
                }
            }
            Step::Lost(line) => desk.handle_lost(at, u64::from(line % 2), "lost"),
            Step::Pass(ms) => {
                now += u64::from(ms) * 1_000_000;
                desk.handle_timeout(Stamp { mono_ns: now, wall_ns: at.wall_ns });
            }
            Step::Flowing => keeper.handle_flowing(at, "flows"),
        }
        over += std::iter::from_fn(|| desk.poll_done()).inspect(|(_, report)| keeper.handle_done(at, report)).count() as u64;
        while keeper.poll_told().is_some() {}
    }
    desk.close(Stamp { mono_ns: now, wall_ns: now });
    over += std::iter::from_fn(|| desk.poll_done()).count() as u64;
    assert_eq!((over, desk.len()), (begun, 0));
});
