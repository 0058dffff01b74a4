//! The companion process of one session: what must run while no hook does.
//!
//! It reads the session's spool, writes the thread, answers the hooks that wait, and stores what the agent is doing. It
//! ends when its agent has ended.

mod asks;
mod context;
mod desk;
mod mail;
mod presence;
mod progress;
mod queue;
mod reader;
mod serve;
mod watch;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use workroom_clock::Clock;
use workroom_processes::Companion;
use workroom_protocol::actor::AgentAttribution;
use workroom_rpc::peer::Peer;

use self::desk::Desk;
pub use self::mail::{is_quiet, set_quiet};
use super::agent::Agent;
use super::{socket, spool};

/// Connects to the store, as an agent with a session key or as the local user.
pub trait Connect: Send + Sync + 'static {
    /// Connects. The session key lets a later companion of the same session continue as the same agent.
    fn connect(
        &self,
        agent: Option<(AgentAttribution, String)>,
    ) -> Pin<Box<dyn Future<Output = io::Result<Peer>> + Send + '_>>;
}

/// What a companion runs with.
pub struct Config {
    /// The folder of the store.
    pub home: PathBuf,
    /// The agent.
    pub agent: Agent,
    /// The agent's own id of the session.
    pub session: String,
    /// What time it is.
    pub clock: Clock,
    /// Connects to the store.
    pub connect: Box<dyn Connect>,
}

/// Follows a session until its agent has ended. Returns at once if another process does so.
///
/// # Errors
/// If the lock, the socket or the spool cannot be used.
pub async fn run(config: Config) -> io::Result<()> {
    let files = Companion::of(&config.home, config.agent.name(), &config.session);
    files.create_folder()?;
    let Some(_lock) = files.lock()? else { return Ok(()) };
    let listener = socket::listen(&files)?;
    let desk = Arc::new(Desk::new(config, files.clone()));
    let serving = tokio::spawn(serve::serve(listener, desk.clone()));
    let clearing = tokio::spawn(clear(desk.clone()));
    let following = tokio::spawn(mail::follow(desk.clone()));
    let followed = watch::until_ended(&desk).await;
    serving.abort();
    following.abort();
    clearing.abort();
    // What the last hooks wrote.
    desk.finish().await;
    spool::finish(&files, desk.position().await);
    followed
}

// The hooks of a companion that was killed ask the next one again. They take no longer than this.
const FOR_HOOKS: Duration = Duration::from_secs(5);

/// Clears what nobody else can: requests that an earlier companion has left, and old files.
async fn clear(desk: Arc<Desk>) {
    let started = desk.now();
    tokio::time::sleep(FOR_HOOKS).await;
    while let Err(error) = desk.close_left(Some(started)).await {
        tracing::warn!(%error, "requests of an earlier companion stay open");
        tokio::time::sleep(FOR_HOOKS).await;
    }
    let old = desk.now().millis() - MAX_AGE_MILLIS;
    for (companion, presence) in workroom_processes::list(&desk.config.home) {
        if presence.since.millis() < old && !companion.is_alive() {
            companion.forget();
        }
    }
}

// How long ended sessions are listed.
const MAX_AGE_MILLIS: i64 = 24 * 60 * 60 * 1000;
