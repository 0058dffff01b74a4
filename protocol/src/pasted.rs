//! Pasted text: removes what people and programs put around a link or a reference.

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
    for (open, close) in PAIRS {
        if let Some(inner) = between(text, open, close) {
            return inner;
        }
    }
    // Removes the end of a sentence before an unpaired mark: inside `**LINK**,` the marks are a pair.
    let inside = text.trim_end_matches(SENTENCE_END);
    if inside.len() < text.len() {
        return inside;
    }
    let text = text.trim_start_matches(OPENS_ALONE);
    match text.chars().next_back() {
        Some(close) if PAIRS.iter().any(|(_, known)| *known == close) && is_unopened(text, close) => {
            &text[..text.len() - close.len_utf8()]
        }
        _ => text,
    }
}

/// The opening and closing marks around a text.
const PAIRS: [(char, char); 19] = [
    ('`', '`'),
    ('"', '"'),
    ('\'', '\''),
    ('*', '*'),
    ('_', '_'),
    ('~', '~'),
    ('|', '|'),
    ('<', '>'),
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201e}', '\u{201c}'),
    ('\u{ab}', '\u{bb}'),
    ('\u{2039}', '\u{203a}'),
    ('\u{ff08}', '\u{ff09}'),
    ('\u{300c}', '\u{300d}'),
    ('\u{3010}', '\u{3011}'),
];

/// The punctuation that ends a sentence or a part of one, in Latin, Chinese, Japanese, Arabic and Devanagari texts. An
/// address or a reference never ends with any of it.
const SENTENCE_END: &[char] = &[
    '.', ',', ';', ':', '!', '?', '\u{2026}', '\u{3001}', '\u{3002}', '\u{ff01}', '\u{ff0c}', '\u{ff0e}',
    '\u{ff1a}', '\u{ff1b}', '\u{ff1f}', '\u{ff61}', '\u{ff64}', '\u{60c}', '\u{61b}', '\u{61f}', '\u{6d4}',
    '\u{964}',
];

/// Marks that begin a quotation and are never part of an address. They remain alone when their partner was cut off.
const OPENS_ALONE: &[char] = &['"', '\'', '`', '<', '\u{201c}', '\u{2018}', '\u{201e}', '\u{ab}', '\u{300c}'];

/// White space of any script, and zero-width characters that hide at the ends of copied texts.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
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

/// Whether a text has fewer opening marks of a pair than closing ones.
fn is_unopened(text: &str, close: char) -> bool {
    PAIRS.iter().filter(|(_, known)| *known == close).all(|(open, _)| match *open == close {
        // Only marks that never end an address: `_` and `~` may.
        true => matches!(close, '`' | '"' | '\'' | '*' | '|'),
        false => text.matches(*open).count() < text.matches(close).count(),
    })
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
