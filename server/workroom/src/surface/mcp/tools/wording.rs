//! Whether two texts ask for the same in the same words.

/// Whether a request may join one that waits already: with the same words, but for space at the ends and the
/// punctuation of a sentence behind its last word.
///
/// Only for joining. What is shown, decided and permitted is each text as it was written.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

/// Whether a text says that something was taken out of it.
pub(super) fn is_redacted(text: &str) -> bool {
    text.contains("[redacted:")
}

fn words(text: &str) -> &str {
    let text = text.trim();
    let bare = text.trim_end_matches(['.', '!', '?', '…', '。', '！', '？']);
    // Behind a space or a slash a full stop is no punctuation: it is a folder, as in `rm -r .`.
    if bare.ends_with(char::is_alphanumeric) { bare } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stop_is_no_other_request_but_a_folder_is() {
        for (one, other, same) in [
            ("git push", "git push.", true),
            ("git push", " git push... ", true),
            ("推送吗", "推送吗？", true),
            ("Which region?", "Which region", true),
            ("git push", "git pull", false),
            ("git push", "Git push", false),
            ("rm -rf", "rm -rf .", false),
            ("rm -rf /srv/", "rm -rf /srv/.", false),
            ("rm -rf ..", "rm -rf .", false),
            ("", ".", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one:?} {other:?}");
        }
    }
}
