//! The program that hooks run.

use std::env;
use std::path::{Path, PathBuf};

use workroom_capture::install::{Program, volatile};

use super::text_of;
use crate::cli::failure::Failure;
use crate::cli::place::Place;

/// Returns the program for the hooks: the one that the user named, or the installed one, or this one.
pub(super) fn choose(named: Option<&Path>, place: &Place) -> Result<Program, Failure> {
    let path = match named {
        Some(named) => of_user(named)?,
        None => installed()?,
    };
    let home = place.named_home().map(|home| text_of(&std::path::absolute(home)?)).transpose()?;
    Ok(Program { path: text_of(&path)?, home })
}

fn of_user(named: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(named)?;
    match is_executable(&path) {
        true => Ok(path),
        false => Err(Failure::message(format!("{} is not a program that you can run", path.display()))),
    }
}

/// Returns the first lasting `workroom` in PATH, or this program if its place lasts.
fn installed() -> Result<PathBuf, Failure> {
    let temporary = env::temp_dir();
    if let Some(found) = on_path("workroom").find(|path| volatile(path, &temporary).is_none()) {
        return Ok(found);
    }
    let this = env::current_exe()?;
    match volatile(&this, &temporary) {
        None => Ok(this),
        Some(why) => Err(Failure::message(format!(
            "{} is in {why}, so the hooks would fail when it is gone. Install workroom in a folder of your PATH, such as \
             ~/.local/bin, or name a lasting program with --command",
            this.display()
        ))),
    }
}

/// Returns the programs with this name in the folders of PATH.
pub(in crate::cli) fn on_path(name: &str) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<_> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    let paths =
        folders.into_iter().filter(|folder| folder.is_absolute()).map(move |folder| folder.join(&name));
    paths.filter(|path| is_executable(path))
}

/// Whether this user can run the file.
pub(super) fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    let may_run = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    #[cfg(not(unix))]
    let may_run = true;
    path.is_file() && may_run
}
