//! Stdin, stdout and stderr, for the commands: the one module of them that names these.
//!
//! Colours and control sequences reach a terminal only: `anstream` takes them out everywhere else.
//! What comes out of the store was written by others, so it goes through [`plain`] or [`line`] before it is printed.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Read, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use workroom_protocol::exact::ExactJson;

use super::failure::Failure;
use workroom_domain::shown;
use workroom_domain::text::is_hidden;
use workroom_redact as redact;
use workroom_rpc::repair;

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

/// Says on stderr what is wrong with the arguments.
pub(super) fn usage_error(message: &str) -> io::Result<()> {
    write!(err(), "{}", plain(message))
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
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Asks for a secret at the terminal, and shows nothing of it.
#[cfg(unix)]
pub(super) fn secret(question: &str) -> Result<String, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    if !stdin_is_terminal() {
        return Err(Failure::message("stdin is no terminal to ask for a secret at"));
    }
    let stdin = rustix::stdio::stdin();
    let before = tcgetattr(stdin).map_err(io::Error::from)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin, OptionalActions::Now, &silent).map_err(io::Error::from)?;
    let asked = ask(question);
    tcsetattr(stdin, OptionalActions::Now, &before).map_err(io::Error::from)?;
    let _ = writeln!(err());
    Ok(asked?.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(not(unix))]
pub(super) fn secret(_: &str) -> Result<String, Failure> {
    Err(Failure::message("a secret cannot be typed here without being shown"))
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut err = err();
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer)
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

/// Prints JSON: on one line, or indented for the reader at a terminal. Characters that do not show are escapes in it, also
/// in a pipe, because what comes out of a pipe reaches a terminal sooner or later.
pub(super) fn json(out: &mut impl Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    // By way of its text: a `Value` would round numbers.
    let text = serde_json::to_string(value)?;
    if !indented {
        return writeln!(out, "{}", escaped(&text));
    }
    let indented = ExactJson::parse(&text).map(|exact| shown::indented(&exact)).unwrap_or(text);
    writeln!(out, "{}", escaped(&indented))
}

/// JSON text in which every character that does not show, or that a terminal takes as a command, is an escape.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    let acts = |c: char| shown::is_invisible(c) && c != '\n';
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            // Outside of strings valid JSON has no such characters.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Text of others as a terminal may show it: nothing of it hides or acts. Lines stay lines.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // The end of the last line is ours as often as theirs, and hides nothing.
    match text.strip_suffix('\n') {
        Some(text) => Cow::Owned(shown::lines(text).into_owned() + "\n"),
        None => shown::lines(text),
    }
}

/// The same on one line: what has to stay in its row or behind its words.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    shown::line(text)
}

/// A path on one line: its name may have been made by others.
pub(super) fn path(path: &std::path::Path) -> String {
    shown::line(&path.display().to_string()).into_owned()
}

/// Output of a program of ours, without the characters that a terminal could take as a command.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    let acts = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    if text.contains(acts) { Cow::Owned(text.replace(acts, " ")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_others_commands_the_terminal() {
        assert_eq!(inert("a\u{1b}[31mb\r\u{9b}\u{202e}c\n\td"), "a [31mb   c\n\td");
        assert_eq!(plain("a\u{1b}[31mb\u{200b}\nc\n"), "a␛[31mb⟨U+200B⟩\nc\n");
        assert_eq!(line("a\nb"), "a⏎b");
        assert!(matches!(plain("as it is"), Cow::Borrowed(_)));
    }

    #[test]
    fn escaped_json_is_the_same_json() {
        let json = "[\"a\u{9b}b\u{202e}\u{7f}\u{200b}\u{e0041}\",\n1]";
        let safe = escaped(json);
        assert!(!safe.contains(['\u{9b}', '\u{202e}', '\u{7f}', '\u{200b}', '\u{e0041}']), "{safe}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&safe), read(json));
    }
}
