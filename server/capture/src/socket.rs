//! The socket of a companion, which only this user can connect to.

use std::io;

use tokio::net::{UnixListener, UnixStream};
use workroom_processes::Companion;

/// Connects to the companion.
pub(crate) async fn connect(companion: &Companion) -> io::Result<UnixStream> {
    let short = short(companion)?;
    UnixStream::connect(short.path()).await
}

/// Listens for hooks. Only the holder of the companion's lock may call this, because it replaces an old socket.
pub(crate) fn listen(companion: &Companion) -> io::Result<UnixListener> {
    match std::fs::remove_file(companion.folder().join(companion.socket_name())) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // The folder is private, and so is the socket: the process has set its mask for new files.
    let short = short(companion)?;
    UnixListener::bind(short.path())
}

/// A path to the socket that is short enough for the system, and stays valid while this lives.
struct Short {
    path: std::path::PathBuf,
    #[cfg(target_os = "linux")]
    _folder: Option<std::fs::File>,
}

impl Short {
    fn path(&self) -> &std::path::Path {
        &self.path
    }
}

// The limit of Linux, 108 bytes with the final zero, is the largest one. macOS has 104.
const MAX_PATH: usize = 103;

fn short(companion: &Companion) -> io::Result<Short> {
    let path = companion.folder().join(companion.socket_name());
    if path.as_os_str().len() <= MAX_PATH {
        return Ok(Short {
            path,
            #[cfg(target_os = "linux")]
            _folder: None,
        });
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let folder = std::fs::File::open(companion.folder())?;
        let path = format!("/proc/self/fd/{}/{}", folder.as_raw_fd(), companion.socket_name());
        Ok(Short { path: path.into(), _folder: Some(folder) })
    }
    #[cfg(not(target_os = "linux"))]
    Err(io::Error::new(io::ErrorKind::InvalidInput, "the path of the store is too long for a socket in it"))
}
