//! Announces commits to any number of followers. Every follower receives the latest announcement. Independent of the
//! store: `tests/interleavings/` tests it separately.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::watch;

/// What followers receive when somebody has committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The head of the log. Commits about tokens and inboxes leave it unchanged.
    pub head: u64,
    /// How many commits this process knows of.
    pub commits: u64,
}

/// Announces a commit that left the head of the log at `head`. Several threads may announce at once, in any order.
pub(super) fn tell(news: &watch::Sender<News>, head: u64) {
    news.send_modify(|news| {
        *news = News { head: head.max(news.head), commits: news.commits + 1 };
    });
}

/// Waits for news inside a task that also waits for other things.
pub struct Follower(Pin<Box<dyn Future<Output = watch::Receiver<News>> + Send>>);

impl Follower {
    /// Receives every commit that is announced from now on. The caller has to read earlier commits itself.
    pub fn new(news: watch::Receiver<News>) -> Self {
        Self(Box::pin(next(news)))
    }

    /// Whether there was news since the last call. If not, `cx` is woken once there is some.
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
    // The sender lives as long as the store, and the follower holds the store.
    if news.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    news
}
