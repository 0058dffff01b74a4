use serde_json::json;

use super::*;

/// The status of one agent, and whether the command succeeded.
fn status(home: &Home, agent: &str) -> (Value, bool) {
    let ran = run(home, &["hooks", "status", agent, "--json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!(report["ok"], ran.code == Some(0), "{report}");
    (report["agents"][0].clone(), ran.code == Some(0))
}

#[test]
fn the_status_shows_what_is_installed_and_that_it_runs() {
    let home = Home::new();
    for (agent, file, _) in AGENTS {
        let (before, ok) = status(&home, agent);
        assert!(ok && before["state"] == "not_installed" && before["found"] == false, "{before}");
        install(&home, agent);
        let (after, ok) = status(&home, agent);
        // Nobody has trusted the hooks of Codex yet.
        assert_eq!(ok, agent != "codex", "{after}");
        assert_eq!(after["state"], "installed", "{after}");
        assert_eq!(after["file"], user(&home).join(file).to_str().unwrap());
        assert_eq!((&after["program"], &after["executable"]), (&json!(QUIET), &json!(true)));
        assert_eq!(
            (&after["dry_run"]["exit_code"], &after["dry_run"]["is_silent"]),
            (&json!(0), &json!(true))
        );
        assert!(after["dry_run"]["ms"].is_u64() && after.get("last_event").is_none(), "{after}");
        assert_eq!(after.get("trust").is_some(), agent == "codex", "{after}");
    }
    let shown = run(&home, &["hooks", "status"]).out;
    assert!(shown.contains("Claude Code   installed\n") && shown.contains("none yet"), "{shown}");
}

#[test]
fn hooks_that_fail_or_print_something_are_reported() {
    let home = Home::new();
    let program = user(&home).join("bin/workroom");
    for (lines, exit_code, is_silent) in [("exit 3", 3, true), ("cat", 0, false)] {
        script(&program, lines);
        done(&home, &["hooks", "install", "claude", "--command", program.to_str().unwrap(), "--yes"]);
        let (report, ok) = status(&home, "claude");
        assert!(!ok && report["dry_run"]["exit_code"] == exit_code, "{report}");
        assert_eq!(report["dry_run"]["is_silent"], is_silent);
    }
    fs::remove_file(&program).unwrap();
    let (report, ok) = status(&home, "claude");
    assert!(!ok && report["state"] == "program_missing" && report["executable"] == false, "{report}");
    assert!(report.get("dry_run").is_none(), "{report}");
}

#[test]
fn missing_and_changed_hooks_are_reported() {
    let home = Home::new();
    let file = user(&home).join(".gemini/settings.json");
    install(&home, "gemini");
    let with = text(&file);
    fs::write(&file, with.replacen("\"timeout\": 10000", "\"timeout\": 10", 1)).unwrap();
    assert_eq!(status(&home, "gemini").0["state"], "partly");
    fs::write(&file, with.replacen("hook gemini", "hook", 1)).unwrap();
    assert_eq!(status(&home, "gemini").0["state"], "partly");
    let shown = run(&home, &["hooks", "status", "gemini"]).out;
    assert!(shown.contains("workroom hooks install gemini"), "{shown}");
    fs::write(&file, "{").unwrap();
    let (report, ok) = status(&home, "gemini");
    assert!(!ok && report["state"] == "unreadable" && report["error"].is_string(), "{report}");
}

#[test]
fn the_check_sends_an_event_that_the_hook_can_read() {
    let home = Home::new();
    let program = user(&home).join("bin/workroom");
    let seen = user(&home).join("seen");
    script(&program, &format!("echo \"$@\" > '{0}'; cat >> '{0}'", seen.display()));
    for (agent, event) in [
        ("claude", "Notification"),
        ("codex", "UserPromptSubmit"),
        ("copilot", "notification"),
        ("gemini", "Notification"),
        ("qwen", "Notification"),
        ("opencode", "chat.message"),
    ] {
        done(&home, &["hooks", "install", agent, "--command", program.to_str().unwrap(), "--yes"]);
        status(&home, agent);
        let seen = text(&seen);
        let (arguments, input) = seen.split_once('\n').unwrap();
        assert!(arguments.ends_with(&format!("hook {agent} {event}")), "{seen}");
        let input: Value = serde_json::from_str(input).unwrap();
        let session =
            ["session_id", "sessionId", "sessionID"].map(|name| input[name].as_str()).into_iter().flatten();
        assert_eq!(session.collect::<Vec<_>>(), ["workroom-dry-run"]);
    }
}

#[test]
fn the_last_event_is_shown() {
    let home = Home::new();
    install(&home, "qwen");
    fs::create_dir_all(home.path().join("agents")).unwrap();
    fs::write(home.path().join("agents/last-qwen"), "").unwrap();
    assert!(status(&home, "qwen").0["last_event"].is_string());
    let shown = run(&home, &["hooks", "status", "qwen"]).out;
    assert!(shown.contains("just now"), "{shown}");
}
