//! Whether the user is away from the terminals. Then every request for permission waits in the inbox.
//!
//! Some agents cannot show their own dialog while a hook waits. As long as the user is there, their dialog comes first.

use std::fs;
use std::io;
use std::path::Path;

use workroom_processes::folder;
use workroom_protocol::Timestamp;

const FILE: &str = "away";

/// Until when the user is away; `None` if they are not.
pub fn until(home: &Path, now: Timestamp) -> Option<Timestamp> {
    let text = fs::read_to_string(folder(home).join(FILE)).ok()?;
    let until = Timestamp::from_millis(text.trim().parse().ok()?);
    (until > now).then_some(until)
}

/// Sets until when the user is away, or that they are back.
///
/// # Errors
/// If the file cannot be written.
pub fn set(home: &Path, until: Option<Timestamp>) -> io::Result<()> {
    let path = folder(home).join(FILE);
    match until {
        Some(until) => {
            fs::create_dir_all(folder(home))?;
            fs::write(path, format!("{}\n", until.millis()))
        }
        None => match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}
