//! What commands print that are asked for a secret: the line after `$ op item get … --reveal` or `$ echo $DB_PASSWORD`.

use super::command_line::is_worth;
use super::harmless::{Standing, is_file, is_secret};
use super::keys::{Family, classify};
use super::labels::is_numbered;
use super::structure::Range;

const MAX_LINE: usize = 400;
const MAX_VALUE: usize = 4096;

/// The secret on the line after the command that has the words `start..end`.
pub(super) fn printed(text: &[u8], start: usize, end: usize) -> Option<Range> {
    let floor = start.saturating_sub(MAX_LINE);
    let from = memchr::memrchr(b'\n', &text[floor..start]).map_or(floor, |at| floor + at + 1);
    let rest = &text[end..text.len().min(end + MAX_LINE)];
    let len = memchr::memchr(b'\n', rest)?;
    // In a script the next line is another command.
    if !has_prompt(&text[from..start]) || !asks_for_secret(&text[from..end + len], &text[start..end]) {
        return None;
    }
    let begin = end + len + 1;
    let rest = &text[begin..text.len().min(begin + MAX_VALUE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let value = line.trim_ascii_end();
    let plain = value.len() >= 6
        && value.iter().all(u8::is_ascii_graphic)
        && !b"{[(-".contains(&value[0])
        && is_worth(value)
        && !is_numbered(value)
        && !is_file(value);
    (plain && is_secret(value, Family::Password, Standing::Quoted)).then_some((
        begin,
        begin + value.len(),
        "password",
    ))
}

/// Whether `line` begins as shells do where people type.
fn has_prompt(line: &[u8]) -> bool {
    [&b"$ "[..], b"# ", b"% ", b"> ", "❯ ".as_bytes(), "➜ ".as_bytes()].iter().any(|prompt| {
        memchr::memmem::find(line, prompt)
            .is_some_and(|at| at == 0 || at < 60 && (line[..at].contains(&b'@') || line.starts_with(b"PS ")))
    })
}

/// Whether the command `line`, which has `word`, prints a secret.
fn asks_for_secret(line: &[u8], word: &[u8]) -> bool {
    let has = |part: &[u8]| memchr::memmem::find(line, part).is_some();
    let after = |word: &[u8]| memchr::memmem::find(line, word).map(|at| &line[at + word.len()..]);
    match word {
        b"echo $" | b"printenv " | b"$env:" | b"output -raw" | b"config:get" => {
            after(word).is_some_and(|rest| {
                let rest = rest.trim_ascii();
                let rest = rest.strip_prefix(b"{").unwrap_or(rest);
                let rest = rest.strip_suffix(b"}").unwrap_or(rest);
                let name = rest.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
                let class = classify(rest);
                name && class.is_some_and(|class| matches!(class.family, Family::Password | Family::Token))
            })
        }
        b"op item get" => has(b"--reveal"),
        b"find-generic-password" | b"find-internet-password" => has(b" -w"),
        b"get-secret-value" => has(b"text"),
        b"jsonpath" | b"go-template" => has(b"get secret") && has(b"base64"),
        b"get-parameter" => has(b"--with-decryption") && has(b"text"),
        b"/run/secrets/" | b".vault-token" => has(b"cat "),
        _ => !line.ends_with(b"\\"),
    }
}
