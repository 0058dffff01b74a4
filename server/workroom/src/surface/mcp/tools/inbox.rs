//! The tools for the inbox of the host's agent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::inbox::{InboxArchiveParams, InboxItem, InboxListParams, InboxReason, InboxView};
use workroom_protocol::methods::{InboxArchive, InboxList};

use super::{Answer, Said, names, word};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::refusal::Refusal;
use workroom_domain::context::say;

const DEFAULT_LIMIT: u32 = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckArguments {
    /// Default all.
    view: Option<InboxView>,
    /// Default 10.
    limit: Option<u32>,
    /// From the previous page.
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Inbox {
    items: Vec<Item>,
    unread: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Item {
    thread_id: String,
    thread_title: String,
    link: String,
    reasons: Vec<InboxReason>,
    unread: u64,
    newest_seq: u64,
    by: String,
    preview: String,
}

pub(super) async fn check(call: Call, arguments: CheckArguments) -> Answer<Inbox> {
    let CheckArguments { view, limit, cursor } = arguments;
    let limit = Some(limit.unwrap_or(DEFAULT_LIMIT));
    let params = InboxListParams { view, workroom_id: None, limit, cursor };
    let page = call.ask::<InboxList>(&params).await?;
    let mut text = String::new();
    let mut items = Vec::new();
    for item in &page.items {
        let item = item.read().map_err(|_| Refusal::internal("cannot read an item"))?;
        let item = Item::from(item);
        let why: Vec<_> = item.reasons.iter().map(word).collect();
        text.push_str(&format!("- {}@{} {}", item.thread_id, item.newest_seq, why.join(", ")));
        say(&mut text, &item.thread_title);
        text.push_str(&format!("  {}", item.by));
        say(&mut text, &item.preview);
        items.push(item);
    }
    let unread = page.counts.unread;
    let is_empty = items.is_empty();
    let said = Said::new(text, Inbox { items, unread, next_cursor: page.next_cursor });
    Ok(match is_empty {
        true => said.noting("Your inbox is empty."),
        false => said
            .noting("After you handled an item, call mark_done with its thread and upto_seq (newest_seq, after the @).")
            .by_others(),
    })
}

impl From<InboxItem> for Item {
    fn from(item: InboxItem) -> Self {
        let standing = item.standing;
        Self {
            thread_id: item.thread_id.0,
            thread_title: item.thread_title,
            link: item.link,
            reasons: standing.reasons.iter().map(|reason| reason.reason).collect(),
            unread: standing.unread,
            newest_seq: standing.newest_seq,
            by: standing.last_actor.handle,
            preview: standing.preview,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DoneArguments {
    /// Id or link.
    thread: String,
    /// newest_seq of the item that you saw.
    upto_seq: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Left {
    unread: u64,
}

pub(super) async fn done(call: Call, arguments: DoneArguments) -> Answer<Left> {
    let thread_id = Some(names::thread(&arguments.thread)?);
    let params = InboxArchiveParams { thread_id, thread_ids: None, upto_seq: arguments.upto_seq };
    let left = call.ask::<InboxArchive>(&params).await?;
    let unread = left.counts.unread;
    Ok(Said::new(format!("Done. {unread} unread items left.\n"), Left { unread }))
}
