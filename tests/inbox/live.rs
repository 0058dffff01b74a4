//! Subscriptions to the inbox.

use std::time::Duration;

use serde_json::{Value, json};

use crate::inbox::{World, only, threads, views_of};
use crate::support::Server;
use crate::support::clock::{Clock, from_now};

const HOUR: Duration = Duration::from_secs(3600);

#[track_caller]
fn subscribe(server: &mut Server, params: Value) -> Value {
    server.ok("inbox/subscribe", params)
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["thread_id"].as_str().unwrap_or_default()).collect()
}

#[test]
fn a_client_is_notified_of_added_and_removed_items() {
    let World { home: _home, mut ada, mut bot, thread, .. } = World::new();
    let begun = subscribe(&mut ada, json!({"view": "needs_human"}));
    assert_eq!((ids(&begun["items"]), &begun["counts"]["needs_human"]), (vec![], &json!(0)));
    let asked = bot.append(&thread, json!({"event": "needs_human", "reason": "?"}));
    let told = ada.notification();
    assert_eq!(told["subscription_id"], begun["subscription_id"]);
    assert_eq!((ids(&told["items"]), &told["removed"]), (vec![&*thread], &json!([])));
    assert_eq!((&told["counts"]["needs_human"], &told["as_of_seq"]), (&json!(1), &asked["seq"]));
    bot.append(&thread, json!({"event": "resumed"}));
    let told = ada.notification();
    assert_eq!((ids(&told["items"]), &told["removed"]), (vec![], &json!([thread])));
    assert_eq!(told["counts"]["needs_human"], 0);
    // An event that is relevant for nobody causes no notification.
    bot.append(&thread, json!({"event": "tool_call", "tool_name": "sh", "summary": "ls"}));
    ada.assert_quiet();
    ada.ok("inbox/unsubscribe", json!({"subscription_id": begun["subscription_id"]}));
    bot.append(&thread, json!({"event": "needs_human", "reason": "?"}));
    ada.assert_quiet();
    let again = json!({"subscription_id": begun["subscription_id"]});
    assert_eq!(ada.refusal("inbox/unsubscribe", again), "not_found");
}

#[test]
fn other_clients_of_a_member_are_notified_of_the_members_actions() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    let mut phone = home.server();
    let seen = bot.say(&thread, "@ada")["seq"].clone();
    subscribe(&mut phone, json!({"view": "mentions"}));
    ada.ok("inbox/markRead", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(phone.notification()["items"][0]["unread"], 0);
    // Doing it twice causes one notification.
    ada.ok("inbox/markRead", json!({"thread_id": thread, "upto_seq": seen}));
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(phone.notification()["removed"], json!([thread]));
    ada.ok("inbox/save", json!({"thread_id": thread}));
    assert_eq!(phone.notification()["counts"]["saved"], 1);
    phone.assert_quiet();
}

#[test]
fn a_client_resumes_from_its_last_position() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    let begun = subscribe(&mut ada, json!({}));
    bot.say(&thread, "@ada one");
    let told = ada.notification();
    ada.kill();
    // While no client is connected: a new event, and a change that writes no event.
    let mut phone = home.server();
    let params = json!({"thread_id": thread, "upto_seq": told["as_of_seq"]});
    phone.ok("inbox/archive", params);
    let mut ada = home.server();
    let params = json!({"as_of_seq": told["as_of_seq"], "epoch": begun["epoch"]});
    let resumed = subscribe(&mut ada, params);
    assert_eq!(ids(&resumed["items"]), [""; 0]);
    assert_eq!(ada.notification()["removed"], json!([thread]));
    bot.say(&thread, "@ada two");
    assert_eq!(ids(&ada.notification()["items"]), [&*thread]);
    ada.assert_quiet();
    assert_eq!(ada.refusal("inbox/subscribe", json!({"as_of_seq": 99})), "cursor_expired");
    assert_eq!(ada.refusal("inbox/subscribe", json!({"as_of_seq": 1, "epoch": "x"})), "cursor_expired");
}

#[test]
fn a_slow_client_eventually_receives_everything() {
    let mut world = World::new();
    let all: Vec<String> = (0..300).map(|_| world.thread("channel", &[])).collect();
    let World { mut ada, mut bot, .. } = world;
    subscribe(&mut ada, json!({"view": "mentions"}));
    for round in 0..3 {
        let events: Vec<_> = all
            .iter()
            .map(|thread| {
                let content = format!("@ada {round} {}", "x".repeat(1000));
                json!({"thread_id": thread, "kind": {"event": "message", "content": content}})
            })
            .collect();
        bot.ok("event/appendBatch", json!({"events": events}));
    }
    let mut unread = std::collections::HashMap::new();
    while unread.values().filter(|unread| **unread == 3).count() < all.len() {
        for item in ada.notification()["items"].as_array().unwrap() {
            unread.insert(item["thread_id"].as_str().unwrap().to_owned(), item["unread"].as_u64().unwrap());
        }
    }
    ada.careless();
}

#[test]
fn a_snoozed_item_comes_back_on_time() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    bot.say(&thread, "@ada");
    let mut phone = home.server();
    subscribe(&mut phone, json!({"view": "mentions"}));
    ada.ok("inbox/snooze", json!({"thread_id": thread, "until": from_now(Duration::from_millis(700))}));
    assert_eq!(phone.notification()["removed"], json!([thread]));
    assert_eq!(views_of(&mut ada, &thread), ["snoozed"]);
    assert_eq!(ids(&phone.notification()["items"]), [&*thread]);
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
    assert!(only(&mut ada, "all").get("snoozed_until").is_none());
}

#[test]
fn a_snoozed_item_comes_back_although_no_server_ran_at_that_time() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    bot.say(&thread, "@ada");
    ada.ok("inbox/snooze", json!({"thread_id": thread, "until": from_now(HOUR)}));
    ada.kill();
    let clock = Clock::new();
    let mut ada = clock.server(&home);
    assert_eq!(threads(&mut ada, "snoozed"), std::slice::from_ref(&thread));
    ada.kill();
    clock.set("+2h");
    let mut ada = clock.server(&home);
    assert_eq!(ada.ok("inbox/counts", json!({}))["counts"]["all"], 1);
    assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
    // Setting the clock back does not snooze anything again, neither in this process nor in one whose clock was
    // always correct.
    for back in ["+0", "-1y"] {
        clock.set(back);
        assert_eq!(views_of(&mut ada, &thread), ["all", "mentions", "active"]);
        assert_eq!(views_of(&mut home.server(), &thread), ["all", "mentions", "active"]);
    }
}

#[test]
fn a_clock_that_jumps_ends_a_snooze_for_connected_clients_too() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    bot.say(&thread, "@ada");
    ada.ok("inbox/snooze", json!({"thread_id": thread, "until": from_now(HOUR)}));
    let clock = Clock::new();
    let mut phone = clock.server(&home);
    subscribe(&mut phone, json!({"view": "mentions"}));
    clock.set("+2h");
    // Any notification also makes the server check the clock.
    bot.say(&thread, "nothing that presses");
    assert_eq!(ids(&phone.notification()["items"]), [&*thread]);
    assert_eq!(views_of(&mut phone, &thread), ["all", "mentions", "active"]);
    phone.careless();
}
