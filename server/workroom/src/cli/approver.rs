//! `workroom approver`

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use workroom_protocol::approver::{ApproverSecret, ApproverSecretParams, ApproverSetParams, ApproverStatus};
use workroom_protocol::methods::{ApproverOff, ApproverSet, ApproverState};
use workroom_protocol::server::Empty;

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::FAINT;
use super::{Outcome, runtime, terminal};

/// Protect your decisions with a secret that your agents do not know
///
/// Any program that runs as you can run `workroom approve` as you. After you set an approver secret, every decision of
/// yours requires it, no matter which program makes the decision. Workroom asks for the secret at the terminal and
/// stores only a hash of it.
#[derive(Debug, Subcommand)]
pub(super) enum Approver {
    Set(Set),
    Off(Off),
    Status(Status),
}

/// Set or replace the approver secret
///
/// Choose a secret that you use nowhere else, and do not type it where an agent can read it, such as in the agent's own
/// terminal.
#[derive(Debug, Args)]
pub(super) struct Set {}

/// Remove the approver secret
#[derive(Debug, Args)]
pub(super) struct Off {}

/// Show whether an approver secret is set
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print the result of `approver/status` as JSON
    #[arg(long)]
    json: bool,
}

impl Approver {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &Acting::default());
        let runtime = runtime()?;
        let status = runtime.block_on(local.ask::<ApproverState>(&Empty {}))?;
        let mut out = terminal::out();
        match self {
            Self::Set(_) => {
                let current = status.set.then(|| ask("Current approver secret: ")).transpose()?;
                let secret = ask("New approver secret: ")?;
                if ask("Repeat the new approver secret: ")? != secret {
                    return Err(Failure::message("the two entries differ; nothing was changed"));
                }
                runtime.block_on(local.ask::<ApproverSet>(&ApproverSetParams { secret, current }))?;
                writeln!(out, "The approver secret is set. From now on, your decisions require it.")?;
            }
            Self::Off(_) if !status.set => writeln!(out, "No approver secret is set.")?,
            Self::Off(_) => {
                let secret = ask("Approver secret: ")?;
                runtime.block_on(local.ask::<ApproverOff>(&ApproverSecretParams { secret }))?;
                writeln!(out, "The approver secret is removed.")?;
            }
            Self::Status(Status { json: true }) => {
                terminal::json(&mut out, &status, terminal::stdout_is_terminal())?;
            }
            Self::Status(_) => print(&mut out, &status)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(out: &mut impl Write, status: &ApproverStatus) -> std::io::Result<()> {
    let Some(since) = status.set_at else {
        writeln!(out, "No approver secret is set: any program that runs as you can make decisions as you.")?;
        return writeln!(out, "{FAINT}To change that, run{FAINT:#} workroom approver set");
    };
    writeln!(out, "An approver secret has been set since {since}: your decisions require it.")?;
    match status.retry_at {
        Some(at) => writeln!(out, "Wrong secrets were entered; the next attempt is possible at {at}."),
        None => Ok(()),
    }
}

/// Asks for an approver secret at the terminal.
pub(super) fn ask(question: &str) -> Result<ApproverSecret, Failure> {
    terminal::secret(question).map(ApproverSecret::new)
}

// As often as other programs ask for a password.
const MAX_ATTEMPTS: u32 = 3;

/// Does something that may need the approver secret, which is asked for at the terminal only when it is needed. Where
/// there is no terminal, says where to `act` instead.
pub(super) fn with_secret<T>(
    act: &str,
    mut attempt: impl FnMut(Option<ApproverSecret>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut secret = None;
    for attempts in 0..MAX_ATTEMPTS {
        match attempt(secret.take()) {
            Err(failure) if failure.wants_approver_secret() => {
                if !terminal::stdin_is_terminal() {
                    let hint = format!("{act} at a terminal, where you are asked for it");
                    return Err(Failure::message(format!("{failure}: {hint}")));
                }
                if attempts > 0 {
                    writeln!(terminal::err(), "That was not it.")?;
                }
                secret = Some(ask("Approver secret: ")?);
            }
            done => return done,
        }
    }
    attempt(secret)
}
