//! A client without a server process: requests go through the same connection, router and handlers, in this process.

use std::io::Write;
use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use workroom_protocol::Method;
use workroom_protocol::actor::Scope;
use workroom_protocol::methods::METHODS;

use super::failure::Failure;
use super::place::{Acting, Place};
use super::progress::Progress;
use super::terminal;
use workroom_api::{self as api, App, Client, MAX_LINE_BYTES, Naming};
use workroom_rpc::connection::{self, Connection};
use workroom_rpc::peer::Peer;
use workroom_rpc::router::Router;

// Bytes of answers and events between the store and the command that prints them. When there are more, the connection
// waits, as it does for any client that reads slowly.
const WAITING_BYTES: usize = 64 * 1024;

/// The store at a place, as a client of it.
pub(super) struct Local {
    app: Arc<App>,
    router: Arc<Router<App, Client>>,
    agent: Option<Naming>,
    bar: Arc<Progress>,
}

impl Local {
    /// A client of the store at `place`, which its first request opens.
    pub(super) fn new(place: &Place, acting: &Acting) -> Self {
        let bar = Arc::new(Progress::new("Bringing the store up to date", "events"));
        let told = bar.clone();
        let app = App::new(place.config()).with_progress(move |done, total| told.set(done, total));
        let app = Arc::new(app);
        Self { router: Arc::new(api::router(app.clone())), app, agent: acting.of_command(), bar }
    }

    /// Calls a method with params as JSON text, and returns the result as JSON text.
    pub(super) async fn call(
        &self,
        method: &str,
        params: Option<&RawValue>,
    ) -> Result<Box<RawValue>, Failure> {
        let called = self.connected(async |peer: Peer| Ok(peer.last_call_raw(method, params).await)).await?;
        self.answered();
        let result = called?;
        self.tell_of_new_store(method)?;
        Ok(result)
    }

    /// Calls a method of the table.
    pub(super) async fn ask<M: Method>(&self, params: &M::Params) -> Result<M::Result, Failure> {
        let params = serde_json::value::to_raw_value(params)?;
        let result = self.call(M::NAME, Some(&params)).await?;
        Ok(serde_json::from_str(result.get())?)
    }

    /// Says that there was no store, when a command that only reads has made one: what it was asked for is elsewhere.
    fn tell_of_new_store(&self, method: &str) -> Result<(), Failure> {
        let reads = METHODS.iter().any(|row| row.name == method && row.needs.scope == Some(Scope::Read));
        if let Some(path) = self.app.new_store().filter(|_| reads) {
            writeln!(terminal::err(), "note: there was no store yet; {} is new", path.display())?;
        }
        Ok(())
    }

    /// Records that a person answers at this terminal: later decisions state it.
    pub(super) fn answered_at_terminal(&self) {
        self.app.answered_at_terminal();
    }

    /// Takes away what was shown of the store being opened. Called once there is something else to show.
    pub(super) fn answered(&self) {
        self.bar.clear();
    }

    /// Opens a connection to the store, runs `talk` with it, and returns its result after every request is answered.
    pub(super) async fn connected<T>(
        &self,
        talk: impl AsyncFnOnce(Peer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (ours, theirs) = tokio::io::duplex(WAITING_BYTES);
        let (answers, requests) = tokio::io::split(ours);
        let (input, output) = tokio::io::split(theirs);
        let serving = async { self.serve(input, output).await.map_err(Failure::from) };
        let talking = async { Ok(talk(Peer::connect(answers, requests)).await) };
        let ((), talked) = tokio::try_join!(serving, talking)?;
        talked
    }

    /// Serves one connection until its input ends.
    async fn serve(
        &self,
        input: impl AsyncRead + Unpin,
        output: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        let stop = CancellationToken::new();
        let outdated = self.app.outdated().clone();
        let stopping = stop.clone();
        let watching = tokio::spawn(async move {
            outdated.cancelled().await;
            stopping.cancel();
        });
        let (client, pump) = api::connect(&self.app, self.agent.clone(), stop.clone());
        let router = self.router.clone();
        let max_message_bytes = MAX_LINE_BYTES;
        let connection = Connection { input, output, router, client, pump, max_message_bytes, stop };
        let served = connection::serve(connection).await;
        watching.abort();
        self.app.finish().await;
        if self.app.outdated().is_cancelled() {
            return Err(std::io::Error::other("the store was replaced or updated meanwhile; run this again"));
        }
        served
    }
}
