//! Tests the contract of a store, `workroom_store::contract`, for every arrangement of one.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_domain::access::{Access, Principal};
use workroom_protocol::actor::{Actor, ActorKind, Scope as Of};
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::id::{EventId, ThreadId, TokenId, WorkroomId};
use workroom_protocol::member::MemberRole;
use workroom_protocol::method::Needs;
use workroom_protocol::server::Durability;
use workroom_protocol::time::Timestamp;
use workroom_protocol::token::Token;
use workroom_protocol::workroom::WorkroomVisibility;
use workroom_store::{
    Author, EventFilter, IdempotencyKey, KeyOwner, KindSet, Opening, PageSize, Read, Result, Scope, Snapshot,
    Store, StoreError, Target, Tx, View, WriteAccess,
};

/// Opens the store in a folder, as one of the processes that share it.
type Open = fn(&Path) -> Store;

/// Every arrangement that must keep the contract.
const ARRANGEMENTS: [(&str, Open); 1] = [("one file", one_file)];

fn one_file(folder: &Path) -> Store {
    let opening = Opening { durability: Durability::Relaxed, ..Opening::default() };
    Store::open(folder, opening, || "ada".into(), &mut |_, _| {}).expect("a store")
}

/// Two processes that share a store, with one workroom in it.
struct World {
    here: Store,
    there: Store,
    room: WorkroomId,
    open: Open,
    runtime: tokio::runtime::Runtime,
    home: tempfile::TempDir,
}

fn for_each(check: impl Fn(&World)) {
    for (name, open) in ARRANGEMENTS {
        // The name appears in the paths of failure messages.
        let home = tempfile::Builder::new().prefix(name).tempdir().expect("a folder");
        let (here, there) = (open(home.path()), open(home.path()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let room = WorkroomId::from_uuid(Uuid::new_v4());
        let world = World { here, there, room, open, runtime, home };
        world.create(&world.room);
        check(&world);
    }
}

impl World {
    fn write<T: Send + 'static>(
        &self,
        store: &Store,
        access: Option<Access>,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let access = access.map(WriteAccess::from);
        let written = async { store.submit(access, CancellationToken::new(), work).await?.committed().await };
        self.runtime.block_on(written)
    }

    fn create(&self, room: &WorkroomId) {
        let room = room.clone();
        let created = Kind::WorkroomCreated {
            title: "Room".into(),
            owner: "ada".into(),
            workspace: None,
            repo_identity: None,
            branch: None,
            visibility: WorkroomVisibility::Private,
        };
        self.write(&self.here, None, move |tx| tx.create_workroom(&ada(), &room, created)).expect("a room");
    }

    fn rename(&self, store: &Store, title: &str) -> u64 {
        let (room, change) = (self.room.clone(), title.to_owned());
        let renamed = move |tx: &Tx<'_>| append_title(tx, &room, change);
        self.write(store, None, renamed).expect("written")
    }

    /// Somebody with a token, who was added to these workrooms with these roles.
    fn bearer(&self, rooms: &[(&WorkroomId, MemberRole)]) -> Principal {
        let bearer = Actor { kind: ActorKind::Human, handle: "bob".into() };
        let id = Uuid::new_v4();
        let token = Token {
            token_id: TokenId::from_uuid(id),
            kind: bearer.kind,
            handle: bearer.handle.clone(),
            label: None,
            scopes: Of::ALL.into(),
            workrooms: None,
            created_at: Timestamp::from_millis(0),
            created_by: ada().actor,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            made_with: None,
        };
        let rooms: Vec<_> = rooms.iter().map(|(room, role)| ((*room).clone(), *role)).collect();
        let made = self.write(&self.here, None, move |tx| {
            tx.insert_token(&token, &id.to_string())?;
            for (room, role) in rooms {
                let added = Kind::MemberChanged {
                    handle: "bob".into(),
                    member_kind: Some(ActorKind::Human),
                    role: Some(Some(role)),
                    display_name: None,
                };
                tx.append(&ada(), Target::Workroom(&tx.workroom(&room)?), added, None)?;
            }
            Ok(())
        });
        made.expect("a token");
        Principal::bearer(id, bearer, Of::ALL.into())
    }
}

fn ada() -> Author {
    Author::person("ada")
}

fn append_title(tx: &Tx<'_>, room: &WorkroomId, title: String) -> Result<u64> {
    let change = workroom_protocol::workroom::WorkroomChange { title: Some(title), ..Default::default() };
    let room = tx.workroom(room)?;
    Ok(tx.append(&ada(), Target::Workroom(&room), Kind::WorkroomUpdated { change }, None)?.0)
}

fn access(principal: &Principal, role: Option<MemberRole>) -> Access {
    Access { principal: principal.clone(), method: "m", needs: Needs { scope: None, role } }
}

fn head(store: &Store, read: Read<'_>) -> u64 {
    store.read(read, |view| view.head_seq()).expect("a head")
}

#[test]
fn what_was_committed_is_in_every_later_read_of_every_process() {
    for_each(|world| {
        for _ in 0..3 {
            for store in [&world.here, &world.there] {
                let seq = world.rename(store, "x");
                for store in [&world.here, &world.there] {
                    assert_eq!(head(store, Read::LATEST), seq);
                }
            }
        }
        let (last, again) = (head(&world.here, Read::LATEST), (world.open)(world.home.path()));
        assert_eq!(head(&again, Read::LATEST), last);
    });
}

#[test]
fn a_turn_reads_one_state_which_has_the_commits_of_its_own_process() {
    for_each(|world| {
        let snapshot = Snapshot::default();
        let shared = || head(&world.here, Read::shared(&snapshot));
        let before = (shared(), shared());
        assert_eq!(before.0, before.1);
        world.rename(&world.there, "x");
        assert_eq!(shared(), before.1);
        let own = world.rename(&world.here, "x");
        assert_eq!(shared(), own);
        let later = world.rename(&world.there, "x");
        snapshot.end();
        assert_eq!(shared(), later);
    });
}

#[test]
fn positions_have_no_gaps_and_pages_leave_nothing_out() {
    for_each(|world| {
        for at in 0..20 {
            world.rename([&world.here, &world.there][at % 2], "x");
        }
        let room = world.here.read(Read::LATEST, |view| view.workroom(&world.room)).expect("a room");
        for scope in [Scope::All, Scope::Workroom(room.key)] {
            let filter = EventFilter { scope, kinds: KindSet::ALL };
            let size = PageSize { limit: 7, max_bytes: 1 << 20 };
            let (mut up, mut down) = (Vec::new(), Vec::new());
            loop {
                let after = up.last().copied().unwrap_or(0);
                let read = |view: View<'_>| view.events_after(&filter, after, i64::MAX as u64, size);
                let (events, more) = world.there.read(Read::LATEST, read).expect("a page");
                up.extend(events.iter().map(|event| event.seq));
                if !more {
                    break;
                }
            }
            loop {
                let before = down.last().copied().unwrap_or(u64::MAX);
                let read = |view: View<'_>| view.events_before(&filter, before, size);
                let (events, more) = world.here.read(Read::LATEST, read).expect("a page");
                down.extend(events.iter().map(|event| event.seq));
                if !more {
                    break;
                }
            }
            down.reverse();
            assert_eq!(up, (1..=21).collect::<Vec<_>>());
            assert_eq!(up, down);
        }
    });
}

#[test]
fn a_job_is_kept_as_a_whole_or_not_at_all() {
    for_each(|world| {
        let before = head(&world.here, Read::LATEST);
        let room = world.room.clone();
        let fails = move |tx: &Tx<'_>| -> Result<()> {
            append_title(tx, &room, "half".into())?;
            Err(StoreError::Conflict("no".into()))
        };
        assert!(world.write(&world.here, None, fails).is_err());
        let room = world.room.clone();
        let panics =
            move |tx: &Tx<'_>| -> Result<()> { panic!("{:?}", append_title(tx, &room, "half".into())) };
        assert!(world.write(&world.here, None, panics).is_err());
        let gone = CancellationToken::new();
        gone.cancel();
        let (room, queued) = (world.room.clone(), &world.here);
        let cancelled = async {
            let work = move |tx: &Tx<'_>| append_title(tx, &room, "half".into());
            queued.submit(None, gone, work).await.expect("queued").committed().await
        };
        assert!(matches!(world.runtime.block_on(cancelled), Err(StoreError::Cancelled)));
        assert_eq!(head(&world.here, Read::LATEST), before);
        assert_eq!(world.rename(&world.here, "whole"), before + 1);
    });
}

#[test]
fn what_a_caller_does_not_see_is_reported_like_what_does_not_exist() {
    for_each(|world| {
        let bob = world.bearer(&[]);
        let (room, thread, event) =
            (world.room.clone(), ThreadId::from_uuid(Uuid::new_v4()), EventId::from_uuid(Uuid::new_v4()));
        let event_of_room = world.here.read(Read::LATEST, |view| view.event_at(1)).expect("an event");
        let event_of_room = event_of_room.json.read().expect("an event").id;
        let (none, call) = (WorkroomId::from_uuid(Uuid::new_v4()), access(&bob, None));
        let text = |read: &dyn Fn(View<'_>) -> Result<()>, id: String| {
            let error = world.here.read(Read::LATEST.seen_by(&call), read).expect_err("it is not seen");
            assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
            error.to_string().replace(&id, "ID")
        };
        let of_room = |id: &WorkroomId| text(&|view| view.workroom(id).map(drop), id.to_string());
        assert_eq!(of_room(&room), of_room(&none));
        let of_event = |id: &EventId| text(&|view| view.event(id).map(drop), id.to_string());
        assert_eq!(of_event(&event_of_room), of_event(&event));
        let at = |seq: u64| text(&|view| view.event_at(seq).map(drop), seq.to_string());
        at(1);
        text(&|view| view.thread(&thread).map(drop), thread.to_string());
        let listed = world.here.read(Read::LATEST.seen_by(&call), |view| {
            let all = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
            Ok(view
                .events_after(&all, 0, i64::MAX as u64, PageSize { limit: 100, max_bytes: 1 << 20 })?
                .0
                .len())
        });
        assert_eq!(listed.expect("a page"), 0);
    });
}

#[test]
fn a_method_requires_its_role_in_what_a_caller_sees() {
    for_each(|world| {
        for own in MemberRole::ALL {
            let bob = world.bearer(&[(&world.room, own)]);
            for need in MemberRole::ALL {
                let call = access(&bob, Some(need));
                let found = world.there.read(Read::LATEST.seen_by(&call), |view| view.workroom(&world.room));
                match found {
                    Ok(_) => assert!(own >= need),
                    Err(StoreError::Forbidden(_)) => assert!(own < need),
                    Err(error) => panic!("{error}"),
                }
                let room = world.room.clone();
                let written = world.write(&world.here, Some(call), move |tx| tx.workroom(&room).map(drop));
                assert_eq!(written.is_ok(), own >= need);
            }
            let room = world.room.clone();
            let removed = Kind::MemberChanged {
                handle: "bob".into(),
                member_kind: None,
                role: Some(None),
                display_name: None,
            };
            let leaves =
                move |tx: &Tx<'_>| tx.append(&ada(), Target::Workroom(&tx.workroom(&room)?), removed, None);
            world.write(&world.here, None, leaves).expect("removed");
        }
    });
}

#[test]
fn a_revoked_token_reads_and_writes_nothing_in_any_process() {
    for_each(|world| {
        let bob = world.bearer(&[(&world.room, MemberRole::Owner)]);
        let (call, token) = (access(&bob, None), bob.token().expect("a token"));
        assert!(world.there.read(Read::LATEST.seen_by(&call), |view| view.workroom(&world.room)).is_ok());
        world.write(&world.here, None, move |tx| tx.revoke_token(token)).expect("revoked");
        for store in [&world.here, &world.there] {
            let read = store.read(Read::LATEST.seen_by(&call), |view| view.workroom(&world.room));
            assert!(matches!(read, Err(StoreError::Unauthenticated(_))));
            let written = world.write(store, Some(call.clone()), |_| Ok(()));
            assert!(matches!(written, Err(StoreError::Unauthenticated(_))));
        }
    });
}

#[test]
fn a_retry_finds_the_first_result_of_its_key_in_every_process() {
    for_each(|world| {
        let key = |body: &[u8]| IdempotencyKey::new(KeyOwner::owner(), "key".into(), &[body]);
        let (first, room) = (key(b"one"), world.room.clone());
        let written = world.write(&world.here, None, move |tx| {
            let seq = append_title(tx, &room, "x".into())?;
            tx.keep_result(&first, &seq.to_string(), &tx.written())?;
            Ok(seq.to_string())
        });
        let again = world.there.read(Read::LATEST, |view| view.first_result(&key(b"one")));
        assert_eq!(again.expect("read"), Some(written.expect("written")));
        let other = world.there.read(Read::LATEST, |view| view.first_result(&key(b"two")));
        assert!(matches!(other, Err(StoreError::Conflict(_))));
    });
}
