//! Blank texts. A text without visible characters cannot answer a question or report work.

/// Whether a text has only white space and invisible characters.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Whether a character is white space, a control character or invisible. The list is Unicode's
/// `Default_Ignorable_Code_Point`, the format characters, and the blanks that Unicode classifies as letters or
/// symbols.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            // The blank braille pattern.
            | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_are_blank() {
        for text in [
            "",
            " \t\r\n",
            "\u{a0}\u{2003}\u{3000}\u{2028}",
            "\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}",
            "\u{3164}\u{115f}\u{ffa0}\u{2800}",
            "\u{e0041}\u{e007f}\u{fe0f}\u{e0100}",
            "\u{0}\u{1b}\u{202e}\u{2066}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn a_text_with_a_visible_character_is_not_blank() {
        for text in [".", "0", "👍", "\u{200b}ok\u{200b}", "是", "\u{301}", "[redacted:token]", "❤\u{fe0f}"]
        {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn blank_characters_around_a_text_do_not_change_whether_it_is_blank(text in any::<String>(), blank in "[ \u{200b}\u{3164}\n]{0,8}") {
            prop_assert_eq!(is_blank(&format!("{blank}{text}{blank}")), is_blank(&text));
        }
    }
}
