//! What a reader sees of one character.

use unicode_normalization::char::decompose_compatible;

/// What the reader sees of a character: nothing, ASCII, or the character itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// Up to four letters, as for `㎏`, and their number.
    Ascii([u8; 4], usize),
    Itself,
}

/// What the reader sees of `c`, which is not ASCII.
pub(super) fn seen(c: char) -> Seen {
    if is_invisible(c) {
        return Seen::Nothing;
    }
    match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' => return ascii(b'\n'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            return ascii(b' ');
        }
        _ => {}
    }
    // The blocks of letters, digits and signs that are variants of other characters.
    if !matches!(c, 'ª' | '²' | '³' | '¹' | 'º'
        | '\u{2024}'..='\u{2026}' | '\u{2070}'..='\u{209c}' | '\u{2100}'..='\u{218f}' | '\u{2460}'..='\u{24ff}'
        | '\u{fb00}'..='\u{fb06}' | '\u{fe50}'..='\u{fe6b}' | '\u{ff01}'..='\u{ff5e}'
        | '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1ff}')
        || c == '…'
    {
        return Seen::Itself;
    }
    let (mut letters, mut len, mut plain) = ([0; 4], 0, true);
    decompose_compatible(c, |part| {
        match u8::try_from(part).ok().filter(u8::is_ascii).zip(letters.get_mut(len)) {
            Some((byte, letter)) => {
                *letter = byte;
                len += 1;
            }
            None => plain = false,
        }
    });
    if plain && len > 0 { Seen::Ascii(letters, len) } else { Seen::Itself }
}

pub(super) fn ascii(byte: u8) -> Seen {
    Seen::Ascii([byte, 0, 0, 0], 1)
}

/// Default-ignorable characters (Unicode's `Default_Ignorable_Code_Point`), C1 controls, blanks that are as wide as a
/// letter, and strokes through letters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{ad}' | '\u{332}'..='\u{338}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
