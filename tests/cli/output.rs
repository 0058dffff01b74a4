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
