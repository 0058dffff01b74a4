//! The folder of the tour's store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A temporary folder, which is removed when it is dropped unless it should be kept.
pub(super) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    pub(super) fn new(keep: bool) -> io::Result<Self> {
        let name = format!("workroom-tour-{}", uuid::Uuid::new_v4().simple());
        let path = std::path::absolute(std::env::temp_dir().join(name))?;
        fs::create_dir(&path)?;
        Ok(Self { path, keep })
    }

    /// Returns the folder of the store, which the first server creates.
    pub(super) fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// Returns the folder of the store if it remains after the tour.
    pub(super) fn kept(&self) -> Option<PathBuf> {
        self.keep.then(|| self.home())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = remove(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the tour's folder could not be removed");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
