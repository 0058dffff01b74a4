//! `event/import`: events of another log, as history.
//!
//! The importer can claim anything about who said what and when. So an imported event is marked, it settles and decides
//! nothing here, and ids of its source never become ids of this store, see `domain::open_items`.

use sha2::{Digest, Sha256};
use uuid::Builder;
use workroom_protocol::actor::{Actor, AgentAttribution};
use workroom_protocol::event::{
    EventImport, EventImportParams, EventImportResponse, EventImportResult, ImportOutcome,
    WorkroomEventKind as Kind,
};
use workroom_protocol::id::{ApprovalId, ArtifactId, EventId, ThreadId};

use super::error::{Error, Result};
use super::limits::MAX_APPEND_EVENTS;
use super::{Cx, artifacts, limits};
use workroom_domain::blank::is_unseen;
use workroom_store::{Author, Draft, Source, Target, ThreadPlace, Tx};

// Enough for the ids of any program; Workroom's own have 36 bytes.
const MAX_ID_BYTES: usize = 128;

/// Handles `event/import`.
pub async fn import(cx: Cx, params: EventImportParams) -> Result<EventImportResponse> {
    let EventImportParams { thread_id, events } = params;
    if events.is_empty() {
        return Err(Error::invalid("events", "`events` is empty"));
    }
    if events.len() > MAX_APPEND_EVENTS {
        return Err(Error::TooLarge { what: "the number of `events`", limit: MAX_APPEND_EVENTS });
    }
    let by = cx.caller().author.actor;
    let entries: Vec<_> = events.into_iter().map(ready).collect();
    let results = cx
        .write(move |tx| {
            let place = tx.thread_place(&thread_id)?;
            let into = Into { tx, place, thread_id, by };
            entries.into_iter().map(|entry| into.take(entry)).collect()
        })
        .await?;
    Ok(EventImportResponse { results })
}

/// An event that can be imported, as far as can be checked without the store.
struct Entry {
    author: Author,
    /// The kind of the event, with ids of the source.
    draft: Draft,
    event: EventImport,
}

/// Prepares an event for the import, or returns its result if it cannot be imported.
fn ready(event: EventImport) -> std::result::Result<Entry, EventImportResult> {
    let EventImport { id, thread_id, kind, actor, agent, reply_to, .. } = &event;
    let is_history = kind.0.is_for_clients()
        || matches!(
            kind.0,
            Kind::ApprovalDecided { .. } | Kind::FailureDismissed { .. } | Kind::RetryRequested { .. }
        );
    if !is_history {
        return Err(not_here(
            ImportOutcome::Skipped,
            format!("`{}` is about the source itself", kind.0.name()),
        ));
    }
    let checked = || -> Result<Author> {
        id_like("id", &id.0)?;
        thread_id.as_ref().map_or(Ok(()), |id| id_like("thread_id", &id.0))?;
        reply_to.as_ref().map_or(Ok(()), |id| id_like("reply_to", &id.0))?;
        limits::said("kind", &kind.0)?;
        let actor = actor.as_ref().map_or_else(Actor::unknown, |actor| actor.0.clone());
        let handle = word("actor.handle", &actor.handle)?;
        let agent = agent.as_ref().map(|agent| {
            let AgentAttribution { provider, model, agent_id } = &agent.0;
            Ok::<_, Error>(AgentAttribution {
                provider: limits::title("agent.provider", provider)?,
                model: limits::title("agent.model", model)?,
                agent_id: word("agent.agent_id", agent_id)?,
            })
        });
        Ok(Author { agent: agent.transpose()?, ..Author::of(Actor { handle, ..actor }) })
    };
    // The text is analyzed before the store is locked.
    let checked = checked().and_then(|author| Ok((author, Draft::new(kind.0.clone())?)));
    match checked {
        Ok((author, draft)) => Ok(Entry { author, draft, event }),
        Err(error) => Err(not_here(ImportOutcome::Refused, error.to_string())),
    }
}

/// Validates a handle of the source, whose rules are unknown: it must be one visible word, so that it cannot contain
/// more than a name.
fn word(path: &str, given: &str) -> Result<String> {
    limits::short(path, given)?;
    match given.is_empty() || given.chars().any(is_unseen) {
        true => Err(Error::invalid(path, format!("`{path}` is not a handle"))),
        false => Ok(given.to_owned()),
    }
}

fn id_like(path: &str, id: &str) -> Result<()> {
    let fits = !id.is_empty() && id.len() <= MAX_ID_BYTES && id.bytes().all(|byte| byte.is_ascii_graphic());
    // After redaction, two different ids could become equal, so ids that look like secrets are refused.
    match fits && !id.contains("[redacted:") {
        true => Ok(()),
        false => Err(Error::invalid(
            path,
            format!("`{path}` is not a valid id: use up to {MAX_ID_BYTES} visible characters"),
        )),
    }
}

fn not_here(outcome: ImportOutcome, reason: String) -> EventImportResult {
    EventImportResult { outcome, event_id: None, seq: None, reason: Some(reason) }
}

fn here(outcome: ImportOutcome, seq: u64, event_id: EventId) -> EventImportResult {
    EventImportResult { outcome, event_id: Some(event_id), seq: Some(seq), reason: None }
}

/// The target of an import.
struct Into<'t, 'c> {
    tx: &'t Tx<'c>,
    place: ThreadPlace,
    thread_id: ThreadId,
    by: Actor,
}

impl Into<'_, '_> {
    fn take(
        &self,
        entry: std::result::Result<Entry, EventImportResult>,
    ) -> workroom_store::Result<EventImportResult> {
        let Entry { author, mut draft, event } = match entry {
            Ok(entry) => entry,
            Err(result) => return Ok(result),
        };
        let EventImport { id, thread_id, timestamp, reply_to, .. } = event;
        if let Some((seq, known)) = self.tx.imported(self.place.key, &id)? {
            return Ok(here(ImportOutcome::AlreadyThere, seq, known));
        }
        // An event that was exported from this thread is already in it.
        if let Some(seq) = self.tx.seq_in_thread(self.place.key, &id)? {
            return Ok(here(ImportOutcome::AlreadyThere, seq, id));
        }
        if !self.translate(draft.kind_mut(), thread_id.as_ref())? {
            let reason = "it refers to an event that was not imported";
            return Ok(not_here(ImportOutcome::Skipped, reason.into()));
        }
        let reply_to = reply_to.map(|id| self.known(&id)).transpose()?.flatten();
        let source = Source { by: self.by.clone(), timestamp, event_id: id, thread_id };
        let workroom = (self.place.workroom, &self.place.workroom_id);
        let target = Target::Thread { workroom, thread: (self.place.key, &self.thread_id) };
        let (seq, json) = self.tx.append_imported(&author, source, target, draft, reply_to)?;
        Ok(here(ImportOutcome::Imported, seq, json.read()?.id))
    }

    /// The event here that was imported under an id of the source.
    fn known(&self, source: &EventId) -> workroom_store::Result<Option<EventId>> {
        Ok(self.tx.imported(self.place.key, source)?.map(|(_, id)| id))
    }

    /// Replaces ids of the source by ids of this store. Returns whether the event that it refers to exists here.
    fn translate(&self, kind: &mut Kind, source: Option<&ThreadId>) -> workroom_store::Result<bool> {
        match kind {
            Kind::ApprovalRequest { approval_id, action_digest, .. } => {
                *approval_id = approval_id.as_ref().map(|id| self.approval(id, source));
                // The digest distinguishes actions in the source only.
                *action_digest = None;
            }
            Kind::ApprovalDecided { approval_id, request_event_id, .. } => {
                *approval_id = self.approval(approval_id, source);
                *request_event_id = request_event_id.as_ref().map(|id| self.known(id)).transpose()?.flatten();
            }
            Kind::FailureDismissed { failure_event_id, .. }
            | Kind::RetryRequested { failure_event_id, .. } => match self.known(failure_event_id)? {
                Some(known) => *failure_event_id = known,
                None => return Ok(false),
            },
            Kind::Failure { retry_of, .. } | Kind::Receipt { retry_of, .. } => {
                *retry_of = retry_of.as_ref().map(|id| self.known(id)).transpose()?.flatten();
            }
            Kind::ArtifactLinked { path, artifact_id, size, media_type, sha256, .. } => {
                *artifact_id = Some(ArtifactId::from_uuid(self.tx.new_id()));
                (*size, *sha256) = (None, None);
                *media_type = artifacts::media_type(path);
            }
            _ => {}
        }
        Ok(true)
    }

    /// The id here for an approval of the source. It is the same for the request and the decision, and never equals the
    /// id of an approval that was requested here, whatever the source says.
    fn approval(&self, id: &ApprovalId, source: Option<&ThreadId>) -> ApprovalId {
        let mut hash = Sha256::new();
        for part in [self.thread_id.0.as_str(), source.map_or("", |source| source.0.as_str()), id.0.as_str()]
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        // The ids of approvals that were requested here have UUID version 7.
        ApprovalId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
    }
}
