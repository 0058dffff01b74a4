//! Texts as people and agents write them: which parts are redacted and which stay.

mod corpora;
mod decorated;
mod json;
mod long;
mod properties;
mod structures;
