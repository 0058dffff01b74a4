//! The participants.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::player::Player;
use super::stage::{Role, Stage};
use crate::cli::failure::Failure;

// Far longer than an orderly stop takes.
const MAX_END: Duration = Duration::from_secs(5);

/// A person and two agents, each with their own server process on the same store.
pub(super) struct Cast {
    home: PathBuf,
    pub(super) you: Player,
    agents: Vec<Player>,
}

impl Cast {
    /// Creates the person; agents join later.
    pub(super) fn new(home: &Path) -> Result<Self, Failure> {
        Ok(Self { home: home.to_owned(), you: Player::start(Role::You, home)?, agents: Vec::new() })
    }

    /// Starts a server for an agent and identifies the agent. An agent that returns replaces its earlier process.
    pub(super) async fn join(&mut self, stage: &Stage, role: Role, epoch: &Value) -> Result<(), Failure> {
        let mut player = Player::start(role, &self.home)?;
        let params = json!({
            "client_info": {"name": "workroom-tour", "version": env!("CARGO_PKG_VERSION")},
            "agent": agent(role),
            // An agent that returns continues its session.
            "session_key": format!("the tour's {}", role.name()),
            "epoch": epoch,
        });
        player.call(stage, "initialize", params).await?;
        self.agents.retain(|other| other.role() != role);
        self.agents.push(player);
        Ok(())
    }

    /// Opens another window of the person. The caller must close it.
    pub(super) fn window(&self) -> Result<Player, Failure> {
        Player::start(Role::Window, &self.home)
    }

    /// Returns the agent of this role, who must have joined, and the person.
    pub(super) fn with(&mut self, role: Role) -> Result<(&mut Player, &mut Player), Failure> {
        let agent = self.agents.iter_mut().find(|agent| agent.role() == role);
        let agent = agent.ok_or_else(|| Failure::message(format!("{} has not joined", role.name())))?;
        Ok((agent, &mut self.you))
    }

    /// Stops every server: in order after a successful tour, and immediately after a failed one.
    pub(super) async fn end(mut self, in_order: bool) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for player in self.agents.iter_mut().chain([&mut self.you]) {
            if in_order {
                let ended = tokio::time::timeout(MAX_END, player.end()).await;
                outcome =
                    outcome.and(ended.unwrap_or_else(|_| Err(Failure::message("a server does not stop"))));
            }
            // This has no effect on a server that has ended, and leaves no running server behind.
            player.kill().await?;
        }
        outcome
    }
}

/// The agents of the tour: two models of two providers.
fn agent(role: Role) -> Value {
    let (provider, model) = match role {
        Role::Reviewer => ("anthropic", "claude-opus-5"),
        _ => ("deepseek", "deepseek-v4"),
    };
    json!({"provider": provider, "model": model, "agent_id": role.name()})
}
