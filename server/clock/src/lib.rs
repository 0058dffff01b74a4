//! The clock: the only code that reads the system time, and its replacements in tests.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use uuid::{ContextV7, Uuid};
use workroom_protocol::time::Timestamp;

/// A clock. All code that needs the time receives one; no other code reads the system time.
#[derive(Clone, Default)]
pub struct Clock(Source);

#[derive(Clone, Default)]
enum Source {
    #[default]
    System,
    At(Timestamp),
    Given(Arc<dyn Fn() -> Timestamp + Send + Sync>),
}

/// The clock for code whose result does not depend on the time.
pub static SYSTEM: Clock = Clock(Source::System);

impl Clock {
    /// The system clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still, such as the clock of one transaction.
    pub fn at(time: Timestamp) -> Self {
        Self(Source::At(time))
    }

    /// A clock that shows whatever `read` returns.
    pub fn from_fn(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Source::Given(Arc::new(read)))
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            // Goes through `SystemTime`, because chrono's own reading panics if the clock is before 1970.
            Source::System => DateTime::<Utc>::from(SystemTime::now()).into(),
            Source::At(time) => *time,
            Source::Given(read) => read(),
        }
    }

    /// Creates an id of version 7. The ids of one process ascend even if the clock goes back.
    pub fn new_id(&self) -> Uuid {
        static ASCENDING: Mutex<ContextV7> = Mutex::new(ContextV7::new());
        // Such an id cannot represent times before 1970. It then begins with zeros, and only its random part differs.
        let millis = self.now().millis().max(0).unsigned_abs();
        let nanos = (millis % 1000) as u32 * 1_000_000;
        let context = ASCENDING.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, millis / 1000, nanos))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.0 {
            Source::System => "system",
            Source::At(_) => "at",
            Source::Given(_) => "given",
        };
        write!(f, "Clock({source})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_ascend_with_any_clock() {
        let mut last = Uuid::nil();
        for millis in [0, -1, -86_400_000_000_000, i64::MIN, 1_700_000_000_000, 1_700_000_000_000, 5] {
            for _ in 0..100 {
                let id = Clock::at(Timestamp::from_millis(millis)).new_id();
                assert!(id > last, "{millis}: {id} after {last}");
                assert_eq!(id.get_version_num(), 7);
                last = id;
            }
        }
    }
}
