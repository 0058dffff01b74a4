//! The TypeScript client with the binary of this build: `npm ci && npm test` in `clients/ts`.

#[test]
fn the_typescript_client_passes_its_tests() {
    crate::support::node::npm_test("clients/ts");
}
