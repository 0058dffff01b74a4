//! How far the companion has come. It is stored after each step, so that a later companion continues there.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use workroom_processes::Companion;
use workroom_protocol::Timestamp;
use workroom_protocol::id::{EventId, ThreadId, WorkroomId};

use crate::sign::{ProcessId, Use};

/// How far the companion of a session has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// The spool that was read.
    pub(super) file: String,
    /// Up to where.
    pub(super) position: u64,
    /// The workroom of the agent's folder.
    pub(super) workroom: Option<WorkroomId>,
    /// The thread of the session.
    pub(super) thread: Option<ThreadId>,
    /// The title of the thread.
    pub(super) title: String,
    /// The threads of subagents, by the agent's own ids.
    pub(super) subagents: BTreeMap<String, ThreadId>,
    /// Tool calls without a result.
    pub(super) running: Vec<Use>,
    /// How many files were read, and how many searches were made, since that was last written.
    pub(super) reads: u32,
    pub(super) searches: u32,
    /// Questions that wait for a reply, by the ids of their hooks.
    pub(super) asked: BTreeMap<String, EventId>,
    /// Notices of dialogs in the agent's terminal, which its next sign of life settles.
    pub(super) dialogs: Vec<EventId>,
    /// The failure of the last turn, which the next successful one settles.
    pub(super) failure: Option<EventId>,
    /// The model.
    pub(super) model: Option<String>,
    /// The agent's folder.
    pub(super) folder: Option<String>,
    /// The branch of that folder.
    pub(super) branch: Option<String>,
    /// The agent's process.
    pub(super) process: Option<ProcessId>,
    /// The socket on which the session accepts messages.
    pub(super) socket: Option<String>,
    /// The position in the log up to which messages were delivered.
    pub(super) mail_seq: Option<u64>,
    /// Messages that wait for the next hook that takes a text.
    pub(super) mail: Vec<String>,
    /// Messages that the agent's own channel took. Some agents report them as prompts of their user.
    pub(super) delivered: Vec<String>,
    /// The latest prompts of the user, which are no messages from elsewhere.
    pub(super) prompts: Vec<EventId>,
    /// The latest questions, whose replies reach the agent as answers.
    pub(super) questions: Vec<EventId>,
    /// When the first event arrived.
    pub(super) started_at: Option<Timestamp>,
}

const EXTENSION: &str = "progress";

impl Progress {
    /// What an earlier companion of the session has stored.
    pub(super) fn load(files: &Companion) -> Self {
        let text = std::fs::read(files.path(EXTENSION)).unwrap_or_default();
        // Without the file everything is read again. The keys of the events keep them from being written twice.
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(super) fn save(&self, files: &Companion) -> io::Result<()> {
        files.write(EXTENSION, &serde_json::to_vec(self)?)
    }
}
