//! Rules as pure functions: no clock, no files, no network, no database; ids and times are arguments.

pub mod external_ref;
pub mod repository;
pub mod text;
