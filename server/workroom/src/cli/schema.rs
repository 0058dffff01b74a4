//! `workroom schema`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::schema;

use super::failure::Failure;
use super::{Outcome, terminal};

/// Print the OpenRPC document of all methods, or write all schema files
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Write `openrpc.json`, `methods.md`, `generated.ts` and `types/*.json` to this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Schema {
    pub(super) fn run(self) -> Outcome {
        let files = schema::files();
        match self.out {
            Some(folder) => {
                for (path, text) in &files {
                    let path = folder.join(name_outside(path));
                    write(&path, text)
                        .map_err(|error| Failure::message(format!("{}: {error}", terminal::path(&path))))?;
                }
                writeln!(terminal::err(), "{} files in {}", files.len(), terminal::path(&folder))?;
            }
            None => {
                let document = files.iter().find(|(path, _)| path.ends_with("/openrpc.json"));
                let (_, text) =
                    document.ok_or_else(|| Failure::message("the OpenRPC document is missing"))?;
                terminal::out().write_all(text.as_bytes())?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the path of a generated file outside of this repository, where `schema/` and `clients/` have no meaning.
fn name_outside(path: &str) -> &str {
    path.strip_prefix("schema/").unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}
