//! Compares everything that can be read with the model.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::model::{Model, Who, pick};
use crate::support::Server;

/// What one client reads, and the methods that it uses.
struct Reader<'a> {
    server: &'a mut Server,
    called: BTreeSet<&'static str>,
}

impl Reader<'_> {
    #[track_caller]
    fn ok(&mut self, method: &'static str, params: Value) -> Value {
        self.called.insert(method);
        self.server.ok(method, params)
    }

    /// The values of `name` on all pages of a list.
    #[track_caller]
    fn list(&mut self, method: &'static str, mut params: Value, field: &str, name: &str) -> Vec<String> {
        params["limit"] = json!(3);
        let mut all = Vec::new();
        loop {
            let page = self.ok(method, params.clone());
            let entries = page[field].as_array().unwrap();
            all.extend(entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()));
            match page.get("next_cursor") {
                Some(cursor) => params["cursor"] = cursor.clone(),
                None => return all,
            }
        }
    }
}

/// Compares everything that a client can read. Numbers select the items that are compared in detail. Returns the
/// methods called.
pub fn check(server: &mut Server, who: Who, model: &Model, numbers: [usize; 3]) -> BTreeSet<&'static str> {
    let mut reader = Reader { server, called: BTreeSet::new() };
    let rooms = reader.list("workroom/list", json!({}), "workrooms", "id");
    assert_eq!(rooms, ids(model.rooms_by_activity(), |room| &model.rooms[room].id));
    if let Some(room) = numbers[0].checked_rem(model.rooms.len()) {
        check_room(&mut reader, who, model, room);
    }
    if let Some(thread) = numbers[1].checked_rem(model.threads.len()) {
        check_thread(&mut reader, model, thread);
        check_inbox(&mut reader, who, model, thread, numbers[2]);
    }
    if let Some(event) = pick(&model.events, numbers[2]) {
        let read = reader.ok("event/read", json!({"event_id": event.json["id"]}));
        assert_eq!(read["event"], event.json);
        check_search(&mut reader, model, &event.json);
    }
    let artifacts = reader.list("artifact/list", json!({}), "artifacts", "artifact_id");
    assert_eq!(artifacts, model.artifacts.iter().rev().cloned().collect::<Vec<_>>());
    if let Some(artifact) = pick(&model.artifacts, numbers[0]) {
        // What a client has claimed about a file need not be true.
        let params = json!({"artifact_id": artifact});
        let id = reader.server.send("artifact/read", params);
        reader.called.insert("artifact/read");
        let answer = reader.server.answer(id);
        assert!(answer["result"]["artifact"]["artifact_id"] == **artifact || answer["error"]["code"] == 1001);
    }
    if who == Who::Ada {
        let tokens = reader.list("token/list", json!({}), "tokens", "token_id");
        assert_eq!(tokens, model.tokens.iter().rev().cloned().collect::<Vec<_>>());
        assert!(!reader.ok("audit/list", json!({}))["entries"].is_null());
    }
    if numbers[0].is_multiple_of(16) {
        assert!(reader.ok("rpc.discover", json!({}))["methods"].is_array());
    }
    assert!(reader.ok("server/status", json!({}))["store"]["bytes"].as_u64() > Some(0));
    reader.called
}

fn ids<'m>(of: Vec<usize>, id: impl Fn(usize) -> &'m String) -> Vec<String> {
    of.into_iter().map(|index| id(index).clone()).collect()
}

fn check_room(reader: &mut Reader<'_>, who: Who, model: &Model, room: usize) {
    let known = &model.rooms[room];
    let by_id = json!({"workroom_id": known.id});
    let read = reader.ok("workroom/read", by_id.clone());
    assert_eq!(read["title"], known.title);
    assert_eq!(read.get("archived_at").is_some(), known.archived);
    let threads = reader.list("thread/list", by_id.clone(), "threads", "id");
    assert_eq!(threads, ids(model.threads_by_activity(room), |thread| &model.threads[thread].id));
    let members = reader.ok("member/list", by_id.clone())["members"].take();
    for handle in ["zed", "yan"] {
        let found = members.as_array().unwrap().iter().find(|member| member["handle"] == handle);
        let role = found.map(|member| member["role"].as_str().unwrap());
        assert_eq!(role, known.members.get(handle).copied(), "{handle} in {members}");
    }
    let level = json!({"workroom_id": known.id, "level": "all"});
    assert_eq!(reader.ok("workroom/setNotificationLevel", level)["level"], "all");
    if who == Who::Ada {
        let mine = reader.ok("audit/list", by_id);
        assert!(mine["entries"].is_array());
    }
}

fn check_thread(reader: &mut Reader<'_>, model: &Model, thread: usize) {
    let known = &model.threads[thread];
    let by_id = json!({"thread_id": known.id});
    let read = reader.ok("thread/read", json!({"thread_id": known.id, "limit": 5}));
    assert_eq!(read["thread"]["title"], known.title);
    assert_eq!(read["thread"]["status"], model.status(thread), "{read}");
    assert_eq!(read["thread"]["external_refs"].as_array().unwrap().len(), known.refs.len());
    let of_thread: Vec<_> = model.events.iter().filter(|event| event.thread == Some(thread)).collect();
    let last = of_thread[of_thread.len().saturating_sub(5)..].iter().map(|event| &event.json);
    assert!(read["events"].as_array().unwrap().iter().eq(last), "{read}");
    let link =
        reader.ok("workroom/link", json!({"workroom_id": model.rooms[known.room].id, "thread_id": known.id}));
    let resolved = reader.ok("workroom/resolve", json!({"link": link["url"], "max_tokens": 20_000}));
    assert_eq!(resolved["thread_title"], known.title);
    for (section, count) in [
        ("pending_approvals", model.pending(thread).count()),
        ("needs_human", model.open(thread).count()),
        ("open_failures", model.standing(thread).count()),
    ] {
        assert_eq!(resolved[section].as_array().unwrap().len(), count, "{section} of {resolved}");
    }
    let pending = json!({"thread_id": known.id, "states": ["pending"]});
    let pending = reader.list("approval/list", pending, "approvals", "approval_id");
    let mut expected: Vec<_> = model.pending(thread).map(|approval| approval.id.clone()).collect();
    expected.reverse();
    assert_eq!(pending, expected);
    for approval in model.approvals.iter().filter(|approval| approval.thread == thread).take(3) {
        let by_id = json!({"approval_id": approval.id});
        assert_eq!(reader.ok("approval/read", by_id)["state"], approval.state);
        let wait = json!({"approval_id": approval.id, "timeout_ms": 1});
        assert_eq!(reader.ok("approval/wait", wait)["state"], approval.state);
    }
    let ended = reader.ok("event/subscribe", by_id)["subscription_id"].take();
    reader.ok("event/unsubscribe", json!({"subscription_id": ended}));
}

/// Checks that Ada's inbox has the pending items, whatever she has read, and the saved threads.
fn check_inbox(reader: &mut Reader<'_>, who: Who, model: &Model, thread: usize, number: usize) {
    let by_id = json!({"thread_id": model.threads[thread].id});
    let upto = json!({"thread_id": model.threads[thread].id, "upto_seq": number % (model.events.len() + 1)});
    let until = json!({"thread_id": model.threads[thread].id, "until": "2999-01-01T00:00:00.000Z"});
    match number % 6 {
        0 => reader.ok("inbox/markRead", upto),
        1 => reader.ok("inbox/markUnread", by_id.clone()),
        2 => reader.ok("inbox/archive", upto),
        3 => reader.ok("inbox/unarchive", by_id.clone()),
        4 => reader.ok("inbox/snooze", until),
        _ => reader.ok("inbox/unsnooze", by_id.clone()),
    };
    let level = json!({"thread_id": model.threads[thread].id, "level": "mentions"});
    assert_eq!(reader.ok("thread/setNotificationLevel", level)["level"], "mentions");
    let told = reader.ok("inbox/subscribe", json!({"view": "saved"}));
    reader.ok("inbox/unsubscribe", json!({"subscription_id": told["subscription_id"]}));
    let counts = reader.ok("inbox/counts", json!({}));
    assert_eq!(counts["counts"], told["counts"]);
    if who == Who::Bot {
        return;
    }
    let all = 0..model.threads.len();
    let with = |is: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
        all.clone().filter(|thread| is(*thread)).map(|thread| model.threads[thread].id.clone()).collect()
    };
    for (view, expected) in [
        ("needs_approval", with(&|thread| model.pending(thread).any(|approval| approval.by == Who::Bot))),
        ("needs_human", with(&|thread| model.open(thread).any(|question| question.by == Who::Bot))),
        ("failed", with(&|thread| model.standing(thread).any(|failure| failure.by == Who::Bot))),
        ("saved", with(&|thread| model.saved.contains(&thread))),
    ] {
        let listed: BTreeSet<_> =
            reader.list("inbox/list", json!({"view": view}), "items", "thread_id").into_iter().collect();
        assert_eq!(listed, expected, "{view}");
        assert_eq!(counts["counts"][view], expected.len(), "{view}");
    }
}

/// Checks that a word that only one event contains finds that event.
fn check_search(reader: &mut Reader<'_>, model: &Model, event: &Value) {
    let kind = &event["kind"];
    let said =
        ["content", "error", "reason", "path", "summary"].iter().find_map(|field| kind[field].as_str());
    let Some(word) = said.filter(|said| said.starts_with("word")) else { return };
    let has_it = |json: &Value| json["kind"].to_string().contains(&format!("\"{word}\""));
    let expected: Vec<_> = model.events.iter().map(|event| &event.json).filter(|json| has_it(json)).collect();
    let found = reader.ok("search/query", json!({"query": word, "limit": 200}))["hits"].take();
    let found: BTreeSet<_> = found.as_array().unwrap().iter().map(|hit| hit["seq"].as_u64()).collect();
    let expected: BTreeSet<_> = expected.iter().map(|json| json["seq"].as_u64()).collect();
    assert!(found.is_superset(&expected), "{word}: {found:?}, {expected:?}");
}
