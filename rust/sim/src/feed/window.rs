//! What an update lists: the rows between the window a channel last showed and the window now.

use crate::feed::flow::{Level, Row, Side};
use crate::rng::Rng;

/// Is `a` a better price than `b`?
fn better(side: Side, a: i64, b: i64) -> bool {
    if side == Side::Bid { a > b } else { a < b }
}

const GONE: Level = Level { sz: 0, orders: 0 };

/// Rows that turn the old window into the new one, best first.
pub(crate) fn difference(old: &[Row], new: &[Row], side: Side) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (None, None) => return rows,
            (Some(&&(was, _)), now) if now.is_none_or(|&&(px, _)| better(side, was, px)) => {
                rows.push((was, GONE));
                old.next();
            }
            (was, Some(&&(px, level))) => {
                let same = was.is_some_and(|&&(at, _)| at == px);
                if !same || was.is_some_and(|&&(_, held)| held != level) {
                    rows.push((px, level));
                }
                if same {
                    old.next();
                }
                new.next();
            }
            (Some(_), None) => unreachable!("an old row without a new one was taken above"),
        }
    }
}

/// Bids and asks.
type Sides<T> = (T, T);

/// Levels that came and went between two pushes are removed though nobody was told of them: OKX does that on
/// `books`, not on the faster channels.
pub(crate) fn add_phantoms(rows: &mut Sides<Vec<Row>>, old: &Sides<Vec<Row>>, new: Sides<&[Row]>, rng: &mut Rng) {
    phantoms(&mut rows.0, &old.0, new.0, Side::Bid, rng);
    phantoms(&mut rows.1, &old.1, new.1, Side::Ask, rng);
}

fn phantoms(rows: &mut Vec<Row>, old: &[Row], new: &[Row], side: Side, rng: &mut Rng) {
    let Some(&(best, _)) = new.first() else { return };
    for _ in 0..rng.below(4) {
        let far = i64::try_from(1 + rng.geometric(12.0)).unwrap_or(1);
        let px = if side == Side::Bid { best - far } else { best + far };
        let known = [old, new, rows].iter().any(|list| list.iter().any(|&(at, _)| at == px));
        if !known && px > 0 {
            let at = rows.partition_point(|&(held, _)| better(side, held, px));
            rows.insert(at, (px, GONE));
        }
    }
}
