use super::*;
use proptest::prelude::*;

const SCOPES: [Option<Scope>; 5] =
    [None, Some(Scope::Read), Some(Scope::Post), Some(Scope::Approve), Some(Scope::Admin)];

fn roles() -> impl Iterator<Item = Option<MemberRole>> {
    MemberRole::ALL.into_iter().map(Some).chain([None])
}

fn standings() -> impl Iterator<Item = Standing> {
    MemberRole::ALL.into_iter().map(Standing::Role).chain([Standing::Hidden])
}

fn bearer(scopes: Vec<Scope>) -> Principal {
    let actor = Actor { kind: ActorKind::Human, handle: "bob".into() };
    Principal::bearer(Uuid::from_u128(1), actor, scopes)
}

#[test]
fn a_method_takes_its_scope_before_anything_is_said_of_a_room() {
    for scope in SCOPES {
        for held in 0..16 {
            let scopes: Vec<_> = Scope::ALL
                .into_iter()
                .enumerate()
                .filter(|(at, _)| held & (1 << at) != 0)
                .map(|(_, s)| s)
                .collect();
            let principal = bearer(scopes.clone());
            let lacks = scope.filter(|scope| !scopes.contains(scope));
            for room in standings().map(Some).chain([None]) {
                let found = authorize(&principal, Needs { scope, role: None }, room);
                match lacks {
                    Some(scope) => assert_eq!(found, Err(Refusal::Scope(scope))),
                    None => assert_eq!(found.is_ok(), room != Some(Standing::Hidden)),
                }
            }
        }
    }
}

#[test]
fn a_room_that_is_not_seen_is_missing_and_one_that_is_seen_forbidden() {
    let principal = Principal::owner("ada");
    for role in roles() {
        let needs = Needs { scope: Some(Scope::Read), role };
        assert_eq!(authorize(&principal, needs, Some(Standing::Hidden)), Err(Refusal::Hidden));
        for own in MemberRole::ALL {
            let expected = match role {
                Some(need) if own < need => Err(Refusal::Role { need, own }),
                _ => Ok(()),
            };
            assert_eq!(authorize(&principal, needs, Some(Standing::Role(own))), expected);
        }
    }
}

#[test]
fn an_agent_has_the_rights_of_whoever_names_it_but_decides_and_manages_nothing() {
    let local = Principal::owner("ada").agent("codex");
    assert_eq!((local.credential, &*local.actor.handle), (Credential::LocalAgent, "codex"));
    assert_eq!(local.scopes, [Scope::Read, Scope::Post]);
    let other = local.agent("claude");
    assert_eq!((other.credential, &*other.actor.handle), (Credential::LocalAgent, "claude"));
    let of_token = bearer(vec![Scope::Read, Scope::Approve]).agent("codex");
    assert_eq!((of_token.token(), &*of_token.actor.handle), (Some(Uuid::from_u128(1)), "bob"));
    assert_eq!(of_token.scopes, [Scope::Read]);
}

#[test]
fn nobody_gives_a_role_above_their_own_or_changes_a_member_above_them() {
    for own in MemberRole::ALL {
        for other in MemberRole::ALL {
            assert_eq!(may_give(own, other).is_ok(), other <= own);
            assert_eq!(may_change(own, other).is_ok(), other <= own);
        }
    }
}

#[test]
fn what_a_token_does_is_audited_and_so_is_what_anybody_decides_or_manages() {
    for scope in SCOPES {
        let access = |principal| Access { principal, method: "m", needs: Needs { scope, role: None } };
        assert!(access(bearer(Vec::new())).is_audited());
        let manages = matches!(scope, Some(Scope::Approve | Scope::Admin));
        assert_eq!(access(Principal::owner("ada")).is_audited(), manages);
    }
}

fn role() -> impl Strategy<Value = MemberRole> {
    prop::sample::select(MemberRole::ALL.to_vec())
}

/// Rooms 0 to 9, of which those from 7 on may be joined to one of the others.
fn grants() -> impl Strategy<Value = TokenGrants<u8>> {
    let limit = prop::option::of(prop::collection::vec((0u128..10).prop_map(Uuid::from_u128), 0..5));
    let shared = prop::collection::vec(0u8..10, 0..4);
    let added = prop::collection::btree_map(0u8..10, role(), 0..8);
    let joined = prop::collection::btree_map(7u8..10, 0u8..7, 0..3);
    (limit, shared, added, joined).prop_map(|(limit, shared, added, joined)| {
        let added =
            added.into_iter().map(|(room, role)| (room, Uuid::from_u128(room.into()), role)).collect();
        TokenGrants { limit, shared, added, joined: joined.into_iter().collect() }
    })
}

proptest! {
    #[test]
    fn a_higher_standing_is_never_refused_what_a_lower_one_may(
        need in prop::option::of(role()), one in 0usize..5, other in 0usize..5
    ) {
        let mut all: Vec<_> = standings().collect();
        all.sort_unstable();
        let (low, high) = (all[one.min(other)], all[one.max(other)]);
        prop_assert!(low.admit(need).is_err() || high.admit(need).is_ok());
    }

    #[test]
    fn a_token_shows_what_it_was_granted_and_nothing_else(known in grants()) {
        let rooms = Rooms::of_token(known.clone());
        for room in 0..10 {
            let joined = known.joined.iter().find(|(joined, _)| *joined == room);
            // A room that was joined to another is seen as that other.
            let seen_as = joined.map_or(room, |(_, into)| *into);
            let added = known.added.iter().find(|(added, _, _)| *added == seen_as);
            let is_limited = |id| known.limit.as_ref().is_some_and(|limit| !limit.contains(id));
            let added = added.filter(|(_, id, _)| !is_limited(id)).map(|(_, _, role)| *role);
            let shared = known.shared.contains(&seen_as).then_some(MemberRole::Contributor);
            let expected = added.or(shared).map_or(Standing::Hidden, Standing::Role);
            prop_assert_eq!(rooms.standing(room), expected);
            prop_assert_eq!(rooms.contains(room), expected != Standing::Hidden);
        }
    }

    #[test]
    fn a_limit_only_takes_away(known in grants()) {
        let without = Rooms::of_token(TokenGrants { limit: None, ..known.clone() });
        let limited = Rooms::of_token(known);
        for room in limited.with_role(MemberRole::Viewer) {
            prop_assert!(without.contains(room));
        }
    }

    #[test]
    fn lists_hold_the_rooms_in_which_the_role_is_high_enough(known in grants(), need in role()) {
        let rooms = Rooms::of_token(known);
        let listed: Vec<_> = rooms.with_role(need).collect();
        for room in 0..10 {
            prop_assert_eq!(listed.contains(&room), rooms.standing(room).admit(Some(need)).is_ok());
        }
    }
}

#[test]
fn the_role_of_a_token_is_the_least_in_which_its_scopes_are_of_use() {
    assert_eq!(role_for(&[]), MemberRole::Viewer);
    assert_eq!(role_for(&[Scope::Read, Scope::Post]), MemberRole::Contributor);
    assert_eq!(role_for(&[Scope::Approve, Scope::Read]), MemberRole::Maintainer);
}
