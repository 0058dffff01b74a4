//! The calls of each method, and their expected outcome.

use serde_json::{Value, json};

use super::model::{Approval, Event, Failure, Model, Question, Room, Thread, Who, pick};

/// A request and the outcome that the model expects.
pub struct Call {
    pub method: &'static str,
    pub params: Value,
    /// Whether it accepts an `idempotency_key`.
    pub keyed: bool,
    /// The events that it writes, or the kind of its error.
    pub expected: Result<Vec<Event>, &'static str>,
    /// What the model learns from the result.
    pub then: Then,
}

type Then = Box<dyn FnOnce(&mut Model, &Value)>;

type Make = fn(&Model, Who, [usize; 3]) -> Option<Call>;

/// The calls that write, and how often each is made.
pub const CALLS: &[(u32, Make)] = &[
    (3, create_room),
    (2, update_room),
    (1, archive_room),
    (6, create_thread),
    (2, update_thread),
    (2, archive_thread),
    (4, attach),
    (2, detach),
    (16, append),
    (4, append_batch),
    (6, request),
    (5, decide),
    (2, cancel),
    (5, failure),
    (2, artifact),
    (3, add_member),
    (2, update_member),
    (2, remove_member),
    (1, create_token),
    (1, revoke_token),
    (3, save),
];

const REFS: &[&str] = &["o/r#1", "o/r#2", "o/r@0123abc", "https://example.com/x"];
const MEMBERS: &[&str] = &["zed", "yan"];
const ROLES: &[&str] = &["viewer", "contributor", "maintainer"];

fn call(method: &'static str, params: Value, expected: Result<Vec<Event>, &'static str>) -> Call {
    Call { method, params, keyed: false, expected, then: Box::new(|_, _| {}) }
}

impl Call {
    fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    fn then(self, then: impl FnOnce(&mut Model, &Value) + 'static) -> Self {
        Self { then: Box::new(then), ..self }
    }

    /// A call that agents cannot make.
    fn for_people(self, who: Who) -> Self {
        if who == Who::Bot { Self { expected: Err("forbidden"), ..self } } else { self }
    }
}

fn event(who: Who, room: usize, thread: Option<usize>, kind: Value) -> Event {
    Event { who, room, thread, kind, reply_to: None, json: Value::Null }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A number below `count`, if there is one.
fn below(count: usize, number: usize) -> Option<usize> {
    (count > 0).then(|| number % count)
}

pub fn create_room(model: &Model, who: Who, [number, ..]: [usize; 3]) -> Option<Call> {
    // Agents have other roles in their own rooms; the tests in `people` cover roles.
    if who == Who::Bot {
        return None;
    }
    let title = format!("Room {}", number % 100);
    let params = json!({"title": title, "workspace": model.workspace, "another": true});
    let created =
        event(Who::Ada, model.rooms.len(), None, json!({"event": "workroom_created", "title": title}));
    let call = call("workroom/create", params, Ok(vec![created])).keyed();
    Some(call.then(move |model, room| {
        assert_eq!(room["title"], title);
        model.rooms.push(Room { id: text(&room["id"]), title, archived: false, members: Default::default() });
    }))
}

fn update_room(model: &Model, who: Who, [room, number, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let title = format!("Other {}", number % 100);
    let updated = event(who, room, None, json!({"event": "workroom_updated", "change": {"title": title}}));
    let params = json!({"workroom_id": model.rooms[room].id, "title": title});
    Some(call("workroom/update", params, Ok(vec![updated])).for_people(who).then(move |model, result| {
        assert_eq!(result["title"], title);
        model.rooms[room].title = title;
    }))
}

fn archive_room(model: &Model, who: Who, [room, number, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let archived = number % 3 == 0;
    let changes = model.rooms[room].archived != archived;
    let changed =
        event(who, room, None, json!({"event": "workroom_updated", "change": {"archived": archived}}));
    let method = if archived { "workroom/archive" } else { "workroom/unarchive" };
    let expected = changes.then_some(changed).into_iter().collect();
    let call = call(method, json!({"workroom_id": model.rooms[room].id}), Ok(expected)).for_people(who);
    Some(call.then(move |model, result| {
        assert_eq!(result.get("archived_at").is_some(), archived);
        model.rooms[room].archived = archived;
    }))
}

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

fn update_thread(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
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

fn archive_thread(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, archived: before, .. } = &model.threads[thread];
    let archived = number % 3 == 0;
    let changed = event(who, *room, Some(thread), json!({"event": "thread_updated", "archived": archived}));
    let expected = (*before != archived).then_some(changed).into_iter().collect();
    let method = if archived { "thread/archive" } else { "thread/unarchive" };
    let call = call(method, json!({"thread_id": id}), Ok(expected));
    Some(call.then(move |model, _| model.threads[thread].archived = archived))
}

fn attach(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
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

fn detach(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, refs, .. } = &model.threads[thread];
    let target = *pick(REFS, number)?;
    let detached = event(who, *room, Some(thread), json!({"event": "ref_detached"}));
    let expected = if refs.contains(&target) { Ok(vec![detached]) } else { Err("not_found") };
    let call = call("thread/detachRef", json!({"thread_id": id, "ref": target}), expected);
    Some(call.then(move |model, _| model.threads[thread].refs.retain(|known| *known != target)))
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

fn append(model: &Model, who: Who, [thread, number, reply]: [usize; 3]) -> Option<Call> {
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

fn append_batch(model: &Model, who: Who, [thread, number, count]: [usize; 3]) -> Option<Call> {
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

fn request(model: &Model, who: Who, [thread, number, older]: [usize; 3]) -> Option<Call> {
    let thread = below(model.threads.len(), thread)?;
    let Thread { id, room, .. } = &model.threads[thread];
    let summary = format!("word{number}");
    let mut params = json!({"thread_id": id, "tool_name": "sh", "summary": summary});
    let asked = json!({"event": "approval_request", "tool_name": "sh", "summary": summary});
    let mut expected = Ok(vec![event(who, *room, Some(thread), asked)]);
    let older = below(model.approvals.len(), older / 3).filter(|_| older % 3 == 0);
    if let Some(older) = older {
        let known = &model.approvals[older];
        params["supersedes"] = json!(known.id);
        let ended = json!({"event": "approval_decided", "approval_id": known.id, "decision": "superseded"});
        expected = match known {
            known if known.thread != thread || known.by != who => Err("conflict"),
            known if known.state != "pending" => Err("already_decided"),
            _ => expected
                .map(|asked| [event(who, *room, Some(thread), ended)].into_iter().chain(asked).collect()),
        };
    }
    Some(call("approval/request", params, expected).keyed().then(move |model, approval| {
        if let Some(older) = older {
            model.approvals[older].state = "superseded";
        }
        let (id, digest) = (text(&approval["approval_id"]), text(&approval["action_digest"]));
        model.approvals.push(Approval { id, digest, thread, by: who, state: "pending" });
    }))
}

fn decide(model: &Model, who: Who, [approval, number, _]: [usize; 3]) -> Option<Call> {
    let at = below(model.approvals.len(), approval)?;
    let Approval { id, digest, thread, by, state } = &model.approvals[at];
    let decision = if number % 2 == 0 { "approved" } else { "denied" };
    let seen = if number % 7 == 0 { "sha256:0" } else { digest };
    let kind = json!({"event": "approval_decided", "approval_id": id, "decision": decision});
    let decided = event(who, model.threads[*thread].room, Some(*thread), kind);
    let expected = match () {
        () if *by == Who::Ada => Err("forbidden"),
        () if *state != "pending" => Err("already_decided"),
        () if seen != digest => Err("conflict"),
        () => Ok(vec![decided]),
    };
    let params = json!({"approval_id": id, "action_digest": seen, "decision": decision});
    Some(call("approval/decide", params, expected).for_people(who).then(move |model, result| {
        assert_eq!(result["state"], decision);
        model.approvals[at].state = decision;
    }))
}

fn cancel(model: &Model, who: Who, [approval, ..]: [usize; 3]) -> Option<Call> {
    let at = below(model.approvals.len(), approval)?;
    let Approval { id, thread, by, state, .. } = &model.approvals[at];
    let kind = json!({"event": "approval_decided", "approval_id": id, "decision": "cancelled"});
    let cancelled = event(who, model.threads[*thread].room, Some(*thread), kind);
    let expected = match () {
        () if who == Who::Bot && *by == Who::Ada => Err("forbidden"),
        () if *state != "pending" => Err("already_decided"),
        () => Ok(vec![cancelled]),
    };
    let call = call("approval/cancel", json!({"approval_id": id}), expected);
    Some(call.then(move |model, _| model.approvals[at].state = "cancelled"))
}

/// Requests another attempt or dismisses, for an event that may be a failure.
fn failure(model: &Model, who: Who, [index, number, _]: [usize; 3]) -> Option<Call> {
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

fn artifact(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
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

fn add_member(model: &Model, who: Who, [room, member, role]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let (handle, role) = (*pick(MEMBERS, member)?, *pick(ROLES, role)?);
    let Room { id, members, .. } = &model.rooms[room];
    let added = event(who, room, None, json!({"event": "member_changed", "handle": handle, "role": role}));
    let expected = if members.contains_key(handle) { Err("conflict") } else { Ok(vec![added]) };
    let params = json!({"workroom_id": id, "handle": handle, "kind": "human", "role": role});
    let call = call("member/add", params, expected).keyed().for_people(who);
    Some(call.then(move |model, _| {
        model.rooms[room].members.insert(handle, role);
    }))
}

fn update_member(model: &Model, who: Who, [room, member, role]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let (handle, role) = (*pick(MEMBERS, member)?, *pick(ROLES, role)?);
    let Room { id, members, .. } = &model.rooms[room];
    let changed = event(who, room, None, json!({"event": "member_changed", "handle": handle, "role": role}));
    let expected = match members.get(handle) {
        None => Err("not_found"),
        Some(known) => Ok((*known != role).then_some(changed).into_iter().collect()),
    };
    let params = json!({"workroom_id": id, "handle": handle, "role": role});
    let call = call("member/update", params, expected).for_people(who);
    Some(call.then(move |model, _| {
        model.rooms[room].members.insert(handle, role);
    }))
}

fn remove_member(model: &Model, who: Who, [room, member, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let handle = *pick(MEMBERS, member)?;
    let Room { id, members, .. } = &model.rooms[room];
    let removed = event(who, room, None, json!({"event": "member_changed", "handle": handle}));
    let expected = if members.contains_key(handle) { Ok(vec![removed]) } else { Err("not_found") };
    let call = call("member/remove", json!({"workroom_id": id, "handle": handle}), expected).for_people(who);
    Some(call.then(move |model, _| {
        model.rooms[room].members.remove(handle);
    }))
}

fn create_token(model: &Model, who: Who, [room, member, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let handle = *pick(MEMBERS, member)?;
    let Room { id, members, .. } = &model.rooms[room];
    // The bearer becomes a member of the room.
    let added =
        event(who, room, None, json!({"event": "member_changed", "handle": handle, "role": "viewer"}));
    let expected = (!members.contains_key(handle)).then_some(added).into_iter().collect();
    let params = json!({"handle": handle, "kind": "human", "scopes": ["read"], "workrooms": [id]});
    let call = call("token/create", params, Ok(expected)).keyed().for_people(who);
    Some(call.then(move |model, result| {
        model.rooms[room].members.entry(handle).or_insert("viewer");
        model.tokens.push(text(&result["token"]["token_id"]));
    }))
}

fn revoke_token(model: &Model, who: Who, [token, ..]: [usize; 3]) -> Option<Call> {
    let at = below(model.tokens.len(), token)?;
    let call = call("token/revoke", json!({"token_id": model.tokens[at]}), Ok(Vec::new())).for_people(who);
    Some(call.then(move |model, _| drop(model.tokens.remove(at))))
}

fn save(model: &Model, who: Who, [thread, number, _]: [usize; 3]) -> Option<Call> {
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
