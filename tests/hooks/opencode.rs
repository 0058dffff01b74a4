use crate::support::needs;

use super::*;

/// Runs the installed plugin in Node, as opencode does, and records what it sends.
const DRIVER: &str = r#"
import { Workroom } from "./workroom.mjs";
const posts = [];
const client = { _client: { post: async ({ url, body }) => { posts.push([url, body]); } } };
const hooks = await Workroom({ client, directory: "/project" });
const event = (type, properties) => hooks.event({ event: { type, properties } });
const until = async (is) => { while (!is()) await new Promise((resolve) => setTimeout(resolve, 5)); };

await event("session.created", { info: { id: "ses_1", agent: "build", model: { id: "large" } } });
await event("session.created", { info: { id: "ses_2", parentID: "ses_1", agent: "scout" } });
const parts = [{ id: "prt_1", type: "text", text: "hello" }];
await hooks["chat.message"]({ sessionID: "ses_1", model: { modelID: "large" } }, { message: { id: "msg_1" }, parts });
await hooks["tool.execute.before"]({ tool: "bash", sessionID: "ses_1", callID: "c1" }, { args: { command: "ls" } });
await hooks["tool.execute.after"](
  { tool: "bash", sessionID: "ses_1", callID: "c1", args: { command: "ls" } },
  { output: "a", metadata: { exit: 0 } },
);
await event("permission.asked", { id: "per_1", sessionID: "ses_1", permission: "bash", patterns: ["ls"], metadata: {} });
await until(() => posts.length === 1);
await event("question.asked", { id: "que_1", sessionID: "ses_1", questions: [{ question: "Which?" }] });
await until(() => posts.length === 2);
// This one is answered in the terminal: its hook must end without a reply.
await event("permission.asked", { id: "per_slow", sessionID: "ses_2", permission: "edit", patterns: [], metadata: {} });
await event("permission.replied", { requestID: "per_slow", sessionID: "ses_2", reply: "reject" });
await event("message.updated", { info: { id: "msg_2", sessionID: "ses_1", role: "assistant" } });
await event("message.part.updated", { part: { id: "p", type: "text", messageID: "msg_2", sessionID: "ses_1", text: "Done." } });
await event("session.error", { sessionID: "ses_1", error: { name: "MessageAbortedError" } });
await event("session.idle", { sessionID: "ses_1" });
await event("unknown", undefined);
await event("session.created", undefined);
console.log(JSON.stringify({ posts, parts }));
"#;

/// A stand-in for the hook: records the event and its input, and answers.
const HOOK: &str = r#"
shift 2
input=$(cat)
printf '%s %s\n' "$3" "$input" >> "$0.log"
case "$3 $input" in
  chat.message*) echo '{"context":"news"}' ;;
  permission.asked*per_slow*) exec sleep 60 ;;
  permission.asked*) echo '{"reply":"reject","message":"not today"}' ;;
  question.asked*) echo '{"answers":[["Blue"]]}' ;;
esac
"#;

#[test]
fn the_plugin_reports_events_in_order_and_passes_answers_on() {
    if !needs::met(&["node"], "hooks::opencode") {
        return;
    }
    let home = Home::new();
    let program = user(&home).join("bin/workroom");
    script(&program, HOOK);
    done(&home, &["hooks", "install", "opencode", "--command", program.to_str().unwrap(), "--yes"]);
    let plugin = user(&home).join(".config/opencode/plugins/workroom.js");
    let told = drive(&home, &plugin);
    let expected = serde_json::json!({
        "posts": [
            ["/permission/per_1/reply", {"reply": "reject", "message": "not today"}],
            ["/question/que_1/reply", {"answers": [["Blue"]]}],
        ],
        "parts": [
            {"id": "prt_1", "type": "text", "text": "hello"},
            {"id": "prt_1w", "sessionID": "ses_1", "messageID": "msg_1", "type": "text", "text": "news", "synthetic": true},
        ],
    });
    assert_eq!(told, expected);

    let log = text(&program.with_file_name("workroom.log"));
    let lines: Vec<(&str, Value)> = log
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(event, input)| (event, serde_json::from_str(input).unwrap()))
        .collect();
    let of = |event: &str| {
        &lines.iter().find(|(is, _)| *is == event).unwrap_or_else(|| panic!("{event}: {log}")).1
    };
    let order: Vec<_> =
        lines.iter().map(|(event, _)| *event).filter(|event| !event.ends_with(".asked")).collect();
    assert_eq!(
        order,
        [
            "session.created",
            "session.created",
            "chat.message",
            "tool.execute.before",
            "tool.execute.after",
            "permission.replied",
            "session.error",
            "session.idle",
        ]
    );
    assert_eq!(lines[1].1["parentID"], "ses_1");
    assert_eq!(
        (&of("chat.message")["text"], &of("chat.message")["model"]),
        (&"hello".into(), &"large".into())
    );
    assert_eq!(of("tool.execute.after")["metadata"]["exit"], 0);
    assert_eq!(of("session.idle")["text"], "Done.");
    assert!(lines.iter().all(|(_, input)| input["directory"] == "/project"), "{log}");
}

#[test]
fn the_plugin_does_nothing_without_the_program() {
    if !needs::met(&["node"], "hooks::opencode") {
        return;
    }
    let home = Home::new();
    install(&home, "opencode");
    let plugin = user(&home).join(".config/opencode/plugins/workroom.js");
    fs::write(&plugin, text(&plugin).replace(QUIET, "/nonexistent/workroom")).unwrap();
    // Nobody answers the requests, so the driver must not wait for them.
    let told = drive_without(&home, &plugin, "await until");
    assert_eq!(told["posts"], serde_json::json!([]));
    assert_eq!(told["parts"].as_array().map(Vec::len), Some(1));
}

fn drive(home: &Home, plugin: &Path) -> Value {
    drive_without(home, plugin, "no line")
}

/// Runs the driver without the lines that begin with `left_out`.
fn drive_without(home: &Home, plugin: &Path, left_out: &str) -> Value {
    let folder = user(home).join("driver");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(plugin, folder.join("workroom.mjs")).unwrap();
    let lines: Vec<_> = DRIVER.lines().filter(|line| !line.starts_with(left_out)).collect();
    fs::write(folder.join("driver.mjs"), lines.join("\n")).unwrap();
    let mut node = Command::new("node");
    node.arg("driver.mjs").current_dir(&folder);
    serde_json::from_str(&Ran::command(node, "").ok()).unwrap()
}
