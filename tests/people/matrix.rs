//! The matrix: every method with every role and every scope, cell by cell.

use serde_json::json;
use workroom_protocol::actor::Scope;
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::METHODS;

use crate::support::world::World;
use crate::support::{Home, Server, repository};

struct Stage {
    home: Home,
    ada: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let home = Home::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "x").unwrap();
        Self { ada: home.server(), home, folder }
    }

    /// Calls a method as bob, with these scopes and this role in a room created for the call, and returns the
    /// outcome.
    fn call(&mut self, method: &str, scopes: &[&str], role: &str) -> String {
        let world = World::new(&mut self.ada, self.folder.path());
        let member = json!({"workroom_id": world.room, "handle": "bob", "kind": "human", "role": role});
        self.ada.ok("member/add", member);
        let token = json!({"handle": "bob", "kind": "human", "scopes": scopes});
        // A token limited to this room could not see a room that it creates. Other tests cover limited tokens.
        let mut bob = self.home.bearer(&self.ada.token(token));
        bob.careless();
        let params = world.params(method, &mut bob);
        let id = bob.send(method, params);
        let answer = bob.answer(id);
        answer["error"]["data"]["kind"].as_str().unwrap_or("ok").to_owned()
    }
}

/// The methods that only the local owner can call.
const OWNERS: [&str; 2] = ["approver/set", "approver/off"];

/// The methods that a token can be used for. The others concern the connection itself.
fn methods() -> impl Iterator<Item = &'static workroom_protocol::method::MethodRow> {
    METHODS.iter().filter(|row| row.name != "initialize")
}

#[test]
fn every_method_with_every_role() {
    let mut stage = Stage::new();
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    for row in methods() {
        for role in MemberRole::ALL {
            let expected = match row.needs.role {
                // These cover all rooms and leave out those in which the role is too low.
                _ if ["token/list", "token/revoke", "audit/list"].contains(&row.name) => continue,
                Some(need) if role < need => "forbidden",
                // Only the local owner, not other owners.
                _ if OWNERS.contains(&row.name) => "forbidden",
                // A token cannot choose a folder.
                _ if row.name == "workroom/open" => "forbidden",
                // A token cannot become the owner.
                _ if row.name == "owner/set" => "forbidden",
                // Only the local user and their agents see what runs on this machine.
                _ if row.name == "presence/list" => "forbidden",
                // Only members who could decide an approval can cancel it for another.
                _ if row.name == "approval/cancel" && role < MemberRole::Maintainer => "forbidden",
                _ => "ok",
            };
            assert_eq!(
                stage.call(row.name, &scopes, role.name()),
                expected,
                "{} as {}",
                row.name,
                role.name()
            );
        }
    }
}

#[test]
fn every_method_with_every_scope() {
    let mut stage = Stage::new();
    for row in methods().filter(|row| row.name != "token/revoke") {
        for scope in Scope::ALL {
            // A token with any scope can read.
            let has = |need: Scope| need == scope || need == Scope::Read;
            // Only members who could decide an approval can cancel it for another.
            let also = row.name != "approval/cancel" || scope == Scope::Approve;
            // Only the local owner, not other owners; and a token cannot choose a folder.
            let also = also && !OWNERS.contains(&row.name) && row.name != "workroom/open";
            // A token cannot become the owner.
            let also = also && row.name != "owner/set";
            // Only the local user and their agents see what runs on this machine.
            let also = also && row.name != "presence/list";
            let expected = if row.needs.scope.is_none_or(has) && also { "ok" } else { "forbidden" };
            assert_eq!(
                stage.call(row.name, &[scope.name()], "owner"),
                expected,
                "{} with {}",
                row.name,
                scope.name()
            );
        }
    }
}

/// The matrix as it appears in the documentation.
fn printed() -> String {
    let mut out = String::from(
        "| method | scope | viewer | contributor | maintainer | owner |\n|---|---|---|---|---|---|\n",
    );
    for row in METHODS {
        let scope = row.needs.scope.map_or("none", Scope::name);
        let cells: Vec<_> = MemberRole::ALL
            .iter()
            .map(|role| match row.needs.role {
                None => "",
                Some(need) if *role >= need => "yes",
                Some(_) => "no",
            })
            .collect();
        out += &format!("| `{}` | {scope} | {} |\n", row.name, cells.join(" | "));
    }
    out
}

#[test]
fn the_documentation_contains_the_matrix() {
    const BEGIN: &str = "<!-- matrix -->\n";
    const END: &str = "<!-- end of matrix -->";
    let path = repository().join("docs/security.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("a matrix");
    let (found, after) = rest.split_once(END).expect("its end");
    if found == printed() {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", printed())).unwrap();
        return;
    }
    panic!(
        "docs/security.md has another matrix than the table of methods; `UPDATE=1 cargo test -p workroom --test e2e people` rewrites it"
    );
}
