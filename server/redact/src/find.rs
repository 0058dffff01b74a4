//! Finds the secrets of one text. Every rule reports its ranges, and all ranges are replaced together.

use super::entropy::Shape;
use super::harmless::{is_own, is_placeholder};
use super::keys::{Class, Family, classify};
use super::keywords::{KEYWORDS, Rule};
use super::known::Known;
use super::spans::{MARKER, Span, merged};
use super::structure::Range;
use super::vendors::{self, Vendor};
use super::view::{Depths, View};
use super::{
    assignment, command_line, commands, der, foreign, generic, headers, labels, lists, outputs, piped, prose,
    rows, structure, tables, wallets,
};

// The tokens of the table are shorter. The rest of the word after a match is redacted with it.
const MAX_TOKEN: usize = 512;
const MAX_NAME: usize = 64;

/// The text without its secrets, or `None` if it has none.
pub(super) fn redacted(text: &str, known: &Known) -> Option<String> {
    let bytes = text.as_bytes();
    let view = View::of(bytes);
    let mut finder = Finder::of(view.as_ref().map_or(bytes, View::text), view.as_ref());
    finder.known(known);
    finder.keywords();
    finder.generic();
    let mut spans = finder.spans;
    if let Some(view) = &view {
        for span in &mut spans {
            (span.start, span.end) = view.origin(span.start, span.end);
        }
        // A known value may contain characters that the view decodes, so search the text itself too.
        let mut below = Finder { spans, ..Finder::of(bytes, None) };
        below.known(known);
        if view.asides {
            below.keywords();
            below.generic();
        }
        spans = below.spans;
    }
    if spans.is_empty() {
        return None;
    }
    let spans = merged(spans, bytes);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        // Rules cut only at ASCII. If a rule had a wrong range, this would cut too much and not too little.
        let start = (0..=span.start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0).max(done);
        let end = (span.end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        if start >= end {
            continue;
        }
        out.push_str(&text[done..start]);
        out.push_str(MARKER);
        out.push_str(span.kind);
        out.push(']');
        done = end;
    }
    out.push_str(&text[done..]);
    (out != text).then_some(out)
}

struct Finder<'t> {
    text: &'t [u8],
    /// The view, if the text is one.
    view: Option<&'t View>,
    spans: Vec<Span>,
    /// Names before this position have been examined.
    name_done: usize,
    /// Tables before this position have been read.
    table_done: usize,
    /// Lists of tokens and lists of passwords before these positions have been read.
    list_done: [usize; 2],
}

impl<'t> Finder<'t> {
    fn of(text: &'t [u8], view: Option<&'t View>) -> Self {
        Self { text, view, spans: Vec::new(), name_done: 0, table_done: 0, list_done: [0; 2] }
    }

    /// Whether a token may begin or end at `at` although there are letters on both sides.
    fn is_seam(&self, at: usize) -> bool {
        self.view.is_some_and(|view| view.is_seam(at))
    }

    fn push(&mut self, start: usize, end: usize, kind: &'static str, rank: u8) {
        if start < end {
            self.spans.push(Span { start, end, kind, rank });
        }
    }

    fn range(&mut self, range: Option<Range>, rank: u8) {
        if let Some((start, end, kind)) = range {
            self.push(start, end, kind, rank);
        }
    }

    fn known(&mut self, known: &Known) {
        known.find(self.text, |start, end, kind| self.spans.push(Span { start, end, kind, rank: 3 }));
    }

    fn generic(&mut self) {
        generic::tokens(self.text, |start, end| {
            self.spans.push(Span { start, end, kind: "api_key", rank: 1 })
        });
    }

    fn keywords(&mut self) {
        let text = self.text;
        // After a rule has taken a whole range, skip the other keywords in that range.
        let mut whole = 0;
        let mut manifest = 0;
        let mut jwk = 0;
        let mut wallet = 0;
        let mut insert = 0;
        let mut input = 0;
        if text.first() == Some(&b'[') {
            self.range(wallets::numbers(text, 0), 6);
        }
        for (rule, start, end) in KEYWORDS.find(text) {
            if start < whole {
                continue;
            }
            let first = self.spans.len();
            match rule {
                Rule::Vendor(index) => self.vendor(index, start),
                Rule::Name => self.name(start, end),
                Rule::Foreign => {
                    let found = foreign::secret(text, start, end);
                    self.range(found.map(|(start, end)| (start, end, "password")), 2);
                }
                Rule::ForeignKey => {
                    let found = foreign::key(text, start, end);
                    self.range(found.map(|(start, end)| (start, end, "api_key")), 2);
                }
                Rule::Phrase => self.range(wallets::phrase(text, end), 3),
                Rule::Account => self.range(commands::twilio_token(text, start), 7),
                Rule::Wallet if start < wallet => {}
                Rule::Wallet => wallet = wallets::keys(text, end, |range| self.range(Some(range), 6)),
                Rule::Numbers => self.range(wallets::numbers(text, end), 6),
                Rule::Insert if start < insert => {}
                Rule::Insert => {
                    insert = rows::inserted(text, end, |start, end, kind| self.push(start, end, kind, 2));
                }
                Rule::Output => self.range(outputs::printed(text, start, end), 2),
                Rule::Marker | Rule::Argument => {}
                Rule::DataUrl => whole = end + base64_len(&text[end..]),
                Rule::Url => self.range(structure::url(text, Depths(self.view), end - 3), 4),
                Rule::At => self.range(structure::at_sign(text, Depths(self.view), start), 2),
                Rule::Pem => self.range(structure::pem(text, start), 6),
                Rule::Putty => self.range(structure::putty(text, start), 6),
                Rule::Jwt
                    if text[start..].starts_with(b"eyJ")
                        && (is_boundary(text, start) || self.is_seam(start)) =>
                {
                    self.range(structure::jwt(text, start), 5);
                }
                Rule::Jwt => {}
                Rule::Scheme => self.range(headers::scheme(text, end), 4),
                Rule::Manifest if start < manifest => {}
                Rule::Manifest => {
                    manifest = commands::manifest(text, start, |start, end| {
                        self.spans.push(Span { start, end, kind: "secret", rank: 2 });
                    });
                }
                Rule::Jwk if start < jwk => {}
                Rule::Jwk => {
                    jwk = structure::jwk(text, start, jwk, |start, end| {
                        self.spans.push(Span { start, end, kind: "private_key", rank: 6 });
                    });
                }
                Rule::PasswordHash => self.range(structure::password_hash(text, start), 5),
                Rule::Quoted => self.range(commands::quoted(text, start, end), 3),
                Rule::Link => self.range(commands::link(text, start, end), 3),
                Rule::Webhook => self.range(commands::webhook(text, end), 3),
                Rule::User => self.range(commands::user(text, end), 3),
                Rule::Command(flag, apart) => self.range(commands::flag(text, end, flag, apart), 3),
                Rule::Program(index) => {
                    let end = if text[end - 1] == b':' { end } else { end - 1 };
                    command_line::secrets(text, start, end, index, |range| self.range(Some(range), 3));
                }
                Rule::Reader => {
                    piped::read(text, start, end, &mut input, |range| self.range(Some(range), 3));
                }
                Rule::Sent => self.range(piped::sent(text, start, end - 1), 3),
                Rule::Pgpass => self.range(piped::pgpass(text, start), 3),
                Rule::Key => self.range(der::bare(text, start), 6),
                Rule::PemEnd => self.range(der::tail(text, start), 6),
                Rule::Call => self.range(commands::call(text, end), 2),
                Rule::Query => self.name(start, end - 1),
                Rule::Hash => self.range(structure::ldap_hash(text, start), 5),
            }
            if matches!(rule, Rule::Jwt | Rule::Vendor(_) | Rule::Pem | Rule::Putty | Rule::Key)
                && let Some(span) = self.spans[first..].first()
            {
                whole = whole.max(span.end);
            }
        }
    }

    fn vendor(&mut self, index: usize, keyword: usize) {
        let Some(row) = vendors::rows_at(index) else { return };
        let text = self.text;
        let start = if row.inner { word_start(text, keyword) } else { keyword };
        let exact =
            row.inner || row.keywords.split(' ').any(|word| text[start..].starts_with(word.as_bytes()));
        // Check for a seam last, because it needs a search.
        if !exact || !is_boundary(text, start) && !self.is_seam(start) {
            return;
        }
        let window = &text[start..text.len().min(start + MAX_TOKEN)];
        let found = vendors::compiled(index).and_then(|pattern| pattern.find(window));
        let Some(len) = found.map(|found| found.end()).filter(|len| is_token(row, &window[..*len])) else {
            return;
        };
        let letter = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        if len < window.len()
            && letter(&window[len - 1])
            && letter(&window[len])
            && !self.is_seam(start + len)
        {
            return;
        }
        let more = if len == window.len() {
            text[start + len..].iter().take_while(|b| is_word(b)).count()
        } else {
            0
        };
        self.push(start, start + len + more, row.kind, 7);
        if row.kind == "aws_access_key" {
            self.range(commands::aws_secret(text, start + len), 6);
        }
    }

    /// Handles the plural of a word such as `password`, at `start..end`, and the list assigned to its name.
    fn names(&mut self, start: usize, end: usize) {
        let text = self.text;
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
        let before = text[..start].iter().rev().take(MAX_NAME).take_while(|b| part(b)).count();
        let Some(class) = classify(&text[start - before..end]) else { return };
        // A list in another one is part of it, but passwords look different from tokens.
        let which = usize::from(class.family == Family::Password);
        if end >= self.list_done[which] {
            self.list_done[which] =
                lists::items(text, end + 1, class, |start, end| self.push(start, end, class.kind, 2));
        }
    }

    /// Handles a word such as `password` at `start..end`, the name it is part of, and the value assigned to that name.
    fn name(&mut self, start: usize, end: usize) {
        let text = self.text;
        if text.get(end).is_some_and(|b| b.eq_ignore_ascii_case(&b's'))
            && !text.get(end + 1).is_some_and(u8::is_ascii_alphanumeric)
        {
            self.names(start, end);
        }
        if text.get(end).is_some_and(u8::is_ascii_lowercase) || start < self.name_done {
            return;
        }
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"_-.$".contains(b);
        let before = text[..start].iter().rev().take(MAX_NAME).take_while(|b| part(b)).count();
        let after = text[end..].iter().take(MAX_NAME).take_while(|b| part(b)).count();
        let trailing = text[end..end + after].iter().rev().take_while(|b| b"-.$".contains(b)).count();
        let leading = text[start - before..start].iter().take_while(|b| b"-.$_".contains(b)).count();
        let (name, name_end) = (start - before + leading, end + after - trailing);
        self.name_done = name_end;
        if before == MAX_NAME || after == MAX_NAME {
            return;
        }
        let Some(class) = class(text, name, name_end) else { return };
        match class.family {
            Family::Header => {
                let done = headers::authorization(text, name_end, |(start, end, kind)| {
                    self.spans.push(Span { start, end, kind, rank: 4 });
                });
                // Scan a word this long only once, and not once for each header in it.
                if done - name_end > MAX_TOKEN {
                    self.name_done = done;
                }
                return;
            }
            Family::Cookie => {
                let done = headers::cookies(text, name_end, |start, end| {
                    self.spans.push(Span { start, end, kind: "cookie", rank: 4 });
                });
                // Skip the names of the cookies too.
                self.name_done = done.max(name_end);
                return;
            }
            _ => {}
        }
        // In "The credentials are admin / …" the value is a password.
        let spoken = if class.kind == "password" { Family::Password } else { class.family };
        let named = class.family == Family::Password;
        let found = assignment::secret(text, Depths(self.view), (name, name_end), class)
            .or_else(|| prose::secret(text, name_end, spoken, named))
            .or_else(|| prose::secret_before(text, name, class.family))
            .or_else(|| foreign::secret_after(text, name_end, class.family))
            .or_else(|| labels::secret(text, (name, name_end), class))
            .or_else(|| tables::cell(text, (name, name_end), class));
        if name >= self.table_done {
            let spans = &mut self.spans;
            let mut push = |start, end, kind| spans.push(Span { start, end, kind, rank: 2 });
            let end = rows::below(text, (name, name_end), class, &mut push)
                .or_else(|| tables::columns(text, name, &mut push));
            self.table_done = end.unwrap_or(0);
        }
        if let Some((start, end)) = found {
            self.push(start, end, class.kind, 2);
            // Skip the names inside a redacted value, so that a long value is scanned only once.
            self.name_done = self.name_done.max(end);
        }
    }
}

/// The class of the name at `name..end`. In "api key" and "the secret key", the word before is a part of it.
pub(super) fn class(text: &[u8], name: usize, end: usize) -> Option<Class> {
    let word = &text[name..end];
    if (word.eq_ignore_ascii_case(b"key") || word.eq_ignore_ascii_case(b"token"))
        && name > 1
        && text[name - 1] == b' '
    {
        let before = text[..name - 1].iter().rev().take(14).take_while(|b| b.is_ascii_alphanumeric()).count();
        if (2..14).contains(&before) {
            let from = name - 1 - before;
            return classify(&text[from..end]);
        }
    }
    classify(&text[name..end])
}

/// Whether a token may begin at `start`: not inside a word, but after an escape such as `\n` or `%3D`.
fn is_boundary(text: &[u8], start: usize) -> bool {
    let before = &text[start.saturating_sub(3)..start];
    match before {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        [] => true,
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [b'%', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    }
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-".contains(byte)
}

fn word_start(text: &[u8], at: usize) -> usize {
    let before = &text[..at];
    let len =
        before.iter().rev().take(MAX_TOKEN / 2).take_while(|b| is_word(b) || b"+/~.".contains(b)).count();
    let start = at - len;
    // The `n` of a line break that is written as `\n` is not part of the word.
    let escaped = start > 0 && text[start - 1] == b'\\' && start < at && b"nrt".contains(&text[start]);
    start + usize::from(escaped)
}

/// Whether the match of a row's pattern is a token, and not a word, a placeholder or an example.
fn is_token(row: &Vendor, token: &[u8]) -> bool {
    let shape = Shape::of(token);
    let wordy = shape.surprise < 170 && shape.digits * 3 < shape.len;
    !is_placeholder(token) && !is_own(token) && (!wordy || row.kind.ends_with("webhook"))
}

fn base64_len(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)).count()
}
