//! `workroom/open`: the workroom of a repository.
//!
//! Git is queried before the write begins, and only about folders that were not looked up yet. Finding the workroom and
//! creating it are one transaction, so that callers in several processes get the same one.

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

// How many folders of older stores to query git about at once. Each takes a process and some milliseconds.
const MAX_AT_ONCE: usize = 8;
// How many other workrooms of a repository to list. With more than that, merge these first to see the rest.
const MAX_OTHERS: usize = 20;

/// Handles `workroom/open`.
pub async fn open(cx: Cx, params: WorkroomOpenParams) -> Result<WorkroomOpened> {
    // Checked first, so that the response to a caller with a token never depends on what exists on this machine.
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
        return Err(Error::invalid("workspace", "`workspace` is a system folder"));
    }
    let chosen = workspace::choose(identity.folder.clone(), allow_any);
    // An existing workroom is found even for a refused folder. Only creating one is refused.
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
                // Worktrees of one repository have different branches, so the branch belongs to the thread.
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

/// The parts of a workroom that identify it to the user.
pub(super) fn name_of(room: Workroom) -> WorkroomName {
    WorkroomName { id: room.id, title: room.title, link: room.link }
}

/// A repository, and the repositories of workrooms that were looked up on the way.
pub(super) struct Known {
    identity: Identity,
    found: Vec<Identified>,
}

impl Known {
    /// Looks for the workrooms of a repository. If the store has none, it queries git about the folders that were not
    /// looked up yet, which belong to workrooms from an older version.
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

    /// The workrooms of the repository: its own before those of its folder, and the oldest first. Stores what was looked
    /// up.
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

    /// Records that a workroom belongs to the repository, in addition to its earlier keys.
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
