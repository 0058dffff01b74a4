//! `initialize`: the request that identifies the client. It comes first and once, or not at all.

use crate::support::{Home, Server};
use serde_json::{Value, json};

fn hello(fields: Value) -> Value {
    let mut params = json!({"client_info": {"name": "test", "version": "1"}});
    for (name, value) in fields.as_object().unwrap() {
        params[name] = value.clone();
    }
    params
}

#[track_caller]
fn assert_kind(error: &Value, code: i32, kind: &str) {
    assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(code), &json!(kind)), "{error}");
}

#[track_caller]
fn assert_too_late(server: &mut Server) {
    let error = server.err("initialize", hello(json!({})));
    assert_kind(&error, -32600, "invalid_request");
}

#[test]
fn without_initialize_the_connection_is_the_local_owner() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    assert_eq!(server.say(&thread, "x")["actor"], json!({"kind": "human", "handle": "ada"}));
}

#[test]
fn the_result_names_the_identity_and_the_position_of_the_log() {
    let home = Home::new();
    let mut server = home.server();
    let told = server.ok("initialize", hello(json!({"protocol_version": 7, "token": null})));
    assert_eq!(told["protocol_version"], 1);
    assert_eq!(told["server_info"]["name"], "workroom");
    assert_eq!(told["head_seq"], 0);
    let scopes = json!(["read", "post", "approve", "admin"]);
    assert_eq!(told["identity"], json!({"handle": "ada", "kind": "human", "scopes": scopes}));
    assert_eq!(told["epoch"], server.ok("server/status", json!({}))["epoch"]);
}

#[test]
fn a_second_initialize_is_refused() {
    let home = Home::new();
    let mut server = home.server();
    server.ok("initialize", hello(json!({})));
    assert_too_late(&mut server);
    server.ok("workroom/list", json!({}));
    assert_too_late(&mut server);
}

#[test]
fn initialize_after_another_request_is_refused() {
    for first in ["workroom/list", "server/status", "rpc.discover", "nope"] {
        let home = Home::new();
        let mut server = home.server();
        let id = server.send(first, json!({}));
        server.answer(id);
        assert_too_late(&mut server);
        server.ok("workroom/list", json!({}));
    }
}

#[test]
fn initialize_must_also_come_first_in_a_batch() {
    let home = Home::new();
    let initialize =
        |id: u64| json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": hello(json!({}))});
    let list = |id: u64| json!({"jsonrpc": "2.0", "id": id, "method": "workroom/list"});
    let mut server = home.server();
    server.send_raw(format!("{}\n", json!([initialize(1), list(2), initialize(3)])));
    let answers: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(answers[0]["result"]["protocol_version"], 1);
    assert_eq!(answers[1]["result"], json!({"workrooms": []}));
    assert_kind(&answers[2]["error"], -32600, "invalid_request");

    let mut server = home.server();
    server.send_raw(format!("{}\n", json!([list(1), initialize(2)])));
    let answers: Value = serde_json::from_str(&server.line()).unwrap();
    assert_kind(&answers[1]["error"], -32600, "invalid_request");
}

#[test]
fn invalid_input_before_initialize_is_allowed() {
    let home = Home::new();
    let mut server = home.server();
    server.send_raw(
        "\n{\n{\"jsonrpc\":\"2.0\",\"method\":\"$/setTrace\"}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n",
    );
    server.line();
    server.ok("initialize", hello(json!({})));
}

#[test]
fn a_failed_initialize_can_be_tried_again() {
    let home = Home::new();
    let mut server = home.server();
    assert_kind(&server.err("initialize", json!({})), -32602, "invalid_params");
    assert_kind(&server.err("initialize", hello(json!({"protocol_version": 0}))), -32602, "invalid_params");
    let error = server.err("initialize", hello(json!({"epoch": "0".repeat(32)})));
    assert_kind(&error, 1003, "cursor_expired");
    server.ok("initialize", hello(json!({})));
}

#[test]
fn the_epoch_of_this_store_is_accepted() {
    let home = Home::new();
    let epoch = home.server().ok("server/status", json!({}))["epoch"].take();
    let told = home.server().ok("initialize", hello(json!({"epoch": epoch})));
    assert_eq!(told["epoch"], epoch);
}

#[test]
fn a_connection_that_names_an_agent_acts_as_that_agent() {
    let home = Home::new();
    let agent = json!({"provider": "anthropic", "model": "m-1", "agent_id": "worker-1"});
    let mut server = home.server();
    let told = server.ok("initialize", hello(json!({"agent": agent})));
    let mut identity = told["identity"].clone();
    let session = identity["session_id"].take();
    let expected =
        json!({"handle": "worker-1", "kind": "agent", "scopes": ["read", "post"], "session_id": null});
    assert_eq!(identity, expected);
    let (_, thread) = server.thread();
    let event = server.say(&thread, "x");
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "worker-1"}));
    assert_eq!((&event["agent"], &event["session_id"]), (&agent, &session));
}

#[test]
fn a_notification_that_was_opted_out_of_is_not_sent() {
    let home = Home::new();
    let mut server = home.server();
    server.ok("initialize", hello(json!({"opt_out_notifications": ["event/appended"]})));
    let (_, thread) = server.thread();
    server.ok("event/subscribe", json!({"after_seq": 0}));
    server.say(&thread, "x");
    server.assert_quiet();
}

#[test]
fn opting_out_of_an_unknown_notification_is_refused() {
    let home = Home::new();
    let mut server = home.server();
    let error = server.err("initialize", hello(json!({"opt_out_notifications": ["event/appended", "x"]})));
    assert_kind(&error, -32602, "invalid_params");
    assert_eq!(error["data"]["path"], "opt_out_notifications[1]");
}

#[test]
fn an_unknown_token_is_unauthenticated_and_gives_no_rights() {
    let home = Home::new();
    let mut server = home.server();
    for token in ["", "x", "wrk_agent_0000000000000000000000000000000000000000000_000000"] {
        assert_kind(&server.err("initialize", hello(json!({"token": token}))), 1005, "unauthenticated");
    }
    for method in ["workroom/list", "workroom/create", "server/status", "nope"] {
        assert_kind(&server.err(method, json!({})), 1005, "unauthenticated");
    }
    assert_kind(&server.err("initialize", hello(json!({}))), 1005, "unauthenticated");
    drop(server);
    assert_eq!(home.server().ok("workroom/list", json!({})), json!({"workrooms": []}));
}

#[test]
fn an_unknown_token_in_the_environment_is_unauthenticated() {
    let home = Home::new();
    // Even an empty token counts: the person who set the variable wanted the client to have limited rights.
    for token in ["wrk_agent_0_0", "", " "] {
        let mut command = home.command(["app-server"]);
        command.env("CODEWHALE_RUNTIME_TOKEN", token);
        let mut server = Server::spawn(command);
        for method in ["workroom/list", "initialize", "nope"] {
            assert_kind(&server.err(method, json!({})), 1005, "unauthenticated");
        }
        server.close_input();
    }
}
