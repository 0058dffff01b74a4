//! Compares the wording of two requests.
//!
//! This is used only to join a pending request. Texts are shown, decided and permitted exactly as they were written.

/// Whether a question can join a pending one: the words must be the same, except for surrounding white space and the
/// punctuation after the last word.
pub(super) fn is_same_question(one: &str, other: &str) -> bool {
    fn words(text: &str) -> &str {
        let text = text.trim();
        let bare = text.trim_end_matches(['.', '!', '?', '…', '。', '！', '？']);
        // After a space or a slash, a full stop is not punctuation but a folder, as in `rm -r .`.
        if bare.ends_with(char::is_alphanumeric) { bare } else { text }
    }
    words(one) == words(other)
}

/// Whether an action can join a pending one: the words must be the same, except for surrounding white space and one full
/// stop after a last word of letters. Any other character can be part of a command: `/srv/x?` matches other files than
/// `/srv/x`.
pub(super) fn is_same_action(one: &str, other: &str) -> bool {
    fn words(text: &str) -> &str {
        let text = text.trim();
        let Some(bare) = text.strip_suffix('.') else { return text };
        let last = bare.rsplit(char::is_whitespace).next().unwrap_or_default();
        let is_word = !last.is_empty() && last.chars().all(char::is_alphabetic);
        if is_word { bare } else { text }
    }
    words(one) == words(other)
}

/// Whether a text shows that something was redacted.
pub(super) fn is_redacted(text: &str) -> bool {
    text.contains("[redacted:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_sentence_makes_no_other_question() {
        for (one, other, same) in [
            ("Which region?", "Which region", true),
            ("Which region?", " Which region... ", true),
            ("推送吗", "推送吗？", true),
            ("Which region?", "which region?", false),
            ("Is it .", "Is it", false),
            ("", ".", false),
        ] {
            assert_eq!(is_same_question(one, other), same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn nothing_but_a_full_stop_behind_a_word_makes_no_other_action() {
        for (one, other, same) in [
            ("git push", "git push.", true),
            ("git push", " git push. ", true),
            ("git push", "git push..", false),
            ("git push", "git push!", false),
            ("git push", "git push?", false),
            ("git push", "git push…", false),
            ("git push", "git pull", false),
            ("git push", "Git push", false),
            ("rm -rf /srv/x", "rm -rf /srv/x?", false),
            ("rm -rf /srv/x", "rm -rf /srv/x.", false),
            ("rm -rf /srv/x", "rm -rf /srv/x..", false),
            ("rm -rf x1", "rm -rf x1.", false),
            ("rm -rf", "rm -rf .", false),
            ("rm -rf /srv/", "rm -rf /srv/.", false),
            ("rm -rf ..", "rm -rf .", false),
            ("", ".", false),
        ] {
            assert_eq!(is_same_action(one, other), same, "{one:?} {other:?}");
            assert_eq!(is_same_action(other, one), same, "{other:?} {one:?}");
        }
    }
}
