//! Keys of wallets: recovery phrases, and private keys that only a call or a file gives away.

use super::harmless::is_placeholder;
use super::structure::Range;

const MAX_CALL: usize = 1024;
/// A private key and its public half, each byte a number.
const NUMBERS: usize = 64;

/// The words of a wallet's recovery phrase after `mnemonic`, `seed phrase` and the like, which end at `at`.
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

/// The private keys, `0x` and 64 hexadecimal digits in quotation marks, among the arguments or in the list behind `at`.
/// Returns where they end.
pub(super) fn keys(text: &[u8], at: usize, mut found: impl FnMut(Range)) -> usize {
    let window = &text[at..text.len().min(at + MAX_CALL)];
    // `accounts: [`, `Wallet(`: what is no list and no call is none of these.
    let begin = window.iter().take(6).take_while(|b| b"\" :=\n".contains(b)).count();
    let close = match (window.get(begin), at.checked_sub(1).map(|at| text[at])) {
        (Some(b'['), _) => b']',
        (_, Some(b'(')) => b')',
        _ => return at,
    };
    let end = memchr::memchr(close, window).unwrap_or(window.len());
    for start in memchr::memchr3_iter(b'"', b'\'', b'`', &window[..end]) {
        let rest = &window[start + 1..end];
        let prefix = if rest.starts_with(b"0x") { 2 } else { 0 };
        let digits = rest[prefix..].iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let closed = rest.get(prefix + digits).is_none_or(|b| b"\"'`".contains(b));
        if digits == 64 && closed && !is_placeholder(&rest[prefix..prefix + digits]) {
            let from = at + start + 1;
            found((from, from + prefix + digits, "private_key"));
        }
    }
    at + end
}

/// The array of numbers, a key of Solana, that begins within a few bytes of `at`.
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
