//! Strict JSON-RPC 2.0: input lines and the exact response lines.

mod batches;
mod lines;

use crate::support::wire::talk;
use crate::support::{Home, Server};
use serde_json::{Value, json};

/// A request for the list of workrooms, which is empty.
fn list(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"workroom/list"}}"#)
}

fn ok(id: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"workrooms":[]}}}}"#)
}

fn error(id: &str, code: i32, message: &str, data: &Value) -> String {
    let message = Value::from(message);
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":{code},"message":{message},"data":{data}}}}}"#)
}

fn parse_error() -> String {
    error("null", -32700, "the input is not JSON at column N", &json!({"kind": "parse_error"}))
}

fn invalid(id: &str, reason: &str) -> String {
    error(id, -32600, reason, &json!({"kind": "invalid_request"}))
}

fn unknown(id: &str, method: &str) -> String {
    error(id, -32601, &format!("no method `{method}`"), &json!({"kind": "method_not_found"}))
}

fn bad_params(id: &str, path: &str, message: &str) -> String {
    let data = json!({"kind": "invalid_params", "path": path});
    error(id, -32602, &format!("invalid params: {message}"), &data)
}

/// One server that gets one input after the other.
struct Table {
    // Before the home, so that the server ends before its folder is deleted.
    server: Server,
    _home: Home,
}

impl Table {
    fn new() -> Self {
        let home = Home::new();
        Self { server: home.server(), _home: home }
    }

    /// Asserts that a line is answered by exactly these lines, and that the next request is answered normally.
    #[track_caller]
    fn check<const N: usize>(&mut self, line: impl AsRef<[u8]>, expected: [String; N]) {
        let line = line.as_ref();
        self.server.send_raw([line, b"\n", list(r#""end""#).as_bytes(), b"\n"].concat());
        let mut answers = Vec::new();
        loop {
            let answer = self.server.line();
            if answer == ok(r#""end""#) {
                break;
            }
            answers.push(without_column(&answer));
        }
        let shown = String::from_utf8_lossy(&line[..line.len().min(300)]);
        assert_eq!(answers, expected, "{shown}");
    }
}

/// Removes the column, which only the JSON parser determines.
fn without_column(answer: &str) -> String {
    const PLACE: &str = "not JSON at column ";
    let mut parts = answer.split(PLACE);
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        text += PLACE;
        text += "N";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

#[test]
fn an_id_is_echoed_byte_for_byte() {
    let mut table = Table::new();
    let long = format!("\"{}\"", "x".repeat(100_000));
    let ids = [
        "1",
        "0",
        "-1",
        "-0",
        "1.0",
        "1.5",
        "-1.50",
        "1e3",
        "1E+2",
        "1e-7",
        "1e999",
        "0.1000",
        "9007199254740993",
        "123456789012345678901234567890",
        "-9223372036854775809",
        r#""""#,
        r#""a""#,
        r#""1""#,
        r#""null""#,
        r#"" ""#,
        r#""\u0041""#,
        r#""\n\t\"\\\/\b""#,
        r#""é""#,
        r#""日本""#,
        r#""😀""#,
        r#""\ud83d\ude00""#,
        r#""\ud800""#,
        r#""{\"id\":2}""#,
        "null",
        &long,
    ];
    for id in ids {
        table.check(list(id), [ok(id)]);
        table.check(list(&format!(" \t{id}\r ")), [ok(id)]);
        table.check(format!("[{}]", list(id)), [format!("[{}]", ok(id))]);
        table.check(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"nope"}}"#), [unknown(id, "nope")]);
        table.check(format!(r#"{{"id":{id}}}"#), [invalid(id, "`jsonrpc` is not \"2.0\"")]);
    }
    for id in ["true", "false", "{}", "[]", "[1]", r#"{"a":1}"#] {
        table.check(list(id), [invalid("null", "`id` is not a string, a number or null")]);
    }
}

#[test]
fn input_that_is_not_a_request_is_answered_by_one_error() {
    let mut table = Table::new();
    for value in ["1", "-1.5", "1e999", "true", "false", "null", r#""x""#, r#""\ud800""#] {
        table.check(value, [invalid("null", "a request is an object")]);
    }
    let version = "`jsonrpc` is not \"2.0\"";
    table.check("{}", [invalid("null", version)]);
    table.check(r#"{"method":"workroom/list"}"#, [invalid("null", version)]);
    table.check(r#"{"id":1,"method":"workroom/list"}"#, [invalid("1", version)]);
    for given in
        ["2.0", "2", "null", "true", "[]", "{}", r#""1.0""#, r#""2""#, r#""2.00""#, r#""2.0 ""#, r#""""#]
    {
        let line = format!(r#"{{"jsonrpc":{given},"id":7,"method":"workroom/list"}}"#);
        table.check(line, [invalid("7", version)]);
    }
    table.check(r#"{"jsonrpc":"2.0"}"#, [invalid("null", "`method` is missing")]);
    table.check(r#"{"jsonrpc":"2.0","id":7}"#, [invalid("7", "`method` is missing")]);
    table.check(r#"{"jsonrpc":"2.0","id":7,"params":{}}"#, [invalid("7", "`method` is missing")]);
    let half = r#"{"jsonrpc":"2.0","id":7,"method":"\ud800"}"#;
    table.check(half, [unknown("7", "\u{fffd}")]);
    for given in ["1", "null", "true", "[]", "{}", r#"["workroom/list"]"#] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":7,"method":{given}}}"#);
        table.check(line, [invalid("7", "`method` is not a string")]);
        let line = format!(r#"{{"jsonrpc":"2.0","method":{given}}}"#);
        table.check(line, [invalid("null", "`method` is not a string")]);
    }
    for given in ["null", "true", "1", "-0.5", r#""x""#, r#""""#] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"workroom/list","params":{given}}}"#);
        table.check(line, [invalid("7", "`params` is not an object or an array")]);
        let line = format!(r#"{{"jsonrpc":"2.0","method":"workroom/list","params":{given}}}"#);
        table.check(line, [invalid("null", "`params` is not an object or an array")]);
    }
}

#[test]
fn members_can_be_written_in_any_valid_form_but_only_once() {
    let mut table = Table::new();
    table.check(r#"{"jsonr\u0070c":"2\u002e0","\u0069d":1,"method":"workroom\/list"}"#, [ok("1")]);
    table.check(r#"{"method":"workroom/list","params":{},"id":1,"jsonrpc":"2.0"}"#, [ok("1")]);
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","trace":{"a":[1]},"x":null}"#, [ok("1")]);
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","x":1,"x":2}"#, [ok("1")]);
    table.check(r#"{"ID":1,"Jsonrpc":"2.0"}"#, [invalid("null", "`jsonrpc` is not \"2.0\"")]);
    let twice = || [invalid("null", "a member of the request occurs twice")];
    table.check(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"workroom/list"}"#, twice());
    table.check(r#"{"jsonrpc":"2.0","id":1,"i\u0064":1,"method":"workroom/list"}"#, twice());
    table.check(r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"workroom/list"}"#, twice());
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","method":"workroom/list"}"#, twice());
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","params":{},"params":{}}"#, twice());
    table.check(r#"{"jsonrpc":"2.0","id":1,"id":1,"#, [parse_error()]);
    let line = r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","params":{"limit":1,"limit":1}}"#;
    table.check(line, [bad_params("1", "limit", "duplicate field `limit`")]);
}

#[test]
fn input_that_is_not_json_is_one_parse_error_and_the_next_line_is_read() {
    let mut table = Table::new();
    let lines = [
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "nul",
        "nulll",
        "tru",
        "NaN",
        "Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "0x10",
        "-",
        "'x'",
        "{'a':1}",
        "{a:1}",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a" 1}"#,
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,",
        r#"{"a":1}{"b":2}"#,
        "{} x",
        "1 2",
        "1x",
        r#""a"b"#,
        "null,",
        "// comment",
        "{}//",
        "/**/{}",
        "\"abc",
        r#""\q""#,
        r#""\u12"#,
        r#""\u12g4""#,
        "\"a\tb\"",
        "{\"a\":\"\u{1}\"}",
        "\u{0}",
        "\u{0}{}",
        "{\"a\":\u{0}}",
        "\u{b}",
        "\u{c}",
        "\u{c}{}",
        "\u{a0}",
        "\u{2028}",
        "Content-Length: 2",
        "GET / HTTP/1.1",
        r#"{"jsonrpc":"2.0","id":01,"method":"workroom/list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list"},"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","params":[}"#,
        r#"{"jsonrpc":"2.0","method":"workroom/list","params":[1,2"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","\ud800":1}"#,
    ];
    for line in lines {
        table.check(line, [parse_error()]);
    }
    table.check(list("1").replace('"', "\u{201c}"), [parse_error()]);
    table.check(list("1") + "\u{0}", [parse_error()]);
}

#[test]
fn invalid_utf8_and_unpaired_surrogates_are_replaced() {
    let mut table = Table::new();
    for bytes in [&b"\xff"[..], b"\xfe\xff\0{\0}", b"\xff\xfe{\0}\0", b"[\x80]"] {
        table.check(bytes, [parse_error()]);
    }
    for bytes in
        [&b"\"\xc3\""[..], b"\"\xc0\x80\"", b"\"\xe2\x82\"", b"\"\xed\xa0\x80\"", b"\"\xf5\x80\x80\x80\""]
    {
        table.check(bytes, [invalid("null", "a request is an object")]);
    }
    let mut line = list(r#""?""#).into_bytes();
    let at = line.iter().position(|byte| *byte == b'?').unwrap();
    line[at] = 0xe9;
    table.check(&line, [ok("\"\u{fffd}\"")]);

    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let halves = [r"cut \ud83d".as_bytes(), br"\ude00 cut", b"caf\xe9", br"whole \ud83d\ude00", br"\\ud83d"];
    for (half, read) in
        halves.into_iter().zip(["cut \u{fffd}", "\u{fffd} cut", "caf\u{fffd}", "whole 😀", r"\ud83d"])
    {
        let before = format!(
            r#"{{"jsonrpc":"2.0","id":"h","method":"event/append","params":{{"thread_id":"{thread}","kind":{{"event":"message","content":""#
        );
        server.send_raw([before.as_bytes(), half, b"\"}}}\n"].concat());
        let answer: Value = serde_json::from_str(&server.line()).unwrap();
        assert_eq!(answer["result"]["event"]["kind"]["content"], read, "{answer}");
    }
}

#[test]
fn a_whole_number_is_an_integer_in_any_notation() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let mut ask = |method: &str, params: String| -> Value {
        server.send_raw(
            format!(r#"{{"jsonrpc":"2.0","id":"n","method":"{method}","params":{params}}}"#) + "\n",
        );
        serde_json::from_str(&server.line()).unwrap()
    };
    for limit in ["10.0", "1e1", "100E-1", "1.0e+1"] {
        let answer = ask("thread/list", format!(r#"{{"limit":{limit}}}"#));
        assert!(answer["result"].is_object(), "{limit}: {answer}");
    }
    for limit in ["10.5", "1e30", "4294967296.0", "\"10\"", "-1.0"] {
        let answer = ask("thread/list", format!(r#"{{"limit":{limit}}}"#));
        assert_eq!(answer["error"]["data"]["path"], "limit", "{limit}: {answer}");
    }
    // This also applies inside tagged values, but the arguments of a tool stay as written.
    let target = r#"{"kind":"git_hub_issue","owner":"o","repo":"r","number":7.0}"#;
    let answer = ask("thread/attachRef", format!(r#"{{"thread_id":"{thread}","ref":{target}}}"#));
    assert_eq!(answer["result"]["external_ref"]["number"], 7, "{answer}");
    let kind = r#"{"event":"artifact_linked","path":"a","kind":"log","size":1e3}"#;
    let answer = ask("event/append", format!(r#"{{"thread_id":"{thread}","kind":{kind}}}"#));
    assert!(answer["result"]["event"].is_object(), "{answer}");
    let given = r#""tool_name":"t","summary":"s","arguments":{"x":1.0}"#;
    let answer = ask("approval/request", format!(r#"{{"thread_id":"{thread}",{given}}}"#));
    assert_eq!(answer["result"]["arguments"].to_string(), r#"{"x":1.0}"#, "{answer}");
}

#[test]
fn a_parse_error_names_its_column() {
    let home = Home::new();
    let output = talk(home.command(["app-server"]), "{\"a\":x}\n");
    assert!(output.contains("not JSON at column 6\""), "{output}");
}

#[test]
fn a_request_gets_one_response_and_a_notification_none() {
    let mut table = Table::new();
    table.check(list("1"), [ok("1")]);
    table.check(r#"{"jsonrpc":"2.0","method":"workroom/list"}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"workroom/list","params":{"colour":1}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"nope"}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":""}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"rpc.nope"}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"initialized"}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"x":1}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","method":"event/appended","params":{}}"#, []);
}

#[test]
fn an_unknown_method_is_named() {
    let mut table = Table::new();
    for method in [
        "",
        "nope",
        "workroom",
        "workroom/",
        "workroom/List",
        " workroom/list",
        "workroom/list ",
        "workroom.list",
        "rpc.nope",
        "rpc.Discover",
        "RPC.DISCOVER",
        "initialized",
        "$/cancelRequest",
        "$/nope",
        "event/appended",
        "session/start",
        "exit",
        "日本",
    ] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#);
        table.check(line, [unknown("1", method)]);
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[1,2]}}"#);
        table.check(line, [unknown("1", method)]);
    }
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"\u0000\""}"#, [unknown("1", "\u{0}\"")]);
}

#[test]
fn params_must_be_an_object_or_an_accepted_form_of_no_params() {
    let mut table = Table::new();
    for none in ["{}", "[]", "[ ]", "[null]", "[ null ]", "{ }"] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"workroom/list","params":{none}}}"#);
        table.check(line, [ok("1")]);
    }
    for positional in ["[1]", "[{}]", "[null,null]", "[[]]", r#"["x"]"#, r#"[{"limit":1}]"#, "[false]"] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"workroom/list","params":{positional}}}"#);
        table.check(line, [bad_params("1", "", "params must be an object with named members")]);
    }
}

#[test]
fn an_unexpected_response_is_ignored() {
    let mut table = Table::new();
    table.check(r#"{"jsonrpc":"2.0","id":1,"result":null}"#, []);
    table.check(r#"{"jsonrpc":"2.0","id":"x","result":{"a":1}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}"#, []);
    table.check(r#"{"jsonrpc":"2.0","id":1,"result":1,"error":null}"#, []);
    table.check(r#"[{"jsonrpc":"2.0","id":1,"result":null},{"jsonrpc":"2.0","id":2,"result":1}]"#, []);
    table.check(
        format!(r#"[{{"jsonrpc":"2.0","id":1,"result":null}},{}]"#, list("2")),
        [format!("[{}]", ok("2"))],
    );
    table.check(r#"{"jsonrpc":"2.0","id":1,"method":"workroom/list","result":1}"#, [ok("1")]);
}

#[test]
fn brackets_a_hundred_thousand_deep_are_one_error() {
    const DEPTH: usize = 100_000;
    let mut table = Table::new();
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = |inner: &str| format!("{}{inner}{}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH));
    table.check(&open, [parse_error()]);
    table.check(&close, [parse_error()]);
    table.check("{\"a\":".repeat(DEPTH), [parse_error()]);
    table.check(format!("{open}{close}"), [format!("[{}]", invalid("null", "a request is an object"))]);
    table.check(objects("1"), [invalid("null", "`jsonrpc` is not \"2.0\"")]);
    table.check(list(&format!("{open}{close}")), [invalid("null", "`id` is not a string, a number or null")]);
    let with = |method: &str, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
    };
    table.check(with("nope", &format!("{open}{close}")), [unknown("1", "nope")]);
    let by_name = "params must be an object with named members";
    table.check(with("workroom/list", &format!("{open}{close}")), [bad_params("1", "", by_name)]);
    let fields = ["query", "workspace", "repo", "include_archived", "limit", "cursor"];
    let fields = fields.map(|field| format!("`{field}`")).join(", ");
    let message = format!("unknown field `a`, expected one of {fields}");
    table.check(with("workroom/list", &objects("1")), [bad_params("1", "a", &message)]);
    table.check(list("1").replace('}', &format!(",\"x\":{open}{close}}}")), [ok("1")]);
    for deep in
        [format!("{open}{close}"), objects("1"), format!(r#"{{"event":"message","content":{open}{close}}}"#)]
    {
        table.server.send_raw(with("event/append", &format!(r#"{{"thread_id":"x","kind":{deep}}}"#)) + "\n");
        let answer: Value = serde_json::from_str(&table.server.line()).unwrap();
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["data"]["path"].as_str().unwrap().starts_with("kind"), "{answer}");
    }
}
