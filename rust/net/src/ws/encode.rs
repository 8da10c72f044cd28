//! Frames to send.

use super::{Opcode, Role};

/// Appends one whole message to `out`, masked with `mask` when we are the client.
///
/// A control payload (close, ping, pong) must not exceed 125 bytes; more is cut off.
pub fn encode(role: Role, opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    let fits = if opcode.is_control() { 125 } else { usize::MAX };
    let payload = payload.get(..fits).unwrap_or(payload);
    encode_fragment(role, Some(opcode), true, payload, mask, out);
}

/// Appends one frame: the first of a message has its opcode, the others `None`; the last has `fin`.
///
/// We never fragment what we send; this is for the simulator, which can.
pub fn encode_fragment(role: Role, opcode: Option<Opcode>, fin: bool, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    let mask_bit: u8 = match role {
        Role::Client => 0x80,
        Role::Server => 0x00,
    };
    out.reserve(14 + payload.len());
    out.push(u8::from(fin) << 7 | opcode.map_or(0, Opcode::bits));
    if payload.len() < 126 {
        out.push(mask_bit | payload.len() as u8);
    } else if let Ok(len) = u16::try_from(payload.len()) {
        out.push(mask_bit | 0x7E);
        out.extend_from_slice(&len.to_be_bytes());
    } else {
        out.push(mask_bit | 0x7F);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    match role {
        Role::Server => out.extend_from_slice(payload),
        Role::Client => {
            out.extend_from_slice(&mask);
            let at = out.len();
            out.extend_from_slice(payload);
            apply_mask(out.get_mut(at..).unwrap_or_default(), mask);
        }
    }
}

/// Masks or unmasks in place.
pub(super) fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let (words, rest) = bytes.as_chunks_mut::<4>();
    let word_mask = u32::from_ne_bytes(mask);
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ word_mask).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
}
