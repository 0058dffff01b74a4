//! Opens a file below a folder, one path component at a time.
//!
//! No name is looked up twice: each folder on the path is opened below the previous one, without following links. The
//! path from `/` to the workroom's folder must have no links; those below it are resolved here, step by step. So
//! renames and links by other processes cannot lead outside. The file itself is checked before it is opened, and again
//! after.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::{WorkspaceError, is_systems_own};

// The limit that Linux has for one path.
const MAX_LINKS: usize = 40;
// How often to retry when a file is replaced between the check and the open.
const TRIES: usize = 8;

/// Device and number.
type Identity = (u64, u64);

/// Opens the regular file at `relative` below `folder`, unless it is one of `kept`.
pub(super) fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    let root = open_root(folder, kept)?;
    for _ in 0..TRIES {
        let (parent, name, judged) = find(&root, relative, kept)?;
        if let Some(file) = open_judged(&parent, &name, identity(&judged), kept)? {
            return Ok(file);
        }
    }
    Err(WorkspaceError::Missing)
}

/// Opens the workroom's folder from `/`, without following any link. Links were resolved when the folder was chosen, so
/// a link on the path was created later and may lead anywhere.
fn open_root(folder: &Path, kept: &Path) -> Result<OwnedFd, WorkspaceError> {
    let store = identity_at(kept);
    let mut way = PathBuf::from("/");
    let mut here = open_folder(rustix::fs::CWD, way.as_os_str())?;
    for component in folder.components() {
        let name = match component {
            Component::RootDir | Component::CurDir => continue,
            Component::Normal(name) => name,
            Component::ParentDir | Component::Prefix(_) => return Err(WorkspaceError::Outside),
        };
        way.push(name);
        here = open_folder(&here, name).map_err(|error| {
            let found = statat(&here, name, AtFlags::SYMLINK_NOFOLLOW);
            let is_link =
                found.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Symlink);
            if is_link { WorkspaceError::Linked(way.clone()) } else { error }
        })?;
        if Some(identity(&rustix::fs::fstat(&here).map_err(io::Error::from)?)) == store {
            return Err(WorkspaceError::Kept);
        }
    }
    Ok(here)
}

/// The folder that contains the file, its name there, and its metadata at the time of the check.
fn find(root: &OwnedFd, relative: &Path, kept: &Path) -> Result<(OwnedFd, OsString, Stat), WorkspaceError> {
    let store = identity_at(kept);
    // The open folders on the path. The next name is looked up in the last one.
    let mut way: Vec<OwnedFd> = Vec::new();
    let mut ahead: VecDeque<OsString> = names(relative)?;
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        let here = way.last().unwrap_or(root);
        if name == ".." {
            way.pop().ok_or(WorkspaceError::Outside)?;
            continue;
        }
        let found = statat(here, name.as_os_str(), AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Symlink => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(WorkspaceError::Outside);
                }
                let target = match readlinkat(here, name.as_os_str(), Vec::new()) {
                    Ok(target) => PathBuf::from(OsString::from_vec(target.into_bytes())),
                    // It is no longer a link.
                    Err(Errno::INVAL) => return Err(WorkspaceError::Missing),
                    Err(error) => return Err(io::Error::from(error).into()),
                };
                let mut further = names(&target)?;
                further.append(&mut ahead);
                ahead = further;
            }
            FileType::Directory if ahead.is_empty() => return Err(WorkspaceError::NotAFile),
            FileType::Directory => {
                let folder = open_folder(here, &name)?;
                let opened = identity(&rustix::fs::fstat(&folder).map_err(io::Error::from)?);
                if Some(opened) == store {
                    return Err(WorkspaceError::Kept);
                }
                way.push(folder);
            }
            FileType::RegularFile if ahead.is_empty() => {
                if is_kept(identity(&found), kept) {
                    return Err(WorkspaceError::Kept);
                }
                let parent = match way.pop() {
                    Some(parent) => parent,
                    None => root.try_clone()?,
                };
                return Ok((parent, name, found));
            }
            _ if ahead.is_empty() => return Err(WorkspaceError::NotAFile),
            _ => return Err(WorkspaceError::Missing),
        }
    }
    Err(WorkspaceError::NotAFile)
}

/// The names in a path that consists only of names and `..`.
fn names(path: &Path) -> Result<VecDeque<OsString>, WorkspaceError> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(Ok(name.to_owned())),
        Component::ParentDir => Some(Ok("..".into())),
        Component::CurDir => None,
        Component::RootDir | Component::Prefix(_) => Some(Err(WorkspaceError::Outside)),
    };
    path.components().filter_map(name).collect()
}

/// Opens the file that was checked; `None` if something else has replaced it.
fn open_judged(
    parent: &OwnedFd,
    name: &OsStr,
    judged: Identity,
    kept: &Path,
) -> Result<Option<File>, WorkspaceError> {
    // Non-blocking, because opening a pipe that replaced the file would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match openat(parent, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // A link or a socket replaced it.
        Err(Errno::LOOP | Errno::NXIO | Errno::MLINK) => return Ok(None),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let metadata = file.metadata()?;
    let opened = (metadata.dev(), metadata.ino());
    if is_kept(opened, kept) {
        // Leaked on purpose: closing it would release the locks that SQLite has on the same file in this process.
        std::mem::forget(file);
        return Err(WorkspaceError::Kept);
    }
    if opened != judged || !metadata.is_file() {
        return Ok(None);
    }
    if is_systems(&file) { Err(WorkspaceError::Kept) } else { Ok(Some(file)) }
}

/// Whether a file is one of the store's, under any name, because hard links may exist. The store has files in its
/// folder and in the folders inside that, such as the locks of sessions.
fn is_kept(file: Identity, kept: &Path) -> bool {
    is_in(file, kept, STORE_DEPTH)
}

const STORE_DEPTH: u32 = 2;

fn is_in(file: Identity, folder: &Path, depth: u32) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let Ok(metadata) = entry.metadata() else { return false };
        (metadata.dev(), metadata.ino()) == file
            || (depth > 1 && metadata.is_dir() && is_in(file, &entry.path(), depth - 1))
    })
}

fn identity_at(path: &Path) -> Option<Identity> {
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Whether an opened file is on a file system with information about processes and devices.
#[cfg(target_os = "linux")]
fn is_systems(file: &File) -> bool {
    use std::os::fd::AsRawFd;
    // The magic numbers of proc, sysfs, debugfs, tracefs, securityfs, cgroup 2 and configfs. They have 32 bits, in a
    // type that differs between systems.
    const SYSTEMS: [u32; 7] =
        [0x9fa0, 0x6265_6572, 0x6462_6720, 0x7472_6163, 0x7363_6673, 0x6367_7270, 0x6265_6570];
    let of_system = rustix::fs::fstatfs(file).is_ok_and(|found| SYSTEMS.contains(&(found.f_type as u32)));
    let name = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    of_system || name.is_ok_and(|name| is_systems_own(&name))
}

/// Other systems recognize system files by the folder's name alone.
#[cfg(not(target_os = "linux"))]
fn is_systems(_: &File) -> bool {
    let _ = is_systems_own;
    false
}

/// Opens a folder for looking up names in it, but not a link to one. The open has no effect whatever the name leads to:
/// opening a pipe normally would wait for its other end.
fn open_folder(at: impl AsFd, name: &OsStr) -> Result<OwnedFd, WorkspaceError> {
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY | OFlags::NONBLOCK;
    let flags = access | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match openat(at, OsStr::from_bytes(name.as_bytes()), flags, Mode::empty()) {
        Ok(folder) => Ok(folder),
        // A link replaced it.
        Err(Errno::LOOP | Errno::MLINK) => Err(WorkspaceError::Missing),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[allow(clippy::unnecessary_cast, reason = "the types differ from system to system")]
fn identity(stat: &Stat) -> Identity {
    (stat.st_dev as u64, stat.st_ino as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn real(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().canonicalize().unwrap()
    }

    fn open(folder: &Path, path: &str, kept: &Path) -> Result<File, WorkspaceError> {
        super::open(folder, Path::new(path), kept)
    }

    #[test]
    fn only_regular_files_inside_are_opened() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = &*real(&folder);
        std::fs::create_dir_all(folder.join("sub/deep")).unwrap();
        std::fs::write(folder.join("sub/a"), "x").unwrap();
        std::fs::write(folder.join("name\u{301} 漢"), "x").unwrap();
        symlink("sub/a", folder.join("inside")).unwrap();
        symlink("../../inside", folder.join("sub/deep/around")).unwrap();
        symlink("sub", folder.join("dir")).unwrap();
        symlink(outside.path().join("secret"), folder.join("out")).unwrap();
        symlink(outside.path(), folder.join("outdir")).unwrap();
        symlink("../../..", folder.join("sub/up")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();
        symlink("sub/none", folder.join("dangling")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("fifo"), FileType::Fifo, 0o600.into(), 0).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("socket"), FileType::Socket, 0o600.into(), 0)
            .unwrap();

        let kept = tempfile::tempdir().unwrap();
        let open = |path: &str| open(folder, path, kept.path());
        for inside in ["sub/a", "inside", "dir/a", "sub/deep/around", "sub/deep/../a", "name\u{301} 漢"] {
            assert!(open(inside).is_ok(), "{inside}");
        }
        for out in ["out", "outdir/secret", "sub/up/etc/passwd", "loop", "sub/../../x", "/etc/passwd"] {
            assert!(matches!(open(out), Err(WorkspaceError::Outside)), "{out}: {:?}", open(out));
        }
        for missing in ["none", "sub/a/x", "dangling", "none/../sub/a"] {
            assert!(matches!(open(missing), Err(WorkspaceError::Missing)), "{missing}: {:?}", open(missing));
        }
        for other in ["sub", "dir", "fifo", "socket", ".", "sub/.."] {
            assert!(matches!(open(other), Err(WorkspaceError::NotAFile)), "{other}: {:?}", open(other));
        }
    }

    #[test]
    fn what_is_kept_is_not_opened_by_any_path_or_name() {
        let folder = tempfile::tempdir().unwrap();
        let folder = &*real(&folder);
        let kept = folder.join("kept");
        std::fs::create_dir_all(kept.join("deep")).unwrap();
        std::fs::write(kept.join("secret"), "x").unwrap();
        std::fs::write(kept.join("deep/secret"), "x").unwrap();
        std::fs::write(folder.join("a"), "x").unwrap();
        symlink("kept/secret", folder.join("link")).unwrap();
        symlink("kept", folder.join("dir")).unwrap();
        std::fs::hard_link(kept.join("secret"), folder.join("hard")).unwrap();
        let reached_by_link = folder.join("dir");
        for kept in [&kept, &reached_by_link] {
            assert!(open(folder, "a", kept).is_ok());
            for path in ["kept/secret", "kept/deep/secret", "link", "dir/secret", "a/../kept/secret", "hard"]
            {
                assert!(open(folder, path, kept).is_err(), "{path}");
            }
            for path in ["link", "hard", "kept/deep/secret"] {
                assert!(matches!(open(folder, path, kept), Err(WorkspaceError::Kept)), "{path}");
            }
        }
        // `/proc/self` itself is a link.
        let system = PathBuf::from(format!("/proc/{}", std::process::id()));
        assert!(!system.exists() || matches!(open(&system, "environ", &kept), Err(WorkspaceError::Kept)));
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_read() {
        let (outside, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (outside, folder) = (real(&outside), real(&folder));
        std::fs::create_dir_all(outside.join("room/inner")).unwrap();
        std::fs::write(outside.join("room/a"), "outside").unwrap();
        std::fs::write(outside.join("room/inner/a"), "outside").unwrap();
        symlink("/", folder.join("everything")).unwrap();
        symlink(outside.join("room"), folder.join("room")).unwrap();
        symlink(&outside, folder.join("parent")).unwrap();
        symlink("parent", folder.join("again")).unwrap();
        let kept = folder.join("kept");
        let at_root = outside.strip_prefix("/").unwrap().join("room/a");
        for (name, path, link) in [
            ("everything", at_root.to_str().unwrap(), "everything"),
            ("room", "a", "room"),
            ("room/inner", "a", "room"),
            ("parent/room", "a", "parent"),
            ("parent/room/inner", "a", "parent"),
            ("again/room", "a", "again"),
        ] {
            match open(&folder.join(name), path, &kept) {
                Err(WorkspaceError::Linked(found)) => assert_eq!(found, folder.join(link), "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
        assert!(open(&outside.join("room"), "inner/a", &kept).is_ok());
    }

    #[test]
    fn the_store_is_no_workspace_and_neither_is_a_folder_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = real(&folder);
        let kept = folder.join("kept");
        std::fs::create_dir_all(kept.join("sessions")).unwrap();
        std::fs::write(kept.join("sessions/one"), "x").unwrap();
        std::fs::hard_link(kept.join("sessions/one"), folder.join("hard")).unwrap();
        for (folder, path) in [(&kept, "sessions/one"), (&kept.join("sessions"), "one"), (&folder, "hard")] {
            let refused = open(folder, path, &kept);
            assert!(matches!(refused, Err(WorkspaceError::Kept)), "{folder:?}: {refused:?}");
        }
    }

    /// While the workroom's folder, or one above it, is swapped with a link, only files inside are opened.
    #[test]
    fn no_race_for_the_folder_itself_opens_a_file_outside() {
        let folder = tempfile::tempdir().unwrap();
        let folder = real(&folder);
        let kept = folder.join("kept");
        for (name, text) in [("above/room", "inside"), ("outside/room", "outside")] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
            std::fs::write(folder.join(name).join("a"), text).unwrap();
        }
        symlink(folder.join("outside"), folder.join("link")).unwrap();
        symlink(folder.join("outside/room"), folder.join("above/link")).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for (real, link) in [("above", "link"), ("above/room", "above/link")] {
                        let place = |name: &str| folder.join(name);
                        std::fs::rename(place(real), place("aside")).unwrap();
                        std::fs::rename(place(link), place(real)).unwrap();
                        std::fs::rename(place(real), place(link)).unwrap();
                        std::fs::rename(place("aside"), place(real)).unwrap();
                    }
                }
            });
            let mut opened = 0;
            for _ in 0..20_000 {
                if let Ok(file) = open(&folder.join("above/room"), "a", &kept) {
                    opened += 1;
                    assert_eq!(io::read_to_string(file).unwrap(), "inside");
                }
            }
            done.store(true, Ordering::Relaxed);
            assert!(opened > 0);
        });
    }

    /// While a folder on the path is swapped with links that lead outside, only files inside are opened.
    #[test]
    fn no_race_opens_a_file_outside() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("a"), "outside").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (folder, kept) = (&*real(&folder), real(&folder).join("kept"));
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join("store"), "outside").unwrap();
        for name in ["real", "plain"] {
            std::fs::create_dir(folder.join(name)).unwrap();
            std::fs::write(folder.join(name).join("a"), "inside").unwrap();
        }
        symlink(outside.path(), folder.join("link")).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let place = |name: &str| folder.join(name);
                while !done.load(Ordering::Relaxed) {
                    // Swaps the folder on the path, and then the file at its end.
                    std::fs::rename(place("real"), place("aside")).unwrap();
                    std::fs::rename(place("link"), place("real")).unwrap();
                    std::fs::rename(place("real"), place("link")).unwrap();
                    std::fs::rename(place("aside"), place("real")).unwrap();
                    for target in [outside.path().join("a"), kept.join("store")] {
                        std::fs::remove_file(place("plain/a")).unwrap();
                        symlink(&target, place("plain/a")).unwrap();
                        std::fs::remove_file(place("plain/a")).unwrap();
                        std::fs::hard_link(kept.join("store"), place("plain/a")).unwrap();
                        std::fs::remove_file(place("plain/a")).unwrap();
                        std::fs::write(place("plain/new"), "inside").unwrap();
                        std::fs::rename(place("plain/new"), place("plain/a")).unwrap();
                    }
                }
            });
            let mut opened = 0;
            for turn in 0..20_000 {
                let path = if turn % 2 == 0 { "real/a" } else { "plain/a" };
                if let Ok(file) = open(folder, path, &kept) {
                    opened += 1;
                    assert_eq!(io::read_to_string(file).unwrap(), "inside", "{path}");
                }
            }
            done.store(true, Ordering::Relaxed);
            assert!(opened > 0);
        });
    }
}
