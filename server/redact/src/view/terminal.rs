//! Sequences that terminals act on and do not show: ECMA-48 and related standards.

/// The text after an escape character, and what a reader sees of it.
pub(super) struct Sequence {
    pub len: usize,
    /// Cursor movements separate words as a space does.
    pub space: bool,
    /// Whether it contains a text of its own.
    pub aside: bool,
}

// A longer text is not a sequence: an escape character without an end must not hide a text.
const MOST_PARAMETERS: usize = 64;
const MOST_STRING: usize = 2048;

/// The sequence that continues at `at`, after its escape character. Its length is zero if there is none.
pub(super) fn after_escape(text: &[u8], at: usize) -> Sequence {
    let one = |len| Sequence { len, space: false, aside: false };
    match text.get(at) {
        Some(b'[') => {
            control(text, at + 1).map_or(one(0), |sequence| Sequence { len: sequence.len + 1, ..sequence })
        }
        Some(b']' | b'P' | b'X' | b'^' | b'_') => {
            string(text, at + 1).map_or(one(0), |sequence| Sequence { len: sequence.len + 1, ..sequence })
        }
        Some(b' ' | b'#' | b'%' | b'('..=b'/') => match text.get(at + 1) {
            Some(b'0'..=b'~') => one(2),
            _ => one(0),
        },
        // Of the other sequences, accept only those without a letter, because a letter may be the first of a secret.
        Some(b'7' | b'8' | b'=' | b'>' | b'\\') => one(1),
        _ => one(0),
    }
}

/// The control sequence whose parameters begin at `at`. Returns `None` if it does not end or if it is a marker.
pub(super) fn control(text: &[u8], at: usize) -> Option<Sequence> {
    let rest = text.get(at..text.len().min(at + MOST_PARAMETERS))?;
    if rest.starts_with(b"redacted:") {
        return None;
    }
    let len = rest.iter().take_while(|byte| matches!(byte, b' '..=b'?')).count();
    let last = rest.get(len).filter(|byte| matches!(byte, b'@'..=b'~') && **byte != b'[')?;
    let space = matches!(last, b'A'..=b'I' | b'a' | b'd'..=b'f' | b'`');
    Some(Sequence { len: len + 1, space, aside: false })
}

/// The string that begins at `at`, up to its end with BEL or ST, which may be spelled out.
pub(super) fn string(text: &[u8], at: usize) -> Option<Sequence> {
    let rest = text.get(at..text.len().min(at + MOST_STRING))?;
    let mut from = 0;
    loop {
        let end = from + rest[from..].iter().position(|byte| matches!(byte, 0x07 | 0x1b | b'\n' | b'\\'))?;
        let after = &rest[end + 1..];
        let close = match rest[end] {
            0x07 => Some(1),
            0x1b if after.first() == Some(&b'\\') => Some(2),
            b'\\' => spelled_end(&rest[end..]),
            _ => return None,
        };
        if let Some(close) = close {
            return Some(Sequence { len: end + close, space: false, aside: end >= 8 });
        }
        from = end + 1;
    }
}

/// The length of the spelled-out BEL or ST at the beginning of `text`.
fn spelled_end(text: &[u8]) -> Option<usize> {
    let slashes = |text: &[u8]| text.iter().take(8).take_while(|byte| **byte == b'\\').count();
    let begin = slashes(text);
    let rest = &text[begin..];
    let starts =
        |words: &[&[u8]]| words.iter().find(|word| rest.starts_with(word)).map(|word| begin + word.len());
    if let Some(len) = starts(&[b"u0007", b"x07", b"007"]) {
        return Some(len);
    }
    let escape = starts(&[b"u001b", b"u001B", b"x1b", b"x1B", b"033", b"e"])?;
    let closing = slashes(text.get(escape..)?);
    (closing > 0).then_some(escape + closing)
}
