//! One request from its arrival to its response.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use workroom_protocol::method::Needs;

use super::parking::Lots;

/// The data about a request that a handler receives in addition to the params.
#[derive(Debug)]
pub struct Call<S> {
    /// The connection's data about its client.
    pub client: Arc<S>,
    /// Cancelled when the connection's input ends. From then on, the client cannot cancel the request.
    pub ending: Arc<CancellationToken>,
    /// Where the request parks while it only waits.
    pub lots: Lots,
    // Created on demand, because most requests are answered before anyone could cancel them.
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

    /// Whether the response is in the outbox. Work that must follow the response checks this.
    pub fn is_answered(&self) -> bool {
        self.answered.load(Ordering::Acquire)
    }

    pub(super) fn set_answered(&self) {
        self.answered.store(true, Ordering::Release);
    }
}

/// What a filter keeps of the params that it changes. Only the application knows its type.
pub type Kept = Arc<dyn Any + Send + Sync>;

/// What a handler receives: the application and the call.
#[derive(Debug)]
pub struct Context<A, S> {
    /// Shared by all connections.
    pub app: Arc<A>,
    /// The request and its connection.
    pub call: Arc<Call<S>>,
    /// The method that is called.
    pub method: &'static str,
    /// The permissions that a caller needs.
    pub needs: Needs,
    /// What the params filter keeps for the handler.
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
    /// What its handlers receive. A type of the application, so that it can have its own methods.
    type Cx: From<Context<Self, S>> + Send;
}
