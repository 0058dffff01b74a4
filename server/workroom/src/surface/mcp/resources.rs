//! Workrooms and threads as resources, with their links as URIs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
    ResourceUpdatedNotificationParam, SubscriptionFilter,
};
use rmcp::service::SubscriptionContext;
use rmcp::{Peer, RoleServer};
use tokio_util::sync::{CancellationToken, DropGuard};
use workroom_protocol::event::EventSubscribeParams;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::methods::{EventSubscribe, WorkroomList};
use workroom_protocol::workroom::WorkroomListParams;

use super::call::Call;
use super::refusal::Refusal;
use super::tools::context;
use workroom_rpc::peer::Watch;

const MARKDOWN: &str = "text/markdown";
const PAGE: u32 = 50;
// The budget of a resource in tokens: its reader cannot choose a smaller one.
const MAX_TOKENS: u32 = 2_000;
// Each is a subscription of the connection, which allows more.
const MAX_FOLLOWED: usize = 1_000;

/// Lists the workrooms. Their threads can be found through the template, and with `list_threads`.
pub(super) async fn list(call: &Call, cursor: Option<String>) -> Result<ListResourcesResult, Refusal> {
    let params = WorkroomListParams { limit: Some(PAGE), cursor, ..WorkroomListParams::default() };
    let page = call.ask::<WorkroomList>(&params).await?;
    let resources = page.workrooms.into_iter().map(|room| {
        let about = format!("{} active threads, last used {}", room.active_threads, room.updated_at);
        let name = room.title.clone();
        Resource::new(room.link, name).with_title(room.title).with_description(about).with_mime_type(MARKDOWN)
    });
    let mut listed = ListResourcesResult::with_all_items(resources.collect());
    listed.next_cursor = page.next_cursor;
    Ok(listed)
}

/// The forms of links.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    [
        ("codewhale://workroom/{workroom_id}", "workroom", "A workroom: pending items, failures, threads."),
        (
            "codewhale://workroom/{workroom_id}/thread/{thread_id}",
            "thread",
            "A thread: pending items, results, latest messages.",
        ),
        (
            "codewhale://workroom/{workroom_id}/thread/{thread_id}/event/{event_id}",
            "event",
            "An event, and the messages around it.",
        ),
    ]
    .into_iter()
    .map(|(template, name, about)| {
        ResourceTemplate::new(template, name).with_description(about).with_mime_type(MARKDOWN)
    })
    .collect()
}

/// Returns the context of a link.
pub(super) async fn read(call: &Call, uri: &str) -> Result<ReadResourceResult, Refusal> {
    let markdown = context(call, uri, MAX_TOKENS).await?.into_markdown();
    let contents = ResourceContents::text(markdown, uri).with_mime_type(MARKDOWN);
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Subscribes to the events that change the content of a resource.
async fn watch(call: &Call, uri: &str) -> Result<Watch, Refusal> {
    let link = WorkroomLink::parse(uri).map_err(|error| Refusal::invalid(format!("uri: {error}")))?;
    let (workroom_id, thread_id) = match link.thread_id {
        Some(thread) => (None, Some(thread)),
        None => (Some(link.workroom_id), None),
    };
    let params = EventSubscribeParams { workroom_id, thread_id, ..EventSubscribeParams::default() };
    // The subscription does not use the call's own token, because it outlives the call.
    Ok(call.connection.watch::<EventSubscribe>(&params, &CancellationToken::new()).await?)
}

/// The subscriptions of clients before version 2026-07-28 of MCP.
#[derive(Default)]
pub(super) struct Followed(Mutex<HashMap<String, DropGuard>>);

impl Followed {
    /// Notifies the client whenever there is something new.
    pub(super) async fn follow(
        &self,
        call: &Call,
        uri: String,
        peer: Peer<RoleServer>,
    ) -> Result<(), Refusal> {
        if self.lock().len() >= MAX_FOLLOWED {
            let message = format!("a client can subscribe to at most {MAX_FOLLOWED} resources");
            return Err(Refusal::invalid(message));
        }
        let mut watch = watch(call, &uri).await?;
        let given_up = CancellationToken::new();
        self.lock().insert(uri.clone(), given_up.clone().drop_guard());
        tokio::spawn(given_up.run_until_cancelled_owned(async move {
            while watch.changed().await {
                let params = ResourceUpdatedNotificationParam::new(uri.clone());
                if peer.notify_resource_updated(params).await.is_err() {
                    return;
                }
            }
        }));
        Ok(())
    }

    /// Stops notifying the client.
    pub(super) fn give_up(&self, uri: &str) {
        self.lock().remove(uri);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, DropGuard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the part of a subscription that is supported: the resources that are links.
pub(super) fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let uris = requested.resource_subscriptions.iter().flatten();
    let links: Vec<_> =
        uris.filter(|uri| WorkroomLink::parse(uri).is_ok()).take(MAX_FOLLOWED).cloned().collect();
    let mut accepted = SubscriptionFilter::default();
    accepted.resource_subscriptions = (!links.is_empty()).then_some(links);
    accepted
}

/// Notifies a client of version 2026-07-28 or later whenever one of its resources has something new, until the
/// subscription ends.
pub(super) async fn listen(call: &Call, context: &SubscriptionContext) -> Result<(), Refusal> {
    let mut telling = tokio::task::JoinSet::new();
    for uri in context.accepted().resource_subscriptions.iter().flatten() {
        let (uri, sink, mut watch) = (uri.clone(), context.sink().clone(), watch(call, uri).await?);
        telling.spawn(async move {
            // One notification is sent at the beginning, because the subscription was confirmed before the watch
            // started.
            while sink.notify_resource_updated(uri.clone()).await.is_ok() && watch.changed().await {}
        });
    }
    tokio::select! {
        () = context.cancelled() => {}
        () = call.gone.cancelled() => {}
    }
    Ok(())
}
