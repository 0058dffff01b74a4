//! `workroom/open`: the one workroom of a repository.
//!
//! Git is asked before the write begins, and only about folders that nobody has asked about yet; finding the workroom and
//! creating it are one transaction, so that callers in several processes get the same.

use futures_util::StreamExt;
use futures_util::stream;
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::workroom::{
    Workroom, WorkroomName, WorkroomOpenParams, WorkroomOpened, WorkroomVisibility,
};

use super::error::{Error, Result};
use super::order::Turn;
use super::workrooms::{chooses_folders, default_title, folder, insert, remote_of};
use super::{Caller, Cx, limits};
use crate::checkout::{self, Identity};
use crate::workspace;
use workroom_store::{Identified, StoreError, Tx, View, WorkroomRow};

// Folders of older stores that git is asked about at once: each takes some milliseconds and a process.
const MAX_AT_ONCE: usize = 8;
// Further workrooms of a repository that are named; more are as easily found by joining these.
const MAX_OTHERS: usize = 20;

/// Handles `workroom/open`.
pub async fn open(cx: Cx, params: WorkroomOpenParams) -> Result<WorkroomOpened> {
    // Before anything is looked at: whoever comes with a token gets one answer, whatever there is.
    chooses_folders(&cx)?;
    let title = params.title.as_deref().map(|title| limits::title("title", title)).transpose()?;
    let folder = folder(&params.workspace)?.to_string_lossy().into_owned();
    let allow_any = params.allow_any_workspace.unwrap_or(false);
    let create = params.create.unwrap_or(true);
    let Caller { author, principal, .. } = cx.caller();
    let turn = cx.turn().await;
    let (checkout, identity) = tokio::join!(checkout::look(&folder), checkout::identify(&folder));
    let checkout = checkout.unwrap_or_default();
    if workspace::is_systems_own(&identity.folder) {
        return Err(Error::invalid("workspace", "`workspace` is a folder of the system"));
    }
    let chosen = workspace::choose(identity.folder.clone(), allow_any);
    // One that exists is found; only a new one is refused.
    let (place, refusal) = match chosen {
        Ok(folder) => (Some(folder.to_string_lossy().into_owned()), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let branch = checkout.branch.clone();
    let known = Known::find(&cx, &turn, identity).await?;
    let (rooms, created) = cx
        .write_in(turn, move |tx| {
            let rooms = known.rooms(tx)?;
            if !rooms.is_empty() {
                return Ok((rooms, false));
            }
            if !create {
                let id = known.identity.folder.to_string_lossy().into_owned();
                return Err(StoreError::NotFound { what: "workroom for the folder", id });
            }
            let Some(place) = place else { return Ok((Vec::new(), false)) };
            let repo_identity = remote_of(&checkout);
            let created = WorkroomEventKind::WorkroomCreated {
                title: title.unwrap_or_else(|| default_title(repo_identity.as_ref(), Some(&place))),
                owner: author.actor.handle.clone(),
                workspace: Some(place),
                repo_identity,
                // Worktrees of one repository have several: the branch is the thread's.
                branch: None,
                visibility: WorkroomVisibility::Private,
            };
            let owner = tx.owner()?;
            let room = insert(tx, &author, (!principal.is_owner()).then_some(owner), created)?;
            known.keep(tx, &room)?;
            Ok((vec![room], true))
        })
        .await?;
    let mut rooms = rooms.into_iter().map(|room| room.workroom);
    let workroom = rooms.next().ok_or_else(|| match refusal {
        Some(refusal) => Error::invalid("workspace", format!("`workspace`: {refusal}")),
        None => Error::Internal("a repository without a workroom".into()),
    })?;
    Ok(WorkroomOpened { workroom, created, branch, others: rooms.map(name_of).take(MAX_OTHERS).collect() })
}

/// A workroom, as far as it takes to find it.
pub(super) fn name_of(room: Workroom) -> WorkroomName {
    WorkroomName { id: room.id, title: room.title, link: room.link }
}

/// A repository, and what was found out about workrooms while looking for its own.
pub(super) struct Known {
    identity: Identity,
    found: Vec<Identified>,
}

impl Known {
    /// Looks for the workrooms of a repository. Where the store knows none, it asks git about the folders that nobody has
    /// asked about yet: those of workrooms that an older version made.
    pub(super) async fn find(cx: &Cx, turn: &Turn<'_>, identity: Identity) -> Result<Self> {
        let unidentified = cx
            .read_in(turn, |view: View<'_>| match rooms_of(&view, &identity)?.is_empty() {
                true => view.unidentified(),
                false => Ok(Vec::new()),
            })
            .await?;
        let found = stream::iter(unidentified).map(|(workroom, workspace)| async move {
            let key = checkout::identify(&workspace).await.key;
            Identified { workroom, workspace, key }
        });
        Ok(Self { identity, found: found.buffered(MAX_AT_ONCE).collect().await })
    }

    /// The workrooms of the repository, its own before those of its folder, the oldest first. Records what was found out.
    pub(super) fn rooms(&self, tx: &Tx<'_>) -> workroom_store::Result<Vec<WorkroomRow>> {
        for found in &self.found {
            tx.identify(found)?;
        }
        let rooms = rooms_of(tx, &self.identity)?;
        if tx.workrooms_of(&self.identity.key)?.is_empty()
            && let Some(room) = rooms.first()
        {
            // The folder has become a repository, or git was missing when the workroom was created.
            self.keep(tx, room)?;
        }
        Ok(rooms)
    }

    /// Keeps that a workroom is on the repository, beside what was known of it before.
    pub(super) fn keep(&self, tx: &Tx<'_>, room: &WorkroomRow) -> workroom_store::Result<()> {
        let Some(workspace) = room.workroom.workspace.clone() else { return Ok(()) };
        tx.identify(&Identified { workroom: room.key, workspace, key: self.identity.key.clone() })
    }
}

/// The workrooms of a repository, then those of its folder from before it was a repository.
fn rooms_of(view: &View<'_>, identity: &Identity) -> workroom_store::Result<Vec<WorkroomRow>> {
    let mut rooms = view.workrooms_of(&identity.key)?;
    for former in &identity.former {
        rooms.extend(view.workrooms_without_git(former)?);
    }
    Ok(rooms)
}
