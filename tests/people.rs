//! Members, tokens, and what they may do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod people {
    mod attribution;
    mod audit;
    mod matrix;
    mod members;
    mod names;
    mod owner;
    mod sessions;
    mod sight;
    mod tokens;
}
