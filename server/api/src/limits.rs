//! Limits on sizes, and the validation of params against them.

use workroom_protocol::actor::AgentAttribution;
use workroom_protocol::event::{EVENT_KINDS, WorkroomEventKind};
use workroom_protocol::server::Limits;

use super::error::{Error, Result};
use super::page;
use workroom_domain::blank::is_blank;
use workroom_domain::{handle, mentions, text};
use workroom_rpc::batch;
use workroom_store::{KindSet, PageSize};

/// The default for the longest message, in bytes.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;
const DEFAULT_PAGE: u32 = 50;
/// How many entries a page may have.
pub const MAX_PAGE: u32 = 200;
/// How many bytes of JSON a page may have.
pub const MAX_PAGE_BYTES: u64 = 1024 * 1024;
// An event is sent in one notification and repeated in every page that contains it. Longer text belongs in artifacts.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// How many events one `event/appendBatch` may have.
pub const MAX_APPEND_EVENTS: usize = 1000;
const MAX_TITLE_CHARS: usize = 500;
const MAX_REASON_CHARS: usize = 4000;
const MAX_PARTICIPANTS: usize = 200;
/// How many references a thread may have. All of them are part of the thread.
pub const MAX_REFS: usize = 100;

/// The limits as shown to the client.
pub fn limits(max_line_bytes: usize) -> Limits {
    Limits {
        max_line_bytes: max_line_bytes as u64,
        max_batch_requests: batch::MAX_REQUESTS as u64,
        max_page: MAX_PAGE,
        max_page_bytes: MAX_PAGE_BYTES,
        max_append_events: MAX_APPEND_EVENTS as u32,
        max_event_bytes: MAX_EVENT_BYTES as u64,
        max_title_chars: MAX_TITLE_CHARS as u32,
    }
}

/// The number of entries of a page.
pub fn page(limit: Option<u32>, default: Option<u32>) -> Result<usize> {
    let limit = limit.unwrap_or(default.unwrap_or(DEFAULT_PAGE));
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::invalid("limit", format!("`limit` must be between 1 and {MAX_PAGE}")));
    }
    Ok(limit as usize)
}

/// The size of a page of events.
pub fn event_page(limit: Option<u32>, max_bytes: Option<u64>) -> Result<PageSize> {
    let max_bytes = bytes("max_bytes", max_bytes, MAX_PAGE_BYTES, MAX_PAGE_BYTES)?;
    Ok(PageSize { limit: page(limit, None)?, max_bytes })
}

/// A number of bytes between 1 and `most`.
pub fn bytes(path: &str, given: Option<u64>, default: u64, most: u64) -> Result<usize> {
    let bytes = given.unwrap_or(default);
    if !(1..=most).contains(&bytes) {
        return Err(Error::invalid(path, format!("`{path}` must be between 1 and {most} bytes")));
    }
    usize::try_from(bytes).map_err(|_| Error::invalid(path, format!("`{path}` is too large")))
}

/// A title on one line.
pub fn title(path: &str, given: &str) -> Result<String> {
    let title = text::one_line(given);
    if is_blank(&title) {
        return Err(Error::invalid(path, format!("`{path}` is empty")));
    }
    short(path, &title)?;
    Ok(title.into_owned())
}

/// Checks that text is not longer than a title may be.
pub fn short(path: &str, given: &str) -> Result<()> {
    if given.len() > MAX_TITLE_CHARS && given.chars().count() > MAX_TITLE_CHARS {
        return Err(Error::invalid(path, format!("`{path}` has more than {MAX_TITLE_CHARS} characters")));
    }
    Ok(())
}

/// A handle: one word of visible characters, without the `@`.
pub fn word(path: &str, given: &str) -> Result<String> {
    let handle = given.strip_prefix('@').unwrap_or(given);
    short(path, handle)?;
    let fits = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() && c != '@';
    if !handle.contains(char::is_alphanumeric) || !handle.chars().all(fits) {
        let message = format!("`{path}` is not a handle: one word of letters, digits and ASCII punctuation");
        return Err(Error::invalid(path, message));
    }
    Ok(handle.into())
}

/// A handle for looking up or adding a member, without the `@`. Only the store can check whether a new member may have
/// it, because it knows the handles in use.
pub fn member_handle(path: &str, given: &str) -> Result<String> {
    let wanted = given.strip_prefix('@').unwrap_or(given);
    short(path, wanted)?;
    match handle::check(wanted) {
        // Handles from older versions are still in use.
        Err(_) if mentions::is_mentionable(wanted) && wanted.is_ascii() => Ok(wanted.to_owned()),
        Err(why) => Err(Error::invalid(path, format!("`{path}` is not a valid handle: {why}"))),
        Ok(()) => Ok(wanted.to_owned()),
    }
}

/// Validates the agent that a client names.
pub fn agent(path: &str, given: AgentAttribution) -> Result<AgentAttribution> {
    Ok(AgentAttribution {
        provider: title(&format!("{path}.provider"), &given.provider)?,
        model: title(&format!("{path}.model"), &given.model)?,
        agent_id: word(&format!("{path}.agent_id"), &given.agent_id)?,
    })
}

/// Validates the agent that a client names at its start, and turns its name into a handle if it is not one. No name may
/// keep an agent from connecting.
pub fn agent_named(path: &str, given: AgentAttribution) -> Result<AgentAttribution> {
    short(&format!("{path}.agent_id"), &given.agent_id)?;
    Ok(AgentAttribution {
        provider: title(&format!("{path}.provider"), &given.provider)?,
        model: title(&format!("{path}.model"), &given.model)?,
        agent_id: given.agent_id.strip_prefix('@').unwrap_or(&given.agent_id).to_owned(),
    })
}

/// Handles without duplicates, in the given order.
pub fn participants(given: Vec<String>) -> Result<Vec<String>> {
    if given.len() > MAX_PARTICIPANTS {
        let message = format!("`participants` has more than {MAX_PARTICIPANTS} handles");
        return Err(Error::invalid("participants", message));
    }
    let mut handles = Vec::with_capacity(given.len());
    for (index, text) in given.iter().enumerate() {
        let handle = word(&format!("participants[{index}]"), text)?;
        if !handles.contains(&handle) {
            handles.push(handle);
        }
    }
    Ok(handles)
}

/// The reason for an action, in the caller's own words.
pub fn reason(path: &str, given: Option<String>) -> Result<Option<String>> {
    if given.as_ref().is_some_and(|given| given.chars().count() > MAX_REASON_CHARS) {
        let message = format!("`{path}` has more than {MAX_REASON_CHARS} characters");
        return Err(Error::invalid(path, message));
    }
    Ok(given.filter(|given| !is_blank(given)))
}

/// An idempotency key.
pub fn key(path: &str, given: &str) -> Result<()> {
    if given.is_empty() {
        return Err(Error::invalid(path, format!("`{path}` is empty")));
    }
    short(path, given)
}

/// The event kinds with these names.
pub fn kinds(given: Option<&[String]>) -> Result<KindSet> {
    let Some(names) = given else { return Ok(KindSet::ALL) };
    KindSet::of_names(names.iter().map(String::as_str)).map_err(|unknown| {
        let known: Vec<_> = EVENT_KINDS.iter().map(|(name, _)| *name).collect();
        Error::invalid(
            "kinds",
            format!("`{unknown}` is not an event kind; the kinds are {}", known.join(", ")),
        )
    })
}

/// Validates an event that a client may append: its kind must be for clients, and it must be within limits and not
/// empty.
pub fn event(path: &str, kind: &WorkroomEventKind) -> Result<()> {
    if !kind.is_for_clients() {
        let message = format!("only the server writes `{}` events", kind.name());
        return Err(Error::invalid(format!("{path}.event"), message));
    }
    said(path, kind)
}

/// Validates an event of any kind and any author: it must be within its size, and not empty where people expect text.
pub fn said(path: &str, kind: &WorkroomEventKind) -> Result<()> {
    if page::json_bytes(kind)? > MAX_EVENT_BYTES as u64 {
        return Err(Error::TooLarge { what: "the event", limit: MAX_EVENT_BYTES });
    }
    let (name, text) = match kind {
        WorkroomEventKind::Message { content } => ("content", content),
        WorkroomEventKind::Receipt { summary, .. } => ("summary", summary),
        WorkroomEventKind::Failure { error, .. } => ("error", error),
        WorkroomEventKind::NeedsHuman { reason } => ("reason", reason),
        _ => return Ok(()),
    };
    match is_blank(text) {
        true => Err(Error::invalid(format!("{path}.{name}"), format!("`{name}` is empty"))),
        false => Ok(()),
    }
}
