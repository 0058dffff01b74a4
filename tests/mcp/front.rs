//! Every request is answered exactly once, whatever its line contains.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::mcp::{Host, hello};
use crate::support::wire::talk;
use crate::support::{Home, Server};

/// The id of a response as written, and the code of its error.
#[track_caller]
fn read(answer: &str) -> (String, Option<i64>) {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(answer).unwrap();
    let whole: Value = serde_json::from_str(answer).unwrap_or_default();
    assert!(members.contains_key("result") != members.contains_key("error"), "{answer}");
    (members["id"].get().to_owned(), whole["error"]["code"].as_i64())
}

#[test]
fn unreadable_input_is_answered_once_with_its_id() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let call = |arguments: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{{"name":"list_threads","arguments":{arguments}}}}}"#
        )
    };
    for (line, id, code) in [
        (call(r#"{"query":NaN}"#), "\"a\"", Some(-32700)),
        (call("{\"query\":\"raw\ttab\"}"), "\"a\"", Some(-32700)),
        (call(r#"{"query":"quoted "word" inside"}"#), "\"a\"", Some(-32700)),
        (call(&format!(r#"{{"query":{deep}}}"#)), "\"a\"", Some(-32602)),
        (call("[]"), "\"a\"", Some(-32602)),
        (call("\"{}\""), "\"a\"", Some(-32602)),
        (call("null"), "\"a\"", None),
        (call("{}").replace("\"params\":{", "\"params\":["), "\"a\"", Some(-32700)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[]}"#.into(), "7", Some(-32602)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":null}"#.into(), "7", None),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":7}"#.into(), "7", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","method":"ping"}"#.into(), "7", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}"#.into(), "null", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.into(), "null", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":[7],"method":"ping"}"#.into(), "null", Some(-32600)),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#.into(), "7", Some(-32600)),
        (r#"{"id":7,"method":"ping"}"#.into(), "7", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":7}"#.into(), "7", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"no/such"}"#.into(), "7", Some(-32601)),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"no_such"}}"#.into(),
            "7",
            Some(-32602),
        ),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping"} trailing"#.into(), "7", Some(-32700)),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping""#.into(), "7", Some(-32700)),
        (r#"[{"jsonrpc":"2.0","id":7,"method":"ping"}]"#.into(), "null", Some(-32600)),
        ("[]".into(), "null", Some(-32600)),
        ("nonsense".into(), "null", Some(-32700)),
        ("\u{0}".into(), "null", Some(-32700)),
    ] {
        host.server.send_raw(line.clone() + "\n");
        let answer = host.server.line();
        let (found, number) = read(&answer);
        assert_eq!((&*found, number), (id, code), "{line}: {answer}");
        assert_eq!(host.server.ok("ping", json!({})), json!({}), "one answer only: {line}");
    }
    for names in ["params", "arguments", "capabilities"] {
        let params = match names {
            "arguments" => r#"{"name":"list_threads","arguments":[]}"#.to_owned(),
            "capabilities" => {
                hello("2025-11-25", "x").to_string().replace(r#""capabilities":{}"#, r#""capabilities":[]"#)
            }
            _ => "[]".to_owned(),
        };
        let method = if names == "capabilities" { "initialize" } else { "tools/call" };
        host.server.send_raw(
            format!(r#"{{"jsonrpc":"2.0","id":"n","method":"{method}","params":{params}}}"#) + "\n",
        );
        let answer: Value = serde_json::from_str(&host.server.line()).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("n"), &json!(-32602)), "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(names), "{answer}");
    }
}

#[test]
fn an_unpaired_surrogate_is_replaced() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    for (said, read) in
        [(&br"cut \ud83d"[..], "cut \u{fffd}"), (br"\ude00 cut", "\u{fffd} cut"), (b"caf\xe9", "caf\u{fffd}")]
    {
        let before = format!(
            r#"{{"jsonrpc":"2.0","id":"h","method":"tools/call","params":{{"name":"post_update","arguments":{{"thread":{thread},"type":"message","text":""#
        );
        host.server.send_raw([before.as_bytes(), said, b"\"}}}\n"].concat());
        let answer: Value = serde_json::from_str(&host.server.line()).unwrap();
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        let page = host.tool("read_thread", json!({"thread": thread, "limit": 1}));
        assert_eq!(page["events"][0]["text"], read);
    }
}

#[test]
fn ids_are_returned_as_written_even_if_two_requests_share_one() {
    let home = Home::new();
    let mut host = Host::new(&home);
    for id in [
        "0",
        "-1",
        "1.0",
        "1.50",
        "1e3",
        "9007199254740993",
        "123456789012345678901234567890",
        r#""""#,
        r#""\u0041""#,
        r#""\ud83d""#,
    ] {
        let line = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"list_workrooms"}}}}"#
        ) + "\n";
        host.server.send_raw(line.repeat(2));
        for _ in 0..2 {
            assert_eq!(read(&host.server.line()), (id.to_owned(), None));
        }
    }
}

#[test]
fn requests_before_initialize_get_an_error_and_initialize_still_works() {
    let home = Home::new();
    let mut server = Server::spawn(home.command(["mcp"]));
    for (line, id, code) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, "1", Some(-32600)),
        (r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#, "2", None),
        (r#"{"jsonrpc":"2.0","id":3,"method":"initialize","params":{}}"#, "3", Some(-32602)),
        (r#"{"jsonrpc":"2.0","id":4,"method":"initialize"}"#, "4", Some(-32602)),
        ("nonsense", "null", Some(-32700)),
    ] {
        for nothing in [
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
            r#"{"jsonrpc":"2.0","method":"no/such"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
        ] {
            server.send_raw(format!("{nothing}\n"));
        }
        server.send_raw(format!("{line}\n"));
        assert_eq!(read(&server.line()), (id.to_owned(), code), "{line}");
    }
    server.ok("initialize", hello("2025-11-25", "claude-code"));
    assert!(server.ok("tools/list", json!({}))["tools"].is_array());
}

#[test]
fn everything_sent_before_the_end_of_input_is_answered() {
    let home = Home::new();
    let mut input = format!(
        "\u{feff}{}\n",
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello("2025-11-25", "x")})
    );
    for id in 1..300 {
        let params = json!({"name": "list_workrooms", "arguments": {}});
        input +=
            &format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}));
    }
    // The last line has no line end.
    input += r#"{"jsonrpc":"2.0","id":300,"method":"ping"}"#;
    let output = talk(home.command(["mcp"]), input);
    let mut ids: Vec<u64> = output.lines().map(|line| read(line).0.parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..=300).collect::<Vec<_>>());
}

/// The number of responses to a line according to the protocol, independent of the server's parser.
fn answers(line: &[u8]) -> usize {
    let text = String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).into_owned();
    if text.trim_matches([' ', '\t', '\r']).is_empty() {
        return 0;
    }
    let Ok(members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text) else { return 1 };
    let is_string = |name: &str| members.get(name).is_some_and(|value| value.get().starts_with('"'));
    let speaks = members.get("jsonrpc").is_some_and(|version| version.get() == "\"2.0\"");
    let asks_nothing = match members.contains_key("method") {
        true => is_string("method") && !members.contains_key("id"),
        false => members.contains_key("result") || members.contains_key("error"),
    };
    let params = members.get("params").map_or("{", |params| params.get());
    let is_readable = speaks && (params.starts_with(['{', '[']) || params == "null");
    let has_id = members.get("id").is_none_or(|id| !id.get().starts_with(['{', '[', 't', 'f']));
    usize::from(!(asks_nothing && has_id && (is_readable || !members.contains_key("method") && speaks)))
}

fn json_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("null".to_owned()),
        Just("10.0".to_owned()),
        Just("1e999".to_owned()),
        Just(r#""\ud83d""#.to_owned()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(format!("{}1{}", "[".repeat(150), "]".repeat(150))),
    ]
}

fn request() -> impl Strategy<Value = Vec<u8>> {
    let ids = [
        "",
        r#""id":1,"#,
        r#""id":1.5,"#,
        r#""id":"\u0041","#,
        r#""id":null,"#,
        r#""id":{},"#,
        r#""id":-0,"#,
    ];
    let methods = [
        "ping",
        "tools/list",
        "resources/list",
        "prompts/list",
        "no/such",
        "notifications/initialized",
        "notifications/cancelled",
        "initialize",
        "prompts/get",
        "completion/complete",
        "logging/setLevel",
        "resources/read",
        "subscriptions/listen",
        "server/discover",
        "",
    ];
    let tools = ["list_workrooms", "list_threads", "check_inbox", "post_update", "no_such", "read_thread"];
    let plain = (prop::sample::select(methods.to_vec()), json_value())
        .prop_map(|(method, params)| format!(r#""method":"{method}","params":{params}"#));
    let calls = (prop::sample::select(tools.to_vec()), json_value(), json_value()).prop_map(|(tool, value, arguments)| {
        format!(r#""method":"tools/call","params":{{"name":"{tool}","arguments":{{"limit":{value},"x":{arguments}}}}}"#)
    });
    let either = prop_oneof![plain, calls];
    (prop::sample::select(ids.to_vec()), either)
        .prop_map(|(id, rest)| format!(r#"{{"jsonrpc":"2.0",{id}{rest}}}"#).into_bytes())
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let junk: [&[u8]; 14] = [
        b"\t",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\\ud83d",
        b"NaN",
        b"\"",
        b"}",
        b"{",
        b",",
        b"\\",
        b" ",
        b"\r",
        b"1e999",
    ];
    let mutated = (request(), any::<prop::sample::Index>(), prop::sample::select(junk.to_vec()), 0..3)
        .prop_map(|(mut line, at, junk, how)| {
            let at = at.index(line.len() + 1);
            match how {
                0 => line.truncate(at),
                1 => drop(line.splice(at..at, junk.iter().copied())),
                _ => drop(line.splice(at..(at + 1).min(line.len()), junk.iter().copied())),
            }
            line
        });
    let noise = proptest::collection::vec(any::<u8>(), 0..40);
    let line = prop_oneof![3 => request(), 4 => mutated, 1 => noise];
    line.prop_map(|mut line| {
        line.retain(|byte| *byte != b'\n');
        line
    })
}

#[test]
fn every_request_is_answered_exactly_once_whatever_the_line_contains() {
    let home = Home::new();
    let host = RefCell::new((Host::new(&home), 0_u32));
    let config = Config { cases: 150, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
    let case = |lines: Vec<Vec<u8>>| {
        let (host, number) = &mut *host.borrow_mut();
        *number += 1;
        let mut expected = 1;
        for line in &lines {
            expected += answers(line);
            host.server.send_raw([line, &b"\n"[..]].concat());
        }
        let end = format!("\"end {number}\"");
        host.server.send_raw(format!(r#"{{"jsonrpc":"2.0","id":{end},"method":"ping"}}"#) + "\n");
        let shown: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        let told: Vec<_> = (0..expected).map(|_| host.server.line()).collect();
        let ends = told.iter().filter(|answer| read(answer).0 == end).count();
        prop_assert!(ends == 1, "{shown:#?}\n{told:#?}");
        // If a request had been answered twice, the second response would appear here or before the end of the next
        // lines.
        Ok(())
    };
    let mut runner = TestRunner::new(config);
    runner.run(&proptest::collection::vec(line(), 1..6), case).unwrap();
    let (mut host, _) = host.into_inner();
    assert_eq!(host.server.ok("ping", json!({})), json!({}));
}
