//! Blank texts. A text without visible characters cannot answer a question or report work.

use crate::shown::{is_joiner, takes_no_ink};

/// Whether a text has nothing that a reader could see: white space and invisible characters only.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// White space, controls, and characters that are there and show nothing by themselves: those that `shown` writes out,
/// but for what no font of today has, which may be an emoji of tomorrow.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || takes_no_ink(c) || is_joiner(c)
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
            "\u{13430}\u{13441}\u{16fe4}\u{1107f}\u{2d7f}",
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
