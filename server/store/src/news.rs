//! That somebody has committed: told to any number of followers, of whom none misses the last.
//! Knows nothing of stores: `tests/interleavings/` tries it on its own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;

/// What followers are told: that somebody has committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// Where the head of the log is. A commit may leave it where it was, as those about tokens and inboxes do.
    pub head: u64,
    /// Counts what this process has heard of.
    pub commits: u64,
}

/// Tells of a commit that has left the head of the log at `head`. Several may tell at once, in any order.
pub(super) fn tell(news: &watch::Sender<News>, head: u64) {
    news.send_modify(|news| {
        *news = News { head: head.max(news.head), commits: news.commits + 1 };
    });
}

/// Waits for news inside of a task that waits for other things, too.
pub struct Follower(Pin<Box<dyn Future<Output = watch::Receiver<News>> + Send>>);

impl Follower {
    /// Hears of every commit that is told from now on. What was committed before is for the caller to look at.
    pub fn new(news: watch::Receiver<News>) -> Self {
        Self(Box::pin(next(news)))
    }

    /// Whether there was news since the last time. If not, `cx` is woken once there is some.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let mut heard = false;
        while let Poll::Ready(news) = self.0.as_mut().poll(cx) {
            heard = true;
            *self = Self::new(news);
        }
        heard
    }
}

async fn next(mut news: watch::Receiver<News>) -> watch::Receiver<News> {
    // The sender lives as long as the store, which whoever follows holds.
    if news.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    news
}
