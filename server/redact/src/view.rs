//! A text as its reader sees it: without colours and invisible characters, and with spelled-out characters spelled in.
//!
//! Programs decorate and encode what they print: `ESC[31m`, `\u003d`, `&quot;`, `%3D`, full-width letters. Rules look at
//! the view, and what they find is cut from the text itself, with the decoration inside it.
//! A text without any decoration has no view, and only a search for a few bytes tells so.

mod character;
mod depth;
mod terminal;
mod unit;

use std::borrow::Cow;

pub(super) use depth::{Depth, Depths};
use unit::{Unit, unit};

// Encodings nest: an entity in a percent-encoded query in a JSON log. Deeper ones are no accident of two programs.
const MOST_LAYERS: usize = 4;

/// Bytes that units begin with.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let bytes = b"\x00\x08\x1b%&\\^=\xc2\xcc\xcd\xd8\xe1\xe2\xe3\xef\xf0\xf3";
    let mut at = 0;
    while at < bytes.len() {
        begins[bytes[at] as usize] = true;
        at += 1;
    }
    begins
};

/// What stands for something else in a text, and where.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it would be in the view.
    at: u32,
    /// Where it is in the text below.
    from: u32,
    len: u32,
    /// How many bytes it is in the view.
    width: u16,
    /// Whether it was percent-encoded.
    percent: bool,
}

impl Piece {
    fn end(&self) -> (usize, usize) {
        (self.at as usize + usize::from(self.width), (self.from + self.len) as usize)
    }
}

/// A text as its reader sees it, and where each part of it comes from.
#[derive(Debug, Default)]
pub(super) struct View {
    text: Vec<u8>,
    /// What each layer took away, the text's own first.
    layers: Vec<Vec<Piece>>,
    /// Whether strings that terminals act on were left out, in which there may be secrets too.
    pub asides: bool,
}

impl View {
    /// What the reader of `text` sees; `None` when it is the text itself.
    pub fn of(text: &[u8]) -> Option<Self> {
        if u32::try_from(text.len()).is_err() || !is_decorated(text) {
            return None;
        }
        let mut view = Self::default();
        view.add(text);
        while view.layers.len() < MOST_LAYERS && is_decorated(&view.text) {
            let below = std::mem::take(&mut view.text);
            if !view.add(&below) {
                view.text = below;
                break;
            }
        }
        (!view.layers.is_empty()).then_some(view)
    }

    fn add(&mut self, below: &[u8]) -> bool {
        let quoted_printable = is_quoted_printable(below);
        let mut text = Vec::with_capacity(below.len());
        let mut pieces = Vec::new();
        let (mut at, mut copied) = (0, 0);
        while let Some(next) = below[at..].iter().position(|byte| BEGINS[usize::from(*byte)]) {
            at += next;
            let Some(found) = unit(below, at, quoted_printable) else {
                at += 1;
                continue;
            };
            text.extend_from_slice(&below[copied..at]);
            let bytes = found.bytes();
            // No text is longer than four gigabytes: `of` has looked.
            let piece = [text.len(), at, found.len].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            let [position, from, len] = piece;
            let width = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
            pieces.push(Piece { at: position, from, len, width, percent: below[at] == b'%' });
            text.extend_from_slice(bytes);
            self.asides |= found.aside;
            at += found.len;
            copied = at;
        }
        if pieces.is_empty() {
            return false;
        }
        text.extend_from_slice(&below[copied..]);
        self.text = text;
        self.layers.push(pieces);
        true
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What `start..end` of the view is in the text: all of it and the decoration within, none around it.
    pub fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        let (mut start, mut last) = (start, end.max(start + 1) - 1);
        let mut after = end;
        for pieces in self.layers.iter().rev() {
            start = below(pieces, start).0;
            (last, after) = below(pieces, last);
            // The layer below continues from the last byte of what this one has made one of.
            last = last.max(after.saturating_sub(1));
        }
        (start, after)
    }

    /// How often the byte at `at` of the view was encoded.
    pub fn depth(&self, at: usize) -> Depth {
        let mut at = at;
        let mut depth = Depth::default();
        for pieces in self.layers.iter().rev() {
            let index = pieces.partition_point(|piece| (piece.at as usize) <= at);
            let piece = index.checked_sub(1).map(|index| pieces[index]);
            if let Some(piece) = piece.filter(|piece| at < piece.end().0) {
                depth.all += 1;
                depth.percent += u8::from(piece.percent);
            }
            at = below(pieces, at).0;
        }
        depth
    }

    /// Whether something invisible was taken out right before `at`: what was apart may stand together there.
    pub fn is_seam(&self, at: usize) -> bool {
        let mut at = at;
        self.layers.iter().rev().any(|pieces| {
            let index = pieces.partition_point(|piece| (piece.at as usize) <= at);
            let seam = index.checked_sub(1).map(|index| pieces[index]);
            let seam = seam.is_some_and(|piece| piece.end().0 == at);
            at = below(pieces, at).0;
            seam
        })
    }
}

/// Where the byte at `at` of a layer begins and ends in the layer below.
fn below(pieces: &[Piece], at: usize) -> (usize, usize) {
    let index = pieces.partition_point(|piece| (piece.at as usize) <= at);
    let Some(piece) = index.checked_sub(1).and_then(|index| pieces.get(index)) else { return (at, at + 1) };
    let (end, from) = piece.end();
    if at < end { (piece.from as usize, from) } else { (from + at - end, from + at - end + 1) }
}

/// Whether the reader of `text` sees another text.
pub(super) fn is_decorated(text: &[u8]) -> bool {
    let mut ascii = memchr::memchr3_iter(0x1b, 0, 8, text)
        .chain(memchr::memchr3_iter(b'%', b'&', b'\\', text))
        .chain(memchr::memmem::find_iter(text, b"^[["));
    if ascii.any(|at| unit(text, at, false).is_some()) || is_quoted_printable(text) {
        return true;
    }
    if text.is_ascii() {
        return false;
    }
    let mut others = memchr::memchr3_iter(0xc2, 0xe2, 0xef, text)
        .chain(memchr::memchr3_iter(0xe1, 0xf0, 0xf3, text))
        .chain(memchr::memchr3_iter(0xcc, 0xcd, 0xd8, text))
        // Its first byte begins every letter of Japanese.
        .chain(memchr::memmem::find_iter(text, "\u{3164}"));
    others.any(|at| {
        is_candidate(&text[at..]) && unit(text, at, false).is_some_and(|unit| matters(text, at, &unit))
    })
}

/// Whether `text` begins with a character of a block that `matters` may take: of most others nothing has to be looked up.
fn is_candidate(text: &[u8]) -> bool {
    match text {
        [0xe2, 0x80, third, ..] => matches!(third, 0x8b..=0x8f | 0xaa..=0xae),
        [0xe2, second, ..] => matches!(second, 0x81 | 0x82 | 0x84..=0x86 | 0x90..=0x93 | 0xa0),
        [0xef, 0xbc, third, ..] => matches!(third, 0x90..=0x99 | 0x9d | 0xa0..=0xba | 0xbf),
        [0xef, 0xbd, third, ..] => matches!(third, 0x81..=0x9a),
        [0xef, second, ..] => matches!(second, 0xac | 0xb8 | 0xb9 | 0xbb | 0xbe | 0xbf),
        [0xe1, second, ..] => matches!(second, 0x85 | 0x9e | 0xa0),
        [0xf0, 0x9f, third, ..] => matches!(third, 0x84..=0x87),
        [0xf0, second, ..] => matches!(second, 0x9b | 0x9d),
        _ => true,
    }
}

/// Whether a character that is no ASCII may be part of a secret: those of emoji and of punctuation are not, and texts
/// are full of them.
fn matters(text: &[u8], at: usize, unit: &Unit) -> bool {
    match unit.bytes() {
        [] => at > 0 && text[at - 1].is_ascii_graphic(),
        [byte, ..] => byte.is_ascii_alphanumeric() || b"@_=".contains(byte),
    }
}

/// `text` as its reader sees it.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    match View::of(text.as_bytes()) {
        Some(view) => Cow::Owned(String::from_utf8_lossy(&view.text).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// Whether `text` was written in the transfer encoding of mail, in which every sign of equality is `=3D`.
fn is_quoted_printable(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"=3D").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seen: &str) {
        assert_eq!(shown(text), seen);
    }

    #[test]
    fn a_reader_sees_neither_colours_nor_what_is_invisible() {
        for decoration in [
            "\x1b[31m",
            "\x1b[m",
            "\x1b[1;38;5;196m",
            "\x1b[38:2::1:2:3m",
            "\x1b[K",
            "\x1b[?25l",
            "\x1b(B",
            "\u{9b}31m",
            "\x1b]8;;\x07",
            "\x1b]0;title\x1b\\",
            "\\u001b[31m",
            "\\\\u001b[0;1m",
            "\\x1b[31m",
            "\\x1B[31m",
            "\\033[31m",
            "\\e[31m",
            "\\u{1b}[31m",
            "^[[31m",
            "␛[31m",
            "&#27;[31m",
            "&#x1b;[31m",
            "%1B[31m",
            "\u{200b}",
            "\u{200d}",
            "\u{2060}",
            "\u{feff}",
            "\u{ad}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{e0041}",
            "\\u200b",
            "&shy;",
            "&ZeroWidthSpace;",
            "%E2%80%8B",
            "\\xe2\\x80\\x8b",
        ] {
            check(&format!("ab{decoration}cd"), "abcd");
        }
    }

    #[test]
    fn a_reader_sees_characters_however_they_are_spelled() {
        check("ａｐｉ＿ｋｅｙ＝ｘ１", "api_key=x1");
        check("𝚊𝚋𝟷", "ab1");
        check("a\\u003db\\\\u0026c\\/d", "a=b&c/d");
        check("a&#61;&quot;b&amp;quot;", "a=\"b\"");
        check("a%3D%22b%2522", "a=\"b\"");
        check("a%20b%0Ac", "a%20b%0Ac");
        check("x=3D1 lo=\nng", "x=1 long");
        check("p\u{8}pa\u{8}a\0s", "pas");
    }

    #[test]
    fn what_is_no_spelling_stays() {
        for text in [
            "a && b & c; 50% of\\n it \\\"so\\\" C:\\users\\me ^[a-z] grüße ⚠️ “x” …",
            "\x1b[redacted:token]",
            "\\x1b[redacted:token]",
        ] {
            let seen = shown(text).into_owned();
            assert_eq!(seen, text.trim_start_matches(['\x1b']).trim_start_matches("\\x1b"));
        }
    }

    #[test]
    fn parts_of_the_view_lead_back_to_the_text_with_what_is_inside() {
        let check = |text: &str, seen: &str, origin: &str| {
            let view = View::of(text.as_bytes()).unwrap();
            let at = memchr::memmem::find(view.text(), seen.as_bytes()).unwrap();
            let (start, end) = view.origin(at, at + seen.len());
            assert_eq!(&text[start..end], origin);
        };
        check("x \x1b[31mab\x1b[0mcd\x1b[0m y", "abcd", "ab\x1b[0mcd");
        check("x%3Da%2Bb&", "a+b", "a%2Bb");
        check("x%253D%2541&amp;", "A", "%2541");
        check("x=%26quot%3Bab\u{200b}%2541%26quot%3B", "abA", "ab\u{200b}%2541");
    }
}
