//! Members and tokens, and their permissions.

mod attribution;
mod audit;
mod matrix;
mod members;
mod names;
mod owner;
mod sessions;
mod sight;
mod tokens;
