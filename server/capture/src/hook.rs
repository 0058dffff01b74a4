//! The hook: what an agent runs for each thing that happens.
//!
//! It never fails the agent, prints nothing but an answer, and ends when the agent ends. Whatever goes wrong here, the
//! agent continues as if there were no hook.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use workroom_clock::Clock;
use workroom_processes::{Companion, agent_process, is_alive};
use workroom_protocol::exact::ExactJson;
use workroom_redact::Redactor;
use workroom_rpc::peer::Peer;

use super::agent::Agent;
use super::answer::Answer;
use super::last::last_event_file;
use super::sign::{ProcessId, Sign, What};
use super::wire::{self, Asked, ReportParams, TookParams};
use super::{away, hosts, spool};

// Tools can return large files. What is longer is not read, and the agent's own dialog remains.
const MAX_INPUT: u64 = 16 * 1024 * 1024;
// The largest action that can be shown to a person as a whole. Events have at most 1 MiB.
const MAX_ASKED: usize = 256 * 1024;
// How long an agent waits for each kind of hook, at most.
const FOR_NOTICE: Duration = Duration::from_millis(5);
const FOR_NEWS: Duration = Duration::from_millis(100);
const FOR_CONTEXT: Duration = Duration::from_secs(2);
const FOR_COMPANION: Duration = Duration::from_secs(5);
const MAX_COMPANIONS: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// What a hook runs with.
pub struct Hook<'a> {
    /// The folder of the store.
    pub home: &'a Path,
    /// The agent.
    pub agent: Agent,
    /// The event, in the agent's own name.
    pub event: &'a str,
    /// What time it is.
    pub clock: Clock,
    /// Starts the companion of a session, in the background.
    pub start: &'a dyn Fn(Agent, &str) -> io::Result<()>,
}

/// What the hook has stored, and what it waits for.
struct Reported {
    session: String,
    companion: Companion,
    process: Option<ProcessId>,
    params: ReportParams,
}

impl Hook<'_> {
    /// Reads the event from `input`, stores it, and gives the answer to `print`, if there is any.
    pub async fn run(&self, input: impl Read, print: impl FnOnce(&str) -> io::Result<()>) {
        let Ok(Some(reported)) = self.report(input) else { return };
        self.start_companion(&reported);
        let params = &reported.params;
        let limit = match params {
            ReportParams { ask: Some(_), .. } => None,
            ReportParams { waits: true, .. } => Some(FOR_CONTEXT),
            // Nothing is written for this answer, so the store does not delay it.
            ReportParams { takes_context: true, .. } => Some(FOR_NEWS),
            _ => Some(FOR_NOTICE),
        };
        let Some((peer, answer)) = self.answer(&reported, limit).await else {
            // The companion may have ended just after this hook saw it.
            self.start_companion(&reported);
            return;
        };
        let Some(text) = hosts::write(self.agent, self.event, &answer) else { return };
        if print(&text).is_ok()
            && let Some(texts_upto) = answer.texts_upto
        {
            // Without this, the next hook gives the agent the same texts again. That is better than to lose them.
            let params = TookParams { texts_upto };
            let _ = tokio::time::timeout(FOR_NEWS, peer.call::<wire::Took>(&params)).await;
        }
    }

    /// Stores the event in the spool of its session.
    fn report(&self, input: impl Read) -> io::Result<Option<Reported>> {
        let mut bytes = Vec::new();
        input.take(MAX_INPUT).read_to_end(&mut bytes)?;
        // Tools can return bytes of any file.
        let text = String::from_utf8_lossy(&bytes);
        let value: Value = serde_json::from_str(&text)?;
        let ask = uuid::Uuid::new_v4().simple().to_string();
        let Some(mut report) = hosts::read(self.agent, self.event, &value, &ask) else { return Ok(None) };
        let asked = self.asked(&report.what, &text);
        if let What::Ask { used, .. } = &report.what
            && asked.is_none()
        {
            report.what = What::Dialog { text: hosts::line(used), used: Some(used.clone()) };
        }
        let process = agent_process().map(|found| ProcessId { pid: found.pid, started: found.started });
        let takes_context = hosts::takes_context(self.agent, self.event);
        let waits = match &report.what {
            What::Started { .. } => takes_context,
            What::Prompt { text } => takes_context && text.contains("codewhale://"),
            _ => false,
        };
        let companion = Companion::of(self.home, self.agent.name(), &report.session);
        let sign = Sign {
            agent: self.agent,
            session: report.session,
            at: self.clock.now(),
            folder: report.folder,
            process,
            model: report.model,
            subagent: report.subagent,
            socket: hosts::socket(self.agent),
            what: report.what,
        };
        let line = serde_json::to_string(&sign)?;
        companion.create_folder()?;
        let position = spool::append(&companion, &Redactor::of_environment().json(&line))?;
        // For `workroom hooks status`, which tells when the last real event came.
        let _ = fs::write(last_event_file(self.home, self.agent), "");
        let session = sign.session;
        let params = ReportParams { position, ask: asked, takes_context, waits };
        Ok(Some(Reported { session, companion, process, params }))
    }

    /// The request for permission that this hook waits for. `None` if there is none, if it cannot be shown as a whole, or
    /// if the agent's own dialog comes first.
    fn asked(&self, what: &What, text: &str) -> Option<Asked> {
        let What::Ask { ask, used } = what else { return None };
        if hosts::blocks_its_dialog(self.agent) && away::until(self.home, self.clock.now()).is_none() {
            return None;
        }
        let input = whole_input(text)?;
        (input.text().len() <= MAX_ASKED).then(|| Asked {
            ask: ask.clone(),
            tool: used.tool.clone(),
            input,
            call: used.call.clone(),
        })
    }

    fn start_companion(&self, reported: &Reported) {
        if !reported.companion.is_alive() {
            // The next hook tries again. What is in the spool is not lost.
            let _ = (self.start)(self.agent, &reported.session);
        }
    }

    /// The answer of the companion, or `None` if there is none in time.
    async fn answer(&self, reported: &Reported, limit: Option<Duration>) -> Option<(Peer, Answer)> {
        let calling = async || {
            let peer =
                connect(&reported.companion, limit.unwrap_or(FOR_COMPANION).min(FOR_COMPANION)).await?;
            let answer = peer.call::<wire::Report>(&reported.params).await.ok()?;
            Some((peer, answer))
        };
        // A companion can end while the agent waits. The next one asks for the same approval, by the id of the request.
        let asking = async {
            for _ in 0..MAX_COMPANIONS {
                if let Some(answer) = calling().await {
                    return Some(answer);
                }
                self.start_companion(reported);
            }
            None
        };
        match limit {
            Some(limit) => tokio::time::timeout(limit, calling()).await.ok()?,
            None => tokio::select! {
                answer = asking => answer,
                () = ended(reported.process) => None,
            },
        }
    }
}

/// The arguments of the tool exactly as the agent sent them.
fn whole_input(text: &str) -> Option<ExactJson> {
    #[derive(serde::Deserialize)]
    struct Input<'t> {
        #[serde(borrow, alias = "toolInput", alias = "toolArgs", alias = "metadata")]
        tool_input: Option<&'t RawValue>,
        #[serde(borrow)]
        questions: Option<&'t RawValue>,
    }
    let input: Input<'_> = serde_json::from_str(text).ok()?;
    match (input.tool_input, input.questions) {
        (Some(input), _) => ExactJson::parse(input.get()).ok(),
        (None, Some(questions)) => ExactJson::parse(&format!("{{\"questions\":{}}}", questions.get())).ok(),
        (None, None) => ExactJson::parse("{}").ok(),
    }
}

/// Connects to the companion, which may still be starting.
async fn connect(companion: &Companion, limit: Duration) -> Option<Peer> {
    let trying = async {
        loop {
            match super::socket::connect(companion).await {
                Ok(stream) => {
                    let (input, output) = tokio::io::split(stream);
                    return Peer::connect(input, output);
                }
                Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
            }
        }
    };
    tokio::time::timeout(limit, trying).await.ok()
}

/// Returns when the agent has ended.
async fn ended(process: Option<ProcessId>) {
    let Some(ProcessId { pid, started }) = process else { return std::future::pending().await };
    while is_alive(pid, started) {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
