//! Batches of requests.

use super::{Table, error, invalid, list, ok, parse_error, unknown};
use serde_json::json;

#[test]
fn a_batch_is_answered_by_one_array_of_responses() {
    let mut table = Table::new();
    let (one, two) = (list("1"), list("2"));
    let note = r#"{"jsonrpc":"2.0","method":"workroom/list"}"#;
    let nameless = || invalid("null", "a request is an object");
    table.check(format!("[{one}]"), [format!("[{}]", ok("1"))]);
    table.check(format!("[{one},{two}]"), [format!("[{},{}]", ok("1"), ok("2"))]);
    table.check(format!("[{one},{one}]"), [format!("[{},{}]", ok("1"), ok("1"))]);
    table.check(format!(" \t[ {one} ,\r{two}\t] \r"), [format!("[{},{}]", ok("1"), ok("2"))]);
    table.check(format!("[{note},{one},{note}]"), [format!("[{}]", ok("1"))]);
    table.check(format!("[{note}]"), []);
    table.check(format!("[{note},{note}]"), []);
    table.check(r#"[{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}]"#, []);
    for empty in ["[]", "[ ]", "[\t\r]"] {
        table.check(empty, [invalid("null", "the batch is empty")]);
    }
    table.check("[1]", [format!("[{}]", nameless())]);
    table.check("[1,2,3]", [format!("[{},{},{}]", nameless(), nameless(), nameless())]);
    table.check("[null]", [format!("[{}]", nameless())]);
    table.check("[1e999]", [format!("[{}]", nameless())]);
    table.check(r#"["\ud800"]"#, [format!("[{}]", nameless())]);
    table.check("[{}]", [format!("[{}]", invalid("null", "`jsonrpc` is not \"2.0\""))]);
    table.check("[[]]", [format!("[{}]", nameless())]);
    table.check(format!("[[{one}]]"), [format!("[{}]", nameless())]);
    table.check(format!("[[{one},{two}],{one}]"), [format!("[{},{}]", nameless(), ok("1"))]);
    table.check(format!("[{one},1,{note},{two}]"), [format!("[{},{},{}]", ok("1"), nameless(), ok("2"))]);
    table.check(
        format!(r#"[{{"jsonrpc":"2.0","id":5,"method":"nope"}},{{"id":6}},{one}]"#),
        [format!("[{},{},{}]", unknown("5", "nope"), invalid("6", "`jsonrpc` is not \"2.0\""), ok("1"))],
    );
    // The grammar of JSON allows this, but no text can contain it. One member fails, not the batch.
    table.check(
        format!(r#"[{{"jsonrpc":"2.0","id":5,"method":"nope","\ud800":1}},{one}]"#),
        [format!("[{},{}]", parse_error(), ok("1"))],
    );
    table.check(format!("[{one},]"), [parse_error()]);
    table.check(format!("[{one}"), [parse_error()]);
    table.check(format!("[{one}]]"), [parse_error()]);
    table.check(format!("[{one}] {two}"), [parse_error()]);
    table.check(format!("[{one},{{]"), [parse_error()]);
}

#[test]
fn a_batch_of_thousands_is_answered_completely() {
    let mut table = Table::new();
    let all: Vec<_> = (1..=5000).map(|id| id.to_string()).collect();
    let requests: Vec<_> = all.iter().map(|id| list(id)).collect();
    let answers: Vec<_> = all.iter().map(|id| ok(id)).collect();
    table.check(format!("[{}]", requests.join(",")), [format!("[{}]", answers.join(","))]);
    let limit = error(
        "null",
        1007,
        "a batch has at most 100000 requests",
        &json!({"kind": "too_large", "limit": 100_000}),
    );
    table.check(format!("[{}1]", "1,".repeat(100_000)), [limit]);
}
