//! `workroom tell`, which sends a message to an agent, and `workroom quiet`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use workroom_domain::{handle, shown};
use workroom_protocol::event::{EventAppendParams, WorkroomEventKind};
use workroom_protocol::id::ThreadId;
use workroom_protocol::methods::{EventAppend, PresenceList};
use workroom_protocol::presence::{AgentPresence, PresenceListParams};
use workroom_protocol::strict::Strict;

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::{Outcome, link, terminal};

/// Send a message to an agent that runs on this machine, or to a thread
///
/// The message is in the thread of the agent's session. It wakes an idle session of Claude Code, Codex and Qwen Code;
/// other agents receive it with their next prompt. It is never an approval. `workroom agents` lists the agents.
///
/// Inside of an agent, the message is the agent's own and not yours.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom tell claude-code 'Use the other parser'
  workroom tell thr_… 'The tests are green again'")]
pub(super) struct Tell {
    /// The agent's handle, or a thread's id or link
    #[arg(value_name = "AGENT | THREAD")]
    to: String,
    /// The message
    text: String,
    #[command(flatten)]
    acting: Acting,
}

impl Tell {
    pub(super) fn run(mut self, place: &Place) -> Outcome {
        self.acting = self.acting.or_host(place);
        let local = Local::new(place, &self.acting);
        super::runtime()?.block_on(self.send(&local))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn send(&self, local: &Local) -> Result<(), Failure> {
        let params = PresenceListParams { gone: false };
        let (thread_id, text, told) = match link::thread(&self.to) {
            Ok(thread) => (thread, self.text.clone(), None),
            Err(_) => {
                let agents = local.ask::<PresenceList>(&params).await?.agents;
                let agent = named(&self.to, &agents)?;
                let handle = agent.handle.clone().unwrap_or_else(|| agent.agent.clone());
                let thread = agent.thread_id.clone().ok_or_else(|| no_thread(&handle))?;
                // A person's message in the session's thread is for the agent. An agent has to mention the other one.
                let text = match self.acting.agent() {
                    Some(_) => format!("@{handle} {}", self.text),
                    None => self.text.clone(),
                };
                (thread, text, Some(handle))
            }
        };
        self.append(local, thread_id, text).await?;
        let told = told.unwrap_or_else(|| "everyone in the thread".into());
        writeln!(terminal::out(), "Sent to {}.", shown::line(&told))?;
        Ok(())
    }

    async fn append(&self, local: &Local, thread_id: ThreadId, content: String) -> Result<(), Failure> {
        let params = EventAppendParams {
            thread_id,
            kind: Strict(WorkroomEventKind::Message { content }),
            reply_to: None,
            idempotency_key: None,
        };
        local.ask::<EventAppend>(&params).await?;
        Ok(())
    }
}

/// The agent with this handle, or the only session of the agent with this name.
fn named<'a>(name: &str, agents: &'a [AgentPresence]) -> Result<&'a AgentPresence, Failure> {
    let name = name.strip_prefix('@').unwrap_or(name);
    let by_handle =
        |agent: &&AgentPresence| agent.handle.as_deref().is_some_and(|own| handle::same(own, name));
    if let Some(agent) = agents.iter().find(by_handle) {
        return Ok(agent);
    }
    let of_kind: Vec<_> = agents.iter().filter(|agent| agent.agent == name).collect();
    match of_kind[..] {
        [agent] => Ok(agent),
        [] => Err(Failure::message(format!(
            "no agent {name:?} is running here, and it is not the id or link of a thread; `workroom agents` lists the \
             agents"
        ))),
        _ => Err(Failure::message(format!(
            "several sessions of {name} are running; name one by its handle, as listed by `workroom agents`"
        ))),
    }
}

fn no_thread(handle: &str) -> Failure {
    Failure::message(format!(
        "{} has no thread yet: its session begins with its first prompt",
        shown::line(handle)
    ))
}

/// Stop all wakes: messages wait until an agent's next prompt
#[cfg(unix)]
#[derive(Debug, clap::Subcommand)]
pub(super) enum Quiet {
    /// Wake no agent
    On,
    /// Wake agents again
    Off,
    /// Print whether wakes are stopped
    Status,
}

#[cfg(unix)]
impl Quiet {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let home = place.folder()?;
        match self {
            Self::On => workroom_capture::set_quiet(home, true)?,
            Self::Off => workroom_capture::set_quiet(home, false)?,
            Self::Status => {}
        }
        let text = match workroom_capture::is_quiet(home) {
            true => "Messages wake no agent.",
            false => "Messages wake agents.",
        };
        writeln!(terminal::out(), "{text}")?;
        Ok(ExitCode::SUCCESS)
    }
}
