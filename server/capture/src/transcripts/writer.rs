//! Writes the entries of a transcript as events, by the rules of captured sessions.

use sha2::{Digest, Sha256};
use workroom_domain::text::clip_middle;
use workroom_protocol::Timestamp;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::{EventImport, WorkroomEventKind as Kind};
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::strict::Strict;

use super::{Entry, Said};
use crate::agent::Agent;
use crate::hosts::{self, Work, one_line};
use crate::sign::Use;

const MAX_TITLE: usize = 80;
// An agent does not run more tools at once. The result of a call that was dropped is not written.
const MAX_RUNNING: usize = 100;

/// The events of one session, or of one of its subagents.
#[derive(Debug)]
pub struct Writer {
    agent: Agent,
    session: String,
    user: String,
    is_subagent: bool,
    model: Option<String>,
    /// The beginning of the first prompt.
    title: Option<String>,
    last_prompt: Option<String>,
    running: Vec<Use>,
    /// The last text of the turn, so far.
    text: Option<(String, Option<Timestamp>, String)>,
    counted: Option<Counted>,
    failure: Option<EventId>,
}

/// Reads and searches that are one event. Its id is that of the first, so that a group that grows remains one event.
#[derive(Debug)]
struct Counted {
    id: String,
    at: Option<Timestamp>,
    reads: u32,
    searches: u32,
}

impl Writer {
    /// The events of the session of `user`.
    pub fn new(agent: Agent, session: &str, user: &str) -> Self {
        Self {
            agent,
            session: session.to_owned(),
            user: user.to_owned(),
            is_subagent: false,
            model: None,
            title: None,
            last_prompt: None,
            running: Vec::new(),
            text: None,
            counted: None,
            failure: None,
        }
    }

    /// The events of a subagent: its prompts are the agent's own, and its last text is a receipt.
    pub fn of_subagent(agent: Agent, session: &str, subagent: &str, user: &str) -> Self {
        Self { is_subagent: true, ..Self::new(agent, &format!("{session}/{subagent}"), user) }
    }

    /// The title of the thread, from the first prompt.
    pub fn title(&self) -> String {
        self.title.clone().unwrap_or_else(|| format!("{} session", self.agent.title()))
    }

    /// Writes the events of an entry.
    pub fn entry(&mut self, entry: Entry, events: &mut Vec<EventImport>) {
        let Entry { id, at, what } = entry;
        let repeated = std::mem::take(&mut self.last_prompt);
        match what {
            Said::Model(model) => self.model = Some(model),
            // Some versions of an agent store a prompt twice in a row, in an older and in a newer form.
            Said::Prompt(prompt) if repeated.as_ref() == Some(&prompt) => self.last_prompt = repeated,
            Said::Prompt(_) if self.is_subagent => {}
            Said::Prompt(prompt) => {
                self.end_turn(events);
                self.title.get_or_insert_with(|| clip_middle(&one_line(&prompt), MAX_TITLE).into_owned());
                self.last_prompt = Some(prompt.clone());
                events.push(self.event(&id, at, false, Kind::Message { content: prompt }));
            }
            Said::Text(text) => self.text = Some((id, at, text)),
            Said::Call(used) => {
                self.text = None;
                self.running.push(used);
                if self.running.len() > MAX_RUNNING {
                    self.running.remove(0);
                }
            }
            Said::Result { call, ok, summary } => {
                let is_same = |running: &Use| running.call.as_ref() == Some(&call);
                if let Some(index) = self.running.iter().position(is_same) {
                    let used = self.running.remove(index);
                    self.used(&id, at, used, (ok, &summary), events);
                }
            }
            Said::Used { used, ok, summary } => {
                self.text = None;
                self.used(&id, at, used, (ok, &summary), events);
            }
            Said::Failed(error) => {
                self.count(events);
                let event = self.event(&id, at, true, Kind::failure(error));
                self.failure = Some(event.id.clone());
                self.text = None;
                events.push(event);
            }
            Said::Ended => self.end_turn(events),
        }
    }

    /// Writes what is left at the end of the transcript.
    pub fn end(&mut self, events: &mut Vec<EventImport>) {
        self.end_turn(events);
    }

    /// The message of the parent about the thread of a subagent.
    pub fn started(&self, subagent: &str, at: Option<Timestamp>, title: &str, link: &str) -> EventImport {
        let content = format!("Started a subagent: [{title}]({link})");
        self.event(&format!("subagent {subagent}"), at, true, Kind::Message { content })
    }

    fn end_turn(&mut self, events: &mut Vec<EventImport>) {
        self.running.clear();
        self.count(events);
        let Some((id, at, text)) = self.text.take() else { return };
        let kind = match self.is_subagent {
            true => Kind::receipt(text),
            false => Kind::Message { content: text },
        };
        events.push(self.event(&id, at, true, kind));
        // A turn has succeeded, so the failure of the last one needs nobody.
        if let Some(failure_event_id) = self.failure.take() {
            let reason = Some("the next turn succeeded".into());
            let kind = Kind::FailureDismissed { failure_event_id, reason };
            events.push(self.event(&format!("{id}-dismissed"), at, true, kind));
        }
    }

    fn used(
        &mut self,
        id: &str,
        at: Option<Timestamp>,
        used: Use,
        (ok, summary): (bool, &str),
        events: &mut Vec<EventImport>,
    ) {
        let work = hosts::work(&used.tool);
        if ok && matches!(work, Work::Read | Work::Search) {
            let new = || Counted { id: id.to_owned(), at, reads: 0, searches: 0 };
            let counted = self.counted.get_or_insert_with(new);
            match work {
                Work::Read => counted.reads += 1,
                _ => counted.searches += 1,
            }
            return;
        }
        self.count(events);
        let line = hosts::line(&used);
        let summary = match summary {
            "" => line,
            summary => format!("{line} → {summary}"),
        };
        let kind = Kind::ToolResult {
            tool_name: used.tool,
            success: ok,
            summary: Some(summary),
            call_id: used.call,
        };
        events.push(self.event(id, at, true, kind));
    }

    /// Writes how many files were read and how many searches were made.
    fn count(&mut self, events: &mut Vec<EventImport>) {
        let Some(Counted { id, at, reads, searches }) = self.counted.take() else { return };
        let kind = Kind::ToolResult {
            tool_name: "read".into(),
            success: true,
            summary: Some(hosts::counted(reads, searches)),
            call_id: None,
        };
        events.push(self.event(&format!("{id}-count"), at, true, kind));
    }

    fn event(&self, id: &str, at: Option<Timestamp>, is_agent: bool, kind: Kind) -> EventImport {
        let agent = self.agent.attribution(self.model.as_deref());
        let actor = match is_agent {
            true => Actor { kind: ActorKind::Agent, handle: agent.agent_id.clone() },
            false => Actor { kind: ActorKind::Human, handle: self.user.clone() },
        };
        EventImport {
            id: EventId(self.name("evt", &[kind.name(), id])),
            // Failures are dismissed only by events of the same source thread.
            thread_id: Some(ThreadId(self.name("thr", &[]))),
            timestamp: at,
            kind: Strict(kind),
            actor: Some(Strict(actor)),
            agent: is_agent.then_some(Strict(agent)),
            reply_to: None,
        }
    }

    /// The id of something in this transcript, which is the same in every import.
    fn name(&self, prefix: &str, parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        for part in [self.agent.name(), self.session.as_str()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let hex: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{prefix}_{hex}")
    }
}
