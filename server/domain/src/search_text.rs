//! Text in the search index, and queries as people write them.
//!
//! Both use the normalisation form NFKC (UAX #15): a search for the ordinary form also finds full-width letters and
//! digits, half-width Katakana, ligatures and decomposed syllables, and vice versa.

use unicode_normalization::UnicodeNormalization;

/// Separates characters of scripts without spaces, so that the index treats each as a word. It is a control
/// character, which the index treats as a gap, and it is removed before text is shown.
pub const GAP: char = '\u{1f}';

// Search does not find words after this limit. The event itself is stored whole.
const MAX_INDEXED_CHARS: usize = 100_000;

/// Whether `character` belongs to a script without spaces between words, or one where parts of words matter.
fn stands_alone(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}'      // Thai, Lao
        | '\u{1000}'..='\u{109f}'    // Myanmar
        | '\u{1100}'..='\u{11ff}'    // Hangul Jamo
        | '\u{1780}'..='\u{17ff}'    // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}'    // Hiragana, Katakana
        | '\u{3400}'..='\u{4dbf}'    // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'    // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'  // Han, further planes
    )
}

/// `text` as the index stores it: normalised, with a [`GAP`] around each character that stands alone.
pub fn indexed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut alone_before = false;
    for character in text.nfkc().take(MAX_INDEXED_CHARS) {
        let alone = stands_alone(character);
        if alone || alone_before {
            out.push(GAP);
        }
        out.push(character);
        alone_before = alone;
    }
    out
}

/// The index query for a person's input. Every word must occur, at least as a prefix; words in quotation marks must
/// occur in sequence. `None` if there is nothing to search for.
pub fn match_expression(query: &str) -> Option<String> {
    // Normalise before looking for quotation marks: a full-width mark becomes an ordinary one, which must not end up
    // in a term.
    let query: String = query.nfkc().collect();
    let mut terms = Vec::new();
    for (position, part) in query.split('"').enumerate() {
        // Every second part was in quotation marks, even if the last quotation is not closed.
        if position % 2 == 1 {
            terms.extend(term(part, false));
        } else {
            terms.extend(part.split_whitespace().filter_map(|word| term(word, true)));
        }
    }
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

/// One quoted phrase for the index. Inside it, only the quotation mark is special, and it cannot occur there.
fn term(words: &str, prefix: bool) -> Option<String> {
    if !words.chars().any(char::is_alphanumeric) {
        return None;
    }
    let ends_alone = words.chars().rev().find(|c| c.is_alphanumeric()).is_some_and(stands_alone);
    let star = if prefix && !ends_alone { "*" } else { "" };
    Some(format!("\"{}\"{star}", indexed(words).replace('\0', " ")))
}

/// An excerpt of a text around its first match, at most `max_chars` characters, and the ranges of the matches in it.
///
/// `marked` has each match between `open` and `close`, and may contain [`GAP`]s. Ranges are in UTF-16 code units.
pub fn snippet(marked: &str, open: char, close: char, max_chars: usize) -> (String, Vec<(usize, usize)>) {
    let plain_before = marked.split(open).next().unwrap_or_default().chars().filter(|c| *c != GAP).count();
    let total = marked.chars().filter(|c| ![GAP, open, close].contains(c)).count();
    // A third of the room goes to the text before the match, or all of it if the text is short.
    let room = max_chars.saturating_sub(2);
    let skip = if total <= max_chars { 0 } else { plain_before.saturating_sub(room / 3).min(total - room) };
    let take = if total <= max_chars { total } else { room };

    let mut out = String::new();
    let mut units = 0;
    let mut put = |out: &mut String, character: char| {
        let shown = if character.is_control() { ' ' } else { character };
        out.push(shown);
        units += shown.len_utf16();
        units
    };
    let mut at = 0;
    if skip > 0 {
        at = put(&mut out, '…');
    }
    let mut ranges = Vec::new();
    let mut begun = None;
    let mut seen = 0;
    for character in marked.chars() {
        if character == open {
            begun = Some(at);
        } else if character == close {
            ranges.extend(begun.take().filter(|from| *from < at).map(|from| (from, at)));
        } else if character != GAP {
            if seen >= skip && seen < skip + take {
                at = put(&mut out, character);
            }
            seen += 1;
        }
    }
    if skip + take < total {
        put(&mut out, '…');
    }
    (out, ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scripts_without_spaces_are_split_into_characters() {
        assert_eq!(indexed("fix 修复 bug").replace(GAP, "|"), "fix |修|复| bug");
        assert_eq!(indexed("naïve"), "naïve");
        assert_eq!(indexed("ＡＢＣ１２３ ﬁle e\u{301}"), "ABC123 file é");
        assert_eq!(indexed("ｶﾞ ガ \u{1112}\u{1161}\u{11ab}").replace(GAP, "|"), "|ガ| |ガ| |한");
    }

    #[test]
    fn queries_are_read_as_people_write_them() {
        let check = |query: &str, expected: Option<&str>| {
            assert_eq!(match_expression(query).map(|e| e.replace(GAP, "|")).as_deref(), expected, "{query}");
        };
        check("parser", Some("\"parser\"*"));
        check("parser error", Some("\"parser\"* AND \"error\"*"));
        check("\"parser error\" now", Some("\"parser error\" AND \"now\"*"));
        check("\"unclosed phrase", Some("\"unclosed phrase\""));
        check("修复", Some("\"|修|复\""));
        check("NOT OR AND", Some("\"NOT\"* AND \"OR\"* AND \"AND\"*"));
        check("ＰＡＲＳＥＲ　＂ﬁle x＂", Some("\"PARSER\"* AND \"file x\""));
        check("a＂b", Some("\"a\"* AND \"b\""));
        check("ｶﾅ", Some("\"|カ|ナ\""));
        check("a:b* ^c (d)", Some("\"a:b*\"* AND \"^c\"* AND \"(d)\"*"));
        check(" -- ", None);
        check("", None);
    }

    #[test]
    fn snippets_show_the_first_match() {
        assert_eq!(snippet("a <bug> here", '<', '>', 50), ("a bug here".into(), vec![(2, 5)]));
        let long = format!("{}<bug>{}", "x".repeat(500), "y".repeat(500));
        let (text, ranges) = snippet(&long, '<', '>', 30);
        assert_eq!(text.chars().count(), 30);
        assert_eq!(ranges.len(), 1);
        assert_eq!(&text.encode_utf16().collect::<Vec<_>>()[ranges[0].0..ranges[0].1], [98, 117, 103]);
    }

    proptest! {
        #[test]
        fn snippets_keep_within_their_bounds(text in "(<b>|x|é|\u{1f}|😀| ){0,300}", max in 3usize..60) {
            let (out, ranges) = snippet(&text, '<', '>', max);
            prop_assert!(out.chars().count() <= max);
            let units = out.encode_utf16().count();
            prop_assert!(ranges.iter().all(|(from, to)| from < to && *to <= units));
        }
    }
}
