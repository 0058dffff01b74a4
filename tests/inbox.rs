//! The inbox: items that are pending or new for a member; handled items disappear.

mod actions;
mod live;
mod mentions;
mod models;
mod people;
mod views;

use crate::support::{Home, Server};
use serde_json::{Value, json};

/// The local user, one of their agents, and a room with a thread that the user created.
struct World {
    home: Home,
    ada: Server,
    bot: Server,
    room: String,
    thread: String,
}

impl World {
    fn new() -> Self {
        let home = Home::new();
        let mut ada = home.server();
        let bot = home.agent("p", "m", "bot");
        let (room, thread) = ada.thread();
        Self { home, ada, bot, room, thread }
    }

    /// Creates another thread in the room.
    fn thread(&mut self, kind: &str, participants: &[&str]) -> String {
        let params =
            json!({"workroom_id": self.room, "title": "T", "kind": kind, "participants": participants});
        self.ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned()
    }

    /// Another person, with a token for the room.
    fn person(&mut self, handle: &str, role: &str) -> Server {
        let secret = self.ada.token(json!({
            "handle": handle, "kind": "human", "scopes": ["read", "post"], "role": role, "workrooms": [self.room]
        }));
        self.home.bearer(&secret)
    }
}

/// The threads of a view.
#[track_caller]
fn threads(server: &mut Server, view: &str) -> Vec<String> {
    let page = server.ok("inbox/list", json!({"view": view}));
    let ids: Vec<String> =
        items(&page).iter().map(|item| item["thread_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(page["counts"][view], ids.len(), "{view}: {page}");
    ids
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// The only item of a view.
#[track_caller]
fn only(server: &mut Server, view: &str) -> Value {
    let page = server.ok("inbox/list", json!({"view": view}));
    assert_eq!(items(&page).len(), 1, "{page}");
    page["items"][0].clone()
}

/// Why an item is in the inbox: reasons and counts.
fn reasons(item: &Value) -> Vec<(&str, u64)> {
    let reasons = item["reasons"].as_array().unwrap().iter();
    reasons.map(|r| (r["reason"].as_str().unwrap(), r["count"].as_u64().unwrap())).collect()
}

/// The views that contain a thread, according to the lists.
#[track_caller]
fn views_of(server: &mut Server, thread: &str) -> Vec<&'static str> {
    VIEWS.into_iter().filter(|view| threads(server, view).iter().any(|id| id == thread)).collect()
}

const VIEWS: [&str; 11] = [
    "all",
    "direct",
    "mentions",
    "active",
    "needs_approval",
    "needs_human",
    "failed",
    "receipts",
    "saved",
    "snoozed",
    "done",
];
