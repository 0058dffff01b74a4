//! Opens files inside a workroom's folder, and none outside it.

#[cfg(unix)]
mod beneath;

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Why a file cannot be opened, or a folder cannot be a workspace.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The path leads out of the folder, through `..`, a symbolic link, or as an absolute path.
    #[error("the path leads out of the workroom's folder")]
    Outside,
    /// There is no such file.
    #[error("there is no file at this path")]
    Missing,
    /// It is a folder, a device or similar.
    #[error("this is not a regular file")]
    NotAFile,
    /// It is a file of the system or of the store itself, which no workroom may show.
    #[error("this file belongs to the system or to Workroom")]
    Kept,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
    /// A folder on the path to the workroom's folder is now a symbolic link. It was not one when the folder was chosen.
    #[error(
        "`{}` is a symbolic link, but was not one when the workroom's folder was chosen; to use the folder that it \
         leads to, set `workspace` again with `workroom/update`",
        .0.display()
    )]
    Linked(PathBuf),
    /// A chosen folder leads through a symbolic link whose target does not exist.
    #[error("`{}` is a symbolic link to nothing; create its target first, or choose another folder", .0.display())]
    Dangling(PathBuf),
    /// It is a system folder.
    #[error("this is a system folder: {}", .0.display())]
    System(PathBuf),
    /// The folder contains so much that sharing its files is hardly intended.
    #[error("this is {}, with everything in it; choose the folder of a project, or set `allow_any_workspace`", .0)]
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

/// Whether a folder is a system folder with information about processes and devices, and so not a workspace.
pub fn is_systems_own(folder: &Path) -> bool {
    let parts = ["/proc", "/sys", "/dev"];
    cfg!(unix) && parts.iter().any(|part| folder.starts_with(part))
}

/// The real path of a folder, so that it stays the chosen one if links change later. The part that exists has no
/// symbolic links; the rest stays as it is.
pub fn resolved(folder: PathBuf) -> PathBuf {
    let real = folder.ancestors().find_map(|part| {
        let rest = folder.strip_prefix(part).ok()?;
        let real = part.canonicalize().ok()?;
        // Joining an empty path would add a slash, which a file's path must not end with.
        Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
    });
    real.unwrap_or(folder)
}

/// The folder of a workroom as the store keeps it. Links are resolved once, when it is chosen, and never followed
/// again. Everybody who may read in the workroom can read the files that are linked there, and everybody who may post
/// can link any file in the folder. So `/` and the home folder are refused, unless `allow_any` confirms them.
pub fn choose(folder: PathBuf, allow_any: bool) -> Result<PathBuf, WorkspaceError> {
    // Links of the system, such as `/proc/self/cwd`, lead to a different folder in each process.
    if is_systems_own(&folder) {
        return Err(WorkspaceError::System(folder));
    }
    let real = resolved(folder);
    if is_systems_own(&real) {
        return Err(WorkspaceError::System(real));
    }
    // Such a folder could not be used safely, because anybody may create the link's target later.
    if let Some(link) = real.ancestors().find(|part| part.is_symlink()) {
        return Err(WorkspaceError::Dangling(link.to_owned()));
    }
    match too_wide(&real) {
        Some(what) if !allow_any => Err(WorkspaceError::TooWide(what)),
        _ => Ok(real),
    }
}

/// Whether a folder is the root, the home folder, or one that contains the home folder.
fn too_wide(real: &Path) -> Option<&'static str> {
    if real.parent().is_none() {
        return Some("the whole file system");
    }
    let home = std::env::home_dir().filter(|home| home.is_absolute())?;
    match resolved(home) {
        home if home == real => Some("your home folder"),
        home if home.starts_with(real) => Some("a folder that contains your home folder"),
        _ => None,
    }
}

/// `path` relative to `folder`, normalized.
pub fn relative(folder: &Path, path: &str) -> Result<PathBuf, WorkspaceError> {
    let path = Path::new(path);
    let inside = if path.is_absolute() {
        match (path.strip_prefix(folder), folder.canonicalize()) {
            (Ok(inside), _) => inside.to_owned(),
            // The folder may be reached through a symbolic link that the path already resolves.
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

/// The rest of a path below the ancestor whose real path is `real`.
fn through_links(path: &Path, real: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|above| {
        let is_it = above.canonicalize().is_ok_and(|above| above == real);
        is_it.then(|| path.strip_prefix(above).ok().map(Path::to_owned))?
    })
}

/// Opens the regular file at `relative` below `folder`. Fails if the path to the folder contains a symbolic link. Links
/// below the folder may lead anywhere inside it, but not outside. `kept` and everything in it belong to no workspace.
#[cfg(unix)]
pub fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    beneath::open(folder, relative, kept)
}

/// Opens the regular file at `relative` below `folder`. It checks first and opens then, because the system has no way
/// to open files only below a folder.
#[cfg(not(unix))]
pub fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    if folder.canonicalize()? != folder {
        return Err(WorkspaceError::Linked(folder.to_owned()));
    }
    let real = folder.join(relative).canonicalize()?;
    if !real.starts_with(folder) {
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
    fn the_root_and_the_home_folder_need_allow_any() {
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

    #[cfg(unix)]
    #[test]
    fn a_folder_is_resolved_as_far_as_it_exists() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("there")).unwrap();
        std::fs::write(real.join("file"), "x").unwrap();
        symlink("there", real.join("link")).unwrap();
        for (chosen, kept) in [
            ("link", "there"),
            ("link/not/yet", "there/not/yet"),
            ("file", "file"),
            ("file/below", "file/below"),
            ("not/yet", "not/yet"),
        ] {
            assert_eq!(choose(real.join(chosen), false).unwrap(), real.join(kept), "{chosen}");
        }
        symlink("nowhere", real.join("dangling")).unwrap();
        for chosen in ["dangling", "dangling/below"] {
            let refused = choose(real.join(chosen), true);
            assert!(matches!(refused, Err(WorkspaceError::Dangling(_))), "{chosen}: {refused:?}");
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
