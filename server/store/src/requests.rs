//! Whose a request is. What an agent asks for belongs to its session, and what a person asks for to them.

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::approval::Approval;

use super::error::Result;
use super::idempotency::token_of_event;
use super::log::Author;
use super::view::View;
use workroom_domain::access::{Credential, Principal};
use workroom_domain::handle;

impl View<'_> {
    /// Whether this caller requested an approval, so that it is theirs to take back and to act on: in this session, or,
    /// where the request has none, with this very token or as the owner. A handle alone makes nobody the requester.
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
            // Another token of the same handle is somebody else: handles are given again.
            Credential::Token(token) => Ok(same(&self.present(by)?, &self.present(&author.actor)?)
                && token_of_event(*self, asked.seq)? == Some(token)),
        }
    }

    /// Whether whoever asked could be the person who acts now, under whichever of their names: they do not decide.
    pub fn asked_themselves(&self, author: &Author, principal: &Principal, asked: &Approval) -> Result<bool> {
        let (by, actor) = (self.present(&asked.requested_by)?, self.present(&author.actor)?);
        if by.kind == actor.kind && handle::alike(&by.handle, &actor.handle) {
            return Ok(true);
        }
        Ok(principal.is_owner() && by.kind == ActorKind::Human && self.is_owners_name(&by.handle)?)
    }
}

fn same(one: &Actor, other: &Actor) -> bool {
    one.kind == other.kind && handle::same(&one.handle, &other.handle)
}
