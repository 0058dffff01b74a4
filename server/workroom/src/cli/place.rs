//! The folder of the store, and the identity that a command acts as.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use workroom_protocol::actor::AgentAttribution;
use workroom_protocol::server::Durability;

use super::failure::Failure;
use crate::config::{self, Home};
use workroom_api::{self as api, AppConfig, MAX_LINE_BYTES, Naming};

/// The folder of the store; `None` if it is unknown.
pub(super) struct Place {
    home: Option<Home>,
    given: Option<PathBuf>,
    owner: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

impl Place {
    /// Returns the place that the arguments describe. It is an error if they name a token that cannot be read: the
    /// caller wanted to use a token, so the process must not act as the owner instead.
    pub(super) fn new(
        given: Option<PathBuf>,
        owner: Option<String>,
        token_file: Option<&Path>,
    ) -> Result<Self, Failure> {
        let token = match token_file {
            Some(file) => Some(config::token_of_file(file).map_err(|error| {
                Failure::message(format!("cannot read the token file {}: {error}", file.display()))
            })?),
            None => config::token(),
        };
        Ok(Self {
            home: config::home(given.clone()),
            given,
            owner,
            token,
            token_file: token_file.map(Path::to_owned),
        })
    }

    /// The folder from the command line or a variable.
    pub(super) fn named_home(&self) -> Option<&Path> {
        let by_variable = || {
            let home = self.home.as_ref().filter(|home| home.named_by.ends_with("_HOME"))?;
            Some(home.path.as_path())
        };
        self.given.as_deref().or_else(by_variable)
    }

    /// The file with the token, from the command line.
    pub(super) fn token_file(&self) -> Option<&Path> {
        self.token_file.as_deref()
    }

    /// Whether this process uses a token.
    pub(super) fn bears_a_token(&self) -> bool {
        self.token.is_some()
    }

    pub(super) fn home(&self) -> Option<&Home> {
        self.home.as_ref()
    }

    /// Returns the folder of the store, for commands that cannot work without it.
    pub(super) fn folder(&self) -> Result<&Path, Failure> {
        let Some(home) = &self.home else {
            return Err(Failure::message(
                "the folder of the store is unknown: use --home, or set WORKROOM_HOME",
            ));
        };
        Ok(&home.path)
    }

    /// Returns the settings of a server in this process, unless its arguments change them.
    pub(super) fn config(&self) -> AppConfig {
        AppConfig {
            home: self.home.as_ref().map(|home| home.path.clone()).unwrap_or_default(),
            durability: Durability::Full,
            owner: self.owner.clone(),
            account: config::account,
            max_line_bytes: MAX_LINE_BYTES,
            via: "workroom",
            token: self.token.clone().map(api::Secret::presented),
            clock: super::clock(),
        }
    }
}

/// The identity that a command acts as.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Acting {
    /// Act as this agent instead of as yourself
    ///
    /// Events are attributed to the agent. The agent cannot decide approvals.
    #[arg(long = "agent", value_name = "PROVIDER/MODEL/AGENT_ID")]
    agent: Option<Agent>,
    /// The name of the agent's session. Commands with the same name share one session
    ///
    /// A session has its own handle, requests and idempotency keys.
    #[arg(long, env = "WORKROOM_SESSION", value_name = "NAME")]
    session: Option<String>,
}

impl Acting {
    pub(super) fn agent(&self) -> Option<AgentAttribution> {
        self.agent.as_ref().map(|agent| agent.0.clone())
    }

    /// Returns the identity, or the agent `script` if neither an agent nor a token is given. You can decide what the
    /// agent `script` requests, and as an agent it cannot decide anything itself.
    pub(super) fn or_script(self, place: &Place) -> Self {
        if self.agent.is_some() || place.bears_a_token() {
            return self;
        }
        let script =
            AgentAttribution { provider: "local".into(), model: SCRIPT.into(), agent_id: SCRIPT.into() };
        Self { agent: Some(Agent(script)), ..self }
    }

    /// Returns the identity, or the agent that this command runs inside of, if neither an agent nor a token is given: what
    /// an agent writes must not look like its user's words.
    pub(super) fn or_host(self, place: &Place) -> Self {
        let host = workroom_processes::agent().filter(|_| self.agent.is_none() && !place.bears_a_token());
        let Some(host) = host else { return self };
        let agent =
            AgentAttribution { provider: "unknown".into(), model: "unknown".into(), agent_id: host.into() };
        Self { agent: Some(Agent(agent)), ..self }
    }

    /// Returns the agent of a command, which continues the session of earlier commands.
    pub(super) fn of_command(&self) -> Option<Naming> {
        // The key is not secret: sessions of this agent can only be resumed by the same owner, or with the same token.
        let session_key = Some(format!("command line {}", self.session.as_deref().unwrap_or_default()));
        Some(Naming { agent: self.agent()?, session_key })
    }

    /// Returns the agent of a server. Its session ends with the server, unless the session has a name.
    pub(super) fn of_server(&self) -> Option<Naming> {
        Some(Naming { agent: self.agent()?, session_key: self.session_key() })
    }

    /// Returns the key by which a server continues the session of an earlier one, if the session has a name.
    pub(super) fn session_key(&self) -> Option<String> {
        self.session.as_ref().map(|name| format!("command line {name}"))
    }
}

/// The handle of a script that does not name an agent.
const SCRIPT: &str = "script";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Agent(AgentAttribution);

impl FromStr for Agent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Some model names contain slashes; names of providers and agents do not.
        let parts =
            text.split_once('/').and_then(|(provider, rest)| Some((provider, rest.rsplit_once('/')?)));
        let (provider, (model, agent_id)) =
            parts.ok_or("expected PROVIDER/MODEL/AGENT_ID, such as acme/large-2/builder")?;
        let agent =
            AgentAttribution { provider: provider.into(), model: model.into(), agent_id: agent_id.into() };
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
