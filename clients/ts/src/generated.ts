// Generated from protocol/src. Do not edit: change the types there, then run `UPDATE=1 cargo test -p workroom-protocol --test generated_files`.

/** The version of the protocol. */
export const PROTOCOL_VERSION = 1;

/** The code of every kind of error. */
export const ERROR_CODES = {
  parse_error: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  internal: -32603,
  not_found: 1001,
  conflict: 1002,
  cursor_expired: 1003,
  forbidden: 1004,
  unauthenticated: 1005,
  busy: 1006,
  too_large: 1007,
  storage: 1008,
  already_decided: 1009,
  cancelled: 1010,
  unsupported: 1011,
} as const satisfies Record<ErrorKind, number>;

/** Every kind of event. */
export const EVENT_KINDS = [
  "message",
  "mention",
  "tool_call",
  "tool_result",
  "approval_request",
  "artifact_linked",
  "receipt",
  "failure",
  "needs_human",
  "resumed",
  "worker_started",
  "approval_decided",
  "ref_attached",
  "ref_detached",
  "workroom_created",
  "workroom_updated",
  "thread_created",
  "thread_updated",
  "member_changed",
  "failure_dismissed",
  "retry_requested",
] as const satisfies readonly WorkroomEventKind["event"][];

/** The kinds of events that clients may append. */
export const CLIENT_EVENT_KINDS = [
  "message",
  "mention",
  "tool_call",
  "tool_result",
  "approval_request",
  "artifact_linked",
  "receipt",
  "failure",
  "needs_human",
  "resumed",
  "worker_started",
] as const satisfies readonly WorkroomEventKind["event"][];

/** The params and the result of every method, by name. */
export interface Methods {
  /** Identifies the client. Optional; if sent, it must be the first request, and it can be sent only once. */
  "initialize": { params: InitializeParams; result: InitializeResponse };
  /** Describes every method, as an OpenRPC document. */
  "rpc.discover": { params: Empty; result: OpenRpcDocument };
  /** Reports the state of the server. */
  "server/status": { params: Empty; result: ServerStatus };
  /** Stops the server after it has answered every accepted request. */
  "shutdown": { params: Empty; result: Empty };
  /** Returns the owner of the store. */
  "owner/read": { params: Empty; result: Owner };
  /** Changes the owner's handle. Only the owner may do this. */
  "owner/set": { params: OwnerSetParams; result: Owner };
  /** Lists the sessions of the caller's own agents. */
  "session/list": { params: SessionListParams; result: SessionListResponse };
  /** Lists the agents that run on this machine and what they are doing. Only the owner and the owner's agents may. */
  "presence/list": { params: PresenceListParams; result: PresenceListResponse };
  /** Creates a workroom. In a git checkout, it provides the defaults for repository, branch and title. */
  "workroom/create": { params: WorkroomCreateParams; result: Workroom };
  /** Finds or creates the workroom of a repository or folder. Simultaneous callers get the same workroom. */
  "workroom/open": { params: WorkroomOpenParams; result: WorkroomOpened };
  /** Lists workrooms, newest activity first. */
  "workroom/list": { params: WorkroomListParams; result: WorkroomListResponse };
  /** Reads one workroom. */
  "workroom/read": { params: WorkroomIdParams; result: Workroom };
  /** Changes a workroom's title, folder, repository, branch or visibility. */
  "workroom/update": { params: WorkroomUpdateParams; result: Workroom };
  /** Archives a workroom. Nothing is deleted. */
  "workroom/archive": { params: WorkroomIdParams; result: Workroom };
  /** Unarchives a workroom. */
  "workroom/unarchive": { params: WorkroomIdParams; result: Workroom };
  /** Merges a workroom into another one. Its threads move, its events stay unchanged, and its links still resolve. */
  "workroom/merge": { params: WorkroomMergeParams; result: Workroom };
  /** Returns the link to a workroom, a thread or an event. */
  "workroom/link": { params: WorkroomLinkParams; result: LinkText };
  /** Resolves a link to the context that is needed to continue the work, within a budget. */
  "workroom/resolve": { params: ResolveParams; result: Resolved };
  /** Creates a thread. */
  "thread/create": { params: ThreadCreateParams; result: WorkroomThread };
  /** Lists threads, newest activity first. */
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  /** Reads a thread and a page of its events. */
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  /** Changes a thread's title or participants. */
  "thread/update": { params: ThreadUpdateParams; result: WorkroomThread };
  /** Archives a thread. Nothing is deleted. */
  "thread/archive": { params: ThreadIdParams; result: WorkroomThread };
  /** Unarchives a thread. */
  "thread/unarchive": { params: ThreadIdParams; result: WorkroomThread };
  /** Attaches a reference: an issue, pull request, commit, check, run or chat. Attaching it again has no effect. */
  "thread/attachRef": { params: ThreadAttachRefParams; result: WorkroomThread };
  /** Detaches a reference from a thread. */
  "thread/detachRef": { params: ThreadDetachRefParams; result: WorkroomThread };
  /** Appends an event to a thread. */
  "event/append": { params: EventAppendParams; result: EventResponse };
  /** Appends up to 1,000 events: either all or none. */
  "event/appendBatch": { params: EventAppendBatchParams; result: EventsResponse };
  /**
   * Appends events of another log as history.
   * They keep the author and time of their source and are marked as imported.
   */
  "event/import": { params: EventImportParams; result: EventImportResponse };
  /** Reads one event. */
  "event/read": { params: EventReadParams; result: EventResponse };
  /** Lists events in the order of the log. */
  "event/list": { params: EventListParams; result: EventListResponse };
  /** Subscribes to events, which are sent as `event/appended`: first those after `after_seq`, then live events. */
  "event/subscribe": { params: EventSubscribeParams; result: EventSubscribeResponse };
  /** Ends a subscription. */
  "event/unsubscribe": { params: EventUnsubscribeParams; result: Empty };
  /** Requests permission for an action. */
  "approval/request": { params: ApprovalRequestParams; result: Approval };
  /** Lists approvals, newest first. */
  "approval/list": { params: ApprovalListParams; result: ApprovalListResponse };
  /** Reads one approval. It permits exactly its action, and only for its requester. */
  "approval/read": { params: ApprovalIdParams; result: Approval };
  /**
   * Waits until an approval has a final state, even if the client or the server restarts in between.
   * The approval permits exactly its action, and only for its requester: compare both before you act on it.
   */
  "approval/wait": { params: ApprovalWaitParams; result: Approval };
  /** Decides an approval. The first decision wins; a later one is `already_decided`. */
  "approval/decide": { params: ApprovalDecideParams; result: Approval };
  /** Cancels an approval. The requester, and members who may decide it, can cancel it. */
  "approval/cancel": { params: ApprovalCancelParams; result: Approval };
  /** Reports whether decisions need the approver secret. */
  "approver/status": { params: Empty; result: ApproverStatus };
  /** Sets or replaces the approver secret. From then on, every decision of the local owner requires it. */
  "approver/set": { params: ApproverSetParams; result: ApproverStatus };
  /** Removes the approver secret. */
  "approver/off": { params: ApproverSecretParams; result: ApproverStatus };
  /** Unlocks all decisions of this connection with the approver secret, given once. */
  "approver/unlock": { params: ApproverSecretParams; result: ApproverStatus };
  /** Requests a retry after a failure. Each failure has at most one retry in progress. */
  "failure/retry": { params: FailureRetryParams; result: EventResponse };
  /** Dismisses a failure. */
  "failure/dismiss": { params: FailureDismissParams; result: EventResponse };
  /** Links a file in the workroom's folder: its path, size, media type and SHA-256, never its contents. */
  "artifact/link": { params: ArtifactLinkParams; result: Artifact };
  /** Lists artifacts, newest first. */
  "artifact/list": { params: ArtifactListParams; result: ArtifactListResponse };
  /** Reads a part of an artifact's file, and reports whether the file changed since it was linked. */
  "artifact/read": { params: ArtifactReadParams; result: ArtifactReadResponse };
  /** Lists a view of the caller's inbox. The item with the newest event for the caller comes first. */
  "inbox/list": { params: InboxListParams; result: InboxListResponse };
  /** Counts the items in each view of the caller's inbox. */
  "inbox/counts": { params: InboxCountsParams; result: InboxCountsResponse };
  /** Returns the first page of a view and subscribes to it. Changes are sent as `inbox/changed`. */
  "inbox/subscribe": { params: InboxSubscribeParams; result: InboxSubscribeResponse };
  /** Ends an inbox subscription. */
  "inbox/unsubscribe": { params: InboxUnsubscribeParams; result: Empty };
  /** Marks what the client has shown as read. Items that need action stay. */
  "inbox/markRead": { params: InboxMarkReadParams; result: InboxItemsResponse };
  /** Marks a thread as unread again. */
  "inbox/markUnread": { params: InboxMarkUnreadParams; result: InboxItemsResponse };
  /** Marks what the client has shown as done. Items that need action stay, and later events bring the thread back. */
  "inbox/archive": { params: InboxArchiveParams; result: InboxItemsResponse };
  /** Returns a thread that was marked as done to the inbox. */
  "inbox/unarchive": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Snoozes a thread until a given time, or until a mention, an approval or a failure. */
  "inbox/snooze": { params: InboxSnoozeParams; result: InboxItemsResponse };
  /** Returns a snoozed thread to the inbox. */
  "inbox/unsnooze": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Saves a thread for later. */
  "inbox/save": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Removes a thread from the saved items. */
  "inbox/unsave": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Sets the caller's notification level for a thread. */
  "thread/setNotificationLevel": { params: ThreadSetNotificationLevelParams; result: NotificationLevelResponse };
  /** Sets the caller's notification level for a workroom. It applies to threads without a level of their own. */
  "workroom/setNotificationLevel": { params: WorkroomSetNotificationLevelParams; result: NotificationLevelResponse };
  /** Lists the members of a workroom, in the order in which they joined. */
  "member/list": { params: MemberListParams; result: MemberListResponse };
  /** Adds a member to a workroom. */
  "member/add": { params: MemberAddParams; result: Member };
  /** Changes a member's role or display name. */
  "member/update": { params: MemberUpdateParams; result: Member };
  /** Removes a member from a workroom. Their events stay. */
  "member/remove": { params: MemberRemoveParams; result: Empty };
  /** Creates a token. Its secret is only returned once, in this response. */
  "token/create": { params: TokenCreateParams; result: TokenCreated };
  /** Lists tokens, newest first. Their secrets are never returned. */
  "token/list": { params: TokenListParams; result: TokenListResponse };
  /** Revokes a token immediately, and ends every subscription that was made with it. */
  "token/revoke": { params: TokenRevokeParams; result: Token };
  /** Lists the audit trail: who did what with which token, newest first. */
  "audit/list": { params: AuditListParams; result: AuditListResponse };
  /** Searches the text of events, newest first. */
  "search/query": { params: SearchQueryParams; result: SearchQueryResponse };
}

/** The notifications that the client sends, by name. */
export interface ClientNotifications {
  /** The client has processed the response to `initialize`. */
  "initialized": Empty;
  /** Cancels a waiting request, which then fails with `cancelled`. A write that has started is not undone. */
  "$/cancelRequest": CancelParams;
}

/** The notifications that the server sends, by name. */
export interface ServerNotifications {
  /** Sends an event that matches a subscription. */
  "event/appended": EventAppended;
  /** Sends what changed in a view of the inbox. */
  "inbox/changed": InboxChanged;
  /** Reports that a subscription ended without the client ending it. */
  "subscription/ended": SubscriptionEnded;
}

/**
 * The person, agent or program that caused an event. The server sets it from the connection; a client cannot choose
 * it.
 */
export interface Actor {
  /** The kind of actor. */
  kind: ActorKind;
  /** The handle, which is the name used in mentions, without the `@`. */
  handle: string;
}

/** The kind of an actor. */
export type ActorKind =
  /** A person. */
  | "human"
  /** A coding agent. Its events also have an `AgentAttribution`. */
  | "agent"
  /** A chat bridge, which posts for people on another platform. */
  | "bridge"
  /** Workroom itself. */
  | "system";

/** The agent and the model that produced an event. */
export interface AgentAttribution {
  /** The provider of the model, such as `anthropic`. */
  provider: string;
  /** The model, such as `claude-opus-5`. */
  model: string;
  /** The agent's name, the same in every run. It is also the agent's handle. */
  agent_id: string;
}

/** A session of an agent on this machine, no matter who started it. */
export interface AgentPresence {
  /** The agent, such as `claude`. */
  agent: string;
  /** The agent's own id of the session. */
  agent_session: string;
  /** What it is doing. */
  state: PresenceState;
  /** What it works on or waits for, in one line. */
  activity?: string;
  /** Since when it has been doing that. */
  since: Timestamp;
  /** When its first event arrived. */
  started_at: Timestamp;
  /** The model, if the agent reported one. */
  model?: string;
  /** Its working folder. */
  folder?: string;
  /** The branch of that folder. */
  branch?: string;
  /** Its handle in Workroom. */
  handle?: string;
  /** Its session in Workroom. */
  session_id?: SessionId;
  /** The workroom of its folder. */
  workroom_id?: WorkroomId;
  /** The thread of the session, from its first prompt on. */
  thread_id?: ThreadId;
  /** The id of its process. */
  pid?: number;
  /** When its process started, in the system's own unit. */
  pid_started?: number;
}

/** An agent session: one connection that named the agent, or several that gave the same session key. */
export interface AgentSession {
  /** Its id. */
  session_id: SessionId;
  /** The agent's handle in this session. */
  handle: string;
  /** The name that the agent chose for itself. */
  agent_id: string;
  /** When the session started. */
  started_at: Timestamp;
  /** Whether a process is still using the session. */
  live: boolean;
}

/** An action that needs permission, and the decision about it. */
export interface Approval {
  /** Its id. */
  approval_id: ApprovalId;
  /** The workroom of its thread. */
  workroom_id: WorkroomId;
  /** The thread of the request. */
  thread_id: ThreadId;
  /** The `approval_request` event. */
  event_id: EventId;
  /** The position of that event in the log. */
  seq: number;
  /** The requester, who cannot decide this approval. */
  requested_by: Actor;
  /** The requesting agent and its model; absent for people. */
  agent?: AgentAttribution;
  /** The requester's agent session; absent for people, and in requests of older versions. */
  session_id?: SessionId;
  /** When the approval was requested. */
  requested_at: Timestamp;
  /** The tool to be used. */
  tool_name: string;
  /** What the action does, and why. */
  summary: string;
  /**
   * How much harm the action could do: the requester's rating, raised to at least `high` when parts of the action
   * are hidden.
   */
  risk?: ApprovalRisk;
  /** The requester's rating; present only when it differs from `risk`. */
  requested_risk?: ApprovalRisk;
  /** The arguments for the tool. Numbers keep every digit that the requester wrote. */
  arguments?: unknown;
  /**
   * The parts of the action that are not shown here because they were redacted as secrets. They are still part of
   * the action when it is approved. Absent when everything is shown.
   */
  hidden?: HiddenParts;
  /**
   * Identifies the action as the requester sent it, including hidden parts. The value is opaque: `hmac-sha256:` and
   * an HMAC in hex, whose key never leaves the store. For approvals of earlier versions this is their
   * `shown_digest`.
   */
  action_digest: string;
  /**
   * Identifies the action as it is shown here: `sha256:` and a SHA-256 in hex. It is the digest of a JSON object
   * with the members `arguments`, `risk`, `summary`, `thread_id` and `tool_name` with the values shown here, `null`
   * for absent ones. The JSON has no white space, and the members of every object are sorted by the UTF-8 bytes of
   * their names.
   */
  shown_digest?: string;
  /**
   * The values of a decision's `scope` that the requester supports, in its own words, such as `once` or `session`.
   * Empty when it supports none.
   */
  options: string[];
  /** The current state. */
  state: ApprovalState;
  /** When the approval expires; absent when it does not expire. */
  expires_at?: Timestamp;
  /** Who decided or cancelled it. When it expired, this is the system actor. */
  decided_by?: Actor;
  /** The program that was used for the decision. */
  decided_via?: string;
  /**
   * How the decision was made, as observed by the server. Absent without a decision, and for decisions of earlier
   * versions.
   */
  decided_how?: DecisionRecord;
  /** When it reached its final state. */
  decided_at?: Timestamp;
  /** The decision; absent while pending, and when it ended without a decision. */
  decision?: ApprovalDecision;
  /** The reason, in the decider's words. */
  reason?: string;
  /** How far the decision reaches: one of `options`. */
  scope?: string;
}

/** An approval to cancel. */
export interface ApprovalCancelParams {
  /** The approval. */
  approval_id: ApprovalId;
  /** The reason. */
  reason?: string | null;
}

/** A decision to record. */
export interface ApprovalDecideParams {
  /** The approval. */
  approval_id: ApprovalId;
  /** The decision. */
  decision: ApprovalDecision;
  /** The `action_digest` of the approval that the decider saw. If it does not match, the error is `conflict`. */
  action_digest: string;
  /**
   * The `shown_digest` of what the decider saw, for clients that compute it from what they displayed. If it does not
   * match, the error is `conflict`.
   */
  shown_digest?: string | null;
  /** The approver secret. Required when one is set and this connection has not called `approver/unlock`. */
  approver_secret?: ApproverSecret | null;
  /** The reason. */
  reason?: string | null;
  /** How far the decision reaches: one of the approval's `options`. */
  scope?: string | null;
}

/** A decision about an approval. */
export type ApprovalDecision =
  /** The action is allowed. */
  | "approved"
  /** The action is not allowed. */
  | "denied";

/** An approval: `apr_` + 32 hex digits (UUID v7). */
export type ApprovalId = string;

/** The approval to act on. */
export interface ApprovalIdParams {
  /** The approval. */
  approval_id: ApprovalId;
  /**
   * Refuse as `forbidden` unless the approval permits something to this caller: they requested it, or an earlier
   * session of the same agent did, which has ended.
   */
  as_requester?: boolean;
}

/** Filters for a list of approvals. */
export interface ApprovalListParams {
  /** Return only approvals in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Return only approvals in this thread. */
  thread_id?: ThreadId | null;
  /** Return only approvals in these states. Default: all states. */
  states?: ApprovalState[] | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of approvals, newest first. */
export interface ApprovalListResponse {
  /** The approvals. */
  approvals: Approval[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** An action that needs permission. */
export interface ApprovalRequestParams {
  /** The thread for the request. */
  thread_id: ThreadId;
  /** The tool to be used. */
  tool_name: string;
  /** What the action does, and why: what the decider needs to know. */
  summary: string;
  /** How much harm the action could do. */
  risk?: ApprovalRisk | null;
  /** The arguments for the tool: any JSON, up to 64 KiB. */
  arguments?: unknown;
  /** The values of a decision's `scope` that the requester supports, in its own words, such as `once` or `session`. */
  options?: string[] | null;
  /** When the approval expires. Default: never. */
  expires_at?: Timestamp | null;
  /** A pending approval of the same requester in the same thread, which this request replaces. */
  supersedes?: ApprovalId | null;
  /** A retry with the same key and the same body returns the first result: the approval as it was requested. */
  idempotency_key?: string | null;
}

/** How much harm the action could do, as the requester rates it. */
export type ApprovalRisk =
  /** No harm that matters. */
  | "low"
  /** Harm that can be undone. */
  | "medium"
  /** Harm that is hard to undo. */
  | "high"
  /** Harm that cannot be undone. */
  | "critical";

/** The state of an approval. `pending` changes once into one of the other states, which are final. */
export type ApprovalState =
  /** Nobody has decided yet. */
  | "pending"
  /** The action is allowed. */
  | "approved"
  /** The action is not allowed. */
  | "denied"
  /** The request expired before anybody decided. */
  | "expired"
  /** The requester, or a member who may decide, withdrew the request. */
  | "cancelled"
  /** The requester replaced it with a new request. */
  | "superseded";

/** An approval to wait for. */
export interface ApprovalWaitParams {
  /** The approval to wait for. */
  approval_id: ApprovalId;
  /**
   * The longest wait in milliseconds. When it has passed, the response is the approval in its current state. Without
   * it, the wait lasts until the approval has a final state, the request is cancelled, or the connection's input
   * ends.
   */
  timeout_ms?: number | null;
  /** Refuse as `forbidden` unless the approval permits something to this caller, as in `approval/read`. */
  as_requester?: boolean;
}

/** The approver secret, as sent to the server. It is never written to the store, the log or an error. */
export type ApproverSecret = string;

/** The approver secret. */
export interface ApproverSecretParams {
  /** The secret. */
  secret: ApproverSecret;
}

/** A new approver secret. */
export interface ApproverSetParams {
  /** The new secret, 8 to 1,024 bytes long. */
  secret: ApproverSecret;
  /** The current secret. Required when one is set. */
  current?: ApproverSecret | null;
}

/** Whether decisions of the local owner need the approver secret. */
export interface ApproverStatus {
  /** Whether a secret is set. */
  set: boolean;
  /** When it was set. */
  set_at?: Timestamp;
  /** Whether this connection can decide without giving the secret again. */
  unlocked: boolean;
  /** When the next attempt is allowed after wrong attempts. */
  retry_at?: Timestamp;
}

/** A file that is linked to a thread. */
export interface Artifact {
  /** Its id. */
  artifact_id: ArtifactId;
  /** The thread that the file is linked to. */
  thread_id: ThreadId;
  /** The workroom of the thread. */
  workroom_id: WorkroomId;
  /** The event that linked it. */
  event_id: EventId;
  /** The position of that event in the log. */
  seq: number;
  /** The file's path. It is relative to the workroom's folder if the file is inside. */
  path: string;
  /** The kind of file, such as `patch`, `report` or `log`. */
  kind: string;
  /** The title. */
  label?: string;
  /** The size in bytes when the file was linked; absent if it was not measured. */
  size?: number;
  /** The media type, derived from the file name. */
  media_type?: string;
  /** The SHA-256 of the contents when the file was linked, in hex; absent if it was not measured. */
  sha256?: string;
  /** Why `size` is present without `sha256`: `too_large` for files over 256 MiB, which are not hashed. */
  sha256_absent?: string;
  /** When the file was linked. */
  linked_at: Timestamp;
  /** Who linked the file. */
  linked_by: Actor;
  /** The agent and the model that linked the file; absent for people. */
  agent?: AgentAttribution;
  /**
   * Whether the artifact was imported from another log. If so, that log is the only source for who linked it and
   * when.
   */
  imported?: boolean;
}

/** An artifact: `art_` + 32 hex digits (UUID v7). */
export type ArtifactId = string;

/** A file to link. */
export interface ArtifactLinkParams {
  /** The thread to link the file to. */
  thread_id: ThreadId;
  /** The file's path: relative to the workroom's folder, or absolute and inside it. */
  path: string;
  /** The kind of file, such as `patch`, `report` or `log`. */
  kind: string;
  /** The title. */
  label?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** Filters for a list of artifacts. */
export interface ArtifactListParams {
  /** Return only artifacts in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Return only artifacts in this thread. */
  thread_id?: ThreadId | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of artifacts, newest first. */
export interface ArtifactListResponse {
  /** The artifacts. */
  artifacts: Artifact[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** The part of a file to read. */
export interface ArtifactReadParams {
  /** The artifact. */
  artifact_id: ArtifactId;
  /** The offset of the first byte. Default: 0. */
  offset?: number | null;
  /** The maximum number of bytes, 1 to 1 MiB. Default: 64 KiB. */
  max_bytes?: number | null;
}

/** A part of a file, as it is on disk now. */
export interface ArtifactReadResponse {
  /** The artifact. */
  artifact: Artifact;
  /** The content, encoded according to `encoding`. */
  content: string;
  /** The encoding of `content`: `utf8` if the part is text that ends after a whole character. */
  encoding: ContentEncoding;
  /** The offset of the first byte of this part. */
  offset: number;
  /** The offset of the next part; absent at the end of the file. */
  next_offset?: number;
  /** The current size of the file in bytes. */
  size: number;
  /**
   * Whether the file changed since it was linked. Absent if the server cannot know: the file was not measured when
   * it was linked, or it is too large to hash and has the same size.
   */
  changed?: boolean;
}

/** A reference that is attached to a thread. */
export type AttachedRef = ExternalThreadRef & {
  /** The label, chosen by the person or agent that attached it. */
  title?: string;
  /** The URL of its web page, if it has one. */
  url?: string;
  /** Whether this is the primary reference, which is the thread's `external_ref`. A thread has at most one. */
  primary: boolean;
  /** When it was attached. */
  attached_at: Timestamp;
};

/**
 * An action that was performed or refused. The trail records every write with a token, every connection made with a
 * token, every refusal, every decision, and every change to members, tokens and the approver secret by anybody. It
 * does not record reads.
 */
export interface AuditEntry {
  /** When it happened. */
  at: Timestamp;
  /** The token that was used; absent for the local user and their agents. */
  token_id?: TokenId;
  /** Who did it. */
  actor: Actor;
  /** The method that was called. */
  method: string;
  /** The outcome: `ok`, or the kind of the error. */
  outcome: string;
  /** The token that was created or revoked. */
  about_token_id?: TokenId;
  /** The workroom of the events that the action wrote. */
  workroom_id?: WorkroomId;
  /** The position of the first event that the action wrote. */
  first_seq?: number;
  /** The position of the last event that the action wrote. */
  last_seq?: number;
  /** For a decision: how it was made. */
  decided_how?: DecisionRecord;
}

/** Filters for the audit trail. */
export interface AuditListParams {
  /** Return only actions with this token, or on this token. */
  token_id?: TokenId | null;
  /** Return only actions that wrote events to this workroom. */
  workroom_id?: WorkroomId | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of the audit trail, newest first. */
export interface AuditListResponse {
  /** The entries. */
  entries: AuditEntry[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** The request to cancel. */
export interface CancelParams {
  /** The id of the request, exactly as it was sent. */
  id: string | number | null;
}

/** The capabilities of a connection. */
export interface Capabilities {
  /** The methods that the client can call. */
  methods: string[];
  /** The notifications that the client can send and receive. */
  notifications: string[];
  /** The limits. */
  limits: Limits;
}

/** The client program. */
export interface ClientInfo {
  /** Its name, for programs. */
  name: string;
  /** Its version. */
  version: string;
  /** Its display name. */
  title?: string | null;
}

/** The encoding of `content`. */
export type ContentEncoding =
  /** UTF-8 text. */
  | "utf8"
  /** Standard base64 with padding. */
  | "base64";

/** How a decision was made. The server records it; a request cannot set it. */
export interface DecisionRecord {
  /** The interface that the decision came through, such as `app-server` or `cli`. */
  surface: string;
  /**
   * Whether a person answered at a terminal. Only the command line can detect this; it is false for all other
   * interfaces.
   */
  terminal: boolean;
  /**
   * The coding agent that ran the deciding program, such as `claude-code`, as detected from environment variables
   * and ancestor processes. It is also set for the built-in terminal of an editor, and for a shell that a person
   * uses inside an agent.
   */
  agent_host?: string | null;
  /** Whether the decider gave the approver secret. */
  approver_secret?: boolean;
}

/** What the response to a write guarantees. */
export type Durability =
  /** The write survives a crash of the process and a power failure. */
  | "full"
  /** The write survives a crash of the process. A power failure may lose the last writes. */
  | "relaxed";

/** An empty object. */
export type Empty = Record<string, never>;

/**
 * The kind of an error. It is stable, so that programs can rely on it. It is sent as `data.kind` and
 * determines `code`.
 */
export type ErrorKind =
  /** The input is not JSON. */
  | "parse_error"
  /** The input is JSON, but not a valid JSON-RPC request. */
  | "invalid_request"
  /** The method does not exist. */
  | "method_not_found"
  /** The params are not valid for this method; `data.path` names the field. */
  | "invalid_params"
  /** The server failed; `data.incident` identifies the case in the server's log. */
  | "internal"
  /** The object does not exist, or the caller may not see it. */
  | "not_found"
  /** The write conflicts with the current state. */
  | "conflict"
  /** The position belongs to another store, or is past the end of this one. */
  | "cursor_expired"
  /** The caller may see this, but does not have permission for the action. */
  | "forbidden"
  /** The token is unknown, expired or revoked. */
  | "unauthenticated"
  /** The server is overloaded; try again after `data.retry_after_ms` milliseconds. */
  | "busy"
  /** A value is larger than `data.limit` allows. */
  | "too_large"
  /** The store cannot be read or written; `data.reason` gives the reason. */
  | "storage"
  /** Another decision came first; `data` contains it. */
  | "already_decided"
  /** The request was cancelled and had no effect. */
  | "cancelled"
  /** The operation is not supported here. */
  | "unsupported";

/** Events to append together: either all are appended, or none. */
export interface EventAppendBatchParams {
  /** The events, 1 to 1,000, in order. */
  events: EventAppendParams[];
  /** A retry of the whole batch with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** An event to append. */
export interface EventAppendParams {
  /** The thread to append to. */
  thread_id: ThreadId;
  /** What happened. The kinds that the server writes itself are rejected. */
  kind: WorkroomEventKind;
  /** The event in the same thread that this one answers. */
  reply_to?: EventId | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** An event that matches a subscription. */
export interface EventAppended {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /** The event. */
  event: WorkroomEvent;
}

/** An event: `evt_` + 32 hex digits (UUID v7). */
export type EventId = string;

/** An event of another log, as recorded there. */
export interface EventImport {
  /** Its id in the source. An event that was already imported into the thread is not imported again. */
  id: EventId;
  /** Its thread's id in the source. */
  thread_id?: ThreadId | null;
  /** When it happened. Default: now. */
  timestamp?: Timestamp | null;
  /** What happened. */
  kind: WorkroomEventKind;
  /** Who caused it. Default: the system actor `unknown`. */
  actor?: Actor | null;
  /** The agent and the model that produced it; absent for people. */
  agent?: AgentAttribution | null;
  /** The source id of the event that this one answers. */
  reply_to?: EventId | null;
}

/** Events of another log to append to a thread as history. */
export interface EventImportParams {
  /** The thread to append to. */
  thread_id: ThreadId;
  /** The events, 1 to 1,000, in the order of the source. */
  events: EventImport[];
}

/** The results of an import. */
export interface EventImportResponse {
  /** One result for each event, in the order of the request. */
  results: EventImportResult[];
}

/** The result for one event of an import. */
export interface EventImportResult {
  /** The outcome. */
  outcome: ImportOutcome;
  /** The event's id in this log; absent if it was not imported. */
  event_id?: EventId;
  /** The event's position in this log; absent if it was not imported. */
  seq?: number;
  /** Why the event was skipped or rejected. */
  reason?: string;
}

/** Filters for a list of events. */
export interface EventListParams {
  /** Return only events in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Return only events in this thread. */
  thread_id?: ThreadId | null;
  /** Return only events of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** Return only events after this position. Default: 0, the beginning of the log. */
  after_seq?: number | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The maximum size of the events in bytes; a page has at least one event. Default and maximum: 1 MiB. */
  max_bytes?: number | null;
  /** The `epoch` of the store that `after_seq` belongs to. If it is another store, the error is `cursor_expired`. */
  epoch?: string | null;
}

/** A page of events, oldest first. */
export interface EventListResponse {
  /** The events. */
  events: WorkroomEvent[];
  /** The last position of the log when the page was read. If `more` is false, continue from here. */
  head_seq: number;
  /** Whether there are more events. If so, continue with the `seq` of the last one. */
  more: boolean;
}

/** The event to read. */
export interface EventReadParams {
  /** The event. */
  event_id: EventId;
}

/** A single event. */
export interface EventResponse {
  /** The event. */
  event: WorkroomEvent;
  /**
   * Names that the text mentions and that do not belong to a member of the workroom; nobody was notified for them.
   * Only present in the first response to `event/append`.
   */
  unreached?: string[];
}

/** Filters for a subscription to events. */
export interface EventSubscribeParams {
  /** Send only events in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Send only events in this thread. */
  thread_id?: ThreadId | null;
  /** Send only events of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** Send the events after this position first, then live events. Default: only live events. */
  after_seq?: number | null;
  /** The `epoch` of the store that `after_seq` belongs to. If it is another store, the error is `cursor_expired`. */
  epoch?: string | null;
}

/** A new subscription. */
export interface EventSubscribeResponse {
  /** The subscription's id, used in `event/appended` and `event/unsubscribe`. */
  subscription_id: SubscriptionId;
  /** The id of the store that positions belong to. */
  epoch: string;
  /** The last position of the log when the subscription started. */
  head_seq: number;
}

/** The subscription to end. */
export interface EventUnsubscribeParams {
  /** The subscription. */
  subscription_id: SubscriptionId;
}

/** Several events. */
export interface EventsResponse {
  /** The events, in the order of the request. */
  events: WorkroomEvent[];
  /**
   * Names that the texts mention and that do not belong to a member of the workroom; nobody was notified for them.
   * Only present in the first response.
   */
  unreached?: string[];
}

/**
 * Something outside Workroom that a thread refers to. It contains only metadata, never credentials.
 *
 * `host` is set for GitHub Enterprise (`git.example.com`) and absent for github.com.
 */
export type ExternalThreadRef =
  /** A GitHub issue. */
  | {
      kind: "git_hub_issue";
      /** The repository's owner. */
      owner: string;
      /** The repository's name. */
      repo: string;
      /** The number. */
      number: number;
      /** The GitHub Enterprise host; absent for github.com. */
      host?: string | null;
    }
  /** A GitHub pull request. */
  | {
      kind: "git_hub_pull_request";
      /** The repository's owner. */
      owner: string;
      /** The repository's name. */
      repo: string;
      /** The pull request's number. */
      number: number;
      /** The GitHub Enterprise host; absent for github.com. */
      host?: string | null;
    }
  /** A commit on GitHub. */
  | {
      kind: "git_hub_commit";
      /** The repository's owner. */
      owner: string;
      /** The repository's name. */
      repo: string;
      /** The commit's id in lower-case hex, complete or abbreviated to at least seven digits. */
      sha: string;
      /** The GitHub Enterprise host; absent for github.com. */
      host?: string | null;
    }
  /** A check run on GitHub. */
  | {
      kind: "git_hub_check";
      /** The repository's owner. */
      owner: string;
      /** The repository's name. */
      repo: string;
      /** The check run's id. */
      check_run_id: number;
      /** The GitHub Enterprise host; absent for github.com. */
      host?: string | null;
    }
  /** A thread of an agent runtime. */
  | {
      kind: "runtime_thread";
      /** The runtime, such as `codewhale`. */
      runtime: string;
      /** The runtime's id of the thread. */
      thread_id: string;
    }
  /** A run of a fleet of agents. */
  | {
      kind: "fleet_run";
      /** The runtime, such as `codewhale`. */
      runtime: string;
      /** The runtime's id of the run. */
      run_id: string;
    }
  /** A conversation on a chat platform. */
  | {
      kind: "chat";
      /** The platform, such as `telegram`. */
      platform: string;
      /** The platform's id of the conversation. */
      chat_id: string;
      /** The platform's id of one message in it. */
      message_id?: string | null;
    }
  /** A paired mobile device. */
  | {
      kind: "mobile";
      /** The device's name. */
      device: string;
    }
  /** A web page. */
  | {
      kind: "web";
      /** Its URL, without credentials, query or fragment. */
      url: string;
    };

/** A failure to dismiss. */
export interface FailureDismissParams {
  /** The `failure` event. It must be open. */
  failure_event_id: EventId;
  /** The reason. */
  reason?: string | null;
}

/** A failure to retry. */
export interface FailureRetryParams {
  /** The `failure` event. It must be open, with no retry in progress. */
  failure_event_id: EventId;
  /** What to do differently. */
  note?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** The parts that are left out where an action is shown. */
export interface HiddenParts {
  /** The number of hidden parts. */
  parts: number;
  /** The total number of hidden characters. */
  characters: number;
  /** What the hidden parts seem to be, such as `token`. Each kind is listed once. */
  kinds: string[];
}

/** The identity that the server gives to this connection. */
export interface Identity {
  /** The caller's handle, which is the name used in mentions. */
  handle: string;
  /** The kind of actor that the caller is. */
  kind: ActorKind;
  /** What the caller may do. */
  scopes: Scope[];
  /** The caller's agent session; absent for people. */
  session_id?: SessionId;
}

/** The outcome for one event of an import. */
export type ImportOutcome =
  /** The event was appended. */
  | "imported"
  /** The thread already has the event. */
  | "already_there"
  /**
   * The event is not part of a conversation, such as the creation of a thread, or it refers to an event that is not
   * in this log.
   */
  | "skipped"
  /** The event cannot be imported. This does not affect the other events. */
  | "refused";

/** How an event of another log was imported. */
export interface Imported {
  /** Who imported it. */
  by: Actor;
  /** When it was imported. */
  at: Timestamp;
  /** The event's id in its source. */
  event_id: EventId;
  /** The thread's id in the event's source. */
  thread_id?: ThreadId;
}

/** What to mark as done. */
export interface InboxArchiveParams {
  /** The thread. Give exactly one of `thread_id` and `thread_ids`. */
  thread_id?: ThreadId | null;
  /** The threads, 1 to 200. */
  thread_ids?: ThreadId[] | null;
  /**
   * Mark everything up to this position: what the client has shown, such as an item's `newest_seq`. Later events
   * stay in the inbox.
   */
  upto_seq: number;
}

/** A pending item that needs the member's action: an approval, a question or a failure. */
export interface InboxAsk {
  /** Which of the three it is. */
  reason: InboxReason;
  /** The position of the event that created the item. */
  seq: number;
  /** The id of that event. Replies, retries and dismissals refer to it. */
  event_id: EventId;
  /** The approval's id, for a decision. */
  approval_id?: ApprovalId;
  /** Since when the item is pending. */
  timestamp: Timestamp;
  /** Who asks. */
  actor: Actor;
  /** The asking agent and its model; absent for people. */
  agent?: AgentAttribution;
  /**
   * A preview of the request, on one line of at most 200 characters. Invisible characters are written out, such as
   * `⟨U+200B⟩`, and a cut is marked, such as `⟨+1,990 characters⟩`.
   */
  preview: string;
  /** How many characters the preview leaves out. If any are left out, show the full text before the member decides. */
  cut?: number;
  /** How much harm the action could do; see the `risk` of an approval. */
  risk?: ApprovalRisk;
  /** Whether the item was imported from another log. If so, that log is the only source for who caused it and when. */
  imported?: boolean;
  /** Whether this is a failure with a retry in progress. If so, it does not need the member's action. */
  retried?: boolean;
}

/** What changed in a view. The server may send an unchanged item again; the last version counts. */
export interface InboxChanged {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /** Items that are in the view, in their current state. */
  items: InboxItem[];
  /** Threads that changed and are not in the view now. The client may not know them. */
  removed: ThreadId[];
  /** The current number of items in each view. */
  counts: InboxCounts;
  /** The position to continue from after a lost connection. */
  as_of_seq: number;
}

/** The number of items in each view. */
export interface InboxCounts {
  /** Items in `all`. */
  all: number;
  /** Items in `all` with unread events. */
  unread: number;
  /** Items in `direct`. */
  direct: number;
  /** Items in `mentions`. */
  mentions: number;
  /** Items in `active`. */
  active: number;
  /** Items in `needs_approval`. */
  needs_approval: number;
  /** Items in `needs_human`. */
  needs_human: number;
  /** Items in `failed`. */
  failed: number;
  /** Items in `receipts`. */
  receipts: number;
  /** Items in `saved`. */
  saved: number;
  /** Items in `snoozed`. */
  snoozed: number;
  /** Items in `done`. */
  done: number;
}

/** The part of the inbox to count. */
export interface InboxCountsParams {
  /** Count only threads in this workroom. */
  workroom_id?: WorkroomId | null;
}

/** The number of items in each view. */
export interface InboxCountsResponse {
  /** The counts. */
  counts: InboxCounts;
  /** The last position of the log when the items were counted. */
  as_of_seq: number;
}

/** A thread in a member's inbox. */
export interface InboxItem {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The title of the workroom. */
  workroom_title: string;
  /** The thread. */
  thread_id: ThreadId;
  /** The title of the thread. */
  thread_title: string;
  /** What kind of thread it is. */
  thread_kind: WorkroomThreadKind;
  /** What state the thread is in. */
  status: ThreadStatus;
  /** The link to the thread. */
  link: string;
  /** The views that include the thread. */
  views: InboxView[];
  /** The reasons, the most urgent first. Empty if the thread has nothing new, for example in `done`. */
  reasons: InboxItemReason[];
  /** The pending items for the member: approvals, then questions, then failures, oldest first, at most five. */
  asks: InboxAsk[];
  /** How many events for the member came after `read_upto`. */
  unread: number;
  /** The last position that the member has read. */
  read_upto: number;
  /** The last position that the member has marked as done. */
  done_upto: number;
  /** The position of the newest event for the member, or of the thread's first event if there was none. */
  newest_seq: number;
  /** When that event happened. */
  updated_at: Timestamp;
  /** A preview of that event, on one line of at most 200 characters, in the format of `InboxAsk::preview`. */
  preview: string;
  /** How many characters the preview leaves out. */
  cut?: number;
  /** Who caused that event. */
  last_actor: Actor;
  /** The agent and the model that caused it; absent for people. */
  last_agent?: AgentAttribution;
  /** The pending approvals that the member may decide, up to the 20 oldest. */
  approval_ids: ApprovalId[];
  /** Whether there is an open failure that the member may retry and that has no retry in progress. */
  can_retry: boolean;
  /** Whether the member has saved it. */
  saved: boolean;
  /** Until when the member has snoozed it; absent if it is not snoozed. */
  snoozed_until?: Timestamp;
  /**
   * The member's notification level for the thread: the one set for the thread, otherwise the one set for its
   * workroom.
   */
  level: NotificationLevel;
}

/** A reason why a thread is in the inbox, with its events. */
export interface InboxItemReason {
  /** The reason. */
  reason: InboxReason;
  /** The position of the newest event with this reason. */
  seq: number;
  /** The id of that event. */
  event_id: EventId;
  /**
   * How many events have this reason since the member marked the thread as done. For approvals, questions and
   * failures: how many are open.
   */
  count: number;
}

/** The items after an action. */
export interface InboxItemsResponse {
  /** The items in their current state. */
  items: InboxItem[];
  /** The current number of items in each view. */
  counts: InboxCounts;
  /** The last position of the log. */
  as_of_seq: number;
}

/** The part of the inbox to list. */
export interface InboxListParams {
  /** The view. Default: `all`. */
  view?: InboxView | null;
  /** Return only threads in this workroom. */
  workroom_id?: WorkroomId | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of the inbox. The item with the newest event for the member comes first. */
export interface InboxListResponse {
  /** The items. */
  items: InboxItem[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
  /** The number of items in each view, limited to the workroom if the request named one. */
  counts: InboxCounts;
  /** The last position of the log when the page was read. */
  as_of_seq: number;
}

/** What to mark as read. */
export interface InboxMarkReadParams {
  /** The thread. Give exactly one of `thread_id` and `thread_ids`. */
  thread_id?: ThreadId | null;
  /** The threads, 1 to 200. */
  thread_ids?: ThreadId[] | null;
  /** Mark everything up to this position: what the client has shown, such as an item's `newest_seq`. */
  upto_seq: number;
}

/** What to mark as unread. */
export interface InboxMarkUnreadParams {
  /** The thread. */
  thread_id: ThreadId;
  /** Mark everything from this position on. Default: the newest event for the member. */
  from_seq?: number | null;
}

/** The reason why a thread is in the inbox. */
export type InboxReason =
  /** There is a pending approval that the member may decide. */
  | "approval"
  /** There is an open question for a person. */
  | "needs_human"
  /** There is an open failure. */
  | "failure"
  /** The member was mentioned. */
  | "mention"
  /** There is a message in a direct conversation that includes the member. */
  | "direct"
  /** There is an answer to an event of the member. Only for agents. */
  | "reply"
  /** An approval that the member requested was decided. Only for agents. */
  | "decision"
  /** The member is asked to retry a failure. Only for agents. */
  | "retry"
  /** A task was completed. */
  | "receipt"
  /** A person posted a message. */
  | "message";

/** A thread to snooze. */
export interface InboxSnoozeParams {
  /** The thread. */
  thread_id: ThreadId;
  /** When the snooze ends. A mention, an approval or a failure ends it earlier. */
  until: Timestamp;
  /**
   * The last position that the client has shown: a mention after it ends the snooze immediately. Default: the end of
   * the log.
   */
  upto_seq?: number | null;
}

/** The part of the inbox to subscribe to. */
export interface InboxSubscribeParams {
  /** The view. Default: `all`. */
  view?: InboxView | null;
  /** Send only threads in this workroom. */
  workroom_id?: WorkroomId | null;
  /** The maximum number of items on the first page, 1 to 200. Default: 50. */
  limit?: number | null;
  /**
   * The last `as_of_seq` that the client has seen. The server first sends everything that changed since. Default:
   * only changes from now on.
   */
  as_of_seq?: number | null;
  /** The `epoch` of the store that `as_of_seq` belongs to. If it is another store, the error is `cursor_expired`. */
  epoch?: string | null;
}

/** A new subscription, with the first page. */
export interface InboxSubscribeResponse {
  /** The subscription's id, used in `inbox/changed` and `inbox/unsubscribe`. */
  subscription_id: SubscriptionId;
  /** The id of the store that positions belong to. */
  epoch: string;
  /** The items. */
  items: InboxItem[];
  /** The cursor of the next page, for `inbox/list`; absent on the last page. */
  next_cursor?: string;
  /** The number of items in each view, limited to the workroom if the request named one. */
  counts: InboxCounts;
  /** The last position of the log when the page was read. */
  as_of_seq: number;
}

/** The inbox item to act on. */
export interface InboxThreadParams {
  /** The thread. */
  thread_id: ThreadId;
}

/** The subscription to end. */
export interface InboxUnsubscribeParams {
  /** The subscription. */
  subscription_id: SubscriptionId;
}

/** A view of the inbox. */
export type InboxView =
  /** Every item that is neither done nor snoozed: a message for the member, or something that needs their action. */
  | "all"
  /** The items of `all` that are direct messages. */
  | "direct"
  /** The items of `all` in which the member was mentioned. */
  | "mentions"
  /**
   * Threads that concern the member and in which work is in progress, waiting or failed. Threads that are done are
   * not included.
   */
  | "active"
  /** Threads with a pending approval that the member may decide, read or unread. */
  | "needs_approval"
  /** Threads with an open question for a person, read or unread. */
  | "needs_human"
  /** Threads with an open failure, read or unread. */
  | "failed"
  /** The items of `all` with a new receipt. */
  | "receipts"
  /** The items that the member saved. */
  | "saved"
  /** The items that the member snoozed. */
  | "snoozed"
  /** The items that the member marked as done and that have nothing new. */
  | "done";

/** Identifies the client. Optional: without it, the connection acts as the local owner. */
export interface InitializeParams {
  /** The client program. */
  client_info: ClientInfo;
  /** The newest protocol version that the client supports. Default: 1. */
  protocol_version?: number | null;
  /** An access token. The connection then has exactly the token's rights. */
  token?: string | null;
  /**
   * The agent that this connection acts as from now on. It gets a session with a unique handle: its `agent_id`, or
   * that with a number.
   */
  agent?: AgentAttribution | null;
  /**
   * A secret chosen by the client, with which it can resume the agent's session after a restart. The caller must use
   * the same token; a session that was started without a token can be resumed by the owner. Without a key, each
   * connection is a new session.
   */
  session_key?: string | null;
  /** The store that the client's positions belong to. If it is another store, the error is `cursor_expired`. */
  epoch?: string | null;
  /** The names of notifications that the client does not want. */
  opt_out_notifications?: string[] | null;
}

/** The server, and what the connection can do. */
export interface InitializeResponse {
  /** The protocol version of the connection. */
  protocol_version: number;
  /** The server. */
  server_info: ServerInfo;
  /** The id of the store that positions in the log belong to. */
  epoch: string;
  /** The last position of the log. */
  head_seq: number;
  /** The identity that the server gives to the connection. */
  identity: Identity;
  /** What the connection can do. */
  capabilities: Capabilities;
  /** The open store. */
  store?: OpenedStore;
}

/** The limits of a connection. If a request exceeds a limit, the error names it. */
export interface Limits {
  /** Bytes in one line or body of input. */
  max_line_bytes: number;
  /** Requests in one JSON-RPC batch. */
  max_batch_requests: number;
  /** Entries on one page. */
  max_page: number;
  /** Bytes of events on one page. */
  max_page_bytes: number;
  /** Events in one `event/appendBatch`. */
  max_append_events: number;
  /** Bytes in one event. */
  max_event_bytes: number;
  /** Characters in a title, label, handle or key. */
  max_title_chars: number;
}

/** A link for a person or an agent. */
export interface LinkText {
  /** The link itself, `codewhale://workroom/…`. */
  url: string;
  /** A Markdown link with the target's title. */
  markdown: string;
}

/** A member of a workroom. */
export interface Member {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The handle, which is the name used in mentions, without the `@`. Handles are case-insensitive. */
  handle: string;
  /** The kind of actor. */
  kind: ActorKind;
  /** The role. */
  role: MemberRole;
  /** The display name. */
  display_name?: string;
  /** When the member was added. */
  added_at: Timestamp;
  /**
   * Who added the member. The creator of the workroom, and an agent of the local user that joined by itself, are
   * their own inviters.
   */
  added_by: Actor;
}

/** A member to add. */
export interface MemberAddParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The handle, with or without the `@`. */
  handle: string;
  /** The kind of actor: `human`, `agent` or `bridge`. */
  kind: ActorKind;
  /** The role. You cannot give a role higher than your own. */
  role: MemberRole;
  /** The display name. */
  display_name?: string | null;
  /**
   * The approver secret. The local owner needs it, where one is set and this connection has not given it to
   * `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
   */
  approver_secret?: ApproverSecret | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** The workroom whose members to list. */
export interface MemberListParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of members, in the order in which they joined. */
export interface MemberListResponse {
  /** The members. */
  members: Member[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** A member to remove. */
export interface MemberRemoveParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The member. */
  handle: string;
}

/** The role of a member in a workroom. Each role includes the rights of the roles before it. */
export type MemberRole =
  /** Can read. */
  | "viewer"
  /** Can create threads and append events. */
  | "contributor"
  /** Can decide approvals, change the workroom and add members. */
  | "maintainer"
  /** Can choose who may see the workroom and who else owns it. */
  | "owner";

/** Changes to a member. */
export interface MemberUpdateParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The member. */
  handle: string;
  /** The new role. */
  role?: MemberRole | null;
  /** The new display name; `null` removes it. */
  display_name?: string | null;
  /**
   * The approver secret. The local owner needs it, where one is set and this connection has not given it to
   * `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
   */
  approver_secret?: ApproverSecret | null;
}

/** Which events a member wants in the inbox. */
export type NotificationLevel =
  /** Everything that concerns the member. */
  | "all"
  /** Everything except messages to all members and receipts. */
  | "mentions"
  /** Only mentions. */
  | "muted";

/** The notification level after the change. */
export interface NotificationLevelResponse {
  /** The level that applies now. */
  level: NotificationLevel;
}

/** An event that matters for the next steps: a question, a failure, a decision or a receipt. */
export interface OpenItem {
  /** The event. */
  event_id: EventId;
  /** Its position in the log. */
  seq: number;
  /** Its thread. */
  thread_id?: ThreadId;
  /** When it was written. */
  timestamp: Timestamp;
  /** Who caused it. */
  actor: Actor;
  /** The agent and the model that produced it; absent for people. */
  agent?: AgentAttribution;
  /** The tool that needs approval. */
  tool_name?: string;
  /** The approval that it requests or decides. */
  approval_id?: ApprovalId;
  /** How much harm the action could do. */
  risk?: ApprovalRisk;
  /** When the approval expires. */
  expires_at?: Timestamp;
  /** The number of the failed attempt, from 2 on. */
  attempt?: number;
  /** Whether it was imported from another log. If so, that log is the only source for who caused it and when. */
  imported?: boolean;
  /** The text, shortened in the middle if it is long. */
  text: string;
}

/** An OpenRPC document, see <https://spec.open-rpc.org>. */
export type OpenRpcDocument = Record<string, unknown>;

/** The store that the server has opened. */
export interface OpenedStore {
  /** The path of its file; absent for callers with a token. */
  path?: string;
  /**
   * Whether this server created the store because there was none at this path. If so, links of other stores do not
   * resolve in it.
   */
  created: boolean;
}

/** The owner of the store. */
export interface Owner {
  /** The owner's handle. */
  handle: string;
}

/** A new handle for the owner. */
export interface OwnerSetParams {
  /** The owner's new handle. If anybody else has or had it, the error is `conflict`. */
  handle: string;
}

/** A participant. */
export interface Participant {
  /** The handle. */
  handle: string;
  /** The kind of actor. */
  kind: ActorKind;
  /** The agent and its model; absent for people. */
  agent?: AgentAttribution;
  /** How many events they caused. */
  events: number;
  /** The position of the last one. */
  last_seq: number;
  /** Whether they took part in another log, from which these events were imported. */
  imported?: boolean;
}

/** The agents to list. */
export interface PresenceListParams {
  /** Whether to include sessions whose process has ended within the last day. Default: false. */
  gone?: boolean;
}

/** The agents on this machine. */
export interface PresenceListResponse {
  /** The sessions: those that wait for a person first, then the latest change first. */
  agents: AgentPresence[];
}

/** What an agent is doing. */
export type PresenceState =
  /** A turn is running. */
  | "working"
  /** It waits for a person. */
  | "waiting"
  /** It waits for the next prompt. */
  | "idle"
  /** Its process has ended. */
  | "gone";

/** A reference as a client gives it: an object, or text to parse. */
export type RefInput =
  /** Text to parse, as a person would paste it. */
  | string
  /** A typed reference. */
  | ExternalThreadRef;

/** A repository on GitHub. */
export interface RepoRef {
  /** Its owner. */
  owner: string;
  /** Its name. */
  name: string;
  /** The host; absent for github.com. */
  host?: string | null;
}

/** The format of the context. */
export type ResolveFormat =
  /** The fields without `markdown`. */
  | "json"
  /** Only `markdown`; the other sections are empty. */
  | "markdown"
  /** The fields and `markdown`. Both together stay within the budget. */
  | "both";

/** A link, and a budget for its context. */
export interface ResolveParams {
  /**
   * `codewhale://workroom/…`, `workroom://…`, the Markdown link of `workroom/link`, or the id of a workroom, thread
   * or event. Text marks around it, such as quotes, are ignored.
   */
  link: string;
  /**
   * The budget for the whole response in tokens, 200 to 100,000. Default: 2,000. A token is estimated as four ASCII
   * characters, or one character of any other script.
   */
  max_tokens?: number | null;
  /** The maximum number of recent events, 0 to 200. Default: as many as fit. */
  max_events?: number | null;
  /** The format of the context. Default: `both`. */
  format?: ResolveFormat | null;
}

/** The context of a link, within a budget: everything that an agent needs to continue the work. */
export interface Resolved {
  /** The target of the link. */
  link: WorkroomLink;
  /** The link as text. */
  url: string;
  /** The workroom. */
  workroom?: Workroom;
  /** The title of the thread, if the link names a thread or an event in one. */
  thread_title: string | null;
  /** The thread, if the link names a thread or an event in one. */
  thread?: WorkroomThread;
  /** The thread's primary reference. */
  external_ref: ExternalThreadRef | null;
  /** All references of the thread. */
  external_refs: AttachedRef[];
  /** The threads of the workroom, newest activity first, if the link names no thread. */
  threads: ThreadBrief[];
  /** The participants, most recent first. */
  participants: Participant[];
  /** The pending approvals. Never truncated. */
  pending_approvals: OpenItem[];
  /** The open questions for a person. Never truncated. */
  needs_human: OpenItem[];
  /** The failures that were neither resolved nor dismissed. Never truncated. */
  open_failures: OpenItem[];
  /** The decisions on approvals, newest first. */
  decisions: OpenItem[];
  /** The artifacts, newest first. */
  artifacts: Artifact[];
  /** The receipts, newest first. */
  receipts: OpenItem[];
  /**
   * The most recent events, oldest first; if the link names an event, the events around it. It has only the kinds of
   * the published vocabulary, from `message` to `resumed`, and the event that the link names. Long texts are
   * shortened in the middle.
   */
  recent_events: WorkroomEvent[];
  /** The last position of the log when the context was read. */
  head_seq: number;
  /** How many entries were left out, by section. */
  truncated?: Record<string, number>;
  /** The context as Markdown, to paste into a prompt. */
  markdown?: string;
}

/** What a caller may do. */
export type Scope =
  /** Read everything that the caller may see. */
  | "read"
  /** Create rooms and threads, and append events. */
  | "post"
  /** Decide approvals. */
  | "approve"
  /** Manage members and tokens. */
  | "admin";

/** An event whose text matches. */
export interface SearchHit {
  /** The event. */
  event_id: EventId;
  /** Its position in the log. */
  seq: number;
  /** Its kind, such as `message`. */
  kind: string;
  /** When it was written. */
  timestamp: Timestamp;
  /** Who caused it. */
  actor: Actor;
  /** The agent and the model that produced it; absent for people. */
  agent?: AgentAttribution;
  /** Whether it was imported from another log. If so, that log is the only source for who caused it and when. */
  imported?: boolean;
  /** Its workroom. */
  workroom_id: WorkroomId;
  /** The title of its workroom. */
  workroom_title: string;
  /** Its thread; absent for events about the workroom as a whole. */
  thread_id?: ThreadId;
  /** The title of its thread. */
  thread_title?: string;
  /** Its link. */
  link: string;
  /** The text around the first match, at most 200 characters. */
  snippet: string;
  /** The matches in `snippet`. */
  matches: TextRange[];
}

/** A search query. */
export interface SearchQueryParams {
  /**
   * Words that must all occur; the beginning of a word is enough. `"…"` matches the words in that order. Chinese,
   * Japanese and Korean text matches anywhere.
   */
  query: string;
  /** Search only in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Search only events of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** The maximum number of hits, 1 to 200. Default: 20. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of hits, newest first. */
export interface SearchQueryResponse {
  /** The hits. */
  hits: SearchHit[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** The server. */
export interface ServerInfo {
  /** Its name. */
  name: string;
  /** Its version. */
  version: string;
}

/** The state of the server. */
export interface ServerStatus {
  /** The server. */
  server_info: ServerInfo;
  /** The protocol version that it supports. */
  protocol_version: number;
  /** Its process id. */
  pid: number;
  /** When it started. */
  started_at: Timestamp;
  /** The id of the store. */
  epoch: string;
  /** The last position of the log. */
  head_seq: number;
  /** The number of subscriptions on this connection. */
  subscriptions: number;
  /** The store. */
  store: StoreStatus;
}

/** A session of an agent: `ses_` + 32 hex digits (UUID v7). */
export type SessionId = string;

/** The sessions to list. */
export interface SessionListParams {
  /** The ids of up to 200 sessions, including ended ones. Default: all live sessions. */
  session_ids?: SessionId[] | null;
}

/** The sessions of the caller's own agents. */
export interface SessionListResponse {
  /**
   * The sessions. The owner and the owner's agents get the sessions of all of the owner's agents. A caller with a
   * token gets the sessions that were started with that token.
   */
  sessions: AgentSession[];
}

/** The store. */
export interface StoreStatus {
  /** The path of its file; absent for callers with a token. */
  path?: string;
  /** The size of its file and its write-ahead log, in bytes. */
  bytes: number;
  /** The version of its database schema. */
  schema_version: number;
  /** What the response to a write guarantees. */
  durability: Durability;
  /** Present and `true` if this server created the store because there was none at this path. */
  created?: boolean;
}

/** A subscription that ended without the client ending it. */
export interface SubscriptionEnded {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /**
   * The error that subscribing again would return: `unauthenticated` if the connection's token was revoked or has
   * expired, `not_found` if the caller can no longer see what the subscription was about.
   */
  reason: ErrorKind;
}

/** A live subscription of one connection: `sub_` + 32 hex digits (UUID v7). */
export type SubscriptionId = string;

/** A range of text in UTF-16 code units, which JavaScript strings and the Language Server Protocol also use. */
export interface TextRange {
  /** The first code unit. */
  start: number;
  /** The code unit after the last one. */
  end: number;
}

/** A reference to attach to a thread. Give exactly one of `ref` and `url`. */
export interface ThreadAttachRefParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The reference, or text that refers to it: a GitHub URL, `owner/repo#12`, `owner/repo@sha`, `#12`. */
  ref?: RefInput | null;
  /** Text that refers to it, usually a URL. */
  url?: string | null;
  /** The label. */
  title?: string | null;
  /** Whether this becomes the thread's primary reference. Default: only for the thread's first reference. */
  primary?: boolean | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** A thread in the context of its workroom. */
export interface ThreadBrief {
  /** Its id. */
  id: ThreadId;
  /** The title. */
  title: string;
  /** The state. */
  status: ThreadStatus;
  /** When the last event in it happened. */
  updated_at: Timestamp;
}

/** A new thread. */
export interface ThreadCreateParams {
  /** The workroom to create it in. */
  workroom_id: WorkroomId;
  /** The title. */
  title: string;
  /** The kind of thread. */
  kind: WorkroomThreadKind;
  /** The primary reference. */
  external_ref?: ExternalThreadRef | null;
  /** The handles of the participants. */
  participants?: string[] | null;
  /** The branch of the work. */
  branch?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** A reference to detach from a thread. Give exactly one of `ref` and `url`. */
export interface ThreadDetachRefParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The reference, or text that refers to it. */
  ref?: RefInput | null;
  /** Text that refers to it, usually a URL. */
  url?: string | null;
}

/** A thread: `thr_` + 32 hex digits (UUID v7). */
export type ThreadId = string;

/** The thread to act on. */
export interface ThreadIdParams {
  /** The thread. */
  thread_id: ThreadId;
}

/** Filters for a list of threads. */
export interface ThreadListParams {
  /** Return only threads in this workroom. */
  workroom_id?: WorkroomId | null;
  /**
   * `true`: only threads that are active, waiting or failed. `false`: only the other threads. Absent: all threads
   * that are not archived.
   */
  active?: boolean | null;
  /** Return only threads of these kinds. */
  kinds?: WorkroomThreadKind[] | null;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of threads, newest activity first. */
export interface ThreadListResponse {
  /** The threads. */
  threads: WorkroomThread[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** The thread to read, and the part of it. */
export interface ThreadReadParams {
  /** The thread. */
  thread_id: ThreadId;
  /** Return the newest events before this position that fit on the page. Cannot be combined with `after_seq`. */
  before_seq?: number | null;
  /** Return the oldest events after this position that fit on the page. Cannot be combined with `before_seq`. */
  after_seq?: number | null;
  /** The maximum number of events, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The maximum size of the events in bytes; a page has at least one event. Default and maximum: 1 MiB. */
  max_bytes?: number | null;
}

/** A thread and a page of its events. */
export interface ThreadReadResponse {
  /** The thread. */
  thread: WorkroomThread;
  /** The events, oldest first. These are the newest events unless `after_seq` was given. */
  events: WorkroomEvent[];
  /** The last position of the log when the page was read. */
  head_seq: number;
  /** Whether there are more events past the page, in the direction of reading. */
  more: boolean;
}

/** A member's notification level for a thread. */
export interface ThreadSetNotificationLevelParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The level. `null` or absent: use the level of the workroom. */
  level?: NotificationLevel | null;
}

/** The state of a thread. */
export type ThreadStatus =
  /** The thread has no activity yet. */
  | "idle"
  /** Work or a conversation is in progress. */
  | "active"
  /** There is a pending approval or an open question. */
  | "waiting"
  /** There is an open failure, and no work has started since. */
  | "failed"
  /** The last task ended with a receipt. */
  | "completed"
  /** The thread was archived. */
  | "archived";

/** Changes to a thread. Absent fields stay unchanged. */
export interface ThreadUpdateParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The new title. */
  title?: string | null;
  /** The handles of the new participants. */
  participants?: string[] | null;
}

/** A point in time: RFC 3339 in UTC, with milliseconds. */
export type Timestamp = string;

/**
 * An access token without its secret, which only its bearer has.
 *
 * A token gives access to the workrooms that its bearer is a member of, within the token's limits, and to workrooms
 * that are shared with this token by its id.
 */
export interface Token {
  /** Its id, which is not secret. */
  token_id: TokenId;
  /** The handle that the bearer acts as. */
  handle: string;
  /** The kind of actor. */
  kind: ActorKind;
  /** What the token is for. */
  label?: string;
  /** What the bearer may do, within their role in each workroom. */
  scopes: Scope[];
  /** The workrooms that the token is limited to; absent if it is not limited. */
  workrooms?: WorkroomId[];
  /** When the token was created. */
  created_at: Timestamp;
  /** Who created the token. */
  created_by: Actor;
  /** The token that was used to create this one, if any. Revoking that token also revokes this one. */
  made_with?: TokenId;
  /** When the token expires; absent if it does not expire. */
  expires_at?: Timestamp;
  /** When the token was revoked; absent if it is not revoked. */
  revoked_at?: Timestamp;
  /** When the token was last used for a connection; absent before the first use. */
  last_used_at?: Timestamp;
}

/** A token to create. */
export interface TokenCreateParams {
  /**
   * The handle that the bearer acts as, with or without the `@`. A caller with a token can create tokens for
   * themselves, for new handles, and for people and agents that they added themselves. They cannot create one for
   * anybody else who has a token or was added to a workroom.
   */
  handle: string;
  /** The kind of actor: `human`, `agent` or `bridge`. */
  kind: ActorKind;
  /** What the bearer may do. You cannot give a scope that you do not have. An agent's token cannot have `approve`. */
  scopes: Scope[];
  /**
   * The workrooms that the token is limited to. The bearer becomes a member of those that they do not belong to yet.
   * Without it, the token gives access to every workroom that its bearer belongs to, now or later.
   */
  workrooms?: WorkroomId[] | null;
  /**
   * The role with which the bearer is added to `workrooms`. Default: the lowest role that makes use of the scopes,
   * which is `viewer` for `read`, `contributor` for `post`, `maintainer` for `approve` and `admin`.
   */
  role?: MemberRole | null;
  /** What the token is for. */
  label?: string | null;
  /**
   * When the token expires. If you create it with a token, the default and the maximum is the expiry of your own
   * token.
   */
  expires_at?: Timestamp | null;
  /**
   * The approver secret. If one is set and this connection has not given it to `approver/unlock`, the local user needs
   * it to create a token that can decide or manage: one with the scope `approve` or `admin`, or with the role
   * `maintainer` or `owner`.
   */
  approver_secret?: ApproverSecret | null;
  /** A retry with the same key and the same body returns the same token, but not its secret. */
  idempotency_key?: string | null;
}

/** A new token. */
export interface TokenCreated {
  /** The token. */
  token: Token;
  /**
   * Its secret: `wrk_<kind>_`, 43 letters and digits, `_`, and a checksum of 6 letters and digits. It is returned
   * once and not stored; absent in the response to a retry.
   */
  secret?: string;
}

/** An access token's public id, never its secret: `tok_` + 32 hex digits (UUID v7). */
export type TokenId = string;

/** Filters for a list of tokens. */
export interface TokenListParams {
  /** Include revoked and expired tokens. */
  include_ended?: boolean;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/**
 * A page of tokens, newest first. The local user sees all tokens. Others see the tokens that are limited to workrooms
 * which they own.
 */
export interface TokenListResponse {
  /** The tokens. */
  tokens: Token[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** A token to revoke. */
export interface TokenRevokeParams {
  /** Its id. */
  token_id: TokenId;
}

/** A durable room of threads. */
export interface Workroom {
  /** Its id. */
  id: WorkroomId;
  /** The title. */
  title: string;
  /** The absolute path of the folder with the files. */
  workspace: string | null;
  /** The GitHub repository. */
  repo_identity: RepoRef | null;
  /** The branch. */
  branch?: string;
  /** The handle of its creator. */
  owner: string;
  /** When it was created. */
  created_at: Timestamp;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** Who may see it. */
  visibility: WorkroomVisibility;
  /** When it was archived; absent if it is not archived. */
  archived_at?: Timestamp;
  /** Its link, `codewhale://workroom/wr_…`. */
  link: string;
  /** The position in the log of the last event in it. */
  head_seq: number;
}

/** Changes to a workroom. An absent field did not change; `null` means that it was cleared. */
export interface WorkroomChange {
  /** The new title. */
  title?: string | null;
  /** The new folder. */
  workspace?: string | null;
  /** The new repository. */
  repo_identity?: RepoRef | null;
  /** The new branch. */
  branch?: string | null;
  /** The new visibility. */
  visibility?: WorkroomVisibility | null;
  /** Whether the workroom was archived (`true`) or unarchived (`false`). */
  archived?: boolean | null;
  /** The workroom that this one was merged into, and that now has its threads. */
  merged_into?: WorkroomId | null;
  /** The workroom that was merged into this one, which now has its threads. */
  merged_from?: WorkroomId | null;
}

/** A new workroom. */
export interface WorkroomCreateParams {
  /** The title. Default: the name of the repository, otherwise the name of the folder. */
  title?: string | null;
  /**
   * The absolute path of the folder with the files. In a git checkout, it provides the defaults for repository,
   * branch and title. Symbolic links in the path are resolved once, during this call. Everyone who can read the room
   * can read the folder's files.
   */
  workspace?: string | null;
  /** Allow a `workspace` that is `/`, your home folder, or a folder that contains it. Default: false. */
  allow_any_workspace?: boolean | null;
  /** The repository. */
  repo_identity?: RepoRef | null;
  /** The branch. */
  branch?: string | null;
  /** Who may see it. Default: `private`. */
  visibility?: WorkroomVisibility | null;
  /**
   * Create a workroom even if the repository or folder of `workspace` already has one. Otherwise that is a
   * `conflict`, and `data.existing` names the existing workroom.
   */
  another?: boolean | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** An entry of the log. Events never change and are never removed. */
export interface WorkroomEvent {
  /** Its position in the log. Positions increase in commit order, without gaps. */
  seq: number;
  /** Its id. */
  id: EventId;
  /** The thread it belongs to; absent for events about the workroom as a whole. */
  thread_id?: ThreadId;
  /** The workroom it belongs to. */
  workroom_id: WorkroomId;
  /** When the event was written. For an imported event, this is the time given by its source. */
  timestamp: Timestamp;
  /** What happened. */
  kind: WorkroomEventKind;
  /** Who caused it. */
  actor: Actor;
  /** The agent and the model that produced it; absent for people. */
  agent?: AgentAttribution;
  /** The agent session that caused it; absent for people, and in events of older versions. */
  session_id?: SessionId;
  /** The event in the same thread that this event answers. */
  reply_to?: EventId;
  /** How many secrets of each kind were redacted before the event was stored. */
  redactions?: Record<string, number>;
  /**
   * Present when the event happened in another log and was imported. Then `actor`, `agent` and `timestamp` are what
   * the source reports, and the server vouches only for the values in this field. An imported event grants no
   * rights, decides nothing and notifies nobody.
   */
  imported?: Imported;
}

/** What happened. Clients can append the kinds of the first group; only the server writes those of the second group. */
export type WorkroomEventKind =
  /** Somebody posted a message. */
  | {
      event: "message";
      /** The text, in Markdown. */
      content: string;
    }
  /** Somebody was mentioned. */
  | {
      event: "mention";
      /** The handle of the person or agent mentioned. */
      mentioned_user: string;
    }
  /** An agent started to use a tool. */
  | {
      event: "tool_call";
      /** The tool. */
      tool_name: string;
      /** What the tool is used for, in one line. */
      summary: string;
      /** The agent's own id of the call, which its result repeats. */
      call_id?: string | null;
    }
  /** A tool call finished. */
  | {
      event: "tool_result";
      /** The tool. */
      tool_name: string;
      /** Whether the call succeeded. */
      success: boolean;
      /** The result, in one line. */
      summary?: string | null;
      /** The agent's own id of the call. */
      call_id?: string | null;
    }
  /** An agent requested permission to use a tool. */
  | {
      event: "approval_request";
      /** The tool. */
      tool_name: string;
      /** What the tool is to be used for, in one line. */
      summary?: string | null;
      /** The approval's id; set by the server. */
      approval_id?: ApprovalId | null;
      /** How much harm the action could do. */
      risk?: ApprovalRisk | null;
      /** The arguments for the tool. */
      arguments?: unknown;
      /**
       * Identifies the action as it was requested, see `crate::approval::Approval::action_digest`; set by the
       * server.
       */
      action_digest?: string | null;
      /** The parts that are left out where the action is shown; set by the server. */
      hidden?: HiddenParts | null;
      /** The values of a decision's `scope` that the requester supports. */
      options?: string[];
      /** When the approval expires. */
      expires_at?: Timestamp | null;
    }
  /** An agent or a person linked a file for others to use. */
  | {
      event: "artifact_linked";
      /** The file's path in the workroom's folder. */
      path: string;
      /** The kind of file, such as `patch`, `report` or `log`. */
      kind: string;
      /** The artifact's id; set by the server. */
      artifact_id?: ArtifactId | null;
      /** The title. */
      label?: string | null;
      /** The size in bytes when the file was linked; measured by the server. */
      size?: number | null;
      /** The media type; derived by the server from the file name. */
      media_type?: string | null;
      /** The SHA-256 of the contents when the file was linked, in hex; measured by the server. */
      sha256?: string | null;
    }
  /** A task was completed. */
  | {
      event: "receipt";
      /** What was done, for the person or agent that continues the work. */
      summary: string;
      /** The `retry_requested` event that requested this attempt; set by the server. */
      retry_of?: EventId | null;
    }
  /** A task failed. */
  | {
      event: "failure";
      /** What went wrong. */
      error: string;
      /** The `retry_requested` event that requested this attempt; set by the server. */
      retry_of?: EventId | null;
      /** The number of this attempt, from 2 on; set by the server. */
      attempt?: number | null;
    }
  /** An agent cannot continue without a person. */
  | {
      event: "needs_human";
      /** What the agent needs to know, or what a person needs to do. */
      reason: string;
    }
  /** Work continued after a wait. */
  | {
      event: "resumed";
    }
  /** An agent started to work. */
  | {
      event: "worker_started";
      /** What it works on, in one line. */
      summary?: string | null;
    }
  /** An approval reached its final state. Written by the server. */
  | {
      event: "approval_decided";
      /** The approval. */
      approval_id: ApprovalId;
      /** The event that requested it. */
      request_event_id?: EventId | null;
      /** The final state. */
      decision: ApprovalState;
      /** The reason, in the decider's words. */
      reason?: string | null;
      /** How far the decision reaches, in the requester's words. */
      scope?: string | null;
      /** The program that the decider used. */
      decided_via?: string | null;
      /** How the decision was made, as observed by the server. */
      decided_how?: DecisionRecord | null;
    }
  /** A reference was attached to the thread. Written by the server. */
  | {
      event: "ref_attached";
      /** The reference. */
      ref: ExternalThreadRef;
      /** The label of the reference. */
      title?: string | null;
      /** Whether this is the thread's primary reference. */
      primary: boolean;
    }
  /** A reference was detached from the thread. Written by the server. */
  | {
      event: "ref_detached";
      /** The reference. */
      ref: ExternalThreadRef;
    }
  /** The workroom was created. Written by the server. */
  | {
      event: "workroom_created";
      /** The title. */
      title: string;
      /** Who created it. */
      owner: string;
      /** The path of the folder with the files. */
      workspace?: string | null;
      /** The repository. */
      repo_identity?: RepoRef | null;
      /** The branch. */
      branch?: string | null;
      /** Who may see it. */
      visibility: WorkroomVisibility;
    }
  /** The workroom was changed, archived or unarchived. Written by the server. */
  | {
      event: "workroom_updated";
      /** What changed. */
      change: WorkroomChange;
    }
  /** The thread was created. Written by the server. */
  | {
      event: "thread_created";
      /** The title. */
      title: string;
      /** The kind of thread. (The name `kind` is taken by the event's own kind.) */
      thread_kind: WorkroomThreadKind;
      /** The handles of the participants. */
      participants?: string[];
      /** The branch. */
      branch?: string | null;
    }
  /** The thread was changed, archived or unarchived. Written by the server. */
  | {
      event: "thread_updated";
      /** The new title. */
      title?: string | null;
      /** The new participants. */
      participants?: string[] | null;
      /** Whether the thread was archived (`true`) or unarchived (`false`). */
      archived?: boolean | null;
    }
  /** A member of the workroom was added, changed or removed. Written by the server. */
  | {
      event: "member_changed";
      /** The member's handle. */
      handle: string;
      /** The kind of actor; present when the member was added. */
      member_kind?: ActorKind | null;
      /** The member's new role; `null` if removed. */
      role?: MemberRole | null;
      /** The member's new display name. */
      display_name?: string | null;
    }
  /** A failure was dismissed. Written by the server. */
  | {
      event: "failure_dismissed";
      /** The failure. */
      failure_event_id: EventId;
      /** The reason, in the words of the person or agent that dismissed it. */
      reason?: string | null;
    }
  /** A retry was requested after a failure. Written by the server. */
  | {
      event: "retry_requested";
      /** The failure. */
      failure_event_id: EventId;
      /** The number of the attempt, from 2 on. */
      attempt?: number | null;
      /** What to do differently, in the requester's words. */
      note?: string | null;
    };

/** A workroom: `wr_` + 32 hex digits (UUID v4). */
export type WorkroomId = string;

/** The workroom to act on. */
export interface WorkroomIdParams {
  /** The workroom. */
  workroom_id: WorkroomId;
}

/** The target of a link. A link alone grants nothing: the caller who resolves it needs permission. */
export interface WorkroomLink {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** A thread in it. */
  thread_id?: ThreadId;
  /** An event in it. */
  event_id?: EventId;
}

/** The target of a link. */
export interface WorkroomLinkParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** A thread in it. */
  thread_id?: ThreadId | null;
  /** An event in it. */
  event_id?: EventId | null;
}

/** Filters for a list of workrooms. */
export interface WorkroomListParams {
  /** Return only workrooms whose title, repository, branch or folder contains this text, ignoring case. */
  query?: string | null;
  /** Return only workrooms with this folder. */
  workspace?: string | null;
  /** Return only workrooms with this repository, `owner/name`. */
  repo?: string | null;
  /** Include archived workrooms. */
  include_archived?: boolean;
  /** The maximum number of entries, 1 to 200. Default: 50. */
  limit?: number | null;
  /** The `next_cursor` of the previous page. */
  cursor?: string | null;
}

/** A page of workrooms, newest activity first. */
export interface WorkroomListResponse {
  /** The workrooms. */
  workrooms: WorkroomSummary[];
  /** The cursor of the next page; absent on the last page. */
  next_cursor?: string;
}

/** Workrooms to merge. */
export interface WorkroomMergeParams {
  /** The workroom whose threads move. From then on, its id and links refer to the other workroom. */
  workroom_id: WorkroomId;
  /** The workroom that receives the threads. */
  into: WorkroomId;
}

/** The identity of a workroom. */
export interface WorkroomName {
  /** Its id. */
  id: WorkroomId;
  /** The title. */
  title: string;
  /** Its link. */
  link: string;
}

/** The repository or folder whose workroom to open. */
export interface WorkroomOpenParams {
  /**
   * The absolute path of a folder. Any folder in a git checkout stands for its repository, including all worktrees;
   * a folder without git stands for itself.
   */
  workspace: string;
  /** The title for a new workroom. Default: the name of the repository, otherwise the name of the folder. */
  title?: string | null;
  /**
   * Whether to create a missing workroom. Default: true. If `false` and there is no workroom, the error is
   * `not_found`.
   */
  create?: boolean | null;
  /** Create a workroom even for `/`, your home folder, or a folder that contains it. Default: false. */
  allow_any_workspace?: boolean | null;
}

/** The workroom of a repository or folder. */
export interface WorkroomOpened {
  /** The workroom. */
  workroom: Workroom;
  /** Whether this call created the workroom. */
  created: boolean;
  /** The branch that is checked out in the folder, for `thread/create`. */
  branch?: string;
  /**
   * Other workrooms of the same repository, created by older versions or with `another`. `workroom/merge` merges
   * them.
   */
  others?: WorkroomName[];
}

/** A member's notification level for a workroom. */
export interface WorkroomSetNotificationLevelParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The level. `null` or absent: `all`. */
  level?: NotificationLevel | null;
}

/** A workroom in a list. */
export interface WorkroomSummary {
  /** Its id. */
  id: WorkroomId;
  /** The title. */
  title: string;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** How many of its threads are active, waiting or failed. */
  active_threads: number;
  /** The absolute path of the folder with the files. */
  workspace?: string;
  /** The GitHub repository. */
  repo_identity?: RepoRef;
  /** The branch. */
  branch?: string;
  /** When it was archived; absent if it is not archived. */
  archived_at?: Timestamp;
  /** Its link. */
  link: string;
  /** The position in the log of the last event in it. */
  head_seq: number;
}

/** A conversation in a workroom. */
export interface WorkroomThread {
  /** Its id. */
  id: ThreadId;
  /** The workroom it belongs to. */
  workroom_id: WorkroomId;
  /** The title. */
  title: string;
  /** The kind of thread. */
  kind: WorkroomThreadKind;
  /** The primary reference. */
  external_ref?: ExternalThreadRef;
  /** When it was created. */
  created_at: Timestamp;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** The state, which follows from its events. */
  status: ThreadStatus;
  /** When it was archived; absent if it is not archived. */
  archived_at?: Timestamp;
  /** Its link, `codewhale://workroom/wr_…/thread/thr_…`. */
  link: string;
  /** All references, in the order in which they were attached. */
  external_refs: AttachedRef[];
  /** The handles of the participants, as given when the thread was created or updated. */
  participants: string[];
  /** The position in the log of the last event in it. */
  head_seq: number;
  /** The branch of the work. */
  branch?: string;
}

/** The kind of a thread. */
export type WorkroomThreadKind =
  /** A conversation that is open to all members. */
  | "channel"
  /** A direct conversation between a few members. */
  | "direct_message"
  /** A task that an agent works on. */
  | "agent_task"
  /** A place for pending approvals. */
  | "approval_queue"
  /** A place for receipts. */
  | "receipt_log";

/** Changes to a workroom. Absent fields stay unchanged; `null` clears a field. */
export interface WorkroomUpdateParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The new title. */
  title?: string | null;
  /** The new folder, an absolute path. */
  workspace?: string | null;
  /** Allow a `workspace` that is `/`, your home folder, or a folder that contains it. Default: false. */
  allow_any_workspace?: boolean | null;
  /** The new repository. */
  repo_identity?: RepoRef | null;
  /** The new branch. */
  branch?: string | null;
  /** Who may see it. */
  visibility?: WorkroomVisibility | null;
}

/** Who may see a workroom. */
export type WorkroomVisibility =
  /** Only the local user. */
  | "private"
  /** Also callers with one of the listed tokens. */
  | {
      shared: {
        /** The ids of tokens (`tok_…`), never their secrets. */
        allowed_tokens: string[];
      };
    };
