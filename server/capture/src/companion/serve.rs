//! Serves the hooks of the session.

use std::sync::Arc;
use std::task::Context as Waker;

use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;
use workroom_protocol::server::Empty;
use workroom_rpc::call::{Call, Context, Serves};
use workroom_rpc::connection::{self, Connection};
use workroom_rpc::error::ErrorObject;
use workroom_rpc::outbox::Outbox;
use workroom_rpc::pump::Pump;
use workroom_rpc::router::{Filtered, Filters, Router, Row};

use super::desk::Desk;
use crate::answer::Answer;
use crate::wire::{Report, ReportParams, Took, TookParams};

// The longest line of a hook: an action that is asked for, and what belongs to it.
const MAX_MESSAGE: usize = 1024 * 1024;

/// A hook that is connected.
pub(super) struct Hook;

/// What a handler receives.
pub(super) struct Cx {
    desk: Arc<Desk>,
    call: Arc<Call<Hook>>,
}

impl Serves<Hook> for Desk {
    type Cx = Cx;
}

impl From<Context<Desk, Hook>> for Cx {
    fn from(context: Context<Desk, Hook>) -> Self {
        Self { desk: context.app, call: context.call }
    }
}

/// No notifications are sent to hooks.
struct Silence;

impl Pump for Silence {
    fn poll_pump(&mut self, _: &mut Waker<'_>, _: &mut Outbox) -> bool {
        false
    }
}

/// Accepts hooks until the task is aborted.
pub(super) async fn serve(listener: UnixListener, desk: Arc<Desk>) {
    let router = Arc::new(Router::new(desk, admit, FILTERS).on::<Report>(report).on::<Took>(took));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a hook");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (input, output) = tokio::io::split(stream);
        let connection = Connection {
            input,
            output,
            router: router.clone(),
            client: Arc::new(Hook),
            pump: Silence,
            max_message_bytes: MAX_MESSAGE,
            stop: CancellationToken::new(),
        };
        tokio::spawn(connection::serve(connection));
    }
}

/// Everybody who can open the socket is this user.
fn admit(_: &Desk, _: &Hook, _: Option<Row>) -> Result<(), ErrorObject> {
    Ok(())
}

const FILTERS: Filters =
    Filters { params: |_, params| Filtered { params: params.into(), kept: None }, error: |error| error };

/// Handles `hook/report`.
async fn report(cx: Cx, params: ReportParams) -> Result<Answer, ErrorObject> {
    tracing::debug!(position = params.position, "a hook has reported");
    if let Some(asked) = params.ask {
        cx.desk.read_all().await;
        let ending = cx.call.ending.clone();
        return Ok(cx.desk.ask(asked, ending).await);
    }
    if params.waits {
        cx.desk.read_all().await;
        return Ok(cx.desk.queue.answer());
    }
    // The agent waits for this answer, but not for the store.
    let desk = cx.desk.clone();
    tokio::spawn(async move { desk.read_all().await });
    Ok(if params.takes_context { cx.desk.queue.answer() } else { Answer::default() })
}

/// Handles `hook/took`.
async fn took(cx: Cx, params: TookParams) -> Result<Empty, ErrorObject> {
    cx.desk.queue.took(params.texts_upto);
    Ok(Empty {})
}
