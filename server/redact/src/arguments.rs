//! Arrays of strings. A flag, or a name in front of a string, can mark the next string as a secret.

use super::command_line::{Flagged, flagged, is_worth};
use super::harmless::{Standing, is_placeholder, is_secret};
use super::json::is_whole;
use super::keys::{Class, Family, classify};
use super::programs::{PROGRAMS, Take};

const PASSWORD: Class = Class { family: Family::Password, kind: "password", bare: false };

// No program has more rows.
const ROWS: usize = 4;

/// What the strings of an array so far imply about the next one.
#[derive(Clone, Copy, Default)]
pub(super) struct Arguments {
    /// Whether the array is an element of another array, like each pair in a list of headers.
    listed: bool,
    /// The number of elements before the current one.
    pub index: usize,
    /// The rows of the program, each with whether its required word has occurred.
    programs: [Option<(usize, bool)>; ROWS],
    /// Whether the program is an HTTP client.
    http: bool,
    login: bool,
    next: Option<(usize, Next)>,
}

/// What the element at an index is expected to be.
#[derive(Clone, Copy)]
enum Next {
    /// The value of a flag.
    Value(Class),
    /// `user:password` of an unknown program.
    User,
    /// The secret is the part of the element after this sign.
    Pair(u8),
    /// The value of a name. It counts if the two elements form a pair, or if it looks like such a value.
    Paired(Class),
}

impl Arguments {
    pub fn new(listed: bool) -> Self {
        Self { listed, ..Self::default() }
    }

    /// Redacts `text`, the current element. `last` is true if it is the last element of the array.
    ///
    /// Returns `None` if nothing before the element marks it as a secret.
    pub fn take(&mut self, text: &str, last: bool) -> Option<String> {
        let implied = self.next.filter(|(index, _)| *index == self.index).map(|(_, next)| next);
        let bytes = text.as_bytes();
        let taken = match implied {
            Some(Next::Value(class))
                if !text.starts_with('-') || is_secret(bytes, class.family, Standing::Bare) =>
            {
                let file = class.family == Family::Cookie && !text.contains('=');
                (!file && is_whole(text, class)).then(|| marker(class))
            }
            Some(Next::User) => self.user(text),
            Some(Next::Pair(sign)) => text
                .split_once(char::from(sign))
                .filter(|(_, value)| is_worth(value.as_bytes()))
                .map(|(user, _)| format!("{user}{}{}", char::from(sign), marker(PASSWORD))),
            Some(Next::Paired(class)) => {
                let pair = self.listed && self.index == 1 && last && is_whole(text, class);
                (pair || looks_secret(text, class)).then(|| marker(class))
            }
            _ => None,
        };
        let taken = taken.or_else(|| self.attached(text));
        self.next = if taken.is_none() { self.next_after(text) } else { None };
        self.learn(text);
        taken
    }

    /// What `text` implies about the next element.
    fn next_after(&self, text: &str) -> Option<(usize, Next)> {
        let name = text.trim_start_matches('-');
        let flag = text.len() - name.len();
        let of_program = self.takes().find_map(|take| match take {
            Take::Flag(flag) if flag == text => Some(Next::Value(PASSWORD)),
            Take::Pair(flag, sign) if flag == text => Some(Next::Pair(sign)),
            _ => None,
        });
        let next = match text {
            "-u" | "--user" | "--proxy-user" if !matches!(of_program, Some(Next::Value(_))) => Next::User,
            "-p" if self.login => Next::Value(PASSWORD),
            _ if of_program.is_some() => return of_program.map(|next| (self.index + 1, next)),
            _ if !is_name(name) => return None,
            _ => match classify(name.as_bytes())? {
                class if flag == 0 => Next::Paired(class),
                class if name.len() > 1 => Next::Value(class),
                _ => return None,
            },
        };
        Some((self.index + 1, next))
    }

    /// The places where the program of this array takes secrets.
    fn takes(&self) -> impl Iterator<Item = Take> {
        let active = self.programs.into_iter().flatten().filter(|(_, active)| *active);
        active.filter_map(|(row, _)| PROGRAMS.get(row)).flat_map(|program| program.takes.iter().copied())
    }

    /// Checks whether `text` is the program or a word that one of its rows requires, and remembers it.
    fn learn(&mut self, text: &str) {
        self.login |= text == "login";
        for (row, active) in self.programs.iter_mut().flatten() {
            *active |= PROGRAMS.get(*row).is_some_and(|program| program.word == text);
        }
        if self.programs[0].is_some() || text.len() > 64 {
            return;
        }
        let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
        let name = name.strip_suffix(".exe").unwrap_or(name);
        self.http |= matches!(name, "curl" | "wget" | "http" | "https" | "xh" | "curlie");
        let rows =
            PROGRAMS.iter().enumerate().filter(|(_, row)| row.names.split('|').any(|other| other == name));
        for (slot, (row, program)) in self.programs.iter_mut().zip(rows) {
            *slot = Some((row, program.word.is_empty()));
        }
    }

    fn user(&self, text: &str) -> Option<String> {
        let (user, password) = text.split_once(':')?;
        let bytes = password.as_bytes();
        // Programs that run other programs take ids and names here: `docker run -u 1000:1000`.
        let drawn = is_secret(bytes, Family::Token, Standing::Bare);
        let sent = self.http
            && password.len() >= 4
            && password.bytes().any(|b| b.is_ascii_alphabetic())
            && !is_placeholder(bytes);
        (drawn || sent).then(|| format!("{user}:{}", marker(PASSWORD)))
    }

    /// Redacts a flag and its value in one element: `--password=…`, `-p…`.
    fn attached(&self, text: &str) -> Option<String> {
        let bytes = text.as_bytes();
        let own = self.takes().find_map(|take| match flagged(take, bytes, None)? {
            Flagged::Own(at) => is_worth(&bytes[at..]).then(|| text.get(..at)).flatten(),
            Flagged::Next(_) => None,
        });
        if let Some(flag) = own {
            return Some(format!("{flag}{}", marker(PASSWORD)));
        }
        let (name, value) = text.split_once('=').filter(|_| text.starts_with("--"))?;
        let class = classify(name.as_bytes()).filter(|_| is_name(&name[2..]))?;
        is_whole(value, class).then(|| format!("{name}={}", marker(class)))
    }
}

fn marker(class: Class) -> String {
    format!("[redacted:{}]", class.kind)
}

/// Whether `text` is a name, and not a sentence that contains one.
fn is_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    (2..=64).contains(&text.len()) && text.bytes().all(letter)
}

/// Whether `text` looks like a secret after a name of this class even if the two are not known to be a pair.
/// In a list of names, the next element is another name.
fn looks_secret(text: &str, class: Class) -> bool {
    let bytes = text.as_bytes();
    let other = is_name(text) && classify(bytes).is_some();
    match class.family {
        Family::Header => text.split_once(' ').is_some_and(|(_, rest)| {
            !rest.contains(' ') && rest.len() >= 8 && !is_placeholder(rest.as_bytes())
        }),
        Family::Cookie => text.contains('=') && is_secret(bytes, Family::Weak, Standing::Quoted),
        family => !other && is_secret(bytes, family, Standing::Quoted) && is_whole(text, class),
    }
}
