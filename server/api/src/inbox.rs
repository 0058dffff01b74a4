//! `inbox/*` except for subscriptions, and notification levels.

use workroom_protocol::actor::Actor;
use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::inbox::{
    InboxArchiveParams, InboxCounts, InboxCountsParams, InboxCountsResponse, InboxItem, InboxItemsResponse,
    InboxListParams, InboxListResponse, InboxMarkReadParams, InboxMarkUnreadParams, InboxSnoozeParams,
    InboxThreadParams, InboxView, NotificationLevelResponse, ThreadSetNotificationLevelParams,
    WorkroomSetNotificationLevelParams,
};
use workroom_protocol::json::Json;

use super::error::{Error, Result};
use super::{Cx, cursor, limits, page};
use workroom_store::{InboxFilter, ListPlace, Snooze, ThreadPlace, Tx, View};

/// Handles `inbox/list`.
pub async fn list(cx: Cx, params: InboxListParams) -> Result<InboxListResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let place = cursor::read_place(&epoch, params.cursor.as_deref())?;
    let who = cx.caller().author.actor;
    cx.wake(&who).await;
    let (room, view) = (params.workroom_id, params.view.unwrap_or_default());
    let page = cx.read(|view_of| Page::read(&view_of, &who, room.as_ref(), view, place, limit)).await?;
    let (items, next_cursor) = page.cut(&epoch, limit);
    Ok(InboxListResponse { items, next_cursor, counts: page.counts, as_of_seq: page.as_of_seq })
}

/// Handles `inbox/counts`.
pub async fn counts(cx: Cx, params: InboxCountsParams) -> Result<InboxCountsResponse> {
    let who = cx.caller().author.actor;
    cx.wake(&who).await;
    cx.read(|view| {
        let room = params.workroom_id.as_ref().map(|id| view.workroom(id)).transpose()?.map(|room| room.key);
        Ok(InboxCountsResponse { counts: view.inbox_counts(&who, room)?, as_of_seq: view.head_seq()? })
    })
    .await
}

/// The data of a page of the inbox.
pub(super) struct Page {
    pub(super) filter: InboxFilter,
    pub(super) counts: InboxCounts,
    pub(super) as_of_seq: u64,
    place: ListPlace,
    rows: Vec<(u64, Json<InboxItem>)>,
}

impl Page {
    /// Reads one item more than the page has.
    pub(super) fn read(
        view_of: &View<'_>,
        who: &Actor,
        room: Option<&WorkroomId>,
        view: InboxView,
        place: Option<ListPlace>,
        limit: usize,
    ) -> workroom_store::Result<Self> {
        let workroom = room.map(|id| view_of.workroom(id)).transpose()?.map(|room| room.key);
        let filter = InboxFilter { view, workroom };
        let as_of_seq = view_of.head_seq()?;
        let place = place.unwrap_or(ListPlace::new(as_of_seq, as_of_seq + 1));
        let rows = view_of.inbox(who, filter, place, limit + 1)?;
        Ok(Self { filter, counts: view_of.inbox_counts(who, workroom)?, as_of_seq, place, rows })
    }

    /// The items that fit, and the cursor of the next page.
    pub(super) fn cut(&self, epoch: &str, limit: usize) -> (Vec<Json<InboxItem>>, Option<String>) {
        let rows = self.rows.iter().cloned();
        let (items, last) = page::cut(rows, limit, |item| item.text().len() as u64);
        let next = last.map(|before| cursor::write_place(epoch, ListPlace::new(self.place.upto, before)));
        (items, next)
    }
}

impl Cx {
    /// Ends the caller's snoozes that are over, so that later reads do not depend on the clock. If that cannot be
    /// written, it is skipped: the inbox stays readable on a full disk.
    pub(super) async fn wake(&self, who: &Actor) {
        let now = self.now();
        let due = self.read(|view| Ok(view.next_snoozed(who)?.is_some_and(|until| until <= now))).await;
        if matches!(due, Ok(true)) {
            let sleeper = who.clone();
            if let Err(error) = self.write(move |tx| tx.wake_snoozed(&sleeper, now)).await {
                tracing::warn!(%error, "snoozes that are over cannot be ended");
            }
        }
    }

    /// Applies an action to threads of the caller's inbox, and returns their items.
    async fn act(
        self,
        threads: Vec<ThreadId>,
        act: impl Fn(&Tx<'_>, &Actor, &ThreadPlace) -> workroom_store::Result<()> + Send + 'static,
    ) -> Result<InboxItemsResponse> {
        let who = self.caller().author.actor;
        let turn = self.turn().await;
        self.settle_in(&turn).await?;
        self.write_in(turn, move |tx| {
            let mut items = Vec::with_capacity(threads.len());
            for id in &threads {
                let place = tx.thread_place(id)?;
                act(tx, &who, &place)?;
                items.extend(tx.inbox_item(&who, place.key)?);
            }
            Ok(InboxItemsResponse { items, counts: tx.inbox_counts(&who, None)?, as_of_seq: tx.head_seq()? })
        })
        .await
    }
}

/// The threads that the params name.
fn threads(one: Option<ThreadId>, several: Option<Vec<ThreadId>>) -> Result<Vec<ThreadId>> {
    match (one, several) {
        (Some(one), None) => Ok(vec![one]),
        (None, Some(several)) if (1..=limits::MAX_PAGE as usize).contains(&several.len()) => Ok(several),
        (None, Some(_)) => Err(Error::invalid(
            "thread_ids",
            format!("`thread_ids` must have 1 to {} threads", limits::MAX_PAGE),
        )),
        (None, None) => Err(Error::invalid("thread_id", "one of `thread_id` and `thread_ids` is required")),
        (Some(_), Some(_)) => {
            Err(Error::invalid("thread_ids", "`thread_id` and `thread_ids` cannot be combined"))
        }
    }
}

/// Handles `inbox/markRead`.
pub async fn mark_read(cx: Cx, params: InboxMarkReadParams) -> Result<InboxItemsResponse> {
    let upto = params.upto_seq;
    cx.act(threads(params.thread_id, params.thread_ids)?, move |tx, who, place| {
        tx.check_position(upto)?;
        tx.mark_read(who, place.key, upto)
    })
    .await
}

/// Handles `inbox/markUnread`.
pub async fn mark_unread(cx: Cx, params: InboxMarkUnreadParams) -> Result<InboxItemsResponse> {
    let from = params.from_seq;
    cx.act(vec![params.thread_id], move |tx, who, place| {
        tx.check_position(from.unwrap_or(0))?;
        tx.mark_unread(who, place.key, from)
    })
    .await
}

/// Handles `inbox/archive`.
pub async fn archive(cx: Cx, params: InboxArchiveParams) -> Result<InboxItemsResponse> {
    let upto = params.upto_seq;
    cx.act(threads(params.thread_id, params.thread_ids)?, move |tx, who, place| {
        tx.check_position(upto)?;
        tx.archive_item(who, place.key, upto)
    })
    .await
}

/// Handles `inbox/unarchive`.
pub async fn unarchive(cx: Cx, params: InboxThreadParams) -> Result<InboxItemsResponse> {
    cx.act(vec![params.thread_id], |tx, who, place| tx.unarchive_item(who, place.key)).await
}

/// Handles `inbox/snooze`.
pub async fn snooze(cx: Cx, params: InboxSnoozeParams) -> Result<InboxItemsResponse> {
    if params.until <= cx.now() {
        return Err(Error::invalid("until", "`until` is in the past"));
    }
    let snooze = Snooze { until: params.until, upto: params.upto_seq };
    cx.act(vec![params.thread_id], move |tx, who, place| {
        tx.check_position(snooze.upto.unwrap_or(0))?;
        tx.snooze(who, place.key, snooze)
    })
    .await
}

/// Handles `inbox/unsnooze`.
pub async fn unsnooze(cx: Cx, params: InboxThreadParams) -> Result<InboxItemsResponse> {
    cx.act(vec![params.thread_id], |tx, who, place| tx.unsnooze(who, place.key)).await
}

/// Handles `inbox/save`.
pub async fn save(cx: Cx, params: InboxThreadParams) -> Result<InboxItemsResponse> {
    cx.act(vec![params.thread_id], |tx, who, place| tx.save_item(who, place.key, true)).await
}

/// Handles `inbox/unsave`.
pub async fn unsave(cx: Cx, params: InboxThreadParams) -> Result<InboxItemsResponse> {
    cx.act(vec![params.thread_id], |tx, who, place| tx.save_item(who, place.key, false)).await
}

/// Handles `thread/setNotificationLevel`.
pub async fn set_thread_level(
    cx: Cx,
    params: ThreadSetNotificationLevelParams,
) -> Result<NotificationLevelResponse> {
    let who = cx.caller().author.actor;
    cx.write(move |tx| {
        let place = tx.thread_place(&params.thread_id)?;
        let level = tx.set_thread_level(&who, (place.workroom, place.key), params.level)?;
        Ok(NotificationLevelResponse { level })
    })
    .await
}

/// Handles `workroom/setNotificationLevel`.
pub async fn set_workroom_level(
    cx: Cx,
    params: WorkroomSetNotificationLevelParams,
) -> Result<NotificationLevelResponse> {
    let who = cx.caller().author.actor;
    cx.write(move |tx| {
        let room = tx.workroom(&params.workroom_id)?;
        Ok(NotificationLevelResponse { level: tx.set_workroom_level(&who, room.key, params.level)? })
    })
    .await
}
