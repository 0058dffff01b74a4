//! Tokens: how they are created, what they allow, and how they end.

use serde_json::{Value, json};

use crate::support::{Home, Server};

const FAR: &str = "2099-01-01T00:00:00.000Z";

fn params(room: &str, scopes: &[&str]) -> Value {
    json!({"handle": "bob", "kind": "human", "scopes": scopes, "workrooms": [room]})
}

#[test]
fn a_secret_is_shown_once_and_stored_nowhere() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let mut create = params(&room, &["read"]);
    create["idempotency_key"] = json!("k");
    let made = ada.ok("token/create", create.clone());
    let secret = made["secret"].as_str().unwrap().to_owned();
    let parts: Vec<_> = secret.split('_').collect();
    assert_eq!((parts[0], parts[1], parts[2].len(), parts[3].len()), ("wrk", "human", 43, 6), "{secret}");
    assert!(parts[2..].iter().all(|part| part.chars().all(|c| c.is_ascii_alphanumeric())));

    let retried = ada.ok("token/create", create);
    assert_eq!((&retried["token"], retried.get("secret")), (&made["token"], None));
    let listed = ada.ok("token/list", json!({}));
    assert_eq!(listed["tokens"], json!([made["token"]]));
    drop(ada);
    let mut bob = home.bearer(&secret);
    bob.ok("workroom/list", json!({}));
    drop(bob);
    for entry in std::fs::read_dir(home.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(20).any(|window| window == &secret.as_bytes()[10..30]);
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn an_unknown_secret_gives_no_access() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let secret = ada.token(params(&room, &["read"]));
    let other = Home::new().server().token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    let mistyped = secret.replace("wrk_human", "wrk_agent");
    let cut = &secret[..secret.len() - 1];
    for wrong in [&other, &mistyped, cut, "", "x", &secret.to_uppercase(), &format!(" {secret}")] {
        let mut server = home.server();
        let hello = json!({"client_info": {"name": "test", "version": "1"}, "token": wrong});
        assert_eq!(server.refusal("initialize", hello), "unauthenticated", "{wrong}");
        assert_eq!(server.refusal("workroom/list", json!({})), "unauthenticated", "{wrong}");
    }
}

#[test]
fn a_token_can_come_from_the_environment() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let secret = ada.token(params(&room, &["read", "post"]));
    let mut command = home.command(["app-server"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
    let mut bob = Server::spawn(command);
    assert_eq!(bob.say(&thread, "x")["actor"]["handle"], "bob");
    let mut command = home.command(["call", "token/list"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
    let ran = crate::support::Ran::command(command, "");
    assert!(ran.failed().contains("forbidden"));
}

#[test]
fn invalid_tokens_cannot_be_created() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let with = |name: &str, value: Value| {
        let mut changed = params(&room, &["read"]);
        changed[name] = value;
        changed
    };
    for (name, value, path) in [
        ("scopes", json!([]), "scopes"),
        ("scopes", json!(["write"]), "scopes[0]"),
        ("workrooms", json!([]), "workrooms"),
        ("kind", json!("system"), "kind"),
        ("handle", json!("a b"), "handle"),
        ("expires_at", json!("2020-01-01T00:00:00.000Z"), "expires_at"),
        ("expires_at", json!("soon"), "expires_at"),
    ] {
        assert_eq!(ada.misfit("token/create", with(name, value)), path);
    }
    let agent = json!({"handle": "codex", "kind": "agent", "scopes": ["read", "approve"]});
    assert_eq!(ada.misfit("token/create", agent), "scopes[1]");
    let owner = json!({"handle": "ADA", "kind": "agent", "scopes": ["read"]});
    assert_eq!(ada.misfit("token/create", owner), "handle");
    let nowhere = with("workrooms", json!(["wr_00000000000040008000000000000000"]));
    assert_eq!(ada.refusal("token/create", nowhere), "not_found");
    assert_eq!(ada.ok("token/list", json!({}))["tokens"], json!([]));
}

#[test]
fn a_token_cannot_create_one_with_more_rights() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let (other, _) = ada.thread();
    let mut owner = params(&room, &["read", "admin"]);
    owner["role"] = json!("owner");
    let mut bob = home.bearer(&ada.token(owner));
    let made = |rooms: Value, scopes: Value| json!({"handle": "carol", "kind": "human", "scopes": scopes, "workrooms": rooms});
    bob.ok("token/create", made(json!([room]), json!(["read"])));
    assert_eq!(bob.refusal("token/create", made(json!([room]), json!(["post"]))), "forbidden");
    assert_eq!(bob.refusal("token/create", made(json!([other]), json!(["read"]))), "not_found");
    assert_eq!(bob.refusal("token/create", made(json!([room, other]), json!(["read"]))), "not_found");
    let unlimited = json!({"handle": "carol", "kind": "human", "scopes": ["read"]});
    assert_eq!(bob.refusal("token/create", unlimited), "forbidden");

    // It can neither see nor revoke tokens for other rooms.
    let elsewhere = ada.ok("token/create", params(&other, &["read"]))["token"]["token_id"].take();
    let seen = bob.ok("token/list", json!({}));
    assert!(seen["tokens"].as_array().unwrap().iter().all(|token| token["token_id"] != elsewhere), "{seen}");
    assert_eq!(seen["tokens"].as_array().unwrap().len(), 2);
    assert_eq!(bob.refusal("token/revoke", json!({"token_id": elsewhere})), "not_found");
}

#[test]
fn a_token_cannot_create_one_for_somebody_else() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let all = json!(["read", "post", "approve", "admin"]);
    let token = |handle: &str, kind: &str| {
        let scopes = json!(["read", "post", "approve"]);
        json!({"handle": handle, "kind": kind, "scopes": scopes, "workrooms": [room]})
    };
    let olga =
        json!({"handle": "olga", "kind": "human", "scopes": all, "workrooms": [room], "role": "owner"});
    let mut olga = home.bearer(&ada.token(olga));
    ada.ok("token/create", token("hana", "human"));
    ada.ok("member/add", json!({"workroom_id": room, "handle": "mia", "kind": "human", "role": "viewer"}));
    for somebody in ["ada", "ADA", "hana", "@Hana", "mia"] {
        assert_eq!(olga.refusal("token/create", token(somebody, "human")), "forbidden", "{somebody}");
    }
    assert_eq!(olga.refusal("token/create", token("hana", "bridge")), "forbidden");
    // She can create tokens for herself and for people whom she adds, even once they are members.
    for handle in ["olga", "nils", "nils"] {
        olga.ok("token/create", token(handle, "human"));
    }
    olga.ok("member/add", json!({"workroom_id": room, "handle": "liv", "kind": "human", "role": "viewer"}));
    let liv = olga.token(token("liv", "human"));
    home.bearer(&liv).ok("thread/read", json!({"thread_id": thread}));
    ada.ok("token/create", token("nils", "human"));
    assert_eq!(olga.refusal("token/create", token("nils", "human")), "forbidden");
    // The refusals are in the audit trail.
    olga.wait();
    let audit = ada.ok("audit/list", json!({}))["entries"].take();
    let refused = |entry: &&Value| entry["method"] == "token/create" && entry["outcome"] == "forbidden";
    assert_eq!(audit.as_array().unwrap().iter().filter(refused).count(), 7);
}

#[test]
fn tokens_created_with_a_token_end_with_it() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let with = |handle: &str, expires_at: Value| {
        json!({"handle": handle, "kind": "human", "scopes": ["read", "admin"], "workrooms": [room],
               "role": "owner", "expires_at": expires_at})
    };
    let first = ada.ok("token/create", with("a", json!(FAR)));
    assert_eq!(first["token"].get("made_with"), None);
    let mut a = home.bearer(first["secret"].as_str().unwrap());
    // They cannot expire later than the token they were created with.
    let late = a.err("token/create", with("b", json!("2099-01-01T00:00:00.001Z")));
    assert_eq!(late["data"]["kind"], "forbidden");
    assert!(late["message"].as_str().unwrap().contains(FAR), "{late}");
    let second = a.ok("token/create", with("b", Value::Null));
    assert_eq!(second["token"]["expires_at"], FAR);
    assert_eq!(second["token"]["made_with"], first["token"]["token_id"]);
    let sooner = a.ok("token/create", with("x", json!("2098-01-01T00:00:00.000Z")));
    assert_eq!(sooner["token"]["expires_at"], "2098-01-01T00:00:00.000Z");
    let mut b = home.bearer(second["secret"].as_str().unwrap());
    let third = b.ok("token/create", with("c", Value::Null));
    let mut c = home.bearer(third["secret"].as_str().unwrap());
    let other = ada.token(with("d", Value::Null));
    c.ok("event/subscribe", json!({}));

    ada.ok("token/revoke", json!({"token_id": first["token"]["token_id"]}));
    assert_eq!(c.notification()["reason"], "unauthenticated");
    for bearer in [&mut a, &mut b, &mut c] {
        assert_eq!(bearer.refusal("workroom/list", json!({})), "unauthenticated");
    }
    home.bearer(&other).ok("workroom/list", json!({}));
    assert_eq!(ada.ok("token/list", json!({}))["tokens"].as_array().unwrap().len(), 1);
}

#[test]
fn a_revoked_token_ends_at_once_in_all_processes() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let made = ada.ok("token/create", params(&room, &["read", "post"]));
    let mut bob = home.bearer(made["secret"].as_str().unwrap());
    let all = bob.ok("event/subscribe", json!({}))["subscription_id"].take();
    let one = bob.ok("event/subscribe", json!({"thread_id": thread}))["subscription_id"].take();
    ada.say(&thread, "before");
    for _ in 0..2 {
        assert_eq!(bob.notification()["event"]["kind"]["content"], "before");
    }
    let revoked = ada.ok("token/revoke", json!({"token_id": made["token"]["token_id"]}));
    assert!(revoked["revoked_at"].is_string());
    let mut ended = [bob.notification(), bob.notification()].map(|mut ended| {
        assert_eq!(ended["reason"], "unauthenticated");
        ended["subscription_id"].take()
    });
    ended.sort_by_key(Value::to_string);
    let mut expected = [all, one];
    expected.sort_by_key(Value::to_string);
    assert_eq!(ended, expected);
    ada.say(&thread, "after");
    assert_eq!(bob.refusal("workroom/list", json!({})), "unauthenticated");
    assert_eq!(
        bob.refusal("event/append", json!({"thread_id": thread, "kind": {"event": "resumed"}})),
        "unauthenticated"
    );
    // Revoking it again changes nothing.
    assert_eq!(ada.ok("token/revoke", json!({"token_id": made["token"]["token_id"]})), revoked);
    assert_eq!(ada.ok("token/list", json!({}))["tokens"], json!([]));
    assert_eq!(ada.ok("token/list", json!({"include_ended": true}))["tokens"], json!([revoked]));
}

#[test]
fn a_token_expires_by_itself() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let mut create = params(&room, &["read"]);
    let soon = std::time::SystemTime::now() + std::time::Duration::from_millis(1500);
    let millis = soon.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    create["expires_at"] = json!(workroom_protocol::time::Timestamp::from_millis(millis as i64));
    let mut bob = home.bearer(&ada.token(create));
    bob.ok("event/subscribe", json!({}));
    assert_eq!(bob.notification()["reason"], "unauthenticated");
    assert_eq!(bob.refusal("workroom/list", json!({})), "unauthenticated");
    let mut later = params(&room, &["read"]);
    later["expires_at"] = json!(FAR);
    home.bearer(&ada.token(later)).ok("workroom/list", json!({}));
}

#[test]
fn tokens_come_in_pages_newest_first() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    let mut made: Vec<_> =
        (0..5).map(|_| ada.ok("token/create", params(&room, &["read"]))["token"].take()).collect();
    made.reverse();
    let first = ada.ok("token/list", json!({"limit": 3}));
    assert_eq!(first["tokens"], json!(made[..3]));
    let second = ada.ok("token/list", json!({"limit": 3, "cursor": first["next_cursor"]}));
    assert_eq!((&second["tokens"], second.get("next_cursor")), (&json!(made[3..]), None));
    assert_eq!(ada.misfit("token/list", json!({"cursor": "x"})), "cursor");
}

#[test]
fn an_expired_token_stays_expired_if_the_clock_goes_back() {
    let home = Home::new();
    let token = json!({"handle": "bob", "kind": "human", "scopes": ["read"], "expires_at": FAR});
    let token = home.server().token(token);
    // The expiry as seen from the clock: the test moves it instead of the clock.
    let expires_in = |seconds: i64| {
        let at = workroom_protocol::Timestamp::from(chrono::Utc::now()).millis() + seconds * 1000;
        let store = rusqlite::Connection::open(home.store()).unwrap();
        store.execute("UPDATE token SET expires_at = ?1", [at]).unwrap();
    };
    let mut connected = home.bearer(&token);
    expires_in(-60);
    assert_eq!(connected.refusal("workroom/list", json!({})), "unauthenticated");
    // What the process has seen is written before it ends.
    drop(connected);
    expires_in(600);
    let hello = json!({"client_info": {"name": "t", "version": "1"}, "token": token});
    assert_eq!(home.server().refusal("initialize", hello), "unauthenticated");
    let listed = home.server().ok("token/list", json!({}))["tokens"].take();
    assert!(listed.as_array().unwrap().is_empty(), "{listed}");
}

#[test]
fn a_line_end_after_a_token_is_ignored() {
    let home = Home::new();
    let token = home.server().token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    for presented in [format!("{token}\n"), format!("{token}\r\n"), format!("\u{feff}{token}")] {
        home.bearer(&presented).ok("workroom/list", json!({}));
        let mut command = home.command(["app-server"]);
        command.env("CODEWHALE_RUNTIME_TOKEN", &presented);
        Server::spawn(command).ok("workroom/list", json!({}));
    }
}
