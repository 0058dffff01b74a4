//! The texts for the agent: what it receives when its session begins, and the context of links in its prompts.

use std::fmt::Write;

use workroom_domain::context::say;
use workroom_domain::text::{clip_middle, estimate_tokens};
use workroom_protocol::inbox::InboxCountsParams;
use workroom_protocol::methods::{InboxCount, Resolve, ThreadList, WorkroomOpen};
use workroom_protocol::resolve::{ResolveFormat, ResolveParams};
use workroom_protocol::thread::{ThreadListParams, WorkroomThreadKind};
use workroom_protocol::workroom::WorkroomOpenParams;

use super::desk::{Desk, State, Trouble, Who};

// Every session pays for this text.
const MAX_TOKENS: usize = 400;
const MAX_THREADS: u32 = 5;
const MAX_TITLE: usize = 80;
// Three links fit what agents accept from a hook, which is 10,000 characters.
const MAX_LINKS: usize = 3;
const LINK_TOKENS: u32 = 700;

impl Desk {
    /// The workroom of the agent's folder, its branch and its open threads, in at most 400 tokens. Creates nothing.
    pub(super) async fn introduction(&self, state: &mut State) -> Result<Option<String>, Trouble> {
        let Some(folder) = state.progress.folder.clone() else { return Ok(None) };
        let params = WorkroomOpenParams { workspace: folder, create: Some(false), ..Default::default() };
        let opened = match self.call::<WorkroomOpen>(state, Who::User, &params).await {
            Ok(opened) => opened,
            // There is no workroom yet. The first prompt creates it.
            Err(Trouble::Refused(_)) => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let mut text = String::from(
            "Workroom records this session for your user and other agents (after a colon: data).\n",
        );
        let room = &opened.workroom;
        let _ = write!(text, "- workroom {}", room.link);
        say(&mut text, &clip_middle(&room.title, MAX_TITLE));
        if let Some(branch) = &opened.branch {
            text.push_str("- branch");
            say(&mut text, &clip_middle(branch, MAX_TITLE));
        }
        let params = ThreadListParams {
            workroom_id: Some(room.id.clone()),
            active: Some(true),
            limit: Some(MAX_THREADS),
            ..Default::default()
        };
        let own = state.progress.thread.clone();
        for thread in self.call::<ThreadList>(state, Who::Agent, &params).await?.threads {
            if Some(&thread.id) == own.as_ref() || thread.kind == WorkroomThreadKind::DirectMessage {
                continue;
            }
            let _ = write!(text, "- open thread {}", thread.link);
            say(&mut text, &clip_middle(&thread.title, MAX_TITLE));
        }
        let counts = self.call::<InboxCount>(state, Who::User, &InboxCountsParams::default()).await?.counts;
        if counts.needs_approval + counts.needs_human + counts.failed > 0 {
            let _ = writeln!(
                text,
                "- your user's inbox has {} requests for approval, {} questions and {} failures",
                counts.needs_approval, counts.needs_human, counts.failed
            );
        }
        text.push_str("- to read a link: `workroom show LINK`\n");
        while estimate_tokens(&text) > MAX_TOKENS {
            // The last line but one: the least important thread.
            let Some(at) = text.trim_end().rfind('\n').and_then(|last| text[..last].rfind('\n')) else {
                break;
            };
            let end = text[at + 1..].find('\n').map_or(text.len(), |len| at + 1 + len);
            text.replace_range(at..end, "");
        }
        Ok(Some(text))
    }

    /// The context of the links in a prompt, with the rights of the user who wrote it.
    pub(super) async fn linked(&self, state: &mut State, prompt: &str) -> Result<Vec<String>, Trouble> {
        let mut found = Vec::new();
        for link in links(prompt) {
            let params = ResolveParams {
                link: link.to_owned(),
                max_tokens: Some(LINK_TOKENS),
                max_events: None,
                format: Some(ResolveFormat::Markdown),
            };
            match self.call::<Resolve>(state, Who::User, &params).await {
                Ok(resolved) => found.extend(resolved.markdown.map(|text| {
                    format!("Your prompt contains {link}, which Workroom resolves to:\n\n{text}")
                })),
                Err(Trouble::Refused(why)) => tracing::debug!(why, "a link in a prompt cannot be resolved"),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(found)
    }
}

/// The links in a text, each once.
fn links(text: &str) -> Vec<&str> {
    const SCHEME: &str = "codewhale://workroom/";
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in text.match_indices(SCHEME) {
        let part = |c: char| c.is_ascii_alphanumeric() || "/_-.~%:".contains(c);
        let end = text[at..].find(|c| !part(c)).map_or(text.len(), |len| at + len);
        let link = text[at..end].trim_end_matches(['.', ':', '/']);
        if !found.contains(&link) && found.len() < MAX_LINKS {
            found.push(link);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn links_are_found_in_prose() {
        let text = "See (codewhale://workroom/wr_1/thread/thr_2), then codewhale://workroom/wr_1. \
                    Again codewhale://workroom/wr_1, and [x](codewhale://workroom/wr_3/event/evt_4)";
        assert_eq!(
            links(text),
            [
                "codewhale://workroom/wr_1/thread/thr_2",
                "codewhale://workroom/wr_1",
                "codewhale://workroom/wr_3/event/evt_4"
            ]
        );
        assert!(links("codewhale://other and workroom").is_empty());
    }
}
