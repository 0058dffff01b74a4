//! Every notification of the protocol, one documented row each.

use crate::event::{EventAppended as EventAppendedParams, SubscriptionEnded as SubscriptionEndedParams};
use crate::inbox::InboxChanged as InboxChangedParams;
use crate::method::notifications;
use crate::server::{CancelParams, Empty};

notifications! {
    /// The client has read the answer to `initialize`.
    Initialized = ToServer "initialized" (Empty);
    /// Cancels a waiting request, which then answers `cancelled`. A write that has begun is not undone.
    CancelRequest = ToServer "$/cancelRequest" (CancelParams);
    /// An event that a subscription is about.
    EventAppended = ToClient "event/appended" (EventAppendedParams);
    /// What has changed in a view of the inbox.
    InboxChanged = ToClient "inbox/changed" (InboxChangedParams);
    /// A subscription has ended without being asked to.
    SubscriptionEnded = ToClient "subscription/ended" (SubscriptionEndedParams);
}
