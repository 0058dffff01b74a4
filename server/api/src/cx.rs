//! What a handler receives: the caller, and reads and writes in the order in which the connection sent them.

use std::ops::Deref;
use std::sync::Arc;

use uuid::Uuid;
use workroom_domain::access::Access;
use workroom_protocol::time::Timestamp;
use workroom_redact as redact;
use workroom_rpc::call::{Context, Serves};
use workroom_store::{Read, Store, StoreError, Tx, View, WriteAccess};

use super::app::App;
use super::client::{Caller, Client};
use super::error::{Error, Result};
use super::order::Turn;
use super::waits;

/// What a handler receives.
#[derive(Clone)]
pub struct Cx(Context<App, Client>);

impl From<Context<App, Client>> for Cx {
    fn from(context: Context<App, Client>) -> Self {
        Self(context)
    }
}

impl Deref for Cx {
    type Target = Context<App, Client>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Serves<Client> for App {
    type Cx = Cx;
}

impl Cx {
    pub(crate) fn store(&self) -> Result<Arc<Store>> {
        self.app.store()
    }

    pub(crate) fn caller(&self) -> Caller {
        self.call.client.caller()
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// A new id. Ids are ascending.
    pub(crate) fn new_id(&self) -> Uuid {
        self.app.config.clock.new_id()
    }

    /// The program that the caller uses, if it gave its name.
    pub(crate) fn via(&self) -> Option<String> {
        let name = self.call.client.name();
        Some(
            name.map_or_else(
                || self.app.config.via.into(),
                |name| redact::process().text(&name).into_owned(),
            ),
        )
    }

    /// The caller and the method.
    pub(crate) fn access(&self) -> Access {
        self.caller().access(self.method, self.needs)
    }

    /// The caller and the method, for a write.
    fn write_access(&self) -> WriteAccess {
        self.caller().write_access(self.method, self.needs)
    }

    /// Refuses a call, and records the refusal.
    pub(crate) fn forbidden(&self, message: impl Into<String>) -> Error {
        let error = StoreError::Forbidden(message.into()).into();
        self.app.refused(&self.call.client, &self.caller(), self.method, &error);
        error
    }

    /// Returns the result, and records a refusal or an expired token in it.
    pub(crate) fn refused_or<T>(&self, result: workroom_store::Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.app.saw_expired(self.caller().principal.token(), &error);
            let error = Error::from(error);
            self.app.refused(&self.call.client, &self.caller(), self.method, &error);
            error
        })
    }

    /// Reads, after the writes that this connection sent earlier. Approvals that are due count as expired in what is
    /// read.
    pub(crate) async fn read<T>(
        &self,
        work: impl FnOnce(View<'_>) -> workroom_store::Result<T>,
    ) -> Result<T> {
        self.call.client.order.settled().await;
        let work = match self.read_now(|view| Looked::at(view, self.now(), work))? {
            Looked::Read(value) => return Ok(value),
            Looked::Expired(work) => work,
        };
        waits::settle_or_go_on(&*self.store()?).await;
        self.read_now(|view| work(view.without_expired(self.now())?))
    }

    pub(crate) fn read_now<T>(&self, work: impl FnOnce(View<'_>) -> workroom_store::Result<T>) -> Result<T> {
        self.read_of(Read::shared(&self.call.client.snapshot), work)
    }

    fn read_of<T>(
        &self,
        read: Read<'_>,
        work: impl FnOnce(View<'_>) -> workroom_store::Result<T>,
    ) -> Result<T> {
        let store = self.store()?;
        let found = match self.call.client.is_owner() {
            true => store.read(read, work).map_err(Error::from),
            false => self.refused_or(store.read(read.seen_by(&self.access()), work)),
        };
        found.map_err(|error| self.perhaps_elsewhere(&store, error))
    }

    /// Extends a not-found error if the store is new and empty: the client may have meant a store in another place. A
    /// caller with a token gets no such information.
    pub(crate) fn perhaps_elsewhere(&self, store: &Store, error: Error) -> Error {
        match error {
            Error::Store(StoreError::NotFound { what, id })
                if self.caller().principal.token().is_none()
                    && store.read(Read::LATEST, |view| view.head_seq()).is_ok_and(|head| head == 0) =>
            {
                let path = store.path().display();
                let id = format!("{id}: the store {path} is new and empty");
                StoreError::NotFound { what, id }.into()
            }
            error => error,
        }
    }

    /// Reads with one statement, after the writes that this connection sent earlier.
    pub(crate) async fn read_once<T>(
        &self,
        work: impl FnOnce(View<'_>) -> workroom_store::Result<T>,
    ) -> Result<T> {
        self.call.client.order.settled().await;
        self.read_of(Read::shared(&self.call.client.snapshot).one_statement(), work)
    }

    /// Records expiries while it is this write's turn, so that the result of the write does not depend on the clock.
    pub(crate) async fn settle_in(&self, _: &Turn<'_>) -> Result<()> {
        if self.read_now(|view| view.has_expired(self.now()))? {
            waits::settle_or_go_on(&*self.store()?).await;
        }
        Ok(())
    }

    /// Writes, in the order sent, and returns once it is on disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> workroom_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn().await;
        self.write_in(turn, work).await
    }

    /// Runs slow work on another thread, until the request is cancelled.
    pub(crate) async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = |error: &dyn std::fmt::Display| Error::Internal(format!("work ended early: {error}"));
        let turn = async {
            let permit = self.app.slow.clone().acquire_owned().await.map_err(|error| gone(&error))?;
            // The permit is returned with the result, so results that are not collected yet count as work.
            let done = tokio::task::spawn_blocking(move || (work(), permit)).await;
            done.map_err(|error| gone(&error))?.0
        };
        tokio::select! {
            done = turn => done,
            () = self.call.cancel().cancelled() => Err(Error::Cancelled),
            () = self.app.hurry.cancelled() => Err(Error::Cancelled),
        }
    }

    /// Begins a write that has to look something up first. Later writes wait until it is queued, which keeps the order.
    /// So a handler must not wait for anything before this.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        self.call.client.order.begin().turn().await
    }

    /// Reads, after the writes that this connection sent before the one whose turn it is.
    pub(crate) async fn read_in<T>(
        &self,
        turn: &Turn<'_>,
        work: impl FnOnce(View<'_>) -> workroom_store::Result<T>,
    ) -> Result<T> {
        turn.settled().await;
        self.read_now(work)
    }

    /// Runs the write whose turn it is, and returns once it is on disk.
    pub(crate) async fn write_in<T: Send + 'static>(
        &self,
        turn: Turn<'_>,
        work: impl FnOnce(&Tx<'_>) -> workroom_store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store()?;
        let submitted = store.submit(Some(self.write_access()), self.call.cancel().clone(), work).await?;
        let _under_way = turn.queued();
        let written = self.refused_or(submitted.committed().await);
        written.map_err(|error| self.perhaps_elsewhere(&store, error))
    }
}

/// The result of a first look: the value, or the work that must end before it can be read.
enum Looked<T, W> {
    Read(T),
    Expired(W),
}

impl<T, W: FnOnce(View<'_>) -> workroom_store::Result<T>> Looked<T, W> {
    fn at(view: View<'_>, now: Timestamp, work: W) -> workroom_store::Result<Self> {
        match view.has_expired(now)? {
            true => Ok(Self::Expired(work)),
            false => work(view).map(Self::Read),
        }
    }
}
