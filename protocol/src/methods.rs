//! THE TABLE: every method of the protocol, one documented row each.
//!
//! Dispatch, the JSON Schemas, the OpenRPC document, the TypeScript types and the method reference derive from it.
//! To add a method: a row here, its types in the file of their noun, a handler in the server's `api/`.
//!
//! In brackets is what a caller needs: the scope of its connection, and its least role in each workroom that the
//! params lead to. The server checks the role wherever it looks up what the params name.

use crate::approval::*;
use crate::approver::*;
use crate::artifact::*;
use crate::audit::*;
use crate::event::*;
use crate::failure::*;
use crate::inbox::*;
use crate::member::*;
use crate::method::methods;
use crate::owner::*;
use crate::resolve::*;
use crate::search::*;
use crate::server::*;
use crate::session::*;
use crate::thread::*;
use crate::token::*;
use crate::workroom::*;

methods! {
    /// Says who connects. Optional; when sent it comes first and once.
    Initialize = "initialize" (InitializeParams) -> InitializeResponse [];
    /// Describes every method, as an OpenRPC document.
    Discover = "rpc.discover" (Empty) -> OpenRpcDocument [];
    /// Tells how the server is.
    Status = "server/status" (Empty) -> ServerStatus [Read];
    /// Ends the server once everything it has admitted is answered.
    Shutdown = "shutdown" (Empty) -> Empty [];
    /// Tells whose store it is.
    OwnerRead = "owner/read" (Empty) -> Owner [Read];
    /// Gives the owner another handle. Only the owner may.
    OwnerSet = "owner/set" (OwnerSetParams) -> Owner [Admin];
    /// Lists sessions of the caller's own agents.
    SessionList = "session/list" (SessionListParams) -> SessionListResponse [Read];

    /// Creates a workroom. In a git checkout, repository, branch and title default from it.
    WorkroomCreate = "workroom/create" (WorkroomCreateParams) -> Workroom [Post];
    /// Finds the workroom of a repository or folder, or creates it. Callers that open at once get one workroom.
    WorkroomOpen = "workroom/open" (WorkroomOpenParams) -> WorkroomOpened [Post];
    /// Lists workrooms, newest activity first.
    WorkroomList = "workroom/list" (WorkroomListParams) -> WorkroomListResponse [Read Viewer];
    /// Reads one workroom.
    WorkroomRead = "workroom/read" (WorkroomIdParams) -> Workroom [Read Viewer];
    /// Changes a workroom's title, folder, repository, branch or visibility.
    WorkroomUpdate = "workroom/update" (WorkroomUpdateParams) -> Workroom [Post Maintainer];
    /// Puts a workroom into the archive. Nothing is lost.
    WorkroomArchive = "workroom/archive" (WorkroomIdParams) -> Workroom [Post Maintainer];
    /// Takes a workroom out of the archive.
    WorkroomUnarchive = "workroom/unarchive" (WorkroomIdParams) -> Workroom [Post Maintainer];
    /// Joins a workroom to another: its threads move, its events stay as they are, and its links keep resolving.
    WorkroomMerge = "workroom/merge" (WorkroomMergeParams) -> Workroom [Post Owner];
    /// Writes the link to a workroom, a thread or an event.
    WorkroomLink = "workroom/link" (WorkroomLinkParams) -> LinkText [Read Viewer];
    /// Resolves a link to everything that is needed to go on from there, within a budget.
    Resolve = "workroom/resolve" (ResolveParams) -> Resolved [Read Viewer];

    /// Creates a thread.
    ThreadCreate = "thread/create" (ThreadCreateParams) -> WorkroomThread [Post Contributor];
    /// Lists threads, newest activity first.
    ThreadList = "thread/list" (ThreadListParams) -> ThreadListResponse [Read Viewer];
    /// Reads a thread and a page of its events.
    ThreadRead = "thread/read" (ThreadReadParams) -> ThreadReadResponse [Read Viewer];
    /// Changes a thread's title or participants.
    ThreadUpdate = "thread/update" (ThreadUpdateParams) -> WorkroomThread [Post Contributor];
    /// Puts a thread into the archive. Nothing is lost.
    ThreadArchive = "thread/archive" (ThreadIdParams) -> WorkroomThread [Post Contributor];
    /// Takes a thread out of the archive.
    ThreadUnarchive = "thread/unarchive" (ThreadIdParams) -> WorkroomThread [Post Contributor];
    /// Attaches a reference: an issue, a pull request, a commit, a check, a run, a chat. Twice is once.
    ThreadAttachRef = "thread/attachRef" (ThreadAttachRefParams) -> WorkroomThread [Post Contributor];
    /// Takes a reference off a thread.
    ThreadDetachRef = "thread/detachRef" (ThreadDetachRefParams) -> WorkroomThread [Post Contributor];

    /// Appends an event to a thread.
    EventAppend = "event/append" (EventAppendParams) -> EventResponse [Post Contributor];
    /// Appends up to 1,000 events, all or none.
    EventAppendBatch = "event/appendBatch" (EventAppendBatchParams) -> EventsResponse [Post Contributor];
    /// Appends events of another log as history: who and when as their source says, marked as imported.
    EventImport = "event/import" (EventImportParams) -> EventImportResponse [Admin Owner];
    /// Reads one event.
    EventRead = "event/read" (EventReadParams) -> EventResponse [Read Viewer];
    /// Lists events in the order of the log.
    EventList = "event/list" (EventListParams) -> EventListResponse [Read Viewer];
    /// Tells of events as `event/appended`: first those after `after_seq`, then live ones.
    EventSubscribe = "event/subscribe" (EventSubscribeParams) -> EventSubscribeResponse [Read Viewer];
    /// Ends a subscription.
    EventUnsubscribe = "event/unsubscribe" (EventUnsubscribeParams) -> Empty [Read];

    /// Asks for leave to do something.
    ApprovalRequest = "approval/request" (ApprovalRequestParams) -> Approval [Post Contributor];
    /// Lists approvals, newest first.
    ApprovalList = "approval/list" (ApprovalListParams) -> ApprovalListResponse [Read Viewer];
    /// Reads one approval. It permits exactly its action, to its requester.
    ApprovalRead = "approval/read" (ApprovalIdParams) -> Approval [Read Viewer];
    /// Waits until an approval has ended, also across restarts of either side. It permits exactly its action, to its
    /// requester: compare both before acting on it.
    ApprovalWait = "approval/wait" (ApprovalWaitParams) -> Approval [Read Viewer];
    /// Decides an approval. The first decision wins; a later one is `already_decided`.
    ApprovalDecide = "approval/decide" (ApprovalDecideParams) -> Approval [Approve Maintainer];
    /// Takes an approval back. For whoever asked for it, and for whoever could decide it.
    ApprovalCancel = "approval/cancel" (ApprovalCancelParams) -> Approval [Post Contributor];

    /// Reports whether decisions need the approver secret.
    ApproverState = "approver/status" (Empty) -> ApproverStatus [Approve];
    /// Sets or replaces the approver secret: from then on no decision of the local owner counts without it.
    ApproverSet = "approver/set" (ApproverSetParams) -> ApproverStatus [Admin];
    /// Removes the approver secret.
    ApproverOff = "approver/off" (ApproverSecretParams) -> ApproverStatus [Admin];
    /// Gives the approver secret once for all decisions of this connection.
    ApproverUnlock = "approver/unlock" (ApproverSecretParams) -> ApproverStatus [Approve];

    /// Asks for another attempt after a failure. One is under way at a time.
    FailureRetry = "failure/retry" (FailureRetryParams) -> EventResponse [Post Contributor];
    /// Sets a failure aside.
    FailureDismiss = "failure/dismiss" (FailureDismissParams) -> EventResponse [Post Contributor];

    /// Links a file of the workroom's folder: its path, size, media type and SHA-256, never its contents.
    ArtifactLink = "artifact/link" (ArtifactLinkParams) -> Artifact [Post Contributor];
    /// Lists artifacts, newest first.
    ArtifactList = "artifact/list" (ArtifactListParams) -> ArtifactListResponse [Read Viewer];
    /// Reads a part of an artifact's file, and says whether it changed since it was linked.
    ArtifactRead = "artifact/read" (ArtifactReadParams) -> ArtifactReadResponse [Read Viewer];

    /// Lists a view of the caller's inbox, what has the newest event for them first.
    InboxList = "inbox/list" (InboxListParams) -> InboxListResponse [Read Viewer];
    /// Counts the items of every view of the caller's inbox.
    InboxCount = "inbox/counts" (InboxCountsParams) -> InboxCountsResponse [Read Viewer];
    /// Answers the first page of a view, and then tells as `inbox/changed` what changes in it.
    InboxSubscribe = "inbox/subscribe" (InboxSubscribeParams) -> InboxSubscribeResponse [Read Viewer];
    /// Ends a subscription to the inbox.
    InboxUnsubscribe = "inbox/unsubscribe" (InboxUnsubscribeParams) -> Empty [Read];
    /// Marks what the client has shown as read. What needs action stays.
    InboxMarkRead = "inbox/markRead" (InboxMarkReadParams) -> InboxItemsResponse [Read Viewer];
    /// Marks a thread as unread again.
    InboxMarkUnread = "inbox/markUnread" (InboxMarkUnreadParams) -> InboxItemsResponse [Read Viewer];
    /// Is done with what the client has shown. What needs action stays, and what comes later brings it back.
    InboxArchive = "inbox/archive" (InboxArchiveParams) -> InboxItemsResponse [Read Viewer];
    /// Takes back into the inbox what the caller was done with.
    InboxUnarchive = "inbox/unarchive" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Puts a thread off until a time, or until a mention, an approval or a failure.
    InboxSnooze = "inbox/snooze" (InboxSnoozeParams) -> InboxItemsResponse [Read Viewer];
    /// Takes back into the inbox what was put off.
    InboxUnsnooze = "inbox/unsnooze" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Saves a thread for later.
    InboxSave = "inbox/save" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Takes a thread from those that are saved.
    InboxUnsave = "inbox/unsave" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Says what the caller wants to hear of a thread.
    ThreadSetNotificationLevel = "thread/setNotificationLevel" (ThreadSetNotificationLevelParams) -> NotificationLevelResponse [Read Viewer];
    /// Says what the caller wants to hear of a workroom, where they say nothing about the thread.
    WorkroomSetNotificationLevel = "workroom/setNotificationLevel" (WorkroomSetNotificationLevelParams) -> NotificationLevelResponse [Read Viewer];

    /// Lists the members of a workroom, in the order in which they came.
    MemberList = "member/list" (MemberListParams) -> MemberListResponse [Read Viewer];
    /// Adds a member to a workroom.
    MemberAdd = "member/add" (MemberAddParams) -> Member [Admin Maintainer];
    /// Changes a member's role or display name.
    MemberUpdate = "member/update" (MemberUpdateParams) -> Member [Admin Maintainer];
    /// Removes a member from a workroom. What they wrote stays.
    MemberRemove = "member/remove" (MemberRemoveParams) -> Empty [Admin Maintainer];

    /// Makes a token, and tells its secret this once.
    TokenCreate = "token/create" (TokenCreateParams) -> TokenCreated [Admin Owner];
    /// Lists tokens, newest first, never their secrets.
    TokenList = "token/list" (TokenListParams) -> TokenListResponse [Admin];
    /// Ends a token at once, and every subscription made with it.
    TokenRevoke = "token/revoke" (TokenRevokeParams) -> Token [Admin];
    /// Lists who did what with which token, newest first.
    AuditList = "audit/list" (AuditListParams) -> AuditListResponse [Admin Maintainer];

    /// Searches the text of events, newest first.
    SearchQuery = "search/query" (SearchQueryParams) -> SearchQueryResponse [Read Viewer];
}
