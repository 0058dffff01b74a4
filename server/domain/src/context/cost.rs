//! The cost of values: the token estimate, in quarters of a token, which add up without rounding.

use std::io;

use serde::Serialize;

/// One token in units of cost. [`crate::text::estimate_tokens`] counts an ASCII character as a quarter of a token and
/// any other character as a whole one, and rounds up once.
pub(super) const TOKEN: usize = 4;

/// The cost of the JSON of `value`.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut meter = Meter(0);
    let written = serde_json::to_writer(&mut meter, value);
    debug_assert!(written.is_ok(), "a meter takes everything, and all keys of the protocol are strings");
    meter.0
}

/// The cost of `text` inside a JSON string.
pub(super) fn text(text: &str) -> usize {
    json(text).saturating_sub(2)
}

struct Meter(usize);

impl io::Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut ascii, mut others) = (0, 0);
        for byte in bytes {
            ascii += usize::from(*byte < 0x80);
            others += usize::from(*byte >= 0xc0);
        }
        self.0 += ascii + TOKEN * others;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::estimate_tokens;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn costs_add_up_to_the_token_estimate(a in any::<String>(), b in any::<String>()) {
            let written = serde_json::to_string(&a).unwrap_or_default();
            prop_assert_eq!(json(&a).div_ceil(TOKEN), estimate_tokens(&written));
            prop_assert_eq!(text(&a) + text(&b), text(&format!("{a}{b}")));
        }
    }
}
