//! Limits on texts: clipping, reducing to one line, and estimating tokens.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Cuts the middle out of a text that is longer than `max_chars` characters (`char`s).
///
/// The beginning and the end stay, with ` … 1,234 characters … ` between them to state how many are missing. The
/// result is never longer than `max_chars`. It can be a few characters shorter, to keep combining marks, emoji
/// modifiers and joined emoji whole. A text that fits is returned unchanged. If there is no room for the note, the
/// result is only the beginning and `…`.
pub fn clip_middle(text: &str, max_chars: usize) -> Cow<'_, str> {
    // A character has at least one byte, so this handles most texts.
    if text.len() <= max_chars {
        return Cow::Borrowed(text);
    }
    let total = text.chars().count();
    if total <= max_chars {
        return Cow::Borrowed(text);
    }
    // The note for all characters is at least as long as the one for the omitted characters.
    let keep = max_chars.saturating_sub(note(total).chars().count());
    if keep < 2 {
        return Cow::Owned(beginning(text, max_chars));
    }
    let head = &text[..boundary_before(text, offset(text, keep - keep / 2))];
    let tail = &text[boundary_after(text, offset(text, total - keep / 2))..];
    let omitted = total - head.chars().count() - tail.chars().count();
    Cow::Owned(format!("{head}{}{tail}", note(omitted)))
}

fn beginning(text: &str, max_chars: usize) -> String {
    match max_chars.checked_sub(1) {
        None => String::new(),
        Some(keep) => format!("{}…", &text[..boundary_before(text, offset(text, keep))]),
    }
}

fn note(omitted: usize) -> String {
    let digits = omitted.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!(" … {grouped} characters … ")
}

/// The byte offset of the character with number `index`.
fn offset(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

fn boundary_before(text: &str, mut at: usize) -> usize {
    while !is_boundary(text, at) {
        at = text[..at].char_indices().next_back().map_or(0, |(previous, _)| previous);
    }
    at
}

fn boundary_after(text: &str, mut at: usize) -> usize {
    while !is_boundary(text, at) {
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    at
}

/// Whether a text may be cut at `at`: the rules GB3, GB9 and GB11 of Unicode Standard Annex #29, approximated by
/// width. Flags and Hangul written in parts can still be cut in two.
fn is_boundary(text: &str, at: usize) -> bool {
    let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next()) else {
        return true;
    };
    let extends = after.width() == Some(0) || ('\u{1f3fb}'..='\u{1f3ff}').contains(&after);
    !(extends || before == '\u{200d}' || (before == '\r' && after == '\n'))
}

/// Puts a text on one line: each run of white space, control and bidirectional characters becomes one space, and is
/// removed at the ends.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_whitespace() || is_hidden(c);
    let trimmed = text.trim_matches(breaks);
    let mut previous = 'x';
    let is_one_line = trimmed.chars().all(|c| {
        let fits = !breaks(c) || (c == ' ' && previous != ' ');
        previous = c;
        fits
    });
    if is_one_line {
        return Cow::Borrowed(trimmed);
    }
    let mut line = String::with_capacity(trimmed.len());
    for word in trimmed.split(breaks).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    Cow::Owned(line)
}

/// Whether a character can make a text look like another: a control character, or a bidirectional mark, embedding,
/// override or isolate (Unicode Standard Annex #9; "Trojan Source", CVE-2021-42574).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Estimates the number of tokens of a text: one for four ASCII characters, rounded up over the whole text, and one
/// for each other character.
///
/// Every token budget on the wire uses this estimator. It tends to count too many rather than too few.
pub fn estimate_tokens(text: &str) -> usize {
    let (mut ascii, mut others) = (0, 0);
    for byte in text.bytes() {
        ascii += usize::from(byte < 0x80);
        // The first byte of a multi-byte character; continuation bytes are smaller.
        others += usize::from(byte >= 0xc0);
    }
    ascii.div_ceil(4) + others
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_fits_is_not_clipped() {
        for text in ["", "abc", "äöü"] {
            assert!(matches!(clip_middle(text, 3), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_clipped_text_states_how_much_is_missing() {
        let text = format!("begin{}end", "x".repeat(2_000));
        let clipped = clip_middle(&text, 40);
        assert_eq!(clipped, "beginxxxx … 1,990 characters … xxxxxxend");
        assert_eq!(clip_middle("abcdefghijklmnopqrstuvwxyz0123456789", 30), "abcdef … 25 characters … 56789");
    }

    #[test]
    fn a_limit_too_small_for_the_note_keeps_the_beginning() {
        assert_eq!(clip_middle("abcdef", 4), "abc…");
        assert_eq!(clip_middle("abcdef", 1), "…");
        assert_eq!(clip_middle("abcdef", 0), "");
    }

    #[test]
    fn marks_and_joined_emoji_are_kept_whole() {
        let text = "👩\u{200d}💻👍\u{1f3fd}e\u{301}".repeat(40);
        for max in 20..80 {
            let clipped = clip_middle(&text, max);
            if let Some((head, rest)) = clipped.split_once(" … ")
                && let Some((_, tail)) = rest.split_once(" … ")
            {
                assert!(is_boundary(&text, head.len()), "{max}");
                assert!(is_boundary(&text, text.len() - tail.len()), "{max}");
            }
        }
    }

    #[test]
    fn one_line_has_no_breaks_and_no_hidden_characters() {
        for (text, line) in [
            ("", ""),
            ("already one line", "already one line"),
            ("  a\r\n\tb\u{0}\u{202e}c \u{a0} d\u{2028}", "a b c d"),
            ("\u{2066}\n", ""),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
        assert!(matches!(one_line(" a b "), Cow::Borrowed("a b")));
    }

    #[test]
    fn a_token_is_four_ascii_characters_or_one_other() {
        for (text, tokens) in [
            ("", 0),
            ("a", 1),
            ("abcd", 1),
            ("abcde", 2),
            ("ä", 1),
            ("äa", 2),
            ("日本語", 3),
            ("ab日cd🦀", 3),
        ] {
            assert_eq!(estimate_tokens(text), tokens, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_clipped_text_keeps_its_limit_and_its_ends_and_counts_missing_characters(
            text in any::<String>().prop_map(|text| text.repeat(3)), max in 0usize..60
        ) {
            let clipped = clip_middle(&text, max);
            prop_assert!(clipped.chars().count() <= max);
            if let Cow::Owned(clipped) = clipped
                && let Some((head, rest)) = clipped.split_once(" … ")
                && let Some((count, tail)) = rest.split_once(" characters … ")
                && let Ok(count) = count.replace(',', "").parse::<usize>()
            {
                prop_assert!(text.starts_with(head) && text.ends_with(tail));
                prop_assert_eq!(count + head.chars().count() + tail.chars().count(), text.chars().count());
            }
        }

        #[test]
        fn one_line_is_one_line(text in any::<String>()) {
            let line = one_line(&text);
            prop_assert!(!line.contains(is_hidden) && !line.contains("  ") && line.trim() == line);
            prop_assert_eq!(&one_line(&line), &line);
        }

        #[test]
        fn the_estimate_follows_its_rule(text in any::<String>()) {
            let ascii = text.chars().filter(char::is_ascii).count();
            let others = text.chars().filter(|c| !c.is_ascii()).count();
            prop_assert_eq!(estimate_tokens(&text), ascii.div_ceil(4) + others);
        }
    }
}
