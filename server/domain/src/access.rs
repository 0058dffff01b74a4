//! Who may do what: pure rules over what the store has loaded.
//!
//! A principal calls a method. The method needs a scope, and a role in every room that its params lead to.
//! [`authorize`] decides. A room that the principal does not see is reported as missing, so that nobody learns that it
//! exists. A room that they see without the role is forbidden.

use std::collections::BTreeMap;

use uuid::Uuid;
use workroom_protocol::actor::{Actor, ActorKind, Scope};
use workroom_protocol::member::MemberRole;
use workroom_protocol::method::Needs;

/// What lets a principal in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The local user, who owns the store.
    Owner,
    /// An agent that the local user runs: it sees what they see, as a contributor unless it was given another role.
    LocalAgent,
    /// A token: it shows the rooms that its bearer was added to, within what the token is limited to.
    Token(Uuid),
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// What lets them in.
    pub credential: Credential,
    /// Whose roles count: the owner, the bearer of a token, or an agent by the first of its names.
    pub actor: Actor,
    /// Which kinds of methods they may call.
    pub scopes: Vec<Scope>,
}

impl Principal {
    /// The local user, who may do everything.
    pub fn owner(handle: &str) -> Self {
        let actor = Actor { kind: ActorKind::Human, handle: handle.into() };
        Self { credential: Credential::Owner, actor, scopes: Scope::ALL.into() }
    }

    /// The bearer of a token with these scopes.
    pub fn bearer(token: Uuid, actor: Actor, scopes: Vec<Scope>) -> Self {
        Self { credential: Credential::Token(token), actor, scopes }
    }

    /// An agent of this principal, which has their rights but decides and manages nothing. The agent of a token acts
    /// in the roles of the token's bearer; an agent of the local user in those of its own name.
    pub fn agent(self, handle: &str) -> Self {
        let may = |scope: &Scope| matches!(scope, Scope::Read | Scope::Post);
        let scopes = self.scopes.into_iter().filter(may).collect();
        match self.credential {
            Credential::Owner | Credential::LocalAgent => {
                let actor = Actor { kind: ActorKind::Agent, handle: handle.into() };
                Self { credential: Credential::LocalAgent, actor, scopes }
            }
            Credential::Token(_) => Self { scopes, ..self },
        }
    }

    /// The token that lets them in, if one does.
    pub fn token(&self) -> Option<Uuid> {
        match self.credential {
            Credential::Token(token) => Some(token),
            Credential::Owner | Credential::LocalAgent => None,
        }
    }

    /// Whether it is the local user.
    pub fn is_owner(&self) -> bool {
        self.credential == Credential::Owner
    }
}

/// A principal who calls a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who calls.
    pub principal: Principal,
    /// The method.
    pub method: &'static str,
    /// What the method needs.
    pub needs: Needs,
}

impl Access {
    /// Whether what the call changes goes into the audit trail: everything that a token does, and what anybody decides
    /// or changes about members and tokens.
    pub fn is_audited(&self) -> bool {
        self.principal.token().is_some() || matches!(self.needs.scope, Some(Scope::Admin | Scope::Approve))
    }
}

/// What a principal is in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// They do not see it.
    Hidden,
    /// They see it, in this role.
    Role(MemberRole),
}

impl Standing {
    /// The role of a local agent in a room: the one that it was given, or that of a guest.
    pub fn of_local_agent(given: Option<MemberRole>) -> Self {
        Self::Role(given.unwrap_or(ROLE_OF_GUESTS))
    }

    /// Refuses somebody who does not see the room, or whose role in it is below `need`.
    pub fn admit(self, need: Option<MemberRole>) -> Result<(), Refusal> {
        match (self, need) {
            (Self::Hidden, _) => Err(Refusal::Hidden),
            (Self::Role(own), Some(need)) if own < need => Err(Refusal::Role { need, own }),
            (Self::Role(_), _) => Ok(()),
        }
    }
}

/// The role of those who take part without having been added: local agents, and tokens that a room is shared with.
pub const ROLE_OF_GUESTS: MemberRole = MemberRole::Contributor;

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They do not see the room. Reported like a room that does not exist.
    #[error("not found")]
    Hidden,
    /// The connection lacks the scope.
    #[error("it takes the scope `{}`, which this connection does not have", .0.name())]
    Scope(Scope),
    /// Their role is too low.
    #[error("it takes the role `{}` in this workroom, and yours is `{}`", need.name(), own.name())]
    Role {
        /// The least role that it takes.
        need: MemberRole,
        /// Their role.
        own: MemberRole,
    },
    /// They would give a role above their own.
    #[error("a {} cannot make a member {}", own.name(), role.name())]
    Give {
        /// The role that they would give.
        role: MemberRole,
        /// Their role.
        own: MemberRole,
    },
    /// They would change a member above themselves.
    #[error("a {} cannot change the membership of an {}", own.name(), theirs.name())]
    Change {
        /// The member's role.
        theirs: MemberRole,
        /// Their role.
        own: MemberRole,
    },
}

/// Decides whether a principal may do what needs this: without a room whether they may call the method at all, and with
/// their standing in a room whether they may do it there.
pub fn authorize(principal: &Principal, needs: Needs, room: Option<Standing>) -> Result<(), Refusal> {
    if let Some(scope) = needs.scope.filter(|scope| !principal.scopes.contains(scope)) {
        return Err(Refusal::Scope(scope));
    }
    room.map_or(Ok(()), |standing| standing.admit(needs.role))
}

/// Whether a member can decide approvals, as far as their kind and role say. Agents decide in no role.
pub fn may_decide(kind: ActorKind, role: MemberRole) -> bool {
    matches!(kind, ActorKind::Human | ActorKind::Bridge) && role >= MemberRole::Maintainer
}

/// Whether a token with these scopes lets its bearer decide, or create a token that does.
pub fn scopes_decide(scopes: &[Scope]) -> bool {
    scopes.iter().any(|scope| matches!(scope, Scope::Approve | Scope::Admin))
}

/// Refuses to give somebody a role above one's own.
pub fn may_give(own: MemberRole, role: MemberRole) -> Result<(), Refusal> {
    if role <= own { Ok(()) } else { Err(Refusal::Give { role, own }) }
}

/// Refuses to change a member whose role is above one's own.
pub fn may_change(own: MemberRole, theirs: MemberRole) -> Result<(), Refusal> {
    if theirs <= own { Ok(()) } else { Err(Refusal::Change { theirs, own }) }
}

/// The least role in which all of the scopes are of use.
pub fn role_for(scopes: &[Scope]) -> MemberRole {
    let role = |scope: &Scope| match scope {
        Scope::Read => MemberRole::Viewer,
        Scope::Post => MemberRole::Contributor,
        Scope::Approve | Scope::Admin => MemberRole::Maintainer,
    };
    scopes.iter().map(role).max().unwrap_or(MemberRole::Viewer)
}

/// What a principal was granted. `K` is what the store calls a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grants<K> {
    /// Every room, as its owner: the local user, and the program itself.
    Owner,
    /// Every room, in the role that a local agent was given there.
    LocalAgent,
    /// Some rooms.
    Rooms(Rooms<K>),
}

/// The rooms that a token shows, with the role of its bearer in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms<K>(BTreeMap<K, MemberRole>);

impl<K> Default for Rooms<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// What the store knows of a token and its bearer.
#[derive(Debug, Clone)]
pub struct TokenGrants<K> {
    /// The rooms that the token is limited to, if it is.
    pub limit: Option<Vec<Uuid>>,
    /// The rooms that are shared with this very token.
    pub shared: Vec<K>,
    /// The rooms that the bearer was added to, with their ids and the bearer's roles.
    pub added: Vec<(K, Uuid, MemberRole)>,
    /// The rooms that were joined to another, and that other.
    pub joined: Vec<(K, K)>,
}

impl<K: Copy + Ord> Rooms<K> {
    /// The rooms that a token shows. To share a room with a token is a grant by itself, whatever the token is limited
    /// to. A bearer who sees a room sees, in the same role, the events of the rooms that were merged into it.
    pub fn of_token(known: TokenGrants<K>) -> Self {
        let TokenGrants { limit, shared, added, joined } = known;
        let mut roles: BTreeMap<_, _> = shared.into_iter().map(|room| (room, ROLE_OF_GUESTS)).collect();
        let granted = |id: &Uuid| limit.as_ref().is_none_or(|rooms| rooms.contains(id));
        roles.extend(added.into_iter().filter(|(_, id, _)| granted(id)).map(|(room, _, role)| (room, role)));
        for (room, into) in joined {
            match roles.get(&into).copied() {
                Some(role) => roles.insert(room, role),
                None => roles.remove(&room),
            };
        }
        Self(roles)
    }

    /// The standing of the token's bearer in a room.
    pub fn standing(&self, room: K) -> Standing {
        self.0.get(&room).map_or(Standing::Hidden, |role| Standing::Role(*role))
    }

    /// Whether a room is among them.
    pub fn contains(&self, room: K) -> bool {
        self.0.contains_key(&room)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = K> + '_ {
        self.0.keys().copied()
    }

    /// Those in which the bearer is at least `need`.
    pub fn with_role(&self, need: MemberRole) -> impl Iterator<Item = K> + '_ {
        self.0.iter().filter(move |(_, role)| **role >= need).map(|(room, _)| *room)
    }
}

#[cfg(test)]
mod tests;
