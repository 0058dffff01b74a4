//! A character in any spelling, or something invisible: the smallest piece that a view replaces or leaves out.

use super::character::{Seen, seen};
use super::terminal::{self, Sequence};

/// A piece of text, and what its reader sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub len: usize,
    bytes: [u8; 4],
    width: usize,
    pub aside: bool,
}

impl Unit {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.width]
    }

    fn of(len: usize, seen: &[u8]) -> Self {
        let mut bytes = [0; 4];
        let width = seen.len().min(4);
        bytes[..width].copy_from_slice(&seen[..width]);
        Self { len, bytes, width, aside: false }
    }

    fn sequence(begin: usize, sequence: &Sequence) -> Self {
        let seen: &[u8] = if sequence.space { b" " } else { b"" };
        Self { aside: sequence.aside, ..Self::of(begin + sequence.len, seen) }
    }
}

// More backslashes than a text has after it was quoted four times.
const MOST_SLASHES: usize = 16;
const MOST_ENTITY: usize = 20;

const ENTITIES: &[(&[u8], u32)] = &[
    (b"quot", 0x22),
    (b"apos", 0x27),
    (b"amp", 0x26),
    (b"lt", 0x3c),
    (b"gt", 0x3e),
    (b"nbsp", 0x20),
    (b"shy", 0xad),
    (b"equals", 0x3d),
    (b"colon", 0x3a),
    (b"semi", 0x3b),
    (b"commat", 0x40),
    (b"sol", 0x2f),
    (b"bsol", 0x5c),
    (b"lowbar", 0x5f),
    (b"num", 0x23),
    (b"dollar", 0x24),
    (b"excl", 0x21),
    (b"percnt", 0x25),
    (b"plus", 0x2b),
    (b"period", 0x2e),
    (b"comma", 0x2c),
    (b"ast", 0x2a),
    (b"quest", 0x3f),
    (b"hyphen", 0x2d),
    (b"dash", 0x2d),
    (b"lpar", 0x28),
    (b"rpar", 0x29),
    (b"Tab", 0x09),
    (b"NewLine", 0x0a),
    (b"ZeroWidthSpace", 0x200b),
    (b"zwnj", 0x200c),
    (b"zwj", 0x200d),
    (b"lrm", 0x200e),
    (b"rlm", 0x200f),
    (b"NoBreak", 0x2060),
];

/// The unit that begins at `at`, or `None` if the reader sees the byte there as it is.
pub(super) fn unit(text: &[u8], at: usize, quoted_printable: bool) -> Option<Unit> {
    match text[at] {
        0x1b => Some(Unit::sequence(1, &terminal::after_escape(text, at + 1))),
        0 => Some(Unit::of(1, b"")),
        // Manual pages print bold letters twice.
        8 => Some(Unit::of(1 + usize::from(at > 0 && text.get(at + 1) == text.get(at - 1)), b"")),
        b'%' => percent(text, at),
        b'&' => entity(text, at),
        b'\\' => backslash(text, at),
        b'^' if text[at..].starts_with(b"^[[") => {
            let sequence = terminal::control(text, at + 3)?;
            matches!(text[at + 2 + sequence.len], b'm' | b'K').then(|| Unit::sequence(3, &sequence))
        }
        b'=' if quoted_printable => soft(text, at),
        0x80.. => character(text, at),
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// `%3D`, and `%u003D` as old scripts write it. Encoded spaces and controls stay, because they do not end a value. If
/// letters are encoded too, the whole text is encoded, and spaces are decoded.
fn percent(text: &[u8], at: usize) -> Option<Unit> {
    if text.get(at + 1) == Some(&b'u') {
        return spelled(text, at, at + 6, hex(text.get(at + 2..at + 6)?)?);
    }
    let byte = u8::try_from(hex(text.get(at + 1..at + 3)?)?).ok()?;
    match byte {
        0x1b => spelled(text, at, at + 3, 0x1b),
        b' ' if letter_before(text, at) => Some(Unit::of(3, b" ")),
        ..=0x20 | 0x7f => None,
        _ => Some(Unit::of(3, &[byte])),
    }
}

fn letter_before(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(3).and_then(|start| text.get(start..at));
    let code = before.and_then(|before| hex(before.strip_prefix(b"%")?));
    code.and_then(|code| u8::try_from(code).ok()).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn entity(text: &[u8], at: usize) -> Option<Unit> {
    let window = &text[at + 1..text.len().min(at + MOST_ENTITY)];
    let len = memchr::memchr(b';', window)?;
    let end = at + len + 2;
    let name = &window[..len];
    let code = match name {
        [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(digits).ok()?.parse().ok()?
        }
        name => ENTITIES.iter().find(|(entity, _)| entity == &name)?.1,
    };
    spelled(text, at, end, code)
}

/// Escapes with backslashes: `\u003d`, `\x3d`, `\075`, `\e[`, `\/`, quoted any number of times.
fn backslash(text: &[u8], at: usize) -> Option<Unit> {
    let slashes = text[at..].iter().take(MOST_SLASHES).take_while(|byte| **byte == b'\\').count();
    let begin = at + slashes;
    let rest = text.get(begin..)?;
    let digits = |from: usize, len: usize| hex(rest.get(from..from + len)?);
    let braced = || {
        let len = rest.get(2..10.min(rest.len()))?.iter().position(|byte| *byte == b'}')?;
        Some((digits(2, len)?, len + 3))
    };
    let (code, len) = match rest.first()? {
        b'/' => (0x2f, 1),
        b'u' | b'x' if rest.get(1) == Some(&b'{') => braced()?,
        b'u' => match digits(1, 4)? {
            high @ 0xd800..0xdc00 => {
                let more = rest[5..].iter().take(MOST_SLASHES).take_while(|byte| **byte == b'\\').count();
                let low =
                    (rest.get(5 + more) == Some(&b'u') && more > 0).then(|| digits(6 + more, 4)).flatten();
                let low = low.filter(|low| (0xdc00..0xe000).contains(low))?;
                (0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00), 10 + more)
            }
            code => (code, 5),
        },
        b'U' => (digits(1, 8)?, 9),
        b'x' => return byte(text, at, begin + 3, u8::try_from(digits(1, 2)?).ok()?),
        b'e' | b'E' if rest.get(1) == Some(&b'[') => (0x1b, 1),
        b'0'..=b'3' => {
            let digit =
                |index: usize| rest.get(index).filter(|byte| (b'0'..=b'7').contains(byte)).map(|b| b - b'0');
            return byte(text, at, begin + 3, digit(0)? * 64 + digit(1)? * 8 + digit(2)?);
        }
        _ => return None,
    };
    spelled(text, at, begin + len, code)
}

fn byte(text: &[u8], at: usize, end: usize, byte: u8) -> Option<Unit> {
    match byte {
        0..0x80 => spelled(text, at, end, byte.into()),
        // One of several bytes of a character. The next layer puts them together.
        _ => Some(Unit::of(end - at, &[byte])),
    }
}

/// The unit for the character with this code, which is spelled out at `at..end`.
fn spelled(text: &[u8], at: usize, end: usize, code: u32) -> Option<Unit> {
    let len = end - at;
    match code {
        0x1b => {
            let sequence = terminal::after_escape(text, end);
            Some(Unit::sequence(len, &sequence))
        }
        0x9b => {
            let sequence =
                terminal::control(text, end).unwrap_or(Sequence { len: 0, space: false, aside: false });
            Some(Unit::sequence(len, &sequence))
        }
        0 | 8 | 0x7f => Some(Unit::of(len, b"")),
        0..0x20 => Some(Unit::of(len, if code == 10 || code == 13 { b"\n" } else { b" " })),
        0x20..0x80 => Some(Unit::of(len, &[u8::try_from(code).ok()?])),
        _ => {
            let c = char::from_u32(code)?;
            Some(match seen(c) {
                Seen::Nothing => Unit::of(len, b""),
                Seen::Ascii(letters, width) => Unit::of(len, &letters[..width]),
                Seen::Itself => Unit::of(len, c.encode_utf8(&mut [0; 4]).as_bytes()),
            })
        }
    }
}

/// A character that is not ASCII, in UTF-8. Invalid UTF-8 stays.
fn character(text: &[u8], at: usize) -> Option<Unit> {
    let len = match text[at] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let c = std::str::from_utf8(text.get(at..at + len)?).ok()?.chars().next()?;
    match c {
        '\u{9b}' => spelled(text, at, at + len, 0x9b),
        '\u{9d}' | '\u{90}' | '\u{9e}' | '\u{9f}' => {
            let sequence =
                terminal::string(text, at + len).unwrap_or(Sequence { len: 0, space: false, aside: false });
            Some(Unit::sequence(len, &sequence))
        }
        // A symbol that shows a terminal's escape character.
        '␛' if text.get(at + len) == Some(&b'[') => spelled(text, at, at + len, 0x1b),
        _ => match seen(c) {
            Seen::Nothing => Some(Unit::of(len, b"")),
            Seen::Ascii(letters, width) => Some(Unit::of(len, &letters[..width])),
            Seen::Itself => None,
        },
    }
}

/// `=3D` and the soft line break of mail.
fn soft(text: &[u8], at: usize) -> Option<Unit> {
    match text.get(at + 1..)? {
        [b'\n', ..] => Some(Unit::of(2, b"")),
        [b'\r', b'\n', ..] => Some(Unit::of(3, b"")),
        // A soft line break in a JSON string.
        [b'\\', b'n', ..] => Some(Unit::of(3, b"")),
        [b'\\', b'r', b'\\', b'n', ..] => Some(Unit::of(5, b"")),
        [high @ (b'2'..=b'7' | b'C'..=b'F'), low @ (b'0'..=b'9' | b'A'..=b'F'), ..] => {
            let byte = u8::try_from(hex(&[*high, *low])?).ok()?;
            Some(Unit::of(3, &[byte]))
        }
        _ => None,
    }
}
