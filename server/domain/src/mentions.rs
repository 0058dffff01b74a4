//! Finds mentions (`@handle`) in a text.

use std::collections::HashSet;

// A text with more mentions than this is a list rather than a request. Each mention is looked up while other writers
// wait; mentions after the first hundred have no effect.
const MAX_MENTIONS: usize = 100;
// How far into a text without spaces to look for a handle. The longest handles in such scripts have about ten
// characters.
const MAX_BEGINNINGS: usize = 40;
// How far before an `@` to look for the beginning of an address. Bounds the work for a text that consists only of
// `@`.
const MAX_LOOK_BACK: usize = 100;
// The maximum length of a handle: see `limits::handle`.
const MAX_HANDLE_CHARS: usize = 500;

/// Whether a text can mention a handle with `@`: it has only letters, digits, `-`, `_` and `.`, and does not end with
/// `.`.
pub fn is_mentionable(handle: &str) -> bool {
    !handle.is_empty() && handle.chars().all(fits) && !handle.ends_with('.')
}

/// An `@` in a text, and what follows it.
///
/// Some scripts have no spaces, so a handle and further words can follow the `@` without a gap. Only the list of
/// members can decide, so a mention offers several readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    run: String,
    /// Whether the mention is inside a run of one script without spaces. Then it counts only if a member has the
    /// name.
    is_within_words: bool,
}

impl Mention {
    /// The mention of exactly this handle.
    pub fn exactly(handle: &str) -> Self {
        Self { run: handle.into(), is_within_words: false }
    }

    /// The possible handles, longest first. The first reading that names a member counts.
    pub fn readings(&self) -> Vec<&str> {
        let run = self.run.as_str();
        let mut ends: Vec<usize> = beginnings(run).take(MAX_BEGINNINGS).collect();
        ends.push(run.len());
        ends.reverse();
        let mut readings: Vec<&str> = Vec::with_capacity(ends.len() + 1);
        for end in ends {
            // `_@bob_` is `@bob` in italics, unless there is a `bob_`.
            let whole = run[..end].trim_end_matches('.');
            let bare = whole.trim_end_matches(['_', '-', '.']);
            for reading in [whole, bare] {
                if !reading.is_empty() && readings.last() != Some(&reading) {
                    readings.push(reading);
                }
            }
        }
        readings
    }

    /// The name to report if no member matches: everything up to the first change of script. `None` if the text may
    /// not be a mention at all.
    pub fn name(&self) -> Option<&str> {
        if self.is_within_words {
            return None;
        }
        let first = self.run.chars().find_map(Script::of)?;
        let changes = |c: char| Script::of(c).is_some_and(|script| script != first);
        let end = self.run.find(changes).unwrap_or(self.run.len());
        Some(self.run[..end].trim_end_matches(['_', '-', '.'])).filter(|name| !name.is_empty())
    }
}

/// The first hundred mentions in a Markdown text, each once, in order. An `@` in code or inside a word, such as an
/// e-mail address, is not a mention. Reads the text once.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let mut known = HashSet::new();
    if !text.contains(AT) {
        return found;
    }
    for prose in outside_of_fences(text).into_iter().flat_map(without_code) {
        for (at, sign) in prose.match_indices(AT) {
            let Some(mention) = mention(&prose[..at], &prose[at + sign.len()..]) else { continue };
            if known.insert(mention.run.to_ascii_lowercase()) {
                found.push(mention);
            }
            if found.len() == MAX_MENTIONS {
                return found;
            }
        }
    }
    found
}

/// `@`, and its forms on Chinese and Japanese keyboards.
const AT: [char; 3] = ['@', '\u{ff20}', '\u{fe6b}'];

fn mention(before: &str, after: &str) -> Option<Mention> {
    if is_in_address(before) {
        return None;
    }
    // Markdown's `_@bob_`, or a dash before a name. Inside `a_@b` or `a-@b`, these characters belong to the word.
    let before = before.trim_end_matches(['_', '-', '+']).chars().next_back();
    if before.is_some_and(|c| AT.contains(&c) || c == '/') {
        return None;
    }
    let end = after.char_indices().take(MAX_HANDLE_CHARS + 1).find(|(_, c)| !fits(*c));
    let end = match end {
        Some((end, _)) => end,
        None => after.char_indices().nth(MAX_HANDLE_CHARS).map_or(after.len(), |(end, _)| end),
    };
    let run = after[..end].trim_end_matches('.');
    let first = run.chars().next()?;
    if !run.contains(char::is_alphanumeric) {
        return None;
    }
    let before = before.filter(|c| c.is_alphanumeric());
    let is_within_words = match before.map(|c| Script::of(c).unwrap_or(Script::Spaced)) {
        // A letter directly before the `@`: an e-mail address.
        Some(Script::Spaced) => return None,
        Some(script) => Script::of(first) == Some(script),
        None => false,
    };
    Some(Mention { run: run.to_owned(), is_within_words })
}

/// Whether a text ends inside an address, where an `@` precedes the host: `https://user:word`, or the rest of it
/// after redaction, `https://user:[redacted:url_password]`.
fn is_in_address(before: &str) -> bool {
    if before.ends_with(']') {
        return true;
    }
    let near = before.char_indices().rev().take(MAX_LOOK_BACK);
    let begins = near.take_while(|(_, c)| !c.is_whitespace()).last().map_or(before.len(), |(at, _)| at);
    before[begins..].contains("://")
}

/// The positions where a handle can end inside a run: wherever the script changes, and anywhere in a script without
/// spaces.
fn beginnings(run: &str) -> impl Iterator<Item = usize> {
    let mut last: Option<Script> = None;
    run.char_indices().filter_map(move |(at, c)| {
        let script = Script::of(c);
        let ends = at > 0
            && script.is_some_and(|script| script != Script::Spaced || last.is_some_and(|l| l != script));
        last = script.or(last);
        ends.then_some(at)
    })
}

/// Scripts, classified by where their words end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Spaces separate words.
    Spaced,
    /// Han, Kana and Bopomofo: no spaces.
    EastAsian,
    /// Thai, Lao, Tibetan, Burmese and Khmer: no spaces between words.
    SouthEastAsian,
    /// Spaces separate words, but particles are attached to names.
    Hangul,
}

impl Script {
    /// The script of a letter. Digits and punctuation belong to every script.
    fn of(c: char) -> Option<Self> {
        match c {
            '\u{0e00}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => {
                Some(Self::SouthEastAsian)
            }
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}' => Some(Self::Hangul),
            '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{312f}'
            | '\u{31a0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}' => Some(Self::EastAsian),
            c if c.is_alphabetic() => Some(Self::Spaced),
            _ => None,
        }
    }
}

fn fits(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// The parts of a text outside of fenced blocks of code (CommonMark 0.31, 4.5). An unclosed fence is prose:
/// otherwise nobody who is mentioned after it would be notified.
fn outside_of_fences(text: &str) -> Vec<&str> {
    if !text.contains("```") && !text.contains("~~~") {
        return vec![text];
    }
    let mut fences: Vec<(usize, usize, Fence)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let end = start + line.len();
        fences.extend(Fence::of(line).map(|fence| (start, end, fence)));
        start = end;
    }
    // The length of the longest closing fence from each position on, so that no missing one is searched for.
    let mut longest = vec![[0; 2]; fences.len() + 1];
    for (index, (_, _, fence)) in fences.iter().enumerate().rev() {
        longest[index] = longest[index + 1];
        if fence.closes {
            let longest = &mut longest[index][usize::from(fence.tilde)];
            *longest = fence.length.max(*longest);
        }
    }
    let mut parts = Vec::new();
    let (mut from, mut index) = (0, 0);
    while let Some((start, _, opening)) = fences.get(index) {
        index += 1;
        if !opening.opens || longest[index][usize::from(opening.tilde)] < opening.length {
            continue;
        }
        parts.push(&text[from..*start]);
        for (_, end, closing) in &fences[index..] {
            index += 1;
            if closing.closes && closing.tilde == opening.tilde && closing.length >= opening.length {
                from = *end;
                break;
            }
        }
    }
    parts.push(&text[from..]);
    parts
}

/// A line that can begin or end a block of code.
struct Fence {
    /// Of `~`, not of backticks.
    tilde: bool,
    length: usize,
    opens: bool,
    closes: bool,
}

impl Fence {
    fn of(line: &str) -> Option<Self> {
        // In lists and quotations, fences follow the markers of these.
        let inside = line.trim_start_matches([' ', '\t', '>']);
        let fence = item(inside);
        let mark = fence.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = fence.trim_start_matches(mark);
        let length = fence.len() - info.len();
        // Backticks behind backticks are code within a line.
        let opens = length >= 3 && (mark == '~' || !info.contains('`'));
        let closes = length >= 3 && fence.len() == inside.len() && info.trim().is_empty();
        (opens || closes).then_some(Self { tilde: mark == '~', length, opens, closes })
    }
}

/// The text after the marker of a list item, `-` or `1.`; without a marker, the whole line.
fn item(line: &str) -> &str {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let marks: &[char] = if digits.len() < line.len() { &['.', ')'] } else { &['-', '*', '+'] };
    match digits.strip_prefix(marks) {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        _ => line,
    }
}

/// The parts of a text outside code spans. Code extends from a run of backticks to the next run of the same length.
fn without_code(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    // Runs are looked up by length, so that a text that consists only of backticks is read once.
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

/// The position and the length of each run of backticks.
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

    /// Checks which of the members a text mentions.
    #[track_caller]
    fn check(text: &str, called: &[&str]) {
        let members = ["ada", "bob", "bob.smith", "claude_code.2", "codex-1", "x_", "\u{5c0f}\u{660e}"];
        let member = |reading: &str| members.into_iter().find(|member| member.eq_ignore_ascii_case(reading));
        let found: Vec<_> = mentions(text)
            .iter()
            .filter_map(|mention| mention.readings().into_iter().find_map(member))
            .collect();
        assert_eq!(found, called, "{text}");
    }

    /// Checks which names a text mentions if nobody is a member.
    #[track_caller]
    fn check_names(text: &str, names: &[&str]) {
        let found = mentions(text);
        let found: Vec<_> = found.iter().filter_map(Mention::name).collect();
        assert_eq!(found, names, "{text}");
    }

    #[test]
    fn a_handle_after_an_at_sign_is_a_mention() {
        check("@ada", &["ada"]);
        check("please look, @ada.", &["ada"]);
        check("(@ada, @codex-1 and @Ada)", &["ada", "codex-1"]);
        check("**@ada** «@bob»", &["ada", "bob"]);
        check("@claude_code.2: go on", &["claude_code.2"]);
        check("done.@bob's turn, or @bob’s, @bob: @bob!", &["bob"]);
        check("@bob.smith and @bob.", &["bob.smith", "bob"]);
        check("@bobby", &[]);
        check_names("@bobby", &["bobby"]);
    }

    #[test]
    fn markdown_marks_are_not_part_of_a_handle() {
        for text in
            ["_@bob_", "__@bob__", "*@bob*", "~~@bob~~", "-@bob-", "> @bob", "[@bob](x)", "\u{ff20}bob"]
        {
            check(text, &["bob"]);
        }
        check("@x_ and _@x_", &["x_"]);
        check("a_@bob_ a-@bob a+@bob", &[]);
    }

    #[test]
    fn texts_without_spaces_can_mention_members() {
        check("请@bob看", &["bob"]);
        check("请＠bob看一下,谢谢@ada。", &["bob", "ada"]);
        check("请@小明看一下", &["小明"]);
        check("@小明さん、@bobさん", &["小明", "bob"]);
        check("@bob님 확인, 안녕@ada씨", &["bob", "ada"]);
        check("ขอให้@bobดู", &["bob"]);
        check("@bob\u{43e}", &[]);
        check_names("请@codex看", &["codex"]);
    }

    #[test]
    fn inside_a_run_of_one_script_only_members_are_mentioned() {
        check("登录@修复", &[]);
        check_names("登录@修复", &[]);
        check("登录 @修复", &[]);
        check_names("登录 @修复", &["修复"]);
        check("告诉@小明", &["小明"]);
    }

    #[test]
    fn words_and_code_are_not_mentions() {
        for text in [
            "",
            "ada@bob.example.com",
            "josé@bob",
            "почта@bob",
            "ada1@bob",
            "@ ada",
            "@@ada",
            "＠@ada",
            "@-",
            "npm i x/@ada",
            "https://u:p!@bob/x",
            "https://ci:[redacted:url_password]@bob",
            "https://example.com/?by=@ada",
            "`@ada`",
            "``a ` @ada``",
        ] {
            check(text, &[]);
        }
        check("```\n@ada\n```\nfor @bob", &["bob"]);
        for code in [
            "~~~\n@ada\n~~~\n",
            "~~~\r\n@ada\r\n~~~\r\n",
            "~~~rust title=`x`\n@ada\n~~~\n",
            "```rust\n@ada\n```\n",
            "  ~~~~\n@ada\n~~~\n@ada\n ~~~~~\t\n",
            "````\n```\n@ada\n```\n````\n",
            "~~~\n```\n@ada\n~~~\n",
            "```\n~~~\n@ada\n```\n",
            "> ~~~\n> @ada\n> ~~~\n",
            "- ~~~\n  @ada\n  ~~~\n",
            "1. a\n\n      ```\n      @ada `\n      ```\n",
            "~~~\n~~~ @ada\n~~~\n",
        ] {
            check(&format!("{code}for @bob, `and` @codex-1"), &["bob", "codex-1"]);
        }
        for prose in ["~~~\n@bob", "~~~ @bob ~~~", "~~@bob~~", "~~~~\n@bob\n~~~", "text ~~~\n@bob\n~~~"] {
            check(prose, &["bob"]);
        }
        check("an open ` calls @ada", &["ada"]);
        check("`` an open one ` @ada ` calls @bob", &["bob"]);
    }

    #[test]
    fn a_text_of_backticks_is_read_once() {
        let text: String = (1..400).map(|length| "`".repeat(length) + "@a ").collect();
        assert!(mentions(&text).len() <= 1);
    }

    #[test]
    fn many_fences_are_read_in_linear_time() {
        let longer: String = (3..600).map(|length| "~".repeat(length) + "\n@a\n").collect();
        let shorter: String = (3..600).rev().map(|length| "`".repeat(length) + "\n@a\n").collect();
        let opening = "~~~ x\n@a\n".repeat(100_000);
        for text in [longer, shorter, opening.clone(), opening + "~~~"] {
            assert!(mentions(&text).len() <= 1);
        }
    }

    #[test]
    fn the_number_of_mentions_and_readings_is_bounded() {
        let many: String = (0..100_000).map(|number| format!("@x{number} ")).collect();
        assert_eq!(mentions(&many).len(), MAX_MENTIONS);
        let long = mentions(&format!("@{}", "修".repeat(300_000)));
        assert_eq!(long.len(), 1);
        assert!(long[0].run.chars().count() <= MAX_HANDLE_CHARS);
        assert!(long[0].readings().len() <= 2 * (MAX_BEGINNINGS + 1));
    }
}
