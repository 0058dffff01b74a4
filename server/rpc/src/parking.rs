//! Requests that only wait for an event.
//!
//! A parked request does no work until then. It does not count toward the limited number of running requests, and its
//! connection continues to read and answer other requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

// Each parked request uses about a kilobyte. Beyond this limit, a wait is refused as busy, and the client must wait
// for fewer things.
const MAX_PARKED: usize = 131_072;

/// The number of parked requests of a connection or a batch.
#[derive(Debug, Default)]
pub struct Parking {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

impl Parking {
    /// The number of parked requests.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Their total length in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Where a request can park.
#[derive(Debug, Clone, Default)]
pub struct Lots {
    /// The parking of its connection.
    pub connection: Arc<Parking>,
    /// The parking of its batch, if it came in one.
    pub batch: Option<Arc<Parking>>,
    /// The length of the request.
    pub bytes: usize,
}

impl Lots {
    /// Parks the request until the result is dropped. `None` if too many requests are parked already.
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

/// A parked request.
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
