//! The types keep the JSON of the published crate `codewhale-protocol`, module `workroom`, in both directions.
//!
//! The same check covers every type and every variant of that module: this crate reads everything that the published
//! crate writes without loss, and the published crate reads what this crate writes, even with every added field set,
//! as the original value.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use codewhale_protocol::workroom as published;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;
use workroom_protocol::{actor, event, external_ref, id, link, resolve, thread, workroom};

mod additions;

/// The fields that contain times. The published crate writes them in nanoseconds, this crate in milliseconds.
const TIMES: [&str; 3] = ["timestamp", "created_at", "updated_at"];

const CASES: u32 = 64;

/// Checks values of `Theirs` against the type `Ours`. `add` sets every field that `Ours` adds to `Theirs`.
fn check<Theirs, Ours>(values: impl Strategy<Value = Theirs>, add: fn(&mut Ours))
where
    Theirs: Serialize + DeserializeOwned + Debug,
    Ours: Serialize + DeserializeOwned,
{
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&values, |theirs| {
        let written = json(&theirs);
        let mut ours: Ours = read(&theirs);
        prop_assert_eq!(missing(&written, &json(&ours), "$"), None);
        for _ in ["as it was read", "with every added field"] {
            let back = json(&read::<Theirs>(&ours));
            // In both directions: nothing is lost on the way, and nothing is added.
            prop_assert_eq!(missing(&written, &back, "$"), None);
            prop_assert_eq!(missing(&back, &written, "$"), None);
            add(&mut ours);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{}: {failure}", std::any::type_name::<Theirs>()));
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("writes")
}

/// Reads `written` as a `T`. The value goes through text, as on the wire, so that a field written twice is an error.
fn read<T: DeserializeOwned>(written: &impl Serialize) -> T {
    let text = serde_json::to_string(written).expect("writes");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The path of the first value in `expected` that `found` lacks.
fn missing(expected: &Value, found: &Value, path: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match found.get(name) {
                Some(other) if TIMES.contains(&&**name) => (millis(value) != millis(other)).then_some(path),
                Some(other) => missing(value, other, &path),
                None => Some(path),
            }
        }),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let pairs = expected.iter().zip(found).enumerate();
            pairs.into_iter().find_map(|(at, (value, other))| missing(value, other, &format!("{path}[{at}]")))
        }
        _ => (expected != found).then(|| path.to_string()),
    }
}

fn millis(time: &Value) -> i64 {
    let text = time.as_str().expect("a time is a string");
    DateTime::parse_from_rfc3339(text).expect("a time is RFC 3339").timestamp_millis()
}

/// One strategy for each variant. The `match` has no wildcard, so a new variant of the published crate does not
/// compile until it has a row here.
macro_rules! variants {
    ($type:ty { $($pattern:pat => $values:expr,)+ }) => {{
        let _covered = |value: &$type| match value { $($pattern => (),)+ };
        vec![$($values.prop_map(|value: $type| {
            assert!(matches!(value, $pattern), "{value:?} has the row of another variant");
            value
        }).boxed(),)+]
    }};
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z0-9_/.-]{0,40}"]
}

fn optional_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn room_id() -> impl Strategy<Value = published::WorkroomId> {
    prop_oneof![text().prop_map(published::WorkroomId), Just(()).prop_map(|()| published::WorkroomId::new())]
}

/// Any time in the years 1 to 9999, in nanoseconds.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_135_596_800_i64..=253_402_300_799, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("a time"))
}

fn repo() -> impl Strategy<Value = published::RepoRef> {
    (text(), text()).prop_map(|(owner, name)| published::RepoRef { owner, name })
}

fn agent() -> impl Strategy<Value = published::AgentAttribution> {
    (text(), text(), text()).prop_map(|(provider, model, agent_id)| published::AgentAttribution {
        provider,
        model,
        agent_id,
    })
}

fn visibilities() -> Vec<BoxedStrategy<published::WorkroomVisibility>> {
    use published::WorkroomVisibility as V;
    variants!(V {
        V::Private => Just(V::Private),
        V::Shared { .. } =>
            proptest::collection::vec(text(), 0..4).prop_map(|allowed_tokens| V::Shared { allowed_tokens }),
    })
}

fn thread_kinds() -> Vec<BoxedStrategy<published::WorkroomThreadKind>> {
    use published::WorkroomThreadKind as K;
    variants!(K {
        K::Channel => Just(K::Channel),
        K::DirectMessage => Just(K::DirectMessage),
        K::AgentTask => Just(K::AgentTask),
        K::ApprovalQueue => Just(K::ApprovalQueue),
        K::ReceiptLog => Just(K::ReceiptLog),
    })
}

fn external_refs() -> Vec<BoxedStrategy<published::ExternalThreadRef>> {
    use published::ExternalThreadRef as R;
    let numbered = || (text(), text(), any::<u64>());
    variants!(R {
        R::GitHubIssue { .. } =>
            numbered().prop_map(|(owner, repo, number)| R::GitHubIssue { owner, repo, number }),
        R::GitHubPullRequest { .. } =>
            numbered().prop_map(|(owner, repo, number)| R::GitHubPullRequest { owner, repo, number }),
        R::GitHubCommit { .. } =>
            (text(), text(), text()).prop_map(|(owner, repo, sha)| R::GitHubCommit { owner, repo, sha }),
        R::GitHubCheck { .. } =>
            numbered().prop_map(|(owner, repo, check_run_id)| R::GitHubCheck { owner, repo, check_run_id }),
    })
}

fn event_kinds() -> Vec<BoxedStrategy<published::WorkroomEventKind>> {
    use published::WorkroomEventKind as K;
    variants!(K {
        K::Message { .. } => text().prop_map(|content| K::Message { content }),
        K::Mention { .. } => text().prop_map(|mentioned_user| K::Mention { mentioned_user }),
        K::ToolCall { .. } =>
            (text(), text()).prop_map(|(tool_name, summary)| K::ToolCall { tool_name, summary }),
        K::ToolResult { .. } =>
            (text(), any::<bool>()).prop_map(|(tool_name, success)| K::ToolResult { tool_name, success }),
        K::ApprovalRequest { .. } => text().prop_map(|tool_name| K::ApprovalRequest { tool_name }),
        K::ArtifactLinked { .. } => (text(), text()).prop_map(|(path, kind)| K::ArtifactLinked { path, kind }),
        K::Receipt { .. } => text().prop_map(|summary| K::Receipt { summary }),
        K::Failure { .. } => text().prop_map(|error| K::Failure { error }),
        K::NeedsHuman { .. } => text().prop_map(|reason| K::NeedsHuman { reason }),
        K::Resumed => Just(K::Resumed),
    })
}

fn rooms() -> impl Strategy<Value = published::Workroom> {
    let names = (room_id(), text(), optional_text(), proptest::option::of(repo()), text());
    (names, time(), time(), Union::new(visibilities())).prop_map(
        |((id, title, workspace, repo_identity, owner), created_at, updated_at, visibility)| {
            published::Workroom {
                id,
                title,
                workspace,
                repo_identity,
                owner,
                created_at,
                updated_at,
                visibility,
            }
        },
    )
}

fn threads() -> impl Strategy<Value = published::WorkroomThread> {
    let about = proptest::option::of(Union::new(external_refs()));
    (text(), room_id(), text(), Union::new(thread_kinds()), about, time()).prop_map(
        |(id, workroom_id, title, kind, external_ref, created_at)| published::WorkroomThread {
            id,
            workroom_id,
            title,
            kind,
            external_ref,
            created_at,
        },
    )
}

fn events_of(
    kind: impl Strategy<Value = published::WorkroomEventKind>,
) -> impl Strategy<Value = published::WorkroomEvent> {
    (text(), text(), room_id(), time(), kind, proptest::option::of(agent())).prop_map(
        |(id, thread_id, workroom_id, timestamp, kind, agent)| published::WorkroomEvent {
            id,
            thread_id,
            workroom_id,
            timestamp,
            kind,
            agent,
        },
    )
}

fn links() -> impl Strategy<Value = published::WorkroomLink> {
    (room_id(), optional_text(), optional_text()).prop_map(|(workroom_id, thread_id, event_id)| {
        published::WorkroomLink { workroom_id, thread_id, event_id }
    })
}

fn summaries() -> impl Strategy<Value = published::WorkroomSummary> {
    (room_id(), text(), time(), any::<usize>()).prop_map(|(id, title, updated_at, active_threads)| {
        published::WorkroomSummary { id, title, updated_at, active_threads }
    })
}

fn resolved() -> impl Strategy<Value = published::WorkroomResolveResponse> {
    let about = proptest::option::of(Union::new(external_refs()));
    let events = proptest::collection::vec(events_of(Union::new(event_kinds())), 0..4);
    (links(), optional_text(), about, events).prop_map(|(link, thread_title, external_ref, recent_events)| {
        published::WorkroomResolveResponse { link, thread_title, external_ref, recent_events }
    })
}

#[test]
fn small_types_keep_their_json() {
    check::<_, id::WorkroomId>(room_id(), |_| {});
    check::<_, workroom::RepoRef>(repo(), additions::repo);
    check::<_, actor::AgentAttribution>(agent(), additions::agent);
    check::<_, link::WorkroomLink>(links(), additions::link);
}

#[test]
fn every_variant_keeps_its_json() {
    for values in visibilities() {
        check::<_, workroom::WorkroomVisibility>(values, |_| {});
    }
    for values in thread_kinds() {
        check::<_, thread::WorkroomThreadKind>(values, |_| {});
    }
    for values in external_refs() {
        check::<_, external_ref::ExternalThreadRef>(values, additions::external_ref);
    }
    for values in event_kinds() {
        check::<_, event::WorkroomEventKind>(values, additions::event_kind);
    }
}

#[test]
fn every_kind_of_event_keeps_its_json() {
    for kind in event_kinds() {
        check::<_, event::WorkroomEvent>(events_of(kind), additions::event);
    }
}

#[test]
fn rooms_threads_and_answers_keep_their_json() {
    check::<_, workroom::Workroom>(rooms(), additions::room);
    check::<_, thread::WorkroomThread>(threads(), additions::thread);
    check::<_, workroom::WorkroomSummary>(summaries(), additions::summary);
    let lists = proptest::collection::vec(summaries(), 0..4)
        .prop_map(|workrooms| published::WorkroomListResponse { workrooms });
    check::<_, workroom::WorkroomListResponse>(lists, additions::list);
    check::<_, resolve::Resolved>(resolved(), additions::resolved);
}

#[test]
fn new_ids_of_the_published_crate_have_the_exact_shape() {
    let id = id::WorkroomId(published::WorkroomId::new().0);
    assert_eq!(id.uuid().map(|uuid| uuid.get_version_num()), Some(4));
}

proptest! {
    #[test]
    fn both_crates_write_the_same_links_and_read_each_others(
        room: u128,
        thread: Option<u128>,
        event: Option<u128>,
    ) {
        let ours = link::WorkroomLink {
            workroom_id: id::WorkroomId::from_uuid(Uuid::from_u128(room)),
            thread_id: thread.map(|uuid| id::ThreadId::from_uuid(Uuid::from_u128(uuid))),
            event_id: event.map(|uuid| id::EventId::from_uuid(Uuid::from_u128(uuid))),
        };
        let theirs: published::WorkroomLink = read(&ours);
        prop_assert_eq!(theirs.to_url(), ours.to_url());
        prop_assert_eq!(link::WorkroomLink::parse(&theirs.to_url()), Ok(ours.clone()));
        let read_by_theirs = published::WorkroomLink::parse(&ours.to_url()).expect("a link");
        prop_assert_eq!(json(&read_by_theirs), json(&ours));
    }
}
