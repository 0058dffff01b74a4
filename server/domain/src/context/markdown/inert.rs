//! Makes text from participants inert, so that it cannot escape its place in the document.

use std::borrow::Cow;

use crate::text::{is_hidden, one_line};

/// Puts a text on one line and removes invisible characters.
pub(super) fn inline(text: &str) -> Cow<'_, str> {
    match one_line(text) {
        line if !line.contains(is_tag) => line,
        line => Cow::Owned(line.replace(is_tag, "")),
    }
}

/// Puts an identifier into a code span.
pub(super) fn code(id: &str) -> String {
    format!("`{}`", inline(id).replace('`', "'"))
}

/// Appends what somebody said to a line that names the speaker, and ends the line. A single line follows a colon; a
/// longer text becomes a quote, each line of which begins with `>`.
pub fn say(line: &mut String, text: &str) {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_hidden(c) || is_tag(c));
    if text.is_empty() {
        line.push('\n');
    } else if text.contains(is_break) {
        line.push_str(":\n");
        quote(line, text);
    } else {
        line.push_str(": ");
        line.push_str(&inline(text));
        line.push('\n');
    }
}

fn quote(out: &mut String, text: &str) {
    let mut gap = false;
    for line in text.replace("\r\n", "\n").split(is_break).map(str::trim_end) {
        // Merges consecutive empty lines into one.
        let line: String =
            line.replace('\t', "  ").chars().filter(|c| !is_hidden(*c) && !is_tag(*c)).collect();
        if line.trim().is_empty() {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push_str("  >\n");
        }
        out.push_str("  > ");
        out.push_str(&line);
        out.push('\n');
    }
}

/// Whether any reader treats the character as a line end: the mandatory breaks of UAX #14.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the character is a tag character, which people cannot see and models read as a letter.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> String {
        let mut line = "- a".to_owned();
        say(&mut line, text);
        line
    }

    #[test]
    fn text_follows_a_colon_or_is_quoted() {
        for (text, line) in [
            ("", "- a\n"),
            (" \u{202e}\n", "- a\n"),
            ("# one", "- a: # one\n"),
            ("one\n", "- a: one\n"),
            ("one\ntwo", "- a:\n  > one\n  > two\n"),
            ("one\r\n\r\n\r\n\ttwo\u{2028}\u{1b}three", "- a:\n  > one\n  >\n  >   two\n  > three\n"),
            ("a\u{e0041}\u{e0042}b", "- a: ab\n"),
            ("```\n## x\n```", "- a:\n  > ```\n  > ## x\n  > ```\n"),
        ] {
            assert_eq!(said(text), line, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_never_begins_a_line(text in "(\\PC|[\r\n\t\u{b}\u{2028}\u{85}]|[>#`-]| ){0,60}") {
            for (number, line) in said(&text).split_terminator(is_break).enumerate() {
                let begins = if number == 0 { "- a" } else { "  >" };
                prop_assert!(line.starts_with(begins));
                prop_assert!(!line.contains(|c| is_hidden(c) || is_tag(c)));
            }
        }
    }
}
