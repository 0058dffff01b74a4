//! THE TABLE: every method of the protocol, one documented row each.
//!
//! Dispatch, the JSON Schemas, the OpenRPC document, the TypeScript types and the method reference derive from it.
//! To add a method: a row here, its types in the file of their noun, a handler in the server's `api/`.

use crate::artifact::*;
use crate::event::*;
use crate::method::methods;
use crate::resolve::*;
use crate::search::*;
use crate::server::*;
use crate::thread::*;
use crate::workroom::*;

methods! {
    /// Says who connects. Optional; when sent it comes first and once.
    Initialize = "initialize" (InitializeParams) -> InitializeResponse;
    /// Describes every method, as an OpenRPC document.
    Discover = "rpc.discover" (Empty) -> OpenRpcDocument;
    /// Tells how the server is.
    Status = "server/status" (Empty) -> ServerStatus;
    /// Ends the server once everything it has admitted is answered.
    Shutdown = "shutdown" (Empty) -> Empty;

    /// Creates a workroom. In a git checkout, repository, branch and title default from it.
    WorkroomCreate = "workroom/create" (WorkroomCreateParams) -> Workroom;
    /// Lists workrooms, newest activity first.
    WorkroomList = "workroom/list" (WorkroomListParams) -> WorkroomListResponse;
    /// Reads one workroom.
    WorkroomRead = "workroom/read" (WorkroomIdParams) -> Workroom;
    /// Changes a workroom's title, folder, repository, branch or visibility.
    WorkroomUpdate = "workroom/update" (WorkroomUpdateParams) -> Workroom;
    /// Puts a workroom into the archive. Nothing is lost.
    WorkroomArchive = "workroom/archive" (WorkroomIdParams) -> Workroom;
    /// Takes a workroom out of the archive.
    WorkroomUnarchive = "workroom/unarchive" (WorkroomIdParams) -> Workroom;
    /// Writes the link to a workroom, a thread or an event.
    WorkroomLink = "workroom/link" (WorkroomLinkParams) -> LinkText;
    /// Resolves a link to everything that is needed to go on from there, within a budget.
    Resolve = "workroom/resolve" (ResolveParams) -> Resolved;

    /// Creates a thread.
    ThreadCreate = "thread/create" (ThreadCreateParams) -> WorkroomThread;
    /// Lists threads, newest activity first.
    ThreadList = "thread/list" (ThreadListParams) -> ThreadListResponse;
    /// Reads a thread and a page of its events.
    ThreadRead = "thread/read" (ThreadReadParams) -> ThreadReadResponse;
    /// Changes a thread's title or participants.
    ThreadUpdate = "thread/update" (ThreadUpdateParams) -> WorkroomThread;
    /// Puts a thread into the archive. Nothing is lost.
    ThreadArchive = "thread/archive" (ThreadIdParams) -> WorkroomThread;
    /// Takes a thread out of the archive.
    ThreadUnarchive = "thread/unarchive" (ThreadIdParams) -> WorkroomThread;
    /// Attaches a reference: an issue, a pull request, a commit, a check, a run, a chat. Twice is once.
    ThreadAttachRef = "thread/attachRef" (ThreadAttachRefParams) -> WorkroomThread;
    /// Takes a reference off a thread.
    ThreadDetachRef = "thread/detachRef" (ThreadDetachRefParams) -> WorkroomThread;

    /// Appends an event to a thread.
    EventAppend = "event/append" (EventAppendParams) -> EventResponse;
    /// Appends up to 1,000 events, all or none.
    EventAppendBatch = "event/appendBatch" (EventAppendBatchParams) -> EventsResponse;
    /// Reads one event.
    EventRead = "event/read" (EventReadParams) -> EventResponse;
    /// Lists events in the order of the log.
    EventList = "event/list" (EventListParams) -> EventListResponse;
    /// Tells of events as `event/appended`: first those after `after_seq`, then live ones.
    EventSubscribe = "event/subscribe" (EventSubscribeParams) -> EventSubscribeResponse;
    /// Ends a subscription.
    EventUnsubscribe = "event/unsubscribe" (EventUnsubscribeParams) -> Empty;

    /// Links a file of the workroom's folder: its path, size, media type and SHA-256, never its contents.
    ArtifactLink = "artifact/link" (ArtifactLinkParams) -> Artifact;
    /// Lists artifacts, newest first.
    ArtifactList = "artifact/list" (ArtifactListParams) -> ArtifactListResponse;
    /// Reads a part of an artifact's file, and says whether it changed since it was linked.
    ArtifactRead = "artifact/read" (ArtifactReadParams) -> ArtifactReadResponse;

    /// Searches the text of events, newest first.
    SearchQuery = "search/query" (SearchQueryParams) -> SearchQueryResponse;
}
