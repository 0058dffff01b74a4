//! What is derived from the log is what the log says; and copies of the store are whole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod projections {
    mod backups;
    mod histories;
    mod repairs;
}
