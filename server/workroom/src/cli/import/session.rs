//! The import of one session of an agent.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use tokio::sync::mpsc;
use workroom_capture::transcripts::{Entry, Session, Subagent, Writer, read};
use workroom_capture::{Agent, rooms};
use workroom_protocol::ErrorKind;
use workroom_protocol::event::EventImport;
use workroom_protocol::id::WorkroomId;
use workroom_protocol::methods::{Initialize, ThreadCreate, WorkroomCreate, WorkroomOpen};
use workroom_protocol::server::InitializeParams;
use workroom_protocol::thread::{ThreadCreateParams, WorkroomThread, WorkroomThreadKind};
use workroom_protocol::workroom::WorkroomOpenParams;

use super::batch::{self, Counts};
use crate::cli::failure::Failure;
use crate::cli::local::Local;
use crate::cli::place::{Acting, Place};
use workroom_api::MAX_APPEND_EVENTS;

// Entries that are read before the store has written earlier ones: enough to keep both busy, and little memory.
const WAITING_ENTRIES: usize = 64;
// The texts in one request: far below the maximum message length, and enough to make each commit worth its sync.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The counts of all sessions.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub(super) sessions: u64,
    pub(super) imported: u64,
    pub(super) would_import: u64,
    pub(super) present: u64,
    /// Lines that cannot be read.
    pub(super) skipped: u64,
    pub(super) refused: u64,
    /// Sessions that have a thread because their hooks were captured.
    pub(super) captured: u64,
}

/// Imports the sessions of an agent.
pub(super) struct Importer {
    local: Local,
    agent: Agent,
    user: Option<String>,
}

/// Events for one thread, which its first event creates.
struct Target<'a> {
    key: String,
    room: &'a WorkroomId,
    branch: Option<&'a str>,
    thread: Option<WorkroomThread>,
    events: Vec<EventImport>,
    bytes: usize,
}

/// Returns how many events a session has, without its subagents, and how many of its lines cannot be read.
pub(super) fn count(agent: Agent, session: &Session) -> Result<(u64, u64), Failure> {
    let mut writer = Writer::new(agent, &session.id, "");
    let mut events = Vec::new();
    let mut count = 0;
    let input = BufReader::new(File::open(&session.path)?);
    let skipped = read(agent, false, input, |entry| {
        writer.entry(entry, &mut events);
        count += events.drain(..).count() as u64;
        ControlFlow::Continue(())
    })?;
    writer.end(&mut events);
    Ok((count + events.len() as u64, skipped))
}

impl Importer {
    pub(super) fn new(place: &Place, acting: &Acting, agent: Agent) -> Self {
        Self { local: Local::new(place, acting), agent, user: None }
    }

    /// Imports a session and its subagents.
    pub(super) async fn import(&mut self, session: &Session, total: &mut Total) -> Result<(), Failure> {
        let user = self.user().await?;
        let room = self.room(session).await?;
        let mut target = Target {
            key: format!("transcript:{}:{}", self.agent.name(), session.id),
            room: &room,
            branch: session.branch.as_deref(),
            thread: None,
            events: Vec::new(),
            bytes: 0,
        };
        let mut writer = Writer::new(self.agent, &session.id, &user);
        let mut subagents = session.subagents.iter().peekable();
        let (mut entries, reading) = reader(self.agent, false, &session.path)?;
        while let Some(entry) = entries.recv().await {
            while let Some(subagent) =
                subagents.next_if(|subagent| entry.at.is_some() && subagent.started < entry.at)
            {
                self.subagent(session, subagent, (&writer, &user), &mut target, total).await?;
            }
            writer.entry(entry, &mut target.events);
            self.write_full(&mut target, &writer.title(), total).await?;
        }
        total.skipped += reading.await.map_err(std::io::Error::other)??;
        for subagent in subagents {
            self.subagent(session, subagent, (&writer, &user), &mut target, total).await?;
        }
        writer.end(&mut target.events);
        self.write(&mut target, &writer.title(), total).await
    }

    /// Imports a subagent into a thread of its own, and links it in the thread of the session.
    async fn subagent(
        &self,
        session: &Session,
        subagent: &Subagent,
        (parent, user): (&Writer, &str),
        target: &mut Target<'_>,
        total: &mut Total,
    ) -> Result<(), Failure> {
        let title = rooms::title_of_subagent(&subagent.kind, &parent.title());
        let mut own = Target {
            key: format!("{}:{}", target.key, subagent.id),
            room: target.room,
            branch: target.branch,
            thread: None,
            events: Vec::new(),
            bytes: 0,
        };
        let mut writer = Writer::of_subagent(self.agent, &session.id, &subagent.id, user);
        let (mut entries, reading) = reader(self.agent, true, &subagent.path)?;
        while let Some(entry) = entries.recv().await {
            writer.entry(entry, &mut own.events);
            self.write_full(&mut own, &title, total).await?;
        }
        total.skipped += reading.await.map_err(std::io::Error::other)??;
        writer.end(&mut own.events);
        self.write(&mut own, &title, total).await?;
        if let Some(thread) = own.thread {
            target.events.push(parent.started(&subagent.id, subagent.started, &title, &thread.link));
        }
        Ok(())
    }

    /// Writes the events if there are enough for a request.
    async fn write_full(
        &self,
        target: &mut Target<'_>,
        title: &str,
        total: &mut Total,
    ) -> Result<(), Failure> {
        let Some(last) = target.events.last() else { return Ok(()) };
        // Counting the last event again if the entry had none is harmless: the request is only smaller.
        target.bytes += serde_json::to_vec(&last.kind)?.len();
        // An entry has at most three events.
        match target.events.len() + 3 > MAX_APPEND_EVENTS || target.bytes > MAX_BATCH_BYTES {
            true => self.write(target, title, total).await,
            false => Ok(()),
        }
    }

    async fn write(&self, target: &mut Target<'_>, title: &str, total: &mut Total) -> Result<(), Failure> {
        target.bytes = 0;
        let events = std::mem::take(&mut target.events);
        if events.is_empty() {
            return Ok(());
        }
        let thread = match &target.thread {
            Some(thread) => thread.id.clone(),
            None => {
                let created = self.create(target, title).await?;
                target.thread.insert(created).id.clone()
            }
        };
        let mut counts = Counts::default();
        let lines = vec![0; events.len()];
        batch::import(&self.local, &thread, events, &lines, &mut counts).await?;
        total.imported += counts.imported;
        total.present += counts.present;
        total.refused += counts.refused;
        Ok(())
    }

    /// Creates the thread, or returns the one of an earlier import.
    async fn create(&self, target: &Target<'_>, title: &str) -> Result<WorkroomThread, Failure> {
        let params = ThreadCreateParams {
            workroom_id: target.room.clone(),
            title: title.to_owned(),
            kind: WorkroomThreadKind::AgentTask,
            external_ref: None,
            participants: None,
            branch: target.branch.map(str::to_owned),
            idempotency_key: Some(target.key.clone()),
        };
        match self.local.ask::<ThreadCreate>(&params).await {
            // The folder of the session was created, removed or moved since the first import.
            Err(Failure::Refused(refused)) if refused.kind().known() == Some(ErrorKind::Conflict) => Err(
                Failure::message("an earlier import put it into another workroom, and new events stay out"),
            ),
            other => other,
        }
    }

    /// The room of the session's folder, if it has one, or else the personal one.
    async fn room(&self, session: &Session) -> Result<WorkroomId, Failure> {
        if let Some(folder) = session.folder.as_ref().filter(|folder| Path::new(folder).is_dir()) {
            let params = WorkroomOpenParams { workspace: folder.clone(), ..Default::default() };
            match self.local.ask::<WorkroomOpen>(&params).await {
                Ok(opened) => return Ok(opened.workroom.id),
                // The home folder, or `/`.
                Err(Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(self.local.ask::<WorkroomCreate>(&rooms::personal()).await?.id)
    }

    /// The handle of the local user.
    async fn user(&mut self) -> Result<String, Failure> {
        if let Some(user) = &self.user {
            return Ok(user.clone());
        }
        let params = InitializeParams::of("workroom-import", env!("CARGO_PKG_VERSION"));
        let handle = self.local.ask::<Initialize>(&params).await?.identity.handle;
        Ok(self.user.insert(handle).clone())
    }
}

type Reading = tokio::task::JoinHandle<std::io::Result<u64>>;

/// Reads a transcript in a thread of its own, as fast as the entries are taken.
fn reader(agent: Agent, is_subagent: bool, path: &Path) -> Result<(mpsc::Receiver<Entry>, Reading), Failure> {
    let input = BufReader::new(File::open(path)?);
    let (sender, entries) = mpsc::channel(WAITING_ENTRIES);
    let reading = tokio::task::spawn_blocking(move || {
        read(agent, is_subagent, input, |entry| match sender.blocking_send(entry) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    Ok((entries, reading))
}
