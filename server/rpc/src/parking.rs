//! Requests that only wait for something to happen.
//!
//! A parked request does no work until then. It does not count among the running ones, of which there may be few; its
//! connection goes on reading and answering others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

// Each holds about a kilobyte. Past this a wait is refused as busy, and its client has to wait for fewer things.
const MAX_PARKED: usize = 131_072;

/// How many requests are parked, of a connection or of a batch.
#[derive(Debug, Default)]
pub struct Parking {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

impl Parking {
    /// How many requests are parked.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// How long they were together.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Where a request can park.
#[derive(Debug, Clone, Default)]
pub struct Lots {
    /// That of its connection.
    pub connection: Arc<Parking>,
    /// That of its batch, if it came in one.
    pub batch: Option<Arc<Parking>>,
    /// How long the request was.
    pub bytes: usize,
}

impl Lots {
    /// Parks the request for as long as the result lives; `None` when too many are parked already.
    pub fn park(&self) -> Option<Parked<'_>> {
        if self.connection.calls() >= MAX_PARKED {
            return None;
        }
        for lot in self.all() {
            lot.calls.fetch_add(1, Ordering::Relaxed);
            lot.bytes.fetch_add(self.bytes, Ordering::Relaxed);
        }
        Some(Parked(self))
    }

    fn all(&self) -> impl Iterator<Item = &Parking> {
        std::iter::once(&*self.connection).chain(self.batch.as_deref())
    }
}

/// A request that is parked.
#[derive(Debug)]
pub struct Parked<'a>(&'a Lots);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        for lot in self.0.all() {
            lot.calls.fetch_sub(1, Ordering::Relaxed);
            lot.bytes.fetch_sub(self.0.bytes, Ordering::Relaxed);
        }
    }
}
