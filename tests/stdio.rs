//! Kinds of stdin and stdout: pipes, sockets, terminals and files.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Seek, Write, pipe};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use crate::support::wire::{Raw, assert_answered, requests};
use crate::support::{Home, Server};
use rustix::fs::{Mode, OFlags, fcntl_getfl, mknodat};
use serde_json::json;

const COUNT: u64 = 100;

fn input() -> String {
    requests(COUNT, "workroom/list", "{}")
}

/// Spawns a server with these as stdin and stdout. The test may keep its own copies.
fn spawn(home: &Home, stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> Raw {
    let mut command: Command = home.command(["app-server"]);
    Raw::spawn(command.stdin(stdin).stdout(stdout))
}

/// A server whose output the test ignores.
fn pipe_from(home: &Home, stdin: impl Into<Stdio>) -> Raw {
    spawn(home, stdin, Stdio::piped())
}

fn file_with(home: &Home, text: &str) -> File {
    let path = home.path().parent().unwrap().join("input");
    std::fs::write(&path, text).unwrap();
    File::open(path).unwrap()
}

#[test]
fn stdin_can_be_a_regular_file() {
    let home = Home::new();
    let mut server = pipe_from(&home, file_with(&home, &input()));
    assert_answered(&server.rest(), COUNT);
    assert!(server.ended().success());
}

#[test]
fn stdin_can_be_an_empty_file() {
    let home = Home::new();
    let mut server = pipe_from(&home, file_with(&home, ""));
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn stdin_can_be_dev_null() {
    let home = Home::new();
    let mut server = pipe_from(&home, Stdio::null());
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn stdin_can_be_a_pipe_whose_writer_has_already_closed_it() {
    let home = Home::new();
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(input().as_bytes()).unwrap();
    drop(writer);
    let mut server = pipe_from(&home, reader);
    assert_answered(&server.rest(), COUNT);
    assert!(server.ended().success());
}

fn named_pipe(home: &Home) -> (File, File) {
    let path = home.path().parent().unwrap().join("fifo");
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    // Open for both, so that neither open waits for the other.
    let both = File::options().read(true).write(true).open(&path).unwrap();
    let reader = File::open(&path).unwrap();
    let writer = File::options().write(true).open(&path).unwrap();
    drop(both);
    (reader, writer)
}

#[test]
fn stdin_can_be_a_named_pipe() {
    let home = Home::new();
    let (reader, mut writer) = named_pipe(&home);
    let mut server = pipe_from(&home, reader);
    writer.write_all(input().as_bytes()).unwrap();
    for _ in 0..COUNT {
        server.line();
    }
    drop(writer);
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn stdin_can_be_a_named_pipe_whose_writer_has_already_closed_it() {
    for text in [String::new(), input()] {
        let home = Home::new();
        let (reader, mut writer) = named_pipe(&home);
        writer.write_all(text.as_bytes()).unwrap();
        drop(writer);
        let mut server = pipe_from(&home, reader);
        assert_answered(&server.rest(), if text.is_empty() { 0 } else { COUNT });
        assert!(server.ended().success());
    }
}

#[test]
fn stdin_and_stdout_can_be_two_socket_pairs_as_node_creates_them() {
    let home = Home::new();
    let (mut to, stdin) = UnixStream::pair().unwrap();
    let (mut from, stdout) = UnixStream::pair().unwrap();
    let server = spawn(&home, OwnedFd::from(stdin), OwnedFd::from(stdout));
    to.write_all(input().as_bytes()).unwrap();
    drop(to);
    let mut output = String::new();
    from.read_to_string(&mut output).unwrap();
    assert_answered(&output, COUNT);
    assert!(server.ended().success());
}

fn same_socket(home: &Home) -> (Raw, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = spawn(home, OwnedFd::from(theirs.try_clone().unwrap()), OwnedFd::from(theirs));
    (server, ours)
}

#[test]
fn stdin_and_stdout_can_be_the_same_socket() {
    let home = Home::new();
    let (server, mut socket) = same_socket(&home);
    socket.write_all(input().as_bytes()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut output = String::new();
    socket.read_to_string(&mut output).unwrap();
    assert_answered(&output, COUNT);
    assert!(server.ended().success());
}

#[test]
fn a_socket_that_ends_its_input_gets_all_responses_even_if_it_reads_late() {
    let home = Home::new();
    let (server, mut socket) = same_socket(&home);
    // More responses than the socket buffer holds, so the server continues after the end of its input.
    socket.write_all(requests(100, "rpc.discover", "{}").as_bytes()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut output = String::new();
    socket.read_to_string(&mut output).unwrap();
    assert_answered(&output, 100);
    assert!(server.ended().success());
}

#[test]
fn closing_the_socket_ends_the_server() {
    let home = Home::new();
    let (server, mut socket) = same_socket(&home);
    socket.write_all(requests(1, "workroom/list", "{}").as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&socket).read_line(&mut line).unwrap();
    drop(socket);
    assert!(server.ended().success());
}

#[test]
fn closing_the_socket_with_unread_responses_ends_the_server() {
    let home = Home::new();
    let (server, mut socket) = same_socket(&home);
    socket.write_all(input().as_bytes()).unwrap();
    socket.read_exact(&mut [0]).unwrap();
    drop(socket);
    assert!(server.ended().success());
}

#[test]
fn closing_the_socket_of_stdout_ends_an_idle_server() {
    let home = Home::new();
    let (_stdin, mut to) = pipe().unwrap();
    let (from, stdout) = UnixStream::pair().unwrap();
    let server = spawn(&home, _stdin, OwnedFd::from(stdout));
    to.write_all(requests(1, "workroom/list", "{}").as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&from).read_line(&mut line).unwrap();
    drop(from);
    assert!(server.ended().success());
    drop(to);
}

#[test]
fn stdout_can_be_a_regular_file() {
    let home = Home::new();
    let path = home.path().parent().unwrap().join("output");
    let mut file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
    let server = spawn(&home, file_with(&home, &input()), file.try_clone().unwrap());
    assert!(server.ended().success());
    let mut output = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut output).unwrap();
    assert_answered(&output, COUNT);
}

#[test]
fn stdout_can_be_dev_null() {
    let home = Home::new();
    let server = spawn(&home, file_with(&home, &input()), Stdio::null());
    assert!(server.ended().success());
}

#[test]
fn stdin_and_stdout_can_be_a_terminal() {
    let home = Home::new();
    let (mut ours, theirs) = crate::support::terminal::open();
    let server = spawn(&home, theirs.try_clone().unwrap(), theirs.try_clone().unwrap());
    // Several lines at once, which a terminal delivers one by one.
    ours.write_all(requests(3, "workroom/list", "{}").as_bytes()).unwrap();
    let mut lines = BufReader::new(ours.try_clone().unwrap());
    let mut output = String::new();
    for _ in 0..3 {
        lines.read_line(&mut output).unwrap();
    }
    assert_answered(&output, 3);
    // Control-D.
    ours.write_all(b"\x04").unwrap();
    assert!(server.ended().success());
}

#[test]
fn closing_the_terminal_ends_the_server() {
    let home = Home::new();
    let (mut ours, theirs) = crate::support::terminal::open();
    let server = spawn(&home, theirs.try_clone().unwrap(), theirs);
    ours.write_all(requests(1, "workroom/list", "{}").as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&ours).read_line(&mut line).unwrap();
    drop(ours);
    assert!(server.ended().success());
}

/// Asserts that a server leaves the flags of its descriptors unchanged, because others share them.
#[track_caller]
fn assert_flags_stay(stdin: impl AsFd, stdout: impl AsFd, server: Raw, talk: impl FnOnce()) {
    let flags = || [fcntl_getfl(&stdin).unwrap(), fcntl_getfl(&stdout).unwrap()];
    let before = flags();
    talk();
    assert_eq!(flags(), before, "while it runs");
    assert!(server.ended().success());
    assert_eq!(flags(), before, "after it has ended");
    assert!(before.iter().all(|flags| !flags.contains(OFlags::NONBLOCK)));
}

fn one_answer(mut writer: impl Write, reader: impl Read) {
    writer.write_all(requests(1, "workroom/list", "{}").as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(reader).read_line(&mut line).unwrap();
    assert_answered(&line, 1);
}

#[test]
fn the_flags_of_pipes_stay_unchanged() {
    let home = Home::new();
    let (stdin, writer): (PipeReader, PipeWriter) = pipe().unwrap();
    let (reader, stdout) = pipe().unwrap();
    let server = spawn(&home, stdin.try_clone().unwrap(), stdout.try_clone().unwrap());
    assert_flags_stay(stdin, stdout, server, || one_answer(writer, reader));
}

#[test]
fn the_flags_of_sockets_stay_unchanged() {
    let home = Home::new();
    let (writer, stdin) = UnixStream::pair().unwrap();
    let (reader, stdout) = UnixStream::pair().unwrap();
    let copies = (OwnedFd::from(stdin.try_clone().unwrap()), OwnedFd::from(stdout.try_clone().unwrap()));
    let server = spawn(&home, copies.0, copies.1);
    assert_flags_stay(stdin, stdout, server, || one_answer(writer, reader));
}

#[test]
fn the_flags_of_a_terminal_stay_unchanged() {
    let home = Home::new();
    let (mut ours, theirs) = crate::support::terminal::open();
    let server = spawn(&home, theirs.try_clone().unwrap(), theirs.try_clone().unwrap());
    let talk = || {
        one_answer(&ours, &ours);
        ours.write_all(b"\x04").unwrap();
    };
    assert_flags_stay(&theirs, &theirs, server, talk);
}

#[test]
fn stderr_on_the_same_terminal_or_pipe_still_blocks() {
    let home = Home::new();
    let (stdin, writer) = pipe().unwrap();
    let (reader, stdout) = pipe().unwrap();
    let mut command = home.command(["app-server"]);
    command.stdin(stdin.try_clone().unwrap()).stdout(stdout.try_clone().unwrap());
    let server = Raw::spawn(command.stderr(stdout.try_clone().unwrap()));
    assert_flags_stay(stdin, stdout, server, || one_answer(writer, reader));
}

#[test]
fn an_unread_stderr_does_not_delay_responses() {
    let home = Home::new();
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(home.store(), vec![b'x'; 8192]).unwrap();
    let mut command = home.command(["app-server"]);
    // Each request fails, and each failure is logged, which exceeds the capacity of a pipe.
    command.env("WORKROOM_LOG", "trace").stderr(std::process::Stdio::piped());
    let mut server = Server::spawn(command);
    for _ in 0..2000 {
        assert_eq!(server.err("workroom/list", json!({}))["data"]["kind"], "storage");
    }
}
