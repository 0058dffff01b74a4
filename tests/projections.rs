//! What is derived from the log is what the log says; and copies of the store are whole.

mod backups;
mod histories;
mod repairs;
