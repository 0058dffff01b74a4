//! Every notification of the protocol, with its documentation.

use crate::event::{EventAppended as EventAppendedParams, SubscriptionEnded as SubscriptionEndedParams};
use crate::inbox::InboxChanged as InboxChangedParams;
use crate::method::notifications;
use crate::server::{CancelParams, Empty};

notifications! {
    /// The client has processed the response to `initialize`.
    Initialized = ToServer "initialized" (Empty);
    /// Cancels a waiting request, which then fails with `cancelled`. A write that has started is not undone.
    CancelRequest = ToServer "$/cancelRequest" (CancelParams);
    /// Sends an event that matches a subscription.
    EventAppended = ToClient "event/appended" (EventAppendedParams);
    /// Sends what changed in a view of the inbox.
    InboxChanged = ToClient "inbox/changed" (InboxChangedParams);
    /// Reports that a subscription ended without the client ending it.
    SubscriptionEnded = ToClient "subscription/ended" (SubscriptionEndedParams);
}
