//! `artifact/*`.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use workroom_protocol::Method;
use workroom_protocol::artifact::{
    Artifact, ArtifactLinkParams, ArtifactListParams, ArtifactListResponse, ArtifactReadParams,
    ArtifactReadResponse, ContentEncoding,
};
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::ArtifactId;
use workroom_protocol::methods::ArtifactLink;

use super::error::{Error, Result};
use super::events::scope;
use super::idempotency::once;
use super::{Cx, cursor, limits, page};
use crate::workspace::{self, WorkspaceError};
use workroom_store::{StoreError, Target};

// A part of this size fits the context of most models. Clients can request more.
const DEFAULT_READ_BYTES: u64 = 64 * 1024;
const MAX_READ_BYTES: u64 = 1024 * 1024;
// Takes about a second to read. Later requests wait for `artifact/link`, so a larger file is linked without a digest.
const MAX_DIGEST_BYTES: u64 = 256 * 1024 * 1024;

/// A file with its measurements.
struct Measured {
    path: String,
    size: u64,
    sha256: Option<String>,
}

/// Handles [`ArtifactLink`].
pub async fn link(cx: Cx, mut params: ArtifactLinkParams) -> Result<Artifact> {
    let key = params.idempotency_key.take();
    let key = cx.idempotency(ArtifactLink::NAME, "idempotency_key", key, &params)?;
    let kind = limits::title("kind", &params.kind)?;
    let label = params.label.as_deref().map(|label| limits::title("label", label)).transpose()?;
    let thread_id = params.thread_id;

    let author = cx.caller().author;
    let given_up = GivenUp::of(&cx);
    let turn = cx.turn().await;
    // Before the file is examined: a retry returns the first result even if the file no longer exists.
    if let Some(first) = cx.first_result(&turn, key.as_ref()).await? {
        return Ok(first);
    }
    let folder = cx.read_in(&turn, |view| {
        Ok(view.workroom_at(view.thread_place(&thread_id)?.workroom)?.workroom.workspace)
    });
    let folder = folder.await?;
    let kept = cx.app.config.home.clone();
    let file = cx.slowly(move || measure(folder, &params.path, &kept, &given_up)).await?;
    cx.write_in(turn, move |tx| {
        once(tx, key.as_ref(), || {
            let found = tx.thread_place(&thread_id)?;
            let artifact_id = ArtifactId::from_uuid(tx.new_id());
            let linked = WorkroomEventKind::ArtifactLinked {
                media_type: media_type(&file.path),
                path: file.path,
                kind,
                artifact_id: Some(artifact_id.clone()),
                label,
                size: Some(file.size),
                sha256: file.sha256,
            };
            let target = Target::Thread {
                workroom: (found.workroom, &found.workroom_id),
                thread: (found.key, &thread_id),
            };
            tx.append(&author, target, linked, None)?;
            Ok(tx.artifact(&artifact_id)?.artifact)
        })
    })
    .await
}

/// The media type that a file's extension implies.
pub(super) fn media_type(path: &str) -> Option<String> {
    mime_guess::from_path(path).first_raw().map(str::to_owned)
}

/// Signals that nobody waits for the data any more: the request was cancelled, or the process is about to end.
struct GivenUp {
    cancel: CancellationToken,
    hurry: CancellationToken,
}

impl GivenUp {
    fn of(cx: &Cx) -> Self {
        Self { cancel: cx.call.cancel().clone(), hurry: cx.app.hurry().clone() }
    }

    fn check(&self) -> Result<()> {
        let given_up = self.cancel.is_cancelled() || self.hurry.is_cancelled();
        if given_up { Err(Error::Cancelled) } else { Ok(()) }
    }
}

fn measure(folder: Option<String>, path: &str, kept: &Path, given_up: &GivenUp) -> Result<Measured> {
    let folder =
        folder.ok_or_else(|| Error::Unsupported("the workroom has no folder to link files from".into()))?;
    let folder = Path::new(&folder);
    let relative = workspace::relative(folder, path).map_err(|error| refuse(error, path))?;
    let mut file = workspace::open(folder, &relative, kept).map_err(|error| refuse(error, path))?;
    let (size, sha256) = digest(&mut file, given_up)?;
    let path = relative.to_str().ok_or_else(|| Error::invalid("path", "`path` is not UTF-8"))?.to_owned();
    Ok(Measured { path, size, sha256 })
}

fn refuse(error: WorkspaceError, path: &str) -> Error {
    match error {
        WorkspaceError::Missing => StoreError::NotFound { what: "file", id: format!("`{path}`") }.into(),
        other => Error::invalid("path", other.to_string()),
    }
}

/// The size and SHA-256 of a file; no digest if the file is too large.
fn digest(file: &mut File, given_up: &GivenUp) -> Result<(u64, Option<String>)> {
    let length = file.metadata().map_err(|error| refuse(error.into(), ""))?.len();
    if length > MAX_DIGEST_BYTES {
        return Ok((length, None));
    }
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        given_up.check()?;
        let count = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(refuse(error.into(), "")),
        };
        digest.update(&buffer[..count]);
        size += count as u64;
        // The file grew while it was read.
        if size > MAX_DIGEST_BYTES {
            return Ok((file.metadata().map_or(size, |metadata| metadata.len()), None));
        }
    }
    let hex = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((size, Some(hex)))
}

/// Handles `artifact/list`.
pub async fn list(cx: Cx, params: ArtifactListParams) -> Result<ArtifactListResponse> {
    let limit = limits::page(params.limit, None)?;
    let epoch = cx.store()?.epoch().to_owned();
    let before = cursor::read(&epoch, params.cursor.as_deref())?.unwrap_or(u64::MAX);
    let rows = cx
        .read(|view| {
            let scope = scope(view, params.workroom_id.as_ref(), params.thread_id.as_ref())?;
            view.artifacts(scope, before, limit + 1)
        })
        .await?;
    let artifacts = rows.into_iter().map(|row| (row.artifact.seq, row.artifact));
    let (artifacts, last) = page::cut(artifacts, limit, page::size);
    Ok(ArtifactListResponse { artifacts, next_cursor: last.map(|seq| cursor::write(&epoch, seq)) })
}

/// Handles `artifact/read`.
pub async fn read(cx: Cx, params: ArtifactReadParams) -> Result<ArtifactReadResponse> {
    let max_bytes = limits::bytes("max_bytes", params.max_bytes, DEFAULT_READ_BYTES, MAX_READ_BYTES)?;
    let offset = params.offset.unwrap_or(0);
    let (artifact, folder) = cx
        .read(|view| {
            let found = view.artifact(&params.artifact_id)?;
            let folder = view.artifact_folder(&found.artifact)?;
            Ok((found.artifact, folder))
        })
        .await?;
    let given_up = GivenUp::of(&cx);
    let kept = cx.app.config.home.clone();
    let part = Part { offset, max_bytes };
    cx.slowly(move || read_part(artifact, folder, &kept, part, &given_up)).await
}

/// The part of a file to read.
struct Part {
    offset: u64,
    max_bytes: usize,
}

fn read_part(
    artifact: Artifact,
    folder: Option<String>,
    kept: &Path,
    Part { offset, max_bytes }: Part,
    given_up: &GivenUp,
) -> Result<ArtifactReadResponse> {
    let folder =
        folder.ok_or_else(|| Error::Unsupported("the workroom has no folder to read files from".into()))?;
    let folder = Path::new(&folder);
    let unreadable = |error: WorkspaceError| match error {
        WorkspaceError::Missing => {
            StoreError::NotFound { what: "file", id: format!("`{}`", artifact.path) }.into()
        }
        other => Error::Unsupported(format!("`{}`: {other}", artifact.path)),
    };
    let relative = workspace::relative(folder, &artifact.path).map_err(unreadable)?;
    let mut file = workspace::open(folder, &relative, kept).map_err(unreadable)?;
    let io = |error: io::Error| unreadable(error.into());
    let size = file.metadata().map_err(io)?.len();
    // There is nothing to read after the end, and the system refuses some offsets there.
    file.seek(SeekFrom::Start(offset.min(size))).map_err(io)?;
    let mut part = Vec::new();
    (&mut file).take(max_bytes as u64).read_to_end(&mut part).map_err(io)?;
    let changed = match (&artifact.sha256, artifact.size) {
        (_, Some(linked)) if linked != size => Some(true),
        (Some(linked), _) => {
            file.rewind().map_err(io)?;
            digest(&mut file, given_up)?.1.map(|now| now != *linked)
        }
        _ => None,
    };
    let (content, encoding, used) = encode(part);
    let next = offset.saturating_add(used as u64);
    Ok(ArtifactReadResponse {
        artifact,
        content,
        encoding,
        offset,
        next_offset: (next < size && used > 0).then_some(next),
        size,
        changed,
    })
}

/// Encodes bytes as text up to the last whole character, or as base64 if they are not UTF-8. Also returns how many
/// bytes were used.
fn encode(part: Vec<u8>) -> (String, ContentEncoding, usize) {
    let whole = match std::str::from_utf8(&part) {
        Ok(_) => part.len(),
        // Cut in the middle of a character: the next part begins with that character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        Err(_) => return (STANDARD.encode(&part), ContentEncoding::Base64, part.len()),
    };
    let text = String::from_utf8_lossy(&part[..whole]).into_owned();
    (text, ContentEncoding::Utf8, whole)
}
