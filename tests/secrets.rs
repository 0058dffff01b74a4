//! Secrets are never stored: whatever field a client sends them in, no file and no output contains them.
#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use crate::support::world::World;
use crate::support::{Home, Ran, Server};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value, json};
use workroom_protocol::event::EVENT_KINDS;
use workroom_protocol::schema;
use workroom_redact as redact;

/// A secret, and the text that contains it.
struct Canary {
    secret: String,
    text: String,
    /// Whether it is recognised by itself, without the text around it.
    alone: bool,
}

const DEPLOY_PASSWORD: &str = "Tr0ub4dor&3-horse-battery";

/// Secrets of every kind: those in the table of vendors, and those recognised by structure, by name and by value.
fn canaries() -> Vec<Canary> {
    let mut all: Vec<_> = redact::examples()
        .into_iter()
        .map(|(_, secret)| Canary { text: format!("it is {secret} for now"), secret, alone: true })
        .collect();
    let body = |letter: char| -> String {
        (0..40).map(|n| if n % 3 == 0 { letter } else { char::from(b'a' + (n * 7 % 26) as u8) }).collect()
    };
    let with =
        |secret: String, text: &str| Canary { text: text.replace("{}", &secret), secret, alone: false };
    all.extend([
        with("Xq7-vPz29-Lm4w".into(), "https://deploy:{}@git.example.com/x.git"),
        with(body('Z') + "9", "Authorization: Bearer {}"),
        with(body('Q') + "8", "-----BEGIN PRIVATE KEY-----\nMIIE{}\n-----END PRIVATE KEY-----"),
        with("hunter2-Xy9!kk".into(), "DB_PASSWORD={}"),
        with("Kk3vR9tB2mQ8xW5z".into(), "Server=db;User Id=sa;Password={};"),
        with("tangerine-otter-lantern".into(), "MYSQL_ROOT_PASSWORD={}"),
        with("silver-battery-42".into(), "{\"user\": \"app\", \"password\": \"{}\"}"),
        with(body('K') + "7", "Authorization: SSWS {}"),
        with("Vw3kPq8LrT2z".into(), "CREATE USER app IDENTIFIED BY '{}'"),
        with("s3cr3t-Pw-77".into(), "postgres://app:{}@db.internal:5432/app"),
        with(DEPLOY_PASSWORD.into(), "log in with {} today"),
        with(STANDARD_NO_PAD.encode(DEPLOY_PASSWORD), "the header was {} then"),
    ]);
    all
}

/// The encodings in which a secret is still usable.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    let json = serde_json::to_string(secret).unwrap();
    let mut forms =
        vec![secret.to_owned(), hex.to_uppercase(), hex, percent, json[1..json.len() - 1].to_owned()];
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode([vec![b' '; before], secret.as_bytes().to_vec()].concat());
        let whole = text.get([0, 2, 3][before]..text.len() - 2).unwrap_or_default();
        forms.push(whole.to_owned());
    }
    forms.into_iter().filter(|form| form.len() >= 8).map(String::into_bytes).collect()
}

/// Everything that a client of this home has received, and all files under the home.
struct Traces {
    home: Home,
    said: String,
}

impl Traces {
    #[track_caller]
    fn assert_clean(&self, canaries: &[Canary]) {
        let mut places = vec![("what was said".to_owned(), self.said.clone().into_bytes())];
        files(self.home.path().parent().unwrap(), &mut places);
        assert!(places.len() > 4, "a store, its log, a backup and a log of the server");
        let words: Vec<(usize, Vec<u8>)> = canaries
            .iter()
            .enumerate()
            .flat_map(|(at, canary)| forms(&canary.secret).into_iter().map(move |form| (at, form)))
            .collect();
        let search = aho_corasick::AhoCorasick::new(words.iter().map(|(_, form)| form)).unwrap();
        for (place, bytes) in &places {
            if let Some(found) = search.find(bytes) {
                let canary = &canaries[words[found.pattern().as_usize()].0];
                let around = &bytes[found.start().saturating_sub(80)..bytes.len().min(found.end() + 40)];
                panic!("{place} has {}: {}", canary.text, String::from_utf8_lossy(around));
            }
        }
    }
}

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
}

fn command(home: &Home, arguments: &[&str]) -> std::process::Command {
    let mut command = home.command(arguments.iter().copied());
    command.env("DEPLOY_PASSWORD", DEPLOY_PASSWORD).env("WORKROOM_LOG", "trace");
    command
}

/// A server that logs everything into a file in the home.
fn server(home: &Home) -> Server {
    let log = File::options().create(true).append(true).open(home.path().with_extension("log")).unwrap();
    let mut command = command(home, &["app-server"]);
    command.stderr(Stdio::from(log));
    let mut server = Server::spawn(command);
    server.careless();
    server
}

/// Every text field of a method, by its path.
fn texts(method: &Value) -> Vec<String> {
    let fields = method["params"].as_array().unwrap().iter();
    let takes_text = |field: &&Value| {
        let schema = &field["schema"];
        let of_type = |value: &Value| {
            value == "string" || value.as_array().is_some_and(|types| types.contains(&json!("string")))
        };
        of_type(&schema["type"]) || schema.get("$ref").is_some() || schema.get("anyOf").is_some()
    };
    fields.filter(takes_text).map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

/// Events of every kind, with a text in every text field.
fn events(text: &str) -> Vec<Value> {
    vec![
        json!({"event": "message", "content": text}),
        json!({"event": "mention", "mentioned_user": text}),
        json!({"event": "tool_call", "tool_name": text, "summary": text, "call_id": text}),
        json!({"event": "tool_result", "tool_name": text, "success": true, "summary": text, "call_id": text}),
        json!({"event": "approval_request", "tool_name": "t", "summary": text, "options": ["o"],
               "arguments": {"env": {"X": text}, "argv": [text], text: 1}}),
        json!({"event": "artifact_linked", "path": text, "kind": text, "label": text}),
        json!({"event": "receipt", "summary": text}),
        json!({"event": "failure", "error": text}),
        json!({"event": "needs_human", "reason": text}),
        json!({"event": "resumed"}),
        json!({"event": "worker_started", "summary": text}),
    ]
}

#[test]
fn a_secret_in_any_field_of_any_method_is_stored_and_shown_nowhere() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    std::fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    let canaries = canaries();
    assert!(canaries.len() > 80, "{}", canaries.len());
    let openrpc: Value = serde_json::from_str(&schema::openrpc()).unwrap();
    let mut ada = server(&home);
    let world = World::new(&mut ada, folder.path());
    ada.ok("event/subscribe", json!({}));
    let mut said = String::new();
    let mut next = canaries.iter().cycle();

    // Every field of every method, each with another secret.
    let last = ["shutdown", "initialize"];
    for method in openrpc["methods"].as_array().unwrap() {
        let name = method["name"].as_str().unwrap();
        if last.contains(&name) {
            continue;
        }
        for field in texts(method) {
            for _ in 0..3 {
                let mut params = world.params(name, &mut ada);
                params[&field] = json!(next.next().unwrap().text);
                let id = ada.send(name, params);
                said += &ada.answer(id).to_string();
            }
        }
    }
    // Every secret in every kind of event, plain and with escapes.
    let known: Vec<_> =
        EVENT_KINDS.iter().filter(|(_, for_clients)| *for_clients).map(|(name, _)| *name).collect();
    let covered: Vec<_> = events("x").iter().map(|kind| kind["event"].clone()).collect();
    assert_eq!(json!(known), json!(covered), "a new kind of event: say here where it takes a text");
    for canary in &canaries {
        let batch: Vec<_> = events(&canary.text)
            .into_iter()
            .map(|kind| json!({"thread_id": world.thread, "kind": kind}))
            .collect();
        for event in batch {
            let id = ada.send("event/append", event);
            said += &ada.answer(id).to_string();
        }
        let escaped: String = canary.text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        ada.send_raw(format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"event/append\",\"params\":{{\"thread_id\":\"{}\",\"kind\":{{\"event\":\"message\",\"content\":\"{escaped}\"}}}}}}\n",
            world.thread
        ));
        loop {
            let line = ada.line();
            said += &line;
            if line.starts_with("{\"jsonrpc\":\"2.0\",\"id\":1,") {
                break;
            }
        }
        // An unknown method, an unknown field and an unknown value.
        for (method, params) in [
            (canary.text.as_str(), json!({})),
            ("workroom/list", Map::from_iter([(canary.text.clone(), json!(1))]).into()),
            ("workroom/list", json!({"limit": canary.text})),
            ("workroom/resolve", json!({"link": canary.text})),
        ] {
            let id = ada.send(method, params);
            said += &ada.answer(id).to_string();
        }
        let mut other = server(&home);
        let agent = json!({"provider": canary.text, "model": canary.text, "agent_id": if canary.alone { &canary.secret } else { "builder" }});
        let client = json!({"name": canary.text, "version": canary.text, "title": canary.text});
        let id = other.send("initialize", json!({"client_info": client, "agent": agent}));
        said += &other.answer(id).to_string();
        let append =
            json!({"thread_id": world.thread, "kind": {"event": "resumed"}, "idempotency_key": canary.text});
        let id = other.send("event/append", append);
        said += &other.answer(id).to_string();
        let id = other.send("initialize", json!({"client_info": canary.text, "token": canary.text}));
        said += &other.answer(id).to_string();
        said += &other.kill().join("");
    }
    // Everything that can be read afterwards.
    for (method, params) in [
        ("workroom/list", json!({"include_archived": true})),
        ("thread/read", json!({"thread_id": world.thread})),
        ("event/list", json!({})),
        ("approval/list", json!({})),
        ("audit/list", json!({})),
        ("token/list", json!({})),
        ("member/list", json!({"workroom_id": world.room})),
        (
            "workroom/resolve",
            json!({"link": format!("codewhale://workroom/{}/thread/{}", world.room, world.thread)}),
        ),
    ] {
        let id = ada.send(method, params);
        said += &ada.answer(id).to_string();
    }
    let backup = home.path().with_extension("backup");
    let ran = Ran::command(command(&home, &["backup", backup.to_str().unwrap()]), "");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    said += &(ran.out + &ran.err);
    let ran = Ran::command(command(&home, &["show", &format!("codewhale://workroom/{}", world.room)]), "");
    said += &(ran.out + &ran.err);
    // With the write-ahead log as it is, before a checkpoint.
    said += &ada.kill().join("");
    assert!(said.contains("[redacted:"), "nothing was redacted at all");
    Traces { home, said }.assert_clean(&canaries);
}

#[test]
fn an_event_counts_its_redacted_parts() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    let token = redact::examples().into_iter().find(|(kind, _)| kind.contains("github")).unwrap();
    let event = ada.say(&thread, &format!("{} and {} and DB_PASSWORD=hunter2-Xy9!kk", token.1, token.1));
    let counts = event["redactions"].as_object().unwrap();
    assert_eq!(counts.len(), 2, "{event}");
    assert_eq!(counts[token.0], 2);
    assert_eq!(ada.say(&thread, "nothing to hide").get("redactions").unwrap_or(&json!({})), &json!({}));
    // Live and replayed events are the same bytes.
    let read = ada.ok("event/read", json!({"event_id": event["id"]}));
    assert_eq!(read["event"], event);
}

#[test]
fn the_arguments_of_an_approval_lose_only_their_secrets() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let arguments = json!({
        "argv": ["curl", "--token", "lantern-7-otter", "-u", "bob:otter-7-lantern", "https://api.example.com"],
        "headers": [["X-Api-Key", "otter-lantern"], ["Accept", "*/*"]],
        "env": [{"name": "DB_PASSWORD", "value": "otterlantern"}],
    });
    let asked = agent.ok(
        "approval/request",
        json!({"thread_id": thread, "tool_name": "shell", "summary": "ask", "arguments": arguments}),
    );
    let expected = json!({
        "argv": ["curl", "--token", "[redacted:token]", "-u", "bob:[redacted:password]", "https://api.example.com"],
        "headers": [["X-Api-Key", "[redacted:api_key]"], ["Accept", "*/*"]],
        "env": [{"name": "DB_PASSWORD", "value": "[redacted:password]"}],
    });
    assert_eq!(asked["arguments"], expected);
    assert_eq!(ada.ok("approval/read", json!({"approval_id": asked["approval_id"]}))["arguments"], expected);
}

#[test]
fn text_without_secrets_stays_unchanged() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    for text in [
        "see a1b2c3d4e5f60718293a4b5c6d7e8f9001122334 and 3c3c1db",
        "550e8400-e29b-41d4-a716-446655440000 and 01ARZ3NDEKTSV4RRFFQ69G5FAV",
        &format!("codewhale://workroom/{room}/thread/{thread}"),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1xZ7pC5nHc1mNn5lU0sY5bqk2fQzGm3pWv8dTg7rKe ada@laptop",
        "the password is rotated every month; a token is a unit of text",
        "API_KEY=<YOUR_KEY> or ${API_KEY} or process.env.API_KEY",
    ] {
        assert_eq!(ada.say(&thread, text)["kind"]["content"], text);
    }
}
