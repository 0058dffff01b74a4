//! Group commit, and the transition from history to live events, with thread schedules that hardly ever happen.
//!
//! The modules under test are those of the server. The rest imitates the store and its connections: a log with a lock
//! for commits, clients that write and wait, and followers that read from their position.
#![cfg(test)]

#[path = "../../../server/store/src/news.rs"]
mod news;
#[path = "../../../server/store/src/queue.rs"]
mod queue;

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use shuttle::sync::Mutex;
use shuttle::{future, thread};
use tokio::sync::{mpsc, oneshot, watch};

use self::news::{Follower, News};

/// The writer, and the number of its write.
type Entry = (usize, usize);

struct Job {
    entry: Entry,
    /// Receives the position in the log.
    answer: oneshot::Sender<usize>,
}

/// A store: the committed entries and the followers of its commits.
struct Store {
    log: Mutex<Vec<Entry>>,
    news: watch::Sender<News>,
}

impl Store {
    fn new() -> Arc<Self> {
        Arc::new(Self { log: Mutex::new(Vec::new()), news: watch::channel(News::default()).0 })
    }

    /// Makes one commit, and answers its writers before it wakes followers.
    fn commit(&self, group: &mut Vec<Job>) {
        let mut answers = Vec::new();
        let mut log = self.log.lock().unwrap();
        for job in group.drain(..) {
            log.push(job.entry);
            answers.push((job.answer, log.len()));
        }
        let head = log.len() as u64;
        drop(log);
        for (answer, position) in answers {
            // The requester may have disconnected.
            let _ = answer.send(position);
        }
        news::tell(&self.news, head);
    }

    /// Commits as another process would. This process learns about it later, and perhaps about several commits at
    /// once.
    fn commit_elsewhere(&self, entry: Entry) {
        let mut log = self.log.lock().unwrap();
        log.push(entry);
        drop(log);
        thread::yield_now();
        let head = self.log.lock().unwrap().len() as u64;
        news::tell(&self.news, head);
    }

    /// Returns one entry after a position, so that there is always more than one page.
    fn page(&self, after: usize) -> Option<Entry> {
        self.log.lock().unwrap().get(after).copied()
    }
}

const CLIENTS: usize = 2;
const WRITES: usize = 2;
const ELSEWHERE: usize = 99;
const ALL: usize = CLIENTS * WRITES + 1;

/// A client that sends its writes without waiting and then either waits for the responses or disconnects first.
async fn write(store: Arc<Store>, jobs: mpsc::Sender<Job>, client: usize, stays: bool) {
    let mut answers = Vec::new();
    for number in 0..WRITES {
        let (answer, answered) = oneshot::channel();
        jobs.send(Job { entry: (client, number), answer }).await.ok().expect("the writer is there");
        answers.push(answered);
    }
    drop(jobs);
    if !stays {
        return;
    }
    let mut last = 0;
    for (number, answer) in answers.into_iter().enumerate() {
        let position = answer.await.expect("an answer");
        assert_eq!(store.page(position - 1), Some((client, number)), "answered before it was committed");
        assert!(position > last, "writes of one client out of order");
        last = position;
    }
}

/// A subscription that reads the history from the beginning and then continues whenever it is woken, as `EventPump`
/// does.
async fn follow(store: Arc<Store>) -> Vec<Entry> {
    let mut news = Follower::new(store.news.subscribe());
    let mut told = Vec::new();
    // Entries that were committed before the follower started.
    let mut due = true;
    poll_fn(|cx| {
        due |= news.poll(cx);
        while due {
            match store.page(told.len()) {
                Some(entry) => told.push(entry),
                None => due = false,
            }
            // A connection does other things between two pages.
            due |= news.poll(cx);
        }
        if told.len() == ALL { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    told
}

fn everybody() {
    let store = Store::new();
    // The queue has less room than there are writes, so clients must wait for their turn.
    let (jobs, waiting) = mpsc::channel(1);
    let writer = {
        let store = store.clone();
        thread::spawn(move || queue::in_groups(waiting, 2, |group| store.commit(group)))
    };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| future::spawn(write(store.clone(), jobs.clone(), client, client > 0)))
        .collect();
    drop(jobs);
    let followers: Vec<_> = (0..2).map(|_| future::spawn(follow(store.clone()))).collect();
    let other = {
        let store = store.clone();
        thread::spawn(move || store.commit_elsewhere((ELSEWHERE, 0)))
    };
    for client in clients {
        future::block_on(client).expect("a client ends");
    }
    // The writer ends once no client can queue writes and all queued writes are done.
    writer.join().expect("the writer ends");
    other.join().expect("the other process ends");
    let log = store.log.lock().unwrap().clone();
    let mut sorted = log.clone();
    sorted.sort_unstable();
    let mut expected: Vec<_> =
        (0..CLIENTS).flat_map(|client| (0..WRITES).map(move |number| (client, number))).collect();
    expected.push((ELSEWHERE, 0));
    assert_eq!(sorted, expected, "every write once");
    for follower in followers {
        assert_eq!(future::block_on(follower).expect("a follower ends"), log, "told as it was committed");
    }
}

/// The number of schedules to try.
fn tries() -> usize {
    let long = std::env::var_os("WORKROOM_TEST_LONG").is_some_and(|value| value == "1");
    if long { 1_000_000 } else { 5_000 }
}

/// `protocol.md`, "The log" and "Subscriptions": a response means that the write is committed, and every follower
/// receives everything once, in order. No thread waits forever, because Shuttle fails when all threads are blocked.
#[test]
fn writes_and_followers_in_random_schedules() {
    shuttle::check_random(everybody, tries());
}

/// Schedules with few switches at the worst moments.
#[test]
fn writes_and_followers_with_few_switches() {
    shuttle::check_pct(everybody, tries(), 3);
}
