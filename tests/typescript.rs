//! The TypeScript client against the binary of this build: `npm ci && npm test` in `clients/ts`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[test]
fn the_typescript_client_passes_its_tests() {
    support::node::npm_test("clients/ts");
}
