//! The progress of a long operation, shown only on a terminal.

use std::sync::Once;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;

// The maximum number of updates per second: a terminal is slower than the work.
const DRAWS_PER_SECOND: u8 = 10;

/// A progress bar on stderr that disappears when it is dropped. It draws nothing if stderr is not a terminal, or if the
/// operation never reports progress.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Once,
}

impl Progress {
    /// Creates a bar for an operation that counts `units`.
    pub(super) fn new(what: &'static str, units: &str) -> Self {
        let bar = ProgressBar::hidden();
        let template = format!("{{prefix}} {{wide_bar}} {{human_pos}} of {{human_len}} {units}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        Self { bar, begun: Once::new() }
    }

    /// Reports the progress of the operation.
    pub(super) fn set(&self, done: u64, total: u64) {
        if !terminal::stderr_is_terminal() {
            return;
        }
        self.begun
            .call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND)));
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Removes the bar, so that later output starts on a clean line.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
