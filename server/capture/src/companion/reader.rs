//! Writes the thread of a session from its signs.

use workroom_domain::text::clip_middle;
use workroom_protocol::Timestamp;
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::failure::FailureDismissParams;
use workroom_protocol::id::{EventId, ThreadId, WorkroomId};
use workroom_protocol::methods::{FailureDismiss, ThreadCreate, WorkroomCreate, WorkroomOpen};
use workroom_protocol::presence::PresenceState;
use workroom_protocol::thread::{ThreadCreateParams, WorkroomThreadKind};
use workroom_protocol::workroom::WorkroomOpenParams;

use super::desk::{Desk, State, Trouble, Who};
use crate::hosts::{self, Work, one_line};
use crate::rooms;
use crate::sign::{Sign, Use, What};

const MAX_TITLE: usize = 80;
// An agent does not run more tools at once. What is lost beyond that only costs the link between a call and its result.
const MAX_RUNNING: usize = 100;

impl Desk {
    /// Writes what a line of the spool says. `key` names the line.
    pub(super) async fn line(&self, state: &mut State, line: &str, key: &str) -> Result<(), Trouble> {
        let sign: Sign = match serde_json::from_str(line) {
            Ok(sign) => sign,
            Err(error) => return Err(Trouble::Refused(format!("it cannot be read: {error}"))),
        };
        state.meet(&sign);
        let at = sign.at;
        self.has_reported_its_end(matches!(sign.what, What::Ended { .. }));
        let subagent = sign.subagent.clone();
        let subagent = subagent.as_deref();
        match sign.what {
            What::Started { .. } => {
                state.now_is(PresenceState::Idle, None, at);
                if let Some(text) = self.introduction(state).await? {
                    self.queue.add(text);
                }
            }
            What::Prompt { text } => self.prompt(state, &text, at, key).await?,
            What::Call { used } => {
                state.now_is(PresenceState::Working, Some(activity(&used)), at);
                state.progress.running.push(used);
                if state.progress.running.len() > MAX_RUNNING {
                    state.progress.running.remove(0);
                }
            }
            What::Result { used, ok, summary } => {
                self.settle_use(&used);
                self.goes_on(state, key).await?;
                self.result(state, sign.subagent.as_deref(), &used, (ok, &summary), key).await?;
                state.now_is(PresenceState::Working, None, at);
            }
            What::Batch => {
                self.settle_turn(subagent, "the agent continued");
                self.goes_on(state, key).await?;
            }
            What::Ask { ask, used } => {
                state.now_is(PresenceState::Waiting, Some(activity(&used)), at);
                state.asks.insert(ask, (used, sign.subagent));
            }
            What::Answered { call, allowed } => self.settle_call(&call, allowed),
            What::Dialog { text, used } => self.dialog(state, &text, used.as_ref(), at, key).await?,
            What::Stopped { text } => {
                self.settle_turn(subagent, "the agent's turn has ended");
                self.goes_on(state, key).await?;
                self.count(state, key).await?;
                if !text.is_empty() {
                    let thread = self.thread(state, key).await?;
                    self.append(state, Who::Agent, &thread, Kind::Message { content: text }, (None, key))
                        .await?;
                }
                self.failure_is_over(state).await?;
                state.now_is(PresenceState::Idle, None, at);
            }
            What::Failed { error } => {
                self.settle_turn(subagent, "the agent's turn has failed");
                self.goes_on(state, key).await?;
                let thread = self.thread(state, key).await?;
                let event =
                    self.append(state, Who::Agent, &thread, Kind::failure(&error), (None, key)).await?;
                state.progress.failure = Some(event);
                state.now_is(PresenceState::Idle, Some(one_line(&error)), at);
            }
            What::Interrupted => {
                self.settle_turn(subagent, "the user interrupted the turn");
                self.goes_on(state, key).await?;
                self.count(state, key).await?;
                state.now_is(PresenceState::Idle, None, at);
            }
            What::Compacted => {}
            What::SubagentStarted { kind } => {
                if let Some(id) = &sign.subagent {
                    self.subagent(state, id, &kind, key).await?;
                }
            }
            What::SubagentStopped { text } => {
                self.settle_turn(subagent, "the subagent has ended");
                if let Some(thread) = sign.subagent.and_then(|id| state.progress.subagents.remove(&id))
                    && !text.is_empty()
                {
                    let kind = Kind::Receipt { summary: text, retry_of: None };
                    self.append(state, Who::Agent, &thread, kind, (None, key)).await?;
                }
            }
            What::Ended { .. } => {
                self.settle_all("the agent's session has ended");
                self.goes_on(state, key).await?;
                self.count(state, key).await?;
                state.now_is(PresenceState::Gone, None, at);
            }
        }
        Ok(())
    }

    /// A prompt begins a turn, and the first one the thread.
    async fn prompt(&self, state: &mut State, text: &str, at: Timestamp, key: &str) -> Result<(), Trouble> {
        self.settle_turn(None, "the user sent another prompt");
        self.goes_on(state, key).await?;
        if state.progress.title.is_empty() {
            state.progress.title = clip_middle(&one_line(text), MAX_TITLE).into_owned();
        }
        let thread = self.thread(state, key).await?;
        let linked = self.linked(state, text).await?;
        linked.into_iter().for_each(|text| self.queue.add(text));
        // The text of a message, which its sender has written, and not the user.
        let delivered = state.progress.delivered.iter().position(|delivered| delivered.trim() == text.trim());
        match delivered {
            Some(at) => _ = state.progress.delivered.remove(at),
            None => {
                let kind = Kind::Message { content: text.to_owned() };
                let event = self.append(state, Who::User, &thread, kind, (None, key)).await?;
                keep(&mut state.progress.prompts, event);
            }
        }
        state.now_is(PresenceState::Working, Some(one_line(text)), at);
        Ok(())
    }

    /// A call and its result are one event. Reads and searches are only counted.
    async fn result(
        &self,
        state: &mut State,
        subagent: Option<&str>,
        used: &Use,
        (ok, summary): (bool, &str),
        key: &str,
    ) -> Result<(), Trouble> {
        let same = |running: &Use| match (&running.call, &used.call) {
            (Some(running), Some(used)) => running == used,
            _ => running.tool == used.tool,
        };
        if let Some(at) = state.progress.running.iter().position(same) {
            state.progress.running.remove(at);
        }
        match hosts::work(&used.tool) {
            Work::Read if ok => state.progress.reads += 1,
            Work::Search if ok => state.progress.searches += 1,
            _ => {
                self.count(state, key).await?;
                let thread = match subagent.and_then(|id| state.progress.subagents.get(id)) {
                    Some(thread) => thread.clone(),
                    None => self.thread(state, key).await?,
                };
                let line = hosts::line(used);
                let summary = match summary {
                    "" => line,
                    summary => format!("{line} → {summary}"),
                };
                let kind = Kind::ToolResult {
                    tool_name: used.tool.clone(),
                    success: ok,
                    summary: Some(summary),
                    call_id: used.call.clone(),
                };
                self.append(state, Who::Agent, &thread, kind, (None, key)).await?;
            }
        }
        Ok(())
    }

    /// Writes how many files were read and how many searches were made.
    async fn count(&self, state: &mut State, key: &str) -> Result<(), Trouble> {
        let (reads, searches) = (state.progress.reads, state.progress.searches);
        if reads + searches == 0 {
            return Ok(());
        }
        let thread = self.thread(state, key).await?;
        let kind = Kind::ToolResult {
            tool_name: "read".into(),
            success: true,
            summary: Some(hosts::counted(reads, searches)),
            call_id: None,
        };
        self.append(state, Who::Agent, &thread, kind, (None, &format!("{key}-count"))).await?;
        (state.progress.reads, state.progress.searches) = (0, 0);
        Ok(())
    }

    /// A dialog that only the terminal can answer. People see in their inbox that it is there.
    async fn dialog(
        &self,
        state: &mut State,
        text: &str,
        used: Option<&Use>,
        at: Timestamp,
        key: &str,
    ) -> Result<(), Trouble> {
        // Agents that ask by a hook also notify about the same dialog.
        let is_known = !state.progress.dialogs.is_empty() || self.has_open();
        if !is_known {
            let what = match used {
                Some(used) => format!("{}: {}", used.tool, hosts::line(used)),
                None => one_line(text),
            };
            let reason = format!("{} asks in its terminal: {what}", self.config.agent.title());
            let thread = self.thread(state, key).await?;
            let event =
                self.append(state, Who::Agent, &thread, Kind::NeedsHuman { reason }, (None, key)).await?;
            state.progress.dialogs.push(event);
        }
        state.now_is(PresenceState::Waiting, Some(used.map_or_else(|| one_line(text), activity)), at);
        Ok(())
    }

    /// The agent continues, so its terminal has no dialog any more.
    async fn goes_on(&self, state: &mut State, key: &str) -> Result<(), Trouble> {
        let Some(thread) = state.progress.thread.clone() else { return Ok(()) };
        while let Some(dialog) = state.progress.dialogs.last().cloned() {
            let key = format!("{key}-{}", dialog.0);
            self.append(state, Who::Agent, &thread, Kind::Resumed {}, (Some(&dialog), &key)).await?;
            state.progress.dialogs.pop();
        }
        Ok(())
    }

    /// A turn has succeeded, so the failure of the last one needs nobody.
    async fn failure_is_over(&self, state: &mut State) -> Result<(), Trouble> {
        let Some(failure_event_id) = state.progress.failure.take() else { return Ok(()) };
        let params =
            FailureDismissParams { failure_event_id, reason: Some("the next turn succeeded".into()) };
        match self.call::<FailureDismiss>(state, Who::Agent, &params).await {
            Ok(_) => Ok(()),
            // Somebody has dismissed it already, or requested a retry.
            Err(Trouble::Refused(why)) => {
                tracing::debug!(why, "the failure is not dismissed");
                Ok(())
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// The thread of the session.
    pub(super) async fn thread(&self, state: &mut State, key: &str) -> Result<ThreadId, Trouble> {
        if let Some(thread) = &state.progress.thread {
            return Ok(thread.clone());
        }
        let workroom_id = self.workroom(state).await?;
        if state.progress.title.is_empty() {
            state.progress.title = format!("{} session", self.config.agent.title());
        }
        let params = ThreadCreateParams {
            workroom_id,
            title: state.progress.title.clone(),
            kind: WorkroomThreadKind::AgentTask,
            external_ref: None,
            participants: None,
            branch: state.progress.branch.clone(),
            idempotency_key: Some(format!("{key}-thread")),
        };
        let created = self.call::<ThreadCreate>(state, Who::Agent, &params).await?;
        let thread = created.id;
        // From now on, people can write to the session.
        state.progress.mail_seq.get_or_insert(created.head_seq);
        state.progress.thread = Some(thread.clone());
        state.refresh();
        Ok(thread)
    }

    /// The workroom of the agent's folder, or the personal one.
    async fn workroom(&self, state: &mut State) -> Result<WorkroomId, Trouble> {
        if let Some(workroom) = &state.progress.workroom {
            return Ok(workroom.clone());
        }
        let workroom = match self.workroom_of_folder(state).await? {
            Some(workroom) => workroom,
            None => self.call::<WorkroomCreate>(state, Who::User, &rooms::personal()).await?.id,
        };
        state.progress.workroom = Some(workroom.clone());
        Ok(workroom)
    }

    async fn workroom_of_folder(&self, state: &mut State) -> Result<Option<WorkroomId>, Trouble> {
        let Some(folder) = state.progress.folder.clone() else { return Ok(None) };
        let params = WorkroomOpenParams { workspace: folder, ..Default::default() };
        match self.call::<WorkroomOpen>(state, Who::User, &params).await {
            Ok(opened) => {
                state.progress.branch = opened.branch;
                Ok(Some(opened.workroom.id))
            }
            // The home folder, `/`, or a folder that is gone.
            Err(Trouble::Refused(why)) => {
                tracing::debug!(why, "the folder has no workroom");
                Ok(None)
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// A subagent has a thread of its own.
    async fn subagent(&self, state: &mut State, id: &str, kind: &str, key: &str) -> Result<(), Trouble> {
        if state.progress.subagents.contains_key(id) {
            return Ok(());
        }
        let parent = self.thread(state, key).await?;
        let workroom_id = self.workroom(state).await?;
        let title = rooms::title_of_subagent(kind, &state.progress.title);
        let params = ThreadCreateParams {
            workroom_id,
            title: title.clone(),
            kind: WorkroomThreadKind::AgentTask,
            external_ref: None,
            participants: None,
            branch: state.progress.branch.clone(),
            idempotency_key: Some(format!("{key}-subagent")),
        };
        let thread = self.call::<ThreadCreate>(state, Who::Agent, &params).await?;
        let content = format!("Started a subagent: [{title}]({})", thread.link);
        self.append(state, Who::Agent, &parent, Kind::Message { content }, (None, key)).await?;
        state.progress.subagents.insert(id.to_owned(), thread.id);
        Ok(())
    }

    /// Writes what is left when the session is over.
    pub(super) async fn end(&self, state: &mut State) -> Result<(), Trouble> {
        let key = format!("{}-{}-end", state.progress.file, state.progress.position);
        self.goes_on(state, &key).await?;
        if state.progress.thread.is_some() {
            self.count(state, &key).await?;
        }
        let now = self.now();
        state.now_is(PresenceState::Gone, None, now);
        Ok(())
    }
}

impl State {
    /// Keeps what every sign tells about the session.
    fn meet(&mut self, sign: &Sign) {
        let progress = &mut self.progress;
        progress.started_at.get_or_insert(sign.at);
        progress.process = sign.process.or(progress.process);
        // A subagent may use another model, and another folder.
        if sign.subagent.is_none() {
            if sign.model.is_some() {
                progress.model.clone_from(&sign.model);
            }
            if sign.folder.is_some() {
                progress.folder.clone_from(&sign.folder);
            }
        }
        if sign.socket.is_some() {
            progress.socket.clone_from(&sign.socket);
        }
    }
}

// A message is compared with them within moments.
const MAX_KEPT: usize = 50;

/// Keeps the latest ids.
pub(super) fn keep(ids: &mut Vec<EventId>, id: EventId) {
    ids.push(id);
    let over = ids.len().saturating_sub(MAX_KEPT);
    ids.drain(..over);
}

fn activity(used: &Use) -> String {
    format!("{}: {}", used.tool, hosts::line(used))
}
