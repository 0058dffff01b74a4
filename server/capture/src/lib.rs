//! Sees, answers and wakes the coding agents that people run in their own terminals.
//!
//! An agent runs a hook for each thing that happens. The hook writes a line to the spool of the session and ends. The
//! session's companion process reads the spool, writes the session's thread, and answers the hooks that wait.

mod agent;
mod answer;
pub mod away;
#[cfg(unix)]
mod companion;
#[cfg(unix)]
mod hook;
pub mod hosts;
pub mod install;
mod last;
pub mod rooms;
mod sign;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod spool;
pub mod transcripts;
#[cfg(unix)]
mod wire;

pub use agent::Agent;
pub use answer::{Answer, Decision};
#[cfg(unix)]
pub use companion::{Config, Connect, is_quiet, run, set_quiet};
#[cfg(unix)]
pub use hook::Hook;
pub use last::{last_event, last_event_file};
pub use sign::{ProcessId, Sign, Use, What};
