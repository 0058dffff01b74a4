//! The processes of coding agents on this machine, and the companion processes of Workroom that follow them.
//!
//! What this crate reports comes from the system and from files of this user. It is never a guess from output.

mod companion;
mod known;
mod table;

pub use companion::{Companion, Lock, folder, list};
pub use known::{agent, agent_process};
pub use table::{Process, ancestors, is_alive};
