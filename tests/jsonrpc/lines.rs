//! Line ends, blank lines, and the byte order mark before a message.

use super::{Table, invalid, list, ok, parse_error, without_column};
use crate::support::Home;
use crate::support::wire::talk;

#[test]
fn a_byte_order_mark_before_a_message_is_ignored() {
    let mut table = Table::new();
    table.check("\u{feff}", []);
    table.check("\u{feff}{}", [invalid("null", "`jsonrpc` is not \"2.0\"")]);
    table.check(format!("\u{feff}{}", list("1")), [ok("1")]);
    let home = Home::new();
    let output = talk(home.command(["app-server"]), format!("\u{feff}{}\n", list("1")));
    assert_eq!(output, ok("1") + "\n");
}

#[test]
fn lines_end_with_lf_or_crlf_and_blank_lines_are_ignored() {
    let mut table = Table::new();
    table.check("", []);
    table.check("\n\n\n", []);
    table.check("\r\n\r", []);
    table.check(" \t \r", []);
    table.check(" ".repeat(100_000), []);
    table.check(list("1") + "\r", [ok("1")]);
    table.check(format!("\r\n  {}  \r", list("1")), [ok("1")]);
    table.check(format!("{}\n\n{}\r\n{}", list("1"), list("2"), list("3")), [ok("1"), ok("2"), ok("3")]);
}

#[test]
fn a_last_line_without_line_end_is_read() {
    let home = Home::new();
    let check = |input: &str, expected: &[String]| {
        let output = talk(home.command(["app-server"]), input);
        let lines: Vec<_> = output.lines().map(without_column).collect();
        assert_eq!(lines, expected, "{input}");
        assert!(output.is_empty() || output.ends_with('\n'));
    };
    check("", &[]);
    check("\n", &[]);
    check("  ", &[]);
    check(&list("1"), &[ok("1")]);
    check(&(list("1") + "\r"), &[ok("1")]);
    check(&format!("{}\n{}", list("1"), list("2")), &[ok("1"), ok("2")]);
    check(&format!("{}\n  ", list("1")), &[ok("1")]);
    check(&format!("[{}]", list("1")), &[format!("[{}]", ok("1"))]);
    check("{", &[parse_error()]);
    check("C", &[parse_error()]);
    check("Content-Lengt", &[parse_error()]);
}
