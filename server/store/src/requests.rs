//! Determines who made a request. An agent's request belongs to its session, and a person's request to the person.

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::approval::Approval;

use super::error::Result;
use super::idempotency::token_of_event;
use super::log::Author;
use super::view::View;
use workroom_domain::access::{Credential, Principal};
use workroom_domain::handle;

impl View<'_> {
    /// Whether this caller requested an approval and so may cancel it and act on it. The request must come from the
    /// same session. A request without a session must come from the same token, or from the owner. An equal handle is
    /// not enough.
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
            // From before sessions existed: it belongs to any agent with this name.
            Credential::LocalAgent => Ok(same(by, &principal.actor) && self.is_before_sessions(asked.seq)?),
            // Another token of the same handle may be somebody else, because handles can be reassigned.
            Credential::Token(token) => Ok(same(&self.present(by)?, &self.present(&author.actor)?)
                && token_of_event(*self, asked.seq)? == Some(token)),
        }
    }

    /// Whether the requester may be the person who acts now, under any of their handles. Requesters must not decide
    /// their own request.
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
