//! One request on its way from the line to the answer.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use workroom_protocol::method::Needs;

use super::parking::Lots;

/// What a handler knows about the request it handles, besides its params.
#[derive(Debug)]
pub struct Call<S> {
    /// What the connection knows about its client.
    pub client: Arc<S>,
    /// Cancelled when the connection's input has ended: nobody will cancel the request any more.
    pub ending: Arc<CancellationToken>,
    /// Where the request parks while it only waits.
    pub lots: Lots,
    // Made for those that ask: most requests are answered before anybody could cancel them.
    cancel: OnceLock<CancellationToken>,
    answered: AtomicBool,
}

impl<S> Call<S> {
    pub(super) fn new(client: Arc<S>, ending: Arc<CancellationToken>, lots: Lots) -> Self {
        Self { client, ending, lots, cancel: OnceLock::new(), answered: AtomicBool::new(false) }
    }

    /// Cancelled by `$/cancelRequest`.
    pub fn cancel(&self) -> &CancellationToken {
        self.cancel.get_or_init(CancellationToken::new)
    }

    /// Whether the answer is in the outbox. What must come after the answer waits for this.
    pub fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Acquire)
    }

    pub(super) fn set_answered(&self) {
        self.answered.store(true, Ordering::Release);
    }
}

/// What a filter keeps of params that it changes; which type it is, the application knows.
pub type Kept = Arc<dyn Any + Send + Sync>;

/// What a handler gets: the application, and the call.
#[derive(Debug)]
pub struct Context<A, S> {
    /// What all connections share.
    pub app: Arc<A>,
    /// The request and its connection.
    pub call: Arc<Call<S>>,
    /// The method that is called.
    pub method: &'static str,
    /// What a caller needs for it.
    pub needs: Needs,
    /// What the filter over the params keeps of them for the handler.
    pub kept: Option<Kept>,
}

impl<A, S> Clone for Context<A, S> {
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            call: self.call.clone(),
            method: self.method,
            needs: self.needs,
            kept: self.kept.clone(),
        }
    }
}

/// An application that serves sessions of one kind.
pub trait Serves<S>: Sized {
    /// What its handlers get: a type of its own, so that it can have methods of its own.
    type Cx: From<Context<Self, S>> + Send;
}
