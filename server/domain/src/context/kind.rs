//! Event kinds with clipped texts.

use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::external_ref::ExternalThreadRef as Ref;
use workroom_protocol::workroom::WorkroomChange;

use super::clip::{Clips, clip};
use crate::approval::shown_risk;

impl Clips {
    /// Clips the texts of an event kind. Conversation kinds come first. The other kinds appear only as the linked
    /// event.
    pub(super) fn kind(&self, kind: &Kind) -> Kind {
        match kind {
            Kind::Message { content } => Kind::Message { content: self.said(content) },
            Kind::Mention { mentioned_user } => Kind::Mention { mentioned_user: self.name(mentioned_user) },
            Kind::ToolCall { tool_name, summary, call_id } => Kind::ToolCall {
                tool_name: self.name(tool_name),
                summary: self.said(summary),
                call_id: self.call_id(call_id),
            },
            Kind::ToolResult { tool_name, success, summary, call_id } => Kind::ToolResult {
                tool_name: self.name(tool_name),
                success: *success,
                summary: self.perhaps(summary),
                call_id: self.call_id(call_id),
            },
            Kind::ApprovalRequest { tool_name, summary, approval_id, risk, hidden, expires_at, .. } => {
                // The arguments can be long. To decide, a person reads the approval itself.
                Kind::ApprovalRequest {
                    tool_name: self.name(tool_name),
                    summary: self.perhaps(summary),
                    approval_id: approval_id.clone(),
                    risk: shown_risk(*risk, hidden.as_ref()),
                    arguments: None,
                    action_digest: None,
                    hidden: hidden.clone(),
                    options: Vec::new(),
                    expires_at: *expires_at,
                }
            }
            Kind::ArtifactLinked { path, kind, artifact_id, label, size, media_type, sha256 } => {
                Kind::ArtifactLinked {
                    path: self.path(path),
                    kind: self.name(kind),
                    artifact_id: artifact_id.clone(),
                    label: label.as_deref().map(|label| self.title(label)),
                    size: *size,
                    media_type: media_type.as_deref().map(|media| self.name(media)),
                    sha256: sha256.clone(),
                }
            }
            Kind::Receipt { summary, retry_of } => {
                Kind::Receipt { summary: self.said(summary), retry_of: retry_of.clone() }
            }
            Kind::Failure { error, retry_of, attempt } => {
                Kind::Failure { error: self.said(error), retry_of: retry_of.clone(), attempt: *attempt }
            }
            Kind::NeedsHuman { reason } => Kind::NeedsHuman { reason: self.said(reason) },
            Kind::Resumed {} => Kind::Resumed {},
            Kind::WorkerStarted { summary } => Kind::WorkerStarted { summary: self.perhaps(summary) },
            Kind::ApprovalDecided {
                approval_id,
                request_event_id,
                decision,
                reason,
                scope,
                decided_via,
                decided_how,
            } => Kind::ApprovalDecided {
                approval_id: approval_id.clone(),
                request_event_id: request_event_id.clone(),
                decision: *decision,
                reason: self.perhaps(reason),
                scope: self.perhaps(scope),
                decided_via: self.perhaps(decided_via),
                decided_how: decided_how.clone(),
            },
            Kind::RefAttached { target, title, primary } => Kind::RefAttached {
                target: self.reference(target),
                title: title.as_deref().map(|title| self.title(title)),
                primary: *primary,
            },
            Kind::RefDetached { target } => Kind::RefDetached { target: self.reference(target) },
            Kind::WorkroomCreated { title, owner, workspace, repo_identity, branch, visibility } => {
                Kind::WorkroomCreated {
                    title: self.title(title),
                    owner: self.name(owner),
                    workspace: workspace.as_deref().map(|path| self.path(path)),
                    repo_identity: repo_identity.as_ref().map(|repo| self.repository(repo)),
                    branch: branch.as_deref().map(|branch| self.title(branch)),
                    visibility: self.visibility(visibility),
                }
            }
            Kind::WorkroomUpdated { change } => Kind::WorkroomUpdated { change: self.change(change) },
            Kind::ThreadCreated { title, thread_kind, participants, branch } => Kind::ThreadCreated {
                title: self.title(title),
                thread_kind: *thread_kind,
                participants: self.entries(participants),
                branch: branch.as_deref().map(|branch| self.title(branch)),
            },
            Kind::ThreadUpdated { title, participants, archived } => Kind::ThreadUpdated {
                title: title.as_deref().map(|title| self.title(title)),
                participants: participants.as_deref().map(|list| self.entries(list)),
                archived: *archived,
            },
            Kind::MemberChanged { handle, member_kind, role, display_name } => Kind::MemberChanged {
                handle: self.name(handle),
                member_kind: *member_kind,
                role: *role,
                display_name: display_name.as_ref().map(|name| name.as_deref().map(|name| self.name(name))),
            },
            Kind::FailureDismissed { failure_event_id, reason } => Kind::FailureDismissed {
                failure_event_id: failure_event_id.clone(),
                reason: self.perhaps(reason),
            },
            Kind::RetryRequested { failure_event_id, attempt, note } => Kind::RetryRequested {
                failure_event_id: failure_event_id.clone(),
                attempt: *attempt,
                note: self.perhaps(note),
            },
        }
    }

    fn said(&self, text: &str) -> String {
        clip(text, self.text)
    }

    fn perhaps(&self, text: &Option<String>) -> Option<String> {
        text.as_deref().map(|text| self.said(text))
    }

    /// Keeps an id of normal length whole, because it matches a call to its result.
    fn call_id(&self, id: &Option<String>) -> Option<String> {
        id.as_deref().map(|id| clip(id, self.name.max(64)))
    }

    /// Clips a reference in an event. GitHub's rules already keep owners, repositories and commits short.
    fn reference(&self, target: &Ref) -> Ref {
        match target {
            Ref::GitHubIssue { .. }
            | Ref::GitHubPullRequest { .. }
            | Ref::GitHubCommit { .. }
            | Ref::GitHubCheck { .. } => target.clone(),
            Ref::RuntimeThread { runtime, thread_id } => {
                Ref::RuntimeThread { runtime: self.name(runtime), thread_id: self.path(thread_id) }
            }
            Ref::FleetRun { runtime, run_id } => {
                Ref::FleetRun { runtime: self.name(runtime), run_id: self.path(run_id) }
            }
            Ref::Chat { platform, chat_id, message_id } => Ref::Chat {
                platform: self.name(platform),
                chat_id: self.path(chat_id),
                message_id: message_id.as_deref().map(|message| self.path(message)),
            },
            Ref::Mobile { device } => Ref::Mobile { device: self.path(device) },
            Ref::Web { url } => Ref::Web { url: clip(url, self.path.max(self.text)) },
        }
    }

    fn change(&self, change: &WorkroomChange) -> WorkroomChange {
        WorkroomChange {
            title: change.title.as_deref().map(|title| self.title(title)),
            workspace: change.workspace.as_ref().map(|path| path.as_deref().map(|path| self.path(path))),
            repo_identity: change
                .repo_identity
                .as_ref()
                .map(|repo| repo.as_ref().map(|repo| self.repository(repo))),
            branch: change.branch.as_ref().map(|branch| branch.as_deref().map(|branch| self.title(branch))),
            visibility: change.visibility.as_ref().map(|visibility| self.visibility(visibility)),
            archived: change.archived,
            merged_into: change.merged_into.clone(),
            merged_from: change.merged_from.clone(),
        }
    }
}
