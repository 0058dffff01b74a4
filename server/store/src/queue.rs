//! Runs queued jobs in groups, on one thread. Independent of the store: `tests/interleavings/` tests it separately.

use tokio::sync::mpsc;

/// Runs jobs in groups of up to `most`, in the order in which they were queued: takes one job, then all that are
/// queued.
///
/// `commit` takes the jobs out of the group and answers each. Returns when all senders are dropped and all jobs are
/// done.
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
