//! Files of a workroom's folder, and none outside of it.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a file is not opened.
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
    /// It is a file of the system or of the store itself, which no workroom tells of.
    #[error("this file is the system's or Workroom's own")]
    Kept,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
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

/// Whether a folder is no place for work: all of the file system, or what the system tells of its processes and
/// devices.
pub fn is_systems_own(folder: &Path) -> bool {
    let parts = ["/proc", "/sys", "/dev"];
    folder.parent().is_none() || cfg!(unix) && parts.iter().any(|part| folder.starts_with(part))
}

/// `path` relative to `folder`, in one spelling.
pub fn relative(folder: &Path, path: &str) -> Result<PathBuf, WorkspaceError> {
    let path = Path::new(path);
    let inside = if path.is_absolute() {
        match (path.strip_prefix(folder), folder.canonicalize()) {
            (Ok(inside), _) => inside.to_owned(),
            // The folder may be reached through a symbolic link that the path already follows.
            (Err(_), Ok(real)) => path.strip_prefix(real).map_err(|_| WorkspaceError::Outside)?.to_owned(),
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

/// Opens the regular file at `relative` below `folder`. Symbolic links may lead anywhere inside, nowhere outside, and
/// `kept` with all that is in it is nobody's workspace.
pub fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    let file = open_beneath(folder, relative)?;
    let real = folder.join(relative).canonicalize()?;
    if is_systems_own(&real) || kept.canonicalize().is_ok_and(|kept| real.starts_with(kept)) {
        return Err(WorkspaceError::Kept);
    }
    if file.metadata()?.is_file() { Ok(file) } else { Err(WorkspaceError::NotAFile) }
}

#[cfg(target_os = "linux")]
fn open_beneath(folder: &Path, relative: &Path) -> Result<File, WorkspaceError> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, open as open_path, openat2};
    use rustix::io::Errno;
    // Not to wait for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    // Whatever it is, to open it does nothing: a pipe would wait for its other end.
    let folder_flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = open_path(folder, folder_flags, Mode::empty()).map_err(io::Error::from)?;
    // The kernel keeps to the folder, whatever others rename or link meanwhile.
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    match openat2(&root, relative, flags, Mode::empty(), resolve) {
        Ok(file) => Ok(file.into()),
        Err(Errno::XDEV | Errno::LOOP) => Err(WorkspaceError::Outside),
        Err(Errno::NOSYS | Errno::PERM) => open_checked(folder, relative),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(folder: &Path, relative: &Path) -> Result<File, WorkspaceError> {
    open_checked(folder, relative)
}

/// The same where the kernel cannot be asked to: looks first and opens then.
fn open_checked(folder: &Path, relative: &Path) -> Result<File, WorkspaceError> {
    let real = folder.join(relative).canonicalize()?;
    if !real.starts_with(folder.canonicalize()?) {
        return Err(WorkspaceError::Outside);
    }
    if !real.metadata()?.is_file() {
        return Err(WorkspaceError::NotAFile);
    }
    Ok(File::open(real)?)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_inside_are_opened() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir(folder.join("sub")).unwrap();
        std::fs::write(folder.join("sub/a"), "x").unwrap();
        symlink("sub/a", folder.join("inside")).unwrap();
        symlink(outside.path().join("secret"), folder.join("out")).unwrap();
        symlink(outside.path(), folder.join("outdir")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();

        let kept = tempfile::tempdir().unwrap();
        let open = |folder: &Path, path: &Path| open(folder, path, kept.path());
        for open in [&open as &dyn Fn(&Path, &Path) -> _, &open_checked] {
            assert!(open(folder, Path::new("sub/a")).is_ok());
            assert!(open(folder, Path::new("inside")).is_ok());
            assert!(matches!(open(folder, Path::new("out")), Err(WorkspaceError::Outside)));
            assert!(matches!(open(folder, Path::new("outdir/secret")), Err(WorkspaceError::Outside)));
            assert!(matches!(open(folder, Path::new("none")), Err(WorkspaceError::Missing)));
            assert!(matches!(open(folder, Path::new("sub")), Err(WorkspaceError::NotAFile)));
            assert!(open(folder, Path::new("loop")).is_err());
        }
    }

    #[test]
    fn what_is_kept_is_not_opened_by_any_path() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let kept = folder.join("kept");
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join("secret"), "x").unwrap();
        std::fs::write(folder.join("a"), "x").unwrap();
        symlink("kept/secret", folder.join("link")).unwrap();
        symlink("kept", folder.join("dir")).unwrap();
        let reached_by_link = folder.join("dir");
        for kept in [&kept, &reached_by_link] {
            assert!(open(folder, Path::new("a"), kept).is_ok());
            for path in ["kept/secret", "link", "dir/secret", "a/../kept/secret"] {
                let opened = open(folder, Path::new(path), kept);
                assert!(opened.is_err(), "{path}");
            }
            assert!(matches!(open(folder, Path::new("link"), kept), Err(WorkspaceError::Kept)));
        }
        let system = Path::new("/proc/self");
        assert!(
            !system.exists()
                || matches!(open(system, Path::new("environ"), &kept), Err(WorkspaceError::Kept))
        );
    }

    #[test]
    fn the_system_is_no_workspace() {
        for folder in ["/", "/proc", "/proc/self/cwd", "/sys/kernel", "/dev/shm"] {
            assert!(is_systems_own(Path::new(folder)), "{folder}");
        }
        for folder in ["/home/ada", "/process", "/srv/dev", "/tmp"] {
            assert!(!is_systems_own(Path::new(folder)), "{folder}");
        }
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
