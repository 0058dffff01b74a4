//! `@handle` in messages, questions and reports of people and agents.

use serde_json::{Value, json};

use crate::inbox::{World, only, reasons, threads};
use crate::support::Server;

#[track_caller]
fn append(server: &mut Server, thread: &str, kind: Value) -> Value {
    server.ok("event/append", json!({"thread_id": thread, "kind": kind}))
}

#[test]
fn receipts_questions_and_failures_can_mention_an_agent() {
    for (event, field) in
        [("receipt", "summary"), ("needs_human", "reason"), ("failure", "error"), ("message", "content")]
    {
        let mut world = World::new();
        let mut codex = world.home.agent("p", "m", "codex");
        codex.append(&world.thread, json!({"event": "worker_started"}));
        append(&mut world.bot, &world.thread, json!({"event": event, field: "over to @Codex, please"}));
        assert_eq!(reasons(&only(&mut codex, "mentions")), [("mention", 1)], "{event}");
    }
}

#[test]
fn an_event_that_mentions_a_person_in_a_receipt_has_two_reasons() {
    let mut world = World::new();
    append(&mut world.bot, &world.thread, json!({"event": "receipt", "summary": "done, @ada"}));
    let item = only(&mut world.ada, "receipts");
    assert_eq!(reasons(&item), [("mention", 1), ("receipt", 1)]);
    assert_eq!(item["unread"], 1);
    assert_eq!(only(&mut world.ada, "mentions")["thread_id"], json!(world.thread));
    append(&mut world.bot, &world.thread, json!({"event": "needs_human", "reason": "@ada?"}));
    let item = only(&mut world.ada, "needs_human");
    assert_eq!(reasons(&item), [("needs_human", 1), ("mention", 2), ("receipt", 1)]);
    assert_eq!(item["unread"], 2);
    let muted = json!({"thread_id": world.thread, "level": "muted"});
    world.ada.ok("thread/setNotificationLevel", muted);
    assert_eq!(threads(&mut world.ada, "mentions"), [world.thread.clone()]);
}

#[test]
fn a_mention_inside_a_text_without_spaces_reaches_a_member() {
    let mut world = World::new();
    world.bot.append(&world.thread, json!({"event": "worker_started"}));
    for (count, text) in ["请@bot看", "＠bot", "_@bot_", "@bot's", "@bot: go"].into_iter().enumerate() {
        let answer = append(&mut world.ada, &world.thread, json!({"event": "message", "content": text}));
        assert_eq!(answer.get("unreached"), None, "{text}");
        assert_eq!(reasons(&only(&mut world.bot, "mentions")), [("mention", count as u64 + 1)], "{text}");
    }
}

#[test]
fn the_writer_learns_which_mentions_reached_nobody() {
    let mut world = World::new();
    let World { ada, thread, .. } = &mut world;
    let mut say = |kind: Value| append(ada, thread, kind)["unreached"].take();
    assert_eq!(
        say(json!({"event": "message", "content": "@codex and @Codex: look, @ada"})),
        json!(["codex"])
    );
    assert_eq!(say(json!({"event": "receipt", "summary": "done, @ghost."})), json!(["ghost"]));
    assert_eq!(say(json!({"event": "mention", "mentioned_user": "ghost"})), json!(["ghost"]));
    assert_eq!(say(json!({"event": "message", "content": "登录@修复 ada@example.com `@x`"})), Value::Null);
    let batch: Vec<_> = ["@x @y", "@Y @z"]
        .map(|content| json!({"thread_id": thread, "kind": {"event": "message", "content": content}}))
        .into();
    let answer = ada.ok("event/appendBatch", json!({"events": batch}));
    assert_eq!(answer["unreached"], json!(["x", "y", "z"]));
}
