//! Locates a repository from its files, for when git is missing or does not answer.
//!
//! Follows `gitrepository-layout` and the discovery of `git rev-parse`: upwards from the folder, within its file
//! system. Settings are not read, so a checkout whose `core.worktree` names another folder is found where its `.git`
//! is.

use std::fs::{self, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Place;
use workroom_store::is_ours;

// A file `.git` or `commondir` contains one path.
const MAX_FILE: u64 = 16 * 1024;

/// The repository of a folder, whose path must have no symbolic links.
pub(super) fn find(folder: &Path) -> Option<Place> {
    let start = fs::metadata(folder).ok()?;
    for top in folder.ancestors() {
        if !fs::metadata(top).is_ok_and(|metadata| is_same_device(&metadata, &start)) {
            return None;
        }
        let dot_git = top.join(".git");
        if let Some(directory) = directory_at(&dot_git) {
            let is_trusted = [top, &dot_git, &directory].into_iter().all(is_owned);
            return if is_trusted { place(directory, Some(top)) } else { None };
        }
        if is_directory_of_git(top) {
            return if is_owned(top) { place(top.to_owned(), None) } else { None };
        }
    }
    None
}

fn place(directory: PathBuf, root: Option<&Path>) -> Option<Place> {
    let directory = directory.canonicalize().ok()?;
    let common = match line_of(&directory.join("commondir")) {
        Some(common) => directory.join(common).canonicalize().ok()?,
        None => directory.clone(),
    };
    Some(Place { directory, common, root: root.map(Path::to_owned) })
}

/// The directory that `.git` is, or that a `.git` file names.
fn directory_at(dot_git: &Path) -> Option<PathBuf> {
    if is_directory_of_git(dot_git) {
        return Some(dot_git.to_owned());
    }
    let line = line_of(dot_git)?;
    let named = dot_git.parent()?.join(line.strip_prefix("gitdir: ")?);
    is_directory_of_git(&named).then_some(named)
}

/// Whether a folder has the contents of a git directory. A worktree's own directory has the rest in the common one.
fn is_directory_of_git(folder: &Path) -> bool {
    folder.join("HEAD").symlink_metadata().is_ok()
        && (folder.join("commondir").is_file()
            || (folder.join("objects").is_dir() && folder.join("refs").is_dir()))
}

/// The text of a small file with one line.
fn line_of(file: &Path) -> Option<String> {
    // Opening a pipe would wait for its other end.
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    fs::File::open(file).ok()?.take(MAX_FILE).read_to_string(&mut text).ok()?;
    Some(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whether this user owns the path. Git refuses repositories of other users, because they may be traps.
fn is_owned(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| is_ours(&metadata))
}

#[cfg(unix)]
fn is_same_device(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    one.dev() == other.dev()
}

#[cfg(not(unix))]
fn is_same_device(_: &Metadata, _: &Metadata) -> bool {
    true
}
