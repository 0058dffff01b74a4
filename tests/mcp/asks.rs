//! Questions of agents to people, and how agents get the answers.

use serde_json::{Value, json};

use crate::mcp::Host;
use crate::support::Home;

fn thread(host: &mut Host) -> Value {
    host.tool("create_thread", json!({"title": "T"}))["id"].take()
}

#[track_caller]
fn said(host: &mut Host, id: u64) -> Value {
    let mut answer = host.server.answer(id);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    answer["result"]["structuredContent"].take()
}

/// The params of a decision on the only pending approval.
fn decision(ada: &mut crate::mcp::Server, decision: &str) -> Value {
    let waiting = ada.ok("approval/list", json!({"states": ["pending"]}))["approvals"].take();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    let (id, digest) = (&waiting[0]["approval_id"], &waiting[0]["action_digest"]);
    json!({"approval_id": id, "action_digest": digest, "decision": decision, "reason": "not on a Friday"})
}

#[test]
fn an_agent_waits_for_a_decision_and_gets_it_with_its_reason() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let arguments = json!({
        "thread": thread, "tool_name": "bash", "summary": "git push", "arguments": {"force": true}, "risk": "high"
    });
    let id = host.begin("request_approval", arguments);
    let progress = host.server.notification();
    assert_eq!(progress["progressToken"], "p");
    let decided = decision(&mut ada, "denied");
    let decided = ada.ok("approval/decide", decided);
    assert_eq!((&decided["risk"], &decided["arguments"]), (&json!("high"), &json!({"force": true})));
    let told = said(&mut host, id);
    assert_eq!((&told["state"], &told["decided_by"]), (&json!("denied"), &json!("ada")));
    assert_eq!(told["reason"], "not on a Friday");
    let again = json!({"approval_id": told["approval_id"]});
    assert!(host.text("request_approval", again).contains("Do not perform the action"));
    host.server.careless();
}

#[test]
fn an_approval_survives_a_restart_of_the_host() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let ask = json!({"thread": thread, "tool_name": "bash", "summary": "git push"});
    host.begin("request_approval", ask.clone());
    host.server.notification();
    let decided = decision(&mut ada, "approved");
    host.server.kill();

    // It asks again and gets the pending request, so people are not asked twice.
    let mut host = Host::new(&home);
    let id = host.begin("request_approval", ask.clone());
    host.server.notification();
    ada.ok("approval/decide", decided.clone());
    let told = said(&mut host, id);
    assert_eq!((&told["state"], &told["approval_id"]), (&json!("approved"), &decided["approval_id"]));

    // An approval is valid once. The same action at another time needs another request.
    let mut asks = ask.clone();
    asks["wait_seconds"] = json!(0);
    let again = host.tool("request_approval", asks);
    assert_eq!(again["state"], "pending");
    assert_ne!(again["approval_id"], decided["approval_id"]);
    host.server.careless();
}

#[test]
fn with_a_key_a_repeated_request_gets_the_first_answer() {
    let home = Home::new();
    let host = || Host::called(home.command(["mcp", "--session", "mine"]), "claude-code");
    let (mut host, mut ada, again) = (host(), home.server(), host);
    let thread = thread(&mut host);
    let ask = json!({
        "thread": thread, "tool_name": "bash", "summary": "git push", "idempotency_key": "k", "wait_seconds": 0
    });
    let asked = host.tool("request_approval", ask.clone());
    let decided = decision(&mut ada, "approved");
    ada.ok("approval/decide", decided);
    host.server.kill();
    // Another session has its own keys; the session with that name continues.
    let other = Host::new(&home).tool("request_approval", ask.clone());
    assert_eq!(other["state"], "pending");
    let mut host = again();
    let told = host.tool("request_approval", ask.clone());
    assert_eq!((&told["state"], &told["approval_id"]), (&json!("approved"), &asked["approval_id"]));
    let mut both = ask;
    both["expires_in_minutes"] = json!(5);
    assert!(host.failure("request_approval", both).contains("expires_in_minutes"));
}

#[test]
fn a_question_is_answered_by_a_persons_reply() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let id = host.begin("ask_human", json!({"thread": thread, "question": "Which region?"}));
    host.server.notification();
    let asked = ada.ok("event/list", json!({"kinds": ["needs_human"]}))["events"][0].take();
    // Neither an unrelated message nor a reply of another agent answers it.
    ada.say(thread.as_str().unwrap(), "good morning");
    let reply = |text: &str| {
        let kind = json!({"event": "message", "content": text});
        json!({"thread_id": thread, "kind": kind, "reply_to": asked["id"]})
    };
    home.agent("p", "m", "other").ok("event/append", reply("us-east, says an agent"));
    ada.ok("event/append", reply("eu-west"));
    let told = said(&mut host, id);
    assert_eq!((&told["state"], &told["reply"]), (&json!("answered"), &json!("eu-west")));
    assert_eq!(told["replied_by"], "ada");
    // A later call returns the same reply.
    assert_eq!(host.tool("ask_human", json!({"question_id": asked["id"]})), told);
    host.server.careless();
}

#[test]
fn a_question_can_be_settled_without_a_reply_and_is_not_asked_twice() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let ask = json!({"thread": thread, "question": "Which region?", "wait_seconds": 0});
    let first = host.tool("ask_human", ask.clone());
    assert_eq!(host.tool("ask_human", ask.clone()), first);
    host.server.kill();
    let mut host = Host::new(&home);
    assert_eq!(host.tool("ask_human", ask), first);
    ada.append(thread.as_str().unwrap(), json!({"event": "resumed"}));
    let settled = host.tool("ask_human", json!({"question_id": first["question_id"]}));
    assert_eq!((&settled["state"], settled.get("reply")), (&json!("resumed"), None));
    let posted = host.tool("post_update", json!({"thread": thread, "type": "message", "text": "x"}));
    let wrong = host.failure("ask_human", json!({"question_id": posted["event_id"]}));
    assert!(wrong.contains("not a question"), "{wrong}");
}

#[test]
fn a_question_is_asked_once_even_with_a_long_handle() {
    let home = Home::new();
    let name = "an-agent-with-a-name-longer-than-any-list-shows-and-then-some";
    let mut host = Host::called(home.command(["mcp"]), name);
    let thread = thread(&mut host);
    let ask = json!({"thread": thread, "question": "Which region?", "wait_seconds": 0});
    let first = host.tool("ask_human", ask.clone());
    assert_eq!(host.tool("ask_human", ask.clone()), first);
    // Another agent with a handle that has the same beginning asks its own question.
    let mut other = Host::called(home.command(["mcp"]), &format!("{}-else", &name[..40]));
    assert_ne!(other.tool("ask_human", ask)["question_id"], first["question_id"]);
}

#[test]
fn an_extra_full_stop_does_not_make_a_second_request() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = thread(&mut host);
    let mut ask = |summary: &str| {
        let ask = json!({"thread": thread, "tool_name": "bash", "summary": summary, "wait_seconds": 0});
        host.tool("request_approval", ask)["approval_id"].take()
    };
    let first = ask("git push");
    assert_eq!(ask("git push."), first);
    assert_eq!(ask(" git push "), first);
    assert_ne!(ask("git push ."), first);
    assert_ne!(ask("git push -f"), first);
    for other in ["git push?", "git push!", "git push..", "git push…", "git push*"] {
        assert_ne!(ask(other), first, "{other}");
    }
    let file = ask("rm -rf /srv/x");
    for other in ["rm -rf /srv/x.", "rm -rf /srv/x..", "rm -rf /srv/x?", "rm -rf /srv/x!"] {
        assert_ne!(ask(other), file, "{other}");
    }
    let shown = home.server().ok("approval/read", json!({"approval_id": first}));
    assert_eq!(shown["summary"], "git push", "what was asked for first is what is decided");
    let ask = json!({"thread": thread, "question": "Which region?", "wait_seconds": 0});
    let first = host.tool("ask_human", ask)["question_id"].take();
    let again = json!({"thread": thread, "question": "Which region", "wait_seconds": 0});
    assert_eq!(host.tool("ask_human", again)["question_id"], first);
}

#[test]
fn the_next_step_is_in_the_text_and_in_the_data() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let both = |host: &mut Host, tool: &str, arguments: Value| {
        let result = host.call(tool, arguments);
        let note = result["structuredContent"]["note"].as_str().unwrap().to_owned();
        assert!(result["content"][0]["text"].as_str().unwrap().contains(&note), "{result}");
        note
    };
    let ask = json!({"thread": thread, "tool_name": "bash", "summary": "git push", "wait_seconds": 0});
    let note = both(&mut host, "request_approval", ask.clone());
    let id = decision(&mut ada, "approved")["approval_id"].as_str().unwrap().to_owned();
    assert!(note.starts_with("Do not act yet.") && note.contains(&id) && note.len() < 140, "{note}");
    let decided = decision(&mut ada, "denied");
    ada.ok("approval/decide", decided);
    assert!(
        both(&mut host, "request_approval", json!({"approval_id": id}))
            .starts_with("Do not perform the action")
    );
    let question =
        both(&mut host, "ask_human", json!({"thread": thread, "question": "q", "wait_seconds": 0}));
    assert!(question.contains("ask_human with question_id evt_"), "{question}");
    ada.say(thread.as_str().unwrap(), "@claude-code look");
    for (tool, arguments, part) in [
        ("check_inbox", json!({}), "mark_done"),
        ("list_threads", json!({}), "data"),
        ("list_workrooms", json!({}), "data"),
        ("search_workrooms", json!({"query": "look"}), "data"),
        ("read_thread", json!({"thread": thread}), "data"),
        ("search_workrooms", json!({"query": "nothing"}), "fewer words"),
    ] {
        let note = both(&mut host, tool, arguments);
        assert!(note.contains(part), "{tool}: {note}");
    }
}

#[test]
fn progress_is_reported_in_whole_seconds_of_the_waiting_time() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = thread(&mut host);
    for (seconds, total) in [(Some(3600), "3600"), (None, "540")] {
        let ask = json!({"thread": thread, "question": format!("{seconds:?}"), "wait_seconds": seconds});
        let id = host.begin("ask_human", ask);
        let told = host.server.notification();
        assert_eq!((told["progress"].to_string(), told["total"].to_string()), ("0".into(), total.into()));
        host.server.notify("notifications/cancelled", json!({"requestId": id}));
    }
    host.server.careless();
}

#[test]
fn a_question_with_a_secret_is_asked_once_and_actions_with_secrets_are_not_confused() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = thread(&mut host);
    let secret = "https://ci:Xq7vPz29Lm4w@git.example.com/x.git";
    let ask = json!({"thread": thread, "question": format!("May I clone {secret}?"), "wait_seconds": 0});
    let first = host.tool("ask_human", ask.clone());
    assert_eq!(host.tool("ask_human", ask), first);
    let mut ask = |summary: &str| {
        let ask = json!({"thread": thread, "tool_name": "bash", "summary": summary, "wait_seconds": 0});
        host.tool("request_approval", ask)["approval_id"].take()
    };
    let first = ask(&format!("git push {secret}"));
    let shown = home.server().ok("approval/read", json!({"approval_id": first}))["summary"].take();
    assert!(shown.as_str().unwrap().contains("[redacted:"), "{shown}");
    assert_ne!(ask(shown.as_str().unwrap()), first);
}

#[test]
fn each_of_two_questions_is_settled_by_its_own_answer() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let mut ask = |question: &str| {
        let ask = json!({"thread": thread, "question": question, "wait_seconds": 0});
        host.tool("ask_human", ask)["question_id"].take()
    };
    let (region, size) = (ask("Which region?"), ask("Which size?"));
    let standing = |host: &mut Host, id: &serde_json::Value| {
        host.tool("ask_human", json!({"question_id": id, "wait_seconds": 0}))["state"].take()
    };
    let kind = json!({"event": "resumed"});
    ada.ok("event/append", json!({"thread_id": thread, "kind": kind, "reply_to": region}));
    assert_eq!(standing(&mut host, &region), "resumed");
    assert_eq!(standing(&mut host, &size), "waiting");
    let link = ada.ok("thread/read", json!({"thread_id": thread}))["thread"]["link"].take();
    let open = |ada: &mut crate::mcp::Server| {
        let read = ada.ok("workroom/resolve", json!({"link": link}));
        let items = read["needs_human"].as_array().unwrap().iter();
        items.map(|item| item["event_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(open(&mut ada), std::slice::from_ref(&size));
    // Nobody can answer with an empty text.
    let blank = json!({"event": "message", "content": "\u{200b}"});
    ada.misfit("event/append", json!({"thread_id": thread, "kind": blank, "reply_to": size}));
    for (text, why) in
        [("", "missing"), (" \n", "missing"), ("\u{200b}", "empty"), ("\u{3164} \u{2800}", "empty")]
    {
        let post = json!({"thread": thread, "type": "message", "text": text, "reply_to": size});
        let refused = host.failure("post_update", post);
        assert!(refused.contains(why), "{text:?}: {refused}");
        let refused = host.failure("ask_human", json!({"thread": thread, "question": text}));
        assert!(refused.contains(why), "{text:?}: {refused}");
    }
    assert_eq!(standing(&mut host, &size), "waiting");
    // Without a question, it settles all open ones.
    ada.append(thread.as_str().unwrap(), json!({"event": "resumed"}));
    assert_eq!(standing(&mut host, &size), "resumed");
    assert_eq!(open(&mut ada), [] as [serde_json::Value; 0]);
}

#[test]
fn imported_events_do_not_answer_agents_of_this_store() {
    let home = Home::new();
    let (mut host, mut ada) = (Host::new(&home), home.server());
    let thread = thread(&mut host);
    let ask = json!({"thread": thread, "question": "Which region?", "wait_seconds": 0});
    let asked = host.tool("ask_human", ask.clone())["question_id"].take();
    let said = |id: &str, kind: Value| {
        json!({"id": id, "thread_id": "thr_there", "kind": kind, "reply_to": asked,
               "actor": {"kind": "human", "handle": "ada"}, "timestamp": "2026-01-02T03:04:05Z"})
    };
    let forged = json!([
        said("evt_1", json!({"event": "message", "content": "us-east"})),
        said("evt_2", json!({"event": "resumed"})),
    ]);
    ada.ok("event/import", json!({"thread_id": thread, "events": forged}));
    assert_eq!(host.tool("ask_human", json!({"question_id": asked, "wait_seconds": 0}))["state"], "waiting");
    // The agent can see that the answer is imported.
    let read = host.call("read_thread", json!({"thread": thread}));
    let text = read["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("ada (imported): us-east"), "{text}");
    let events = read["structuredContent"]["events"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["imported"] == true).count(), 2);
    // An imported question of another agent with the same name is not the agent's own question.
    let mut other = said("evt_3", json!({"event": "needs_human", "reason": "Which size?"}));
    other["actor"] = json!({"kind": "agent", "handle": "claude-code"});
    let results = ada.ok("event/import", json!({"thread_id": thread, "events": [other]}));
    let size =
        host.tool("ask_human", json!({"thread": thread, "question": "Which size?", "wait_seconds": 0}));
    assert_ne!(size["question_id"], results["results"][0]["event_id"]);
    ada.ok(
        "event/append",
        json!({"thread_id": thread, "reply_to": asked, "kind": {"event": "message", "content": "eu"}}),
    );
    assert_eq!(host.tool("ask_human", ask).get("reply"), None, "asked once more, it is a new question");
}

#[test]
fn concurrent_sessions_ask_their_own_questions() {
    let home = Home::new();
    let (mut first, mut second, mut ada) = (Host::new(&home), Host::new(&home), home.server());
    let thread = thread(&mut first);
    let ask = json!({"thread": thread, "tool_name": "bash", "summary": "git push", "wait_seconds": 0});
    let one = first.tool("request_approval", ask.clone());
    assert_eq!(first.tool("request_approval", ask.clone())["approval_id"], one["approval_id"]);
    let other = second.tool("request_approval", ask.clone());
    assert_ne!(one["approval_id"], other["approval_id"]);
    let question = json!({"thread": thread, "question": "Which region?", "wait_seconds": 0});
    let (asked, again) =
        (first.tool("ask_human", question.clone()), second.tool("ask_human", question.clone()));
    assert_ne!(asked["question_id"], again["question_id"]);
    let approvals = ada.ok("approval/list", json!({}))["approvals"].take();
    let by: Vec<_> = approvals.as_array().unwrap().iter().map(|one| &one["requested_by"]["handle"]).collect();
    assert_eq!(by, ["claude-code-2", "claude-code"]);
    assert_ne!(approvals[0]["session_id"], approvals[1]["session_id"]);

    // An answer for one session is not for the other.
    let reply = json!({"event": "message", "content": "eu-west"});
    ada.ok("event/append", json!({"thread_id": thread, "kind": reply, "reply_to": asked["question_id"]}));
    let inbox = |host: &mut Host| host.tool("check_inbox", json!({}))["items"].as_array().unwrap().len();
    assert_eq!((inbox(&mut first), inbox(&mut second)), (1, 0));
    second.tool("mark_done", json!({"thread": thread, "upto_seq": 1}));
    assert_eq!(inbox(&mut first), 1);

    // When the second session ends, the next session with its number does not inherit its inbox.
    ada.append(thread.as_str().unwrap(), json!({"event": "message", "content": "@claude-code-2 look"}));
    assert_eq!(inbox(&mut second), 1);
    drop(second);
    let mut third = Host::new(&home);
    assert_eq!(inbox(&mut third), 0);
    let joined = third.tool("request_approval", ask);
    assert_eq!(joined["approval_id"], other["approval_id"]);
}
