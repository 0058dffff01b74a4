//! How far a long operation is, on a terminal only.

use std::sync::Once;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;

// Drawn so many times a second at most: a terminal is slower than the work.
const DRAWS_PER_SECOND: u8 = 10;

/// A bar on stderr that goes away when it is dropped. It draws nothing where stderr is not a terminal, and nothing
/// for an operation that never tells how far it is.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Once,
}

impl Progress {
    /// A bar for an operation on so many `units`.
    pub(super) fn new(what: &'static str, units: &str) -> Self {
        let bar = ProgressBar::hidden();
        let template = format!("{{prefix}} {{wide_bar}} {{human_pos}} of {{human_len}} {units}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        Self { bar, begun: Once::new() }
    }

    /// Tells how far the operation is.
    pub(super) fn set(&self, done: u64, total: u64) {
        if !terminal::stderr_is_terminal() {
            return;
        }
        self.begun
            .call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND)));
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Takes the bar away: what is printed next begins on a line of its own.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
