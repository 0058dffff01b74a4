//! Private keys without their PEM lines: base64 whose first bytes identify a key, and base64 before
//! `-----END … PRIVATE KEY-----`.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::structure::Range;

const MAX_KEY: usize = 16 * 1024;
/// Long enough for the length, the version and the element after it.
const HEAD: usize = 24;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The private key whose base64 begins at `at`: DER, the OpenSSH format, or PEM that was encoded as base64.
pub(super) fn bare(text: &[u8], at: usize) -> Option<Range> {
    let letter = |b: &u8| b.is_ascii_alphanumeric() || b"+/".contains(b);
    if at > 0 && letter(&text[at - 1]) && !(at > 1 && text[at - 2] == b'\\') {
        return None;
    }
    let mut head = [0; 18];
    let len = BASE64.decode_slice(text.get(at..at + HEAD)?, &mut head).ok()?;
    let head = &head[..len];
    let private = head.starts_with(b"openssh-key-v1")
        || head.starts_with(b"-----BEGIN ") && is_private_pem(text, at)
        || is_private_der(head);
    let end = body_end(text, at);
    (private && end - at >= 40).then_some((at, end, "private_key"))
}

/// Whether the base64 at `at` encodes a PEM block with a private key.
fn is_private_pem(text: &[u8], at: usize) -> bool {
    let rest = &text[at..text.len().min(at + 64)];
    let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).count() / 4 * 4;
    let decoded = BASE64.decode(&rest[..len]).unwrap_or_default();
    let label = decoded.get(11..).unwrap_or_default();
    // The label may be cut off, so only labels that certainly belong to public data are excluded.
    !label.starts_with(b"CERT") && !label.starts_with(b"PUBLIC") && !label.starts_with(b"X509")
}

/// Whether `head` begins a sequence with a version and the next element of a private key: PKCS#1, PKCS#8, SEC 1,
/// PKCS#12.
fn is_private_der(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(&[0x30]) else { return false };
    let body = match rest.first() {
        Some(0x82) => rest.get(3..),
        Some(0x81) => rest.get(2..),
        Some(..=0x7f) => rest.get(1..),
        _ => None,
    };
    match body {
        // PKCS#8, version 0 or 1, followed by its algorithm.
        Some([2, 1, 0 | 1, 0x30, _, 6, ..]) => true,
        // PKCS#1: two of its numbers. DSA keys look alike.
        Some([2, 1, 0, 2, 0x81 | 0x82 | 0x40..=0x41, ..]) => true,
        // SEC 1.
        Some([2, 1, 1, 4, 0x14..=0x42, ..]) => true,
        // PKCS#12.
        Some([2, 1, 3, 0x30, 0x82, ..]) => true,
        _ => false,
    }
}

/// Where the base64 that begins at `at` ends. It may include line breaks in any
/// spelling and quotation marks around its lines.
fn body_end(text: &[u8], at: usize) -> usize {
    let limit = text.len().min(at + MAX_KEY);
    let mut end = at;
    loop {
        let word =
            text[end..limit].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
        end += word;
        let rest = &text[end..limit];
        let gap =
            rest.iter().take(24).take_while(|b| b.is_ascii_whitespace() || b"\\nr\"'+,".contains(b)).count();
        let broken = rest[..gap].contains(&b'\n') || memchr::memmem::find(&rest[..gap], b"\\n").is_some();
        let next = rest[gap..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count();
        let padded = end > at && text[end - 1] == b'=';
        if word < 16
            || !broken
            || padded
            || next < 8
            || rest.get(gap + next).is_some_and(|b| b":-_.".contains(b))
        {
            return end;
        }
        end += gap;
    }
}

/// The base64 lines before the `-----END` of a private key at `at`, for keys whose first lines are missing.
pub(super) fn tail(text: &[u8], at: usize) -> Option<Range> {
    let label = &text[at..text.len().min(at + 60)];
    memchr::memmem::find(label, b"PRIVATE KEY")?;
    let floor = at.saturating_sub(MAX_KEY);
    let letter = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let gap = |b: &u8| b.is_ascii_whitespace() || b"\\\"'+,>|".contains(b);
    let mut start = at;
    loop {
        let mut before = &text[floor..start];
        let spaces = before.iter().rev().take(24).take_while(|b| gap(b)).count();
        before = &before[..before.len() - spaces];
        // The letter of a spelled-out line break.
        let spelled = before.ends_with(b"\\n") || spaces > 0 && text[start - 1] == b'n';
        if spelled {
            before = before.strip_suffix(b"\\n").unwrap_or(before);
        }
        let mut word = before.iter().rev().take_while(|b| letter(b)).count();
        // `…\n` before the word: the first letter belongs to the line break.
        let head = before.len() - word;
        if word > 0 && head > 0 && before[head - 1] == b'\\' && before[head] == b'n' {
            word -= 1;
        }
        // Only the last line may be short.
        let last = start == at;
        if word < 8 || word < 16 && !last || spaces == 0 && !spelled && !last {
            break;
        }
        start = floor + before.len() - word;
    }
    let begun = memchr::memmem::rfind(&text[floor..start], b"-----BEGIN")
        .is_some_and(|found| start - floor - found < 120);
    (at - start >= 32 && !begun).then_some((start, at, "private_key"))
}
