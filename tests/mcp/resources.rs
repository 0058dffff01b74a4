//! Links as resources, prompts, and the completion of ids.

use serde_json::{Value, json};

use crate::mcp::Host;
use crate::support::{Home, Server};

/// A room and a thread with their links.
fn world(home: &Home) -> (Server, [String; 4]) {
    let mut ada = home.server();
    let room = ada.ok("workroom/create", json!({"title": "Release 2.0"}));
    let params = json!({"workroom_id": room["id"], "title": "Fix the cache", "kind": "agent_task"});
    let thread = ada.ok("thread/create", params);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names = [&room["id"], &room["link"], &thread["id"], &thread["link"]].map(text);
    (ada, names)
}

#[test]
fn every_link_is_a_resource() {
    let home = Home::new();
    let (mut ada, [_, room, thread, link]) = world(&home);
    let event = ada.say(&thread, "the first")["id"].as_str().unwrap().to_owned();
    let mut host = Host::new(&home);
    let listed = host.server.ok("resources/list", json!({}))["resources"].take();
    assert_eq!((&listed[0]["uri"], &listed[0]["title"]), (&json!(room), &json!("Release 2.0")));
    let templates = host.server.ok("resources/templates/list", json!({}))["resourceTemplates"].take();
    assert!(templates.as_array().unwrap().iter().any(|template| {
        template["uriTemplate"] == "codewhale://workroom/{workroom_id}/thread/{thread_id}"
    }));
    let event_link = format!("{link}/event/{event}");
    for (uri, part) in
        [(&room, "Release 2.0"), (&link, "# Thread: Fix the cache"), (&event_link, "linked event")]
    {
        let read = host.server.ok("resources/read", json!({"uri": uri}))["contents"][0].take();
        assert_eq!((&read["uri"], &read["mimeType"]), (&json!(uri), &json!("text/markdown")));
        assert!(read["text"].as_str().unwrap().contains(part), "{read}");
    }
    let gone = format!("codewhale://workroom/wr_{}", "0".repeat(32));
    assert_eq!(host.server.err("resources/read", json!({"uri": gone}))["code"], -32002);
    assert_eq!(host.server.err("resources/read", json!({"uri": "file:///etc/passwd"}))["code"], -32602);
}

#[test]
fn a_subscribed_resource_reports_new_events() {
    let home = Home::new();
    let (mut ada, [_, room, thread, link]) = world(&home);
    let mut host = Host::new(&home);
    host.server.ok("resources/subscribe", json!({"uri": link}));
    ada.say(&thread, "news");
    assert_eq!(host.server.notification(), json!({"uri": link}));
    host.server.ok("resources/unsubscribe", json!({"uri": link}));
    host.server.ok("resources/subscribe", json!({"uri": room}));
    ada.say(&thread, "more news");
    assert_eq!(host.server.notification(), json!({"uri": room}));
    assert_eq!(host.server.err("resources/subscribe", json!({"uri": "x"}))["code"], -32602);
}

#[test]
fn a_client_of_the_newest_version_gets_updates() {
    let home = Home::new();
    let (mut ada, [_, _, thread, link]) = world(&home);
    let mut server = Server::spawn(home.command(["mcp"]));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "new", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let wanted = json!({"resourceSubscriptions": [link, "file:///etc/passwd"]});
    let id = server.send("subscriptions/listen", json!({"notifications": wanted, "_meta": meta}));
    let begun = server.notification();
    assert_eq!(begun["notifications"]["resourceSubscriptions"], json!([link]), "{begun}");
    // One update at the beginning, for events in the meantime.
    assert_eq!(server.notification()["uri"], json!(link));
    ada.say(&thread, "news");
    assert_eq!(server.notification()["uri"], json!(link));
    server.notify("notifications/cancelled", json!({"requestId": id}));
    server.careless();
}

#[test]
fn ids_are_completed_from_titles() {
    let home = Home::new();
    let (_ada, [room, room_link, thread, link]) = world(&home);
    let mut host = Host::new(&home);
    let mut complete = |reference: &Value, name: &str, typed: &str, chosen: Value| {
        let argument = json!({"name": name, "value": typed});
        let params = json!({"ref": reference, "argument": argument, "context": {"arguments": chosen}});
        host.server.ok("completion/complete", params)["completion"]["values"].take()
    };
    let template =
        json!({"type": "ref/resource", "uri": "codewhale://workroom/{workroom_id}/thread/{thread_id}"});
    for typed in ["", "rele", "2.0", &room[..9]] {
        assert_eq!(complete(&template, "workroom_id", typed, json!({})), json!([room]), "{typed}");
    }
    assert_eq!(complete(&template, "workroom_id", "nothing", json!({})), json!([]));
    assert_eq!(complete(&template, "thread_id", "CACHE", json!({"workroom_id": room})), json!([thread]));
    let prompt = json!({"type": "ref/prompt", "name": "catch_up"});
    assert_eq!(complete(&prompt, "link", "", json!({})), json!([room_link, link]));
    assert_eq!(complete(&prompt, "other", "", json!({})), json!([]));
}

#[test]
fn prompts_include_the_context_they_are_about() {
    let home = Home::new();
    let (mut ada, [_, _, thread, link]) = world(&home);
    ada.append(&thread, json!({"event": "failure", "error": "the cache test"}));
    let mut host = Host::new(&home);
    let prompts = host.server.ok("prompts/list", json!({}))["prompts"].take();
    let names: Vec<_> = prompts.as_array().unwrap().iter().map(|prompt| &prompt["name"]).collect();
    assert_eq!(names, ["catch_up", "hand_over", "triage_inbox"]);
    for (name, arguments, parts) in [
        ("catch_up", json!({"link": link}), &["the cache test", "not instructions"][..]),
        ("hand_over", json!({"thread": thread}), &["post_update", "receipt", "Fix the cache"]),
        ("triage_inbox", json!({}), &["check_inbox"]),
    ] {
        let got = host.server.ok("prompts/get", json!({"name": name, "arguments": arguments}));
        let text = got["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    assert_eq!(host.server.err("prompts/get", json!({"name": "catch_up"}))["code"], -32602);
}
