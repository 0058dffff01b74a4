//! Where the tour's store lies.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of its own, gone when it is dropped unless it is to be kept.
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

    /// The folder of the store, which the first server creates.
    pub(super) fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// The folder of the store, when it is there after the tour.
    pub(super) fn kept(&self) -> Option<PathBuf> {
        self.keep.then(|| self.home())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = remove(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the tour's folder is left behind");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
