//! THE TABLE: every method of the protocol, with its documentation.
//!
//! Dispatch, the JSON Schemas, the OpenRPC document, the TypeScript types and the method reference are derived from it.
//! To add a method, add a row here, its types in the file of their noun, and a handler in the server's `api/`.
//!
//! The brackets contain the permissions that a caller needs: the scope of its connection, and its minimum role in each
//! workroom that the params refer to. The server checks the role wherever it looks up what the params name.

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
use crate::presence::*;
use crate::resolve::*;
use crate::search::*;
use crate::server::*;
use crate::session::*;
use crate::thread::*;
use crate::token::*;
use crate::workroom::*;

methods! {
    /// Identifies the client. Optional; if sent, it must be the first request, and it can be sent only once.
    Initialize = "initialize" (InitializeParams) -> InitializeResponse [];
    /// Describes every method, as an OpenRPC document.
    Discover = "rpc.discover" (Empty) -> OpenRpcDocument [];
    /// Reports the state of the server.
    Status = "server/status" (Empty) -> ServerStatus [Read];
    /// Stops the server after it has answered every accepted request.
    Shutdown = "shutdown" (Empty) -> Empty [];
    /// Returns the owner of the store.
    OwnerRead = "owner/read" (Empty) -> Owner [Read];
    /// Changes the owner's handle. Only the owner may do this.
    OwnerSet = "owner/set" (OwnerSetParams) -> Owner [Admin];
    /// Lists the sessions of the caller's own agents.
    SessionList = "session/list" (SessionListParams) -> SessionListResponse [Read];
    /// Lists the agents that run on this machine and what they are doing. Only the owner and the owner's agents may.
    PresenceList = "presence/list" (PresenceListParams) -> PresenceListResponse [Read];

    /// Creates a workroom. In a git checkout, it provides the defaults for repository, branch and title.
    WorkroomCreate = "workroom/create" (WorkroomCreateParams) -> Workroom [Post];
    /// Finds or creates the workroom of a repository or folder. Simultaneous callers get the same workroom.
    WorkroomOpen = "workroom/open" (WorkroomOpenParams) -> WorkroomOpened [Post];
    /// Lists workrooms, newest activity first.
    WorkroomList = "workroom/list" (WorkroomListParams) -> WorkroomListResponse [Read Viewer];
    /// Reads one workroom.
    WorkroomRead = "workroom/read" (WorkroomIdParams) -> Workroom [Read Viewer];
    /// Changes a workroom's title, folder, repository, branch or visibility.
    WorkroomUpdate = "workroom/update" (WorkroomUpdateParams) -> Workroom [Post Maintainer];
    /// Archives a workroom. Nothing is deleted.
    WorkroomArchive = "workroom/archive" (WorkroomIdParams) -> Workroom [Post Maintainer];
    /// Unarchives a workroom.
    WorkroomUnarchive = "workroom/unarchive" (WorkroomIdParams) -> Workroom [Post Maintainer];
    /// Merges a workroom into another one. Its threads move, its events stay unchanged, and its links still resolve.
    WorkroomMerge = "workroom/merge" (WorkroomMergeParams) -> Workroom [Post Owner];
    /// Returns the link to a workroom, a thread or an event.
    WorkroomLink = "workroom/link" (WorkroomLinkParams) -> LinkText [Read Viewer];
    /// Resolves a link to the context that is needed to continue the work, within a budget.
    Resolve = "workroom/resolve" (ResolveParams) -> Resolved [Read Viewer];

    /// Creates a thread.
    ThreadCreate = "thread/create" (ThreadCreateParams) -> WorkroomThread [Post Contributor];
    /// Lists threads, newest activity first.
    ThreadList = "thread/list" (ThreadListParams) -> ThreadListResponse [Read Viewer];
    /// Reads a thread and a page of its events.
    ThreadRead = "thread/read" (ThreadReadParams) -> ThreadReadResponse [Read Viewer];
    /// Changes a thread's title or participants.
    ThreadUpdate = "thread/update" (ThreadUpdateParams) -> WorkroomThread [Post Contributor];
    /// Archives a thread. Nothing is deleted.
    ThreadArchive = "thread/archive" (ThreadIdParams) -> WorkroomThread [Post Contributor];
    /// Unarchives a thread.
    ThreadUnarchive = "thread/unarchive" (ThreadIdParams) -> WorkroomThread [Post Contributor];
    /// Attaches a reference: an issue, pull request, commit, check, run or chat. Attaching it again has no effect.
    ThreadAttachRef = "thread/attachRef" (ThreadAttachRefParams) -> WorkroomThread [Post Contributor];
    /// Detaches a reference from a thread.
    ThreadDetachRef = "thread/detachRef" (ThreadDetachRefParams) -> WorkroomThread [Post Contributor];

    /// Appends an event to a thread.
    EventAppend = "event/append" (EventAppendParams) -> EventResponse [Post Contributor];
    /// Appends up to 1,000 events: either all or none.
    EventAppendBatch = "event/appendBatch" (EventAppendBatchParams) -> EventsResponse [Post Contributor];
    /// Appends events of another log as history.
    /// They keep the author and time of their source and are marked as imported.
    EventImport = "event/import" (EventImportParams) -> EventImportResponse [Admin Owner];
    /// Reads one event.
    EventRead = "event/read" (EventReadParams) -> EventResponse [Read Viewer];
    /// Lists events in the order of the log.
    EventList = "event/list" (EventListParams) -> EventListResponse [Read Viewer];
    /// Subscribes to events, which are sent as `event/appended`: first those after `after_seq`, then live events.
    EventSubscribe = "event/subscribe" (EventSubscribeParams) -> EventSubscribeResponse [Read Viewer];
    /// Ends a subscription.
    EventUnsubscribe = "event/unsubscribe" (EventUnsubscribeParams) -> Empty [Read];

    /// Requests permission for an action.
    ApprovalRequest = "approval/request" (ApprovalRequestParams) -> Approval [Post Contributor];
    /// Lists approvals, newest first.
    ApprovalList = "approval/list" (ApprovalListParams) -> ApprovalListResponse [Read Viewer];
    /// Reads one approval. It permits exactly its action, and only for its requester.
    ApprovalRead = "approval/read" (ApprovalIdParams) -> Approval [Read Viewer];
    /// Waits until an approval has a final state, even if the client or the server restarts in between.
    /// The approval permits exactly its action, and only for its requester: compare both before you act on it.
    ApprovalWait = "approval/wait" (ApprovalWaitParams) -> Approval [Read Viewer];
    /// Decides an approval. The first decision wins; a later one is `already_decided`.
    ApprovalDecide = "approval/decide" (ApprovalDecideParams) -> Approval [Approve Maintainer];
    /// Cancels an approval. The requester, and members who may decide it, can cancel it.
    ApprovalCancel = "approval/cancel" (ApprovalCancelParams) -> Approval [Post Contributor];

    /// Reports whether decisions need the approver secret.
    ApproverState = "approver/status" (Empty) -> ApproverStatus [Approve];
    /// Sets or replaces the approver secret. From then on, every decision of the local owner requires it.
    ApproverSet = "approver/set" (ApproverSetParams) -> ApproverStatus [Admin];
    /// Removes the approver secret.
    ApproverOff = "approver/off" (ApproverSecretParams) -> ApproverStatus [Admin];
    /// Unlocks all decisions of this connection with the approver secret, given once.
    ApproverUnlock = "approver/unlock" (ApproverSecretParams) -> ApproverStatus [Approve];

    /// Requests a retry after a failure. Each failure has at most one retry in progress.
    FailureRetry = "failure/retry" (FailureRetryParams) -> EventResponse [Post Contributor];
    /// Dismisses a failure.
    FailureDismiss = "failure/dismiss" (FailureDismissParams) -> EventResponse [Post Contributor];

    /// Links a file in the workroom's folder: its path, size, media type and SHA-256, never its contents.
    ArtifactLink = "artifact/link" (ArtifactLinkParams) -> Artifact [Post Contributor];
    /// Lists artifacts, newest first.
    ArtifactList = "artifact/list" (ArtifactListParams) -> ArtifactListResponse [Read Viewer];
    /// Reads a part of an artifact's file, and reports whether the file changed since it was linked.
    ArtifactRead = "artifact/read" (ArtifactReadParams) -> ArtifactReadResponse [Read Viewer];

    /// Lists a view of the caller's inbox. The item with the newest event for the caller comes first.
    InboxList = "inbox/list" (InboxListParams) -> InboxListResponse [Read Viewer];
    /// Counts the items in each view of the caller's inbox.
    InboxCount = "inbox/counts" (InboxCountsParams) -> InboxCountsResponse [Read Viewer];
    /// Returns the first page of a view and subscribes to it. Changes are sent as `inbox/changed`.
    InboxSubscribe = "inbox/subscribe" (InboxSubscribeParams) -> InboxSubscribeResponse [Read Viewer];
    /// Ends an inbox subscription.
    InboxUnsubscribe = "inbox/unsubscribe" (InboxUnsubscribeParams) -> Empty [Read];
    /// Marks what the client has shown as read. Items that need action stay.
    InboxMarkRead = "inbox/markRead" (InboxMarkReadParams) -> InboxItemsResponse [Read Viewer];
    /// Marks a thread as unread again.
    InboxMarkUnread = "inbox/markUnread" (InboxMarkUnreadParams) -> InboxItemsResponse [Read Viewer];
    /// Marks what the client has shown as done. Items that need action stay, and later events bring the thread back.
    InboxArchive = "inbox/archive" (InboxArchiveParams) -> InboxItemsResponse [Read Viewer];
    /// Returns a thread that was marked as done to the inbox.
    InboxUnarchive = "inbox/unarchive" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Snoozes a thread until a given time, or until a mention, an approval or a failure.
    InboxSnooze = "inbox/snooze" (InboxSnoozeParams) -> InboxItemsResponse [Read Viewer];
    /// Returns a snoozed thread to the inbox.
    InboxUnsnooze = "inbox/unsnooze" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Saves a thread for later.
    InboxSave = "inbox/save" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Removes a thread from the saved items.
    InboxUnsave = "inbox/unsave" (InboxThreadParams) -> InboxItemsResponse [Read Viewer];
    /// Sets the caller's notification level for a thread.
    ThreadSetNotificationLevel = "thread/setNotificationLevel" (ThreadSetNotificationLevelParams) -> NotificationLevelResponse [Read Viewer];
    /// Sets the caller's notification level for a workroom. It applies to threads without a level of their own.
    WorkroomSetNotificationLevel = "workroom/setNotificationLevel" (WorkroomSetNotificationLevelParams) -> NotificationLevelResponse [Read Viewer];

    /// Lists the members of a workroom, in the order in which they joined.
    MemberList = "member/list" (MemberListParams) -> MemberListResponse [Read Viewer];
    /// Adds a member to a workroom.
    MemberAdd = "member/add" (MemberAddParams) -> Member [Admin Maintainer];
    /// Changes a member's role or display name.
    MemberUpdate = "member/update" (MemberUpdateParams) -> Member [Admin Maintainer];
    /// Removes a member from a workroom. Their events stay.
    MemberRemove = "member/remove" (MemberRemoveParams) -> Empty [Admin Maintainer];

    /// Creates a token. Its secret is only returned once, in this response.
    TokenCreate = "token/create" (TokenCreateParams) -> TokenCreated [Admin Owner];
    /// Lists tokens, newest first. Their secrets are never returned.
    TokenList = "token/list" (TokenListParams) -> TokenListResponse [Admin];
    /// Revokes a token immediately, and ends every subscription that was made with it.
    TokenRevoke = "token/revoke" (TokenRevokeParams) -> Token [Admin];
    /// Lists the audit trail: who did what with which token, newest first.
    AuditList = "audit/list" (AuditListParams) -> AuditListResponse [Admin Maintainer];

    /// Searches the text of events, newest first.
    SearchQuery = "search/query" (SearchQueryParams) -> SearchQueryResponse [Read Viewer];
}
