//! A call of a tool, a prompt or a resource.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use workroom_protocol::Method;
use workroom_protocol::id::ThreadId;
use workroom_protocol::time::Timestamp;

use super::refusal::Refusal;
use super::who::Own;
use workroom_rpc::peer::Peer;

// Hosts abort a call without progress after about a minute.
const BETWEEN_PROGRESS: Duration = Duration::from_secs(10);

/// A call and its context.
#[derive(Clone)]
pub(super) struct Call {
    /// The connection of the host's agent.
    pub(super) connection: Arc<Peer>,
    /// The handle of that agent.
    pub(super) handle: Arc<str>,
    /// Its session.
    pub(super) session: Arc<Own>,
    /// Cancelled when the host cancels the call.
    pub(super) cancel: CancellationToken,
    /// Cancelled when the host is gone.
    pub(super) gone: CancellationToken,
    /// Where to send progress, if the host asked for it.
    pub(super) progress: Option<Progress>,
    /// When the call was made.
    pub(super) now: Timestamp,
    /// The folder in which the host started the server.
    pub(super) folder: Option<PathBuf>,
    /// The thread of this session, after it was created.
    pub(super) own_thread: Arc<OnceCell<ThreadId>>,
}

/// The recipient of progress notifications.
#[derive(Clone)]
pub(super) struct Progress {
    pub(super) peer: rmcp::Peer<RoleServer>,
    pub(super) token: ProgressToken,
}

impl Call {
    /// Calls a method of the protocol.
    pub(super) async fn ask<M: Method>(&self, params: &M::Params) -> Result<M::Result, Refusal> {
        Ok(self.connection.call_until::<M>(params, &self.cancel).await?)
    }

    /// Waits for something as long as the host does, but not longer than `limit`; returns `None` if it did not come.
    /// Regularly reports to the host that it is still waiting, and for what.
    pub(super) async fn wait<T>(
        &self,
        limit: Duration,
        what: &str,
        coming: impl Future<Output = T>,
    ) -> Option<T> {
        let begun = Instant::now();
        let mut coming = std::pin::pin!(coming);
        let mut ticks = tokio::time::interval(BETWEEN_PROGRESS);
        loop {
            tokio::select! {
                come = &mut coming => return Some(come),
                () = self.cancel.cancelled() => return None,
                () = self.gone.cancelled() => return None,
                () = tokio::time::sleep_until(begun + limit) => return None,
                _ = ticks.tick() => self.tell(begun.elapsed(), limit, what).await,
            }
        }
    }

    /// The whole seconds of the call's maximum wait: some hosts show the numbers unchanged.
    async fn tell(&self, waited: Duration, limit: Duration, what: &str) {
        let Some(Progress { peer, token }) = &self.progress else { return };
        let seconds = |time: Duration| time.as_secs() as f64;
        let params = ProgressNotificationParam::new(token.clone(), seconds(waited))
            .with_total(seconds(limit))
            .with_message(what);
        // A host that is gone is detected elsewhere.
        let _ = peer.notify_progress(params).await;
    }
}
