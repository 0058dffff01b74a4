//! stand-in until merged
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::EventId;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::resolve::*;
use workroom_protocol::thread::WorkroomThread;
use workroom_protocol::workroom::Workroom;
pub struct Gathered {
    pub link: WorkroomLink,
    pub workroom: Workroom,
    pub thread: Option<WorkroomThread>,
    pub threads: Vec<ThreadBrief>,
    pub more_threads: u64,
    pub participants: Vec<Participant>,
    pub more_participants: u64,
    pub pending_approvals: Vec<OpenItem>,
    pub needs_human: Vec<OpenItem>,
    pub open_failures: Vec<OpenItem>,
    pub decisions: Vec<OpenItem>,
    pub more_decisions: u64,
    pub artifacts: Vec<Artifact>,
    pub more_artifacts: u64,
    pub receipts: Vec<OpenItem>,
    pub more_receipts: u64,
    pub recent_events: Vec<WorkroomEvent>,
    pub more_events: u64,
    pub focus: Option<EventId>,
    pub head_seq: u64,
}
pub struct Budget {
    pub max_tokens: usize,
    pub max_events: Option<usize>,
    pub format: ResolveFormat,
}
pub fn fit(_: Gathered, _: &Budget) -> Resolved {
    unimplemented!()
}
