//! Runs the editor snippets of `docs/editors` in the editors. The TypeScript tests run the one for VS Code.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::support::{Home, PATIENCE, repository, workroom};

fn snippet(name: &str) -> PathBuf {
    repository().join("docs/editors").join(name)
}

/// Runs an editor that prints the output of the snippet, and checks that it shows rooms and events.
fn check(editor: &str, arguments: &[&str]) {
    if !crate::support::needs::met(&[editor], "its snippet in docs/editors") {
        return;
    }
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();

    let mut command = Command::new(editor);
    let path = std::env::var("PATH").unwrap();
    let with_binary = format!("{}:{path}", workroom().parent().unwrap().display());
    command
        .args(arguments)
        .env("PATH", with_binary)
        .env("WORKROOM_HOME", home.path())
        .env("HOME", home.path());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = channel();
    let streams: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for stream in streams {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }

    let (mut seen, begun) = (String::new(), Instant::now());
    // The test cannot see when the snippet subscribes, so it sends messages until the snippet shows one.
    while !(seen.contains("Room  codewhale://workroom/wr_") && seen.contains("ada: message")) {
        assert!(begun.elapsed() < PATIENCE, "{editor} said:\n{seen}");
        server.say(&thread, "hello");
        while let Ok(line) = lines.recv_timeout(Duration::from_millis(50)) {
            seen.push_str(&line);
            seen.push('\n');
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_neovim_snippet_shows_rooms_and_events() {
    let run = format!("luafile {}", snippet("neovim.lua").display());
    let show = "lua vim.notify = function(text) io.stdout:write(text .. '\\n') end; print = vim.notify";
    check("nvim", &["--headless", "-u", "NONE", "-c", show, "-c", &run, "-c", "lua vim.wait(60000)"]);
}

#[test]
fn the_emacs_snippet_shows_rooms_and_events() {
    let load = snippet("emacs.el");
    let wait = "(dotimes (_ 600) (accept-process-output nil 0.1))";
    check("emacs", &["--batch", "-Q", "-l", load.to_str().unwrap(), "--eval", wait]);
}
