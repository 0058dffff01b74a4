//! The text of inbox items, for a terminal.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use workroom_domain::shown;
use workroom_protocol::actor::Actor;
use workroom_protocol::approval::ApprovalRisk;
use workroom_protocol::inbox::{InboxItem, InboxReason, InboxView};

use super::Questions;
use crate::cli::table::{ago, clip, wrap};
use crate::cli::terminal::{BAD, DOUBTFUL, FAINT, GOOD, STRONG, columns};

// The indentation of an item's further lines.
const INDENT: usize = 12;
const DEFAULT_COLUMNS: usize = 100;

/// Describes the result of marking an item, and what remains of it.
pub(super) fn outcome(word: &str, item: &InboxItem) -> String {
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

/// Prints how many threads were shown, and how to see the rest.
pub(super) fn more(text: &mut String, shown: u64, total: u64) {
    if shown < total {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            text,
            "{FAINT}{shown} of {total} threads; use --all for all, --limit N for more{FAINT:#}"
        );
    }
}

pub(super) fn group(text: &mut String, title: &str, items: &[InboxItem], asked: &Questions) {
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
pub(super) fn of_view(items: &[InboxItem], asked: &Questions) -> String {
    let now = crate::cli::now();
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
