//! Stdin, stdout and stderr for the commands. Other modules of the command line do not use them directly.
//!
//! Colours and control sequences only reach a terminal: `anstream` removes them everywhere else. Text from the store
//! was written by other people and programs, so it passes through [`plain`] or [`line`] before it is printed.

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

/// Prints an error to stderr.
pub(super) fn error(message: &str) {
    // If stderr is closed, the exit code still reports the error.
    let _ = writeln!(err(), "{BAD}error:{BAD:#} {}", plain(&redact::process().text(message)));
}

/// Prints to stderr what is wrong with the arguments.
pub(super) fn usage_error(message: &str) -> io::Result<()> {
    write!(err(), "{}", plain(message))
}

/// Reads stdin to its end, with the same repair of invalid characters as all other input.
pub(super) fn read_stdin() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(repair::text(&bytes).into_owned())
}

/// Returns stdin, to be read line by line.
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

/// Asks the person at the terminal. Without a terminal, the error explains what to do `otherwise`.
pub(super) fn confirmed(question: &str, otherwise: &str) -> Result<bool, Failure> {
    if !stdin_is_terminal() {
        return Err(Failure::message(format!("stdin is not a terminal, so you cannot confirm: {otherwise}")));
    }
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Asks for a secret at the terminal without echoing it.
#[cfg(unix)]
pub(super) fn secret(question: &str) -> Result<String, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    if !stdin_is_terminal() {
        return Err(Failure::message("stdin is not a terminal, so the secret cannot be entered"));
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
    Err(Failure::message("this terminal cannot hide the secret while you type it"))
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut err = err();
    write!(err, "{question}")?;
    err.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer)
}

/// Returns the number of columns of the terminal at stdout; `None` without a terminal.
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

/// Prints JSON: on one line, or indented on a terminal. Invisible characters are escaped, also in a pipe, because its
/// output reaches a terminal sooner or later.
pub(super) fn json(
    out: &mut impl Write,
    value: &(impl Serialize + ?Sized),
    indented: bool,
) -> io::Result<()> {
    // The JSON is printed from its text, because a `Value` would round numbers.
    let text = serde_json::to_string(value)?;
    if !indented {
        return writeln!(out, "{}", escaped(&text));
    }
    let indented = ExactJson::parse(&text).map(|exact| shown::indented(&exact)).unwrap_or(text);
    writeln!(out, "{}", escaped(&indented))
}

/// Returns JSON text in which every invisible character, and every character that controls a terminal, is escaped.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    let acts = |c: char| shown::is_invisible(c) && c != '\n';
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if acts(c) {
            // Valid JSON has such characters only in strings.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// Returns text by other people or programs in a form that is safe to print: nothing is hidden and nothing controls the
/// terminal. Line breaks are kept.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    // The final newline is usually our own, and hides nothing.
    match text.strip_suffix('\n') {
        Some(text) => Cow::Owned(shown::lines(text).into_owned() + "\n"),
        None => shown::lines(text),
    }
}

/// Returns text by other people or programs in a safe form on one line, so that it cannot leave its row.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    shown::line(text)
}

/// Returns a path on one line: its name may come from other people or programs.
pub(super) fn path(path: &std::path::Path) -> String {
    shown::line(&path.display().to_string()).into_owned()
}

/// Returns output of this program without characters that could control a terminal.
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
