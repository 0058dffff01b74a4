//! `workroom inbox`

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use workroom_protocol::actor::Actor;
use workroom_protocol::approval::ApprovalRisk;
use workroom_protocol::event::{EventReadParams, WorkroomEventKind};
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::inbox::{
    InboxArchiveParams, InboxChanged, InboxItem, InboxListParams, InboxListResponse, InboxMarkReadParams,
    InboxReason, InboxSubscribeParams, InboxSubscribeResponse, InboxView,
};
use workroom_protocol::json::Json;
use workroom_protocol::methods::{EventRead, InboxArchive, InboxList, InboxMarkRead, InboxSubscribe};

use super::failure::Failure;
use super::link;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::{ago, clip, wrap};
use super::tail::follow;
use super::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, columns};
use super::{Outcome, runtime, terminal};
use workroom_domain::shown;
use workroom_rpc::peer::FollowError;

// A person looks through about this many threads; the command prints the number of the others.
const SHOWN: u32 = 50;
// The maximum that one request reads.
const PAGE: u32 = 200;
// The indentation of an item's further lines.
const INDENT: usize = 12;
const DEFAULT_COLUMNS: usize = 100;

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

/// Describes the result of marking an item, and what remains of it.
fn outcome(word: &str, item: &InboxItem) -> String {
    let title = shown::line(&item.thread_title);
    let counts = item.standing.reasons.iter().filter(|reason| reason.reason.is_ask());
    let left: u64 = counts.map(|reason| reason.count).sum();
    let left = match (left, item.standing.unread) {
        (0, 0) => String::new(),
        (0, 1) => "; it has one new event".into(),
        (0, unread) => format!("; it has {unread} new events"),
        (1, _) => "; it stays until its pending item is resolved".into(),
        (asks, _) => format!("; it stays until its {asks} pending items are resolved"),
    };
    format!("{word}: {title}{left}\n")
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

/// Prints how many threads were shown, and how to see the rest.
fn more(text: &mut String, shown: u64, total: u64) {
    if shown < total {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            text,
            "{FAINT}{shown} of {total} threads; use --all for all, --limit N for more{FAINT:#}"
        );
    }
}

fn group(text: &mut String, title: &str, items: &[InboxItem], asked: &Questions) {
    if items.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{STRONG}{title}{STRONG:#} {FAINT}{}{FAINT:#}", items.len());
    text.push_str(&of_view(items, asked));
}

/// Formats an item in a few lines: the reason, the thread, the room and the time; then the author and the text, and the
/// command that handles it.
fn of_view(items: &[InboxItem], asked: &Questions) -> String {
    let now = super::now();
    let width = columns().unwrap_or(DEFAULT_COLUMNS);
    items.iter().fold(String::new(), |text, item| text + &lines(item, asked, now, width))
}

/// Returns the word for a reason, and its style.
fn told(reason: InboxReason) -> (anstyle::Style, &'static str) {
    match reason {
        InboxReason::Approval => (DOUBTFUL, "approve"),
        InboxReason::NeedsHuman => (DOUBTFUL, "question"),
        InboxReason::Failure => (BAD, "failed"),
        InboxReason::Mention => (STRONG, "mention"),
        InboxReason::Direct => (STRONG, "direct"),
        InboxReason::Reply => (STRONG, "reply"),
        InboxReason::Decision => (GOOD, "decided"),
        InboxReason::Retry => (DOUBTFUL, "retry"),
        InboxReason::Receipt => (GOOD, "done"),
        InboxReason::Message => (FAINT, "message"),
    }
}

fn lines(item: &InboxItem, asked: &Questions, now: DateTime<Utc>, width: usize) -> String {
    let standing = &item.standing;
    let (style, why) = match standing.reasons.first() {
        Some(first) => {
            let (style, word) = told(first.reason);
            (style, if first.count > 1 { format!("{word} {}", first.count) } else { word.to_owned() })
        }
        None if standing.views.contains(&InboxView::Done) => (FAINT, "done".to_owned()),
        None => (FAINT, "seen".to_owned()),
    };
    let when = ago(now.timestamp_millis() - standing.updated_at.millis())
        .unwrap_or_else(|| standing.updated_at.to_string()[..10].to_owned());
    let title = shown::line(&item.thread_title).into_owned();
    let room = shown::line(&item.workroom_title).into_owned();
    let unread = if standing.unread > 0 { STRONG } else { FAINT };
    let note = format!("{room}, {when}");
    let room_for_title = width.saturating_sub(INDENT + 4 + note.chars().count()).max(16);
    let mut text = format!(
        "  {style}{why:<10}{style:#}{unread}{}{unread:#}  {FAINT}{note}{FAINT:#}\n",
        clip(&title, room_for_title)
    );
    // Writing to a String cannot fail.
    let mut line = |line: String| {
        let _ = writeln!(text, "{:INDENT$}{line}", "");
    };
    let room_for_text = width.saturating_sub(INDENT + 2).max(16);
    for ask in &standing.asks {
        let (style, word) = told(ask.reason);
        // The server has already made previews safe to print.
        let text = asked.get(&ask.event_id).map_or_else(|| ask.preview.clone(), |text| question(text));
        let said = said(&ask.actor, if ask.imported { " (imported)" } else { "" }, &text);
        let said = match ask.risk.filter(|risk| *risk > ApprovalRisk::Medium) {
            Some(risk) => format!("{} risk, {said}", risk.name()),
            None => said,
        };
        match standing.reasons.first().is_some_and(|first| first.reason == ask.reason) {
            true => wrap(&said, room_for_text).into_iter().for_each(|part| line(part.to_owned())),
            false => {
                let room = room_for_text - word.len() - 2;
                for (index, part) in wrap(&said, room).into_iter().enumerate() {
                    match index {
                        0 => line(format!("{style}{word}{style:#}  {part}")),
                        _ => line(format!("{:1$}{part}", "", word.len() + 2)),
                    }
                }
            }
        }
        let event = &ask.event_id;
        line(match (ask.reason, &ask.approval_id) {
            (_, Some(approval)) => {
                format!("{FAINT}workroom approve{FAINT:#} {approval}{FAINT}, or deny{FAINT:#}")
            }
            (InboxReason::Failure, None) if ask.retried => {
                format!("{FAINT}a retry is in progress; workroom dismiss{FAINT:#} {event}")
            }
            (InboxReason::Failure, None) if standing.can_retry => {
                format!("{FAINT}workroom retry{FAINT:#} {event}{FAINT}, or dismiss{FAINT:#}")
            }
            (InboxReason::Failure, None) => format!("{FAINT}workroom dismiss{FAINT:#} {event}"),
            (_, None) => format!("{FAINT}workroom reply{FAINT:#} {event} TEXT"),
        });
    }
    let waiting = standing.reasons.iter().filter(|reason| reason.reason.is_ask()).map(|reason| reason.count);
    let hidden = waiting.sum::<u64>().saturating_sub(standing.asks.len() as u64);
    if hidden > 0 {
        line(format!("{FAINT}and {hidden} more; `workroom show {}` shows all{FAINT:#}", item.link));
    }
    if standing.asks.iter().all(|ask| ask.seq != standing.newest_seq) {
        let latest = if standing.asks.is_empty() { "" } else { "latest  " };
        let said = said(&standing.last_actor, "", &standing.preview);
        for (index, part) in wrap(&said, room_for_text - latest.len()).into_iter().enumerate() {
            match index {
                0 => line(format!("{FAINT}{latest}{FAINT:#}{part}")),
                _ => line(format!("{:1$}{part}", "", latest.len())),
            }
        }
    }
    let others: Vec<_> = standing.reasons.iter().skip(1).filter(|also| !also.reason.is_ask()).collect();
    if !others.is_empty() {
        let words: Vec<_> = others.iter().map(|also| told(also.reason).1).collect();
        line(format!("{FAINT}also: {}{FAINT:#}", words.join(", ")));
    }
    let named = format!("{}@{}", item.thread_id, standing.newest_seq);
    match standing.asks.is_empty() && !standing.views.contains(&InboxView::Done) {
        true => line(format!("{FAINT}workroom inbox --done{FAINT:#} {named}")),
        false => line(format!("{FAINT}workroom show {}{FAINT:#}", item.link)),
    }
    text
}

/// Formats an author and a text that is already safe to print.
fn said(actor: &Actor, mark: &str, text: &str) -> String {
    format!("{}{mark}: {text}", shown::line(&actor.handle))
}

/// Formats the full question. If it is longer than anybody would read, it is cut, and the cut shows how much is
/// missing.
fn question(text: &str) -> String {
    match text.chars().count() > MAX_QUESTION_CHARS {
        true => shown::beginning(text, MAX_QUESTION_CHARS).text,
        false => shown::lines(text).into_owned(),
    }
}

// The maximum length of an approval's summary; an event can have 1 MiB.
const MAX_QUESTION_CHARS: usize = 16 * 1024;
