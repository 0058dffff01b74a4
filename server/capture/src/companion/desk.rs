//! What the companion holds: its connections to the store, how far it has come, and the requests that wait.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use workroom_processes::Companion;
use workroom_protocol::event::{EventAppendParams, WorkroomEventKind};
use workroom_protocol::id::{ApprovalId, EventId, SessionId, ThreadId};
use workroom_protocol::methods::{EventAppend, Initialize};
use workroom_protocol::presence::AgentPresence;
use workroom_protocol::server::InitializeParams;
use workroom_protocol::strict::Strict;
use workroom_protocol::{ErrorKind, Method, Timestamp};
use workroom_rpc::peer::{CallError, Peer};

use super::Config;
use super::asks::Open;
use super::progress::Progress;
use super::queue::Queue;
use crate::sign::{ProcessId, Use};
use crate::spool;

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The store refuses it, now and later.
    #[error("the store refuses it: {0}")]
    Refused(String),
    /// The store cannot be used now.
    #[error("the store cannot be used: {0}")]
    Later(String),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        const LASTING: [ErrorKind; 7] = [
            ErrorKind::InvalidParams,
            ErrorKind::TooLarge,
            ErrorKind::Forbidden,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::AlreadyDecided,
            ErrorKind::MethodNotFound,
        ];
        match error.kind().known() {
            Some(kind) if LASTING.contains(&kind) => Self::Refused(error.to_string()),
            _ => Self::Later(error.to_string()),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Later(error.to_string())
    }
}

/// Who writes an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The agent of the session.
    Agent,
    /// The user of the terminal.
    User,
}

// How long open requests take to be cancelled when the session ends.
const ENDINGS: u32 = 50;
const BETWEEN_ENDINGS: Duration = Duration::from_millis(20);

/// What changes while signs are read.
#[derive(Debug)]
pub(super) struct State {
    pub(super) progress: Progress,
    pub(super) presence: AgentPresence,
    /// Requests for permission that the spool names, by the ids of their hooks, and who asks.
    pub(super) asks: HashMap<String, (Use, Option<String>)>,
    /// When messages of other agents woke this one, in milliseconds.
    pub(super) wakes_by_agents: Vec<i64>,
    agent: Option<(Arc<Peer>, Option<String>)>,
    user: Option<Arc<Peer>>,
}

/// The companion's desk.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) files: Companion,
    pub(super) state: Mutex<State>,
    /// Texts for the agent's context.
    pub(super) queue: Queue,
    /// Requests for permission that wait for an answer, by the ids of their hooks.
    pub(super) open: SyncMutex<HashMap<String, Arc<Open>>>,
    /// The approvals that they became.
    pub(super) held: SyncMutex<HashSet<ApprovalId>>,
    ended: AtomicBool,
    /// Notified when the companion has to look again soon: the session has ended, or the store was busy.
    pub(super) again: Notify,
}

impl Desk {
    pub(super) fn new(config: Config, files: Companion) -> Self {
        let progress = Progress::load(&files);
        let presence = super::presence::of(&config, &progress);
        let queue = Queue::of(&progress.mail);
        let state = State {
            progress,
            presence,
            asks: HashMap::new(),
            wakes_by_agents: Vec::new(),
            agent: None,
            user: None,
        };
        Self {
            config,
            files,
            state: Mutex::new(state),
            queue,
            open: SyncMutex::default(),
            held: SyncMutex::default(),
            ended: AtomicBool::new(false),
            again: Notify::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Whether the last sign was the end of the session.
    pub(super) fn has_reported_its_end(&self, ended: bool) {
        self.ended.store(ended, Ordering::Relaxed);
        if ended {
            self.again.notify_one();
        }
    }

    /// Whether the session is over, and nobody runs it any more. A session that ended by `/clear` leaves its process.
    pub(super) async fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) async fn process(&self) -> Option<ProcessId> {
        self.state.lock().await.progress.process
    }

    pub(super) async fn position(&self) -> u64 {
        self.state.lock().await.progress.position
    }

    /// Reads the spool to its end, and writes what it says. Returns whether there was anything new.
    pub(super) async fn read_all(&self) -> bool {
        let mut state = self.state.lock().await;
        let mut any = false;
        loop {
            let read = spool::read(&self.files, &state.progress.file, state.progress.position);
            let lines = match read {
                Ok(lines) if lines.lines.is_empty() => return any,
                Ok(lines) => lines,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the spool");
                    return any;
                }
            };
            if lines.file != state.progress.file {
                state.progress.file.clone_from(&lines.file);
                state.progress.position = 0;
            }
            for (position, line) in lines.lines {
                any = true;
                let key = format!("{}-{position}", lines.file);
                match self.line(&mut state, &line, &key).await {
                    Ok(()) => {}
                    Err(Trouble::Refused(why)) => tracing::warn!(why, "a line of the spool is not written"),
                    Err(Trouble::Later(why)) => {
                        tracing::warn!(why, "the spool is read later");
                        state.forget_connections();
                        self.again.notify_one();
                        return any;
                    }
                }
                state.progress.position = position;
                self.store(&mut state);
            }
        }
    }

    /// Stores how far the companion has come, and what the agent does.
    pub(super) fn store(&self, state: &mut State) {
        state.progress.mail = self.queue.texts();
        let stored =
            state.progress.save(&self.files).and_then(|()| self.files.write_presence(&state.presence));
        if let Err(error) = stored {
            tracing::warn!(%error, "cannot store how far the spool was read");
        }
    }

    /// Ends everything that belongs to the session.
    pub(super) async fn finish(&self) {
        self.read_all().await;
        let open: Vec<_> =
            self.open.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for open in open {
            open.settle("the agent's session has ended");
        }
        // Their own tasks cancel those that this companion has asked for.
        for _ in 0..ENDINGS {
            if !self.has_open() {
                break;
            }
            tokio::time::sleep(BETWEEN_ENDINGS).await;
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Err(error) = self.close_left(None).await {
            tracing::warn!(%error, "requests of the session stay open");
        }
        let mut state = self.state.lock().await;
        if let Err(error) = self.end(&mut state).await {
            tracing::warn!(%error, "the end of the session is not written");
        }
        self.store(&mut state);
    }

    /// Appends an event. The key makes it one event, however often the line is read.
    pub(super) async fn append(
        &self,
        state: &mut State,
        who: Who,
        thread: &ThreadId,
        kind: WorkroomEventKind,
        about: (Option<&EventId>, &str),
    ) -> Result<EventId, Trouble> {
        let params = EventAppendParams {
            thread_id: thread.clone(),
            kind: Strict(kind),
            reply_to: about.0.cloned(),
            idempotency_key: Some(about.1.to_owned()),
        };
        let appended = self.call::<EventAppend>(state, who, &params).await?;
        let event = appended.event.read().map_err(|error| Trouble::Later(error.to_string()))?;
        Ok(event.id)
    }

    /// Calls a method of the store.
    pub(super) async fn call<M: Method>(
        &self,
        state: &mut State,
        who: Who,
        params: &M::Params,
    ) -> Result<M::Result, Trouble> {
        let peer = match who {
            Who::Agent => self.agent(state).await?,
            Who::User => self.user(state).await?,
        };
        Ok(peer.call::<M>(params).await?)
    }

    /// The connection of the agent. An agent that changes its model gets a new one, in the same session.
    pub(super) async fn agent(&self, state: &mut State) -> Result<Arc<Peer>, Trouble> {
        if let Some((peer, model)) = &state.agent
            && *model == state.progress.model
        {
            return Ok(peer.clone());
        }
        let model = state.progress.model.clone();
        let (peer, session) = self.new_agent(model.as_deref()).await?;
        state.presence.handle = Some(session.0);
        state.presence.session_id = session.1;
        let peer = Arc::new(peer);
        state.agent = Some((peer.clone(), model));
        Ok(peer)
    }

    /// A new connection of the agent, and its handle and session.
    pub(super) async fn new_agent(
        &self,
        model: Option<&str>,
    ) -> Result<(Peer, (String, Option<SessionId>)), Trouble> {
        let key = format!("capture:{}:{}", self.config.agent.name(), self.config.session);
        let agent = Some((self.config.agent.attribution(model), key));
        let peer = self.config.connect.connect(agent).await?;
        let begun = peer.call::<Initialize>(&introduction()).await?;
        Ok((peer, (begun.identity.handle, begun.identity.session_id)))
    }

    async fn user(&self, state: &mut State) -> Result<Arc<Peer>, Trouble> {
        if let Some(peer) = &state.user {
            return Ok(peer.clone());
        }
        let peer = Arc::new(self.config.connect.connect(None).await?);
        peer.call::<Initialize>(&introduction()).await?;
        state.user = Some(peer.clone());
        Ok(peer)
    }
}

impl State {
    /// After trouble with the store, the next call connects again.
    fn forget_connections(&mut self) {
        self.agent = None;
        self.user = None;
    }
}

fn introduction() -> InitializeParams {
    InitializeParams::of("workroom-hooks", env!("CARGO_PKG_VERSION"))
}
