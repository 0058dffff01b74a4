//! Threads, their references, and saved threads.

use serde_json::json;

use super::super::model::{Model, Thread, Who, pick};
use super::{Call, below, call, event, text};

const REFS: &[&str] = &["o/r#1", "o/r#2", "o/r@0123abc", "https://example.com/x"];

pub fn create_thread(model: &Model, who: Who, [room, number, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let title = format!("Thread {}", number % 100);
    let params = json!({"workroom_id": model.rooms[room].id, "title": title, "kind": "agent_task"});
    let created =
        event(who, room, Some(model.threads.len()), json!({"event": "thread_created", "title": title}));
    let expected = if model.rooms[room].archived { Err("conflict") } else { Ok(vec![created]) };
    Some(call("thread/create", params, expected).keyed().then(move |model, thread| {
        assert_eq!((&thread["title"], &thread["status"]), (&json!(title), &json!("idle")));
        let id = text(&thread["id"]);
        model.threads.push(Thread { id, room, title, archived: false, refs: Vec::new() });
    }))
}

pub fn update_thread(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, .. } = &model.threads[thread];
    let title = format!("Other {}", number % 100);
    let updated = event(who, *room, Some(thread), json!({"event": "thread_updated", "title": title}));
    let call = call("thread/update", json!({"thread_id": id, "title": title}), Ok(vec![updated]));
    Some(call.then(move |model, result| {
        assert_eq!(result["title"], title);
        model.threads[thread].title = title;
    }))
}

pub fn archive_thread(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, archived: before, .. } = &model.threads[thread];
    let archived = number % 3 == 0;
    let changed = event(who, *room, Some(thread), json!({"event": "thread_updated", "archived": archived}));
    let expected = (*before != archived).then_some(changed).into_iter().collect();
    let method = if archived { "thread/archive" } else { "thread/unarchive" };
    let call = call(method, json!({"thread_id": id}), Ok(expected));
    Some(call.then(move |model, _| model.threads[thread].archived = archived))
}

pub fn attach(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, refs, .. } = &model.threads[thread];
    let target = *pick(REFS, number)?;
    let attached =
        event(who, *room, Some(thread), json!({"event": "ref_attached", "primary": refs.is_empty()}));
    let expected = (!refs.contains(&target)).then_some(attached).into_iter().collect();
    let call = call("thread/attachRef", json!({"thread_id": id, "ref": target}), Ok(expected)).keyed();
    Some(call.then(move |model, result| {
        let refs = &mut model.threads[thread].refs;
        if !refs.contains(&target) {
            refs.push(target);
        }
        assert_eq!(result["external_refs"].as_array().unwrap().len(), refs.len());
    }))
}

pub fn detach(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, refs, .. } = &model.threads[thread];
    let target = *pick(REFS, number)?;
    let detached = event(who, *room, Some(thread), json!({"event": "ref_detached"}));
    let expected = if refs.contains(&target) { Ok(vec![detached]) } else { Err("not_found") };
    let call = call("thread/detachRef", json!({"thread_id": id, "ref": target}), expected);
    Some(call.then(move |model, _| model.threads[thread].refs.retain(|known| *known != target)))
}

pub fn save(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let method = if number % 2 == 0 { "inbox/save" } else { "inbox/unsave" };
    let call = call(method, json!({"thread_id": model.threads[thread].id}), Ok(Vec::new()));
    Some(call.then(move |model, _| {
        if who == Who::Bot {
            return;
        }
        if number % 2 == 0 {
            model.saved.insert(thread)
        } else {
            model.saved.remove(&thread)
        };
    }))
}
