//! Where the store is, and whom a command acts as.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use workroom_protocol::actor::AgentAttribution;
use workroom_protocol::server::Durability;

use super::failure::Failure;
use crate::api::{self, AppConfig, MAX_LINE_BYTES};
use crate::config::{self, Home};

/// The folder of the store, if there is one.
pub(super) struct Place {
    home: Option<Home>,
    given: Option<PathBuf>,
}

impl Place {
    pub(super) fn new(given: Option<PathBuf>) -> Self {
        Self { home: config::home(given.clone()), given }
    }

    /// The folder as the command line gave it.
    pub(super) fn given(&self) -> Option<&Path> {
        self.given.as_deref()
    }

    pub(super) fn home(&self) -> Option<&Home> {
        self.home.as_ref()
    }

    /// The folder of the store, for commands that can do nothing without it.
    pub(super) fn folder(&self) -> Result<&Path, Failure> {
        let Some(home) = &self.home else {
            return Err(Failure::message(
                "there is no folder for the store: give one with --home, or set WORKROOM_HOME",
            ));
        };
        Ok(&home.path)
    }

    /// How this process serves, unless its arguments say otherwise.
    pub(super) fn config(&self) -> AppConfig {
        AppConfig {
            home: self.home.as_ref().map(|home| home.path.clone()).unwrap_or_default(),
            durability: Durability::Full,
            owner: config::owner(),
            max_line_bytes: MAX_LINE_BYTES,
            via: "workroom",
            token: config::token().map(api::Secret::presented),
            clock: super::clock(),
        }
    }
}

/// Whom a command acts as.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Acting {
    /// Act as this agent instead of as yourself
    ///
    /// Its events are attributed to it, and it can decide no approvals.
    #[arg(long = "agent", value_name = "PROVIDER/MODEL/AGENT_ID")]
    agent: Option<Agent>,
}

impl Acting {
    pub(super) fn agent(&self) -> Option<AgentAttribution> {
        self.agent.as_ref().map(|agent| agent.0.clone())
    }

    /// The same; or the agent `script`, where nothing else says who acts: no other agent and no token. What it asks for
    /// is for you to decide, and as an agent it decides nothing itself.
    pub(super) fn or_script(self) -> Self {
        if self.agent.is_some() || config::token().is_some() {
            return self;
        }
        let is_owners = config::owner().eq_ignore_ascii_case(SCRIPT);
        let agent_id = if is_owners { format!("local-{SCRIPT}") } else { SCRIPT.into() };
        let script = AgentAttribution { provider: "local".into(), model: SCRIPT.into(), agent_id };
        Self { agent: Some(Agent(script)) }
    }
}

/// The handle of a script that does not say which agent it is.
const SCRIPT: &str = "script";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Agent(AgentAttribution);

impl FromStr for Agent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Models of some providers have slashes in their names; providers and agents have none.
        let parts =
            text.split_once('/').and_then(|(provider, rest)| Some((provider, rest.rsplit_once('/')?)));
        let (provider, (model, agent_id)) =
            parts.ok_or("three parts: provider, model and agent, such as acme/large-2/builder")?;
        let agent =
            AgentAttribution { provider: provider.into(), model: model.into(), agent_id: agent_id.into() };
        if agent.agent_id == config::owner() {
            return Err(format!("`{}` is your own handle; an agent has another", agent.agent_id));
        }
        api::check_agent("agent", agent).map(Self).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_provider_model_and_id() {
        let agent = |text: &str| {
            text.parse::<Agent>().ok().map(|Agent(agent)| [agent.provider, agent.model, agent.agent_id])
        };
        assert_eq!(agent("acme/large-2/builder"), Some(["acme", "large-2", "builder"].map(Into::into)));
        assert_eq!(
            agent("router/acme/large-2/builder"),
            Some(["router", "acme/large-2", "builder"].map(Into::into))
        );
        for bad in [
            "",
            "builder",
            "acme/builder",
            "//",
            "acme//builder",
            "/large-2/builder",
            "acme/large-2/",
            "acme/large-2/a b",
        ] {
            assert_eq!(agent(bad), None, "{bad}");
        }
    }
}
