//! The log as a client reads it, and the properties of every store.

use serde_json::{Value, json};
use workroom_store as store;

use crate::support::{Home, Server};

/// Every event of the log. Checks the positions as well.
#[track_caller]
pub fn read(server: &mut Server) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let mut page = server.ok("event/list", json!({"after_seq": all.len(), "limit": 200}));
        for event in page["events"].as_array_mut().unwrap() {
            assert_eq!(event["seq"], all.len() + 1, "the log has no gap and no repeat");
            all.push(event.take());
        }
        if page["more"] == false {
            assert_eq!(page["head_seq"], all.len());
            return all;
        }
    }
}

/// The text that the test gave an event.
pub fn text(event: &Value) -> Option<&str> {
    ["content", "error", "summary", "title"].iter().find_map(|field| event["kind"][field].as_str())
}

/// Asserts that `workroom check` finds no problems in the store.
#[track_caller]
pub fn assert_sound(home: &Home) {
    let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound() && report.stale.is_empty(), "{report:?}");
}
