//! How large things may be, and params that are within limits.

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
// An event is told in one notification and repeated in every page that has it; longer texts belong in artifacts.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// How many events one `event/appendBatch` may have.
pub const MAX_APPEND_EVENTS: usize = 1000;
const MAX_TITLE_CHARS: usize = 500;
const MAX_REASON_CHARS: usize = 4000;
const MAX_PARTICIPANTS: usize = 200;
/// How many references a thread may have: all of them are part of the thread.
pub const MAX_REFS: usize = 100;

/// The limits as a client is told.
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
        return Err(Error::invalid("limit", format!("`limit` is between 1 and {MAX_PAGE}")));
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
        return Err(Error::invalid(path, format!("`{path}` is between 1 and {most} bytes")));
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

/// Text that has the length of a title at most.
pub fn short(path: &str, given: &str) -> Result<()> {
    if given.len() > MAX_TITLE_CHARS && given.chars().count() > MAX_TITLE_CHARS {
        return Err(Error::invalid(path, format!("`{path}` has more than {MAX_TITLE_CHARS} characters")));
    }
    Ok(())
}

/// A handle: one word, without the `@`, of characters that can be seen.
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

/// A handle to look a member up by, or to add one under: without the `@`. Whether it may be given to somebody new is
/// for the store to say, which knows who has it already.
pub fn member_handle(path: &str, given: &str) -> Result<String> {
    let wanted = given.strip_prefix('@').unwrap_or(given);
    short(path, wanted)?;
    match handle::check(wanted) {
        // Some of older versions are still in use.
        Err(_) if mentions::is_mentionable(wanted) && wanted.is_ascii() => Ok(wanted.to_owned()),
        Err(why) => Err(Error::invalid(path, format!("`{path}` is no handle: {why}"))),
        Ok(()) => Ok(wanted.to_owned()),
    }
}

/// Who an agent says that it is.
pub fn agent(path: &str, given: AgentAttribution) -> Result<AgentAttribution> {
    Ok(AgentAttribution {
        provider: title(&format!("{path}.provider"), &given.provider)?,
        model: title(&format!("{path}.model"), &given.model)?,
        agent_id: word(&format!("{path}.agent_id"), &given.agent_id)?,
    })
}

/// The same as a client names it: no name keeps an agent out, so it is made a handle where it is none.
pub fn agent_named(path: &str, given: AgentAttribution) -> Result<AgentAttribution> {
    short(&format!("{path}.agent_id"), &given.agent_id)?;
    Ok(AgentAttribution {
        provider: title(&format!("{path}.provider"), &given.provider)?,
        model: title(&format!("{path}.model"), &given.model)?,
        agent_id: given.agent_id.strip_prefix('@').unwrap_or(&given.agent_id).to_owned(),
    })
}

/// Handles, each once, in the order given.
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

/// Why somebody does something, in their words.
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

/// Event kinds by their names.
pub fn kinds(given: Option<&[String]>) -> Result<KindSet> {
    let Some(names) = given else { return Ok(KindSet::ALL) };
    KindSet::of_names(names.iter().map(String::as_str)).map_err(|unknown| {
        let known: Vec<_> = EVENT_KINDS.iter().map(|(name, _)| *name).collect();
        Error::invalid("kinds", format!("`{unknown}` is no kind of event; there are {}", known.join(", ")))
    })
}

/// An event that a client may append: of a kind for clients, within limits, and not without a word.
pub fn event(path: &str, kind: &WorkroomEventKind) -> Result<()> {
    if !kind.is_for_clients() {
        let message = format!("`{}` is written by the server itself", kind.name());
        return Err(Error::invalid(format!("{path}.event"), message));
    }
    said(path, kind)
}

/// An event of any kind, whoever wrote it: within its size, and not without a word where somebody is to read one.
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
