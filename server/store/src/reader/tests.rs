#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::id::WorkroomId;
use workroom_protocol::server::Durability;
use workroom_protocol::workroom::WorkroomVisibility;

use super::*;
use crate::{Author, Store, Target};

/// One store that two processes have open. Commits of `other` do not count as commits of the reading process.
struct World {
    store: Store,
    other: Store,
    runtime: tokio::runtime::Runtime,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let open = || {
            let opening = Opening { durability: Durability::Relaxed, ..Opening::default() };
            Store::open(home.path(), opening, || "ada".into(), &mut |_, _| {}).expect("a store")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { store: open(), other: open(), runtime, _home: home }
    }

    fn append(&self, store: &Store) {
        let room = WorkroomId::from_uuid(Uuid::new_v4());
        let created = Kind::WorkroomCreated {
            title: "Room".into(),
            owner: "ada".into(),
            workspace: None,
            repo_identity: None,
            branch: None,
            visibility: WorkroomVisibility::Private,
        };
        let work = move |tx: &crate::Tx<'_>| {
            tx.append(&Author::person("ada"), Target::NewWorkroom(&room), created, None)
        };
        let written = async {
            store.submit(None, CancellationToken::new(), work).await.expect("queued").committed().await
        };
        self.runtime.block_on(written).expect("written");
    }

    fn head(&self, read: Read<'_>) -> u64 {
        self.store.read(read, |view| view.head_seq()).expect("a head")
    }

    /// Opens the state that the reads of a turn share.
    fn open_turn(&self, snapshot: &Snapshot) -> u64 {
        self.head(Read::shared(snapshot));
        self.head(Read::shared(snapshot))
    }

    fn idle(&self) -> Vec<bool> {
        lock(&self.store.readers.idle).iter().map(|reader| reader.is_open()).collect()
    }
}

#[test]
fn turns_of_two_connections_neither_end_nor_extend_each_other() {
    let world = World::new();
    let (one, two) = (Snapshot::default(), Snapshot::default());
    assert_eq!(world.open_turn(&one), 0);
    world.append(&world.other);
    assert_eq!(world.open_turn(&two), 1);
    world.append(&world.other);
    assert_eq!((world.head(Read::shared(&one)), world.head(Read::shared(&two))), (0, 1));
    assert_eq!(world.head(Read::LATEST), 2);
    two.end();
    assert_eq!((world.head(Read::shared(&one)), world.head(Read::shared(&two))), (0, 2));
    one.end();
    world.append(&world.other);
    assert_eq!((world.head(Read::shared(&one)), world.open_turn(&two)), (3, 3));
}

#[test]
fn a_turn_sees_what_its_own_process_has_committed_since_it_began() {
    let world = World::new();
    let snapshot = Snapshot::default();
    assert_eq!(world.open_turn(&snapshot), 0);
    world.append(&world.store);
    assert_eq!(world.head(Read::shared(&snapshot)), 1);
}

#[test]
fn a_turn_that_ended_or_was_dropped_gives_its_reader_back_without_a_transaction() {
    let world = World::new();
    let (ended, dropped) = (Snapshot::default(), Snapshot::default());
    world.open_turn(&ended);
    world.open_turn(&dropped);
    assert!(world.idle().is_empty());
    ended.end();
    drop(dropped);
    assert_eq!(world.idle(), [false, false]);
}

#[test]
fn a_read_that_panics_leaves_no_transaction_open() {
    let world = World::new();
    let snapshot = Snapshot::default();
    world.open_turn(&snapshot);
    for read in [Read::shared(&snapshot), Read::LATEST, Read::LATEST.one_statement()] {
        let panics = || world.store.read(read, |view| -> Result<()> { panic!("at {:?}", view.head_seq()) });
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert!(world.idle().iter().all(|is_open| !is_open), "{:?}", world.idle());
    }
    world.append(&world.other);
    assert_eq!(world.head(Read::shared(&snapshot)), 1);
}

#[test]
fn on_many_threads_each_turn_reads_one_state_and_the_next_turn_none_older() {
    let world = World::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let snapshot = Snapshot::default();
                let mut seen = 0;
                while !done.load(Ordering::Acquire) {
                    let head = |read| world.store.read(read, |view| view.head_seq()).expect("a head");
                    let first = head(Read::shared(&snapshot));
                    let shared = [(); 8].map(|()| head(Read::shared(&snapshot)));
                    assert!(seen <= first && first <= shared[0], "{seen}, {first}, {shared:?}");
                    assert_eq!(shared, [shared[0]; 8]);
                    seen = shared[0];
                    snapshot.end();
                }
            });
        }
        (0..50).for_each(|_| world.append(&world.other));
        done.store(true, Ordering::Release);
    });
    assert!(world.idle().len() <= 3 && world.idle().iter().all(|is_open| !is_open));
}
