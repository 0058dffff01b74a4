//! The methods, one file per noun. [`router`] lists all handlers.

mod app;
mod approvals;
mod approver;
mod artifacts;
pub mod checkout;
mod clean;
mod client;
mod context;
pub mod cursor;
mod cx;
mod error;
mod events;
mod failures;
mod follow;
mod idempotency;
mod import;
mod inbox;
mod limits;
mod members;
mod merges;
mod order;
mod originals;
mod owner;
mod page;
mod presence;
mod repositories;
mod search;
mod server;
mod threads;
mod tokens;
mod waits;
mod workrooms;
pub mod workspace;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use workroom_protocol::methods::*;
use workroom_rpc::connection::{self, Connection};
use workroom_rpc::peer::Peer;
use workroom_rpc::router::Router;

pub use self::app::{App, AppConfig};
pub use self::clean::stored;
pub use self::client::{Caller, Client, Naming};
pub use self::cx::Cx;
pub use self::error::{APPROVER_SECRET, Error, Result};
pub use self::follow::EventPump;
pub use self::limits::{MAX_APPEND_EVENTS, MAX_LINE_BYTES, agent as check_agent};
pub use workroom_domain::secret::Secret;

/// Connects the local owner, one of their agents, or the bearer of the token in the environment. Returns the state of
/// the connection and its notifications.
pub fn connect(app: &Arc<App>, agent: Option<Naming>, stop: CancellationToken) -> (Arc<Client>, EventPump) {
    let client = Arc::new(Client::new(agent, app.config.token.clone(), stop));
    let pump = EventPump::new(app.clone(), client.clone());
    (client, pump)
}

// What is on its way between the two ends: as much as the largest page, so that one does not wait for the other often.
const PIPE_BYTES: usize = 1024 * 1024;

/// A client of the router within this process, as the local owner, as one of their agents, or as the bearer of the
/// environment's token. Must be called inside a runtime.
pub fn peer(app: &Arc<App>, agent: Option<Naming>, stop: CancellationToken) -> Peer {
    let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
    let (client, pump) = connect(app, agent, stop.clone());
    let (input, output) = tokio::io::split(theirs);
    let router = Arc::new(router(app.clone()));
    let max_message_bytes = MAX_LINE_BYTES;
    let connection = Connection { input, output, router, client, pump, max_message_bytes, stop };
    tokio::spawn(connection::serve(connection));
    let (answers, requests) = tokio::io::split(ours);
    Peer::connect(answers, requests)
}

/// All handlers. A test fails if a row of the method table has none.
pub fn router(app: Arc<App>) -> Router<App, Client> {
    Router::new(app, client::guard, clean::FILTERS)
        .on::<Initialize>(server::initialize)
        .on::<Discover>(server::discover)
        .on::<Status>(server::status)
        .on::<Shutdown>(server::shutdown)
        .on::<OwnerRead>(owner::read)
        .on::<OwnerSet>(owner::set)
        .on::<SessionList>(owner::sessions)
        .on::<PresenceList>(presence::list)
        .on::<WorkroomCreate>(workrooms::create)
        .on::<WorkroomOpen>(repositories::open)
        .on::<WorkroomList>(workrooms::list)
        .on::<WorkroomRead>(workrooms::read)
        .on::<WorkroomUpdate>(workrooms::update)
        .on::<WorkroomArchive>(workrooms::archive)
        .on::<WorkroomUnarchive>(workrooms::unarchive)
        .on::<WorkroomMerge>(merges::merge)
        .on::<WorkroomLink>(workrooms::link)
        .on::<Resolve>(context::resolve)
        .on::<ThreadCreate>(threads::create)
        .on::<ThreadList>(threads::list)
        .on::<ThreadRead>(threads::read)
        .on::<ThreadUpdate>(threads::update)
        .on::<ThreadArchive>(threads::archive)
        .on::<ThreadUnarchive>(threads::unarchive)
        .on::<ThreadAttachRef>(threads::attach_ref)
        .on::<ThreadDetachRef>(threads::detach_ref)
        .on::<EventAppend>(events::append)
        .on::<EventAppendBatch>(events::append_batch)
        .on::<EventImport>(import::import)
        .on::<EventRead>(events::read)
        .on::<EventList>(events::list)
        .on::<EventSubscribe>(follow::subscribe_to_events)
        .on::<EventUnsubscribe>(follow::unsubscribe_from_events)
        .on::<ApprovalRequest>(approvals::request)
        .on::<ApprovalList>(approvals::list)
        .on::<ApprovalRead>(approvals::read)
        .on::<ApprovalWait>(approvals::wait)
        .on::<ApprovalDecide>(approvals::decide)
        .on::<ApprovalCancel>(approvals::cancel)
        .on::<ApproverState>(approver::status)
        .on::<ApproverSet>(approver::set)
        .on::<ApproverOff>(approver::off)
        .on::<ApproverUnlock>(approver::unlock)
        .on::<FailureRetry>(failures::retry)
        .on::<FailureDismiss>(failures::dismiss)
        .on::<ArtifactLink>(artifacts::link)
        .on::<ArtifactList>(artifacts::list)
        .on::<ArtifactRead>(artifacts::read)
        .on::<InboxList>(inbox::list)
        .on::<InboxCount>(inbox::counts)
        .on::<InboxSubscribe>(follow::subscribe_to_inbox)
        .on::<InboxUnsubscribe>(follow::unsubscribe_from_inbox)
        .on::<InboxMarkRead>(inbox::mark_read)
        .on::<InboxMarkUnread>(inbox::mark_unread)
        .on::<InboxArchive>(inbox::archive)
        .on::<InboxUnarchive>(inbox::unarchive)
        .on::<InboxSnooze>(inbox::snooze)
        .on::<InboxUnsnooze>(inbox::unsnooze)
        .on::<InboxSave>(inbox::save)
        .on::<InboxUnsave>(inbox::unsave)
        .on::<ThreadSetNotificationLevel>(inbox::set_thread_level)
        .on::<WorkroomSetNotificationLevel>(inbox::set_workroom_level)
        .on::<MemberList>(members::list)
        .on::<MemberAdd>(members::add)
        .on::<MemberUpdate>(members::update)
        .on::<MemberRemove>(members::remove)
        .on::<TokenCreate>(tokens::create)
        .on::<TokenList>(tokens::list)
        .on::<TokenRevoke>(tokens::revoke)
        .on::<AuditList>(tokens::audit)
        .on::<SearchQuery>(search::query)
}
