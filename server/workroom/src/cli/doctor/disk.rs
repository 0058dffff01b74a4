//! Checks of the disk that holds the store.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Finding;

// Below the first value the next checkpoint may fail; below the second it is time to free up space.
#[cfg(unix)]
const WRONG_BELOW: u64 = 16 << 20;
#[cfg(unix)]
const WARN_BELOW: u64 = 512 << 20;
// Half of this many syncs take the reported time or less.
const SYNCS: usize = 15;
// Each write waits for a sync. Longer times are noticeable.
const SLOW_SYNC: Duration = Duration::from_millis(50);

/// Checks the file system, the free space and the speed of `folder`.
pub(super) fn all(folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    #[cfg(target_os = "linux")]
    findings.extend(file_system(folder));
    #[cfg(unix)]
    findings.extend(room(folder));
    findings.push(sync(folder));
    findings
}

/// Formats a number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut unit = 0;
    let mut tenths = bytes.saturating_mul(10) / 1024;
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    while tenths >= 10 * 1024 && unit < UNITS.len() - 1 {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// SQLite's write-ahead log needs memory that is shared between processes, which network file systems do not provide.
#[cfg(target_os = "linux")]
fn file_system(folder: &Path) -> Option<Finding> {
    const REMOTE: [(u32, &str); 6] = [
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB 2"),
        (0x0102_1997, "9P"),
        (0x5346_414f, "AFS"),
    ];
    // The values have 32 bits, in a type that depends on the platform.
    let kind = rustix::fs::statfs(folder).ok()?.f_type as u32;
    let (_, name) = REMOTE.iter().find(|(known, _)| *known == kind)?;
    Some(Finding::wrong(
        "disk",
        format!("the folder is on {name}, a network file system"),
        "choose a folder on a local disk with WORKROOM_HOME: a network file system can damage the store",
    ))
}

#[cfg(unix)]
fn room(folder: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let detail = format!("{} free", size(free));
    Some(match free {
        ..WRONG_BELOW => {
            Finding::wrong("room", detail, "free up space: writes will soon fail, or already do")
        }
        WRONG_BELOW..WARN_BELOW => Finding::warning("room", detail, "free up space before the disk is full"),
        _ => Finding::ok("room", detail),
    })
}

fn sync(folder: &Path) -> Finding {
    const NAME: &str = "write and sync";
    match measure(folder) {
        Ok(median) => {
            let micros = median.as_micros();
            let detail = format!(
                "{}.{:02} ms, the median of {SYNCS} writes of 4 KiB to a file next to the store",
                micros / 1000,
                micros % 1000 / 10
            );
            match median > SLOW_SYNC {
                true => Finding::warning(
                    NAME,
                    detail,
                    "every write takes this long; use a faster disk, or `app-server --durability relaxed`",
                ),
                false => Finding::ok(NAME, detail),
            }
        }
        Err(error) => Finding::wrong(
            NAME,
            format!("cannot write a file: {error}"),
            "make the folder writable for you, or choose another folder with WORKROOM_HOME",
        ),
    }
}

fn measure(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let file = File::options().write(true).create_new(true).open(&path)?;
    let times = write_and_sync(file);
    fs::remove_file(&path)?;
    let mut times = times?;
    times.sort_unstable();
    Ok(times[SYNCS / 2])
}

fn write_and_sync(mut file: File) -> io::Result<[Duration; SYNCS]> {
    let mut times = [Duration::ZERO; SYNCS];
    for time in &mut times {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        *time = begun.elapsed();
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_for_people() {
        for (bytes, text) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
