//! Clips the texts of values in the middle. Ids, numbers, times and addresses stay unchanged.

use workroom_protocol::actor::{Actor, AgentAttribution};
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::{Imported, WorkroomEvent};
use workroom_protocol::external_ref::AttachedRef;
use workroom_protocol::resolve::{OpenItem, Participant, ResolveFormat, ThreadBrief};
use workroom_protocol::thread::WorkroomThread;
use workroom_protocol::workroom::{RepoRef, Workroom, WorkroomVisibility};

use super::cost;
use super::rung::{Frame, Rung};
use crate::text::clip_middle;

/// The minimum length of a clipped text: enough for its beginning, its end and the note between them.
pub(super) const SHORTEST: usize = 40;

/// The maximum lengths of texts, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clips {
    /// The content of an event.
    pub(super) text: usize,
    /// Titles.
    pub(super) title: usize,
    /// The maximum cost of a title. Titles in some scripts cost more than their length suggests.
    pub(super) title_cost: usize,
    /// Handles, models, tools, branches.
    pub(super) name: usize,
    /// Paths.
    pub(super) path: usize,
    /// The maximum number of entries in a list inside a value.
    pub(super) entries: usize,
}

impl Clips {
    /// The lengths for a budget. Event content may be `depth` times as long.
    pub(super) fn new(max_tokens: usize, depth: usize, format: ResolveFormat) -> Self {
        // Around each text, JSON costs about a hundred tokens and Markdown ten, and with both formats the text
        // appears twice. The more this overhead costs, the shorter the text must be to leave room for more events.
        let texts = match format {
            ResolveFormat::Both => 32,
            ResolveFormat::Json => 25,
            ResolveFormat::Markdown => 12,
        };
        Self {
            text: (max_tokens / texts).clamp(SHORTEST, 4_000) * depth,
            title: (max_tokens / 20).clamp(SHORTEST, 500),
            title_cost: max_tokens.saturating_mul(cost::TOKEN) / 10,
            name: (max_tokens / 50).clamp(32, 200),
            path: (max_tokens / 20).clamp(48, 1_000),
            entries: (max_tokens / 100).clamp(8, 200),
        }
    }

    /// The lengths for a list of events with texts of `max_chars` characters.
    pub(super) fn of_chars(max_chars: usize) -> Self {
        Self { text: max_chars, ..Self::new(max_chars, 1, ResolveFormat::Markdown) }
    }

    /// The lengths for one form of the fixed part. The shortest forms have short titles.
    pub(super) fn at(self, rung: &Rung) -> Self {
        match rung.frame {
            Frame::Full | Frame::Brief => self,
            Frame::Bare | Frame::Pointer | Frame::None => {
                Self { title: SHORTEST, title_cost: self.title_cost * 2 / 5, name: 24, ..self }
            }
        }
    }

    pub(super) fn title(&self, title: &str) -> String {
        let mut chars = self.title;
        loop {
            let clipped = clip(title, chars);
            if chars == 0 || cost::text(&clipped) <= self.title_cost {
                return clipped;
            }
            chars = chars * 3 / 4;
        }
    }

    pub(super) fn name(&self, name: &str) -> String {
        clip(name, self.name)
    }

    pub(super) fn path(&self, path: &str) -> String {
        clip(path, self.path)
    }

    /// The first entries of a list. If some are left out, the last entry states how many.
    pub(super) fn entries(&self, list: &[String]) -> Vec<String> {
        if list.len() <= self.entries {
            return list.iter().map(|entry| self.name(entry)).collect();
        }
        let keep = self.entries - 1;
        let more = format!("… {} more", list.len() - keep);
        list[..keep].iter().map(|entry| self.name(entry)).chain([more]).collect()
    }

    pub(super) fn actor(&self, actor: &Actor) -> Actor {
        Actor { kind: actor.kind, handle: self.name(&actor.handle) }
    }

    fn agent(&self, agent: &Option<AgentAttribution>) -> Option<AgentAttribution> {
        agent.as_ref().map(|agent| AgentAttribution {
            provider: self.name(&agent.provider),
            model: self.name(&agent.model),
            agent_id: self.name(&agent.agent_id),
        })
    }

    pub(super) fn repository(&self, repo: &RepoRef) -> RepoRef {
        RepoRef {
            owner: clip(&repo.owner, self.title),
            name: clip(&repo.name, self.title),
            host: repo.host.as_deref().map(|host| self.path(host)),
        }
    }

    pub(super) fn visibility(&self, visibility: &WorkroomVisibility) -> WorkroomVisibility {
        match visibility {
            WorkroomVisibility::Private => WorkroomVisibility::Private,
            WorkroomVisibility::Shared { allowed_tokens } => {
                // A clipped id is useless.
                let ids = Self { name: self.name.max(SHORTEST), ..*self };
                WorkroomVisibility::Shared { allowed_tokens: ids.entries(allowed_tokens) }
            }
        }
    }

    pub(super) fn workroom(&self, workroom: &Workroom) -> Workroom {
        Workroom {
            id: workroom.id.clone(),
            title: self.title(&workroom.title),
            workspace: workroom.workspace.as_deref().map(|path| self.path(path)),
            repo_identity: workroom.repo_identity.as_ref().map(|repo| self.repository(repo)),
            branch: workroom.branch.as_deref().map(|branch| clip(branch, self.title)),
            owner: self.name(&workroom.owner),
            created_at: workroom.created_at,
            updated_at: workroom.updated_at,
            visibility: self.visibility(&workroom.visibility),
            archived_at: workroom.archived_at,
            link: workroom.link.clone(),
            head_seq: workroom.head_seq,
        }
    }

    /// Clips a thread and removes its references, which have their own section.
    pub(super) fn thread(&self, thread: &WorkroomThread) -> WorkroomThread {
        WorkroomThread {
            id: thread.id.clone(),
            workroom_id: thread.workroom_id.clone(),
            title: self.title(&thread.title),
            kind: thread.kind,
            external_ref: None,
            created_at: thread.created_at,
            updated_at: thread.updated_at,
            status: thread.status,
            archived_at: thread.archived_at,
            link: thread.link.clone(),
            external_refs: Vec::new(),
            participants: self.entries(&thread.participants),
            head_seq: thread.head_seq,
            branch: thread.branch.as_deref().map(|branch| clip(branch, self.title)),
        }
    }

    pub(super) fn brief(&self, thread: &ThreadBrief) -> ThreadBrief {
        ThreadBrief {
            id: thread.id.clone(),
            title: self.title(&thread.title),
            status: thread.status,
            updated_at: thread.updated_at,
        }
    }

    pub(super) fn attached(&self, attached: &AttachedRef) -> AttachedRef {
        AttachedRef {
            target: attached.target.clone(),
            title: attached.title.as_deref().map(|title| self.title(title)),
            url: attached.url.clone(),
            primary: attached.primary,
            attached_at: attached.attached_at,
        }
    }

    pub(super) fn participant(&self, participant: &Participant) -> Participant {
        Participant {
            handle: self.name(&participant.handle),
            kind: participant.kind,
            agent: self.agent(&participant.agent),
            events: participant.events,
            last_seq: participant.last_seq,
            imported: participant.imported,
        }
    }

    pub(super) fn item(&self, item: &OpenItem) -> OpenItem {
        OpenItem {
            event_id: item.event_id.clone(),
            seq: item.seq,
            thread_id: item.thread_id.clone(),
            timestamp: item.timestamp,
            actor: self.actor(&item.actor),
            agent: self.agent(&item.agent),
            tool_name: item.tool_name.as_deref().map(|tool| self.name(tool)),
            approval_id: item.approval_id.clone(),
            risk: item.risk,
            expires_at: item.expires_at,
            attempt: item.attempt,
            imported: item.imported,
            text: clip(&item.text, self.text),
        }
    }

    pub(super) fn artifact(&self, artifact: &Artifact) -> Artifact {
        Artifact {
            artifact_id: artifact.artifact_id.clone(),
            thread_id: artifact.thread_id.clone(),
            workroom_id: artifact.workroom_id.clone(),
            event_id: artifact.event_id.clone(),
            seq: artifact.seq,
            path: self.path(&artifact.path),
            kind: self.name(&artifact.kind),
            label: artifact.label.as_deref().map(|label| self.title(label)),
            size: artifact.size,
            media_type: artifact.media_type.as_deref().map(|media| self.name(media)),
            sha256: artifact.sha256.clone(),
            sha256_absent: artifact.sha256_absent.clone(),
            linked_at: artifact.linked_at,
            linked_by: self.actor(&artifact.linked_by),
            agent: self.agent(&artifact.agent),
            imported: artifact.imported,
        }
    }

    fn imported(&self, imported: &Imported) -> Imported {
        Imported {
            by: self.actor(&imported.by),
            at: imported.at,
            event_id: imported.event_id.clone(),
            thread_id: imported.thread_id.clone(),
        }
    }

    pub(super) fn event(&self, event: &WorkroomEvent) -> WorkroomEvent {
        WorkroomEvent {
            seq: event.seq,
            id: event.id.clone(),
            thread_id: event.thread_id.clone(),
            workroom_id: event.workroom_id.clone(),
            timestamp: event.timestamp,
            kind: self.kind(&event.kind),
            actor: self.actor(&event.actor),
            agent: self.agent(&event.agent),
            session_id: event.session_id.clone(),
            reply_to: event.reply_to.clone(),
            redactions: event.redactions.clone(),
            imported: event.imported.as_ref().map(|imported| self.imported(imported)),
        }
    }
}

/// Clips a text to at most `chars` characters. Scripts that say more per character get as little as half of that.
pub(super) fn clip(text: &str, chars: usize) -> String {
    if text.len() <= chars {
        return text.to_owned();
    }
    let wide = text.chars().take(chars).filter(|c| !c.is_ascii()).count();
    clip_middle(text, chars - wide / 2).into_owned()
}
