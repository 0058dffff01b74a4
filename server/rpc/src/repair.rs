//! Repairs JSON from other programs where its meaning is certain.
//!
//! The repairs are the same everywhere: for JSON-RPC and MCP messages, params given to a command, and imported lines.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// The byte order mark that some programs write before UTF-8. RFC 8259, section 8.1, allows a parser to ignore it.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Removes a byte order mark from the beginning of the bytes.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The text of one message, without a byte order mark and with U+FFFD in place of invalid UTF-8.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(without_mark(bytes))
}

// `\ufffd` has the same length as the escape that it replaces, so all positions stay the same.
const REPLACEMENT: &str = "\\ufffd";

/// Replaces every unpaired surrogate in JSON, such as `\ud83d` alone, with U+FFFD.
///
/// Tools that cut texts by UTF-16 units often write unpaired surrogates, which no Unicode text can contain.
pub fn surrogates(json: &str) -> Cow<'_, str> {
    static ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));
    let bytes = json.as_bytes();
    let mut repaired = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = ESCAPE.find(&bytes[at..]) {
        let start = at + found;
        // After an odd number of backslashes, this backslash is itself escaped.
        let before = bytes[..start].iter().rev().take_while(|byte| **byte == b'\\').count();
        at = start + 2;
        if before % 2 == 1 {
            continue;
        }
        match (unit(bytes, start), unit(bytes, start + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => at = start + 12,
            (Some(0xd800..0xe000), _) => {
                repaired.push_str(&json[copied..start]);
                repaired.push_str(REPLACEMENT);
                at = start + 6;
                copied = at;
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    repaired.push_str(&json[copied..]);
    Cow::Owned(repaired)
}

/// The UTF-16 unit of the escape at a position, if there is an escape.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    // Parsing as a number would accept a sign.
    let digits = digits.iter().all(u8::is_ascii_hexdigit).then(|| std::str::from_utf8(digits).ok())??;
    u16::from_str_radix(digits, 16).ok()
}

/// The member whose value belongs to the client and is kept as written.
const OPAQUE: &str = "\"arguments\"";

/// Writes every whole number in JSON as an integer: `10.0` and `1e1` become `10`. `None` if nothing changes.
///
/// JSON Schema's `integer` includes such numbers. The content of a member `arguments` belongs to the client and is
/// not changed.
pub fn whole_numbers(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at);
                let next = after_space(bytes, end);
                let is_opaque = bytes.get(next) == Some(&b':') && &json[at..end] == OPAQUE;
                at = if is_opaque { value_end(bytes, after_space(bytes, next + 1)) } else { end };
            }
            b'-' | b'0'..=b'9' => {
                let end = number_end(bytes, at);
                if let Some(whole) = whole(&json[at..end]) {
                    out.push_str(&json[copied..at]);
                    out.push_str(&whole);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    (copied > 0).then(|| out + &json[copied..])
}

// The largest `u64` has this many digits. Longer numbers fit no integer of the protocol.
const MAX_DIGITS: usize = 20;

/// Converts a number with a point or an exponent to the exact integer. `None` if it is not such a number.
pub fn whole(number: &str) -> Option<String> {
    let (sign, unsigned) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if integer.is_empty() || !is_digits(integer) || !is_digits(fraction) || number == integer {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    let digits = format!("{integer}{fraction}");
    let point = i64::try_from(integer.len()).ok()? + i64::from(exponent);
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".into());
    }
    let point = usize::try_from(point).ok().filter(|point| *point >= significant.len())?;
    let zeros = point - significant.len();
    let first = significant.trim_start_matches('0');
    if zeros > MAX_DIGITS || first.len() + zeros > MAX_DIGITS {
        return None;
    }
    let whole = format!("{sign}{first}{}", "0".repeat(zeros));
    (whole != number).then_some(whole)
}

/// The position after the string that begins at `at`, or the end if the string is not closed.
pub fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    bytes.len()
}

/// The position of the first byte at or after `at` that is not white space in JSON.
pub fn after_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// The position after the number that begins at `at`.
pub fn number_end(bytes: &[u8], at: usize) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    at + bytes[at..].iter().take_while(|byte| is_part(byte)).count()
}

/// The position after the value that begins at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' if depth == 0 => return at,
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn unpaired_surrogates_are_replaced_and_pairs_are_kept() {
        for (json, expected) in [
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\uD83D\uDE00""#, r#""\uD83D\uDE00""#),
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\ude00 cut""#, r#""\ufffd cut""#),
            (r#""\ud83d\ud83d\ude00\ude00""#, r#""\ufffd\ud83d\ude00\ufffd""#),
            (r#""\ud83dA\ude00""#, r#""\ufffdA\ufffd""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#"{"\ud83d":1}"#, r#"{"\ufffd":1}"#),
            (r#""\u00e9 \ud7ff \ue000 \ud83""#, r#""\u00e9 \ud7ff \ue000 \ud83""#),
        ] {
            assert_eq!(surrogates(json), expected, "{json}");
        }
    }

    #[test]
    fn whole_numbers_become_integers() {
        for (json, expected) in [
            ("10.0", Some("10")),
            ("1e2", Some("100")),
            ("1E+2", Some("100")),
            ("1.50e2", Some("150")),
            ("1500e-2", Some("15")),
            ("0.0", Some("0")),
            ("-0", Some("0")),
            ("-0.0e5", Some("0")),
            ("-3.0", Some("-3")),
            ("0.0001e4", Some("1")),
            ("18446744073709551615.0", Some("18446744073709551615")),
            ("9007199254740993.0", Some("9007199254740993")),
            ("10", None),
            ("-7", None),
            ("10.5", None),
            ("1e-1", None),
            ("15e-2", None),
            ("1e999", None),
            ("1e99999999999", None),
            ("\"10.0\"", None),
            (r#"{"a":[1.0,"x\"2.0"],"b":{"c":2e0}}"#, Some(r#"{"a":[1,"x\"2.0"],"b":{"c":2}}"#)),
            (r#"{"arguments":{"a":[1.0]},"b":1.0}"#, Some(r#"{"arguments":{"a":[1.0]},"b":1}"#)),
            (r#"{"arguments" : 1.0 , "b":1.0}"#, Some(r#"{"arguments" : 1.0 , "b":1}"#)),
            (r#"{"arguments":"x","b":1.0}"#, Some(r#"{"arguments":"x","b":1}"#)),
        ] {
            assert_eq!(whole_numbers(json).as_deref(), expected, "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{}\":,\\\\ud8e0.19-]{0,40}") {
            let text = text(&bytes);
            surrogates(&text);
            whole_numbers(&text);
            surrogates(&json);
            whole_numbers(&json);
        }

        #[test]
        fn repaired_json_has_the_same_meaning(text in any::<String>(), cut in 0xd800u16..0xe000, number in -1e15f64..1e15) {
            let good = serde_json::to_string(&text).unwrap();
            prop_assert!(matches!(surrogates(&good), Cow::Borrowed(_)));
            let bad = format!("[{good},\"\\u{cut:04x}\"]");
            prop_assert!(serde_json::from_str::<Value>(&bad).is_err());
            let read: Value = serde_json::from_str(&surrogates(&bad)).unwrap();
            prop_assert_eq!(&read[0], &Value::from(text));
            prop_assert_eq!(&read[1], "\u{fffd}");
            let number = number.trunc();
            let whole = whole_numbers(&format!("{number:.1}")).unwrap();
            prop_assert_eq!(whole.parse::<f64>().unwrap(), number);
        }
    }
}
