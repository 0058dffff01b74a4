//! Members, tokens, and what they may do.

mod attribution;
mod audit;
mod matrix;
mod members;
mod names;
mod owner;
mod sessions;
mod sight;
mod tokens;
