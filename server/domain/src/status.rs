//! The status of a thread, derived from its events.

use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::thread::ThreadStatus;

/// The outcome of the last piece of work in a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastWork {
    /// No work has begun.
    #[default]
    None,
    /// Work is in progress.
    Begun,
    /// It failed.
    Failed,
    /// It ended with a receipt.
    Done,
}

impl LastWork {
    const NAMES: [(Self, &'static str); 4] =
        [(Self::None, "none"), (Self::Begun, "begun"), (Self::Failed, "failed"), (Self::Done, "done")];

    /// The name in the store.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("none", |(_, name)| name)
    }

    /// The value for a name in the store.
    pub fn of_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::None, |(value, _)| *value)
    }
}

/// The facts that determine the status of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadState {
    /// Whether there are any messages or actions.
    pub spoken: bool,
    /// The outcome of the last piece of work.
    pub last_work: LastWork,
    /// How many approvals and questions are pending.
    pub open_asks: u32,
    /// How many failures are open.
    pub open_failures: u32,
    /// Whether the thread is archived.
    pub archived: bool,
}

impl ThreadState {
    /// Updates the facts with one event of the thread. Open items are counted elsewhere, because they settle one
    /// another.
    pub fn observe(&mut self, kind: &Kind) {
        match kind {
            Kind::Message { .. } | Kind::Mention { .. } | Kind::ArtifactLinked { .. } => self.spoken = true,
            Kind::WorkerStarted { .. }
            | Kind::ToolCall { .. }
            | Kind::ToolResult { .. }
            | Kind::ApprovalRequest { .. }
            | Kind::NeedsHuman { .. }
            | Kind::Resumed {}
            | Kind::RetryRequested { .. } => self.last_work = LastWork::Begun,
            Kind::Failure { .. } => self.last_work = LastWork::Failed,
            Kind::Receipt { .. } => self.last_work = LastWork::Done,
            Kind::ThreadUpdated { archived: Some(archived), .. } => self.archived = *archived,
            _ => {}
        }
    }

    /// The status of the thread. Pending items take precedence over finished work.
    pub fn status(&self) -> ThreadStatus {
        if self.archived {
            ThreadStatus::Archived
        } else if self.open_asks > 0 {
            ThreadStatus::Waiting
        } else if self.last_work == LastWork::Failed && self.open_failures > 0 {
            ThreadStatus::Failed
        } else if self.last_work == LastWork::Done {
            ThreadStatus::Completed
        } else if self.spoken || self.last_work != LastWork::None {
            ThreadStatus::Active
        } else {
            ThreadStatus::Idle
        }
    }
}
