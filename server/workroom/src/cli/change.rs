//! Changes to configuration files of other programs: shown as a diff, confirmed, and with a copy of the previous file.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use similar::{ChangeTag, TextDiff};

use super::failure::Failure;
use super::terminal;

/// Whether a change is only shown, or made without a question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent {
    /// Only show the change.
    pub(super) print: bool,
    /// Make the change without asking.
    pub(super) yes: bool,
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Shown,
    Declined,
    Made,
}

/// A file after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum After {
    /// The file has this text.
    Text(String),
    /// The file does not exist. `keep` says whether a copy of it is kept.
    Absent { keep: bool },
}

impl Consent {
    /// Shows a change to a file, asks for confirmation, and makes the change. `edit` receives the text of the file, or
    /// `None` if the file does not exist.
    pub(super) fn change(
        self,
        file: &Path,
        question: &str,
        edit: impl FnOnce(Option<&str>) -> Result<After, String>,
    ) -> Result<Change, Failure> {
        // If the configuration file is a symbolic link, the link is kept.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let before = read(&file)?;
        let after = edit(before.as_deref()).map_err(|error| of(&file, error))?;
        let is_same = match &after {
            After::Text(text) => before.as_ref() == Some(text),
            After::Absent { .. } => before.is_none(),
        };
        if is_same {
            writeln!(terminal::err(), "{} needs no change.", terminal::path(&file))?;
            return Ok(Change::None);
        }
        show(&file, before.as_deref().unwrap_or_default(), &after)?;
        if self.print {
            return Ok(Change::Shown);
        }
        if !self.confirmed(question)? {
            return Ok(Change::Declined);
        }
        let is_kept = before.is_some() && after != After::Absent { keep: false };
        let kept = is_kept.then(|| keep(&file)).transpose()?;
        match after {
            After::Text(text) => write(&file, &text),
            After::Absent { .. } => fs::remove_file(&file),
        }
        .map_err(|error| of(&file, error))?;
        if let Some(kept) = kept {
            writeln!(terminal::err(), "The previous file is saved as {}.", terminal::path(&kept))?;
        }
        Ok(Change::Made)
    }

    /// Asks a question, unless the answer was given on the command line.
    pub(super) fn confirmed(self, question: &str) -> Result<bool, Failure> {
        Ok(self.yes
            || terminal::confirmed(question, "use --yes to make the change, or --print to only show it")?)
    }
}

/// Returns the text of a file; `None` if the file does not exist.
pub(super) fn read(file: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(of(file, error)),
    }
}

fn show(file: &Path, before: &str, after: &After) -> Result<(), Failure> {
    // On one line: a line break in a name would pass for a line of the change.
    let name = terminal::path(file);
    let (text, name_after) = match after {
        After::Text(text) => (text.as_str(), name.as_str()),
        After::Absent { .. } => ("", "/dev/null"),
    };
    let diff = TextDiff::from_lines(before, text);
    let mut out = terminal::out();
    write!(out, "{}", terminal::inert(&diff.unified_diff().header(&name, name_after).to_string()))?;
    Ok(out.flush()?)
}

/// Returns the text after a change with the line ends that it had before. New lines get those of the first line.
pub(super) fn with_line_ends_of(before: &str, after: &str) -> String {
    if !before.contains("\r\n") {
        return after.to_owned();
    }
    let usual = match before.split_inclusive('\n').next() {
        Some(first) if first.ends_with("\r\n") => "\r\n",
        _ => "\n",
    };
    let (old_ends, new_ends) = (before.replace("\r\n", "\n"), after.replace("\r\n", "\n"));
    let mut old_lines = before.split_inclusive('\n');
    let mut kept = String::with_capacity(before.len() + after.len());
    for change in TextDiff::from_lines(&old_ends, &new_ends).iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => kept.extend(old_lines.next()),
            ChangeTag::Delete => _ = old_lines.next(),
            ChangeTag::Insert => match change.value().strip_suffix('\n') {
                Some(line) => kept.extend([line, usual]),
                None => kept.push_str(change.value()),
            },
        }
    }
    kept
}

/// Returns the copies of a file that earlier changes kept, oldest first.
pub(super) fn copies(file: &Path) -> Vec<PathBuf> {
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let Some(folder) = file.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return Vec::new() };
    let prefix = format!("{}{COPY}", name(&file));
    let number = |path: &Path| name(path).strip_prefix(&prefix)?.parse::<u64>().ok();
    let paths = folder.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut found: Vec<_> = paths.filter_map(|path| Some((number(&path)?, path))).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// What the name of a copy has after the name of the file, before a number.
const COPY: &str = ".before-workroom-";

/// Copies the file to a free name next to it.
fn keep(file: &Path) -> Result<PathBuf, Failure> {
    for number in 1.. {
        let kept = file.with_file_name(format!("{}{COPY}{number}", name(file)));
        if kept.symlink_metadata().is_ok() {
            continue;
        }
        fs::copy(file, &kept).map_err(|error| of(&kept, error))?;
        return Ok(kept);
    }
    Err(Failure::message("no free file name for a copy"))
}

/// Replaces the file in one step, so that no program reads a partial file.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let next = folder.join(format!(".{}.{}", name(file), uuid::Uuid::new_v4().simple()));
    let written = (|| {
        fs::write(&next, text)?;
        if let Ok(was) = fs::metadata(file) {
            fs::set_permissions(&next, was.permissions())?;
        }
        fs::rename(&next, file)
    })();
    if written.is_err() {
        // The error that matters was already returned.
        let _ = fs::remove_file(&next);
    }
    written
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns a failure that names the file.
pub(super) fn of(file: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::message(format!("{}: {error}", file.display()))
}
