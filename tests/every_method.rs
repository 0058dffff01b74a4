//! The method table and the server agree.

use crate::support::{Home, repository};
use serde_json::{Value, json};
use workroom_protocol::methods::METHODS;
use workroom_protocol::notifications::NOTIFICATIONS;

fn openrpc() -> Value {
    let root = repository();
    serde_json::from_str(&std::fs::read_to_string(root.join("schema/openrpc.json")).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table_has_a_handler() {
    let home = Home::new();
    for row in METHODS {
        // Each method gets its own connection, because `initialize` must come first and `shutdown` last.
        let mut server = home.server();
        let id = server.send(row.name, json!({}));
        let answer = server.answer(id);
        let error = &answer["error"]["data"]["kind"];
        assert!(error.is_null() || error == "invalid_params", "{}: {answer}", row.name);
    }
}

#[test]
fn rpc_discover_returns_the_checked_in_document() {
    let home = Home::new();
    let mut server = home.server();
    assert_eq!(server.ok("rpc.discover", json!({})), openrpc());
}

#[test]
fn the_capabilities_match_the_tables() {
    let home = Home::new();
    let mut server = home.server();
    let told = server.ok("initialize", json!({"client_info": {"name": "test", "version": "1"}}));
    let methods: Vec<_> = METHODS.iter().map(|row| row.name).collect();
    let notifications: Vec<_> = NOTIFICATIONS.iter().map(|row| row.name).collect();
    assert_eq!(told["capabilities"]["methods"], json!(methods));
    assert_eq!(told["capabilities"]["notifications"], json!(notifications));
    let document = openrpc();
    let documented: Vec<_> = document["methods"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(json!(documented), json!(methods));
}
