//! Opening below a folder, one component after the other.
//!
//! No name is looked at twice: each folder on the way is opened below the one before it, without following links, and
//! links are followed by hand. So whatever others rename or link meanwhile, nothing outside is reached. The file itself
//! is judged before it is opened, and once more as it was opened.

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

// As many as Linux follows on the way to one file.
const MAX_LINKS: usize = 40;
// How often a file is looked at anew that is replaced between being judged and being opened.
const TRIES: usize = 8;

/// Device and number.
type Identity = (u64, u64);

/// Opens the regular file at `relative` below `folder`, unless it is one of `kept`.
pub(super) fn open(folder: &Path, relative: &Path, kept: &Path) -> Result<File, WorkspaceError> {
    let root = open_folder(rustix::fs::CWD, folder.as_os_str(), Follow::Yes)?;
    refuse_widened(&root, folder)?;
    for _ in 0..TRIES {
        let (parent, name, judged) = find(&root, relative, kept)?;
        if let Some(file) = open_judged(&parent, &name, identity(&judged), kept)? {
            return Ok(file);
        }
    }
    Err(WorkspaceError::Missing)
}

/// A folder that was chosen under its real name and has become a link to `/` or the home folder since.
fn refuse_widened(root: &OwnedFd, folder: &Path) -> Result<(), WorkspaceError> {
    let found = identity(&rustix::fs::fstat(root).map_err(io::Error::from)?);
    let wide = [Some(PathBuf::from("/")), std::env::home_dir()];
    let is_wide = wide.iter().flatten().any(|wide| {
        let is_it = wide.metadata().is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == found);
        // Named as itself it was allowed when it was chosen.
        is_it && wide.canonicalize().is_ok_and(|real| real != folder)
    });
    if is_wide { Err(WorkspaceError::Outside) } else { Ok(()) }
}

/// The folder that holds the file, its name there, and what it was when it was judged.
fn find(root: &OwnedFd, relative: &Path, kept: &Path) -> Result<(OwnedFd, OsString, Stat), WorkspaceError> {
    let store = kept.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
    // The folders on the way, of which the last one is where the next name is looked for.
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
                    // It is no link any more.
                    Err(Errno::INVAL) => return Err(WorkspaceError::Missing),
                    Err(error) => return Err(io::Error::from(error).into()),
                };
                let mut further = names(&target)?;
                further.append(&mut ahead);
                ahead = further;
            }
            FileType::Directory if ahead.is_empty() => return Err(WorkspaceError::NotAFile),
            FileType::Directory => {
                let folder = open_folder(here, &name, Follow::No)?;
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

/// The names of a path that leads nowhere else than down and up again.
fn names(path: &Path) -> Result<VecDeque<OsString>, WorkspaceError> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(Ok(name.to_owned())),
        Component::ParentDir => Some(Ok("..".into())),
        Component::CurDir => None,
        Component::RootDir | Component::Prefix(_) => Some(Err(WorkspaceError::Outside)),
    };
    path.components().filter_map(name).collect()
}

/// Opens what was judged; `None` when something else has taken its place meanwhile.
fn open_judged(
    parent: &OwnedFd,
    name: &OsStr,
    judged: Identity,
    kept: &Path,
) -> Result<Option<File>, WorkspaceError> {
    // Not to wait for the other end of a pipe that has taken its place.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match openat(parent, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // It has become a link or a socket.
        Err(Errno::LOOP | Errno::NXIO | Errno::MLINK) => return Ok(None),
        Err(error) => return Err(io::Error::from(error).into()),
    };
    let metadata = file.metadata()?;
    let opened = (metadata.dev(), metadata.ino());
    if is_kept(opened, kept) {
        // Closed, it would take away the locks that SQLite has on the same file in this process.
        std::mem::forget(file);
        return Err(WorkspaceError::Kept);
    }
    if opened != judged || !metadata.is_file() {
        return Ok(None);
    }
    if is_systems(&file) { Err(WorkspaceError::Kept) } else { Ok(Some(file)) }
}

/// Whether a file is one of the store's, under whatever name: it may be linked to.
fn is_kept(file: Identity, kept: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(kept) else { return false };
    entries
        .flatten()
        .any(|entry| entry.metadata().is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == file))
}

/// Whether an opened file tells of the system's processes and devices.
#[cfg(target_os = "linux")]
fn is_systems(file: &File) -> bool {
    use std::os::fd::AsRawFd;
    // proc, sysfs, debugfs, tracefs, securityfs, cgroup 2, configfs: numbers of 32 bits, in a type that differs.
    const SYSTEMS: [u32; 7] =
        [0x9fa0, 0x6265_6572, 0x6462_6720, 0x7472_6163, 0x7363_6673, 0x6367_7270, 0x6265_6570];
    let of_system = rustix::fs::fstatfs(file).is_ok_and(|found| SYSTEMS.contains(&(found.f_type as u32)));
    let name = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    of_system || name.is_ok_and(|name| is_systems_own(&name))
}

/// Elsewhere files of the system are told by the folder's name alone.
#[cfg(not(target_os = "linux"))]
fn is_systems(_: &File) -> bool {
    let _ = is_systems_own;
    false
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    Yes,
    No,
}

/// Opens a folder to look for names in it. Whatever it is, that does nothing: a pipe would wait for its other end.
fn open_folder(at: impl AsFd, name: &OsStr, follow: Follow) -> Result<OwnedFd, WorkspaceError> {
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY | OFlags::NONBLOCK;
    let follow = if follow == Follow::No { OFlags::NOFOLLOW } else { OFlags::empty() };
    let flags = access | OFlags::DIRECTORY | OFlags::CLOEXEC | follow;
    match openat(at, OsStr::from_bytes(name.as_bytes()), flags, Mode::empty()) {
        Ok(folder) => Ok(folder),
        // It has become a link.
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

    fn open(folder: &Path, path: &str, kept: &Path) -> Result<File, WorkspaceError> {
        super::open(folder, Path::new(path), kept)
    }

    #[test]
    fn only_regular_files_inside_are_opened() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
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
        let folder = folder.path();
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
        let system = Path::new("/proc/self");
        assert!(!system.exists() || matches!(open(system, "environ", &kept), Err(WorkspaceError::Kept)));
    }

    #[test]
    fn a_folder_that_became_a_link_to_everything_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("room");
        symlink("/", &link).unwrap();
        let path = if Path::new("/etc/passwd").exists() { "etc/passwd" } else { "x" };
        assert!(matches!(open(&link, path, folder.path()), Err(WorkspaceError::Outside)));
    }

    /// While the way to a file is exchanged for links that lead outside, only files inside are opened.
    #[test]
    fn no_race_opens_a_file_outside() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("a"), "outside").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (folder, kept) = (folder.path(), folder.path().join("kept"));
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
                    // The folder on the way, and the file at its end.
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
