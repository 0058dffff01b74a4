//! What the agent is doing, for people who look at the list of agents.

use workroom_protocol::Timestamp;
use workroom_protocol::presence::{AgentPresence, PresenceState};

use super::Config;
use super::desk::State;
use super::progress::Progress;

/// The presence of a session whose companion starts.
pub(super) fn of(config: &Config, progress: &Progress) -> AgentPresence {
    let now = config.clock.now();
    let mut presence = AgentPresence {
        agent: config.agent.name().into(),
        agent_session: config.session.clone(),
        state: PresenceState::Idle,
        activity: None,
        since: now,
        started_at: progress.started_at.unwrap_or(now),
        model: None,
        folder: None,
        branch: None,
        handle: None,
        session_id: None,
        workroom_id: None,
        thread_id: None,
        pid: None,
        pid_started: None,
    };
    copy(&mut presence, progress);
    presence
}

/// Copies what the progress knows about the session.
fn copy(presence: &mut AgentPresence, progress: &Progress) {
    presence.model.clone_from(&progress.model);
    presence.folder.clone_from(&progress.folder);
    presence.branch.clone_from(&progress.branch);
    presence.workroom_id.clone_from(&progress.workroom);
    presence.thread_id.clone_from(&progress.thread);
    presence.pid = progress.process.map(|process| process.pid);
    presence.pid_started = progress.process.map(|process| process.started);
}

impl State {
    /// Shows what is known about the session by now.
    pub(super) fn refresh(&mut self) {
        copy(&mut self.presence, &self.progress);
    }

    /// The agent does something else since `at`.
    pub(super) fn now_is(&mut self, state: PresenceState, activity: Option<String>, at: Timestamp) {
        self.refresh();
        if self.presence.state != state || state == PresenceState::Waiting {
            self.presence.since = at;
        }
        self.presence.state = state;
        self.presence.activity = activity;
    }
}
