//! What a value costs: the estimate of tokens, in quarters of a token, for these add up without rounding.

use std::io;

use serde::Serialize;

/// A token in the unit of costs. [`crate::text::estimate_tokens`] counts an ASCII character as a quarter,
/// another one as a whole, and rounds up once.
pub(super) const TOKEN: usize = 4;

/// What the JSON of `value` costs.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut meter = Meter(0);
    let written = serde_json::to_writer(&mut meter, value);
    debug_assert!(written.is_ok(), "a meter takes everything, and all keys of the protocol are strings");
    meter.0
}

/// What `text` costs inside a JSON string.
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
        fn costs_are_the_estimate_and_add_up(a in any::<String>(), b in any::<String>()) {
            let written = serde_json::to_string(&a).unwrap_or_default();
            prop_assert_eq!(json(&a).div_ceil(TOKEN), estimate_tokens(&written));
            prop_assert_eq!(text(&a) + text(&b), text(&format!("{a}{b}")));
        }
    }
}
