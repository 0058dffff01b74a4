//! `workroom list`

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Args;
use unicode_width::UnicodeWidthStr;
use workroom_protocol::methods::WorkroomList;
use workroom_protocol::workroom::{RepoRef, WorkroomListParams, WorkroomListResponse, WorkroomSummary};

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::{FAINT, GOOD, STRONG, columns, plain};
use super::{Outcome, runtime, terminal};

const PAGE: u32 = 200;
// Below this a title says nothing any more; the line is rather broken by the terminal.
const MIN_TITLE_COLUMNS: usize = 16;

/// List the workrooms, newest activity first
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those whose title, repository, branch or folder contains this text
    query: Option<String>,
    /// Also those in the archive
    #[arg(long)]
    all: bool,
    /// Print what `workroom/list` answers, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl List {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let workrooms = runtime()?.block_on(read_all(&local, self.query.clone(), self.all))?;
        let mut out = terminal::out();
        if self.json {
            let list = WorkroomListResponse { workrooms, next_cursor: None };
            terminal::json(&mut out, &list, terminal::stdout_is_terminal())?;
        } else if workrooms.is_empty() {
            let hint = match (&self.query, self.all) {
                (Some(_), _) => "No workroom matches.",
                (None, true) => "No workrooms yet. `workroom tour` shows what they are.",
                (None, false) => {
                    "No workrooms, or all are archived (--all). `workroom tour` shows what they are."
                }
            };
            writeln!(terminal::err(), "{hint}")?;
        } else {
            print(&mut out, &workrooms, Utc::now(), columns())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn read_all(
    local: &Local,
    query: Option<String>,
    include_archived: bool,
) -> Result<Vec<WorkroomSummary>, Failure> {
    let mut params = WorkroomListParams { query, include_archived, limit: Some(PAGE), ..Default::default() };
    let mut workrooms = Vec::new();
    loop {
        let page = local.ask::<WorkroomList>(&params).await?;
        workrooms.extend(page.workrooms);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            return Ok(workrooms);
        }
    }
}

/// One line a workroom, its columns aligned. In a terminal of `columns` columns titles give way.
fn print(
    out: &mut impl Write,
    workrooms: &[WorkroomSummary],
    now: DateTime<Utc>,
    columns: Option<usize>,
) -> std::io::Result<()> {
    let rows: Vec<Row> = workrooms.iter().map(|workroom| Row::new(workroom, now)).collect();
    let widest = |cell: fn(&Row) -> &String| rows.iter().map(|row| cell(row).width()).max().unwrap_or(0);
    let (mut title, place) = (widest(|row| &row.title), widest(|row| &row.place));
    let (threads, when) = (widest(|row| &row.threads), widest(|row| &row.when));
    let link = widest(|row| &row.link);
    if let Some(columns) = columns {
        let others = place + threads + when + link + 4 * GAP.len();
        title = title.min(columns.saturating_sub(others).max(MIN_TITLE_COLUMNS));
    }
    for row in &rows {
        let name = clip(&row.title, title);
        let (style, note) = if row.archived { (FAINT, FAINT) } else { (STRONG, GOOD) };
        write!(out, "{style}{name}{style:#}{}{GAP}", pad(&name, title))?;
        write!(out, "{}{}{GAP}", row.place, pad(&row.place, place))?;
        write!(out, "{note}{}{note:#}{}{GAP}", row.threads, pad(&row.threads, threads))?;
        write!(out, "{}{}{GAP}", row.when, pad(&row.when, when))?;
        writeln!(out, "{FAINT}{}{FAINT:#}", row.link)?;
    }
    Ok(())
}

const GAP: &str = "  ";

struct Row {
    title: String,
    place: String,
    threads: String,
    when: String,
    link: String,
    archived: bool,
}

impl Row {
    fn new(workroom: &WorkroomSummary, now: DateTime<Utc>) -> Self {
        let threads = match (workroom.archived_at, workroom.active_threads) {
            (Some(_), _) => "archived".into(),
            (None, 0) => "quiet".into(),
            (None, active) => format!("{active} active"),
        };
        Self {
            title: plain(&workroom.title).into_owned(),
            place: plain(&place(workroom)).into_owned(),
            threads,
            when: ago(now.timestamp_millis() - workroom.updated_at.millis())
                .unwrap_or_else(|| workroom.updated_at.to_string()[..10].to_owned()),
            link: workroom.link.clone(),
            archived: workroom.archived_at.is_some(),
        }
    }
}

/// What the work is on: the repository and branch, else the folder.
fn place(workroom: &WorkroomSummary) -> String {
    match (&workroom.repo_identity, &workroom.branch) {
        (Some(RepoRef { owner, name, .. }), Some(branch)) => format!("{owner}/{name} {branch}"),
        (Some(RepoRef { owner, name, .. }), None) => format!("{owner}/{name}"),
        (None, _) => workroom.workspace.clone().unwrap_or_else(|| "-".into()),
    }
}

/// How long ago something was, or `None` when a date says more.
fn ago(millis: i64) -> Option<String> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const FORTNIGHT: i64 = 14 * DAY;
    let seconds = millis / 1000;
    let (count, unit) = match seconds {
        // A clock that was set back makes times to come.
        ..MINUTE => return Some("just now".into()),
        MINUTE..HOUR => (seconds / MINUTE, "min"),
        HOUR..DAY => (seconds / HOUR, "h"),
        DAY..FORTNIGHT => (seconds / DAY, "d"),
        _ => return None,
    };
    Some(format!("{count} {unit} ago"))
}

fn pad(cell: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(cell.width()))
}

/// The beginning of a text that is wider than `width` columns.
fn clip(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut clipped = String::new();
    for c in text.chars() {
        clipped.push(c);
        if clipped.width() > width.saturating_sub(1) {
            clipped.pop();
            break;
        }
    }
    clipped.push('…');
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_until_a_date_says_more() {
        const HOUR: i64 = 3_600_000;
        for (millis, text) in [
            (-5_000, Some("just now")),
            (59_999, Some("just now")),
            (60_000, Some("1 min ago")),
            (HOUR - 1, Some("59 min ago")),
            (HOUR, Some("1 h ago")),
            (25 * HOUR, Some("1 d ago")),
            (15 * 24 * HOUR, None),
        ] {
            assert_eq!(ago(millis).as_deref(), text, "{millis}");
        }
    }

    #[test]
    fn clipped_titles_keep_their_columns() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("longer", 5), "long…");
        assert_eq!(clip("日本語の題名", 5), "日本…");
    }
}
