//! The WebSocket decoder, both roles: any bytes in any pieces give the same messages as the whole, memory stays
//! bounded, and what is encoded comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okx_fast_net::ws::{Decoder, Message, Opcode, Role, WsError, encode};

const MOST: usize = 4096;

type Outcome = (Vec<(Opcode, Vec<u8>)>, Result<(), WsError>);

fn drain(decoder: &mut Decoder, out: &mut Vec<(Opcode, Vec<u8>)>) -> Result<(), WsError> {
    while let Some(Message { opcode, payload }) = decoder.next_message()? {
        assert!(payload.len() <= MOST);
        if opcode == Opcode::Text {
            std::str::from_utf8(payload).expect("a text is UTF-8");
        }
        out.push((opcode, payload.to_vec()));
    }
    Ok(())
}

fn decode(role: Role, bytes: &[u8], pieces: impl Iterator<Item = usize>) -> Outcome {
    let mut decoder = Decoder::new(role, MOST);
    let (mut rest, mut out) = (bytes, Vec::new());
    for size in pieces {
        let (piece, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        decoder.space(piece.len().max(1)).get_mut(..piece.len()).expect("room as asked").copy_from_slice(piece);
        decoder.filled(piece.len());
        if let Err(error) = drain(&mut decoder, &mut out) {
            assert_eq!(decoder.next_message().err(), Some(error), "an error is final");
            return (out, Err(error));
        }
        if rest.is_empty() {
            break;
        }
    }
    (out, Ok(()))
}

fuzz_target!(|data: &[u8]| {
    let Some((&[role, seed], bytes)) = data.split_first_chunk::<2>() else { return };
    let role = if role & 1 == 0 { Role::Client } else { Role::Server };
    let whole = decode(role, bytes, std::iter::repeat(usize::MAX));
    let mut x = usize::from(seed);
    let pieces = std::iter::from_fn(|| {
        x = x * 31 % 251 + 7;
        Some(x % 13 + 1)
    });
    assert_eq!(decode(role, bytes, std::iter::repeat(1)), whole, "byte by byte");
    assert_eq!(decode(role, bytes, pieces), whole, "in pieces");

    // What we send, the other side reads.
    let mut wire = Vec::new();
    let payload = String::from_utf8_lossy(bytes.get(..bytes.len().min(MOST / 4)).unwrap_or_default()).into_owned();
    let other = if role == Role::Client { Role::Server } else { Role::Client };
    encode(role, Opcode::Text, payload.as_bytes(), [seed, 1, 2, 3], &mut wire);
    assert_eq!(decode(other, &wire, std::iter::repeat(usize::MAX)), (vec![(Opcode::Text, payload.into_bytes())], Ok(())));
});
