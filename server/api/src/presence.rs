//! `presence/*`: the agents that run on this machine. Their companion processes store what they do; see the crate
//! `processes`.

use workroom_processes::{self as processes, is_alive};
use workroom_protocol::presence::{AgentPresence, PresenceListParams, PresenceListResponse, PresenceState};

use super::Cx;
use super::error::Result;

/// Handles `presence/list`.
pub async fn list(cx: Cx, params: PresenceListParams) -> Result<PresenceListResponse> {
    if cx.caller().principal.token().is_some() {
        return Err(cx.forbidden("only the local user and their agents can see what runs on this machine"));
    }
    let found = processes::list(&cx.app.config.home).into_iter();
    let mut agents: Vec<_> =
        found.map(|(companion, presence)| current(presence, companion.is_alive())).collect();
    agents.retain(|agent| params.gone || agent.state != PresenceState::Gone);
    agents.sort_by_key(|agent| (rank(agent.state), std::cmp::Reverse(agent.since)));
    Ok(PresenceListResponse { agents })
}

/// The state of an agent at this moment: what its companion stored last may be older than the end of its process.
fn current(mut presence: AgentPresence, is_followed: bool) -> AgentPresence {
    let is_running = match presence.pid {
        Some(pid) => is_alive(pid, presence.pid_started.unwrap_or_default()),
        None => is_followed,
    };
    if !is_running {
        presence.state = PresenceState::Gone;
    }
    presence
}

/// The order of the list.
fn rank(state: PresenceState) -> u8 {
    match state {
        PresenceState::Waiting => 0,
        PresenceState::Working => 1,
        PresenceState::Idle => 2,
        PresenceState::Gone => 3,
    }
}
