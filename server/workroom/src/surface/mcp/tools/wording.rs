//! Compares the wording of two requests.

/// Whether a request can join a pending one: the words must be the same, except for surrounding white space and the
/// punctuation after the last word.
///
/// This is used only to join requests. Texts are shown, decided and permitted exactly as they were written.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

/// Whether a text shows that something was redacted.
pub(super) fn is_redacted(text: &str) -> bool {
    text.contains("[redacted:")
}

fn words(text: &str) -> &str {
    let text = text.trim();
    let bare = text.trim_end_matches(['.', '!', '?', '…', '。', '！', '？']);
    // After a space or a slash, a full stop is not punctuation but a folder, as in `rm -r .`.
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
