//! The spool of a session: a file to which each hook appends one line, and which the companion reads in order.
//!
//! A hook never waits for the store. Its line is kept by the file until the companion has written it to the thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use workroom_processes::Companion;

const EXTENSION: &str = "spool";
// Read at a time. A longer line is read in several steps.
const CHUNK: u64 = 1024 * 1024;

/// Appends a line, and returns the position after it.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn append(companion: &Companion, line: &str) -> io::Result<u64> {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend(line.as_bytes());
    bytes.push(b'\n');
    loop {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(companion.path(EXTENSION))?;
        // Shared with other hooks. The companion takes it alone, and only for the moment in which it deletes the file.
        file.lock_shared()?;
        // One write, so that the lines of hooks that run at once do not mix.
        file.write_all(&bytes)?;
        let end = file.stream_position()?;
        if !is_deleted(&file)? {
            return Ok(end);
        }
        // The companion has just deleted the file, because it had read all of it.
    }
}

#[cfg(unix)]
fn is_deleted(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

#[cfg(not(unix))]
fn is_deleted(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Lines of a spool.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Identifies the file: a session that is resumed later has a new one.
    pub(crate) file: String,
    /// The lines, each with the position after it.
    pub(crate) lines: Vec<(u64, String)>,
}

/// Reads complete lines from `position` of the file `file`, or from the beginning of another file. Returns no lines at
/// the end.
///
/// # Errors
/// If the file exists and cannot be read.
pub(crate) fn read(companion: &Companion, file: &str, position: u64) -> io::Result<Lines> {
    let mut found = match File::open(companion.path(EXTENSION)) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lines::default()),
        Err(error) => return Err(error),
    };
    let Some(name) = name(&mut found)? else { return Ok(Lines::default()) };
    let from = if name == file { position } else { 0 };
    found.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    let mut read = 0;
    // Until there is at least one complete line.
    while memchr::memrchr(b'\n', &text).is_none() {
        let more = (&found).take(CHUNK).read_to_end(&mut text)?;
        read += more;
        if more == 0 {
            break;
        }
    }
    let complete = memchr::memrchr(b'\n', &text[..read]).map_or(0, |end| end + 1);
    let mut at = from;
    let lines = text[..complete].split_inclusive(|byte| *byte == b'\n').map(|line| {
        at += line.len() as u64;
        (at, String::from_utf8_lossy(line).trim_end().to_owned())
    });
    Ok(Lines { lines: lines.collect(), file: name })
}

/// The name of the file, made of its first line, which has the time and the session. `None` while that is not complete.
fn name(file: &mut File) -> io::Result<Option<String>> {
    let mut first = vec![0; 512];
    let mut len = 0;
    while len < first.len() {
        match file.read(&mut first[len..])? {
            0 => break,
            read => len += read,
        }
    }
    first.truncate(len);
    let end = match memchr::memchr(b'\n', &first) {
        Some(end) => end,
        None if len == 512 => len,
        None => return Ok(None),
    };
    let hash = Sha256::digest(&first[..end]);
    Ok(Some(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()))
}

/// Deletes the file, if all of it was read.
pub(crate) fn finish(companion: &Companion, position: u64) {
    let path = companion.path(EXTENSION);
    let Ok(file) = File::open(&path) else { return };
    // While a hook appends, the file stays, and the next companion reads it.
    if file.try_lock().is_ok() && file.metadata().is_ok_and(|found| found.len() == position) {
        // It is read again by the next companion if it cannot be deleted.
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn spool(home: &Path) -> Companion {
        let companion = Companion::of(home, "claude", "s1");
        companion.create_folder().unwrap();
        companion
    }

    #[test]
    fn lines_are_read_once_in_order() {
        let home = tempfile::tempdir().unwrap();
        let companion = spool(home.path());
        assert_eq!(read(&companion, "", 0).unwrap(), Lines::default());
        let ends: Vec<_> = ["a", "b"].map(|line| append(&companion, line).unwrap()).into();
        let first = read(&companion, "", 0).unwrap();
        assert_eq!(first.lines, [(ends[0], "a".to_owned()), (ends[1], "b".to_owned())]);
        assert_eq!(read(&companion, &first.file, ends[1]).unwrap().lines, []);
        let end = append(&companion, &"c".repeat(3 * CHUNK as usize)).unwrap();
        let next = read(&companion, &first.file, ends[1]).unwrap();
        assert_eq!((next.file, next.lines.len(), next.lines[0].0), (first.file, 1, end));
    }

    #[test]
    fn a_new_file_is_read_from_its_beginning() {
        let home = tempfile::tempdir().unwrap();
        let companion = spool(home.path());
        append(&companion, "first").unwrap();
        let first = read(&companion, "", 0).unwrap();
        finish(&companion, 0);
        assert_eq!(read(&companion, "", 0).unwrap(), first, "not all of it was read");
        finish(&companion, first.lines[0].0);
        append(&companion, "other").unwrap();
        let second = read(&companion, &first.file, first.lines[0].0).unwrap();
        assert_eq!(second.lines.len(), 1);
        assert_ne!(second.file, first.file);
    }

    #[test]
    fn an_incomplete_line_waits_for_its_end() {
        let home = tempfile::tempdir().unwrap();
        let companion = spool(home.path());
        fs::write(companion.path(EXTENSION), "a\nincompl").unwrap();
        assert_eq!(read(&companion, "", 0).unwrap().lines, [(2, "a".to_owned())]);
    }

    #[test]
    fn hooks_that_run_at_once_do_not_mix_their_lines() {
        let home = tempfile::tempdir().unwrap();
        let companion = spool(home.path());
        std::thread::scope(|scope| {
            for letter in ["a", "b", "c", "d"] {
                let companion = companion.clone();
                scope.spawn(move || {
                    for _ in 0..50 {
                        append(&companion, &letter.repeat(5000)).unwrap();
                    }
                });
            }
        });
        let lines = read(&companion, "", 0).unwrap().lines;
        assert_eq!(lines.len(), 200);
        assert!(
            lines.iter().all(|(_, line)| line.len() == 5000 && line.bytes().all(|b| b == line.as_bytes()[0]))
        );
    }
}
