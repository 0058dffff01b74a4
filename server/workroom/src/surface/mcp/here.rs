//! The place where the host's agent works: the workroom of its checkout, and the thread of this session.

use std::fmt::Write;

use workroom_protocol::ErrorKind;
use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::methods::{Status, ThreadCreate, ThreadList, WorkroomList, WorkroomOpen};
use workroom_protocol::server::{Empty, ServerStatus};
use workroom_protocol::thread::{ThreadCreateParams, ThreadListParams, WorkroomThreadKind};
use workroom_protocol::workroom::{WorkroomListParams, WorkroomName, WorkroomOpenParams, WorkroomOpened};

use super::call::Call;
use super::refusal::Refusal;
use super::tools;
use workroom_api::checkout;
use workroom_domain::context::say;
use workroom_domain::text::clip_middle;

// Every agent pays in tokens for the text about its checkout.
const MAX_THREADS: u32 = 5;
const MAX_TEXT_CHARS: usize = 80;
const MAX_PATH_CHARS: usize = 160;

/// Returns the workroom of the checkout that the host works in, if there is one.
pub(super) async fn room(call: &Call) -> Result<Option<WorkroomName>, Refusal> {
    let Some(folder) = folder(call) else { return Ok(None) };
    let params = WorkroomOpenParams { workspace: folder.into(), create: Some(false), ..Default::default() };
    match call.ask::<WorkroomOpen>(&params).await {
        Ok(WorkroomOpened { workroom, .. }) => {
            Ok(Some(WorkroomName { id: workroom.id, title: workroom.title, link: workroom.link }))
        }
        Err(refusal) if refusal.is(ErrorKind::NotFound) => Ok(None),
        Err(refusal) if refusal.is(ErrorKind::Forbidden) => room_on(call, folder).await,
        Err(refusal) => Err(refusal),
    }
}

/// Returns the workroom with exactly this folder. The bearer of a token cannot open folders, but sees the rooms that
/// they belong to.
async fn room_on(call: &Call, folder: &str) -> Result<Option<WorkroomName>, Refusal> {
    let params = WorkroomListParams { workspace: Some(folder.into()), limit: Some(1), ..Default::default() };
    let room = call.ask::<WorkroomList>(&params).await?.workrooms.into_iter().next();
    Ok(room.map(|room| WorkroomName { id: room.id, title: room.title, link: room.link }))
}

/// Returns the workroom of the checkout that the host works in, created if needed, and the branch of the checkout.
pub(super) async fn open_room(call: &Call) -> Result<(WorkroomId, Option<String>), Refusal> {
    let folder = folder(call)
        .ok_or_else(|| Refusal::invalid("workroom: missing, and the host has no working folder"))?;
    let params = WorkroomOpenParams { workspace: folder.into(), ..Default::default() };
    match call.ask::<WorkroomOpen>(&params).await {
        Ok(opened) => Ok((opened.workroom.id, opened.branch)),
        Err(refusal) if refusal.is(ErrorKind::Forbidden) => {
            room_on(call, folder).await?.map(|room| (room.id, None)).ok_or(refusal)
        }
        Err(refusal) => Err(refusal),
    }
}

fn folder(call: &Call) -> Option<&str> {
    call.folder.as_deref().and_then(|folder| folder.to_str())
}

/// Returns the thread of this session, which is created at the first use.
pub(super) async fn own_thread(call: &Call) -> Result<ThreadId, Refusal> {
    let begin = || async {
        let (workroom_id, branch) = open_room(call).await?;
        let day = call.now.to_string();
        let day = day.get(..10).unwrap_or_default();
        let title = match &branch {
            Some(branch) => format!("{} on {}, {day}", call.handle, clip_middle(branch, MAX_TEXT_CHARS)),
            None => format!("{}, {day}", call.handle),
        };
        let params = ThreadCreateParams {
            workroom_id,
            title,
            kind: WorkroomThreadKind::AgentTask,
            external_ref: None,
            participants: None,
            branch,
            idempotency_key: None,
        };
        Ok(call.ask::<ThreadCreate>(&params).await?.id)
    };
    call.own_thread.get_or_try_init(begin).await.cloned()
}

async fn branch(call: &Call) -> Option<String> {
    checkout::look(folder(call)?).await?.branch
}

/// Describes the agent, its store, its checkout and the checkout's open threads, for the instructions. Creates nothing.
pub(super) async fn describe(call: &Call) -> String {
    let mut text = String::from("This session (after a colon: data):\n");
    add(&mut text, "- you", &call.handle, MAX_TEXT_CHARS);
    match call.ask::<Status>(&Empty {}).await {
        Ok(ServerStatus { store, head_seq, .. }) => {
            // Callers with a token do not get the path of the store.
            let name = if head_seq == 0 { "- store, new and empty" } else { "- store" };
            store.path.iter().for_each(|path| add(&mut text, name, path, MAX_PATH_CHARS));
        }
        Err(refusal) => return text + &unusable(&refusal),
    }
    folder(call).into_iter().for_each(|folder| add(&mut text, "- folder", folder, MAX_PATH_CHARS));
    if let Some(branch) = branch(call).await {
        add(&mut text, "- branch", &branch, MAX_TEXT_CHARS);
    }
    match room(call).await {
        Ok(Some(room)) => {
            add(&mut text, &format!("- workroom {}", room.id), &room.title, MAX_TEXT_CHARS);
            threads(call, &mut text, &room).await;
        }
        Ok(None) => {
            text.push_str("- this folder has no workroom yet; post_update and create_thread create one\n")
        }
        Err(refusal) => text.push_str(&unusable(&refusal)),
    }
    text
}

async fn threads(call: &Call, text: &mut String, room: &WorkroomName) {
    let params = ThreadListParams {
        workroom_id: Some(room.id.clone()),
        active: Some(true),
        limit: Some(MAX_THREADS),
        ..ThreadListParams::default()
    };
    // If this fails, the tools report the reason.
    let Ok(page) = call.ask::<ThreadList>(&params).await else { return };
    for thread in &page.threads {
        let name = format!("- open thread {}, {}", thread.id, tools::word(&thread.status));
        add(text, &name, &thread.title, MAX_TEXT_CHARS);
    }
    if page.next_cursor.is_some() {
        let _ = writeln!(text, "- more open threads: list_threads");
    }
}

fn add(text: &mut String, name: &str, said: &str, max_chars: usize) {
    text.push_str(name);
    // One line, whatever it contains.
    say(text, &workroom_domain::text::one_line(&clip_middle(said, max_chars)));
}

/// Explains why Workroom cannot be used.
pub(super) fn unusable(refusal: &Refusal) -> String {
    let mut text = String::from("Workroom is not available");
    say(&mut text, &workroom_domain::text::one_line(&tools::told(refusal)));
    text
}
