//! Whose a request is. What an agent asks for belongs to its session, and what a person asks for to them.

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::approval::Approval;
use workroom_protocol::id::TokenId;

use super::error::{Result, StoreError};
use super::idempotency::token_of_event;
use super::log::Author;
use super::view::View;
use workroom_domain::access::{Credential, Principal};
use workroom_domain::handle;

impl View<'_> {
    /// Whether an approval was asked for by this caller, so that it is theirs to take back: in this session, or, where
    /// neither has one, by the same person. A handle alone makes nobody the requester.
    pub fn is_requester(&self, author: &Author, principal: &Principal, asked: &Approval) -> Result<bool> {
        match (&author.session_id, &asked.session_id) {
            (Some(own), Some(asked)) => return Ok(own == asked),
            (None, Some(_)) => return Ok(false),
            (_, None) => {}
        }
        let by = &asked.requested_by;
        match principal.credential {
            Credential::Owner => Ok(by.kind == ActorKind::Human
                && self.is_owners_name(&by.handle)?
                && token_of_event(*self, asked.seq)?.is_none()),
            // Of before there were sessions: of whichever agent of this name.
            Credential::LocalAgent => Ok(same(by, &principal.actor) && self.is_before_sessions(asked.seq)?),
            Credential::Token(token) if same(by, &author.actor) => {
                let Some(with) = token_of_event(*self, asked.seq)? else { return Ok(false) };
                if with == token {
                    return Ok(true);
                }
                // Another token of the same person: whoever made both says so.
                let maker = |id| match self.token(&TokenId::from_uuid(id)) {
                    Ok(found) => Ok(Some((found.token.created_by, found.token.handle))),
                    Err(StoreError::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                };
                Ok(maker(with)?.is_some() && maker(with)? == maker(token)?)
            }
            Credential::Token(_) => Ok(false),
        }
    }

    /// Whether whoever asked could be the person who acts now, under whichever of their names: they do not decide.
    pub fn asked_themselves(&self, author: &Author, principal: &Principal, asked: &Approval) -> Result<bool> {
        let by = &asked.requested_by;
        if by.kind == author.actor.kind && handle::alike(&by.handle, &author.actor.handle) {
            return Ok(true);
        }
        Ok(principal.is_owner() && by.kind == ActorKind::Human && self.is_owners_name(&by.handle)?)
    }
}

fn same(one: &Actor, other: &Actor) -> bool {
    one.kind == other.kind && handle::same(&one.handle, &other.handle)
}
