//! The transition from history to live events: tries every order of a few steps around a subscription.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::id::WorkroomId;
use workroom_protocol::server::Durability;
use workroom_protocol::workroom::{WorkroomChange, WorkroomVisibility};

use super::events::Subscription;
use super::*;
use crate::{AppConfig, Caller, limits};
use workroom_clock::Clock;
use workroom_store::{self as store, EventFilter, KindSet, Opening, Read, Scope, Target};

/// A possible next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Another process commits two events. This process finds them when it looks.
    Elsewhere,
    /// This process commits one event, and is notified.
    Here,
    /// The client subscribes from the beginning of the history.
    SubscribeToAll,
    /// The client subscribes from now on.
    SubscribeToNew,
    /// The connection is polled, if it was woken or had more to send.
    Poll,
    /// The client reads nothing for a while: the outbox has room for one more event.
    Stall,
    /// The client reads everything that is pending.
    Read,
}

const STEPS: [Step; 7] = [
    Step::Elsewhere,
    Step::Here,
    Step::SubscribeToAll,
    Step::SubscribeToNew,
    Step::Poll,
    Step::Stall,
    Step::Read,
];
// Much longer than a wake-up takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Two processes on one store; this one is `app`.
struct World {
    runtime: tokio::runtime::Runtime,
    app: Arc<App>,
    other: Store,
    room: WorkroomId,
    _home: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let home = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let home = home.expect("a folder");
        let durability = Durability::Relaxed;
        let (owner, via) = (Some("ada".to_owned()), "test");
        let max_line_bytes = limits::MAX_LINE_BYTES;
        let folder = home.path().to_owned();
        let config = AppConfig {
            home: folder,
            durability,
            owner,
            account: || "ada".into(),
            max_line_bytes,
            via,
            token: None,
            clock: Clock::system(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let app = Arc::new(App::new(config));
        app.store().expect("a store");
        let opening = Opening { durability, ..Opening::default() };
        let other =
            Store::open(home.path(), opening, || "ada".into(), &mut |_, _| {}).expect("the same store");
        let room = WorkroomId::from_uuid(Uuid::new_v4());
        let created = Kind::WorkroomCreated {
            title: "Room".into(),
            owner: "ada".into(),
            workspace: None,
            repo_identity: None,
            branch: None,
            visibility: WorkroomVisibility::Private,
        };
        let world = Self { runtime, app, other, room: room.clone(), _home: home };
        world.commit(&world.other, 1, move |tx, author| {
            tx.append(author, Target::NewWorkroom(&room), created.clone(), None)
        });
        world
    }

    fn commit<T: 'static>(
        &self,
        store: &Store,
        times: usize,
        append: impl Fn(&store::Tx<'_>, &store::Author) -> store::Result<T> + Send + 'static,
    ) {
        let author = Caller::owner("ada").author;
        let work = move |tx: &store::Tx<'_>| (0..times).try_for_each(|_| append(tx, &author).map(drop));
        let committed = async {
            store.submit(None, CancellationToken::new(), work).await.expect("queued").committed().await
        };
        self.runtime.block_on(committed).expect("written");
    }

    fn append(&self, store: &Store, times: usize) {
        let room = self.room.clone();
        self.commit(store, times, move |tx, author| {
            let change = WorkroomChange { title: Some("x".into()), ..WorkroomChange::default() };
            let room = tx.workroom(&room)?;
            tx.append(author, Target::Workroom(&room), Kind::WorkroomUpdated { change }, None)
        });
    }

    fn head(&self) -> u64 {
        self.other.read(Read::LATEST, |view| view.head_seq()).expect("a head")
    }
}

/// A connection of `world`, and what its client has read.
struct Connection<'w> {
    world: &'w World,
    client: Arc<Client>,
    pump: EventPump,
    outbox: Outbox,
    woken: Arc<Woken>,
    due: bool,
    /// Where the history that subscriptions request begins.
    begin: u64,
    /// The last position that each subscription received.
    told: HashMap<String, u64>,
}

impl<'w> Connection<'w> {
    fn new(world: &'w World) -> Self {
        let begin = world.head();
        // An initial history.
        world.append(&world.other, 2);
        let client = Arc::new(Client::new(None, None, CancellationToken::new()));
        client.initialized(Caller::owner("ada"), "test".into(), Vec::new());
        let pump = EventPump::new(world.app.clone(), client.clone());
        let (outbox, woken) = (Outbox::default(), Arc::default());
        Self { world, client, pump, outbox, woken, due: true, begin, told: HashMap::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Elsewhere => self.world.append(&self.world.other, 2),
            Step::Here => self.world.append(&self.world.app.store().expect("the store"), 1),
            Step::SubscribeToAll => self.subscribe(self.begin),
            Step::SubscribeToNew => self.subscribe(self.world.head()),
            Step::Poll => self.poll(),
            Step::Stall => {
                let room = MAX_WAITING_BYTES.saturating_sub(self.outbox.bytes() + 2);
                self.outbox.push(&[&" ".repeat(room)]);
            }
            Step::Read => self.read(),
        }
    }

    fn subscribe(&mut self, after: u64) {
        let id = workroom_clock::SYSTEM.new_id();
        let filter = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
        // Does what the handler does; its response has already been sent.
        let subscription = Subscription { filter, workroom: None, position: after };
        lock(&self.client).events.add(id, subscription, None);
        self.told.insert(SubscriptionId::from_uuid(id).to_string(), after);
        self.due = true;
    }

    fn poll(&mut self) {
        if !std::mem::take(&mut self.due) && !self.woken.0.swap(false, Ordering::AcqRel) {
            return;
        }
        let _entered = self.world.runtime.enter();
        let waker = Waker::from(self.woken.clone());
        self.pump.turn_ended();
        self.due = self.pump.poll_pump(&mut Context::from_waker(&waker), &mut self.outbox);
    }

    /// Reads everything, and asserts that each subscription receives the next events and no others.
    fn read(&mut self) {
        let mut bytes = Vec::new();
        while !self.outbox.front().is_empty() {
            bytes.extend_from_slice(self.outbox.front());
            let count = self.outbox.front().len();
            self.outbox.consume(count);
        }
        let text = String::from_utf8(bytes).expect("UTF-8");
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let message: serde_json::Value = serde_json::from_str(line.trim()).expect("JSON");
            let id = message["params"]["subscription_id"].as_str().expect("a subscription");
            let told = self.told.get_mut(id).expect("a subscription that exists");
            assert_eq!(message["params"]["event"]["seq"], *told + 1, "a gap or a repeat");
            *told += 1;
        }
        // Writing wakes the connection.
        self.due |= !text.is_empty();
    }

    /// Continues as the connection would, until every subscription has received everything.
    fn finish(mut self) {
        let head = self.world.head();
        let begun = Instant::now();
        while self.told.values().any(|told| *told < head) {
            self.poll();
            self.read();
            if !self.due && !self.woken.0.load(Ordering::Acquire) {
                // The task that watches other processes runs beside the connections.
                let a_moment = async { tokio::time::sleep(Duration::from_micros(50)).await };
                self.world.runtime.block_on(a_moment);
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the connection was not woken: {:?}, the head is {head}",
                self.told
            );
        }
    }
}

/// Tries every sequence of `length` steps after these.
fn check_all(begin: &[Step], length: u32) {
    let world = World::new();
    for number in 0..STEPS.len().pow(length) {
        let next = (0..length).map(|place| STEPS[number / STEPS.len().pow(place) % STEPS.len()]);
        let steps: Vec<_> = begin.iter().copied().chain(next).collect();
        // Without a subscription there is no transition.
        if !steps.iter().any(|step| matches!(step, Step::SubscribeToAll | Step::SubscribeToNew)) {
            continue;
        }
        let mut connection = Connection::new(&world);
        for step in steps {
            connection.take(step);
        }
        connection.finish();
    }
}

/// How many steps to try: each further one takes seven times as long.
fn length(ordinary: u32) -> u32 {
    let long = std::env::var_os("WORKROOM_TEST_LONG").is_some_and(|value| value == "1");
    if long { ordinary + 2 } else { ordinary }
}

/// `docs/protocol.md`, "Subscriptions": no gap and no repeat at the transition, in any order of steps.
#[test]
fn no_event_is_repeated_or_skipped_in_any_order_of_steps() {
    check_all(&[], length(4));
}

/// The same guarantee beside a first subscription that has caught up and follows live.
#[test]
fn no_event_is_repeated_or_skipped_beside_a_live_subscription() {
    check_all(&[Step::SubscribeToAll, Step::Poll, Step::Poll, Step::Poll, Step::Read], length(3));
}

/// `docs/protocol.md`, "Subscriptions": a connection at its limit is refused another subscription until one ends.
#[test]
fn one_subscription_too_many_is_refused_until_another_ends() {
    let client = Client::new(None, None, CancellationToken::new());
    let ids: Vec<_> = (0..MAX_SUBSCRIPTIONS).map(|_| workroom_clock::SYSTEM.new_id()).collect();
    for id in &ids {
        lock(&client).check_room().expect("there is room");
        let filter = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
        lock(&client).events.add(*id, Subscription { filter, workroom: None, position: 0 }, None);
    }
    assert!(matches!(lock(&client).check_room(), Err(Error::Busy(_))));
    assert!(lock(&client).events.remove(ids[0]));
    lock(&client).check_room().expect("there is room again");
}
