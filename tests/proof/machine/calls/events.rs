//! Events that clients append, failures and artifacts.

use serde_json::{Value, json};

use super::super::model::{Event, Failure, Model, Question, Thread, Who, pick};
use super::{Call, below, call, event, text};

pub fn append(model: &Model, who: Who, [thread, number, reply]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, .. } = &model.threads[thread];
    let of_thread = |index: &usize| model.events[*index].thread == Some(thread);
    let asks = |index: &usize| {
        let kind = model.events[*index].kind["event"].as_str();
        ["needs_human", "failure", "retry_requested"].map(Some).contains(&kind)
    };
    let any: Vec<_> = (0..model.events.len()).filter(of_thread).collect();
    let asking: Vec<_> = any.iter().copied().filter(asks).collect();
    let reply_to = match reply % 4 {
        0 => pick(&any, reply / 4).copied(),
        1 | 2 => pick(&asking, reply / 4).copied(),
        _ => None,
    };
    let kind = kind(number);
    let mut params = json!({"thread_id": id, "kind": kind});
    if let Some(replied) = reply_to {
        params["reply_to"] = model.events[replied].json["id"].clone();
    }
    let expected = Event { reply_to, ..event(who, *room, Some(thread), kind) };
    Some(call("event/append", params, Ok(vec![expected])).keyed().then(|model, result| {
        let last = model.events.len() - 1;
        assert_eq!(result["event"], model.events[last].json);
        appended(model, last);
    }))
}

pub fn append_batch(model: &Model, who: Who, [thread, number, count]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, .. } = &model.threads[thread];
    let kinds: Vec<_> = (0..1 + count % 5).map(|more| kind(number.wrapping_add(more))).collect();
    let events: Vec<_> = kinds.iter().map(|kind| json!({"thread_id": id, "kind": kind})).collect();
    let expected = kinds.into_iter().map(|kind| event(who, *room, Some(thread), kind)).collect();
    Some(call("event/appendBatch", json!({"events": events}), Ok(expected)).keyed().then(|model, result| {
        let events = result["events"].as_array().unwrap();
        let first = model.events.len() - events.len();
        for (index, event) in (first..).zip(events) {
            assert_eq!(*event, model.events[index].json);
            appended(model, index);
        }
    }))
}

/// The attempt whose outcome an event reports: its index among the failures.
fn attempt_under_way(model: &Model, who: Who, thread: usize, reply_to: Option<usize>) -> Option<usize> {
    let is_it = |at: &usize| {
        let failure = &model.failures[*at];
        let concerned = failure.by == who || failure.retry == reply_to;
        failure.thread == thread && failure.stands && failure.retry.is_some() && concerned
    };
    let mut found: Vec<_> = (0..model.failures.len()).filter(is_it).collect();
    found.sort_by_key(|at| (model.failures[*at].retry != reply_to, *at));
    found.first().copied()
}

/// Records an event that a client has appended: the last one of the log, or `event`.
fn appended(model: &mut Model, index: usize) {
    let Event { who, thread, reply_to, .. } = model.events[index];
    let (thread, kind) = (thread.unwrap(), model.events[index].json["kind"].clone());
    let under_way = attempt_under_way(model, who, thread, reply_to);
    let mut attempt = 1;
    if let Some(at) = under_way.filter(|_| ["failure", "receipt"].contains(&kind["event"].as_str().unwrap()))
    {
        model.failures[at].stands = false;
        attempt = model.failures[at].attempt + 1;
        assert_eq!(kind["retry_of"], model.events[model.failures[at].retry.unwrap()].json["id"]);
    } else {
        assert!(kind.get("retry_of").is_none(), "{kind}");
    }
    match kind["event"].as_str().unwrap() {
        "failure" => {
            assert_eq!(kind.get("attempt").cloned(), (attempt > 1).then(|| json!(attempt)));
            let failure = Failure { event: index, thread, by: who, attempt, retry: None, stands: true };
            model.failures.push(failure);
        }
        "receipt" => {
            for failure in model.failures.iter_mut().filter(|failure| failure.thread == thread) {
                failure.stands &= failure.by != who && Some(failure.event) != reply_to;
            }
        }
        "needs_human" => model.questions.push(Question { event: index, thread, by: who, open: true }),
        "message" | "resumed" => {
            let all = kind["event"] == "resumed" && reply_to.is_none();
            let settles = all || kind["event"] == "resumed" || who == Who::Ada;
            for question in model.questions.iter_mut().filter(|question| question.thread == thread) {
                let meant = all || Some(question.event) == reply_to;
                question.open &= !(settles && meant);
            }
        }
        "artifact_linked" => model.artifacts.push(text(&kind["artifact_id"])),
        _ => {}
    }
}

fn kind(number: usize) -> Value {
    // A word that no other event contains.
    let text = format!("word{number}");
    match number % 9 {
        0..=2 => json!({"event": "message", "content": text}),
        3 => json!({"event": "failure", "error": text}),
        4 => json!({"event": "receipt", "summary": text}),
        5 => json!({"event": "needs_human", "reason": text}),
        6 => json!({"event": "resumed"}),
        7 => json!({"event": "tool_call", "tool_name": "sh", "summary": text}),
        _ => json!({"event": "artifact_linked", "path": text, "kind": "log"}),
    }
}

/// Requests another attempt or dismisses, for an event that may be a failure.
pub fn failure(model: &Model, who: Who, [index, number, _]: [usize; 3]) -> Option<Call> {
    let failed = pick(&model.failures, index).map(|failure| failure.event);
    let index = failed.filter(|_| number % 8 > 0).or_else(|| below(model.events.len(), index))?;
    let Event { room, thread, json, .. } = &model.events[index];
    let params = json!({"failure_event_id": json["id"]});
    let at = model.failures.iter().position(|failure| failure.event == index && failure.stands);
    if number % 3 == 0 {
        let dismissed = event(who, *room, *thread, json!({"event": "failure_dismissed"}));
        let expected = at.map(|_| vec![dismissed]).ok_or("conflict");
        return Some(call("failure/dismiss", params, expected).then(move |model, _| {
            model.failures[at.unwrap()].stands = false;
        }));
    }
    let at = at.filter(|at| model.failures[*at].retry.is_none());
    let attempt = at.map(|at| model.failures[at].attempt + 1);
    let asked = event(who, *room, *thread, json!({"event": "retry_requested", "attempt": attempt}));
    let expected = at.map(|_| vec![asked]).ok_or("conflict");
    Some(call("failure/retry", params, expected).keyed().then(move |model, _| {
        model.failures[at.unwrap()].retry = Some(model.events.len() - 1);
    }))
}

pub fn artifact(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, .. } = &model.threads[thread];
    let path = if number % 4 == 0 { "missing.txt" } else { "a.txt" };
    let linked =
        event(who, *room, Some(thread), json!({"event": "artifact_linked", "path": path, "size": 8}));
    let expected = if path == "a.txt" { Ok(vec![linked]) } else { Err("not_found") };
    let params = json!({"thread_id": id, "path": path, "kind": "log"});
    let call = call("artifact/link", params, expected).keyed();
    Some(call.then(|model, artifact| model.artifacts.push(text(&artifact["artifact_id"]))))
}
