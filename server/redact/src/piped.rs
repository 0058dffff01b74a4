//! Secrets that one command passes to another: `echo … | sudo -S`, `chpasswd <<< …`, `expect "password:"; send "…"`.

use super::command_line::is_worth;
use super::given::is_given;
use super::structure::Range;

const MAX_LINE: usize = 400;

/// Finds the secret that a program reads from the pipe before it or from `<<`. Its name or flag is at `start..end`.
/// Lines of input before `done` have been read.
pub(super) fn read(text: &[u8], start: usize, end: usize, done: &mut usize, mut found: impl FnMut(Range)) {
    let pairs = text[start..end].eq_ignore_ascii_case(b"chpasswd");
    if text[start..end].eq_ignore_ascii_case(b"sudo") && !reads_password(text, end) {
        return;
    }
    let floor = start.saturating_sub(MAX_LINE);
    let from = memchr::memrchr(b'\n', &text[floor..start]).map_or(floor, |at| floor + at + 1);
    let line = &text[from..start];
    let mut push = |start: usize, value: &[u8]| {
        let skip = if pairs { memchr::memchr(b':', value).map(|at| at + 1) } else { Some(0) };
        let Some(value) = skip.and_then(|skip| Some((start + skip, value.get(skip..)?))) else { return };
        if is_worth(value.1) && is_given(value.1, true) {
            found((value.0, value.0 + value.1.len(), "password"));
        }
    };
    if let Some(pipe) = memchr::memrchr(b'|', line) {
        // `passwd` alone is a command, but as an argument of another command it is a file.
        let command = line[pipe + 1..].trim_ascii();
        if text[start..end].eq_ignore_ascii_case(b"passwd") && !command.is_empty() && command != b"sudo" {
            return;
        }
        let writer = line[..pipe].trim_ascii_end();
        let begins = [&b"echo "[..], b"printf ", b"Write-Output ", b"print "]
            .iter()
            .filter_map(|word| Some((memchr::memmem::rfind(writer, word)?, word.len())))
            .max();
        if let Some((at, len)) = begins {
            argument(text, from + at + len, from + writer.len(), &mut push);
        }
    }
    let rest = &text[end..text.len().min(end + MAX_LINE)];
    let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    if let Some(at) = memchr::memmem::find(&rest[..line], b"<<<") {
        argument(text, end + at + 3, end + line, &mut push);
    } else if pairs
        && line < rest.len()
        && end + line >= *done
        && memchr::memmem::find(&rest[..line], b"<<").is_some()
    {
        let mut start = end + line + 1;
        for line in text[start..].split(|b| *b == b'\n').take_while(|line| line.contains(&b':')) {
            push(start, line.trim_ascii_end());
            start += line.len() + 1;
        }
        *done = start;
    }
}

/// Whether `sudo`, which ends at `end`, has the flag to read a password from its input.
fn reads_password(text: &[u8], end: usize) -> bool {
    let rest = &text[end..text.len().min(end + 64)];
    let rest = &rest[..rest.iter().position(|b| b"|\n;".contains(b)).unwrap_or(rest.len())];
    let mut words = rest.split(u8::is_ascii_whitespace);
    words.any(|word| {
        word == b"--stdin"
            || word.len() > 1
                && word[0] == b'-'
                && word[1..].iter().all(u8::is_ascii_alphabetic)
                && word.contains(&b'S')
    })
}

/// Finds the value that the arguments at `start..end` print: the last one, without quotation marks and `\n`.
fn argument(text: &[u8], start: usize, end: usize, push: &mut impl FnMut(usize, &[u8])) {
    let whole = &text[start..end.max(start)];
    let trimmed = whole.trim_ascii_end();
    let (begin, stop) = match trimmed.last() {
        Some(quote @ (b'"' | b'\'')) => {
            let inner = &trimmed[..trimmed.len() - 1];
            match memchr::memrchr(*quote, inner) {
                Some(open) => (open + 1, inner.len()),
                None => return,
            }
        }
        _ => {
            let begin = trimmed.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
            (begin, trimmed.len())
        }
    };
    // `"one\ntwo"` answers two prompts.
    let mut at = begin;
    while at < stop {
        let len = memchr::memmem::find(&trimmed[at..stop], b"\\n").unwrap_or(stop - at);
        push(start + at, &trimmed[at..at + len]);
        at += len + 2;
    }
}

/// The value of `send "…"` if it answers a password prompt before it. The quotation mark ends at `end`.
pub(super) fn sent(text: &[u8], start: usize, end: usize) -> Option<Range> {
    let before = text[start.saturating_sub(120)..start].to_ascii_lowercase();
    let asked = memchr::memmem::rfind(&before, b"assword")
        .or_else(|| memchr::memmem::rfind(&before, b"assphrase"))?;
    // That prompt already has another answer.
    if memchr::memmem::find(&before[asked..], b"send").is_some() {
        return None;
    }
    let window = &text[end..text.len().min(end + 160)];
    let open = window.iter().take(8).position(|b| b"\"'{".contains(b))?;
    let close = if window[open] == b'{' { b'}' } else { window[open] };
    let value = &window[open + 1..];
    let len = memchr::memchr2(close, b'\n', value)?;
    let len = memchr::memchr(b'\\', &value[..len]).unwrap_or(len);
    let value = &value[..len];
    (is_worth(value) && is_given(value, true)).then_some((end + open + 1, end + open + 1 + len, "password"))
}

/// The password of a line of `.pgpass`, `host:port:database:user:password`. The second or third colon is at `at`.
pub(super) fn pgpass(text: &[u8], at: usize) -> Option<Range> {
    let floor = at.saturating_sub(200);
    let start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |found| floor + found + 1);
    let rest = &text[start..text.len().min(start + MAX_LINE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let line = line.trim_ascii_end();
    let mut fields = line.splitn(5, |b| *b == b':');
    let host = fields.next()?;
    let (port, database, user, password) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let name = |field: &[u8]| {
        field == b"*"
            || !field.is_empty() && field.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-/".contains(b))
    };
    let fits = name(host)
        && (port == b"*" || (2..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit))
        && name(database)
        && name(user)
        && !user.iter().all(u8::is_ascii_digit)
        && !password.contains(&b' ')
        && is_worth(password);
    let begin = start + line.len() - password.len();
    fits.then_some((begin, start + line.len(), "password"))
}
