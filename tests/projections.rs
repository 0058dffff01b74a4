//! Projections match the log, and copies of the store are complete.

mod backups;
mod histories;
mod repairs;
