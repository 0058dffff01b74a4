//! Measures how random a piece of text looks, to distinguish `4fK9xQ…` from `nextTokenOfStream`.

/// For each letter, the letters that often follow it in English words and in names made of such words.
/// The table covers 19 of 20 pairs of neighbouring letters in such words, and a third of the pairs in random letters.
const FOLLOWS: [&[u8]; 26] = [
    b"bcdfgiklmnprstuvy",
    b"aeilorsu",
    b"acehiklorstu",
    b"adeiorsu",
    b"abcdefgilmnpqrstvwx",
    b"aefilortu",
    b"aehinorsu",
    b"aeiortu",
    b"abcdefglmnoprstvz",
    b"e",
    b"eis",
    b"adeilostuy",
    b"abeimopsu",
    b"acdefgilnostuvy",
    b"bcdfgiklmnoprstuvw",
    b"aeiloprstuy",
    b"u",
    b"acdegiklmnorstuy",
    b"acehiopstuy",
    b"acdehiloprstuwy",
    b"abcdegilmnprst",
    b"aei",
    b"aehinor",
    b"apt",
    b"ops",
    b"e",
];

/// `FOLLOWS` as bits: bit `n` of entry `m` is set if the letter `n` often follows the letter `m`.
const MASKS: [u32; 26] = masks();

const fn masks() -> [u32; 26] {
    let mut masks = [0; 26];
    let mut letter = 0;
    while letter < 26 {
        let mut at = 0;
        while at < FOLLOWS[letter].len() {
            masks[letter] |= 1 << (FOLLOWS[letter][at] - b'a');
            at += 1;
        }
        letter += 1;
    }
    masks
}

// More text would not change the result, and the limit keeps the measurement cheap for texts of any length.
const SAMPLE: usize = 160;

/// The composition of a piece of text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    pub len: usize,
    pub upper: usize,
    pub lower: usize,
    pub digits: usize,
    /// Everything except letters, digits, `_`, `-` and `.`, including bytes that are not ASCII.
    pub special: usize,
    pub hex: bool,
    /// The number of different bytes.
    pub distinct: u32,
    /// How many of a thousand pairs of neighbours are unusual in words.
    /// Prose and names have 0–150, random text has more than 300.
    pub surprise: usize,
}

impl Shape {
    pub fn of(text: &[u8]) -> Self {
        let mut shape = Self { len: text.len(), hex: true, ..Self::default() };
        let mut seen = [0u64; 4];
        let mut pairs = 0;
        let mut surprise = 0usize;
        let mut before = 0u8;
        for &byte in &text[..text.len().min(SAMPLE)] {
            seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
            shape.hex &= byte.is_ascii_hexdigit();
            match byte {
                b'A'..=b'Z' => shape.upper += 1,
                b'a'..=b'z' => shape.lower += 1,
                b'0'..=b'9' => shape.digits += 1,
                b'_' | b'-' | b'.' => {}
                _ => shape.special += 1,
            }
            if before.is_ascii_alphanumeric() && byte.is_ascii_alphanumeric() {
                pairs += 1;
                surprise += match (before.is_ascii_digit(), byte.is_ascii_digit()) {
                    (true, true) => 0,
                    (false, false) if often_follows(before, byte) => 0,
                    (false, false) => 1000,
                    _ => 700,
                };
            }
            before = byte;
        }
        shape.distinct = seen.iter().map(|word| word.count_ones()).sum();
        shape.surprise = surprise.checked_div(pairs).unwrap_or(0);
        shape
    }

    pub fn letters(&self) -> usize {
        self.upper + self.lower
    }

    /// How many of these occur: lower case, upper case, digits.
    pub fn classes(&self) -> usize {
        usize::from(self.upper > 0) + usize::from(self.lower > 0) + usize::from(self.digits > 0)
    }
}

fn often_follows(before: u8, byte: u8) -> bool {
    let index = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
    MASKS[index(before)] & (1 << index(byte)) != 0
}

/// Whether `text` is random hex: long enough, with digits and letters, and not one digit repeated.
pub(super) fn is_random_hex(text: &[u8], shape: &Shape) -> bool {
    shape.hex
        && text.len() >= 24
        && shape.distinct >= 8
        && shape.digits >= 3
        && shape.letters() >= 2
        && (shape.upper == 0 || shape.lower == 0)
}

/// `550e8400-e29b-41d4-a716-446655440000`.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether `value` is words and a digest, like the keys of caches and stored objects: `Linux-cargo-<64 hex>`.
pub(super) fn is_named_hash(value: &[u8]) -> bool {
    let (mut hashes, mut words) = (0, 0);
    for part in value.split(|b| b"-_/:.".contains(b)).filter(|part| !part.is_empty()) {
        let shape = Shape::of(part);
        match part.len() {
            32 | 40 | 64 | 128 if shape.hex => hashes += 1,
            ..=20 if shape.special == 0 && (shape.surprise < 350 || part.len() < 4) => words += 1,
            _ => return false,
        }
    }
    hashes > 0 && words > 0
}

/// Whether `text` looks randomly generated from an alphabet wider than hex.
///
/// Returns false for words in any case, paths, versions and dates. Returns true for half of the random texts of eight
/// characters and for nearly all of sixteen.
pub(super) fn is_random(text: &[u8], shape: &Shape) -> bool {
    if shape.distinct < 6 || (shape.digits > 0 && shape.letters() == 0) {
        return false;
    }
    let spread = shape.distinct as usize * 5 >= shape.len.min(40) * 2;
    match shape.len {
        0..8 => false,
        8..16 => spread && shape.digits > 0 && shape.surprise >= 330,
        16..24 if shape.digits == 0 => spread && shape.classes() == 2 && shape.surprise >= 480,
        16..24 => spread && shape.surprise >= 290,
        _ if shape.digits == 0 => spread && shape.surprise >= 430,
        _ => (spread || shape.len > 40) && shape.surprise >= 270 && (text.len() < 40 || shape.distinct >= 12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::expand;

    #[test]
    fn words_are_not_random_and_keys_are() {
        let check = |text: &str, expected: bool| {
            let shape = Shape::of(text.as_bytes());
            assert_eq!(is_random(text.as_bytes(), &shape), expected, "{text} {shape:?}");
        };
        for name in [
            "getUserAccessTokenFromRequestHeader",
            "next_page_token_of_stream",
            "a-long-slug-about-how-we-rotate-tokens-2024",
            "workroom-server-0.1.0-x86_64-linux",
            "InternalFrameInternalFrameTitlePaneInternalFrameTitlePaneMaximizeButton",
            "com.example.service.AuthenticationTokenProvider",
            "2024-01-02T03:04:05Z",
            "deploy_production_secrets_manager",
        ] {
            check(name, false);
        }
        for seed in ["{a20}", "{a24}", "{a32}", "{a40}", "{l32}", "{w43}", "{b44}"] {
            check(&expand(seed), true);
        }
    }

    #[test]
    fn hex_and_uuids_are_distinguished() {
        let shape = |text: &str| Shape::of(text.as_bytes());
        let hex = expand("{h32}");
        assert!(is_random_hex(hex.as_bytes(), &shape(&hex)));
        assert!(!is_random_hex(
            b"00000000000000000000000000000000",
            &shape("00000000000000000000000000000000")
        ));
        assert!(is_uuid(expand("{uuid}").as_bytes()));
        assert!(!is_uuid(hex.as_bytes()));
    }
}
