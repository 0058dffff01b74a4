use serde_json::{Value, json};

use crate::support::{Home, Ran};

#[test]
fn a_result_is_one_line_on_stdout() {
    let home = Home::new();
    let out = home.run(["call", "workroom/create", r#"{"title": "Room"}"#]).ok();
    assert_eq!(out.lines().count(), 1);
    let room: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(room["title"], "Room");
    let listed = home.run(["call", "workroom/list"]).json();
    assert_eq!(listed["workrooms"][0]["id"], room["id"]);
}

#[test]
fn params_can_come_from_stdin_over_several_lines() {
    let home = Home::new();
    let out =
        Ran::command(home.command(["call", "workroom/create", "-"]), "{\n  \"title\":\r\n \"Ro\\nom\"\n}\n")
            .ok();
    assert!(out.contains(r#""title":"Ro om""#), "{out}");
}

#[test]
fn json_from_other_programs_is_repaired() {
    let home = Home::new();
    let params = "\u{feff}{\"title\": \"cut \\ud83d\"}";
    let out = Ran::command(home.command(["call", "workroom/create", "-"]), params).ok();
    assert!(out.contains("\"title\":\"cut \u{fffd}\""), "{out}");
    let out = home.run(["call", "workroom/create", params]).ok();
    assert!(out.contains("\"title\":\"cut \u{fffd}\""), "{out}");
    let listed = home.run(["call", "workroom/list", r#"{"limit": 1.0}"#]).json();
    assert_eq!(listed["workrooms"].as_array().unwrap().len(), 1);
    let refused = home.run(["call", "workroom/list", r#"{"limit": 1.5}"#]).failed();
    assert!(refused.contains("limit"), "{refused}");
}

#[test]
fn an_error_goes_to_stderr_and_the_exit_code_is_1() {
    let home = Home::new();
    for (arguments, kind) in [
        (&["call", "no/method"][..], "method_not_found"),
        (&["call", "workroom/list", r#"{"colour":1}"#], "invalid_params"),
        (&["call", "workroom/list", "[1]"], "invalid_params"),
        (&["call", "workroom/list", "{"], "parse_error"),
        (&["call", "workroom/list", r#"{},"id":2"#], "parse_error"),
        (&["call", "workroom/read", r#"{"workroom_id":"wr_x"}"#], "not_found"),
    ] {
        let complaint = home.run(arguments.iter().copied()).failed();
        assert_eq!(complaint.lines().count(), 1);
        let error: Value = serde_json::from_str(&complaint).unwrap();
        assert_eq!(error["data"]["kind"], kind, "{error}");
    }
}

#[test]
fn a_call_acts_as_the_named_agent() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let params = json!({"thread_id": thread, "kind": {"event": "resumed"}}).to_string();
    let written =
        home.run(["call", "--agent", "router/acme/large-2/builder", "event/append", &params]).json();
    let agent = json!({"provider": "router", "model": "acme/large-2", "agent_id": "builder"});
    assert_eq!(written["event"]["agent"], agent);

    let ran = home.run(["call", "--agent", "builder", "event/append", &params]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
}

#[test]
fn the_home_can_be_given_before_and_after_the_command() {
    let (home, other) = (Home::new(), Home::new());
    let folder = other.path();
    let folder = folder.to_str().unwrap();
    home.run(["call", "workroom/create", r#"{"title":"There"}"#, "--home", folder]).ok();
    let listed = home.run(["--home", folder, "call", "workroom/list"]).json();
    assert_eq!(listed["workrooms"][0]["title"], "There");
    assert!(!home.path().exists());
}

#[test]
fn an_unknown_token_is_refused() {
    let home = Home::new();
    let mut command = home.command(["call", "workroom/list"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", "wrk_x");
    let error: Value = serde_json::from_str(&Ran::command(command, "").failed()).unwrap();
    assert_eq!(error["data"]["kind"], "unauthenticated");
}
