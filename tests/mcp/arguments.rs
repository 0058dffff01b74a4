//! Arguments in the forms that models write them.

use serde_json::json;

use crate::mcp::Host;
use crate::support::Home;

#[test]
fn numbers_booleans_and_absent_arguments_are_read_in_any_form() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "10", "kind": "", "idempotency_key": null}));
    assert_eq!(thread["title"], "10");
    let id = &thread["id"];
    for text in ["one", "two", "10", "null"] {
        let posted = json!({
            "thread": id, "type": "message", "text": text, "path": "", "reply_to": "null", "idempotency_key": ""
        });
        host.tool("post_update", posted);
    }
    for limit in [json!(2), json!(2.0), json!("2"), json!("2.0"), json!(" 2 "), json!("2e0")] {
        let asked =
            json!({"thread": id, "limit": limit, "before_seq": "", "after_seq": "null", "max_tokens": null});
        let page = host.tool("read_thread", asked);
        let texts: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| &event["text"]).collect();
        assert_eq!(texts, ["10", "null"], "{limit}");
    }
    for active in [json!(true), json!("true"), json!("True")] {
        let listed = host.tool("list_threads", json!({"workroom": "", "active": active, "cursor": ""}));
        assert_eq!(listed["threads"].as_array().unwrap().len(), 1, "{active}");
    }
    let ask = json!({
        "thread": id, "tool_name": "t", "summary": "s", "risk": "", "expires_in_minutes": "10.0",
        "approval_id": "", "wait_seconds": "0", "arguments": {"count": "10", "none": ""}
    });
    let asked = host.tool("request_approval", ask);
    let read = json!({"approval_id": asked["approval_id"]});
    let kept = home.server().ok("approval/read", read)["arguments"].take();
    assert_eq!(kept, json!({"count": "10", "none": ""}), "what is asked for stays as it was written");
    let again =
        json!({"approval_id": asked["approval_id"], "thread": "", "tool_name": "", "wait_seconds": 0.0});
    assert_eq!(host.tool("request_approval", again)["state"], "pending");
    let question = json!({"thread": id, "question": "null", "question_id": "", "wait_seconds": "0"});
    let asked = host.tool("ask_human", question);
    assert_eq!(asked["state"], "waiting");
    for (limit, part) in [
        (json!(2.5), "limit"),
        (json!("2.5"), "limit"),
        (json!("two"), "limit"),
        (json!(4_294_967_296_u64), "limit"),
        (json!("4294967296"), "limit"),
        (json!(-1), "limit"),
        (json!([2]), "limit"),
    ] {
        let told = host.failure("read_thread", json!({"thread": id, "limit": limit}));
        assert!(told.contains(part) && told.contains("invalid_params"), "{limit}: {told}");
    }
}
