//! `workroom/resolve`: everything an agent needs to continue, within a budget, for any thread.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::Path;

use crate::support::{Home, Server};
use serde_json::{Value, json};

const FORMATS: [&str; 3] = ["json", "markdown", "both"];

/// A second implementation of the documented estimator: four ASCII characters are one token, and so is one character
/// of any other script.
fn tokens(text: &str) -> usize {
    let ascii = text.chars().filter(char::is_ascii).count();
    ascii.div_ceil(4) + (text.chars().count() - ascii)
}

fn resolve(server: &mut Server, link: &str, max_tokens: usize, format: &str) -> Value {
    let params = json!({"link": link, "max_tokens": max_tokens, "format": format});
    let resolved = server.ok("workroom/resolve", params);
    let cost = tokens(&serde_json::to_string(&resolved).unwrap());
    assert!(cost <= max_tokens, "{format} costs {cost} of {max_tokens}");
    assert_eq!(resolved["markdown"].is_string(), format != "json");
    resolved
}

/// Checks that every open item of the thread is in its context in every format.
fn assert_nothing_open_is_cut(
    server: &mut Server,
    link: &str,
    max_tokens: usize,
    open: &[(&str, Vec<String>)],
) {
    for format in FORMATS {
        let resolved = resolve(server, link, max_tokens, format);
        for (section, ids) in open {
            if format != "markdown" {
                let found: Vec<_> =
                    resolved[section].as_array().unwrap().iter().map(|i| i["event_id"].clone()).collect();
                assert_eq!(found, *ids, "{section} in {format}");
            }
            for id in ids.iter().filter(|_| format != "json") {
                assert!(resolved["markdown"].as_str().unwrap().contains(id), "{id} in the Markdown");
            }
        }
    }
}

fn link(server: &mut Server, room: &str, thread: &str) -> String {
    let params = json!({"workroom_id": room, "thread_id": thread});
    server.ok("workroom/link", params)["url"].as_str().unwrap().to_owned()
}

#[test]
fn ten_thousand_events_fit_the_budget_and_no_open_item_is_cut() {
    let home = Home::new();
    let mut server = home.agent("anthropic", "claude-opus-5", "coder");
    let (room, thread) = server.thread();
    let link = link(&mut server, &room, &thread);
    let mut open =
        [("pending_approvals", Vec::new()), ("needs_human", Vec::new()), ("open_failures", Vec::new())];
    let asks = [
        json!({"event": "approval_request", "tool_name": "bash", "summary": "rm -rf build"}),
        json!({"event": "needs_human", "reason": "Which of the two parsers should stay?"}),
        json!({"event": "failure", "error": "cargo test: 3 failed"}),
    ];
    for page in 0..20 {
        let events: Vec<_> = (0..500)
            .map(|n| {
                let text = format!("{page}/{n} {}", "The tokenizer counts a tab as one column. ".repeat(n % 40));
                let kind = match n % 4 {
                    0 => json!({"event": "message", "content": text}),
                    1 => json!({"event": "tool_call", "tool_name": "bash", "summary": text}),
                    2 => json!({"event": "tool_result", "tool_name": "bash", "success": n % 3 == 0, "summary": text}),
                    _ => json!({"event": "message", "content": format!("```\n{text}\n```")}),
                };
                json!({"thread_id": thread, "kind": kind})
            })
            .collect();
        server.ok("event/appendBatch", json!({"events": events}));
        // Asked early, in the middle and late, and followed by many other events.
        if [1, 9, 18].contains(&page) {
            for ((_, ids), ask) in open.iter_mut().zip(&asks) {
                ids.push(server.append(&thread, ask.clone())["id"].as_str().unwrap().to_owned());
            }
        }
    }
    for max_tokens in [1000, 2000, 8000, 50_000] {
        assert_nothing_open_is_cut(&mut server, &link, max_tokens, &open);
    }
    let resolved = resolve(&mut server, &link, 2000, "both");
    let shown = resolved["recent_events"].as_array().unwrap().len() as u64;
    assert!(shown >= 3, "only {shown} events");
    assert_eq!(shown + resolved["truncated"]["recent_events"].as_u64().unwrap(), 10_009);
}

#[test]
fn an_event_link_centres_the_history_on_its_event() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let ids: Vec<_> = (0..100)
        .map(|n| server.say(&thread, &format!("number {n}"))["id"].as_str().unwrap().to_owned())
        .collect();
    let params = json!({"workroom_id": room, "event_id": ids[50]});
    let link = server.ok("workroom/link", params)["url"].as_str().unwrap().to_owned();
    let resolved =
        server.ok("workroom/resolve", json!({"link": link, "max_events": 11, "max_tokens": 20000}));
    let shown: Vec<_> =
        resolved["recent_events"].as_array().unwrap().iter().map(|e| e["id"].clone()).collect();
    assert_eq!(shown, ids[45..=55]);
    assert_eq!(resolved["thread"]["id"], thread);
}

#[test]
fn a_room_link_shows_its_threads() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    server.append(&thread, json!({"event": "needs_human", "reason": "Which one?"}));
    let resolved = server.ok("workroom/resolve", json!({"link": format!("codewhale://workroom/{room}")}));
    assert_eq!(resolved["threads"][0]["id"], thread);
    assert_eq!(resolved["threads"][0]["status"], "waiting");
    assert_eq!(resolved["needs_human"][0]["thread_id"], thread);
    assert_eq!(resolved["thread_title"], Value::Null);
}

#[test]
fn dead_links_and_invalid_links_are_distinguished() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let (other, _) = server.thread();
    let zeros = "0".repeat(32);
    for gone in
        [format!("wr_{zeros}"), format!("{room}/thread/thr_{zeros}"), format!("{other}/thread/{thread}")]
    {
        let error = server.err("workroom/resolve", json!({"link": format!("codewhale://workroom/{gone}")}));
        assert_eq!(error["data"]["kind"], "not_found", "{gone}");
    }
    for bad in ["", "wr_1", "https://example.com", &format!("codewhale://workroom/{room}?x=1")] {
        let error = server.err("workroom/resolve", json!({"link": bad}));
        assert_eq!((&error["code"], &error["data"]["path"]), (&json!(-32602), &json!("link")), "{bad}");
    }
}

#[test]
fn the_published_crate_reads_a_resolved_link() {
    use codewhale_protocol::workroom::{WorkroomListResponse, WorkroomResolveResponse, WorkroomThread};
    let home = Home::new();
    let mut server = home.agent("openai", "gpt-6", "fixer");
    let (room, thread) = server.thread();
    for kind in [
        json!({"event": "message", "content": "x"}),
        json!({"event": "mention", "mentioned_user": "ada"}),
        json!({"event": "tool_call", "tool_name": "bash", "summary": "ls"}),
        json!({"event": "tool_result", "tool_name": "bash", "success": true}),
        json!({"event": "approval_request", "tool_name": "bash"}),
        json!({"event": "artifact_linked", "path": "a.txt", "kind": "log"}),
        json!({"event": "receipt", "summary": "done"}),
        json!({"event": "failure", "error": "broken"}),
        json!({"event": "needs_human", "reason": "which"}),
        json!({"event": "resumed"}),
    ] {
        server.append(&thread, kind);
    }
    let attached = json!({"thread_id": thread, "url": "https://github.com/o/r/pull/3"});
    let attached = server.ok("thread/attachRef", attached);
    let link = link(&mut server, &room, &thread);
    let resolved = server.ok("workroom/resolve", json!({"link": link, "max_tokens": 20000}));
    let read: WorkroomResolveResponse = serde_json::from_value(resolved).unwrap();
    assert_eq!(read.recent_events.len(), 10);
    assert!(read.recent_events.iter().all(|event| event.agent.as_ref().unwrap().model == "gpt-6"));
    assert!(read.external_ref.is_some());
    let read: WorkroomThread = serde_json::from_value(attached).unwrap();
    assert_eq!(read.id, thread);
    let rooms: WorkroomListResponse = serde_json::from_value(server.ok("workroom/list", json!({}))).unwrap();
    assert_eq!(rooms.workrooms[0].active_threads, 1);
}

/// Complete runs of coding agents, from the folder in `WORKROOM_TEST_TRANSCRIPTS` (JSON files `*.traj`).
#[test]
fn real_runs_of_agents_fit_the_budget_and_no_open_item_is_cut() {
    let Some(folder) = std::env::var_os("WORKROOM_TEST_TRANSCRIPTS") else {
        eprintln!("skipped: WORKROOM_TEST_TRANSCRIPTS names no folder of transcripts");
        return;
    };
    let entries = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&folder).display()));
    let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    let mut replayed = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "traj" || e == "json")) {
        let run: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        replay(&run);
        replayed += 1;
    }
    assert!(replayed > 0, "no transcript in {}", Path::new(&folder).display());
}

fn replay(run: &Value) {
    let home = Home::new();
    let mut human = home.server();
    let mut agent = home.agent("openai", "gpt-4o", "swe-agent");
    let (room, thread) = human.thread();
    let link = link(&mut human, &room, &thread);
    for message in messages(run) {
        if message["role"] != "assistant" {
            human.say(&thread, &words(&message["content"]));
        }
    }
    let steps = steps(run);
    assert!(!steps.is_empty(), "a run without steps");
    let mut open =
        [("pending_approvals", Vec::new()), ("needs_human", Vec::new()), ("open_failures", Vec::new())];
    for (number, step) in steps.iter().enumerate() {
        agent.say(&thread, &words(&step["thought"]));
        let action = words(&step["action"]);
        agent.append(&thread, json!({"event": "tool_call", "tool_name": "shell", "summary": action}));
        // Some steps stop to ask, with the words of the run itself.
        let (section, ask) = match number % 4 {
            0 => (0, json!({"event": "approval_request", "tool_name": "shell", "summary": action})),
            1 => (1, json!({"event": "needs_human", "reason": words(&step["thought"])})),
            2 => (2, json!({"event": "failure", "error": words(&step["observation"])})),
            _ => (
                3,
                json!({"event": "tool_result", "tool_name": "shell", "success": true,
                            "summary": words(&step["observation"])}),
            ),
        };
        let event = agent.append(&thread, ask);
        if let Some((_, ids)) = open.get_mut(section) {
            ids.push(event["id"].as_str().unwrap().to_owned());
        }
    }
    for max_tokens in [2000, 4000, 16_000] {
        assert_nothing_open_is_cut(&mut agent, &link, max_tokens, &open);
    }
    for (_, ids) in &open {
        if let Some(last) = ids.last() {
            let link = format!("{link}/event/{last}");
            assert_nothing_open_is_cut(&mut agent, &link, 4000, &open);
        }
    }
}

/// The messages of a run: a list, or the history in the run.
fn messages(run: &Value) -> &[Value] {
    let list = run.as_array().or_else(|| run["history"].as_array()).or_else(|| run["messages"].as_array());
    list.map_or(&[], Vec::as_slice)
}

/// The steps of a run. If it has none, each message of the agent and the response to it count as one step.
fn steps(run: &Value) -> Vec<Value> {
    if let Some(steps) = run["trajectory"].as_array() {
        return steps.clone();
    }
    let pairs = messages(run).windows(2).filter(|pair| pair[0]["role"] == "assistant");
    pairs
        .map(|pair| {
            json!({"thought": pair[0]["content"], "action": pair[0]["content"], "observation": pair[1]["content"]})
        })
        .collect()
}

/// The text of a message: a string, or parts, some of which are text.
fn words(content: &Value) -> String {
    let text = match content {
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    if text.is_empty() { "(nothing)".into() } else { text }
}
