//! The matrix: every method with every role and every scope, cell by cell.

use std::path::Path;

use serde_json::{Value, json};
use workroom_protocol::actor::Scope;
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::METHODS;

use crate::support::{Home, Server};

/// What a call can be about.
struct World {
    room: String,
    thread: String,
    event: String,
    artifact: String,
    approval: Value,
    failure: Value,
    token: Value,
    workspace: String,
}

impl World {
    fn new(ada: &mut Server, workspace: &Path) -> Self {
        let workspace = workspace.to_str().unwrap().to_owned();
        let room = ada.ok("workroom/create", json!({"title": "Room", "workspace": workspace}));
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

    /// Params that a call of the method succeeds with, for whoever may make it.
    fn params(&self, method: &str, bob: &mut Server) -> Value {
        let Self { room, thread, event, artifact, token, .. } = self;
        let message = json!({"event": "message", "content": "x"});
        match method {
            "rpc.discover" | "server/status" | "shutdown" | "workroom/list" | "thread/list"
            | "event/list" | "event/subscribe" | "artifact/list" | "token/list" | "audit/list" => json!({}),
            "workroom/create" => json!({"title": "Another", "workspace": self.workspace}),
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
            "event/read" => json!({"event_id": event}),
            "event/unsubscribe" => bob_subscription(bob),
            "artifact/link" => json!({"thread_id": thread, "path": "a.txt", "kind": "log"}),
            "artifact/read" => json!({"artifact_id": artifact}),
            "member/add" => json!({"workroom_id": room, "handle": "yan", "kind": "human", "role": "viewer"}),
            "member/update" => json!({"workroom_id": room, "handle": "zed", "display_name": "Z"}),
            "member/remove" => json!({"workroom_id": room, "handle": "zed"}),
            "token/create" => {
                json!({"handle": "zed", "kind": "human", "scopes": ["read"], "workrooms": [room]})
            }
            "token/revoke" => json!({"token_id": token}),
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
            "failure/retry" | "failure/dismiss" => json!({"failure_event_id": self.failure}),
            other => panic!("a new method, `{other}`: say here what it is called with"),
        }
    }
}

fn bob_subscription(bob: &mut Server) -> Value {
    json!({"subscription_id": bob.ok("event/subscribe", json!({}))["subscription_id"]})
}

struct Stage {
    home: Home,
    ada: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let home = Home::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "x").unwrap();
        Self { ada: home.server(), home, folder }
    }

    /// Calls a method as bob, with these scopes and this role in a room made for it, and tells what came of it.
    fn call(&mut self, method: &str, scopes: &[&str], role: &str) -> String {
        let world = World::new(&mut self.ada, self.folder.path());
        let member = json!({"workroom_id": world.room, "handle": "bob", "kind": "human", "role": role});
        self.ada.ok("member/add", member);
        let token = json!({"handle": "bob", "kind": "human", "scopes": scopes});
        // A room that was made with a limited token could not be seen; what a limit does has tests of its own.
        let mut bob = self.home.bearer(&self.ada.token(token));
        bob.careless();
        let params = world.params(method, &mut bob);
        let id = bob.send(method, params);
        let answer = bob.answer(id);
        answer["error"]["data"]["kind"].as_str().unwrap_or("ok").to_owned()
    }
}

/// The methods that a token can be used for at all: the others are about the connection itself.
fn methods() -> impl Iterator<Item = &'static workroom_protocol::method::MethodRow> {
    METHODS.iter().filter(|row| row.name != "initialize")
}

#[test]
fn every_method_with_every_role() {
    let mut stage = Stage::new();
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    for row in methods() {
        for role in MemberRole::ALL {
            let expected = match row.needs.role {
                // Over all rooms: those in which the role is too low are left out.
                _ if ["token/list", "token/revoke", "audit/list"].contains(&row.name) => continue,
                Some(need) if role < need => "forbidden",
                // Another's approval is for those to take back who could decide it.
                _ if row.name == "approval/cancel" && role < MemberRole::Maintainer => "forbidden",
                _ => "ok",
            };
            assert_eq!(
                stage.call(row.name, &scopes, role.name()),
                expected,
                "{} as {}",
                row.name,
                role.name()
            );
        }
    }
}

#[test]
fn every_method_with_every_scope() {
    let mut stage = Stage::new();
    for row in methods().filter(|row| row.name != "token/revoke") {
        for scope in Scope::ALL {
            // A token of any scope reads.
            let has = |need: Scope| need == scope || need == Scope::Read;
            // Another's approval is for those to take back who could decide it.
            let also = row.name != "approval/cancel" || scope == Scope::Approve;
            let expected = if row.needs.scope.is_none_or(has) && also { "ok" } else { "forbidden" };
            assert_eq!(
                stage.call(row.name, &[scope.name()], "owner"),
                expected,
                "{} with {}",
                row.name,
                scope.name()
            );
        }
    }
}

/// The matrix as the documentation has it.
fn printed() -> String {
    let mut out = String::from(
        "| method | scope | viewer | contributor | maintainer | owner |\n|---|---|---|---|---|---|\n",
    );
    for row in METHODS {
        let scope = row.needs.scope.map_or("none", Scope::name);
        let cells: Vec<_> = MemberRole::ALL
            .iter()
            .map(|role| match row.needs.role {
                None => "",
                Some(need) if *role >= need => "yes",
                Some(_) => "no",
            })
            .collect();
        out += &format!("| `{}` | {scope} | {} |\n", row.name, cells.join(" | "));
    }
    out
}

#[test]
fn the_documentation_has_the_matrix() {
    const BEGIN: &str = "<!-- matrix -->\n";
    const END: &str = "<!-- end of matrix -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("a matrix");
    let (found, after) = rest.split_once(END).expect("its end");
    if found == printed() {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", printed())).unwrap();
        return;
    }
    panic!(
        "docs/security.md has another matrix than the table of methods; `UPDATE=1 cargo test -p workroom-server --test people` rewrites it"
    );
}
