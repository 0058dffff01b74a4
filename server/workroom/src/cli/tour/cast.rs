//! Who takes part.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::player::Player;
use super::stage::{Role, Stage};
use crate::cli::failure::Failure;

// Far more than an orderly end takes.
const MAX_END: Duration = Duration::from_secs(5);

/// A person and two agents, each with a server process of their own on one store.
pub(super) struct Cast {
    home: PathBuf,
    pub(super) you: Player,
    agents: Vec<Player>,
}

impl Cast {
    /// The person alone; agents join later.
    pub(super) fn new(home: &Path) -> Result<Self, Failure> {
        Ok(Self { home: home.to_owned(), you: Player::start(Role::You, home)?, agents: Vec::new() })
    }

    /// An agent starts a server of its own and says who it is. One that is back takes its former place.
    pub(super) async fn join(&mut self, stage: &Stage, role: Role, epoch: &Value) -> Result<(), Failure> {
        let mut player = Player::start(role, &self.home)?;
        let params = json!({
            "client_info": {"name": "workroom-tour", "version": env!("CARGO_PKG_VERSION")},
            "agent": agent(role),
            // One that is back goes on in its session.
            "session_key": format!("the tour's {}", role.name()),
            "epoch": epoch,
        });
        player.call(stage, "initialize", params).await?;
        self.agents.retain(|other| other.role() != role);
        self.agents.push(player);
        Ok(())
    }

    /// One more window of the person. Whoever asked for it ends it.
    pub(super) fn window(&self) -> Result<Player, Failure> {
        Player::start(Role::Window, &self.home)
    }

    /// The agent of this role, who must have joined, and the person.
    pub(super) fn with(&mut self, role: Role) -> Result<(&mut Player, &mut Player), Failure> {
        let agent = self.agents.iter_mut().find(|agent| agent.role() == role);
        let agent = agent.ok_or_else(|| Failure::message(format!("{} has not joined", role.name())))?;
        Ok((agent, &mut self.you))
    }

    /// Ends every server: in order after a tour that went well, and at once after one that did not.
    pub(super) async fn end(mut self, in_order: bool) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for player in self.agents.iter_mut().chain([&mut self.you]) {
            if in_order {
                let ended = tokio::time::timeout(MAX_END, player.end()).await;
                outcome =
                    outcome.and(ended.unwrap_or_else(|_| Err(Failure::message("a server does not end"))));
            }
            // Does nothing to one that has ended, and leaves none behind that has not.
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
