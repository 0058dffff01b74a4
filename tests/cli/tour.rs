use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::cli::signal;
use crate::support::{Home, Ran, Server, needs, workroom};

/// The tour, run in `folder`, with its temporary folder inside `temporary`.
fn tour(folder: &Path, temporary: &TempDir, arguments: &[&str]) -> Command {
    let home = Home::new();
    let mut command = home.command(["tour"]);
    command.args(arguments).current_dir(folder).env("TMPDIR", temporary.path());
    command
}

/// The processes that have `folder` among their arguments.
#[cfg(target_os = "linux")]
fn processes_on(folder: &Path) -> Vec<String> {
    let commands = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let command = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&command).into_owned())
    });
    commands.filter(|command| command.contains(folder.to_str().unwrap())).collect()
}

fn assert_nothing_is_left(temporary: &TempDir) {
    let left: Vec<_> = temporary.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
    #[cfg(target_os = "linux")]
    assert_eq!(processes_on(temporary.path()), Vec::<String>::new());
}

#[test]
fn the_tour_shows_everything_and_leaves_nothing_behind() {
    if !needs::met(&["git"], "the tour in a checkout") {
        return;
    }
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A checkout with a file to link.
    for arguments in [
        &["init", "--quiet", "--initial-branch", "topic"][..],
        &["remote", "add", "origin", "git@github.com:acme/engine.git"],
    ] {
        assert!(Command::new("git").args(arguments).current_dir(&folder).status().unwrap().success());
    }
    std::fs::write(folder.path().join("README.md"), "# Rocket\n").unwrap();
    let out = Ran::command(tour(folder.path(), &temporary, &[]), "").ok();
    for part in [
        r#""method":"initialize""#,
        r#""method":"workroom/create""#,
        "https://github.com/acme/engine/issues/7",
        "https://github.com/acme/engine/pull/8",
        r#""method":"event/subscribe""#,
        r#""method":"event/appended""#,
        r#""method":"artifact/link""#,
        r#""event":"needs_human""#,
        r#""reply_to":"evt_"#,
        "kill -9",
        "✓ 200 events on disk, each once",
        "✓ the builder (before and after the kill) and you received each event once",
        r#""method":"approval/request""#,
        r#""method":"approval/wait""#,
        r#""view":"needs_approval""#,
        r#""decision":"approved""#,
        r#""code":1009"#,
        "✓ decided once",
        r#""method":"workroom/resolve""#,
        "│ # Thread: Fix the flaky test",
        "What to try next",
    ] {
        assert!(out.contains(part), "{part}:\n{out}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");
    assert!(out.lines().all(|line| line.starts_with("  │") || line.chars().count() <= 170), "{out}");
    assert_nothing_is_left(&temporary);
}

#[test]
fn the_tour_works_outside_a_checkout_and_can_keep_its_store() {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = Ran::command(tour(folder.path(), &temporary, &["--keep"]), "").ok();
    let shown = out.lines().find(|line| line.contains(" show codewhale://")).expect(&out);
    // The command that it suggests works.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", shown]).env("WORKROOM_HOME", "/nonexistent");
    assert!(Ran::command(command, "").ok().contains("Fix the flaky test"));
    let (_, home) = shown.split_once("--home ").unwrap();
    let mut server = Server::spawn({
        let mut command = Command::new(workroom());
        command.args(["app-server", "--home", home]);
        command
    });
    let runs = server.ok("event/list", serde_json::json!({"kinds": ["tool_result"], "limit": 200}));
    assert_eq!(runs["more"], true);
}

#[test]
fn the_tour_cleans_up_when_it_is_interrupted_or_its_output_is_closed() {
    for end in [Some(Signal::INT), Some(Signal::TERM), None] {
        let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut command = tour(folder.path(), &temporary, &[]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        // It has begun once it prints something.
        std::io::Read::read_exact(&mut output, &mut [0]).unwrap();
        match end {
            Some(end) => signal(child.id(), end),
            None => drop(output),
        }
        child.wait().unwrap();
        assert_nothing_is_left(&temporary);
    }
}
