//! Lists of secrets under one name: `passwords: ["…", "…"]`, `API_KEYS=…,…`, `tokens:` and lines that begin with `-`.

use super::keys::{Class, Family};
use super::labels::is_entry;

const MAX_LIST: usize = 4096;

/// Calls `found` with the secrets of the list that is given to the plural which ends at `end`.
pub(super) fn items(text: &[u8], end: usize, class: Class, mut found: impl FnMut(usize, usize)) {
    if !matches!(class.family, Family::Password | Family::Token) {
        return;
    }
    let window = &text[end..text.len().min(end + MAX_LIST)];
    let signs = window.iter().take(8).take_while(|b| b"\"' :=".contains(b)).count();
    if !window[..signs].iter().any(|b| b":=".contains(b)) {
        return;
    }
    let mut push = |start: usize, len: usize| {
        if is_entry(&window[start..start + len], class.family) {
            found(end + start, end + start + len);
        }
    };
    if window.get(signs) == Some(&b'[') {
        let close = memchr::memchr(b']', window).unwrap_or(window.len());
        let mut at = signs + 1;
        while let Some(open) = window[at..close].iter().position(|b| b"\"'".contains(b)) {
            let start = at + open + 1;
            let Some(len) = memchr::memchr(window[start - 1], &window[start..close]) else { return };
            push(start, len);
            at = start + len + 1;
        }
        return;
    }
    // `API_KEYS=a,b`, `PASSWORDS=(a b)`, `passwords: {ada: a}`.
    let line = &window[signs..memchr::memchr(b'\n', window).unwrap_or(window.len()).max(signs)];
    if !line.is_empty() && signs > 0 {
        let inner = line.first().is_some_and(|b| b"({".contains(b));
        let signs_between: &[u8] = if inner { b" ,(){}:=\"'" } else { b",;\"'" };
        let mut at = signs;
        for part in line.split(|b| signs_between.contains(b)) {
            let word = part.trim_ascii();
            if !inner && word.contains(&b' ') {
                break;
            }
            if !word.is_empty() {
                push(at + part.len() - part.trim_ascii_start().len(), word.len());
            }
            at += part.len() + 1;
        }
        return;
    }
    let mut at = signs;
    for line in window[signs..].split(|b| *b == b'\n') {
        let begin = line.iter().take_while(|b| **b == b' ').count();
        let item = line[begin..].strip_prefix(b"- ").unwrap_or_default().trim_ascii_end();
        let quotes = usize::from(item.len() > 1 && b"\"'".contains(&item[0]) && item.last() == item.first());
        if item.is_empty() && at > signs {
            return;
        }
        if !item.is_empty() {
            push(at + begin + 2 + quotes, item.len() - 2 * quotes);
        }
        at += line.len() + 1;
    }
}
