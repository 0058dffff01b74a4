//! Real MCP hosts: always the inspector, and with `WORKROOM_TEST_HOSTS=1` also real agents, which are large.

#[test]
fn the_inspector_finds_every_tool_resource_and_prompt_in_order() {
    crate::support::node::npm_test("tests/hosts");
}

#[test]
fn real_agents_hand_work_over_and_request_approval() {
    if std::env::var_os("WORKROOM_TEST_HOSTS").is_some() {
        crate::support::node::npm_test("tests/hosts/agents");
    }
}
