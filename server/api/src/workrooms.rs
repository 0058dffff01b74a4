//! `workroom/*`, except for `workroom/resolve`.

use std::path::{Component, Path, PathBuf};

use uuid::Uuid;
use workroom_protocol::Method;
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::WorkroomCreate;
use workroom_protocol::strict::Strict;
use workroom_protocol::workroom::{
    LinkText, RepoRef, Workroom, WorkroomChange, WorkroomCreateParams, WorkroomIdParams, WorkroomLinkParams,
    WorkroomListParams, WorkroomListResponse, WorkroomSummary, WorkroomUpdateParams, WorkroomVisibility,
};

use super::error::{Error, Result};
use super::idempotency::once;
use super::repositories::{Known, name_of};
use super::{Caller, Cx, cursor, limits, page};
use crate::checkout::{self, Checkout};
use crate::workspace;
use workroom_domain::access::Credential;
use workroom_domain::{repository, text};
use workroom_store::{Author, ListPlace, StoreError, Target, Tx, WorkroomFilter, WorkroomRow};

// No system opens a longer path.
const MAX_FOLDER_BYTES: usize = 4096;

/// Handles [`WorkroomCreate`].
pub async fn create(cx: Cx, mut params: WorkroomCreateParams) -> Result<Workroom> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(WorkroomCreate::NAME, "idempotency_key", key, &params)?;
    let another = params.another.unwrap_or(false);
    let title = params.title.as_deref().map(|title| limits::title("title", title)).transpose()?;
    let allow_any = params.allow_any_workspace.unwrap_or(false);
    // Checked first, so that the response to a caller with a token never depends on what exists on this machine.
    params.workspace.as_ref().map_or(Ok(()), |_| chooses_folders(&cx))?;
    let workspace = params.workspace.as_deref().map(|given| chosen(given, allow_any)).transpose()?;
    let repo = params.repo_identity.map(repo).transpose()?;
    let branch = params.branch.as_deref().map(|branch| limits::title("branch", branch)).transpose()?;
    let visibility = params.visibility.map_or(WorkroomVisibility::Private, |given| given.0);
    check_visibility(&visibility)?;
    let Caller { author, principal, .. } = cx.caller();

    let turn = cx.turn().await;
    let (checkout, known) = match &workspace {
        Some(folder) => {
            let (checkout, identity) = tokio::join!(checkout::look(folder), checkout::identify(folder));
            (checkout.unwrap_or_default(), Some(Known::find(&cx, &turn, identity).await?))
        }
        None => Default::default(),
    };
    cx.write_in(turn, move |tx| {
        once(tx, key.as_ref(), || {
            let existing = known.as_ref().map(|known| known.rooms(tx)).transpose()?.unwrap_or_default();
            if let Some(room) = existing.into_iter().next().filter(|_| !another) {
                return Err(StoreError::Exists(Box::new(name_of(room.workroom))));
            }
            let repo_identity = repo.or_else(|| remote_of(&checkout));
            let created = WorkroomEventKind::WorkroomCreated {
                title: title.unwrap_or_else(|| {
                    default_title(repo_identity.as_ref(), checkout.root.as_deref().or(workspace.as_deref()))
                }),
                owner: author.actor.handle.clone(),
                workspace,
                repo_identity,
                branch: branch.or(checkout.branch),
                visibility,
            };
            if principal.token().map(|token| tx.is_limited(token)).transpose()? == Some(true) {
                let message = "the token is limited to some workrooms and cannot create others";
                return Err(StoreError::Forbidden(message.into()));
            }
            let owner = tx.owner()?;
            let room = insert(tx, &author, (!principal.is_owner()).then_some(owner), created)?;
            if let Some(known) = &known {
                known.keep(tx, &room)?;
            }
            Ok(room.workroom)
        })
    })
    .await
}

/// Creates a workroom with the owner `owner`, in addition to its creator.
pub(super) fn insert(
    tx: &Tx<'_>,
    author: &Author,
    owner: Option<String>,
    created: WorkroomEventKind,
) -> workroom_store::Result<WorkroomRow> {
    let id = WorkroomId::from_uuid(Uuid::new_v4());
    let room = tx.create_workroom(author, &id, created)?;
    let Some(owner) = owner else { return Ok(room) };
    // The owner of the store owns everything in it. A different creator is already a member.
    tx.append(&Author::system(), Target::Workroom(&room), owned_by(owner), None)?;
    tx.workroom_at(room.key)
}

/// The GitHub repository of a checkout's remote.
pub(super) fn remote_of(checkout: &Checkout) -> Option<RepoRef> {
    repository::repo_of_remote(checkout.remote.as_deref()?, checkout.ssh_host.as_deref())
}

fn owned_by(handle: String) -> WorkroomEventKind {
    WorkroomEventKind::MemberChanged {
        handle,
        member_kind: Some(ActorKind::Human),
        role: Some(Some(MemberRole::Owner)),
        display_name: None,
    }
}

pub(super) fn default_title(repo: Option<&RepoRef>, folder: Option<&str>) -> String {
    let name = repo.map(|repo| repo.name.clone());
    let name = name.or_else(|| Some(Path::new(folder?).file_name()?.to_string_lossy().into_owned()));
    let name = name.map(|name| text::one_line(&name).into_owned()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "Untitled workroom".into())
}

/// Refuses callers with a token. A workroom's folder is on this machine, and members who may post can read its files.
pub(super) fn chooses_folders(cx: &Cx) -> Result<()> {
    match cx.caller().principal.credential {
        Credential::Owner | Credential::LocalAgent => Ok(()),
        Credential::Token(_) => {
            Err(cx.forbidden("only the local user and their agents can choose a workroom's `workspace`"))
        }
    }
}

/// The folder of a workroom, as the store keeps it.
fn chosen(given: &str, allow_any: bool) -> Result<String> {
    let chosen = workspace::choose(folder(given)?, allow_any);
    let chosen = chosen.map_err(|error| Error::invalid("workspace", format!("`workspace`: {error}")))?;
    Ok(chosen.to_string_lossy().into_owned())
}

/// An absolute path without `..` or a trailing slash, so that each folder has one spelling.
pub(super) fn folder(given: &str) -> Result<PathBuf> {
    let path = Path::new(given);
    if !path.is_absolute() || given.contains('\0') {
        return Err(Error::invalid("workspace", "`workspace` is not an absolute path"));
    }
    if given.len() > MAX_FOLDER_BYTES {
        let message = format!("`workspace` has more than {MAX_FOLDER_BYTES} bytes");
        return Err(Error::invalid("workspace", message));
    }
    // Iterating over components drops duplicate and trailing slashes and `.`.
    let mut folder = PathBuf::new();
    for component in path.components() {
        match component {
            // Nothing is above the root, so this does nothing there.
            Component::ParentDir => _ = folder.pop(),
            other => folder.push(other),
        }
    }
    Ok(folder)
}

fn repo(given: Strict<RepoRef>) -> Result<RepoRef> {
    repository::check(given.0).map_err(|error| Error::reference("repo_identity", &error))
}

fn check_visibility(visibility: &WorkroomVisibility) -> Result<()> {
    let WorkroomVisibility::Shared { allowed_tokens } = visibility else { return Ok(()) };
    match allowed_tokens.iter().position(|token| TokenId(token.clone()).uuid().is_none()) {
        // Does not repeat the value, because it may be a secret that was put there by mistake.
        Some(index) => Err(Error::invalid(
            format!("visibility.shared.allowed_tokens[{index}]"),
            "this is not a token id: `tok_` and 32 hex digits",
        )),
        None => Ok(()),
    }
}

/// Handles `workroom/list`.
pub async fn list(cx: Cx, params: WorkroomListParams) -> Result<WorkroomListResponse> {
    let limit = limits::page(params.limit, None)?;
    params.query.as_deref().map_or(Ok(()), |query| limits::short("query", query))?;
    let epoch = cx.store()?.epoch().to_owned();
    let repo = params.repo.map(|repo| match repo.split_once('/') {
        Some((owner, name)) => Ok((owner.to_owned(), name.to_owned())),
        None => Err(Error::invalid("repo", "`repo` is not `owner/name`")),
    });
    let filter = WorkroomFilter {
        query: params.query,
        workspace: params
            .workspace
            .as_deref()
            .map(folder)
            .transpose()?
            .map(|folder| workspace::resolved(folder).to_string_lossy().into_owned()),
        repo: repo.transpose()?,
        include_archived: params.include_archived,
    };
    let place = cursor::read_place(&epoch, params.cursor.as_deref())?;
    let place = place.unwrap_or(ListPlace::FIRST);
    let rows = cx.read(|view| view.workrooms(&filter, place, limit + 1)).await?;
    let (workrooms, next) = page::cut(rows, limit, at_most_bytes);
    Ok(WorkroomListResponse { workrooms, next_cursor: next.map(|place| cursor::write_place(&epoch, place)) })
}

/// An upper bound on a workroom's size as JSON. It counts six bytes for each one that might be escaped. That is enough
/// to limit a page, and much cheaper than serializing everything twice.
fn at_most_bytes(room: &WorkroomSummary) -> u64 {
    let texts = [Some(&room.title), room.workspace.as_ref(), room.branch.as_ref()];
    let repo = room
        .repo_identity
        .as_ref()
        .map_or(0, |repo| repo.owner.len() + repo.name.len() + repo.host.as_ref().map_or(0, String::len));
    let bytes: usize = texts.into_iter().flatten().map(String::len).sum::<usize>() + repo;
    600 + 6 * bytes as u64
}

/// Handles `workroom/read`.
pub async fn read(cx: Cx, params: WorkroomIdParams) -> Result<Workroom> {
    Ok(cx.read(|view| view.workroom(&params.workroom_id)).await?.workroom)
}

/// Handles `workroom/update`.
pub async fn update(cx: Cx, params: WorkroomUpdateParams) -> Result<Workroom> {
    let allow_any = params.allow_any_workspace.unwrap_or(false);
    let visibility = params.visibility.map(|given| given.0);
    visibility.as_ref().map_or(Ok(()), check_visibility)?;
    params.workspace.as_ref().map_or(Ok(()), |_| chooses_folders(&cx))?;
    let change = WorkroomChange {
        title: params.title.as_deref().map(|title| limits::title("title", title)).transpose()?,
        workspace: params
            .workspace
            .map(|path| path.as_deref().map(|given| chosen(given, allow_any)).transpose())
            .transpose()?,
        repo_identity: params.repo_identity.map(|given| given.map(repo).transpose()).transpose()?,
        branch: match params.branch {
            Some(Some(branch)) => Some(Some(limits::title("branch", &branch)?)),
            other => other,
        },
        visibility,
        ..WorkroomChange::default()
    };
    apply(cx, params.workroom_id, move |_| (change != WorkroomChange::default()).then_some(change)).await
}

/// Handles `workroom/archive`.
pub async fn archive(cx: Cx, params: WorkroomIdParams) -> Result<Workroom> {
    set_archived(cx, params.workroom_id, true).await
}

/// Handles `workroom/unarchive`.
pub async fn unarchive(cx: Cx, params: WorkroomIdParams) -> Result<Workroom> {
    set_archived(cx, params.workroom_id, false).await
}

async fn set_archived(cx: Cx, id: WorkroomId, archived: bool) -> Result<Workroom> {
    apply(cx, id, move |found| {
        let is_archived = found.workroom.archived_at.is_some();
        let change = WorkroomChange { archived: Some(archived), ..WorkroomChange::default() };
        (is_archived != archived).then_some(change)
    })
    .await
}

/// Writes the event that `decide` returns for the workroom; nothing if there is no change.
async fn apply(
    cx: Cx,
    id: WorkroomId,
    decide: impl FnOnce(&WorkroomRow) -> Option<WorkroomChange> + Send + 'static,
) -> Result<Workroom> {
    let author = cx.caller().author;
    cx.write(move |tx: &Tx<'_>| {
        let found = tx.workroom(&id)?;
        if let Some(change) = decide(&found) {
            tx.append(
                &author,
                Target::Workroom(&found),
                WorkroomEventKind::WorkroomUpdated { change },
                None,
            )?;
        }
        Ok(tx.workroom(&id)?.workroom)
    })
    .await
}

/// Handles `workroom/link`.
pub async fn link(cx: Cx, params: WorkroomLinkParams) -> Result<LinkText> {
    let WorkroomLinkParams { workroom_id, thread_id, event_id } = params;
    let (link, title) = cx
        .read(move |view| {
            let room = view.workroom(&workroom_id)?;
            // The workroom may have been merged into this one.
            let workroom_id = room.workroom.id.clone();
            let elsewhere =
                |what, id: String| StoreError::NotFound { what, id: format!("{id} in this workroom") };
            let mut title = room.workroom.title;
            let mut thread_key = None;
            if let Some(id) = &thread_id {
                let thread = view.thread(id)?;
                if thread.workroom != room.key {
                    return Err(elsewhere("thread", id.to_string()));
                }
                title = thread.thread.title;
                thread_key = Some(thread.key);
            }
            if let Some(id) = &event_id {
                let place = view.event_place(id)?;
                if place.workroom != room.key || (thread_key.is_some() && place.thread != thread_key) {
                    return Err(elsewhere("event", id.to_string()));
                }
                if let Some(row) = place.thread.filter(|_| thread_key.is_none()) {
                    title = view.thread_at(row)?.thread.title;
                }
            }
            Ok((WorkroomLink { workroom_id, thread_id, event_id }, title))
        })
        .await?;
    Ok(LinkText { url: link.to_url(), markdown: link.to_markdown(&title) })
}
