//! `owner/*` and `session/list`.

use workroom_protocol::owner::{Owner, OwnerSetParams};
use workroom_protocol::server::Empty;
use workroom_protocol::session::{SessionListParams, SessionListResponse};

use super::Cx;
use super::error::{Error, Result};
use workroom_domain::handle;

// Nobody asks about more particular sessions than this.
const MAX_SESSIONS: usize = 200;

/// Handles `owner/read`.
pub async fn read(cx: Cx, _: Empty) -> Result<Owner> {
    Ok(Owner { handle: cx.read(|view| view.owner()).await? })
}

/// Handles `owner/set`.
pub async fn set(cx: Cx, params: OwnerSetParams) -> Result<Owner> {
    if !cx.caller().principal.is_owner() {
        return Err(cx.forbidden("only the owner of this store can change the owner's handle"));
    }
    let wanted = params.handle.strip_prefix('@').unwrap_or(&params.handle).to_owned();
    handle::check(&wanted)
        .map_err(|why| Error::invalid("handle", format!("`handle` is not a valid handle: {why}")))?;
    cx.write(move |tx| {
        tx.set_owner(&wanted)?;
        Ok(Owner { handle: wanted })
    })
    .await
}

/// Handles `session/list`.
pub async fn sessions(cx: Cx, params: SessionListParams) -> Result<SessionListResponse> {
    if params.session_ids.as_ref().is_some_and(|ids| ids.len() > MAX_SESSIONS) {
        return Err(Error::TooLarge { what: "the number of `session_ids`", limit: MAX_SESSIONS });
    }
    cx.call.client.order.settled().await;
    let sessions = cx.store()?.sessions(&cx.access(), params.session_ids.as_deref());
    Ok(SessionListResponse { sessions: cx.refused_or(sessions)? })
}
