//! JSON read one level deep: keys wherever they stand, values stepped over.
//!
//! Tolerant of order, white space and whatever is nested; strict about the whole: what was cut says nothing.

use std::borrow::Cow;

/// A value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    /// Between its quotes, escapes as they are.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Word(&'a [u8]),
    /// An object or an array, brackets included.
    Nested(&'a [u8]),
}

impl<'a> Raw<'a> {
    /// A number, or a text without escapes; empty for everything else.
    pub(crate) fn plain(self) -> &'a [u8] {
        match self {
            Self::Text(text) if !text.contains(&b'\\') => text,
            Self::Word(word @ [b'-' | b'0'..=b'9', ..]) => word,
            _ => b"",
        }
    }

    /// The same as text, escapes resolved; empty for what is neither text nor number.
    pub(crate) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) if text.contains(&b'\\') => {
                let quoted = [b"\"", text, b"\""].concat();
                Cow::Owned(serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(text).into_owned()))
            }
            other => String::from_utf8_lossy(other.plain()),
        }
    }

    /// An unsigned integer, as a number or a text.
    pub(crate) fn int(self) -> Option<u64> {
        std::str::from_utf8(self.plain()).ok()?.parse().ok()
    }
}

/// Hands every pair of one whole object to `on`. `None`: it is none.
pub(crate) fn object<'a>(body: &'a [u8], mut on: impl FnMut(&'a [u8], Raw<'a>)) -> Option<()> {
    let mut rest = Rest(body);
    rest.byte(b'{')?;
    if rest.peek()? == b'}' {
        rest.byte(b'}')?;
        return rest.peek().is_none().then_some(());
    }
    loop {
        let key = rest.string()?;
        rest.byte(b':')?;
        on(key, rest.value()?);
        match rest.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    rest.peek().is_none().then_some(())
}

/// Hands every element of one whole array to `on`. `None`: it is none.
pub(crate) fn array<'a>(body: &'a [u8], mut on: impl FnMut(Raw<'a>)) -> Option<()> {
    let mut rest = Rest(body);
    rest.byte(b'[')?;
    if rest.peek()? == b']' {
        rest.byte(b']')?;
        return rest.peek().is_none().then_some(());
    }
    loop {
        on(rest.value()?);
        match rest.next()? {
            b',' => {}
            b']' => break,
            _ => return None,
        }
    }
    rest.peek().is_none().then_some(())
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// The next byte that is not white space; not taken.
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\r' | b'\n', tail @ ..] = self.0 {
            self.0 = tail;
        }
        self.0.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.0 = self.0.get(1..)?;
        Some(byte)
    }

    fn byte(&mut self, want: u8) -> Option<()> {
        (self.next()? == want).then_some(())
    }

    /// The raw text between two quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.byte(b'"')?;
        self.text()
    }

    /// Up to the closing quote, which is taken.
    fn text(&mut self) -> Option<&'a [u8]> {
        let all = self.0;
        let mut at = 0;
        loop {
            match all.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        let (text, rest) = all.split_at_checked(at)?;
        self.0 = rest.get(1..)?;
        Some(text)
    }

    /// Steps over one value.
    fn value(&mut self) -> Option<Raw<'a>> {
        match self.peek()? {
            b'"' => self.string().map(Raw::Text),
            b'{' | b'[' => self.nested().map(Raw::Nested),
            _ => {
                let end = self.0.iter().position(|b| b",}] \t\r\n".contains(b))?;
                let (word, rest) = self.0.split_at_checked(end)?;
                self.0 = rest;
                matches!(word, [b'-' | b'0'..=b'9', ..] | b"true" | b"false" | b"null").then_some(Raw::Word(word))
            }
        }
    }

    /// Steps over an object or an array, whatever is in it: its reader judges that.
    fn nested(&mut self) -> Option<&'a [u8]> {
        let all = self.0;
        let mut depth = 0usize;
        loop {
            let at = self.0.iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']'))?;
            let byte = *self.0.get(at)?;
            self.0 = self.0.get(at + 1..)?;
            match byte {
                b'"' => _ = self.text()?,
                b'{' | b'[' => depth += 1,
                _ => {
                    depth -= 1;
                    if depth == 0 {
                        return all.get(..all.len() - self.0.len());
                    }
                }
            }
        }
    }
}
