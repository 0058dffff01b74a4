//! Jobs of many, done in groups by one thread. Knows nothing of stores: `tests/interleavings/` tries it on its own.

use tokio::sync::mpsc;

/// Does jobs in groups of up to `most`, in the order in which they were queued: takes one, then all that wait.
///
/// `commit` takes the jobs out of the group and answers each. Ends when nobody can queue any more and all are done.
pub(super) fn in_groups<J>(mut waiting: mpsc::Receiver<J>, most: usize, mut commit: impl FnMut(&mut Vec<J>)) {
    let mut group = Vec::new();
    while let Some(first) = waiting.blocking_recv() {
        group.push(first);
        while group.len() < most
            && let Ok(next) = waiting.try_recv()
        {
            group.push(next);
        }
        commit(&mut group);
    }
}
