//! Displays untrusted text safely for a person who makes a decision based on it.
//!
//! Nothing can hide or imitate something else. Invisible characters are written out, long runs of spaces are counted,
//! and a cut states how much is missing. The signs used for this are themselves written out where a text contains
//! them. Two different texts therefore never look alike, as far as their characters can be distinguished by eye.
//! `docs/decisions/0017-digest-and-display.md` explains the design.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    IndicSyllabicCategory, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use workroom_protocol::exact::{ExactJson, Node, write_text};

// Begins everything that is written out. In a text, this character is itself written out.
const OPEN: char = '⟨';
const CLOSE: char = '⟩';
const SPACE: char = '␠';
const BREAK: char = '⏎';
const TAB: char = '⇥';
// Longer runs could push the following text out of view. Indented code has shorter ones.
const MAX_SPACES: usize = 8;
const MAX_INDENT: usize = 24;
const MAX_BREAKS: usize = 2;
const MAX_TABS: usize = 8;
// More marks on one letter would cover its neighbours, and no orthography needs more.
const MAX_MARKS: usize = 3;

/// The layout of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// On one line.
    Line,
    /// Line breaks are kept.
    Lines,
    /// Spaces, tabs, line ends and the signs for them stay as they are.
    AsItIs,
}

/// Displays a text on one line.
pub fn line(text: &str) -> Cow<'_, str> {
    whole(text, Layout::Line)
}

/// Displays a text and keeps its line breaks.
pub fn lines(text: &str) -> Cow<'_, str> {
    whole(text, Layout::Lines)
}

/// A text whose characters can all be seen, and which is otherwise as it is: its spaces, tabs and line ends, and the
/// signs that [`line`] and [`lines`] write. So it may be a text of others, or one that is composed of such texts already,
/// and doing it twice is doing it once.
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_layout = |c: char| matches!(c, '\n' | '\t' | ' '..='~');
    if text.chars().all(is_layout) { Cow::Borrowed(text) } else { whole(text, Layout::AsItIs) }
}

/// The beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// One line. If something is missing, it ends with `⟨+N characters⟩`.
    pub text: String,
    /// How many characters are missing.
    pub missing: u64,
}

/// The beginning of a text, on one line of at most `max` characters. This includes the mark of the cut, unless `max`
/// is too small for it.
pub fn beginning(text: &str, max: usize) -> Beginning {
    if text.len() <= max && is_plain(text) {
        return Beginning { text: text.to_owned(), missing: 0 };
    }
    let mut shown = String::new();
    let mut width = 0;
    // The last position where a cut leaves room for its mark.
    let mut fits = (0, 0);
    for atom in Atoms::new(text, Layout::Line) {
        let next = width + atom.shown.chars().count();
        if next + MARK_CHARS <= max {
            fits = (shown.len() + atom.shown.len(), atom.end);
        }
        if next > max {
            let missing = text[fits.1..].chars().count();
            shown.truncate(fits.0);
            let characters = if missing == 1 { "character" } else { "characters" };
            let _ = write!(shown, "{OPEN}+{} {characters}{CLOSE}", grouped(missing));
            return Beginning { text: shown, missing: missing as u64 };
        }
        shown.push_str(&atom.shown);
        width = next;
    }
    Beginning { text: shown, missing: 0 }
}

// `⟨+16,777,216 characters⟩`: no text is longer.
const MARK_CHARS: usize = 24;

/// Displays JSON over several lines, with every number as written and every member.
pub fn json(exact: &ExactJson) -> String {
    fn string(text: &str, out: &mut String) {
        let mut literal = String::new();
        write_text(text, &mut literal);
        out.push_str(&line(&literal));
    }
    let mut out = String::new();
    pretty(&exact.node(), 0, string, &mut out);
    out
}

/// Formats JSON over several lines for programs, with nothing written out.
pub fn indented(exact: &ExactJson) -> String {
    let mut out = String::new();
    pretty(&exact.node(), 0, write_text, &mut out);
    out
}

/// Formats a number with its digits in groups of three.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn pretty(node: &Node<'_>, depth: usize, string: fn(&str, &mut String), out: &mut String) {
    fn begin(depth: usize, out: &mut String) {
        let _ = write!(out, "\n{:1$}", "", depth * 2);
    }
    match node {
        Node::Literal(literal) => out.push_str(literal),
        Node::Text(text) => string(text, out),
        Node::List(items) if items.is_empty() => out.push_str("[]"),
        Node::Object(members) if members.is_empty() => out.push_str("{}"),
        Node::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                begin(depth + 1, out);
                pretty(item, depth + 1, string, out);
            }
            begin(depth, out);
            out.push(']');
        }
        Node::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                begin(depth + 1, out);
                string(name, out);
                out.push_str(": ");
                pretty(value, depth + 1, string, out);
            }
            begin(depth, out);
            out.push('}');
        }
    }
}

fn whole(text: &str, layout: Layout) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for atom in Atoms::new(text, layout) {
        shown.push_str(&atom.shown);
    }
    Cow::Owned(shown)
}

/// Whether a text consists of ASCII words separated by single spaces, as most do.
fn is_plain(text: &str) -> bool {
    let mut space = true;
    let words = text.bytes().all(|byte| {
        let fits = byte.is_ascii_graphic() || (byte == b' ' && !space);
        space = byte == b' ';
        fits
    });
    words && (!space || text.is_empty())
}

/// Whether a character cannot be seen, or takes the place of another: what takes no ink, and what no font has.
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    takes_no_ink(c) || matches!(category(c), GeneralCategory::PrivateUse | GeneralCategory::Unassigned)
}

/// Whether a character takes no ink: controls, formats, separators, and what Unicode says may be ignored.
pub(crate) fn takes_no_ink(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() || c == ' ';
    }
    matches!(category(c), GeneralCategory::Control | GeneralCategory::Format)
        || GeneralCategoryGroup::Separator.contains(category(c))
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || BLANKS.contains(&c)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

// Blank by their names in the Unicode Character Database, and of categories that have ink: braille pattern blank,
// musical symbol null notehead, Khitan small script filler, Egyptian hieroglyph full and half blank.
const BLANKS: [char; 5] = ['\u{2800}', '\u{1d159}', '\u{16fe4}', '\u{13441}', '\u{13442}'];

/// Whether a character only joins letters or digits of its script: between two of them it changes how they look, and
/// anywhere else it takes no ink.
pub(crate) fn is_joiner(c: char) -> bool {
    // The one by its name that no property of Unicode says it of.
    const TIFINAGH: char = '\u{2d7f}';
    !c.is_ascii()
        && (c == TIFINAGH
            || matches!(
                CodePointMapData::<IndicSyllabicCategory>::new().get(c),
                IndicSyllabicCategory::InvisibleStacker | IndicSyllabicCategory::NumberJoiner
            ))
}

fn is_of_script(c: char, script: Script) -> bool {
    CodePointMapData::<Script>::new().get(c) == script
}

fn is_mark(c: char) -> bool {
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether a character has a special meaning in the displayed form.
fn is_sign(c: char) -> bool {
    matches!(c, OPEN | CLOSE | BREAK | TAB | '\u{2400}'..='\u{2426}')
}

fn is_pictograph(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn is_skin(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

const JOINER: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// A piece of a text that is shown whole or not at all.
struct Atom<'t> {
    shown: Cow<'t, str>,
    /// Where the piece ends in the text.
    end: usize,
}

struct Atoms<'t> {
    text: &'t str,
    at: usize,
    layout: Layout,
    /// The previous character, if it is shown unchanged.
    before: Option<char>,
    /// How many marks the last letter has.
    marks: usize,
}

impl<'t> Atoms<'t> {
    fn new(text: &'t str, layout: Layout) -> Self {
        Self { text, at: 0, layout, before: None, marks: 0 }
    }

    /// The displayed form of `count` times `c`, which is not visible by itself.
    fn written_out(c: char, count: usize) -> String {
        let name = match c {
            ' ' => SPACE.to_string(),
            '\n' => BREAK.to_string(),
            '\t' => TAB.to_string(),
            c => format!("U+{:04X}", u32::from(c)),
        };
        match (c, count) {
            ('\0'..='\u{1f}', 1) if !matches!(c, '\n' | '\t') => picture(u32::from(c)).to_string(),
            ('\u{7f}', 1) => picture(0x21).to_string(),
            (' ' | '\n' | '\t', count) => format!("{OPEN}{name}×{count}{CLOSE}"),
            (_, 1) => format!("{OPEN}{name}{CLOSE}"),
            (_, count) => format!("{OPEN}{name}×{count}{CLOSE}"),
        }
    }

    /// Whether a character that joins is between two of its script.
    fn joins(&self, c: char, next: Option<char>) -> bool {
        let script = CodePointMapData::<Script>::new().get(c);
        let is_of_it = |other: Option<char>| other.is_some_and(|other| is_of_script(other, script));
        is_of_it(self.before) && is_of_it(next)
    }

    fn is_seen_emoji(&self, c: char, next: Option<char>) -> bool {
        let Some(before) = self.before else { return false };
        match c {
            JOINER => {
                (is_pictograph(before) || is_skin(before) || before == EMOJI_STYLE)
                    && next.is_some_and(is_pictograph)
            }
            EMOJI_STYLE if before.is_ascii() => {
                (before.is_ascii_digit() || "#*".contains(before)) && next == Some(KEYCAP)
            }
            EMOJI_STYLE => CodePointSetData::new::<Emoji>().contains(before),
            _ => false,
        }
    }
}

/// The Unicode control picture of a control character.
fn picture(control: u32) -> char {
    char::from_u32(0x2400 + control).unwrap_or('\u{2426}')
}

impl<'t> Iterator for Atoms<'t> {
    type Item = Atom<'t>;

    fn next(&mut self) -> Option<Atom<'t>> {
        let rest = self.text.get(self.at..)?;
        let c = rest.chars().next()?;
        let is_first = self.at == 0;
        let run = || rest.chars().take_while(|next| *next == c).count();
        let raw = |count: usize| &rest[..count * c.len_utf8()];
        let mut count = 1;
        let shown: Cow<'t, str> = match c {
            ' ' | '\n' | '\t' if self.layout == Layout::AsItIs => raw(1).into(),
            ' ' => {
                count = run();
                let next = rest.as_bytes().get(count);
                let lines = self.layout == Layout::Lines;
                let at_start = is_first || (lines && self.text.as_bytes().get(self.at - 1) == Some(&b'\n'));
                let at_end = next.is_none() || (lines && next == Some(&b'\n'));
                let most = match (at_start, at_end) {
                    (_, true) => 0,
                    (true, _) => {
                        if lines {
                            MAX_INDENT
                        } else {
                            0
                        }
                    }
                    _ => MAX_SPACES,
                };
                match count <= most {
                    true => raw(count).into(),
                    false => Self::written_out(c, count).into(),
                }
            }
            '\n' => {
                count = run();
                let at_end = is_first || rest.len() == count;
                match self.layout {
                    Layout::Lines if at_end => Self::written_out(c, count).into(),
                    Layout::Lines if count <= MAX_BREAKS => raw(count).into(),
                    Layout::Lines => (Self::written_out(c, count) + "\n").into(),
                    Layout::Line if count == 1 => BREAK.to_string().into(),
                    Layout::Line | Layout::AsItIs => Self::written_out(c, count).into(),
                }
            }
            '\t' => {
                count = run();
                match count <= MAX_TABS {
                    true => TAB.to_string().repeat(count).into(),
                    false => Self::written_out(c, count).into(),
                }
            }
            ' '..='~' => raw(1).into(),
            c if is_sign(c) && self.layout != Layout::AsItIs => Self::written_out(c, 1).into(),
            c if is_joiner(c) => match self.joins(c, rest.chars().nth(1)) {
                true => raw(1).into(),
                false => Self::written_out(c, 1).into(),
            },
            c if is_invisible(c) => match self.is_seen_emoji(c, rest.chars().nth(1)) {
                true => raw(1).into(),
                false => {
                    count = run();
                    Self::written_out(c, count).into()
                }
            },
            c if is_mark(c) => {
                match self.before.is_some_and(|before| before != ' ') && self.marks < MAX_MARKS {
                    true => raw(1).into(),
                    false => Self::written_out(c, 1).into(),
                }
            }
            _ => raw(1).into(),
        };
        self.at += count * c.len_utf8();
        self.marks = if is_mark(c) { self.marks + 1 } else { 0 };
        self.before = matches!(shown, Cow::Borrowed(_)).then_some(c);
        Some(Atom { shown, end: self.at })
    }
}

#[cfg(test)]
#[path = "shown/tests.rs"]
mod tests;
