//! `workroom inbox`

mod display;

use std::collections::HashMap;
use std::io::Write;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde::Serialize;
use workroom_protocol::event::{EventReadParams, WorkroomEventKind};
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::inbox::{
    InboxArchiveParams, InboxChanged, InboxItem, InboxListParams, InboxListResponse, InboxMarkReadParams,
    InboxReason, InboxSubscribeParams, InboxSubscribeResponse, InboxView,
};
use workroom_protocol::json::Json;
use workroom_protocol::methods::{EventRead, InboxArchive, InboxList, InboxMarkRead, InboxSubscribe};

use self::display::{group, more, of_view, outcome};
use super::failure::Failure;
use super::link;
use super::local::Local;
use super::place::{Acting, Place};
use super::tail::follow;
use super::{Outcome, runtime, terminal};
use workroom_rpc::peer::FollowError;

// A person looks through about this many threads; the command prints the number of the others.
const SHOWN: u32 = 50;
// The maximum that one request reads.
const PAGE: u32 = 200;

/// Show your pending items and what is new
///
/// Pending items come first: approvals, questions and failures. Then come mentions, direct messages, receipts and
/// everything else.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom inbox
  workroom inbox --view mentions
  workroom inbox --all
  workroom inbox --done thr_…@57                 mark it as done up to what was shown
  workroom inbox --watch")]
pub(super) struct Inbox {
    /// Show one view: all, direct, mentions, active, needs_approval, needs_human, failed, receipts, saved, snoozed or
    /// done
    #[arg(long, value_name = "VIEW", value_parser = view)]
    view: Option<InboxView>,
    /// The maximum number of threads to show. Pending items are always shown
    #[arg(long, value_name = "N", default_value_t = SHOWN, value_parser = clap::value_parser!(u32).range(1..),
          conflicts_with_all = ["watch", "read", "done"])]
    limit: u32,
    /// Show all threads
    #[arg(long, conflicts_with_all = ["limit", "watch", "read", "done"])]
    all: bool,
    /// Keep running and print changes until interrupted
    #[arg(long)]
    watch: bool,
    /// Print the result of `inbox/list` as JSON; with --watch also each `inbox/changed`
    #[arg(long)]
    json: bool,
    /// Mark a thread as read up to what was shown, such as `thr_…@57`
    #[arg(long, value_name = "THREAD@SEQ", conflicts_with_all = ["done", "watch", "view"])]
    read: Option<Shown>,
    /// Mark a thread as done up to what was shown, such as `thr_…@57`; later events stay
    #[arg(long, value_name = "THREAD@SEQ", conflicts_with_all = ["watch", "view"])]
    done: Option<Shown>,
    #[command(flatten)]
    acting: Acting,
}

fn view(name: &str) -> Result<InboxView, String> {
    let known = || InboxView::ALL.map(InboxView::name).join(", ");
    InboxView::of_name(name).ok_or_else(|| format!("the views are {}", known()))
}

/// A thread, and the last position of it that was shown.
#[derive(Debug, Clone)]
struct Shown {
    thread: ThreadId,
    upto: u64,
}

impl FromStr for Shown {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (thread, upto) = text
            .rsplit_once('@')
            .ok_or("the position is missing: use the form `thr_…@57`, as printed by `inbox`")?;
        let upto = upto.parse().map_err(|_| format!("`{upto}` is not a position"))?;
        let thread = link::thread(thread)?;
        Ok(Self { thread, upto })
    }
}

impl Inbox {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let runtime = runtime()?;
        if self.watch {
            runtime.block_on(self.follow(&local))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut out = terminal::out();
        if let Some(Shown { thread, upto }) = self.read.or(self.done.clone()) {
            let (thread_id, thread_ids, upto_seq) = (Some(thread), None, upto);
            let answer = runtime.block_on(async {
                match self.done {
                    Some(_) => {
                        let params = InboxArchiveParams { thread_id, thread_ids, upto_seq };
                        local.ask::<InboxArchive>(&params).await
                    }
                    None => {
                        let params = InboxMarkReadParams { thread_id, thread_ids, upto_seq };
                        local.ask::<InboxMarkRead>(&params).await
                    }
                }
            })?;
            if self.json {
                terminal::json(&mut out, &answer, terminal::stdout_is_terminal())?;
            } else {
                let word = if self.done.is_some() { "Done" } else { "Read" };
                for item in read(&answer.items)? {
                    write!(out, "{}", outcome(word, &item))?;
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
        let limit = if self.all { usize::MAX } else { self.limit as usize };
        if self.json {
            let list = runtime.block_on(list(&local, self.view.unwrap_or_default(), limit))?;
            terminal::json(&mut out, &list, terminal::stdout_is_terminal())?;
            return Ok(ExitCode::SUCCESS);
        }
        let text = match self.view {
            Some(view) => {
                let (list, asked) = runtime.block_on(async {
                    let list = list(&local, view, limit).await?;
                    let asked = questions(&local, &read(&list.items)?).await?;
                    Ok::<_, Failure>((list, asked))
                })?;
                let mut text = of_view(&read(&list.items)?, &asked);
                more(&mut text, list.items.len() as u64, count(&list, view));
                text
            }
            None => runtime.block_on(everything(&local, limit))?,
        };
        match text.is_empty() {
            true if self.view.is_some() => writeln!(terminal::err(), "No threads in this view.")?,
            true => writeln!(terminal::err(), "Your inbox is empty.")?,
            false => write!(out, "{text}")?,
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn follow(&self, local: &Local) -> Result<(), Failure> {
        let params = InboxSubscribeParams { view: self.view, limit: Some(SHOWN), ..Default::default() };
        let begun = |page: InboxSubscribeResponse| {
            if self.json {
                return as_json(&page);
            }
            let mut items = read(&page.items)?;
            // The newest item is printed last, because a reader who watches looks at the end of the output.
            items.reverse();
            Ok(strip(of_view(&items, &Questions::new())))
        };
        let told = |told: Result<InboxChanged, FollowError>| match told {
            Ok(changed) if self.json => as_json(&changed),
            Ok(changed) => Ok(strip(of_view(&read(&changed.items)?, &Questions::new()))),
            Err(FollowError::Ended(ended)) if self.json => as_json(&ended),
            Err(FollowError::Ended(_)) => Err(Failure::message("the subscription to the inbox ended")),
            Err(unreadable) => Err(unreadable.into()),
        };
        follow::<InboxSubscribe>(local, &params, begun, told).await
    }
}

/// A line of JSON output.
fn as_json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value)?;
    Ok(format!("{}\n", terminal::escaped(&text)))
}

/// Removes styles if the output is not a terminal. Watched output does not pass through the stream that normally
/// removes them.
fn strip(text: String) -> String {
    if terminal::stdout_is_terminal() { text } else { anstream::adapter::strip_str(&text).to_string() }
}

/// Reads the first `limit` items of a view.
async fn list(local: &Local, view: InboxView, limit: usize) -> Result<InboxListResponse, Failure> {
    let page = |left: usize| Some(u32::try_from(left).unwrap_or(PAGE).min(PAGE));
    let mut params = InboxListParams { view: Some(view), limit: page(limit), ..Default::default() };
    let mut list = local.ask::<InboxList>(&params).await?;
    while list.next_cursor.is_some() && list.items.len() < limit {
        params.cursor = list.next_cursor.take();
        params.limit = page(limit - list.items.len());
        let next = local.ask::<InboxList>(&params).await?;
        list.items.extend(next.items);
        list.next_cursor = next.next_cursor;
    }
    Ok(list)
}

/// The full texts of questions, by event. Answering is a decision too, and nobody should decide on a truncated text.
type Questions = HashMap<EventId, String>;

/// Reads the questions whose previews are truncated.
async fn questions(local: &Local, items: &[InboxItem]) -> Result<Questions, Failure> {
    let asks = items.iter().flat_map(|item| &item.standing.asks);
    let mut questions = Questions::new();
    for ask in asks.filter(|ask| ask.cut.is_some() && ask.reason == InboxReason::NeedsHuman) {
        let event_id = ask.event_id.clone();
        let event = local.ask::<EventRead>(&EventReadParams { event_id }).await?.event.read()?;
        if let WorkroomEventKind::NeedsHuman { reason } = event.kind {
            questions.insert(event.id, reason);
        }
    }
    Ok(questions)
}

fn read(items: &[Json<InboxItem>]) -> Result<Vec<InboxItem>, Failure> {
    Ok(items.iter().map(Json::read).collect::<serde_json::Result<_>>()?)
}

fn count(list: &InboxListResponse, view: InboxView) -> u64 {
    let counts = &list.counts;
    match view {
        InboxView::All => counts.all,
        InboxView::Direct => counts.direct,
        InboxView::Mentions => counts.mentions,
        InboxView::Active => counts.active,
        InboxView::NeedsApproval => counts.needs_approval,
        InboxView::NeedsHuman => counts.needs_human,
        InboxView::Failed => counts.failed,
        InboxView::Receipts => counts.receipts,
        InboxView::Saved => counts.saved,
        InboxView::Snoozed => counts.snoozed,
        InboxView::Done => counts.done,
    }
}

/// Whether the thread has an item that needs the person's action. After a retry of a failure was requested, the action
/// is the agent's.
fn waits_for_person(item: &InboxItem) -> bool {
    item.standing.asks.iter().any(|ask| !ask.retried)
}

/// Pending items, then new events by kind. Pending items are shown however old they are.
async fn everything(local: &Local, limit: usize) -> Result<String, Failure> {
    let mut asking: Vec<InboxItem> = Vec::new();
    for view in [InboxView::NeedsApproval, InboxView::NeedsHuman, InboxView::Failed] {
        for item in read(&list(local, view, usize::MAX).await?.items)? {
            if !asking.iter().any(|known| known.thread_id == item.thread_id) {
                asking.push(item);
            }
        }
    }
    let asked = questions(local, &asking).await?;
    let page = list(local, InboxView::All, limit).await?;
    let total = page.counts.all;
    let all = read(&page.items)?;
    let is_in_all = |item: &&InboxItem| item.standing.views.contains(&InboxView::All);
    let beyond = |item: &&InboxItem| !all.iter().any(|known| known.thread_id == item.thread_id);
    let shown = (all.len() + asking.iter().filter(is_in_all).filter(beyond).count()) as u64;
    let rest: Vec<_> = all
        .into_iter()
        .filter(|item| !asking.iter().any(|known| known.thread_id == item.thread_id))
        .collect();
    let (waits, retried): (Vec<_>, Vec<_>) = asking.into_iter().partition(waits_for_person);
    let mut text = String::new();
    group(&mut text, "Pending", &waits, &asked);
    group(&mut text, "Retrying", &retried, &asked);
    for (title, reasons) in [
        ("Mentions", &[InboxReason::Mention][..]),
        ("Direct", &[InboxReason::Direct, InboxReason::Reply, InboxReason::Decision, InboxReason::Retry][..]),
        ("Receipts", &[InboxReason::Receipt][..]),
        ("Messages", &[InboxReason::Message][..]),
    ] {
        let first = |item: &&InboxItem| {
            item.standing.reasons.first().is_some_and(|first| reasons.contains(&first.reason))
        };
        let of_group: Vec<_> = rest.iter().filter(first).cloned().collect();
        group(&mut text, title, &of_group, &asked);
    }
    let others: Vec<_> = rest.into_iter().filter(|item| item.standing.reasons.is_empty()).collect();
    group(&mut text, "Moved back", &others, &asked);
    more(&mut text, shown, total);
    Ok(text)
}
