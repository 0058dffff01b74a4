//! Reasons why something is not an external reference.

/// What a person can paste, for the end of an error message.
const ACCEPTED: &str = "paste the URL of a GitHub issue, pull request, commit or check run, \
     `owner/repo#12`, `owner/repo@sha`, `#12`, or another http or https address";

/// Why a text or a typed value is not a reference.
///
/// The messages name the invalid part but never repeat the input, because a pasted address may contain credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// Only white space.
    #[error("the reference is empty: {}", ACCEPTED)]
    Empty,
    /// None of the accepted forms.
    #[error("not a reference: {}", ACCEPTED)]
    Shape,
    /// A link to a workroom, which is not external.
    #[error("a link to a workroom is not an external reference: {}", ACCEPTED)]
    WorkroomLink,
    /// An address whose scheme is neither http nor https.
    #[error("an address must begin with `https://` or `http://`")]
    Scheme,
    /// An address that does not parse or has no host.
    #[error("the address is not a valid URL with a host")]
    Address,
    /// `#12`, `GH-12` or a bare commit id in a workroom without a repository.
    #[error("this workroom has no repository: write `owner/repo#12` or `owner/repo@sha`")]
    NoRepository,
    /// An owner that is invalid on GitHub.
    #[error("an owner has 1 to 100 letters, digits, `-` and `_`, and does not begin with `-`")]
    Owner,
    /// A repository name that is invalid on GitHub.
    #[error("a repository name has 1 to 100 letters, digits, `-`, `_` and `.`, and is not `.` or `..`")]
    Repository,
    /// Not a host name.
    #[error("a host is a name with an optional port, such as `git.example.com`")]
    Host,
    /// A host that is known not to be GitHub.
    #[error("the host is not a GitHub host: attach the https address as a web page")]
    NotGitHub,
    /// A number out of range.
    #[error("{field} must be a whole number from 1 to 9007199254740991")]
    Number {
        /// The field, as on the wire.
        field: &'static str,
    },
    /// Not a commit id.
    #[error("a commit id has 7 to 64 hex digits")]
    Sha,
    /// An empty text.
    #[error("{field} must not be empty")]
    Missing {
        /// The field, as on the wire.
        field: &'static str,
    },
    /// A text that exceeds its limit.
    #[error("{field} is longer than {max} characters")]
    TooLong {
        /// The field, as on the wire; `ref` for a pasted text.
        field: &'static str,
        /// The limit.
        max: usize,
    },
    /// Characters that can make a text look like another.
    #[error("{field} contains control or bidirectional characters")]
    Hidden {
        /// The field, as on the wire; `ref` for a pasted text.
        field: &'static str,
    },
}

impl RefError {
    /// The invalid field of a typed reference; `None` if the pasted text as a whole is invalid.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Owner => Some("owner"),
            Self::Repository => Some("repo"),
            Self::Host | Self::NotGitHub => Some("host"),
            Self::Sha => Some("sha"),
            Self::Scheme | Self::Address => Some("url"),
            Self::Number { field }
            | Self::Missing { field }
            | Self::TooLong { field, .. }
            | Self::Hidden { field } => (field != "ref").then_some(field),
            Self::Empty | Self::Shape | Self::WorkroomLink | Self::NoRepository => None,
        }
    }
}
