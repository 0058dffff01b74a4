//! Rooms.

use serde_json::json;

use super::super::model::{Model, Room, Who};
use super::{Call, below, call, event, text};

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

pub fn update_room(model: &Model, who: Who, [room, number, _]: [usize; 3]) -> Option<Call> {
    let room = below(model.rooms.len(), room)?;
    let title = format!("Other {}", number % 100);
    let updated = event(who, room, None, json!({"event": "workroom_updated", "change": {"title": title}}));
    let params = json!({"workroom_id": model.rooms[room].id, "title": title});
    Some(call("workroom/update", params, Ok(vec![updated])).for_people(who).then(move |model, result| {
        assert_eq!(result["title"], title);
        model.rooms[room].title = title;
    }))
}

pub fn archive_room(model: &Model, who: Who, [room, number, _]: [usize; 3]) -> Option<Call> {
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
