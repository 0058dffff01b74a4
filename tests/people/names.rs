//! No sequence of token, member and agent operations locks an agent out or lets another impersonate it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Home, Server};

const NAMES: [&str; 9] =
    ["codex", "Codex", "cоdex", "codex-2", "claude-code", "builder", "bui1der", "ada", "eve-codex"];
const KINDS: [&str; 3] = ["human", "agent", "bridge"];

/// An operation. Names and kinds are indices, so that the same ones occur often.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Eve, who has every scope in her room, creates a token.
    Token(usize, usize),
    /// She revokes the last token that she created.
    Revoke,
    /// She adds a member.
    Add(usize, usize),
    /// She removes a member.
    Remove(usize),
    /// One of her agents connects and writes.
    HersComes(usize),
    /// One of her agents disconnects.
    HersGoes,
    /// An agent of the owner connects and requests an approval.
    OwnersComes(usize),
    /// An agent of the owner disconnects.
    OwnersGoes,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES.len();
    let kind = 0..KINDS.len();
    let step = prop_oneof![
        (name.clone(), kind.clone()).prop_map(|(name, kind)| Step::Token(name, kind)),
        Just(Step::Revoke),
        (name.clone(), kind).prop_map(|(name, kind)| Step::Add(name, kind)),
        name.clone().prop_map(Step::Remove),
        name.clone().prop_map(Step::HersComes),
        Just(Step::HersGoes),
        name.prop_map(Step::OwnersComes),
        Just(Step::OwnersGoes),
    ];
    proptest::collection::vec(step, 1..16)
}

/// The side that holds a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Owner,
    Eve,
}

struct World {
    home: Home,
    room: String,
    thread: String,
    eve: Server,
    secret: String,
    made: Vec<Value>,
    hers: Vec<Server>,
    owners: Vec<Server>,
    /// The side whose agents have written under each handle, or that added a member with it.
    sides: BTreeMap<String, Side>,
    approvals: Vec<Value>,
}

impl World {
    fn new() -> Self {
        let home = Home::new();
        let mut ada = home.server();
        let (room, thread) = ada.thread();
        let scopes = json!(["read", "post", "approve", "admin"]);
        let token =
            json!({"handle": "eve", "kind": "human", "scopes": scopes, "role": "owner", "workrooms": [room]});
        let secret = ada.token(token);
        drop(ada);
        let mut eve = home.bearer(&secret);
        eve.careless();
        let (made, hers, owners, approvals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { home, room, thread, eve, secret, made, hers, owners, sides: BTreeMap::new(), approvals }
    }

    fn agent(&self, token: Option<&str>, name: &str) -> (Server, String) {
        let agent = json!({"provider": "p", "model": "m", "agent_id": name});
        let client = json!({"name": "test", "version": "1"});
        let mut server = self.home.server();
        let told = server.ok("initialize", json!({"client_info": client, "agent": agent, "token": token}));
        (server, told["identity"]["handle"].as_str().unwrap().to_owned())
    }

    fn belongs(&mut self, handle: &str, side: Side) {
        let known = self.sides.entry(handle.to_lowercase()).or_insert(side);
        assert_eq!(*known, side, "`{handle}` was somebody else's");
    }

    fn ask(&mut self, method: &str, params: Value) -> Option<Value> {
        let id = self.eve.send(method, params);
        let mut answer = self.eve.answer(id);
        let refused = answer["error"]["data"]["kind"].as_str().unwrap_or_default();
        assert!(!["internal", "storage"].contains(&refused), "{answer}");
        answer.get_mut("result").map(Value::take)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Token(name, kind) => {
                let params = json!({
                    "handle": NAMES[name], "kind": KINDS[kind], "scopes": ["read", "post"], "workrooms": [self.room]
                });
                if let Some(made) = self.ask("token/create", params) {
                    self.belongs(made["token"]["handle"].as_str().unwrap(), Side::Eve);
                    // The agent can write for as long as the token is valid.
                    self.home.bearer(made["secret"].as_str().unwrap()).say(&self.thread, "x");
                    self.made.push(made["token"]["token_id"].clone());
                }
            }
            Step::Revoke => {
                if let Some(token) = self.made.pop() {
                    self.ask("token/revoke", json!({"token_id": token})).unwrap();
                    // A revoked token frees its name for others.
                    self.free_eves();
                }
            }
            Step::Add(name, kind) => {
                let params = json!({
                    "workroom_id": self.room, "handle": NAMES[name], "kind": KINDS[kind], "role": "viewer"
                });
                if let Some(member) = self.ask("member/add", params) {
                    self.belongs(member["handle"].as_str().unwrap(), Side::Eve);
                }
            }
            Step::Remove(name) => {
                if self
                    .ask("member/remove", json!({"workroom_id": self.room, "handle": NAMES[name]}))
                    .is_some()
                {
                    self.free_eves();
                }
            }
            Step::HersComes(name) => {
                let secret = self.secret.clone();
                let (mut server, handle) = self.agent(Some(&secret), NAMES[name]);
                self.belongs(&handle, Side::Eve);
                assert_eq!(server.say(&self.thread, "x")["actor"]["handle"], json!(handle));
                for approval in self.approvals.clone() {
                    let kind = server.refusal("approval/cancel", json!({"approval_id": approval}));
                    assert_eq!(kind, "forbidden");
                }
                self.hers.push(server);
            }
            Step::HersGoes => drop(self.hers.pop()),
            Step::OwnersComes(name) => {
                let (mut server, handle) = self.agent(None, NAMES[name]);
                self.belongs(&handle, Side::Owner);
                assert_eq!(server.say(&self.thread, "x")["actor"]["handle"], json!(handle));
                let ask = json!({"thread_id": self.thread, "tool_name": "t", "summary": "s"});
                self.approvals.push(server.ok("approval/request", ask)["approval_id"].take());
                self.owners.push(server);
            }
            Step::OwnersGoes => drop(self.owners.pop()),
        }
        // Everyone who is connected continues under their own name.
        for (server, side) in self
            .owners
            .iter_mut()
            .map(|s| (s, Side::Owner))
            .chain(self.hers.iter_mut().map(|s| (s, Side::Eve)))
        {
            let by = server.say(&self.thread, "still here")["actor"]["handle"].take();
            assert_eq!(self.sides[&by.as_str().unwrap().to_lowercase()], side);
        }
    }

    /// Forgets the names of Eve's tokens and members, which others can take now. The names of her agents stay hers.
    fn free_eves(&mut self) {
        self.sides.retain(|_, side| *side == Side::Owner);
        let hers = self
            .hers
            .iter_mut()
            .map(|server| server.say(&self.thread, "x")["actor"]["handle"].as_str().unwrap().to_lowercase());
        let hers: Vec<_> = hers.collect();
        self.sides.extend(hers.into_iter().map(|handle| (handle, Side::Eve)));
    }
}

#[test]
fn no_sequence_of_operations_locks_out_or_impersonates_an_agent() {
    let config = Config { cases: 10, max_shrink_iters: 20, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
