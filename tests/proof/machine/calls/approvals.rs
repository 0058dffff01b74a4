//! Approvals.

use serde_json::json;

use super::super::model::{Approval, Model, Thread, Who};
use super::{Call, below, call, event, text};

pub fn request(model: &Model, who: Who, [thread, number, older]: [usize; 3]) -> Option<Call> {
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

pub fn decide(model: &Model, who: Who, [approval, number, _]: [usize; 3]) -> Option<Call> {
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

pub fn cancel(model: &Model, who: Who, [approval, ..]: [usize; 3]) -> Option<Call> {
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
