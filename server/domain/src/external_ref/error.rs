//! Why something is not an external reference.

/// What a person may paste, for the end of a message.
const ACCEPTED: &str = "paste the URL of a GitHub issue, pull request, commit or check run, \
     `owner/repo#12`, `owner/repo@sha`, `#12`, or another http or https address";

/// Why a text or a typed value is not a reference.
///
/// The messages name the shape that is wrong and never repeat what was given:
/// a pasted address may carry credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// Nothing but white space.
    #[error("the reference is empty: {}", ACCEPTED)]
    Empty,
    /// None of the shapes.
    #[error("not a reference: {}", ACCEPTED)]
    Shape,
    /// A link to a workroom, which is inside, not outside.
    #[error("a link to a workroom is not an outside reference: {}", ACCEPTED)]
    WorkroomLink,
    /// An address of another scheme than http and https.
    #[error("an address begins with `https://` or `http://`")]
    Scheme,
    /// An address that does not parse, or names no host.
    #[error("the address is not a valid URL with a host")]
    Address,
    /// `#12`, `GH-12` or a bare commit id where there is no repository to complete it.
    #[error("this workroom has no repository: write `owner/repo#12` or `owner/repo@sha`")]
    NoRepository,
    /// An owner that GitHub would not allow.
    #[error("an owner is 1 to 100 letters, digits, `-` and `_`, and does not begin with `-`")]
    Owner,
    /// A repository name that GitHub would not allow.
    #[error("a repository's name is 1 to 100 letters, digits, `-`, `_` and `.`, and not `.` or `..`")]
    Repository,
    /// Not the name of a host.
    #[error("a host is a name with an optional port, such as `git.example.com`")]
    Host,
    /// A host that is known not to be GitHub's.
    #[error("the host is not GitHub's: attach its https address as a web page")]
    NotGitHub,
    /// A number out of range.
    #[error("{field} is a whole number from 1 to 9007199254740991")]
    Number {
        /// The field, as on the wire.
        field: &'static str,
    },
    /// Not a commit id.
    #[error("a commit is 7 to 64 hex digits")]
    Sha,
    /// A text that says nothing.
    #[error("{field} is empty")]
    Missing {
        /// The field, as on the wire.
        field: &'static str,
    },
    /// A text beyond its limit.
    #[error("{field} is longer than {max} characters")]
    TooLong {
        /// The field, as on the wire; `ref` for a pasted text.
        field: &'static str,
        /// The limit.
        max: usize,
    },
    /// Characters that make a text look like another.
    #[error("{field} contains control or bidirectional characters")]
    Hidden {
        /// The field, as on the wire; `ref` for a pasted text.
        field: &'static str,
    },
}

impl RefError {
    /// The field of the typed reference that is wrong; `None` when it is the pasted text as a whole.
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
