//! Approval expiry: one rule for both reading and ending an approval.

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::approval::{Approval, ApprovalState};
use workroom_protocol::time::Timestamp;

/// Whether the expiry time has passed. A decision at exactly that time is too late.
pub fn is_due(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|at| at <= now)
}

/// The approval as of `now`, even if its expiry has not been recorded yet.
pub fn standing(mut approval: Approval, now: Timestamp) -> Approval {
    if approval.state == ApprovalState::Pending && is_due(approval.expires_at, now) {
        approval.state = ApprovalState::Expired;
        approval.decided_by = Some(Actor { kind: ActorKind::System, handle: "workroom".into() });
        approval.decided_at = approval.expires_at;
    }
    approval
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn approval(state: ApprovalState, expires_at: Option<i64>) -> Approval {
        let expires_at = expires_at.map(Timestamp::from_millis);
        serde_json::from_value(json!({
            "approval_id": "apr_1", "workroom_id": "wr_1", "thread_id": "thr_1", "event_id": "evt_1", "seq": 1,
            "requested_by": {"kind": "agent", "handle": "bot"}, "requested_at": Timestamp::from_millis(0),
            "tool_name": "t", "summary": "s", "action_digest": "sha256:0", "options": [],
            "state": state, "expires_at": expires_at,
        }))
        .expect("an approval")
    }

    fn state() -> impl Strategy<Value = ApprovalState> {
        prop::sample::select(vec![
            ApprovalState::Pending,
            ApprovalState::Approved,
            ApprovalState::Denied,
            ApprovalState::Expired,
            ApprovalState::Cancelled,
            ApprovalState::Superseded,
        ])
    }

    proptest! {
        #[test]
        fn only_pending_approvals_expire_and_only_at_their_time(
            state in state(), expires in prop::option::of(0i64..100), now in 0i64..100
        ) {
            let before = approval(state, expires);
            let after = standing(before.clone(), Timestamp::from_millis(now));
            let expired = state == ApprovalState::Pending && expires.is_some_and(|at| at <= now);
            let expected = if expired { ApprovalState::Expired } else { state };
            prop_assert_eq!(after.state, expected);
            prop_assert_eq!(after.decision, before.decision);
            if !expired {
                prop_assert_eq!(after, before);
            }
        }

        #[test]
        fn an_expired_approval_stays_expired_if_the_clock_goes_back(
            expires in prop::option::of(0i64..100), first in 0i64..100, next in 0i64..100
        ) {
            let once = standing(approval(ApprovalState::Pending, expires), Timestamp::from_millis(first));
            let twice = standing(once.clone(), Timestamp::from_millis(next));
            if once.state == ApprovalState::Expired {
                prop_assert_eq!(twice, once);
            }
        }
    }
}
