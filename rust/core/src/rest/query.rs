//! Query strings: encoded once, so that what is signed is what is sent.
//!
//! Source: OKX API v5, Overview › REST authentication › Signature; RFC 3986, section 2.3 (unreserved characters).

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Appends `name=value&name=value`, in the order given, everything but unreserved characters as `%XX` of its UTF-8.
pub fn encode_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, out: &mut Vec<u8>) {
    let mut between: &[u8] = b"";
    for (name, value) in pairs {
        out.extend_from_slice(between);
        encode(name, out);
        out.push(b'=');
        encode(value, out);
        between = b"&";
    }
}

/// Appends `text` percent-encoded: a name, a value, or one segment of a path.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            let digit = |half: u8| HEX.get(usize::from(half)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(pairs: &[(&str, &str)]) -> String {
        let mut out = Vec::new();
        encode_query(pairs.iter().copied(), &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    fn decoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text;
        while let [first, tail @ ..] = rest {
            if let (b'%', [a, b, tail @ ..]) = (first, tail) {
                let half = |digit: u8| HEX.iter().position(|&d| d == digit).expect("upper case hexadecimal") as u8;
                out.push(half(*a) * 16 + half(*b));
                rest = tail;
            } else {
                out.push(*first);
                rest = tail;
            }
        }
        out
    }

    #[test]
    fn commas_spaces_and_everything_reserved_are_encoded() {
        for (pairs, want) in [
            (&[][..], ""),
            (&[("ccy", "BTC,ETH")], "ccy=BTC%2CETH"),
            (&[("instId", "BTC-USDT-SWAP"), ("limit", "100")], "instId=BTC-USDT-SWAP&limit=100"),
            (&[("a", ""), ("b", "~._-")], "a=&b=~._-"),
            (&[("tag", "a b+c&d=e?f#g%h/i")], "tag=a%20b%2Bc%26d%3De%3Ff%23g%25h%2Fi"),
            (&[("q", "\r\nX: y\0")], "q=%0D%0AX%3A%20y%00"),
            (&[("名", "é")], "%E5%90%8D=%C3%A9"),
        ] {
            assert_eq!(encoded(pairs), want);
        }
    }

    proptest! {
        #[test]
        fn any_text_arrives_intact_and_as_visible_ascii(text in "\\PC*|[\\x00-\\x7f]{0,20}") {
            let mut out = Vec::new();
            encode(&text, &mut out);
            prop_assert!(out.iter().all(|b| b.is_ascii_graphic() && !b"&=?#+/".contains(b)));
            prop_assert_eq!(decoded(&out), text.as_bytes());
        }
    }
}
