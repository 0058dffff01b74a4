//! The checks.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use workroom_protocol::server::PROTOCOL_VERSION;

use super::{Finding, disk};
use crate::cli::place::Place;
use crate::config;
use workroom_store::{self as store, FILE_NAME, SCHEMA_VERSION, StorageReason, StoreError};

/// All checks. Later ones depend on earlier ones.
pub(super) fn all(place: &Place) -> Vec<Finding> {
    let mut findings = vec![program(), sqlite(), git()];
    if config::token().is_some() {
        findings.push(Finding::warning(
            "token",
            "CODEWHALE_RUNTIME_TOKEN is set",
            "every request has the rights of that token, and is rejected if the store does not know the token",
        ));
    }
    let Some(home) = place.home() else {
        findings.push(Finding::wrong(
            "home",
            "the folder of the store is unknown",
            "set WORKROOM_HOME, or use --home",
        ));
        return findings;
    };
    findings.push(Finding::ok("home", format!("{} (from {})", home.path.display(), home.named_by)));
    match fs::metadata(&home.path) {
        Ok(metadata) if metadata.is_dir() => {
            findings.push(folder(&home.path, &metadata));
            findings.extend(files(&home.path));
            findings.push(writing(&home.path));
            findings.extend(the_store(&home.path));
            findings.push(wake_ups(&home.path));
            findings.extend(disk::all(&home.path));
        }
        Ok(_) => findings.push(Finding::wrong(
            "folder",
            "this is not a folder",
            "move the file away, or choose another folder with WORKROOM_HOME",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            findings.push(Finding::ok("folder", "does not exist yet; the first request creates it"));
        }
        Err(error) => findings.push(Finding::wrong(
            "folder",
            format!("cannot be read: {error}"),
            "make it readable for you, or choose another folder with WORKROOM_HOME",
        )),
    }
    findings
}

fn program() -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Finding::ok("workroom", format!("{version}, protocol {PROTOCOL_VERSION}, {os} {arch}"))
}

fn sqlite() -> Finding {
    Finding::ok("sqlite", format!("{}, built in", store::sqlite_version()))
}

fn git() -> Finding {
    let version = Command::new("git").arg("--version").stdin(Stdio::null()).output();
    match version {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            Finding::ok("git", version.trim().trim_start_matches("git version ").to_owned())
        }
        _ => Finding::warning(
            "git",
            "not found",
            "install git: without it, new rooms cannot read the repository and branch from their folder",
        ),
    }
}

fn folder(path: &Path, metadata: &fs::Metadata) -> Finding {
    let open_to_others = open_to_others(metadata);
    if !store::is_ours(metadata) {
        return Finding::wrong(
            "folder",
            "belongs to another user",
            "choose a folder of your own with WORKROOM_HOME",
        );
    }
    match open_to_others {
        None => Finding::ok("folder", "only you can access it"),
        Some(mode) => Finding::warning(
            "folder",
            format!("other users can access it (mode {mode:03o})"),
            format!("chmod 700 {}", path.display()),
        ),
    }
}

fn files(folder: &Path) -> Vec<Finding> {
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![Finding::wrong("files", "the folder cannot be listed", "make it readable for you")];
    };
    let mut findings = Vec::new();
    let mut count = 0;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(metadata) = entry.metadata() else { continue };
        if !name.starts_with("workroom.") {
            continue;
        }
        count += 1;
        let path = entry.path();
        let path = path.display();
        if metadata.is_symlink() {
            findings.push(Finding::wrong(
                "files",
                format!("{name} is a symbolic link"),
                "replace it by the file itself: links are rejected because they may lead to files of other users",
            ));
        } else if !store::is_ours(&metadata) {
            findings.push(Finding::wrong(
                "files",
                format!("{name} belongs to another user"),
                format!("chown \"$USER\" {path}"),
            ));
        } else if let Some(mode) = open_to_others(&metadata) {
            findings.push(Finding::warning(
                "files",
                format!("other users can access {name} (mode {mode:03o})"),
                format!("chmod 600 {path}"),
            ));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("files", format!("{count}, only you can access them")));
    }
    findings
}

#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}

fn the_store(folder: &Path) -> Vec<Finding> {
    let looked = match store::inspect(folder) {
        Ok(Some(looked)) => looked,
        Ok(None) => return vec![Finding::ok("store", "does not exist yet; the first request creates it")],
        Err(error) => {
            let advice = match error {
                StoreError::Storage { reason: StorageReason::NewerVersion, .. } => {
                    "use the newer version of Workroom that wrote it"
                }
                StoreError::Storage { reason: StorageReason::NotAStore | StorageReason::NotOurs, .. } => {
                    "move it away, or choose another folder with --home"
                }
                _ => {
                    "`workroom check` shows what is intact; to restore the store, replace it by a copy from `workroom backup`"
                }
            };
            return vec![Finding::wrong("store", error.to_string(), advice)];
        }
    };
    let bytes = ["", "-wal"].iter().map(|end| {
        fs::metadata(folder.join(format!("{FILE_NAME}{end}"))).map_or(0, |metadata| metadata.len())
    });
    let size = disk::size(bytes.sum());
    let schema = match looked.is_current {
        true => Finding::ok("schema", looked.version.to_string()),
        false => Finding::ok(
            "schema",
            format!("{}, will be migrated to {SCHEMA_VERSION} at the next use", looked.version),
        ),
    };
    let epoch = looked.epoch.unwrap_or_else(|| "none yet".into());
    vec![
        Finding::ok("store", format!("opens, {size}")),
        schema,
        Finding::ok("epoch", epoch),
        Finding::ok("head", format!("{} events", looked.head_seq)),
    ]
}

/// Whether a process prevents all others from writing.
fn writing(folder: &Path) -> Finding {
    const NAME: &str = "writing";
    let holder = match store::lock_holder(folder) {
        Ok(Some(holder)) => holder,
        Ok(None) => return Finding::ok(NAME, "no process blocks the others"),
        Err(error) => {
            return Finding::warning(
                NAME,
                format!("cannot check whether a process keeps the store locked: {error}"),
                "make the files of the store readable for you",
            );
        }
    };
    let Some(pid) = holder.pid else {
        return Finding::wrong(
            NAME,
            "a process keeps the store locked, so no other process can write; its id is not visible from here",
            "find it in the containers and machines that share this folder, and stop it",
        );
    };
    let name = holder.name.map(|name| format!(" ({name})")).unwrap_or_default();
    match holder.is_stopped {
        true => Finding::wrong(
            NAME,
            format!(
                "process {pid}{name} is suspended and keeps the store locked, so no other process can write"
            ),
            format!(
                "continue it with `kill -CONT {pid}`, or kill it with `kill -KILL {pid}`: no data is lost"
            ),
        ),
        false => Finding::wrong(
            NAME,
            format!(
                "process {pid}{name} kept the store locked during the whole check, so no other process could write"
            ),
            format!("find out what it is doing, or stop it with `kill {pid}`"),
        ),
    }
}

fn wake_ups(folder: &Path) -> Finding {
    match store::probe_wake_ups(folder) {
        Ok(()) => Finding::ok("inotify", "works: events of other processes arrive immediately"),
        Err(_) if cfg!(not(target_os = "linux")) => Finding::ok(
            "inotify",
            "not available on this system: Workroom checks for events of other processes every 20 ms",
        ),
        Err(error) => Finding::warning(
            "inotify",
            format!("does not work: {error}; events of other processes may arrive half a second late"),
            "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches with sysctl",
        ),
    }
}
