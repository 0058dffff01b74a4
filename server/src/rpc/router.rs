//! From a method's name to its handler.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};
use jsonrpsee::core::server::{ConnectionId, Extensions, MethodCallback, MethodResponse, RpcModule};
use jsonrpsee::types::{ErrorObjectOwned, Id, Params};
use workroom_protocol::{ErrorKind, Method};

use super::call::{Call, Context};
use super::{error, params};

/// A function that handles one method.
pub trait Handler<A, S, M: Method>: Clone + Send + Sync + 'static {
    /// What it fails with.
    type Error: Into<ErrorObjectOwned> + Send;
    /// Handles one call.
    fn handle(
        &self,
        cx: Context<A, S>,
        params: M::Params,
    ) -> impl Future<Output = Result<M::Result, Self::Error>> + Send;
}

impl<A, S, M, F, Fut, E> Handler<A, S, M> for F
where
    M: Method,
    F: Fn(Context<A, S>, M::Params) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<M::Result, E>> + Send,
    E: Into<ErrorObjectOwned> + Send,
{
    type Error = E;

    fn handle(
        &self,
        cx: Context<A, S>,
        params: M::Params,
    ) -> impl Future<Output = Result<M::Result, E>> + Send {
        self(cx, params)
    }
}

/// Decides before each call whether the session may make it.
pub type Guard<A, S> = fn(&A, &S, method: &str) -> Result<(), ErrorObjectOwned>;

/// What goes over texts of clients before anything else sees them.
#[derive(Clone, Copy)]
pub struct Filters {
    /// Over the params of a method.
    pub params: for<'t> fn(method: &str, params: &'t str) -> Cow<'t, str>,
    /// Over what a client is told of an error, which may repeat what it has sent.
    pub error: fn(ErrorObjectOwned) -> ErrorObjectOwned,
}

/// The handlers of an application, by method.
pub struct Router<A, S> {
    app: Arc<A>,
    module: RpcModule<A>,
    guard: Guard<A, S>,
    filters: Filters,
}

impl<A: Send + Sync + 'static, S: Send + Sync + 'static> Router<A, S> {
    /// A router without handlers, for `app`.
    pub fn new(app: Arc<A>, guard: Guard<A, S>, filters: Filters) -> Self {
        Self { module: RpcModule::from_arc(app.clone()), app, guard, filters }
    }

    /// Handles the row `M` of the method table with `handler`; their types must agree.
    pub fn on<M: Method>(mut self, handler: impl Handler<A, S, M>) -> Self {
        let filters = self.filters;
        let callback = move |params: Params<'static>, app: Arc<A>, extensions: Extensions| {
            let handler = handler.clone();
            async move {
                // The connection puts the call there before it calls any handler.
                let Some(call) = extensions.get::<Arc<Call<S>>>().cloned() else {
                    return Err(error::internal(&"a call without its context"));
                };
                let read = {
                    let clean = params.as_str().map(|text| (filters.params)(M::NAME, text));
                    params::read::<M::Params>(clean.as_deref()).map_err(filters.error)?
                };
                // The text may be large, and the handler may wait long.
                drop(params);
                let cx = Context { app, call, method: M::NAME, needs: M::NEEDS };
                handler.handle(cx, read).await.map_err(|error| (filters.error)(error.into()))
            }
        };
        if let Err(error) = self.module.register_async_method(M::NAME, callback) {
            // Two handlers for one row: the application cannot have meant that, and a test sees it.
            tracing::error!(method = M::NAME, %error, "handler not registered");
        }
        self
    }

    /// The names of the methods that have a handler.
    pub fn method_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.module.method_names()
    }

    /// Starts a call. Its answer carries `"id":null`; the connection puts the real id there.
    pub(super) fn call(
        &self,
        method: &str,
        params: Option<&str>,
        call: Arc<Call<S>>,
    ) -> BoxFuture<'static, MethodResponse> {
        if let Err(refusal) = (self.guard)(&self.app, &call.session, method) {
            return ready(MethodResponse::error(Id::Null, (self.filters.error)(refusal))).boxed();
        }
        let Some(MethodCallback::Async(handler)) = self.module.method(method) else {
            let unknown = error::object(ErrorKind::MethodNotFound, format_args!("no method `{method}`"), []);
            return ready(MethodResponse::error(Id::Null, (self.filters.error)(unknown))).boxed();
        };
        let mut extensions = Extensions::new();
        extensions.insert(call);
        handler(Id::Null, Params::new(params).into_owned(), ConnectionId(0), usize::MAX, extensions)
    }
}
