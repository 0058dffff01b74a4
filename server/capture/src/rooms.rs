//! Where sessions are recorded: the same rules for those that are captured and for those that are imported.

use workroom_domain::text::clip_middle;
use workroom_protocol::workroom::WorkroomCreateParams;

use super::hosts::one_line;

const MAX_TITLE: usize = 160;

/// The room of sessions that belong to no folder of a project. There is one, however often it is requested.
pub fn personal() -> WorkroomCreateParams {
    WorkroomCreateParams {
        title: Some("Personal".into()),
        idempotency_key: Some("personal".into()),
        ..WorkroomCreateParams::default()
    }
}

/// The title of a subagent's thread. Its kind is the agent's own word, and can be empty.
pub fn title_of_subagent(kind: &str, parent: &str) -> String {
    let name = if kind.is_empty() { "Subagent" } else { kind };
    clip_middle(&format!("{}: {parent}", one_line(name)), MAX_TITLE).into_owned()
}
