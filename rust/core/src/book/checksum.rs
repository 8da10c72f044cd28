//! OKX's book checksum: CRC-32 over the texts of the best 25 levels a side.
//!
//! ```text
//! bid1px:bid1sz:ask1px:ask1sz:bid2px:… ─▶ CRC-32 (zlib) ─▶ signed 32 bits
//! ```
//!
//! Fixed at 0 on the books of the live site since 2026-06-23; still live elsewhere and in recordings.
//!
//! Source: OKX API v5, WS order book channel › Checksum.

use super::side::Side;

const LEVELS: usize = 25;

/// The checksum of a book. `text` is scratch space, kept by the caller so that nothing is allocated per message.
pub fn checksum(bids: &Side, asks: &Side, text: &mut Vec<u8>) -> i32 {
    text.clear();
    let (mut bids, mut asks) = (bids.iter().take(LEVELS), asks.iter().take(LEVELS));
    loop {
        let (bid, ask) = (bids.next(), asks.next());
        if bid.is_none() && ask.is_none() {
            break;
        }
        for quote in [bid, ask].into_iter().flatten() {
            quote.px.write_to(text);
            text.push(b':');
            quote.sz.write_to(text);
            text.push(b':');
        }
    }
    text.pop();
    crc32fast::hash(text).cast_signed()
}
