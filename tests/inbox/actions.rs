//! Actions of members on their inbox items.

use serde_json::json;

use crate::inbox::{World, only, reasons, threads, views_of};

#[test]
fn unseen_events_are_never_cleared() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let seen = bot.say(&thread, "@ada one")["seq"].clone();
    bot.say(&thread, "@ada two");
    let answer = ada.ok("inbox/markRead", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(answer["items"][0]["unread"], 1);
    let answer = ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(reasons(&answer["items"][0]), [("mention", 1)]);
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
}

#[test]
fn an_archived_item_comes_back_with_new_events() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let seen = bot.say(&thread, "@ada one")["seq"].clone();
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    bot.say(&thread, "not for her");
    assert_eq!(views_of(&mut ada, &thread), ["done"]);
    bot.say(&thread, "@ada two");
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
    assert_eq!(reasons(&only(&mut ada, "all")), [("mention", 1)]);
}

#[test]
fn unarchiving_restores_an_item_as_it_was() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let seen = bot.say(&thread, "@ada one")["seq"].clone();
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    let back = ada.ok("inbox/unarchive", json!({"thread_id": thread}));
    assert_eq!(reasons(&back["items"][0]), [("mention", 1)]);
    assert_eq!(back["items"][0]["done_upto"], seen, "positions only move forward");
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
    ada.ok("inbox/unarchive", json!({"thread_id": thread}));
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(views_of(&mut ada, &thread), ["done"]);
}

#[test]
fn positions_only_move_forward_except_for_marking_unread() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let first = bot.say(&thread, "@ada one")["seq"].as_u64().unwrap();
    bot.say(&thread, "@ada two");
    bot.say(&thread, "@ada three");
    ada.ok("inbox/markRead", json!({"thread_ids": [thread], "upto_seq": first + 2}));
    let back = ada.ok("inbox/markRead", json!({"thread_id": thread, "upto_seq": first}));
    assert_eq!((&back["items"][0]["read_upto"], &back["counts"]["unread"]), (&json!(first + 2), &json!(0)));
    let back = ada.ok("inbox/markUnread", json!({"thread_id": thread}));
    assert_eq!((&back["items"][0]["unread"], &back["counts"]["unread"]), (&json!(1), &json!(1)));
    let back = ada.ok("inbox/markUnread", json!({"thread_id": thread, "from_seq": first + 1}));
    assert_eq!(back["items"][0]["unread"], 2);
    let back = ada.ok("inbox/markUnread", json!({"thread_id": thread, "from_seq": first + 2}));
    assert_eq!(back["items"][0]["unread"], 2, "what is unread stays unread");
}

#[test]
fn invalid_params_are_refused() {
    let World { home: _home, mut ada, thread, .. } = World::new();
    assert_eq!(ada.misfit("inbox/markRead", json!({"upto_seq": 1})), "thread_id");
    let both = json!({"thread_id": thread, "thread_ids": [thread], "upto_seq": 1});
    assert_eq!(ada.misfit("inbox/archive", both), "thread_ids");
    assert_eq!(ada.misfit("inbox/archive", json!({"thread_ids": [], "upto_seq": 1})), "thread_ids");
    let past = json!({"thread_id": thread, "until": "2020-01-01T00:00:00Z"});
    assert_eq!(ada.misfit("inbox/snooze", past), "until");
    for method in ["inbox/markRead", "inbox/archive"] {
        assert_eq!(ada.refusal(method, json!({"thread_id": thread, "upto_seq": 99})), "cursor_expired");
    }
    let unknown = "thr_00000000000070008000000000000000";
    for method in ["inbox/save", "inbox/unsave", "inbox/unsnooze", "inbox/unarchive"] {
        assert_eq!(ada.refusal(method, json!({"thread_id": unknown})), "not_found");
    }
    // All of them or none.
    let some = json!({"thread_ids": [thread, unknown], "upto_seq": 1});
    assert_eq!(ada.refusal("inbox/markRead", some), "not_found");
    assert_eq!(ada.ok("inbox/save", json!({"thread_id": thread}))["items"][0]["read_upto"], 0);
}

#[test]
fn a_saved_item_stays_saved() {
    let mut world = World::new();
    let other = world.thread("channel", &[]);
    let World { mut ada, thread, .. } = world;
    ada.ok("inbox/save", json!({"thread_id": thread}));
    ada.ok("inbox/save", json!({"thread_id": other}));
    assert_eq!(threads(&mut ada, "saved"), [other.clone(), thread.clone()]);
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": 3}));
    assert_eq!(views_of(&mut ada, &thread), ["saved", "done"]);
    ada.ok("inbox/unsave", json!({"thread_id": other}));
    assert_eq!(threads(&mut ada, "saved"), [thread]);
}

#[test]
fn only_urgent_events_end_a_snooze() {
    for (event, ends) in [
        (json!({"event": "message", "content": "for nobody"}), false),
        (json!({"event": "receipt", "summary": "done"}), false),
        (json!({"event": "needs_human", "reason": "?"}), false),
        (json!({"event": "message", "content": "@ada"}), true),
        (json!({"event": "failure", "error": "!"}), true),
        (json!({"event": "approval_request", "tool_name": "rm"}), true),
    ] {
        let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
        bot.say(&thread, "@ada");
        let params = json!({"thread_id": thread, "until": "2999-01-01T00:00:00Z"});
        let put_off = ada.ok("inbox/snooze", params.clone());
        assert_eq!(put_off["items"][0]["snoozed_until"], "2999-01-01T00:00:00.000Z");
        assert_eq!(views_of(&mut ada, &thread), ["snoozed"]);
        bot.append(&thread, event.clone());
        assert_eq!(views_of(&mut ada, &thread).contains(&"snoozed"), !ends, "{event}");
        assert_eq!(threads(&mut ada, "all").is_empty(), !ends, "{event}");
        // A retry of the same request does not snooze again.
        ada.ok("inbox/snooze", params);
        assert_eq!(threads(&mut ada, "all").is_empty(), !ends, "{event}");
    }
}

#[test]
fn a_mention_that_was_not_seen_is_not_snoozed() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let seen = bot.say(&thread, "@ada one")["seq"].clone();
    bot.say(&thread, "@ada two");
    let params = json!({"thread_id": thread, "until": "2999-01-01T00:00:00Z", "upto_seq": seen});
    ada.ok("inbox/snooze", params);
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
}

#[test]
fn snoozing_and_unsnoozing_leaves_everything_as_it_was() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    bot.append(&thread, json!({"event": "needs_human", "reason": "?"}));
    ada.ok("inbox/snooze", json!({"thread_id": thread, "until": "2999-01-01T00:00:00Z"}));
    // Items that need action are still listed.
    assert_eq!(views_of(&mut ada, &thread), ["needs_human", "snoozed"]);
    let back = ada.ok("inbox/unsnooze", json!({"thread_id": thread}));
    assert!(back["items"][0].get("snoozed_until").is_none());
    assert_eq!(views_of(&mut ada, &thread), ["all", "active", "needs_human"]);
}

#[test]
fn a_muted_thread_shows_only_mentions() {
    let mut world = World::new();
    let mut bob = world.person("bob", "contributor");
    let World { mut ada, mut bot, room, thread, .. } = world;
    bob.say(&thread, "hello");
    bot.append(&thread, json!({"event": "failure", "error": "!"}));
    assert_eq!(views_of(&mut ada, &thread), ["all", "active", "failed"]);
    for (method, id, what) in [
        ("thread/setNotificationLevel", &thread, "thread_id"),
        ("workroom/setNotificationLevel", &room, "workroom_id"),
    ] {
        let level = |level| {
            let mut params = json!({"level": level});
            params[what] = json!(id);
            params
        };
        assert_eq!(ada.ok(method, level(json!("muted")))["level"], "muted");
        assert!(views_of(&mut ada, &thread).is_empty());
        assert_eq!(ada.ok(method, level(json!("mentions")))["level"], "mentions");
        assert_eq!(reasons(&only(&mut ada, "all")), [("failure", 1)]);
        assert_eq!(ada.ok(method, level(json!(null)))["level"], "all");
        assert_eq!(reasons(&only(&mut ada, "all")), [("failure", 1), ("message", 1)]);
    }
    ada.ok("workroom/setNotificationLevel", json!({"workroom_id": room, "level": "muted"}));
    bob.say(&thread, "hello @ada");
    let item = only(&mut ada, "all");
    assert_eq!(
        (reasons(&item), &item["unread"], &item["level"]),
        (vec![("mention", 1)], &json!(1), &json!("muted"))
    );
    // The level of the thread takes precedence over that of the room.
    ada.ok("thread/setNotificationLevel", json!({"thread_id": thread, "level": "all"}));
    assert_eq!(only(&mut ada, "all")["unread"], 3);
}
