//! Past sessions of agents: their transcripts become threads, each once.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Home, Ran};

const CLAUDE: &str = "a4f0f7bd-9a2c-4628-86de-18fc0074cbcf";

/// The agents with files, where their transcripts are, and what these say.
const AGENTS: [(&str, &str, &str); 5] = [
    (
        "claude",
        ".claude/projects/-home-dev-project/a4f0f7bd-9a2c-4628-86de-18fc0074cbcf.jsonl",
        include_str!("transcripts/claude.jsonl"),
    ),
    ("codex", ".codex/sessions/2026/11/27/rollout-1.jsonl", include_str!("transcripts/codex.jsonl")),
    (
        "copilot",
        ".copilot/session-state/8f046611-d00d-41cb-85f5-9bcaab793c82/events.jsonl",
        include_str!("transcripts/copilot.jsonl"),
    ),
    ("gemini", ".gemini/tmp/project/chats/session-1.jsonl", include_str!("transcripts/gemini.jsonl")),
    (
        "qwen",
        ".qwen/projects/-home-dev-project/chats/314a6800-5b8c-4646-b23b-6eaaf4ec26cd.jsonl",
        include_str!("transcripts/qwen.jsonl"),
    ),
];

/// The file below the user's home folder.
fn file(home: &Home, path: &str) -> PathBuf {
    home.path().with_file_name(path)
}

fn put(home: &Home, path: &str, text: &str) -> PathBuf {
    let path = file(home, path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn with(agent: &str) -> (Home, PathBuf) {
    let home = Home::new();
    let (_, path, text) = AGENTS.into_iter().find(|(name, ..)| *name == agent).unwrap();
    let path = put(&home, path, text);
    (home, path)
}

#[track_caller]
fn import(home: &Home, arguments: &[&str]) -> Value {
    home.run([&["import"], arguments, &["--json"]].concat()).json()
}

/// The threads by title, and their events.
fn threads(home: &Home) -> Vec<(String, Vec<Value>)> {
    let mut server = home.server();
    let threads = server.ok("thread/list", json!({}))["threads"].clone();
    let events = |thread: &Value| {
        let params = json!({"thread_id": thread["id"], "limit": 200});
        let listed = crate::support::Home::server(home).ok("event/list", params);
        listed["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event.get("imported").is_some())
            .cloned()
            .collect()
    };
    let threads = threads.as_array().unwrap();
    threads.iter().map(|thread| (thread["title"].as_str().unwrap().to_owned(), events(thread))).collect()
}

#[test]
fn a_session_of_every_agent_is_a_thread_with_its_times_models_and_prompts() {
    for (agent, _, transcript) in AGENTS {
        let (home, _) = with(agent);
        let counts = import(&home, &[agent, "--all"]);
        assert_eq!((&counts["sessions"], &counts["refused"]), (&json!(1), &json!(0)), "{agent}: {counts}");
        let (title, events) = threads(&home).remove(0);
        assert_eq!(counts["imported"], events.len(), "{agent}");
        let prompt = events.iter().find(|event| event["actor"]["kind"] == "human").unwrap();
        assert_eq!(prompt["actor"]["handle"], "ada", "{agent}");
        assert_eq!(prompt["kind"]["content"], title, "{agent}");
        for event in &events {
            assert!(transcript.contains(event["timestamp"].as_str().unwrap()), "{agent}: {event}");
        }
        let by_agent = events.iter().find(|event| event["actor"]["kind"] == "agent").unwrap();
        assert!(transcript.contains(by_agent["agent"]["model"].as_str().unwrap()), "{agent}: {by_agent}");
        assert_ne!(by_agent["agent"]["model"], "unknown", "{agent}");
        let again = import(&home, &[agent, "--all"]);
        assert_eq!(
            (&again["imported"], &again["already_there"]),
            (&json!(0), &counts["imported"]),
            "{agent}"
        );
        assert_eq!(threads(&home).len(), 1, "{agent}");
    }
}

#[test]
fn a_transcript_that_grew_adds_only_what_is_new_and_a_broken_line_is_counted() {
    let (home, path) = with("qwen");
    let first = import(&home, &["qwen", "--all"]);
    let line = json!({"uuid": "new", "type": "user", "timestamp": "2026-11-27T16:00:00.000Z",
        "message": {"parts": [{"text": "one more"}]}});
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    write!(file, "\n{{broken\n{line}\n").unwrap();
    let second = import(&home, &["qwen", "--all"]);
    assert_eq!((&second["imported"], &second["already_there"]), (&json!(1), &first["imported"]));
    assert_eq!(second["skipped_lines"], 1);
}

#[test]
fn a_subagent_has_a_thread_that_its_parent_links() {
    let (home, path) = with("claude");
    let sub = path.with_extension("").join("subagents/agent-a7eb1a3b8d29df88f.jsonl");
    fs::create_dir_all(sub.parent().unwrap()).unwrap();
    fs::write(sub, include_str!("transcripts/claude-subagent.jsonl")).unwrap();
    import(&home, &["claude", CLAUDE]);
    let threads = threads(&home);
    assert_eq!(threads.len(), 2);
    let (_, events) = threads.iter().find(|(title, _)| title.starts_with("general-purpose: ")).unwrap();
    assert_eq!(events[0]["kind"]["event"], "receipt");
    let links = |event: &Value| {
        event["kind"]["content"].as_str().is_some_and(|text| text.starts_with("Started a subagent: ["))
    };
    assert!(threads.iter().any(|(_, events)| events.iter().any(links)));
}

#[test]
fn since_and_the_folder_select_sessions() {
    let (home, _) = with("claude");
    assert_eq!(import(&home, &["claude", "--all", "--since", "2026-11-28"])["sessions"], 0);
    assert_eq!(import(&home, &["claude", "--all", "--since", "2026-11-27"])["sessions"], 1);
    let failed = home.run(["import", "claude"]).failed();
    assert!(failed.contains("no session of Claude Code in the folder"), "{failed}");
    let failed = home.run(["import", "claude", "other"]).failed();
    assert!(failed.contains("no session other of Claude Code in "), "{failed}");
}

#[test]
fn a_dry_run_writes_nothing() {
    let (home, _) = with("codex");
    let counts = import(&home, &["codex", "--all", "--dry-run"]);
    assert_eq!(counts["sessions"], 1);
    assert!(counts["would_import"].as_u64() > Some(0), "{counts}");
    assert!(!home.store().exists());
}

#[test]
fn opencode_exports_its_sessions_itself() {
    let home = Home::new();
    let id = "ses_de27dbe8fffe8ZZA83267OOZ4A";
    let export = put(&home, "export.json", include_str!("transcripts/opencode.json"));
    let script = format!(
        "#!/bin/sh\ncase \"$1 $2\" in\n'session list') echo '[{{\"id\":\"{id}\"}}]' ;;\n'export {id}') cat '{}' ;;\n*) exit 1 ;;\nesac\n",
        export.display()
    );
    let program = put(&home, "bin/opencode", &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |path: String| {
        let mut command = home.command(["import", "opencode", "--all", "--json"]);
        Ran::command(
            {
                command.env("PATH", path);
                command
            },
            "",
        )
    };
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let counts = run(path.clone()).json();
    assert_eq!((&counts["sessions"], &counts["refused"]), (&json!(1), &json!(0)), "{counts}");
    let (title, events) = threads(&home).remove(0);
    assert_eq!(title, "TOOL:touch o2.txt;; go");
    assert_eq!(events[1]["kind"]["summary"], "touch o2.txt → (no output)");
    assert_eq!(events[1]["agent"]["model"], "mock-1");
    assert_eq!(run(path).json()["imported"], 0);
    let failed = run("/nowhere".into()).failed();
    assert!(failed.contains("opencode is not in PATH"), "{failed}");
}
