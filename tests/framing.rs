//! Message framing: lines, and Content-Length headers as in the Language Server Protocol.
#![cfg(target_os = "linux")]

use crate::support::wire::{MAX_MEMORY_KIB, Raw, most_memory, talk};
use crate::support::{Home, Server};
use serde_json::{Value, json};

const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

fn list(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"workroom/list"}}"#)
}

fn ok(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"workrooms":[]}}}}"#)
}

fn framed(body: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

fn error(kind: &str, code: i32, message: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"{message}","data":{{"kind":"{kind}"}}}}}}"#
    )
}

fn bad_headers() -> String {
    error("parse_error", -32700, "the headers do not say how long the message is")
}

fn too_long() -> String {
    let message = format!("a message has at most {MAX_LINE_BYTES} bytes");
    error("too_large", 1007, &message).replace("\"}}}", &format!("\",\"limit\":{MAX_LINE_BYTES}}}}}}}"))
}

/// Asserts that `input` is answered by these bodies, each with its header.
#[track_caller]
fn check<const N: usize>(input: impl AsRef<[u8]>, expected: [String; N]) {
    let home = Home::new();
    let output = talk(home.command(["app-server"]), &input);
    let expected: String = expected.iter().map(|body| framed(body)).collect();
    assert_eq!(output, expected, "{}", String::from_utf8_lossy(input.as_ref()));
}

#[test]
fn headers_are_answered_with_headers() {
    check(framed(&list(1)), [ok(1)]);
    check(framed(&format!("[{}]", list(1))), [format!("[{}]", ok(1))]);
    check(framed(r#"{"jsonrpc":"2.0","method":"workroom/list"}"#), []);
}

#[test]
fn lines_are_answered_with_lines() {
    let home = Home::new();
    let output = talk(home.command(["app-server"]), format!("{}\n{}", list(1), framed("")));
    let mut lines = output.lines();
    assert_eq!(lines.next(), Some(ok(1).as_str()));
    // Headers among lines are invalid JSON; the blank line after them is ignored.
    assert!(lines.next().unwrap().contains("-32700"));
    assert_eq!(lines.next(), None);
}

#[test]
fn headers_can_be_written_in_any_case_and_order() {
    let body = list(1);
    let length = body.len();
    let kind = "Content-Type: application/vscode-jsonrpc; charset=utf-8";
    for headers in [
        format!("content-length: {length}\r\n\r\n"),
        format!("CONTENT-LENGTH: {length}\r\n\r\n"),
        format!("Content-length:{length}\r\n\r\n"),
        format!("Content-Length:\t {length} \r\n\r\n"),
        format!("Content-Length: 000{length}\r\n\r\n"),
        format!("Content-Length: {length}\n\n"),
        format!("Content-Length: {length}\r\n{kind}\r\n\r\n"),
        format!("{kind}\r\nContent-Length: {length}\r\n\r\n"),
        format!("{}\r\nContent-Length: {length}\r\n\r\n", kind.to_lowercase()),
        format!("Content-Length: {length}\r\nX-Trace: a:b\r\n\r\n"),
    ] {
        check(format!("{headers}{body}"), [ok(1)]);
    }
}

#[test]
fn several_messages_in_one_write_are_each_answered() {
    check((1..=3).map(|id| framed(&list(id))).collect::<String>(), [ok(1), ok(2), ok(3)]);
    // Some clients end each body with a line end.
    check(
        format!("{}\r\n{}\n\n{}\r\n", framed(&list(1)), framed(&list(2)), framed(&list(3))),
        [ok(1), ok(2), ok(3)],
    );
}

#[test]
fn lengths_count_bytes_and_bodies_can_contain_anything() {
    let body = r#"{"jsonrpc":"2.0","id":"日本 😀","method":"workroom/list"}"#;
    check(framed(body), [ok(1).replace(":1,", ":\"日本 😀\",")]);
    check(framed(&format!("\r\n {}\n ", list(1).replace(',', ",\r\n\r\n"))), [ok(1)]);
    let inside = r#"{"jsonrpc":"2.0","id":"Content-Length: 2\r\n\r\n{}","method":"workroom/list"}"#;
    check(framed(inside), [ok(1).replace(":1,", r#":"Content-Length: 2\r\n\r\n{}","#)]);
}

#[test]
fn a_message_can_arrive_one_byte_at_a_time() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    for byte in format!("{}{}", framed(&list(1)), framed(&list(2))).bytes() {
        server.write([byte]);
    }
    server.input = None;
    assert_eq!(server.rest(), framed(&ok(1)) + &framed(&ok(2)));
    assert!(server.ended().success());
}

#[test]
fn a_message_split_at_any_point_is_one_message() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    let whole = framed(&list(1));
    let answer = framed(&ok(1));
    // A response between the halves shows that the server read the first half separately.
    for cut in 0..whole.len() {
        server.write(format!("{}{}", framed(&list(1)), &whole[..cut]));
        assert_eq!(server.take(answer.len()), answer);
        server.write(&whole[cut..]);
        assert_eq!(server.take(answer.len()), answer, "cut at {cut}");
    }
    server.input = None;
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn a_body_that_is_not_a_request_is_one_error() {
    let parse_error =
        |column: u32| error("parse_error", -32700, &format!("the input is not JSON at column {column}"));
    check(framed("{") + &framed(&list(1)), [parse_error(1), ok(1)]);
    check(framed("") + &framed(&list(1)), [parse_error(0), ok(1)]);
    check(framed("  ") + &framed(&list(1)), [parse_error(0), ok(1)]);
    check(framed(&format!("\u{feff}{}", list(1))), [ok(1)]);
    check(format!("\u{feff}{}", framed(&list(1))), [ok(1)]);
    check(
        framed("1") + &framed(&list(1)),
        [error("invalid_request", -32600, "a request is an object"), ok(1)],
    );
    check([b"Content-Length: 1\r\n\r\n\xff", framed(&list(1)).as_bytes()].concat(), [parse_error(1), ok(1)]);
    // Two lines in one body are not one value.
    check(framed(&format!("{}\n{}", list(1), list(2))) + &framed(&list(3)), [parse_error(1), ok(3)]);
}

#[test]
fn headers_without_a_length_are_one_error_and_the_next_message_is_read() {
    for length in ["-1", "+1", "x", "", "1.5", "1e3", "0x10", "1 1", "99999999999999999999999"] {
        check(format!("Content-Length: {length}\r\n\r\n{}", framed(&list(1))), [bad_headers(), ok(1)]);
    }
    check(format!("Content-Type: x\r\n\r\n{}", framed(&list(1))), [bad_headers(), ok(1)]);
    check(format!("{}X: y\r\n\r\n{}", framed(&list(1)), framed(&list(2))), [ok(1), bad_headers(), ok(2)]);
    check(format!("{}Content-Length: 1", framed(&list(1))), [ok(1), bad_headers()]);
}

#[test]
fn a_header_line_without_end_is_one_error_and_the_next_message_is_read() {
    let endless = "x".repeat(10 * 1024 * 1024);
    check(format!("{}{endless}\r\n{}", framed(&list(1)), framed(&list(2))), [ok(1), bad_headers(), ok(2)]);
}

#[test]
fn a_truncated_body_is_read_as_one_message() {
    check(format!("Content-Length: 1000\r\n\r\n{}", list(1)), [ok(1)]);
}

#[test]
fn a_body_over_the_limit_is_skipped_with_one_error() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    let answer = framed(&ok(1));
    let refusal = framed(&too_long());
    server.write(framed(&list(1)));
    assert_eq!(server.take(answer.len()), answer);
    server.write(format!("Content-Length: {}\r\n\r\n", MAX_LINE_BYTES + 1));
    assert_eq!(server.take(refusal.len()), refusal);
    // The body contains texts that look like messages.
    let inside = framed(&list(2)) + "\n";
    let body = inside.repeat(MAX_LINE_BYTES / inside.len() + 1);
    server.write(&body[..=MAX_LINE_BYTES]);
    server.write(framed(&list(1)));
    assert_eq!(server.take(answer.len()), answer);
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
}

#[test]
fn a_body_at_the_limit_is_read() {
    check(framed(&format!("{}{}", list(1), " ".repeat(MAX_LINE_BYTES - list(1).len()))), [ok(1)]);
}

#[test]
fn a_line_at_the_limit_is_read_and_a_longer_one_is_one_error() {
    let home = Home::new();
    let mut server = home.server();
    let padding = " ".repeat(MAX_LINE_BYTES - list(1).len());
    server.send_raw(format!("{}{padding}\n", list(1)));
    assert_eq!(server.line(), ok(1));
    server.send_raw(format!("{}{padding}\r\n", list(1)));
    assert_eq!(server.line(), ok(1));
    server.send_raw(format!("{}{padding} \n{}\n", list(1), list(2)));
    assert_eq!(server.line(), too_long());
    assert_eq!(server.line(), ok(2));
    server.send_raw(format!("{}\n{}\n", " ".repeat(MAX_LINE_BYTES + 1), list(3)));
    assert_eq!(server.line(), too_long());
    assert_eq!(server.line(), ok(3));
}

#[test]
fn the_limit_is_reported() {
    let home = Home::new();
    for (mut server, limit) in [
        (home.server(), MAX_LINE_BYTES),
        (Server::spawn(home.command(["app-server", "--max-line-bytes", "1234"])), 1234),
    ] {
        let told = server.ok("initialize", json!({"client_info": {"name": "test", "version": "1"}}));
        assert_eq!(told["capabilities"]["limits"]["max_line_bytes"], limit);
    }
}

#[test]
fn the_limit_can_be_set() {
    let limit = list(1).len();
    let refusal = too_long().replace(&MAX_LINE_BYTES.to_string(), &limit.to_string());
    let longer = list(12);
    let home = Home::new();
    let command = || home.command(["app-server", "--max-line-bytes", &limit.to_string()]);
    let output = talk(command(), format!("{}\n{}\r\n{longer}\n{}", list(1), list(2), list(3)));
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines, [ok(1), ok(2), refusal.clone(), ok(3)]);
    let output = talk(command(), framed(&list(1)) + &framed(&longer) + &framed(&list(3)));
    assert_eq!(output, framed(&ok(1)) + &framed(&refusal) + &framed(&ok(3)));
}

#[test]
fn a_line_without_end_is_one_error_and_uses_no_memory() {
    let home = Home::new();
    let mut server = home.server();
    let megabyte = vec![b'['; 1024 * 1024];
    for _ in 0..200 {
        server.send_raw(&megabyte);
    }
    assert_eq!(server.line(), too_long());
    server.send_raw(format!("\n{}\n", list(1)));
    assert_eq!(server.line(), ok(1));
    assert!(most_memory(server.pid()) < MAX_MEMORY_KIB);
    server.assert_quiet();
}

#[test]
fn a_last_line_over_the_limit_without_line_end_is_one_error() {
    let home = Home::new();
    let output = talk(home.command(["app-server"]), " ".repeat(MAX_LINE_BYTES + 1));
    assert_eq!(output, too_long() + "\n");
}

#[test]
fn events_are_framed_like_responses() {
    let home = Home::new();
    let thread = Server::thread(&mut home.server()).1;
    let subscribe =
        json!({"jsonrpc": "2.0", "id": 1, "method": "event/subscribe", "params": {"thread_id": thread}});
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write(framed(&subscribe.to_string()));
    let answer = server.body();
    let event = home.server().say(&thread, "é");
    let told: Value = serde_json::from_str(&server.body()).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let id = &answer["result"]["subscription_id"];
    assert_eq!(told["params"], json!({"subscription_id": id, "event": event}));
}
