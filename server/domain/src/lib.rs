//! The rules as pure functions: no clock, no files, no network, no database. Ids and times are arguments.

pub mod access;
pub mod approval;
pub mod blank;
pub mod context;
pub mod event_text;
pub mod expiry;
pub mod external_ref;
pub mod handle;
pub mod inbox;
pub mod mentions;
pub mod open_items;
pub mod relevance;
pub mod repository;
pub mod search_text;
pub mod secret;
pub mod shown;
pub mod status;
pub mod text;
