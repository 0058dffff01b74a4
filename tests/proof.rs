//! Attacks the guarantees: kills, power loss, failing disks, floods, clocks, and random histories.
//!
//! Each test names the guarantee that it proves. With `WORKROOM_TEST_LONG=1`, the same tests run for hours.
#![cfg(target_os = "linux")]

mod chance;
mod clocks;
mod faults;
mod fuzzing;
mod kills;
mod log;
mod machine;
mod power_loss;
mod pressure;
mod snapshots;
mod stores;
