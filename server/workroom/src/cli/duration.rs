//! Durations as people write them.

use std::time::Duration;

/// Parses a whole number with a unit: `s`, `min` or `m`, `h`, `d`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(digits);
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err("expected a number and a unit (s, m, h or d), such as 90s, 15m, 12h or 30d".into()),
    };
    // A hundred years. A longer duration is meant to be unlimited.
    const MOST: u64 = 100 * 365 * 24 * 60 * 60;
    let seconds = count.parse::<u64>().ok().and_then(|count| count.checked_mul(seconds));
    match seconds {
        Some(0) => Err("the duration must be longer than zero".into()),
        Some(seconds) if seconds <= MOST => Ok(Duration::from_secs(seconds)),
        _ => Err("the duration must not be longer than a hundred years".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("15min", 900), ("12h", 43_200), ("30d", 2_592_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "5", "h", "-1h", "1.5h", "1 h", "0s", "99999d", "99999999999999999999s"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
