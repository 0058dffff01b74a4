//! References to things outside Workroom: issues, pull requests, commits, checks, runs and chats.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// Something outside Workroom that a thread refers to. It contains only metadata, never credentials.
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
        /// The commit's id in lower-case hex, complete or abbreviated to at least seven digits.
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
        /// The runtime's id of the thread.
        thread_id: String,
    },
    /// A run of a fleet of agents.
    FleetRun {
        /// The runtime, such as `codewhale`.
        runtime: String,
        /// The runtime's id of the run.
        run_id: String,
    },
    /// A conversation on a chat platform.
    Chat {
        /// The platform, such as `telegram`.
        platform: String,
        /// The platform's id of the conversation.
        chat_id: String,
        /// The platform's id of one message in it.
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
        /// Its URL, without credentials, query or fragment.
        url: String,
    },
}

/// A reference that is attached to a thread.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct AttachedRef {
    /// The reference.
    #[serde(flatten)]
    pub target: ExternalThreadRef,
    /// The label, chosen by the person or agent that attached it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The URL of its web page, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether this is the primary reference, which is the thread's `external_ref`. A thread has at most one.
    pub primary: bool,
    /// When it was attached.
    pub attached_at: Timestamp,
}

/// An [`AttachedRef`] in JSON. The `url` of a web page is one JSON field with two readers: it is written once, and read
/// without removing it from `target`.
#[derive(Serialize, Deserialize)]
struct AttachedRefFields {
    // This field comes first because it leaves the fields it reads to those after it.
    #[serde(flatten)]
    target: ExternalThreadRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(flatten)]
    page: Page,
    primary: bool,
    attached_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Page {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl Serialize for AttachedRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AttachedRef { target, title, url, primary, attached_at } = self.clone();
        let url = url.filter(|_| !matches!(target, ExternalThreadRef::Web { .. }));
        AttachedRefFields { target, title, page: Page { url }, primary, attached_at }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AttachedRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let AttachedRefFields { target, title, page, primary, attached_at } =
            Deserialize::deserialize(deserializer)?;
        Ok(Self { target, title, url: page.url, primary, attached_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attached_web_page_has_one_address() {
        let url = "https://example.com/plan".to_string();
        let page = AttachedRef {
            target: ExternalThreadRef::Web { url: url.clone() },
            title: None,
            url: Some(url),
            primary: true,
            attached_at: Timestamp::from_millis(0),
        };
        let json = serde_json::to_string(&page).expect("writes");
        assert_eq!(json.matches("\"url\"").count(), 1, "{json}");
        assert_eq!(serde_json::from_str::<AttachedRef>(&json).expect("reads"), page);
    }

    #[test]
    fn an_attached_issue_has_the_address_of_its_page() {
        let json = r#"{"kind":"git_hub_issue","owner":"o","repo":"r","number":1,"url":"https://github.com/o/r/issues/1","primary":false,"attached_at":"1970-01-01T00:00:00.000Z"}"#;
        let issue: AttachedRef = serde_json::from_str(json).expect("reads");
        assert_eq!(issue.url.as_deref(), Some("https://github.com/o/r/issues/1"));
        assert_eq!(serde_json::to_string(&issue).expect("writes"), json);
    }
}
