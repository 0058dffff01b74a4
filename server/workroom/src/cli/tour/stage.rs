//! The output of the tour.

use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use super::shorten::{shorten, wrap};
use crate::cli::failure::Failure;
use crate::cli::show;
use crate::cli::terminal::{self, FAINT, GOOD, STRONG};

// Without a terminal, lines are cut as for a wide one.
const PLAIN_COLUMNS: usize = 140;
const MIN_COLUMNS: usize = 60;
// The columns before a line: the participant and the direction.
const MARGIN: usize = 13;
/// The beginning of a notification's line.
pub(super) const NOTIFICATION: &str = r#"{"jsonrpc":"2.0","method":"#;

/// The participant of a line, and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The person, in an editor.
    You,
    /// The person, in a second window.
    Window,
    /// The agent that works on an issue.
    Builder,
    /// The agent that reviews, with another model.
    Reviewer,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Window => "you too",
            Self::Builder => "builder",
            Self::Reviewer => "reviewer",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::You | Self::Window => AnsiColor::Cyan.on_default(),
            Self::Builder => AnsiColor::Magenta.on_default(),
            Self::Reviewer => AnsiColor::Yellow.on_default(),
        }
    }
}

/// Prints the tour.
pub(super) struct Stage {
    columns: usize,
    steps: usize,
}

type Printed = Result<(), Failure>;

impl Stage {
    pub(super) fn new() -> Self {
        Self { columns: terminal::columns().unwrap_or(PLAIN_COLUMNS).max(MIN_COLUMNS), steps: 0 }
    }

    /// Prints the sentence before a step.
    pub(super) fn step(&mut self, sentence: &str) -> Printed {
        self.steps += 1;
        writeln!(terminal::out(), "\n{STRONG}{}. {sentence}{STRONG:#}", self.steps)?;
        Ok(())
    }

    /// Prints a line that is sent to a server.
    pub(super) fn sent(&self, role: Role, line: &str) -> Printed {
        self.line(role, '→', line, 2)
    }

    /// Prints a line that a server sent.
    pub(super) fn received(&self, role: Role, line: &str) -> Printed {
        // A response mostly repeats the request; a notification is new.
        let rows = if line.starts_with(NOTIFICATION) { 2 } else { 1 };
        self.line(role, '←', line, rows)
    }

    fn line(&self, role: Role, way: char, line: &str, rows: usize) -> Printed {
        let style = role.style();
        let columns = self.columns - MARGIN;
        let line = shorten(&terminal::inert(line), columns, rows);
        let mut out = terminal::out();
        write!(out, "  {style}{:<9}{way}{style:#} ", role.name())?;
        for (number, row) in wrap(&line, columns).iter().enumerate() {
            match number {
                0 => writeln!(out, "{}", emphasized(row))?,
                _ => writeln!(out, "{:MARGIN$}{row}", "")?,
            }
        }
        Ok(())
    }

    /// Prints a remark between lines.
    pub(super) fn remark(&self, text: &str) -> Printed {
        writeln!(terminal::out(), "  {FAINT}{:<9}· {text}{FAINT:#}", "")?;
        Ok(())
    }

    /// Prints a guarantee that was checked.
    pub(super) fn holds(&self, text: &str) -> Printed {
        writeln!(terminal::out(), "  {GOOD}✓{GOOD:#} {text}")?;
        Ok(())
    }

    /// Prints text unchanged.
    pub(super) fn text(&self, text: &str) -> Printed {
        writeln!(terminal::out(), "{text}")?;
        Ok(())
    }

    /// Prints Markdown, set off from the rest.
    pub(super) fn markdown(&self, markdown: &str) -> Printed {
        let mut lines = Vec::new();
        show::print(&mut lines, markdown)?;
        let mut out = terminal::out();
        for line in String::from_utf8_lossy(&lines).lines() {
            writeln!(out, "  {FAINT}│{FAINT:#} {line}")?;
        }
        Ok(())
    }

    /// Prints what to try after the tour.
    pub(super) fn what_next(&self, link: &str, kept: Option<PathBuf>) -> Printed {
        let program = program();
        let mut out = terminal::out();
        writeln!(out, "\n{STRONG}What to try next{STRONG:#}")?;
        if let Some(home) = kept {
            let home = quoted(&home);
            writeln!(out, "The store of this tour is in {home}:")?;
            writeln!(out, "  {program} list --home {home}")?;
            writeln!(out, "  {program} show {link} --home {home}")?;
            writeln!(out, "  {program} tail all --after-seq 0 --home {home}\n")?;
            writeln!(out, "With your own store:")?;
        }
        for (arguments, what) in [
            ("doctor", "checks your installation"),
            ("open", "creates the room of this repository"),
            ("list", "your rooms and their links"),
            ("inbox", "your pending items, and what is new"),
            ("tail all --after-seq 0", "everything that happens, live"),
            ("show LINK", "the context that an agent gets from the link"),
            ("schema", "every method, as an OpenRPC document"),
        ] {
            writeln!(out, "  {program} {arguments:<26}{FAINT}# {what}{FAINT:#}")?;
        }
        Ok(())
    }
}

/// Ends the tour with an error if something that it shows is not true.
pub(super) fn ensure(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::message(format!("this must not happen: {otherwise}"))) }
}

/// Dims the envelope of a line, which is the same in each line, on a terminal.
fn emphasized(line: &str) -> String {
    let at = [r#""method":"#, r#""result":"#, r#""error":"#].iter().find_map(|key| line.find(key));
    let (envelope, rest) = line.split_at(at.unwrap_or(0));
    format!("{FAINT}{envelope}{FAINT:#}{rest}")
}

/// Returns the command that starts this program from the current folder.
fn program() -> String {
    let Ok(exe) = std::env::current_exe() else { return "workroom".into() };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_this = |folder: PathBuf| {
        folder
            .join("workroom")
            .canonicalize()
            .ok()
            .is_some_and(|found| exe.canonicalize().is_ok_and(|exe| exe == found))
    };
    if std::env::split_paths(&path).any(is_this) {
        return "workroom".into();
    }
    let near = std::env::current_dir().ok().and_then(|here| Some(exe.strip_prefix(here).ok()?.to_owned()));
    match near {
        Some(near) if near.components().count() > 1 => quoted(&near),
        Some(near) => format!("./{}", quoted(&near)),
        None => quoted(&exe),
    }
}

/// Quotes a path for a shell.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    let safe = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if path.chars().all(safe) { path.into_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_a_shell() {
        assert_eq!(quoted(Path::new("/tmp/a-b_c.d")), "/tmp/a-b_c.d");
        assert_eq!(quoted(Path::new("/tmp/it's here")), r"'/tmp/it'\''s here'");
    }
}
