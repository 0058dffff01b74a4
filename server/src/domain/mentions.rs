//! Who a text calls by `@handle`.

/// Whether a handle can be called by `@handle` in a text: letters, digits, `-`, `_` and `.`, not `.` at the end.
pub fn is_mentionable(handle: &str) -> bool {
    !handle.is_empty() && handle.chars().all(fits) && !handle.ends_with('.')
}

/// The handles that a Markdown text calls, each once, in order. What stands in code or inside a word, such as an
/// e-mail address, calls nobody.
pub fn handles(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    if !text.contains('@') {
        return found;
    }
    for prose in without_code(text) {
        for (at, _) in prose.match_indices('@') {
            let before = prose[..at].chars().next_back();
            if before.is_some_and(|c| fits(c) || c == '@' || c == '/') {
                continue;
            }
            let rest = &prose[at + 1..];
            let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
            let handle = rest[..end].trim_end_matches('.');
            if !handle.is_empty() && !found.iter().any(|known| known.eq_ignore_ascii_case(handle)) {
                found.push(handle);
            }
        }
    }
    found
}

fn fits(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// The parts of a text between code spans and blocks: a run of backticks up to the next run of the same length.
fn without_code(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    // The runs are looked up by length, so that a text of nothing but backticks is read once.
    let runs = runs(text);
    let mut next_of_length = std::collections::HashMap::<usize, Vec<usize>>::new();
    for (index, (_, length)) in runs.iter().enumerate().rev() {
        next_of_length.entry(*length).or_default().push(index);
    }
    let (mut from, mut index) = (0, 0);
    while let Some((at, length)) = runs.get(index).copied() {
        let same = next_of_length.entry(length).or_default();
        while same.last().is_some_and(|run| *run <= index) {
            same.pop();
        }
        match same.last() {
            Some(closing) => {
                parts.push(&text[from..at]);
                from = runs[*closing].0 + length;
                index = closing + 1;
            }
            None => index += 1,
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Where runs of backticks begin, and how long they are.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, called: &[&str]) {
        assert_eq!(handles(text), called, "{text}");
    }

    #[test]
    fn a_handle_after_an_at_sign_is_called() {
        check("@ada", &["ada"]);
        check("please look, @ada.", &["ada"]);
        check("(@ada, @codex-1 and @Ada)", &["ada", "codex-1"]);
        check("**@ada** «@bob»", &["ada", "bob"]);
        check("@claude_code.2: go on", &["claude_code.2"]);
        check("登录@修复", &[]);
        check("登录 @修复", &["修复"]);
    }

    #[test]
    fn words_and_code_call_nobody() {
        for text in ["", "ada@example.com", "@ ada", "@@ada", "npm i x/@scope", "`@ada`", "``a ` @ada``"] {
            check(text, &[]);
        }
        check("```\n@ada\n```\nfor @bob", &["bob"]);
        check("an open ` calls @ada", &["ada"]);
        check("`` an open one ` @ada ` calls @bob", &["bob"]);
    }

    #[test]
    fn a_text_of_backticks_is_read_in_one_go() {
        let text: String = (1..400).map(|length| "`".repeat(length) + "@a ").collect();
        assert!(handles(&text).len() <= 1);
    }
}
