//! Links to workrooms, threads and events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{EventId, ThreadId, WorkroomId};

/// What a link names. A link is worth nothing alone: whoever resolves it needs to be allowed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct WorkroomLink {
    /// The workroom.
    pub workroom_id: WorkroomId,
    /// A thread in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// An event in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
}

// With a thread and an event.
const LONGEST_URL: usize = 150;

/// Why a text is not a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It does not begin as a link does.
    #[error("a link begins with `codewhale://workroom/` or `workroom://workroom/`")]
    Scheme,
    /// It does not name a workroom.
    #[error("a link names a workroom as `wr_` and 32 hex digits")]
    Workroom,
    /// What follows the workroom is not a thread or an event.
    #[error("after the workroom a link has `/thread/thr_…`, `/event/evt_…`, both in that order, or nothing")]
    Path,
}

impl WorkroomLink {
    /// The link to a whole workroom.
    pub fn workroom(workroom_id: WorkroomId) -> Self {
        Self { workroom_id, thread_id: None, event_id: None }
    }

    /// The link to a thread.
    pub fn thread(workroom_id: WorkroomId, thread_id: ThreadId) -> Self {
        Self { workroom_id, thread_id: Some(thread_id), event_id: None }
    }

    /// Reads a link, or the Markdown link `[title](codewhale://…)` that `workroom/link` writes.
    ///
    /// Strict: exact id shapes; no query, fragment, userinfo, dot segment, percent escape,
    /// control or bidirectional character fits, nor white space around it.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let url = markdown_target(text).unwrap_or(text);
        let path = ["codewhale://workroom/", "workroom://workroom/", "workroom://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or(LinkError::Scheme)?;
        let mut segments = path.split('/');
        let workroom_id = WorkroomId(segments.next().unwrap_or_default().into());
        workroom_id.uuid().ok_or(LinkError::Workroom)?;
        let rest: Vec<&str> = segments.collect();
        let (thread_id, event_id) = match rest[..] {
            [] => (None, None),
            ["thread", thread] => (Some(thread_segment(thread)?), None),
            ["event", event] => (None, Some(event_segment(event)?)),
            ["thread", thread, "event", event] => {
                (Some(thread_segment(thread)?), Some(event_segment(event)?))
            }
            _ => return Err(LinkError::Path),
        };
        Ok(Self { workroom_id, thread_id, event_id })
    }

    /// The link as text, `codewhale://workroom/…`.
    pub fn to_url(&self) -> String {
        let mut url = String::with_capacity(LONGEST_URL);
        url.push_str("codewhale://workroom/");
        url.push_str(&self.workroom_id.0);
        if let Some(thread) = &self.thread_id {
            url.push_str("/thread/");
            url.push_str(&thread.0);
        }
        if let Some(event) = &self.event_id {
            url.push_str("/event/");
            url.push_str(&event.0);
        }
        url
    }

    /// The link as a Markdown link with `title`, which [`WorkroomLink::parse`] reads again.
    pub fn to_markdown(&self, title: &str) -> String {
        let mut label = String::with_capacity(title.len());
        for character in title.chars() {
            match character {
                '[' | ']' | '\\' | '`' | '*' | '_' | '<' | '>' => label.extend(['\\', character]),
                _ if character.is_control() => label.push(' '),
                _ => label.push(character),
            }
        }
        format!("[{label}]({})", self.to_url())
    }
}

/// The target of a text that is one Markdown link and nothing else: its label has no bracket but escaped ones.
fn markdown_target(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(')')?;
    let (label, target) = inner.rsplit_once("](")?;
    let mut escaped = false;
    for character in label.chars() {
        if !escaped && matches!(character, '[' | ']') || character.is_control() {
            return None;
        }
        escaped = !escaped && character == '\\';
    }
    (!escaped).then_some(target)
}

fn thread_segment(segment: &str) -> Result<ThreadId, LinkError> {
    let id = ThreadId(segment.into());
    id.uuid().map(|_| id).ok_or(LinkError::Path)
}

fn event_segment(segment: &str) -> Result<EventId, LinkError> {
    let id = EventId(segment.into());
    id.uuid().map(|_| id).ok_or(LinkError::Path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: &str = "wr_0123456789abcdef0123456789abcdef";
    const THREAD: &str = "thr_0123456789abcdef0123456789abcdef";
    const EVENT: &str = "evt_0123456789abcdef0123456789abcdef";

    #[test]
    fn every_form_is_read_and_written() {
        for path in [
            ROOM.to_string(),
            format!("{ROOM}/thread/{THREAD}"),
            format!("{ROOM}/event/{EVENT}"),
            format!("{ROOM}/thread/{THREAD}/event/{EVENT}"),
        ] {
            let url = format!("codewhale://workroom/{path}");
            let link = WorkroomLink::parse(&url).expect(&url);
            assert_eq!(link.to_url(), url);
            for same in [
                format!("workroom://workroom/{path}"),
                format!("workroom://{path}"),
                link.to_markdown("Fix [the] bug](x) \\ `now`"),
            ] {
                assert_eq!(WorkroomLink::parse(&same), Ok(link.clone()), "{same}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            String::new(),
            ROOM.into(),
            format!("https://workroom/{ROOM}"),
            format!("CODEWHALE://workroom/{ROOM}"),
            format!("codewhale://user@workroom/{ROOM}"),
            format!("codewhale://workroom/{ROOM}/"),
            format!("codewhale://workroom/{ROOM}?a=1"),
            format!("codewhale://workroom/{ROOM}#a"),
            format!("codewhale://workroom//{ROOM}"),
            format!("codewhale://workroom/./{ROOM}"),
            format!("codewhale://workroom/{ROOM}/../{ROOM}"),
            format!("codewhale://workroom/{ROOM}/thread"),
            format!("codewhale://workroom/{ROOM}/thread/"),
            format!("codewhale://workroom/{ROOM}/thread/{EVENT}"),
            format!("codewhale://workroom/{ROOM}/event/{EVENT}/thread/{THREAD}"),
            format!("codewhale://workroom/{ROOM}/thread/{THREAD}/event/{EVENT}/x"),
            format!("codewhale://workroom/{}", ROOM.to_uppercase()),
            format!("codewhale://workroom/{}%61", &ROOM[..34]),
            format!("codewhale://workroom/{ROOM}\u{202e}"),
            format!("codewhale://workroom/{ROOM}\0"),
            format!("[a](codewhale://workroom/{ROOM}) and more"),
            format!("[a](b)[c](codewhale://workroom/{ROOM})"),
            format!("[a\\](codewhale://workroom/{ROOM})"),
            format!(" codewhale://workroom/{ROOM}"),
            format!("codewhale://workroom/{ROOM}\n"),
            "codewhale://workroom/wr_abc".into(),
        ] {
            assert!(WorkroomLink::parse(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_back(text in "\\PC*") {
            if let Ok(link) = WorkroomLink::parse(&text) {
                prop_assert_eq!(WorkroomLink::parse(&link.to_url()), Ok(link));
            }
        }

        #[test]
        fn no_title_breaks_out_of_its_markdown_link(title in "\\PC*") {
            let link = WorkroomLink::workroom(WorkroomId(ROOM.into()));
            prop_assert_eq!(WorkroomLink::parse(&link.to_markdown(&title)), Ok(link));
        }
    }
}
