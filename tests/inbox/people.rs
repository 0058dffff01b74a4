//! Whose inbox it is, and what they see in it.

use serde_json::{Value, json};

use crate::inbox::{World, only, reasons, threads, views_of};
use crate::support::Home;

#[test]
fn each_member_has_their_own_inbox() {
    let mut world = World::new();
    let mut bob = world.person("bob", "contributor");
    let World { mut ada, mut bot, thread, .. } = world;
    let seen = bot.say(&thread, "@ada and @Bob")["seq"].clone();
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seen}));
    assert_eq!(views_of(&mut ada, &thread), ["done"]);
    assert_eq!(views_of(&mut bob, &thread), ["all", "mentions", "active"]);
    bob.say(&thread, "fine");
    assert_eq!(reasons(&only(&mut ada, "all")), [("message", 1)]);
}

#[test]
fn a_room_that_a_member_can_no_longer_see_is_in_no_list_and_no_count() {
    let mut world = World::new();
    let mut bob = world.person("bob", "contributor");
    let World { mut ada, room, thread, .. } = world;
    let other = ada.ok("workroom/create", json!({"title": "Other"}))["id"].clone();
    let params = json!({"workroom_id": other, "title": "T", "kind": "channel"});
    let hidden = ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    ada.say(&thread, "@bob");
    ada.say(&hidden, "@bob");
    ada.ok("member/add", json!({"workroom_id": other, "handle": "bob", "kind": "human", "role": "owner"}));
    ada.say(&hidden, "@bob again");
    // The token covers only one room.
    assert_eq!(threads(&mut bob, "all"), std::slice::from_ref(&thread));
    for params in [json!({"workroom_id": other}), json!({"workroom_id": other, "view": "done"})] {
        assert_eq!(bob.refusal("inbox/list", params), "not_found");
    }
    for method in ["inbox/save", "inbox/unsnooze", "inbox/unarchive", "inbox/markUnread"] {
        assert_eq!(bob.refusal(method, json!({"thread_id": hidden})), "not_found");
    }
    assert_eq!(bob.refusal("workroom/setNotificationLevel", json!({"workroom_id": other})), "not_found");

    let begun = bob.ok("inbox/subscribe", json!({}));
    let about = bob.ok("inbox/subscribe", json!({"workroom_id": room}));
    assert_eq!((&begun["counts"]["all"], &about["counts"]["all"]), (&json!(1), &json!(1)));
    ada.say(&hidden, "@bob");
    let told = bob.notification();
    assert_eq!((&told["items"], &told["counts"]["all"]), (&json!([]), &json!(1)));
    bob.notification();
    ada.ok("member/remove", json!({"workroom_id": room, "handle": "bob"}));
    let mut ended = 0;
    for _ in 0..2 {
        let told = bob.notification();
        ended += usize::from(told["reason"] == "not_found");
        assert!(told["reason"] == "not_found" || told["counts"]["all"] == 0, "{told}");
    }
    assert_eq!(ended, 1);
    assert!(threads(&mut bob, "all").is_empty());
    bob.careless();
}

#[test]
fn two_processes_see_one_inbox() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    let mut phone = home.server();
    for number in 0..20 {
        let seq = bot.say(&thread, &format!("@ada {number}"))["seq"].clone();
        assert_eq!(only(&mut ada, "all")["newest_seq"], seq);
        ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seq}));
        assert_eq!(threads(&mut phone, "done"), std::slice::from_ref(&thread));
    }
}

#[test]
fn a_new_member_has_an_empty_inbox() {
    let home = Home::new();
    let mut ada = home.server();
    let counts = ada.ok("inbox/counts", json!({}));
    assert!(counts["counts"].as_object().unwrap().values().all(|count| count == 0), "{counts}");
    assert_eq!(counts["as_of_seq"], 0);
    assert!(threads(&mut ada, "all").is_empty());
}

#[test]
fn an_archive_during_concurrent_writes_holds_and_clears_nothing_unseen() {
    let World { home, mut ada, mut bot, thread, .. } = World::new();
    let mut phone = home.server();
    let clients = [&mut ada, &mut phone];
    let mut sent = Vec::new();
    // Two clients of one member and an agent that keeps writing, all concurrently.
    for client in clients {
        let mut ids = Vec::new();
        for number in 0..60u64 {
            let until = json!({"thread_id": thread, "until": "2999-01-01T00:00:00Z", "upto_seq": 2});
            let params = json!({"thread_id": thread, "upto_seq": 2});
            ids.push(match number % 5 {
                0 => client.send("inbox/markRead", params),
                1 => client.send("inbox/archive", params),
                2 => client.send("inbox/snooze", until),
                3 => client.send("inbox/unsnooze", json!({"thread_id": thread})),
                _ => client.send("inbox/unarchive", json!({"thread_id": thread})),
            });
            if number % 3 == 0 {
                bot.say(&thread, "@ada");
            }
        }
        sent.push(ids);
    }
    for (client, ids) in [&mut ada, &mut phone].into_iter().zip(sent) {
        for answer in client.answers(ids).into_values() {
            assert!(answer.get("result").is_some(), "{answer}");
        }
    }
    for client in [&mut ada, &mut phone] {
        let item = only(client, "all");
        assert_eq!((reasons(&item), &item["unread"]), (vec![("mention", 40)], &json!(40)));
    }
    let report = workroom_store::check(&home.path(), false, &mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn a_revoked_token_receives_no_more_notifications() {
    let mut world = World::new();
    let made = world.ada.ok(
        "token/create",
        json!({"handle": "bob", "kind": "human", "scopes": ["read"], "role": "viewer", "workrooms": [world.room]}),
    );
    let mut bob = world.home.bearer(made["secret"].as_str().unwrap());
    let begun = bob.ok("inbox/subscribe", json!({}));
    world.ada.ok("token/revoke", json!({"token_id": made["token"]["token_id"]}));
    let ended = bob.notification();
    assert_eq!(
        (&ended["subscription_id"], &ended["reason"]),
        (&begun["subscription_id"], &json!("unauthenticated"))
    );
    world.ada.say(&world.thread, "@bob");
    assert_eq!(bob.refusal("inbox/list", json!({})), "unauthenticated");
}

#[test]
fn an_inbox_of_thousands_is_counted_exactly_and_paged_without_a_gap() {
    const THREADS: usize = 2000;
    let mut world = World::new();
    let params = json!({"workroom_id": world.room, "title": "T", "kind": "channel"});
    for _ in 0..THREADS {
        world.ada.send("thread/create", params.clone());
    }
    // Responses arrive in any order; the positions show the order of the writes.
    let mut made: Vec<(u64, String)> = (0..THREADS)
        .map(|_| {
            let answer: Value = serde_json::from_str(&world.ada.line()).unwrap();
            let thread = &answer["result"];
            (thread["head_seq"].as_u64().unwrap(), thread["id"].as_str().unwrap().to_owned())
        })
        .collect();
    made.sort_unstable();
    let all: Vec<String> = made.into_iter().map(|(_, id)| id).collect();
    for part in all.chunks(1000) {
        let kind = json!({"event": "message", "content": "@ada"});
        let events: Vec<_> = part.iter().map(|id| json!({"thread_id": id, "kind": kind})).collect();
        world.bot.ok("event/appendBatch", json!({"events": events}));
    }
    let mut found: Vec<String> = Vec::new();
    let mut cursor = json!(null);
    loop {
        let page = world.ada.ok("inbox/list", json!({"limit": 200, "cursor": cursor}));
        assert_eq!((&page["counts"]["all"], &page["counts"]["unread"]), (&json!(THREADS), &json!(THREADS)));
        found.extend(
            crate::inbox::items(&page).iter().map(|item| item["thread_id"].as_str().unwrap().to_owned()),
        );
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    found.reverse();
    assert!(found == all);
    let upto = world.ada.ok("inbox/counts", json!({}))["as_of_seq"].clone();
    for part in all.chunks(200) {
        world.ada.ok("inbox/archive", json!({"thread_ids": part, "upto_seq": upto}));
    }
    let counts = world.ada.ok("inbox/counts", json!({}))["counts"].clone();
    assert_eq!((&counts["all"], &counts["unread"], &counts["done"]), (&json!(0), &json!(0), &json!(THREADS)));
}
