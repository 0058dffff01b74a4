//! Finds the handler of a method.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, ready};
use workroom_protocol::method::Needs;
use workroom_protocol::{ErrorKind, Method};

use super::answer::Answer;
use super::call::{Call, Context, Kept, Serves};
use super::error::{self, ErrorObject};
use super::params;

/// A function that handles one method.
pub trait Handler<A: Serves<S>, S, M: Method>: Clone + Send + Sync + 'static {
    /// The error type of the handler.
    type Error: Into<ErrorObject> + Send;
    /// Handles one call.
    fn handle(
        &self,
        cx: A::Cx,
        params: M::Params,
    ) -> impl Future<Output = Result<M::Result, Self::Error>> + Send;
}

impl<A, S, M, F, Fut, E> Handler<A, S, M> for F
where
    A: Serves<S>,
    M: Method,
    F: Fn(A::Cx, M::Params) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<M::Result, E>> + Send,
    E: Into<ErrorObject> + Send,
{
    type Error = E;

    fn handle(&self, cx: A::Cx, params: M::Params) -> impl Future<Output = Result<M::Result, E>> + Send {
        self(cx, params)
    }
}

/// A method that has a handler.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What a caller needs for it.
    pub needs: Needs,
}

/// Checks before each call whether the client may make it. The row is absent for a method that has no handler.
pub type Guard<A, S> = fn(&A, &S, row: Option<Row>) -> Result<(), ErrorObject>;

/// Filters for texts from clients, which run before anything else reads them.
#[derive(Clone, Copy)]
pub struct Filters {
    /// Filters the params of a method.
    pub params: for<'t> fn(method: &str, params: &'t str) -> Filtered<'t>,
    /// Filters an error before the client receives it, because the error may repeat the client's input.
    pub error: fn(ErrorObject) -> ErrorObject,
}

/// Filtered params.
pub struct Filtered<'t> {
    /// The params for the handler.
    pub params: Cow<'t, str>,
    /// What the handler needs from the original params.
    pub kept: Option<Kept>,
}

/// Begins a call: reads its params and returns the future of its response.
type Begin<A, S> =
    Box<dyn Fn(Arc<A>, Arc<Call<S>>, Option<&str>) -> BoxFuture<'static, Answer> + Send + Sync>;

/// The handlers of an application, by method.
pub struct Router<A, S> {
    app: Arc<A>,
    handlers: HashMap<&'static str, (Row, Begin<A, S>)>,
    guard: Guard<A, S>,
    filters: Filters,
}

impl<A: Send + Sync + 'static, S: Send + Sync + 'static> Router<A, S> {
    /// Creates a router for `app` without handlers.
    pub fn new(app: Arc<A>, guard: Guard<A, S>, filters: Filters) -> Self {
        Self { app, handlers: HashMap::new(), guard, filters }
    }

    /// Registers `handler` for the row `M` of the method table. Their types must agree.
    pub fn on<M: Method>(mut self, handler: impl Handler<A, S, M>) -> Self
    where
        A: Serves<S>,
    {
        let filters = self.filters;
        let begin: Begin<A, S> = Box::new(move |app, call, params| {
            let filtered = params.map(|text| (filters.params)(M::NAME, text));
            let (clean, kept) = filtered.map(|filtered| (filtered.params, filtered.kept)).unzip();
            let params = match params::read::<M::Params>(clean.as_deref()) {
                Ok(params) => params,
                Err(error) => return ready(Answer::error(&(filters.error)(error))).boxed(),
            };
            let handler = handler.clone();
            let context = Context { app, call, method: M::NAME, needs: M::NEEDS, kept: kept.flatten() };
            let cx = A::Cx::from(context);
            async move {
                match handler.handle(cx, params).await {
                    Ok(result) => Answer::of(Ok(&result)),
                    Err(error) => Answer::error(&(filters.error)(error.into())),
                }
            }
            .boxed()
        });
        let row = Row { name: M::NAME, needs: M::NEEDS };
        if self.handlers.insert(M::NAME, (row, begin)).is_some() {
            // Two handlers for one row are a mistake in the application, which a test detects.
            tracing::error!(method = M::NAME, "a second handler for this method replaced the first");
        }
        self
    }

    /// The names of the methods that have a handler.
    pub fn method_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.handlers.keys().copied()
    }

    /// Starts a call.
    pub(super) fn call(
        &self,
        method: &str,
        params: Option<&str>,
        call: Arc<Call<S>>,
    ) -> BoxFuture<'static, Answer> {
        let refused = |error| ready(Answer::error(&(self.filters.error)(error))).boxed();
        let found = self.handlers.get(method);
        if let Err(refusal) = (self.guard)(&self.app, &call.client, found.map(|(row, _)| *row)) {
            return refused(refusal);
        }
        match found {
            Some((_, begin)) => begin(self.app.clone(), call, params),
            None => {
                refused(error::object(ErrorKind::MethodNotFound, format_args!("no method `{method}`"), []))
            }
        }
    }
}
