//! Command lines in texts: which words of a known program are secrets.

use super::entropy::Shape;
use super::given::{is_given, is_telling};
use super::harmless::{is_file, is_own, is_placeholder};
use super::keys::{Class, Family, classify};
use super::programs::{PROGRAMS, Take};
use super::structure::Range;
use super::values::quotation;

// A command of a page is a script, whose lines are commands of their own.
const MAX_COMMAND: usize = 1024;
const MAX_WORDS: usize = 48;

/// A word of a command line, without its quotation marks.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    start: usize,
    bytes: &'t [u8],
}

/// The secrets of the command whose program's name, of the row `index`, is at `start..end`.
pub(super) fn secrets(text: &[u8], start: usize, end: usize, index: usize, mut found: impl FnMut(Range)) {
    let before = text.get(start.wrapping_sub(1)).copied().unwrap_or(b' ');
    let jdbc = text[end - 1] == b':';
    let after = text[end..].strip_prefix(b".exe").unwrap_or(&text[end..]);
    let apart = |byte: Option<&u8>| byte.is_some_and(|byte| b" \t\"'`".contains(byte));
    if before.is_ascii_alphanumeric() || b"_-.".contains(&before) || !(jdbc || apart(after.first())) {
        return;
    }
    let Some(program) = PROGRAMS.get(index) else { return };
    let words = words(text, text.len() - after.len());
    let from = match program.word {
        "" => 0,
        word => match words.iter().position(|other| other.bytes == word.as_bytes()) {
            Some(at) => at + 1,
            None => return,
        },
    };
    let mut push = |start: usize, bytes: &[u8]| {
        if is_worth(bytes) {
            found((start, start + bytes.len(), "password"));
        }
    };
    for take in program.takes {
        take_words(*take, &words, from, &mut push);
    }
    // Any flag or variable of a known program whose name says that it is a password.
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1);
        // `-var="db_password=…"`: the name is what stands before the last of them.
        let equals = memchr::memchr(b'=', word.bytes).map(|first| {
            let last = memchr::memchr(b'=', &word.bytes[first + 1..]).map(|at| first + 1 + at);
            last.filter(|_| !telling(&word.bytes[..first])).unwrap_or(first)
        });
        if let Some(equals) = equals {
            let value = &word.bytes[equals + 1..];
            let quotes = value.iter().take(1).filter(|b| b"\"'".contains(b)).count();
            let value = &value[quotes..value.len() - quotes.min(value.len() - quotes)];
            let name = &word.bytes[..equals];
            let token =
                || value.len() >= 8 && classify(name).is_some_and(|class| class.family == Family::Token);
            if (telling(name) || token()) && is_given(value, true) && !is_file(value) {
                push(word.start + equals + 1 + quotes, value);
            }
        } else if let Some(next) = next
            && is_flag_name(word.bytes)
            && !has_attached(program.takes, word.bytes)
            && telling(word.bytes)
            && is_given(next.bytes, true)
            && !is_file(next.bytes)
        {
            push(next.start, next.bytes);
        }
    }
}

/// Whether `word` is a flag and nothing else: `-p$DB_PASSWORD` has its value with it.
fn is_flag_name(word: &[u8]) -> bool {
    word.starts_with(b"-") && word.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

/// Whether `word` is one of these flags and what is attached to it.
fn has_attached(takes: &[Take], word: &[u8]) -> bool {
    takes.iter().any(|take| {
        matches!(take, Take::Tight(flag) if word.len() > flag.len() && word.starts_with(flag.as_bytes()))
    }) && !word.starts_with(b"--")
}

fn take_words(take: Take, words: &[Word<'_>], from: usize, push: &mut impl FnMut(usize, &[u8])) {
    let plain = || words[from..].iter().filter(|word| !is_flag(word.bytes));
    // What follows a long flag is that flag's.
    let follows_flag = |word: &Word<'_>| {
        let at = words.iter().position(|other| other.start == word.start);
        let before = at.and_then(|at| words.get(at.checked_sub(1)?));
        before.is_some_and(|before| before.bytes.starts_with(b"--") && !before.bytes.contains(&b'='))
    };
    match take {
        Take::Flag(_) | Take::Tight(_) | Take::Pair(..) => {
            for (index, word) in words.iter().enumerate() {
                let next = words.get(index + 1).map(|next| next.bytes);
                match flagged(take, word.bytes, next) {
                    Some(Flagged::Own(at)) => push(word.start + at, &word.bytes[at..]),
                    Some(Flagged::Next(at)) => {
                        push(words[index + 1].start + at, &words[index + 1].bytes[at..])
                    }
                    None => {}
                }
            }
        }
        Take::Word(number) => {
            if let Some(word) =
                plain().nth(number - 1).filter(|word| !word.bytes.starts_with(b"\\") && !follows_flag(word))
            {
                push(word.start, word.bytes);
            }
        }
        Take::After(name) => {
            let at = words.iter().position(|word| word.bytes == name.as_bytes());
            // `AUTH user password`.
            let last = at.and_then(|at| {
                words.get(at + 1..)?.iter().take(2).take_while(|w| !w.bytes.starts_with(b"-")).last()
            });
            let first = at.and_then(|at| words.get(at + 1));
            if let Some(word) = if name.eq_ignore_ascii_case("auth") { last } else { first } {
                push(word.start, word.bytes);
            }
        }
        Take::Slash => {
            for word in words.iter().take(4) {
                if let Some((start, bytes)) = slash(word, words) {
                    push(start, bytes);
                    break;
                }
            }
        }
        Take::Lettered(letter, number) => {
            let flag = |word: &&Word<'_>| word.bytes.starts_with(b"-") && !word.bytes.starts_with(b"--");
            let letters = || words.iter().filter(flag).flat_map(|word| word.bytes.iter().copied());
            let other = letter == b'b' && letters().any(|byte| byte == b'n');
            if letters().any(|byte| byte == b'b')
                && letters().any(|byte| byte == letter)
                && !other
                && let Some(word) = plain().nth(number - 1)
            {
                push(word.start, word.bytes);
            }
        }
        Take::Named => {
            for pair in words.windows(2) {
                let name = pair[0].bytes;
                // `user.signingkey` of git is the id of a key.
                let secret = name
                    .split(|b| b".:/".contains(b))
                    .filter(|part| part != b"signingkey")
                    .any(|part| classify(part).is_some_and(|class| class.family != Family::Weak));
                if secret
                    && !name.starts_with(b"-")
                    && !pair[1].bytes.contains(&b'=')
                    && !is_file(pair[1].bytes)
                    && is_given(pair[1].bytes, true)
                {
                    push(pair[1].start, pair[1].bytes);
                }
            }
        }
    }
}

/// Where a flag's secret is: in the flag's own word, or in the next.
pub(super) enum Flagged {
    Own(usize),
    Next(usize),
}

/// The secret that `take` finds at `word`, `next` being the word behind it.
pub(super) fn flagged(take: Take, word: &[u8], next: Option<&[u8]>) -> Option<Flagged> {
    let next = next.filter(|next| !next.starts_with(b"-"));
    match take {
        Take::Flag(flag) => match word.strip_prefix(flag.as_bytes())? {
            [] => next.map(|_| Flagged::Next(0)),
            [b'=', ..] => Some(Flagged::Own(flag.len() + 1)),
            _ => None,
        },
        Take::Tight(flag) => {
            let rest = word.strip_prefix(flag.as_bytes())?;
            let quote = usize::from(rest.first().is_some_and(|b| b"\"'=".contains(b)));
            (rest.len() > quote).then_some(Flagged::Own(flag.len() + quote))
        }
        Take::Pair(flag, sign) => {
            let rest = word.strip_prefix(flag.as_bytes())?;
            // Windows' drives and addresses have colons too.
            let split = |value: &[u8]| {
                let at = memchr::memchr(sign, value)?;
                let drive = at == 1 && value.get(2) == Some(&b'\\') || value[at..].starts_with(b"://");
                let ids = value.iter().all(|b| b.is_ascii_digit() || *b == sign);
                (at > 0 && !drive && !ids).then_some(at + 1)
            };
            match rest {
                [] => Some(Flagged::Next(split(next?)?)),
                [b'=', value @ ..] => Some(Flagged::Own(flag.len() + 1 + split(value)?)),
                value if !flag.starts_with("--") => Some(Flagged::Own(flag.len() + split(value)?)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The password of `user/password@where`.
fn slash<'t>(word: &Word<'t>, words: &[Word<'_>]) -> Option<(usize, &'t [u8])> {
    let skip = memchr::memchr(b'=', word.bytes).map_or(0, |at| at + 1);
    let bytes = &word.bytes[skip..];
    let at = memchr::memchr(b'/', bytes)?;
    let user = &bytes[..at];
    let named = !user.is_empty() && user.iter().all(|b| b.is_ascii_alphanumeric() || b"_$#".contains(b));
    let rest = &bytes[at + 1..];
    let sign = memchr::memchr(b'@', rest);
    let role = words.windows(2).any(|pair| pair[0].bytes == b"as" && pair[1].bytes.starts_with(b"sys"));
    let end = sign.or(role.then_some(rest.len()))?;
    let quotes = usize::from(rest.first() == Some(&b'"'));
    let value = rest.get(quotes..end.checked_sub(quotes)?)?;
    (named && !value.contains(&b'/')).then_some((word.start + skip + at + 1 + quotes, value))
}

fn telling(name: &[u8]) -> bool {
    classify(name).is_some_and(|class: Class| is_telling(class))
}

/// Whether what stands where a program takes a password is one, and no variable, file or number.
pub(super) fn is_worth(value: &[u8]) -> bool {
    let shape = Shape::of(value);
    value.len() >= 4
        && !is_placeholder(value)
        && !is_own(value)
        && (shape.letters() > 0 || shape.digits >= 6)
        && !b"$-/<@".contains(&value[0])
        && !value.trim_ascii_start().starts_with(b"\\\"$")
        && !value.starts_with(b"~/")
        && !value.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
        && !matches!(value, b"public" | b"private")
        || value.len() >= 24 && value.starts_with(b"$6$")
}

/// `-x`, and on Windows `/user:x`.
fn is_flag(word: &[u8]) -> bool {
    word.starts_with(b"-") || word.starts_with(b"/") && word.contains(&b':')
}

/// The words of the command line that goes on at `at`, up to the end of the command.
fn words(text: &[u8], at: usize) -> Vec<Word<'_>> {
    let end = text.len().min(at + MAX_COMMAND);
    let mut words = Vec::new();
    let mut at = at;
    // Behind the name of a program in an array its quotation mark closes.
    at += text[at..end].iter().take(2).take_while(|b| b"\"'`".contains(b)).count();
    while at < end && words.len() < MAX_WORDS {
        match text[at] {
            b' ' | b'\t' | b',' => at += 1,
            b'\\' if text.get(at + 1) == Some(&b'\n') => at += 2,
            b'\n' | b'\r' | b'|' | b';' | b')' | b']' | b'`' | b'<' | b'>' => break,
            b'&' if text.get(at + 1) == Some(&b'&') => break,
            b'\\' if matches!(text.get(at + 1), Some(b'n' | b'r')) => break,
            _ => {
                let (word, next) = word(text, at, end);
                words.push(word);
                at = next.max(at + 1);
            }
        }
    }
    words
}

/// The word at `at`, and where the text goes on behind it.
fn word(text: &[u8], at: usize, end: usize) -> (Word<'_>, usize) {
    let slashes = text[at..end].iter().take(4).take_while(|b| **b == b'\\').count();
    let open = at + slashes;
    if let Some(quote @ (b'"' | b'\'')) = text.get(open).copied() {
        let start = open + 1;
        if let Some(len) = quotation(&text[start..end], quote, slashes == 0) {
            let close =
                text[start..start + len].iter().rev().take(slashes).take_while(|b| **b == b'\\').count();
            return (Word { start, bytes: &text[start..start + len - close] }, start + len + 1);
        }
    }
    let mut stop = at;
    while stop < end {
        let byte = text[stop];
        if byte.is_ascii_whitespace() || matches!(byte, b'|' | b';' | b'`') {
            break;
        }
        if matches!(byte, b'"' | b'\'') {
            // Only a quotation that closes on this line holds spaces.
            let closes = quotation(&text[stop + 1..end], byte, true);
            let opens = stop > at && b"=:/pPUubhwsk,%".contains(&text[stop - 1]);
            match closes.filter(|_| opens) {
                Some(len) => stop += len + 1,
                None => break,
            }
        }
        stop += 1;
    }
    // A quotation within a word, as of `-p'…'`, is cut off where its value begins.
    let bytes = &text[at..stop];
    let bytes = match bytes.last() {
        Some(last @ (b'"' | b'\'')) if bytes[..bytes.len() - 1].contains(last) => &bytes[..bytes.len() - 1],
        _ => bytes,
    };
    (Word { start: at, bytes }, stop)
}
