//! Links to workrooms, threads and events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{EventId, ThreadId, WorkroomId};
use crate::pasted;

/// The target of a link. A link alone grants nothing: the caller who resolves it needs permission.
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

/// Why a text is not a valid link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The text does not begin like a link.
    #[error("a link begins with `codewhale://workroom/` or `workroom://workroom/`")]
    Scheme,
    /// The link does not name a workroom.
    #[error("a link names a workroom as `wr_` and 32 hex digits")]
    Workroom,
    /// The part after the workroom is neither a thread nor an event.
    #[error("after the workroom a link has `/thread/thr_…`, `/event/evt_…`, both in that order, or nothing")]
    Path,
}

impl WorkroomLink {
    /// Returns the link to a whole workroom.
    pub fn workroom(workroom_id: WorkroomId) -> Self {
        Self { workroom_id, thread_id: None, event_id: None }
    }

    /// Returns the link to a thread.
    pub fn thread(workroom_id: WorkroomId, thread_id: ThreadId) -> Self {
        Self { workroom_id, thread_id: Some(thread_id), event_id: None }
    }

    /// Parses a link as people paste it. [`pasted::unwrap`] first removes what surrounds it, such as white space,
    /// quotes, the end of a sentence, or the Markdown link `[title](codewhale://…)` that `workroom/link` returns.
    ///
    /// The link itself must be exact: ids have their exact form, and there is no query, fragment, userinfo, dot
    /// segment, percent escape, control character or bidirectional character. The scheme is case-insensitive, as in any
    /// URL.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let url = pasted::unwrap(text);
        // A link has a few dozen characters, so the rest of a long text does not need to be read.
        let path = ["codewhale://workroom/", "workroom://workroom/", "workroom://"]
            .iter()
            .find_map(|scheme| without_scheme(url, scheme))
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

    /// Returns the link as text, `codewhale://workroom/…`.
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

    /// Returns a Markdown link with `title`, which [`WorkroomLink::parse`] can read.
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

/// Returns what follows a scheme and its fixed host, ignoring case.
fn without_scheme<'t>(url: &'t str, scheme: &str) -> Option<&'t str> {
    let start = url.get(..scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
}

/// What a person entered: a link, or the id of a workroom, a thread or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A link.
    Link(WorkroomLink),
    /// A workroom, by its id.
    Workroom(WorkroomId),
    /// A thread, by its id.
    Thread(ThreadId),
    /// An event, by its id.
    Event(EventId),
}

impl Named {
    /// Parses a link or an id as people paste it.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let id = pasted::unwrap(text);
        let (workroom, thread, event) = (WorkroomId(id.into()), ThreadId(id.into()), EventId(id.into()));
        if workroom.uuid().is_some() {
            return Ok(Self::Workroom(workroom));
        }
        if thread.uuid().is_some() {
            return Ok(Self::Thread(thread));
        }
        if event.uuid().is_some() {
            return Ok(Self::Event(event));
        }
        WorkroomLink::parse(text).map(Self::Link)
    }

    /// Returns the workroom if the target is a whole workroom.
    pub fn workroom(&self) -> Option<&WorkroomId> {
        match self {
            Self::Workroom(id) => Some(id),
            Self::Link(WorkroomLink { workroom_id, thread_id: None, event_id: None }) => Some(workroom_id),
            _ => None,
        }
    }
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
    fn a_pasted_link_is_the_link_inside() {
        let url = format!("codewhale://workroom/{ROOM}/thread/{THREAD}");
        let link = WorkroomLink::parse(&url);
        for pasted in [
            format!(" {url}\n"),
            format!("\u{a0}{url}\u{200b}"),
            format!("{url}."),
            format!("{url}。"),
            format!("<{url}>"),
            format!("({url}),"),
            format!("**{url}**"),
            format!("\"{url}\""),
            format!("`{url}`"),
            format!("[Fix it]({url})."),
            url.replacen("codewhale", "CodeWhale", 1),
            url.replacen("codewhale://workroom", "CODEWHALE://Workroom", 1),
        ] {
            assert_eq!(WorkroomLink::parse(&pasted), link, "{pasted}");
        }
    }

    #[test]
    fn a_bare_id_names_what_it_is_the_id_of() {
        assert_eq!(Named::parse(&format!("`{ROOM}`.")), Ok(Named::Workroom(WorkroomId(ROOM.into()))));
        assert_eq!(Named::parse(&format!(" {THREAD},")), Ok(Named::Thread(ThreadId(THREAD.into()))));
        assert_eq!(Named::parse(&format!("({EVENT})")), Ok(Named::Event(EventId(EVENT.into()))));
        let url = format!("<codewhale://workroom/{ROOM}>");
        assert_eq!(Named::parse(&url), WorkroomLink::parse(&url).map(Named::Link));
        for bad in ["", "thr_1", "x", &THREAD.to_uppercase()] {
            assert!(Named::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            String::new(),
            ROOM.into(),
            format!("https://workroom/{ROOM}"),
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
            format!("see codewhale://workroom/{ROOM}"),
            format!("[a](b)[c](codewhale://workroom/{ROOM})"),
            format!("[a\\](codewhale://workroom/{ROOM})"),
            format!("codewhale://workroom/{ROOM}\n/thread/{THREAD}"),
            format!("co\u{200b}dewhale://workroom/{ROOM}"),
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
