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

/** What every method takes and answers, by name. */
export interface Methods {
  /** Says who connects. Optional; when sent it comes first and once. */
  "initialize": { params: InitializeParams; result: InitializeResponse };
  /** Describes every method, as an OpenRPC document. */
  "rpc.discover": { params: Empty; result: OpenRpcDocument };
  /** Tells how the server is. */
  "server/status": { params: Empty; result: ServerStatus };
  /** Ends the server once everything it has admitted is answered. */
  "shutdown": { params: Empty; result: Empty };
  /** Tells whose store it is. */
  "owner/read": { params: Empty; result: Owner };
  /** Gives the owner another handle. Only the owner may. */
  "owner/set": { params: OwnerSetParams; result: Owner };
  /** Lists sessions of the caller's own agents. */
  "session/list": { params: SessionListParams; result: SessionListResponse };
  /** Creates a workroom. In a git checkout, repository, branch and title default from it. */
  "workroom/create": { params: WorkroomCreateParams; result: Workroom };
  /** Finds the workroom of a repository or folder, or creates it. Callers that open at once get one workroom. */
  "workroom/open": { params: WorkroomOpenParams; result: WorkroomOpened };
  /** Lists workrooms, newest activity first. */
  "workroom/list": { params: WorkroomListParams; result: WorkroomListResponse };
  /** Reads one workroom. */
  "workroom/read": { params: WorkroomIdParams; result: Workroom };
  /** Changes a workroom's title, folder, repository, branch or visibility. */
  "workroom/update": { params: WorkroomUpdateParams; result: Workroom };
  /** Puts a workroom into the archive. Nothing is lost. */
  "workroom/archive": { params: WorkroomIdParams; result: Workroom };
  /** Takes a workroom out of the archive. */
  "workroom/unarchive": { params: WorkroomIdParams; result: Workroom };
  /** Joins a workroom to another: its threads move, its events stay as they are, and its links keep resolving. */
  "workroom/merge": { params: WorkroomMergeParams; result: Workroom };
  /** Writes the link to a workroom, a thread or an event. */
  "workroom/link": { params: WorkroomLinkParams; result: LinkText };
  /** Resolves a link to everything that is needed to go on from there, within a budget. */
  "workroom/resolve": { params: ResolveParams; result: Resolved };
  /** Creates a thread. */
  "thread/create": { params: ThreadCreateParams; result: WorkroomThread };
  /** Lists threads, newest activity first. */
  "thread/list": { params: ThreadListParams; result: ThreadListResponse };
  /** Reads a thread and a page of its events. */
  "thread/read": { params: ThreadReadParams; result: ThreadReadResponse };
  /** Changes a thread's title or participants. */
  "thread/update": { params: ThreadUpdateParams; result: WorkroomThread };
  /** Puts a thread into the archive. Nothing is lost. */
  "thread/archive": { params: ThreadIdParams; result: WorkroomThread };
  /** Takes a thread out of the archive. */
  "thread/unarchive": { params: ThreadIdParams; result: WorkroomThread };
  /** Attaches a reference: an issue, a pull request, a commit, a check, a run, a chat. Twice is once. */
  "thread/attachRef": { params: ThreadAttachRefParams; result: WorkroomThread };
  /** Takes a reference off a thread. */
  "thread/detachRef": { params: ThreadDetachRefParams; result: WorkroomThread };
  /** Appends an event to a thread. */
  "event/append": { params: EventAppendParams; result: EventResponse };
  /** Appends up to 1,000 events, all or none. */
  "event/appendBatch": { params: EventAppendBatchParams; result: EventsResponse };
  /** Appends events of another log as history: who and when as their source says, marked as imported. */
  "event/import": { params: EventImportParams; result: EventImportResponse };
  /** Reads one event. */
  "event/read": { params: EventReadParams; result: EventResponse };
  /** Lists events in the order of the log. */
  "event/list": { params: EventListParams; result: EventListResponse };
  /** Tells of events as `event/appended`: first those after `after_seq`, then live ones. */
  "event/subscribe": { params: EventSubscribeParams; result: EventSubscribeResponse };
  /** Ends a subscription. */
  "event/unsubscribe": { params: EventUnsubscribeParams; result: Empty };
  /** Asks for leave to do something. */
  "approval/request": { params: ApprovalRequestParams; result: Approval };
  /** Lists approvals, newest first. */
  "approval/list": { params: ApprovalListParams; result: ApprovalListResponse };
  /** Reads one approval. It permits exactly its action, to its requester. */
  "approval/read": { params: ApprovalIdParams; result: Approval };
  /**
   * Waits until an approval has ended, also across restarts of either side. It permits exactly its action, to its
   * requester: compare both before acting on it.
   */
  "approval/wait": { params: ApprovalWaitParams; result: Approval };
  /** Decides an approval. The first decision wins; a later one is `already_decided`. */
  "approval/decide": { params: ApprovalDecideParams; result: Approval };
  /** Takes an approval back. For whoever asked for it, and for whoever could decide it. */
  "approval/cancel": { params: ApprovalCancelParams; result: Approval };
  /** Reports whether decisions need the approver secret. */
  "approver/status": { params: Empty; result: ApproverStatus };
  /** Sets or replaces the approver secret: from then on no decision of the local owner counts without it. */
  "approver/set": { params: ApproverSetParams; result: ApproverStatus };
  /** Removes the approver secret. */
  "approver/off": { params: ApproverSecretParams; result: ApproverStatus };
  /** Gives the approver secret once for all decisions of this connection. */
  "approver/unlock": { params: ApproverSecretParams; result: ApproverStatus };
  /** Asks for another attempt after a failure. One is under way at a time. */
  "failure/retry": { params: FailureRetryParams; result: EventResponse };
  /** Sets a failure aside. */
  "failure/dismiss": { params: FailureDismissParams; result: EventResponse };
  /** Links a file of the workroom's folder: its path, size, media type and SHA-256, never its contents. */
  "artifact/link": { params: ArtifactLinkParams; result: Artifact };
  /** Lists artifacts, newest first. */
  "artifact/list": { params: ArtifactListParams; result: ArtifactListResponse };
  /** Reads a part of an artifact's file, and says whether it changed since it was linked. */
  "artifact/read": { params: ArtifactReadParams; result: ArtifactReadResponse };
  /** Lists a view of the caller's inbox, what has the newest event for them first. */
  "inbox/list": { params: InboxListParams; result: InboxListResponse };
  /** Counts the items of every view of the caller's inbox. */
  "inbox/counts": { params: InboxCountsParams; result: InboxCountsResponse };
  /** Answers the first page of a view, and then tells as `inbox/changed` what changes in it. */
  "inbox/subscribe": { params: InboxSubscribeParams; result: InboxSubscribeResponse };
  /** Ends a subscription to the inbox. */
  "inbox/unsubscribe": { params: InboxUnsubscribeParams; result: Empty };
  /** Marks what the client has shown as read. What needs action stays. */
  "inbox/markRead": { params: InboxMarkReadParams; result: InboxItemsResponse };
  /** Marks a thread as unread again. */
  "inbox/markUnread": { params: InboxMarkUnreadParams; result: InboxItemsResponse };
  /** Is done with what the client has shown. What needs action stays, and what comes later brings it back. */
  "inbox/archive": { params: InboxArchiveParams; result: InboxItemsResponse };
  /** Takes back into the inbox what the caller was done with. */
  "inbox/unarchive": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Puts a thread off until a time, or until a mention, an approval or a failure. */
  "inbox/snooze": { params: InboxSnoozeParams; result: InboxItemsResponse };
  /** Takes back into the inbox what was put off. */
  "inbox/unsnooze": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Saves a thread for later. */
  "inbox/save": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Takes a thread from those that are saved. */
  "inbox/unsave": { params: InboxThreadParams; result: InboxItemsResponse };
  /** Says what the caller wants to hear of a thread. */
  "thread/setNotificationLevel": { params: ThreadSetNotificationLevelParams; result: NotificationLevelResponse };
  /** Says what the caller wants to hear of a workroom, where they say nothing about the thread. */
  "workroom/setNotificationLevel": { params: WorkroomSetNotificationLevelParams; result: NotificationLevelResponse };
  /** Lists the members of a workroom, in the order in which they came. */
  "member/list": { params: MemberListParams; result: MemberListResponse };
  /** Adds a member to a workroom. */
  "member/add": { params: MemberAddParams; result: Member };
  /** Changes a member's role or display name. */
  "member/update": { params: MemberUpdateParams; result: Member };
  /** Removes a member from a workroom. What they wrote stays. */
  "member/remove": { params: MemberRemoveParams; result: Empty };
  /** Makes a token, and tells its secret this once. */
  "token/create": { params: TokenCreateParams; result: TokenCreated };
  /** Lists tokens, newest first, never their secrets. */
  "token/list": { params: TokenListParams; result: TokenListResponse };
  /** Ends a token at once, and every subscription made with it. */
  "token/revoke": { params: TokenRevokeParams; result: Token };
  /** Lists who did what with which token, newest first. */
  "audit/list": { params: AuditListParams; result: AuditListResponse };
  /** Searches the text of events, newest first. */
  "search/query": { params: SearchQueryParams; result: SearchQueryResponse };
}

/** What the client tells the server, by name. */
export interface ClientNotifications {
  /** The client has read the answer to `initialize`. */
  "initialized": Empty;
  /** Cancels a waiting request, which then answers `cancelled`. A write that has begun is not undone. */
  "$/cancelRequest": CancelParams;
}

/** What the server tells the client, by name. */
export interface ServerNotifications {
  /** An event that a subscription is about. */
  "event/appended": EventAppended;
  /** What has changed in a view of the inbox. */
  "inbox/changed": InboxChanged;
  /** A subscription has ended without being asked to. */
  "subscription/ended": SubscriptionEnded;
}

/** Who caused an event. The server sets it from the connection; a client cannot claim another's. */
export interface Actor {
  /** What kind of being acts. */
  kind: ActorKind;
  /** The name they are mentioned by, without the `@`. */
  handle: string;
}

/** What kind of being acts. */
export type ActorKind =
  /** A person. */
  | "human"
  /** A coding agent; its events also carry an `AgentAttribution`. */
  | "agent"
  /** A chat bridge that speaks for people elsewhere. */
  | "bridge"
  /** Workroom itself. */
  | "system";

/** Which agent and model produced an event. */
export interface AgentAttribution {
  /** Who serves the model, such as `anthropic`. */
  provider: string;
  /** The model, such as `claude-opus-5`. */
  model: string;
  /** The agent, stable over its runs; also its handle. */
  agent_id: string;
}

/** A session of an agent: one connection that named it, or several that gave the same key. */
export interface AgentSession {
  /** Its id. */
  session_id: SessionId;
  /** What the agent is called in it. */
  handle: string;
  /** What the agent calls itself. */
  agent_id: string;
  /** When it began. */
  started_at: Timestamp;
  /** Whether a process still has it. */
  live: boolean;
}

/** An action that somebody asks leave for, and what was decided. */
export interface Approval {
  /** Its id. */
  approval_id: ApprovalId;
  /** The workroom of its thread. */
  workroom_id: WorkroomId;
  /** The thread that it was asked for in. */
  thread_id: ThreadId;
  /** The `approval_request` event. */
  event_id: EventId;
  /** The position of that event. */
  seq: number;
  /** Who asks. They cannot decide. */
  requested_by: Actor;
  /** Which agent and model asks, when an agent does. */
  agent?: AgentAttribution;
  /** The session of the agent that asks; absent for people, and in requests of older versions. */
  session_id?: SessionId;
  /** When it was asked for. */
  requested_at: Timestamp;
  /** The tool that would be used. */
  tool_name: string;
  /** What for. */
  summary: string;
  /** How much could go wrong: what the requester says, and at least `high` when parts of the action are hidden. */
  risk?: ApprovalRisk;
  /** What the requester says of the risk, where `risk` is another. */
  requested_risk?: ApprovalRisk;
  /** What the tool would be called with. Numbers keep every digit that the requester wrote. */
  arguments?: unknown;
  /**
   * What is not shown here of the action, and will be done nevertheless when it is approved: secrets that were
   * taken out. Absent when everything is shown.
   */
  hidden?: HiddenParts;
  /**
   * Identifies the action as its requester sent it, hidden parts included. It is opaque: `hmac-sha256:` and an
   * HMAC, in hex, with a key that never leaves the store. Approvals of earlier versions have their `shown_digest`
   * here.
   */
  action_digest: string;
  /**
   * Identifies the action as it is shown here: `sha256:` and the SHA-256, in hex, of the JSON object with the
   * members `arguments`, `risk`, `summary`, `thread_id` and `tool_name` as they stand here, `null` for those that
   * are absent, without white space, with the members of every object sorted by their names' UTF-8 bytes.
   */
  shown_digest?: string;
  /**
   * What `scope` of a decision the requester can honour, in its own words, such as `once` or `session`.
   * Empty when it knows none.
   */
  options: string[];
  /** How it stands. */
  state: ApprovalState;
  /** When it expires by itself; absent when it does not. */
  expires_at?: Timestamp;
  /** Who ended it: who decided or took it back; Workroom itself when it expired. */
  decided_by?: Actor;
  /** The program that they used. */
  decided_via?: string;
  /**
   * How the decision was made, as the server saw it. Absent when nobody decided, and for decisions of earlier
   * versions.
   */
  decided_how?: DecisionRecord;
  /** When it ended. */
  decided_at?: Timestamp;
  /** What was decided; absent while it is pending, and when it ended without a decision. */
  decision?: ApprovalDecision;
  /** Why, in their words. */
  reason?: string;
  /** How far the decision reaches: one of `options`. */
  scope?: string;
}

/** An approval to take back. */
export interface ApprovalCancelParams {
  /** The approval. */
  approval_id: ApprovalId;
  /** Why. */
  reason?: string | null;
}

/** A decision. */
export interface ApprovalDecideParams {
  /** The approval. */
  approval_id: ApprovalId;
  /** What is decided. */
  decision: ApprovalDecision;
  /** The `action_digest` of the approval that the decider saw; another one is a `conflict`. */
  action_digest: string;
  /**
   * The `shown_digest` of what the decider saw, for a client that computes it from what it has displayed; another
   * one is a `conflict`.
   */
  shown_digest?: string | null;
  /** The approver secret, where one is set and this connection has not given it to `approver/unlock`. */
  approver_secret?: ApproverSecret | null;
  /** Why. */
  reason?: string | null;
  /** How far the decision reaches: one of the approval's `options`. */
  scope?: string | null;
}

/** What a decider says. */
export type ApprovalDecision =
  /** The action may be done. */
  | "approved"
  /** The action must not be done. */
  | "denied";

/** An approval: `apr_` + 32 hex digits (UUID v7). */
export type ApprovalId = string;

/** Which approval is meant. */
export interface ApprovalIdParams {
  /** The approval. */
  approval_id: ApprovalId;
  /**
   * Refuse as `forbidden` unless the approval permits something to this caller: they requested it, or an earlier
   * session of the same agent did, which has ended.
   */
  as_requester?: boolean;
}

/** Which approvals to list. */
export interface ApprovalListParams {
  /** Only those of this workroom. */
  workroom_id?: WorkroomId | null;
  /** Only those of this thread. */
  thread_id?: ThreadId | null;
  /** Only those that stand so. Default: all. */
  states?: ApprovalState[] | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of approvals, newest first. */
export interface ApprovalListResponse {
  /** The approvals. */
  approvals: Approval[];
  /** Go on from here; absent on the last page. */
  next_cursor?: string;
}

/** An action to ask leave for. */
export interface ApprovalRequestParams {
  /** The thread to ask in. */
  thread_id: ThreadId;
  /** The tool that would be used. */
  tool_name: string;
  /** What for: what whoever decides needs to know. */
  summary: string;
  /** How much could go wrong. */
  risk?: ApprovalRisk | null;
  /** What the tool would be called with: any JSON, at most 64 KiB of it. */
  arguments?: unknown;
  /** What `scope` of a decision the requester can honour, in its own words, such as `once` or `session`. */
  options?: string[] | null;
  /** When it expires by itself. Default: never. */
  expires_at?: Timestamp | null;
  /** A pending approval of the same requester in the same thread that this one takes the place of. */
  supersedes?: ApprovalId | null;
  /** A retry with the same key and the same body returns the first result: the approval as it was asked for. */
  idempotency_key?: string | null;
}

/** How much could go wrong, in the requester's judgement. */
export type ApprovalRisk =
  /** Nothing that matters. */
  | "low"
  /** Something that can be undone. */
  | "medium"
  /** Something that is hard to undo. */
  | "high"
  /** Something that cannot be undone. */
  | "critical";

/** How an approval stands. `pending` ends in one of the others, which are for ever. */
export type ApprovalState =
  /** Nobody has decided yet. */
  | "pending"
  /** The action may be done. */
  | "approved"
  /** The action must not be done. */
  | "denied"
  /** Nobody decided in time. */
  | "expired"
  /** The requester, or somebody who may decide, took it back. */
  | "cancelled"
  /** The requester asked anew. */
  | "superseded";

/** An approval to wait for. */
export interface ApprovalWaitParams {
  /** The approval. */
  approval_id: ApprovalId;
  /**
   * Answer after this many milliseconds at the latest, with the approval as it then stands. Without it the wait
   * lasts until the approval ends, the request is cancelled, or the connection's input ends.
   */
  timeout_ms?: number | null;
  /** The same as in `approval/read`. */
  as_requester?: boolean;
}

/** The approver secret on its way to the server. It is not written to the store, to the log, or into an error. */
export type ApproverSecret = string;

/** The approver secret. */
export interface ApproverSecretParams {
  /** The secret. */
  secret: ApproverSecret;
}

/** A new approver secret. */
export interface ApproverSetParams {
  /** The new secret, 8 to 1,024 bytes. */
  secret: ApproverSecret;
  /** The one that it replaces, where one is set. */
  current?: ApproverSecret | null;
}

/** Whether decisions of the local owner need the approver secret. */
export interface ApproverStatus {
  /** Whether a secret is set. */
  set: boolean;
  /** Since when. */
  set_at?: Timestamp;
  /** Whether this connection may decide without giving it once more. */
  unlocked: boolean;
  /** When the next attempt is allowed, after wrong ones. */
  retry_at?: Timestamp;
}

/** A file that a thread points at. */
export interface Artifact {
  /** Its id. */
  artifact_id: ArtifactId;
  /** The thread that points at it. */
  thread_id: ThreadId;
  /** The workroom of the thread. */
  workroom_id: WorkroomId;
  /** The event that linked it. */
  event_id: EventId;
  /** The position of that event. */
  seq: number;
  /** Its path, relative to the workroom's folder when it is inside. */
  path: string;
  /** What it is, such as `patch`, `report` or `log`. */
  kind: string;
  /** What people call it. */
  label?: string;
  /** Its size in bytes when it was linked; absent when it was not measured. */
  size?: number;
  /** Its media type, derived from its name. */
  media_type?: string;
  /** The SHA-256 of its contents when it was linked, in hex; absent when it was not measured. */
  sha256?: string;
  /** Why there is a size and no `sha256`: `too_large` for files of more than 256 MiB, which are not read through. */
  sha256_absent?: string;
  /** When it was linked. */
  linked_at: Timestamp;
  /** Who linked it. */
  linked_by: Actor;
  /** Which agent and model linked it, when an agent did. */
  agent?: AgentAttribution;
  /** Whether it was imported from another log, whose word it is who linked it and when. */
  imported?: boolean;
}

/** An artifact: `art_` + 32 hex digits (UUID v7). */
export type ArtifactId = string;

/** A file to link. */
export interface ArtifactLinkParams {
  /** The thread that shall point at it. */
  thread_id: ThreadId;
  /** Its path: relative to the workroom's folder, or absolute inside it. */
  path: string;
  /** What it is, such as `patch`, `report` or `log`. */
  kind: string;
  /** What to call it. */
  label?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** Which artifacts to list. */
export interface ArtifactListParams {
  /** Only those of this workroom. */
  workroom_id?: WorkroomId | null;
  /** Only those of this thread. */
  thread_id?: ThreadId | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of artifacts, newest first. */
export interface ArtifactListResponse {
  /** The artifacts. */
  artifacts: Artifact[];
  /** Where the next page begins; absent on the last. */
  next_cursor?: string;
}

/** Which part of a file to read. */
export interface ArtifactReadParams {
  /** The artifact. */
  artifact_id: ArtifactId;
  /** The byte to begin at. Default: 0. */
  offset?: number | null;
  /** How many bytes at most, 1 to 1 MiB. Default: 64 KiB. */
  max_bytes?: number | null;
}

/** A part of a file as it is on disk now. */
export interface ArtifactReadResponse {
  /** The artifact. */
  artifact: Artifact;
  /** The part, `encoding` says how. */
  content: string;
  /** How `content` carries bytes: `utf8` when the part is text that ends at whole characters. */
  encoding: ContentEncoding;
  /** The byte the part begins at. */
  offset: number;
  /** Where the next part begins; absent at the end of the file. */
  next_offset?: number;
  /** The size of the file now, in bytes. */
  size: number;
  /**
   * Whether the file differs from what was linked; absent when that cannot be told: it was not measured then, or it
   * is too large to be read through and its size is the same.
   */
  changed?: boolean;
}

/** A reference as it is attached to a thread. */
export type AttachedRef = ExternalThreadRef & {
  /** What the person or agent who attached it calls it. */
  title?: string;
  /** Where a browser finds it, when it has a page. */
  url?: string;
  /** Whether this is what the thread is about: the thread's `external_ref`. At most one is. */
  primary: boolean;
  /** When it was attached. */
  attached_at: Timestamp;
};

/**
 * Something that was done, or refused. The trail has every write of every token's bearer, every connection made with
 * a token, every refusal, every decision, and everything done about members, tokens and the approver secret by anybody.
 * What was read is not in it.
 */
export interface AuditEntry {
  /** When. */
  at: Timestamp;
  /** With which token; absent for the person at this machine and their agents. */
  token_id?: TokenId;
  /** By whom. */
  actor: Actor;
  /** The method that was called. */
  method: string;
  /** What came of it: `ok`, or the kind of the error. */
  outcome: string;
  /** The token that was made or revoked. */
  about_token_id?: TokenId;
  /** The workroom of the events that it wrote. */
  workroom_id?: WorkroomId;
  /** The position of the first event that it wrote. */
  first_seq?: number;
  /** The position of the last event that it wrote. */
  last_seq?: number;
  /** How the decision was made, when it was one. */
  decided_how?: DecisionRecord;
}

/** Which entries to list. */
export interface AuditListParams {
  /** Only what was done with this token, or to it. */
  token_id?: TokenId | null;
  /** Only what wrote events into this workroom. */
  workroom_id?: WorkroomId | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of the trail, newest first. */
export interface AuditListResponse {
  /** The entries. */
  entries: AuditEntry[];
  /** Go on from here; absent on the last page. */
  next_cursor?: string;
}

/** The request to cancel. */
export interface CancelParams {
  /** Its id, exactly as it was sent. */
  id: string | number | null;
}

/** What a connection can do. */
export interface Capabilities {
  /** The methods that can be called. */
  methods: string[];
  /** The notifications that can be sent and received. */
  notifications: string[];
  /** How large things may be. */
  limits: Limits;
}

/** The program that connects. */
export interface ClientInfo {
  /** Its name, for machines. */
  name: string;
  /** Its version. */
  version: string;
  /** Its name, for people. */
  title?: string | null;
}

/** How `content` carries bytes. */
export type ContentEncoding =
  /** As they are. */
  | "utf8"
  /** In standard base64 with padding. */
  | "base64";

/** How a decision was made. The server records it; no field of a request sets it. */
export interface DecisionRecord {
  /** The surface that the decision came through, such as `app-server` or `cli`. */
  surface: string;
  /** Whether a person answered at a terminal. The command line sees that; no other surface does. */
  terminal: boolean;
  /**
   * The coding agent that ran the deciding program, such as `claude-code`, as far as its environment and its
   * ancestor processes show. An editor's terminal has one too, and so has a person's shell inside an agent.
   */
  agent_host?: string | null;
  /** Whether the approver secret was given. */
  approver_secret?: boolean;
}

/** What an answer to a write promises. */
export type Durability =
  /** The write survives the end of the process and the loss of power. */
  | "full"
  /** The write survives the end of the process; a loss of power may take the last ones. */
  | "relaxed";

/** Nothing to be said. */
export type Empty = Record<string, never>;

/** What went wrong: stable for programs, as `data.kind` and as the error's code. */
export type ErrorKind =
  /** The input is not JSON. */
  | "parse_error"
  /** The input is JSON, but not a JSON-RPC request. */
  | "invalid_request"
  /** There is no such method. */
  | "method_not_found"
  /** The params do not fit the method; `data.path` names the field. */
  | "invalid_params"
  /** The server is at fault; `data.incident` is what its log calls the case. */
  | "internal"
  /** There is no such thing, or the caller may not see it. */
  | "not_found"
  /** The write does not fit what is there. */
  | "conflict"
  /** The position belongs to another store, or lies beyond the end of this one. */
  | "cursor_expired"
  /** The caller may see this, but not do it. */
  | "forbidden"
  /** The token is not known, has expired or was revoked. */
  | "unauthenticated"
  /** Too much is going on; try again after `data.retry_after_ms` milliseconds. */
  | "busy"
  /** Something is larger than `data.limit` allows. */
  | "too_large"
  /** The store cannot be read or written; `data.reason` says why. */
  | "storage"
  /** Somebody else decided first; `data` has the decision. */
  | "already_decided"
  /** The request was cancelled, and had no effect. */
  | "cancelled"
  /** This cannot be done here. */
  | "unsupported";

/** Events to append together: all or none. */
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
  /** What happened. Kinds that the server writes itself are refused. */
  kind: WorkroomEventKind;
  /** The event of the same thread that this one answers. */
  reply_to?: EventId | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** An event that a subscription is about. */
export interface EventAppended {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /** The event. */
  event: WorkroomEvent;
}

/** An event: `evt_` + 32 hex digits (UUID v7). */
export type EventId = string;

/** An event of another log, as that log has it. */
export interface EventImport {
  /** Its id in the source: what was imported into the thread before is not imported again. */
  id: EventId;
  /** Its thread in the source. */
  thread_id?: ThreadId | null;
  /** When it happened. Default: now. */
  timestamp?: Timestamp | null;
  /** What happened. */
  kind: WorkroomEventKind;
  /** Who caused it. Default: the system actor `unknown`. */
  actor?: Actor | null;
  /** Which agent and model produced it, when an agent did. */
  agent?: AgentAttribution | null;
  /** The id, in the source, of the event that it answers. */
  reply_to?: EventId | null;
}

/** Events of another log, to append to a thread as history. */
export interface EventImportParams {
  /** The thread to append to. */
  thread_id: ThreadId;
  /** The events, 1 to 1,000, in the order of their source. */
  events: EventImport[];
}

/** What became of the events of an import. */
export interface EventImportResponse {
  /** One result for each event, in the order given. */
  results: EventImportResult[];
}

/** What became of one event of an import. */
export interface EventImportResult {
  /** What became of it. */
  outcome: ImportOutcome;
  /** The event in this log, when it is there. */
  event_id?: EventId;
  /** Its position in this log, when it is there. */
  seq?: number;
  /** Why it is not there, when it was skipped or refused. */
  reason?: string;
}

/** Which events to list. */
export interface EventListParams {
  /** Only those of this workroom. */
  workroom_id?: WorkroomId | null;
  /** Only those of this thread. */
  thread_id?: ThreadId | null;
  /** Only those of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** Only those after this position. Default: 0, from the beginning. */
  after_seq?: number | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** How many bytes of events at most, but at least one event. Default and most: 1 MiB. */
  max_bytes?: number | null;
  /** The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`. */
  epoch?: string | null;
}

/** A page of events, oldest first. */
export interface EventListResponse {
  /** The events. */
  events: WorkroomEvent[];
  /** The last position of the log when the page was read. When `more` is false, go on from here. */
  head_seq: number;
  /** Whether there are further events; go on with the last one's `seq`. */
  more: boolean;
}

/** Which event is meant. */
export interface EventReadParams {
  /** The event. */
  event_id: EventId;
}

/** One event. */
export interface EventResponse {
  /** The event. */
  event: WorkroomEvent;
  /**
   * Whom its text mentions and who is no member of the workroom: nobody was notified for these names. Only in the
   * first answer to `event/append`.
   */
  unreached?: string[];
}

/** Which events to be told of. */
export interface EventSubscribeParams {
  /** Only those of this workroom. */
  workroom_id?: WorkroomId | null;
  /** Only those of this thread. */
  thread_id?: ThreadId | null;
  /** Only those of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** First those after this position, then live ones. Default: live ones only. */
  after_seq?: number | null;
  /** The `epoch` that `after_seq` belongs to; another store's answers `cursor_expired`. */
  epoch?: string | null;
}

/** A subscription that has begun. */
export interface EventSubscribeResponse {
  /** What `event/appended` and `event/unsubscribe` call it. */
  subscription_id: SubscriptionId;
  /** Names the store that positions belong to. */
  epoch: string;
  /** The last position of the log when the subscription began. */
  head_seq: number;
}

/** Which subscription is meant. */
export interface EventUnsubscribeParams {
  /** The subscription. */
  subscription_id: SubscriptionId;
}

/** Several events. */
export interface EventsResponse {
  /** The events, in the order given. */
  events: WorkroomEvent[];
  /**
   * Whom their texts mention and who is no member of the workroom: nobody was notified for these names. Only in the
   * first answer.
   */
  unreached?: string[];
}

/**
 * Something outside Workroom that a thread is about. Metadata only: never credentials.
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
      /** The commit's id in lower-case hex, whole or abbreviated to at least seven digits. */
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
      /** Its id for the thread. */
      thread_id: string;
    }
  /** A run of a fleet of agents. */
  | {
      kind: "fleet_run";
      /** The runtime, such as `codewhale`. */
      runtime: string;
      /** Its id for the run. */
      run_id: string;
    }
  /** A conversation on a chat platform. */
  | {
      kind: "chat";
      /** The platform, such as `telegram`. */
      platform: string;
      /** Its id for the conversation. */
      chat_id: string;
      /** Its id for one message of it. */
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
      /** Its address, without credentials, query or fragment. */
      url: string;
    };

/** A failure to set aside. */
export interface FailureDismissParams {
  /** The `failure` event: one that stands. */
  failure_event_id: EventId;
  /** Why. */
  reason?: string | null;
}

/** A failure to try again after. */
export interface FailureRetryParams {
  /** The `failure` event: one that stands, and that no attempt is under way after. */
  failure_event_id: EventId;
  /** What to do differently. */
  note?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** What the display of an action leaves out. */
export interface HiddenParts {
  /** In how many places. */
  parts: number;
  /** How many characters in all. */
  characters: number;
  /** What they seem to be, such as `token`, each kind once. */
  kinds: string[];
}

/** Whom the server takes this connection for. */
export interface Identity {
  /** The name the caller is mentioned by. */
  handle: string;
  /** What kind of being the caller is. */
  kind: ActorKind;
  /** What the caller may do. */
  scopes: Scope[];
  /** The session of the agent that the caller is; absent for people. */
  session_id?: SessionId;
}

/** What became of one event of an import. */
export type ImportOutcome =
  /** It was appended. */
  | "imported"
  /** The thread has it already. */
  | "already_there"
  /** It is not part of a conversation, such as the creation of a thread, or is about an event that is not here. */
  | "skipped"
  /** It cannot be imported; the others were. */
  | "refused";

/** How an event of another log came into this one. */
export interface Imported {
  /** Who imported it. */
  by: Actor;
  /** When it was imported. */
  at: Timestamp;
  /** The id of the event in its source. */
  event_id: EventId;
  /** The thread of the event in its source. */
  thread_id?: ThreadId;
}

/** What the member is done with. */
export interface InboxArchiveParams {
  /** The thread. Exactly one of `thread_id` and `thread_ids` is given. */
  thread_id?: ThreadId | null;
  /** Threads, 1 to 200. */
  thread_ids?: ThreadId[] | null;
  /**
   * Everything up to this position: what the client has shown, such as an item's `newest_seq`.
   * What came after it stays in the inbox.
   */
  upto_seq: number;
}

/** Something in a thread that waits for the member: an approval, a question or a failure. */
export interface InboxAsk {
  /** Which of the three. */
  reason: InboxReason;
  /** The position of the event that asks. */
  seq: number;
  /** That event: what a reply, a retry or a dismissal names. */
  event_id: EventId;
  /** The approval that a decision names. */
  approval_id?: ApprovalId;
  /** Since when it waits. */
  timestamp: Timestamp;
  /** Who asks. */
  actor: Actor;
  /** Which agent and model, when an agent asks. */
  agent?: AgentAttribution;
  /**
   * What is asked, on one line of at most 200 characters. Characters that cannot be seen are written out, such as
   * `⟨U+200B⟩`, and a cut is marked, such as `⟨+1,990 characters⟩`.
   */
  preview: string;
  /** How many characters the preview leaves out. What is cut is not what to decide on: show all of it first. */
  cut?: number;
  /** How much could go wrong with an approval, see `risk` of an approval. */
  risk?: ApprovalRisk;
  /** Whether it was imported from another log, whose word it is who caused it and when. */
  imported?: boolean;
  /** Whether it is a failure after which another attempt is under way: nobody waits for the member then. */
  retried?: boolean;
}

/** What has changed in a part of the inbox. An item may be told again as it was: what counts is the last. */
export interface InboxChanged {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /** Items that are in the view, as they are now. */
  items: InboxItem[];
  /** Threads that changed and are not in the view now. The client may not have known them. */
  removed: ThreadId[];
  /** How many items each view has now. */
  counts: InboxCounts;
  /** Go on from here after a lost connection. */
  as_of_seq: number;
}

/** How many items each view has. */
export interface InboxCounts {
  /** Of `all`. */
  all: number;
  /** Of `all`, those with something unread. */
  unread: number;
  /** Of `direct`. */
  direct: number;
  /** Of `mentions`. */
  mentions: number;
  /** Of `active`. */
  active: number;
  /** Of `needs_approval`. */
  needs_approval: number;
  /** Of `needs_human`. */
  needs_human: number;
  /** Of `failed`. */
  failed: number;
  /** Of `receipts`. */
  receipts: number;
  /** Of `saved`. */
  saved: number;
  /** Of `snoozed`. */
  snoozed: number;
  /** Of `done`. */
  done: number;
}

/** What to count. */
export interface InboxCountsParams {
  /** Only threads of this workroom. */
  workroom_id?: WorkroomId | null;
}

/** How many items each view has. */
export interface InboxCountsResponse {
  /** How many. */
  counts: InboxCounts;
  /** The end of the log when they were counted. */
  as_of_seq: number;
}

/** A thread in the inbox of a member. */
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
  /** The views that it is in. */
  views: InboxView[];
  /** Why it is there, the most pressing first. Empty when nothing new is in it, such as in `done`. */
  reasons: InboxItemReason[];
  /** What waits for the member: approvals, then questions, then failures, the oldest first, at most five. */
  asks: InboxAsk[];
  /** How many events for the member came after `read_upto`. */
  unread: number;
  /** What the member has read: everything up to this position. */
  read_upto: number;
  /** What the member is done with: everything up to this position. */
  done_upto: number;
  /** The position of the newest event that was for the member; of the thread's first one when none was. */
  newest_seq: number;
  /** When that event happened. */
  updated_at: Timestamp;
  /** What that event says, on one line of at most 200 characters, in the form of `InboxAsk::preview`. */
  preview: string;
  /** How many characters the preview leaves out. */
  cut?: number;
  /** Who caused that event. */
  last_actor: Actor;
  /** Which agent and model did, when an agent did. */
  last_agent?: AgentAttribution;
  /** The approvals that wait and that the member may decide, the oldest 20 of them. */
  approval_ids: ApprovalId[];
  /** Whether a failure stands that the member may have tried again, and no attempt is under way. */
  can_retry: boolean;
  /** Whether the member has saved it. */
  saved: boolean;
  /** Until when the member has put it off. */
  snoozed_until?: Timestamp;
  /** What the member wants to hear of the thread: their choice for it, or else for its workroom. */
  level: NotificationLevel;
}

/** Why a thread is in the inbox. */
export interface InboxItemReason {
  /** Why. */
  reason: InboxReason;
  /** The position of the newest event that it is for. */
  seq: number;
  /** That event. */
  event_id: EventId;
  /**
   * How many such events came since the member was done with the thread; of approvals, questions and failures,
   * how many stand.
   */
  count: number;
}

/** What became of the items that an action was about. */
export interface InboxItemsResponse {
  /** The items as they are now. */
  items: InboxItem[];
  /** How many items each view has now. */
  counts: InboxCounts;
  /** The end of the log. */
  as_of_seq: number;
}

/** Which part of the inbox to list. */
export interface InboxListParams {
  /** The view. Default: `all`. */
  view?: InboxView | null;
  /** Only threads of this workroom. */
  workroom_id?: WorkroomId | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of the inbox: what has the newest event for the member comes first. */
export interface InboxListResponse {
  /** The items. */
  items: InboxItem[];
  /** Where the next page begins; absent on the last. */
  next_cursor?: string;
  /** How many items each view has, in the workroom when one was named. */
  counts: InboxCounts;
  /** The end of the log when the page was read. */
  as_of_seq: number;
}

/** What the member has read. */
export interface InboxMarkReadParams {
  /** The thread. Exactly one of `thread_id` and `thread_ids` is given. */
  thread_id?: ThreadId | null;
  /** Threads, 1 to 200. */
  thread_ids?: ThreadId[] | null;
  /** Everything up to this position: what the client has shown, such as an item's `newest_seq`. */
  upto_seq: number;
}

/** What the member wants to read again. */
export interface InboxMarkUnreadParams {
  /** The thread. */
  thread_id: ThreadId;
  /** Everything from this position on. Default: the newest event that was for the member. */
  from_seq?: number | null;
}

/** Why something is in the inbox. */
export type InboxReason =
  /** An approval waits that the member may decide. */
  | "approval"
  /** A question waits for a person. */
  | "needs_human"
  /** A failure stands. */
  | "failure"
  /** The member was mentioned. */
  | "mention"
  /** A message in a conversation between a few that the member is one of. */
  | "direct"
  /** An answer to an event of the member, who is an agent. */
  | "reply"
  /** An approval that the member, who is an agent, asked for was decided. */
  | "decision"
  /** The member, who is an agent, is asked to try again what failed. */
  | "retry"
  /** A piece of work was done. */
  | "receipt"
  /** A person said something. */
  | "message";

/** What the member puts off. */
export interface InboxSnoozeParams {
  /** The thread. */
  thread_id: ThreadId;
  /** Until when. A mention, an approval or a failure ends it earlier. */
  until: Timestamp;
  /** What the client has shown: a mention after this position ends the snooze at once. Default: the end of the log. */
  upto_seq?: number | null;
}

/** Which part of the inbox to be told of. */
export interface InboxSubscribeParams {
  /** The view. Default: `all`. */
  view?: InboxView | null;
  /** Only threads of this workroom. */
  workroom_id?: WorkroomId | null;
  /** How many items the first page has at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /**
   * `as_of_seq` of what the client has seen last: everything that changed since is told first.
   * Default: only what changes from now on.
   */
  as_of_seq?: number | null;
  /** The `epoch` that `as_of_seq` belongs to; another store's answers `cursor_expired`. */
  epoch?: string | null;
}

/** A subscription that has begun, and the first page. */
export interface InboxSubscribeResponse {
  /** What `inbox/changed` and `inbox/unsubscribe` call it. */
  subscription_id: SubscriptionId;
  /** Names the store that positions belong to. */
  epoch: string;
  /** The items. */
  items: InboxItem[];
  /** Where the next page begins, for `inbox/list`; absent on the last. */
  next_cursor?: string;
  /** How many items each view has, in the workroom when one was named. */
  counts: InboxCounts;
  /** The end of the log when the page was read. */
  as_of_seq: number;
}

/** Which item of the inbox is meant. */
export interface InboxThreadParams {
  /** The thread. */
  thread_id: ThreadId;
}

/** Which subscription is meant. */
export interface InboxUnsubscribeParams {
  /** The subscription. */
  subscription_id: SubscriptionId;
}

/** A part of the inbox. */
export type InboxView =
  /** Everything that is neither done nor snoozed: something was said to the member, or waits for them. */
  | "all"
  /** Of that, direct messages. */
  | "direct"
  /** Of that, threads in which the member was mentioned. */
  | "mentions"
  /** Threads that concern the member and in which work goes on, waits or went wrong. Not those that are done. */
  | "active"
  /** An approval waits that the member may decide, whether they have read it or not. */
  | "needs_approval"
  /** A question waits for a person, whether the member has read it or not. */
  | "needs_human"
  /** A failure stands, whether the member has read it or not. */
  | "failed"
  /** Of `all`, threads with a new receipt. */
  | "receipts"
  /** What the member has saved. */
  | "saved"
  /** What the member has put off. */
  | "snoozed"
  /** What the member is done with, and where nothing new came since. */
  | "done";

/** Who connects. Optional: without it the connection is the local owner. */
export interface InitializeParams {
  /** The program that connects. */
  client_info: ClientInfo;
  /** The newest version of the protocol that the client speaks. Default: 1. */
  protocol_version?: number | null;
  /** An access token; the connection then has its rights and no more. */
  token?: string | null;
  /**
   * The agent that this connection acts as from now on. It gets a session, and a handle that no other session has:
   * its `agent_id`, or that with a number.
   */
  agent?: AgentAttribution | null;
  /**
   * A secret of the client's choice, by which it resumes the agent's session after a restart. Only whoever comes
   * with the same token, or is the owner's as well, resumes it. Without one each connection is a new session.
   */
  session_key?: string | null;
  /** The store that the client's positions belong to; another one answers `cursor_expired`. */
  epoch?: string | null;
  /** Names of notifications that the client does not want. */
  opt_out_notifications?: string[] | null;
}

/** Who answers, and what the connection can do. */
export interface InitializeResponse {
  /** The version of the protocol that the connection speaks. */
  protocol_version: number;
  /** The server. */
  server_info: ServerInfo;
  /** Names the store: positions in the log belong to it. */
  epoch: string;
  /** The last position of the log. */
  head_seq: number;
  /** Whom the server takes the connection for. */
  identity: Identity;
  /** What the connection can do. */
  capabilities: Capabilities;
  /** The store that was opened. */
  store?: OpenedStore;
}

/** How large things may be. Past them a request is answered with an error that names the limit. */
export interface Limits {
  /** Bytes of one line or body of input. */
  max_line_bytes: number;
  /** Requests in one JSON-RPC batch. */
  max_batch_requests: number;
  /** Entries of one page. */
  max_page: number;
  /** Bytes of events in one page. */
  max_page_bytes: number;
  /** Events in one `event/appendBatch`. */
  max_append_events: number;
  /** Bytes of one event. */
  max_event_bytes: number;
  /** Characters of a title, label, handle or key. */
  max_title_chars: number;
}

/** A link, ready to be handed to a person or an agent. */
export interface LinkText {
  /** The link itself, `codewhale://workroom/…`. */
  url: string;
  /** The same as a Markdown link with its title. */
  markdown: string;
}

/** Somebody who belongs to a workroom. */
export interface Member {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** What they are mentioned by, without the `@`. Upper and lower case do not make two handles. */
  handle: string;
  /** What kind of being they are. */
  kind: ActorKind;
  /** What they may do. */
  role: MemberRole;
  /** What people call them. */
  display_name?: string;
  /** When they came. */
  added_at: Timestamp;
  /**
   * Who let them in: themselves for whoever created the workroom, and for an agent that came with the person at
   * this machine.
   */
  added_by: Actor;
}

/** A member to add. */
export interface MemberAddParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** What they are mentioned by, with or without the `@`. */
  handle: string;
  /** What kind of being they are: `human`, `agent` or `bridge`. */
  kind: ActorKind;
  /** What they may do: not more than whoever adds them may. */
  role: MemberRole;
  /** What people call them. */
  display_name?: string | null;
  /**
   * The approver secret. The local owner needs it, where one is set and this connection has not given it to
   * `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
   */
  approver_secret?: ApproverSecret | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** Whose members to list. */
export interface MemberListParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of members, in the order in which they came. */
export interface MemberListResponse {
  /** The members. */
  members: Member[];
  /** Go on from here; absent on the last page. */
  next_cursor?: string;
}

/** A member to remove. */
export interface MemberRemoveParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The member. */
  handle: string;
}

/** What a member may do in a workroom. Each role may do what those before it may. */
export type MemberRole =
  /** Reads. */
  | "viewer"
  /** Creates threads and appends events. */
  | "contributor"
  /** Decides approvals, changes the workroom, adds members. */
  | "maintainer"
  /** Says who may see the workroom, and who else owns it. */
  | "owner";

/** What to change of a member. */
export interface MemberUpdateParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The member. */
  handle: string;
  /** What they may do from now on. */
  role?: MemberRole | null;
  /** What people call them from now on; `null` for nothing but their handle. */
  display_name?: string | null;
  /**
   * The approver secret. The local owner needs it, where one is set and this connection has not given it to
   * `approver/unlock`, to make somebody other than an agent a `maintainer` or `owner`, who decide approvals.
   */
  approver_secret?: ApproverSecret | null;
}

/** What a member wants to hear of. */
export type NotificationLevel =
  /** Everything that is for them. */
  | "all"
  /** All but messages to everybody, and receipts. */
  | "mentions"
  /** Mentions only. */
  | "muted";

/** What a member wants to hear of. */
export interface NotificationLevelResponse {
  /** The level that holds now. */
  level: NotificationLevel;
}

/** An event that something follows from: a question, a failure, a decision, a receipt. */
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
  /** Which agent and model produced it, when an agent did. */
  agent?: AgentAttribution;
  /** The tool that an approval is about. */
  tool_name?: string;
  /** The approval that it asks for or decides. */
  approval_id?: ApprovalId;
  /** How much could go wrong with what is to be approved. */
  risk?: ApprovalRisk;
  /** When an approval expires by itself. */
  expires_at?: Timestamp;
  /** Which attempt failed, from 2 on. */
  attempt?: number;
  /** Whether it was imported from another log, whose word it is who caused it and when. */
  imported?: boolean;
  /** What it says, clipped in the middle when long. */
  text: string;
}

/** An OpenRPC document, see <https://spec.open-rpc.org>. */
export type OpenRpcDocument = Record<string, unknown>;

/** The store that a server has opened. */
export interface OpenedStore {
  /** The path of its file; absent for whoever comes with a token. */
  path?: string;
  /** Whether this server has created it: there was none at its place, so links of other stores lead nowhere in it. */
  created: boolean;
}

/** Whose store it is. */
export interface Owner {
  /** What the owner is called. */
  handle: string;
}

/** Another handle for the owner. */
export interface OwnerSetParams {
  /** What the owner is called from now on. A handle that anybody else has, or had, is a `conflict`. */
  handle: string;
}

/** Somebody who took part. */
export interface Participant {
  /** Their handle. */
  handle: string;
  /** What kind of being they are. */
  kind: ActorKind;
  /** Which agent and model, when it is an agent. */
  agent?: AgentAttribution;
  /** How many events they caused. */
  events: number;
  /** The position of the last one. */
  last_seq: number;
  /** Whether they took part in another log, from which these events were imported. */
  imported?: boolean;
}

/** A reference as a client gives it: typed, or a string that a person would paste. */
export type RefInput =
  /** What a person would paste. */
  | string
  /** A typed reference. */
  | ExternalThreadRef;

/** A repository on GitHub. */
export interface RepoRef {
  /** Its owner. */
  owner: string;
  /** Its name. */
  name: string;
  /** The host it is on; absent for github.com. */
  host?: string | null;
}

/** In which form context is wanted. */
export type ResolveFormat =
  /** The fields, without `markdown`. */
  | "json"
  /** `markdown`, with the other sections left empty. */
  | "markdown"
  /** The fields and `markdown`; together they keep within the budget. */
  | "both";

/** A link, and how much context it may cost. */
export interface ResolveParams {
  /**
   * `codewhale://workroom/…`, the same with `workroom://`, the Markdown link of `workroom/link`, or the bare id of a
   * workroom, thread or event; with or without what a text has around it.
   */
  link: string;
  /**
   * What the whole answer may cost, 200 to 100,000 tokens. Default: 2,000.
   * A token is estimated as four ASCII characters, or as one character of any other script.
   */
  max_tokens?: number | null;
  /** How many recent events at most, 0 to 200. Default: as many as fit. */
  max_events?: number | null;
  /** In which form. Default: `both`. */
  format?: ResolveFormat | null;
}

/** Everything that an agent which was only handed the link needs to go on, within a budget. */
export interface Resolved {
  /** What was linked to. */
  link: WorkroomLink;
  /** The same as text. */
  url: string;
  /** The workroom. */
  workroom?: Workroom;
  /** The title of the thread, when the link names one or an event of one. */
  thread_title: string | null;
  /** The thread, when the link names one or an event of one. */
  thread?: WorkroomThread;
  /** What the thread is about. */
  external_ref: ExternalThreadRef | null;
  /** Everything the thread refers to. */
  external_refs: AttachedRef[];
  /** The threads of the workroom, newest activity first, when the link names no thread. */
  threads: ThreadBrief[];
  /** Who took part, most recent first. */
  participants: Participant[];
  /** What waits for a decision. Never cut. */
  pending_approvals: OpenItem[];
  /** What waits for an answer of a person. Never cut. */
  needs_human: OpenItem[];
  /** What failed and was neither done since nor dismissed. Never cut. */
  open_failures: OpenItem[];
  /** How approvals were decided, newest first. */
  decisions: OpenItem[];
  /** What was made, newest first. */
  artifacts: Artifact[];
  /** What was done, newest first. */
  receipts: OpenItem[];
  /**
   * The last things said and done, oldest first; around the event when the link names one.
   * Only kinds of the published vocabulary, from `message` to `resumed`, besides the event that the link names.
   * Long texts are clipped in the middle.
   */
  recent_events: WorkroomEvent[];
  /** The last position of the log when the context was read. */
  head_seq: number;
  /** How many entries of a section were left out, by section. */
  truncated?: Record<string, number>;
  /** The context as Markdown, to be pasted into a prompt. */
  markdown?: string;
}

/** What a caller may do. */
export type Scope =
  /** Read what the caller may see. */
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
  /** Which agent and model produced it, when an agent did. */
  agent?: AgentAttribution;
  /** Whether it was imported from another log, whose word it is who caused it and when. */
  imported?: boolean;
  /** Its workroom. */
  workroom_id: WorkroomId;
  /** The title of its workroom. */
  workroom_title: string;
  /** Its thread; absent when it is about the workroom as a whole. */
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

/** What to search for. */
export interface SearchQueryParams {
  /**
   * Words that all must occur; the beginning of a word is enough. `"…"` asks for the words in a row.
   * Chinese, Japanese and Korean text matches anywhere.
   */
  query: string;
  /** Only in this workroom. */
  workroom_id?: WorkroomId | null;
  /** Only in events of these kinds, such as `message`. */
  kinds?: string[] | null;
  /** How many hits at most, 1 to 200. Default: 20. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** Hits, newest first. */
export interface SearchQueryResponse {
  /** The hits. */
  hits: SearchHit[];
  /** Where the next page begins; absent on the last. */
  next_cursor?: string;
}

/** The server. */
export interface ServerInfo {
  /** Its name. */
  name: string;
  /** Its version. */
  version: string;
}

/** How the server is. */
export interface ServerStatus {
  /** The server. */
  server_info: ServerInfo;
  /** The version of the protocol that it speaks. */
  protocol_version: number;
  /** Its process id. */
  pid: number;
  /** When it started. */
  started_at: Timestamp;
  /** Names the store. */
  epoch: string;
  /** The last position of the log. */
  head_seq: number;
  /** How many subscriptions this connection has. */
  subscriptions: number;
  /** The store. */
  store: StoreStatus;
}

/** A session of an agent: `ses_` + 32 hex digits (UUID v7). */
export type SessionId = string;

/** Which sessions to list. */
export interface SessionListParams {
  /** Only these, at most 200, also those that have ended. Default: those that are live. */
  session_ids?: SessionId[] | null;
}

/** The sessions of the caller's own agents. */
export interface SessionListResponse {
  /**
   * The sessions: of the owner and their agents those of all of the owner's agents, of the bearer of a token those
   * that came with that token.
   */
  sessions: AgentSession[];
}

/** The store. */
export interface StoreStatus {
  /** The path of its file; absent for whoever comes with a token. */
  path?: string;
  /** The size of its file and of its write-ahead log, in bytes. */
  bytes: number;
  /** The version of its schema. */
  schema_version: number;
  /** What an answer to a write promises. */
  durability: Durability;
  /** Present and true when this server has created the store: there was none at its place. */
  created?: boolean;
}

/** A subscription that has ended without being asked to. */
export interface SubscriptionEnded {
  /** The subscription. */
  subscription_id: SubscriptionId;
  /**
   * What subscribing once more would now answer: `unauthenticated` when the connection's token was revoked or has
   * expired, `not_found` when the caller no longer sees what it was about.
   */
  reason: ErrorKind;
}

/** A live subscription of one connection: `sub_` + 32 hex digits (UUID v7). */
export type SubscriptionId = string;

/** A range of text, in UTF-16 code units as JavaScript strings and the Language Server Protocol count them. */
export interface TextRange {
  /** The first unit. */
  start: number;
  /** The unit after the last. */
  end: number;
}

/** What to attach to a thread. Exactly one of `ref` and `url` is given. */
export interface ThreadAttachRefParams {
  /** The thread. */
  thread_id: ThreadId;
  /** A reference, or what a person would paste: a GitHub URL, `owner/repo#12`, `owner/repo@sha`, `#12`. */
  ref?: RefInput | null;
  /** What a person would paste, in particular a URL. */
  url?: string | null;
  /** What to call it. */
  title?: string | null;
  /** Whether the thread is about it. Default: only when it is the thread's first. */
  primary?: boolean | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** A thread in the context of its workroom. */
export interface ThreadBrief {
  /** Its id. */
  id: ThreadId;
  /** What people call it. */
  title: string;
  /** What state it is in. */
  status: ThreadStatus;
  /** When the last event in it happened. */
  updated_at: Timestamp;
}

/** What a new thread is. */
export interface ThreadCreateParams {
  /** The workroom to create it in. */
  workroom_id: WorkroomId;
  /** What people call it. */
  title: string;
  /** What kind of thread it is. */
  kind: WorkroomThreadKind;
  /** What it is about; becomes its primary reference. */
  external_ref?: ExternalThreadRef | null;
  /** The handles of those it is for. */
  participants?: string[] | null;
  /** The branch that the work is on. */
  branch?: string | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** What to take off a thread. Exactly one of `ref` and `url` is given. */
export interface ThreadDetachRefParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The reference, or what a person would paste for it. */
  ref?: RefInput | null;
  /** What a person would paste for it, in particular a URL. */
  url?: string | null;
}

/** A thread: `thr_` + 32 hex digits (UUID v7). */
export type ThreadId = string;

/** Which thread is meant. */
export interface ThreadIdParams {
  /** The thread. */
  thread_id: ThreadId;
}

/** Which threads to list. */
export interface ThreadListParams {
  /** Only those of this workroom. */
  workroom_id?: WorkroomId | null;
  /**
   * `true`: only those that are active, waiting or failed. `false`: only the others.
   * Absent: all but those in the archive.
   */
  active?: boolean | null;
  /** Only those of these kinds. */
  kinds?: WorkroomThreadKind[] | null;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of threads, newest activity first. */
export interface ThreadListResponse {
  /** The threads. */
  threads: WorkroomThread[];
  /** Where the next page begins; absent on the last. */
  next_cursor?: string;
}

/** Which thread, and which part of it, to read. */
export interface ThreadReadParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The events before this position: the newest of them that fit. Not together with `after_seq`. */
  before_seq?: number | null;
  /** The events after this position: the oldest of them that fit. Not together with `before_seq`. */
  after_seq?: number | null;
  /** How many events at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** How many bytes of events at most, but at least one event. Default and most: 1 MiB. */
  max_bytes?: number | null;
}

/** A thread and a page of its events. */
export interface ThreadReadResponse {
  /** The thread. */
  thread: WorkroomThread;
  /** The events, oldest first: the newest ones unless `after_seq` was given. */
  events: WorkroomEvent[];
  /** The last position of the log when the page was read. */
  head_seq: number;
  /** Whether there are further events beyond the page, in the direction read. */
  more: boolean;
}

/** What a member wants to hear of a thread. */
export interface ThreadSetNotificationLevelParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The level; `null` or absent for that of the workroom. */
  level?: NotificationLevel | null;
}

/** What state a thread is in. */
export type ThreadStatus =
  /** Nothing was said or done yet. */
  | "idle"
  /** Somebody said or does something. */
  | "active"
  /** An approval or a question is open. */
  | "waiting"
  /** A failure is open, and no work has begun since. */
  | "failed"
  /** The last piece of work ended with a receipt. */
  | "completed"
  /** It was archived. */
  | "archived";

/** What to change about a thread. A field that is absent stays. */
export interface ThreadUpdateParams {
  /** The thread. */
  thread_id: ThreadId;
  /** The new title. */
  title?: string | null;
  /** The handles of those it is for from now on. */
  participants?: string[] | null;
}

/** A point in time: RFC 3339, UTC, with milliseconds. */
export type Timestamp = string;

/**
 * What lets a caller in, without its secret, which nobody has but they.
 *
 * A token shows the workrooms that its bearer was added to as a member, within what it is limited to, and those that
 * are shared with this very token by its id.
 */
export interface Token {
  /** Its id, which may be told to anybody. */
  token_id: TokenId;
  /** Whom its bearer acts as. */
  handle: string;
  /** What kind of being they are. */
  kind: ActorKind;
  /** What it is for. */
  label?: string;
  /** What its bearer may do, within their role in each workroom. */
  scopes: Scope[];
  /** The workrooms that it is limited to; absent when it is limited to none. */
  workrooms?: WorkroomId[];
  /** When it was made. */
  created_at: Timestamp;
  /** Who made it. */
  created_by: Actor;
  /** The token that it was made with, when its maker came with one: revoking that one revokes this one. */
  made_with?: TokenId;
  /** When it ends by itself; absent when it does not. */
  expires_at?: Timestamp;
  /** When it was revoked; absent while it was not. */
  revoked_at?: Timestamp;
  /** When a connection was last made with it; absent before the first. */
  last_used_at?: Timestamp;
}

/** A token to make. */
export interface TokenCreateParams {
  /**
   * Whom its bearer acts as, with or without the `@`. Who comes with a token makes tokens for themselves and for
   * those whom they have brought in, for nobody else who bears a token or was added to a workroom.
   */
  handle: string;
  /** What kind of being they are: `human`, `agent` or `bridge`. */
  kind: ActorKind;
  /** What its bearer may do: not more than whoever makes it may. An agent's token cannot have `approve`. */
  scopes: Scope[];
  /**
   * The workrooms that it is limited to. Its bearer is added as a member to those that they do not belong to.
   * Without it, the token shows every workroom that its bearer belongs to, also from later on.
   */
  workrooms?: WorkroomId[] | null;
  /**
   * The role in which its bearer is added to `workrooms`. Default: the least that its scopes are of use in, which
   * is `viewer` for `read`, `contributor` for `post`, `maintainer` for `approve` and `admin`.
   */
  role?: MemberRole | null;
  /** What it is for. */
  label?: string | null;
  /** When it ends by itself: at the latest when the token does that it is made with, which is the default. */
  expires_at?: Timestamp | null;
  /**
   * The approver secret. The local owner needs it, where one is set and this connection has not given it to
   * `approver/unlock`, for a token that can decide or manage: with the scope `approve` or `admin`, or with the role
   * `maintainer` or `owner`.
   */
  approver_secret?: ApproverSecret | null;
  /** A retry with the same key and the same body returns the same token, but not its secret once more. */
  idempotency_key?: string | null;
}

/** A new token. */
export interface TokenCreated {
  /** The token. */
  token: Token;
  /**
   * Its secret, `wrk_<kind>_` + 43 letters and digits + `_` + 6 letters and digits that check them. Told this
   * once and kept nowhere; absent in the answer to a retry.
   */
  secret?: string;
}

/** An access token's public id, never its secret: `tok_` + 32 hex digits (UUID v7). */
export type TokenId = string;

/** Which tokens to list. */
export interface TokenListParams {
  /** Also those that were revoked or have expired. */
  include_ended?: boolean;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/**
 * A page of tokens, newest first. The person at this machine sees all; others those that are limited to workrooms
 * which they own.
 */
export interface TokenListResponse {
  /** The tokens. */
  tokens: Token[];
  /** Go on from here; absent on the last page. */
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
  /** What people call it. */
  title: string;
  /** The absolute path of the folder that the work is on. */
  workspace: string | null;
  /** The GitHub repository that the work is on. */
  repo_identity: RepoRef | null;
  /** The branch that the work is on. */
  branch?: string;
  /** The handle of whoever created it. */
  owner: string;
  /** When it was created. */
  created_at: Timestamp;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** Who may see it. */
  visibility: WorkroomVisibility;
  /** When it was archived; absent while it is in use. */
  archived_at?: Timestamp;
  /** Its link, `codewhale://workroom/wr_…`. */
  link: string;
  /** The position in the log of the last event in it. */
  head_seq: number;
}

/** What changed about a workroom. A field that is absent did not change; `null` cleared it. */
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
  /** Whether it was archived or taken out of the archive. */
  archived?: boolean | null;
  /** The workroom that this one was joined to: its threads are there from now on. */
  merged_into?: WorkroomId | null;
  /** The workroom that was joined to this one: its threads are here from now on. */
  merged_from?: WorkroomId | null;
}

/** What a new workroom is. */
export interface WorkroomCreateParams {
  /** What people call it. Default: the repository's name, else the folder's. */
  title?: string | null;
  /**
   * The absolute path of the folder that the work is on.
   * When it is in a git checkout, repository, branch and title default from it.
   * Symbolic links on the way are followed once, now. Who may read in the room may read the folder's files.
   */
  workspace?: string | null;
  /** Accept a `workspace` that is `/`, your home folder, or a folder that holds it. Default: false. */
  allow_any_workspace?: boolean | null;
  /** The repository that the work is on. */
  repo_identity?: RepoRef | null;
  /** The branch that the work is on. */
  branch?: string | null;
  /** Who may see it. Default: `private`. */
  visibility?: WorkroomVisibility | null;
  /**
   * Create one although the repository or folder of `workspace` has a workroom. Without it that is a `conflict`, whose
   * `data.existing` names the workroom.
   */
  another?: boolean | null;
  /** A retry with the same key and the same body returns the first result. */
  idempotency_key?: string | null;
}

/** Something that happened, at one position of the log. Events never change and are never removed. */
export interface WorkroomEvent {
  /** Its position in the log: increasing in commit order, without gaps. */
  seq: number;
  /** Its id. */
  id: EventId;
  /** The thread it belongs to; absent when it is about the workroom as a whole. */
  thread_id?: ThreadId;
  /** The workroom it belongs to. */
  workroom_id: WorkroomId;
  /** When it was written. */
  timestamp: Timestamp;
  /** What happened. */
  kind: WorkroomEventKind;
  /** Who caused it. */
  actor: Actor;
  /** Which agent and model produced it, when an agent did. */
  agent?: AgentAttribution;
  /** The session of the agent that caused it; absent for people, and in events of older versions. */
  session_id?: SessionId;
  /** The event of the same thread that it answers. */
  reply_to?: EventId;
  /** How many secrets of each kind were taken out before it was stored. */
  redactions?: Record<string, number>;
  /**
   * Present when it happened in another log and was imported: `actor`, `agent` and `timestamp` are what its source
   * says, and the server vouches only for what is in here. It gives no rights, decides nothing and notifies nobody.
   */
  imported?: Imported;
}

/** What happened. The first group is for clients to append; the second the server writes itself. */
export type WorkroomEventKind =
  /** Somebody said something. */
  | {
      event: "message";
      /** What was said, in Markdown. */
      content: string;
    }
  /** Somebody was asked to look. */
  | {
      event: "mention";
      /** The handle of who is meant. */
      mentioned_user: string;
    }
  /** An agent began to use a tool. */
  | {
      event: "tool_call";
      /** The tool. */
      tool_name: string;
      /** What it is used for, in a line. */
      summary: string;
      /** The agent's own id of the call, which its result repeats. */
      call_id?: string | null;
    }
  /** A tool came back. */
  | {
      event: "tool_result";
      /** The tool. */
      tool_name: string;
      /** Whether it did what it was used for. */
      success: boolean;
      /** What came out, in a line. */
      summary?: string | null;
      /** The agent's own id of the call. */
      call_id?: string | null;
    }
  /** An agent asks for leave to use a tool. */
  | {
      event: "approval_request";
      /** The tool. */
      tool_name: string;
      /** What it would be used for, in a line. */
      summary?: string | null;
      /** The approval; the server sets it. */
      approval_id?: ApprovalId | null;
      /** How much could go wrong. */
      risk?: ApprovalRisk | null;
      /** What the tool would be called with. */
      arguments?: unknown;
      /**
       * Identifies the action as it was asked for, see `crate::approval::Approval::action_digest`; the server
       * sets it.
       */
      action_digest?: string | null;
      /** What the display of the action leaves out; the server sets it. */
      hidden?: HiddenParts | null;
      /** What `scope` of a decision the requester can honour. */
      options?: string[];
      /** When it expires by itself. */
      expires_at?: Timestamp | null;
    }
  /** A file was made that others will want. */
  | {
      event: "artifact_linked";
      /** Its path in the workroom's folder. */
      path: string;
      /** What it is, such as `patch`, `report` or `log`. */
      kind: string;
      /** Its id; the server sets it. */
      artifact_id?: ArtifactId | null;
      /** What people call it. */
      label?: string | null;
      /** Its size in bytes when it was linked; the server measures it. */
      size?: number | null;
      /** Its media type; the server derives it from the name. */
      media_type?: string | null;
      /** The SHA-256 of its contents when it was linked, in hex; the server measures it. */
      sha256?: string | null;
    }
  /** A piece of work was done. */
  | {
      event: "receipt";
      /** What was done, for whoever goes on from here. */
      summary: string;
      /** The `retry_requested` event that asked for this attempt; the server sets it. */
      retry_of?: EventId | null;
    }
  /** A piece of work failed. */
  | {
      event: "failure";
      /** What went wrong. */
      error: string;
      /** The `retry_requested` event that asked for this attempt; the server sets it. */
      retry_of?: EventId | null;
      /** Which attempt this was, from 2 on; the server sets it. */
      attempt?: number | null;
    }
  /** An agent cannot go on without a person. */
  | {
      event: "needs_human";
      /** What it needs to know or have done. */
      reason: string;
    }
  /** Work goes on after a wait. */
  | {
      event: "resumed";
    }
  /** An agent began to work. */
  | {
      event: "worker_started";
      /** On what, in a line. */
      summary?: string | null;
    }
  /** An approval was decided. Written by the server. */
  | {
      event: "approval_decided";
      /** The approval. */
      approval_id: ApprovalId;
      /** The event that asked for it. */
      request_event_id?: EventId | null;
      /** How it ended. */
      decision: ApprovalState;
      /** Why, in the decider's words. */
      reason?: string | null;
      /** How far the decision reaches, in the requester's words. */
      scope?: string | null;
      /** The program that the decider used. */
      decided_via?: string | null;
      /** How the decision was made, as the server saw it. */
      decided_how?: DecisionRecord | null;
    }
  /** A reference was attached to the thread. Written by the server. */
  | {
      event: "ref_attached";
      /** What was attached. */
      ref: ExternalThreadRef;
      /** What it is called. */
      title?: string | null;
      /** Whether the thread is about it. */
      primary: boolean;
    }
  /** A reference was taken off the thread. Written by the server. */
  | {
      event: "ref_detached";
      /** What was taken off. */
      ref: ExternalThreadRef;
    }
  /** The workroom was created. Written by the server. */
  | {
      event: "workroom_created";
      /** What people call it. */
      title: string;
      /** Who created it. */
      owner: string;
      /** The folder that the work is on. */
      workspace?: string | null;
      /** The repository that the work is on. */
      repo_identity?: RepoRef | null;
      /** The branch that the work is on. */
      branch?: string | null;
      /** Who may see it. */
      visibility: WorkroomVisibility;
    }
  /** The workroom was changed, archived or taken out of the archive. Written by the server. */
  | {
      event: "workroom_updated";
      /** What changed. */
      change: WorkroomChange;
    }
  /** The thread was created. Written by the server. */
  | {
      event: "thread_created";
      /** What people call it. */
      title: string;
      /** What kind of thread it is. (`kind` would do, but is the word for the event's own kind.) */
      thread_kind: WorkroomThreadKind;
      /** The handles of those it is for. */
      participants?: string[];
      /** The branch that the work is on. */
      branch?: string | null;
    }
  /** The thread was changed, archived or taken out of the archive. Written by the server. */
  | {
      event: "thread_updated";
      /** The new title. */
      title?: string | null;
      /** The new participants. */
      participants?: string[] | null;
      /** Whether it was archived or taken out of the archive. */
      archived?: boolean | null;
    }
  /** A member of the workroom was added, changed or removed. Written by the server. */
  | {
      event: "member_changed";
      /** The member's handle. */
      handle: string;
      /** What kind of being they are, when they were added. */
      member_kind?: ActorKind | null;
      /** The member's role from now on; `null` when removed. */
      role?: MemberRole | null;
      /** What people call them from now on. */
      display_name?: string | null;
    }
  /** A failure was set aside. Written by the server. */
  | {
      event: "failure_dismissed";
      /** The failure. */
      failure_event_id: EventId;
      /** Why, in the words of whoever dismissed it. */
      reason?: string | null;
    }
  /** Another attempt was asked for after a failure. Written by the server. */
  | {
      event: "retry_requested";
      /** The failure. */
      failure_event_id: EventId;
      /** Which attempt it is, from 2 on. */
      attempt?: number | null;
      /** What to do differently, in the words of whoever asks. */
      note?: string | null;
    };

/** A workroom: `wr_` + 32 hex digits (UUID v4). */
export type WorkroomId = string;

/** Which workroom is meant. */
export interface WorkroomIdParams {
  /** The workroom. */
  workroom_id: WorkroomId;
}

/** What a link names. A link is worth nothing alone: whoever resolves it needs to be allowed to. */
export interface WorkroomLink {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** A thread in it. */
  thread_id?: ThreadId;
  /** An event in it. */
  event_id?: EventId;
}

/** What to link to. */
export interface WorkroomLinkParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** A thread in it. */
  thread_id?: ThreadId | null;
  /** An event in it. */
  event_id?: EventId | null;
}

/** Which workrooms to list. */
export interface WorkroomListParams {
  /** Only those whose title, repository, branch or folder contains this text; case does not matter. */
  query?: string | null;
  /** Only those on this folder. */
  workspace?: string | null;
  /** Only those on this repository, `owner/name`. */
  repo?: string | null;
  /** Also those in the archive. */
  include_archived?: boolean;
  /** How many at most, 1 to 200. Default: 50. */
  limit?: number | null;
  /** `next_cursor` of the page before. */
  cursor?: string | null;
}

/** A page of workrooms, newest activity first. */
export interface WorkroomListResponse {
  /** The workrooms. */
  workrooms: WorkroomSummary[];
  /** Where the next page begins; absent on the last. */
  next_cursor?: string;
}

/** Which workrooms to join. */
export interface WorkroomMergeParams {
  /** The workroom whose threads move. Its id and links lead to the other one from then on. */
  workroom_id: WorkroomId;
  /** The workroom that they move to. */
  into: WorkroomId;
}

/** A workroom, as far as it takes to find it. */
export interface WorkroomName {
  /** Its id. */
  id: WorkroomId;
  /** What people call it. */
  title: string;
  /** Its link. */
  link: string;
}

/** Which repository's workroom to open. */
export interface WorkroomOpenParams {
  /**
   * The absolute path of a folder: any folder of a git checkout stands for its repository, with all its worktrees; a
   * folder without git stands for itself.
   */
  workspace: string;
  /** What people call the workroom, if one is created. Default: the repository's name, else the folder's. */
  title?: string | null;
  /** Whether to create the workroom when there is none. Default: true. Without one, `false` answers `not_found`. */
  create?: boolean | null;
  /** Create it also for `/`, your home folder, or a folder that holds it. Default: false. */
  allow_any_workspace?: boolean | null;
}

/** The workroom of a repository. */
export interface WorkroomOpened {
  /** The workroom. */
  workroom: Workroom;
  /** Whether it was created by this call. */
  created: boolean;
  /** The branch that is checked out in the folder, for `thread/create`. */
  branch?: string;
  /** Further workrooms of the same repository, which older versions or `another` made. `workroom/merge` joins them. */
  others?: WorkroomName[];
}

/** What a member wants to hear of a workroom. */
export interface WorkroomSetNotificationLevelParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The level; `null` or absent for `all`. */
  level?: NotificationLevel | null;
}

/** A workroom in a list. */
export interface WorkroomSummary {
  /** Its id. */
  id: WorkroomId;
  /** What people call it. */
  title: string;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** How many of its threads are active, waiting or failed. */
  active_threads: number;
  /** The folder that the work is on. */
  workspace?: string;
  /** The GitHub repository that the work is on. */
  repo_identity?: RepoRef;
  /** The branch that the work is on. */
  branch?: string;
  /** When it was archived; absent while it is in use. */
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
  /** What people call it. */
  title: string;
  /** What kind of thread it is. */
  kind: WorkroomThreadKind;
  /** What it is about: the primary one of its references. */
  external_ref?: ExternalThreadRef;
  /** When it was created. */
  created_at: Timestamp;
  /** When the last event in it happened. */
  updated_at: Timestamp;
  /** What state it is in; follows from its events. */
  status: ThreadStatus;
  /** When it was archived; absent while it is in use. */
  archived_at?: Timestamp;
  /** Its link, `codewhale://workroom/wr_…/thread/thr_…`. */
  link: string;
  /** Everything it refers to, in the order attached. */
  external_refs: AttachedRef[];
  /** The handles of those it is for, as given when it was created or updated. */
  participants: string[];
  /** The position in the log of the last event in it. */
  head_seq: number;
  /** The branch that the work is on. */
  branch?: string;
}

/** What kind of thread it is. */
export type WorkroomThreadKind =
  /** An open conversation. */
  | "channel"
  /** A conversation between a few. */
  | "direct_message"
  /** A task that an agent works on. */
  | "agent_task"
  /** A place where approvals wait. */
  | "approval_queue"
  /** A place where receipts are kept. */
  | "receipt_log";

/** What to change about a workroom. A field that is absent stays; `null` clears it. */
export interface WorkroomUpdateParams {
  /** The workroom. */
  workroom_id: WorkroomId;
  /** The new title. */
  title?: string | null;
  /** The new folder, an absolute path. */
  workspace?: string | null;
  /** Accept a `workspace` that is `/`, your home folder, or a folder that holds it. Default: false. */
  allow_any_workspace?: boolean | null;
  /** The new repository. */
  repo_identity?: RepoRef | null;
  /** The new branch. */
  branch?: string | null;
  /** Who may see it from now on. */
  visibility?: WorkroomVisibility | null;
}

/** Who may see a workroom. */
export type WorkroomVisibility =
  /** Only the local user. */
  | "private"
  /** Also callers who bear one of the listed tokens. */
  | {
      shared: {
        /** Ids of tokens (`tok_…`), never their secrets. */
        allowed_tokens: string[];
      };
    };
