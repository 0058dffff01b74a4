//! `approver/*`: the approver secret. While it is set, the local owner needs it to decide, and to give anybody else the
//! right to decide.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use rand::TryRngCore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::approver::{ApproverSecret, ApproverSecretParams, ApproverSetParams, ApproverStatus};
use workroom_protocol::member::MemberRole;
use workroom_protocol::server::Empty;

use super::Cx;
use super::error::{Error, Result};
use super::order::Turn;
use workroom_domain::access;
use workroom_redact as redact;
use workroom_store::{Approver, Read, StoreError, Tx};

// Anybody with the file can guess a short secret; nobody types a longer one.
const MIN_BYTES: usize = 8;
const MAX_BYTES: usize = 1024;

/// Handles `approver/status`.
pub async fn status(cx: Cx, _: Empty) -> Result<ApproverStatus> {
    let approver = cx.read(|view| view.approver()).await?;
    Ok(told(&cx, approver))
}

fn told(cx: &Cx, approver: Option<Approver>) -> ApproverStatus {
    let unlocked = cx.call.client.unlocked();
    ApproverStatus {
        set: approver.is_some(),
        set_at: approver.as_ref().map(|approver| approver.set_at),
        unlocked: approver.as_ref().is_none_or(|approver| unlocked == Some(approver.generation)),
        retry_at: approver
            .filter(|approver| approver.wait(cx.now()).is_some())
            .map(|approver| approver.retry_at),
    }
}

/// Handles `approver/set`.
pub async fn set(cx: Cx, params: ApproverSetParams) -> Result<ApproverStatus> {
    must_be_owner(&cx)?;
    let secret = params.secret;
    if !(MIN_BYTES..=MAX_BYTES).contains(&secret.expose().len()) {
        let message = format!("`secret` must have {MIN_BYTES} to {MAX_BYTES} bytes");
        return Err(Error::invalid("secret", message));
    }
    let turn = cx.turn().await;
    let replaces = match cx.read_in(&turn, |view| view.approver()).await? {
        Some(_) => Some(matched(&cx, params.current.as_ref()).await?),
        None => None,
    };
    learn(&secret);
    let hash = cx.slowly(move || hash(&secret)).await?;
    let approver = cx.write_in(turn, move |tx| {
        tx.set_approver(&hash, replaces)?;
        tx.approver()
    });
    let approver = approver.await?;
    Ok(told(&cx, approver))
}

/// Handles `approver/off`.
pub async fn off(cx: Cx, params: ApproverSecretParams) -> Result<ApproverStatus> {
    must_be_owner(&cx)?;
    let turn = cx.turn().await;
    if cx.read_in(&turn, |view| view.approver()).await?.is_some() {
        let generation = matched(&cx, Some(&params.secret)).await?;
        cx.write_in(turn, move |tx| tx.remove_approver(Some(generation))).await?;
    }
    Ok(told(&cx, None))
}

/// Handles `approver/unlock`.
pub async fn unlock(cx: Cx, params: ApproverSecretParams) -> Result<ApproverStatus> {
    if cx.read(|view| view.approver()).await?.is_some() {
        let generation = matched(&cx, Some(&params.secret)).await?;
        cx.call.client.unlock(generation);
    }
    let approver = cx.read(|view| view.approver()).await?;
    Ok(told(&cx, approver))
}

fn must_be_owner(cx: &Cx) -> Result<()> {
    if cx.caller().principal.is_owner() {
        return Ok(());
    }
    Err(cx.forbidden("only the local owner, without a token, can set or remove the approver secret"))
}

/// Whether a request satisfies the approver secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// Whether the request is the owner's. The owner needs the secret if one is set.
    owner: bool,
    /// The generation of the secret that was given.
    given: Option<Uuid>,
}

impl Proof {
    /// What the caller has given, with this request or earlier on this connection. Takes the turn of the write that
    /// needs it, because checking a secret takes time and later writes must wait for it.
    pub(super) async fn of(cx: &Cx, turn: &Turn<'_>, secret: Option<&ApproverSecret>) -> Result<Self> {
        // An earlier request of this connection may set the secret.
        turn.settled().await;
        let owner = is_owners(cx)?;
        let Some(approver) = cx.store()?.read(Read::LATEST, |view| view.approver())? else {
            return Ok(Self { owner, given: None });
        };
        let given = match secret {
            // A wrong secret counts against the owner, so nobody else can make it count.
            Some(_) if owner => Some(matched(cx, secret).await?),
            _ => cx.call.client.unlocked().filter(|generation| *generation == approver.generation),
        };
        Ok(Self { owner, given })
    }

    /// Whether the secret was given.
    pub(super) fn is_given(self) -> bool {
        self.given.is_some()
    }

    /// Refuses the owner's request if the current secret was not given.
    pub(super) fn check(self, tx: &Tx<'_>) -> workroom_store::Result<()> {
        if self.owner { tx.must_be_approver(self.given) } else { Ok(()) }
    }

    /// Refuses to give a person a role that may decide, if the owner did not give the current secret. Otherwise a new
    /// member would be a way around the secret. Agents may not decide in any role.
    pub(super) fn check_role(
        self,
        tx: &Tx<'_>,
        kind: ActorKind,
        role: MemberRole,
    ) -> workroom_store::Result<()> {
        if access::may_decide(kind, role) { self.check(tx) } else { Ok(()) }
    }
}

/// Whether the caller is the local owner, either locally or with a token for one of their devices.
fn is_owners(cx: &Cx) -> Result<bool> {
    let Actor { kind, handle } = cx.caller().author.actor;
    Ok(kind == ActorKind::Human && cx.store()?.read(Read::LATEST, |view| view.is_owners_name(&handle))?)
}

/// The generation of the current secret, if `secret` matches it.
async fn matched(cx: &Cx, secret: Option<&ApproverSecret>) -> Result<Uuid> {
    let refused = |message: &str| {
        Error::from(StoreError::ApproverSecret { message: message.into(), retry_after_ms: None })
    };
    let Some(secret) = secret.cloned() else { return Err(refused("the approver secret is needed")) };
    let store = cx.store()?;
    // Not cancelled together with the request, because a cancelled attempt must count too.
    let count = |work: fn(&Tx<'_>) -> workroom_store::Result<Option<Approver>>| {
        store.submit(None, CancellationToken::new(), work)
    };
    let approver = count(|tx| tx.approver_attempt()).await?.committed().await?;
    let Some(Approver { hash, generation, .. }) = approver else {
        return Err(refused("no approver secret is set"));
    };
    let is_right = cx.slowly(move || Ok(verify(&secret, &hash).then(|| learn(&secret)).is_some())).await?;
    if !is_right {
        return Err(refused("the approver secret is wrong"));
    }
    let matched = store.submit(None, CancellationToken::new(), move |tx| tx.approver_matched(generation));
    matched.await?.committed().await?;
    Ok(generation)
}

/// Registers the secret, so that it is redacted everywhere in this process.
fn learn(secret: &ApproverSecret) {
    redact::process().learn(secret.expose(), "approver_secret");
}

fn hash(secret: &ApproverSecret) -> Result<String> {
    let internal =
        |error: &dyn std::fmt::Display| Error::Internal(format!("cannot hash the secret: {error}"));
    let mut salt = [0; 16];
    rand::rngs::OsRng.try_fill_bytes(&mut salt).map_err(|error| internal(&error))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| internal(&error))?;
    // Argon2id with 19 MiB and two passes: the minimum in OWASP's cheat sheet of 2024.
    let hash = Argon2::default().hash_password(secret.expose().as_bytes(), &salt);
    Ok(hash.map_err(|error| internal(&error))?.to_string())
}

fn verify(secret: &ApproverSecret, hash: &str) -> bool {
    let verified = PasswordHash::new(hash)
        .and_then(|hash| Argon2::default().verify_password(secret.expose().as_bytes(), &hash));
    verified.is_ok()
}
