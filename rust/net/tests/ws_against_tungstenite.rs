//! Our codec and tungstenite's, against each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{Cursor, ErrorKind, Read, Write};

use okx_fast_net::ws::{Decoder, Opcode, Role, encode, encode_fragment};
use proptest::prelude::*;
use tungstenite::protocol::{Role as TheirRole, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};

const LIMIT: usize = 200_000;

/// Reads from one side, in pieces of `most` bytes; writes to the other.
struct Wire {
    input: Cursor<Vec<u8>>,
    most: usize,
    output: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(buf.len());
        match self.input.read(&mut buf[..most])? {
            0 => Err(ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.output.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn theirs(client: bool, input: Vec<u8>, most: usize) -> WebSocket<Wire> {
    let role = if client { TheirRole::Client } else { TheirRole::Server };
    let wire = Wire { input: Cursor::new(input), most, output: Vec::new() };
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    WebSocket::from_raw_socket(wire, role, Some(config))
}

fn roles(we_are_client: bool) -> (Role, Role) {
    if we_are_client { (Role::Client, Role::Server) } else { (Role::Server, Role::Client) }
}

fn split(message: &Message) -> (Opcode, Vec<u8>) {
    match message {
        Message::Text(text) => (Opcode::Text, text.as_bytes().to_vec()),
        Message::Binary(bytes) => (Opcode::Binary, bytes.to_vec()),
        Message::Ping(bytes) => (Opcode::Ping, bytes.to_vec()),
        Message::Pong(bytes) => (Opcode::Pong, bytes.to_vec()),
        Message::Close(None) => (Opcode::Close, Vec::new()),
        Message::Close(Some(frame)) => {
            let code = u16::from(frame.code).to_be_bytes();
            (Opcode::Close, [&code[..], frame.reason.as_bytes()].concat())
        }
        Message::Frame(_) => unreachable!("not handed out by reads"),
    }
}

/// What tungstenite makes of `bytes`, and why it refused the rest if it did.
fn their_reading(client: bool, bytes: &[u8], most: usize) -> (Vec<(Opcode, Vec<u8>)>, Option<Error>) {
    let mut socket = theirs(client, bytes.to_vec(), most);
    let mut got = Vec::new();
    loop {
        match socket.read() {
            Ok(message) => {
                got.push(split(&message));
                if message.is_close() {
                    return (got, None);
                }
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return (got, None),
            Err(error) => return (got, Some(error)),
        }
    }
}

fn our_reading(role: Role, bytes: &[u8], most: usize) -> (Vec<(Opcode, Vec<u8>)>, bool) {
    let mut decoder = Decoder::new(role, LIMIT);
    let mut got = Vec::new();
    for piece in bytes.chunks(most) {
        decoder.feed(piece);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => got.push((message.opcode, message.payload.to_vec())),
                Ok(None) => break,
                Err(_) => return (got, false),
            }
        }
    }
    (got, true)
}

fn any_message() -> impl Strategy<Value = Message> {
    let text = prop::collection::vec(any::<char>(), 0..200).prop_map(|t| t.into_iter().collect::<String>());
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    prop_oneof![
        4 => text.prop_map(Message::text),
        1 => (0usize..LIMIT).prop_map(|n| Message::text("x".repeat(n))),
        2 => bytes(300).prop_map(Message::binary),
        1 => bytes(126).prop_map(|b| Message::Ping(b.into())),
        1 => bytes(126).prop_map(|b| Message::Pong(b.into())),
    ]
}

/// A frame that may break a rule or two.
#[derive(Clone, Debug)]
struct Rough {
    first: u8,
    masked: bool,
    long_form: u8,
    payload: Vec<u8>,
}

fn rough_frame() -> impl Strategy<Value = Rough> {
    let first = prop_oneof![
        6 => Just(0x81u8), 4 => Just(0x82), 3 => Just(0x01), 3 => Just(0x00), 3 => Just(0x80),
        2 => Just(0x89), 2 => Just(0x8A), 1 => Just(0x88), 1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        4 => "[ -~é€]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..140),
        1 => Just(vec![0x03, 0xE8]),
    ];
    (first, prop::bool::weighted(0.03), prop_oneof![20 => Just(0u8), 1 => Just(1)], payload)
        .prop_map(|(first, masked, long_form, payload)| Rough { first, masked, long_form, payload })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn they_read_what_we_write(
        messages in prop::collection::vec(any_message(), 0..8),
        client: bool,
        mask: [u8; 4],
        cut in 0usize..500,
        most in 1usize..70_000,
    ) {
        let (us, _) = roles(client);
        let mut bytes = Vec::new();
        for message in &messages {
            let (opcode, payload) = split(message);
            if opcode.is_control() || cut >= payload.len() {
                encode(us, opcode, &payload, mask, &mut bytes);
            } else {
                encode_fragment(us, Some(opcode), false, &payload[..cut], mask, &mut bytes);
                encode_fragment(us, None, true, &payload[cut..], mask, &mut bytes);
            }
        }
        let want: Vec<_> = messages.iter().map(split).collect();
        let (got, refused) = their_reading(!client, &bytes, most);
        prop_assert!(refused.is_none(), "{refused:?}");
        prop_assert_eq!(got, want);
    }

    #[test]
    fn we_read_what_they_write(
        messages in prop::collection::vec(any_message(), 0..8),
        client: bool,
        most in 1usize..70_000,
    ) {
        let mut socket = theirs(!client, Vec::new(), 1);
        for message in &messages {
            socket.write(message.clone()).unwrap();
        }
        socket.flush().unwrap();
        let want: Vec<_> = messages.iter().map(split).collect();
        prop_assert_eq!(our_reading(roles(client).0, &socket.get_ref().output, most), (want, true));
    }

    /// On frames that may break rules both read the same up to the first fault, and what they refuse we refuse, only
    /// later where a text in fragments is no UTF-8: we look once it is whole. We keep more rules than they do.
    #[test]
    fn what_they_refuse_we_refuse_and_what_both_take_is_the_same(
        frames in prop::collection::vec(rough_frame(), 1..8),
        client: bool,
        most in 1usize..200,
    ) {
        let (us, _) = roles(client);
        let mut bytes = Vec::new();
        for frame in &frames {
            let mask_bit = if (us == Role::Server) == frame.masked { 0u8 } else { 0x80 };
            bytes.push(frame.first);
            let len = frame.payload.len();
            if len > 125 || frame.long_form == 1 {
                bytes.push(mask_bit | 0x7E);
                bytes.extend((len as u16).to_be_bytes());
            } else {
                bytes.push(mask_bit | len as u8);
            }
            if mask_bit != 0 {
                bytes.extend([0; 4]);
            }
            bytes.extend(&frame.payload);
        }
        let (ours, we_took) = our_reading(us, &bytes, most);
        let (theirs, refused) = their_reading(client, &bytes, most);
        match refused {
            None if we_took => prop_assert_eq!(ours, theirs),
            Some(Error::Utf8(_)) if we_took => prop_assert!(ours.starts_with(&theirs), "{ours:?} {theirs:?}"),
            Some(error) if we_took => prop_assert!(false, "we took what they refused: {error}"),
            _ => prop_assert!(theirs.starts_with(&ours) || ours.starts_with(&theirs), "{ours:?} {theirs:?}"),
        }
    }
}
