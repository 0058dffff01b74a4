//! Pasted text: removes what people and programs put around a link or a reference.

mod marks;

use self::marks::{closing, ends_sentence, is_closing, is_ignorable, is_quote, opening};

/// Returns the text inside the marks around a pasted text. It removes white space, invisible characters, brackets,
/// quotes, emphasis, a Markdown link, and the punctuation of the surrounding sentence, in any order and depth.
///
/// It only removes marks and changes nothing else: the result is a part of `text`. A `)` stays if the text inside
/// contains its `(`. A mark at only one end stays if it can be part of an address, unless it is punctuation that ends a
/// sentence.
pub fn unwrap(text: &str) -> &str {
    let mut text = text;
    for _ in 0..MAX_LAYERS {
        let inner = once(text);
        if inner.len() == text.len() {
            break;
        }
        text = inner;
    }
    text
}

// Nobody wraps a link more often than this. Each layer reads the whole text, so the limit keeps a text of only brackets
// cheap.
const MAX_LAYERS: usize = 32;

fn once(text: &str) -> &str {
    let text = text.trim_matches(is_blank);
    if let Some(target) = markdown_target(text) {
        return target;
    }
    let mut chars = text.chars();
    if let (Some(open), Some(close)) = (chars.next(), chars.next_back())
        && is_pair(open, close)
        && let Some(inner) = between(text, open, close)
    {
        return inner;
    }
    // Removes the end of a sentence before an unpaired mark: inside `**LINK**,` the marks are a pair.
    let inside = text.trim_end_matches(ends_sentence);
    if inside.len() < text.len() {
        return inside;
    }
    let text = text.trim_start_matches(opens_alone);
    let text = match text.chars().next() {
        Some(open) if closing(open).is_some_and(|close| !text.contains(close)) => &text[open.len_utf8()..],
        _ => text,
    };
    match text.chars().next_back() {
        Some(close) if closes_alone(text, close) => &text[..text.len() - close.len_utf8()],
        _ => text,
    }
}

/// Emphasis and code of Markdown and chat programs: the same mark on both sides.
const SAME: [char; 5] = ['`', '*', '_', '~', '|'];

/// Whether two marks are a pair. Which quotation mark opens and which closes differs from language to
/// language.
fn is_pair(open: char, close: char) -> bool {
    (open == close && SAME.contains(&open))
        || closing(open) == Some(close)
        || (is_quote(open) && is_quote(close))
}

/// Marks that begin a quotation, a question or an exclamation and are never part of an address. They remain alone when
/// their partner was cut off.
fn opens_alone(c: char) -> bool {
    is_quote(c) || matches!(c, '`' | '<' | '\u{a1}' | '\u{bf}' | '\u{2e18}')
}

/// Whether the last mark of a text is unpaired and cannot end an address: `_` and `~` can.
fn closes_alone(text: &str, close: char) -> bool {
    if is_quote(close) || matches!(close, '`' | '*' | '|') {
        return true;
    }
    let is_opened = |open: char| text.matches(open).count() >= text.matches(close).count();
    is_closing(close) && !opening(close).is_some_and(is_opened)
}

/// White space of any script, and invisible characters, such as direction marks.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_ignorable(c)
}

/// Returns what is inside a matching pair: `(a) and (b)` is not in parentheses.
fn between(text: &str, open: char, close: char) -> Option<&str> {
    let inner = text.strip_prefix(open)?.strip_suffix(close)?;
    if open == close {
        return Some(inner)
            .filter(|inner| !inner.contains(open) || matches!(open, '*' | '_' | '~' | '`' | '|'));
    }
    let mut depth = 0usize;
    for c in inner.chars() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.checked_sub(1)?;
        }
    }
    (depth == 0).then_some(inner)
}

/// Returns the target of a text that is exactly one Markdown link. Its label has only escaped or paired brackets. A
/// title after the target is not part of the target.
fn markdown_target(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(')')?;
    let (label, target) = inner.rsplit_once("](")?;
    let (mut escaped, mut depth) = (false, 0usize);
    for c in label.chars() {
        if c.is_control() {
            return None;
        }
        match c {
            '[' if !escaped => depth += 1,
            ']' if !escaped => depth = depth.checked_sub(1)?,
            _ => {}
        }
        escaped = !escaped && c == '\\';
    }
    if escaped || depth > 0 {
        return None;
    }
    let target = target.trim_matches(is_blank);
    Some(target.split_once(char::is_whitespace).map_or(target, |(target, _)| target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pasted: &str, inner: &str) {
        assert_eq!(unwrap(pasted), inner, "{pasted:?}");
    }

    #[test]
    fn marks_around_a_text_are_no_part_of_it() {
        for around in [
            "X",
            " X\n",
            "\u{a0}X\u{200b}",
            "\u{feff}X",
            "\u{3000}X",
            "X.",
            "X,",
            "X;",
            "X:",
            "X!",
            "X?",
            "X…",
            "X。",
            "X、",
            "X，",
            "X！",
            "X）",
            "（X）",
            "「X」。",
            "【X】",
            "<X>",
            "(X)",
            "(X).",
            "[X]",
            "\"X\"",
            "'X'",
            "“X”",
            "‘X’",
            "„X“",
            "«X»",
            "`X`",
            "``X``",
            "**X**",
            "*X*",
            "_X_",
            "__X__",
            "~~X~~",
            "***X***.",
            "**X,**",
            "(\"X\").",
            "[text](X)",
            "[text](<X>)",
            "[text](X \"title\").",
            "([text](X))",
            "[a [b] c](X)",
            "\"X",
            "X\"",
            "X`,",
            "《X》",
            "〈X〉。",
            "『X』",
            "〔X〕",
            "［X］",
            "｛X｝",
            "＜X＞",
            "〝X〟",
            "＂X＂",
            "｢X｣",
            "︵X︶",
            "»X«",
            "”X”",
            "‚X‘",
            "‹X›",
            "⟨X⟩",
            "\u{2068}X\u{2069}",
            "\u{202a}X\u{202c}.",
            "X\u{200e}",
            "\u{200f}X\u{61c}",
            "X।",
            "X؟",
            "X۔",
            "X։",
            "X።",
            "X၊",
            "X។",
            "X｡",
            "X‼",
            "¿X?",
            "¡X!",
            "「X",
            "X」",
            "（X",
            "X】，",
            "（「\u{2067}X\u{2069}」）。",
            "<X",
            "X>",
            "X)",
            "X).",
            "|X|",
        ] {
            check(&around.replace('X', "acme/rocket#12"), "acme/rocket#12");
            check(&around.replace('X', "https://example.com/a_(b)"), "https://example.com/a_(b)");
        }
    }

    #[test]
    fn what_is_part_of_a_text_stays() {
        for text in ["a_(b)", "(a) and (b)", "a/_b_", "x~", "a b", "[a](b)[c](d)x", "a-b", "", "https://a/b/"]
        {
            check(text, text);
        }
        check("[a](b)[c](X)", "[a](b)[c](X)");
    }

    proptest! {
        #[test]
        fn what_is_left_has_nothing_around_it(text in "[\\PC \n]{0,30}") {
            let inner = unwrap(&text);
            prop_assert!(text.contains(inner));
            prop_assert_eq!(unwrap(inner), inner);
        }
    }
}
