//! A room with one of everything, and for each method params that succeed.

use std::path::Path;

use serde_json::{Value, json};

use super::Server;

/// Everything that a call can refer to.
pub struct World {
    pub room: String,
    pub thread: String,
    pub event: String,
    pub artifact: String,
    pub approval: Value,
    pub failure: Value,
    pub token: Value,
    pub workspace: String,
}

impl World {
    pub fn new(ada: &mut Server, workspace: &Path) -> Self {
        let workspace = workspace.to_str().unwrap().to_owned();
        let room =
            ada.ok("workroom/create", json!({"title": "Room", "workspace": workspace, "another": true}));
        let room = room["id"].as_str().unwrap().to_owned();
        let thread =
            ada.ok("thread/create", json!({"workroom_id": room, "title": "T", "kind": "agent_task"}));
        let thread = thread["id"].as_str().unwrap().to_owned();
        ada.ok("thread/attachRef", json!({"thread_id": thread, "ref": "o/r#1"}));
        let link = json!({"thread_id": thread, "path": "a.txt", "kind": "log"});
        let artifact = ada.ok("artifact/link", link)["artifact_id"].as_str().unwrap().to_owned();
        let add = json!({"workroom_id": room, "handle": "zed", "kind": "human", "role": "viewer"});
        ada.ok("member/add", add);
        let token = json!({"handle": "zed", "kind": "human", "scopes": ["read"], "workrooms": [room]});
        let token = ada.ok("token/create", token)["token"]["token_id"].take();
        let failure = ada.append(&thread, json!({"event": "failure", "error": "x"}))["id"].take();
        let ask = json!({"thread_id": thread, "tool_name": "t", "summary": "s"});
        let approval = ada.ok("approval/request", ask);
        let event = ada.say(&thread, "x")["id"].as_str().unwrap().to_owned();
        Self { room, thread, event, artifact, approval, failure, token, workspace }
    }

    /// Params with which a call of the method succeeds, for a caller with the required rights.
    pub fn params(&self, method: &str, server: &mut Server) -> Value {
        let Self { room, thread, event, artifact, token, workspace, .. } = self;
        let message = json!({"event": "message", "content": "x"});
        match method {
            "owner/read" | "session/list" | "rpc.discover" | "server/status" | "shutdown"
            | "workroom/list" | "thread/list" | "event/list" | "event/subscribe" | "artifact/list"
            | "token/list" | "audit/list" => json!({}),
            "owner/set" => json!({"handle": "ada"}),
            "workroom/create" => json!({"title": "Another"}),
            "workroom/open" => json!({"workspace": workspace}),
            // Merging a room with itself changes nothing but requires the same permissions as merging it with
            // another.
            "workroom/merge" => json!({"workroom_id": room, "into": room}),
            "workroom/read" | "workroom/archive" | "workroom/unarchive" | "workroom/link" | "member/list" => {
                json!({"workroom_id": room})
            }
            "workroom/update" => json!({"workroom_id": room, "title": "Other"}),
            "workroom/resolve" => json!({"link": format!("codewhale://workroom/{room}/thread/{thread}")}),
            "thread/create" => json!({"workroom_id": room, "title": "Other", "kind": "channel"}),
            "thread/read" | "thread/archive" | "thread/unarchive" => json!({"thread_id": thread}),
            "thread/update" => json!({"thread_id": thread, "title": "Other"}),
            "thread/attachRef" | "thread/detachRef" => json!({"thread_id": thread, "ref": "o/r#1"}),
            "event/append" => json!({"thread_id": thread, "kind": message}),
            "event/appendBatch" => json!({"events": [{"thread_id": thread, "kind": message}]}),
            "event/import" => json!({"thread_id": thread, "events": [{"id": "evt_0", "kind": message}]}),
            "event/read" => json!({"event_id": event}),
            "event/unsubscribe" => subscription(server),
            "artifact/link" => json!({"thread_id": thread, "path": "a.txt", "kind": "log"}),
            "artifact/read" => json!({"artifact_id": artifact}),
            "member/add" => json!({"workroom_id": room, "handle": "yan", "kind": "human", "role": "viewer"}),
            "member/update" => json!({"workroom_id": room, "handle": "zed", "display_name": "Z"}),
            "member/remove" => json!({"workroom_id": room, "handle": "zed"}),
            "token/create" => {
                json!({"handle": "new", "kind": "human", "scopes": ["read"], "workrooms": [room]})
            }
            "token/revoke" => json!({"token_id": token}),
            "inbox/list" | "inbox/counts" | "inbox/subscribe" => json!({}),
            "inbox/unsubscribe" => {
                json!({"subscription_id": server.ok("inbox/subscribe", json!({}))["subscription_id"]})
            }
            "inbox/markRead" | "inbox/archive" => json!({"thread_id": thread, "upto_seq": 1}),
            "inbox/snooze" => json!({"thread_id": thread, "until": "2099-01-01T00:00:00.000Z"}),
            "inbox/markUnread" | "inbox/unarchive" | "inbox/unsnooze" | "inbox/save" | "inbox/unsave" => {
                json!({"thread_id": thread})
            }
            "thread/setNotificationLevel" => json!({"thread_id": thread, "level": "muted"}),
            "workroom/setNotificationLevel" => json!({"workroom_id": room, "level": "mentions"}),
            "search/query" => json!({"query": "x"}),
            "approval/list" => json!({}),
            "approval/request" => json!({"thread_id": thread, "tool_name": "t", "summary": "s"}),
            "approval/read" | "approval/cancel" => json!({"approval_id": self.approval["approval_id"]}),
            "approval/wait" => json!({"approval_id": self.approval["approval_id"], "timeout_ms": 1}),
            "approval/decide" => json!({
                "approval_id": self.approval["approval_id"],
                "action_digest": self.approval["action_digest"],
                "decision": "approved",
            }),
            "approver/status" => json!({}),
            "approver/set" | "approver/off" | "approver/unlock" => json!({"secret": "an approver secret"}),
            "failure/retry" | "failure/dismiss" => json!({"failure_event_id": self.failure}),
            "presence/list" => json!({}),
            other => panic!("a new method, `{other}`: say here what it is called with"),
        }
    }
}

fn subscription(server: &mut Server) -> Value {
    json!({"subscription_id": server.ok("event/subscribe", json!({}))["subscription_id"]})
}
