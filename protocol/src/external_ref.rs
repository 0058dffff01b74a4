//! What a thread is about, elsewhere: issues, pull requests, commits, checks, runs, chats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Something outside Workroom that a thread is about. Metadata only: never credentials.
///
/// `host` is set for GitHub Enterprise (`git.example.com`) and absent for github.com.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExternalThreadRef {
    /// A GitHub issue.
    GitHubIssue {
        /// The repository's owner.
        owner: String,
        /// The repository's name.
        repo: String,
        /// The issue's number.
        number: u64,
        /// The GitHub Enterprise host; absent for github.com.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
    /// A GitHub pull request.
    GitHubPullRequest {
        /// The repository's owner.
        owner: String,
        /// The repository's name.
        repo: String,
        /// The pull request's number.
        number: u64,
        /// The GitHub Enterprise host; absent for github.com.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
    /// A commit on GitHub.
    GitHubCommit {
        /// The repository's owner.
        owner: String,
        /// The repository's name.
        repo: String,
        /// The commit's id in lower-case hex, whole or abbreviated to at least seven digits.
        sha: String,
        /// The GitHub Enterprise host; absent for github.com.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
    /// A check run on GitHub.
    GitHubCheck {
        /// The repository's owner.
        owner: String,
        /// The repository's name.
        repo: String,
        /// The check run's id.
        check_run_id: u64,
        /// The GitHub Enterprise host; absent for github.com.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
    },
    /// A thread of an agent runtime.
    RuntimeThread {
        /// The runtime, such as `codewhale`.
        runtime: String,
        /// Its id for the thread.
        thread_id: String,
    },
    /// A run of a fleet of agents.
    FleetRun {
        /// The runtime, such as `codewhale`.
        runtime: String,
        /// Its id for the run.
        run_id: String,
    },
    /// A conversation on a chat platform.
    Chat {
        /// The platform, such as `telegram`.
        platform: String,
        /// Its id for the conversation.
        chat_id: String,
        /// Its id for one message of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
    },
    /// A paired mobile device.
    Mobile {
        /// The device's name.
        device: String,
    },
    /// A web page.
    Web {
        /// Its address, without credentials, query or fragment.
        url: String,
    },
}

/// A reference as it is attached to a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachedRef {
    /// What is attached.
    #[serde(flatten)]
    pub target: ExternalThreadRef,
    /// What the person or agent who attached it calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where a browser finds it, when it has a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether this is what the thread is about: the thread's `external_ref`. At most one is.
    pub primary: bool,
    /// When it was attached.
    pub attached_at: Timestamp,
}
