//! The sessions of opencode, which are in its database. Its own program prints them.

use std::fs::File;
use std::io::{BufReader, Seek, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;
use tempfile::{NamedTempFile, TempPath};
use workroom_capture::transcripts::{Session, head, session_of_opencode};

use crate::cli::failure::Failure;
use crate::cli::hooks::program::on_path;
use crate::cli::terminal;

/// Exports a session, or the listed ones if none is named. The files exist as long as the paths.
pub(super) fn export(session: Option<&str>) -> Result<Vec<(Session, TempPath)>, Failure> {
    let program = on_path("opencode").next().ok_or_else(|| {
        Failure::message(
            "opencode is not in PATH: its sessions are in its database, and only `opencode export` reads them",
        )
    })?;
    let listed = match session {
        Some(session) => vec![session.to_owned()],
        None => list(&program)?,
    };
    let mut exported = Vec::new();
    for session in listed {
        match export_one(&program, &session) {
            Ok(export) => exported.push(export),
            Err(failure) => writeln!(terminal::err(), "note: {}", terminal::plain(&failure.to_string()))?,
        }
    }
    Ok(exported)
}

/// The ids of the sessions of the current folder's project: opencode lists no others.
fn list(program: &PathBuf) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Listed {
        id: String,
    }
    let file = output(program, &["session", "list", "--format", "json"])?;
    if file.as_file().metadata()?.len() == 0 {
        return Ok(Vec::new());
    }
    let listed: Vec<Listed> = serde_json::from_reader(BufReader::new(file.as_file()))?;
    Ok(listed.into_iter().map(|listed| listed.id).collect())
}

fn export_one(program: &PathBuf, session: &str) -> Result<(Session, TempPath), Failure> {
    let unknown = || Failure::message(format!("opencode cannot export the session {session}"));
    if session.starts_with('-') {
        return Err(unknown());
    }
    let file = output(program, &["export", session]).map_err(|_| unknown())?;
    let info = head(BufReader::new(file.as_file())).map_err(|_| unknown())?;
    let path = file.into_temp_path();
    let session = session_of_opencode(path.to_path_buf(), &info).ok_or_else(unknown)?;
    Ok((session, path))
}

/// Runs the program, and returns its output in a file: opencode loses what does not fit into a pipe.
fn output(program: &PathBuf, arguments: &[&str]) -> Result<NamedTempFile, Failure> {
    let mut file = NamedTempFile::new()?;
    let to: File = file.as_file().try_clone()?;
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(to)
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(Failure::message(format!("`opencode {}` failed", arguments.join(" "))));
    }
    file.rewind()?;
    Ok(file)
}
