//! Texts as people and agents write them: what must go, and what must stay.

mod corpora;
mod decorated;
mod json;
mod properties;
mod structures;
