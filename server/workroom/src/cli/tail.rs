//! `workroom tail`

use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use tokio::io::AsyncWriteExt;
use workroom_protocol::Notification;
use workroom_protocol::event::EventSubscribeParams;
use workroom_protocol::methods::EventSubscribe;

use super::failure::Failure;
use super::link::{self, Part};
use super::local::Local;
use super::place::{Acting, Place};
use super::signals::Signals;
use super::{Outcome, runtime, terminal};
use crate::surface::stdio::Output;
use workroom_rpc::peer::{FollowError, Peer, Subscribes};

/// Print events as lines of JSON, as they happen
///
/// Prints the events of every process that writes to the store, until it is interrupted or the reader of its output is
/// gone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom tail all
  workroom tail codewhale://workroom/wr_…/thread/thr_… --after-seq 0
  workroom tail all --kinds failure,needs_human | while read -r event; do notify-send \"$event\"; done")]
pub(super) struct Tail {
    /// The link or id of a workroom or a thread, or `all`
    link: Target,
    /// Print the events after this position first; 0 prints all events
    #[arg(long, value_name = "N")]
    after_seq: Option<u64>,
    /// Print only events of these kinds, such as `message,failure`
    #[arg(long, value_delimiter = ',', value_name = "KIND,…")]
    kinds: Option<Vec<String>>,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Debug, Clone)]
struct Target(Option<Part>);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" { Ok(Self(None)) } else { link::part(text).map(|part| Self(Some(part))) }
    }
}

impl Tail {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let mut params =
            EventSubscribeParams { after_seq: self.after_seq, kinds: self.kinds, ..Default::default() };
        match self.link.0 {
            Some(Part::Workroom(workroom)) => params.workroom_id = Some(workroom),
            Some(Part::Thread(thread)) => params.thread_id = Some(thread),
            None => {}
        }
        let local = Local::new(place, &self.acting);
        runtime()?.block_on(print(&local, &params))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the events of a subscription.
async fn print(local: &Local, params: &EventSubscribeParams) -> Result<(), Failure> {
    let line = |event: &str| format!("{}\n", terminal::escaped(event));
    follow::<EventSubscribe>(local, params, |_| Ok(String::new()), |told| Ok(line(told?.event.text()))).await
}

type Told<M> = Result<<<M as Subscribes>::Note as Notification>::Params, FollowError>;

/// Subscribes and prints the text that `begun` makes of the result, then the text that `told` makes of each
/// notification, until the command is interrupted or its output is closed.
pub(super) async fn follow<M: Subscribes>(
    local: &Local,
    params: &M::Params,
    begun: impl Fn(M::Result) -> Result<String, Failure>,
    told: impl Fn(Told<M>) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let mut output = Output::stdout()?;
    let closed = output.closed();
    let printing = local.connected(async |peer: Peer| {
        let (result, mut subscription) =
            peer.subscribe::<M>(params).await.inspect_err(|_| local.answered())?;
        local.answered();
        output.write_all(begun(result)?.as_bytes()).await?;
        while let Some(next) = subscription.next().await.transpose() {
            output.write_all(told(next)?.as_bytes()).await?;
        }
        Ok(())
    });
    tokio::select! {
        printed = printing => printed,
        () = closed => Ok(()),
        () = signals.next() => Ok(()),
    }
}
