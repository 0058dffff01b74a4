//! What adds a thread to each view, and what removes it.

use serde_json::{Value, json};

use crate::inbox::{World, only, reasons, threads, views_of};
use crate::support::Server;

fn seq(server: &mut Server, thread: &str) -> u64 {
    server.ok("thread/read", json!({"thread_id": thread}))["thread"]["head_seq"].as_u64().unwrap()
}

#[test]
fn the_conversation_between_agents_is_not_in_a_persons_inbox() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    let mut other = home.agent("p", "m", "other");
    other.append(&thread, json!({"event": "worker_started"}));
    bot.append(&thread, json!({"event": "worker_started"}));
    bot.append(&thread, json!({"event": "tool_call", "tool_name": "sh", "summary": "ls"}));
    bot.say(&thread, "hello @other");
    other.say(&thread, "hello @bot, all fine");
    ada.say(&thread, "go on");
    assert_eq!(views_of(&mut ada, &thread), ["active"]);
    let item = only(&mut other, "mentions");
    assert_eq!(reasons(&item), [("mention", 1)]);
    assert_eq!(item["preview"], "hello @other");
    assert_eq!(item["last_agent"]["agent_id"], "bot");
    assert_eq!(views_of(&mut bot, &thread), ["all", "mentions", "active"]);
}

#[test]
fn a_mention_reaches_the_member_in_any_form() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    bot.say(&thread, "please look, @ADA. and `@ada` in code");
    assert_eq!(reasons(&only(&mut ada, "mentions")), [("mention", 1)]);
    bot.append(&thread, json!({"event": "mention", "mentioned_user": "@ada"}));
    bot.append(&thread, json!({"event": "mention", "mentioned_user": "nobody"}));
    let item = only(&mut ada, "mentions");
    assert_eq!((reasons(&item), &item["unread"]), (vec![("mention", 2)], &json!(2)));
    ada.say(&thread, "@ada is me");
    assert_eq!(only(&mut ada, "mentions")["unread"], 2);
}

#[test]
fn direct_messages_are_for_the_named_members_or_for_everybody() {
    let mut world = World::new();
    let mut bob = world.person("bob", "contributor");
    let named = world.thread("direct_message", &["bob", "Bot"]);
    let open = world.thread("direct_message", &[]);
    let World { mut ada, mut bot, thread, .. } = world;
    // An agent becomes a member by taking part.
    bot.say(&thread, "here");
    ada.say(&named, "one");
    bot.say(&open, "two");
    assert_eq!(threads(&mut bob, "direct"), [open.clone(), named.clone()]);
    assert_eq!(threads(&mut bot, "direct"), std::slice::from_ref(&named));
    assert_eq!(threads(&mut ada, "direct"), std::slice::from_ref(&open));
    bob.say(&named, "@ada: have a look");
    assert_eq!(threads(&mut ada, "direct"), [named, open]);
    assert_eq!(reasons(&only(&mut ada, "mentions")), [("mention", 1)]);
}

#[test]
fn a_question_is_pending_until_a_person_answers_it() {
    let mut world = World::new();
    let mut bob = world.person("bob", "viewer");
    let World { mut ada, mut bot, thread, .. } = world;
    let asked = bot.append(&thread, json!({"event": "needs_human", "reason": "which\n  one?"}));
    for person in [&mut ada, &mut bob] {
        assert_eq!(views_of(person, &thread), ["all", "active", "needs_human"]);
        let item = only(person, "needs_human");
        assert_eq!(item["reasons"][0]["event_id"], asked["id"]);
        assert_eq!(item["preview"], "which⏎  one?");
        let params = json!({"thread_id": thread, "upto_seq": asked["seq"]});
        let read = person.ok("inbox/markRead", params.clone());
        assert_eq!((&read["items"][0]["unread"], &read["counts"]["needs_human"]), (&json!(0), &json!(1)));
        // Archiving it does not answer it either.
        person.ok("inbox/archive", params);
        assert_eq!(views_of(person, &thread), ["all", "active", "needs_human"]);
    }
    assert_eq!(views_of(&mut bot, &thread), ["active"]);
    let reply = json!({"event": "message", "content": "the left one"});
    ada.ok("event/append", json!({"thread_id": thread, "kind": reply, "reply_to": asked["id"]}));
    assert_eq!(views_of(&mut ada, &thread), ["done"]);
    assert_eq!(views_of(&mut bob, &thread), ["all", "active"]);
    assert_eq!(reasons(&only(&mut bob, "all")), [("message", 1)]);
    assert_eq!(reasons(&only(&mut bot, "all")), [("reply", 1)]);
}

#[test]
fn an_item_that_is_settled_without_a_message_disappears() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    bot.append(&thread, json!({"event": "needs_human", "reason": "?"}));
    bot.append(&thread, json!({"event": "resumed"}));
    assert_eq!(views_of(&mut ada, &thread), ["active"]);
    assert_eq!(only(&mut ada, "active")["unread"], 0);
}

#[test]
fn a_failure_stays_open_until_its_actor_succeeds() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    for error in ["one", "two"] {
        bot.append(&thread, json!({"event": "failure", "error": error}));
    }
    let item = only(&mut ada, "failed");
    assert_eq!((reasons(&item), &item["can_retry"]), (vec![("failure", 2)], &json!(true)));
    assert_eq!(item["status"], "failed");
    bot.append(&thread, json!({"event": "receipt", "summary": "done after all"}));
    assert_eq!(views_of(&mut ada, &thread), ["all", "receipts"]);
    assert_eq!(reasons(&only(&mut ada, "receipts")), [("receipt", 1)]);
    let upto = seq(&mut ada, &thread);
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": upto}));
    assert_eq!(views_of(&mut ada, &thread), ["done"]);
}

#[test]
fn an_approval_is_pending_for_everyone_who_can_decide_it() {
    let mut world = World::new();
    let mut bob = world.person("bob", "contributor");
    let World { mut ada, mut bot, room, thread, .. } = world;
    bot.append(&thread, json!({"event": "approval_request", "tool_name": "rm", "summary": "clean up"}));
    assert_eq!(views_of(&mut ada, &thread), ["all", "active", "needs_approval"]);
    assert!(views_of(&mut bob, &thread).is_empty());
    // A member who gains the right to decide also gets existing pending approvals.
    ada.ok("member/update", json!({"workroom_id": room, "handle": "bob", "role": "maintainer"}));
    assert_eq!(views_of(&mut bob, &thread), ["all", "active", "needs_approval"]);
    let item = only(&mut bob, "needs_approval");
    assert_eq!((reasons(&item), &item["preview"]), (vec![("approval", 1)], &json!("rm: clean up")));
    ada.ok("member/update", json!({"workroom_id": room, "handle": "bob", "role": "contributor"}));
    assert!(!views_of(&mut bob, &thread).contains(&"needs_approval"));
}

#[test]
fn an_approval_disappears_once_it_is_decided() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let params = json!({"thread_id": thread, "tool_name": "rm", "summary": "clean up"});
    let asked = bot.ok("approval/request", params.clone());
    let item = only(&mut ada, "needs_approval");
    assert_eq!(item["approval_ids"], json!([asked["approval_id"]]));
    let decision = json!({
        "approval_id": asked["approval_id"], "decision": "approved", "action_digest": asked["action_digest"]
    });
    ada.ok("approval/decide", decision);
    assert_eq!(views_of(&mut ada, &thread), ["active"]);
    assert_eq!(reasons(&only(&mut bot, "all")), [("decision", 1)]);
    let asked = bot.ok("approval/request", params);
    assert_eq!(threads(&mut ada, "needs_approval"), *std::slice::from_ref(&thread));
    bot.ok("approval/cancel", json!({"approval_id": asked["approval_id"]}));
    assert!(threads(&mut ada, "needs_approval").is_empty());
}

#[test]
fn a_failure_that_is_being_retried_cannot_be_retried_again() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let failed = bot.append(&thread, json!({"event": "failure", "error": "no luck"}));
    assert_eq!(only(&mut ada, "failed")["can_retry"], true);
    let retry = ada.ok("failure/retry", json!({"failure_event_id": failed["id"]}))["event"].take();
    let item = only(&mut ada, "failed");
    assert_eq!((&item["can_retry"], reasons(&item)), (&json!(false), vec![("failure", 1)]));
    assert_eq!(reasons(&only(&mut bot, "all")), [("retry", 1)]);
    let receipt = json!({"event": "receipt", "summary": "done after all"});
    bot.ok("event/append", json!({"thread_id": thread, "kind": receipt, "reply_to": retry["id"]}));
    assert_eq!(views_of(&mut ada, &thread), ["all", "receipts"]);
    let failed = bot.append(&thread, json!({"event": "failure", "error": "again"}));
    ada.ok("failure/dismiss", json!({"failure_event_id": failed["id"], "reason": "never mind"}));
    assert!(threads(&mut ada, "failed").is_empty());
}

#[test]
fn a_new_member_gets_pending_items_but_no_earlier_events() {
    let mut world = World::new();
    let thread = world.thread.clone();
    world.ada.say(&thread, "before");
    world.bot.append(&thread, json!({"event": "failure", "error": "no luck"}));
    let mut bob = world.person("bob", "contributor");
    assert_eq!(reasons(&only(&mut bob, "all")), [("failure", 1)]);
    world.ada.say(&thread, "after");
    assert_eq!(reasons(&only(&mut bob, "all")), [("failure", 1), ("message", 1)]);
}

#[test]
fn items_show_the_current_state_of_the_thread() {
    let World { home: _home, mut ada, mut bot, room, thread, .. } = World::new();
    bot.say(&thread, &format!("@ada {}", "x".repeat(500)));
    ada.ok("thread/update", json!({"thread_id": thread, "title": "New \"title\""}));
    ada.ok("workroom/update", json!({"workroom_id": room, "title": "New room"}));
    let item = only(&mut ada, "all");
    assert_eq!(
        (&item["thread_title"], &item["workroom_title"]),
        (&json!("New \"title\""), &json!("New room"))
    );
    assert_eq!(item["link"], format!("codewhale://workroom/{room}/thread/{thread}"));
    assert_eq!((&item["thread_kind"], &item["status"]), (&json!("agent_task"), &json!("active")));
    let preview = item["preview"].as_str().unwrap();
    assert!(preview.chars().count() <= 200 && preview.ends_with("x⟨+329 characters⟩"), "{preview}");
}

#[test]
fn pages_hold_every_item_once_despite_concurrent_changes() {
    let mut world = World::new();
    let mut all: Vec<String> = (0..9).map(|_| world.thread("channel", &[])).collect();
    for thread in &all {
        world.bot.say(thread, "@ada");
    }
    let mut found: Vec<String> = Vec::new();
    let mut cursor = json!(null);
    loop {
        let page = world.ada.ok("inbox/list", json!({"view": "mentions", "limit": 2, "cursor": cursor}));
        found.extend(
            crate::inbox::items(&page).iter().map(|item| item["thread_id"].as_str().unwrap().to_owned()),
        );
        // One that was already listed, and one that was not.
        world.bot.say(&all[8], "@ada again");
        world.bot.say(&all[1], "@ada again");
        world.thread("channel", &[]);
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    all.reverse();
    assert_eq!(found, all);
}

#[test]
fn an_item_shows_the_question_whatever_was_said_since() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let failure = bot.append(&thread, json!({"event": "failure", "error": "no luck"}));
    let question = bot.append(&thread, json!({"event": "needs_human", "reason": "which one?"}));
    let mut approvals = Vec::new();
    for number in 0..2 {
        let params = json!({"thread_id": thread, "tool_name": "shell", "summary": number.to_string()});
        approvals.push(bot.ok("approval/request", params));
    }
    bot.say(&thread, "@ada");
    let asks = only(&mut ada, "all")["asks"].take();
    let told = |index: usize, name: &str| asks[index][name].clone();
    for (index, approval) in approvals.iter().enumerate() {
        assert_eq!((told(index, "reason"), told(index, "seq")), (json!("approval"), approval["seq"].clone()));
        assert_eq!(told(index, "approval_id"), approval["approval_id"]);
        assert_eq!(told(index, "preview"), format!("shell: {index}"));
    }
    for (index, event, preview) in [(2, &question, "which one?"), (3, &failure, "no luck")] {
        assert_eq!((told(index, "event_id"), told(index, "preview")), (event["id"].clone(), json!(preview)));
        assert_eq!(
            (told(index, "actor"), told(index, "timestamp")),
            (event["actor"].clone(), event["timestamp"].clone())
        );
        assert_eq!(told(index, "approval_id"), Value::Null);
    }
    assert_eq!(asks.as_array().unwrap().len(), 4);
    for _ in 0..9 {
        bot.append(&thread, json!({"event": "needs_human", "reason": "and which?"}));
    }
    let item = only(&mut ada, "all");
    assert_eq!(item["asks"].as_array().unwrap().len(), 5);
    assert_eq!(item["reasons"][1]["count"], 10);
}

#[test]
fn a_preview_that_is_cut_says_how_much_is_missing() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    bot.say(&thread, "@ada short");
    assert_eq!(only(&mut ada, "mentions").get("cut"), None);
    bot.say(&thread, &format!("@ada {}", "x".repeat(1_000)));
    let item = only(&mut ada, "mentions");
    let preview = item["preview"].as_str().unwrap();
    let cut = item["cut"].as_u64().unwrap();
    assert!(preview.ends_with(&format!("⟨+{cut} characters⟩")), "{item}");
}
