//! The state of a thread, from its events.

use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::thread::ThreadStatus;

/// What the last piece of work in a thread came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastWork {
    /// No work was begun.
    #[default]
    None,
    /// It goes on.
    Begun,
    /// It failed.
    Failed,
    /// It ended with a receipt.
    Done,
}

impl LastWork {
    const NAMES: [(Self, &'static str); 4] =
        [(Self::None, "none"), (Self::Begun, "begun"), (Self::Failed, "failed"), (Self::Done, "done")];

    /// The name under which the store keeps it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(value, _)| *value == self).map_or("none", |(_, name)| name)
    }

    /// The value that the store keeps under `name`.
    pub fn of_name(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::None, |(value, _)| *value)
    }
}

/// What the status of a thread follows from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadState {
    /// Whether anything was said or done.
    pub spoken: bool,
    /// What the last piece of work came to.
    pub last_work: LastWork,
    /// How many approvals and questions wait.
    pub open_asks: u32,
    /// How many failures stand.
    pub open_failures: u32,
    /// Whether the thread is in the archive.
    pub archived: bool,
}

impl ThreadState {
    /// Takes in one event of the thread. The open items are counted elsewhere, for they settle one another.
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

    /// The status of the thread. What waits for somebody comes before what was done.
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
