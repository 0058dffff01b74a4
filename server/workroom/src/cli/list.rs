//! `workroom list`

use std::collections::HashMap;
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
use super::table::{GAP, ago, clip, pad};
use super::terminal::{FAINT, GOOD, STRONG, columns, line};
use super::{Outcome, runtime, terminal};

const PAGE: u32 = 200;
// A shorter title would be meaningless; it is better to let the terminal wrap the line.
const MIN_TITLE_COLUMNS: usize = 16;

/// List workrooms, newest activity first
#[derive(Debug, Args)]
pub(super) struct List {
    /// List only workrooms whose title, repository, branch or folder contains this text
    query: Option<String>,
    /// Include archived workrooms
    #[arg(long)]
    all: bool,
    /// Print the result of `workroom/list` as JSON
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
                (None, true) => "No workrooms yet. `workroom open` creates one for this repository.",
                (None, false) => {
                    "No workrooms, except archived ones (--all). `workroom open` creates one for this repository."
                }
            };
            writeln!(terminal::err(), "{hint}")?;
        } else {
            print(&mut out, &workrooms, super::now(), columns())?;
            if let Some((first, second)) = duplicates(&workrooms) {
                writeln!(
                    terminal::err(),
                    "Two of these have the same folder. To merge them: workroom room merge {} --into {}",
                    first.id,
                    second.id
                )?;
            }
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

/// Returns two active workrooms with the same folder, the one with the older activity first.
fn duplicates(workrooms: &[WorkroomSummary]) -> Option<(&WorkroomSummary, &WorkroomSummary)> {
    let mut known = HashMap::new();
    for room in workrooms.iter().filter(|room| room.archived_at.is_none()) {
        let Some(folder) = &room.workspace else { continue };
        if let Some(newer) = known.insert(folder, room) {
            return Some((room, newer));
        }
    }
    None
}

/// Prints one line per workroom with aligned columns. In a terminal of `columns` columns, titles are shortened to fit.
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
        let style = if row.archived { FAINT } else { STRONG };
        let note = if row.active { GOOD } else { FAINT };
        write!(out, "{style}{name}{style:#}{}{GAP}", pad(&name, title))?;
        write!(out, "{}{}{GAP}", row.place, pad(&row.place, place))?;
        write!(out, "{note}{}{note:#}{}{GAP}", row.threads, pad(&row.threads, threads))?;
        write!(out, "{}{}{GAP}", row.when, pad(&row.when, when))?;
        writeln!(out, "{FAINT}{}{FAINT:#}", row.link)?;
    }
    Ok(())
}

struct Row {
    title: String,
    place: String,
    threads: String,
    when: String,
    link: String,
    archived: bool,
    active: bool,
}

impl Row {
    fn new(workroom: &WorkroomSummary, now: DateTime<Utc>) -> Self {
        let threads = match (workroom.archived_at, workroom.active_threads) {
            (Some(_), _) => "archived".into(),
            (None, 0) => "quiet".into(),
            (None, active) => format!("{active} active"),
        };
        Self {
            title: line(&workroom.title).into_owned(),
            place: line(&place(workroom)).into_owned(),
            threads,
            when: ago(now.timestamp_millis() - workroom.updated_at.millis())
                .unwrap_or_else(|| workroom.updated_at.to_string()[..10].to_owned()),
            link: workroom.link.clone(),
            archived: workroom.archived_at.is_some(),
            active: workroom.archived_at.is_none() && workroom.active_threads > 0,
        }
    }
}

/// Returns the repository and branch of the work, otherwise its folder.
fn place(workroom: &WorkroomSummary) -> String {
    match (&workroom.repo_identity, &workroom.branch) {
        (Some(RepoRef { owner, name, .. }), Some(branch)) => format!("{owner}/{name} {branch}"),
        (Some(RepoRef { owner, name, .. }), None) => format!("{owner}/{name}"),
        (None, _) => workroom.workspace.clone().unwrap_or_else(|| "-".into()),
    }
}
