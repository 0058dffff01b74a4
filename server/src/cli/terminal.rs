//! Stdin, stdout and stderr, for the commands: the one module of them that names these.
//!
//! Colours and control sequences reach a terminal only: `anstream` takes them out everywhere else.
//! What comes out of the store was written by others, so [`plain`] takes theirs out before it is printed.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Read, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::failure::Failure;
use crate::domain::text::is_hidden;
use crate::redact;
use crate::rpc::repair;

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Stdout.
pub(super) fn out() -> impl Write {
    anstream::stdout().lock()
}

/// Stderr.
pub(super) fn err() -> impl Write {
    anstream::stderr().lock()
}

/// Says on stderr that something went wrong.
pub(super) fn error(message: &str) {
    // With stderr gone there is nobody left to tell; the exit code still says it.
    let _ = writeln!(err(), "{BAD}error:{BAD:#} {}", plain(&redact::process().text(message)));
}

/// Everything on stdin, repaired as every other door repairs what comes in.
pub(super) fn read_stdin() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(repair::text(&bytes).into_owned())
}

/// Stdin, to be read line by line.
pub(super) fn stdin() -> impl io::BufRead {
    io::stdin().lock()
}

pub(super) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(super) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

pub(super) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Asks the person at the terminal; where there is none, says what to do `otherwise`.
pub(super) fn confirmed(question: &str, otherwise: &str) -> Result<bool, Failure> {
    if !stdin_is_terminal() {
        return Err(Failure::message(format!("stdin is no terminal to ask at: {otherwise}")));
    }
    let mut err = err();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// How many columns the terminal at stdout has; `None` when there is none.
pub(super) fn columns() -> Option<usize> {
    if !stdout_is_terminal() {
        return None;
    }
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.or_else(|| {
        #[cfg(unix)]
        return Some(rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?.ws_col.into());
        #[cfg(not(unix))]
        return None;
    })
    .filter(|columns| *columns > 0)
}

/// Prints JSON: on one line, or indented for the reader at a terminal.
pub(super) fn json(out: &mut impl Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    if !indented {
        let text = serde_json::to_string(value)?;
        return writeln!(out, "{text}");
    }
    // By way of a `Value`: JSON that is carried as text would stay on its line.
    let text = serde_json::to_string_pretty(&serde_json::to_value(value)?)?;
    writeln!(out, "{}", escaped(&text))
}

/// JSON text in which every character that a terminal could take as a command is written as an escape.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    let acts = |c: char| is_hidden(c) && c != '\n';
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            // Outside of strings valid JSON has no such characters, and all of them are in the first plane.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Text without the characters that a terminal could take as a command; lines stay lines.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let acts = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    if text.contains(acts) { Cow::Owned(text.replace(acts, " ")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_others_commands_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\u{9b}\u{202e}c\n\td"), "a [31mb   c\n\td");
        assert!(matches!(plain("as it is"), Cow::Borrowed(_)));
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let json = "[\"a\u{9b}b\u{202e}\u{7f}\",\n1]";
        let safe = escaped(json);
        assert!(!safe.contains(['\u{9b}', '\u{202e}', '\u{7f}']), "{safe}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&safe), read(json));
    }
}
