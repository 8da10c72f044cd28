//! Frames, rule by rule (RFC 6455, sections 5 and 7.4), in chunks of any size.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use okx_fast_net::ws::{Decoder, Opcode, Role, WsError, close_reason, encode, encode_fragment};
use proptest::prelude::*;

const LIMIT: usize = 70_000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

type Messages = Vec<(Opcode, Vec<u8>)>;

/// All messages in `bytes`, given to the decoder in pieces of `sizes` (taken in turn).
fn decode(role: Role, bytes: &[u8], sizes: &[usize]) -> (Messages, Result<(), WsError>) {
    let mut decoder = Decoder::new(role, LIMIT);
    let (mut messages, mut rest) = (Messages::new(), bytes);
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at(rest.len().min(*size));
        rest = after;
        decoder.feed(piece);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push((message.opcode, message.payload.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next_message(), Err(error), "an error is final");
                    return (messages, Err(error));
                }
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    (messages, Ok(()))
}

fn check(role: Role, bytes: &[u8], want: &(Messages, Result<(), WsError>)) {
    for size in [1, 7, usize::MAX] {
        assert_eq!(&decode(role, bytes, &[size]), want, "{bytes:02x?} by {size}");
    }
}

#[test]
fn the_examples_of_the_rfc_decode() {
    let hello = || (Opcode::Text, b"Hello".to_vec());
    let mut k64 = vec![0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0];
    k64.resize(10 + 65_536, 0xfe);
    let mut b256 = vec![0x82, 0x7e, 1, 0];
    b256.resize(4 + 256, 0xfe);
    for (role, bytes, want) in [
        (Role::Client, b"\x81\x05Hello".to_vec(), vec![hello()]),
        (Role::Server, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".to_vec(), vec![hello()]),
        (Role::Client, b"\x01\x03Hel\x80\x02lo".to_vec(), vec![hello()]),
        (Role::Client, b"\x89\x05Hello".to_vec(), vec![(Opcode::Ping, b"Hello".to_vec())]),
        (Role::Client, b256, vec![(Opcode::Binary, vec![0xfe; 256])]),
        (Role::Client, k64, vec![(Opcode::Binary, vec![0xfe; 65_536])]),
    ] {
        check(role, &bytes, &(want, Ok(())));
    }
}

#[test]
fn control_frames_come_between_fragments() {
    let bytes = b"\x01\x03Hel\x89\x01a\x00\x00\x8a\x00\x80\x02lo\x82\x01b";
    let want =
        vec![(Opcode::Ping, b"a".to_vec()), (Opcode::Pong, vec![]), (Opcode::Text, b"Hello".to_vec()), (Opcode::Binary, b"b".to_vec())];
    check(Role::Client, bytes, &(want, Ok(())));
}

#[test]
fn a_character_may_be_cut_by_a_fragment_but_not_by_the_message() {
    let want = vec![(Opcode::Text, "é".as_bytes().to_vec())];
    check(Role::Client, b"\x01\x01\xc3\x80\x01\xa9", &(want, Ok(())));
    let error = WsError::NotUtf8 { opcode: Opcode::Text, valid_up_to: 1 };
    check(Role::Client, b"\x01\x02a\xc3\x80\x00", &(vec![], Err(error)));
}

#[test]
fn each_broken_rule_has_its_error() {
    use Opcode::{Close, Ping, Text};
    let client: &[(&[u8], WsError)] = &[
        (b"\xc1\x00", WsError::ReservedBits { got: 0b100 }),
        (b"\xa1\x00", WsError::ReservedBits { got: 0b010 }),
        (b"\x91\x00", WsError::ReservedBits { got: 0b001 }),
        (b"\x83\x00", WsError::UnknownOpcode { got: 3 }),
        (b"\x87\x00", WsError::UnknownOpcode { got: 7 }),
        (b"\x8b\x00", WsError::UnknownOpcode { got: 11 }),
        (b"\x8f\x00", WsError::UnknownOpcode { got: 15 }),
        (b"\x81\x80\0\0\0\0", WsError::Masking { expected: false }),
        (b"\x81\x7e\x00\x7d", WsError::LengthNotMinimal { got: 125, bytes: 2 }),
        (b"\x81\x7f\0\0\0\0\0\0\xff\xff", WsError::LengthNotMinimal { got: 65_535, bytes: 8 }),
        (b"\x89\x7e\x00\x7e", WsError::ControlTooLong { opcode: Ping, got: 126 }),
        (b"\x09\x00", WsError::ControlFragmented { opcode: Ping }),
        (b"\x80\x00", WsError::UnexpectedContinuation),
        (b"\x01\x01a\x81\x01b", WsError::ExpectedContinuation { got: Text }),
        (b"\x88\x01\x03", WsError::CloseTooShort { got: 1 }),
        (b"\x88\x02\x03\xe7", WsError::CloseCode { got: 999 }),
        (b"\x88\x02\x03\xec", WsError::CloseCode { got: 1004 }),
        (b"\x88\x02\x03\xed", WsError::CloseCode { got: 1005 }),
        (b"\x88\x02\x03\xee", WsError::CloseCode { got: 1006 }),
        (b"\x88\x02\x03\xf7", WsError::CloseCode { got: 1015 }),
        (b"\x88\x02\x0b\xb7", WsError::CloseCode { got: 2999 }),
        (b"\x88\x02\x13\x88", WsError::CloseCode { got: 5000 }),
        (b"\x88\x03\x03\xe8\xff", WsError::NotUtf8 { opcode: Close, valid_up_to: 0 }),
        (b"\x81\x02a\xff", WsError::NotUtf8 { opcode: Text, valid_up_to: 1 }),
        (b"\x82\x7f\0\0\0\0\0\x01\x11\x71", WsError::TooBig { limit: LIMIT, got: 70_001 }),
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", WsError::TooBig { limit: LIMIT, got: u64::MAX }),
    ];
    for (bytes, error) in client {
        check(Role::Client, bytes, &(vec![], Err(*error)));
        assert!(error.to_string().contains("expected"), "{error}");
        assert!(error.to_string().contains("got"), "{error}");
    }
    let unmasked = WsError::Masking { expected: true };
    check(Role::Server, b"\x81\x00", &(vec![], Err(unmasked)));
}

#[test]
fn fragments_together_may_not_pass_the_limit() {
    let mut bytes = Vec::new();
    encode_fragment(Role::Server, Some(Opcode::Text), false, &vec![b'a'; LIMIT], MASK, &mut bytes);
    encode_fragment(Role::Server, None, true, b"b", MASK, &mut bytes);
    let got = LIMIT as u64 + 1;
    let want = (vec![], Err(WsError::TooBig { limit: LIMIT, got }));
    assert_eq!(decode(Role::Client, &bytes, &[usize::MAX]), want);
}

#[test]
fn nothing_follows_a_close_message() {
    let bytes = b"\x88\x06\x0f\xa5full\x81\x01a";
    let mut decoder = Decoder::new(Role::Client, LIMIT);
    decoder.feed(bytes);
    let close = decoder.next_message().unwrap().unwrap();
    assert_eq!(close.close(), Some((4005, "full")));
    assert_eq!(close_reason(4005), "server write buffer full (slow consumer)");
    assert_eq!(decoder.next_message(), Ok(None));
}

#[test]
fn space_is_kept_and_grows_only_for_a_long_message() {
    let mut decoder = Decoder::new(Role::Client, LIMIT);
    let mut frame = Vec::new();
    encode(Role::Server, Opcode::Text, &[b'a'; 1000], MASK, &mut frame);
    for _ in 0..10_000 {
        decoder.feed(&frame);
        while decoder.next_message().unwrap().is_some() {}
        assert_eq!(decoder.space(1).len(), 64 * 1024);
    }
}

fn any_message() -> impl Strategy<Value = (Opcode, Vec<u8>)> {
    let text = |range| prop::collection::vec(any::<char>(), range);
    let bytes = |range| prop::collection::vec(any::<u8>(), range);
    let utf8 = |chars: Vec<char>| chars.into_iter().collect::<String>().into_bytes();
    prop_oneof![
        text(0..300).prop_map(move |t| (Opcode::Text, utf8(t))),
        (0..LIMIT).prop_map(|len| (Opcode::Text, vec![b'x'; len])),
        bytes(0..300).prop_map(|b| (Opcode::Binary, b)),
        bytes(0..126).prop_map(|b| (Opcode::Ping, b)),
        bytes(0..126).prop_map(|b| (Opcode::Pong, b)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_gives_the_same_messages(
        messages in prop::collection::vec(any_message(), 0..12),
        cuts in prop::collection::vec(0usize..200, 0..6),
        sizes in prop::collection::vec(1usize..70_000, 1..20),
        mask: [u8; 4],
        client: bool,
    ) {
        let (us, peer) = if client { (Role::Client, Role::Server) } else { (Role::Server, Role::Client) };
        let mut bytes = Vec::new();
        for (opcode, payload) in &messages {
            if opcode.is_control() {
                encode(peer, *opcode, payload, mask, &mut bytes);
                continue;
            }
            let (mut rest, mut first) = (payload.as_slice(), Some(*opcode));
            for cut in &cuts {
                let (part, after) = rest.split_at((*cut).min(rest.len()));
                encode_fragment(peer, first.take(), false, part, mask, &mut bytes);
                encode(peer, Opcode::Ping, b"between", mask, &mut bytes);
                rest = after;
            }
            encode_fragment(peer, first, true, rest, mask, &mut bytes);
        }
        let (mut got, result) = decode(us, &bytes, &sizes);
        prop_assert_eq!(result, Ok(()));
        got.retain(|(_, payload)| payload != b"between");
        prop_assert_eq!(got, messages);
    }

    #[test]
    fn any_bytes_give_messages_or_an_error_however_they_are_split(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        sizes in prop::collection::vec(1usize..50, 1..20),
        client: bool,
    ) {
        let role = if client { Role::Client } else { Role::Server };
        prop_assert_eq!(decode(role, &bytes, &sizes), decode(role, &bytes, &[usize::MAX]));
    }
}
