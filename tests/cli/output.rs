use crate::support::Home;

/// Every command that prints something for people.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["tail", "--help"],
    &["--version"],
    &["list"],
    &["list", "--all"],
    &["doctor"],
    &["check"],
    &["schema"],
    &["show", "nothing"],
    &["call", "no/method"],
    &["no-such-command"],
];

#[test]
fn without_a_terminal_there_are_no_colours() {
    let home = Home::new();
    home.server().thread();
    for arguments in COMMANDS {
        let ran = home.run(arguments.iter().copied());
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn help_goes_to_stdout_and_usage_errors_to_stderr() {
    let home = Home::new();
    let help = home.run(["--help"]).ok();
    for part in ["app-server", "call", "tail", "tour", "Examples:", "WORKROOM_HOME", "WORKROOM_LOG"] {
        assert!(help.contains(part), "{part}");
    }
    assert_eq!(home.run(["--version"]).ok(), concat!("workroom ", env!("CARGO_PKG_VERSION"), "\n"));
    for bad in [&["no-such-command"][..], &[], &["call"], &["list", "--colour"], &["import", "-"]] {
        let ran = home.run(bad.iter().copied());
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{bad:?}");
        assert!(ran.err.contains("Usage:"), "{bad:?}: {}", ran.err);
    }
    assert!(!home.path().exists());
}

/// Characters that do not show, or that a terminal takes as commands.
const UNSEEN: &str = "a\u{9b}31m\u{85}\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}b";

#[test]
fn json_has_no_character_that_does_not_show_and_says_the_same() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let said = server.say(&thread, UNSEEN);
    let hides =
        |text: &str| text.chars().any(|c| c != 'a' && c != 'b' && UNSEEN.contains(c) && !c.is_ascii());
    let params = serde_json::json!({"workroom_id": room, "kinds": ["message"]}).to_string();
    let called = home.run(["call", "event/list", &params]).ok();
    assert!(!hides(&called), "{called:?}");
    let called: serde_json::Value = serde_json::from_str(&called).unwrap();
    assert_eq!(called["events"][0], said);
    let mut tail = crate::support::Server::spawn(home.command([
        "tail",
        &thread,
        "--after-seq",
        "0",
        "--kinds",
        "message",
    ]));
    let line = tail.line();
    assert!(!hides(&line), "{line:?}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), said);
    tail.kill();
    let name = serde_json::json!({"workroom_id": UNSEEN}).to_string();
    for command in [
        &["call", "workroom/read", &name][..],
        &["call", UNSEEN],
        &["call", "workroom/read", UNSEEN],
        &["show", UNSEEN],
        &["tail", UNSEEN],
        &["list", "--json", UNSEEN],
        &["mcp", "install", UNSEEN],
        &["import", "--thread", &thread, UNSEEN],
        &["--home", UNSEEN, "call", "thread/list", "--bad"],
        &["owner", "set", UNSEEN],
        &["backup", UNSEEN, UNSEEN],
    ] {
        let ran = home.run(command.iter().copied());
        assert!(!hides(&ran.out) && !hides(&ran.err), "{command:?}: {ran:?}");
    }
}
