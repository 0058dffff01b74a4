//! `workroom tail`

use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use workroom_protocol::Method;
use workroom_protocol::event::EventSubscribeParams;
use workroom_protocol::methods::EventSubscribe;

use super::failure::Failure;
use super::link::{self, Part};
use super::local::{Local, read_answer, request};
use super::place::{Acting, Place};
use super::signals::Signals;
use super::{Outcome, runtime, terminal};
use crate::surface::stdio::Output;

// Bytes of events on their way to a slow reader; past it the subscription waits, as any client's does.
const WAITING_BYTES: usize = 64 * 1024;

/// Print events as lines of JSON, as they happen
///
/// Events of every process that writes to the store. Goes on until it is interrupted or nobody reads its output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom tail all
  workroom tail codewhale://workroom/wr_…/thread/thr_… --after-seq 0
  workroom tail all --kinds failure,needs_human | while read -r event; do notify-send \"$event\"; done")]
pub(super) struct Tail {
    /// The link of a workroom or a thread, or `all`
    link: Target,
    /// First the events after this position; 0 for all of them
    #[arg(long, value_name = "N")]
    after_seq: Option<u64>,
    /// Only events of these kinds, such as `message,failure`
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
        let request = request(EventSubscribe::NAME, Some(&serde_json::value::to_raw_value(&params)?))?;
        let local = Local::new(place, &self.acting);
        runtime()?.block_on(follow(&local, &request))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints the events of a subscription.
async fn follow(local: &Local, request: &str) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Notification<'a> {
        #[serde(borrow)]
        params: Params<'a>,
    }
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow)]
        event: &'a RawValue,
    }
    let event = |line: &str| {
        let Notification { params: Params { event } } = serde_json::from_str(line)?;
        Ok(format!("{}\n", terminal::escaped(event.get())))
    };
    watch(local, request, |_| Ok(String::new()), event).await
}

/// Makes a request and prints what `answer` makes of its result, and then what `told` makes of each line that comes,
/// until it is interrupted or nobody reads.
pub(super) async fn watch(
    local: &Local,
    request: &str,
    answer: impl Fn(&RawValue) -> Result<String, Failure>,
    told: impl Fn(&str) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let mut signals = Signals::new()?;
    let mut output = Output::stdout()?;
    let closed = output.closed();
    let (mut client, server) = tokio::io::duplex(WAITING_BYTES);
    let (input, answers) = tokio::io::split(server);
    let print = async {
        client.write_all(request.as_bytes()).await?;
        let mut client = BufReader::new(client);
        let mut line = String::new();
        client.read_line(&mut line).await?;
        local.answered();
        output.write_all(answer(&read_answer(line.as_bytes())?)?.as_bytes()).await?;
        loop {
            line.clear();
            if client.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            output.write_all(told(&line)?.as_bytes()).await?;
        }
    };
    tokio::select! {
        served = local.serve(input, answers) => Ok(served?),
        printed = print => printed,
        () = closed => Ok(()),
        () = signals.next() => Ok(()),
    }
}
