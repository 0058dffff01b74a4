//! Members, and tokens for them.

use serde_json::json;

use super::super::model::{Model, Room, Who, pick};
use super::{Call, below, call, event, text};

const MEMBERS: &[&str] = &["zed", "yan"];
const ROLES: &[&str] = &["viewer", "contributor", "maintainer"];

pub fn add_member(model: &Model, who: Who, [room, member, role]: [usize; 3]) -> Option<Call> {
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

pub fn update_member(model: &Model, who: Who, [room, member, role]: [usize; 3]) -> Option<Call> {
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

pub fn remove_member(model: &Model, who: Who, [room, member, _]: [usize; 3]) -> Option<Call> {
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

pub fn create_token(model: &Model, who: Who, [room, member, _]: [usize; 3]) -> Option<Call> {
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

pub fn revoke_token(model: &Model, who: Who, [token, ..]: [usize; 3]) -> Option<Call> {
    let at = below(model.tokens.len(), token)?;
    let call = call("token/revoke", json!({"token_id": model.tokens[at]}), Ok(Vec::new())).for_people(who);
    Some(call.then(move |model, _| drop(model.tokens.remove(at))))
}
