//! Wallet keys: recovery phrases, and private keys that only a call or a file identifies.

use super::harmless::is_placeholder;
use super::lists::strings;
use super::structure::Range;

const MAX_CALL: usize = 1024;
/// A private key and its public half, with a number for each byte.
const NUMBERS: usize = 64;

/// The words of a recovery phrase after `mnemonic`, `seed phrase` or similar words that end at `at`.
pub(super) fn phrase(text: &[u8], at: usize) -> Option<Range> {
    let window = &text[at..text.len().min(at + 400)];
    let lead = window
        .iter()
        .take(24)
        .position(|b| b":=\n".contains(b))
        .or_else(|| memchr::memmem::find(&window[..window.len().min(12)], b" is").map(|n| n + 2))?
        + 1;
    let start = lead + window[lead..].iter().take(8).take_while(|b| b" \t\n\r\"'`\\".contains(b)).count();
    let mut end = start;
    let mut words = 0;
    for word in window[start..].split(|b| *b == b' ') {
        let len = word.iter().take_while(|b| b.is_ascii_lowercase()).count();
        if !(3..=8).contains(&len) || matches!(&word[..len], b"the" | b"and" | b"for" | b"are" | b"with") {
            break;
        }
        end += len + usize::from(words > 0);
        words += 1;
        if len < word.len() {
            break;
        }
    }
    (words >= 12).then_some((at + start, at + end, "seed_phrase"))
}

/// Finds private keys, which are `0x` and 64 hex digits in quotation marks, in the arguments or the list after `at`.
/// Returns where the arguments or the list end.
pub(super) fn keys(text: &[u8], at: usize, mut found: impl FnMut(Range)) -> usize {
    // `accounts: [`, `Wallet(`: ignore the word if no list and no call follows.
    let begin = at + text[at..].iter().take(6).take_while(|b| b"\" :=\n".contains(b)).count();
    let (open, brackets) = match (text.get(begin), at.checked_sub(1).map(|at| text[at])) {
        (Some(b'['), _) => (begin, (b'[', b']')),
        (_, Some(b'(')) => (at - 1, (b'(', b')')),
        _ => return at,
    };
    strings(text, open, brackets, b"\"'`", |start, end| {
        let value = &text[start..end];
        let digits = value.strip_prefix(b"0x").unwrap_or(value);
        if digits.len() == 64 && digits.iter().all(u8::is_ascii_hexdigit) && !is_placeholder(digits) {
            found((start, end, "private_key"));
        }
    })
}

/// The Solana key, an array of numbers, that begins within a few bytes of `at`.
pub(super) fn numbers(text: &[u8], at: usize) -> Option<Range> {
    let window = &text[at..text.len().min(at + MAX_CALL)];
    let open = window.iter().take(80).position(|b| *b == b'[')? + 1;
    let len = window[open..].iter().take_while(|b| b.is_ascii_digit() || b", \n\r\t".contains(b)).count();
    let body = &window[open..open + len];
    let mut count = 0;
    let bytes = body.split(|b| *b == b',').all(|number| {
        let number = number.trim_ascii();
        count += 1;
        (1..=3).contains(&number.len()) && number.iter().all(u8::is_ascii_digit)
    });
    let closed = window.get(open + len) == Some(&b']');
    let varied = body.iter().filter(|b| b.is_ascii_digit()).count() > NUMBERS * 3 / 2;
    (bytes && closed && varied && count == NUMBERS).then_some((at + open, at + open + len, "private_key"))
}
