//! Group commit and the seam from history to live, in orders of threads that hardly ever happen.
//!
//! The modules are those of the server. Around them stands what is like the store and its connections: a log that is
//! committed to under a lock, clients that write and wait, and followers that read on from where they are.
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

/// Who wrote, and which of their writes it is.
type Entry = (usize, usize);

struct Job {
    entry: Entry,
    /// Is told the position in the log.
    answer: oneshot::Sender<usize>,
}

/// A store: what is committed, and who hears of it.
struct Store {
    log: Mutex<Vec<Entry>>,
    news: watch::Sender<News>,
}

impl Store {
    fn new() -> Arc<Self> {
        Arc::new(Self { log: Mutex::new(Vec::new()), news: watch::channel(News::default()).0 })
    }

    /// One commit, and its answers before the news of it.
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
            // Whoever asked may be gone.
            let _ = answer.send(position);
        }
        news::tell(&self.news, head);
    }

    /// What another process does, and how this one hears of it: later, and perhaps of several at once.
    fn commit_elsewhere(&self, entry: Entry) {
        let mut log = self.log.lock().unwrap();
        log.push(entry);
        drop(log);
        thread::yield_now();
        let head = self.log.lock().unwrap().len() as u64;
        news::tell(&self.news, head);
    }

    /// A page of one entry after a position, so that there is always more than one page.
    fn page(&self, after: usize) -> Option<Entry> {
        self.log.lock().unwrap().get(after).copied()
    }
}

const CLIENTS: usize = 2;
const WRITES: usize = 2;
const ELSEWHERE: usize = 99;
const ALL: usize = CLIENTS * WRITES + 1;

/// A client that sends its writes without waiting, and then waits for the answers; or goes away before.
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

/// A subscription: reads the history from the beginning, and then what it is woken for, as `EventPump` does.
async fn follow(store: Arc<Store>) -> Vec<Entry> {
    let mut news = Follower::new(store.news.subscribe());
    let mut told = Vec::new();
    // What was committed before it followed.
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
    // Less room than there are writes, so that clients wait for their turn to queue.
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
    // It ends once nobody can queue any more, and not before all is done.
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

/// How many orders are tried.
fn tries() -> usize {
    let long = std::env::var_os("WORKROOM_TEST_LONG").is_some_and(|value| value == "1");
    if long { 1_000_000 } else { 5_000 }
}

/// `protocol.md`, "The log" and "Subscriptions": an answer means that it is written; everybody who follows is told
/// everything once, in order. Nobody waits for ever: Shuttle fails when all do.
#[test]
fn writes_and_followers_in_any_order_of_threads() {
    shuttle::check_random(everybody, tries());
}

/// The same in orders with few switches at the worst moments.
#[test]
fn writes_and_followers_with_few_switches() {
    shuttle::check_pct(everybody, tries(), 3);
}
