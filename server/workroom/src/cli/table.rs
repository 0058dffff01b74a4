//! Columns and times for lists that people read.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The gap between two columns.
pub(super) const GAP: &str = "  ";

/// Returns how long ago something was, or `None` if a date is clearer.
pub(super) fn ago(millis: i64) -> Option<String> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const FORTNIGHT: i64 = 14 * DAY;
    let seconds = millis / 1000;
    let (count, unit) = match seconds {
        // After a clock was set back, times can be in the future.
        ..MINUTE => return Some("just now".into()),
        MINUTE..HOUR => (seconds / MINUTE, "min"),
        HOUR..DAY => (seconds / HOUR, "h"),
        DAY..FORTNIGHT => (seconds / DAY, "d"),
        _ => return None,
    };
    Some(format!("{count} {unit} ago"))
}

/// Returns the spaces that pad a cell to the width of its column.
pub(super) fn pad(cell: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(cell.width()))
}

/// Returns the beginning of a text that is wider than `width` columns.
pub(super) fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut clipped = String::new();
    for c in text.chars() {
        clipped.push(c);
        if clipped.width() > width.saturating_sub(1) {
            clipped.pop();
            break;
        }
    }
    clipped.push('…');
    clipped
}

/// Splits a text into lines of at most `width` columns, after a space if possible. Nothing is left out.
pub(super) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let width = width.max(2);
    let mut lines = Vec::new();
    for mut rest in text.lines() {
        loop {
            let mut columns = 0;
            let mut space = None;
            let over = rest.char_indices().find(|(at, c)| {
                columns += c.width().unwrap_or(0);
                if columns <= width && *c == ' ' {
                    space = Some(at + 1);
                }
                columns > width && *at > 0
            });
            let Some((over, _)) = over else { break };
            let (line, next) = rest.split_at(space.unwrap_or(over));
            lines.push(line);
            rest = next;
        }
        lines.push(rest);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_until_a_date_says_more() {
        const HOUR: i64 = 3_600_000;
        for (millis, text) in [
            (-5_000, Some("just now")),
            (59_999, Some("just now")),
            (60_000, Some("1 min ago")),
            (HOUR - 1, Some("59 min ago")),
            (HOUR, Some("1 h ago")),
            (25 * HOUR, Some("1 d ago")),
            (15 * 24 * HOUR, None),
        ] {
            assert_eq!(ago(millis).as_deref(), text, "{millis}");
        }
    }

    #[test]
    fn wrapped_texts_keep_every_character() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("日本語の題名", 5), ["日本", "語の", "題名"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
        for text in ["", "x", "a b  c d e f", "日 本語"] {
            assert_eq!(wrap(text, 3).concat(), text);
        }
    }

    #[test]
    fn clipped_titles_keep_their_columns() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("longer", 5), "long…");
        assert_eq!(clip("日本語の題名", 5), "日本…");
    }
}
