//! Files of a workroom's folder, and none outside of it.

#[cfg(unix)]
mod beneath;

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a file is not opened, or a folder not taken for a workspace.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The path leads out of the folder, by `..`, as an absolute path or through a symbolic link.
    #[error("the path leads out of the workroom's folder")]
    Outside,
    /// There is no such file.
    #[error("there is no file at this path")]
    Missing,
    /// It is a folder, a device or the like.
    #[error("this is not a regular file")]
    NotAFile,
    /// It is a file of the system or of the store itself, which no workroom shows.
    #[error("this file is the system's or Workroom's own")]
    Kept,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
    /// The folder is one of the system.
    #[error("this is a folder of the system: {}", .0.display())]
    System(PathBuf),
    /// The folder is so wide that its files are hardly meant to be shared.
    #[error("this is {}, with all that is in it; choose the folder of a project, or set `allow_any_workspace`", .0)]
    TooWide(&'static str),
}

impl From<io::Error> for WorkspaceError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::IsADirectory => Self::NotAFile,
            _ => Self::Unreadable(error),
        }
    }
}

/// Whether a folder is no place for work: what the system tells of its processes and devices.
pub fn is_systems_own(folder: &Path) -> bool {
    let parts = ["/proc", "/sys", "/dev"];
    cfg!(unix) && parts.iter().any(|part| folder.starts_with(part))
}

/// The real path of a folder, without symbolic links, so that it stays the one that was chosen when links change.
/// One that is not on this machine keeps its name.
pub fn resolved(folder: PathBuf) -> PathBuf {
    folder.canonicalize().unwrap_or(folder)
}

/// The folder of a workroom as it is kept: resolved once, when it is chosen. Everybody who may read in the room reads
/// its files, so `/` and the home folder are refused unless `allow_any` says that they are meant.
pub fn choose(folder: PathBuf, allow_any: bool) -> Result<PathBuf, WorkspaceError> {
    // Links of the system, such as `/proc/self/cwd`, name other folders to each process.
    if is_systems_own(&folder) {
        return Err(WorkspaceError::System(folder));
    }
    let real = resolved(folder);
    if is_systems_own(&real) {
        return Err(WorkspaceError::System(real));
    }
    match too_wide(&real) {
        Some(what) if !allow_any => Err(WorkspaceError::TooWide(what)),
        _ => Ok(real),
    }
}

/// Whether a folder is the root, the home folder, or one that holds the home folder.
fn too_wide(real: &Path) -> Option<&'static str> {
    if real.parent().is_none() {
        return Some("the whole file system");
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute())?;
    match resolved(home) {
        home if home == real => Some("your home folder"),
        home if home.starts_with(real) => Some("a folder that holds your home folder"),
        _ => None,
    }
}

/// `path` relative to `folder`, in one spelling.
pub fn relative(folder: &Path, path: &str) -> Result<PathBuf, WorkspaceError> {
    let path = Path::new(path);
    let inside = if path.is_absolute() {
        match (path.strip_prefix(folder), folder.canonicalize()) {
            (Ok(inside), _) => inside.to_owned(),
            // The folder may be reached through a symbolic link that the path already follows.
            (Err(_), Ok(real)) => match path.strip_prefix(&real) {
                Ok(inside) => inside.to_owned(),
                // Or the path goes through a link to the folder, which was resolved when it was chosen.
                Err(_) => through_links(path, &real).ok_or(WorkspaceError::Outside)?,
            },
            (Err(_), Err(_)) => return Err(WorkspaceError::Outside),
        }
    } else {
        path.to_owned()
    };
    let mut clean = PathBuf::new();
    for component in inside.components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            _ => return Err(WorkspaceError::Outside),
        }
    }
    if clean.as_os_str().is_empty() { Err(WorkspaceError::NotAFile) } else { Ok(clean) }
}

/// What is left of a path below the one of its ancestors that is `real`.
fn through_links(path: &Path, real: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|above| {
        let is_it = above.canonicalize().is_ok_and(|above| above == real);
        is_it.then(|| path.strip_prefix(above).ok().map(Path::to_owned))?
    })
}

/// Opens the regular file at `relative` below `folder`. Symbolic links may lead anywhere inside, nowhere outside, and
/// `kept` with all that is in it is nobody's workspace.
#[cfg(unix)]
pub fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    beneath::open(folder, relative, kept)
}

/// Opens the regular file at `relative` below `folder`: looks first and opens then, where the system has no way to
/// keep to a folder.
#[cfg(not(unix))]
pub fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    let real = folder.join(relative).canonicalize()?;
    if !real.starts_with(folder.canonicalize()?) {
        return Err(WorkspaceError::Outside);
    }
    if kept.canonicalize().is_ok_and(|kept| real.starts_with(kept)) {
        return Err(WorkspaceError::Kept);
    }
    if !real.metadata()?.is_file() {
        return Err(WorkspaceError::NotAFile);
    }
    Ok(File::open(real)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_system_is_no_workspace() {
        for folder in ["/proc", "/proc/self/cwd", "/sys/kernel", "/dev/shm"] {
            assert!(is_systems_own(Path::new(folder)), "{folder}");
            assert!(matches!(choose(folder.into(), true), Err(WorkspaceError::System(_))), "{folder}");
        }
        for folder in ["/home/ada", "/process", "/srv/dev", "/tmp"] {
            assert!(!is_systems_own(Path::new(folder)), "{folder}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_root_and_the_home_folder_are_chosen_only_when_they_are_meant() {
        let links = tempfile::tempdir().unwrap();
        let home = std::env::home_dir().unwrap();
        let mut wide = vec![PathBuf::from("/"), home.clone()];
        for (name, target) in [("root", Path::new("/")), ("home", &home)] {
            let link = links.path().join(name);
            std::os::unix::fs::symlink(target, &link).unwrap();
            wide.push(link);
        }
        for folder in wide {
            assert!(matches!(choose(folder.clone(), false), Err(WorkspaceError::TooWide(_))), "{folder:?}");
            assert_eq!(choose(folder.clone(), true).unwrap(), folder.canonicalize().unwrap());
        }
        let elsewhere = Path::new("/not/on/this/machine");
        assert_eq!(choose(elsewhere.into(), false).unwrap(), elsewhere);
    }

    #[test]
    fn paths_have_one_spelling() {
        let folder = Path::new("/home/ada/room");
        assert_eq!(relative(folder, "./a//b").unwrap(), Path::new("a/b"));
        assert_eq!(relative(folder, "/home/ada/room/a").unwrap(), Path::new("a"));
        for bad in ["../a", "a/../../b", "/etc/passwd", "/home/ada/roommate/a", ""] {
            assert!(relative(folder, bad).is_err(), "{bad}");
        }
    }
}
